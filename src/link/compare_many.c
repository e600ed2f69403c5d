/*
 * Pairs of rows compared field by field: first all pairs of a batch at a glance, which tells most of them,
 * then what is left one by one. So the processor runs through the first without a branch, and the memory of
 * many pairs is fetched at once.
 */
#include <string.h>

#include "link/comparer.h"
#include "link/names.h"

/* ---- one field ---- */

static inline bool is_unlike(
	const struct link_comparer *c, enum link_look look, size_t f, uint32_t a, uint32_t b)
{
	const struct link_values *v = &c->values[f];
	switch (look) {
	case LINK_LOOK_NAME:
		return glance_names_are_unlike(&c->bounds, &v->names[a], &v->names[b]);
	case LINK_LOOK_DATE:
		return glance_dates_are_unlike(v->signs[a], v->signs[b]);
	case LINK_LOOK_PHONE:
		return glance_phones_are_unlike(v->signs[a], v->signs[b]);
	case LINK_LOOK_CODE:
		return glance_codes_are_unlike(v->signs[a], v->signs[b]);
	case LINK_LOOK_NONE:
	case LINK_LOOK_TABLE:
		break;
	}
	return false;
}

static inline unsigned glance_at(
	const struct link_comparer *c, enum link_look look, size_t f, unsigned last, uint32_t a, uint32_t b)
{
	if (look == LINK_LOOK_TABLE)
		return link_memo_in_table(&c->memos[f], a, b);
	unsigned level = is_unlike(c, look, f, a, b) ? last : LINK_MEMO_UNKNOWN;
	level = a == b ? LINK_LEVEL_EQUAL : level;
	return a && b ? level : LINK_LEVEL_MISSING;
}

/* Sets the levels that are seen at a glance, lists the other pairs and returns how many they are. A loop for
 * each way of looking, since look is known where it is called. */
static inline __attribute__((always_inline)) size_t look_by(const struct link_comparer *c,
	enum link_look look, size_t f, const struct link_row_pair *pairs, size_t n, uint8_t *levels,
	uint16_t *open)
{
	const unsigned last = link_n_levels(c->kinds[f]);
	size_t n_open = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned level = glance_at(c, look, f, last, link_codes_of(c, pairs[i].left)[f],
			link_codes_of(c, pairs[i].right)[f]);
		levels[i] = (uint8_t)level;
		open[n_open] = (uint16_t)i;
		n_open += level == LINK_MEMO_UNKNOWN;
	}
	return n_open;
}

static size_t look_through(const struct link_comparer *c, size_t f, const struct link_row_pair *pairs,
	size_t n, uint8_t *levels, uint16_t *open)
{
	switch (c->looks[f]) {
	case LINK_LOOK_TABLE:
		return look_by(c, LINK_LOOK_TABLE, f, pairs, n, levels, open);
	case LINK_LOOK_NAME:
		return look_by(c, LINK_LOOK_NAME, f, pairs, n, levels, open);
	case LINK_LOOK_DATE:
		return look_by(c, LINK_LOOK_DATE, f, pairs, n, levels, open);
	case LINK_LOOK_PHONE:
		return look_by(c, LINK_LOOK_PHONE, f, pairs, n, levels, open);
	case LINK_LOOK_CODE:
		return look_by(c, LINK_LOOK_CODE, f, pairs, n, levels, open);
	case LINK_LOOK_NONE:
		break;
	}
	return look_by(c, LINK_LOOK_NONE, f, pairs, n, levels, open);
}

/* Dates, phones and codes are compared about as fast as they are looked up. */
static bool is_remembered(const struct link_comparer *c, size_t f)
{
	return !glance_has_signs(c->kinds[f]) || c->memos[f].table;
}

static unsigned compare_whole(struct link_comparer *c, size_t worker, size_t f, uint32_t a, uint32_t b)
{
	bool remembered = is_remembered(c, f);
	unsigned level = remembered ? link_memo_find(&c->memos[f], worker, a, b) : LINK_MEMO_UNKNOWN;
	if (level != LINK_MEMO_UNKNOWN)
		return level;
	struct similar_text x;
	struct similar_text y;
	link_values_text(&c->values[f], a, &x);
	link_values_text(&c->values[f], b, &y);
	level = link_level_of(c->kinds[f], &x, &y);
	if (remembered)
		link_memo_keep(&c->memos[f], worker, a, b, level);
	return level;
}

static void fetch_whole(
	const struct link_comparer *c, size_t worker, size_t f, const struct link_row_pair *pair)
{
	uint32_t a = link_codes_of(c, pair->left)[f];
	uint32_t b = link_codes_of(c, pair->right)[f];
	__builtin_prefetch(&c->values[f].values[a]);
	__builtin_prefetch(&c->values[f].values[b]);
	if (!c->memos[f].table && is_remembered(c, f))
		__builtin_prefetch(link_memo_entry(&c->memos[f], worker, link_memo_pair(a, b)), 1);
}

/* The levels of a field without a look at others. */
static void compare_alone(struct link_comparer *c, size_t worker, size_t f, const struct link_row_pair *pairs,
	size_t n, uint8_t *levels)
{
	uint16_t *open = c->scratches[worker].open;
	size_t n_open = look_through(c, f, pairs, n, levels, open);
	for (size_t k = 0; k < n_open; k++)
		fetch_whole(c, worker, f, &pairs[open[k]]);
	for (size_t k = 0; k < n_open; k++) {
		const struct link_row_pair *pair = &pairs[open[k]];
		levels[open[k]] = (uint8_t)compare_whole(
			c, worker, f, link_codes_of(c, pair->left)[f], link_codes_of(c, pair->right)[f]);
	}
}

/* ---- given and family name ---- */

/* The codes of one row's name, and what is seen of them. */
struct name {
	uint32_t given;
	uint32_t family;
	const struct glance_name *given_glance;
	const struct glance_name *family_glance;
};

static inline struct name name_of(const struct link_comparer *c, size_t given, uint32_t row)
{
	size_t family = (size_t)c->fields[given].crosswise;
	const uint32_t *codes = link_codes_of(c, row);
	return (struct name){codes[given], codes[family], &c->values[given].names[codes[given]],
		&c->values[family].names[codes[family]]};
}

/* Whether names of letters alone, one word in each column, can be seen not to be swapped. */
static inline bool are_seen_apart(
	const struct glance_bounds *bounds, const struct name *a, const struct name *b)
{
	return a->given_glance->n && a->family_glance->n && b->given_glance->n && b->family_glance->n &&
	       (glance_names_are_unlike(bounds, a->given_glance, b->family_glance) ||
		       glance_names_are_unlike(bounds, a->family_glance, b->given_glance));
}

static void set_whole_name(
	const struct link_comparer *c, size_t given, const struct name *name, struct link_whole_name *ret)
{
	link_values_text(&c->values[given], name->given, &ret->given);
	link_values_text(&c->values[(size_t)c->fields[given].crosswise], name->family, &ret->family);
}

static bool are_spread(const struct link_comparer *c, size_t given, const struct link_row_pair *pair)
{
	const struct name a = name_of(c, given, pair->left);
	const struct name b = name_of(c, given, pair->right);
	if (!link_letters_may_be_spread(a.given_glance->letters, a.family_glance->letters,
		    b.given_glance->letters, b.family_glance->letters) ||
		are_seen_apart(&c->bounds, &a, &b))
		return false;
	struct link_whole_name x;
	struct link_whole_name y;
	set_whole_name(c, given, &a, &x);
	set_whole_name(c, given, &b, &y);
	return link_names_spread(&x, &y);
}

/* Given and family name together. Words in other columns than expected are one event, so the given name's
 * level says it and the family name adds nothing. */
static void compare_names(struct link_comparer *c, size_t worker, size_t given,
	const struct link_row_pair *pairs, size_t n, uint8_t *givens, uint8_t *families)
{
	compare_alone(c, worker, given, pairs, n, givens);
	compare_alone(c, worker, (size_t)c->fields[given].crosswise, pairs, n, families);
	for (size_t i = 0; i < n; i++) {
		if (link_may_be_spread(givens[i], families[i]) && are_spread(c, given, &pairs[i])) {
			givens[i] = LINK_LEVEL_SWAPPED;
			families[i] = LINK_LEVEL_MISSING;
			continue;
		}
		givens[i] = (uint8_t)(givens[i] + (givens[i] >= LINK_LEVEL_SWAPPED));
	}
}

/* ---- from outside ---- */

int link_comparer_partner(const struct link_comparer *c, size_t field)
{
	return link_is_crosswise(c, field) ? c->fields[field].crosswise : c->given_of[field];
}

void link_compare_field_many(struct link_comparer *c, size_t worker, size_t field,
	const struct link_row_pair *pairs, size_t n, uint8_t *ret_levels, uint8_t *ret_partners)
{
	if (link_is_crosswise(c, field))
		compare_names(c, worker, field, pairs, n, ret_levels, ret_partners);
	else if (c->given_of[field] >= 0)
		compare_names(c, worker, (size_t)c->given_of[field], pairs, n, ret_partners, ret_levels);
	else
		compare_alone(c, worker, field, pairs, n, ret_levels);
}

static void add_levels(uint64_t *patterns, size_t field, const uint8_t *levels, size_t n)
{
	for (size_t i = 0; i < n; i++)
		patterns[i] |= (uint64_t)levels[i] << field * LINK_PATTERN_BITS;
}

static void compare_batch(struct link_comparer *c, size_t worker, const struct link_row_pair *pairs, size_t n,
	uint64_t *ret_patterns)
{
	struct link_scratch *s = &c->scratches[worker];
	memset(ret_patterns, 0, n * sizeof *ret_patterns);
	for (size_t f = 0; f < c->n_fields; f++) {
		if (c->given_of[f] >= 0)
			continue; /* comes with its given name */
		link_compare_field_many(c, worker, f, pairs, n, s->levels, s->others);
		add_levels(ret_patterns, f, s->levels, n);
		if (link_is_crosswise(c, f))
			add_levels(ret_patterns, (size_t)c->fields[f].crosswise, s->others, n);
	}
}

void link_fetch_rows(const struct link_comparer *c, const struct link_row_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint32_t *left = link_codes_of(c, pairs[i].left);
		const uint32_t *right = link_codes_of(c, pairs[i].right);
		__builtin_prefetch(left);
		__builtin_prefetch(right);
		__builtin_prefetch(left + c->n_fields - 1);
		__builtin_prefetch(right + c->n_fields - 1);
	}
}

void link_compare_many(struct link_comparer *c, size_t worker, const struct link_row_pair *pairs, size_t n,
	uint64_t *ret_patterns)
{
	for (size_t i = 0; i < n; i += LINK_BATCH) {
		size_t m = n - i < LINK_BATCH ? n - i : LINK_BATCH;
		link_fetch_rows(c, pairs + i, m);
		compare_batch(c, worker, pairs + i, m, ret_patterns + i);
	}
}

/* What each field looks at first, so that one pair's fields are waited for together. */
static void fetch_glances(const struct link_comparer *c, uint32_t row)
{
	const uint32_t *codes = link_codes_of(c, row);
	for (size_t f = 0; f < c->n_fields; f++) {
		const struct link_values *v = &c->values[f];
		if (v->names)
			__builtin_prefetch(&v->names[codes[f]]);
		else if (v->signs)
			__builtin_prefetch(&v->signs[codes[f]]);
	}
}

uint64_t link_compare_rows(struct link_comparer *c, size_t worker, uint32_t left, uint32_t right)
{
	const struct link_row_pair pair = {left, right};
	uint64_t pattern;
	fetch_glances(c, left);
	fetch_glances(c, right);
	compare_batch(c, worker, &pair, 1, &pattern);
	return pattern;
}

unsigned link_compare_field(
	struct link_comparer *c, size_t worker, size_t field, uint32_t left, uint32_t right)
{
	struct link_scratch *s = &c->scratches[worker];
	const struct link_row_pair pair = {left, right};
	link_compare_field_many(c, worker, field, &pair, 1, s->levels, s->others);
	return s->levels[0];
}
