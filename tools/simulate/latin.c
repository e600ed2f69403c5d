#include "latin.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct letter {
	uint32_t code;
	const char *latin[LATIN_N_SCHEMES];
};

/* clang-format off */
/* Small letters common to the three languages, then those that each language writes in its own way. */
static const struct letter common[] = {
	{0x0430, {"a", "a", "a"}}, {0x0431, {"b", "b", "b"}}, {0x0432, {"v", "v", "v"}},
	{0x0434, {"d", "d", "d"}}, {0x0435, {"e", "e", "e"}}, {0x0437, {"z", "z", "z"}},
	{0x043a, {"k", "k", "k"}}, {0x043b, {"l", "l", "l"}}, {0x043c, {"m", "m", "m"}},
	{0x043d, {"n", "n", "n"}}, {0x043e, {"o", "o", "o"}}, {0x043f, {"p", "p", "p"}},
	{0x0440, {"r", "r", "r"}}, {0x0441, {"s", "s", "s"}}, {0x0442, {"t", "t", "t"}},
	{0x0443, {"u", "u", "ou"}}, {0x0444, {"f", "f", "f"}}, {0x0447, {"ch", "ch", "tch"}},
	{0x0448, {"sh", "sh", "ch"}},
};
static const struct letter ukrainian[] = {
	{0x0433, {"h", "g", "g"}}, {0x0454, {"ie", "e", "ie"}}, {0x0436, {"zh", "zh", "j"}},
	{0x0438, {"y", "i", "y"}}, {0x0456, {"i", "i", "i"}}, {0x0457, {"i", "yi", "i"}},
	{0x0439, {"i", "y", "i"}}, {0x0445, {"kh", "h", "kh"}}, {0x0446, {"ts", "c", "ts"}},
	{0x0449, {"shch", "sch", "chtch"}}, {0x044c, {"", "", ""}}, {0x044e, {"iu", "yu", "iou"}},
	{0x044f, {"ia", "ya", "ia"}},
};
static const struct letter russian[] = {
	{0x0433, {"g", "g", "g"}}, {0x0451, {"e", "yo", "io"}}, {0x0436, {"zh", "j", "j"}},
	{0x0438, {"i", "i", "i"}}, {0x0439, {"i", "y", "i"}}, {0x0445, {"kh", "h", "kh"}},
	{0x0446, {"ts", "ts", "ts"}}, {0x0449, {"shch", "sch", "chtch"}}, {0x044a, {"ie", "", ""}},
	{0x044b, {"y", "i", "y"}}, {0x044c, {"", "", ""}}, {0x044d, {"e", "e", "e"}},
	{0x044e, {"iu", "yu", "iou"}}, {0x044f, {"ia", "ya", "ia"}},
};
static const struct letter bulgarian[] = {
	{0x0433, {"g", "g", "g"}}, {0x0436, {"zh", "j", "j"}}, {0x0438, {"i", "i", "i"}},
	{0x0439, {"y", "i", "i"}}, {0x0445, {"h", "h", "kh"}}, {0x0446, {"ts", "tz", "ts"}},
	{0x0449, {"sht", "sht", "cht"}}, {0x044a, {"a", "u", "a"}}, {0x044c, {"y", "", ""}},
	{0x044e, {"yu", "iu", "iou"}}, {0x044f, {"ya", "ia", "ia"}},
};

/* Accented Latin letters and what stands for them without accents. */
static const struct {
	uint16_t code;
	char plain[3];
} marked[] = {
	{0x00c0, "A"}, {0x00c1, "A"}, {0x00c2, "A"}, {0x00c3, "A"}, {0x00c4, "A"}, {0x00c5, "A"},
	{0x00c6, "AE"}, {0x00c7, "C"}, {0x00c8, "E"}, {0x00c9, "E"}, {0x00ca, "E"}, {0x00cb, "E"},
	{0x00cc, "I"}, {0x00cd, "I"}, {0x00ce, "I"}, {0x00cf, "I"}, {0x00d1, "N"}, {0x00d2, "O"},
	{0x00d3, "O"}, {0x00d4, "O"}, {0x00d5, "O"}, {0x00d6, "O"}, {0x00d8, "O"}, {0x00d9, "U"},
	{0x00da, "U"}, {0x00db, "U"}, {0x00dc, "U"}, {0x00dd, "Y"}, {0x00df, "ss"}, {0x00e0, "a"},
	{0x00e1, "a"}, {0x00e2, "a"}, {0x00e3, "a"}, {0x00e4, "a"}, {0x00e5, "a"}, {0x00e6, "ae"},
	{0x00e7, "c"}, {0x00e8, "e"}, {0x00e9, "e"}, {0x00ea, "e"}, {0x00eb, "e"}, {0x00ec, "i"},
	{0x00ed, "i"}, {0x00ee, "i"}, {0x00ef, "i"}, {0x00f0, "d"}, {0x00f1, "n"}, {0x00f2, "o"},
	{0x00f3, "o"}, {0x00f4, "o"}, {0x00f5, "o"}, {0x00f6, "o"}, {0x00f8, "o"}, {0x00f9, "u"},
	{0x00fa, "u"}, {0x00fb, "u"}, {0x00fc, "u"}, {0x00fd, "y"}, {0x00fe, "th"}, {0x00ff, "y"},
	{0x0100, "A"}, {0x0101, "a"}, {0x0102, "A"}, {0x0103, "a"}, {0x0104, "A"}, {0x0105, "a"},
	{0x0106, "C"}, {0x0107, "c"}, {0x0108, "C"}, {0x0109, "c"}, {0x010a, "C"}, {0x010b, "c"},
	{0x010c, "C"}, {0x010d, "c"}, {0x010e, "D"}, {0x010f, "d"}, {0x0110, "D"}, {0x0111, "d"},
	{0x0112, "E"}, {0x0113, "e"}, {0x0114, "E"}, {0x0115, "e"}, {0x0116, "E"}, {0x0117, "e"},
	{0x0118, "E"}, {0x0119, "e"}, {0x011a, "E"}, {0x011b, "e"}, {0x011c, "G"}, {0x011d, "g"},
	{0x011e, "G"}, {0x011f, "g"}, {0x0120, "G"}, {0x0121, "g"}, {0x0122, "G"}, {0x0123, "g"},
	{0x0124, "H"}, {0x0125, "h"}, {0x0127, "h"}, {0x0128, "I"}, {0x0129, "i"}, {0x012a, "I"},
	{0x012b, "i"}, {0x012c, "I"}, {0x012d, "i"}, {0x012e, "I"}, {0x012f, "i"}, {0x0130, "I"},
	{0x0131, "i"}, {0x0134, "J"}, {0x0135, "j"}, {0x0136, "K"}, {0x0137, "k"}, {0x0139, "L"},
	{0x013a, "l"}, {0x013b, "L"}, {0x013c, "l"}, {0x013d, "L"}, {0x013e, "l"}, {0x0141, "L"},
	{0x0142, "l"}, {0x0143, "N"}, {0x0144, "n"}, {0x0145, "N"}, {0x0146, "n"}, {0x0147, "N"},
	{0x0148, "n"}, {0x014c, "O"}, {0x014d, "o"}, {0x014e, "O"}, {0x014f, "o"}, {0x0150, "O"},
	{0x0151, "o"}, {0x0152, "OE"}, {0x0153, "oe"}, {0x0154, "R"}, {0x0155, "r"}, {0x0156, "R"},
	{0x0157, "r"}, {0x0158, "R"}, {0x0159, "r"}, {0x015a, "S"}, {0x015b, "s"}, {0x015c, "S"},
	{0x015d, "s"}, {0x015e, "S"}, {0x015f, "s"}, {0x0160, "S"}, {0x0161, "s"}, {0x0162, "T"},
	{0x0163, "t"}, {0x0164, "T"}, {0x0165, "t"}, {0x0168, "U"}, {0x0169, "u"}, {0x016a, "U"},
	{0x016b, "u"}, {0x016c, "U"}, {0x016d, "u"}, {0x016e, "U"}, {0x016f, "u"}, {0x0170, "U"},
	{0x0171, "u"}, {0x0172, "U"}, {0x0173, "u"}, {0x0174, "W"}, {0x0175, "w"}, {0x0176, "Y"},
	{0x0177, "y"}, {0x0178, "Y"}, {0x0179, "Z"}, {0x017a, "z"}, {0x017b, "Z"}, {0x017c, "z"},
	{0x017d, "Z"}, {0x017e, "z"}, {0x01a0, "O"}, {0x01a1, "o"}, {0x01af, "U"}, {0x01b0, "u"},
	{0x0218, "S"}, {0x0219, "s"}, {0x021a, "T"}, {0x021b, "t"}, {0x1ea0, "A"}, {0x1ea1, "a"},
	{0x1ea2, "A"}, {0x1ea3, "a"}, {0x1ea4, "A"}, {0x1ea5, "a"}, {0x1ea6, "A"}, {0x1ea7, "a"},
	{0x1ea8, "A"}, {0x1ea9, "a"}, {0x1eaa, "A"}, {0x1eab, "a"}, {0x1eac, "A"}, {0x1ead, "a"},
	{0x1eae, "A"}, {0x1eaf, "a"}, {0x1eb0, "A"}, {0x1eb1, "a"}, {0x1eb2, "A"}, {0x1eb3, "a"},
	{0x1eb4, "A"}, {0x1eb5, "a"}, {0x1eb6, "A"}, {0x1eb7, "a"}, {0x1eb8, "E"}, {0x1eb9, "e"},
	{0x1eba, "E"}, {0x1ebb, "e"}, {0x1ebc, "E"}, {0x1ebd, "e"}, {0x1ebe, "E"}, {0x1ebf, "e"},
	{0x1ec0, "E"}, {0x1ec1, "e"}, {0x1ec2, "E"}, {0x1ec3, "e"}, {0x1ec4, "E"}, {0x1ec5, "e"},
	{0x1ec6, "E"}, {0x1ec7, "e"}, {0x1ec8, "I"}, {0x1ec9, "i"}, {0x1eca, "I"}, {0x1ecb, "i"},
	{0x1ecc, "O"}, {0x1ecd, "o"}, {0x1ece, "O"}, {0x1ecf, "o"}, {0x1ed0, "O"}, {0x1ed1, "o"},
	{0x1ed2, "O"}, {0x1ed3, "o"}, {0x1ed4, "O"}, {0x1ed5, "o"}, {0x1ed6, "O"}, {0x1ed7, "o"},
	{0x1ed8, "O"}, {0x1ed9, "o"}, {0x1eda, "O"}, {0x1edb, "o"}, {0x1edc, "O"}, {0x1edd, "o"},
	{0x1ede, "O"}, {0x1edf, "o"}, {0x1ee0, "O"}, {0x1ee1, "o"}, {0x1ee2, "O"}, {0x1ee3, "o"},
	{0x1ee4, "U"}, {0x1ee5, "u"}, {0x1ee6, "U"}, {0x1ee7, "u"}, {0x1ee8, "U"}, {0x1ee9, "u"},
	{0x1eea, "U"}, {0x1eeb, "u"}, {0x1eec, "U"}, {0x1eed, "u"}, {0x1eee, "U"}, {0x1eef, "u"},
	{0x1ef0, "U"}, {0x1ef1, "u"}, {0x1ef2, "Y"}, {0x1ef3, "y"}, {0x1ef4, "Y"}, {0x1ef5, "y"},
	{0x1ef6, "Y"}, {0x1ef7, "y"}, {0x1ef8, "Y"}, {0x1ef9, "y"}, {0x2019, "'"},
};
/* clang-format on */

size_t latin_step(const char *s)
{
	unsigned char c = (unsigned char)*s;
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* The code point of a one-, two- or three-byte character; 0 for longer ones, which no table here has. */
static uint32_t code_at(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	switch (latin_step(s)) {
	case 1:
		return u[0];
	case 2:
		return (uint32_t)(u[0] & 0x1f) << 6 | (u[1] & 0x3f);
	case 3:
		return (uint32_t)(u[0] & 0x0f) << 12 | (uint32_t)(u[1] & 0x3f) << 6 | (u[2] & 0x3f);
	default:
		return 0;
	}
}

static const char *find_in(const struct letter *table, size_t n, uint32_t code, int scheme)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].code == code)
			return table[i].latin[scheme];
	return NULL;
}

#define FIND(table, code, scheme) find_in(table, sizeof(table) / sizeof *(table), code, scheme)

static const char *find_cyrillic(uint32_t code, enum cyrillic_language language, int scheme)
{
	const char *found = FIND(common, code, scheme);
	if (found || language == CYRILLIC_NONE)
		return found;
	if (language == CYRILLIC_UKRAINIAN)
		return FIND(ukrainian, code, scheme);
	return language == CYRILLIC_RUSSIAN ? FIND(russian, code, scheme) : FIND(bulgarian, code, scheme);
}

static uint32_t small_letter(uint32_t code)
{
	if (code >= 0x0410 && code <= 0x042f)
		return code + 0x20;
	return code >= 0x0400 && code <= 0x040f ? code + 0x50 : code;
}

/* Where passports write a letter by its place: the Ukrainian rules of 2010 at the beginning of a word, the
 * Bulgarian law of 2009 at the end of one ("Мария" is Maria). NULL: as elsewhere. */
static const char *find_by_place(const char *text, const char *at, enum cyrillic_language language)
{
	static const struct letter first[] = {
		{0x0454, {"ye", "", ""}},
		{0x0457, {"yi", "", ""}},
		{0x0439, {"y", "", ""}},
		{0x044e, {"yu", "", ""}},
		{0x044f, {"ya", "", ""}},
	};
	uint32_t code = small_letter(code_at(at));
	if (language == CYRILLIC_UKRAINIAN && at == text)
		return FIND(first, code, 0);
	bool last = at[latin_step(at)] == '\0';
	if (language == CYRILLIC_BULGARIAN && last && code == 0x044f && at > text &&
		code_at(at - 2) == 0x0438)
		return "a";
	return NULL;
}

void latin_from_cyrillic(const char *text, enum cyrillic_language language, int scheme, char *to)
{
	size_t at = 0;
	for (const char *s = text; *s; s += latin_step(s)) {
		uint32_t code = code_at(s);
		const char *piece = scheme == 0 ? find_by_place(text, s, language) : NULL;
		if (!piece)
			piece = find_cyrillic(small_letter(code), language, scheme);
		size_t n = piece ? strlen(piece) : latin_step(s);
		if (at + n >= NAME_BYTES)
			break;
		memcpy(to + at, piece ? piece : s, n);
		if (piece && n && small_letter(code) != code)
			to[at] = (char)toupper((unsigned char)to[at]);
		at += n;
	}
	to[at] = '\0';
}

static const char *find_plain(uint32_t code)
{
	for (size_t i = 0; i < sizeof marked / sizeof *marked; i++)
		if (marked[i].code == code)
			return marked[i].plain;
	return NULL;
}

/* A plain letter is never longer than the accented one (at most two bytes for two), so in place is safe. */
void latin_strip_marks(char *text)
{
	char *to = text;
	for (const char *s = text; *s;) {
		size_t step = latin_step(s);
		const char *plain = step > 1 ? find_plain(code_at(s)) : NULL;
		size_t n = plain ? strlen(plain) : step;
		memmove(to, plain ? plain : s, n);
		to += n;
		s += step;
	}
	*to = '\0';
}
