#include "match/strata.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { DEFAULT_K = 10, MAX_K = 1000000, MAX_AGE = 150 };

/* An age band counts both ends; the last band of a column may be open ("35+"). */
struct stratum_value {
	const char *text;
	const char *squeezed;
	int first_age;
	int last_age;
};

struct stratum_column {
	const char *name;
	enum person_field field; /* PERSON_AGE for bands */
	uint32_t n_values;       /* with "unknown" */
	uint32_t stride;         /* of its digit in a joint code */
	ptrdiff_t other;         /* the value "other", -1: not listed */
	struct stratum_value values[MATCH_MAX_STRATUM_VALUES + 1];
};

struct match_strata {
	struct arena *arena;
	uint32_t k;
	struct date reference;
	size_t n_columns;
	uint32_t n_codes;
	struct stratum_column columns[MATCH_MAX_STRATA];
};

/* The columns a study may name, and what they hold by default. Forms are HTCDS 2.0 words. */
static const struct known_column {
	const char *name;
	enum person_field field;
	const char *values;
} known_columns[] = {
	{"sex", PERSON_SEX, "female, male, other"},
	{"age_band", PERSON_AGE, "0-17, 18-24, 25-34, 35+"},
	{"form", PERSON_FORM, "SexualExploitation, ForcedLabour, Servitude, ForcedBegging, Other"},
};
enum { N_KNOWN = sizeof known_columns / sizeof *known_columns };

static const struct known_column *find_known(const char *name)
{
	for (size_t i = 0; i < N_KNOWN; i++)
		if (strcmp(known_columns[i].name, name) == 0)
			return &known_columns[i];
	return NULL;
}

struct match_strata *match_strata_free(struct match_strata *s)
{
	if (s)
		arena_free(s->arena);
	return mem_free(s);
}

/* ---- reading ---- */

static bool is_word_byte(unsigned char c)
{
	return c >= 0x80 || isalnum(c);
}

/* Letters and digits in lower case: "Forced labour" and "ForcedLabour" are one word. At most n bytes. */
static size_t squeeze(const char *text, size_t n, char *to)
{
	size_t length = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		if (is_word_byte(c))
			to[length++] = (char)(c < 0x80 ? tolower(c) : c);
	}
	to[length] = '\0';
	return length;
}

/* Whether text, squeezed, is the squeezed word; without copying text. */
static bool squeezes_to(const char *text, const char *word)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (!is_word_byte(c))
			continue;
		if ((unsigned char)*word != (c < 0x80 ? (unsigned char)tolower(c) : c))
			return false;
		word++;
	}
	return *word == '\0';
}

/* Digits at *at, at most three; -1 when there are none. */
static int read_age(const char **at)
{
	int age = 0;
	const char *start = *at;
	while (isdigit((unsigned char)**at) && *at - start < 3)
		age = 10 * age + (*(*at)++ - '0');
	return *at == start ? -1 : age;
}

/* "A-B" or "A+". */
static bool parse_band(struct stratum_value *v)
{
	const char *at = v->text;
	v->first_age = read_age(&at);
	if (v->first_age < 0)
		return false;
	if (strcmp(at, "+") == 0) {
		v->last_age = MAX_AGE;
		return v->first_age <= MAX_AGE;
	}
	if (*at++ != '-')
		return false;
	v->last_age = read_age(&at);
	return *at == '\0' && v->last_age >= v->first_age && v->last_age <= MAX_AGE;
}

/* The next piece between commas, trimmed; false at the end. An empty piece has *ret_n 0. */
static bool next_piece(const char **at, const char **ret_piece, size_t *ret_n)
{
	if (!*at)
		return false;
	const char *comma = strchr(*at, ',');
	const char *end = comma ? comma : *at + strlen(*at);
	const char *start = *at;
	while (start < end && isspace((unsigned char)*start))
		start++;
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	*ret_piece = start;
	*ret_n = (size_t)(end - start);
	*at = comma ? comma + 1 : NULL;
	return true;
}

struct strata_reader {
	struct match_strata *s;
	const struct ini *ini;
	const struct ini_entry *entry;
	struct cf_error *err;
};

static int check_band(const struct strata_reader *r, const struct stratum_column *c, struct stratum_value *v)
{
	if (!parse_band(v))
		return ini_error(r->ini, r->entry, r->err,
			"'%s' is not an age band; write bands as 0-17, 18-24, 25+", v->text);
	if (c->n_values > 1 && c->values[c->n_values - 1].last_age >= v->first_age)
		return ini_error(r->ini, r->entry, r->err,
			"age band '%s' overlaps the one before it; write bands in ascending order", v->text);
	return 0;
}

static int add_value(const struct strata_reader *r, struct stratum_column *c, const char *piece, size_t n)
{
	if (n == 0)
		return ini_error(
			r->ini, r->entry, r->err, "an empty value; separate values by single commas");
	if (c->n_values > MATCH_MAX_STRATUM_VALUES)
		return ini_error(r->ini, r->entry, r->err, "more than %d values", MATCH_MAX_STRATUM_VALUES);
	struct stratum_value *v = &c->values[c->n_values];
	char *squeezed = arena_alloc(r->s->arena, n + 1, 1);
	v->text = arena_strndup(r->s->arena, piece, n);
	if (!v->text || !squeezed)
		return error_memory(r->err);
	v->squeezed = squeezed;
	if (squeeze(piece, n, squeezed) == 0)
		return ini_error(r->ini, r->entry, r->err, "a value without a letter or a digit");
	if (strcmp(squeezed, "unknown") == 0)
		return ini_error(r->ini, r->entry, r->err, "'unknown' is always a value; leave it out");
	for (uint32_t i = 1; i < c->n_values; i++)
		if (strcmp(c->values[i].squeezed, squeezed) == 0)
			return ini_error(r->ini, r->entry, r->err, "value '%s' stands twice", v->text);
	if (c->field == PERSON_AGE)
		TRY(check_band(r, c, v));
	if (strcmp(squeezed, "other") == 0)
		c->other = c->n_values;
	c->n_values++;
	return 0;
}

static int add_column(const struct strata_reader *r, const struct known_column *known)
{
	struct match_strata *s = r->s;
	if (s->n_columns == MATCH_MAX_STRATA)
		return ini_error(r->ini, r->entry, r->err, "more than %d strata columns", MATCH_MAX_STRATA);
	for (size_t i = 0; i < s->n_columns; i++)
		if (strcmp(s->columns[i].name, known->name) == 0)
			return ini_error(r->ini, r->entry, r->err, "stratum '%s' stands twice", known->name);
	struct stratum_column *c = &s->columns[s->n_columns];
	c->name = known->name;
	c->field = known->field;
	c->other = -1;
	c->values[0] = (struct stratum_value){.text = "unknown", .squeezed = "unknown"};
	c->n_values = 1;
	const char *at = r->entry->value;
	const char *piece = NULL;
	size_t n = 0;
	while (next_piece(&at, &piece, &n))
		TRY(add_value(r, c, piece, n));
	s->n_columns++;
	return 0;
}

static int read_k(const struct strata_reader *r)
{
	char *end = NULL;
	unsigned long k = strtoul(r->entry->value, &end, 10);
	if (!isdigit((unsigned char)*r->entry->value) || *end || k < 1 || k > MAX_K)
		return ini_error(r->ini, r->entry, r->err, "k must be a whole number from 1 to %d", MAX_K);
	r->s->k = (uint32_t)k;
	return 0;
}

static int read_entry(const struct strata_reader *r)
{
	const struct ini_entry *e = r->entry;
	if (strcmp(e->key, "k") == 0)
		return read_k(r);
	if (strcmp(e->key, "reference_date") == 0) {
		if (!date_parse(e->value, strlen(e->value), DATE_YMD, &r->s->reference) ||
			!r->s->reference.day)
			return ini_error(r->ini, e, r->err, "reference_date must be a day, as 2024-01-01");
		return 0;
	}
	const struct known_column *known = find_known(e->key);
	if (!known)
		return ini_error(r->ini, e, r->err,
			"no stratum '%s'; there are sex, age_band and form, and the settings k and "
			"reference_date",
			e->key);
	return add_column(r, known);
}

/* Strides of the joint code, the first column's the largest, so that codes sort as their columns do. */
static int set_strides(struct match_strata *s, const struct ini *ini, struct cf_error *err)
{
	uint64_t n_codes = 1;
	for (size_t i = s->n_columns; i-- > 0;) {
		s->columns[i].stride = (uint32_t)n_codes;
		n_codes *= s->columns[i].n_values;
		if (n_codes > MATCH_MAX_STRATUM_CODES)
			return error_set(err, CF_E_LIMIT,
				"%s: the strata have more than %d combinations; take fewer columns or values",
				ini_name(ini), MATCH_MAX_STRATUM_CODES);
	}
	s->n_codes = (uint32_t)n_codes;
	return 0;
}

static int check_reference(const struct match_strata *s, const struct ini *ini, struct cf_error *err)
{
	for (size_t i = 0; i < s->n_columns; i++)
		if (s->columns[i].field == PERSON_AGE && !s->reference.year)
			return error_set(err, CF_E_INPUT,
				"%s: section [strata] has age_band but no reference_date = YYYY-MM-DD",
				ini_name(ini));
	return 0;
}

int match_strata_parse(const struct ini *ini, struct match_strata **ret, struct cf_error *err)
{
	CF_CLEANUP_STRATA struct match_strata *s = NEW(struct match_strata);
	if (!s || !(s->arena = arena_new(0)))
		return error_memory(err);
	s->k = DEFAULT_K;
	for (size_t i = 0; i < ini_n(ini); i++) {
		const struct ini_entry *e = ini_at(ini, i);
		if (strcmp(e->section, "strata") == 0)
			TRY(read_entry(&(struct strata_reader){s, ini, e, err}));
	}
	TRY(set_strides(s, ini, err));
	TRY(check_reference(s, ini, err));
	*ret = s->n_columns ? TAKE(s) : NULL;
	return 0;
}

int match_strata_default_text(
	const struct match_strata_request *request, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	int status = ini_write_section(&text, "strata");
	status = status < 0 ? status : buffer_printf(&text, "k = %u\n", (unsigned)request->k);
	for (size_t i = 0; status >= 0 && i < request->n_columns; i++) {
		const struct known_column *known = find_known(request->columns[i]);
		if (!known)
			return error_set(err, CF_E_USAGE, "no stratum '%s'; there are sex, age_band and form",
				request->columns[i]);
		if (known->field == PERSON_AGE) {
			status = buffer_append_text(&text, "reference_date = ");
			status = status < 0 ? status : date_format(request->reference, &text);
			status = status < 0 ? status : buffer_append_char(&text, '\n');
		}
		status = status < 0 ? status : ini_write(&text, known->name, known->values);
	}
	if (status < 0 || buffer_append(out, text.data, text.n) < 0)
		return error_memory(err);
	return 0;
}

/* ---- codes ---- */

uint32_t match_strata_k(const struct match_strata *s)
{
	return s->k;
}

size_t match_strata_n_columns(const struct match_strata *s)
{
	return s->n_columns;
}

const char *match_strata_column(const struct match_strata *s, size_t column)
{
	return s->columns[column].name;
}

uint32_t match_strata_n_codes(const struct match_strata *s)
{
	return s->n_codes;
}

static uint32_t digit(const struct match_strata *s, uint32_t code, size_t column)
{
	const struct stratum_column *c = &s->columns[column];
	return code / c->stride % c->n_values;
}

const char *match_strata_value(const struct match_strata *s, uint32_t code, size_t column)
{
	return s->columns[column].values[digit(s, code, column)].text;
}

uint32_t match_strata_combine(const struct match_strata *s, uint32_t a, uint32_t b)
{
	uint32_t code = 0;
	for (size_t i = 0; i < s->n_columns; i++) {
		uint32_t value = digit(s, a, i);
		code += (value ? value : digit(s, b, i)) * s->columns[i].stride;
	}
	return code;
}

static uint32_t band_of(const struct stratum_column *c, int age)
{
	for (uint32_t i = 1; i < c->n_values; i++)
		if (age >= c->values[i].first_age && age <= c->values[i].last_age)
			return i;
	return 0;
}

static int two_digits(const char *text)
{
	return 10 * (text[0] - '0') + (text[1] - '0');
}

/* Whole years from a birth day to the reference day; negative when born later. */
static int age_at(struct date reference, int year, int month, int day)
{
	int age = reference.year - year;
	bool later = month > reference.month || (month == reference.month && day > reference.day);
	return age - (later ? 1 : 0);
}

/* YYYYMMDD, YYYYMM or YYYY (0 for what is unknown): the band that all days it may mean share. */
static uint32_t band_of_birth(const struct match_strata *s, const struct stratum_column *c, const char *text)
{
	size_t n = strspn(text, "0123456789");
	if (text[n] || (n != 4 && n != 6 && n != 8))
		return 0;
	int year = 100 * two_digits(text) + two_digits(text + 2);
	int month = n >= 6 ? two_digits(text + 4) : 0;
	int day = n == 8 && month ? two_digits(text + 6) : 0;
	uint32_t eldest = band_of(c, age_at(s->reference, year, month ? month : 1, day ? day : 1));
	uint32_t youngest = band_of(c, age_at(s->reference, year, month ? month : 12, day ? day : 31));
	return eldest == youngest ? eldest : 0;
}

static uint32_t band_code(
	const struct match_strata *s, const struct stratum_column *c, const struct person *p)
{
	uint32_t band = 0;
	for (size_t i = 0; !band && i < p->n_values[PERSON_BIRTH_DATE]; i++)
		band = band_of_birth(s, c, p->values[PERSON_BIRTH_DATE][i].text);
	for (size_t i = 0; !band && i < p->n_values[PERSON_AGE]; i++) {
		const char *at = p->values[PERSON_AGE][i].text;
		int age = read_age(&at);
		band = *at ? 0 : band_of(c, age);
	}
	return band;
}

/* A form that the study does not list is another form; a sex that it does not list is a slip of the pen as
 * likely as not, and stays unknown. */
static uint32_t word_code(const struct stratum_column *c, const struct person *p)
{
	for (size_t i = 0; i < p->n_values[c->field]; i++)
		for (uint32_t v = 1; v < c->n_values; v++)
			if (squeezes_to(p->values[c->field][i].text, c->values[v].squeezed))
				return v;
	bool is_other = c->field == PERSON_FORM && c->other > 0 && p->n_values[c->field] > 0;
	return is_other ? (uint32_t)c->other : 0;
}

uint32_t match_strata_code(const struct match_strata *s, const struct person *person)
{
	uint32_t code = 0;
	for (size_t i = 0; i < s->n_columns; i++) {
		const struct stratum_column *c = &s->columns[i];
		uint32_t value = c->field == PERSON_AGE ? band_code(s, c, person) : word_code(c, person);
		code += value * c->stride;
	}
	return code;
}

uint32_t match_strata_without(const struct match_strata *s, uint32_t code, size_t column)
{
	return code - digit(s, code, column) * s->columns[column].stride;
}
