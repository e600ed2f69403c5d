/*
 * For the tests of the protocol: a small study in a folder of its own, every participant in a folder of its
 * own, and the same overlap table computed in the clear. Include cmocka.h first.
 */
#pragma once

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "match/party.h"
#include "match/study.h"
#include "model/overlap.h"
#include "work/study.h"
#include "work/study_folder.h"

#define REQUIRE(condition)                                                                                   \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                \
			abort();                                                                             \
		}                                                                                            \
	} while (0)
/* As REQUIRE, for what returns a status and fills why. */
#define REQUIRE_OK(call)                                                                                     \
	do {                                                                                                 \
		struct cf_error why = CF_ERROR_INIT;                                                         \
		if ((call) < 0) {                                                                            \
			(void)fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, why.message);    \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

enum { RING_MAX = 5, RING_PATHS = 16 };

struct ring {
	size_t n; /* parties; the analyst is number n */
	char root[256];
	char folder[RING_MAX + 1][320];
	char list[RING_MAX][320];
	char study[320];
	char keys[320];
};

struct ring_options {
	size_t n;
	size_t n_rows;      /* of each list */
	const char *strata; /* NULL: none */
	bool shipped_keys;  /* the default match keys instead of three slots */
};

/* The folder, the lists, the keys and the study file. List i holds persons 3 i to 3 i + n_rows - 1, each with
 * an e-mail address and, every second one, a phone; every list has one row twice. */
void ring_make(struct ring *r, const struct ring_options *o);
void ring_remove(struct ring *r);

/* The access to participant i's folder. */
struct study_access ring_access(const struct ring *r, size_t i);
/* Joins participant i with its list; control may be NULL. */
int ring_join(const struct ring *r, size_t i, const struct study_control *control, struct cf_error *err);
int ring_step(const struct ring *r, size_t i, const struct study_control *control, struct study_status *ret,
	struct cf_error *err);
/* Moves every file of every out/ to the in/ of its receiver. */
size_t ring_carry(const struct ring *r);
/* Steps and carries until all participants are complete. */
void ring_settle(const struct ring *r);
/* Joins and settles. */
void ring_run(const struct ring *r);
/* The analyst's table as CSV text. */
void ring_table(const struct ring *r, struct buffer *out);
/* The table of the same lists, computed with hashes in the place of tokens and no protocol at all. */
void ring_table_in_the_clear(const struct ring *r, struct buffer *out);

/* Opens participant i's folder as a step does. */
struct study_folder *ring_open(const struct ring *r, size_t i);
/* An identity as read from the participant's key file. */
struct identity *ring_identity(const struct ring *r, size_t i);
struct match_study *ring_study(const struct ring *r);

/* ROOT/NAME or FOLDER/NAME, in one of RING_PATHS static buffers that take turns. */
const char *ring_path(const char *folder, const char *name);
/* The only file of a folder whose name holds all three texts ("" holds always). */
const char *ring_find(const char *folder, const char *a, const char *b, const char *c);
size_t ring_count(const char *folder);
void ring_write(const char *path, const void *data, size_t n);
void ring_read(const char *path, struct buffer *out);
