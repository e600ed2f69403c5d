/* Rows that wait (late.c), and their order (late_sort.c). */
#pragma once

#include "store/inside.h"

#define LATE_ID INT64_C(0)
#define LATE_OWNED INT64_MAX

struct late_row {
	int64_t field; /* of a tag, or LATE_ID, LATE_OWNED: the key is the record's id, or its person or case
			*/
	int64_t record;
	uint8_t key[TAG_BYTES];
};

/* By field, key and record, in place: a million rows leave no room for a copy. */
void late_sort(struct late_row *rows, size_t n);
