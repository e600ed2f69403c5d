#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/sweep.h"
#include "base/text.h"
#include "model/schema.h"

/* ---- HTCDS 2.0, row by row, from the published field list */

enum { MAX_CELLS = 16 };

struct row {
	size_t n;
	char *cells[MAX_CELLS];
};

static char *read_file(const char *relative)
{
	char path[4096];
	(void)snprintf(path, sizeof path, "%s/%s", getenv("CF_SOURCE_ROOT"), relative);
	struct buffer content = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (file_read(path, 1 << 24, &content, &err) < 0)
		fail_msg("%s", err.message);
	return buffer_take(&content);
}

/* Cuts the next line off the front of *text at its tabs; false at the end. */
static bool next_row(char **text, struct row *ret)
{
	if (!**text)
		return false;
	char *line = *text;
	char *end = strchr(line, '\n');
	*text = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	ret->n = 0;
	for (char *cell; (cell = strsep(&line, "\t")) && ret->n < MAX_CELLS;)
		ret->cells[ret->n++] = cell;
	return true;
}

/* The columns of the list: prefix 3, name 4, label 5, name with prefix 6, values 9. */
static bool row_name(const struct row *row, char ret[256])
{
	if (row->n < 5 || !row->cells[4][0])
		return false;
	if (row->n > 6)
		(void)snprintf(ret, 256, "%s", row->cells[6]);
	else
		(void)snprintf(ret, 256, "%s%s", row->cells[3], row->cells[4]);
	return true;
}

static bool is_unmapped(const char *name, const char *label)
{
	size_t n;
	const struct schema_unmapped *unmapped = schema_unmapped(&n);
	for (size_t i = 0; i < n; i++)
		if (unmapped[i].standard == SCHEMA_HTCDS && strcmp(unmapped[i].name, name) == 0 &&
			strstr(label, unmapped[i].label) && unmapped[i].reason[0])
			return true;
	return false;
}

/* Each picklist value can be read into the field, and comes out again as it was. */
static void check_values(const struct schema_field *field, const char *name, char *values)
{
	for (char *at = values, *next; at && *at; at = next) {
		next = strstr(at, " / ");
		if (next) {
			*next = '\0';
			next += 3;
		}
		size_t n = strlen(at);
		if (n > 2 && strcmp(at + n - 2, " /") == 0)
			at[n - 2] = '\0';
		const struct schema_code *code = schema_code_from(field->codes, SCHEMA_HTCDS, at);
		if (!code)
			fail_msg("%s: the value %s cannot be read", name, at);
		assert_string_equal(code->standard[SCHEMA_HTCDS], at);
	}
}

static void every_htcds_row_has_a_field_or_a_reason(void **state)
{
	(void)state;
	char *content = read_file("data/standards/htcds_fields.tsv");
	char *rest = content;
	struct row row;
	char name[256];
	size_t n_named = 0;
	size_t n_unmapped = 0;
	assert_true(next_row(&rest, &row)); /* the header */
	while (next_row(&rest, &row)) {
		if (!row_name(&row, name))
			continue;
		size_t n;
		const struct schema_mapping *m = schema_mapping(SCHEMA_HTCDS, name, &n);
		if (!m) {
			if (!is_unmapped(name, row.n > 5 ? row.cells[5] : ""))
				fail_msg("%s has neither a field nor a reason", name);
			n_unmapped++;
			continue;
		}
		n_named++;
		assert_int_equal(n, 1);
		if (row.n > 9 && strstr(row.cells[9], " / "))
			check_values(m->field, name, row.cells[9]);
	}
	free(content);
	/* 107 lines: a header, 10 headings of sections, 3 remarks, 84 fields (one of which has no equivalent)
	 * and 9 example questions */
	assert_int_equal(n_named, 83);
	assert_int_equal(n_unmapped, 10);
}

static void every_htcds_mapping_is_a_row(void **state)
{
	(void)state;
	size_t n;
	const struct schema_mapping *mappings = schema_mappings(&n);
	for (size_t i = 0; i < n; i++) {
		if (mappings[i].standard != SCHEMA_HTCDS)
			continue;
		char *content = read_file("data/standards/htcds_fields.tsv");
		char *rest = content;
		struct row row;
		char name[256];
		bool found = false;
		while (!found && next_row(&rest, &row))
			found = row_name(&row, name) && strcmp(name, mappings[i].name) == 0;
		free(content);
		if (!found)
			fail_msg("HTCDS has no %s", mappings[i].name);
	}
}

/* The columns of the public CTDC k-anonymised file (data dictionary 28-11-2017 and header of July 2021). */
static void every_ctdc_column_has_a_field_or_a_reason(void **state)
{
	(void)state;
	static const char *const stems[][20] = {
		{"meansOfControl", "DebtBondage", "TakesEarnings", "RestrictsFinancialAccess", "Threats",
			"PsychologicalAbuse", "PhysicalAbuse", "SexualAbuse", "FalsePromises",
			"PsychoactiveSubstances", "RestrictsMovement", "RestrictsMedicalCare",
			"ExcessiveWorkingHours", "UsesChildren", "ThreatOfLawEnforcement",
			"WithholdsNecessities", "WithholdsDocuments", "Other", "NotSpecified", NULL},
		{"typeOfLabour", "Agriculture", "Aquafarming", "Begging", "Construction", "DomesticWork",
			"Hospitality", "IllicitActivities", "Manufacturing", "MiningOrDrilling", "Peddling",
			"Transportation", "Other", "NotSpecified", NULL},
		{"typeOfSex", "Prostitution", "Pornography", "RemoteInteractiveServices",
			"PrivateSexualServices", NULL},
		{"recruiterRelation", "IntimatePartner", "Friend", "Family", "Other", "Unknown", NULL},
		{"is", "ForcedLabour", "SexualExploit", "OtherExploit", "ForcedMarriage", "ForcedMilitary",
			"OrganRemoval", "SlaveryAndPractices", "Abduction", NULL},
		{"", "yearOfRegistration", "Datasource", "gender", "ageBroad", "majorityStatusAtExploit",
			"citizenship", "CountryOfExploitation", "traffickMonths", NULL},
	};
	char name[128];
	for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
		for (size_t j = 1; stems[i][j]; j++) {
			(void)snprintf(name, sizeof name, "%s%s", stems[i][0], stems[i][j]);
			size_t n;
			const struct schema_mapping *m = schema_mapping(SCHEMA_CTDC, name, &n);
			if (n != 1)
				fail_msg("%s has %zu fields", name, n);
			assert_true((m->code != NULL) == (stems[i][0][0] != '\0'));
		}
	}
}

/* ---- look-ups against a walk over everything */

static void finds_what_there_is(void **state)
{
	(void)state;
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	assert_int_equal(n, 21);
	char path[256];
	for (size_t i = 0; i < n; i++) {
		const struct schema_entity *e = &entities[i];
		assert_ptr_equal(schema_entity(e->name), e);
		assert_ptr_equal(schema_entity_by_number(e->number), e);
		assert_int_equal(e->index, i);
		for (size_t j = 0; j < e->n_fields; j++) {
			const struct schema_field *f = &e->fields[j];
			assert_ptr_equal(schema_field(e, f->name), f);
			assert_ptr_equal(schema_field_by_number(e, f->number), f);
			(void)snprintf(path, sizeof path, "%s.%s", e->name, f->name);
			assert_ptr_equal(schema_field_by_path(path), f);
			assert_int_equal(f->index, j);
			assert_ptr_equal(f->entity, e);
		}
	}
	assert_null(schema_entity("persons"));
	assert_null(schema_entity(""));
	assert_null(schema_entity_by_number(0));
	assert_null(schema_field(schema_entity("person"), "risk"));
	assert_null(schema_field_by_number(schema_entity("person"), 65535));
	assert_null(schema_field_by_path("person"));
	assert_null(schema_field_by_path("person."));
	assert_null(schema_field_by_path("perso.name"));
	assert_null(schema_field_by_path("personx.name"));
}

static bool is_used(const struct schema_code_list *list)
{
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < entities[i].n_fields; j++)
			if (entities[i].fields[j].codes == list)
				return true;
	/* the lists of other standards, into which codes are translated, and that of every value's handling
	 */
	return strncmp(list->name, "ctdc.", 5) == 0 || strncmp(list->name, "htcds.", 6) == 0 ||
	       strcmp(list->name, "handling.code") == 0;
}

static void finds_codes(void **state)
{
	(void)state;
	size_t n_lists;
	const struct schema_code_list *lists = schema_code_lists(&n_lists);
	for (size_t i = 0; i < n_lists; i++) {
		const struct schema_code_list *list = &lists[i];
		assert_ptr_equal(schema_code_list(list->name), list);
		assert_true(list->n > 0);
		if (!is_used(list))
			fail_msg("nothing uses %s", list->name);
		for (size_t j = 0; j < list->n; j++) {
			const struct schema_code *code = &list->codes[j];
			assert_ptr_equal(schema_code(list, code->code), code);
			assert_int_equal(code->index, j);
			assert_true(code->label[0] && code->source[0]);
			for (int s = 0; s < SCHEMA_N_STANDARDS; s++) {
				bool written_only = code->written_only & 1U << s;
				assert_false(written_only && !code->standard[s]);
				if (code->standard[s] && !written_only)
					assert_ptr_equal(schema_code_from(list, (enum schema_standard)s,
								 code->standard[s]),
						code);
			}
		}
	}
	const struct schema_code_list *gender = schema_code_list("htcds.prs_Gender");
	assert_null(schema_code(gender, "Fem"));
	assert_null(schema_code(gender, "Femininex"));
	assert_null(schema_code(gender, ""));
	assert_non_null(schema_code_n(gender, "Feminine, and more", 8));
	assert_null(schema_code_n(gender, "Feminine\0\0\0\0\0\0\0\0", 16));
	assert_null(schema_code_list("htcds"));
	/* a standard that only knows the wider thing is written to and not read from */
	assert_null(schema_code_from(gender, SCHEMA_CTDC, "Transgender"));
	assert_string_equal(schema_code(gender, "TransgenderFeminine")->standard[SCHEMA_CTDC], "Transgender");
}

static const char *matched(struct text_tools *tools, const char *list, const char *text)
{
	const struct schema_code *code = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (schema_code_match(schema_code_list(list), tools, text, strlen(text), &code, &err) < 0)
		fail_msg("%s", err.message);
	return code ? code->code : "(none)";
}

/* The spellings were folded by another program, in another language: every label must come back. */
static void understands_every_label(void **state)
{
	struct text_tools *tools = *state;
	size_t n_lists;
	const struct schema_code_list *lists = schema_code_lists(&n_lists);
	size_t n_missed = 0;
	size_t n = 0;
	for (size_t i = 0; i < n_lists; i++) {
		bool shared = strcmp(lists[i].name, "iso.language") == 0 ||
			      strcmp(lists[i].name, "iso.currency") == 0;
		for (size_t j = 0; j < lists[i].n; j++) {
			const struct schema_code *code = &lists[i].codes[j];
			const char *const labels[] = {
				code->label, code->label_fr, code->label_es, code->code};
			for (size_t k = 0; k < 4; k++) {
				if (!labels[k])
					continue;
				n++;
				const char *found = matched(tools, lists[i].name, labels[k]);
				if (strcmp(found, code->code) == 0)
					continue;
				/* languages may share a name, which then is nobody's */
				if (!shared)
					fail_msg("%s: '%s' is taken for %s", lists[i].name, labels[k], found);
				n_missed++;
			}
		}
	}
	assert_true(n > 10000);
	if (n_missed > n / 50)
		fail_msg("%zu of %zu labels are not understood", n_missed, n);
}

static void understands_how_files_write(void **state)
{
	struct text_tools *tools = *state;
	static const char *const countries[][2] = {{"CI", "CIV"}, {"COTE D'IVOIRE", "CIV"},
		{"Ivory Coast", "CIV"}, {"costa de marfil", "CIV"}, {"viet nam", "VNM"}, {"Vietnam", "VNM"},
		{"Burma", "MMR"}, {"Zaïre", "COD"}, {"RDC", "COD"}, {"Congo", "COG"}, {"U.S.A.", "USA"},
		{"États-Unis", "USA"}, {"  united   kingdom ", "GBR"}, {"Türkiye", "TUR"},
		{"Sans nationalité", "XXA"}, {"Eswatini", "SWZ"}, {"Swaziland", "SWZ"}, {"Korea", "(none)"},
		{"Atlantis", "(none)"}, {"", "(none)"}, {"Россия", "(none)"}};
	for (size_t i = 0; i < sizeof countries / sizeof *countries; i++)
		assert_string_equal(matched(tools, "iso.country", countries[i][0]), countries[i][1]);
	assert_string_equal(matched(tools, "iso.language", "fr"), "fra");
	assert_string_equal(matched(tools, "iso.language", "fre"), "fra");
	assert_string_equal(matched(tools, "iso.language", "Français"), "fra");
	assert_string_equal(matched(tools, "iso.language", "Rohingya"), "rhg");
	assert_string_equal(matched(tools, "htcds.prs_Gender", "female"), "Feminine");
	assert_string_equal(matched(tools, "htcds.prs_Gender", "MUJER"), "Feminine");
	assert_string_equal(matched(tools, "htcds.prs_Gender", "H"), "Masculine");
	/* male in English, mujer in Spanish */
	assert_string_equal(matched(tools, "htcds.prs_Gender", "M"), "(none)");
	assert_string_equal(matched(tools, "htcds.cas_Status", "Closed referred"), "ClosedReferred");
}

/* Counted in ISO 3166-1 (249 officially assigned codes) and checked on a few that are often confused. */
static void has_the_countries(void **state)
{
	(void)state;
	const struct schema_code_list *list = schema_code_list("iso.country");
	size_t n_iso = 0;
	for (size_t i = 0; i < list->n; i++) {
		assert_int_equal(strlen(list->codes[i].code), 3);
		n_iso += strcmp(list->codes[i].source, "ISO 3166-1") == 0;
	}
	assert_int_equal(n_iso, 249);
	static const char *const pairs[][2] = {{"AUS", "au"}, {"AUT", "at"}, {"CHE", "ch"}, {"CHN", "cn"},
		{"COD", "cd"}, {"COG", "cg"}, {"NER", "ne"}, {"NGA", "ng"}, {"SVK", "sk"}, {"SVN", "si"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_string_equal(schema_code(list, pairs[i][0])->standard[SCHEMA_FTM], pairs[i][1]);
}

/* ---- mappings */

static void mappings_carry_their_conditions(void **state)
{
	(void)state;
	size_t n;
	const struct schema_mapping *m = schema_mapping(SCHEMA_HTCDS, "prs_MobilePhone", &n);
	assert_int_equal(n, 1);
	assert_string_equal(m->field->entity->name, "identifier");
	assert_string_equal(m->kind->code, "phone");
	assert_string_equal(m->when_field->name, "use");
	assert_string_equal(m->when->code, "mobile");
	m = schema_mapping(SCHEMA_HTCDS, "cas_OutgoingReferralDate", &n);
	assert_string_equal(m->field->name, "date");
	assert_string_equal(m->when->code, "outgoing");
	m = schema_mapping(SCHEMA_CTDC, "meansOfControlThreats", &n);
	const struct schema_code_list *control = m->field->codes;
	assert_string_equal(control->name, "control.method");
	assert_string_equal(m->code->code, "Threats");
	/* physical threats are threats, but threats are not physical threats */
	assert_true(schema_mapping_covers(m, schema_code(control, "PhysicalThreats")));
	assert_true(schema_mapping_covers(m, schema_code(control, "Threats")));
	assert_false(schema_mapping_covers(m, schema_code(control, "DebtBondage")));
	assert_false(schema_mapping_covers(schema_mapping(SCHEMA_CTDC, "gender", &n), m->code));
	assert_null(schema_mapping(SCHEMA_HTCDS, "prs_mobilephone", &n));
	assert_int_equal(n, 0);
	assert_null(schema_mapping(SCHEMA_ICTIP, "anything", &n));
	const struct schema_field *date = schema_field_by_path("referral.date");
	assert_string_equal(schema_field_mapping(date, SCHEMA_HTCDS, 0)->name, "cas_IncomingReferralDate");
	assert_string_equal(schema_field_mapping(date, SCHEMA_HTCDS, 1)->name, "cas_OutgoingReferralDate");
	assert_null(schema_field_mapping(date, SCHEMA_HTCDS, 2));
	assert_null(schema_field_mapping(date, SCHEMA_FTM, 0));
}

/* ---- what the model promises */

static bool mentions(const char *text, const char *word)
{
	return text && strcasestr(text, word);
}

static void nobody_gets_a_score(void **state)
{
	(void)state;
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < entities[i].n_fields; j++) {
			const struct schema_field *f = &entities[i].fields[j];
			if (mentions(f->name, "risk") || mentions(f->name, "score") ||
				mentions(f->label, "score") || mentions(f->label, "risk"))
				fail_msg("%s.%s", entities[i].name, f->name);
		}
}

static void what_identifies_is_kept_close(void **state)
{
	(void)state;
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < entities[i].n_fields; j++) {
			const struct schema_field *f = &entities[i].fields[j];
			if (f->sensitivity >= SCHEMA_IDENTIFYING)
				assert_true(f->handling >= SCHEMA_P3);
			/* what anybody can write into a field may name somebody */
			if (f->type == SCHEMA_IDENTIFIER)
				assert_true(f->sensitivity >= SCHEMA_IDENTIFYING);
			/* a reference to a person ties people together */
			for (size_t t = 0; t < f->n_targets; t++)
				if (strcmp(f->targets[t]->name, "person") == 0)
					assert_true(f->sensitivity >= SCHEMA_IDENTIFYING);
		}
}

/* Everything that is about a person or a case leads to it, so that erasing and permission can follow. */
static void records_lead_to_their_owner(void **state)
{
	(void)state;
	static const char *const own[] = {"case", "person"};
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	for (size_t i = 0; i < n; i++) {
		bool owns_itself =
			strcmp(entities[i].name, own[0]) == 0 || strcmp(entities[i].name, own[1]) == 0;
		assert_true(owns_itself == (entities[i].n_owners == 0));
		for (size_t j = 0; j < entities[i].n_owners; j++)
			assert_int_equal(entities[i].owners[j]->type, SCHEMA_REFERENCE);
	}
}

static void names_are_stable_words(void **state)
{
	(void)state;
	enum schema_handling handling = SCHEMA_P0;
	assert_true(schema_handling_parse("P5", &handling));
	assert_int_equal(handling, SCHEMA_P5);
	assert_false(schema_handling_parse("P6", &handling));
	assert_false(schema_handling_parse("P", &handling));
	assert_false(schema_handling_parse("", &handling));
	assert_false(schema_handling_parse("P55", &handling));
	assert_int_equal(handling, SCHEMA_P5);
	for (int i = 0; i < SCHEMA_N_TYPES; i++)
		assert_string_not_equal(schema_type_name((enum schema_type)i), "?");
	assert_string_equal(schema_type_name(SCHEMA_REFERENCE), "reference");
	assert_string_equal(schema_type_name(SCHEMA_DATE), "fuzzy date");
	assert_string_equal(schema_type_name((enum schema_type)99), "?");
	assert_string_equal(schema_sensitivity_name(SCHEMA_PROTECTED), "protected");
	assert_string_equal(schema_handling_name(SCHEMA_P3), "P3");
	assert_string_equal(schema_standard_name(SCHEMA_ICTIP), "IC-TIP");
	assert_string_equal(schema_status_name(SCHEMA_FROM_MEMORY), "from-memory");
}

static int match_once(void *context, struct cf_error *err)
{
	const struct schema_code *code = NULL;
	return schema_code_match(schema_code_list("iso.country"), context, "Côte d’Ivoire ",
		strlen("Côte d’Ivoire "), &code, err);
}

static void matching_survives_want_of_memory(void **state)
{
	(void)sweep_run("schema_code_match", match_once, *state);
}

static int open_tools(void **state)
{
	struct text_tools *tools = NULL;
	struct cf_error err = CF_ERROR_INIT;
	int status = text_tools_new(&tools, &err);
	*state = tools;
	return status;
}

static int close_tools(void **state)
{
	text_tools_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_htcds_row_has_a_field_or_a_reason),
		cmocka_unit_test(every_htcds_mapping_is_a_row),
		cmocka_unit_test(every_ctdc_column_has_a_field_or_a_reason),
		cmocka_unit_test(finds_what_there_is),
		cmocka_unit_test(finds_codes),
		cmocka_unit_test(understands_every_label),
		cmocka_unit_test(understands_how_files_write),
		cmocka_unit_test(has_the_countries),
		cmocka_unit_test(mappings_carry_their_conditions),
		cmocka_unit_test(nobody_gets_a_score),
		cmocka_unit_test(what_identifies_is_kept_close),
		cmocka_unit_test(records_lead_to_their_owner),
		cmocka_unit_test(names_are_stable_words),
		cmocka_unit_test(matching_survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, open_tools, close_tools);
}
