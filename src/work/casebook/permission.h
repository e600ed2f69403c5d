/*
 * Who may do what. One table, asked once for every face: role by action by how the case stands to the user.
 * The roles are those of docs/records.md, where the same table is printed for people (a test compares the
 * two).
 */
#pragma once

#include <stdbool.h>

enum permission_role {
	ROLE_CASEWORKER = 0, /* accompanies persons: own and shared cases */
	ROLE_INVESTIGATOR,   /* police, prosecution, inspectorate: own and shared cases */
	ROLE_ANALYST,        /* counts: coded fields, never who it is */
	ROLE_STEWARD,        /* answers for what leaves and what is erased */
	ROLE_AUDITOR,        /* reads the log, no record */
	ROLE_ADMINISTRATOR,  /* users, keys, backups; never sees a case */
	ROLE_N
};

enum permission_action {
	ACTION_LIST = 0,       /* which records there are, by their coded fields */
	ACTION_READ,           /* identifying fields */
	ACTION_ADD,            /* new records, one by one or from files */
	ACTION_EDIT,           /* also linking files and recording consent */
	ACTION_SHARE,          /* let others into a case, or hand it over */
	ACTION_CONSENT_REPORT, /* what went where, for the person concerned */
	ACTION_EXPORT_CODED,   /* open and coded fields, no ids */
	ACTION_EXPORT,         /* identifying fields, as far as consents or a legal basis cover them */
	ACTION_ERASE,          /* a person */
	ACTION_BACKUP,
	ACTION_USERS,
	ACTION_KEYS,  /* passphrase, rotation */
	ACTION_CHECK, /* the database's and the log's soundness */
	ACTION_AUDIT, /* what the log says */
	ACTION_N
};

/* How the case a record belongs to stands to the user. */
enum permission_scope {
	SCOPE_OWN = 0, /* the user's case, or a record of no case that they began */
	SCOPE_SHARED,  /* somebody let the user in */
	SCOPE_FOREIGN,
	SCOPE_N
};

bool permission_allows(enum permission_role role, enum permission_action action, enum permission_scope scope);
/* Whether the action is about records, so that the scope matters; others are the same in all scopes. */
bool permission_has_scope(enum permission_action action);

/* "caseworker", "list", "own"; and back, false when there is no such word. */
const char *permission_role_name(enum permission_role role);
bool permission_role_parse(const char *text, enum permission_role *ret);
const char *permission_action_name(enum permission_action action);
const char *permission_scope_name(enum permission_scope scope);
/* Who may, in words, for a refusal: "a steward", "the case's owner, or a steward". */
const char *permission_who(enum permission_action action);

#include "store/users.h"

/* What a role's password opens: the log alone for those who never see a record. */
enum store_access permission_access(enum permission_role role);
