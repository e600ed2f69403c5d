/* A study of three parties that is the same in every process: fixed seeds, a fixed id, three slots, two
 * strata. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/identity_parts.h"
#include "match/message.h"
#include "match/party.h"
#include "match/study.h"
#include "match/tokens.h"

enum { FUZZ_PARTIES = 3, FUZZ_RECORDS = 4 };

struct fuzz_study {
	struct identity *identities[FUZZ_PARTIES + 1];
	struct buffer text;
	struct match_study *study;
};

static inline void need(int condition, const char *what)
{
	if (!condition) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

static inline void fuzz_study_start(struct fuzz_study *f)
{
	static const char plan[] = "[matching]\nthreshold = 100\nmax_repeats = 2\nphone.exact = phone 150\n"
				   "email.exact = email 150\n[key phone]\nparts = phone.exact\nslots = 2\n"
				   "[key email]\nparts = email.exact\n";
	struct identity_card cards[FUZZ_PARTIES];
	need(crypto_start(NULL) == 0, "start");
	for (uint8_t i = 0; i <= FUZZ_PARTIES; i++) {
		const uint8_t sign[32] = {1, i};
		const uint8_t box[32] = {2, i};
		char name[16];
		(void)snprintf(name, sizeof name, i < FUZZ_PARTIES ? "party%d" : "analyst", i);
		need(identity_from_seeds(name, sign, box, &f->identities[i], NULL) == 0, "identity");
		if (i < FUZZ_PARTIES)
			cards[i] = *identity_public(f->identities[i]);
	}
	const struct match_study_terms terms = {
		.title = "fuzz",
		.epoch = "2026",
		.k = 2,
		.min_records = 2,
		.max_records = 100,
		.parties = cards,
		.n_parties = FUZZ_PARTIES,
		.analyst = identity_public(f->identities[FUZZ_PARTIES]),
		.plan_text = plan,
		.strata_text = "[strata]\nk = 2\nsex = female, male\n",
	};
	need(match_study_format(&terms, &f->text, NULL) == 0, "format");
	char *id = strstr(f->text.data, "\nid = ");
	need(id != NULL, "id");
	memset(id + strlen("\nid = "), 'a', 2 * (size_t)MATCH_STUDY_ID_BYTES);
	need(match_study_parse("fuzz", f->text.data, f->text.n, &f->study, NULL) == 0, "parse");
}

/* Payload bytes as a stream. */
struct fuzz_stream {
	const uint8_t *data;
	size_t n;
};

static inline int fuzz_read(void *context, void *to, size_t n, struct cf_error *err)
{
	struct fuzz_stream *s = context;
	if (s->n < n)
		return error_set(err, CF_E_INPUT, "the message ends early");
	memcpy(to, s->data, n);
	s->data += n;
	s->n -= n;
	return 0;
}
