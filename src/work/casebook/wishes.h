/* What a person allowed (their consents), taking it back, and what went where: the survivor's own view. */
#pragma once

#include "base/buffer.h"
#include "base/json.h"
#include "work/casebook/casebook.h"

/* Ends a consent as of the day (YYYY-MM-DD); what went before stays listed in wishes_report. */
int wishes_withdraw(struct casebook *c, const struct record_id *consent, const char *day,
	const struct store_reason *why, struct store_result *ret, struct cf_error *err) CF_MUST_USE;

/* The person's consents, and every export that held them: when, to whom, for what, on which basis. */
struct wishes;
int wishes_report(struct casebook *c, const struct record_id *person, struct wishes **ret,
	struct cf_error *err) CF_MUST_USE;
struct wishes *wishes_free(struct wishes *w);
CF_DEFINE_CLEANUP(struct wishes, wishes_free);
#define CF_CLEANUP_WISHES CF_CLEANUP(wishes_free_ptr)
void wishes_json(struct json *j, const struct wishes *w);
/* In plain words, to hand to the person. */
int wishes_text(const struct wishes *w, struct buffer *out, struct cf_error *err) CF_MUST_USE;
