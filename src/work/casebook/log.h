/* The audit log, for those who may read it, and for outsiders who hold a head or a proof. */
#pragma once

#include "base/buffer.h"
#include "store/audit.h"
#include "work/casebook/casebook.h"

/* Each thing found wrong is appended to ret_wrong, a line each. witness: a head that was handed out earlier,
 * NULL: none. CF_E_REFUSED when anything was found wrong; *ret is filled then too. */
int log_verify(struct casebook *c, const char *witness, struct audit_verified *ret, struct buffer *ret_wrong,
	struct cf_error *err) CF_MUST_USE;
/* For roles that may read the log. */
int log_show(struct casebook *c, const struct audit_filter *filter, audit_show_function show, void *context,
	struct cf_error *err) CF_MUST_USE;
int log_prove(struct casebook *c, uint64_t entry, struct buffer *out, struct cf_error *err) CF_MUST_USE;
int log_prove_extension(
	struct casebook *c, const char *earlier_head, struct buffer *out, struct cf_error *err) CF_MUST_USE;
/* For roles that may check the store. */
int log_head(struct casebook *c, struct buffer *out, struct cf_error *err) CF_MUST_USE;
int log_key(struct casebook *c, struct buffer *out, struct cf_error *err) CF_MUST_USE;
/* Without a store: whether a proof (of an entry, then filled, or of an extension) holds under the key. */
int log_check(const char *key, const void *proof, size_t n, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;
