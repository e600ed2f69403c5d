#include "work/casebook/people.h"

#include <string.h>

static int parse_role(const char *text, enum permission_role *ret, struct cf_error *err)
{
	if (permission_role_parse(text, ret))
		return CF_OK;
	return error_set(err, CF_E_USAGE,
		"there is no such role; there are caseworker, investigator, analyst, steward, auditor and "
		"administrator");
}

int people_add(struct casebook *c, const char *name, const char *role, const struct way_in_secret *password,
	struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *s = NULL;
	enum permission_role as;
	struct store *store;
	TRY(casebook_use(c, ACTION_USERS, &store, err));
	TRY(parse_role(role, &as, err));
	TRY(way_in_new_secret(password, &s, err));
	return store_user_add(store, name, role, permission_access(as), s, err);
}

int people_set_role(struct casebook *c, const char *name, const char *role, struct cf_error *err)
{
	enum permission_role as;
	struct store *store;
	TRY(casebook_use(c, ACTION_USERS, &store, err));
	TRY(parse_role(role, &as, err));
	CF_CLEANUP(store_users_done) struct store_users users = STORE_USERS_INIT;
	TRY(store_user_list(store, &users, err));
	for (size_t i = 0; i < users.n; i++)
		if (strcmp(users.at[i].name, name) == 0 && users.at[i].access != permission_access(as))
			return error_set(err, CF_E_USAGE,
				"the role %s opens %s and the one they have does not: disable this user and "
				"add "
				"another",
				role,
				permission_access(as) == STORE_ACCESS_RECORDS ? "records" : "the log alone");
	return store_user_set_role(store, name, role, err);
}

int people_disable(struct casebook *c, const char *name, struct cf_error *err)
{
	struct store *store;
	TRY(casebook_use(c, ACTION_USERS, &store, err));
	return store_user_disable(store, name, err);
}

int people_list(struct casebook *c, struct store_users *ret, struct cf_error *err)
{
	struct store *store;
	TRY(casebook_use(c, ACTION_USERS, &store, err));
	return store_user_list(store, ret, err);
}

/* One's own needs no permission; another's is the administrator's. */
static int store_for(struct casebook *c, const char **name, struct store **ret, struct cf_error *err)
{
	if (!*name)
		*name = casebook_user(c);
	if (strcmp(*name, casebook_user(c)) != 0)
		return casebook_use(c, ACTION_USERS, ret, err);
	*ret = casebook_own_store(c);
	return CF_OK;
}

int people_set_password(
	struct casebook *c, const char *name, const struct way_in_secret *password, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *s = NULL;
	struct store *store;
	TRY(store_for(c, &name, &store, err));
	TRY(way_in_new_secret(password, &s, err));
	return store_user_set_password(store, name, s, err);
}

/* RFC 4648, without padding: what authenticator programs read. */
static int append_base32(const uint8_t *bytes, size_t n, struct buffer *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0;
	unsigned n_bits = 0;
	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | bytes[i];
		for (n_bits += 8; n_bits >= 5; n_bits -= 5)
			TRY(buffer_append_char(out, digits[bits >> (n_bits - 5) & 31]));
	}
	return n_bits ? buffer_append_char(out, digits[bits << (5 - n_bits) & 31]) : CF_OK;
}

int people_set_totp(struct casebook *c, const char *name, bool on, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *s = NULL;
	struct store *store;
	TRY(store_for(c, &name, &store, err));
	TRY(store_user_set_totp(store, name, on ? &s : NULL, err));
	if (!on)
		return CF_OK;
	TRY_MEMORY(buffer_printf(out, "otpauth://totp/Counterfoil:%s?secret=", name), err);
	TRY_MEMORY(append_base32(secret_bytes(s), secret_size(s), out), err);
	TRY_MEMORY(buffer_append_text(out, "&issuer=Counterfoil"), err);
	return CF_OK;
}
