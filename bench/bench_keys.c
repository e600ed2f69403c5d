/*
 * From persons to match keys: how many persons a CPU-second are read, normalised, made into the slots of the
 * shipped plan, and deduplicated into records, over the five lists of data/example, beside reading their CSV
 * alone in the same run.
 */
#include "base/csv.h"
#include "bench.h"
#include "intake/columns.h"
#include "match/records.h"
#include "match/values.h"

enum { N_LISTS = 5 };
static const char *const names[N_LISTS] = {"police", "shelter", "hotline", "border", "labour"};

struct bench {
	char paths[N_LISTS][4096];
	struct match_plan *plan;
	struct person_list *lists[N_LISTS];
	size_t n;
};

static void read_csv(void *context)
{
	struct bench *b = context;
	b->n = 0;
	for (size_t i = 0; i < N_LISTS; i++) {
		const struct csv_cell *cells;
		struct csv_reader *csv = NULL;
		int status;
		need(csv_open(b->paths[i], NULL, &csv, NULL) == 0, "open");
		while ((status = csv_next(csv, &cells, NULL)) > 0)
			b->n++;
		need(status == 0, "read");
		csv_close(csv);
	}
}

static void read_persons(void *context)
{
	struct bench *b = context;
	static const char *const ignore[] = {"truth_person"};
	for (size_t i = 0; i < N_LISTS; i++) {
		const struct intake_options o = {
			.list_name = names[i], .ignore = ignore, .n_ignore = 1, .country = "999"};
		b->lists[i] = person_list_free(b->lists[i]);
		need(intake_read_persons(b->paths[i], &o, &b->lists[i], NULL, NULL) == 0, "persons");
	}
}

static void make_values(void *context)
{
	struct bench *b = context;
	const char *slots[MATCH_MAX_SLOTS];
	struct arena *scratch = arena_new(0);
	struct arena *keep = arena_new(0);
	need(scratch && keep, "memory");
	for (size_t i = 0; i < N_LISTS; i++)
		for (size_t p = 0; p < b->lists[i]->n; p++) {
			arena_reset(keep);
			need(match_values(b->plan, &b->lists[i]->persons[p], scratch, keep, slots) == 0,
				"values");
		}
	arena_free(scratch);
	arena_free(keep);
}

static void make_records(void *context)
{
	struct bench *b = context;
	for (size_t i = 0; i < N_LISTS; i++) {
		struct match_records *r = NULL;
		need(match_records_new(b->lists[i], b->plan, NULL, NULL, &r, NULL) == 0, "records");
		match_records_free(r);
	}
}

static double measure(const char *name, void (*run)(void *), struct bench *b, double base)
{
	const double took = best_cpu(run, b);
	(void)printf("%-46s %9.0f persons per CPU-s", name, (double)b->n / took);
	if (base > 0)
		(void)printf("   %.1f times the reading", took / base);
	(void)printf("\n");
	return took;
}

int main(void)
{
	struct bench b = {0};
	struct ini *ini = NULL;
	const char *root = getenv("CF_SOURCE_ROOT");
	const char *keys = match_plan_default_text();
	for (size_t i = 0; i < N_LISTS; i++)
		(void)snprintf(
			b.paths[i], sizeof b.paths[i], "%s/data/example/%s.csv", root ? root : ".", names[i]);
	need(ini_parse("keys.ini", keys, strlen(keys), &ini, NULL) == 0, "keys");
	need(match_plan_parse(ini, &b.plan, NULL) == 0, "plan");
	print_machine();
	const double reading = measure("reading the CSV alone", read_csv, &b, 0);
	(void)measure("reading and normalising, in two passes", read_persons, &b, reading);
	(void)measure("slots of the shipped plan", make_values, &b, reading);
	(void)measure("records (slots twice, duplicates, repeats)", make_records, &b, reading);
	(void)printf("%zu persons, %zu keys, %zu slots\n", b.n, match_plan_n_keys(b.plan),
		match_plan_n_slots(b.plan));
	for (size_t i = 0; i < N_LISTS; i++)
		person_list_free(b.lists[i]);
	match_plan_free(b.plan);
	ini_free(ini);
	return 0;
}
