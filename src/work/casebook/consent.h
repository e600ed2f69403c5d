/*
 * What a person's consents allow to leave, as a pure function of the consents, the purpose, the recipient and
 * the day. Nothing identifying leaves without a live consent of the person (or their guardian) for that
 * purpose and recipient, or a named legal basis. A consent is live when it was given, has not expired and was
 * not withdrawn; a refusal or withdrawal for the same purpose and recipient that came later outweighs it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/date.h"
#include "model/record.h"

/* What a consent may extend to (code list consent.scope). */
enum consent_scope {
	CONSENT_IDENTITY = 1 << 0,
	CONSENT_NEEDS = 1 << 1,
	CONSENT_EXPLOITATION = 1 << 2,
	CONSENT_STATEMENTS = 1 << 3,
	CONSENT_HEALTH = 1 << 4,
	CONSENT_CODED = 1 << 5,
	CONSENT_ALL = (1 << 6) - 1,
};

struct consent_request {
	const char *purpose;         /* a code of consent.purpose */
	const char *recipient;       /* id of an organisation, as text; NULL: none in particular */
	const char *recipient_class; /* a code of htcds.org_Type; NULL: not said */
	const char *legal_basis; /* a code of legal.basis other than "consent" and "guardian"; NULL: none */
	struct date today;
};

enum { CONSENT_MAX_USED = 16, CONSENT_MAX_FIELDS = 64, CONSENT_REASON_BYTES = 200 };

/* What may leave of one person. */
struct consent_cover {
	unsigned scopes; /* of enum consent_scope; 0: nothing */
	bool by_law;     /* the legal basis covers it, whatever consents say */
	size_t n_used;
	const struct record *used[CONSENT_MAX_USED]; /* the consents that cover it */
	size_t n_fields; /* single fields beyond the scopes: "person.birth_date" */
	const char *fields[CONSENT_MAX_FIELDS];
	char missing[CONSENT_REASON_BYTES]; /* where nothing may leave: which consent is missing, and why
					       those there are not enough */
};

/* consents: records of the entity consent about one person, in any order. The cover points into them. */
void consent_cover(const struct record *const *consents, size_t n, const struct consent_request *request,
	struct consent_cover *ret);

/* Whether a value of a record of that person may leave. What is open or coded passes with any scope; what
 * identifies or is protected needs its own, its field, or the law. */
bool consent_covers(const struct consent_cover *cover, const struct record_value *value);

/* Which scope a field's entity belongs to. */
enum consent_scope consent_scope_of(const struct schema_field *field);
