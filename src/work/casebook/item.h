/*
 * A record as the store takes it: which key seals it, which of its fields stand in clear columns for
 * counting, and by which keyed terms it can be found. The schema decides: open and coded fields become
 * columns, fields with a search become terms, everything is in the sealed payload.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "model/record.h"
#include "store/store.h"

/* Columns that are not fields of the schema: who may see a case, and who began a record. */
#define ITEM_COLUMN_OWNER "access.owner"
#define ITEM_COLUMN_SHARED "access.shared"
#define ITEM_COLUMN_AUTHOR "access.author"

/* The longest text of a name that is indexed, in words. */
enum { ITEM_MAX_NAME_WORDS = 16 };

/* Fills *ret, which points into the arena and at the record. access (n of them) are columns of the kinds
 * above. The id of the item is the record's. CF_E_LIMIT when the record has more columns or terms than the
 * store takes. */
struct item_access {
	const struct store_column *columns;
	size_t n;
	bool record_goes; /* the item outlives the record: texts are copied into the arena */
};
int item_of(const struct record *r, const struct item_access *access, struct text_tools *tools,
	struct arena *arena, struct store_item *ret, struct cf_error *err) CF_MUST_USE;

/* The terms under which text, given by somebody who searches the field, can be found: the normalised value,
 * or of a name the key of all its words in order of the alphabet. NULL data: text has nothing to search by
 * (only punctuation). The term lives in the arena. */
int item_term(const struct schema_field *field, const char *text, struct text_tools *tools,
	struct arena *arena, struct store_term *ret, struct cf_error *err) CF_MUST_USE;

/* The record in what the store opened. */
int item_record(const struct store_record *from, struct record **ret, struct cf_error *err) CF_MUST_USE;

static inline struct store_id item_store_id(const struct record_id *id)
{
	struct store_id s;
	_Static_assert(sizeof s.bytes == sizeof id->bytes, "ids of records and of the store are alike");
	__builtin_memcpy(s.bytes, id->bytes, sizeof s.bytes);
	return s;
}

static inline struct record_id item_record_id(const struct store_id *id)
{
	struct record_id r;
	__builtin_memcpy(r.bytes, id->bytes, sizeof r.bytes);
	return r;
}
