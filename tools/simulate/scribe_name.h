/*
 * A name as it ends up in the boxes of a form: spelled by the passport, by its bearer or by ear, cut to given
 * and family name whether or not it has these parts, with what goes wrong on the way.
 */
#pragma once

#include <stdbool.h>

#include "model.h"
#include "person.h"

enum { SCRIBE_NAME_BYTES = 240 };

struct scribe_name {
	char first[SCRIBE_NAME_BYTES];
	char middle[SCRIBE_NAME_BYTES]; /* empty unless the form has a box for it */
	char second[SCRIBE_NAME_BYTES];
};

void scribe_name_write(struct random_stream *r, const struct sim_person *p, const struct list_model *list,
	bool has_middle_column, struct scribe_name *ret);
