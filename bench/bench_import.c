/*
 * An organisation's whole spreadsheet into a new store, by the command itself: rows of HTCDS about invented
 * persons as tools/simulate writes them, sealed, indexed and logged in one transaction. Once with a person
 * and a phone of each row (2 records), once with all that the rows say (person, case, role, episode, leg,
 * referral, phone, document: more than 7 records). Then, in the first store: an exact search for a phone, and
 * the list of the newest 50. BENCH_IMPORT_ROWS sets another number of rows.
 */
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "bench.h"
#include "work/casebook/casebook.h"

enum { ROUNDS = 200, ROWS_ALL = 5 /* a part of them, with everything */ };

static char folder[] = "/tmp/counterfoil-bench-import-XXXXXX";
static char programs[512]; /* the build's folder */

static void clean(void)
{
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
	need(system(command) == 0, "removing");
}

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
	char command[4096];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	need(n > 0 && (size_t)n < sizeof command, "a command's length");
	int status = system(command);
	/* 2: some rows were refused, which is why --partial is given */
	need(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2), command);
}

/* The police's list, with a real country in place of the invented one, and its calling code. */
static void make_rows(size_t n)
{
	/* that list has about one row for seven persons */
	run("'%s/tools/simulate' --out '%s' --persons %zu --lists police --seed 3", programs, folder,
		n * 7 + 2000);
	run("head -n %zu '%s/police.csv' | sed 's/,XV,/,AU,/; s/+999 /+61 /' > '%s/all.csv'", n + 1, folder,
		folder);
	run("cut -d, -f1-5,7 '%s/all.csv' > '%s/persons.csv'", folder, folder);
	run("head -n %zu '%s/all.csv' | cut -d, -f1-10 > '%s/whole.csv'", n / ROWS_ALL + 1, folder, folder);
}

static double children_cpu(double *ret_mebibytes)
{
	struct rusage usage;
	need(getrusage(RUSAGE_CHILDREN, &usage) == 0, "usage");
	if (ret_mebibytes)
		*ret_mebibytes = (double)usage.ru_maxrss / 1024;
	return (double)usage.ru_utime.tv_sec + 1e-6 * (double)usage.ru_utime.tv_usec +
	       (double)usage.ru_stime.tv_sec + 1e-6 * (double)usage.ru_stime.tv_usec;
}

static void import(const char *name, size_t n_rows)
{
	double mebibytes = 0;
	run("'%s/src/cli/counterfoil' init --store '%s/%s.store' --passphrase-file '%s/words' --user amina "
	    "--role caseworker --password-file '%s/words' --stretch 8 >/dev/null",
		programs, folder, name, folder, folder);
	double took = children_cpu(NULL);
	run("'%s/src/cli/counterfoil' import '%s/%s.csv' --store '%s/%s.store' --user amina "
	    "--passphrase-file '%s/words' --country AU --partial 2>/dev/null | tail -n 1",
		programs, folder, name, folder, name, folder);
	took = children_cpu(&mebibytes) - took;
	(void)printf(
		"%-8s %8zu rows: %7.1f CPU-s, %6.0f rows a CPU-second; largest process so far %.0f MiB\n",
		name, n_rows, took, (double)n_rows / took, mebibytes);
}

/* A phone of the file in E.164. */
static void a_phone(char *ret, size_t size)
{
	char command[256];
	(void)snprintf(command, sizeof command,
		"grep -o '+61 6[0-9]*$' '%s/persons.csv' | tail -n 1 | tr -d ' \\n'", folder);
	FILE *from = popen(command, "r");
	need(from && fgets(ret, (int)size, from) != NULL, "finding a phone");
	(void)pclose(from);
}

static struct casebook *open_store(void)
{
	static char location[128];
	static char words[] = "a long invented passphrase";
	struct cf_error err = CF_ERROR_INIT;
	struct casebook *c = NULL;
	struct secret *secret = NULL;
	need(crypto_start(&err) >= 0 && secret_new(strlen(words), &secret, &err) >= 0, "starting");
	memcpy(secret_data(secret), words, strlen(words));
	(void)snprintf(location, sizeof location, "%s/persons.store", folder);
	const struct casebook_place place = {
		.location = location, .unlock = {.user = "amina", .passphrase = secret}};
	need(casebook_open(&place, &c, &err) >= 0, err.message);
	secret_free(secret);
	return c;
}

static void search(struct casebook *c)
{
	const struct schema_field *field = schema_field(schema_entity("identifier"), "value");
	struct cf_error err = CF_ERROR_INIT;
	char phone[32] = "";
	double worst = 0;
	double all = 0;
	a_phone(phone, sizeof phone);
	for (int i = 0; i < ROUNDS; i++) {
		struct casebook_list found = CASEBOOK_LIST_INIT;
		double took = seconds(CLOCK_MONOTONIC);
		need(casebook_search(c, field, phone, 50, &found, &err) >= 0, err.message);
		took = seconds(CLOCK_MONOTONIC) - took;
		need(found.n > 0, "finding the phone");
		casebook_list_done(&found);
		worst = took > worst ? took : worst;
		all += took;
	}
	(void)printf("search for a phone, logged: %.2f ms, worst %.2f ms\n", 1e3 * all / ROUNDS, 1e3 * worst);
}

static void list(struct casebook *c)
{
	const struct casebook_query query = {.limit = 50};
	struct cf_error err = CF_ERROR_INIT;
	double worst = 0;
	double all = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct casebook_list found = CASEBOOK_LIST_INIT;
		double took = seconds(CLOCK_MONOTONIC);
		need(casebook_list(c, &query, &found, &err) >= 0, err.message);
		took = seconds(CLOCK_MONOTONIC) - took;
		need(found.n == 50, "listing");
		casebook_list_done(&found);
		worst = took > worst ? took : worst;
		all += took;
	}
	(void)printf("list of the newest 50: %.2f ms, worst %.2f ms\n", 1e3 * all / ROUNDS, 1e3 * worst);
}

int main(int argc, char **argv)
{
	const char *wanted = getenv("BENCH_IMPORT_ROWS");
	const size_t n = wanted ? strtoul(wanted, NULL, 10) : 1000000;
	(void)argc;
	(void)snprintf(programs, sizeof programs, "%.*s/..", (int)(strrchr(argv[0], '/') - argv[0]), argv[0]);
	need(n >= 1000, "BENCH_IMPORT_ROWS of 1000 or more");
	need(mkdtemp(folder) != NULL, "a folder");
	need(atexit(clean) == 0, "cleaning later");
	print_machine();
	run("printf '%%s' 'a long invented passphrase' > '%s/words'", folder);
	make_rows(n);
	import("persons", n);
	struct casebook *c = open_store();
	search(c);
	list(c);
	casebook_close(c);
	import("whole", n / ROWS_ALL);
	return 0;
}
