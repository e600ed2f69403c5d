/*
 * A record as text that people edit: one line a value, "field: value", with comments that say what each field
 * is.
 *
 *   name: Amina Diallo          the first name; its other fields follow as name_kind: alias
 *   name#2: Lola                the second one
 *   birth_date: 1998-04         what is known of it
 *   citizenship: NGA
 *   gender: (refused)           or (unknown), (not asked), (not applicable)
 *   note @P5: |                 more than one line, and a handling code of its own
 *     She does not want
 *     her brother to know.
 *
 *   birth_date [ID]: 1997       what another source says (the id of its record)
 *
 * A text that begins with ( or \ is written with \ before it. What is read is exactly what was written.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "model/record.h"

enum form_comments {
	FORM_PLAIN,  /* the values alone */
	FORM_FILLED, /* the values, with labels */
	FORM_ALL,    /* and the fields that have none, as comments to fill in */
};
int form_format(const struct record *r, enum form_comments comments, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;

/* What turns a value as people write it into the canonical one. On a fault returns CF_E_INPUT with what is
 * wrong and how to mend it in err, without the value. */
typedef int (*form_clean)(void *context, const struct schema_field *field, const char *text, size_t n,
	struct buffer *out, struct cf_error *err);

/* Reads the values of a record of this entity and id; name is of the file, for messages. All faults are
 * found, those after the first are counted: CF_E_INPUT, with line and field. */
struct form_source {
	const char *name;
	const char *text;
	size_t n;
	form_clean clean;
	void *context;
	/* Values that stand there already are taken as they are, not cleaned anew: who changes one line
	 * changes no other. NULL: none. */
	const struct record *known;
};
int form_parse(const struct form_source *from, const struct schema_entity *entity, const struct record_id *id,
	struct record **ret, struct cf_error *err) CF_MUST_USE;

/* "field", "field#2", "field @P5" and what it is given, as on the command line: name=value. Adds it to the
 * record, replacing what the field (or that part of it) had when replace is true; an empty value removes. */
int form_set(const struct form_source *from, bool replace, struct record *r, struct cf_error *err)
	CF_MUST_USE;
