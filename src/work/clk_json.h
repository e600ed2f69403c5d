/* Between clk_read.c and clk_json.c: encodings on their way from a file into a set. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "link/clk/set.h"

struct clk_gathering {
	const char *name;
	size_t memory_bytes; /* 0: no limit */
	struct clk_set *set; /* made by the first record */
	struct buffer bytes; /* scratch */
};
void clk_gathering_done(struct clk_gathering *g);

/* Adds the record text[0..n), base64. CF_E_INPUT with *ret_why, for which the caller knows the place, or
 * another failure with err set. */
int clk_gather(struct clk_gathering *g, const char *text, size_t n, const char **ret_why,
	struct cf_error *err) CF_MUST_USE;
int clk_gather_bytes(struct clk_gathering *g, const uint8_t *bytes, struct cf_error *err) CF_MUST_USE;

/* Reads {"clks": [...]} to the stream's end. */
int clk_json_read(struct clk_gathering *g, FILE *from, struct cf_error *err) CF_MUST_USE;
