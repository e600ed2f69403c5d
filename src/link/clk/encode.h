/*
 * Records to CLKs: format each cell, cut it into tokens, hash them into one filter, fold it, and, unless the
 * encoding is to be as clkhash makes it, flip and balance it. What clkhash gives for the same schema, secret
 * and cells is what comes out without hardening, bit for bit.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "link/clk/schema.h"

struct clk_cell {
	const char *text; /* well-formed UTF-8, not necessarily ended by a NUL */
	size_t n;
};

/* Not thread-safe: one for each thread. Keys are derived anew for each (HKDF over the schema's salt and
 * info). */
struct clk_encoder;

/* A checked schema, which must outlive the encoder; secret as clkhash takes it. flips NULL: flips come from
 * the secret too. */
struct clk_encoder_options {
	bool hardened;
	const struct secret *secret;
	const struct secret *flips;
};
int clk_encoder_new(const struct clk_schema *schema, const struct clk_encoder_options *options,
	struct clk_encoder **ret, struct cf_error *err) CF_MUST_USE;
/* Wipes keys, hashes and the last record. */
struct clk_encoder *clk_encoder_free(struct clk_encoder *e);
CF_DEFINE_CLEANUP(struct clk_encoder, clk_encoder_free);
#define CF_CLEANUP_CLK_ENCODER CF_CLEANUP(clk_encoder_free_ptr)

/* Bytes of an encoding. */
size_t clk_encoder_bytes(const struct clk_encoder *e);

/* cells: one a feature, in the schema's order (those of ignored features are not looked at). ret gets
 * clk_encoder_bytes; the first bit is the highest of the first byte. On CF_E_INPUT *ret_feature (may be NULL)
 * is the number, from 0, of the feature that does not fit, and the message does not name it. */
int clk_encode(struct clk_encoder *e, const struct clk_cell *cells, uint8_t *ret, size_t *ret_feature,
	struct cf_error *err) CF_MUST_USE;
