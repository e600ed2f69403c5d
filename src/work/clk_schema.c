#include "work/clk_schema.h"

#include <jansson.h>
#include <string.h>

#include "base/file.h"
#include "work/clk_base64.h"

enum { MAX_SCHEMA_BYTES = 4 << 20, MAX_VALUES = 100000 };

static void json_free(json_t **j)
{
	json_decref(*j);
}

struct parsing {
	const char *name;
	size_t feature; /* counts from 1; 0: none */
	struct cf_error *err;
};

static int CF_PRINTF(2, 3) bad(const struct parsing *p, const char *format, ...)
{
	char what[200];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(what, sizeof what, format, args);
	va_end(args);
	if (p->feature)
		return error_set(p->err, CF_E_INPUT, "%.120s: feature %zu: %s", p->name, p->feature, what);
	return error_set(p->err, CF_E_INPUT, "%.120s: %s", p->name, what);
}

/* ---- pieces ---- */

static int read_count(
	const struct parsing *p, const json_t *in, const char *key, uint32_t usual, uint32_t *ret)
{
	const json_t *value = json_object_get(in, key);
	const json_int_t n = value ? json_integer_value(value) : (json_int_t)usual;
	if ((value && !json_is_integer(value)) || n < 0 || n > (1 << 30))
		return bad(p, "'%s' must be a whole number that is not negative", key);
	*ret = (uint32_t)n;
	return CF_OK;
}

static int read_bound(const struct parsing *p, const json_t *in, const char *key, bool *ret_has, int64_t *ret)
{
	const json_t *value = json_object_get(in, key);
	if (value && !json_is_integer(value))
		return bad(p, "'%s' must be a whole number", key);
	*ret_has = value != NULL;
	*ret = json_integer_value(value);
	return CF_OK;
}

/* NULL when the key is not there; texts with a NUL inside are refused, since nothing could match them. */
static int read_text(const struct parsing *p, const json_t *in, const char *key, char **ret)
{
	const json_t *value = json_object_get(in, key);
	if (!value)
		return CF_OK;
	if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
		return bad(p, "'%s' must be a text", key);
	*ret = mem_strdup(json_string_value(value));
	return *ret ? CF_OK : error_memory(p->err);
}

/* The number of the text among the names (ended by NULL); usual when the key is not there. */
static int read_choice(const struct parsing *p, const json_t *in, const char *key, const char *const *names,
	int usual, int *ret)
{
	const json_t *value = json_object_get(in, key);
	*ret = usual;
	if (!value)
		return usual < 0 ? bad(p, "'%s' is missing", key) : CF_OK;
	for (int i = 0; names[i]; i++)
		if (json_is_string(value) && strcmp(json_string_value(value), names[i]) == 0) {
			*ret = i;
			return CF_OK;
		}
	return bad(p, "'%s' has a value that the schema does not know", key);
}

/* A misspelt key would change encodings without a word. */
static int check_keys(const struct parsing *p, json_t *in, const char *what, const char *const *known)
{
	const char *key;
	json_t *value;
	if (!json_is_object(in))
		return bad(p, "'%s' must be an object", what);
	json_object_foreach(in, key, value)
	{
		size_t i = 0;
		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return bad(p, "'%s' has a key '%.40s' that the schema does not know", what, key);
	}
	return CF_OK;
}

static int read_bytes(
	const struct parsing *p, const json_t *in, const char *key, uint8_t **ret, size_t *ret_n)
{
	CF_CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT;
	const json_t *value = json_object_get(in, key);
	if (!value)
		return CF_OK;
	int status = json_is_string(value)
			     ? base64_read(json_string_value(value), json_string_length(value), &bytes)
			     : CF_E_INPUT;
	if (status == CF_E_MEMORY)
		return error_memory(p->err);
	if (status < 0)
		return bad(p, "'%s' must be base64", key);
	*ret_n = bytes.n;
	*ret = (uint8_t *)buffer_take(&bytes);
	return CF_OK;
}

/* ---- features ---- */

static int read_values(const struct parsing *p, const json_t *in, struct clk_feature *f)
{
	const json_t *values = json_object_get(in, "values");
	const size_t n = json_array_size(values);
	if (!json_is_array(values) || n == 0 || n > MAX_VALUES)
		return bad(p, "an enum needs 'values', a list of texts");
	f->values = NEW_ARRAY_ZERO(char *, n);
	if (!f->values)
		return error_memory(p->err);
	f->n_values = n;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(values, i));
		if (!text)
			return bad(p, "'values' must be texts");
		f->values[i] = mem_strdup(text);
		if (!f->values[i])
			return error_memory(p->err);
	}
	return CF_OK;
}

static int read_string_format(const struct parsing *p, json_t *in, struct clk_feature *f)
{
	static const char *const known[] = {
		"type", "encoding", "case", "minLength", "maxLength", "pattern", "description", NULL};
	static const char *const encodings[] = {"utf-8", "ascii", "utf-16", "utf-32", NULL};
	static const char *const letters[] = {"mixed", "upper", "lower", NULL};
	int encoding = 0;
	int letter = 0;
	TRY(check_keys(p, in, "format", known));
	TRY(read_choice(p, in, "encoding", encodings, 0, &encoding));
	TRY(read_choice(p, in, "case", letters, 0, &letter));
	TRY(read_count(p, in, "minLength", 0, &f->min_length));
	TRY(read_count(p, in, "maxLength", 0, &f->max_length));
	TRY(read_text(p, in, "pattern", &f->pattern));
	f->encoding = (enum clk_encoding)encoding;
	f->letters = (enum clk_letters)letter;
	if (f->pattern && (letter || f->min_length || f->max_length))
		return bad(p, "a 'pattern' stands alone, without 'case', 'minLength' and 'maxLength'");
	return CF_OK;
}

static int read_format(const struct parsing *p, json_t *in, struct clk_feature *f)
{
	static const char *const types[] = {"string", "integer", "date", "enum", NULL};
	static const char *const integer_keys[] = {"type", "minimum", "maximum", "description", NULL};
	static const char *const date_keys[] = {"type", "format", "description", NULL};
	static const char *const enum_keys[] = {"type", "values", "description", NULL};
	int type = 0;
	if (!json_is_object(in))
		return bad(p, "'format' is missing");
	TRY(read_choice(p, in, "type", types, -1, &type));
	f->format = (enum clk_format)type;
	switch (f->format) {
	case CLK_INTEGER:
		TRY(check_keys(p, in, "format", integer_keys));
		TRY(read_bound(p, in, "minimum", &f->has_minimum, &f->minimum));
		return read_bound(p, in, "maximum", &f->has_maximum, &f->maximum);
	case CLK_DATE:
		TRY(check_keys(p, in, "format", date_keys));
		return read_text(p, in, "format", &f->date_format);
	case CLK_ENUM:
		TRY(check_keys(p, in, "format", enum_keys));
		return read_values(p, in, f);
	default:
		return read_string_format(p, in, f);
	}
}

static int read_comparison(const struct parsing *p, json_t *in, struct clk_feature *f)
{
	static const char *const types[] = {"ngram", "exact", "numeric", NULL};
	static const char *const known[] = {
		"type", "n", "positional", "thresholdDistance", "resolution", "fractional_precision", NULL};
	int type = 0;
	TRY(check_keys(p, in, "comparison", known));
	TRY(read_choice(p, in, "type", types, -1, &type));
	f->comparison = (enum clk_comparison)type;
	if (f->comparison == CLK_NGRAM && !json_object_get(in, "n"))
		return bad(p, "an ngram comparison needs its 'n'");
	if (json_object_get(in, "positional") && !json_is_boolean(json_object_get(in, "positional")))
		return bad(p, "'positional' must be true or false");
	f->positional = json_is_true(json_object_get(in, "positional"));
	TRY(read_count(p, in, "n", 0, &f->n));
	TRY(read_count(p, in, "resolution", 0, &f->resolution));
	TRY(read_count(p, in, "fractional_precision", 0, &f->precision));
	if (f->comparison == CLK_NUMERIC && !json_is_number(json_object_get(in, "thresholdDistance")))
		return bad(p, "a numeric comparison needs its 'thresholdDistance'");
	f->threshold_distance = json_number_value(json_object_get(in, "thresholdDistance"));
	return CF_OK;
}

static int read_hash(const struct parsing *p, json_t *in, struct clk_feature *f)
{
	static const char *const types[] = {"blakeHash", "doubleHash", NULL};
	static const char *const known[] = {"type", "prevent_singularity", NULL};
	int type = 0;
	if (!in)
		return CF_OK;
	TRY(check_keys(p, in, "hash", known));
	TRY(read_choice(p, in, "type", types, -1, &type));
	const bool not_singular = json_is_true(json_object_get(in, "prevent_singularity"));
	f->hash = type == 0 ? CLK_BLAKE : not_singular ? CLK_DOUBLE_NOT_SINGULAR : CLK_DOUBLE;
	return CF_OK;
}

static int read_strategy(const struct parsing *p, json_t *in, struct clk_feature *f)
{
	static const char *const known[] = {"bitsPerToken", "bitsPerFeature", NULL};
	TRY(check_keys(p, in, "strategy", known));
	TRY(read_count(p, in, "bitsPerToken", 0, &f->bits_per_token));
	return read_count(p, in, "bitsPerFeature", 0, &f->bits_per_feature);
}

static int read_hashing(const struct parsing *p, json_t *in, struct clk_feature *f)
{
	static const char *const known[] = {"comparison", "strategy", "hash", "missingValue", NULL};
	static const char *const missing_keys[] = {"sentinel", "replaceWith", NULL};
	TRY(check_keys(p, in, "hashing", known));
	TRY(read_comparison(p, json_object_get(in, "comparison"), f));
	TRY(read_strategy(p, json_object_get(in, "strategy"), f));
	TRY(read_hash(p, json_object_get(in, "hash"), f));
	json_t *missing = json_object_get(in, "missingValue");
	if (!missing)
		return CF_OK;
	TRY(check_keys(p, missing, "missingValue", missing_keys));
	TRY(read_text(p, missing, "sentinel", &f->sentinel));
	TRY(read_text(p, missing, "replaceWith", &f->replace_with));
	return f->sentinel ? CF_OK : bad(p, "'missingValue' needs a 'sentinel'");
}

static int read_feature(const struct parsing *p, json_t *in, struct clk_feature *f)
{
	TRY(read_text(p, in, "identifier", &f->identifier));
	if (!f->identifier || !*f->identifier)
		return bad(p, "'identifier' is missing: the name of the column");
	f->ignored = json_is_true(json_object_get(in, "ignored"));
	if (f->ignored)
		return CF_OK;
	TRY(read_format(p, json_object_get(in, "format"), f));
	return read_hashing(p, json_object_get(in, "hashing"), f);
}

static int read_features(struct parsing *p, const json_t *in, struct clk_schema *s)
{
	const size_t n = json_array_size(in);
	if (!json_is_array(in) || n == 0 || n > CLK_MAX_FEATURES)
		return bad(p, "'features' must be a list of 1 to %d features", CLK_MAX_FEATURES);
	s->features = NEW_ARRAY_ZERO(struct clk_feature, n);
	if (!s->features)
		return error_memory(p->err);
	s->n_features = n;
	for (size_t i = 0; i < n; i++) {
		p->feature = i + 1;
		TRY(read_feature(p, json_array_get(in, i), &s->features[i]));
	}
	p->feature = 0;
	return CF_OK;
}

/* ---- the rest ---- */

static int read_config(const struct parsing *p, const json_t *in, struct clk_schema *s)
{
	static const char *const types[] = {"HKDF", NULL};
	static const char *const hashes[] = {"SHA256", "SHA512", NULL};
	const json_t *kdf = json_object_get(in, "kdf");
	/* clkhash's own schema says xorFolds, its reader xor_folds */
	const char *folds = json_object_get(in, "xorFolds") ? "xorFolds" : "xor_folds";
	int choice = 0;
	if (!json_is_object(in) || !json_is_integer(json_object_get(in, "l")))
		return bad(p, "'clkConfig' needs 'l', the number of bits");
	if (json_object_get(in, "xorFolds") && json_object_get(in, "xor_folds"))
		return bad(p, "'clkConfig' has both 'xorFolds' and 'xor_folds'");
	TRY(read_count(p, in, "l", 0, &s->n_bits));
	TRY(read_count(p, in, folds, 0, &s->n_folds));
	if (!json_is_object(kdf))
		return bad(p, "'clkConfig' needs a 'kdf'");
	TRY(read_choice(p, kdf, "type", types, -1, &choice));
	TRY(read_choice(p, kdf, "hash", hashes, 0, &choice));
	s->kdf_hash = choice ? KEYED_SHA512 : KEYED_SHA256;
	TRY(read_count(p, kdf, "keySize", 64, &s->key_bytes));
	TRY(read_bytes(p, kdf, "salt", &s->kdf_salt, &s->n_kdf_salt));
	return read_bytes(p, kdf, "info", &s->kdf_info, &s->n_kdf_info);
}

static int read_salt(const struct parsing *p, json_t *in, struct clk_schema *s)
{
	static const char *const known[] = {"identifier", "characters", NULL};
	if (!in)
		return CF_OK;
	TRY(check_keys(p, in, "salt", known));
	TRY(read_count(p, in, "characters", 0, &s->hardening.salt_characters));
	const char *name = json_string_value(json_object_get(in, "identifier"));
	for (size_t i = 0; name && i < s->n_features; i++)
		if (strcmp(s->features[i].identifier, name) == 0)
			s->hardening.salt_feature = (int)i;
	return s->hardening.salt_feature >= 0 ? CF_OK
					      : bad(p, "the salt's 'identifier' must be that of a feature");
}

static int read_hardening(const struct parsing *p, json_t *in, struct clk_schema *s)
{
	static const char *const known[] = {"flipRate", "balanced", "salt", "description", NULL};
	s->hardening.salt_feature = -1;
	if (!in)
		return CF_OK;
	TRY(check_keys(p, in, "hardening", known));
	const json_t *rate = json_object_get(in, "flipRate");
	const json_t *balanced = json_object_get(in, "balanced");
	if (rate && !json_is_number(rate))
		return bad(p, "'flipRate' must be a number");
	if (balanced && !json_is_boolean(balanced))
		return bad(p, "'balanced' must be true or false");
	s->hardening.flip_rate = json_number_value(rate);
	s->hardening.balanced = json_is_true(balanced);
	return read_salt(p, json_object_get(in, "salt"), s);
}

static int read_root(struct parsing *p, const json_t *root, struct clk_schema *s)
{
	const json_t *version = json_object_get(root, "version");
	if (!json_is_object(root) || !json_is_number(version))
		return bad(p, "this is no linkage schema: 'version' is missing");
	if (json_number_value(version) < 3 || json_number_value(version) > 3)
		return bad(p, "the schema's version must be 3; clkhash converts older ones");
	TRY(read_config(p, json_object_get(root, "clkConfig"), s));
	TRY(read_features(p, json_object_get(root, "features"), s));
	TRY(read_hardening(p, json_object_get(root, "hardening"), s));
	int status = clk_schema_check(s, p->err);
	return status < 0 ? error_prefix(p->err, status, "%.120s", p->name) : CF_OK;
}

int clk_schema_parse(
	const char *name, const char *data, size_t n, struct clk_schema **ret, struct cf_error *err)
{
	json_error_t why;
	CF_CLEANUP(json_free) json_t *root = json_loadb(data, n, JSON_REJECT_DUPLICATES, &why);
	if (!root && json_error_code(&why) == json_error_out_of_memory)
		return error_memory(err);
	if (!root)
		return error_set_at(err, CF_E_INPUT, name, why.line > 0 ? (uint64_t)why.line : 0,
			why.column > 0 ? (uint64_t)why.column : 0, "this is no JSON: %.80s", why.text);
	CF_CLEANUP_CLK_SCHEMA struct clk_schema *s = NEW(struct clk_schema);
	if (!s)
		return error_memory(err);
	struct parsing p = {.name = name, .err = err};
	TRY(read_root(&p, root, s));
	*ret = TAKE(s);
	return CF_OK;
}

int clk_schema_open(const char *path, struct clk_schema **ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(file_read(path, MAX_SCHEMA_BYTES, &text, err));
	return clk_schema_parse(path, buffer_text(&text), text.n, ret, err);
}
