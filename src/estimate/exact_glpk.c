/*
 * The linear program of exact.h by GLPK's simplex method in rational arithmetic: slow, but its numbers grow
 * as they must. GLPK ends the process on an error unless a hook leaves by longjmp, talks to the terminal
 * unless told not to, and keeps one environment a thread, which is freed here after each use.
 */
#include <glpk.h>
#include <setjmp.h>

#include "estimate/exact.h"

static void leave(void *to)
{
	longjmp(*(jmp_buf *)to, 1);
}

/* Doubles carry the coefficients. */
static bool representable(const struct exact_program *p)
{
	const int64_t limit = INT64_C(1) << 53;
	bool all = true;
	for (size_t i = 0; i < p->n_rows; i++) {
		all = all && p->c[i] <= limit && p->c[i] >= -limit;
		for (size_t j = 0; j < p->n_columns; j++) {
			int64_t v = p->m[i * p->n_columns + j];
			all = all && v <= limit && v >= -limit;
		}
	}
	return all;
}

static void set_row(glp_prob *lp, const struct exact_program *p, size_t i)
{
	int n = 0;
	for (size_t j = 0; j < p->n_columns; j++)
		n += p->m[i * p->n_columns + j] != 0;
	int *columns = glp_alloc(n + 1, sizeof *columns);
	double *values = glp_alloc(n + 1, sizeof *values);
	n = 0;
	for (size_t j = 0; j < p->n_columns; j++)
		if (p->m[i * p->n_columns + j]) {
			columns[++n] = (int)j + 1;
			values[n] = (double)p->m[i * p->n_columns + j];
		}
	glp_set_row_bnds(lp, (int)i + 1, GLP_FX, (double)p->c[i], (double)p->c[i]);
	glp_set_mat_row(lp, (int)i + 1, n, columns, values);
	glp_free(columns);
	glp_free(values);
}

static int solve(const struct exact_program *p)
{
	glp_prob *lp = glp_create_prob();
	glp_add_rows(lp, (int)p->n_rows);
	glp_add_cols(lp, (int)p->n_columns);
	for (size_t j = 0; j < p->n_columns; j++)
		glp_set_col_bnds(lp, (int)j + 1, GLP_LO, 0, 0);
	for (size_t i = 0; i < p->n_rows; i++)
		set_row(lp, p, i);
	glp_smcp options;
	glp_init_smcp(&options);
	options.msg_lev = GLP_MSG_OFF;
	int failed = glp_exact(lp, &options);
	int status = glp_get_status(lp);
	glp_delete_prob(lp);
	if (failed)
		return CF_E_INTERNAL;
	return status == GLP_OPT || status == GLP_FEAS;
}

int exact_feasible_rational(const struct exact_program *p, struct cf_error *err)
{
	if (!representable(p) || p->n_rows > 1000 || p->n_columns > 100000)
		return error_set(err, CF_E_LIMIT,
			"whether this model has an estimate cannot be decided exactly: use fewer lists or a "
			"smaller model");
	jmp_buf back;
	if (setjmp(back)) {
		(void)glp_free_env();
		return error_set(err, CF_E_INTERNAL, "the linear programming library failed");
	}
	(void)glp_term_out(GLP_OFF);
	glp_error_hook(leave, &back);
	int answer = solve(p);
	glp_error_hook(NULL, NULL);
	(void)glp_free_env();
	if (answer < 0)
		return error_set(err, answer, "the linear programming library found no answer");
	return answer;
}
