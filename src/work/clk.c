#include "work/clk.h"

#include <math.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/jobs.h"
#include "link/clk/encode.h"
#include "link/clk/harden.h"
#include "work/clk_schema.h"
#include "work/clk_secret.h"
#include "work/clk_write.h"

enum {
	BATCH_ROWS = 4096,
	TASK_ROWS = 128,
	N_TASKS = BATCH_ROWS / TASK_ROWS,
	MAX_BATCH_BYTES = 8 << 20,
};

int work_clk_schema(const struct work_clk_schema_request *r, struct buffer *out, struct cf_error *err)
{
	const struct clk_schema_suggestion s = {
		.path = r->path, .study = r->study, .ignore = r->ignore, .n_ignore = r->n_ignore};
	if (!r->out_path)
		return clk_schema_suggest(&s, out, err);
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(clk_schema_suggest(&s, &text, err));
	return file_write_atomic(r->out_path, text.data, text.n, 0644, err);
}

/* ---- encoding ---- */

/* Rows on their way: read by the caller's thread, encoded by tasks of 128, written in order. */
struct encoding {
	const struct work_clk_encode_request *request;
	const struct clk_schema *schema;
	struct csv_reader *csv;
	size_t *columns;     /* of each feature; ignored ones have 0 */
	struct buffer bytes; /* the batch's cells, one behind the other */
	struct clk_cell *cells;
	size_t *offsets;
	size_t n_rows;
	uint64_t first_row;
	uint64_t *lines; /* of each row of the batch */
	uint8_t *encoded;
	size_t n_bytes;
	struct clk_encoder **encoders; /* one a worker */
	size_t n_encoders;
	struct job_pool *pool;
	struct clk_writer writer;
	double sum;
	double sum_squares;
};

static void encoding_done(struct encoding *e)
{
	for (size_t i = 0; e->encoders && i < e->n_encoders; i++)
		e->encoders[i] = clk_encoder_free(e->encoders[i]);
	mem_free(e->encoders);
	if (e->bytes.data)
		secret_wipe(e->bytes.data, e->bytes.capacity);
	buffer_done(&e->bytes);
	mem_free(e->columns);
	mem_free(e->cells);
	mem_free(e->offsets);
	mem_free(e->lines);
	mem_free(e->encoded);
	clk_writer_abandon(&e->writer);
	e->csv = csv_close(e->csv);
	e->pool = jobs_free(e->pool);
}

static int find_columns(struct encoding *e, struct cf_error *err)
{
	for (size_t f = 0; f < e->schema->n_features; f++) {
		const struct clk_feature *feature = &e->schema->features[f];
		const ptrdiff_t column = feature->ignored ? 0 : csv_find_column(e->csv, feature->identifier);
		if (column < 0)
			return error_set(err, CF_E_NOT_FOUND,
				"%.120s has no column '%.60s', which the schema wants; name it in the "
				"header, or leave the "
				"feature "
				"out for all parties",
				e->request->path, feature->identifier);
		e->columns[f] = (size_t)column;
	}
	return CF_OK;
}

static int allocate(struct encoding *e, struct cf_error *err)
{
	const size_t n_features = e->schema->n_features;
	e->columns = NEW_ARRAY_ZERO(size_t, n_features);
	e->cells = NEW_ARRAY(struct clk_cell, BATCH_ROWS * n_features);
	e->offsets = NEW_ARRAY(size_t, BATCH_ROWS * n_features);
	e->lines = NEW_ARRAY(uint64_t, BATCH_ROWS);
	e->encoded = NEW_ARRAY(uint8_t, BATCH_ROWS * e->n_bytes);
	e->encoders = NEW_ARRAY_ZERO(struct clk_encoder *, e->n_encoders);
	if (!e->columns || !e->cells || !e->offsets || !e->lines || !e->encoded || !e->encoders)
		return error_memory(err);
	return CF_OK;
}

static int make_encoders(struct encoding *e, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *secret = NULL;
	CF_CLEANUP_SECRET struct secret *flips = NULL;
	const struct work_clk_encode_request *r = e->request;
	TRY(clk_secret_read(r->secret_path, r->weak_secret, &secret, err));
	if (r->flip_secret_path)
		TRY(clk_secret_read(r->flip_secret_path, r->weak_secret, &flips, err));
	const struct clk_encoder_options options = {
		.hardened = !r->unhardened, .secret = secret, .flips = flips};
	for (size_t i = 0; i < e->n_encoders; i++)
		TRY(clk_encoder_new(e->schema, &options, &e->encoders[i], err));
	return CF_OK;
}

/* Copies rows until the batch is full; 0 when there are none left. */
static int read_batch(struct encoding *e, struct cf_error *err)
{
	const size_t n_features = e->schema->n_features;
	const struct csv_cell *cells;
	int more = 1;
	buffer_clear(&e->bytes);
	e->n_rows = 0;
	e->first_row = csv_row(e->csv);
	while (e->n_rows < BATCH_ROWS && e->bytes.n < MAX_BATCH_BYTES &&
		(more = csv_next(e->csv, &cells, err)) > 0) {
		for (size_t f = 0; f < n_features; f++) {
			const struct csv_cell *cell = &cells[e->columns[f]];
			const size_t n = e->schema->features[f].ignored ? 0 : cell->n;
			const size_t at = e->n_rows * n_features + f;
			e->offsets[at] = e->bytes.n;
			e->cells[at].n = n;
			TRY_MEMORY(buffer_append(&e->bytes, cell->text, n), err);
		}
		e->lines[e->n_rows++] = csv_line(e->csv);
	}
	TRY(more);
	for (size_t i = 0; i < e->n_rows * n_features; i++)
		e->cells[i].text = buffer_text(&e->bytes) + e->offsets[i];
	return e->n_rows > 0;
}

static int encode_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct encoding *e = context;
	const size_t n_features = e->schema->n_features;
	for (size_t row = task * TASK_ROWS; row < e->n_rows && row < (task + 1) * TASK_ROWS; row++) {
		size_t f = 0;
		struct cf_error why = CF_ERROR_INIT;
		int status = clk_encode(e->encoders[worker], e->cells + row * n_features,
			e->encoded + row * e->n_bytes, &f, &why);
		if (status == CF_E_INPUT)
			return error_set_at(err, status, e->request->path, e->lines[row], e->columns[f] + 1,
				"column '%.60s': %.200s", e->schema->features[f].identifier, why.message);
		if (status < 0) {
			if (err)
				*err = why;
			return status;
		}
	}
	return CF_OK;
}

static int write_batch(struct encoding *e, struct cf_error *err)
{
	for (size_t row = 0; row < e->n_rows; row++) {
		const uint8_t *bytes = e->encoded + row * e->n_bytes;
		double count = 0;
		for (size_t i = 0; i < e->n_bytes; i++)
			count += __builtin_popcount(bytes[i]);
		e->sum += count;
		e->sum_squares += count * count;
		TRY(clk_writer_add(&e->writer, bytes, err));
	}
	return CF_OK;
}

static int encode_all(struct encoding *e, struct cf_error *err)
{
	for (;;) {
		int more = read_batch(e, err);
		TRY(more);
		if (!more)
			break;
		TRY(jobs_run(e->pool, (e->n_rows + TASK_ROWS - 1) / TASK_ROWS, encode_task, e, err));
		TRY(write_batch(e, err));
		progress_report(
			e->request->progress, "encoding", csv_bytes_read(e->csv), csv_bytes_total(e->csv));
	}
	return clk_writer_commit(&e->writer, err);
}

static int refuse_weak(const struct work_clk_encode_request *r, unsigned weak, struct cf_error *err)
{
	if (r->unhardened || !(weak & ~(unsigned)CLK_WEAK_NO_KDF_SALT))
		return CF_OK;
	return error_set(err, CF_E_REFUSED,
		"%.100s makes encodings that published attacks read back: %s%s%s; mend the schema, or say "
		"--unhardened "
		"if a "
		"partner needs exactly these",
		r->schema_path, weak & CLK_WEAK_NO_FLIPS ? "no random flips (hardening, flipRate); " : "",
		weak & CLK_WEAK_NO_FOLD ? "neither folded (xorFolds) nor balanced; " : "",
		weak & CLK_WEAK_DOUBLE_HASHING ? "doubleHash; " : "");
}

static void fill_answer(
	const struct encoding *e, const struct clk_schema *s, struct work_clk_encode_answer *a)
{
	const bool hardened = !e->request->unhardened;
	const double n = (double)e->writer.n_records;
	*a = (struct work_clk_encode_answer){.n_records = e->writer.n_records,
		.n_bits = e->writer.n_bits,
		.n_folds = s->n_folds,
		.hardened = hardened,
		.balanced = hardened && s->hardening.balanced,
		.salted = hardened && s->hardening.salt_feature >= 0,
		.flip_rate = hardened ? clk_flip_rate(s->hardening.flip_rate) : 0,
		.weaknesses = clk_schema_weaknesses(s, hardened)};
	a->epsilon_bit = clk_flip_epsilon(a->flip_rate);
	a->epsilon_record = a->epsilon_bit * s->n_bits;
	if (n > 0) {
		a->mean_bits_set = e->sum / n;
		a->sd_bits_set = sqrt(fmax(0, e->sum_squares / n - a->mean_bits_set * a->mean_bits_set));
	}
}

int work_clk_encode(
	const struct work_clk_encode_request *r, struct work_clk_encode_answer *ret, struct cf_error *err)
{
	CF_CLEANUP_CLK_SCHEMA struct clk_schema *schema = NULL;
	CF_CLEANUP(encoding_done) struct encoding e = {.request = r};
	const struct csv_options options = {.trim = true};
	TRY(clk_schema_open(r->schema_path, &schema, err));
	TRY(refuse_weak(r, clk_schema_weaknesses(schema, true), err));
	e.schema = schema;
	const size_t n_bits = clk_schema_encoded_bits(schema, !r->unhardened);
	e.n_bytes = (n_bits + 7) / 8;
	TRY(jobs_new(r->n_threads, &e.pool, err));
	e.n_encoders = (size_t)jobs_n_threads(e.pool);
	TRY(allocate(&e, err));
	TRY(csv_open(r->path, &options, &e.csv, err));
	TRY(find_columns(&e, err));
	TRY(make_encoders(&e, err));
	TRY(clk_writer_begin(&e.writer, r->out_path, r->form, n_bits, err));
	TRY(encode_all(&e, err));
	fill_answer(&e, schema, ret);
	return CF_OK;
}
