/*
 * What may leave the casebook: records of persons, filtered by permission, consent, purpose and handling
 * code. Nothing identifying of a person leaves without a live consent or a named legal basis; who asks for
 * more is told which consent is missing, and the refusal is logged. Coded exports hold no identifying field
 * and no id.
 */
#pragma once

#include "base/buffer.h"
#include "base/progress.h"
#include "work/casebook/casebook.h"
#include "work/casebook/consent.h"

struct leave_request {
	const struct record_id *person;  /* one person */
	const struct record_id *case_id; /* or those of one case; neither: everybody */
	bool coded_only;                 /* open and coded fields alone: no consent is needed */
	bool covered_only;               /* leave out persons whom nothing covers, instead of refusing */
	struct consent_request consent;  /* not for coded_only */
	const struct progress *progress;
};

struct leave_summary {
	uint64_t n_persons;
	uint64_t n_records;
	uint64_t n_withheld_values;
	uint64_t n_uncovered; /* persons left out for want of consent */
};

/* Persons whom nothing covers, with what is missing: a line each, "ID: which consent". At most some lines are
 * kept. */
struct leave_missing {
	struct buffer lines;
	uint64_t n;
};
#define LEAVE_MISSING_INIT                                                                                   \
	{                                                                                                    \
		.lines = BUFFER_INIT                                                                         \
	}
void leave_missing_done(struct leave_missing *m);

/* Checks, before anything is written, that everybody asked for may leave. CF_E_REFUSED with *missing filled
 * when somebody may not and covered_only is false. */
int leave_check(struct casebook *c, const struct leave_request *q, struct leave_missing *missing,
	struct leave_summary *ret, struct cf_error *err) CF_MUST_USE;

/* One person's records that may leave, the person first; has_compelled_act: they were made to do something,
 * so that they must not be shown as a suspect. Pointers live until the function returns. */
struct leave_person {
	const struct record *const *records;
	size_t n;
	bool has_compelled_act;
};
typedef int (*leave_function)(void *context, const struct leave_person *person, struct cf_error *err);
/* Calls function for each person who may leave, oldest first by their place in the store. Each is logged
 * ("export"). */
int leave_each(struct casebook *c, const struct leave_request *q, leave_function function, void *context,
	struct leave_summary *ret, struct cf_error *err) CF_MUST_USE;

/* Notes the export in the store: an exchange record that says to whom, for what, on which basis, of whom, and
 * the hash of what was handed over. sha256: 64 hexadecimal digits. */
int leave_note(struct casebook *c, const struct leave_request *q, const char *sha256, struct cf_error *err)
	CF_MUST_USE;
