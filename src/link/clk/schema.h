/*
 * What a cryptographic linkage key (CLK) is made of, as version 3 of clkhash's linkage schema says it, and
 * the hardening that Counterfoil adds. This is the schema in memory; src/work/clk_schema.c reads and writes
 * the JSON. Two parties that hold the same schema and the same secret give the same person the same bits.
 *
 * Schnell, Bachteler and Reiher (2009, 2011): Bloom filters of n-grams, one filter for all fields.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/keyed.h"

enum {
	CLK_MAX_FEATURES = 256,
	CLK_MAX_BITS = 1 << 16, /* of the filter before folding: places are 16-bit numbers */
	CLK_MAX_FOLDS = 8,
	CLK_MAX_INSERTIONS = 1 << 16,
	CLK_MAX_GRAM = 64,
	CLK_MAX_RESOLUTION = 4096,
	CLK_MAX_PRECISION = 15,
};

enum clk_format {
	CLK_STRING,
	CLK_INTEGER,
	CLK_DATE,
	CLK_ENUM,
};

enum clk_letters {
	CLK_MIXED,
	CLK_UPPER,
	CLK_LOWER,
};

enum clk_encoding {
	CLK_UTF8,
	CLK_ASCII,
	CLK_UTF16, /* as Python writes it: little-endian behind a byte order mark */
	CLK_UTF32,
};

enum clk_comparison {
	CLK_NGRAM,
	CLK_EXACT,
	CLK_NUMERIC,
};

enum clk_hash {
	CLK_BLAKE,
	CLK_DOUBLE,              /* double hashing of HMAC-SHA-1 and HMAC-MD5 */
	CLK_DOUBLE_NOT_SINGULAR, /* the same, never with a step of 0 */
};

struct clk_feature {
	char *identifier; /* the column's name */
	bool ignored;     /* then nothing below matters */

	enum clk_format format;
	enum clk_encoding encoding; /* strings */
	enum clk_letters letters;   /* strings */
	uint32_t min_length;        /* strings, in code points */
	uint32_t max_length;        /* 0: none */
	char *pattern;              /* strings: a regular expression; may be NULL */
	bool has_minimum;           /* integers */
	bool has_maximum;
	int64_t minimum;
	int64_t maximum;
	char *date_format; /* dates: as strptime reads it */
	char **values;     /* enums */
	size_t n_values;

	enum clk_comparison comparison;
	uint32_t n; /* of n-grams */
	bool positional;
	double threshold_distance; /* numbers */
	uint32_t resolution;
	uint32_t precision;

	enum clk_hash hash;
	uint32_t bits_per_token; /* one of these two is 0 */
	uint32_t bits_per_feature;

	char *sentinel;     /* NULL: no value stands for a missing one */
	char *replace_with; /* NULL: the sentinel itself */
};

/* What Counterfoil does beyond the schema; all parties must agree on it. */
struct clk_hardening {
	double flip_rate; /* each bit is flipped with this probability; 0: none */
	bool balanced;    /* the filter, then its complement, permuted: twice as long, half of it set */
	int salt_feature; /* its value enters each hash; -1: none */
	uint32_t salt_characters; /* so many of the value's first characters; 0: all */
};

struct clk_schema {
	uint32_t n_bits;  /* l: after folding, before balancing */
	uint32_t n_folds; /* XOR folds */
	enum keyed_hash kdf_hash;
	uint8_t *kdf_salt; /* may be NULL when empty */
	size_t n_kdf_salt;
	uint8_t *kdf_info;
	size_t n_kdf_info;
	uint32_t key_bytes;
	struct clk_feature *features;
	size_t n_features;
	struct clk_hardening hardening;
};

struct clk_schema *clk_schema_free(struct clk_schema *s);
CF_DEFINE_CLEANUP(struct clk_schema, clk_schema_free);
#define CF_CLEANUP_CLK_SCHEMA CF_CLEANUP(clk_schema_free_ptr)

/* CF_E_INPUT or CF_E_LIMIT, naming the feature, when the parts do not fit together or are out of range. */
int clk_schema_check(const struct clk_schema *s, struct cf_error *err) CF_MUST_USE;

/* Bits of an encoding: n_bits, twice that when balanced. hardened false: as clkhash makes it. */
size_t clk_schema_encoded_bits(const struct clk_schema *s, bool hardened);

/* What is missing for an encoding that may leave the house, one bit for each. */
enum {
	CLK_WEAK_NO_FLIPS = 1,
	CLK_WEAK_NO_FOLD = 2,        /* neither folded nor balanced */
	CLK_WEAK_DOUBLE_HASHING = 4, /* some feature */
	CLK_WEAK_NO_KDF_SALT = 8,
};
unsigned clk_schema_weaknesses(const struct clk_schema *s, bool hardened);
