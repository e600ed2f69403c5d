#include "work/report/solve.h"

#include <math.h>
#include <string.h>

#include "estimate/hierarchy.h"
#include "estimate/loglinear.h"
#include "estimate/select.h"

/* One estimate: lists are numbered by map (several may share a number; 32 drops one). */
struct figure_model {
	bool chapman;
	bool missing; /* there was no estimate to begin with, and no model is kept */
	uint32_t n_lists;
	uint8_t map[OVERLAP_MAX_LISTS];
	struct hierarchy model;
};

enum { DROPPED = 32 };

struct solve {
	const struct estimate_report *report;
	size_t n_lists;
	size_t n_models; /* results, then variants */
	struct figure_model *models;
	struct select_bench benches[2]; /* for all lists, and for one less */
	struct loglinear_table tables[2];
	double n_persons;
};

void solve_variant(size_t n_lists, size_t i, bool *ret_merged, size_t *ret_j, size_t *ret_k)
{
	*ret_merged = i >= n_lists;
	*ret_j = i;
	*ret_k = i;
	if (i < n_lists)
		return;
	i -= n_lists;
	size_t j = 0;
	for (; i >= n_lists - 1 - j; j++)
		i -= n_lists - 1 - j;
	*ret_j = j;
	*ret_k = j + 1 + i;
}

static void map_variant(struct figure_model *m, size_t n_lists, size_t i)
{
	bool merged;
	size_t j;
	size_t k;
	solve_variant(n_lists, i, &merged, &j, &k);
	size_t gone = merged ? k : j;
	m->n_lists = (uint32_t)n_lists - 1;
	for (size_t list = 0; list < n_lists; list++)
		m->map[list] = (uint8_t)(list - (list > gone));
	m->map[gone] = merged ? m->map[j] : DROPPED;
}

static int read_model(struct figure_model *m, const struct estimate_result *r, struct cf_error *err)
{
	m->chapman = r->method == ESTIMATE_CHAPMAN;
	m->missing = !r->model_digits;
	if (m->chapman || m->missing)
		return CF_OK;
	return hierarchy_parse(r->model_digits, m->n_lists, NULL, &m->model, err);
}

static int read_models(struct solve *s, struct cf_error *err)
{
	const struct estimate_report *r = s->report;
	for (size_t i = 0; i < r->n_results; i++) {
		struct figure_model *m = &s->models[i];
		m->n_lists = (uint32_t)s->n_lists;
		for (size_t list = 0; list < s->n_lists; list++)
			m->map[list] = (uint8_t)list;
		TRY(read_model(m, &r->results[i], err));
	}
	for (size_t i = 0; i < r->n_variants; i++) {
		struct figure_model *m = &s->models[r->n_results + i];
		map_variant(m, s->n_lists, i);
		TRY(read_model(m, &r->variants[i].result, err));
	}
	return CF_OK;
}

static size_t shape_of(const struct solve *s, const struct figure_model *m)
{
	return s->n_lists - m->n_lists;
}

int solve_new(const struct overlap_table *t, const struct estimate_report *r, struct solve **ret,
	struct cf_error *err)
{
	if (t->n_lists > HIERARCHY_MAX_LISTS)
		return error_set(err, CF_E_LIMIT, "estimates are reported for at most %d lists",
			(int)HIERARCHY_MAX_LISTS);
	if (r->n_variants && r->n_variants != t->n_lists + t->n_lists * (t->n_lists - 1) / 2)
		return error_set(err, CF_E_USAGE, "the estimate's variants are not those of this table");
	CF_CLEANUP_SOLVE struct solve *s = NEW(struct solve);
	if (!s)
		return error_memory(err);
	s->report = r;
	s->n_lists = t->n_lists;
	s->n_persons = (double)overlap_n_persons(t);
	s->n_models = r->n_results + r->n_variants;
	s->models = NEW_ARRAY_ZERO(struct figure_model, s->n_models);
	if (!s->models)
		return error_memory(err);
	TRY(read_models(s, err));
	for (size_t shape = 0; shape < (r->n_variants ? 2 : 1); shape++) {
		uint32_t n = (uint32_t)(t->n_lists - shape);
		TRY(select_bench_init(&s->benches[shape], n, false, err));
		TRY(loglinear_table_init(&s->tables[shape], n, err));
	}
	*ret = TAKE(s);
	return CF_OK;
}

struct solve *solve_free(struct solve *s)
{
	if (!s)
		return NULL;
	for (size_t shape = 0; shape < 2; shape++) {
		select_bench_done(&s->benches[shape]);
		loglinear_table_done(&s->tables[shape]);
	}
	s->models = mem_free(s->models);
	return mem_free(s);
}

size_t solve_n_figures(const struct solve *s)
{
	return 3 * s->report->n_results + s->report->n_variants;
}

/* The table as the model sees it. */
static void reduce(const struct solve *s, const struct figure_model *m, const uint64_t *counts,
	struct loglinear_table *t)
{
	memset(t->counts, 0, t->n_cells * sizeof *t->counts);
	for (uint32_t p = 1; p < UINT32_C(1) << s->n_lists; p++) {
		uint32_t reduced = 0;
		for (size_t list = 0; list < s->n_lists; list++)
			if ((p >> list & 1) && m->map[list] != DROPPED)
				reduced |= UINT32_C(1) << m->map[list];
		t->counts[reduced] += (double)counts[p];
	}
	t->counts[0] = 0;
	loglinear_table_sum(t);
}

static int solve_one(struct solve *s, const struct figure_model *m, const uint64_t *counts, double *ret,
	struct cf_error *err)
{
	*ret = NAN;
	if (m->missing)
		return CF_OK;
	struct loglinear_table *t = &s->tables[shape_of(s, m)];
	reduce(s, m, counts, t);
	if (m->chapman) {
		*ret = select_chapman(t);
		return CF_OK;
	}
	struct selection found;
	TRY(select_model(&s->benches[shape_of(s, m)], t, &m->model, NULL, &found, err));
	*ret = found.total;
	return CF_OK;
}

/* Where an end of the interval goes when the estimate moves: see the header. */
static double move_end(
	const struct solve *s, const struct estimate_result *r, double end, double n, double total)
{
	double hidden = r->estimate - s->n_persons;
	if (isnan(end) || isnan(total))
		return NAN;
	if (hidden < 1e-6)
		return end + total - r->estimate;
	return n + (total - n) * (end - s->n_persons) / hidden;
}

int solve_figures(void *context, const uint64_t *counts, double *ret_values, struct cf_error *err)
{
	struct solve *s = context;
	size_t n_results = s->report->n_results;
	double n = 0;
	for (uint32_t p = 1; p < UINT32_C(1) << s->n_lists; p++)
		n += (double)counts[p];
	for (size_t i = 0; i < n_results; i++) {
		const struct estimate_result *r = &s->report->results[i];
		TRY(solve_one(s, &s->models[i], counts, &ret_values[i], err));
		ret_values[n_results + 2 * i] = move_end(s, r, r->lower, n, ret_values[i]);
		ret_values[n_results + 2 * i + 1] = move_end(s, r, r->upper, n, ret_values[i]);
	}
	for (size_t i = 0; i < s->report->n_variants; i++)
		TRY(solve_one(s, &s->models[n_results + i], counts, &ret_values[3 * n_results + i], err));
	return CF_OK;
}

int solve_terms(
	const struct overlap_table *t, const char *model_digits, uint32_t *ret_terms, struct cf_error *err)
{
	struct hierarchy m;
	TRY(hierarchy_parse(model_digits, (uint32_t)t->n_lists, t->list_names, &m, err));
	uint32_t generators[HIERARCHY_MAX_TERMS];
	uint32_t n = hierarchy_generators(&m, generators);
	int n_terms = 0;
	for (uint32_t i = 0; i < n; i++)
		if (__builtin_popcount(generators[i]) > 1)
			ret_terms[n_terms++] = generators[i];
	return n_terms;
}
