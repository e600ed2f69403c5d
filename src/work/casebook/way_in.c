#include "work/casebook/way_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/store_key.h"
#include "store/users.h"

enum { MAX_SECRET = 1024, LEAST_PASSPHRASE = 12 };

const char *way_in_location(const char *given)
{
	if (given)
		return given;
	const char *set = getenv("COUNTERFOIL_STORE");
	return set && *set ? set : "casebook.store";
}

const char *way_in_shown(const char *location)
{
	bool is_server = strstr(location, "://") || strchr(location, '=');
	return is_server ? "the PostgreSQL database" : location;
}

/* Exactly the bytes that were read, in guarded memory. */
static int fit(struct secret *room, size_t n, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *s = NULL;
	TRY(secret_new(n, &s, err));
	memcpy(secret_data(s), secret_bytes(room), n);
	*ret = TAKE(s);
	return CF_OK;
}

static int read_all(int fd, uint8_t *to, size_t room, size_t *ret_n)
{
	size_t n = 0;
	while (n < room) {
		ssize_t got = read(fd, to + n, room - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return CF_E_IO;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret_n = n;
	return CF_OK;
}

/* The first line of a file. */
static int read_file(const char *path, const char *what, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *room = NULL;
	bool is_input = strcmp(path, "-") == 0;
	size_t n = 0;
	TRY(secret_new(MAX_SECRET, &room, err));
	int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, CF_E_NOT_FOUND, "cannot read the %s from %s", what, path);
	int status = read_all(fd, secret_data(room), MAX_SECRET, &n);
	if (!is_input)
		(void)close(fd);
	if (status < 0)
		return error_set_errno(err, status, "cannot read the %s from %s", what, path);
	const uint8_t *end = memchr(secret_bytes(room), '\n', n);
	if (!end && n == MAX_SECRET)
		return error_set(err, CF_E_LIMIT, "the %s in %s is longer than %d bytes", what, path,
			(int)MAX_SECRET - 1);
	size_t length = end ? (size_t)(end - secret_bytes(room)) : n;
	if (length && secret_bytes(room)[length - 1] == '\r')
		length--;
	if (length == 0)
		return error_set(
			err, CF_E_USAGE, "%s: the first line, where the %s stands, is empty", path, what);
	return fit(room, length, ret, err);
}

struct asker {
	way_in_ask ask;
	void *context;
};

static int ask_once(const struct asker *a, const char *question, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *room = NULL;
	if (!a->ask)
		return error_set(err, CF_E_USAGE, "%s: name a file that holds it", question);
	TRY(secret_new(MAX_SECRET, &room, err));
	char *to = (char *)secret_data(room);
	TRY(a->ask(a->context, question, to, MAX_SECRET - 1, err));
	size_t n = strlen(to);
	if (n == 0)
		return error_set(err, CF_E_USAGE, "%s: nothing was given", question);
	return fit(room, n, ret, err);
}

static int same_twice(const struct asker *a, const char *what, struct secret **ret, struct cf_error *err)
{
	char question[160];
	CF_CLEANUP_SECRET struct secret *first = NULL;
	CF_CLEANUP_SECRET struct secret *again = NULL;
	(void)snprintf(question, sizeof question, "New %s", what);
	TRY(ask_once(a, question, &first, err));
	(void)snprintf(question, sizeof question, "New %s, again", what);
	TRY(ask_once(a, question, &again, err));
	if (secret_size(first) != secret_size(again) ||
		!secret_equal(secret_bytes(first), secret_bytes(again), secret_size(first)))
		return error_set(err, CF_E_USAGE, "the two were not the same; nothing was changed");
	*ret = TAKE(first);
	return CF_OK;
}

int way_in_new_secret(const struct way_in_secret *q, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *s = NULL;
	struct asker a = {.ask = q->ask, .context = q->ask_context};
	if (q->file)
		TRY(read_file(q->file, q->what, &s, err));
	else
		TRY(same_twice(&a, q->what, &s, err));
	if (secret_size(s) < q->least)
		return error_set(err, CF_E_USAGE,
			"the %s is too short: take at least %zu characters, best several words", q->what,
			q->least);
	*ret = TAKE(s);
	return CF_OK;
}

/* ---- opening ---- */

static bool needs_passphrase(const struct way_in *w)
{
	return w->user || w->passphrase_file || !w->key_file;
}

static int get_passphrase(const struct way_in *w, struct secret **ret, struct cf_error *err)
{
	struct asker a = {.ask = w->ask, .context = w->ask_context};
	char question[STORE_NAME_MAX + 64];
	if (!needs_passphrase(w))
		return CF_OK;
	if (w->user)
		(void)snprintf(question, sizeof question, "password of %.*s", STORE_NAME_MAX, w->user);
	else
		(void)snprintf(question, sizeof question, "passphrase of the store");
	if (w->passphrase_file)
		return read_file(w->passphrase_file, question, ret, err);
	question[0] = 'P';
	return ask_once(&a, question, ret, err);
}

static struct casebook_place place_of(const struct way_in *w, const struct secret *passphrase)
{
	struct casebook_place p = {.location = w->location,
		.unlock = {.user = w->user,
			.passphrase = passphrase,
			.key_file = w->key_file,
			.code = w->code},
		.options = STORE_OPTIONS_INIT};
	p.options.erasure_list = w->erasure_list;
	if (w->stretch_mib)
		p.options.costs = (struct store_costs){.passes = 3, .memory_bytes = w->stretch_mib << 20};
	return p;
}

int way_in_open(const struct way_in *w, struct casebook **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *passphrase = NULL;
	TRY(crypto_start(err));
	TRY(get_passphrase(w, &passphrase, err));
	struct casebook_place place = place_of(w, passphrase);
	return casebook_open(&place, ret, err);
}

int way_in_restore(const struct way_in *w, const char *backup, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *passphrase = NULL;
	TRY(crypto_start(err));
	TRY(get_passphrase(w, &passphrase, err));
	struct casebook_place place = place_of(w, passphrase);
	return casebook_restore(backup, &place, err);
}

/* ---- making ---- */

static int add_first(struct casebook *c, const struct way_in *w, const struct way_in_first *first,
	const struct secret *password, struct cf_error *err)
{
	struct store *s = NULL;
	enum permission_role role = ROLE_CASEWORKER;
	(void)permission_role_parse(first->role, &role);
	TRY(casebook_use(c, ACTION_USERS, &s, err));
	return store_user_add(s, w->user, first->role, permission_access(role), password, err);
}

int way_in_create(
	const struct way_in *w, const struct way_in_first *first, struct casebook **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *passphrase = NULL;
	CF_CLEANUP_SECRET struct secret *password = NULL;
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct way_in own = *w;
	enum permission_role role;
	TRY(crypto_start(err));
	if (w->user && !permission_role_parse(first->role, &role))
		return error_set(err, CF_E_USAGE,
			"there is no such role; there are caseworker, investigator, analyst, "
			"steward, auditor and administrator");
	own.user = NULL;
	struct way_in_secret new_passphrase = {.what = "passphrase of the store",
		.file = w->passphrase_file,
		.least = LEAST_PASSPHRASE,
		.ask = w->ask,
		.ask_context = w->ask_context};
	struct way_in_secret new_password = {.what = "password of the first user",
		.file = first->password_file,
		.least = STORE_PASSWORD_MIN,
		.ask = w->ask,
		.ask_context = w->ask_context};
	if (needs_passphrase(&own))
		TRY(way_in_new_secret(&new_passphrase, &passphrase, err));
	if (w->user)
		TRY(way_in_new_secret(&new_password, &password, err));
	if (first->new_key_file && w->key_file)
		TRY(store_key_file_new(w->key_file, err));
	struct casebook_place place = place_of(&own, passphrase);
	TRY(casebook_create(&place, &c, err));
	if (w->user)
		TRY(add_first(c, w, first, password, err));
	*ret = TAKE(c);
	return CF_OK;
}

int way_in_change(struct casebook *c, const struct way_in_change *change, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *passphrase = NULL;
	struct way_in_secret q = {.what = "passphrase of the store",
		.file = change->passphrase_file,
		.least = LEAST_PASSPHRASE,
		.ask = change->ask,
		.ask_context = change->ask_context};
	struct store *s;
	/* nobody is asked for what they may not change */
	TRY(casebook_use(c, ACTION_KEYS, &s, err));
	if (!change->key_file_alone)
		TRY(way_in_new_secret(&q, &passphrase, err));
	struct store_unlock unlock = {.passphrase = passphrase, .key_file = change->key_file};
	return casebook_change_unlock(c, &unlock, err);
}
