/*
 * Clustering five lists of growing length with the shipped plan: CPU-microseconds a record, beside sorting
 * the same tokens' first eight bytes with qsort in the same run, and the memory taken beside the tokens. Cost
 * that is linear shows as figures that grow no more than the caches of the machine explain. Each size runs in
 * a process of its own, so that peaks of memory are its own. Tokens are made of numbers: a person stands on
 * each list with probability 0.4, and each of a record's slots is spoilt with probability 0.2.
 */
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ini.h"
#include "base/random.h"
#include "bench.h"
#include "match/cluster.h"

enum { N_LISTS = 5 };

static struct match_plan *shipped_plan(void)
{
	const char *keys = match_plan_default_text();
	struct ini *ini = NULL;
	struct match_plan *plan = NULL;
	need(ini_parse("keys.ini", keys, strlen(keys), &ini, NULL) == 0, "keys");
	need(match_plan_parse(ini, &plan, NULL) == 0, "plan");
	ini_free(ini);
	return plan;
}

static void write_token(uint64_t seed, uint64_t number, uint8_t *to)
{
	struct random_stream r;
	random_init(&r, seed, number);
	for (size_t i = 0; i < MATCH_TOKEN_BYTES; i += sizeof(uint64_t)) {
		const uint64_t bits = random_bits(&r);
		memcpy(to + i, &bits, sizeof bits);
	}
}

/* n records of the persons 0, 1, 2, ... */
static void make_list(size_t list, size_t n, size_t n_slots, uint8_t *tokens)
{
	struct random_stream r;
	random_init(&r, 3, list);
	uint64_t person = 0;
	for (size_t i = 0; i < n; i++) {
		while (random_uniform(&r) >= 0.4)
			person++;
		for (size_t s = 0; s < n_slots; s++) {
			const bool spoilt = random_uniform(&r) < 0.2;
			write_token(spoilt ? 10 + list : 4, spoilt ? i * n_slots + s : person * n_slots + s,
				tokens + (i * n_slots + s) * MATCH_TOKEN_BYTES);
		}
		person++;
	}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a;
	const uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static double sort_tokens(const struct match_token_list *lists, size_t n_slots)
{
	const size_t n = lists[0].n * N_LISTS * n_slots;
	uint64_t *heads = malloc(n * sizeof *heads);
	need(heads != NULL, "memory");
	for (size_t l = 0, at = 0; l < N_LISTS; l++)
		for (size_t i = 0; i < lists[l].n * n_slots; i++)
			memcpy(&heads[at++], lists[l].tokens + i * MATCH_TOKEN_BYTES, sizeof *heads);
	double took = cpu_seconds();
	qsort(heads, n, sizeof *heads, by_value);
	took = cpu_seconds() - took;
	free(heads);
	return took;
}

static void measure(const struct match_plan *plan, size_t n)
{
	const size_t n_slots = match_plan_n_slots(plan);
	struct match_token_list lists[N_LISTS];
	struct match_clusters *clusters = NULL;
	for (size_t l = 0; l < N_LISTS; l++) {
		uint8_t *tokens = malloc(n * n_slots * MATCH_TOKEN_BYTES);
		need(tokens != NULL, "memory");
		make_list(l, n, n_slots, tokens);
		lists[l] = (struct match_token_list){.name = "list", .n = n, .tokens = tokens};
	}
	const double before = peak_mebibytes();
	double took = cpu_seconds();
	need(match_cluster(plan, lists, N_LISTS, NULL, &clusters, NULL) == 0, "clustering");
	took = cpu_seconds() - took;
	const double taken = peak_mebibytes() - before;
	const double sorting = sort_tokens(lists, n_slots);
	const double records = (double)n * N_LISTS;
	(void)printf("%d x %6zu %9zu clusters %7.2f CPU-us a record  %.2f times qsort  %7.1f MiB, %5.0f "
		     "bytes a record\n",
		N_LISTS, n, clusters->n_clusters, took / records * 1e6, took / sorting, taken,
		taken * 1048576 / records);
	(void)fflush(stdout);
}

int main(void)
{
	static const size_t sizes[] = {1000, 10000, 50000};
	struct match_plan *plan = shipped_plan();
	print_machine();
	(void)printf("%zu slots a record\n", match_plan_n_slots(plan));
	(void)fflush(stdout);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const pid_t child = fork();
		need(child >= 0, "fork");
		if (child == 0) {
			measure(plan, sizes[i]);
			_exit(0);
		}
		int status = 0;
		need(waitpid(child, &status, 0) == child && status == 0, "a measurement");
	}
	match_plan_free(plan);
	return 0;
}
