/*
 * Which column is which field: the guess over HTCDS 2.0 names and over headers in three languages, what must
 * never be guessed, stated mappings with their faults, and columns that are left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/sweep.h"
#include "intake/columns.h"

static struct csv_reader *open_header(const char *header)
{
	struct cf_error err = CF_ERROR_INIT;
	struct csv_reader *csv = NULL;
	if (csv_open_memory("list.csv", header, strlen(header), NULL, &csv, &err) < 0)
		fail_msg("%s", err.message);
	return csv;
}

static const char *field_name(int field)
{
	return field < 0 ? "-" : person_field_name((enum person_field)field);
}

struct known {
	const char *header;
	const char *field; /* "-": must not be guessed */
};

static void expect_guesses(const struct known *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct cf_error err = CF_ERROR_INIT;
		struct intake_mapping m;
		char header[200];
		/* the second column keeps any comma out of the guess of the delimiter */
		(void)snprintf(header, sizeof header, "\"%s\",zzz\n", cases[i].header);
		struct csv_reader *csv = open_header(header);
		assert_int_equal(intake_map_columns(csv, NULL, NULL, NULL, 0, &m, &err), 0);
		assert_int_equal(m.n_columns, 2);
		assert_false(m.stated);
		assert_int_equal(m.field[1], -1);
		if (strcmp(field_name(m.field[0]), cases[i].field) != 0)
			fail_msg("'%s' is guessed as %s, not %s", cases[i].header, field_name(m.field[0]),
				cases[i].field);
		csv_close(csv);
	}
}

/* The person's and victim's fields of HTCDS 2.0, and its fields about others, which are no person's own. */
static void htcds_names(void **state)
{
	(void)state;
	static const struct known cases[] = {
		{"prs_FirstName", "given_name"},
		{"prs_SecondName", "family_name"},
		{"prs_Birthdate", "birth_date"},
		{"prs_Gender", "sex"},
		{"prs_IdentityNumber", "document"},
		{"prs_Email", "email"},
		{"prs_HomePhone", "phone"},
		{"prs_MobilePhone", "phone"},
		{"prs_MailingStreet", "street"},
		{"prs_MailingCity", "city"},
		{"prs_MailingState", "region"},
		{"prs_MailingPostalCode", "postcode"},
		{"prs_Citizenship", "citizenship"},
		{"vic_TypeOfExploitation", "form"},
		{"prs_Salutation", "-"},
		{"prs_MiddleName", "-"},
		{"prs_Title", "-"},
		{"prs_Deceased", "-"},
		{"prs_MaritalStatus", "-"},
		{"prs_NumberOfChildren", "-"},
		{"prs_PrimaryLanguage", "-"},
		{"prs_MailingCountry", "-"},
		{"prs_MailingLongitude", "-"},
		{"org_Name", "-"},
		{"org_ShippingCity", "-"},
		{"cas_Status", "-"},
		{"cas_IncomingReferralDate", "-"},
	};
	expect_guesses(cases, sizeof cases / sizeof *cases);
}

static void three_languages(void **state)
{
	(void)state;
	static const struct known cases[] = {
		{"First name", "given_name"},
		{"FIRST-NAME", "given_name"},
		{"first_name", "given_name"},
		{"Given Names", "given_name"},
		{"Surname", "family_name"},
		{"Family name", "family_name"},
		{"Full name", "full_name"},
		{"Date of birth", "birth_date"},
		{"D.O.B.", "birth_date"},
		{"Gender", "sex"},
		{"Mobile phone", "phone"},
		{"Passport No.", "document"},
		{"E-mail", "email"},
		{"ZIP code", "postcode"},
		{"Nationality", "citizenship"},
		{"Age", "age"},
		{"Prénom", "given_name"},
		{"PRÉNOMS", "given_name"},
		{"Nom", "family_name"},
		{"Nom de famille", "family_name"},
		{"Nom et prénom", "full_name"},
		{"Date de naissance", "birth_date"},
		{"Sexe", "sex"},
		{"Téléphone", "phone"},
		{"Numéro de téléphone", "phone"},
		{"Numéro d'identité", "document"},
		{"Numéro de passeport", "document"},
		{"Adresse", "street"},
		{"Ville", "city"},
		{"Code postal", "postcode"},
		{"Nationalité", "citizenship"},
		{"Nombre", "given_name"},
		{"Apellidos", "family_name"},
		{"Nombre y apellidos", "full_name"},
		{"Fecha de nacimiento", "birth_date"},
		{"Género", "sex"},
		{"Teléfono móvil", "phone"},
		{"Cédula", "document"},
		{"DNI", "document"},
		{"Correo electrónico", "email"},
		{"Dirección", "street"},
		{"Código postal", "postcode"},
		{"Nacionalidad", "citizenship"},
		{"Edad", "age"},
		/* whose it is makes no difference, nor does the number of one of several */
		{"Victim first name", "given_name"},
		{"client_dob", "birth_date"},
		{"Beneficiary phone", "phone"},
		{"Phone 2", "phone"},
		{"passport_1", "document"},
		{"email2", "email"},
	};
	expect_guesses(cases, sizeof cases / sizeof *cases);
}

/* A wrong guess would put another's data into everybody's keys. */
static void never_guessed(void **state)
{
	(void)state;
	static const struct known cases[] = {
		{"id", "-"},
		{"person_id", "-"},
		{"victim", "-"},
		{"prs", "-"},
		{"2", "-"},
		{"phone extension", "-"},
		{"phone type", "-"},
		{"first name of trafficker", "-"},
		{"trafficker phone", "-"},
		{"recruiter name", "-"},
		{"employer address", "-"},
		{"mother's name", "-"},
		{"date of referral", "-"},
		{"date of birth of child", "-"},
		{"surname2", "-"},
		{"address 2", "-"},
		{"sex work", "-"},
		{"truth", "-"},
	};
	expect_guesses(cases, sizeof cases / sizeof *cases);
}

/* ---- stated ---- */

static int map(const char *header, const char *text, const char *section, const char *const *ignore,
	size_t n_ignore, struct intake_mapping *ret, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *csv = open_header(header);
	CF_CLEANUP_INI struct ini *ini = NULL;
	if (text)
		assert_int_equal(ini_parse("map.ini", text, strlen(text), &ini, err), 0);
	return intake_map_columns(csv, ini, section, ignore, n_ignore, ret, err);
}

static void stated_mappings(void **state)
{
	(void)state;
	static const char text[] = "[columns]\nphone = Mobile, home\nfamily_name = Name, first and last\n"
				   "form = x y\n[columns other]\nsex = Mobile\n";
	static const char header[] = "Mobile;HOME;\"Name, first and last\";x y;surname\n";
	static const char *const ignore[] = {"home"};
	struct intake_mapping m;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(map(header, text, "columns", NULL, 0, &m, &err), 0);
	assert_true(m.stated);
	assert_int_equal(m.field[0], PERSON_PHONE);
	assert_int_equal(m.field[1], PERSON_PHONE);
	assert_int_equal(m.field[2], PERSON_FAMILY_NAME);
	assert_int_equal(m.field[3], PERSON_FORM);
	/* what is stated is all there is: nothing is guessed beside it */
	assert_int_equal(m.field[4], -1);
	assert_int_equal(map(header, text, "columns other", NULL, 0, &m, &err), 0);
	assert_int_equal(m.field[0], PERSON_SEX);
	assert_int_equal(m.field[1], -1);
	/* what is to be ignored is, though it is stated */
	assert_int_equal(map(header, text, "columns", ignore, 1, &m, &err), 0);
	assert_int_equal(m.field[0], PERSON_PHONE);
	assert_int_equal(m.field[1], -1);
}

static void faults_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int code;
		const char *says;
	} cases[] = {
		{"[columns]\nheight = a\n", CF_E_INPUT, "map.ini:2: 'height' is no field"},
		{"[columns]\n\nphone = c\n", CF_E_NOT_FOUND, "map.ini:3: there is no column 'c'"},
		{"[columns]\nphone = a, c\n", CF_E_NOT_FOUND, "the columns are: a, b"},
		{"[columns]\nphone = , a\n", CF_E_NOT_FOUND, "there is no column ''"},
		{"[other]\nphone = a\n", CF_E_INPUT, "section [columns] maps no column"},
		{"[columns]\nphone =\n", CF_E_INPUT, "section [columns] maps no column"},
		{"[columns]\nphone = a\nsex = b, a\n", CF_E_INPUT,
			"map.ini:3: column 'a' is stated for phone already"},
		{"[columns]\nphone = a, b, A\n", CF_E_INPUT,
			"map.ini:2: column 'a' is stated for phone already"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cf_error err = CF_ERROR_INIT;
		struct intake_mapping m = {.n_columns = 77};
		int status = map("a,b\n", cases[i].text, "columns", NULL, 0, &m, &err);
		if (status != cases[i].code || err.code != status || !strstr(err.message, cases[i].says))
			fail_msg("case %zu: status %d, '%s' without '%s'", i, status, err.message,
				cases[i].says);
		/* outputs are untouched on failure */
		assert_int_equal(m.n_columns, 77);
	}
}

static void ignored_columns(void **state)
{
	(void)state;
	static const char *const both[] = {"DOB", "truth"};
	static const char *const unknown[] = {"truth", "nowhere"};
	struct intake_mapping m;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(map("first_name,dob,truth\n", NULL, NULL, both, 2, &m, &err), 0);
	assert_int_equal(m.field[0], PERSON_GIVEN_NAME);
	assert_int_equal(m.field[1], -1);
	assert_int_equal(m.field[2], -1);
	assert_int_equal(map("dob,truth\n", NULL, NULL, unknown, 2, &m, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, "'nowhere'; the columns are: dob, truth"));
}

static void describes(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct intake_mapping m;
	struct csv_reader *csv = open_header("First name,truth\n");
	assert_int_equal(intake_map_columns(csv, NULL, NULL, NULL, 0, &m, &err), 0);
	assert_int_equal(intake_mapping_describe(csv, &m, &out), 0);
	assert_string_equal(buffer_text(&out), "  First name -> given_name\n  truth -> not used\n");
	csv_close(csv);
}

static void too_many_columns(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer header = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct intake_mapping m;
	for (int i = 0; i < INTAKE_MAX_COLUMNS; i++)
		assert_int_equal(buffer_printf(&header, "%sc%d", i ? "," : "", i), 0);
	char *most = buffer_take(&header);
	assert_int_equal(map(most, NULL, NULL, NULL, 0, &m, &err), 0);
	assert_int_equal(buffer_printf(&header, "%s,one more", most), 0);
	assert_int_equal(map(buffer_text(&header), NULL, NULL, NULL, 0, &m, &err), CF_E_LIMIT);
	assert_non_null(strstr(err.message, "257 columns"));
	mem_free(most);
}

struct sweep {
	const char *text;
	const char *ignore;
	int expected;
};

static int map_all(void *context, struct cf_error *err)
{
	static const char header[] = "first_name,b,c\n";
	const struct sweep *s = context;
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	CF_CLEANUP_INI struct ini *ini = NULL;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct intake_mapping m;
	TRY(csv_open_memory("list.csv", header, strlen(header), NULL, &csv, err));
	if (s->text)
		TRY(ini_parse("map.ini", s->text, strlen(s->text), &ini, err));
	int status = intake_map_columns(csv, ini, "columns", &s->ignore, s->ignore != NULL, &m, err);
	if (s->expected)
		return status == s->expected ? 0 : status;
	TRY(status);
	return intake_mapping_describe(csv, &m, &out) < 0 ? error_memory(err) : 0;
}

static void memory_may_fail(void **state)
{
	(void)state;
	struct sweep ways[] = {{NULL, "c", 0}, {"[columns]\nphone = b, c\n", NULL, 0},
		{NULL, "nowhere", CF_E_NOT_FOUND}, {"[columns]\nphone = d\n", NULL, CF_E_NOT_FOUND}};
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		assert_true(sweep_run("columns", map_all, &ways[i]) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(htcds_names),
		cmocka_unit_test(three_languages),
		cmocka_unit_test(never_guessed),
		cmocka_unit_test(stated_mappings),
		cmocka_unit_test(faults_are_named),
		cmocka_unit_test(ignored_columns),
		cmocka_unit_test(describes),
		cmocka_unit_test(too_many_columns),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
