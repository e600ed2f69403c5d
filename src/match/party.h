/*
 * The state of one party, or of the analyst, in a study: which messages it has taken and made, and what that
 * allows next. Pure bookkeeping: no file, no key, no token. Whoever drives it keeps its text (the journal)
 * atomically and performs what it allows; docs/protocol.md draws the states.
 *
 * Party p receives a join from everybody else, and each other list once, from the party before it. It makes a
 * join for everybody, and each list once, its own included, for the party after it or, at the list's last
 * hop, for the analyst. No list leaves before all joins are there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "match/message.h"
#include "match/study.h"

/* A message taken: hash of its file, and the transcript that names its contents. */
struct match_taken {
	bool there;
	uint8_t file_hash[CRYPTO_HASH_BYTES];
	uint8_t transcript[CRYPTO_HASH_BYTES];
};
/* A message made: it is spooled once there is true, and lies in out/ (or did) once published is true. */
struct match_made {
	bool there;
	bool published;
	uint8_t file_hash[CRYPTO_HASH_BYTES];
};

struct match_party {
	const struct match_study *study; /* not owned; must outlive this */
	size_t self;                     /* n_parties: the analyst */
	bool done;                       /* secrets may be wiped, or are */
	bool finished;                   /* the analyst has made the overlap table */
	struct match_taken joins_in[MATCH_MAX_PARTIES];
	struct match_made joins_out[MATCH_MAX_PARTIES + 1]; /* by receiver */
	struct match_taken lists_in[MATCH_MAX_PARTIES];     /* by list */
	struct match_made lists_out[MATCH_MAX_PARTIES];     /* by list */
	uint8_t roster[CRYPTO_HASH_BYTES];                  /* set by the driver once all joins are there */
};

void match_party_init(struct match_party *p, const struct match_study *study, size_t self);
bool match_party_is_analyst(const struct match_party *p);

/* The round in which party "to" (or the analyst) receives a list, 1 to n_parties; 0: it never does. */
uint16_t match_ring_round(const struct match_study *s, size_t list, size_t to);
/* Who sends a list in a round, and who receives it. */
size_t match_ring_sender(const struct match_study *s, size_t list, size_t round);
size_t match_ring_receiver(const struct match_study *s, size_t list, size_t round);

/* All joins of others taken (and, unless this is the analyst, its own made). */
bool match_party_has_roster(const struct match_party *p);

enum match_verdict {
	MATCH_TAKE,  /* wanted now */
	MATCH_WAIT,  /* of this study, but it cannot be judged before all joins are there */
	MATCH_AGAIN, /* this step was taken: the same message again, or equivocation; compare with the record
		      */
};
/* What a header says about its message. CF_E_REFUSED with the reason for a foreign study, a wrong sender,
 * receiver or round, a sender that is oneself, another roster. */
int match_party_judge(const struct match_party *p, const struct match_header *h, enum match_verdict *ret,
	struct cf_error *err) CF_MUST_USE;
/* The record of a step, for MATCH_AGAIN and for taking; NULL for a header that match_party_judge refuses. */
struct match_taken *match_party_taken(struct match_party *p, const struct match_header *h);
struct match_made *match_party_made(struct match_party *p, const struct match_header *h);

/* Headers of what this party sends. */
void match_party_join_header(const struct match_party *p, size_t receiver, struct match_header *ret);
void match_party_list_header(const struct match_party *p, size_t list, struct match_header *ret);

/* A party: everything made and published. The analyst: every list taken. */
bool match_party_complete(const struct match_party *p);

/* Counts for people. */
struct match_counts {
	size_t n_joins, n_joins_wanted;
	size_t n_lists_in, n_lists_in_wanted;
	size_t n_lists_out, n_lists_out_wanted;
};
void match_party_counts(const struct match_party *p, struct match_counts *ret);

/* The journal as text, and back; CF_E_INPUT when it is damaged or of another study or party. */
int match_party_format(const struct match_party *p, struct buffer *out) CF_MUST_USE;
int match_party_parse(const char *name, const char *data, size_t n, const struct match_study *study,
	struct match_party *ret, struct cf_error *err) CF_MUST_USE;
