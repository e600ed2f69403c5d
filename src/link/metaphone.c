#include "link/metaphone.h"

#include <stdbool.h>
#include <string.h>

/* Longer texts are cut: no code of METAPHONE_MAX letters reads further. */
enum { MAX_TEXT = 4 * METAPHONE_MAX };

struct coder {
	const char *text;
	int n;
	int i; /* the place being read */
	bool slavic_or_german;
	struct metaphone *to;
};

/* Behind both ends stand blanks. */
static char letter(const struct coder *m, int i)
{
	return i >= 0 && i < m->n ? m->text[i] : ' ';
}

static bool is_vowel(const struct coder *m, int i)
{
	return letter(m, i) >= 'a' && strchr("aeiouy", letter(m, i)) != NULL;
}

/* Whether one of several words, parted by '|', stands at place i. */
static bool among(const struct coder *m, int i, const char *words)
{
	while (*words) {
		int k = 0;
		while (words[k] && words[k] != '|' && letter(m, i + k) == words[k])
			k++;
		if (!words[k] || words[k] == '|')
			return i >= 0;
		words += strcspn(words, "|");
		words += *words == '|';
	}
	return false;
}

static void append(char *code, const char *sounds)
{
	size_t n = strlen(code);
	while (*sounds && n < METAPHONE_MAX)
		code[n++] = *sounds++;
	code[n] = '\0';
}

/* Adds to both codes, and returns the number of letters used. */
static int both(struct coder *m, const char *sounds, int used)
{
	append(m->to->primary, sounds);
	append(m->to->secondary, sounds);
	return used;
}

static int either(struct coder *m, const char *primary, const char *secondary, int used)
{
	append(m->to->primary, primary);
	append(m->to->secondary, secondary);
	return used;
}

/* A letter that counts once when doubled, or before one of others. */
static int simple(struct coder *m, const char *sound, const char *doubled)
{
	return both(m, sound, among(m, m->i + 1, doubled) ? 2 : 1);
}

static bool is_germanic(const struct coder *m)
{
	return among(m, 0, "van |von |sch");
}

/* ---- the letters ---- */

static int code_ch(struct coder *m)
{
	int i = m->i;
	if (i > 0 && among(m, i, "chae"))
		return either(m, "K", "X", 2);
	if (i == 0 && among(m, 1, "harac|haris|hor|hym|hia|hem") && !among(m, 0, "chore"))
		return both(m, "K", 2);
	if (is_germanic(m) || among(m, i - 2, "orches|archit|orchid") || among(m, i + 2, "t|s") ||
		((i == 0 || among(m, i - 1, "a|o|u|e")) && among(m, i + 2, "l|r|n|m|b|h|f|v|w| ")))
		return both(m, "K", 2);
	if (i == 0)
		return both(m, "X", 2);
	return among(m, 0, "mc") ? both(m, "K", 2) : either(m, "X", "K", 2);
}

static int code_cc(struct coder *m)
{
	int i = m->i;
	if (!among(m, i + 2, "i|e|h") || among(m, i + 2, "hu"))
		return both(m, "K", 2);
	bool apart = (i == 1 && letter(m, 0) == 'a') || among(m, i - 1, "uccee|ucces");
	return both(m, apart ? "KS" : "X", 3);
}

static int code_c(struct coder *m)
{
	int i = m->i;
	if (i > 1 && !is_vowel(m, i - 2) && among(m, i - 1, "ach") && letter(m, i + 2) != 'i' &&
		(letter(m, i + 2) != 'e' || among(m, i - 2, "bacher|macher")))
		return both(m, "K", 2);
	if (i == 0 && among(m, 0, "caesar"))
		return both(m, "S", 2);
	if (among(m, i, "chia"))
		return both(m, "K", 2);
	if (among(m, i, "ch"))
		return code_ch(m);
	if (among(m, i, "cz") && !among(m, i - 2, "wicz"))
		return either(m, "S", "X", 2);
	if (among(m, i + 1, "cia"))
		return both(m, "X", 3);
	if (among(m, i, "cc") && !(i == 1 && letter(m, 0) == 'm'))
		return code_cc(m);
	if (among(m, i, "ck|cg|cq"))
		return both(m, "K", 2);
	if (among(m, i, "cio|cie|cia"))
		return either(m, "S", "X", 2);
	if (among(m, i, "ci|ce|cy"))
		return both(m, "S", 2);
	if (among(m, i + 1, " c| q| g"))
		return both(m, "K", 3);
	return both(m, "K", among(m, i + 1, "c|k|q") && !among(m, i + 1, "ce|ci") ? 2 : 1);
}

static int code_d(struct coder *m)
{
	if (!among(m, m->i, "dg"))
		return simple(m, "T", "t|d");
	return among(m, m->i + 2, "i|e|y") ? both(m, "J", 3) : both(m, "TK", 2);
}

static int code_gh(struct coder *m)
{
	int i = m->i;
	if (i == 0)
		return both(m, letter(m, 2) == 'i' ? "J" : "K", 2);
	if (!is_vowel(m, i - 1))
		return both(m, "K", 2);
	/* silent: hugh, bough, brought (Parker's rule) */
	if (among(m, i - 2, "b|h|d") || among(m, i - 3, "b|h|d") || among(m, i - 4, "b|h"))
		return 2;
	if (i > 2 && letter(m, i - 1) == 'u' && among(m, i - 3, "c|g|l|r|t"))
		return both(m, "F", 2);
	return letter(m, i - 1) == 'i' ? 2 : both(m, "K", 2);
}

static int code_gn(struct coder *m)
{
	if (m->i == 1 && is_vowel(m, 0) && !m->slavic_or_german)
		return either(m, "KN", "N", 2);
	if (!among(m, m->i + 2, "ey") && !m->slavic_or_german)
		return either(m, "N", "KN", 2);
	return both(m, "KN", 2);
}

static int code_g(struct coder *m)
{
	int i = m->i;
	if (letter(m, i + 1) == 'h')
		return code_gh(m);
	if (letter(m, i + 1) == 'n')
		return code_gn(m);
	if (among(m, i + 1, "li") && !m->slavic_or_german)
		return either(m, "KL", "L", 2);
	if (i == 0 && among(m, 1, "y|es|ep|eb|el|ey|ib|il|in|ie|ei|er"))
		return either(m, "K", "J", 2);
	if (among(m, i + 1, "er|y") && !among(m, 0, "danger|ranger|manger") && !among(m, i - 1, "e|i") &&
		!among(m, i - 1, "rgy|ogy"))
		return either(m, "K", "J", 2);
	if (among(m, i + 1, "e|i|y") || among(m, i - 1, "aggi|oggi")) {
		if (is_germanic(m) || among(m, i + 1, "et"))
			return both(m, "K", 2);
		return among(m, i + 1, "ier ") ? both(m, "J", 2) : either(m, "J", "K", 2);
	}
	return simple(m, "K", "g");
}

static int code_h(struct coder *m)
{
	if ((m->i == 0 || is_vowel(m, m->i - 1)) && is_vowel(m, m->i + 1))
		return both(m, "H", 2);
	return 1;
}

static int code_j(struct coder *m)
{
	int i = m->i;
	bool san = among(m, 0, "san ");
	if (among(m, i, "jose") || san) {
		if (san || (i == 0 && letter(m, 4) == ' '))
			return both(m, "H", 1);
		return either(m, "J", "H", 1);
	}
	int used = letter(m, i + 1) == 'j' ? 2 : 1;
	if (i == 0)
		return either(m, "J", "A", used);
	if (is_vowel(m, i - 1) && !m->slavic_or_german && among(m, i + 1, "a|o"))
		return either(m, "J", "H", used);
	if (i == m->n - 1)
		return either(m, "J", "", used);
	if (!among(m, i + 1, "l|t|k|s|n|m|b|z") && !among(m, i - 1, "s|k|l"))
		return both(m, "J", used);
	return used;
}

static int code_l(struct coder *m)
{
	int i = m->i;
	if (letter(m, i + 1) != 'l')
		return both(m, "L", 1);
	bool spanish =
		(i == m->n - 3 && among(m, i - 1, "illo|illa|alle")) ||
		((among(m, m->n - 2, "as|os") || among(m, m->n - 1, "a|o")) && among(m, i - 1, "alle"));
	return spanish ? either(m, "L", "", 2) : both(m, "L", 2);
}

static int code_m(struct coder *m)
{
	int i = m->i;
	bool thumb = among(m, i - 1, "umb") && (i + 1 == m->n - 1 || among(m, i + 2, "er"));
	return both(m, "M", thumb || letter(m, i + 1) == 'm' ? 2 : 1);
}

static int code_r(struct coder *m)
{
	int i = m->i;
	int used = letter(m, i + 1) == 'r' ? 2 : 1;
	bool french =
		i == m->n - 1 && !m->slavic_or_german && among(m, i - 2, "ie") && !among(m, i - 4, "me|ma");
	return french ? either(m, "", "R", used) : both(m, "R", used);
}

static int code_sc(struct coder *m)
{
	int i = m->i;
	if (letter(m, i + 2) != 'h')
		return both(m, among(m, i + 2, "i|e|y") ? "S" : "SK", 3);
	if (among(m, i + 3, "er|en"))
		return either(m, "X", "SK", 3);
	if (among(m, i + 3, "oo|uy|ed|em"))
		return both(m, "SK", 3);
	if (i == 0 && !is_vowel(m, 3) && letter(m, 3) != 'w')
		return either(m, "X", "S", 3);
	return both(m, "X", 3);
}

static int code_s(struct coder *m)
{
	int i = m->i;
	if (among(m, i - 1, "isl|ysl"))
		return 1;
	if (i == 0 && among(m, 0, "sugar"))
		return either(m, "X", "S", 1);
	if (among(m, i, "sh"))
		return both(m, among(m, i + 1, "heim|hoek|holm|holz") ? "S" : "X", 2);
	if (among(m, i, "sio|sia"))
		return m->slavic_or_german ? both(m, "S", 3) : either(m, "S", "X", 3);
	if ((i == 0 && among(m, 1, "m|n|l|w")) || letter(m, i + 1) == 'z')
		return either(m, "S", "X", letter(m, i + 1) == 'z' ? 2 : 1);
	if (among(m, i, "sc"))
		return code_sc(m);
	int used = among(m, i + 1, "s|z") ? 2 : 1;
	if (i == m->n - 1 && among(m, i - 2, "ai|oi"))
		return either(m, "", "S", used);
	return both(m, "S", used);
}

static int code_t(struct coder *m)
{
	int i = m->i;
	if (among(m, i, "tion|tia|tch"))
		return both(m, "X", 3);
	if (!among(m, i, "th|tth"))
		return simple(m, "T", "t|d");
	if (among(m, i + 2, "om|am") || is_germanic(m))
		return both(m, "T", 2);
	return either(m, "0", "T", 2);
}

static int code_w(struct coder *m)
{
	int i = m->i;
	if (among(m, i, "wr"))
		return both(m, "R", 2);
	if (i == 0 && is_vowel(m, 1))
		(void)either(m, "A", "F", 0);
	else if (i == 0 && letter(m, 1) == 'h')
		(void)both(m, "A", 0);
	if ((i == m->n - 1 && is_vowel(m, i - 1)) || among(m, i - 1, "ewski|ewsky|owski|owsky") ||
		among(m, 0, "sch"))
		return either(m, "", "F", 1);
	if (among(m, i, "wicz|witz"))
		return either(m, "TS", "FX", 4);
	return 1;
}

static int code_x(struct coder *m)
{
	int i = m->i;
	int used = among(m, i + 1, "c|x") ? 2 : 1;
	bool french = i == m->n - 1 && (among(m, i - 3, "iau|eau") || among(m, i - 2, "au|ou"));
	return french ? used : both(m, "KS", used);
}

static int code_z(struct coder *m)
{
	int i = m->i;
	if (letter(m, i + 1) == 'h')
		return both(m, "J", 2);
	int used = letter(m, i + 1) == 'z' ? 2 : 1;
	if (among(m, i + 1, "zo|zi|za") || (m->slavic_or_german && i > 0 && letter(m, i - 1) != 't'))
		return either(m, "S", "TS", used);
	return both(m, "S", used);
}

/* Codes what stands at place i and returns how many letters that was. */
static int code_letter(struct coder *m)
{
	static int (*const special[26])(struct coder *) = {['c' - 'a'] = code_c,
		['d' - 'a'] = code_d,
		['g' - 'a'] = code_g,
		['h' - 'a'] = code_h,
		['j' - 'a'] = code_j,
		['l' - 'a'] = code_l,
		['m' - 'a'] = code_m,
		['r' - 'a'] = code_r,
		['s' - 'a'] = code_s,
		['t' - 'a'] = code_t,
		['w' - 'a'] = code_w,
		['x' - 'a'] = code_x,
		['z' - 'a'] = code_z};
	char c = letter(m, m->i);
	if (is_vowel(m, m->i))
		return m->i == 0 ? both(m, "A", 1) : 1;
	if (c < 'a' || c > 'z')
		return 1;
	if (special[c - 'a'])
		return special[c - 'a'](m);
	switch (c) {
	case 'b':
		return simple(m, "P", "b");
	case 'p':
		return letter(m, m->i + 1) == 'h' ? both(m, "F", 2) : simple(m, "P", "p|b");
	case 'f':
	case 'v':
		return both(m, "F", letter(m, m->i + 1) == c ? 2 : 1);
	case 'n':
		return simple(m, "N", "n");
	default: /* k, q */
		return both(m, "K", letter(m, m->i + 1) == c ? 2 : 1);
	}
}

static bool contains(const struct coder *m, const char *words)
{
	for (int i = 0; i < m->n; i++)
		if (among(m, i, words))
			return true;
	return false;
}

void metaphone(const char *text, size_t n, struct metaphone *ret)
{
	struct coder m = {.text = text, .n = n < MAX_TEXT ? (int)n : MAX_TEXT, .to = ret};
	memset(ret, 0, sizeof *ret);
	m.slavic_or_german = contains(&m, "w|k|cz");
	if (among(&m, 0, "gn|kn|pn|wr|ps"))
		m.i = 1;
	else if (letter(&m, 0) == 'x')
		m.i = both(&m, "S", 1);
	while (m.i < m.n)
		m.i += code_letter(&m);
}
