#include "match/phonetic.h"

#include <stdbool.h>
#include <string.h>

enum { MAX_LETTERS = 128 };

/*
 * Sounds that one language or romanisation writes in several letters, longest first. "start" rules hold only
 * at the beginning of the name. All sibilants and affricates become s: Chang and Zhang, Kowalczyk and
 * Kovalchuk, Shevchenko and Sevcenko, Tsai and Cai differ by nothing else.
 */
static const struct rule {
	const char *from;
	const char *to;
	bool start;
} rules[] = {
	{"shch", "s", false},
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
	{"ck", "k", false},
	{"kh", "k", false},
	{"gh", "g", false},
	{"ph", "f", false},
	{"th", "t", false},
	{"dh", "d", false},
	{"wr", "r", true},
	{"kn", "n", true},
	{"x", "s", true}, /* Xiao, Xhosa, Xavier */
	{"x", "ks", false},
};

/* Voiced and unvoiced fall together (b p, d t, g k q, v f w, z s j): hearing and romanisation confuse them in
 * Arabic, Chinese, Korean, Turkish, German and Slavic names alike. Vowels and h carry nothing: '\0'. */
static const char sound_of[26] = {
	['b' - 'a'] = 'p',
	['c' - 'a'] = 'k',
	['d' - 'a'] = 't',
	['f' - 'a'] = 'f',
	['g' - 'a'] = 'k',
	['j' - 'a'] = 's',
	['k' - 'a'] = 'k',
	['l' - 'a'] = 'l',
	['m' - 'a'] = 'm',
	['n' - 'a'] = 'n',
	['p' - 'a'] = 'p',
	['q' - 'a'] = 'k',
	['r' - 'a'] = 'r',
	['s' - 'a'] = 's',
	['t' - 'a'] = 't',
	['v' - 'a'] = 'f',
	['w' - 'a'] = 'f',
	['x' - 'a'] = 's',
	['z' - 'a'] = 's',
};

/* Articles and prepositions before a family name that some registers write and others leave out. */
static const char *const particles[] = {"al", "el", "ul", "ad", "as", "de", "del", "della", "di", "da", "das",
	"do", "dos", "du", "des", "la", "las", "le", "les", "los", "van", "von", "der", "den", "ter", "bin",
	"bint", "ibn"};

/* 0 to 9 as the letters that scanners take for them. */
static const char letter_like[10] = {'o', 'l', 'z', 'e', 'a', 's', 'g', 't', 'b', 'g'};

static bool is_vowel(char c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

size_t phonetic_letters(const char *key, char *out, size_t capacity)
{
	size_t n = 0;
	for (; *key && n + 1 < capacity; key++)
		if (*key >= 'a' && *key <= 'z')
			out[n++] = *key;
		else if (*key >= '0' && *key <= '9')
			out[n++] = letter_like[*key - '0'];
	out[n] = '\0';
	return n;
}

static bool is_particle(const char *word, size_t n)
{
	for (size_t i = 0; i < sizeof particles / sizeof *particles; i++)
		if (strlen(particles[i]) == n && memcmp(particles[i], word, n) == 0)
			return true;
	return false;
}

/* Behind the particles at the front, as long as a word remains. */
static const char *skip_particles(const char *key)
{
	for (;;) {
		const char *space = strchr(key, ' ');
		if (!space || !space[1] || !is_particle(key, (size_t)(space - key)))
			return key;
		key = space + 1;
	}
}

static size_t collapse_doubles(char *s, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (!kept || s[kept - 1] != s[i])
			s[kept++] = s[i];
	s[kept] = '\0';
	return kept;
}

struct coder {
	const char *name;
	char *out;
	size_t n;
};

static void put(struct coder *c, char sound, bool after_vowel)
{
	if (sound && c->n < PHONETIC_MAX && (after_vowel || !c->n || c->out[c->n - 1] != sound))
		c->out[c->n++] = sound;
}

/*
 * The first letter. All vowels count as one, except that y or i before a back vowel opens with its own sound
 * (Yusuf, Iuliia, Youssef, and j as most languages say it); Ye- and E- are one (Yelena, Elena).
 */
static char first_sound(const char *s)
{
	const bool before_back_vowel = s[1] == 'a' || s[1] == 'o' || s[1] == 'u';
	const bool before_consonant = s[1] && !is_vowel(s[1]);
	switch (s[0]) {
	case 'h':
	case 'j':
		return s[0];
	case 'y':
		return before_back_vowel || before_consonant ? 'j' : 'a';
	case 'i':
		return before_back_vowel ? 'j' : 'a';
	default:
		return 'a';
	}
}

/* w stands for a vowel where scripts without vowels leave it between consonants, as text_key does with Arabic
 * (nwr, ywsf); y is a consonant there. */
static bool is_silent_w(const char *name, size_t i)
{
	return name[i] == 'w' && i && !strchr("aeiou", name[i - 1]) &&
	       (!name[i + 1] || !strchr("aeiou", name[i + 1]));
}

static char sound_at(const char *name, size_t i)
{
	const char c = name[i];
	if (c == 'c' && (name[i + 1] == 'e' || name[i + 1] == 'i' || name[i + 1] == 'y'))
		return 's';
	/* Petrovic is Petrovich */
	if (c == 'c' && !name[i + 1] && i >= 2 && name[i - 1] == 'i' && name[i - 2] == 'v')
		return 's';
	return is_silent_w(name, i) ? '\0' : sound_of[c - 'a'];
}

static const struct rule *rule_at(const char *name, size_t i)
{
	for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
		if ((!rules[r].start || i == 0) &&
			strncmp(name + i, rules[r].from, strlen(rules[r].from)) == 0)
			return &rules[r];
	return NULL;
}

size_t phonetic_code(const char *key, char out[PHONETIC_MAX + 1])
{
	char name[MAX_LETTERS + 1];
	size_t n = phonetic_letters(skip_particles(key), name, sizeof name);
	n = collapse_doubles(name, n);
	struct coder c = {name, out, 0};
	bool after_vowel = true; /* so that two equal sounds with a vowel, or an h, between them stay two */
	for (size_t i = 0; i < n;) {
		const struct rule *r = rule_at(name, i);
		if (r) {
			for (const char *to = r->to; *to; to++, after_vowel = false)
				put(&c, sound_of[*to - 'a'], after_vowel);
			i += strlen(r->from);
			continue;
		}
		char sound = sound_at(name, i);
		if (i == 0 && (!sound || name[0] == 'j'))
			sound = first_sound(name);
		put(&c, sound, after_vowel);
		after_vowel = !sound_at(name, i);
		i++;
	}
	out[c.n] = '\0';
	return c.n;
}
