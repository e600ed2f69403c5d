/* Study files: refused with a reason, or a study within its limits. */
#include "study_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_STUDY struct match_study *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	static int started;
	if (!started)
		need(crypto_start(NULL) == 0, "start");
	started = 1;
	int status = match_study_parse("study", (const char *)data, n, &s, &err);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	if (status < 0)
		return 0;
	need(s->n_parties >= MATCH_MIN_PARTIES && s->n_parties <= MATCH_MAX_PARTIES, "parties");
	need(s->min_records >= 1 && s->min_records <= s->max_records && s->max_records <= MATCH_MAX_RECORDS,
		"limits");
	need(s->k >= 1 && s->title[0] && s->epoch[0] && s->analyst.name[0], "whole");
	need(match_plan_n_slots(s->plan) >= 1 && match_plan_n_slots(s->plan) <= MATCH_MAX_SLOTS, "slots");
	need(match_study_n_codes(s) >= 1 && match_study_n_codes(s) <= MATCH_MAX_STRATUM_CODES, "strata");
	return 0;
}
