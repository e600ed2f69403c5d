/* Writing files of encodings, record by record; see clk_read.h for the forms. The file is there when all is
 * written. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "work/clk.h"

struct clk_writer {
	struct file_writer file;
	const char *path;
	enum work_clk_form form;
	size_t n_bits;
	uint64_t n_records;
	struct buffer text;
};
/* form WORK_CLK_BY_NAME goes by the path's end. */
int clk_writer_begin(struct clk_writer *w, const char *path, enum work_clk_form form, size_t n_bits,
	struct cf_error *err) CF_MUST_USE;
int clk_writer_add(struct clk_writer *w, const uint8_t *bytes, struct cf_error *err) CF_MUST_USE;
int clk_writer_commit(struct clk_writer *w, struct cf_error *err) CF_MUST_USE;
void clk_writer_abandon(struct clk_writer *w);
