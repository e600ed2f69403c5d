#include "match/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "match/merge.h"
#include "match/postings.h"

enum { ROUNDS = 4 };

struct match_clusters *match_clusters_free(struct match_clusters *c)
{
	if (!c)
		return NULL;
	for (size_t l = 0; c->cluster && l < c->n_lists; l++)
		mem_free(c->cluster[l]);
	mem_free(c->cluster);
	return mem_free(c);
}

/* All lists as one run of records. */
struct token_lists {
	const struct match_token_list *lists;
	size_t n_lists;
	size_t n_slots;
	uint32_t first[OVERLAP_MAX_LISTS + 1];
	uint8_t *list_of; /* of each record: n_lists is small, records are many */
};

static void token_lists_done(struct token_lists *t)
{
	mem_free(t->list_of);
}

static int token_lists_init(struct token_lists *t, const struct match_plan *plan,
	const struct match_token_list *lists, size_t n_lists, struct cf_error *err)
{
	if (n_lists < 1 || n_lists > OVERLAP_MAX_LISTS)
		return error_set(err, CF_E_LIMIT, "%zu lists cannot be compared; 1 to %d can", n_lists,
			OVERLAP_MAX_LISTS);
	*t = (struct token_lists){.lists = lists, .n_lists = n_lists, .n_slots = match_plan_n_slots(plan)};
	for (size_t l = 0; l < n_lists; l++) {
		if (lists[l].n >= UINT32_MAX - t->first[l])
			return error_set(err, CF_E_LIMIT, "the lists hold more records than can be numbered");
		t->first[l + 1] = t->first[l] + (uint32_t)lists[l].n;
	}
	t->list_of = NEW_ARRAY(uint8_t, t->first[n_lists]);
	if (!t->list_of)
		return error_memory(err);
	for (size_t l = 0; l < n_lists; l++)
		memset(t->list_of + t->first[l], (int)l, lists[l].n);
	return 0;
}

static const uint8_t *token_at(const struct token_lists *t, uint32_t record, size_t slot)
{
	const size_t l = t->list_of[record];
	return t->lists[l].tokens + ((size_t)(record - t->first[l]) * t->n_slots + slot) * MATCH_TOKEN_BYTES;
}

/* Tokens are uniform already. An empty slot holds a value like any other, which nobody shares. */
static bool token_digest(const void *context, uint32_t record, size_t slot, uint64_t *ret)
{
	memcpy(ret, token_at(context, record, slot), sizeof *ret);
	return true;
}

static bool token_equal(const void *context, uint32_t a, size_t slot_a, uint32_t b, size_t slot_b)
{
	return memcmp(token_at(context, a, slot_a), token_at(context, b, slot_b), MATCH_TOKEN_BYTES) == 0;
}

/* Groups as cluster numbers of each list, numbered by their first records. */
static int clusters_new(const struct token_lists *t, struct match_groups *g, struct match_clusters **ret,
	struct cf_error *err)
{
	CF_CLEANUP_CLUSTERS struct match_clusters *c = NEW(struct match_clusters);
	if (!c)
		return error_memory(err);
	c->n_lists = t->n_lists;
	c->cluster = NEW_ARRAY_ZERO(uint32_t *, t->n_lists);
	CF_CLEANUP_FREE uint32_t *number = NEW_ARRAY(uint32_t, g->n);
	if (!c->cluster || !number)
		return error_memory(err);
	for (size_t l = 0; l < t->n_lists; l++) {
		c->cluster[l] = NEW_ARRAY(uint32_t, t->lists[l].n);
		if (!c->cluster[l])
			return error_memory(err);
		for (uint32_t i = 0; i < t->lists[l].n; i++) {
			const uint32_t record = t->first[l] + i;
			const uint32_t root = match_groups_find(g, record);
			if (root == record)
				number[root] = (uint32_t)c->n_clusters++;
			c->cluster[l][i] = number[root];
		}
	}
	c->n_candidate_pairs = g->n_candidate_pairs;
	c->n_edges = g->n_edges;
	c->n_tied = g->n_tied;
	c->n_conflicts = g->n_conflicts;
	*ret = TAKE(c);
	return 0;
}

int match_cluster(const struct match_plan *plan, const struct match_token_list *lists, size_t n_lists,
	const struct progress *progress, struct match_clusters **ret, struct cf_error *err)
{
	CF_CLEANUP(token_lists_done) struct token_lists t = {0};
	CF_CLEANUP_POSTINGS struct match_postings *postings = NULL;
	CF_CLEANUP_GROUPS struct match_groups *groups = NULL;
	TRY(token_lists_init(&t, plan, lists, n_lists, err));
	const struct match_token_source source = {
		.n_records = t.first[n_lists],
		.n_lists = n_lists,
		.first = t.first,
		.digest = token_digest,
		.equal = token_equal,
		.context = &t,
		.max_repeats = match_plan_max_repeats(plan),
	};
	TRY(match_postings_new(plan, &source, progress, &postings, err));
	const struct match_merge_options options = {
		.plan = plan,
		.n_lists = n_lists,
		.first = t.first,
		.one_per_list = true,
		.max_rounds = ROUNDS,
		.progress = progress,
	};
	TRY(match_merge(postings, &options, &groups, err));
	return clusters_new(&t, groups, ret, err);
}

/* ---- the overlap table ---- */

/* Of each cluster: the lists it stands on and its stratum, the first known value in list order. */
struct standing {
	uint32_t *pattern;
	uint32_t *stratum;
};

static void standing_done(struct standing *s)
{
	mem_free(s->pattern);
	mem_free(s->stratum);
}

static int standing_init(struct standing *s, const struct match_clusters *c,
	const struct match_token_list *lists, const struct match_strata *strata, struct cf_error *err)
{
	s->pattern = NEW_ARRAY_ZERO(uint32_t, c->n_clusters);
	s->stratum = NEW_ARRAY_ZERO(uint32_t, c->n_clusters);
	if (!s->pattern || !s->stratum)
		return error_memory(err);
	for (size_t l = 0; l < c->n_lists; l++)
		for (size_t i = 0; i < lists[l].n; i++) {
			const uint32_t k = c->cluster[l][i];
			s->pattern[k] |= 1u << l;
			if (strata && lists[l].stratum)
				s->stratum[k] =
					match_strata_combine(strata, s->stratum[k], lists[l].stratum[i]);
		}
	return 0;
}

static int add_stratum_columns(
	const struct match_strata *strata, struct overlap_table *table, struct cf_error *err)
{
	const char *names[MATCH_MAX_STRATA];
	const size_t n = match_strata_n_columns(strata);
	for (size_t i = 0; i < n; i++)
		names[i] = match_strata_column(strata, i);
	return overlap_set_stratum_columns(table, n, names, err);
}

/* The table's number of a joint code. */
static int stratum_of_code(const struct match_strata *strata, uint32_t code, struct overlap_table *table,
	uint32_t *ret, struct cf_error *err)
{
	const char *values[MATCH_MAX_STRATA];
	if (!strata) {
		*ret = 0;
		return 0;
	}
	for (size_t i = 0; i < match_strata_n_columns(strata); i++)
		values[i] = match_strata_value(strata, code, i);
	return overlap_stratum(table, values, ret, err);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a;
	const uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Strata first, in ascending order of their codes, so that the table does not depend on the order of records.
 */
static int fill_table(const struct standing *s, size_t n, const struct match_strata *strata,
	struct overlap_table *table, struct cf_error *err)
{
	CF_CLEANUP_FREE uint64_t *cells = NEW_ARRAY(uint64_t, n);
	if (!cells)
		return error_memory(err);
	for (size_t k = 0; k < n; k++)
		cells[k] = (uint64_t)s->stratum[k] << 32 | s->pattern[k];
	qsort(cells, n, sizeof *cells, by_value);
	for (size_t from = 0, to; from < n; from = to) {
		uint32_t stratum = 0;
		for (to = from + 1; to < n && cells[to] == cells[from];)
			to++;
		TRY(stratum_of_code(strata, (uint32_t)(cells[from] >> 32), table, &stratum, err));
		TRY(overlap_add(table, (uint32_t)cells[from], stratum, to - from, err));
	}
	return 0;
}

int match_overlap(const struct match_clusters *clusters, const struct match_token_list *lists,
	const struct match_strata *strata, struct overlap_table **ret, struct cf_error *err)
{
	const char *names[OVERLAP_MAX_LISTS];
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	CF_CLEANUP(standing_done) struct standing s = {0};
	for (size_t l = 0; l < clusters->n_lists; l++)
		names[l] = lists[l].name;
	TRY(overlap_new(clusters->n_lists, names, &table, err));
	if (strata)
		TRY(add_stratum_columns(strata, table, err));
	TRY(standing_init(&s, clusters, lists, strata, err));
	TRY(fill_table(&s, clusters->n_clusters, strata, table, err));
	*ret = TAKE(table);
	return 0;
}
