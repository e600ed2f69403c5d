#include "work/permission.h"

#include <stdio.h>
#include <string.h>

static const char *const role_names[PERMISSION_N_ROLES] = {
	"caseworker", "investigator", "analyst", "steward", "auditor", "administrator"};
static const char *const relation_names[PERMISSION_N_RELATIONS] = {"own", "shared", "foreign"};

/* For each role, in order, the answers for an own, a shared and a foreign case: y yes, a with approval, - no.
 */
struct row {
	const char *name;
	const char *what; /* "may not ..." */
	char answers[PERMISSION_N_ROLES][PERMISSION_N_RELATIONS + 1];
};

/* clang-format off */
static const struct row rows[PERMISSION_N_ACTIONS] = {
	/*                                                                      case-  investi- analyst steward auditor admini-
	 *                                                                      worker gator                            strator */
	[PERMISSION_LIST] = {"list", "see such a case",                        {"yy-", "yy-", "---", "---", "---", "---"}},
	[PERMISSION_READ_CODED] = {"read_coded", "read its coded fields",      {"yy-", "yy-", "yyy", "yyy", "---", "---"}},
	[PERMISSION_READ_IDENTIFYING] = {"read_identifying", "read what identifies persons",
	                                                                       {"yy-", "yy-", "---", "---", "---", "---"}},
	[PERMISSION_READ_PROTECTED] = {"read_protected", "read protected fields",
	                                                                       {"y--", "y--", "---", "---", "---", "---"}},
	[PERMISSION_COUNT] = {"count", "count over such cases",                {"yy-", "yy-", "yyy", "yyy", "---", "---"}},
	[PERMISSION_SEARCH] = {"search", "search such cases",                  {"yy-", "yy-", "---", "---", "---", "---"}},
	[PERMISSION_LINK] = {"link", "link persons of such cases",             {"yy-", "yy-", "---", "---", "---", "---"}},
	[PERMISSION_CREATE] = {"create", "create such records",                {"y--", "y--", "---", "---", "---", "---"}},
	[PERMISSION_EDIT] = {"edit", "change such a case",                     {"yy-", "yy-", "---", "---", "---", "---"}},
	[PERMISSION_IMPORT] = {"import", "import into such a case",            {"y--", "y--", "---", "---", "---", "---"}},
	[PERMISSION_SHARE] = {"share", "share such a case",                    {"y--", "y--", "---", "---", "---", "---"}},
	[PERMISSION_CONSENT_RECORD] = {"consent_record", "write down consents in such a case",
	                                                                       {"yy-", "yy-", "---", "---", "---", "---"}},
	[PERMISSION_CONSENT_REPORT] = {"consent_report", "report what went where in such a case",
	                                                                       {"yy-", "yy-", "---", "yyy", "---", "---"}},
	[PERMISSION_EXPORT_IDENTIFYING] = {"export_identifying", "export what identifies persons",
	                                                                       {"aa-", "aa-", "---", "---", "---", "---"}},
	[PERMISSION_EXPORT_CODED] = {"export_coded", "export coded fields",    {"aa-", "aa-", "aaa", "---", "---", "---"}},
	[PERMISSION_RELEASE] = {"release", "release figures",                  {"---", "---", "aaa", "---", "---", "---"}},
	[PERMISSION_STUDY] = {"study", "send blinded lists to a study",        {"---", "---", "aaa", "---", "---", "---"}},
	[PERMISSION_APPROVE] = {"approve", "approve what leaves",              {"---", "---", "---", "yyy", "---", "---"}},
	[PERMISSION_ERASE] = {"erase", "erase a person of such a case",        {"a--", "a--", "---", "---", "---", "---"}},
	[PERMISSION_AUDIT_READ] = {"audit_read", "read the log",               {"---", "---", "---", "---", "yyy", "---"}},
	[PERMISSION_AUDIT_VERIFY] = {"audit_verify", "verify the log",         {"yyy", "yyy", "yyy", "yyy", "yyy", "yyy"}},
	[PERMISSION_USERS] = {"users", "manage users",                         {"---", "---", "---", "---", "---", "yyy"}},
	[PERMISSION_KEYS] = {"keys", "manage keys",                            {"---", "---", "---", "---", "---", "yyy"}},
	[PERMISSION_BACKUP] = {"backup", "make a backup",                      {"---", "---", "---", "---", "---", "yyy"}},
	[PERMISSION_RESTORE] = {"restore", "restore a backup",                 {"---", "---", "---", "---", "---", "aaa"}},
	[PERMISSION_DOCTOR] = {"doctor", "examine the store",                  {"---", "---", "---", "---", "yyy", "yyy"}},
};
/* clang-format on */

static bool is_sound(
	enum permission_role role, enum permission_action action, enum permission_relation relation)
{
	return (unsigned)role < PERMISSION_N_ROLES && (unsigned)action < PERMISSION_N_ACTIONS &&
	       (unsigned)relation < PERMISSION_N_RELATIONS;
}

enum permission_answer permission_ask(
	enum permission_role role, enum permission_action action, enum permission_relation relation)
{
	if (!is_sound(role, action, relation))
		return PERMISSION_NO;
	char answer = rows[action].answers[role][relation];
	return answer == 'y' ? PERMISSION_YES : answer == 'a' ? PERMISSION_WITH_APPROVAL : PERMISSION_NO;
}

/* "a caseworker or an investigator": who may, for such a case or at least for an own one. */
static void who_may(enum permission_action action, enum permission_relation relation, char *ret, size_t size)
{
	size_t n = 0;
	ret[0] = '\0';
	for (int role = 0; role < PERMISSION_N_ROLES; role++) {
		if (permission_ask((enum permission_role)role, action, relation) == PERMISSION_NO)
			continue;
		int added = snprintf(ret + n, size - n, "%s%s %s", n ? " or " : "",
			strchr("aeiou", role_names[role][0]) ? "an" : "a", role_names[role]);
		n += added > 0 && (size_t)added < size - n ? (size_t)added : 0;
	}
}

static int refuse(enum permission_role role, enum permission_action action, enum permission_relation relation,
	struct cf_error *err)
{
	char others[200];
	who_may(action, relation, others, sizeof others);
	if (others[0])
		return error_set(err, CF_E_REFUSED, "as %s you may not %s (%s); ask %s", role_names[role],
			rows[action].what, relation_names[relation], others);
	who_may(action, PERMISSION_OWN, others, sizeof others);
	return error_set(err, CF_E_REFUSED, "as %s you may not %s (%s); ask whoever owns the case: %s",
		role_names[role], rows[action].what, relation_names[relation], others);
}

int permission_check(enum permission_role role, enum permission_action action,
	enum permission_relation relation, bool approved, struct cf_error *err)
{
	if (!is_sound(role, action, relation))
		return error_set(err, CF_E_REFUSED, "there is no such role or action");
	enum permission_answer answer = permission_ask(role, action, relation);
	if (answer == PERMISSION_YES || (answer == PERMISSION_WITH_APPROVAL && approved))
		return CF_OK;
	if (answer == PERMISSION_WITH_APPROVAL)
		return error_set(err, CF_E_REFUSED,
			"as %s you may %s (%s) once a steward has approved this request; ask one",
			role_names[role], rows[action].what, relation_names[relation]);
	return refuse(role, action, relation, err);
}

bool permission_filter(
	enum permission_role role, enum permission_relation relation, struct record_filter *ret)
{
	/* what each right to read opens, widest first */
	static const struct {
		enum permission_action action;
		enum schema_handling handling;
		enum schema_sensitivity sensitivity;
	} opens[] = {
		{PERMISSION_READ_PROTECTED, SCHEMA_P5, SCHEMA_PROTECTED},
		{PERMISSION_READ_IDENTIFYING, SCHEMA_P4, SCHEMA_IDENTIFYING},
		{PERMISSION_READ_CODED, SCHEMA_P2, SCHEMA_CODED},
	};
	for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
		if (permission_ask(role, opens[i].action, relation) != PERMISSION_YES)
			continue;
		ret->max_handling = opens[i].handling;
		ret->max_sensitivity = opens[i].sensitivity;
		return true;
	}
	return false;
}

const char *permission_role_name(enum permission_role role)
{
	return (unsigned)role < PERMISSION_N_ROLES ? role_names[role] : "?";
}

const char *permission_action_name(enum permission_action action)
{
	return (unsigned)action < PERMISSION_N_ACTIONS ? rows[action].name : "?";
}

const char *permission_relation_name(enum permission_relation relation)
{
	return (unsigned)relation < PERMISSION_N_RELATIONS ? relation_names[relation] : "?";
}

bool permission_role_parse(const char *text, enum permission_role *ret)
{
	for (int i = 0; i < PERMISSION_N_ROLES; i++) {
		if (strcmp(text, role_names[i]) == 0) {
			*ret = (enum permission_role)i;
			return true;
		}
	}
	return false;
}
