#include "link/sounds.h"

#include <stdbool.h>
#include <string.h>

/*
 * Sounds that are written in several letters, longest first. All sibilants and affricates are s: Chang and
 * Zhang, Kowalczyk and Kovalchuk, Tsai and Cai, Djamel and Jamal differ by nothing else.
 */
static const struct rule {
	char from[6];
	char to[3];
	bool start; /* only where the name begins */
} rules[] = {
	{"shch", "s", false},
	{"chtch", "s", false},
	{"tsch", "s", false},
	{"tch", "s", false},
	{"sch", "s", false},
	{"dzh", "s", false},
	{"chr", "kr", false},
	{"ch", "s", false},
	{"sh", "s", false},
	{"zh", "s", false},
	{"sz", "s", false},
	{"cz", "s", false},
	{"ts", "s", false},
	{"tz", "s", false},
	{"dz", "s", false},
	{"dj", "s", false},
	{"ck", "k", false},
	{"gh", "g", false},
	{"ph", "f", false},
	{"hs", "s", true},
	{"x", "s", true},
	{"x", "ks", false},
};

static bool is_vowel(char c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

/* One letter's class; '\0' is silent. */
static char class_of(char c, enum sound_reading reading)
{
	/* a b c d e f g h i j k l m n o p q r s t u v w x y z */
	static const char classes[SOUND_N_READINGS][27] = {
		".pkt.fk..sklnn.pkrst.ffk.s",
		".fkt.f...."
		"klnn.pkrst.ffk.s",
	};
	char class = c >= 'a' && c <= 'z' ? classes[reading][c - 'a'] : c >= '0' && c <= '9' ? c : '.';
	return class == '.' ? '\0' : class;
}

struct letters {
	const char *text;
	size_t n;
};

static char at(const struct letters *l, size_t i)
{
	return i < l->n ? l->text[i] : '\0';
}

/* u and w are one before a vowel, and a vowel elsewhere: Ouattara and Wattara, Asfau and Asfaw, Luis and
 * Lewis. */
static char sound_of_w(const struct letters *l, size_t i, enum sound_reading reading)
{
	char before = i ? at(l, i - 1) : '\0';
	char next = at(l, i + 1);
	if (at(l, i) == 'w' && (is_vowel(next) || reading == SOUND_OTHER))
		return 'f';
	if (!is_vowel(next))
		return '\0';
	bool written_otherwise = before == 'g' || before == 'q' || next == 'u' || next == 'y';
	return written_otherwise ? '\0' : 'f';
}

static const struct rule *rule_at(const struct letters *l, size_t i, bool first)
{
	for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
		size_t m = strlen(rules[r].from);
		if (rules[r].from[0] == l->text[i] && (first || !rules[r].start) && m <= l->n - i &&
			memcmp(l->text + i, rules[r].from, m) == 0)
			return &rules[r];
	}
	return NULL;
}

/* The sounds at place i: none, one or two. Returns the letters used. */
static size_t sounds_at(
	const struct letters *l, size_t i, bool first, enum sound_reading reading, char ret[3])
{
	const struct rule *r = rule_at(l, i, first);
	char c = l->text[i];
	memset(ret, 0, 3);
	if (r) {
		for (size_t k = 0; r->to[k]; k++)
			ret[k] = class_of(r->to[k], reading);
		return strlen(r->from);
	}
	if (c == 'k' && at(l, i + 1) == 'h') {
		ret[0] = class_of('g', reading);
		return 2;
	}
	if (c == 'o' && at(l, i + 1) == 'u' && is_vowel(at(l, i + 2))) {
		ret[0] = 'f';
		return 2;
	}
	if (c == 'u' || c == 'w')
		ret[0] = sound_of_w(l, i, reading);
	else if (c == 'c' && (at(l, i + 1) == 'e' || at(l, i + 1) == 'i' || at(l, i + 1) == 'y'))
		ret[0] = 's';
	else
		ret[0] = class_of(c, reading);
	return 1;
}

size_t sound_code(const char *text, size_t n, enum sound_reading reading, char out[SOUND_MAX])
{
	const struct letters l = {text, n};
	size_t m = 0;
	char before = '\0';
	bool first = true;
	for (size_t i = 0; i < n && m + 2 < SOUND_MAX;) {
		char sounds[3];
		if (text[i] == ' ') {
			i++;
			continue;
		}
		size_t used = sounds_at(&l, i, first, reading, sounds);
		bool silent_h = text[i] == 'h' || (text[i] == 'k' && used == 2) || text[i] == 'g';
		if (first && !sounds[0] && !silent_h)
			out[m++] = 'a';
		for (size_t k = 0; sounds[k]; k++) {
			if (sounds[k] != before)
				out[m++] = sounds[k];
			before = sounds[k];
		}
		if (!sounds[0])
			before = '\0';
		first &= !sounds[0] && silent_h;
		i += used;
	}
	return m;
}

int sound_append(const char *text, size_t n, struct buffer *out)
{
	char code[SOUND_MAX];
	return buffer_append(out, code, sound_code(text, n, SOUND_USUAL, code));
}

/* What is left of a name with a single consonant: its vowels say nearly all. Spellings of one vowel are one:
 * Li and Lee, Sow and Sou, Shah and Sah. */
static size_t short_code(const char *text, size_t n, enum sound_reading reading, char out[SOUND_MAX])
{
	const struct letters l = {text, n};
	static const char vowels[][2] = {
		{'a', 'a'}, {'e', 'i'}, {'i', 'i'}, {'o', 'o'}, {'u', 'o'}, {'w', 'o'}, {'y', 'i'}};
	size_t m = 0;
	for (size_t i = 0; i < n && m + 2 < SOUND_MAX;) {
		char sounds[3];
		size_t used = sounds_at(&l, i, i == 0, reading, sounds);
		for (size_t v = 0; v < sizeof vowels / sizeof *vowels && used == 1; v++)
			if (text[i] == vowels[v][0])
				sounds[0] = vowels[v][1];
		if (sounds[0] && (m == 0 || out[m - 1] != sounds[0]))
			out[m++] = sounds[0];
		i += used;
	}
	return m;
}

void sound_numbers(const char *text, size_t n, uint16_t ret[SOUND_N_READINGS])
{
	enum { LEAST = 2 };
	for (int r = 0; r < SOUND_N_READINGS; r++) {
		char code[SOUND_MAX];
		size_t m = sound_code(text, n, (enum sound_reading)r, code);
		if (m < LEAST)
			m = short_code(text, n, (enum sound_reading)r, code);
		uint32_t h = 2166136261u;
		for (size_t i = 0; i < m; i++)
			h = (h ^ (unsigned char)code[i]) * 16777619u;
		ret[r] = m < LEAST ? 0 : (uint16_t)((h ^ h >> 16) % 65535 + 1);
	}
}
