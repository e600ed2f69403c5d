#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sweep.h"
#include "link/clk/encode.h"
#include "work/clk_base64.h"
#include "work/clk_schema.h"

static json_t *load_vectors(void)
{
	char path[4096];
	const char *root = getenv("CF_SOURCE_ROOT");
	assert_non_null(root);
	(void)snprintf(path, sizeof path, "%s/data/vectors/clk.json", root);
	json_t *loaded = json_load_file(path, 0, NULL);
	assert_non_null(loaded);
	return loaded;
}

static struct clk_schema *parse(const json_t *in)
{
	struct clk_schema *schema = NULL;
	struct cf_error err = CF_ERROR_INIT;
	char *text = json_dumps(in, 0);
	if (clk_schema_parse("schema", text, strlen(text), &schema, &err) < 0)
		fail_msg("%s", err.message);
	free(text);
	return schema;
}

static void check_row(struct clk_encoder *e, const json_t *row, const char *expected, const char *name)
{
	CF_CLEANUP(buffer_done) struct buffer got = BUFFER_INIT;
	struct clk_cell cells[16];
	uint8_t bytes[8192];
	struct cf_error err = CF_ERROR_INIT;
	for (size_t f = 0; f < json_array_size(row); f++) {
		const json_t *cell = json_array_get(row, f);
		cells[f] = (struct clk_cell){json_string_value(cell), json_string_length(cell)};
	}
	if (clk_encode(e, cells, bytes, NULL, &err) < 0)
		fail_msg("%s: %s", name, err.message);
	assert_int_equal(base64_append(&got, bytes, clk_encoder_bytes(e)), 0);
	if (strcmp(buffer_text(&got), expected) != 0)
		fail_msg("%s: another encoding than clkhash's", name);
}

/* Each row twice: the second time from the cache of hashes. */
static void check_case(const json_t *in)
{
	const char *name = json_string_value(json_object_get(in, "name"));
	const char *text = json_string_value(json_object_get(in, "secret"));
	const json_t *rows = json_object_get(in, "rows");
	CF_CLEANUP_CLK_SCHEMA struct clk_schema *schema = parse(json_object_get(in, "schema"));
	CF_CLEANUP_SECRET struct secret *secret = NULL;
	CF_CLEANUP_CLK_ENCODER struct clk_encoder *e = NULL;
	assert_int_equal(secret_new(strlen(text), &secret, NULL), 0);
	memcpy(secret_data(secret), text, strlen(text));
	const struct clk_encoder_options options = {.secret = secret};
	assert_int_equal(clk_encoder_new(schema, &options, &e, NULL), 0);
	for (size_t i = 0; i < 2 * json_array_size(rows); i++) {
		const size_t row = i % json_array_size(rows);
		check_row(e, json_array_get(rows, row),
			json_string_value(json_array_get(json_object_get(in, "clks"), row)), name);
	}
}

static void test_vectors(void **state)
{
	(void)state;
	json_t *all = load_vectors();
	assert_true(json_array_size(all) > 20);
	for (size_t i = 0; i < json_array_size(all); i++)
		check_case(json_array_get(all, i));
	json_decref(all);
}

/* ---- reading schemas ---- */

#define CONFIG "\"clkConfig\": {\"l\": 1024, \"kdf\": {\"type\": \"HKDF\"}}"
#define HASHING                                                                                              \
	"\"hashing\": {\"comparison\": {\"type\": \"ngram\", \"n\": 2}, \"strategy\": {\"bitsPerToken\": "   \
	"9}}"
#define NAME "{\"identifier\": \"name\", \"format\": {\"type\": \"string\"}, " HASHING "}"

static void test_hardening(void **state)
{
	(void)state;
	static const char text[] =
		"{\"version\": 3, \"clkConfig\": {\"l\": 512, \"xor_folds\": 2, \"kdf\": {\"type\": "
		"\"HKDF\"}}, \"features\": ["
		"{\"identifier\": \"id\", \"ignored\": true}, " NAME "], \"hardening\": {\"flipRate\": 0.05, "
		"\"balanced\": true, \"salt\": {\"identifier\": \"name\", \"characters\": 3}}}";
	CF_CLEANUP_CLK_SCHEMA struct clk_schema *s = NULL;
	assert_int_equal(clk_schema_parse("s", text, strlen(text), &s, NULL), 0);
	assert_int_equal(s->n_folds, 2);
	assert_true(fabs(s->hardening.flip_rate - 0.05) < 1e-12);
	assert_true(s->hardening.balanced);
	assert_int_equal(s->hardening.salt_feature, 1);
	assert_int_equal(s->hardening.salt_characters, 3);
	assert_int_equal(clk_schema_encoded_bits(s, true), 1024);
	assert_int_equal(clk_schema_encoded_bits(s, false), 512);
	assert_int_equal(clk_schema_weaknesses(s, true), CLK_WEAK_NO_KDF_SALT);
	assert_int_equal(clk_schema_weaknesses(s, false), CLK_WEAK_NO_KDF_SALT | CLK_WEAK_NO_FLIPS);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *word;
	} cases[] = {
		{"", "no JSON"},
		{"{\n\"version\": 3,,}", "s:2:"},
		{"[]", "version"},
		{"{\"version\": 2}", "must be 3"},
		{"{\"version\": 3, \"features\": [" NAME "]}", "clkConfig"},
		{"{\"version\": 3, \"clkConfig\": {\"l\": 1024}, \"features\": [" NAME "]}", "kdf"},
		{"{\"version\": 3, " CONFIG ", \"features\": []}", "features"},
		{"{\"version\": 3, " CONFIG ", \"features\": [{\"identifier\": \"x\", \"ignored\": true}]}",
			"not ignored"},
		{"{\"version\": 3, " CONFIG ", \"features\": [" NAME
		 ", {\"identifier\": \"d\", \"format\": {\"type\": "
		 "\"date\", \"format\": \"%Y-%U\"}, " HASHING "}]}",
			"'d'"},
		{"{\"version\": 3, " CONFIG ", \"features\": [" NAME
		 ", {\"identifier\": \"d\", \"format\": {\"type\": "
		 "\"strnig\"}}]}",
			"feature 2"},
		{"{\"version\": 3, " CONFIG ", \"features\": [{\"identifier\": \"d\", \"format\": {\"type\": "
		 "\"string\", \"maxLenght\": 3}, " HASHING "}]}",
			"maxLenght"},
		{"{\"version\": 3, \"clkConfig\": {\"l\": 1000, \"kdf\": {\"type\": \"HKDF\"}}, "
		 "\"features\": [" NAME "]}",
			"power of two"},
		{"{\"version\": 3, \"clkConfig\": {\"l\": 1048576, \"kdf\": {\"type\": \"HKDF\"}}, "
		 "\"features\": [" NAME "]}",
			"'l'"},
		{"{\"version\": 3, " CONFIG ", \"features\": [" NAME "], \"hardening\": {\"flipRate\": 0.5}}",
			"flipRate"},
		{"{\"version\": 3, " CONFIG ", \"features\": [" NAME "], \"hardening\": {\"fliprate\": 0.1}}",
			"fliprate"},
		{"{\"version\": 3, " CONFIG ", \"features\": [" NAME
		 "], \"hardening\": {\"salt\": {\"identifier\": \"x\"}}}",
			"salt"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct clk_schema *s = NULL;
		struct cf_error err = CF_ERROR_INIT;
		const int status = clk_schema_parse("s", cases[i].text, strlen(cases[i].text), &s, &err);
		if (status >= 0 || status != err.code || !strstr(err.message, cases[i].word))
			fail_msg("case %zu: %d, %s", i, status, err.message);
		assert_null(s);
	}
}

static int read_it(void *context, struct cf_error *err)
{
	CF_CLEANUP_CLK_SCHEMA struct clk_schema *s = NULL;
	return clk_schema_parse("s", context, strlen(context), &s, err);
}

static void test_sweep(void **state)
{
	(void)state;
	char text[] =
		"{\"version\": 3, \"clkConfig\": {\"l\": 512, \"kdf\": {\"type\": \"HKDF\", \"salt\": "
		"\"AAAA\"}}, "
		"\"features\": [{\"identifier\": \"e\", \"format\": {\"type\": \"enum\", \"values\": "
		"[\"a\"]}, "
		"\"hashing\": {\"comparison\": {\"type\": \"exact\"}, \"strategy\": {\"bitsPerToken\": 9}, "
		"\"missingValue\": {\"sentinel\": \"-\", \"replaceWith\": \"b\"}}}, {\"identifier\": \"d\", "
		"\"format\": {\"type\": \"date\", \"format\": \"%Y\"}, " HASHING "}]}";
	assert_true(sweep_run("schema", read_it, text) > 8);
}

static int start(void **state)
{
	(void)state;
	return crypto_start(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_hardening),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sweep),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
