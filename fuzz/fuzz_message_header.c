/*
 * Headers of messages. The first byte says who receives (bits 0 and 1), whether all joins are there (bit 2),
 * and whether the study's id, hash and the roster are put in (bit 3), so that the step itself is judged.
 * Whatever is taken is one of the agreed messages.
 */
#include "study_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_taken(const struct match_party *p, const struct match_header *h)
{
	need(h->sender < FUZZ_PARTIES && h->receiver == p->self && h->sender != p->self, "who");
	if (h->kind == MATCH_MESSAGE_JOIN) {
		need(h->round == 0 && h->list == h->sender, "join");
		return;
	}
	need(h->list < FUZZ_PARTIES && h->round >= 1 && h->round <= FUZZ_PARTIES, "list");
	need(match_ring_sender(p->study, h->list, h->round) == h->sender, "sender");
	need(match_ring_receiver(p->study, h->list, h->round) == p->self, "receiver");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fuzz_study f;
	struct match_party p;
	struct match_header h;
	struct cf_error err = CF_ERROR_INIT;
	enum match_verdict verdict;
	uint8_t bytes[MATCH_HEADER_BYTES];
	if (!f.study)
		fuzz_study_start(&f);
	if (n < 1 + MATCH_HEADER_BYTES)
		return 0;
	match_party_init(&p, f.study, data[0] % 4);
	for (size_t i = 0; i < FUZZ_PARTIES; i++)
		p.joins_in[i].there = data[0] & 4;
	memset(p.roster, 0x77, sizeof p.roster);
	int status = match_header_decode(data + 1, &h, &err);
	if (status < 0) {
		need(err.code == status && err.message[0], "a failure says why");
		return 0;
	}
	match_header_encode(&h, bytes);
	need(memcmp(bytes, data + 1, sizeof bytes) == 0, "one encoding for each header");
	if (data[0] & 8) {
		memcpy(h.study_id, f.study->id, sizeof h.study_id);
		memcpy(h.study_hash, f.study->hash, sizeof h.study_hash);
		if (h.kind == MATCH_MESSAGE_TOKENS)
			memcpy(h.roster, p.roster, sizeof h.roster);
	}
	status = match_party_judge(&p, &h, &verdict, &err);
	need(status == 0 || (status == CF_E_REFUSED && err.code == status), "a refusal says why");
	if (status == 0)
		check_taken(&p, &h);
	return 0;
}
