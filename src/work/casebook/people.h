/* The users of a casebook, for an administrator; and a user's own password and one-time codes. */
#pragma once

#include "store/users.h"
#include "work/casebook/casebook.h"
#include "work/casebook/way_in.h"

int people_add(struct casebook *c, const char *name, const char *role, const struct way_in_secret *password,
	struct cf_error *err) CF_MUST_USE;
int people_set_role(struct casebook *c, const char *name, const char *role, struct cf_error *err) CF_MUST_USE;
int people_disable(struct casebook *c, const char *name, struct cf_error *err) CF_MUST_USE;
int people_list(struct casebook *c, struct store_users *ret, struct cf_error *err) CF_MUST_USE;
/* name NULL: one's own; another's is an administrator's to set. */
int people_set_password(struct casebook *c, const char *name, const struct way_in_secret *password,
	struct cf_error *err) CF_MUST_USE;
/* Turns one-time codes on: appends the secret as an otpauth:// address, to be shown once; or off. */
int people_set_totp(struct casebook *c, const char *name, bool on, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;
