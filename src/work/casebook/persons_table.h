/*
 * The persons of a casebook as a table that can be linked, in memory only: who is the same person twice. Of
 * those the user may read; that they were read for linking is logged.
 */
#pragma once

#include "base/buffer.h"
#include "work/casebook/casebook.h"

/* Appends CSV: id, full_name, given_name, family_name, birth_date, gender, citizenship, phone, email,
 * document. ret_n (may be NULL) is how many persons. The caller wipes the buffer (buffer_wipe). */
int persons_table(struct casebook *c, struct buffer *out, uint64_t *ret_n, struct cf_error *err) CF_MUST_USE;
