/*
 * simulate: the lists of five organisations about invented persons, with the truth beside them.
 * docs/simulation.md describes the model.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "lists.h"

/* ROWS_PER_1000 is what the model gives on average: the test of the marginals holds it to that. */
enum { DEFAULT_PERSONS = 6200, ROWS_PER_1000 = 650 };
static const uint64_t DEFAULT_SEED = 1;
static const uint64_t MAX_PERSONS = 1000000000;

struct options {
	const char *folder;
	uint64_t n_persons;
	uint64_t seed;
	unsigned lists; /* bit set */
};

static const char usage_text[] =
	"usage: simulate --out DIR [--persons N | --rows N] [--seed S] [--lists NAME,...]\n"
	"\n"
	"Writes one CSV a list, truth.csv and truth_overlap.csv. All persons are invented.\n"
	"  --out DIR        made when it is not there\n"
	"  --persons N      size of the population, seen and unseen (6200)\n"
	"  --rows N         instead: a population that gives about N rows in all five lists\n"
	"  --seed S         the same seed gives the same bytes on every machine (1)\n"
	"  --lists NAMES    of police, shelter, hotline, border, labour; all by default\n";

static int complain(const char *message, const char *what)
{
	(void)fprintf(stderr, "simulate: %s%s\n%s", message, what, usage_text);
	return error_exit_code(CF_E_USAGE);
}

static bool read_number(const char *text, uint64_t most, uint64_t *ret)
{
	char *end = NULL;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || value > most)
		return false;
	*ret = value;
	return true;
}

static bool read_lists(const char *text, unsigned *ret)
{
	unsigned lists = 0;
	while (*text) {
		size_t n = strcspn(text, ",");
		int found = -1;
		for (int i = 0; i < MODEL_N_LISTS; i++)
			if (strlen(model_lists[i].name) == n && memcmp(model_lists[i].name, text, n) == 0)
				found = i;
		if (found < 0)
			return false;
		lists |= 1u << found;
		text += n + (text[n] == ',');
	}
	*ret = lists;
	return lists != 0;
}

/* False when the option or its value is wrong. */
static bool take_option(const char *name, const char *value, struct options *o)
{
	uint64_t rows = 0;
	if (strcmp(name, "--out") == 0) {
		o->folder = value;
		return true;
	}
	if (strcmp(name, "--persons") == 0)
		return read_number(value, MAX_PERSONS, &o->n_persons);
	if (strcmp(name, "--seed") == 0)
		return read_number(value, UINT64_MAX, &o->seed);
	if (strcmp(name, "--lists") == 0)
		return read_lists(value, &o->lists);
	if (strcmp(name, "--rows") != 0 || !read_number(value, MAX_PERSONS / 2, &rows))
		return false;
	o->n_persons = rows * 1000 / ROWS_PER_1000;
	return true;
}

static int simulate(const struct options *o, struct cf_error *err)
{
	CF_CLEANUP_NAMES struct names *names = NULL;
	CF_CLEANUP_SIM_LISTS struct sim_lists *lists = NULL;
	TRY(file_make_folder(o->folder, 0755, err));
	TRY(names_new(&names, err));
	TRY(sim_lists_new(o->seed, o->n_persons, &lists, err));
	for (int list = 0; list < MODEL_N_LISTS; list++)
		if (o->lists >> list & 1u)
			TRY(sim_list_write(lists, names, list, o->folder, err));
	return sim_truth_write(&lists->truth, o->lists, o->folder, err);
}

int main(int argc, char **argv)
{
	struct options o = {NULL, DEFAULT_PERSONS, DEFAULT_SEED, (1u << MODEL_N_LISTS) - 1};
	struct cf_error err = CF_ERROR_INIT;
	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--help") == 0)
			return fputs(usage_text, stdout) < 0 ? error_exit_code(CF_E_IO) : 0;
		if (i + 1 == argc)
			return complain("no value after ", argv[i]);
		if (!take_option(argv[i], argv[i + 1], &o))
			return complain("cannot make sense of ", argv[i]);
	}
	if (!o.folder)
		return complain("--out DIR is missing", "");
	if (simulate(&o, &err) == 0)
		return 0;
	(void)fprintf(stderr, "simulate: %s\n", err.message);
	return error_exit_code(err.code);
}
