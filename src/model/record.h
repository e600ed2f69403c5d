/*
 * A record: what one organisation holds about one person, case, episode and so on, as a list of field values.
 * It is the form in which intake, store, work, export and the faces hand each other data. Values are kept
 * sorted (by the field's number, then the part, then sets of codes in byte order and all else as added), so
 * that equal records have equal bytes. A record owns copies of everything put into it. Not thread-safe; a
 * record nobody changes may be read from several threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/schema.h"

/* 128 random bits; they say nothing. As text 26 characters of 0-9 and a-z without i, l, o and u (Crockford's
 * base 32), the first 0 to 7. */
enum { RECORD_ID_BYTES = 16, RECORD_ID_TEXT = 26 };
struct record_id {
	uint8_t bytes[RECORD_ID_BYTES];
};

/* A fresh id, random. */
void record_id_new(struct record_id *ret);
/* Writes 26 characters and a NUL. */
void record_id_format(const struct record_id *id, char ret_text[RECORD_ID_TEXT + 1]);
/* Only the canonical text, and not all zeros, which name nothing; false leaves *ret as it is. */
bool record_id_parse(const char *text, struct record_id *ret);
bool record_id_equal(const struct record_id *a, const struct record_id *b);

/* What is known about a field; only RECORD_KNOWN has a text. */
enum record_state {
	RECORD_KNOWN,
	RECORD_UNKNOWN, /* asked or looked for, and not known */
	RECORD_REFUSED, /* the person did not want to say */
	RECORD_NOT_ASKED,
	RECORD_NOT_APPLICABLE,
	RECORD_N_STATES
};

/* "known", "unknown", "refused", "not_asked", "not_applicable" */
const char *record_state_name(enum record_state state);
bool record_state_parse(const char *text, enum record_state *ret);

enum {
	RECORD_MAX_TEXT = 1 << 20, /* bytes of one value */
	RECORD_MAX_VALUES = 10000, /* of one record */
	RECORD_MAX_PART = 999,     /* the highest number of a part */
};

struct record_value {
	const struct schema_field *field;
	enum record_state state;
	enum schema_handling handling;
	/* Which of a repeating part's instances: all fields of a person's second name have part 1. 0 for the
	 * first and for fields of no part. */
	uint16_t part;
	const char *text; /* canonical (see enum schema_type), UTF-8 NFC, NUL-terminated; "" unless known */
	size_t n;         /* its bytes */
	/* The id (as text) of the source record that says so, or NULL: the source of the revision. Values of
	 * a field that does not repeat may stand side by side when they come from different sources. */
	const char *source;
};

struct record;

/* An empty record. */
int record_new(const struct schema_entity *entity, const struct record_id *id, struct record **ret,
	struct cf_error *err) CF_MUST_USE;
struct record *record_free(struct record *r);
CF_DEFINE_CLEANUP(struct record, record_free);
#define CF_CLEANUP_RECORD CF_CLEANUP(record_free_ptr)
/* Forgets all values and takes another entity and id, keeping the memory: for imports. */
void record_reset(struct record *r, const struct schema_entity *entity, const struct record_id *id);
int record_copy(const struct record *r, struct record **ret, struct cf_error *err) CF_MUST_USE;

const struct schema_entity *record_entity(const struct record *r);
const struct record_id *record_id(const struct record *r);

/* Adds a known value with the field's default handling, part 0, no source of its own. Refuses (CF_E_USAGE)
 * a field of another entity, a text beside a state and a source that is no id, and (CF_E_LIMIT) more than the
 * limits above; what the text says is record_validate's matter. Pointers to values got before are no longer
 * valid. */
int record_add(struct record *r, const struct schema_field *field, const char *text, struct cf_error *err)
	CF_MUST_USE;
/* The same with everything said; value->text may be NULL unless known, value->n is taken, not measured. */
int record_add_value(struct record *r, const struct record_value *value, struct cf_error *err) CF_MUST_USE;
/* A value that says that there is none. */
int record_add_state(struct record *r, const struct schema_field *field, enum record_state state,
	struct cf_error *err) CF_MUST_USE;
/* Removes all values of the field; how many there were. */
size_t record_remove(struct record *r, const struct schema_field *field);
/* Replaces all values of the field by one, known. */
int record_set(struct record *r, const struct schema_field *field, const char *text, struct cf_error *err)
	CF_MUST_USE;

/* All values in canonical order: values[0..n), valid until the next change. */
size_t record_n_values(const struct record *r);
const struct record_value *record_values(const struct record *r);
/* Those of one field, side by side; NULL and 0 when there are none. O(log n). */
const struct record_value *record_get(
	const struct record *r, const struct schema_field *field, size_t *ret_n);
/* The text of the first known value of the field, or NULL. */
const char *record_text(const struct record *r, const struct schema_field *field);
/* The same by the field's name; NULL also when the entity has no such field. */
const char *record_text_by_name(const struct record *r, const char *field_name);

/* Whether text is canonical for the field. On false *ret_reason says what is wrong and how to mend it,
 * without the text (a constant string). */
bool record_text_is_canonical(
	const struct schema_field *field, const char *text, size_t n, const char **ret_reason);

enum record_fault_kind {
	RECORD_FAULT_MISSING,  /* a required field has no value at all */
	RECORD_FAULT_TEXT,     /* not canonical for its type, not a code of the list, not UTF-8 NFC */
	RECORD_FAULT_REPEATED, /* several values of one source in a field that has one; a code twice in a set
				*/
	RECORD_FAULT_STATE,    /* a value beside "unknown", "refused" ... of the same source */
	RECORD_FAULT_PART, /* a part number on a field of no part; parts not numbered from 0 without gaps */
	RECORD_FAULT_REFERENCE, /* a reference to itself */
	RECORD_FAULT_ORDER,     /* an interval that ends before it begins, a range with low above high */
	RECORD_FAULT_RULE, /* another rule between fields, such as a part in the process said of a victim */
};

enum { RECORD_FAULT_MESSAGE_BYTES = 240 };
struct record_fault {
	enum record_fault_kind kind;
	const struct schema_field *field;
	uint16_t part;
	char message[RECORD_FAULT_MESSAGE_BYTES]; /* what, and how to mend it; never the contents */
};
struct record_faults {
	size_t n;
	size_t capacity;
	struct record_fault *faults; /* in the order of the values; missing fields last */
};
#define RECORD_FAULTS_INIT                                                                                   \
	{                                                                                                    \
		0                                                                                            \
	}
void record_faults_done(struct record_faults *f);

/* Appends every violation of the schema to *ret; 0 also when there are some. Fails only for want of memory.
 * Whether references lead to something is the store's matter. */
int record_validate(const struct record *r, struct record_faults *ret, struct cf_error *err) CF_MUST_USE;

/* Appends the canonical bytes (docs/records.md has every one); equal records give equal bytes. */
int record_encode(const struct record *r, struct buffer *out, struct cf_error *err) CF_MUST_USE;
/* Reads what record_encode wrote, strictly: anything else is CF_E_INPUT, also a sound record that is not in
 * canonical form. */
int record_decode(const void *bytes, size_t n, struct record **ret, struct cf_error *err) CF_MUST_USE;

/* Whether entity, id and all values are the same. */
bool record_equal(const struct record *a, const struct record *b);

/* One change from before to after; before is NULL for what came, after is NULL for what went. */
struct record_change {
	const struct record_value *before;
	const struct record_value *after;
};
struct record_changes {
	size_t n;
	size_t capacity;
	struct record_change *changes; /* in canonical order of the values; they point into the two records */
};
#define RECORD_CHANGES_INIT                                                                                  \
	{                                                                                                    \
		0                                                                                            \
	}
void record_changes_done(struct record_changes *c);
/* Values that are the same in both are left out; those that remain of a field, part and source are paired in
 * order as changes, the rest came or went. Where only the order differs, the values out of place are changes.
 * No changes, then, exactly if the values are equal. Both records must be of one entity (CF_E_USAGE). */
int record_diff(const struct record *before, const struct record *after, struct record_changes *ret,
	struct cf_error *err) CF_MUST_USE;

/* What may pass. */
struct record_filter {
	enum schema_handling max_handling;       /* stricter values are kept back */
	enum schema_sensitivity max_sensitivity; /* of the field */
	/* May be NULL; else each value that passed the two above is asked for, such as a consent's scope. */
	bool (*allows)(void *context, const struct record_value *value);
	void *context;
};
/* A copy with only what passes; *ret_n_withheld (may be NULL) counts the values kept back. */
int record_filter(const struct record *r, const struct record_filter *filter, struct record **ret,
	size_t *ret_n_withheld, struct cf_error *err) CF_MUST_USE;
