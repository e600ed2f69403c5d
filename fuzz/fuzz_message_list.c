/*
 * Lists on their way. The first byte chooses the strata that were joined; the rest is the payload, in which a
 * byte before each slot decides whether it holds what follows or a good element made from it (so that not
 * every input ends at the first element). Read, checked and raised, it is refused or comes out as valid
 * elements.
 */
#include "study_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct fuzz_study f;
static struct match_secrets secrets;

static void start(void)
{
	struct secret *master = NULL;
	fuzz_study_start(&f);
	need(secret_new(32, &master, NULL) == 0, "secret");
	need(match_secrets_init(master, &secrets, NULL) == 0, "secrets");
}

/* The bytes as they are, but slots whose byte is odd become elements by the one-way map. */
static void make_payload(const uint8_t *data, size_t n, struct buffer *out)
{
	const size_t n_slots = match_plan_n_slots(f.study->plan);
	for (size_t record = 0; n >= 2; record++) {
		need(buffer_append(out, data, 2) == 0, "memory");
		data += 2;
		n -= 2;
		for (size_t slot = 0; slot < n_slots && n > 0; slot++) {
			uint8_t seed[64] = {0};
			uint8_t element[GROUP_ELEMENT_BYTES];
			size_t have = n - 1 < GROUP_ELEMENT_BYTES ? n - 1 : GROUP_ELEMENT_BYTES;
			memcpy(seed, data + 1, have);
			if (*data & 1)
				group_element_from_uniform(seed, element);
			else
				memcpy(element, seed, sizeof element);
			need(buffer_append(out, element, *data & 2 ? have : sizeof element) == 0, "memory");
			data += 1 + have;
			n -= 1 + have;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP(buffer_done) struct buffer payload = BUFFER_INIT;
	CF_CLEANUP_TOKENS struct match_tokens *tokens = NULL;
	CF_CLEANUP_FREE uint32_t *order = NULL;
	static const struct match_work alone;
	struct cf_error err = CF_ERROR_INIT;
	if (!f.study)
		start();
	if (n < 1 || n > 2000)
		return 0;
	uint32_t counts[3] = {data[0] % 3, data[0] / 3 % 3, 0};
	counts[2] = FUZZ_RECORDS - counts[0] - counts[1];
	const struct match_join join = {.party = 1, .n_records = FUZZ_RECORDS, .stratum_counts = counts};
	make_payload(data + 1, n - 1, &payload);
	struct fuzz_stream stream = {.data = (const uint8_t *)buffer_text(&payload), .n = payload.n};
	const struct match_source source = {.read = fuzz_read, .context = &stream};
	int status = match_tokens_read(f.study, FUZZ_RECORDS, &source, &tokens, &err);
	if (status == 0)
		status = match_tokens_check(f.study, &join, tokens, &err);
	if (status == 0)
		status = match_tokens_raise(tokens, &secrets, &alone, &err);
	if (status == 0)
		status = match_tokens_shuffle(f.study, tokens, 1, &secrets, &order, &err);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	if (status == 0)
		need(match_tokens_check_elements(tokens, &alone, NULL) == 0, "what comes out is valid");
	return 0;
}
