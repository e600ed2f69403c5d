/*
 * The bytes of the messages between parties: the clear header, the body of a join, the names of message
 * files. docs/protocol.md is the specification; numbers are little-endian. Sealing is crypto/sealed.h, token
 * lists are match/tokens.h. Nothing here trusts a size from outside: sizes follow from the study and the
 * joins.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "crypto/identity.h"
#include "match/study.h"

enum match_message_kind {
	MATCH_MESSAGE_JOIN = 1,   /* round 0: who takes part, with how many records, committed to what */
	MATCH_MESSAGE_TOKENS = 2, /* round 1 to n: a list of blinded records on its way round */
};

enum { MATCH_HEADER_BYTES = 104, MATCH_VERSION = 1 };

struct match_header {
	enum match_message_kind kind;
	uint16_t round;
	uint16_t list; /* the party whose list this is; in a join the sender */
	uint16_t sender;
	uint16_t receiver; /* n_parties: the analyst */
	uint8_t study_id[MATCH_STUDY_ID_BYTES];
	uint8_t study_hash[CRYPTO_HASH_BYTES];
	uint8_t roster[CRYPTO_HASH_BYTES]; /* zero in a join */
};

void match_header_encode(const struct match_header *h, uint8_t ret[MATCH_HEADER_BYTES]);
/* CF_E_INPUT when this is no message of ours, CF_E_REFUSED for another version or a field out of range. Says
 * nothing yet about the study; see match_party_judge. */
int match_header_decode(
	const uint8_t data[MATCH_HEADER_BYTES], struct match_header *ret, struct cf_error *err) CF_MUST_USE;

/* What a party states when it joins. */
struct match_join {
	uint16_t party;
	uint32_t n_records;
	uint32_t n_rows;                       /* of the file, before it was deduplicated */
	uint32_t n_dropped_values;             /* left at home because they repeat too often */
	uint32_t n_coarsened;                  /* records whose stratum was made coarser */
	uint8_t commitment[CRYPTO_HASH_BYTES]; /* root over the salted records; match/commitment.h */
	uint32_t *stratum_counts;              /* match_study_n_codes entries, summing to n_records; owned */
};
void match_join_done(struct match_join *j);

/* Bytes of a join's body and of the signature after it. */
size_t match_join_bytes(const struct match_study *s);
/* Appends body and signature. */
int match_join_encode(const struct match_study *s, const struct match_join *j, const struct identity *signer,
	struct buffer *out, struct cf_error *err) CF_MUST_USE;
/* Checks everything: length, study, party, limits, counts, signature. ret is match_join_done by the caller.
 */
int match_join_decode(const struct match_study *s, size_t party, const void *data, size_t n,
	struct match_join *ret, struct cf_error *err) CF_MUST_USE;
/* Every stratum that a list shows must hold at least k of its records (all of them in a list below k). */
int match_join_check_counts(const struct match_study *s, const struct match_join *j, struct cf_error *err)
	CF_MUST_USE;

/* The name of the roster: the hash of all joins' bodies in study order. encoded: n_parties texts as made by
 * match_join_encode. Equal for all parties only if everyone was told the same. */
void match_roster_hash(
	const struct match_study *s, const struct buffer *encoded, uint8_t ret[CRYPTO_HASH_BYTES]);

/* A name in a form that no file system or mail program minds; other scripts stay. At most 40 bytes. */
int match_append_file_name(struct buffer *out, const char *name) CF_MUST_USE;
/* A file name by which people see whom to send it to. */
int match_message_name(const struct match_study *s, const struct match_header *h, struct buffer *out)
	CF_MUST_USE;
