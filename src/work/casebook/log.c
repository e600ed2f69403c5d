#include "work/casebook/log.h"

#include <string.h>

#include "work/casebook/answer.h"
#include "work/casebook/casebook_parts.h"

struct wrong {
	struct buffer *out;
	int status;
};

static void add_wrong(void *context, const char *what)
{
	struct wrong *w = context;
	if (w->status >= 0)
		w->status = buffer_printf(w->out, "%s\n", what);
}

int log_verify(struct casebook *c, const char *witness, struct audit_verified *ret, struct buffer *ret_wrong,
	struct cf_error *err)
{
	struct wrong w = {.out = ret_wrong};
	TRY(gate_any(c, ACTION_CHECK, err));
	int status = audit_verify(c->store, witness, add_wrong, &w, ret, err);
	TRY_MEMORY(w.status, err);
	return status;
}

int log_show(struct casebook *c, const struct audit_filter *filter, audit_show_function show, void *context,
	struct cf_error *err)
{
	TRY(gate_any(c, ACTION_AUDIT, err));
	return audit_show(c->store, filter, show, context, err);
}

int log_prove(struct casebook *c, uint64_t entry, struct buffer *out, struct cf_error *err)
{
	TRY(gate_any(c, ACTION_AUDIT, err));
	return audit_prove(c->store, entry, out, err);
}

int log_prove_extension(
	struct casebook *c, const char *earlier_head, struct buffer *out, struct cf_error *err)
{
	TRY(gate_any(c, ACTION_CHECK, err));
	return audit_prove_extension(c->store, earlier_head, out, err);
}

int log_head(struct casebook *c, struct buffer *out, struct cf_error *err)
{
	TRY(gate_any(c, ACTION_CHECK, err));
	return audit_head(c->store, out, err);
}

int log_key(struct casebook *c, struct buffer *out, struct cf_error *err)
{
	TRY(gate_any(c, ACTION_CHECK, err));
	return audit_key(c->store, out, err);
}

int log_check(const char *key, const void *proof, size_t n, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	struct audit_entry entry;
	struct cf_error other = CF_ERROR_INIT;
	if (!arena)
		return error_memory(err);
	TRY(crypto_start(err));
	if (audit_check_extension(key, proof, n, &other) >= 0) {
		TRY_MEMORY(buffer_append_text(
				   out, "the log of the later head extends that of the earlier one\n"),
			err);
		return CF_OK;
	}
	/* a proof of the other kind fails to read as this one; one that was read and does not hold is refused
	 */
	if (other.code == CF_E_REFUSED) {
		if (err)
			*err = other;
		return CF_E_REFUSED;
	}
	TRY(audit_check_proof(key, proof, n, &entry, arena, err));
	TRY_MEMORY(buffer_append_text(out, "the entry is in the log:\n"), err);
	return answer_entry_text(&entry, out, err);
}
