/*
 * The person as one of the organisations writes them down: its columns, its formats and its faults.
 */
#pragma once

#include "model.h"
#include "person.h"

enum { SCRIBE_CELL_BYTES = 256 };

struct scribe_row {
	char cells[COLUMN_N][SCRIBE_CELL_BYTES];
};

/* HTCDS 2.0's name of a column; truth_person for the number that no organisation knows. */
const char *scribe_column_name(enum sim_column column);
/* The n-th row (from 0) about this person on the list. */
void scribe_write(uint64_t seed, const struct sim_person *p, int list, unsigned n, struct scribe_row *ret);
