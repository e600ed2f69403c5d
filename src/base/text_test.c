#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"

static struct text_tools *tools;

static int open_tools(void **state)
{
	(void)state;
	return text_tools_new(&tools, NULL);
}

static int close_tools(void **state)
{
	(void)state;
	tools = text_tools_free(tools);
	return 0;
}

typedef int (*form)(struct text_tools *, const char *, size_t, struct buffer *, struct cf_error *);

static void assert_form(form f, const char *text, const char *expected)
{
	/* appended behind what is there already */
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(buffer_append_text(&out, "> "), 0);
	if (f(tools, text, strlen(text), &out, &err) != 0)
		fail_msg("'%s': %s", text, err.message);
	assert_int_equal(strlen(out.data), out.n);
	if (strcmp(out.data + 2, expected) != 0)
		fail_msg("'%s' gives '%s' instead of '%s'", text, out.data + 2, expected);
}

/* Encodes a code point by the bit layout of UTF-8 alone, in any of its lengths. */
static size_t encode(uint32_t c, size_t length, unsigned char *to)
{
	static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = length; i-- > 1; c >>= 6)
		to[i] = (unsigned char)(0x80 | (c & 0x3f));
	to[0] = (unsigned char)(leads[length] | c);
	return length;
}

static size_t right_length(uint32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* All texts of one sequence that are right, as a set: bit 1 << n for a text of n bytes. */
static unsigned char *well_formed(size_t length)
{
	size_t n = (size_t)1 << (8 * length);
	unsigned char *set = calloc(n, 1);
	assert_non_null(set);
	for (uint32_t c = 0; c < 0x110000; c++) {
		unsigned char bytes[4];
		if ((c >= 0xd800 && c < 0xe000) || right_length(c) != length)
			continue;
		size_t key = 0;
		(void)encode(c, length, bytes);
		for (size_t i = 0; i < length; i++)
			key = key << 8 | bytes[i];
		set[key] = 1;
	}
	return set;
}

/* How many bytes at the front of a text of n bytes, given as a number, are whole sequences of the sets. */
static size_t good_bytes(unsigned char *const sets[4], uint32_t key, size_t n)
{
	for (size_t length = 1; length <= n; length++)
		if (sets[length][key >> (8 * (n - length))])
			return length +
			       good_bytes(sets, key & (((uint32_t)1 << (8 * (n - length))) - 1), n - length);
	return 0;
}

/* Every text of one, two and three bytes against the set of what UTF-8 can encode. */
static void test_utf8_against_brute_force(void **state)
{
	(void)state;
	unsigned char *sets[4] = {NULL, well_formed(1), well_formed(2), well_formed(3)};
	for (size_t n = 1; n <= 3; n++) {
		for (uint32_t key = 0; key < (uint32_t)1 << (8 * n); key++) {
			char text[3];
			for (size_t i = 0; i < n; i++)
				text[i] = (char)(key >> (8 * (n - 1 - i)));
			size_t good = good_bytes(sets, key, n);
			size_t offset = n;
			bool right = text_is_utf8(text, n, &offset);
			if (right != (good == n) || offset != good)
				fail_msg("%zu bytes %06x: %d at %zu, but %zu are good", n, key, right, offset,
					good);
		}
	}
	for (size_t n = 1; n <= 3; n++)
		free(sets[n]);
}

static void test_utf8_of_four_bytes(void **state)
{
	(void)state;
	unsigned char text[4];
	for (uint32_t c = 0; c < 0x200000; c++) {
		(void)encode(c, 4, text);
		bool right = c >= 0x10000 && c < 0x110000;
		assert_int_equal(text_is_utf8((const char *)text, 4, NULL), right);
		assert_false(text_is_utf8((const char *)text, 3, NULL));
	}
	struct random_stream r;
	random_init(&r, 3629, 1);
	for (int i = 0; i < 500000; i++) {
		uint32_t c = 0x10000 + (uint32_t)random_below(&r, 0x100000);
		(void)encode(c, 4, text);
		size_t at = (size_t)random_below(&r, 4);
		text[at] = (unsigned char)random_below(&r, 256);
		/* decoded and encoded again it must be the same */
		uint32_t back =
			(text[0] & 7u) << 18 | (text[1] & 63u) << 12 | (text[2] & 63u) << 6 | (text[3] & 63u);
		unsigned char again[4];
		(void)encode(back, 4, again);
		bool right = memcmp(text, again, 4) == 0 && back >= 0x10000 && back < 0x110000;
		/* an ASCII byte in front leaves three that cannot stand alone; one at the end likewise */
		assert_int_equal(text_is_utf8((const char *)text, 4, NULL), right);
	}
}

/* The wide steps over ASCII must not jump over a bad byte, wherever it stands. */
static void test_utf8_in_long_texts(void **state)
{
	(void)state;
	enum { N = 100 };
	char *text = malloc(N);
	assert_non_null(text);
	for (size_t n = 1; n <= N; n++) {
		for (size_t at = 0; at < n; at++) {
			memset(text, 'a', N);
			text[at] = (char)0x80;
			size_t offset = 0;
			assert_false(text_is_utf8(text + N - n, n, NULL) && at >= N - n);
			assert_false(text_is_utf8(text, n, &offset));
			assert_int_equal(offset, at);
			assert_true(text_is_utf8(text, at, &offset));
		}
	}
	free(text);
	assert_true(text_is_utf8("", 0, NULL));
	assert_true(text_is_utf8("a\0b", 3, NULL));
}

static void test_length(void **state)
{
	(void)state;
	assert_int_equal(text_length("", 0), 0);
	assert_int_equal(text_length("abc", 3), 3);
	assert_int_equal(text_length("k\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80", 10), 4);
}

static void test_digits(void **state)
{
	(void)state;
	/* zeros of decimal digits by the Unicode Character Database */
	static const uint32_t zeros[] = {0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6,
		0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10, 0x1d7ce, 0x1e950};
	for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
		for (int digit = 0; digit < 10; digit++) {
			char text[5] = {0};
			uint32_t c = zeros[i] + (uint32_t)digit;
			size_t n = encode(c, right_length(c), (unsigned char *)text);
			size_t length = 0;
			assert_int_equal(text_digit(text, sizeof text, &length), digit);
			assert_int_equal(length, n);
			assert_int_equal(text_digit(text, n - 1, &length), -1);
		}
	}
	static const char *const others[] = {
		"", "a", "/", ":", "\xc2\xb2", "\xe4\xb8\x80", "\xc3\xa9", "\x80", "\xff", "-"};
	size_t length = 77;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(text_digit(others[i], strlen(others[i]), &length), -1);
	assert_int_equal(length, 77);
}

static void test_folding(void **state)
{
	(void)state;
	assert_form(text_fold, "", "");
	assert_form(text_fold, "  Maria \t\r\n LUISA  ", "maria luisa");
	assert_form(text_fold,
		"a\x01\x7f"
		"b",
		"ab");
	assert_form(text_fold, "\x1f", "");
	assert_form(text_fold,
		"Stra\xc3\x9f"
		"e",
		"strasse");
	assert_form(text_fold, "\xef\xac\x81nn", "finn");
	assert_form(text_fold, "\xce\x9f\xce\x94\xce\x9f\xce\xa3", "\xce\xbf\xce\xb4\xce\xbf\xcf\x83");
	assert_form(text_fold, "\xd0\x96\xd0\xa3\xd0\x9a", "\xd0\xb6\xd1\x83\xd0\xba");
	assert_form(text_fold, "E\xcc\x81", "\xc3\xa9");
	assert_form(text_fold, "\xef\xbc\xa1\xef\xbc\x91", "a1"); /* full width */
	assert_form(text_fold, "\xc2\xa0 a\xc2\xa0\xe3\x80\x80 b\xe2\x80\x83", "a b");
	assert_form(text_fold,
		"a\xe2\x80\x8d\xe2\x80\x8b\xc2\xad"
		"b",
		"ab"); /* joiner, zero width, soft hyphen */
	assert_form(text_fold,
		"\xe2\x80\x8f"
		"a\xe2\x80\x8e",
		"a");
	/* a mark that a dropped character kept from its letter joins it */
	assert_form(text_fold, "e\xd8\x80\xcc\x81", "\xc3\xa9");
	assert_form(text_fold,
		"o\xe2\x80\x99"
		"brien",
		"o\xe2\x80\x99"
		"brien");
}

static void test_normalising(void **state)
{
	(void)state;
	assert_form(text_normalise, "", "");
	assert_form(text_normalise, " ABC ", " ABC ");
	assert_form(text_normalise, "E\xcc\x81", "\xc3\x89");
	assert_form(text_normalise, "\xe1\x84\x80\xe1\x85\xb5\xe1\x86\xb7", "\xea\xb9\x80");
	assert_form(text_normalise, "\xef\xac\x81", "\xef\xac\x81"); /* a ligature is another character */
}

static const struct {
	const char *text;
	const char *key;
} keys[] = {
	{"", ""},
	{"Maria-Luisa O'Hara", "maria luisa ohara"},
	{"  J.  R. R. Tolkien ", "j r r tolkien"},
	{"-- x --", "x"},
	{"!?", ""},
	{"A1 & B2", "a1 b2"},
	/* accents, ligatures, letters with no decomposition */
	{"M\xc3\xbcller", "muller"},
	{"MU\xcc\x88LLER", "muller"},
	{"Stra\xc3\x9f"
	 "e",
		"strasse"},
	{"\xc5\x81ukasz \xc5\x92uvre \xc3\x9e\xc3\xb3r \xc3\x86gir \xc3\x98rsted \xc3\x90",
		"lukasz oeuvre thor aegir orsted d"},
	{"\xef\xac\x81\xef\xac\x82", "fifl"},
	{"Nguy\xe1\xbb\x85n Th\xe1\xbb\x8b \xc4\x90\xc3\xa0o", "nguyen thi dao"},
	{"\xc8\x98tef\xc4\x83nescu \xc5\xa2\xc3\xae\xc8\x9b\xc4\x83", "stefanescu tita"},
	/* all four i of Turkish fall together */
	{"\xc4\xb0stanbul", "istanbul"},
	{"I\xc4\x9f"
	 "d\xc4\xb1r",
		"igdir"},
	/* apostrophes vanish, whatever their shape; other punctuation parts words */
	{"O\xe2\x80\x99"
	 "Brien",
		"obrien"},
	{"O\xca\xbc"
	 "Brien",
		"obrien"},
	{"D\xc2\xb4"
	 "Angelo",
		"dangelo"},
	{"Jean\xe2\x80\x93Paul", "jean paul"},
	{"Jean\xc2\xb7Paul", "jean paul"},
	/* invisible characters do not part */
	{"Ma\xe2\x80\x8d"
	 "ria",
		"maria"},
	{"Ma\xc2\xad"
	 "ria",
		"maria"},
	{"\xe2\x80\x8fMaria\xe2\x80\x8e", "maria"},
	/* Cyrillic as in passports */
	{"\xd0\x96\xd1\x83\xd0\xba\xd0\xbe\xd0\xb2\xd0\xb0 \xd0\x95\xd0\xbb\xd0\xb5\xd0\xbd\xd0\xb0",
		"zhukova elena"},
	{"\xd0\xa9\xd0\xb5\xd1\x80\xd0\xb1\xd0\xb0\xd0\xba\xd0\xbe\xd0\xb2", "shcherbakov"},
	{"\xd0\xae\xd0\xbb\xd0\xb8\xd1\x8f \xd0\xa5\xd0\xb0\xd1\x86", "iuliia khats"},
	{"\xd0\x9a\xd0\xb8\xd1\x97\xd0\xb2", "kiiv"},
	/* Greek, Hebrew, Georgian, Armenian */
	{"\xce\x91\xce\xbb\xce\xad\xce\xbe\xce\xb1\xce\xbd\xce\xb4\xcf\x81\xce\xbf\xcf\x82", "alexandros"},
	{"\xd7\xa9\xd7\xa8\xd7\x94", "srh"},
	{"\xe1\x83\x9c\xe1\x83\x98\xe1\x83\x9c\xe1\x83\x9d", "nino"},
	/* Arabic: consonants, with and without points, Arabic and Persian forms of kaf and ya, ta marbuta as
	   ha */
	{"\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", "mhmd"},
	{"\xd9\x85\xd9\x8f\xd8\xad\xd9\x8e\xd9\x85\xd9\x91\xd9\x8e\xd8\xaf", "mhmd"},
	{"\xd9\x85\xd9\x80\xd8\xad\xd9\x80\xd9\x85\xd8\xaf", "mhmd"},
	{"\xd8\xa3\xd8\xad\xd9\x85\xd8\xaf", "ahmd"},
	{"\xd8\xa7\xd8\xad\xd9\x85\xd8\xaf", "ahmd"},
	{"\xd9\x81\xd8\xa7\xd8\xb7\xd9\x85\xd8\xa9", "fatmh"},
	{"\xd9\x81\xd8\xa7\xd8\xb7\xd9\x85\xd9\x87", "fatmh"},
	{"\xda\xa9\xd8\xb1\xdb\x8c\xd9\x85", "krym"},
	{"\xd9\x83\xd8\xb1\xd9\x8a\xd9\x85", "krym"},
	/* Chinese as Mandarin, surnames in their own reading; Japanese kana, Korean */
	{"\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e", "wang xiao ming"},
	{"\xe6\x9b\xbe\xe5\x9b\xbd\xe8\x97\xa9", "zeng guo fan"},
	{"\xe3\x81\x9f\xe3\x81\xaa\xe3\x81\x8b", "tanaka"},
	{"\xea\xb9\x80\xeb\xaf\xbc\xec\x88\x98", "gimminsu"},
	/* Hindi, Bengali, Thai, Amharic, Burmese */
	{"\xe0\xa4\xb0\xe0\xa4\xbe\xe0\xa4\xae \xe0\xa4\x95\xe0\xa5\x81\xe0\xa4\xae\xe0\xa4\xbe\xe0\xa4\xb0",
		"ram kumar"},
	{"\xe0\xa4\xb8\xe0\xa5\x80\xe0\xa4\xa4\xe0\xa4\xbe", "sita"},
	{"\xe0\xa6\x86\xe0\xa6\xac\xe0\xa7\x8d\xe0\xa6\xa6\xe0\xa7\x81\xe0\xa6\xb2", "abdul"},
	{"\xe0\xb8\xaa\xe0\xb8\xa1\xe0\xb8\x8a\xe0\xb8\xb2\xe0\xb8\xa2", "smchay"},
	{"\xe1\x88\xb0\xe1\x88\x8b\xe1\x88\x9d", "salam"},
	/* digits of any script; letters that no rule reads stay apart as their code points */
	{"\xd9\xa1\xd9\xa2 \xe0\xa5\xa9", "12 3"},
	{"\xe1\x9e\x81\xe1\x9e\x98", "17811798"},
	{"\xe0\xba\xa5\xe0\xba\xb2\xe0\xba\xa7", "0ea50eb20ea7"},
};

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		assert_form(text_key, keys[i].text, keys[i].key);
		assert_form(text_key, keys[i].key, keys[i].key);
	}
}

static void append_code_point(struct buffer *b, uint32_t c)
{
	unsigned char bytes[4];
	size_t n = encode(c, right_length(c), bytes);
	assert_int_equal(buffer_append(b, bytes, n), 0);
}

/* Texts of random code points, most of them from blocks that hold names. */
static void random_text(struct random_stream *r, struct buffer *b)
{
	static const uint32_t blocks[][2] = {{0x20, 0x60}, {0xa0, 0x1e0}, {0x300, 0x70}, {0x370, 0x90},
		{0x400, 0x130}, {0x530, 0x60}, {0x590, 0x70}, {0x600, 0x100}, {0x900, 0x80}, {0x980, 0x80},
		{0xe00, 0x80}, {0x1000, 0xa0}, {0x10a0, 0x60}, {0x1100, 0x100}, {0x1200, 0x180},
		{0x1780, 0x80}, {0x1e00, 0x100}, {0x2000, 0x70}, {0x3040, 0xc0}, {0x4e00, 0x5000},
		{0xac00, 0x2ba0}, {0xfb00, 0x50}, {0xff00, 0xf0}, {0x1f600, 0x40}, {1, 0x1f}};
	buffer_clear(b);
	size_t block = (size_t)random_below(r, sizeof blocks / sizeof *blocks);
	for (uint64_t n = random_below(r, 10); n > 0; n--) {
		if (random_below(r, 3) == 0)
			block = (size_t)random_below(r, sizeof blocks / sizeof *blocks);
		append_code_point(b, blocks[block][0] + (uint32_t)random_below(r, blocks[block][1]));
	}
}

static void apply(struct text_tools *with, form f, const struct buffer *from, struct buffer *to)
{
	struct cf_error err = CF_ERROR_INIT;
	buffer_clear(to);
	if (f(with, buffer_text(from), from->n, to, &err) != 0)
		fail_msg("'%s': %s", buffer_text(from), err.message);
	assert_true(text_is_utf8(buffer_text(to), to->n, NULL));
}

/* Whatever the text: folding again changes nothing, a normal form has the same key, a key is a key of itself,
 * holds only what keys may hold, and does not depend on what the tools saw before. */
static void test_properties_of_random_texts(void **state)
{
	(void)state;
	enum { ROUNDS = 20000 };
	struct random_stream r;
	random_init(&r, 72, 1);
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer once = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer twice = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	for (int round = 0; round < ROUNDS; round++) {
		random_text(&r, &text);
		apply(tools, text_fold, &text, &once);
		apply(tools, text_fold, &once, &twice);
		if (strcmp(buffer_text(&once), buffer_text(&twice)) != 0)
			fail_msg("'%s' folds to '%s', that to '%s'", buffer_text(&text), buffer_text(&once),
				buffer_text(&twice));
		apply(tools, text_key, &text, &key);
		apply(tools, text_key, &once, &twice);
		if (strcmp(buffer_text(&key), buffer_text(&twice)) != 0)
			fail_msg("'%s' has key '%s', folded '%s' has '%s'", buffer_text(&text),
				buffer_text(&key), buffer_text(&once), buffer_text(&twice));
		apply(tools, text_normalise, &text, &once);
		assert_true(text_is_normalised(buffer_text(&once), once.n));
		assert_int_equal(text_is_normalised(buffer_text(&text), text.n),
			once.n == text.n && strcmp(buffer_text(&once), buffer_text(&text)) == 0);
		apply(tools, text_key, &once, &twice);
		if (strcmp(buffer_text(&key), buffer_text(&twice)) != 0)
			fail_msg("'%s' has key '%s', its normal form '%s' has '%s'", buffer_text(&text),
				buffer_text(&key), buffer_text(&once), buffer_text(&twice));
		apply(tools, text_key, &key, &twice);
		assert_string_equal(buffer_text(&key), buffer_text(&twice));
		assert_int_equal(strspn(buffer_text(&key), "abcdefghijklmnopqrstuvwxyz0123456789 "), key.n);
		assert_null(strstr(buffer_text(&key), "  "));
		assert_false(key.n && (key.data[0] == ' ' || key.data[key.n - 1] == ' '));
	}
}

static void test_keys_do_not_depend_on_history(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i += 7) {
		CF_CLEANUP_TEXT_TOOLS struct text_tools *fresh = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(text_tools_new(&fresh, &err), 0);
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		assert_int_equal(text_key(fresh, keys[i].text, strlen(keys[i].text), &out, &err), 0);
		assert_string_equal(buffer_text(&out), keys[i].key);
	}
	assert_null(text_tools_free(NULL));
}

/* Every ASCII text goes a short way; the long one, taken because of one letter more, must agree. */
static void test_the_short_way_of_ascii(void **state)
{
	(void)state;
	static const form forms[] = {text_fold, text_key};
	struct random_stream r;
	random_init(&r, 127, 1);
	for (int round = 0; round < 20000; round++) {
		CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
		for (uint64_t n = random_below(&r, 12); n > 0; n--)
			assert_int_equal(buffer_append_char(&text, (char)random_below(&r, 128)), 0);
		CF_CLEANUP(buffer_done) struct buffer longer = BUFFER_INIT;
		assert_int_equal(buffer_append(&longer, text.data, text.n), 0);
		assert_int_equal(buffer_append_text(&longer, "x\xc3\xa9"), 0);
		assert_int_equal(buffer_append_text(&text, "x"), 0);
		for (size_t f = 0; f < 2; f++) {
			CF_CLEANUP(buffer_done) struct buffer short_way = BUFFER_INIT;
			CF_CLEANUP(buffer_done) struct buffer long_way = BUFFER_INIT;
			apply(tools, forms[f], &text, &short_way);
			apply(tools, forms[f], &longer, &long_way);
			assert_memory_equal(short_way.data, long_way.data, short_way.n);
			assert_string_equal(long_way.data + short_way.n, f == 0 ? "\xc3\xa9" : "e");
		}
	}
}

static void test_bad_and_long_texts(void **state)
{
	(void)state;
	static const form forms[] = {text_fold, text_key, text_normalise};
	for (size_t f = 0; f < 3; f++) {
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(forms[f](tools, "a\xff", 2, &out, &err), CF_E_INPUT);
		assert_int_equal(forms[f](tools, "\xed\xa0\x80", 3, &out, &err), CF_E_INPUT);
		assert_string_equal(err.message, "the text is not UTF-8");
		assert_string_equal(buffer_text(&out), "");
		/* a text with a NUL in the middle is no end of text */
		assert_int_equal(forms[f](tools, "\xc3\xa9\0b", 4, &out, &err), 0);
		assert_true(out.n >= 2);
	}
	enum { N = 40000, TOO_LONG = (1 << 24) + 1 };
	CF_CLEANUP_FREE char *large = mem_alloc(TOO_LONG, 1);
	assert_non_null(large);
	memset(large, 'a', TOO_LONG);
	large[0] = '\xc3';
	large[1] = '\xa9';
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	for (int i = 0; i < N; i++)
		assert_int_equal(buffer_append_text(&text, "\xea\xb9\x80\xd0\xa9\xef\xb7\xba"), 0);
	for (size_t f = 0; f < 3; f++) {
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		apply(tools, forms[f], &text, &out);
		assert_true(out.n >= text.n / 4);
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(forms[f](tools, large, TOO_LONG, &out, &err), CF_E_LIMIT);
	}
}

/* Texts longer than what is transliterated at once, without a space to part them at, also where the place to
 * part them falls into a character of two units: nothing is lost or doubled. */
static void test_long_words(void **state)
{
	static char rare_letter[] = "\xf0\x90\xbe\xb0";
	(void)state;
	for (size_t n = 200; n < 700; n += 7) {
		CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer wide = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer wide_key = BUFFER_INIT;
		if (n % 2)
			assert_int_equal(buffer_append_text(&wide, "\xd0\xb1"), 0);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(buffer_append_text(&text, "\xd0\xb1"), 0);         /* be */
			assert_int_equal(buffer_append_text(&wide, "\xf0\x9d\x90\x9a"), 0); /* bold a */
		}
		apply(tools, text_key, &text, &key);
		assert_int_equal(key.n, n);
		assert_int_equal(strspn(buffer_text(&key), "b"), n);
		apply(tools, text_key, &wide, &wide_key);
		assert_int_equal(wide_key.n, n + n % 2);
		assert_int_equal(strspn(buffer_text(&wide_key) + n % 2, "a"), n);
		/* Chorasmian, which no rule writes in Latin letters and no form makes shorter */
		CF_CLEANUP(buffer_done) struct buffer rare = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer rare_key = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer one_key = BUFFER_INIT;
		const struct buffer one = {.data = rare_letter, .n = 4};
		assert_int_equal(buffer_append(&rare, wide.data, n % 2 ? 2 : 0), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(buffer_append_text(&rare, rare_letter), 0);
		apply(tools, text_key, &one, &one_key);
		apply(tools, text_key, &rare, &rare_key);
		assert_int_equal(rare_key.n, n % 2 + n * one_key.n);
	}
}

static void test_normal_form_is_recognised(void **state)
{
	(void)state;
	static const char *const normal[] = {"", "plain", "\xc3\xa9t\xc3\xa9", "x\xcc\xa3\xcc\xb1",
		"\xea\xb9\x80", "\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", "\xe9\x98\xae",
		"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x8c\xbe"};
	static const char *const other[] = {"e\xcc\x81", "a e\xcc\x81 b",
		"\xe1\x84\x80\xe1\x85\xb5\xe1\x86\xb7", "e\xcc\x81\xcc\xa3", "\xe2\x84\xab", "\xcc\x81\xff"};
	for (size_t i = 0; i < sizeof normal / sizeof *normal; i++)
		assert_true(text_is_normalised(normal[i], strlen(normal[i])));
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		if (text_is_normalised(other[i], strlen(other[i])))
			fail_msg("%zu", i);
	/* a mark far behind the pieces in which the text is looked at */
	char text[4096];
	for (size_t n = 1; n < 1200; n += 7) {
		memset(text, 'a', n);
		memcpy(text + n, "\xcc\xa3\xcc\x81", 5);
		/* a with a dot below composes */
		assert_false(text_is_normalised(text, n + 4));
		memcpy(text + n - 1, "\xe9\x98\xae\xcc\x81", 6);
		assert_true(text_is_normalised(text, n + 4));
	}
	/* a heap of marks that no language writes */
	text[0] = 'q';
	for (size_t i = 0; i < 600; i++)
		memcpy(text + 1 + 2 * i, "\xcc\xa3", 2);
	assert_false(text_is_normalised(text, 1201));
	assert_true(text_is_normalised(text, 201));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_against_brute_force),
		cmocka_unit_test(test_utf8_of_four_bytes),
		cmocka_unit_test(test_utf8_in_long_texts),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_normalising),
		cmocka_unit_test(test_normal_form_is_recognised),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_properties_of_random_texts),
		cmocka_unit_test(test_keys_do_not_depend_on_history),
		cmocka_unit_test(test_the_short_way_of_ascii),
		cmocka_unit_test(test_bad_and_long_texts),
		cmocka_unit_test(test_long_words),
	};
	return cmocka_run_group_tests(tests, open_tools, close_tools);
}
