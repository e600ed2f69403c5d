/*
 * An overlap table from outside, and a model's name: the first line is the model, the rest the table. What is
 * read is written and read again the same; and with few lists it is estimated from, which must end in an
 * answer or a reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/estimate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void read_again(const struct overlap_table *t)
{
	CF_CLEANUP(buffer_done) struct buffer first = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer second = BUFFER_INIT;
	CF_CLEANUP_OVERLAP struct overlap_table *same = NULL;
	struct cf_error err = CF_ERROR_INIT;
	must(overlap_format(t, &first) == 0);
	must(overlap_parse("again", first.data, first.n, &same, &err) == 0);
	must(overlap_format(same, &second) == 0);
	must(strcmp(buffer_text(&first), buffer_text(&second)) == 0);
}

static void estimate_from(const struct overlap_table *t, const char *model)
{
	CF_CLEANUP_ESTIMATE struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << ESTIMATE_MAIN | 1u << ESTIMATE_STEPWISE | 1u << ESTIMATE_COVERAGE |
		    1u << ESTIMATE_CHAO | 1u << ESTIMATE_ZELTERMAN | 1u << ESTIMATE_CLASSES;
	/* the fewest that are taken: what a run costs is the same for any table */
	o.sampling = (struct estimate_sampling){
		.n_classes = 2, .n_chains = 2, .n_draws = 16, .n_burn_in = 1, .n_thin = 1};
	/* graphs need tables of no more than a few persons to be quick */
	if (t->n_lists <= 3 && overlap_n_persons(t) < 10000)
		o.methods |= 1u << ESTIMATE_GRAPHS;
	o.model = model[0] ? model : NULL;
	o.n_bootstrap = 3;
	int status = estimate_run(t, &o, NULL, NULL, &r, &err);
	must(status == 0 || err.message[0]);
	for (size_t i = 0; r && i < r->n_results; i++)
		must((r->results[i].status == ESTIMATE_IDENTIFIED) == (r->results[i].reason == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char model[200];
	const uint8_t *end = memchr(data, '\n', n);
	size_t length = end ? (size_t)(end - data) : 0;
	if (!end || length >= sizeof model)
		return 0;
	memcpy(model, data, length);
	model[length] = '\0';
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	int status = overlap_parse("fuzz", (const char *)end + 1, n - length - 1, &t, &err);
	must(status == 0 || (err.code == status && err.message[0]));
	if (status < 0)
		return 0;
	read_again(t);
	if (t->n_lists <= 5)
		estimate_from(t, model);
	return 0;
}
