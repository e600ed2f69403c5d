/*
 * Who may do what: one table of role x action x the user's relation to the case, asked by every face through
 * work. docs/records.md shows the same table, and a test compares the two cell by cell. What a role may see
 * of a single value is permission_filter's matter.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "model/record.h"

enum permission_role {
	PERMISSION_CASEWORKER,
	PERMISSION_INVESTIGATOR,
	PERMISSION_ANALYST,       /* coded fields and counts, of no person */
	PERMISSION_STEWARD,       /* approves what leaves */
	PERMISSION_AUDITOR,       /* reads the log only */
	PERMISSION_ADMINISTRATOR, /* users, keys, backups; never a case */
	PERMISSION_N_ROLES
};

/* What a user is to a case. For what is about no case any of them does. */
enum permission_relation { PERMISSION_OWN, PERMISSION_SHARED, PERMISSION_FOREIGN, PERMISSION_N_RELATIONS };

enum permission_action {
	PERMISSION_LIST,       /* see that a case exists, and its open fields */
	PERMISSION_READ_CODED, /* coded fields, row by row */
	PERMISSION_READ_IDENTIFYING,
	PERMISSION_READ_PROTECTED,
	PERMISSION_COUNT,  /* figures over many cases, network and estimates */
	PERMISSION_SEARCH, /* exact search for an identifier or name */
	PERMISSION_LINK,   /* who is the same person */
	PERMISSION_CREATE,
	PERMISSION_EDIT,
	PERMISSION_IMPORT,
	PERMISSION_SHARE,          /* give another user a share in the case */
	PERMISSION_CONSENT_RECORD, /* write down a consent, refusal or withdrawal */
	PERMISSION_CONSENT_REPORT, /* what went where, for the survivor */
	PERMISSION_EXPORT_IDENTIFYING,
	PERMISSION_EXPORT_CODED,
	PERMISSION_RELEASE, /* tables and reports for the public */
	PERMISSION_STUDY,   /* blinded lists for a study; shows nobody a name */
	PERMISSION_APPROVE, /* say yes to what another asked for */
	PERMISSION_ERASE,
	PERMISSION_AUDIT_READ,
	PERMISSION_AUDIT_VERIFY,
	PERMISSION_USERS,
	PERMISSION_KEYS,
	PERMISSION_BACKUP,
	PERMISSION_RESTORE,
	PERMISSION_DOCTOR,
	PERMISSION_N_ACTIONS
};

enum permission_answer {
	PERMISSION_NO,
	PERMISSION_WITH_APPROVAL, /* yes, once a steward who is somebody else has approved this one request */
	PERMISSION_YES,
};

/* No for whatever is no role, action or relation. */
enum permission_answer permission_ask(
	enum permission_role role, enum permission_action action, enum permission_relation relation);

/* approved: whether a steward other than the user has approved this request. CF_E_REFUSED says what is
 * refused, to whom, and who may do it instead; the caller writes it to the log. */
int permission_check(enum permission_role role, enum permission_action action,
	enum permission_relation relation, bool approved, struct cf_error *err) CF_MUST_USE;

/* The strictest values that the role may see of such a case: fills max_handling and max_sensitivity, leaves
 * the rest. false, and *ret as it is, when it may see none at all. */
bool permission_filter(
	enum permission_role role, enum permission_relation relation, struct record_filter *ret);

/* Stable words: "caseworker", "read_identifying", "own"; "?" for what is none. */
const char *permission_role_name(enum permission_role role);
const char *permission_action_name(enum permission_action action);
const char *permission_relation_name(enum permission_relation relation);
/* false leaves *ret as it is. */
bool permission_role_parse(const char *text, enum permission_role *ret);
