#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "work/permission.h"

static enum permission_answer ask(int role, int action, int relation)
{
	return permission_ask((enum permission_role)role, (enum permission_action)action,
		(enum permission_relation)relation);
}

/* The cell of docs/records.md, such as "yes / yes / -", as three answers. */
static void read_cell(const char *cell, enum permission_answer ret[3])
{
	static const struct {
		const char *word;
		enum permission_answer answer;
	} words[] = {{"yes", PERMISSION_YES}, {"approval", PERMISSION_WITH_APPROVAL}, {"-", PERMISSION_NO}};
	for (int i = 0; i < 3; i++) {
		cell += strspn(cell, " /");
		size_t n = strcspn(cell, " /|");
		bool found = false;
		for (size_t w = 0; w < 3; w++) {
			if (strlen(words[w].word) == n && strncmp(words[w].word, cell, n) == 0) {
				ret[i] = words[w].answer;
				found = true;
			}
		}
		if (!found)
			fail_msg("docs/records.md: '%.*s' is no answer", (int)n, cell);
		cell += n;
	}
}

/* Every cell of the table that people read is the one that the program asks. */
static void the_documented_table_is_the_table(void **state)
{
	(void)state;
	char path[4096];
	struct buffer docs = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	(void)snprintf(path, sizeof path, "%s/docs/records.md", getenv("CF_SOURCE_ROOT"));
	if (file_read(path, 1 << 20, &docs, &err) < 0)
		fail_msg("%s", err.message);
	size_t n_cells = 0;
	for (int action = 0; action < PERMISSION_N_ACTIONS; action++) {
		char start[64];
		(void)snprintf(start, sizeof start, "\n| `%s` |",
			permission_action_name((enum permission_action)action));
		const char *line = strstr(buffer_text(&docs), start);
		if (!line)
			fail_msg("docs/records.md has no line for%s", start);
		const char *cell = strchr(line + 3, '|');
		for (int role = 0; role < PERMISSION_N_ROLES; role++) {
			enum permission_answer said[3] = {PERMISSION_NO};
			read_cell(cell + 1, said);
			cell = strchr(cell + 1, '|');
			assert_non_null(cell);
			for (int relation = 0; relation < PERMISSION_N_RELATIONS; relation++, n_cells++)
				if (said[relation] != ask(role, action, relation))
					fail_msg("%s, %s, %s: the document says otherwise",
						permission_role_name((enum permission_role)role),
						permission_action_name((enum permission_action)action),
						permission_relation_name((enum permission_relation)relation));
		}
	}
	assert_int_equal(n_cells, PERMISSION_N_ACTIONS * 6 * 3);
	buffer_done(&docs);
}

static bool touches_cases(int action)
{
	return action < PERMISSION_APPROVE || action == PERMISSION_ERASE;
}

/* What DESIGN promises, cell by cell over the whole matrix. */
static void promises_hold_in_every_cell(void **state)
{
	(void)state;
	for (int action = 0; action < PERMISSION_N_ACTIONS; action++) {
		size_t n_may = 0;
		for (int role = 0; role < PERMISSION_N_ROLES; role++) {
			/* a nearer relation never allows less */
			for (int relation = 1; relation < PERMISSION_N_RELATIONS; relation++)
				assert_true(ask(role, action, relation) <= ask(role, action, relation - 1));
			for (int relation = 0; relation < PERMISSION_N_RELATIONS; relation++) {
				enum permission_answer a = ask(role, action, relation);
				n_may += a != PERMISSION_NO;
				if (a == PERMISSION_NO)
					continue;
				/* an administrator sees no case, an auditor the log only */
				if (role == PERMISSION_ADMINISTRATOR || role == PERMISSION_AUDITOR)
					assert_false(touches_cases(action));
				/* an analyst sees coded fields and counts only */
				if (role == PERMISSION_ANALYST)
					assert_true(action == PERMISSION_READ_CODED ||
						    action == PERMISSION_COUNT ||
						    action == PERMISSION_EXPORT_CODED ||
						    action == PERMISSION_RELEASE ||
						    action == PERMISSION_STUDY ||
						    action == PERMISSION_AUDIT_VERIFY);
				/* nobody reads persons of a foreign case */
				if (relation == PERMISSION_FOREIGN)
					assert_false(action == PERMISSION_READ_IDENTIFYING ||
						     action == PERMISSION_READ_PROTECTED ||
						     action == PERMISSION_EDIT ||
						     action == PERMISSION_EXPORT_IDENTIFYING ||
						     action == PERMISSION_SEARCH);
				/* nothing leaves on one person's word */
				if (action == PERMISSION_EXPORT_IDENTIFYING ||
					action == PERMISSION_EXPORT_CODED || action == PERMISSION_RELEASE ||
					action == PERMISSION_STUDY || action == PERMISSION_ERASE)
					assert_int_equal(a, PERMISSION_WITH_APPROVAL);
				/* who approves has nothing to ask approval for */
				if (a == PERMISSION_WITH_APPROVAL)
					assert_int_equal(
						ask(role, PERMISSION_APPROVE, PERMISSION_OWN), PERMISSION_NO);
			}
		}
		/* no action that nobody can do */
		assert_true(n_may > 0);
	}
}

static void refusals_say_who_may(void **state)
{
	(void)state;
	size_t n_refused = 0;
	for (int role = 0; role < PERMISSION_N_ROLES; role++) {
		for (int action = 0; action < PERMISSION_N_ACTIONS; action++) {
			for (int relation = 0; relation < PERMISSION_N_RELATIONS; relation++) {
				for (int approved = 0; approved < 2; approved++) {
					struct cf_error err = CF_ERROR_INIT;
					enum permission_answer a = ask(role, action, relation);
					bool may = a == PERMISSION_YES ||
						   (a == PERMISSION_WITH_APPROVAL && approved);
					int status = permission_check((enum permission_role)role,
						(enum permission_action)action,
						(enum permission_relation)relation, approved, &err);
					assert_int_equal(status, may ? CF_OK : CF_E_REFUSED);
					if (may)
						continue;
					n_refused++;
					assert_non_null(strstr(err.message,
						permission_role_name((enum permission_role)role)));
					assert_non_null(strstr(err.message, "ask"));
					assert_true(strlen(err.message) + 1 < sizeof err.message);
				}
			}
		}
	}
	assert_true(n_refused > 100);
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(
		permission_check(PERMISSION_CASEWORKER, PERMISSION_EDIT, PERMISSION_FOREIGN, true, &err),
		CF_E_REFUSED);
	assert_string_equal(err.message, "as caseworker you may not change such a case (foreign); ask "
					 "whoever owns the case: a caseworker or an "
					 "investigator");
	assert_int_equal(permission_check(PERMISSION_N_ROLES, PERMISSION_LIST, PERMISSION_OWN, true, &err),
		CF_E_REFUSED);
	assert_int_equal(
		permission_ask((enum permission_role) - 1, PERMISSION_LIST, PERMISSION_OWN), PERMISSION_NO);
}

static void sees_as_much_as_it_may_read(void **state)
{
	(void)state;
	for (int role = 0; role < PERMISSION_N_ROLES; role++) {
		for (int relation = 0; relation < PERMISSION_N_RELATIONS; relation++) {
			struct record_filter f = {.max_handling = SCHEMA_P0, .max_sensitivity = SCHEMA_OPEN};
			bool any = permission_filter(
				(enum permission_role)role, (enum permission_relation)relation, &f);
			bool coded = ask(role, PERMISSION_READ_CODED, relation) == PERMISSION_YES;
			bool names = ask(role, PERMISSION_READ_IDENTIFYING, relation) == PERMISSION_YES;
			bool all = ask(role, PERMISSION_READ_PROTECTED, relation) == PERMISSION_YES;
			assert_int_equal(any, coded || names || all);
			assert_int_equal(f.max_sensitivity >= SCHEMA_CODED, coded);
			assert_int_equal(f.max_sensitivity >= SCHEMA_IDENTIFYING, names);
			assert_int_equal(f.max_sensitivity >= SCHEMA_PROTECTED, all);
			assert_int_equal(f.max_handling == SCHEMA_P5, all);
			assert_int_equal(f.max_handling >= SCHEMA_P3, names);
		}
	}
}

static void roles_have_words(void **state)
{
	(void)state;
	for (int i = 0; i < PERMISSION_N_ROLES; i++) {
		enum permission_role back = PERMISSION_N_ROLES;
		assert_true(permission_role_parse(permission_role_name((enum permission_role)i), &back));
		assert_int_equal(back, i);
	}
	enum permission_role untouched = PERMISSION_AUDITOR;
	assert_false(permission_role_parse("root", &untouched));
	assert_int_equal(untouched, PERMISSION_AUDITOR);
	assert_string_equal(permission_role_name(PERMISSION_N_ROLES), "?");
	assert_string_equal(permission_action_name(PERMISSION_N_ACTIONS), "?");
	assert_string_equal(permission_relation_name(PERMISSION_N_RELATIONS), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_documented_table_is_the_table),
		cmocka_unit_test(promises_hold_in_every_cell),
		cmocka_unit_test(refusals_say_who_may),
		cmocka_unit_test(sees_as_much_as_it_may_read),
		cmocka_unit_test(roles_have_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
