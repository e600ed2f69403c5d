#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "lists.h"
#include "model/overlap.h"

static const char *const sex_names[SIM_N_SEXES] = {"female", "male", "other"};

/* The pattern among the chosen lists only, numbered from 0 in their order. */
static uint32_t project(unsigned pattern, unsigned lists)
{
	uint32_t projected = 0;
	uint32_t bit = 1;
	for (int list = 0; list < MODEL_N_LISTS; list++)
		if (lists >> list & 1u) {
			projected |= pattern >> list & 1u ? bit : 0;
			bit <<= 1;
		}
	return projected;
}

static uint64_t count_seen(const struct sim_truth *t, unsigned lists)
{
	uint64_t n = 0;
	for (size_t sex = 0; sex < SIM_N_SEXES; sex++)
		for (unsigned pattern = 1; pattern < 1u << MODEL_N_LISTS; pattern++)
			n += pattern & lists ? t->persons[sex][pattern] : 0;
	return n;
}

static int line(struct buffer *out, const char *what, const char *of, uint64_t value)
{
	return buffer_printf(out, "%s%s%s,%" PRIu64 "\n", what, of ? "_" : "", of ? of : "", value);
}

static int put_truth(const struct sim_truth *t, unsigned lists, struct buffer *out)
{
	TRY(buffer_append_text(out, "name,value\n"));
	TRY(line(out, "seed", NULL, t->seed));
	TRY(line(out, "population", NULL, t->n_persons));
	TRY(line(out, "seen", NULL, count_seen(t, lists)));
	for (size_t sex = 0; sex < SIM_N_SEXES; sex++) {
		uint64_t n = 0;
		for (unsigned pattern = 0; pattern < 1u << MODEL_N_LISTS; pattern++)
			n += t->persons[sex][pattern];
		TRY(line(out, "population", sex_names[sex], n));
	}
	for (size_t form = 0; form < SIM_N_FORMS; form++)
		TRY(line(out, "population", model_forms[form].name, t->forms[form]));
	for (int list = 0; list < MODEL_N_LISTS; list++) {
		if (!(lists >> list & 1u))
			continue;
		TRY(line(out, "rows", model_lists[list].name, t->rows[list]));
		TRY(line(out, "persons", model_lists[list].name, count_seen(t, 1u << list)));
	}
	return 0;
}

static int fill_overlap(
	const struct sim_truth *t, unsigned lists, struct overlap_table *table, struct cf_error *err)
{
	const char *const columns[] = {"sex"};
	TRY(overlap_set_stratum_columns(table, 1, columns, err));
	for (size_t sex = 0; sex < SIM_N_SEXES; sex++) {
		uint32_t stratum = 0;
		TRY(overlap_stratum(table, &sex_names[sex], &stratum, err));
		for (unsigned pattern = 1; pattern < 1u << MODEL_N_LISTS; pattern++)
			if (pattern & lists)
				TRY(overlap_add(table, project(pattern, lists), stratum,
					t->persons[sex][pattern], err));
	}
	return 0;
}

static int put_overlap(const struct sim_truth *t, unsigned lists, struct buffer *out, struct cf_error *err)
{
	const char *names[MODEL_N_LISTS];
	size_t n = 0;
	for (int list = 0; list < MODEL_N_LISTS; list++)
		if (lists >> list & 1u)
			names[n++] = model_lists[list].name;
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	TRY(overlap_new(n, names, &table, err));
	TRY(fill_overlap(t, lists, table, err));
	return overlap_format(table, out) < 0 ? error_memory(err) : 0;
}

static int write_text(const char *folder, const char *name, const struct buffer *text, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = file_path(folder, name);
	if (!path)
		return error_memory(err);
	return file_write_atomic(path, text->data, text->n, 0644, err);
}

int sim_truth_write(const struct sim_truth *truth, unsigned lists, const char *folder, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	if (put_truth(truth, lists, &text) < 0)
		return error_memory(err);
	TRY(write_text(folder, "truth.csv", &text, err));
	buffer_clear(&text);
	TRY(put_overlap(truth, lists, &text, err));
	return write_text(folder, "truth_overlap.csv", &text, err);
}
