/*
 * Import in rows a CPU-second: HTCDS rows as CSV (and some as XLSX and JSON Lines) through a guessed mapping
 * into records, every cell cleaned and every record checked, beside reading the same CSV and doing nothing
 * with it. What keeps the records is not part of it: ids come from a counter.
 */
#include <unistd.h>

#include "base/csv.h"
#include "base/random.h"
#include "bench.h"
#include "export/xlsx_book.h"
#include "intake/import.h"

enum { CSV_ROWS = 1000000, OTHER_ROWS = 100000, N_COLUMNS = 24 };

static const char *const header[N_COLUMNS] = {"CaseRef", "prs_FirstName", "prs_SecondName", "prs_Birthdate",
	"prs_Gender", "prs_MaritalStatus", "prs_Citizenship", "prs_PrimaryLanguage", "prs_MobilePhone",
	"prs_IdentityNumber", "prs_Email", "prs_MailingCity", "vic_TraffickingStatus",
	"vic_AgeWhenTrafficked", "vic_MethodOfRecruitment", "vic_MethodsOfControl", "vic_TypeOfExploitation",
	"vic_ForcedLabourIndustry", "cas_Status", "cas_IncomingReferralDate", "hte_Country", "hte_Date",
	"hte_Type", "spl_Type"};

/* One invented row. */
struct cells {
	char text[N_COLUMNS][96];
};

static void make_row(struct random_stream *r, int i, struct cells *c)
{
	static const char *const given[] = {
		"Maria", "Nguyễn Thị", "Мария", "Awa", "José", "Fatima", "Li", "Anna"};
	static const char *const family[] = {
		"Santos", "Diallo", "Иванова", "Ruiz", "Haddad", "Wang", "Petit", "Okoro"};
	static const char *const genders[] = {"Feminine", "Masculine", "NonConforming"};
	static const char *const marital[] = {"Single", "Married", "Widowed", ""};
	static const char *const countries[] = {"PHL", "VNM", "NGA", "MMR", "UKR", "KHM", "PER", "GHA"};
	static const char *const languages[] = {"eng", "spa", "vie", "rus", "fra"};
	static const char *const recruitment[] = {
		"ThroughFriendsOrSocialEvents", "AtWork", "ThroughAnOnlineAdvertisement"};
	static const char *const control[] = {
		"DebtBondage;TakesEarnings", "FalsePromises", "WithholdsDocuments;PhysicalThreats"};
	static const char *const kinds[] = {"ForcedLabour", "SexualExploitation", "Servitude"};
	static const char *const cities[] = {"Port Vastrel", "Nova Lenz", "Karu", "San Telmo"};
#define PICK(list) list[random_below(r, sizeof list / sizeof *list)]
#define PUT(column, ...) (void)snprintf(c->text[column], sizeof c->text[column], __VA_ARGS__)
	PUT(0, "C%07d", i);
	PUT(1, "%s", PICK(given));
	PUT(2, "%s", PICK(family));
	PUT(3, "%d-%02d-%02d", 1960 + (int)random_below(r, 50), 1 + (int)random_below(r, 12),
		1 + (int)random_below(r, 28));
	PUT(4, "%s", PICK(genders));
	PUT(5, "%s", PICK(marital));
	PUT(6, "%s", PICK(countries));
	PUT(7, "%s", PICK(languages));
	c->text[8][0] = c->text[9][0] = c->text[10][0] = '\0';
	if (random_below(r, 3))
		PUT(8, "+614%08d", (int)random_below(r, 100000000));
	if (random_below(r, 2))
		PUT(9, "AB%07d", (int)random_below(r, 10000000));
	if (!random_below(r, 4))
		PUT(10, "p%d@example.org", i);
	PUT(11, "%s", PICK(cities));
	PUT(12, "ActualVictimOfTrafficking");
	PUT(13, "%d", 14 + (int)random_below(r, 30));
	PUT(14, "%s", PICK(recruitment));
	PUT(15, "%s", PICK(control));
	PUT(16, "%s", PICK(kinds));
	PUT(17, "%s", random_below(r, 2) ? "F_Construction" : "");
	PUT(18, "%s", random_below(r, 2) ? "Active" : "Closed");
	PUT(19, "2024-%02d-%02d", 1 + (int)random_below(r, 12), 1 + (int)random_below(r, 28));
	PUT(20, "%s", PICK(countries));
	PUT(21, "%d", 2015 + (int)random_below(r, 9));
	PUT(22, "%s", random_below(r, 2) ? "Transit" : "Exploitation");
	PUT(23, "%s", random_below(r, 2) ? "Legal" : "Health");
#undef PICK
#undef PUT
}

static void make_csv(int n_rows, struct buffer *out)
{
	struct random_stream r;
	static struct cells c;
	random_init(&r, 7, 0);
	for (int i = 0; i < N_COLUMNS; i++)
		need(csv_write_cell(out, i == 0, header[i]) == 0, "memory");
	need(csv_end_row(out) == 0, "memory");
	for (int row = 0; row < n_rows; row++) {
		make_row(&r, row, &c);
		for (int i = 0; i < N_COLUMNS; i++)
			need(csv_write_cell(out, i == 0, c.text[i]) == 0, "memory");
		need(csv_end_row(out) == 0, "memory");
	}
}

static void make_json(int n_rows, struct buffer *out)
{
	struct random_stream r;
	static struct cells c;
	random_init(&r, 7, 0);
	for (int row = 0; row < n_rows; row++) {
		make_row(&r, row, &c);
		for (int i = 0; i < N_COLUMNS; i++)
			need(buffer_printf(out, "%s\"%s\":\"%s\"", i ? "," : "{", header[i], c.text[i]) == 0,
				"memory");
		need(buffer_append_text(out, "}\n") == 0, "memory");
	}
}

static void make_xlsx(int n_rows, const char *path)
{
	struct random_stream r;
	static struct cells c;
	const char *cells[N_COLUMNS];
	struct xlsx_book *book = NULL;
	random_init(&r, 7, 0);
	need(xlsx_book_new(path, "rows", &book, NULL) == 0, "workbook");
	need(xlsx_book_row(book, header, N_COLUMNS, NULL) == 0, "workbook");
	for (int row = 0; row < n_rows; row++) {
		make_row(&r, row, &c);
		for (int i = 0; i < N_COLUMNS; i++)
			cells[i] = c.text[i];
		need(xlsx_book_row(book, cells, N_COLUMNS, NULL) == 0, "workbook");
	}
	need(xlsx_book_commit(book, NULL) == 0, "workbook");
	xlsx_book_free(book);
}

static int identify(void *context, const struct schema_entity *entity, const char *source_id,
	struct record_id *ret, struct cf_error *err)
{
	uint64_t *count = context;
	(void)entity;
	(void)source_id;
	(void)err;
	*ret = (struct record_id){{0}};
	memcpy(ret->bytes + 8, count, sizeof *count);
	++*count;
	return 0;
}

static int take_row(void *context, const struct import_row *row, struct cf_error *err)
{
	(void)context;
	(void)err;
	return row->n ? 0 : -1;
}

static double import_it(const char *path)
{
	uint64_t count = 0;
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	const struct import_options options = IMPORT_OPTIONS_INIT;
	const struct import_sink sink = {.context = &count, .identify = identify, .row = take_row};
	double took = cpu_seconds();
	int status = import_file(path, &options, &sink, &counts, NULL, &err);
	took = cpu_seconds() - took;
	if (status < 0)
		(void)fprintf(stderr, "%s\n", err.message);
	need(status == 0, "import");
	(void)printf(
		"%-12s %8.0f rows a CPU-second (%llu rows, %llu records, %.1f s, peak %.0f MiB so far)\n",
		strrchr(path, '.') + 1, (double)counts.n_rows / took, (unsigned long long)counts.n_rows,
		(unsigned long long)counts.n_records, took, peak_mebibytes());
	return took;
}

static double read_it(const char *path)
{
	struct csv_reader *csv = NULL;
	const struct csv_cell *cells;
	double took = cpu_seconds();
	need(csv_open(path, NULL, &csv, NULL) == 0, "open");
	while (csv_next(csv, &cells, NULL) > 0)
		;
	took = cpu_seconds() - took;
	csv_close(csv);
	return took;
}

static void write_file(const char *path, struct buffer *b)
{
	FILE *f = fopen(path, "wb");
	need(f && fwrite(b->data, 1, b->n, f) == b->n && fclose(f) == 0, "writing");
	buffer_done(b);
}

int main(void)
{
	struct buffer file = BUFFER_INIT;
	char folder[] = "/tmp/counterfoil-bench-XXXXXX";
	char csv[64];
	char json[64];
	char xlsx[64];
	print_machine();
	need(mkdtemp(folder) != NULL, "folder");
	(void)snprintf(csv, sizeof csv, "%s/rows.csv", folder);
	(void)snprintf(json, sizeof json, "%s/rows.jsonl", folder);
	(void)snprintf(xlsx, sizeof xlsx, "%s/rows.xlsx", folder);
	make_json(OTHER_ROWS, &file);
	write_file(json, &file);
	make_xlsx(OTHER_ROWS, xlsx);
	(void)import_it(json);
	(void)import_it(xlsx);
	/* a piece at a time would need less memory, but the peak that counts is the import's */
	make_csv(CSV_ROWS, &file);
	write_file(csv, &file);
	const double read_s = read_it(csv);
	const double import_s = import_it(csv);
	(void)printf("reading the CSV alone takes %.2f s, importing it %.1f times that\n", read_s,
		import_s / read_s);
	(void)unlink(csv);
	(void)unlink(json);
	(void)unlink(xlsx);
	(void)rmdir(folder);
	return 0;
}
