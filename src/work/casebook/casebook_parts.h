/* What the files of this folder share. */
#pragma once

#include "base/text.h"
#include "work/casebook/casebook.h"
#include "work/casebook/item.h"

/* How the cases looked at so far stand to the user. */
struct scope_memory;

struct casebook {
	struct store *store;
	struct text_tools *tools;
	enum permission_role role;
	char user[STORE_NAME_MAX + 1];
	struct scope_memory *memory;
};

struct scope_memory *scope_memory_free(struct scope_memory *m);
void scope_forget(struct casebook *c);

/* How a stored record stands to the user: by its case; where it has none, by the cases its person has a role
 * in, or by who began it. */
int scope_of(struct casebook *c, const struct store_record *r, enum permission_scope *ret,
	struct cf_error *err) CF_MUST_USE;
int scope_of_case(struct casebook *c, const struct store_id *case_id, enum permission_scope *ret,
	struct cf_error *err) CF_MUST_USE;

/* CF_E_REFUSED, and an entry in the log, when the user may not; id may be NULL. */
int gate(struct casebook *c, enum permission_action action, enum permission_scope scope,
	const struct store_id *id, struct cf_error *err) CF_MUST_USE;
/* The same where no record is concerned. */
int gate_any(struct casebook *c, enum permission_action action, struct cf_error *err) CF_MUST_USE;

/* Opens a record and asks the gate. */
int open_for(struct casebook *c, enum permission_action action, const struct record_id *id, uint64_t revision,
	struct store_record *ret, enum permission_scope *ret_scope, struct cf_error *err) CF_MUST_USE;

/* Whether the record had this reference before; before may be NULL. */
bool had_reference(const struct record *before, const struct record_value *v);
/* 1: the user may refer to the record, or it is not there; 0: it is there and not theirs. */
int may_refer_to(struct casebook *c, const struct store_id *id, struct cf_error *err) CF_MUST_USE;

/* The columns of access of a stored record; they point into it. At most max. */
size_t access_columns(const struct store_record *r, struct store_column *ret, size_t max);
