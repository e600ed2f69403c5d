/* What casebook functions return, as JSON for programs and as text that fits a terminal: the same for every
 * face. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "store/audit.h"
#include "store/users.h"
#include "work/casebook/casebook.h"

/* {"id", "entity", "revision", ..., "values": [{"field", "part", "state", "value", "handling", "source"}]} */
void answer_record_json(struct json *j, const struct casebook_shown *s);
/* The record's lines (form.h) under a heading that says whose, when and why. */
int answer_record_text(const struct casebook_shown *s, struct buffer *out, struct cf_error *err) CF_MUST_USE;

void answer_list_json(struct json *j, const struct casebook_list *l);
/* At most width characters a line; coded fields that do not fit are left out from the right. */
int answer_list_text(const struct casebook_list *l, size_t width, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;

void answer_history_json(struct json *j, const struct record_id *id, const struct store_history *h);
int answer_history_text(const struct store_history *h, struct buffer *out, struct cf_error *err) CF_MUST_USE;

void answer_users_json(struct json *j, const struct store_users *u);
int answer_users_text(const struct store_users *u, struct buffer *out, struct cf_error *err) CF_MUST_USE;

void answer_entry_json(struct json *j, const struct audit_entry *e);
int answer_entry_text(const struct audit_entry *e, struct buffer *out, struct cf_error *err) CF_MUST_USE;

/* "2026-11-25T23:59:59Z" */
enum { ANSWER_TIME = 24 };
void answer_time(uint64_t time_ms, char ret[ANSWER_TIME]);
