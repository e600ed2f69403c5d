/*
 * Users. Each row carries a mac under the log's key, and each change of it is in the log with a commitment to
 * that mac: a role that was altered from outside is refused at login and named by audit_verify.
 */
#include "store/users.h"

#include <string.h>

#include "crypto/totp.h"
#include "store/inside.h"

/* ---- rows ---- */

void user_mac(const struct store *s, const struct user_row *row, uint8_t ret[HASH_BYTES])
{
	uint8_t numbers[32];
	put_number(numbers, row->user.access, 8);
	put_number(numbers + 8, row->totp_step, 8);
	put_number(numbers + 16, row->user.disabled, 8);
	put_number(numbers + 24, row->user.created_ms, 8);
	const struct crypto_part parts[] = {
		{s->id.bytes, STORE_ID_BYTES},
		{row->user.name, strlen(row->user.name)},
		{row->user.role, strlen(row->user.role)},
		{numbers, sizeof numbers},
		{row->totp, row->user.has_totp ? sizeof row->totp : 0},
	};
	vault_tag(secret_bytes(s->commit), "counterfoil user v1", parts, 5, ret, HASH_BYTES);
}

static int read_user(struct db_rows *rows, struct user_row *ret, struct cf_error *err)
{
	struct user_row row = {0};
	TRY(db_string(rows, 0, row.user.name, STORE_NAME_MAX, err));
	TRY(db_string(rows, 1, row.user.role, STORE_NAME_MAX, err));
	row.user.access = (enum store_access)db_integer(rows, 2);
	row.user.has_totp = !db_is_null(rows, 3);
	if (row.user.has_totp)
		TRY(db_fixed(rows, 3, row.totp, sizeof row.totp, err));
	row.totp_step = (uint64_t)db_integer(rows, 4);
	row.user.disabled = db_integer(rows, 5) != 0;
	row.user.created_ms = (uint64_t)db_integer(rows, 6);
	TRY(db_fixed(rows, 7, row.mac, sizeof row.mac, err));
	*ret = row;
	return 1;
}

static int one_user(
	struct store *s, enum statement which, const char *name, struct user_row *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {db_text(name)};
	TRY(db_query(s->db, which, values, 1, &rows, err));
	int status = db_next(&rows, err);
	return status > 0 ? read_user(&rows, ret, err) : status;
}

int user_get(struct store *s, const char *name, struct user_row *ret, struct cf_error *err)
{
	return one_user(s, S_USER_GET, name, ret, err);
}

int user_after(struct store *s, const char *name, struct user_row *ret, struct cf_error *err)
{
	return one_user(s, S_USER_AFTER, name, ret, err);
}

int user_put(struct store *s, struct user_row *row, const char *action, struct cf_error *err)
{
	struct log_object object = {.kind = "user", .id = name_id("user", row->user.name)};
	user_mac(s, row, row->mac);
	const struct db_value values[] = {
		db_text(row->user.name),
		db_text(row->user.role),
		DB_INT(row->user.access),
		row->user.has_totp ? DB_BYTES(row->totp, sizeof row->totp) : DB_NOTHING,
		DB_INT(row->totp_step),
		DB_INT(row->user.disabled),
		DB_INT(row->user.created_ms),
		DB_BYTES(row->mac, sizeof row->mac),
	};
	TRY(db_run(s->db, S_USER_SET, values, sizeof values / sizeof *values, err));
	commitment_of(s, object.kind, &object.id, 0, row->mac, sizeof row->mac, object.commitment);
	return log_add(s, action, NULL, &object, 1, err);
}

/* One who must be there, and as this store wrote it. */
static int need_user(struct store *s, const char *name, struct user_row *ret, struct cf_error *err)
{
	uint8_t mac[HASH_BYTES];
	int status = user_get(s, name, ret, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_NOT_FOUND, "there is no such user");
	user_mac(s, ret, mac);
	if (!secret_equal(mac, ret->mac, sizeof mac))
		return error_set(err, CF_E_REFUSED,
			"%s was altered: the row of a user is not what this store wrote", s->db->name);
	return CF_OK;
}

/* ---- the secret of one-time codes ---- */

struct bound {
	uint8_t bytes[STORE_ID_BYTES + STORE_NAME_MAX];
	size_t n;
};

static struct bound bound_of(const struct store *s, const char *name)
{
	struct bound b = {.n = STORE_ID_BYTES + strlen(name)};
	memcpy(b.bytes, s->id.bytes, STORE_ID_BYTES);
	memcpy(b.bytes + STORE_ID_BYTES, name, strlen(name));
	return b;
}

static int totp_key(const struct store *s, struct secret **ret, struct cf_error *err)
{
	return secret_derive(s->log, "store one-time codes", 0, VAULT_KEY_BYTES, ret, err);
}

int user_totp_secret(
	const struct store *s, const struct user_row *row, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *key = NULL;
	CF_CLEANUP_SECRET struct secret *secret = NULL;
	const struct bound bound = bound_of(s, row->user.name);
	TRY(totp_key(s, &key, err));
	TRY(secret_new(TOTP_SECRET_BYTES, &secret, err));
	if (vault_open(secret_bytes(key), bound.bytes, bound.n, row->totp, sizeof row->totp,
		    secret_data(secret)) < 0)
		return error_set(err, CF_E_REFUSED, "%s was altered: a user's one-time codes do not open",
			s->db->name);
	*ret = TAKE(secret);
	return CF_OK;
}

static int set_totp(struct store *s, struct user_row *row, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *key = NULL;
	CF_CLEANUP_SECRET struct secret *secret = NULL;
	const struct bound bound = bound_of(s, row->user.name);
	TRY(totp_key(s, &key, err));
	TRY(secret_new_random(TOTP_SECRET_BYTES, &secret, err));
	vault_seal(
		secret_bytes(key), bound.bytes, bound.n, secret_bytes(secret), TOTP_SECRET_BYTES, row->totp);
	row->user.has_totp = true;
	*ret = TAKE(secret);
	return CF_OK;
}

/* ---- what can be done ---- */

struct request {
	const char *name;
	const char *role;
	enum store_access access;
	const struct secret *password;
	struct secret **ret_totp;
	struct store_users *users;
};

static int check_password(const struct secret *password, struct cf_error *err)
{
	if (!password || secret_size(password) < STORE_PASSWORD_MIN)
		return error_set(
			err, CF_E_USAGE, "a password has at least %d characters", STORE_PASSWORD_MIN);
	return CF_OK;
}

static int add(struct store *s, void *context, struct cf_error *err)
{
	const struct request *r = context;
	struct user_row row = {.user = {.access = r->access, .created_ms = now_ms(s)}};
	const struct store_unlock unlock = {.user = r->name, .passphrase = r->password};
	int status = user_get(s, r->name, &(struct user_row){0}, err);
	TRY(status);
	if (status)
		return error_set(
			err, CF_E_STATE, "there is a user of that name, or was one; choose another name");
	memcpy(row.user.name, r->name, strlen(r->name));
	memcpy(row.user.role, r->role, strlen(r->role));
	TRY(user_put(s, &row, "user.set", err));
	return slot_make(s, r->name, r->access, &unlock, err);
}

int store_user_add(struct store *s, const char *name, const char *role, enum store_access access,
	const struct secret *password, struct cf_error *err)
{
	struct request r = {.name = name, .role = role, .access = access, .password = password};
	TRY(need_records(s, err));
	TRY(check_name("a user", name, err));
	TRY(check_name("a role", role, err));
	TRY(check_password(password, err));
	if (access != STORE_ACCESS_RECORDS && access != STORE_ACCESS_LOG)
		return error_set(err, CF_E_USAGE, "a user opens the records or the log alone");
	return store_run(s, add, &r, err);
}

static int set_role(struct store *s, void *context, struct cf_error *err)
{
	const struct request *r = context;
	struct user_row row;
	TRY(need_user(s, r->name, &row, err));
	memset(row.user.role, 0, sizeof row.user.role);
	memcpy(row.user.role, r->role, strlen(r->role));
	return user_put(s, &row, "user.set", err);
}

int store_user_set_role(struct store *s, const char *name, const char *role, struct cf_error *err)
{
	struct request r = {.name = name, .role = role};
	TRY(check_name("a user", name, err));
	TRY(check_name("a role", role, err));
	return store_run(s, set_role, &r, err);
}

static int set_password(struct store *s, void *context, struct cf_error *err)
{
	const struct request *r = context;
	struct user_row row;
	const struct store_unlock unlock = {.user = r->name, .passphrase = r->password};
	TRY(need_user(s, r->name, &row, err));
	if (row.user.disabled)
		return error_set(err, CF_E_STATE, "the user is disabled");
	return slot_make(s, r->name, row.user.access, &unlock, err);
}

int store_user_set_password(
	struct store *s, const char *name, const struct secret *password, struct cf_error *err)
{
	struct request r = {.name = name, .password = password};
	TRY(need_records(s, err));
	TRY(check_name("a user", name, err));
	TRY(check_password(password, err));
	return store_run(s, set_password, &r, err);
}

static int disable(struct store *s, void *context, struct cf_error *err)
{
	const struct request *r = context;
	struct user_row row;
	TRY(need_user(s, r->name, &row, err));
	if (row.user.disabled)
		return CF_OK;
	row.user.disabled = true;
	row.user.has_totp = false;
	TRY(user_put(s, &row, "user.set", err));
	return slot_remove(s, r->name, err);
}

int store_user_disable(struct store *s, const char *name, struct cf_error *err)
{
	struct request r = {.name = name};
	TRY(check_name("a user", name, err));
	return store_run(s, disable, &r, err);
}

static int change_totp(struct store *s, void *context, struct cf_error *err)
{
	const struct request *r = context;
	struct user_row row;
	TRY(need_user(s, r->name, &row, err));
	row.user.has_totp = false;
	*r->ret_totp = secret_free(*r->ret_totp);
	if (r->access) /* on */
		TRY(set_totp(s, &row, r->ret_totp, err));
	return user_put(s, &row, "user.set", err);
}

int store_user_set_totp(struct store *s, const char *name, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *totp = NULL;
	struct request r = {.name = name, .access = ret ? STORE_ACCESS_RECORDS : 0, .ret_totp = &totp};
	TRY(check_name("a user", name, err));
	TRY(store_run(s, change_totp, &r, err));
	if (ret)
		*ret = TAKE(totp);
	return CF_OK;
}

void store_users_done(struct store_users *u)
{
	u->at = mem_free(u->at);
	u->n = 0;
}

static int collect(struct store *s, struct store_users *users, struct cf_error *err)
{
	struct user_row row = {0};
	size_t capacity = 0;
	int status = 0;
	while ((status = user_after(s, row.user.name, &row, err)) > 0) {
		struct store_user *grown = mem_grow(users->at, users->n, &capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		users->at = grown;
		TRY(login_state(s, row.user.name, &row.user.n_failures, &row.user.locked_until_ms, err));
		grown[users->n++] = row.user;
	}
	return status;
}

int store_user_list(struct store *s, struct store_users *ret, struct cf_error *err)
{
	CF_CLEANUP(store_users_done) struct store_users users = STORE_USERS_INIT;
	bool own = false;
	TRY(enter(s, false, &own, err));
	TRY(leave(s, own, collect(s, &users, err), err));
	*ret = users;
	users = (struct store_users)STORE_USERS_INIT;
	return CF_OK;
}
