/* The content of a revision, as it stands behind its seal, and the seal itself: what is read back is written
 * again and must be the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void write_again(const struct store_record *r, const uint8_t *data, size_t n)
{
	struct buffer out = BUFFER_INIT;
	const struct store_item item = {.person_id = r->person_id,
		.case_id = r->case_id,
		.columns = r->columns,
		.n_columns = r->n_columns,
		.terms = r->terms,
		.n_terms = r->n_terms,
		.payload = r->payload,
		.n_payload = r->n_payload,
		.source_id = r->source_id};
	const struct store_reason why = {r->reason, r->source};
	if (content_encode(&item, &why, &out, NULL) < 0 || out.n != n || memcmp(out.data, data, n) != 0)
		abort();
	wipe_buffer(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t key[VAULT_KEY_BYTES] = {1};
	struct store s = {.generation = 1};
	struct store_record record = STORE_RECORD_INIT;
	struct cf_error err = CF_ERROR_INIT;
	const struct place place = {.entity = "person", .revision = 1, .author = "anna"};
	if (crypto_start(NULL) < 0)
		abort();
	record.arena = arena_new(64 << 20);
	uint8_t *opened = malloc(n + 1);
	if (!record.arena || !opened)
		abort();
	/* bytes that nobody sealed do not open */
	if (content_open(&s, key, &place, data, n, opened) == 0)
		abort();
	int status = content_decode(data, n, &record, &err);
	if (status == 0)
		write_again(&record, data, n);
	else if (err.code != status || !err.message[0])
		abort();
	store_record_done(&record);
	free(opened);
	return 0;
}
