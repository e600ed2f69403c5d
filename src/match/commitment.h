/*
 * A party's commitment to its input: a Merkle root over its salted records. The salts come from a seed that
 * the party keeps, so the root tells nothing about a record, and a later audit can recompute it from the
 * list.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "crypto/secret.h"
#include "match/records.h"
#include "match/study.h"

/* seed: 32 bytes. Deterministic in records, study and seed. O(n * slots). */
int match_commitment(const struct match_study *s, const struct match_records *records,
	const struct secret *seed, uint8_t ret[CRYPTO_HASH_BYTES], struct cf_error *err) CF_MUST_USE;
