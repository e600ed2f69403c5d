#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "crypto/secret.h"
#include "link/clk/format.h"
#include "work/clk_base64.h"
#include "work/clk_schema.h"

#include <string.h>
#include <strings.h>

enum { MAX_ROWS = 10000, MANY_BITS = 150, SOME_BITS = 75, MOST_BITS = 1000, SALT_BYTES = 32 };

/* What was seen of a column. */
struct column {
	const char *name;
	uint64_t n_values;
	uint64_t n_digits_only;
	uint64_t n_by_format[4]; /* values that are dates so written */
	size_t n_longest;
	bool all_equal;
	char *first;
	bool ignored;
	const char *why;
	const char *date_format;
	bool digits;
	unsigned bits;
};

static const char *const date_formats[4] = {"%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%d.%m.%Y"};

struct columns {
	struct column *list;
	size_t n;
};

static void columns_done(struct columns *c)
{
	for (size_t i = 0; c->list && i < c->n; i++)
		mem_free(c->list[i].first);
	c->list = mem_free(c->list);
}

static bool only_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return n > 0;
}

static int look_at(struct column *c, struct csv_cell cell, struct cf_error *err)
{
	int date[3];
	clk_strip(&cell.text, &cell.n);
	if (cell.n == 0)
		return CF_OK;
	if (c->n_values == 0) {
		c->first = mem_strndup(cell.text, cell.n);
		if (!c->first)
			return error_memory(err);
		c->all_equal = true;
	} else if (c->all_equal && (strlen(c->first) != cell.n || memcmp(c->first, cell.text, cell.n) != 0)) {
		c->all_equal = false;
	}
	c->n_values++;
	c->n_digits_only += only_digits(cell.text, cell.n);
	c->n_longest = cell.n > c->n_longest ? cell.n : c->n_longest;
	for (size_t i = 0; i < 4; i++)
		c->n_by_format[i] += clk_date_parse(date_formats[i], cell.text, cell.n, date);
	return CF_OK;
}

static bool is_ignored(const struct clk_schema_suggestion *s, const char *name)
{
	for (size_t i = 0; i < s->n_ignore; i++)
		if (strcasecmp(s->ignore[i], name) == 0)
			return true;
	return false;
}

/* "rec_id", "ID", "case number": words that say that the column numbers rows. */
static bool numbers_rows(const char *name)
{
	const size_t n = strlen(name);
	return strcasecmp(name, "id") == 0 || (n > 3 && strcasecmp(name + n - 3, "_id") == 0) ||
	       (n > 3 && strcasecmp(name + n - 3, " id") == 0) || strcasecmp(name, "row") == 0 ||
	       strncasecmp(name, "record", 6) == 0 || strncasecmp(name, "case", 4) == 0;
}

static bool is_name(const char *name)
{
	static const char *const words[] = {
		"name", "surname", "given", "family", "birth", "dob", "phone", NULL};
	for (size_t i = 0; words[i]; i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

static void judge(const struct clk_schema_suggestion *s, struct column *c)
{
	c->ignored = true;
	if (is_ignored(s, c->name))
		c->why = "left out on request";
	else if (c->n_values == 0)
		c->why = "left out: the column is empty";
	else if (c->all_equal)
		c->why = "left out: the column has one value";
	else if (numbers_rows(c->name))
		c->why = "left out: by its name it numbers rows; give it a format and hashing if it "
			 "identifies persons";
	else
		c->ignored = false;
	for (size_t i = 0; i < 4 && !c->date_format; i++)
		if (c->n_values && c->n_by_format[i] == c->n_values)
			c->date_format = date_formats[i];
	c->digits = c->date_format || 10 * c->n_digits_only > 9 * c->n_values;
	c->bits = is_name(c->name) || c->date_format ? MANY_BITS : SOME_BITS;
	if (c->date_format)
		c->why = "a date: hashed as YYYYMMDD, digit by digit with its place; change 'format' where a "
			 "party "
			 "writes dates in another way, nothing else";
	else if (c->digits)
		c->why = "digits, each with its place, so that a typing error costs two tokens";
	else
		c->why = c->why ? c->why
				: "text as pairs of letters, so that spellings that differ a little stay "
				  "alike";
}

/* So many bits in all that less than half of the filter is set after folding. */
static void share_bits(struct columns *c)
{
	unsigned sum = 0;
	for (size_t i = 0; i < c->n; i++)
		sum += c->list[i].ignored ? 0 : c->list[i].bits;
	for (size_t i = 0; i < c->n && sum > MOST_BITS; i++)
		c->list[i].bits = c->list[i].bits * MOST_BITS / sum ? c->list[i].bits * MOST_BITS / sum : 1;
}

/* ---- writing ---- */

static void write_feature(struct json *j, const struct column *c)
{
	json_begin_object(j);
	json_key_text(j, "identifier", c->name);
	if (c->why)
		json_key_text(j, "description", c->why);
	if (c->ignored) {
		json_key_boolean(j, "ignored", true);
		json_end(j);
		return;
	}
	json_key(j, "format");
	json_begin_object(j);
	json_key_text(j, "type", c->date_format ? "date" : "string");
	if (c->date_format)
		json_key_text(j, "format", c->date_format);
	else
		json_key_text(j, "encoding", "utf-8");
	json_end(j);
	json_key(j, "hashing");
	json_begin_object(j);
	json_key(j, "comparison");
	json_begin_object(j);
	json_key_text(j, "type", "ngram");
	json_key_unsigned(j, "n", c->digits ? 1 : 2);
	if (c->digits)
		json_key_boolean(j, "positional", true);
	json_end(j);
	json_key(j, "strategy");
	json_begin_object(j);
	json_key_unsigned(j, "bitsPerFeature", c->bits);
	json_end(j);
	json_key(j, "hash");
	json_begin_object(j);
	json_key_text(j, "type", "blakeHash");
	json_end(j);
	json_key(j, "missingValue");
	json_begin_object(j);
	json_key_text(j, "sentinel", "");
	json_end(j);
	json_end(j);
	json_end(j);
}

static int append_info(struct buffer *out, const char *study)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(buffer_printf(&text, "counterfoil clk %s", study));
	return base64_append(out, (const uint8_t *)text.data, text.n);
}

static void write_config(struct json *j, const char *salt, const char *info)
{
	json_key(j, "clkConfig");
	json_begin_object(j);
	json_key_unsigned(j, "l", 1024);
	json_key_unsigned(j, "xorFolds", 1);
	json_key(j, "kdf");
	json_begin_object(j);
	json_key_text(j, "type", "HKDF");
	json_key_text(j, "hash", "SHA256");
	json_key_text(j, "salt", salt);
	json_key_text(j, "info", info);
	json_key_unsigned(j, "keySize", 64);
	json_end(j);
	json_end(j);
	json_key(j, "hardening");
	json_begin_object(j);
	json_key_text(j, "description",
		"Counterfoil's own; clkhash passes it over and its encodings then do not match these. "
		"flipRate: the share "
		"of bits changed at random. balanced: every encoding has half of its bits set. salt: "
		"{\"identifier\": a "
		"feature that is always right, such as the year of birth, \"characters\": how many of its "
		"first}: "
		"records that differ in it have nothing in common.");
	json_key_number(j, "flipRate", 0.02);
	json_key_boolean(j, "balanced", false);
	json_end(j);
}

static int write_schema(const struct clk_schema_suggestion *s, const struct columns *c, struct buffer *out)
{
	CF_CLEANUP(buffer_done) struct buffer salt = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer info = BUFFER_INIT;
	uint8_t random[SALT_BYTES];
	struct json j;
	crypto_random(random, sizeof random);
	TRY(base64_append(&salt, random, sizeof random));
	TRY(append_info(&info, s->study));
	json_init(&j, out, true);
	json_begin_object(&j);
	json_key_unsigned(&j, "version", 3);
	json_key_text(&j, "description",
		"Linkage schema for one study. All parties use this very file (its salt is random) and one "
		"secret. Columns "
		"are found by their names.");
	write_config(&j, buffer_text(&salt), buffer_text(&info));
	json_key(&j, "features");
	json_begin_array(&j);
	for (size_t i = 0; i < c->n; i++)
		write_feature(&j, &c->list[i]);
	json_end(&j);
	json_end(&j);
	return json_finish(&j);
}

int clk_schema_suggest(const struct clk_schema_suggestion *s, struct buffer *out, struct cf_error *err)
{
	const struct csv_options options = {.trim = true};
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	CF_CLEANUP(columns_done) struct columns c = {0};
	const struct csv_cell *cells;
	TRY(crypto_start(err));
	TRY(csv_open(s->path, &options, &csv, err));
	c.list = NEW_ARRAY_ZERO(struct column, csv_n_columns(csv));
	if (!c.list)
		return error_memory(err);
	c.n = csv_n_columns(csv);
	for (size_t i = 0; i < c.n; i++)
		c.list[i].name = csv_column_name(csv, i);
	for (int more = 1; csv_row(csv) < MAX_ROWS && more;) {
		more = csv_next(csv, &cells, err);
		TRY(more);
		for (size_t i = 0; i < c.n && more; i++)
			TRY(look_at(&c.list[i], cells[i], err));
	}
	size_t n_used = 0;
	for (size_t i = 0; i < c.n; i++) {
		judge(s, &c.list[i]);
		n_used += !c.list[i].ignored;
	}
	if (n_used == 0)
		return error_set(
			err, CF_E_NO_ANSWER, "%.120s has no column that could tell persons apart", s->path);
	share_bits(&c);
	TRY_MEMORY(write_schema(s, &c, out), err);
	return CF_OK;
}
