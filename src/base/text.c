#include "base/text.h"

#include <string.h>
#include <uchar.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utrans.h>

/* A growable run of UTF-16 units. */
struct units {
	UChar *data;
	int32_t n;
	int32_t capacity;
};

struct text_tools {
	const UNormalizer2 *nfc; /* these three belong to ICU */
	const UNormalizer2 *nfd;
	const UNormalizer2 *nfkc_casefold;
	UTransliterator *from_han; /* these are opened when a text first needs them */
	UTransliterator *to_latin;
	UTransliterator *to_ascii;
	struct units a; /* scratch: each step reads one and writes the other */
	struct units b;
};

/* ICU counts in int32_t, and a normal form may be 18 times as long as its text. */
enum { MAX_TEXT_BYTES = 1 << 24 };

/*
 * The way to Latin letters, over folded text. Arabic and Hebrew first lose their vowel points, which some
 * write and most do not, and letters that Arabic and Persian keyboards tell apart fall together. Cyrillic
 * goes the way of passports (ICAO Doc 9303-3, section 6 B, without national exceptions), since that is how
 * names came onto papers in Latin script; ICU's own rules follow ISO 9 and would part Zhukova from its
 * Cyrillic form. Any-Latin does the rest.
 */
static const UChar latin_rules[] =
	u"[\\u0591-\\u05bd\\u05bf\\u05c1-\\u05c5\\u05c7\\u0610-\\u061a\\u0640\\u064b-\\u065f\\u0670\\u06d6-"
	u"\\u06ed] > ;"
	u"[\\u0622\\u0623\\u0625\\u0671] > \\u0627; \\u0629 > \\u0647; [\\u0649\\u06cc\\u06d2] > \\u064a;"
	u"\\u06a9 > \\u0643; [\\u06c1\\u06be\\u06d5] > \\u0647;"
	u"\\u0436 > zh; \\u0439 > i; \\u0445 > kh; \\u0446 > ts; \\u0447 > ch; \\u0448 > sh; \\u0449 > shch;"
	u"\\u044a > ie; \\u044b > y; \\u044c > ; \\u044d > e; \\u044e > iu; \\u044f > ia; \\u0451 > e;"
	u"\\u0452 > d; \\u0453 > g; \\u0454 > ie; \\u0455 > dz; \\u0456 > i; \\u0457 > i; \\u0458 > j;"
	u"\\u0459 > lj; \\u045a > nj; \\u045b > c; \\u045c > k; \\u045e > u; \\u045f > dz; \\u0491 > g;"
	u"$end = [[^[:L:][:M:]]$];"
	u"([\\u0915-\\u0939]\\u093c?) } $end > $1 \\u094d; ([\\u0995-\\u09b9]\\u09bc?) } $end > $1 \\u09cd;"
	u"([\\u0a15-\\u0a39]\\u0a3c?) } $end > $1 \\u0a4d; ([\\u0a95-\\u0ab9]\\u0abc?) } $end > $1 \\u0acd;"
	u":: Any-Latin;";
/* Chinese surnames have readings of their own. These tables take a tenth of a second to open. */
static const UChar han_rules[] = u":: Han-Latin/Names;";
static const UChar ascii_rules[] = u":: Latin-ASCII; :: Lower;";

static int icu_error(UErrorCode status, const char *doing, struct cf_error *err)
{
	if (status == U_MEMORY_ALLOCATION_ERROR)
		return error_memory(err);
	return error_set(err, CF_E_INTERNAL, "%s failed: %s", doing, u_errorName(status));
}

int text_tools_new(struct text_tools **ret_tools, struct cf_error *err)
{
	CF_CLEANUP_TEXT_TOOLS struct text_tools *tools = NEW(struct text_tools);
	if (!tools)
		return error_memory(err);
	UErrorCode status = U_ZERO_ERROR;
	tools->nfc = unorm2_getNFCInstance(&status);
	tools->nfd = unorm2_getNFDInstance(&status);
	tools->nfkc_casefold = unorm2_getNFKCCasefoldInstance(&status);
	if (U_FAILURE(status))
		return icu_error(status, "opening the Unicode data", err);
	*ret_tools = TAKE(tools);
	return CF_OK;
}

static void close_transliterator(UTransliterator *t)
{
	if (t)
		utrans_close(t);
}

struct text_tools *text_tools_free(struct text_tools *tools)
{
	if (!tools)
		return NULL;
	close_transliterator(tools->from_han);
	close_transliterator(tools->to_latin);
	close_transliterator(tools->to_ascii);
	mem_free(tools->a.data);
	mem_free(tools->b.data);
	return mem_free(tools);
}

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Length of the well-formed sequence at s, 0 when there is none (The Unicode Standard, table 3-7). */
static size_t sequence_length(const unsigned char *s, size_t n)
{
	unsigned char c = s[0];
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4 || n < 2)
		return 0;
	if (c < 0xe0)
		return is_continuation(s[1]) ? 2 : 0;
	if (c < 0xf0) {
		unsigned char least = c == 0xe0 ? 0xa0 : 0x80;
		unsigned char most = c == 0xed ? 0x9f : 0xbf;
		return n >= 3 && s[1] >= least && s[1] <= most && is_continuation(s[2]) ? 3 : 0;
	}
	unsigned char least = c == 0xf0 ? 0x90 : 0x80;
	unsigned char most = c == 0xf4 ? 0x8f : 0xbf;
	return n >= 4 && s[1] >= least && s[1] <= most && is_continuation(s[2]) && is_continuation(s[3]) ? 4
													 : 0;
}

/* How many bytes at the front are ASCII. */
static size_t ascii_prefix(const char *s, size_t n)
{
	size_t i = 0;
	for (; n - i >= 16; i += 16) {
		uint64_t words[2];
		memcpy(words, s + i, 16);
		if ((words[0] | words[1]) & 0x8080808080808080u)
			break;
	}
	while (i < n && !(s[i] & 0x80))
		i++;
	return i;
}

bool text_is_utf8(const char *s, size_t n, size_t *ret_offset)
{
	size_t i = 0;
	while (i < n) {
		i += ascii_prefix(s + i, n - i);
		while (i < n && s[i] & 0x80) {
			size_t length = sequence_length((const unsigned char *)s + i, n - i);
			if (!length) {
				if (ret_offset)
					*ret_offset = i;
				return false;
			}
			i += length;
		}
	}
	return true;
}

size_t text_length(const char *s, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += !is_continuation((unsigned char)s[i]);
	return count;
}

/* The code point at the front of s[0..n) and its bytes; 0 bytes when it is not well-formed. */
static UChar32 code_point(const char *s, size_t n, size_t *ret_length)
{
	size_t length = n ? sequence_length((const unsigned char *)s, n) : 0;
	*ret_length = length;
	if (length == 0)
		return 0;
	/* the lead byte holds 7, 5, 4 or 3 bits of the code point */
	UChar32 c = (unsigned char)s[0] & (length == 1 ? 0x7f : 0xff >> (length + 1));
	for (size_t i = 1; i < length; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

int text_digit(const char *s, size_t n, size_t *ret_length)
{
	size_t length;
	UChar32 c = code_point(s, n, &length);
	if (length == 0)
		return -1;
	int digit = u_charDigitValue(c);
	if (digit >= 0)
		*ret_length = length;
	return digit;
}

static int reserve_units(struct units *u, int32_t n)
{
	if (n <= u->capacity)
		return CF_OK;
	int32_t wanted = n < INT32_MAX / 2 ? n + n / 2 + 64 : n;
	UChar *grown = mem_resize(u->data, (size_t)wanted, sizeof *grown);
	if (!grown)
		return CF_E_MEMORY;
	u->data = grown;
	u->capacity = wanted;
	return CF_OK;
}

static int from_utf8(const char *s, size_t n, struct units *to, struct cf_error *err)
{
	if (n > MAX_TEXT_BYTES)
		return error_set(err, CF_E_LIMIT,
			"a text of %zu bytes is longer than the %d that are handled", n, MAX_TEXT_BYTES);
	/* never more units than bytes */
	TRY_MEMORY(reserve_units(to, (int32_t)n + 1), err);
	UErrorCode status = U_ZERO_ERROR;
	u_strFromUTF8(to->data, to->capacity, &to->n, s, (int32_t)n, &status);
	if (status == U_INVALID_CHAR_FOUND)
		return error_set(err, CF_E_INPUT, "the text is not UTF-8");
	return U_FAILURE(status) ? icu_error(status, "reading UTF-8", err) : CF_OK;
}

static int append_utf8(const struct units *from, struct buffer *out, struct cf_error *err)
{
	/* never more than three bytes for a unit */
	size_t room = (size_t)from->n * 3;
	TRY_MEMORY(buffer_reserve(out, room), err);
	UErrorCode status = U_ZERO_ERROR;
	int32_t n = 0;
	u_strToUTF8(out->data + out->n, (int32_t)room + 1, &n, from->data, from->n, &status);
	if (U_FAILURE(status)) {
		out->data[out->n] = '\0';
		return icu_error(status, "writing UTF-8", err);
	}
	out->n += (size_t)n;
	out->data[out->n] = '\0';
	return CF_OK;
}

static int normalise_units(
	const UNormalizer2 *form, const struct units *from, struct units *to, struct cf_error *err)
{
	to->n = 0;
	TRY_MEMORY(reserve_units(to, from->n + 1), err);
	for (;;) {
		UErrorCode status = U_ZERO_ERROR;
		int32_t n = unorm2_normalize(form, from->data, from->n, to->data, to->capacity, &status);
		if (status == U_BUFFER_OVERFLOW_ERROR) {
			TRY_MEMORY(reserve_units(to, n + 1), err);
			continue;
		}
		if (U_FAILURE(status))
			return icu_error(status, "normalising", err);
		to->n = n;
		return CF_OK;
	}
}

int text_normalise(
	struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	if (ascii_prefix(s, n) == n) {
		TRY_MEMORY(buffer_append(out, s, n), err);
		return CF_OK;
	}
	TRY(from_utf8(s, n, &tools->a, err));
	TRY(normalise_units(tools->nfc, &tools->a, &tools->b, err));
	return append_utf8(&tools->b, out, err);
}

bool text_is_normalised(const char *s, size_t n)
{
	/* Latin letters below U+0300 are in NFC whatever stands beside them */
	size_t first = 0;
	while (first < n && (unsigned char)s[first] < 0xcc)
		first++;
	if (first == n)
		return true;
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
	/* in pieces that end where nothing reaches across */
	UChar piece[256];
	int32_t length = 0;
	for (size_t at = 0, step = 0; at < n && U_SUCCESS(status); at += step) {
		UChar32 c = code_point(s + at, n - at, &step);
		if (!step)
			return false;
		if (length && unorm2_hasBoundaryBefore(nfc, c)) {
			if (!unorm2_isNormalized(nfc, piece, length, &status))
				return false;
			length = 0;
		}
		if (length > 253)
			return false;
		U16_APPEND_UNSAFE(piece, length, c);
	}
	return U_SUCCESS(status) && unorm2_isNormalized(nfc, piece, length, &status) && U_SUCCESS(status);
}

static void swap_scratch(struct text_tools *tools)
{
	struct units held = tools->a;
	tools->a = tools->b;
	tools->b = held;
}

/* Drops control and format characters and folds white space, in place. True when something was dropped, so
 * that what stood apart may now compose. */
static bool squeeze(struct units *u)
{
	bool dropped = false;
	bool space = false;
	int32_t to = 0;
	for (int32_t from = 0; from < u->n;) {
		UChar32 c;
		U16_NEXT(u->data, from, u->n, c);
		if (u_isUWhiteSpace(c)) {
			space = to > 0;
			continue;
		}
		int8_t category = u_charType(c);
		if (category == U_CONTROL_CHAR || category == U_FORMAT_CHAR) {
			dropped = true;
			continue;
		}
		/* never ahead of what was read: the space was read too */
		if (space)
			u->data[to++] = ' ';
		space = false;
		U16_APPEND_UNSAFE(u->data, to, c);
	}
	u->n = to;
	return dropped;
}

/* Leaves the folded text in tools->a. */
static int fold_units(struct text_tools *tools, const char *s, size_t n, struct cf_error *err)
{
	/* first canonical order: the Greek iota below folds to a letter, which marks behind it could not pass
	 * (The Unicode Standard, D145) */
	TRY(from_utf8(s, n, &tools->a, err));
	TRY(normalise_units(tools->nfc, &tools->a, &tools->b, err));
	TRY(normalise_units(tools->nfkc_casefold, &tools->b, &tools->a, err));
	if (!squeeze(&tools->a))
		return CF_OK;
	TRY(normalise_units(tools->nfc, &tools->a, &tools->b, err));
	swap_scratch(tools);
	return CF_OK;
}

static bool is_ascii_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int text_fold(struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	if (ascii_prefix(s, n) < n) {
		TRY(fold_units(tools, s, n, err));
		return append_utf8(&tools->a, out, err);
	}
	TRY_MEMORY(buffer_reserve(out, n), err);
	char *begin = out->data + out->n;
	char *to = begin;
	bool space = false;
	for (size_t i = 0; i < n; i++) {
		if (is_ascii_space(s[i])) {
			space = to > begin;
		} else if (s[i] >= ' ' && s[i] != 0x7f) {
			if (space)
				*to++ = ' ';
			space = false;
			*to++ = ascii_lower(s[i]);
		}
	}
	*to = '\0';
	out->n += (size_t)(to - begin);
	return CF_OK;
}

/* Writes a key letter by letter; a break between words becomes one space, and none stands at the ends. */
struct key_writer {
	char *begin;
	char *to;
	bool parted;
};

static inline void key_put(struct key_writer *w, char c)
{
	if (w->parted && w->to > w->begin)
		*w->to++ = ' ';
	w->parted = false;
	*w->to++ = c;
}

/* In a key: itself (lower case), PART between words, or VANISH. */
enum { VANISH = 0, PART = 1 };

static char key_class(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return c;
	if (c >= 'A' && c <= 'Z')
		return ascii_lower(c);
	if (c == '\'' || c == '`' || c == 0x7f || (c < ' ' && !is_ascii_space(c)))
		return VANISH;
	return PART;
}

static void key_put_ascii(struct key_writer *w, char c)
{
	char class = key_class(c);
	if (class == PART)
		w->parted = true;
	else if (class != VANISH)
		key_put(w, class);
}

static int key_of_ascii(const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	TRY_MEMORY(buffer_reserve(out, n), err);
	struct key_writer w = {.begin = out->data + out->n, .to = out->data + out->n};
	for (size_t i = 0; i < n; i++)
		key_put_ascii(&w, s[i]);
	*w.to = '\0';
	out->n += (size_t)(w.to - w.begin);
	return CF_OK;
}

static int open_transliterator(const UChar *rules, UTransliterator **ret, struct cf_error *err)
{
	if (*ret)
		return CF_OK;
	UErrorCode status = U_ZERO_ERROR;
	UParseError place;
	*ret = utrans_openU(u"Counterfoil", -1, UTRANS_FORWARD, rules, -1, &place, &status);
	return U_FAILURE(status) ? icu_error(status, "opening a transliterator", err) : CF_OK;
}

/* Where a piece of a long text ends: behind the last space it has room for. */
static int32_t piece_end(const struct units *u, int32_t begin)
{
	/* the time ICU takes grows with the square of a text's length */
	enum { MAX_PIECE = 256 };
	if (u->n - begin <= MAX_PIECE)
		return u->n;
	int32_t end = begin + MAX_PIECE;
	while (end > begin && u->data[end - 1] != ' ')
		end--;
	if (end > begin)
		return end;
	end = begin + MAX_PIECE;
	return U16_IS_TRAIL(u->data[end]) ? end - 1 : end;
}

/* Appends what one piece of text becomes. */
static int append_transliterated(const UTransliterator *with, const UChar *piece, int32_t n_piece,
	struct units *to, struct cf_error *err)
{
	/* a short text in an African or Indian script grows most, by some five times */
	int32_t room = n_piece * 4 + 256;
	for (;;) {
		if (room > INT32_MAX / 4 || to->n > INT32_MAX / 4)
			return error_set(err, CF_E_LIMIT, "a text is too long to transliterate");
		TRY_MEMORY(reserve_units(to, to->n + room), err);
		u_memcpy(to->data + to->n, piece, n_piece);
		int32_t n = to->n + n_piece;
		int32_t limit = n;
		UErrorCode status = U_ZERO_ERROR;
		utrans_transUChars(with, to->data, &n, to->capacity, to->n, &limit, &status);
		if (status == U_BUFFER_OVERFLOW_ERROR) {
			room *= 2;
			continue;
		}
		if (U_FAILURE(status))
			return icu_error(status, "transliterating", err);
		to->n = n;
		return CF_OK;
	}
}

/* Transliterates tools->a, opening the transliterator when it is not yet. */
static int transliterate(
	struct text_tools *tools, const UChar *rules, UTransliterator **with, struct cf_error *err)
{
	TRY(open_transliterator(rules, with, err));
	const struct units *from = &tools->a;
	tools->b.n = 0;
	for (int32_t begin = 0; begin < from->n;) {
		int32_t end = piece_end(from, begin);
		TRY(append_transliterated(*with, from->data + begin, end - begin, &tools->b, err));
		begin = end;
	}
	swap_scratch(tools);
	return CF_OK;
}

static bool is_mark(UChar32 c)
{
	return (U_MASK(u_charType(c)) & (U_GC_MN_MASK | U_GC_ME_MASK)) != 0;
}

/* Drops the marks of a decomposed text in place, with the space that carries one: an acute accent for an
 * apostrophe came as a character of its own, and folding made a space and a mark of it. */
static void strip_marks(struct units *u)
{
	int32_t to = 0;
	for (int32_t from = 0; from < u->n;) {
		UChar32 c;
		U16_NEXT(u->data, from, u->n, c);
		if (!is_mark(c))
			U16_APPEND_UNSAFE(u->data, to, c);
		else if (to > 0 && u->data[to - 1] == ' ')
			to--;
	}
	u->n = to;
}

/* What letters beyond ASCII there are. */
struct letters {
	bool latin;
	bool han;
	bool other;
};

static struct letters letters_of(const struct units *u)
{
	struct letters found = {0};
	for (int32_t i = 0; i < u->n;) {
		UChar32 c;
		U16_NEXT(u->data, i, u->n, c);
		if (c < 0x80 || is_mark(c))
			continue;
		UErrorCode status = U_ZERO_ERROR;
		UScriptCode script = uscript_getScript(c, &status);
		found.latin |= script == USCRIPT_LATIN;
		found.han |= script == USCRIPT_HAN;
		found.other |=
			script != USCRIPT_LATIN && script != USCRIPT_COMMON && script != USCRIPT_INHERITED;
	}
	return found;
}

/* Letters that no rule brings to Latin (Khmer, Lao, Tibetan, ...) are written as the digits of their code
 * point, so that names in such a script still differ from each other. Apostrophes and the modifier letters
 * that stand for them vanish. */
static void key_put_any(struct key_writer *w, UChar32 c)
{
	if (c < 0x80) {
		key_put_ascii(w, (char)c);
		return;
	}
	uint32_t category = U_MASK(u_charType(c));
	int32_t digit = u_charDigitValue(c);
	if (digit >= 0) {
		key_put(w, (char)('0' + digit));
	} else if (category & (U_GC_LO_MASK | U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LT_MASK | U_GC_MC_MASK)) {
		static const char digits[] = "0123456789abcdef";
		int shift = c > 0xffff ? 20 : 12;
		for (; shift >= 0; shift -= 4)
			key_put(w, digits[c >> shift & 15]);
	} else if (category & (U_GC_P_MASK | U_GC_S_MASK | U_GC_Z_MASK | U_GC_N_MASK)) {
		/* the curly, reversed, prime and acute shapes of an apostrophe */
		bool apostrophe = (c >= 0x2018 && c <= 0x201b) || c == 0x2032 || c == 0xb4 || c == 0x05f3;
		w->parted |= !apostrophe;
	}
}

static int append_key(const struct units *u, struct buffer *out, struct cf_error *err)
{
	/* at most six digits and a space for a unit */
	TRY_MEMORY(buffer_reserve(out, (size_t)u->n * 7), err);
	struct key_writer w = {.begin = out->data + out->n, .to = out->data + out->n};
	for (int32_t i = 0; i < u->n;) {
		UChar32 c;
		U16_NEXT(u->data, i, u->n, c);
		key_put_any(&w, c);
	}
	*w.to = '\0';
	out->n += (size_t)(w.to - w.begin);
	return CF_OK;
}

int text_key(struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	if (ascii_prefix(s, n) == n)
		return key_of_ascii(s, n, out, err);
	TRY(fold_units(tools, s, n, err));
	struct letters letters = letters_of(&tools->a);
	if (letters.han)
		TRY(transliterate(tools, han_rules, &tools->from_han, err));
	if (letters.other)
		TRY(transliterate(tools, latin_rules, &tools->to_latin, err));
	/* most accented letters are ASCII once the marks are gone */
	TRY(normalise_units(tools->nfd, &tools->a, &tools->b, err));
	strip_marks(&tools->b);
	swap_scratch(tools);
	if (letters_of(&tools->a).latin)
		TRY(transliterate(tools, ascii_rules, &tools->to_ascii, err));
	return append_key(&tools->a, out, err);
}
