/* For the tests of the store: a store on each backend in turn, people and records invented, and hooks.
 * Include cmocka.h first. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <signal.h>
#include <sys/wait.h>

#include "crypto/store_key.h"
#include "store/audit.h"
#include "store/store.h"
#include "store/users.h"

#define REQUIRE(condition)                                                                                   \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

/* A call that must succeed, with its message when it does not. */
#define MUST(call)                                                                                           \
	do {                                                                                                 \
		struct cf_error err = CF_ERROR_INIT;                                                         \
		if ((call) < 0) {                                                                            \
			(void)fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, err.message);    \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

#define MUST_FAIL(code_wanted, call)                                                                         \
	do {                                                                                                 \
		struct cf_error err = CF_ERROR_INIT;                                                         \
		int got_ = (call);                                                                           \
		if (got_ != (code_wanted)) {                                                                 \
			(void)fprintf(stderr, "%s:%d: %s: %d, not %d: %s\n", __FILE__, __LINE__, #call,      \
				got_, (code_wanted), err.message);                                           \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

struct test_place {
	char folder[64];
	char location[256];
	char key_file[96];
	char erasures[96];
	bool postgres;
};

static inline struct secret *test_secret(const char *text)
{
	struct secret *s = NULL;
	REQUIRE(secret_new(strlen(text), &s, NULL) == 0);
	memcpy(secret_data(s), text, strlen(text));
	return s;
}

static inline void test_run_command(const char *command)
{
	if (system(command) != 0) { /* NOLINT(cert-env33-c): our own words */
		(void)fprintf(stderr, "failed: %s\n", command);
		abort();
	}
}

/*
 * A private PostgreSQL server: a cluster of its own in a folder in memory, reachable through a socket in that
 * folder alone, run by an unprivileged user when we are root, and stopped by a watcher when this process
 * ends, however it ends. A machine without PostgreSQL fails the test: what was not tested must not look as if
 * it had been.
 */
static char test_server_folder[64];

static inline void test_stop_when_ended(int ended)
{
	char command[512];
	char byte;
	(void)setsid();
	while (read(ended, &byte, 1) > 0)
		;
	(void)snprintf(command, sizeof command,
		"kill -QUIT $(head -1 '%s/data/postmaster.pid') 2>/dev/null; sleep 0.3; rm -rf '%s'",
		test_server_folder, test_server_folder);
	(void)!system(command); /* NOLINT(cert-env33-c): our own words */
	_exit(0);
}

static inline void test_watch_server(void)
{
	int ended[2];
	REQUIRE(pipe(ended) == 0);
	pid_t watcher = fork();
	REQUIRE(watcher >= 0);
	if (watcher == 0) {
		(void)close(ended[1]);
		for (int fd = 3; fd < 64; fd++)
			if (fd != ended[0])
				(void)close(fd);
		test_stop_when_ended(ended[0]);
	}
	(void)close(ended[0]); /* the other end closes with this process */
}

static inline void test_server_start(void)
{
	char command[1024];
	if (test_server_folder[0])
		return;
	(void)snprintf(test_server_folder, sizeof test_server_folder, "%s/counterfoil-pg-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	REQUIRE(mkdtemp(test_server_folder) != NULL);
	(void)snprintf(command, sizeof command,
		"set -e; d='%s'; b=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1); "
		"[ -n \"$b\" ] || { echo 'PostgreSQL is not installed: tools/bootstrap check' >&2; exit 1; "
		"}; as=''; "
		"if [ $(id -u) -eq 0 ]; then chown postgres \"$d\"; as='setpriv --reuid=postgres "
		"--regid=postgres "
		"--clear-groups'; fi; cd \"$d\"; "
		"$as \"$b/initdb\" -D \"$d/data\" -A trust -U postgres -E UTF8 --no-locale --no-sync "
		">initdb.log 2>&1 "
		"|| { cat initdb.log >&2; exit 1; }; "
		"$as \"$b/pg_ctl\" -D \"$d/data\" -w -t 60 -l \"$d/data/log\" -o \"-k '$d' -c "
		"listen_addresses='' -c "
		"fsync=off -c log_statement=all\" start >/dev/null || { cat \"$d/data/log\" >&2; exit 1; }",
		test_server_folder);
	test_run_command(command);
	test_watch_server();
}

/* A folder of its own in memory, with a key file; with postgres, an empty database. */
static inline void test_place_start(struct test_place *p, bool postgres)
{
	static int n_databases;
	*p = (struct test_place){.postgres = postgres};
	(void)snprintf(p->folder, sizeof p->folder, "%s/counterfoil-store-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	REQUIRE(mkdtemp(p->folder) != NULL);
	(void)snprintf(p->location, sizeof p->location, "%s/store.db", p->folder);
	(void)snprintf(p->key_file, sizeof p->key_file, "%s/key", p->folder);
	(void)snprintf(p->erasures, sizeof p->erasures, "%s/erasures", p->folder);
	if (postgres) {
		char command[256];
		test_server_start();
		(void)snprintf(p->location, sizeof p->location, "host=%s user=postgres dbname=d%d",
			test_server_folder, ++n_databases);
		(void)snprintf(command, sizeof command, "createdb -h '%s' -U postgres d%d",
			test_server_folder, n_databases);
		test_run_command(command);
	}
	MUST(crypto_start(&err));
	MUST(store_key_file_new(p->key_file, &err));
}

/* Statements in the database itself, as somebody would run them who can write it and holds no key. */
static inline void test_sql(const struct test_place *p, const char *sql)
{
	char command[2048];
	if (p->postgres)
		(void)snprintf(command, sizeof command,
			"psql -q -X -v ON_ERROR_STOP=1 '%s' >/dev/null <<'EOF'\n%s\nEOF\n", p->location, sql);
	else
		(void)snprintf(command, sizeof command,
			"python3 -c 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
			"c.executescript(sys.argv[2]); "
			"c.commit(); c.close()' '%s' \"%s\"",
			p->location, sql);
	test_run_command(command);
}

static inline void test_place_end(struct test_place *p)
{
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", p->folder);
	test_run_command(command);
}

/* Runs the test on each backend. */
static inline void test_on_both(void (*test)(struct test_place *p))
{
	for (int postgres = 0; postgres < 2; postgres++) {
		struct test_place p;
		test_place_start(&p, postgres);
		test(&p);
		test_place_end(&p);
	}
}

static inline struct store_unlock test_unlock(const struct test_place *p)
{
	return (struct store_unlock){.key_file = p->key_file};
}

/* Cheap passphrases: the cost of Argon2id is libsodium's matter. */
static inline struct store_options test_options(const struct test_place *p)
{
	return (struct store_options){.erasure_list = p->erasures, .costs = {1, 8192}};
}

static inline struct store *test_create(const struct test_place *p)
{
	struct store *s = NULL;
	const struct store_unlock unlock = test_unlock(p);
	const struct store_options options = test_options(p);
	MUST(store_create(p->location, &unlock, &options, &s, &err));
	return s;
}

static inline struct store *test_open(const struct test_place *p)
{
	struct store *s = NULL;
	const struct store_unlock unlock = test_unlock(p);
	const struct store_options options = test_options(p);
	MUST(store_open(p->location, &unlock, &options, &s, &err));
	return s;
}

/* An id that tells its number, so that runs are the same. */
static inline struct store_id test_id(char kind, unsigned n)
{
	struct store_id id = {{0}};
	id.bytes[0] = (uint8_t)kind;
	id.bytes[1] = (uint8_t)(n * 167);
	id.bytes[14] = (uint8_t)(n >> 8);
	id.bytes[15] = (uint8_t)n;
	return id;
}

/* Item number n, in its version: what it points to stands in the struct. */
struct test_item {
	struct store_item item;
	struct store_column columns[3];
	struct store_term terms[2];
	char sex[8];
	char country[8];
	char phone[32];
	char name[48];
	char payload[512];
	char source[32];
};

static inline void test_item(struct test_item *t, unsigned n, unsigned version)
{
	memset(t, 0, sizeof *t);
	(void)snprintf(t->sex, sizeof t->sex, "%s", n % 3 ? "female" : "male");
	(void)snprintf(t->country, sizeof t->country, "C%u", (n + version) % 5);
	(void)snprintf(t->phone, sizeof t->phone, "+4479%06u", n / 2);
	(void)snprintf(t->name, sizeof t->name, "name key %u %u", n, version);
	(void)snprintf(t->payload, sizeof t->payload,
		"{\"name\": \"canary-payload-%u\", \"version\": %u, \"more\": \"%0200d\"}", n, version, 7);
	(void)snprintf(t->source, sizeof t->source, "hotline-%u", n);
	t->columns[0] = (struct store_column){"sex", t->sex};
	t->columns[1] = (struct store_column){"country", t->country};
	t->columns[2] = (struct store_column){"country", "C9"};
	t->terms[0] = (struct store_term){"phone", t->phone, strlen(t->phone)};
	t->terms[1] = (struct store_term){"name", t->name, strlen(t->name)};
	t->item = (struct store_item){.entity = "person",
		.columns = t->columns,
		.n_columns = 3,
		.terms = t->terms,
		.n_terms = 2,
		.payload = t->payload,
		.n_payload = strlen(t->payload),
		.source_id = t->source};
	t->item.person_id = test_id('p', n);
	t->item.case_id = test_id('c', n / 4);
	t->item.id = test_id('r', n);
}
