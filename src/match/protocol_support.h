/*
 * For the tests of the protocol: a study of n parties with fresh keys and a plan of a few slots, and records
 * made of numbers. Include cmocka.h first.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/identity.h"
#include "match/message.h"
#include "match/records.h"
#include "match/study.h"
#include "match/tokens.h"
#include "model/person.h"

#define REQUIRE(condition)                                                                                   \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

struct test_study {
	size_t n;
	struct identity *identities[MATCH_MAX_PARTIES + 1]; /* the analyst last */
	struct buffer text;
	struct match_study *study;
};

/* Three slots, so that group operations are few. */
static const char test_plan_text[] = "[matching]\n"
				     "threshold = 100\n"
				     "max_repeats = 4\n"
				     "phone.exact = phone 150\n"
				     "email.exact = email 150\n"
				     "[key phone]\n"
				     "parts = phone.exact\n"
				     "slots = 2\n"
				     "[key email]\n"
				     "parts = email.exact\n";

static inline void test_study_init(struct test_study *t, size_t n, const char *strata)
{
	struct cf_error err = CF_ERROR_INIT;
	struct identity_card cards[MATCH_MAX_PARTIES];
	*t = (struct test_study){.n = n};
	REQUIRE(crypto_start(&err) == 0);
	for (size_t i = 0; i <= n; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, i < n ? "party %zu" : "analyst", i);
		REQUIRE(identity_new(name, &t->identities[i], &err) == 0);
		if (i < n)
			cards[i] = *identity_public(t->identities[i]);
	}
	const struct match_study_terms terms = {
		.title = "A test",
		.epoch = "2026",
		.country = "61",
		.k = 3,
		.min_records = 3,
		.max_records = 1000,
		.parties = cards,
		.n_parties = n,
		.analyst = identity_public(t->identities[n]),
		.plan_text = test_plan_text,
		.strata_text = strata,
	};
	REQUIRE(match_study_format(&terms, &t->text, &err) == 0);
	REQUIRE(match_study_parse("test", buffer_text(&t->text), t->text.n, &t->study, &err) == 0);
}

static inline void test_study_done(struct test_study *t)
{
	for (size_t i = 0; i <= t->n; i++)
		identity_free(t->identities[i]);
	buffer_done(&t->text);
	match_study_free(t->study);
}

/* n records; record i has, in every slot s for which filled(i, s), the value "i:first slot of the key +
 * place". */
static inline struct match_records *test_records(const struct match_study *s, size_t n, size_t first)
{
	struct match_records *r = NEW(struct match_records);
	REQUIRE(r);
	r->arena = arena_new(0);
	r->n = r->n_rows = n;
	r->n_slots = match_plan_n_slots(s->plan);
	r->values = NEW_ARRAY_ZERO(const char *, n * r->n_slots);
	r->stratum = NEW_ARRAY_ZERO(uint32_t, n);
	r->row_record = NEW_ARRAY_ZERO(uint32_t, n);
	REQUIRE(r->arena && r->values && r->stratum && r->row_record);
	for (size_t i = 0; i < n * r->n_slots; i++) {
		char value[64];
		(void)snprintf(value, sizeof value, "value %zu of person %zu", i % r->n_slots,
			first + i / r->n_slots);
		/* every third slot stays empty */
		if ((i / r->n_slots + i % r->n_slots) % 3)
			r->values[i] = arena_strndup(r->arena, value, strlen(value));
	}
	return r;
}

static inline void test_secrets(struct match_secrets *ret)
{
	struct cf_error err = CF_ERROR_INIT;
	struct secret *master = NULL;
	REQUIRE(secret_new_random(32, &master, &err) == 0);
	REQUIRE(match_secrets_init(master, ret, &err) == 0);
}

/* Streams over memory. */
struct test_stream {
	struct buffer bytes;
	size_t at;
};

static inline int test_stream_write(void *context, const void *data, size_t n, struct cf_error *err)
{
	struct test_stream *s = context;
	return buffer_append(&s->bytes, data, n) < 0 ? error_memory(err) : 0;
}

static inline int test_stream_read(void *context, void *to, size_t n, struct cf_error *err)
{
	struct test_stream *s = context;
	if (s->bytes.n - s->at < n)
		return error_set(err, CF_E_INPUT, "the message ends early");
	memcpy(to, s->bytes.data + s->at, n);
	s->at += n;
	return 0;
}
