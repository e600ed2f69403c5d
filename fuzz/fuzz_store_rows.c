/*
 * A store in which somebody wrote who holds no key: the input is a list of changes to cells of its tables
 * (which table, row and column, what to put there), made in a copy of a small sound store. Every reader of
 * rows then gets to see them: opening, verifying, listing, counting, finding, history, reading, writing,
 * rotating, erasing. Each ends well or says why not; and a store that verifies as sound gives back what was
 * put in.
 */
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/store_key.h"
#include "scratch.h"
#include "store/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { N_ITEMS = 4, N_COLUMNS_MAX = 10, MAX_CHANGES = 4, MAX_BYTES = 64 };

struct table {
	const char *name;
	const char *key; /* tells rows apart */
	const char *columns[N_COLUMNS_MAX];
};
static const struct table tables[] = {
	{"meta", "name", {"name", "value"}},
	{"name", "number", {"number", "text"}},
	{"slot", "holder",
		{"holder", "kind", "access", "passes", "memory", "salt", "public_key", "pair", "sealed",
			"mac"}},
	{"wrapped", "name", {"name", "sealed"}},
	{"owner_key", "owner", {"owner", "kind", "sealed"}},
	{"record", "number",
		{"number", "id", "entity", "person_id", "case_id", "revision", "latest", "content",
			"erased"}},
	{"record_id", "id", {"id", "record"}},
	{"revision", "number",
		{"record", "revision", "previous", "owner", "author", "time", "leaf", "erased", "hash",
			"sealed"}},
	{"term", "field, tag, record", {"field", "tag", "record"}},
	{"column_value", "field, value, first", {"field", "value", "first", "n", "records"}},
	{"log_state", "one", {"leaves", "revisions", "records", "peaks"}},
	{"audit_leaf", "number", {"number", "entry"}},
	{"audit_head", "size", {"size", "note", "kept"}},
	{"person_erased", "person", {"person", "time"}},
	{"user_account", "name",
		{"name", "role", "access", "totp", "totp_step", "disabled", "created", "mac"}},
	{"login", "name", {"name", "failures", "last", "pending", "check_sum"}},
	{"migration", "version", {"version"}},
};

static const char *store_path;
static const char *key_path;
static const char *list_path;
static char parts[3][SCRATCH_NAME + sizeof scratch_folder]; /* beside the store, SQLite's */
static struct buffer sound;
static struct store_id ids[N_ITEMS];
static struct store_id person;

static void need(bool holds, const char *what, const struct cf_error *err)
{
	if (!holds) {
		(void)fprintf(stderr, "%s: %s\n", what, err ? err->message : "");
		abort();
	}
}

/* An end that is no crash: it went well, or there is a reason. */
static bool went(int status, const struct cf_error *err)
{
	need(status >= 0 || (err->code == status && err->message[0]), "a failure says why", err);
	return status >= 0;
}

static struct store_unlock unlock_of(void)
{
	return (struct store_unlock){.key_file = key_path};
}

static struct store_options options_of(void)
{
	return (struct store_options){
		.erasure_list = list_path, .costs = {.passes = 1, .memory_bytes = 8 << 20}};
}

static void put_item(struct store *s, size_t i)
{
	char payload[32];
	const struct store_column columns[] = {{"country", i % 2 ? "NGA" : "PHL"}, {"gender", "Feminine"}};
	const struct store_term terms[] = {{"name", "ana", 3}, {"phone", "+44", 3}};
	struct store_result result;
	struct cf_error err = CF_ERROR_INIT;
	(void)snprintf(payload, sizeof payload, "payload %zu", i);
	const struct store_item item = {.entity = i ? "identifier" : "person",
		.id = ids[i],
		.person_id = i < 2 ? person : (struct store_id){{0}},
		.columns = columns,
		.n_columns = 2,
		.terms = terms,
		.n_terms = 2,
		.payload = payload,
		.n_payload = strlen(payload),
		.source_id = payload};
	need(store_put(s, &item, NULL, &result, &err) == 0, "put", &err);
}

static void make_sound_store(void)
{
	CF_CLEANUP_STORE struct store *s = NULL;
	CF_CLEANUP_SECRET struct secret *password = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const struct store_unlock unlock = unlock_of();
	const struct store_options options = options_of();
	need(crypto_start(NULL) == 0 && store_key_file_new(key_path, &err) == 0, "key", &err);
	need(store_create(store_path, &unlock, &options, &s, &err) == 0, "store", &err);
	need(secret_new(12, &password, &err) == 0, "password", &err);
	memcpy(secret_data(password), "long enough!", 12);
	need(store_user_add(s, "anna", "caseworker", STORE_ACCESS_RECORDS, password, &err) == 0, "user",
		&err);
	for (size_t i = 0; i < N_ITEMS; i++) {
		store_id_random(&ids[i]);
		if (i == 0)
			person = ids[0];
		put_item(s, i);
	}
	s = store_close(s);
	need(file_read(store_path, 16 << 20, &sound, &err) == 0, "read", &err);
}

static void start(void)
{
	static const char *const ends[] = {"-wal", "-shm", "-journal"};
	scratch_start();
	store_path = scratch_file("store.db");
	key_path = scratch_file("key");
	list_path = scratch_file("erasures");
	for (size_t i = 0; i < 3; i++)
		(void)snprintf(parts[i], sizeof parts[i], "%s%s", store_path, ends[i]);
	make_sound_store();
}

/* ---- changes ---- */

struct input {
	const uint8_t *at;
	size_t n;
};

static uint8_t take(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->at++;
}

/* A literal: a whole number, bytes, text, or nothing. */
static void append_value(struct input *in, struct buffer *sql)
{
	uint8_t kind = take(in);
	size_t n = take(in) % MAX_BYTES;
	int64_t number = 0;
	int status = 0;
	if (kind % 4 == 3)
		status = buffer_append_text(sql, "NULL");
	if (kind % 4 == 0) {
		for (size_t i = 0; i < n % 9; i++)
			number = (int64_t)((uint64_t)number << 8 | take(in));
		/* the least of all has no literal */
		status = number == INT64_MIN ? buffer_append_text(sql, "0")
					     : buffer_printf(sql, "%lld", (long long)number);
	}
	if (kind % 4 == 1 || kind % 4 == 2) {
		status = buffer_append_text(sql, kind % 4 == 1 ? "x'" : "CAST(x'");
		for (size_t i = 0; i < n && status >= 0; i++)
			status = buffer_printf(sql, "%02x", take(in));
		if (status >= 0)
			status = buffer_append_text(sql, kind % 4 == 1 ? "'" : "' AS TEXT)");
	}
	need(status >= 0, "memory", NULL);
}

static void change(struct db *db, struct input *in)
{
	CF_CLEANUP(buffer_done) struct buffer sql = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	const struct table *t = &tables[take(in) % (sizeof tables / sizeof *tables)];
	const uint8_t row = take(in);
	const uint8_t which = take(in);
	size_t n = 1;
	while (n < N_COLUMNS_MAX && t->columns[n])
		n++;
	if (which == UINT8_MAX) {
		need(buffer_printf(&sql, "DELETE FROM %s", t->name) == 0, "memory", NULL);
	} else {
		const char *column = t->columns[which % n];
		need(buffer_printf(&sql, "UPDATE %s SET %s = ", t->name, column) == 0, "memory", NULL);
		/* beside a value of its own, that of another row, which is well formed */
		if (which & 0x80)
			need(buffer_printf(&sql, "(SELECT %s FROM %s LIMIT 1 OFFSET %u)", column, t->name,
				     take(in) % 16U) == 0,
				"memory", NULL);
		else
			append_value(in, &sql);
	}
	need(buffer_printf(&sql, " WHERE (%s) IN (SELECT %s FROM %s LIMIT 1 OFFSET %u);", t->key, t->key,
		     t->name, row % 16U) == 0,
		"memory", NULL);
	/* a constraint may forbid it */
	int status = db_script(db, buffer_text(&sql), &err);
	need(status >= 0 || err.message[0], "a failure says why", &err);
}

static void change_all(struct input *in)
{
	CF_CLEANUP_DB struct db *db = NULL;
	struct cf_error err = CF_ERROR_INIT;
	need(db_open_sqlite(store_path, DB_USE, &db, &err) == 0, "open", &err);
	need(db_script(db, "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;", &err) == 0, "off", &err);
	for (size_t i = 0; i < MAX_CHANGES && in->n; i++)
		change(db, in);
}

/* ---- readers ---- */

static int look(void *context, const struct audit_entry *entry, struct cf_error *err)
{
	(void)err;
	need(!entry->n_objects || entry->objects, "objects", NULL);
	*(uint64_t *)context += entry->n_objects;
	return 0;
}

static void list_all(struct store *s)
{
	CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
	CF_CLEANUP(store_page_done) struct store_page found = STORE_PAGE_INIT;
	CF_CLEANUP(store_counts_done) struct store_counts counts = STORE_COUNTS_INIT;
	CF_CLEANUP(store_users_done) struct store_users users = STORE_USERS_INIT;
	struct cf_error err = CF_ERROR_INIT;
	const struct store_query query = {
		.entity = "identifier", .field = "country", .value = "NGA", .limit = 100};
	const struct store_term term = {"name", "ana", 3};
	struct store_id id;
	uint64_t n = 0;
	(void)went(store_list(s, &query, &page, &err), &err);
	(void)went(store_count(s, "identifier", "country", &counts, &err), &err);
	(void)went(store_find(s, "identifier", &term, 100, &found, &err), &err);
	(void)went(store_find_source(s, "identifier", "payload 2", &id, &err), &err);
	(void)went(store_size(s, NULL, &n, &err), &err);
	(void)went(store_user_list(s, &users, &err), &err);
}

static void read_one(struct store *s, size_t i, bool is_sound)
{
	CF_CLEANUP(store_record_done) struct store_record r = STORE_RECORD_INIT;
	CF_CLEANUP(store_history_done) struct store_history history = STORE_HISTORY_INIT;
	char payload[32];
	struct cf_error err = CF_ERROR_INIT;
	(void)snprintf(payload, sizeof payload, "payload %zu", i);
	(void)went(store_history(s, &ids[i], &history, &err), &err);
	/* what opens is what was put there, in whatever store it stands */
	if (went(store_get(s, &ids[i], 0, &r, &err), &err))
		need(r.n_payload == strlen(payload) && memcmp(r.payload, payload, r.n_payload) == 0,
			"another payload", NULL);
	else
		need(!is_sound, "sound, but not there", &err);
}

static void prove(struct store *s)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	const struct audit_filter filter = {.limit = 100};
	struct cf_error err = CF_ERROR_INIT;
	uint64_t n = 0;
	(void)went(audit_show(s, &filter, look, &n, &err), &err);
	(void)went(audit_head(s, &out, &err), &err);
	(void)went(audit_prove(s, 2, &out, &err), &err);
}

static void use(bool touched)
{
	CF_CLEANUP_STORE struct store *s = NULL;
	struct audit_verified verified = {0};
	struct store_erased erased;
	struct store_result result;
	struct cf_error err = CF_ERROR_INIT;
	const struct store_unlock unlock = unlock_of();
	const struct store_options options = options_of();
	if (!went(store_open(store_path, &unlock, &options, &s, &err), &err)) {
		need(touched, "a sound store does not open", &err);
		return;
	}
	const bool is_sound = went(audit_verify(s, NULL, NULL, NULL, &verified, &err), &err);
	need(is_sound || touched, "a sound store does not verify", &err);
	list_all(s);
	for (size_t i = 0; i < N_ITEMS; i++)
		read_one(s, i, is_sound);
	prove(s);
	const struct store_item item = {.entity = "person", .payload = "new", .n_payload = 3};
	(void)went(store_put(s, &item, NULL, &result, &err), &err);
	(void)went(store_rotate(s, &err), &err);
	(void)went(store_rotate_index(s, &err), &err);
	(void)went(store_erase_person(s, &person, &erased, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n};
	if (!store_path)
		start();
	for (size_t i = 0; i < 3; i++)
		(void)unlink(parts[i]);
	scratch_write(list_path, "", 0);
	scratch_write(store_path, sound.data, sound.n);
	change_all(&in);
	use(n > 0);
	for (size_t i = 0; i < 3; i++)
		(void)unlink(parts[i]);
	return 0;
}
