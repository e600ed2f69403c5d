/* The tables, and how older ones are brought to this program's version. */
#pragma once

#include "store/db.h"

enum { SCHEMA_VERSION = 1 };

/* Makes all tables; inside a transaction. */
int schema_create(struct db *db, uint64_t now_ms, struct cf_error *err) CF_MUST_USE;
/* Runs the steps that are missing, inside a transaction of its own. CF_E_STATE when the store is of a newer
 * program; CF_E_NOT_FOUND when there are no tables. */
int schema_migrate(struct db *db, uint64_t now_ms, struct cf_error *err) CF_MUST_USE;
