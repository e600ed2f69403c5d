/*
 * The store: a million items of about 600 bytes with 4 terms and 8 columns, each of a person of its own,
 * written in batches with sealing, indexes and the log; beside SQLite writing rows of the same size with no
 * index in the same run. Then searches and lists with the store open, and verifying. BENCH_STORE_ITEMS sets
 * another number.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <unistd.h>

#include "bench.h"
#include "crypto/store_key.h"
#include "store/audit.h"
#include "store/store.h"

enum { BATCH = 50000, PAYLOAD = 600, N_COLUMNS = 8, N_TERMS = 4, ROUNDS = 200 };

struct row {
	struct store_column columns[N_COLUMNS];
	struct store_term terms[N_TERMS];
	char values[N_COLUMNS][16];
	char keys[N_TERMS][24];
	char source[24];
	char payload[PAYLOAD];
};

static char folder[] = "/tmp/counterfoil-bench-store-XXXXXX";
static struct row rows[BATCH];
static struct store_item items[BATCH];

static void clean(void)
{
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
	need(system(command) == 0, "removing");
}

static void must(int status, const struct cf_error *err)
{
	need(status >= 0, err->message);
}

static void make_row(struct row *r, struct store_item *item, size_t n)
{
	static const char *const fields[N_COLUMNS] = {
		"sex", "age_band", "country", "form", "means", "sector", "status", "year"};
	static const unsigned spread[N_COLUMNS] = {3, 9, 180, 12, 15, 20, 4, 25};
	static const char *const terms[N_TERMS] = {"phone", "document", "name_key", "handle"};
	for (size_t i = 0; i < N_COLUMNS; i++) {
		(void)snprintf(r->values[i], sizeof r->values[i], "v%zu", n * (2 * i + 7) % spread[i]);
		r->columns[i] = (struct store_column){fields[i], r->values[i]};
	}
	for (size_t i = 0; i < N_TERMS; i++) {
		(void)snprintf(r->keys[i], sizeof r->keys[i], "+%zu%010zu", i, n);
		r->terms[i] = (struct store_term){terms[i], r->keys[i], strlen(r->keys[i])};
	}
	(void)snprintf(r->source, sizeof r->source, "row-%zu", n);
	memset(r->payload, 'a' + (int)(n % 26), sizeof r->payload);
	*item = (struct store_item){.entity = "person",
		.columns = r->columns,
		.n_columns = N_COLUMNS,
		.terms = r->terms,
		.n_terms = N_TERMS,
		.payload = r->payload,
		.n_payload = PAYLOAD,
		.source_id = r->source};
	store_id_random(&item->person_id);
	store_id_random(&item->id);
}

/* Rows of the same size, appended and nothing more: what the disk and SQLite ask of anyone. */
static double plain_rows(size_t n)
{
	char path[96];
	sqlite3 *db = NULL;
	sqlite3_stmt *insert = NULL;
	(void)snprintf(path, sizeof path, "%s/plain.db", folder);
	need(sqlite3_open(path, &db) == SQLITE_OK, "opening");
	need(sqlite3_exec(db,
		     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (n INTEGER PRIMARY "
		     "KEY, p BLOB);",
		     NULL, NULL, NULL) == SQLITE_OK,
		"table");
	need(sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?, ?)", -1, &insert, NULL) == SQLITE_OK, "insert");
	double took = cpu_seconds();
	for (size_t i = 0; i < n; i++) {
		if (i % BATCH == 0)
			need(sqlite3_exec(db, i ? "COMMIT; BEGIN" : "BEGIN", NULL, NULL, NULL) == SQLITE_OK,
				"begin");
		(void)sqlite3_bind_int64(insert, 1, (sqlite3_int64)i);
		(void)sqlite3_bind_blob(insert, 2, rows[i % BATCH].payload, PAYLOAD, SQLITE_STATIC);
		need(sqlite3_step(insert) == SQLITE_DONE, "row");
		(void)sqlite3_reset(insert);
	}
	need(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "commit");
	took = cpu_seconds() - took;
	(void)sqlite3_finalize(insert);
	(void)sqlite3_close(db);
	(void)unlink(path);
	return took;
}

static double put_all(struct store *s, size_t n)
{
	struct cf_error err = CF_ERROR_INIT;
	double took = 0;
	for (size_t at = 0; at < n; at += BATCH) {
		size_t n_batch = n - at < BATCH ? n - at : BATCH;
		for (size_t i = 0; i < n_batch; i++)
			make_row(&rows[i], &items[i], at + i);
		double before = cpu_seconds();
		must(store_put_batch(s, items, n_batch, NULL, NULL, &err), &err);
		took += cpu_seconds() - before;
	}
	return took;
}

static void find_and_list(struct store *s, size_t n)
{
	struct cf_error err = CF_ERROR_INIT;
	struct store_page page = STORE_PAGE_INIT;
	struct row row;
	struct store_item item;
	double worst = 0;
	double all = seconds(CLOCK_MONOTONIC);
	for (size_t i = 0; i < ROUNDS; i++) {
		make_row(&row, &item, i * 7919 % n);
		double took = seconds(CLOCK_MONOTONIC);
		must(store_find(s, "person", &row.terms[0], 50, &page, &err), &err);
		took = seconds(CLOCK_MONOTONIC) - took;
		need(page.n == 1, "finding");
		store_page_done(&page);
		worst = took > worst ? took : worst;
	}
	all = seconds(CLOCK_MONOTONIC) - all;
	(void)printf("find by phone          %8.3f ms, worst %.3f ms\n", 1e3 * all / ROUNDS, 1e3 * worst);
	const struct store_query query = {.entity = "person", .limit = 50};
	all = seconds(CLOCK_MONOTONIC);
	for (size_t i = 0; i < ROUNDS; i++) {
		must(store_list(s, &query, &page, &err), &err);
		need(page.n == (n < 50 ? n : 50), "listing");
		for (size_t k = 0; k < page.n; k++) {
			struct store_record r = STORE_RECORD_INIT;
			must(store_get(s, &page.at[k].id, 0, &r, &err), &err);
			store_record_done(&r);
		}
		store_page_done(&page);
	}
	all = seconds(CLOCK_MONOTONIC) - all;
	(void)printf("list newest 50, opened %8.3f ms\n", 1e3 * all / ROUNDS);
	struct store_counts counts = STORE_COUNTS_INIT;
	all = seconds(CLOCK_MONOTONIC);
	must(store_count(s, "person", "country", &counts, &err), &err);
	(void)printf("count by country       %8.3f ms\n", 1e3 * (seconds(CLOCK_MONOTONIC) - all));
	store_counts_done(&counts);
}

int main(void)
{
	struct cf_error err = CF_ERROR_INIT;
	const char *given = getenv("BENCH_STORE_ITEMS");
	const size_t n = given ? strtoul(given, NULL, 10) : 1000000;
	char path[96];
	char key[96];
	struct store *s = NULL;
	need(mkdtemp(folder) != NULL && atexit(clean) == 0, "folder");
	(void)snprintf(path, sizeof path, "%s/store.db", folder);
	(void)snprintf(key, sizeof key, "%s/key", folder);
	print_machine();
	must(crypto_start(&err), &err);
	must(store_key_file_new(key, &err), &err);
	const struct store_unlock unlock = {.key_file = key};
	must(store_create(path, &unlock, NULL, &s, &err), &err);
	const double took = put_all(s, n);
	(void)printf(
		"put                    %8.0f items a CPU-second (%zu items, %.1f CPU-s), peak %.0f MiB\n",
		(double)n / took, n, took, peak_mebibytes());
	const double plain = plain_rows(n);
	(void)printf("  plain rows in SQLite %8.0f a CPU-second; the store costs %.1f times that\n",
		(double)n / plain, took / plain);
	find_and_list(s, n);
	struct audit_verified verified;
	double verifying = cpu_seconds();
	must(audit_verify(s, NULL, NULL, NULL, &verified, &err), &err);
	verifying = cpu_seconds() - verifying;
	(void)printf("verify everything      %8.0f items a CPU-second, peak %.0f MiB\n",
		(double)n / verifying, peak_mebibytes());
	s = store_close(s);
	double opening = seconds(CLOCK_MONOTONIC);
	must(store_open(path, &unlock, NULL, &s, &err), &err);
	(void)printf("open                   %8.3f ms\n", 1e3 * (seconds(CLOCK_MONOTONIC) - opening));
	store_close(s);
	return 0;
}
