/*
 * The people who use a store. Each has a way in of their own (password by Argon2id, and a one-time code where
 * they want one): their password opens a key pair to which the store's key is sealed, so that the
 * organisation's key can be rotated without anybody's password, and nobody shares one. Roles are words to
 * this room; work says what they allow. Wrong passwords make a user wait, longer each time.
 */
#pragma once

#include "store/store.h"

/* What a user's password opens: all records, or the log alone. */
enum store_access { STORE_ACCESS_RECORDS = 1, STORE_ACCESS_LOG = 2 };

enum { STORE_PASSWORD_MIN = 10, TOTP_SECRET_BYTES = 20 };

struct store_user {
	char name[STORE_NAME_MAX + 1];
	char role[STORE_NAME_MAX + 1];
	enum store_access access;
	bool has_totp;
	bool disabled;
	uint64_t created_ms;
	uint64_t n_failures;      /* wrong passwords since the last right one */
	uint64_t locked_until_ms; /* 0: not */
};
struct store_users {
	struct store_user *at; /* by name */
	size_t n;
};
#define STORE_USERS_INIT                                                                                     \
	{                                                                                                    \
		0                                                                                            \
	}
void store_users_done(struct store_users *u);

/* name and role: [a-z0-9._-]. One who does not open records cannot let another open them (CF_E_REFUSED).
 * CF_E_STATE when the name is taken, also by one who is disabled. */
int store_user_add(struct store *s, const char *name, const char *role, enum store_access access,
	const struct secret *password, struct cf_error *err) CF_MUST_USE;
int store_user_set_role(struct store *s, const char *name, const char *role, struct cf_error *err)
	CF_MUST_USE;
int store_user_set_password(
	struct store *s, const char *name, const struct secret *password, struct cf_error *err) CF_MUST_USE;
/* The way in is destroyed; the name stays taken, since the log speaks of it. */
int store_user_disable(struct store *s, const char *name, struct cf_error *err) CF_MUST_USE;
/* Turns one-time codes on with a new secret (20 bytes, to show once), or off with ret NULL. */
int store_user_set_totp(struct store *s, const char *name, struct secret **ret, struct cf_error *err)
	CF_MUST_USE;
int store_user_list(struct store *s, struct store_users *ret, struct cf_error *err) CF_MUST_USE;
