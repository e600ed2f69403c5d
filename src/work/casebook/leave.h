/*
 * What may leave the casebook: records of persons, filtered by permission, consent, purpose and handling
 * code. Nothing identifying of a person leaves without a live consent or a named legal basis; who asks for
 * more is told which consent is missing, and the refusal is logged. Coded exports hold no identifying field
 * and no id.
 */
#pragma once

#include "base/buffer.h"
#include "work/casebook/casebook.h"
#include "work/consent.h"

struct leave_request {
	const struct record_id *person;  /* one person */
	const struct record_id *case_id; /* or those of one case; neither: everybody */
	bool coded_only;                 /* open and coded fields alone: no consent is needed */
	bool covered_only;               /* leave out persons whom nothing covers, instead of refusing */
	struct consent_request consent;  /* not for coded_only */
};

struct leave_summary {
	uint64_t n_persons;
	uint64_t n_records;
	uint64_t n_withheld;  /* values that nothing covers */
	uint64_t n_uncovered; /* persons left out for want of consent */
};

struct leave;

/* Finds who may leave, before anything is written. CF_E_REFUSED when somebody may not and covered_only is
 * false: a line for each (at most some hundred) is then in missing, "ID: which consent". CF_E_NOT_FOUND when
 * there is nobody. The request and the casebook must outlive it. */
int leave_new(struct casebook *c, const struct leave_request *q, struct buffer *missing, struct leave **ret,
	struct cf_error *err) CF_MUST_USE;
struct leave *leave_free(struct leave *l);
CF_DEFINE_CLEANUP(struct leave, leave_free);
#define CF_CLEANUP_LEAVE CF_CLEANUP(leave_free_ptr)

/* 1 with the next person's records that may leave (their cases first, then the person, then the rest), 0 at
 * the end. They live until the next call. Each person is logged ("export"). */
int leave_next(struct leave *l, const struct record *const **ret, size_t *ret_n, struct cf_error *err)
	CF_MUST_USE;
/* Whether anything in the store says that the person was compelled to act: they must not be shown as a
 * suspect. When that cannot be found out: yes. */
bool leave_is_compelled(struct leave *l, const struct record_id *person);
const struct leave_summary *leave_summary(const struct leave *l);

/* Notes in the store what is handed over: for each person an exchange record that says to whom, for what, on
 * which basis, what kinds of record, and the hash of the file. Coded exports are in the log alone. sha256: 64
 * hexadecimal digits. */
int leave_note(struct leave *l, const char *sha256, struct cf_error *err) CF_MUST_USE;
