#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The reader has functions named as ours; they are not used here. */
#define json_integer jansson_integer
#define json_null jansson_null
#include <jansson.h>
#undef json_integer
#undef json_null
#undef json_boolean

#include "base/json.h"
#include "base/mem.h"
#include "base/random.h"

static void test_layout(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	for (int pretty = 0; pretty < 2; pretty++) {
		struct json j;
		buffer_clear(&out);
		json_init(&j, &out, pretty);
		json_begin_object(&j);
		json_key_text(&j, "a", "x");
		json_key(&j, "b");
		json_begin_array(&j);
		json_integer(&j, -1);
		json_unsigned(&j, 2);
		json_begin_object(&j);
		json_end(&j);
		json_begin_array(&j);
		json_end(&j);
		json_end(&j);
		json_key_null(&j, "c");
		json_key_boolean(&j, "d", true);
		json_end(&j);
		assert_int_equal(json_finish(&j), 0);
		assert_string_equal(
			buffer_text(&out), pretty ? "{\n  \"a\": \"x\",\n  \"b\": [\n    -1,\n    2,\n    "
						    "{},\n    []\n  ],\n  \"c\": null,\n"
						    "  \"d\": true\n}\n"
						  : "{\"a\":\"x\",\"b\":[-1,2,{},[]],\"c\":null,\"d\":true}");
	}
}

/* One value in an array, through an independent reader. */
static json_t *read_back(const struct buffer *out)
{
	json_error_t error;
	json_t *root = json_loadb(out->data, out->n, JSON_ALLOW_NUL, &error);
	if (!root)
		fail_msg("%s in %s", error.text, out->data);
	return root;
}

static void assert_text(const char *text, const char *expected)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	json_init(&j, &out, false);
	json_begin_object(&j);
	json_key_text(&j, text, text);
	json_end(&j);
	assert_int_equal(json_finish(&j), 0);
	json_t *root = read_back(&out);
	json_t *value = json_object_get(root, expected);
	assert_non_null(value);
	assert_string_equal(json_string_value(value), expected);
	json_decref(root);
}

static void test_texts(void **state)
{
	(void)state;
	for (int c = 1; c < 128; c++) {
		const char text[] = {'<', (char)c, '>', '\0'};
		assert_text(text, text);
	}
	assert_text("", "");
	assert_text("\"\\/\b\f\n\r\t", "\"\\/\b\f\n\r\t");
	assert_text("\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80", "\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80");
	/* what is not UTF-8 becomes the replacement character, and the rest stays */
	assert_text("a\xff"
		    "b",
		"a\xef\xbf\xbd"
		"b");
	assert_text("\xe4\xb8", "\xef\xbf\xbd\xef\xbf\xbd");
	assert_text("\xed\xa0\x80z", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
	assert_text("\"\xff\"", "\"\xef\xbf\xbd\"");
}

static void assert_control_is_escaped(int c)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	json_init(&j, &out, false);
	json_text(&j, (const char[]){(char)c, '\0'});
	assert_int_equal(json_finish(&j), 0);
	assert_int_equal(out.data[1], '\\');
	for (size_t i = 0; i < out.n; i++)
		assert_true(out.data[i] >= ' ' && out.data[i] < 0x7f);
}

static void test_controls_never_stand_bare(void **state)
{
	(void)state;
	for (int c = 1; c < 0x20; c++)
		assert_control_is_escaped(c);
	assert_control_is_escaped(0x7f);
}

static void write_number(struct buffer *out, double x)
{
	struct json j;
	buffer_clear(out);
	json_init(&j, out, false);
	json_number(&j, x);
	assert_int_equal(json_finish(&j), 0);
}

/* Reads back as the same, and no text with fewer digits does. */
static void assert_shortest(struct buffer *out, double x)
{
	write_number(out, x);
	double back = strtod(out->data, NULL);
	if (memcmp(&back, &x, sizeof x) != 0)
		fail_msg("%a is written %s", x, out->data);
	int digits = 0;
	int zeros = 0;
	for (const char *p = out->data; *p && *p != 'e'; p++) {
		bool digit = *p >= '0' && *p <= '9';
		digits += digit && (digits || *p != '0');
		zeros = digit && *p == '0' ? zeros + 1 : digit ? 0 : zeros;
	}
	for (int fewer = 1; fewer < digits - (strchr(out->data, '.') ? 0 : zeros); fewer++) {
		char text[64];
		(void)snprintf(text, sizeof text, "%.*e", fewer - 1, x);
		if (fabs(strtod(text, NULL) - x) <= 0)
			fail_msg("%s is written %s", text, out->data);
	}
}

static void test_numbers(void **state)
{
	(void)state;
	static const struct {
		double value;
		const char *text;
	} examples[] = {{0, "0"}, {-0.0, "-0"}, {1, "1"}, {-1.5, "-1.5"}, {0.1, "0.1"},
		{0.1 + 0.2, "0.30000000000000004"}, {1e15, "1e+15"}, {123456789012345, "123456789012345"},
		{1e300, "1e+300"}, {5e-324, "5e-324"}, {DBL_MAX, "1.7976931348623157e+308"},
		{DBL_MIN, "2.2250738585072014e-308"}, {1.0 / 3, "0.3333333333333333"}, {NAN, "null"},
		{INFINITY, "null"}, {-INFINITY, "null"}};
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		write_number(&out, examples[i].value);
		assert_string_equal(buffer_text(&out), examples[i].text);
	}
	struct random_stream r;
	random_init(&r, 754, 1);
	for (int i = 0; i < 100000; i++) {
		uint64_t bits = random_bits(&r);
		double x;
		memcpy(&x, &bits, sizeof x);
		if (isfinite(x))
			assert_shortest(&out, x);
		assert_shortest(&out, (double)random_below(&r, 1000000) / 1000);
	}
}

static void test_integers(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	json_init(&j, &out, false);
	json_begin_object(&j);
	json_key_integer(&j, "a", INT64_MIN);
	json_key_integer(&j, "b", INT64_MAX);
	json_key_unsigned(&j, "c", UINT64_MAX);
	json_key_number(&j, "d", 0.5);
	json_key_boolean(&j, "e", false);
	json_key_text(&j, "f", NULL);
	json_end(&j);
	assert_int_equal(json_finish(&j), 0);
	assert_string_equal(buffer_text(&out),
		"{\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":18446744073709551615,\"d\":0.5,"
		"\"e\":false,\"f\":null}");
}

static void test_deep_nesting(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	json_init(&j, &out, true);
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		json_begin_array(&j);
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		json_end(&j);
	assert_int_equal(json_finish(&j), 0);
	json_decref(read_back(&out));
}

static void test_the_first_failure_is_kept(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	json_init(&j, &out, false);
	mem_fail_after(0);
	json_begin_array(&j);
	mem_fail_after(-1);
	json_text(&j, "too late");
	json_end(&j);
	assert_int_equal(json_finish(&j), CF_E_MEMORY);
	assert_string_equal(buffer_text(&out), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_controls_never_stand_bare),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_the_first_failure_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
