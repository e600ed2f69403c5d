/* Rows that wait (late.c), and their order (late_sort.c). */
#pragma once

#include "store/inside.h"

struct late_row {
	int64_t field; /* 0: the key is a record's id */
	int64_t record;
	uint8_t key[TAG_BYTES];
};

/* By field, key and record, in place: a million rows leave no room for a copy. */
void late_sort(struct late_row *rows, size_t n);
