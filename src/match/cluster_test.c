/*
 * Clusters against a second implementation that follows the words of match/cluster.h and match/merge.h with
 * sets and no cleverness, over thousands of small random lists; independence from the order of rows and from
 * what tokens look like; and cases worked by hand.
 */
#include "match/cluster.h"

#include "base/random.h"
#include "base/sweep.h"
#include "match/person_support.h"

/* Four keys; the second and third prove part of one thing, and the third has two slots. */
static const char plan_text[] = "[matching]\nthreshold = 100\nper_doubling = 10\nmax_repeats = 3\n"
				"family_name.sound = family 60\n"
				"birth_date.ymd = year 50, day 40\nbirth_date.y = year 50\n"
				"phone.exact = phone 70\nsex.exact = sex 10\n"
				"[key name]\nparts = family_name.sound\n"
				"[key birth]\nparts = birth_date.ymd\n"
				"[key year_phone]\nparts = birth_date.y + phone.exact\nslots = 2\n"
				"[key sex]\nparts = sex.exact\n";
enum { N_KEYS = 4, N_SLOTS = 5, MAX_LISTS = 4, MAX_RECORDS = 12, ALL = MAX_LISTS * MAX_RECORDS };
static const int key_of_slot[N_SLOTS] = {0, 1, 2, 2, 3};
static const uint32_t evidence[N_KEYS][5] = {/* family, year, day, phone, sex */
	{60, 0, 0, 0, 0}, {0, 50, 40, 0, 0}, {0, 50, 0, 70, 0}, {0, 0, 0, 0, 10}};

/* A token's value by slot; 0: an empty slot. */
struct lists {
	size_t n_lists;
	size_t n[MAX_LISTS];
	int value[MAX_LISTS][MAX_RECORDS][N_SLOTS];
};

/*
 * The second implementation
 */

struct naive {
	size_t n;
	int list[ALL];
	const int *value[ALL];
	int group[ALL];
};

static bool too_common(const struct naive *v, int key, int value)
{
	for (int l = 0; l < MAX_LISTS; l++) {
		int n = 0;
		for (size_t i = 0; i < v->n; i++) {
			bool has = false;
			for (int s = 0; s < N_SLOTS; s++)
				has |= v->list[i] == l && key_of_slot[s] == key && v->value[i][s] == value;
			n += has;
		}
		if (n > 3)
			return true;
	}
	return false;
}

static bool share_key(const struct naive *v, size_t i, size_t j, int key)
{
	for (int s = 0; s < N_SLOTS; s++)
		for (int t = 0; t < N_SLOTS; t++)
			if (key_of_slot[s] == key && key_of_slot[t] == key && v->value[i][s] &&
				v->value[i][s] == v->value[j][t] && !too_common(v, key, v->value[i][s]))
				return true;
	return false;
}

/* What two groups prove together: weight and number of keys. */
static void weigh(const struct naive *v, int a, int b, uint32_t *ret_weight, uint32_t *ret_keys)
{
	uint32_t best[5] = {0};
	*ret_keys = 0;
	for (int k = 0; k < N_KEYS; k++) {
		bool shared = false;
		for (size_t i = 0; i < v->n; i++)
			for (size_t j = 0; j < v->n; j++)
				shared |= v->group[i] == a && v->group[j] == b && share_key(v, i, j, k);
		*ret_keys += shared;
		for (int g = 0; shared && g < 5; g++)
			best[g] = evidence[k][g] > best[g] ? evidence[k][g] : best[g];
	}
	*ret_weight = best[0] + best[1] + best[2] + best[3] + best[4];
}

static unsigned lists_of(const struct naive *v, int group)
{
	unsigned lists = 0;
	for (size_t i = 0; i < v->n; i++)
		if (v->group[i] == group)
			lists |= 1u << v->list[i];
	return lists;
}

struct naive_edge {
	int a, b;
	uint32_t weight, keys;
	bool taken;
};

/* All edges of one order at once: a component of them is merged when it holds no list twice. */
static bool take_equal(struct naive *v, struct naive_edge *edges, size_t n, uint32_t weight, uint32_t keys)
{
	int of[ALL]; /* the groups of the trial, by today's group */
	bool merged = false;
	for (int g = 0; g < ALL; g++)
		of[g] = g;
	for (bool again = true; again;) {
		again = false;
		for (size_t e = 0; e < n; e++) {
			if (edges[e].weight != weight || edges[e].keys != keys)
				continue;
			int a = edges[e].a, b = edges[e].b;
			/* two groups that stand on one list never join by an edge of their own */
			if (a == b || of[a] == of[b] || (lists_of(v, a) & lists_of(v, b)))
				continue;
			int gone = of[b];
			for (int g = 0; g < ALL; g++)
				of[g] = of[g] == gone ? of[a] : of[g];
			again = true;
		}
	}
	bool spoilt[ALL] = {false};
	for (int g = 0; g < ALL; g++)
		for (int h = 0; h < g; h++)
			spoilt[of[g]] |= of[g] == of[h] && (lists_of(v, g) & lists_of(v, h));
	for (int g = 0; g < ALL; g++) {
		int to = of[g];
		if (g == to || spoilt[to] || !lists_of(v, g) || !lists_of(v, to))
			continue;
		merged = true;
	}
	for (size_t i = 0; i < v->n; i++)
		if (!spoilt[of[v->group[i]]])
			v->group[i] = of[v->group[i]];
	return merged;
}

static bool one_round(struct naive *v)
{
	static struct naive_edge edges[ALL * ALL];
	size_t n = 0;
	bool merged = false;
	for (int a = 0; a < ALL; a++)
		for (int b = a + 1; b < ALL; b++) {
			struct naive_edge e = {a, b, 0, 0, false};
			unsigned la = lists_of(v, a), lb = lists_of(v, b);
			if (!la || !lb || (la & lb))
				continue;
			weigh(v, a, b, &e.weight, &e.keys);
			if (e.weight >= 100)
				edges[n++] = e;
		}
	for (;;) {
		struct naive_edge *best = NULL;
		for (size_t e = 0; e < n; e++)
			if (!edges[e].taken &&
				(!best || edges[e].weight > best->weight ||
					(edges[e].weight == best->weight && edges[e].keys > best->keys)))
				best = &edges[e];
		if (!best)
			return merged;
		const uint32_t weight = best->weight, keys = best->keys;
		/* groups are named as they were at the start of the round: carry each edge to today's */
		int before[ALL];
		memcpy(before, v->group, sizeof before);
		merged |= take_equal(v, edges, n, weight, keys);
		for (size_t e = 0; e < n; e++) {
			edges[e].taken |= edges[e].weight == weight && edges[e].keys == keys;
			for (size_t i = 0; i < v->n; i++) {
				if (before[i] == edges[e].a && v->group[i] != before[i]) {
					edges[e].a = v->group[i];
					break;
				}
			}
			for (size_t i = 0; i < v->n; i++) {
				if (before[i] == edges[e].b && v->group[i] != before[i]) {
					edges[e].b = v->group[i];
					break;
				}
			}
		}
	}
}

static void cluster_naively(const struct lists *lists, struct naive *v)
{
	v->n = 0;
	for (size_t l = 0; l < lists->n_lists; l++)
		for (size_t i = 0; i < lists->n[l]; i++) {
			v->list[v->n] = (int)l;
			v->value[v->n] = lists->value[l][i];
			v->group[v->n] = (int)v->n;
			v->n++;
		}
	for (int round = 0; round < 4 && one_round(v); round++)
		;
}

/*
 * Running the real one
 */

/* Tokens that depend on salt; an empty slot has one of its own. */
static void make_tokens(const struct lists *lists, uint64_t salt, size_t l, uint8_t *tokens)
{
	for (size_t i = 0; i < lists->n[l]; i++)
		for (size_t s = 0; s < N_SLOTS; s++) {
			uint8_t *t = tokens + (i * N_SLOTS + s) * MATCH_TOKEN_BYTES;
			int value = lists->value[l][i][s];
			struct random_stream r;
			uint64_t empty = 1000 + (l * MAX_RECORDS + i) * N_SLOTS + s;
			random_init(&r, salt,
				value ? (uint64_t)(key_of_slot[s] * 100 + value) : UINT64_C(1) << 20 | empty);
			for (size_t b = 0; b < MATCH_TOKEN_BYTES; b += 8) {
				uint64_t bits = random_bits(&r);
				memcpy(t + b, &bits, 8);
			}
		}
}

static struct match_clusters *cluster(const struct match_plan *plan, const struct lists *lists, uint64_t salt)
{
	static uint8_t tokens[MAX_LISTS][MAX_RECORDS * N_SLOTS * MATCH_TOKEN_BYTES];
	static const char *const names[MAX_LISTS] = {"a", "b", "c", "d"};
	struct match_token_list in[MAX_LISTS];
	struct match_clusters *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	for (size_t l = 0; l < lists->n_lists; l++) {
		make_tokens(lists, salt, l, tokens[l]);
		in[l] = (struct match_token_list){.name = names[l], .n = lists->n[l], .tokens = tokens[l]};
	}
	if (match_cluster(plan, in, lists->n_lists, NULL, &c, &err) < 0)
		fail_msg("%s", err.message);
	return c;
}

static void random_lists(struct random_stream *r, struct lists *lists)
{
	*lists = (struct lists){.n_lists = 2 + random_below(r, MAX_LISTS - 1)};
	const uint64_t n_values = 2 + random_below(r, 12);
	for (size_t l = 0; l < lists->n_lists; l++) {
		lists->n[l] = random_below(r, MAX_RECORDS + 1);
		for (size_t i = 0; i < lists->n[l]; i++)
			for (size_t s = 0; s < N_SLOTS; s++)
				lists->value[l][i][s] =
					random_below(r, 4) ? 1 + (int)random_below(r, n_values) : 0;
	}
}

/* Two partitions of the records are one. of[l][i]: where record i of list l stands in the second. */
static bool same_partition(const struct lists *lists, const struct match_clusters *a,
	const struct match_clusters *b, size_t of[MAX_LISTS][MAX_RECORDS])
{
	for (size_t l = 0; l < lists->n_lists; l++)
		for (size_t i = 0; i < lists->n[l]; i++)
			for (size_t m = 0; m < lists->n_lists; m++)
				for (size_t j = 0; j < lists->n[m]; j++)
					if ((a->cluster[l][i] == a->cluster[m][j]) !=
						(b->cluster[l][of[l][i]] == b->cluster[m][of[m][j]]))
						return false;
	return true;
}

static void expect_one_per_list(const struct lists *lists, const struct match_clusters *c)
{
	for (size_t l = 0; l < lists->n_lists; l++)
		for (size_t i = 0; i < lists->n[l]; i++) {
			assert_true(c->cluster[l][i] < c->n_clusters);
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(c->cluster[l][i], c->cluster[l][j]);
		}
}

static void equals_the_naive_one(void **state)
{
	(void)state;
	enum { ROUNDS = 3000 };
	struct match_plan *plan = test_plan(plan_text);
	struct random_stream r;
	size_t n_merged = 0, n_tied = 0;
	random_init(&r, 2026, 1);
	for (int round = 0; round < ROUNDS; round++) {
		struct lists lists;
		struct naive v;
		random_lists(&r, &lists);
		cluster_naively(&lists, &v);
		struct match_clusters *c = cluster(plan, &lists, (uint64_t)round);
		expect_one_per_list(&lists, c);
		size_t at = 0;
		uint32_t flat[ALL];
		for (size_t l = 0; l < lists.n_lists; l++)
			for (size_t i = 0; i < lists.n[l]; i++)
				flat[at++] = c->cluster[l][i];
		for (size_t i = 0; i < v.n; i++)
			for (size_t j = 0; j < i; j++)
				if ((flat[i] == flat[j]) != (v.group[i] == v.group[j]))
					fail_msg("round %d: records %zu and %zu", round, j, i);
		n_merged += v.n - c->n_clusters;
		n_tied += c->n_tied > 0;
		match_clusters_free(c);
	}
	/* the trials are worth something */
	assert_true(n_merged > ROUNDS);
	assert_true(n_tied > ROUNDS / 20);
	match_plan_free(plan);
}

static void depends_on_neither_rows_nor_tokens(void **state)
{
	(void)state;
	struct match_plan *plan = test_plan(plan_text);
	struct random_stream r;
	random_init(&r, 2026, 2);
	for (int round = 0; round < 1000; round++) {
		struct lists lists, moved;
		size_t of[MAX_LISTS][MAX_RECORDS];
		random_lists(&r, &lists);
		moved = lists;
		for (size_t l = 0; l < lists.n_lists; l++) {
			uint32_t order[MAX_RECORDS];
			random_permutation(&r, lists.n[l], order);
			for (size_t i = 0; i < lists.n[l]; i++) {
				of[l][i] = order[i];
				memcpy(moved.value[l][order[i]], lists.value[l][i], sizeof lists.value[l][i]);
			}
		}
		struct match_clusters *a = cluster(plan, &lists, 1);
		struct match_clusters *b = cluster(plan, &moved, 2 + (uint64_t)round);
		assert_true(same_partition(&lists, a, b, of));
		assert_int_equal(a->n_edges, b->n_edges);
		assert_int_equal(a->n_tied, b->n_tied);
		assert_int_equal(a->n_conflicts, b->n_conflicts);
		match_clusters_free(a);
		match_clusters_free(b);
	}
	match_plan_free(plan);
}

/*
 * By hand. Slots: name (family 60), birth (year 50, day 40), year+phone twice (year 50, phone 70), sex (10).
 */

static void by_hand(void **state)
{
	(void)state;
	struct match_plan *plan = test_plan(plan_text);
	/* name + birth = 150 beats name + phone of the other; the second record of b stays alone */
	struct lists best = {
		.n_lists = 2, .n = {1, 2}, .value = {{{1, 1, 1, 0, 0}}, {{1, 0, 1, 0, 0}, {1, 1, 0, 0, 1}}}};
	struct match_clusters *c = cluster(plan, &best, 1);
	/* name 60 + year 50 + phone 70 = 180 beats name 60 + year 50 + day 40 = 150 */
	assert_int_equal(c->cluster[0][0], c->cluster[1][0]);
	assert_int_not_equal(c->cluster[0][0], c->cluster[1][1]);
	assert_int_equal(c->n_clusters, 2);
	assert_int_equal(c->n_edges, 2);
	assert_int_equal(c->n_conflicts, 1);
	match_clusters_free(c);
	/* two equal claims on one record: neither */
	struct lists tie = {.n_lists = 2, .n = {1, 2}, .value = {{{1, 1}}, {{1, 1}, {1, 1}}}};
	c = cluster(plan, &tie, 1);
	assert_int_equal(c->n_clusters, 3);
	assert_int_equal(c->n_tied, 2);
	match_clusters_free(c);
	/* year stands once: birth and year+phone together prove 50 + 40 + 70 */
	struct lists year = {.n_lists = 2, .n = {1, 1}, .value = {{{0, 1, 1, 0, 1}}, {{0, 1, 1, 0, 1}}}};
	c = cluster(plan, &year, 1);
	assert_int_equal(c->n_clusters, 1);
	match_clusters_free(c);
	assert_int_equal(match_plan_weight(plan, 0xf), 60 + 50 + 40 + 70 + 10);
	/* birth (90) alone does not reach 100, with sex it does */
	struct lists little = {.n_lists = 2, .n = {1, 1}, .value = {{{0, 1, 0, 0, 0}}, {{0, 1, 0, 0, 0}}}};
	c = cluster(plan, &little, 1);
	assert_int_equal(c->n_clusters, 2);
	match_clusters_free(c);
	/* the phone is in the other slot there */
	struct lists slots = {.n_lists = 2, .n = {1, 1}, .value = {{{0, 0, 3, 4, 0}}, {{0, 0, 5, 3, 0}}}};
	c = cluster(plan, &slots, 1);
	assert_int_equal(c->n_clusters, 1);
	match_clusters_free(c);
	/* a value that four records of a list share counts for nothing */
	struct lists common = {
		.n_lists = 2, .n = {4, 1}, .value = {{{7, 1}, {7, 2}, {7, 3}, {7, 4}}, {{7, 1}}}};
	c = cluster(plan, &common, 1);
	assert_int_equal(c->n_clusters, 5);
	match_clusters_free(c);
	/* tokens pool: a-b by name and birth, then c with b's phone and a's name */
	struct lists pooled = {.n_lists = 3,
		.n = {1, 1, 1},
		.value = {{{1, 1, 0, 0, 0}}, {{1, 1, 9, 0, 0}}, {{1, 0, 0, 9, 0}}}};
	c = cluster(plan, &pooled, 1);
	assert_int_equal(c->n_clusters, 1);
	match_clusters_free(c);
	match_plan_free(plan);
}

static void overlap_counts_patterns(void **state)
{
	(void)state;
	struct match_plan *plan = test_plan(plan_text);
	struct lists lists = {.n_lists = 3,
		.n = {3, 2, 2},
		.value = {{{1, 1}, {2, 2}, {3, 3}}, {{1, 1}, {4, 4}}, {{1, 1}, {2, 2}}}};
	struct match_clusters *c = cluster(plan, &lists, 3);
	static uint8_t none[MAX_RECORDS * N_SLOTS * MATCH_TOKEN_BYTES];
	const struct match_token_list in[] = {{.name = "a", .n = 3, .tokens = none},
		{.name = "b", .n = 2, .tokens = none}, {.name = "c", .n = 2, .tokens = none}};
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	assert_int_equal(match_overlap(c, in, NULL, &t, &err), 0);
	assert_int_equal(overlap_format(t, &text), 0);
	/* 1 on all three, 2 on a and c, 3 on a, 4 on b */
	assert_string_equal(buffer_text(&text), "a,b,c,count\n1,0,0,1\n0,1,0,1\n1,0,1,1\n1,1,1,1\n");
	overlap_free(t);
	match_clusters_free(c);
	match_plan_free(plan);
}

static void limits(void **state)
{
	(void)state;
	struct match_plan *plan = test_plan(plan_text);
	struct match_token_list many[OVERLAP_MAX_LISTS + 1];
	struct match_clusters *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	memset(many, 0, sizeof many);
	assert_int_equal(match_cluster(plan, many, OVERLAP_MAX_LISTS + 1, NULL, &c, &err), CF_E_LIMIT);
	assert_int_equal(match_cluster(plan, many, 0, NULL, &c, &err), CF_E_LIMIT);
	/* empty lists are lists */
	assert_int_equal(match_cluster(plan, many, 3, NULL, &c, &err), 0);
	assert_int_equal(c->n_clusters, 0);
	match_clusters_free(c);
	match_plan_free(plan);
}

struct sweep {
	const struct match_plan *plan;
	struct match_token_list in[2];
};

static int cluster_and_count(void *context, struct cf_error *err)
{
	struct sweep *s = context;
	CF_CLEANUP_CLUSTERS struct match_clusters *c = NULL;
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	TRY(match_cluster(s->plan, s->in, 2, NULL, &c, err));
	return match_overlap(c, s->in, NULL, &t, err);
}

static void memory_may_fail(void **state)
{
	(void)state;
	struct match_plan *plan = test_plan(plan_text);
	const struct lists lists = {.n_lists = 2, .n = {2, 2}, .value = {{{1, 1}, {2, 2}}, {{1, 1}, {2, 3}}}};
	static uint8_t tokens[2][MAX_RECORDS * N_SLOTS * MATCH_TOKEN_BYTES];
	struct sweep s = {.plan = plan};
	for (size_t l = 0; l < 2; l++) {
		make_tokens(&lists, 1, l, tokens[l]);
		s.in[l] = (struct match_token_list){.name = l ? "b" : "a", .n = 2, .tokens = tokens[l]};
	}
	assert_true(sweep_run("clusters", cluster_and_count, &s) > 15);
	match_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_the_naive_one),
		cmocka_unit_test(depends_on_neither_rows_nor_tokens),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(overlap_counts_patterns),
		cmocka_unit_test(limits),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
