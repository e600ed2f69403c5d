#include "work/estimate_strata.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

/* Without --by a table of more strata is taken as a whole: they are then hardly what somebody wants to see.
 */
enum { SHOWN_UNASKED = 40, NUMBER = 32 };

static ptrdiff_t find_column(const struct overlap_table *t, const char *name, size_t n)
{
	static const char prefix[] = "stratum_";
	size_t skip =
		n > sizeof prefix - 1 && memcmp(name, prefix, sizeof prefix - 1) == 0 ? sizeof prefix - 1 : 0;
	for (size_t i = 0; i < t->n_stratum_columns; i++)
		if (strlen(t->stratum_columns[i]) == n - skip &&
			memcmp(t->stratum_columns[i], name + skip, n - skip) == 0)
			return (ptrdiff_t)i;
	return -1;
}

/* --by: rising numbers of columns. */
static int read_by(const struct work_strata_request *r, size_t columns[OVERLAP_MAX_STRATA_COLUMNS],
	size_t *ret_n, struct cf_error *err)
{
	bool asked[OVERLAP_MAX_STRATA_COLUMNS] = {false};
	for (const char *at = r->by; at && *at;) {
		size_t n = strcspn(at, ",");
		ptrdiff_t column = find_column(r->table, at, n);
		if (column < 0)
			return error_set(err, CF_E_USAGE,
				"option --by names a column that is not there: the table's strata are its "
				"columns "
				"stratum_...");
		asked[column] = true;
		at += n + (at[n] == ',');
	}
	*ret_n = 0;
	for (size_t i = 0; i < r->table->n_stratum_columns; i++)
		if (asked[i])
			columns[(*ret_n)++] = i;
	return CF_OK;
}

/* The population file under way. */
struct population_file {
	struct csv_reader *csv;
	const struct strata_result *strata; /* NULL: only the total is wanted */
	size_t columns[OVERLAP_MAX_STRATA_COLUMNS];
	size_t population;
	double *by_stratum;
	double total;
};

static ptrdiff_t find_in_file(const struct csv_reader *csv, const char *name)
{
	char prefixed[256];
	(void)snprintf(prefixed, sizeof prefixed, "stratum_%s", name);
	ptrdiff_t at = csv_find_column(csv, prefixed);
	return at < 0 ? csv_find_column(csv, name) : at;
}

static int find_columns(struct population_file *f, const char *path, struct cf_error *err)
{
	ptrdiff_t at = csv_find_column(f->csv, "population");
	if (at < 0)
		return error_set_at(err, CF_E_INPUT, path, 1, 0,
			"there is no column 'population': give one with the number of inhabitants");
	f->population = (size_t)at;
	for (size_t i = 0; f->strata && i < f->strata->n_columns; i++) {
		at = find_in_file(f->csv, f->strata->columns[i]);
		if (at < 0)
			return error_set_at(err, CF_E_INPUT, path, 1, 0,
				"there is no column '%s', by which the table is divided",
				f->strata->columns[i]);
		f->columns[i] = (size_t)at;
	}
	return CF_OK;
}

static int read_number(
	const struct population_file *f, const struct csv_cell *cell, double *ret, struct cf_error *err)
{
	char *end;
	double value = strtod(cell->text, &end);
	if (cell->n == 0 || *end || !(value >= 0 && value <= 1e12))
		return csv_error(f->csv, f->population, err, "the population must be a number from 0 up");
	*ret = value;
	return CF_OK;
}

static bool is_stratum(const struct population_file *f, const struct csv_cell *cells, const struct stratum *s)
{
	for (size_t i = 0; i < f->strata->n_columns; i++)
		if (strcmp(cells[f->columns[i]].text, s->values[i]) != 0)
			return false;
	return true;
}

/* Rows of finer strata add up; rows of strata without anybody seen belong to the total. */
static int read_rows(struct population_file *f, struct cf_error *err)
{
	const struct csv_cell *cells;
	int got;
	while ((got = csv_next(f->csv, &cells, err)) > 0) {
		double value = 0;
		TRY(read_number(f, &cells[f->population], &value, err));
		f->total += value;
		for (size_t i = 0; f->strata && i < f->strata->n_strata; i++)
			if (is_stratum(f, cells, &f->strata->strata[i]))
				f->by_stratum[i] = (isnan(f->by_stratum[i]) ? 0 : f->by_stratum[i]) + value;
	}
	return got;
}

/* A rate for all needs everybody's population: what is missing is said instead. A population below the
 * persons seen is most likely in thousands. */
static int check_population(
	const char *path, const struct population_file *f, struct work_strata *s, struct cf_error *err)
{
	size_t n_missing = 0;
	size_t n = s->result ? s->result->n_strata : 0;
	for (size_t i = 0; i < n; i++) {
		n_missing += isnan(f->by_stratum[i]);
		if (f->by_stratum[i] < (double)s->result->strata[i].n_persons)
			return error_set_at(err, CF_E_INPUT, path, 0, 0,
				"the population of a stratum is smaller than the persons seen in it: give "
				"inhabitants, not thousands of them");
	}
	if (f->total < s->n_persons)
		return error_set_at(err, CF_E_INPUT, path, 0, 0,
			"the population is smaller than the persons seen: give inhabitants, not thousands of "
			"them");
	if (n_missing == 0) {
		s->population_total = f->total;
		return CF_OK;
	}
	char note[160];
	(void)snprintf(note, sizeof note,
		"For %zu of %zu strata there is no population, so that there is no rate for them and none "
		"for "
		"all.",
		n_missing, n);
	mem_free(s->note);
	s->note = mem_strdup(note);
	return s->note ? CF_OK : error_memory(err);
}

static int read_population(const char *path, struct work_strata *s, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	TRY(csv_open(path, NULL, &csv, err));
	struct population_file f = {.csv = csv, .strata = s->result};
	size_t n = s->result ? s->result->n_strata : 0;
	s->population = NEW_ARRAY(double, n);
	if (!s->population)
		return error_memory(err);
	for (size_t i = 0; i < n; i++)
		s->population[i] = NAN;
	f.by_stratum = s->population;
	TRY(find_columns(&f, path, err));
	TRY(read_rows(&f, err));
	if (!(f.total > 0))
		return error_set_at(err, CF_E_INPUT, path, 0, 0, "the population is nought");
	return check_population(path, &f, s, err);
}

static int run_strata(const struct work_strata_request *r, struct work_strata *ret, struct cf_error *err)
{
	size_t columns[OVERLAP_MAX_STRATA_COLUMNS];
	size_t n_strata;
	struct strata_plan plan = {.t = r->table, .columns = columns, .options = r->options};
	plan.method = r->report->headline == SIZE_MAX ? ESTIMATE_STEPWISE
						      : r->report->results[r->report->headline].method;
	TRY(read_by(r, columns, &plan.n_columns, err));
	TRY(strata_count(&plan, &n_strata, err));
	if (!r->by && n_strata > SHOWN_UNASKED) {
		char note[160];
		(void)snprintf(note, sizeof note,
			"The table has %zu strata, too many to show unasked: choose columns with --by.",
			n_strata);
		ret->note = mem_strdup(note);
		return ret->note ? CF_OK : error_memory(err);
	}
	return n_strata ? strata_run(&plan, r->pool, r->progress, &ret->result, err) : CF_OK;
}

int work_strata_run(const struct work_strata_request *r, struct work_strata *ret, struct cf_error *err)
{
	ret->population_total = NAN;
	ret->n_persons = (double)r->report->n_persons;
	if (r->by && r->table->n_stratum_columns == 0)
		return error_set(err, CF_E_USAGE, "option --by needs a table with columns stratum_...");
	if (r->table->n_stratum_columns)
		TRY(run_strata(r, ret, err));
	return r->population_path ? read_population(r->population_path, ret, err) : CF_OK;
}

void work_strata_done(struct work_strata *s)
{
	s->result = strata_free(s->result);
	s->note = mem_free(s->note);
	s->population = mem_free(s->population);
}

static double rate(double persons, double population)
{
	return population > 0 ? 1e5 * persons / population : NAN;
}

static void write_estimate(
	struct json *j, const char *key, const struct strata_estimate *e, double population)
{
	json_key(j, key);
	json_begin_object(j);
	json_key_number(j, "estimate", e->estimate);
	json_key_number(j, "lower", e->lower);
	json_key_number(j, "upper", e->upper);
	json_key_boolean(j, "upper_is_unbounded", e->upper_is_unbounded);
	if (!isnan(population)) {
		json_key(j, "rate_per_100000");
		json_begin_object(j);
		json_key_number(j, "estimate", rate(e->estimate, population));
		json_key_number(j, "lower", rate(e->lower, population));
		json_key_number(j, "upper", rate(e->upper, population));
		json_end(j);
	}
	json_end(j);
}

static void write_stratum(struct json *j, const struct work_strata *s, size_t i)
{
	const struct stratum *at = &s->result->strata[i];
	double population = s->population ? s->population[i] : NAN;
	json_begin_object(j);
	json_key(j, "values");
	json_begin_object(j);
	for (size_t c = 0; c < s->result->n_columns; c++)
		json_key_text(j, s->result->columns[c], at->values[c]);
	json_end(j);
	json_key_unsigned(j, "persons", at->n_persons);
	if (s->population)
		json_key_number(j, "population", population);
	json_key_text(j, "status", estimate_status_name(at->status));
	json_key_text(j, "model", at->model);
	json_key_text(j, "reason", at->reason);
	write_estimate(j, "separate", &at->separate, population);
	write_estimate(j, "shared", &at->shared, population);
	json_end(j);
}

static void write_rate(struct json *j, const struct work_strata *s, const struct estimate_report *r)
{
	json_key(j, "rate_per_100000");
	if (r->headline == SIZE_MAX || isnan(s->population_total)) {
		json_null(j);
		return;
	}
	const struct estimate_result *e = &r->results[r->headline];
	json_begin_object(j);
	json_key_text(j, "method", estimate_method_name(e->method));
	json_key_number(j, "population", s->population_total);
	json_key_number(j, "estimate", rate(e->estimate, s->population_total));
	json_key_number(j, "lower", rate(e->lower, s->population_total));
	json_key_number(j, "upper", rate(e->upper, s->population_total));
	json_end(j);
}

void work_strata_json(struct json *j, const struct work_strata *s, const struct estimate_report *r)
{
	write_rate(j, s, r);
	json_key_text(j, "strata_note", s->note);
	json_key(j, "strata");
	if (!s->result) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_key_text(j, "method", estimate_method_name(s->result->method));
	json_key_number(j, "level", s->result->level);
	json_key_unsigned(j, "without_own_estimate", s->result->n_missing);
	json_key_number(j, "spread_of_log_hidden_to_seen", s->result->spread);
	write_estimate(j, "total_separate", &s->result->separate, s->population_total);
	write_estimate(j, "total_shared", &s->result->shared, s->population_total);
	json_key(j, "strata");
	json_begin_array(j);
	for (size_t i = 0; i < s->result->n_strata; i++)
		write_stratum(j, s, i);
	json_end(j);
	json_end(j);
}

static const char *count(double value, char ret[NUMBER])
{
	(void)snprintf(ret, NUMBER, isnan(value) ? "-" : fabs(value) < 1e15 ? "%.0f" : "%.4g", value);
	return ret;
}

static const char *ends(const struct strata_estimate *e, char ret[3 * NUMBER])
{
	char lower[NUMBER];
	char upper[NUMBER];
	if (isnan(e->lower) && isnan(e->upper))
		(void)snprintf(ret, 3 * NUMBER, "-");
	else
		(void)snprintf(ret, 3 * NUMBER, "%s to %s", count(e->lower, lower),
			e->upper_is_unbounded ? "no upper end" : count(e->upper, upper));
	return ret;
}

static int write_row(struct buffer *out, uint64_t persons, const struct strata_estimate *separate,
	const struct strata_estimate *shared, double population)
{
	char numbers[2][NUMBER];
	char intervals[2][3 * NUMBER];
	TRY(buffer_printf(out, "  %8" PRIu64 " %9s %-21s %9s %-17s", persons,
		count(separate->estimate, numbers[0]), ends(separate, intervals[0]),
		count(shared->estimate, numbers[1]), ends(shared, intervals[1])));
	if (!isnan(population))
		TRY(buffer_printf(out, " %7.1f", rate(shared->estimate, population)));
	return CF_OK;
}

static int write_rates(const struct work_strata *s, const struct estimate_report *r, struct buffer *out)
{
	if (isnan(s->population_total) || r->headline == SIZE_MAX)
		return CF_OK;
	const struct estimate_result *e = &r->results[r->headline];
	TRY(buffer_printf(out, "\nPer 100,000 of a population of %.0f: %.2f", s->population_total,
		rate(e->estimate, s->population_total)));
	if (!isnan(e->lower))
		TRY(buffer_printf(out, " (%.2f to ", rate(e->lower, s->population_total)));
	if (!isnan(e->lower))
		TRY(isnan(e->upper) ? buffer_append_text(out, "no upper end)")
				    : buffer_printf(out, "%.2f)", rate(e->upper, s->population_total)));
	return buffer_printf(out, " by %s (SDG indicator 16.2.2)\n", estimate_method_name(e->method));
}

int work_strata_text(const struct work_strata *s, const struct estimate_report *r, struct buffer *out)
{
	if (s->note)
		TRY(buffer_printf(out, "\n%s\n", s->note));
	const struct strata_result *t = s->result;
	if (t) {
		bool rates = s->population != NULL;
		TRY(buffer_printf(out,
			"\nBy stratum (%s; each by itself, and sharing what they have in common):\n",
			estimate_method_name(t->method)));
		TRY(buffer_printf(out, "  %8s %9s %-21s %9s %-17s%s\n", "seen", "alone", "interval", "shared",
			"interval", rates ? " per 100,000" : ""));
		for (size_t i = 0; i < t->n_strata; i++) {
			const struct stratum *at = &t->strata[i];
			TRY(write_row(out, at->n_persons, &at->separate, &at->shared,
				rates ? s->population[i] : NAN));
			for (size_t c = 0; c < t->n_columns; c++)
				TRY(buffer_printf(out, "%s%s", c ? ", " : "  ", at->values[c]));
			TRY(buffer_append_char(out, '\n'));
		}
		TRY(write_row(out, r->n_persons, &t->separate, &t->shared, s->population_total));
		TRY(buffer_append_text(out, "  all\n"));
		if (t->n_missing)
			TRY(buffer_printf(out, "  %zu of %zu strata have no estimate of their own.\n",
				t->n_missing, t->n_strata));
	}
	return write_rates(s, r, out);
}
