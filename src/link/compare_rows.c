#include "link/compare_rows.h"

#include <string.h>

#include "link/nicknames.h"

enum { CODE_BITS = 28, MIN_ENTRIES = 1 << 8, LEAST_SOUND = 2, SHORT_TEXT = 16 };

/* An entry: smaller code, larger code, level; 0 is free, since codes of compared values are not 0. */
struct cache {
	uint64_t *entries;
	size_t mask;
};

struct worker {
	struct cache caches[LINK_MAX_FIELDS];
	uint64_t n_compared;
	uint64_t n_spared;
};

/* What comparing needs of a value, in half a cache line. */
struct value {
	uint32_t letters;
	uint32_t sound;
	uint16_t n; /* 0: longer than short texts, see the dictionary */
	uint16_t nicknames[NICKNAME_MAX_GROUPS];
	char text[SHORT_TEXT];
};

struct link_comparer {
	const struct link_table *table;
	size_t n_fields;
	struct link_field fields[LINK_MAX_FIELDS];
	enum link_kind kinds[LINK_MAX_FIELDS];
	uint32_t *codes;                       /* of row i in field f: codes[i * n_fields + f] */
	uint32_t *across[LINK_MAX_FIELDS];     /* this field's code to the code of the same text in the field
						  compared crosswise; NULL without one */
	struct value *values[LINK_MAX_FIELDS]; /* by code */
	size_t n_workers;
	struct worker *workers;
};

static void free_field(struct link_comparer *c, size_t f)
{
	(void)mem_free(c->values[f]);
	(void)mem_free(c->across[f]);
}

struct link_comparer *link_comparer_free(struct link_comparer *c)
{
	if (!c)
		return NULL;
	for (size_t w = 0; c->workers && w < c->n_workers; w++)
		for (size_t f = 0; f < LINK_MAX_FIELDS; f++)
			(void)mem_free(c->workers[w].caches[f].entries);
	for (size_t f = 0; f < LINK_MAX_FIELDS; f++)
		free_field(c, f);
	(void)mem_free(c->workers);
	(void)mem_free(c->codes);
	return mem_free(c);
}

static int map_across(struct link_comparer *c, size_t field, struct cf_error *err)
{
	const struct link_dictionary *from = &c->table->columns[c->fields[field].column].values;
	size_t other = (size_t)c->fields[field].crosswise;
	const struct link_dictionary *to = &c->table->columns[c->fields[other].column].values;
	c->across[field] = NEW_ARRAY_ZERO(uint32_t, (size_t)from->n + 1);
	if (!c->across[field])
		return error_memory(err);
	for (uint32_t code = 1; code <= from->n; code++)
		c->across[field][code] = link_dictionary_find(
			to, link_dictionary_text(from, code), link_dictionary_length(from, code));
	return CF_OK;
}

static int gather_codes(struct link_comparer *c, struct cf_error *err)
{
	size_t n_rows = c->table->n_rows;
	c->codes = NEW_ARRAY(uint32_t, n_rows * c->n_fields);
	if (!c->codes)
		return error_memory(err);
	for (size_t f = 0; f < c->n_fields; f++) {
		const uint32_t *codes = c->table->columns[c->fields[f].column].codes;
		for (size_t i = 0; i < n_rows; i++)
			c->codes[i * c->n_fields + f] = codes[i];
	}
	return CF_OK;
}

static void set_value(const struct link_dictionary *d, uint32_t code, struct value *v)
{
	const char *text = link_dictionary_text(d, code);
	size_t n = link_dictionary_length(d, code);
	v->letters = similar_letters(text, n);
	if (n <= SHORT_TEXT) {
		v->n = (uint16_t)n;
		memcpy(v->text, text, n);
	}
}

/* Names that sound the same have the same number. */
static int set_sounds(const struct link_dictionary *d, struct value *values, struct cf_error *err)
{
	CF_CLEANUP(link_dictionary_done) struct link_dictionary sounds = LINK_DICTIONARY_INIT;
	CF_CLEANUP(buffer_done) struct buffer sound = BUFFER_INIT;
	for (uint32_t code = 1; code <= d->n; code++) {
		buffer_clear(&sound);
		TRY_MEMORY(
			similar_sound(link_dictionary_text(d, code), link_dictionary_length(d, code), &sound),
			err);
		if (sound.n >= LEAST_SOUND)
			TRY(link_dictionary_add(
				&sounds, buffer_text(&sound), sound.n, &values[code].sound, err));
	}
	return CF_OK;
}

static int gather_values(
	struct link_comparer *c, size_t f, const struct nicknames *nicknames, struct cf_error *err)
{
	const struct link_column *column = &c->table->columns[c->fields[f].column];
	const struct link_dictionary *d = &column->values;
	struct value *values = mem_alloc_aligned((size_t)d->n + 1, sizeof *values);
	if (!values)
		return error_memory(err);
	c->values[f] = values;
	memset(values, 0, ((size_t)d->n + 1) * sizeof *values);
	for (uint32_t code = 1; code <= d->n; code++)
		set_value(d, code, &values[code]);
	if (column->kind == LINK_NAME)
		TRY(set_sounds(d, values, err));
	if (column->kind == LINK_NAME && (column->role == LINK_ROLE_GIVEN || column->role == LINK_ROLE_FULL))
		for (uint32_t code = 1; code <= d->n; code++)
			nicknames_groups(nicknames, link_dictionary_text(d, code),
				link_dictionary_length(d, code), values[code].nicknames);
	return CF_OK;
}

static int gather_all_values(struct link_comparer *c, struct cf_error *err)
{
	CF_CLEANUP_NICKNAMES struct nicknames *nicknames = NULL;
	TRY(nicknames_new(&nicknames, err));
	for (size_t f = 0; f < c->n_fields; f++)
		TRY(gather_values(c, f, nicknames, err));
	return CF_OK;
}

/* No larger than a field's values can make use of. */
static int make_caches(struct link_comparer *c, size_t cache_bytes, struct cf_error *err)
{
	size_t share = cache_bytes / (c->n_fields ? c->n_fields : 1) / sizeof(uint64_t);
	for (size_t w = 0; w < c->n_workers; w++)
		for (size_t f = 0; f < c->n_fields; f++) {
			double n = c->table->columns[c->fields[f].column].values.n;
			size_t entries = MIN_ENTRIES;
			while (entries * 2 <= share && (double)entries < n * n)
				entries *= 2;
			c->workers[w].caches[f].mask = entries - 1;
			c->workers[w].caches[f].entries = NEW_ARRAY_ZERO(uint64_t, entries);
			if (!c->workers[w].caches[f].entries)
				return error_memory(err);
		}
	return CF_OK;
}

int link_comparer_new(const struct link_table *t, const struct link_settings *s, size_t n_workers,
	size_t cache_bytes, struct link_comparer **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_COMPARER struct link_comparer *c = NEW(struct link_comparer);
	if (!c)
		return error_memory(err);
	c->table = t;
	c->n_fields = s->n_fields;
	c->n_workers = n_workers;
	c->workers = NEW_ARRAY_ZERO(struct worker, n_workers);
	if (!c->workers)
		return error_memory(err);
	memcpy(c->fields, s->fields, sizeof c->fields);
	for (size_t f = 0; f < c->n_fields; f++)
		c->kinds[f] = t->columns[c->fields[f].column].kind;
	for (size_t f = 0; f < c->n_fields; f++)
		if (c->fields[f].crosswise >= 0)
			TRY(map_across(c, f, err));
	TRY(gather_all_values(c, err));
	TRY(gather_codes(c, err));
	TRY(make_caches(c, cache_bytes, err));
	*ret = TAKE(c);
	return CF_OK;
}

/* ---- levels ---- */

/* The swapped level stands behind equal, so that levels fall from like to unlike. */
enum { SWAPPED = LINK_LEVEL_EQUAL + 1 };

unsigned link_comparer_n_levels(const struct link_comparer *c, size_t field)
{
	return link_n_levels(c->kinds[field]) + (c->across[field] != NULL);
}

const char *link_comparer_level_name(const struct link_comparer *c, size_t field, unsigned level)
{
	if (level == LINK_LEVEL_MISSING)
		return "missing";
	if (!c->across[field] || level < SWAPPED)
		return link_level_name(c->kinds[field], level);
	return level == SWAPPED ? "given and family name swapped"
				: link_level_name(c->kinds[field], level - 1);
}

static inline uint64_t spread(uint64_t pair)
{
	pair *= 0x9e3779b97f4a7c15u;
	return pair >> 32;
}

static inline struct similar_text text_of(const struct link_comparer *c, size_t f, uint32_t code)
{
	const struct value *v = &c->values[f][code];
	struct similar_text t = {.text = v->text,
		.n = v->n,
		.padded = true,
		.letters = v->letters,
		.sound = v->sound,
		.nicknames = v->nicknames};
	if (!v->n) {
		const struct link_dictionary *d = &c->table->columns[c->fields[f].column].values;
		t.text = link_dictionary_text(d, code);
		t.n = link_dictionary_length(d, code);
		t.padded = false;
	}
	return t;
}

static inline uint64_t pair_of(uint32_t a, uint32_t b)
{
	return a < b ? (uint64_t)a << CODE_BITS | b : (uint64_t)b << CODE_BITS | a;
}

static inline uint64_t *entry_of(const struct worker *w, size_t f, uint64_t pair)
{
	return &w->caches[f].entries[spread(pair) & w->caches[f].mask];
}

/* The level of two different values of a field. What is quickly seen is not worth a place among those kept,
 * and dates are compared about as fast as they are looked up. */
static unsigned level_of_values(struct link_comparer *c, struct worker *w, size_t f, uint32_t a, uint32_t b)
{
	const struct similar_text x = text_of(c, f, a);
	const struct similar_text y = text_of(c, f, b);
	enum link_kind kind = c->kinds[f];
	if (kind == LINK_DATE) {
		w->n_compared++;
		return link_level_of(kind, &x, &y);
	}
	if (link_is_unlike(kind, &x, &y)) {
		w->n_compared++;
		return link_n_levels(kind);
	}
	uint64_t pair = pair_of(a, b);
	uint64_t *entry = entry_of(w, f, pair);
	if (*entry >> 8 == pair) {
		w->n_spared++;
		return (unsigned)(*entry & 0xff);
	}
	unsigned level = link_level_of(kind, &x, &y);
	*entry = pair << 8 | level;
	w->n_compared++;
	return level;
}

static inline unsigned compare_codes(
	struct link_comparer *c, struct worker *w, size_t f, const uint32_t *left, const uint32_t *right)
{
	uint32_t a = left[f];
	uint32_t b = right[f];
	if (!a || !b)
		return LINK_LEVEL_MISSING;
	if (a == b)
		return LINK_LEVEL_EQUAL;
	if (!c->across[f])
		return level_of_values(c, w, f, a, b);
	size_t other = (size_t)c->fields[f].crosswise;
	uint32_t a_there = c->across[f][a];
	uint32_t b_there = c->across[f][b];
	if (a_there && b_there && a_there == right[other] && b_there == left[other])
		return SWAPPED;
	unsigned level = level_of_values(c, w, f, a, b);
	return level + (level >= SWAPPED);
}

unsigned link_compare_field(
	struct link_comparer *c, size_t worker, size_t field, uint32_t left, uint32_t right)
{
	return compare_codes(
		c, &c->workers[worker], field, c->codes + left * c->n_fields, c->codes + right * c->n_fields);
}

uint64_t link_compare_rows(struct link_comparer *c, size_t worker, uint32_t left, uint32_t right)
{
	const uint32_t *a = c->codes + left * c->n_fields;
	const uint32_t *b = c->codes + right * c->n_fields;
	uint64_t pattern = 0;
	for (size_t f = 0; f < c->n_fields; f++)
		pattern |= (uint64_t)compare_codes(c, &c->workers[worker], f, a, b) << f * LINK_PATTERN_BITS;
	return pattern;
}

void link_fetch_codes(const struct link_comparer *c, uint32_t left, uint32_t right)
{
	__builtin_prefetch(c->codes + left * c->n_fields);
	__builtin_prefetch(c->codes + right * c->n_fields);
}

/* Of equal and missing values nothing is read, but asking would cost more than fetching. */
static inline void fetch_field(const struct link_comparer *c, const struct worker *w, size_t f,
	const uint32_t *left, const uint32_t *right)
{
	__builtin_prefetch(&c->values[f][left[f]]);
	__builtin_prefetch(&c->values[f][right[f]]);
	if (c->kinds[f] != LINK_NAME && c->kinds[f] != LINK_DATE)
		__builtin_prefetch(entry_of(w, f, pair_of(left[f], right[f])), 1);
}

void link_fetch_values(const struct link_comparer *c, size_t worker, const size_t *fields, size_t n_fields,
	const struct link_row_pair *pair)
{
	const uint32_t *left = c->codes + pair->left * c->n_fields;
	const uint32_t *right = c->codes + pair->right * c->n_fields;
	for (size_t i = 0; i < n_fields; i++)
		fetch_field(c, &c->workers[worker], fields[i], left, right);
}

void link_compare_many(struct link_comparer *c, size_t worker, const struct link_row_pair *pairs, size_t n,
	uint64_t *ret_patterns)
{
	static const size_t every[LINK_MAX_FIELDS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	for (size_t i = 0; i < n; i++) {
		if (i + LINK_FETCH_CODES < n)
			link_fetch_codes(
				c, pairs[i + LINK_FETCH_CODES].left, pairs[i + LINK_FETCH_CODES].right);
		if (i + LINK_FETCH_VALUES < n)
			link_fetch_values(c, worker, every, c->n_fields, &pairs[i + LINK_FETCH_VALUES]);
		ret_patterns[i] = link_compare_rows(c, worker, pairs[i].left, pairs[i].right);
	}
}

uint32_t link_comparer_code(const struct link_comparer *c, size_t field, uint32_t row)
{
	return c->codes[row * c->n_fields + field];
}

void link_comparer_counts(
	const struct link_comparer *c, size_t worker, uint64_t *ret_compared, uint64_t *ret_spared)
{
	*ret_compared = c->workers[worker].n_compared;
	*ret_spared = c->workers[worker].n_spared;
}
