/*
 * counterfoil list, search: which records there are.
 */
#include <string.h>

#include "cli/cli_store.h"
#include "work/casebook/answer.h"
#include "work/casebook/values.h"

static const struct cli_option list_options[] = {
	{"case", "ID", "only records of this case"},
	{"person", "ID", "only records about this person"},
	{"where", "FIELD=VALUE",
		"only records whose open or coded field has this value, as\ngender=female or "
		"gender=(refused)"},
	{"limit", "N", "so many (default 50, at most 1000)"},
	{"before", "N", "go on after a list that said so"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command list_command = {
	.name = "list",
	.summary = "Lists the records you work on, newest first, by their open and coded fields; no "
		   "identifying field is\n"
		   "shown. ENTITY is person, case, role, episode and so on: 'counterfoil fields' names them.",
	.usage = "[ENTITY] [OPTION]...",
	.options = list_options,
	.n_options = sizeof list_options / sizeof *list_options,
	.example = "  counterfoil list person --where citizenship=NGA --user amina\n",
};

struct list {
	const char *case_id, *person_id, *where;
	uint64_t limit, before;
};

static bool own_list(void *context, const char *name, const char *value)
{
	struct list *in = context;
	if (strcmp(name, "limit") == 0)
		return cli_count("list", name, value, 1, STORE_PAGE_MAX, &in->limit);
	if (strcmp(name, "before") == 0)
		return cli_count("list", name, value, 1, UINT64_MAX, &in->before);
	if (strcmp(name, "case") == 0)
		in->case_id = value;
	else if (strcmp(name, "person") == 0)
		in->person_id = value;
	else
		in->where = value;
	return true;
}

static int print_list(const struct casebook_list *l, bool as_json)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (as_json) {
		struct json j;
		json_init(&j, &out, true);
		answer_list_json(&j, l);
		return cli_print_json(&j, &out);
	}
	return answer_list_text(l, cli_width(), &out, &err) < 0 ? cli_fail(&err) : cli_print(&out);
}

static int list(struct casebook *c, const struct list *in, const char *entity, bool as_json)
{
	CF_CLEANUP(casebook_list_done) struct casebook_list l = CASEBOOK_LIST_INIT;
	CF_CLEANUP(buffer_done) struct buffer value = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct record_id case_id;
	struct record_id person_id;
	struct casebook_query q = {.before = in->before, .limit = in->limit};
	if (entity && !(q.entity = schema_entity(entity)))
		return cli_usage(
			"list", "there is no kind of record '%s'; 'counterfoil fields' names them", entity);
	if (in->case_id && !cli_record_id("list", in->case_id, &case_id))
		return error_exit_code(CF_E_USAGE);
	if (in->person_id && !cli_record_id("list", in->person_id, &person_id))
		return error_exit_code(CF_E_USAGE);
	q.case_id = in->case_id ? &case_id : NULL;
	q.person_id = in->person_id ? &person_id : NULL;
	if (in->where && !q.entity)
		return cli_usage(
			"list", "--where needs the kind of record: 'counterfoil list person --where ...'");
	if (in->where && values_parse_condition(q.entity, in->where, &q.field, &value, &err) < 0)
		return cli_fail(&err);
	q.value = in->where ? buffer_text(&value) : NULL;
	if (casebook_list(c, &q, &l, &err) < 0)
		return cli_fail(&err);
	return print_list(&l, as_json);
}

int cmd_list(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct list in = {.limit = 50};
	struct cli_store s;
	const char *entity = NULL;
	int exit_code;
	struct cli_store_walk walk = {
		.command = &list_command, .own = own_list, .context = &in, .operands = &entity, .max = 1};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	return list(c, &in, entity, s.json);
}

static const struct cli_option search_options[] = {
	{"limit", "N", "so many (default 50, at most 1000)"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command search_command = {
	.name = "search",
	.summary = "Finds records by an identifying value: the whole value, or of a name any word or all of "
		   "them in any\n"
		   "order and script. FIELD is as in identifier.value or person.name; 'counterfoil fields "
		   "--searchable'\n"
		   "names them. Values are compared by a keyed index, nothing is decrypted to search.",
	.usage = "FIELD VALUE [OPTION]...",
	.options = search_options,
	.n_options = sizeof search_options / sizeof *search_options,
	.example = "  counterfoil search person.name \"Amina Diallo\" --user amina\n"
		   "  counterfoil search identifier.value \"+44 7911 123456\" --user amina\n",
};

static bool own_search(void *context, const char *name, const char *value)
{
	return cli_count("search", name, value, 1, STORE_PAGE_MAX, context);
}

int cmd_search(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	CF_CLEANUP(casebook_list_done) struct casebook_list l = CASEBOOK_LIST_INIT;
	CF_CLEANUP(buffer_done) struct buffer value = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct cli_store s;
	const char *operands[2] = {NULL, NULL};
	uint64_t limit = 50;
	int exit_code;
	struct cli_store_walk walk = {.command = &search_command,
		.own = own_search,
		.context = &limit,
		.operands = operands,
		.min = 2,
		.max = 2,
		.missing = "give a field and a value: person.name \"Amina Diallo\""};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	const struct schema_field *field = schema_field_by_path(operands[0]);
	if (!field)
		return cli_usage("search",
			"there is no field '%s'; 'counterfoil fields --searchable' names them", operands[0]);
	if (values_for_search(field, operands[1], &value, &err) < 0 ||
		casebook_search(c, field, buffer_text(&value), (size_t)limit, &l, &err) < 0)
		return cli_fail(&err);
	return print_list(&l, s.json);
}
