/*
 * How many victims has no list seen? Chan, Silverman and Vincent's table of five lists
 * (data/estimate/Western.csv) from C. Build with: cc example.c $(pkg-config --cflags --libs counterfoil)
 */
#include <counterfoil/estimate.h>
#include <stdio.h>

/* Persons seen on exactly the lists whose bits are set: bit 0 for A, bit 4 for E. */
static void western(uint64_t counts[32])
{
	enum { A = 1, B = 2, C = 4, D = 8, E = 16 };
	counts[A] = 52;
	counts[B] = 90;
	counts[C] = 114;
	counts[D] = 45;
	counts[E] = 21;
	counts[A | C] = 4;
	counts[A | D] = 2;
	counts[A | E] = 5;
	counts[B | C] = 6;
	counts[B | D] = 1;
	counts[D | E] = 3;
	counts[A | C | E] = 1;
	counts[B | C | D] = 1;
}

static void print_result(const struct cf_estimate_report *report, int32_t i)
{
	struct cf_estimate_result r = {.struct_size = sizeof r};
	if (cf_estimate_get(report, i, &r) < 0)
		return;
	const char *name = cf_estimate_method_name(r.method);
	if (r.status == CF_ESTIMATE_IDENTIFIED)
		printf("%-8s %6.0f persons, %.0f to %.0f, model %s\n", name, r.estimate, r.lower, r.upper,
			cf_estimate_model(report, i));
	else
		printf("%-8s no estimate: %s\n", name, cf_estimate_reason(report, i));
}

int main(void)
{
	uint64_t counts[32] = {0};
	struct cf_estimate_options options;
	struct cf_estimate_report *report = NULL;
	char message[256];
	western(counts);
	if (cf_estimate_defaults(&options, sizeof options) < 0)
		return 2;
	options.n_bootstrap = 1000;
	options.stability = 1;
	if (cf_estimate_run(5, counts, &options, &report, message, sizeof message) < 0) {
		fprintf(stderr, "%s\n", message);
		return 2;
	}
	for (int32_t i = 0; i < cf_estimate_n_results(report); i++)
		print_result(report, i);
	for (int32_t i = 0; i < cf_estimate_n_verdict_reasons(report); i++)
		printf("[%s] %s\n", cf_estimate_verdict_rule(report, i),
			cf_estimate_verdict_reason(report, i));
	cf_estimate_free(report);
	return 0;
}
