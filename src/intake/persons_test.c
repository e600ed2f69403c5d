#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sweep.h"
#include "intake/columns.h"

static char folder[] = "/tmp/counterfoil-intake-XXXXXX";
static char list_path[sizeof folder + 16];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(list_path, sizeof list_path, "%s/list.csv", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(list_path);
	return rmdir(folder);
}

static void write_list(const char *text)
{
	struct cf_error err;
	assert_int_equal(file_write_atomic(list_path, text, strlen(text), 0600, &err), CF_OK);
}

static void expect_fields(const char *header, const char *expected)
{
	struct cf_error err;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	struct intake_mapping m;
	assert_int_equal(csv_open_memory("header", header, strlen(header), NULL, &csv, &err), CF_OK);
	assert_int_equal(intake_map_columns(csv, NULL, NULL, NULL, 0, &m, &err), CF_OK);
	for (size_t i = 0; i < m.n_columns; i++) {
		const char *name = m.field[i] < 0 ? "-" : person_field_name((enum person_field)m.field[i]);
		assert_int_equal(buffer_printf(&text, "%s%s", i ? " " : "", name), CF_OK);
	}
	assert_string_equal(buffer_text(&text), expected);
}

static void guesses_known_headers(void **state)
{
	(void)state;
	expect_fields("id,givenname,surname,dob,gender,city,income,phone number\n",
		"- given_name family_name birth_date sex city - phone");
	expect_fields(
		"rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, "
		"date_of_birth, soc_sec_id\n",
		"- given_name family_name street street - city postcode region birth_date document");
	expect_fields(
		"prs_FirstName,prs_SecondName,prs_Birthdate,prs_Gender,prs_IdentityNumber,prs_MobilePhone,"
		"prs_HomePhone,prs_MailingCity,prs_Citizenship,vic_TypeOfExploitation,cas_Status\n",
		"given_name family_name birth_date sex document phone phone city citizenship form -");
	expect_fields("Prénom;Nom;Date de naissance;Téléphone\n", "given_name family_name birth_date phone");
	expect_fields("Apellidos;Nombres;Fecha de Nacimiento;Pasaporte\n",
		"family_name given_name birth_date document");
	expect_fields("unique_id,first_name,surname,dob,city,email,cluster\n",
		"- given_name family_name birth_date city email -");
	expect_fields("Client Phone 2,PHONE1,passport_1,person_id,truth\n", "phone phone document - -");
}

static int read_list(
	const struct intake_options *o, struct person_list **ret, struct buffer *text, struct cf_error *err)
{
	return intake_read_persons(list_path, o, ret, text, err);
}

static const char *value(const struct person *p, enum person_field f, size_t i)
{
	return i < p->n_values[f] ? p->values[f][i].text : "(none)";
}

static void reads_rows(void **state)
{
	(void)state;
	static const char *const ignore[] = {"truth"};
	const struct intake_options o = {
		.list_name = "shelter", .ignore = ignore, .n_ignore = 1, .country = "61"};
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_PERSON_LIST struct person_list *l = NULL;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	write_list("first_name,surname,dob,phone,mobile,street_number,address,truth\n"
		   "Ana María,Peña,17/05/1990,08 2210 0298,+84 901234567,12,Oak Street,1\n"
		   "Иван,unknown,03/04/1991,08 2210 0298; 08 9999 1234,,,,2\n"
		   ",,,,,,,3\n");
	assert_int_equal(read_list(&o, &l, &text, &err), CF_OK);
	assert_int_equal(l->n, 3);
	assert_string_equal(l->name, "shelter");
	assert_string_equal(value(&l->persons[0], PERSON_GIVEN_NAME, 0), "ana maria");
	assert_string_equal(l->persons[0].values[PERSON_GIVEN_NAME][0].folded, "ana maría");
	assert_string_equal(value(&l->persons[0], PERSON_PHONE, 0), "+61822100298");
	assert_string_equal(value(&l->persons[0], PERSON_PHONE, 1), "+84901234567");
	assert_string_equal(value(&l->persons[0], PERSON_STREET, 0), "12 oak street");
	assert_string_equal(value(&l->persons[1], PERSON_FAMILY_NAME, 0), "(none)");
	/* 17/05 settles the order of the whole column */
	assert_string_equal(value(&l->persons[1], PERSON_BIRTH_DATE, 0), "19910403");
	assert_string_equal(value(&l->persons[1], PERSON_PHONE, 1), "+61899991234");
	assert_int_equal(l->persons[2].row, 3);
	assert_non_null(strstr(buffer_text(&text), "mobile -> phone"));
	assert_non_null(strstr(buffer_text(&text), "truth -> not used"));
	assert_non_null(strstr(buffer_text(&text), "day-month-year"));
	assert_non_null(strstr(buffer_text(&text), "1 rows hold nothing"));
	/* what people are told holds no value of theirs */
	assert_null(strstr(buffer_text(&text), "Pe"));
}

static void says_when_the_order_is_open(void **state)
{
	(void)state;
	const struct intake_options o = {.list_name = "a"};
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_PERSON_LIST struct person_list *l = NULL;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	write_list("dob,x\n03/04/1990,1\n05/06/1991,2\n");
	assert_int_equal(read_list(&o, &l, &text, &err), CF_OK);
	assert_non_null(strstr(buffer_text(&text), "does not settle"));
}

static void stated_columns_override(void **state)
{
	(void)state;
	static const char map[] = "[police]\ngiven_name = surname\nphone = a, b\n";
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_INI struct ini *ini = NULL;
	assert_int_equal(ini_parse("map.ini", map, sizeof map - 1, &ini, &err), CF_OK);
	const struct intake_options o = {.list_name = "police", .mapping = ini, .mapping_section = "police"};
	CF_CLEANUP_PERSON_LIST struct person_list *l = NULL;
	write_list("surname,a,b\nLi,123456,654321\n");
	assert_int_equal(read_list(&o, &l, NULL, &err), CF_OK);
	assert_string_equal(value(&l->persons[0], PERSON_GIVEN_NAME, 0), "li");
	assert_int_equal(l->persons[0].n_values[PERSON_PHONE], 2);
}

static void refuses_what_it_cannot_map(void **state)
{
	(void)state;
	static const char *const ignore[] = {"nowhere"};
	const struct intake_options o = {.list_name = "a", .ignore = ignore, .n_ignore = 1};
	struct cf_error err = CF_ERROR_INIT;
	struct person_list *l = NULL;
	write_list("dob,x\n1990,1\n");
	assert_int_equal(read_list(&o, &l, NULL, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, "'nowhere'"));
	assert_non_null(strstr(err.message, "dob, x"));
	static const char map[] = "[a]\n\nheight = x\n";
	CF_CLEANUP_INI struct ini *ini = NULL;
	assert_int_equal(ini_parse("map.ini", map, sizeof map - 1, &ini, &err), CF_OK);
	const struct intake_options stated = {.list_name = "a", .mapping = ini, .mapping_section = "a"};
	assert_int_equal(read_list(&stated, &l, NULL, &err), CF_E_INPUT);
	assert_int_equal(err.line, 3);
	assert_null(l);
}

static int read_it(void *context, struct cf_error *err)
{
	CF_CLEANUP_PERSON_LIST struct person_list *l = NULL;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	return read_list(context, &l, &text, err);
}

static void survives_lack_of_memory(void **state)
{
	(void)state;
	struct intake_options o = {.list_name = "a"};
	write_list("first_name,surname,dob,phone,address\nAna,Peña,17/05/1990,0822100298,Oak Street 1\n");
	sweep_run("reading a list", read_it, &o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guesses_known_headers),
		cmocka_unit_test(reads_rows),
		cmocka_unit_test(says_when_the_order_is_open),
		cmocka_unit_test(stated_columns_override),
		cmocka_unit_test(refuses_what_it_cannot_map),
		cmocka_unit_test(survives_lack_of_memory),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
