/*
 * GLPK ends the process on an error unless a hook leaves by longjmp, prints unless told not to, and allocates
 * from one pool a thread; after an error the pool is gone and with it the problem, so the attack goes dead.
 */
#include "release/attack.h"

#include <glpk.h>
#include <math.h>
#include <setjmp.h>

struct attack {
	glp_prob *lp;
	bool dead; /* GLPK failed, and the problem went with its memory */
	size_t n_columns;
	int *indices; /* 1 to n_columns, GLPK counts from 1 */
	double *values;
};

enum { MAX_COLUMNS = 100000, MAX_ITERATIONS = 200000 };

static void leave(void *to)
{
	longjmp(*(jmp_buf *)to, 1);
}

struct call {
	struct attack *a;
	int (*function)(struct call *c);
	size_t column;
	double low, high;
	const double *coefficients;
	bool maximise;
	struct attack_optimum *ret;
};

/* Runs c->function with GLPK's errors caught. Nothing after setjmp changes a local. */
static int guarded(struct call *c, struct cf_error *err)
{
	if (c->a->dead)
		return error_set(err, CF_E_INTERNAL, "the linear programming library failed before");
	jmp_buf back;
	if (setjmp(back)) {
		(void)glp_free_env();
		c->a->dead = true;
		c->a->lp = NULL;
		return error_set(err, CF_E_INTERNAL, "the linear programming library failed");
	}
	(void)glp_term_out(GLP_OFF);
	glp_error_hook(leave, &back);
	int status = c->function(c);
	glp_error_hook(NULL, NULL);
	if (status < 0)
		return error_set(err, status, "the linear programming library found no answer");
	return status;
}

static int bound_type(double low, double high)
{
	if (isinf(low))
		return isinf(high) ? GLP_FR : GLP_UP;
	if (isinf(high))
		return GLP_LO;
	return low < high ? GLP_DB : GLP_FX;
}

static int begin(struct call *c)
{
	c->a->lp = glp_create_prob();
	(void)glp_add_cols(c->a->lp, (int)c->a->n_columns);
	return CF_OK;
}

int attack_new(size_t n_columns, struct attack **ret, struct cf_error *err)
{
	if (n_columns == 0 || n_columns > MAX_COLUMNS)
		return error_set(
			err, CF_E_LIMIT, "a table of %zu hidden counts cannot be audited", n_columns);
	CF_CLEANUP_ATTACK struct attack *a = NEW(struct attack);
	if (!a)
		return error_memory(err);
	a->n_columns = n_columns;
	a->indices = NEW_ARRAY(int, n_columns + 1);
	a->values = NEW_ARRAY_ZERO(double, n_columns + 1);
	if (!a->indices || !a->values)
		return error_memory(err);
	for (size_t i = 0; i <= n_columns; i++)
		a->indices[i] = (int)i;
	struct call c = {.a = a, .function = begin};
	TRY(guarded(&c, err));
	*ret = TAKE(a);
	return CF_OK;
}

struct attack *attack_free(struct attack *a)
{
	if (!a)
		return NULL;
	if (a->lp) {
		glp_delete_prob(a->lp);
		(void)glp_free_env();
	}
	a->indices = mem_free(a->indices);
	a->values = mem_free(a->values);
	return mem_free(a);
}

size_t attack_n_columns(const struct attack *a)
{
	return a->n_columns;
}

static int bound_column(struct call *c)
{
	glp_set_col_bnds(c->a->lp, (int)c->column + 1, bound_type(c->low, c->high), c->low, c->high);
	return CF_OK;
}

int attack_bound_column(struct attack *a, size_t column, double low, double high, struct cf_error *err)
{
	struct call c = {.a = a, .function = bound_column, .column = column, .low = low, .high = high};
	return guarded(&c, err);
}

static int add_row(struct call *c)
{
	int n = 0;
	for (size_t j = 0; j < c->a->n_columns; j++) {
		if (c->coefficients[j] == 0)
			continue;
		n++;
		c->a->indices[n] = (int)j + 1;
		c->a->values[n] = c->coefficients[j];
	}
	int row = glp_add_rows(c->a->lp, 1);
	glp_set_row_bnds(c->a->lp, row, bound_type(c->low, c->high), c->low, c->high);
	glp_set_mat_row(c->a->lp, row, n, c->a->indices, c->a->values);
	return CF_OK;
}

int attack_add_row(
	struct attack *a, const double *coefficients, double low, double high, struct cf_error *err)
{
	struct call c = {.a = a, .function = add_row, .low = low, .high = high, .coefficients = coefficients};
	return guarded(&c, err);
}

static int set_objective(struct call *c)
{
	for (size_t j = 0; j < c->a->n_columns; j++)
		glp_set_obj_coef(c->a->lp, (int)j + 1, c->coefficients[j]);
	return CF_OK;
}

int attack_set_objective(struct attack *a, const double *coefficients, struct cf_error *err)
{
	struct call c = {.a = a, .function = set_objective, .coefficients = coefficients};
	return guarded(&c, err);
}

/* The iteration limit is a count, never a time: the same input must give the same report everywhere. */
static int simplex(struct call *c)
{
	glp_smcp options;
	glp_init_smcp(&options);
	options.msg_lev = GLP_MSG_OFF;
	options.it_lim = MAX_ITERATIONS;
	int failed = glp_simplex(c->a->lp, &options);
	if (failed) {
		/* a stale basis, or one that lost its digits: once more from the start */
		glp_adv_basis(c->a->lp, 0);
		failed = glp_simplex(c->a->lp, &options);
	}
	return failed ? CF_E_INTERNAL : glp_get_status(c->a->lp);
}

static int optimise(struct call *c)
{
	glp_prob *lp = c->a->lp;
	glp_set_obj_dir(lp, c->maximise ? GLP_MAX : GLP_MIN);
	int status = simplex(c);
	if (status < 0)
		return status;
	if (status == GLP_NOFEAS || status == GLP_INFEAS)
		return 0;
	if (status != GLP_OPT)
		return CF_E_INTERNAL;
	c->ret->value = glp_get_obj_val(lp);
	for (size_t j = 0; c->ret->columns && j < c->a->n_columns; j++)
		c->ret->columns[j] = glp_get_col_prim(lp, (int)j + 1);
	return 1;
}

int attack_optimise(struct attack *a, bool maximise, struct attack_optimum *ret, struct cf_error *err)
{
	struct call c = {.a = a, .function = optimise, .maximise = maximise, .ret = ret};
	return guarded(&c, err);
}
