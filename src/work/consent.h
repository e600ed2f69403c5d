/*
 * What may leave: a pure decision from a person's consents, or a named legal basis, for one request. It opens
 * nothing, asks no clock and logs nothing. What is not certain counts as no: an unknown day, a state that is
 * not known, an expiry that may already have passed.
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/error.h"
#include "model/record.h"

/* One request: data of one person, for one purpose, to one organisation, on one day. */
struct consent_request {
	const struct record_id *person;
	const char *purpose;               /* a code of consent.purpose */
	const struct record_id *recipient; /* the organisation's record, or NULL: its type alone is known */
	const char *recipient_type;        /* its code of htcds.org_Type, or NULL */
	const char *legal_basis;           /* a code of legal.basis, or NULL for consent alone */
	struct date today;
};

/* Why a consent does not help, from farthest off to nearest. */
enum consent_lack {
	CONSENT_OF_ANOTHER, /* no consent of this person */
	CONSENT_OTHER_PURPOSE,
	CONSENT_OTHER_RECIPIENT,
	CONSENT_NOT_GIVEN, /* not asked, or given on a day that is not known or has not come */
	CONSENT_REFUSED,   /* refused, also when that was said after it was given */
	CONSENT_WITHDRAWN,
	CONSENT_EXPIRED,
	CONSENT_NO_GUARDIAN, /* a child's assent without a guardian */
	CONSENT_LIVE,
	CONSENT_N_LACKS
};

enum { CONSENT_MAX_USED = 32, CONSENT_MAX_FIELDS = 64 };

struct consent_decision {
	bool legal_basis; /* everything that was asked for is covered */
	unsigned scopes;  /* bit set of indices into the code list consent.scope */
	size_t n_fields;  /* single fields besides */
	const struct schema_field *fields[CONSENT_MAX_FIELDS];
	size_t n_used; /* the consents it rests on, for the log and the exchange */
	struct record_id used[CONSENT_MAX_USED];
	enum consent_lack nearest;   /* of all that were looked at; CONSENT_LIVE when one covers something */
	struct record_id nearest_id; /* that consent; only where nearest is not CONSENT_OF_ANOTHER */
	const char *purpose;         /* the request's, for messages */
};

/* Records of other entities and of other persons are passed over. CF_E_USAGE for a purpose or legal basis
 * that is none; CF_E_LIMIT when more live consents or single fields cover the request than there is room for.
 */
int consent_decide(const struct record *const *consents, size_t n, const struct consent_request *request,
	struct consent_decision *ret, struct cf_error *err) CF_MUST_USE;

/* Whether the value may leave. What is open or coded with a handling of P2 or less needs no consent. Else it
 * must be covered by a scope or be named as a single field; a protected field is covered by its own scope
 * only, never by "all". */
bool consent_allows(const struct consent_decision *d, const struct record_value *value);
/* The same as struct record_filter's allows, the decision being the context. */
bool consent_filter(void *decision, const struct record_value *value);

/* The code of consent.scope that covers the field ("identity", "needs", ...). */
const char *consent_scope_of(const struct schema_field *field);

/* Appends in plain words which consent is missing for the field and what to do: "person.name may not leave:
 * ...". No contents. */
int consent_explain(const struct consent_decision *d, const struct schema_field *field, struct buffer *out)
	CF_MUST_USE;
/* For exports: CF_E_REFUSED with that text for the first value of the record that may not leave, else 0. */
int consent_check(const struct consent_decision *d, const struct record *r, struct cf_error *err) CF_MUST_USE;

/* "refused", "expired", ...; "?" for what is none. */
const char *consent_lack_name(enum consent_lack lack);
