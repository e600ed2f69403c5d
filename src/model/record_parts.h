/* The inside of a record, for the files record*.c alone. */
#pragma once

#include "base/arena.h"
#include "model/record.h"

struct record {
	const struct schema_entity *entity;
	struct record_id id;
	size_t n;
	size_t capacity;
	struct record_value *values; /* in canonical order */
	struct arena *texts;         /* of every text and source id */
};

/* Canonical order: negative when a comes before b; 0 also for different values of one place. */
int record_compare_places(const struct record_value *a, const struct record_value *b);
/* Whether two values say the same, their places being equal. */
bool record_same_value(const struct record_value *a, const struct record_value *b);
/* Whether both come from the same source, or from none of their own. */
bool record_same_source(const struct record_value *a, const struct record_value *b);
