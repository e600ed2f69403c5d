#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ini.h"
#include "base/random.h"

/* Each entry as "line[section]key=value;"; an error as "! code line". */
static void render(const char *data, size_t n, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	int status = ini_parse("t.ini", data, n, &ini, err);
	if (status < 0) {
		assert_int_equal(status, err->code);
		assert_int_equal(buffer_printf(out, "! %s %d", error_name(status), (int)err->line), 0);
		return;
	}
	assert_string_equal(ini_name(ini), "t.ini");
	for (size_t i = 0; i < ini_n(ini); i++) {
		const struct ini_entry *e = ini_at(ini, i);
		assert_int_equal(
			buffer_printf(out, "%d[%s]%s=%s;", (int)e->line, e->section, e->key, e->value), 0);
	}
	assert_null(ini_at(ini, ini_n(ini)));
}

struct example {
	const char *data;
	size_t n;
	const char *expected;
};

#define CASE(text, result)                                                                                   \
	{                                                                                                    \
		.data = text, .n = sizeof(text) - 1, .expected = result                                      \
	}
#define S49 "sssssssssssssssssssssssssssssssssssssssssssssssss"

static const struct example examples[] = {
	CASE("", ""),
	CASE("\n\n", ""),
	CASE("a = b", "1[]a=b;"),
	CASE("a=b\nc : d\n", "1[]a=b;2[]c=d;"),
	CASE("[s]\na = b\n\n# note\n; note\nc = d = e\n", "2[s]a=b;6[s]c=d = e;"),
	CASE("\xef\xbb\xbf[s]\r\na = b\r\n", "2[s]a=b;"),
	CASE("[s]\na =\n", "2[s]a=;"),
	CASE("[s]\na = 1\na = 2\n[t]\na = 3\n[s]\na = 4\n", "2[s]a=1;3[s]a=2;5[t]a=3;7[s]a=4;"),
	CASE("  [ s t ]  \n  a b  =  c d  \n", "2[ s t ]a b=c d;"),
	/* a comment behind a value needs a blank before it; # never begins one there */
	CASE("a = b;c\nd = e ; f\ng = h # i\n", "1[]a=b;c;2[]d=e;3[]g=h # i;"),
	CASE("a = ; nothing\n", "1[]a=;"),
	CASE("[s] ; note\na=1\n", "2[s]a=1;"),
	/* a line that is indented does not go on with the one before it */
	CASE("a = b\n  c = d\n", "1[]a=b;2[]c=d;"),
	CASE("a = b\n  c\n", "! input 2"),
	CASE("a = \xc3\xa9\n", "1[]a=\xc3\xa9;"),
	CASE("[" S49 "]\na=1\n", "2[" S49 "]a=1;"),
	CASE("[" S49 "x]\na=1\n", "! limit 1"),
	CASE("\n  [" S49 "x]\na=1\n", "! limit 2"),
	CASE("\xef\xbb\xbf[" S49 "x]\n", "! limit 1"),
	CASE("a = b\nnonsense\n", "! input 2"),
	CASE("a = b\n[s\nc = d\n", "! input 2"),
	CASE("\n\n = b\n", "! input 3"),
	CASE("a = b\nc = \xff\n", "! input 2"),
	CASE("a = b\n\nc = \0\n", "! input 3"),
	CASE("\xff", "! input 1"),
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		/* an exact copy, so that the sanitizer sees a read past the end */
		char *copy = malloc(examples[i].n ? examples[i].n : 1);
		assert_non_null(copy);
		memcpy(copy, examples[i].data, examples[i].n);
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		struct cf_error err = CF_ERROR_INIT;
		render(copy, examples[i].n, &out, &err);
		free(copy);
		if (strcmp(buffer_text(&out), examples[i].expected) != 0)
			fail_msg("example %zu: %s instead of %s (%s)", i, buffer_text(&out),
				examples[i].expected, err.message);
	}
}

static void test_messages(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	render("a = 1\nCANARY\n", 13, &out, &err);
	assert_string_equal(
		err.message, "t.ini:2: this line is no [section], no 'key = value' and no comment");
	static const char data[] = "[s]\nk = v\n";
	CF_CLEANUP_INI struct ini *ini = NULL;
	assert_int_equal(ini_parse("t.ini", data, sizeof data - 1, &ini, &err), 0);
	assert_int_equal(ini_error(ini, ini_at(ini, 0), &err, "%s must be %d", "k", 3), CF_E_INPUT);
	assert_string_equal(err.message, "t.ini:2: k must be 3");
	assert_int_equal(ini_error(ini, NULL, &err, "there is no section [t]"), CF_E_INPUT);
	assert_string_equal(err.message, "t.ini: there is no section [t]");
	assert_string_equal(ini_get(ini, "s", "k"), "v");
	assert_null(ini_get(ini, "s", "l"));
	assert_null(ini_get(ini, "t", "k"));
}

static void test_long_values(void **state)
{
	(void)state;
	static const size_t lengths[] = {
		190, 195, 199, 200, 201, 255, 256, 257, 511, 512, 513, 4096, 100000, 1000000};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
		assert_int_equal(buffer_append_text(&text, "[s]\nfirst = "), 0);
		for (size_t k = 0; k < lengths[i]; k++)
			assert_int_equal(buffer_append_char(&text, (char)('a' + k % 26)), 0);
		assert_int_equal(buffer_append_text(&text, "\nsecond = 2\n"), 0);
		CF_CLEANUP_INI struct ini *ini = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(ini_parse("t.ini", text.data, text.n, &ini, &err), 0);
		assert_int_equal(ini_n(ini), 2);
		assert_int_equal(strlen(ini_at(ini, 0)->value), lengths[i]);
		assert_memory_equal(ini_at(ini, 0)->value, text.data + 12, lengths[i]);
		assert_int_equal(ini_at(ini, 1)->line, 3);
		assert_string_equal(ini_at(ini, 1)->value, "2");
	}
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	assert_int_equal(buffer_append_text(&text, "a = 1\nb = "), 0);
	for (size_t k = 0; k < 1 << 20; k++)
		assert_int_equal(buffer_append_char(&text, 'x'), 0);
	struct ini *none = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(ini_parse("t.ini", text.data, text.n, &none, &err), CF_E_LIMIT);
	assert_int_equal(err.line, 2);
	assert_null(none);
}

static void test_files(void **state)
{
	(void)state;
	struct ini *none = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(ini_open("/nonexistent/x.ini", &none, &err), CF_E_NOT_FOUND);
	char path[] = "/tmp/cf_ini_XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a = 1\n?\n", 8), 8);
	(void)close(fd);
	assert_int_equal(ini_open(path, &none, &err), CF_E_INPUT);
	assert_int_equal(err.line, 2);
	assert_non_null(strstr(err.message, path));
	assert_int_equal(unlink(path), 0);
	assert_null(none);
}

/* What the writer accepts, the reader gives back the same; what would not come back is refused. */
static void test_written_files_read_back(void **state)
{
	(void)state;
	static const char *const pieces[] = {
		"a", "b", " ", "=", ":", ";", "#", "[", "]", "\"", "\t", "\xc3\xa9", "\n", "\r", "1", "\xff"};
	struct random_stream r;
	random_init(&r, 55, 1);
	int n_accepted = 0;
	for (int round = 0; round < 30000; round++) {
		char texts[3][32] = {"", "", ""};
		for (int i = 0; i < 3; i++)
			for (uint64_t n = random_below(&r, 5); n > 0; n--)
				strcat(texts[i], pieces[random_below(&r, sizeof pieces / sizeof *pieces)]);
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		if (ini_write_comment(&out, texts[2]) != 0 || ini_write_section(&out, texts[0]) != 0 ||
			ini_write(&out, texts[1], texts[2]) != 0 || ini_write(&out, "last", "1") != 0)
			continue;
		n_accepted++;
		CF_CLEANUP_INI struct ini *ini = NULL;
		struct cf_error err = CF_ERROR_INIT;
		if (ini_parse("t.ini", out.data, out.n, &ini, &err) != 0)
			fail_msg("%s in\n%s", err.message, out.data);
		assert_int_equal(ini_n(ini), 2);
		assert_string_equal(ini_at(ini, 0)->section, texts[0]);
		assert_string_equal(ini_at(ini, 0)->key, texts[1]);
		assert_string_equal(ini_at(ini, 0)->value, texts[2]);
		assert_string_equal(ini_at(ini, 1)->key, "last");
	}
	assert_true(n_accepted > 1000);
}

static void test_writing(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	assert_int_equal(ini_write_comment(&out, "two\nlines"), 0);
	assert_int_equal(ini_write_section(&out, "s"), 0);
	assert_int_equal(ini_write(&out, "k", "v"), 0);
	assert_int_equal(ini_write(&out, "empty", ""), 0);
	assert_string_equal(buffer_text(&out), "# two\n# lines\n\n[s]\nk = v\nempty =\n");
	static const char *const bad_values[] = {
		"a\nb", "a\rb", " a", "a ", "a ; b", ";a", "\t", "\xff", "\xef\xbb\xbfx"};
	for (size_t i = 0; i < sizeof bad_values / sizeof *bad_values; i++)
		assert_int_equal(ini_write(&out, "k", bad_values[i]), CF_E_INPUT);
	static const char *const bad_keys[] = {"", "a=b", "a:b", "[a", "#a", ";a", " a", "a\nb"};
	for (size_t i = 0; i < sizeof bad_keys / sizeof *bad_keys; i++)
		assert_int_equal(ini_write(&out, bad_keys[i], "v"), CF_E_INPUT);
	assert_int_equal(ini_write_section(&out, "a]b"), CF_E_INPUT);
	assert_int_equal(ini_write_section(&out, "a\nb"), CF_E_INPUT);
	assert_int_equal(ini_write_section(&out, S49), 0);
	assert_int_equal(ini_write_section(&out, S49 "s"), CF_E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_written_files_read_back),
		cmocka_unit_test(test_writing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
