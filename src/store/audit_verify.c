/*
 * Verifying. Entries of the log and revisions are read side by side, in the order in which they were written:
 * the n-th revision is the n-th object of the "record.put" entries. Each revision is hashed again over the
 * one before it, opened, and, when it is its record's current one, compared with everything that was derived
 * from it. What nothing refers to shows in the counts.
 */
#include <stdarg.h>
#include <stdio.h>

#include "store/verify.h"

enum { WHAT_MAX = 400 };

void verify_wrong(struct verifying *v, const char *format, ...)
{
	char what[WHAT_MAX];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(what, sizeof what, format, list);
	va_end(list);
	v->result.n_wrong++;
	if (v->report)
		v->report(v->context, what);
}

static void done(struct verifying *v)
{
	db_rows_done(&v->revisions);
	mem_free(v->heads);
	mem_free(v->words);
	mem_free(v->logged.at);
	mem_free(v->found.at);
	mem_free(v);
}

static int verify_all(struct verifying *v, const char *witness, struct cf_error *err)
{
	bool more = true;
	TRY(verify_read_heads(v, witness, err));
	while (more)
		TRY(verify_leaves(v, &more, err));
	TRY(verify_pull(v, err));
	while (v->pulled) {
		verify_wrong(v, "revision %lld stands where the log knows none", (long long)v->row.number);
		v->pulled = false;
		TRY(verify_pull(v, err));
	}
	TRY(verify_ends(v, err));
	return login_check(v->s, v->report, v->context, &v->result.n_wrong, err);
}

int audit_verify(struct store *s, const char *witness, audit_report_function report, void *context,
	struct audit_verified *ret, struct cf_error *err)
{
	bool own = false;
	if (s->running)
		return error_set(err, CF_E_INTERNAL, "verifying inside a transaction");
	struct verifying *v = NEW(struct verifying);
	if (!v)
		return error_memory(err);
	v->s = s;
	v->report = report;
	v->context = context;
	v->generation = 1;
	v->result.opened_records = s->organisation != NULL;
	int status = enter(s, false, &own, err);
	if (status >= 0) {
		status = verify_all(v, witness, err);
		db_rows_done(&v->revisions);
		status = leave(s, own, status, err);
	}
	const struct audit_verified result = v->result;
	done(v);
	TRY(status);
	*ret = result;
	if (result.n_wrong)
		return error_set(err, CF_E_REFUSED, "%s does not verify: %llu things are wrong", s->db->name,
			(unsigned long long)result.n_wrong);
	return CF_OK;
}
