/*
 * Files of encodings. Three forms, told apart by how they begin:
 *
 *   JSON    {"clks": ["base64", ...]} as clkhash uploads it; other keys are passed over
 *   CSV     a column "clk" of base64
 *   binary  "counterfoil clk\n", then little-endian u32 version (1), u32 bits, u64 records, then the records,
 * (bits + 7) / 8 bytes each, the first bit highest
 *
 * All encodings of a file have one length. Reading streams: memory holds the encodings and one record. Errors
 * name line and column, or byte, and the record.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "link/clk/set.h"

enum {
	CLK_BINARY_MAGIC_BYTES = 16,
	CLK_BINARY_HEADER_BYTES = 32,
	CLK_BINARY_VERSION = 1,
};
extern const char clk_binary_magic[CLK_BINARY_MAGIC_BYTES];

/* CF_E_LIMIT when the encodings would take more than memory_bytes. */
int clk_file_read(const char *path, size_t memory_bytes, struct clk_set **ret, struct cf_error *err)
	CF_MUST_USE;
/* From a stream that is read to its end; name is used in messages. CSV cannot come by a stream: CF_E_INPUT.
 */
int clk_stream_read(const char *name, FILE *from, size_t memory_bytes, struct clk_set **ret,
	struct cf_error *err) CF_MUST_USE;
/* CSV from memory. */
int clk_csv_parse(const char *name, const char *data, size_t n, struct clk_set **ret, struct cf_error *err)
	CF_MUST_USE;
