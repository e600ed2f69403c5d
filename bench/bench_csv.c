/*
 * The CSV reader in MB a CPU-second, over files in memory that are plain, quoted, and full of other scripts,
 * beside two ways to touch the same bytes in the same run: memchr from line to line, and a byte loop that
 * counts delimiters (the least any reader must do).
 */
#include "base/csv.h"
#include "base/random.h"
#include "bench.h"

enum { TARGET_BYTES = 24 << 20 };

struct bench {
	struct buffer file;
	volatile uint64_t found;
};

static void with_memchr(void *context)
{
	struct bench *b = context;
	const char *at = b->file.data;
	const char *end = at + b->file.n;
	uint64_t n = 0;
	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		n++;
	}
	b->found = n;
}

static void with_byte_loop(void *context)
{
	struct bench *b = context;
	uint64_t n = 0;
	for (size_t i = 0; i < b->file.n; i++)
		switch (b->file.data[i]) {
		case ',':
		case '"':
		case '\n':
			n++;
			break;
		default:
			break;
		}
	b->found = n;
}

static void with_reader(void *context)
{
	struct bench *b = context;
	const struct csv_cell *cells;
	struct csv_reader *csv = NULL;
	int status;
	uint64_t bytes = 0;
	need(csv_open_memory("bench.csv", b->file.data, b->file.n, NULL, &csv, NULL) == 0, "open");
	while ((status = csv_next(csv, &cells, NULL)) > 0)
		bytes += cells[0].n;
	need(status == 0, "read");
	b->found = bytes;
	csv_close(csv);
}

static void write_file(struct buffer *out, const char *const *cells, size_t n_cells)
{
	struct random_stream r;
	random_init(&r, 1, 0);
	need(buffer_append_text(out, "a,b,c,d,e,f,g,h\n") == 0, "memory");
	while (out->n < TARGET_BYTES) {
		for (int i = 0; i < 8; i++)
			need(csv_write_cell(out, i == 0, cells[random_below(&r, n_cells)]) == 0, "memory");
		need(csv_end_row(out) == 0, "memory");
	}
}

static void measure(const char *name, const char *const *cells, size_t n_cells)
{
	static const struct {
		const char *name;
		void (*run)(void *);
	} ways[] = {{"memchr", with_memchr}, {"byte loop", with_byte_loop}, {"csv_next", with_reader}};
	struct bench b = {.file = BUFFER_INIT};
	double base = 0;
	write_file(&b.file, cells, n_cells);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		const double took = best_cpu(ways[i].run, &b);
		if (i == 1)
			base = took;
		(void)printf(
			"%-10s %-10s %8.0f MB per CPU-s", name, ways[i].name, (double)b.file.n / took / 1e6);
		if (i > 1)
			(void)printf("   %.2f times the byte loop's time", took / base);
		(void)printf("\n");
	}
	buffer_done(&b.file);
}

int main(void)
{
	static const char *const plain[] = {"", "Maria", "Fernandez", "1990-02-03", "+61 8 2210 0298", "F",
		"Port Vastrel", "SexualExploitation"};
	static const char *const quoted[] = {
		"Castro, Nata", "the \"Blue\" house", "first line\nsecond line", "12, Oak Street"};
	static const char *const scripts[] = {"Мария", "נועה", "محمد", "阮氏明", "Nguyễn Thị", "José"};
	print_machine();
	measure("plain", plain, sizeof plain / sizeof *plain);
	measure("quoted", quoted, sizeof quoted / sizeof *quoted);
	measure("scripts", scripts, sizeof scripts / sizeof *scripts);
	return 0;
}
