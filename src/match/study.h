/*
 * The study file: one readable ini text that holds everything the parties agree on, who they are, what is
 * compared, how it is counted. Its bytes are hashed; every party signs that hash when it joins and every
 * message carries it, so two parties with different texts notice at once. Sections: [study], [party] (one for
 * each, in the order of the ring), [analyst], [strata], [matching] and [key NAME], and [columns PARTY] where
 * a party's column names are agreed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/ini.h"
#include "base/mem.h"
#include "crypto/identity.h"
#include "crypto/secret.h"
#include "match/plan.h"
#include "match/strata.h"

enum {
	MATCH_STUDY_ID_BYTES = 16,
	MATCH_STUDY_MAX_BYTES = 1 << 20,
	MATCH_MIN_PARTIES = 2,
	MATCH_MAX_PARTIES = 20,
	MATCH_MAX_RECORDS = 10000000,
	MATCH_DEFAULT_MAX_RECORDS = 1000000,
	MATCH_DEFAULT_K = 10,
	MATCH_MIN_K = 2,
	MATCH_MAX_K = 1000,
	MATCH_TITLE_MAX = 200,
	MATCH_EPOCH_MAX = 32,
};

/* The domain under which the bytes of a study file are hashed. */
#define MATCH_STUDY_HASH_DOMAIN "counterfoil study v1"
/* The one suite of this version; a study file that names another is refused. */
#define MATCH_SUITE "ristretto255_XMD:SHA-512_R255MAP_RO_"
/* The domain tag of hash-to-group. */
#define MATCH_HASH_TAG "counterfoil-match-v1-" MATCH_SUITE

/* Members are owned. The analyst's number is n_parties. */
struct match_study {
	char *title;
	char *epoch;   /* the agreed period; one run for each */
	char *country; /* calling code digits; NULL: none agreed */
	uint8_t id[MATCH_STUDY_ID_BYTES];
	uint8_t hash[CRYPTO_HASH_BYTES]; /* of the file's bytes */
	uint32_t k;
	uint32_t min_records; /* of each list */
	uint32_t max_records;
	size_t n_parties;
	struct identity_card *parties;
	struct identity_card analyst;
	struct match_plan *plan;
	struct match_strata *strata; /* NULL: none */
	struct ini *ini;             /* the whole file, for [columns PARTY] */
};

/* name is used in messages. CF_E_INPUT with the line for anything missing, doubled, unknown or out of range.
 */
int match_study_parse(const char *name, const char *data, size_t n, struct match_study **ret,
	struct cf_error *err) CF_MUST_USE;
struct match_study *match_study_free(struct match_study *s);
CF_DEFINE_CLEANUP(struct match_study, match_study_free);
#define CF_CLEANUP_STUDY CF_CLEANUP(match_study_free_ptr)

/* What a new study is made of. A fresh id is drawn. plan_text and strata_text are whole ini sections
 * (match_plan_format, match_strata_default_text); extra_text (may be NULL) is appended as it is. */
struct match_study_terms {
	const char *title;
	const char *epoch;
	const char *country; /* may be NULL */
	uint32_t k;
	uint32_t min_records;
	uint32_t max_records;
	const struct identity_card *parties;
	size_t n_parties;
	const struct identity_card *analyst;
	const char *plan_text;
	const char *strata_text; /* may be NULL */
	const char *extra_text;  /* may be NULL */
};
int match_study_format(const struct match_study_terms *terms, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;

/* The card of a party or, for number n_parties, of the analyst. */
const struct identity_card *match_study_card(const struct match_study *s, size_t number);
/* The number whose card has this signing key and box key; n_parties for the analyst; SIZE_MAX for nobody. */
size_t match_study_find(const struct match_study *s, const struct identity_card *card);
/* Joint stratum codes of a record; 1 without strata. */
uint32_t match_study_n_codes(const struct match_study *s);
/* The first half of the study's hash in groups of four digits, for reading aloud. ret holds 40 bytes. */
void match_study_fingerprint(const struct match_study *s, char ret[40]);
