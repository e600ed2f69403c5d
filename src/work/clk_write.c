#include "work/clk_write.h"

#include <string.h>
#include <strings.h>

#include "work/clk_base64.h"
#include "work/clk_read.h"

enum { MODE = 0600, FLUSH_BYTES = 1 << 16 };

static enum work_clk_form form_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	if (dot && strcasecmp(dot, ".json") == 0)
		return WORK_CLK_JSON;
	return dot && strcasecmp(dot, ".csv") == 0 ? WORK_CLK_CSV : WORK_CLK_BINARY;
}

static int flush(struct clk_writer *w, struct cf_error *err)
{
	if (w->text.n && fwrite(w->text.data, 1, w->text.n, w->file.stream) != w->text.n)
		return error_set_errno(err, CF_E_IO, "cannot write %s", w->path);
	buffer_clear(&w->text);
	return CF_OK;
}

static void store(uint8_t *to, uint64_t value, int n)
{
	for (int i = 0; i < n; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static void make_header(const struct clk_writer *w, uint8_t header[CLK_BINARY_HEADER_BYTES])
{
	memcpy(header, clk_binary_magic, CLK_BINARY_MAGIC_BYTES);
	store(header + 16, CLK_BINARY_VERSION, 4);
	store(header + 20, w->n_bits, 4);
	store(header + 24, w->n_records, 8);
}

static int append_head(struct clk_writer *w)
{
	uint8_t header[CLK_BINARY_HEADER_BYTES];
	if (w->form == WORK_CLK_JSON)
		return buffer_append_text(&w->text, "{\"clks\": [");
	if (w->form == WORK_CLK_CSV)
		return buffer_append_text(&w->text, "clk\n");
	make_header(w, header);
	return buffer_append(&w->text, header, sizeof header);
}

int clk_writer_begin(
	struct clk_writer *w, const char *path, enum work_clk_form form, size_t n_bits, struct cf_error *err)
{
	*w = (struct clk_writer){
		.path = path, .form = form == WORK_CLK_BY_NAME ? form_of(path) : form, .n_bits = n_bits};
	TRY(file_begin(&w->file, path, MODE, err));
	TRY_MEMORY(append_head(w), err);
	return CF_OK;
}

static int append_record(struct clk_writer *w, const uint8_t *bytes)
{
	const size_t n = (w->n_bits + 7) / 8;
	if (w->form == WORK_CLK_BINARY)
		return buffer_append(&w->text, bytes, n);
	if (w->form == WORK_CLK_JSON)
		TRY(buffer_append_text(&w->text, w->n_records ? ",\n\"" : "\n\""));
	TRY(base64_append(&w->text, bytes, n));
	return buffer_append_char(&w->text, w->form == WORK_CLK_JSON ? '"' : '\n');
}

int clk_writer_add(struct clk_writer *w, const uint8_t *bytes, struct cf_error *err)
{
	TRY_MEMORY(append_record(w, bytes), err);
	w->n_records++;
	return w->text.n >= FLUSH_BYTES ? flush(w, err) : CF_OK;
}

int clk_writer_commit(struct clk_writer *w, struct cf_error *err)
{
	uint8_t header[CLK_BINARY_HEADER_BYTES];
	if (w->form == WORK_CLK_JSON)
		TRY_MEMORY(buffer_append_text(&w->text, "\n]}\n"), err);
	TRY(flush(w, err));
	if (w->form == WORK_CLK_BINARY) {
		/* how many there are is known only now */
		make_header(w, header);
		if (fseek(w->file.stream, 0, SEEK_SET) != 0 ||
			fwrite(header, 1, sizeof header, w->file.stream) != sizeof header)
			return error_set_errno(err, CF_E_IO, "cannot write %s", w->path);
	}
	return file_commit(&w->file, err);
}

void clk_writer_abandon(struct clk_writer *w)
{
	file_abandon(&w->file);
	buffer_done(&w->text);
}
