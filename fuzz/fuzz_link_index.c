/* Kept rows: a damaged index is refused, or gives links that stay inside it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/index.h"

enum { MAX_BYTES = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void need(int condition, const char *what)
{
	if (!condition) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

static struct link_table *new_rows(void)
{
	static const size_t first[] = {0, 2};
	struct link_table *t = NULL;
	need(link_table_new(1, 1, first, &t, NULL) == 0, "table");
	t->columns[0].name = mem_strdup("name");
	t->columns[0].kind = LINK_NAME;
	need(link_dictionary_add(&t->columns[0].values, "ann lee", 7, &t->columns[0].codes[0], NULL) == 0,
		"value");
	need(link_dictionary_add(&t->columns[0].values, "bo", 2, &t->columns[0].codes[1], NULL) == 0,
		"value");
	need(link_table_count(t, NULL) == 0, "counts");
	return t;
}

static void use(const struct link_index *x)
{
	CF_CLEANUP_LINK_TABLE struct link_table *fresh = new_rows();
	CF_CLEANUP_LINK_TABLE struct link_table *both = NULL;
	CF_CLEANUP_LINK_MATCHER struct link_matcher *m = NULL;
	CF_CLEANUP(link_new_pairs_done) struct link_new_pairs pairs = {0};
	const struct link_settings s = {.within = true,
		.n_fields = 1,
		.fields = {{0, -1, true}},
		.n_rules = 1,
		.rules = {{.n_parts = 1}}};
	struct link_model model = {.n_fields = 1, .prior = 0.1, .fields = {{.n_levels = 6}}};
	uint32_t clusters[] = {1, 2};
	uint32_t of_row[2];
	for (unsigned level = 1; level <= 6; level++)
		model.fields[0].m[level] = model.fields[0].u[level] = 1.0 / 6;
	const struct link_new_rows rows = {fresh, &s, &model};
	const struct link_clusters alone = {.of_row = clusters, .n_rows = 2, .n = 2};
	if (link_matcher_new(x, &rows, &m, NULL) == 0) {
		need(link_matcher_run(m, -100, &pairs, NULL) == 0, "run");
		need(link_matcher_assign(m, &pairs, &alone, of_row, NULL) == 0, "assign");
	}
	need(link_index_extend(x, fresh, &both, NULL) <= 0, "extend");
	for (size_t row = 0; row < link_index_n_rows(x); row++) {
		size_t number;
		need(link_index_file_of(x, (uint32_t)row, &number) != NULL, "file");
		need(link_index_cluster_of(x, (uint32_t)row) <= link_index_n_clusters(x), "cluster");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_LINK_INDEX struct link_index *x = NULL;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_FREE uint64_t *copy = mem_alloc_aligned(n / 8 + 1, 8);
	need(copy != NULL, "memory");
	if (n > MAX_BYTES)
		return 0;
	memcpy(copy, data, n);
	int status = link_index_open(copy, n, &x, &err);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	if (status == 0)
		use(x);
	return 0;
}
