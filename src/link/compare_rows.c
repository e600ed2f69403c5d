#include "link/compare_rows.h"

#include <string.h>

#include "link/names.h"
#include "link/nicknames.h"

enum { CODE_BITS = 28, MIN_ENTRIES = 1 << 8, SHORT_TEXT = 16 };

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
	uint16_t sounds[SOUND_N_READINGS];
	uint16_t n; /* 0: longer than short texts, see the dictionary */
	uint16_t nicknames[NICKNAME_MAX_GROUPS];
	char text[SHORT_TEXT];
};

struct link_comparer {
	const struct link_table *table;
	size_t n_fields;
	struct link_field fields[LINK_MAX_FIELDS];
	enum link_kind kinds[LINK_MAX_FIELDS];
	int8_t given_of[LINK_MAX_FIELDS]; /* of a family name: the field compared crosswise with it, or -1 */
	uint32_t *codes;                  /* of row i in field f: codes[i * n_fields + f] */
	struct value *values[LINK_MAX_FIELDS]; /* by code */
	size_t n_workers;
	struct worker *workers;
};

struct link_comparer *link_comparer_free(struct link_comparer *c)
{
	if (!c)
		return NULL;
	for (size_t w = 0; c->workers && w < c->n_workers; w++)
		for (size_t f = 0; f < LINK_MAX_FIELDS; f++)
			(void)mem_free(c->workers[w].caches[f].entries);
	for (size_t f = 0; f < LINK_MAX_FIELDS; f++)
		(void)mem_free(c->values[f]);
	(void)mem_free(c->workers);
	(void)mem_free(c->codes);
	return mem_free(c);
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

static void set_value(const struct link_dictionary *d, uint32_t code, bool is_name, struct value *v)
{
	const char *text = link_dictionary_text(d, code);
	size_t n = link_dictionary_length(d, code);
	v->letters = similar_letters(text, n);
	if (is_name)
		sound_numbers(text, n, v->sounds);
	if (n <= SHORT_TEXT) {
		v->n = (uint16_t)n;
		memcpy(v->text, text, n);
	}
}

static int gather_values(
	struct link_comparer *c, size_t f, const struct nicknames *const *nicknames, struct cf_error *err)
{
	const struct link_column *column = &c->table->columns[c->fields[f].column];
	const struct link_dictionary *d = &column->values;
	struct value *values = mem_alloc_aligned((size_t)d->n + 1, sizeof *values);
	if (!values)
		return error_memory(err);
	c->values[f] = values;
	memset(values, 0, ((size_t)d->n + 1) * sizeof *values);
	for (uint32_t code = 1; code <= d->n; code++)
		set_value(d, code, column->kind == LINK_NAME, &values[code]);
	if (column->kind == LINK_NAME && column->role != LINK_ROLE_NONE)
		for (uint32_t code = 1; code <= d->n; code++)
			nicknames_groups(nicknames[column->role == LINK_ROLE_FAMILY],
				link_dictionary_text(d, code), link_dictionary_length(d, code),
				values[code].nicknames);
	return CF_OK;
}

static int gather_all_values(struct link_comparer *c, struct cf_error *err)
{
	CF_CLEANUP_NICKNAMES struct nicknames *given = NULL;
	CF_CLEANUP_NICKNAMES struct nicknames *family = NULL;
	TRY(nicknames_new(NICKNAMES_GIVEN, &given, err));
	TRY(nicknames_new(NICKNAMES_FAMILY, &family, err));
	const struct nicknames *const tables[] = {given, family};
	for (size_t f = 0; f < c->n_fields; f++)
		TRY(gather_values(c, f, tables, err));
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
	memset(c->given_of, -1, sizeof c->given_of);
	for (size_t f = 0; f < c->n_fields; f++)
		if (c->fields[f].crosswise >= 0)
			c->given_of[c->fields[f].crosswise] = (int8_t)f;
	TRY(gather_all_values(c, err));
	TRY(gather_codes(c, err));
	TRY(make_caches(c, cache_bytes, err));
	*ret = TAKE(c);
	return CF_OK;
}

/* ---- levels ---- */

/* The swapped level stands behind equal, so that levels fall from like to unlike. */
enum { SWAPPED = LINK_LEVEL_EQUAL + 1 };

static bool is_crosswise(const struct link_comparer *c, size_t field)
{
	return c->fields[field].crosswise >= 0;
}

unsigned link_comparer_n_levels(const struct link_comparer *c, size_t field)
{
	return link_n_levels(c->kinds[field]) + is_crosswise(c, field);
}

const char *link_comparer_level_name(const struct link_comparer *c, size_t field, unsigned level)
{
	if (level == LINK_LEVEL_MISSING)
		return "missing";
	if (!is_crosswise(c, field) || level < SWAPPED)
		return link_level_name(c->kinds[field], level);
	return level == SWAPPED ? "given and family name swapped, or cut elsewhere"
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
		.sounds = {v->sounds[0], v->sounds[1]},
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

/* The level without a look at other fields. */
static inline unsigned compare_alone(
	struct link_comparer *c, struct worker *w, size_t f, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return LINK_LEVEL_MISSING;
	return a == b ? LINK_LEVEL_EQUAL : level_of_values(c, w, f, a, b);
}

static struct link_whole_name name_of(
	const struct link_comparer *c, size_t given, size_t family, const uint32_t *codes)
{
	struct link_whole_name name = {.given = {.text = ""}, .family = {.text = ""}};
	if (codes[given])
		name.given = text_of(c, given, codes[given]);
	if (codes[family])
		name.family = text_of(c, family, codes[family]);
	return name;
}

/* Given and family name together. Words in other columns than expected are one event, so the given name's
 * level says it and the family name adds nothing. */
struct name_levels {
	unsigned given;
	unsigned family;
};

static struct name_levels compare_names(
	struct link_comparer *c, struct worker *w, size_t given, const uint32_t *left, const uint32_t *right)
{
	size_t family = (size_t)c->fields[given].crosswise;
	struct name_levels levels = {compare_alone(c, w, given, left[given], right[given]),
		compare_alone(c, w, family, left[family], right[family])};
	const struct value *givens = c->values[given];
	const struct value *families = c->values[family];
	if (link_may_be_spread(levels.given, levels.family) &&
		link_letters_may_be_spread(givens[left[given]].letters, families[left[family]].letters,
			givens[right[given]].letters, families[right[family]].letters)) {
		const struct link_whole_name a = name_of(c, given, family, left);
		const struct link_whole_name b = name_of(c, given, family, right);
		if (link_names_spread(&a, &b))
			return (struct name_levels){SWAPPED, LINK_LEVEL_MISSING};
	}
	levels.given += levels.given >= SWAPPED;
	return levels;
}

unsigned link_compare_field(
	struct link_comparer *c, size_t worker, size_t field, uint32_t left, uint32_t right)
{
	struct worker *w = &c->workers[worker];
	const uint32_t *a = c->codes + left * c->n_fields;
	const uint32_t *b = c->codes + right * c->n_fields;
	if (is_crosswise(c, field))
		return compare_names(c, w, field, a, b).given;
	if (c->given_of[field] >= 0)
		return compare_names(c, w, (size_t)c->given_of[field], a, b).family;
	return compare_alone(c, w, field, a[field], b[field]);
}

uint64_t link_compare_rows(struct link_comparer *c, size_t worker, uint32_t left, uint32_t right)
{
	struct worker *w = &c->workers[worker];
	const uint32_t *a = c->codes + left * c->n_fields;
	const uint32_t *b = c->codes + right * c->n_fields;
	uint64_t pattern = 0;
	for (size_t f = 0; f < c->n_fields; f++) {
		if (is_crosswise(c, f)) {
			struct name_levels levels = compare_names(c, w, f, a, b);
			pattern |= (uint64_t)levels.given << f * LINK_PATTERN_BITS;
			pattern |= (uint64_t)levels.family
				   << (size_t)c->fields[f].crosswise * LINK_PATTERN_BITS;
		} else if (c->given_of[f] < 0) {
			pattern |= (uint64_t)compare_alone(c, w, f, a[f], b[f]) << f * LINK_PATTERN_BITS;
		}
	}
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
