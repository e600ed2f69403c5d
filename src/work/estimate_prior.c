#include "work/estimate_prior.h"

#include <math.h>
#include <stdlib.h>

#include "base/csv.h"
#include "base/mem.h"

void work_prior_done(struct work_prior *p)
{
	p->totals = mem_free(p->totals);
	p->weights = mem_free(p->weights);
	p->n = 0;
}

static int find_columns(
	const struct csv_reader *csv, const char *path, ptrdiff_t ret[2], struct cf_error *err)
{
	ret[0] = csv_find_column(csv, "total");
	ret[1] = csv_find_column(csv, "weight");
	if (ret[0] >= 0 && ret[1] >= 0)
		return CF_OK;
	return error_set_at(err, CF_E_INPUT, path, 1, 0,
		"a prior needs a column 'total' with numbers of persons and a column 'weight'");
}

static int read_number(const struct csv_reader *csv, const struct csv_cell *cells, ptrdiff_t column,
	double *ret, struct cf_error *err)
{
	char *end;
	double value = strtod(cells[column].text, &end);
	if (cells[column].n == 0 || *end || !(value >= 0) || !isfinite(value))
		return csv_error(csv, (size_t)column, err, "a prior is made of numbers from 0 up");
	*ret = value;
	return CF_OK;
}

int work_prior_read(const char *path, struct work_prior *ret, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	const struct csv_cell *cells;
	ptrdiff_t columns[2];
	size_t capacities[2] = {0, 0};
	int got;
	TRY(csv_open(path, NULL, &csv, err));
	TRY(find_columns(csv, path, columns, err));
	while ((got = csv_next(csv, &cells, err)) > 0) {
		double *totals = mem_grow(ret->totals, ret->n, &capacities[0], sizeof *totals);
		ret->totals = totals ? totals : ret->totals;
		double *weights = mem_grow(ret->weights, ret->n, &capacities[1], sizeof *weights);
		ret->weights = weights ? weights : ret->weights;
		if (!totals || !weights)
			return error_memory(err);
		TRY(read_number(csv, cells, columns[0], &totals[ret->n], err));
		TRY(read_number(csv, cells, columns[1], &weights[ret->n], err));
		if (ret->n && !(totals[ret->n] > totals[ret->n - 1]))
			return csv_error(csv, (size_t)columns[0], err, "totals must rise from row to row");
		ret->n++;
	}
	TRY(got);
	return ret->n > 1 ? CF_OK
			  : error_set_at(err, CF_E_INPUT, path, 0, 0, "a prior needs two points or more");
}
