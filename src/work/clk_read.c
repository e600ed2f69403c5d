#include "work/clk_read.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "work/clk_base64.h"
#include "work/clk_json.h"

enum { MAX_ENCODING_BYTES = 1 << 16 };

const char clk_binary_magic[CLK_BINARY_MAGIC_BYTES] = {
	'c', 'o', 'u', 'n', 't', 'e', 'r', 'f', 'o', 'i', 'l', ' ', 'c', 'l', 'k', '\n'};

static void close_file(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

/* ---- one record ---- */

int clk_gather(
	struct clk_gathering *g, const char *text, size_t n, const char **ret_why, struct cf_error *err)
{
	*ret_why = NULL;
	buffer_clear(&g->bytes);
	int status = base64_read(text, n, &g->bytes);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	if (status < 0)
		*ret_why = "the encoding is not base64";
	else if (g->bytes.n == 0 || g->bytes.n > MAX_ENCODING_BYTES)
		*ret_why = "the encoding is empty, or longer than any";
	else if (g->set && g->bytes.n * 8 != g->set->n_bits)
		*ret_why = "the encoding has another length than those before";
	if (*ret_why)
		return CF_E_INPUT;
	if (!g->set)
		TRY(clk_set_new(g->bytes.n * 8, &g->set, err));
	return clk_gather_bytes(g, (const uint8_t *)g->bytes.data, err);
}

int clk_gather_bytes(struct clk_gathering *g, const uint8_t *bytes, struct cf_error *err)
{
	const size_t each = clk_set_row_bytes(g->set->n_bits);
	if (g->memory_bytes && (g->set->n + 1) * each > g->memory_bytes)
		return error_set(err, CF_E_LIMIT,
			"%.120s: the encodings take more than the memory allowed; give more, or cut the file",
			g->name);
	return clk_set_add(g->set, bytes, err);
}

void clk_gathering_done(struct clk_gathering *g)
{
	buffer_done(&g->bytes);
	g->set = clk_set_free(g->set);
}

static int finish(struct clk_gathering *g, struct clk_set **ret, struct cf_error *err)
{
	/* a file without records has no length of its own; one of 1024 bits fits most */
	if (!g->set)
		TRY(clk_set_new(1024, &g->set, err));
	TRY(clk_set_finish(g->set, err));
	*ret = TAKE(g->set);
	return CF_OK;
}

/* ---- CSV ---- */

static int read_csv(struct csv_reader *csv, struct clk_gathering *g, struct cf_error *err)
{
	const struct csv_cell *cells;
	const char *why = NULL;
	const ptrdiff_t column = csv_find_column(csv, "clk");
	if (column < 0)
		return error_set(err, CF_E_INPUT, "%.120s: there is no column 'clk'", g->name);
	for (int more; (more = csv_next(csv, &cells, err)) != 0;) {
		TRY(more);
		int status = clk_gather(g, cells[column].text, cells[column].n, &why, err);
		if (why)
			return csv_error(
				csv, (size_t)column, err, "record %" PRIu64 ": %s", csv_row(csv), why);
		TRY(status);
	}
	return CF_OK;
}

static int read_csv_to(struct csv_reader *csv, const char *name, size_t memory_bytes, struct clk_set **ret,
	struct cf_error *err)
{
	CF_CLEANUP(clk_gathering_done) struct clk_gathering g = {.name = name, .memory_bytes = memory_bytes};
	TRY(read_csv(csv, &g, err));
	return finish(&g, ret, err);
}

int clk_csv_parse(const char *name, const char *data, size_t n, struct clk_set **ret, struct cf_error *err)
{
	const struct csv_options options = {.trim = true};
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	TRY(csv_open_memory(name, data, n, &options, &csv, err));
	return read_csv_to(csv, name, 0, ret, err);
}

/* ---- binary ---- */

static uint64_t load(const uint8_t *from, int n)
{
	uint64_t value = 0;
	for (int i = n; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

static int short_file(const struct clk_gathering *g, uint64_t record, struct cf_error *err)
{
	return error_set(
		err, CF_E_INPUT, "%.120s is cut short: record %" PRIu64 " is not whole", g->name, record);
}

static int read_records(struct clk_gathering *g, FILE *from, uint64_t n_records, struct cf_error *err)
{
	const size_t n_bytes = (g->set->n_bits + 7) / 8;
	uint8_t row[MAX_ENCODING_BYTES];
	const uint8_t beyond = g->set->n_bits % 8 ? (uint8_t)(0xff >> g->set->n_bits % 8) : 0;
	for (uint64_t i = 0; i < n_records; i++) {
		if (fread(row, 1, n_bytes, from) != n_bytes)
			return short_file(g, i + 1, err);
		if (row[n_bytes - 1] & beyond)
			return error_set(err, CF_E_INPUT,
				"%.120s: record %" PRIu64 " has bits set beyond its length", g->name, i + 1);
		TRY(clk_gather_bytes(g, row, err));
	}
	if (fgetc(from) != EOF)
		return error_set(err, CF_E_INPUT,
			"%.120s: there is more behind the %" PRIu64 " records that it says it has", g->name,
			n_records);
	return CF_OK;
}

static int read_binary(struct clk_gathering *g, FILE *from, struct cf_error *err)
{
	uint8_t header[CLK_BINARY_HEADER_BYTES];
	if (fread(header, 1, sizeof header, from) != sizeof header)
		return error_set(err, CF_E_INPUT, "%.120s is cut short: its header is not whole", g->name);
	const uint64_t n_bits = load(header + 20, 4);
	const uint64_t n_records = load(header + 24, 8);
	if (memcmp(header, clk_binary_magic, sizeof clk_binary_magic) != 0)
		return error_set(err, CF_E_INPUT, "%.120s is no file of encodings", g->name);
	if (load(header + 16, 4) != CLK_BINARY_VERSION)
		return error_set(
			err, CF_E_INPUT, "%.120s has a version that this program does not know", g->name);
	if (n_bits == 0 || n_bits > 8 * (uint64_t)MAX_ENCODING_BYTES)
		return error_set(
			err, CF_E_INPUT, "%.120s says that encodings have an impossible length", g->name);
	TRY(clk_set_new((size_t)n_bits, &g->set, err));
	return read_records(g, from, n_records, err);
}

/* ---- all ---- */

static int read_stream(struct clk_gathering *g, FILE *from, struct cf_error *err)
{
	const int first = fgetc(from);
	if (first == EOF)
		return error_set(err, CF_E_INPUT, "%.120s is empty", g->name);
	(void)ungetc(first, from);
	int status = first == clk_binary_magic[0] ? read_binary(g, from, err) : clk_json_read(g, from, err);
	if (ferror(from))
		return error_set_errno(err, CF_E_IO, "cannot read %.120s", g->name);
	return status;
}

int clk_stream_read(
	const char *name, FILE *from, size_t memory_bytes, struct clk_set **ret, struct cf_error *err)
{
	CF_CLEANUP(clk_gathering_done) struct clk_gathering g = {.name = name, .memory_bytes = memory_bytes};
	TRY(read_stream(&g, from, err));
	return finish(&g, ret, err);
}

/* JSON begins with a brace, white space and a byte order mark passed over; the binary form with its magic. */
static bool is_csv(FILE *f)
{
	char begin[64];
	const size_t n = fread(begin, 1, sizeof begin, f);
	size_t i = n >= 3 && memcmp(begin, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	while (i < n && strchr(" \t\r\n", begin[i]) && begin[i])
		i++;
	rewind(f);
	if (n >= CLK_BINARY_MAGIC_BYTES && memcmp(begin, clk_binary_magic, CLK_BINARY_MAGIC_BYTES) == 0)
		return false;
	return n && !(i < n && begin[i] == '{');
}

int clk_file_read(const char *path, size_t memory_bytes, struct clk_set **ret, struct cf_error *err)
{
	const struct csv_options options = {.trim = true};
	CF_CLEANUP(close_file) FILE *f = fopen(path, "rbe");
	if (!f)
		return error_set_errno(
			err, errno == ENOENT ? CF_E_NOT_FOUND : CF_E_IO, "cannot open %s", path);
	if (!is_csv(f))
		return clk_stream_read(path, f, memory_bytes, ret, err);
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	TRY(csv_open(path, &options, &csv, err));
	return read_csv_to(csv, path, memory_bytes, ret, err);
}
