#include "work/casebook/permission.h"

#include <string.h>

/* Bits of a cell of the table. */
enum { NONE = 0, OWN = 1 << SCOPE_OWN, SHARED = 1 << SCOPE_SHARED, FOREIGN = 1 << SCOPE_FOREIGN };
enum { MINE = OWN | SHARED, ANY = OWN | SHARED | FOREIGN };

static const unsigned char table[ACTION_N][ROLE_N] = {
	/*                      caseworker investigator analyst steward auditor administrator */
	[ACTION_LIST] = {MINE, MINE, ANY, ANY, NONE, NONE},
	[ACTION_READ] = {MINE, MINE, NONE, ANY, NONE, NONE},
	[ACTION_ADD] = {MINE, MINE, NONE, NONE, NONE, NONE},
	[ACTION_EDIT] = {MINE, MINE, NONE, NONE, NONE, NONE},
	[ACTION_SHARE] = {OWN, OWN, NONE, ANY, NONE, NONE},
	[ACTION_CONSENT_REPORT] = {MINE, NONE, NONE, ANY, NONE, NONE},
	[ACTION_EXPORT_CODED] = {NONE, NONE, ANY, ANY, NONE, NONE},
	[ACTION_EXPORT] = {OWN, OWN, NONE, ANY, NONE, NONE},
	[ACTION_ERASE] = {NONE, NONE, NONE, ANY, NONE, NONE},
	[ACTION_BACKUP] = {NONE, NONE, NONE, ANY, NONE, ANY},
	[ACTION_USERS] = {NONE, NONE, NONE, NONE, NONE, ANY},
	[ACTION_KEYS] = {NONE, NONE, NONE, NONE, NONE, ANY},
	[ACTION_CHECK] = {NONE, NONE, NONE, ANY, ANY, ANY},
	[ACTION_AUDIT] = {NONE, NONE, NONE, ANY, ANY, NONE},
};

bool permission_allows(enum permission_role role, enum permission_action action, enum permission_scope scope)
{
	return table[action][role] >> scope & 1;
}

bool permission_has_scope(enum permission_action action)
{
	return action <= ACTION_EXPORT && action != ACTION_EXPORT_CODED;
}

static const char *const roles[ROLE_N] = {
	"caseworker", "investigator", "analyst", "steward", "auditor", "administrator"};

const char *permission_role_name(enum permission_role role)
{
	return roles[role];
}

bool permission_role_parse(const char *text, enum permission_role *ret)
{
	for (int i = 0; i < ROLE_N; i++)
		if (strcmp(text, roles[i]) == 0) {
			*ret = (enum permission_role)i;
			return true;
		}
	return false;
}

const char *permission_action_name(enum permission_action action)
{
	static const char *const names[ACTION_N] = {"list", "read", "add", "edit", "share", "consent-report",
		"export-coded", "export", "erase", "backup", "users", "keys", "check", "audit"};
	return names[action];
}

const char *permission_scope_name(enum permission_scope scope)
{
	static const char *const names[SCOPE_N] = {"own", "shared", "foreign"};
	return names[scope];
}

const char *permission_who(enum permission_action action)
{
	static const char *const who[ACTION_N] = {
		[ACTION_LIST] = "those who work on the case, an analyst or a steward",
		[ACTION_READ] = "those who work on the case, or a steward",
		[ACTION_ADD] = "a caseworker or an investigator, in cases they work on",
		[ACTION_EDIT] = "the caseworkers and investigators who work on the case",
		[ACTION_SHARE] = "the case's owner, or a steward",
		[ACTION_CONSENT_REPORT] = "the caseworkers who work on the case, or a steward",
		[ACTION_EXPORT_CODED] = "an analyst or a steward",
		[ACTION_EXPORT] = "the case's owner, or a steward",
		[ACTION_ERASE] = "a steward",
		[ACTION_BACKUP] = "an administrator or a steward",
		[ACTION_USERS] = "an administrator",
		[ACTION_KEYS] = "an administrator",
		[ACTION_CHECK] = "an administrator, an auditor or a steward",
		[ACTION_AUDIT] = "an auditor or a steward",
	};
	return who[action];
}

enum store_access permission_access(enum permission_role role)
{
	return permission_allows(role, ACTION_LIST, SCOPE_FOREIGN) ||
			       permission_allows(role, ACTION_LIST, SCOPE_OWN)
		       ? STORE_ACCESS_RECORDS
		       : STORE_ACCESS_LOG;
}
