/*
 * Cryptographic linkage keys, for partners who use them: making a secret and a schema, encoding a CSV file,
 * joining files of encodings. What these encodings can and cannot hide stands in docs/clk.md; the texts here
 * say the short of it to who makes one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"

/* A new secret of 256 bits as 64 hexadecimal digits (which clkhash takes as they are), mode 0600. CF_E_STATE
 * when path is there. */
int work_clk_keygen(const char *path, struct cf_error *err) CF_MUST_USE;

/* Writes the suggested schema for a CSV file (clk_schema_suggest) to out_path, or appends it to out when that
 * is NULL. */
struct work_clk_schema_request {
	const char *path;
	const char *study;
	const char *const *ignore;
	size_t n_ignore;
	const char *out_path;
};
int work_clk_schema(const struct work_clk_schema_request *r, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;

enum work_clk_form {
	WORK_CLK_BY_NAME, /* .json, .csv, else binary */
	WORK_CLK_JSON,
	WORK_CLK_CSV,
	WORK_CLK_BINARY,
};

struct work_clk_encode_request {
	const char *path;
	const char *schema_path;
	const char *secret_path;
	const char *flip_secret_path; /* NULL: flips come from the secret too */
	const char *out_path;         /* mode 0600 */
	enum work_clk_form form;
	bool unhardened;  /* as clkhash does it: no flips, no balancing, no salt; and weak schemas are let
			     through */
	bool weak_secret; /* less than 32 bytes are let through */
	int n_threads;
	const struct progress *progress;
};
struct work_clk_encode_answer {
	uint64_t n_records;
	size_t n_bits;
	unsigned n_folds;
	bool hardened;
	bool balanced;
	bool salted;
	double flip_rate;      /* as applied */
	double epsilon_bit;    /* of one bit; infinite without flips */
	double epsilon_record; /* of all bits of the filter */
	double mean_bits_set;
	double sd_bits_set;
	unsigned weaknesses; /* CLK_WEAK_... */
};
/* CF_E_REFUSED when the schema lacks hardening and unhardened was not said, or the secret is weak or readable
 * by others. Streams: memory does not grow with the file. */
int work_clk_encode(const struct work_clk_encode_request *r, struct work_clk_encode_answer *ret,
	struct cf_error *err) CF_MUST_USE;
int work_clk_encode_text(const struct work_clk_encode_answer *a, struct buffer *out) CF_MUST_USE;
void work_clk_encode_json(struct json *j, const struct work_clk_encode_answer *a);

enum work_clk_solve {
	WORK_CLK_GREEDY,
	WORK_CLK_EXACT,
	WORK_CLK_ALL_PAIRS, /* not one-to-one: all pairs above the threshold */
	WORK_CLK_TOP,       /* the best of each left row */
};

struct work_clk_join_request {
	const char *left_path;
	const char *right_path; /* NULL: pairs within the left file */
	const char *pairs_path; /* CSV: row_l,row_r,score; rows count from 1 */
	double threshold;       /* below 0: chosen */
	enum work_clk_solve solve;
	size_t top; /* for WORK_CLK_TOP: 1 to 1000 */
	size_t memory_bytes;
	int n_threads;
	const struct progress *progress;
};
struct work_clk_join_answer {
	size_t n_left;
	size_t n_right;
	size_t n_bits;
	double threshold;
	bool threshold_chosen;
	double chance_mean; /* score of two rows at random */
	double chance_sd;
	uint64_t n_compared;
	uint64_t n_skipped;
	uint64_t n_pairs;
	double mean_score;
	size_t n_rounds;
	const char *kernel;
};
int work_clk_join(const struct work_clk_join_request *r, struct work_clk_join_answer *ret,
	struct cf_error *err) CF_MUST_USE;
int work_clk_join_text(const struct work_clk_join_answer *a, struct buffer *out) CF_MUST_USE;
void work_clk_join_json(struct json *j, const struct work_clk_join_answer *a);
