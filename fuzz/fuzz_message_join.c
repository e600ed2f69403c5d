/*
 * Joins. The first byte: odd, the rest is signed here by the party that bits 1 and 2 name, with the study's
 * hash put in when bit 3 is set, so that the body's own checks are met; even, the rest is taken as it came.
 * What is accepted encodes to the same bytes again.
 */
#include "study_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct fuzz_study f;

static void check_accepted(const struct match_join *j, size_t party, const struct buffer *text)
{
	struct buffer again = BUFFER_INIT;
	uint64_t sum = 0;
	need(j->party == party, "party");
	need(j->n_records >= f.study->min_records && j->n_records <= f.study->max_records, "size");
	for (size_t i = 0; i < match_study_n_codes(f.study); i++)
		sum += j->stratum_counts[i];
	need(sum == j->n_records, "strata");
	need(match_join_encode(f.study, j, f.identities[party], &again, NULL) == 0, "encode");
	need(again.n == text->n && memcmp(again.data, text->data, text->n) == 0,
		"one encoding for each join");
	buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct match_join join = {0};
	struct cf_error err = CF_ERROR_INIT;
	if (!f.study)
		fuzz_study_start(&f);
	if (n < 1 || n > 1000)
		return 0;
	const size_t party = (data[0] >> 1) % FUZZ_PARTIES;
	need(buffer_append(&text, data + 1, n - 1) == 0, "memory");
	if (data[0] & 8 && text.n >= 40)
		memcpy(text.data + 8, f.study->hash, sizeof f.study->hash);
	if (data[0] & 1) {
		uint8_t signature[IDENTITY_SIGNATURE_BYTES];
		need(identity_sign(f.identities[party], "counterfoil join v1", buffer_text(&text), text.n,
			     signature, NULL) == 0,
			"sign");
		need(buffer_append(&text, signature, sizeof signature) == 0, "memory");
	}
	int status = match_join_decode(f.study, party, buffer_text(&text), text.n, &join, &err);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	if (status == 0)
		check_accepted(&join, party, &text);
	match_join_done(&join);
	return 0;
}
