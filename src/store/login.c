/*
 * Logging in. Who gives a wrong password holds no key, so their failure cannot be written to the log: it is
 * counted in a table of its own, which whoever can write the file can also reset (they could guess on a copy
 * as well), and goes into the log when somebody next opens the store. A check sum tells damage there, no
 * more.
 */
#include <string.h>

#include "crypto/totp.h"
#include "store/inside.h"

enum { FREE_TRIES = 5, WAIT_FIRST_MS = 30000, WAIT_MOST_MS = 3600000, SUM_BYTES = 16 };

struct login_row {
	char name[STORE_NAME_MAX + 1];
	uint64_t failures;
	uint64_t last_ms;
	uint64_t pending;
};

static void sum_of(const struct login_row *row, uint8_t ret[SUM_BYTES])
{
	uint8_t numbers[24];
	uint8_t hash[CRYPTO_HASH_BYTES];
	put_number(numbers, row->failures, 8);
	put_number(numbers + 8, row->last_ms, 8);
	put_number(numbers + 16, row->pending, 8);
	const struct crypto_part parts[] = {{row->name, strlen(row->name)}, {numbers, sizeof numbers}};
	crypto_digest("counterfoil login row v1", parts, 2, hash);
	memcpy(ret, hash, SUM_BYTES);
}

/* first: the column of failures. */
static int read_row(
	struct db_rows *rows, int first, struct login_row *row, struct store *s, struct cf_error *err)
{
	uint8_t sum[SUM_BYTES];
	uint8_t stored[SUM_BYTES];
	row->failures = (uint64_t)db_integer(rows, first);
	row->last_ms = (uint64_t)db_integer(rows, first + 1);
	row->pending = (uint64_t)db_integer(rows, first + 2);
	TRY(db_fixed(rows, first + 3, stored, sizeof stored, err));
	sum_of(row, sum);
	if (memcmp(sum, stored, sizeof sum) != 0)
		return error_set(err, CF_E_REFUSED, "%s is damaged: the count of a user's wrong passwords",
			s->db->name);
	return 1;
}

static int get_row(struct store *s, const char *name, struct login_row *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct login_row row = {0};
	const struct db_value values[] = {db_text(name)};
	memcpy(row.name, name, strlen(name));
	TRY(db_query(s->db, S_LOGIN_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (status)
		TRY(read_row(&rows, 0, &row, s, err));
	*ret = row;
	return status;
}

static int row_after(struct store *s, const char *name, struct login_row *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct login_row row = {0};
	const struct db_value values[] = {db_text(name)};
	TRY(db_query(s->db, S_LOGIN_AFTER, values, 1, &rows, err));
	int status = db_next(&rows, err);
	if (status <= 0)
		return status;
	TRY(db_string(&rows, 0, row.name, STORE_NAME_MAX, err));
	TRY(read_row(&rows, 1, &row, s, err));
	*ret = row;
	return 1;
}

static int write_row(struct store *s, const struct login_row *row, struct cf_error *err)
{
	uint8_t sum[SUM_BYTES];
	sum_of(row, sum);
	const struct db_value values[] = {db_text(row->name), DB_INT(row->failures), DB_INT(row->last_ms),
		DB_INT(row->pending), DB_BYTES(sum, sizeof sum)};
	return db_run(s->db, S_LOGIN_SET, values, 5, err);
}

/* When the user may try again. */
static uint64_t locked_until(const struct login_row *row)
{
	uint64_t wait = WAIT_FIRST_MS;
	if (row->failures < FREE_TRIES)
		return 0;
	for (uint64_t i = FREE_TRIES; i < row->failures && wait < WAIT_MOST_MS; i++)
		wait *= 2;
	return row->last_ms + (wait < WAIT_MOST_MS ? wait : WAIT_MOST_MS);
}

int login_state(
	struct store *s, const char *name, uint64_t *ret_failures, uint64_t *ret_until, struct cf_error *err)
{
	struct login_row row;
	int status = get_row(s, name, &row, err);
	TRY(status);
	*ret_failures = row.failures;
	*ret_until = locked_until(&row) > now_ms(s) ? locked_until(&row) : 0;
	return CF_OK;
}

int login_may_try(struct store *s, const char *name, struct cf_error *err)
{
	uint64_t failures = 0;
	uint64_t until = 0;
	TRY(login_state(s, name, &failures, &until, err));
	if (until)
		return error_set(err, CF_E_REFUSED,
			"too many wrong passwords; wait %llu seconds and try again",
			(unsigned long long)(until - now_ms(s) + 999) / 1000);
	return CF_OK;
}

static int count_failure(struct store *s, const char *name, struct cf_error *err)
{
	struct login_row row;
	/* names that nobody has are not counted, or anyone could fill the disk */
	int status = user_get(s, name, &(struct user_row){0}, err);
	if (status <= 0)
		return status;
	status = get_row(s, name, &row, err);
	TRY(status);
	row.failures++;
	row.pending++;
	row.last_ms = now_ms(s);
	return write_row(s, &row, err);
}

int login_failed(struct store *s, const char *name, struct cf_error *err)
{
	TRY(db_begin(s->db, true, err));
	int status = count_failure(s, name, err);
	if (status >= 0)
		return db_commit(s->db, err);
	db_rollback(s->db);
	return status;
}

/* One entry for the failures of each user, its revision their number. */
int login_note_failures(struct store *s, struct cf_error *err)
{
	struct login_row row = {0};
	int status = 0;
	while ((status = row_after(s, row.name, &row, err)) > 0) {
		const struct log_object object = {
			.kind = "user", .id = name_id("user", row.name), .revision = row.pending};
		if (!row.pending)
			continue;
		TRY(log_add_for(s, row.name, row.last_ms, "login.refused", &object, err));
		row.pending = 0;
		TRY(write_row(s, &row, err));
	}
	return status;
}

static int check_code(
	struct store *s, struct user_row *row, const struct store_unlock *unlock, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *totp = NULL;
	if (!row->user.has_totp)
		return CF_OK;
	if (!unlock->code)
		return error_set(err, CF_E_REFUSED, "this user needs a one-time code as well");
	TRY(user_totp_secret(s, row, &totp, err));
	if (totp_check(totp, unlock->code, now_ms(s) / 1000, row->totp_step, &row->totp_step) < 0)
		return error_set(
			err, CF_E_REFUSED, "the one-time code is wrong, too old, or was used already");
	return CF_OK;
}

static int log_in_user(struct store *s, const struct store_unlock *unlock, struct cf_error *err)
{
	struct user_row row;
	struct login_row counted;
	uint8_t mac[HASH_BYTES];
	int status = user_get(s, unlock->user, &row, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED, "%s was altered: a user's row is missing", s->db->name);
	user_mac(s, &row, mac);
	if (!secret_equal(mac, row.mac, sizeof mac) || row.user.access != s->access || row.user.disabled)
		return error_set(err, CF_E_REFUSED,
			"%s was altered: a user's row is not what this store wrote", s->db->name);
	TRY(check_code(s, &row, unlock, err));
	memcpy(s->actor, row.user.name, sizeof s->actor);
	memcpy(s->role, row.user.role, sizeof s->role);
	status = get_row(s, unlock->user, &counted, err);
	TRY(status);
	if (status && counted.failures) {
		counted.failures = 0;
		TRY(write_row(s, &counted, err));
	}
	return user_put(s, &row, "login", err);
}

int login_finish(struct store *s, const struct store_unlock *unlock, struct cf_error *err)
{
	const struct log_object object = {.kind = "store"};
	if (unlock->user)
		return log_in_user(s, unlock, err);
	return log_add(s, "login", NULL, &object, 1, err);
}

int login_check(struct store *s, audit_report_function report, void *context, uint64_t *ret_n_wrong,
	struct cf_error *err)
{
	struct login_row row = {0};
	int status = 0;
	while ((status = row_after(s, row.name, &row, err)) > 0)
		;
	if (status == CF_E_REFUSED) {
		(*ret_n_wrong)++;
		if (report)
			report(context, "the count of a user's wrong passwords is damaged");
		return CF_OK;
	}
	return status;
}
