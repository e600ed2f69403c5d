/*
 * A list of blinded records: blinding one's own, reading another's from a message, checking, raising and
 * shuffling it, writing it to the next. One list is in memory at a time: n * (2 + 32 * slots) bytes. Streams
 * are a pair of functions, so that this engine opens nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "crypto/group.h"
#include "crypto/secret.h"
#include "match/message.h"
#include "match/records.h"
#include "match/study.h"

/* Rows of tokens with their strata, row-major. */
struct match_tokens {
	size_t n;
	size_t n_slots;
	uint16_t *stratum; /* n */
	uint8_t *tokens;   /* n * n_slots * GROUP_ELEMENT_BYTES */
};

int match_tokens_new(size_t n, size_t n_slots, struct match_tokens **ret, struct cf_error *err) CF_MUST_USE;
struct match_tokens *match_tokens_free(struct match_tokens *t);
CF_DEFINE_CLEANUP(struct match_tokens, match_tokens_free);
#define CF_CLEANUP_TOKENS CF_CLEANUP(match_tokens_free_ptr)

/* A party's secrets of one study, all derived from 32 random bytes, so that a restart finds them again. */
struct match_secrets {
	struct secret *master;
	struct secret *exponent;
};
/* master is taken over, also on failure. */
int match_secrets_init(struct secret *master, struct match_secrets *ret, struct cf_error *err) CF_MUST_USE;
void match_secrets_done(struct match_secrets *s);

struct match_work {
	struct job_pool *pool;           /* may be NULL */
	const struct progress *progress; /* may be NULL */
};

/* The input of hash-to-group: study id, key name and value, each after its length (8 bytes). */
int match_hash_input(const struct match_study *s, const char *key, const char *value, struct buffer *out)
	CF_MUST_USE;

/* Hashes and raises a party's own records; empty slots become random elements. Order as in records. */
int match_tokens_blind(const struct match_study *s, const struct match_records *records,
	const struct match_secrets *secrets, const struct match_work *work, struct match_tokens **ret,
	struct cf_error *err) CF_MUST_USE;
/* Raises every token in place. CF_E_REFUSED names the first record and slot that is no valid element. */
int match_tokens_raise(struct match_tokens *t, const struct match_secrets *secrets,
	const struct match_work *work, struct cf_error *err) CF_MUST_USE;
/* Shuffles the slots of each many-valued key within each record, in place, and draws the order in which
 * records are written (*ret_order, n numbers, mem_free). Both follow from the secrets and the number of the
 * list. */
int match_tokens_shuffle(const struct match_study *s, struct match_tokens *t, size_t list,
	const struct match_secrets *secrets, uint32_t **ret_order, struct cf_error *err) CF_MUST_USE;

/* A list against its owner's join: strata as joined, no token in one key's slots of more records than the
 * plan allows. O(n slots log n). */
int match_tokens_check(const struct match_study *s, const struct match_join *join,
	const struct match_tokens *t, struct cf_error *err) CF_MUST_USE;
/* Every token is a valid element; match_tokens_raise finds that out by itself. */
int match_tokens_check_elements(
	const struct match_tokens *t, const struct match_work *work, struct cf_error *err) CF_MUST_USE;

struct match_source {
	int (*read)(void *context, void *to, size_t n, struct cf_error *err);
	void *context;
};
struct match_sink {
	int (*write)(void *context, const void *data, size_t n, struct cf_error *err);
	void *context;
};
/* Bytes of a list on its way. */
uint64_t match_tokens_bytes(size_t n, size_t n_slots);
/* Reads exactly n records; codes out of range are CF_E_REFUSED. */
int match_tokens_read(const struct match_study *s, size_t n, const struct match_source *from,
	struct match_tokens **ret, struct cf_error *err) CF_MUST_USE;
/* order NULL: as they stand. */
int match_tokens_write(const struct match_tokens *t, const uint32_t *order, const struct match_sink *to,
	struct cf_error *err) CF_MUST_USE;
