/* Files of cases through a mapping, stated and guessed, into records; faults with their places. */
#include "intake/import.h"

#include "base/sweep.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "intake/clean.h"
#include "intake/rejects.h"

/* A sink that writes everything down, with a number for each source id in the order of their coming. */
struct notes {
	struct buffer text;
	struct buffer faults;
	struct buffer sources; /* NUL-ended, one after another */
	struct rejects *rejects;
};

static void notes_done(struct notes *n)
{
	buffer_done(&n->text);
	buffer_done(&n->faults);
	buffer_done(&n->sources);
	rejects_free(n->rejects);
}

static int identify(void *context, const struct schema_entity *entity, const char *source_id,
	struct record_id *ret, struct cf_error *err)
{
	struct notes *notes = context;
	uint8_t number = 1;
	(void)entity;
	const char *at = buffer_text(&notes->sources);
	const char *end = at + notes->sources.n;
	for (; at < end && strcmp(at, source_id) != 0; at += strlen(at) + 1)
		number++;
	if (at >= end)
		TRY_MEMORY(buffer_append(&notes->sources, source_id, strlen(source_id) + 1), err);
	*ret = (struct record_id){{0}};
	ret->bytes[RECORD_ID_BYTES - 1] = number;
	return CF_OK;
}

/* "person 1: name=Ana", the values of a record on one line; references by the number alone. */
static int note_record(struct buffer *out, const struct import_record *r)
{
	const struct record *record = r->record;
	TRY(buffer_printf(out, "%s%s %d:", r->only_if_absent ? "~" : "", record_entity(record)->name,
		record_id(record)->bytes[RECORD_ID_BYTES - 1]));
	for (size_t i = 0; i < record_n_values(record); i++) {
		const struct record_value *v = &record_values(record)[i];
		struct record_id id;
		TRY(buffer_printf(out, " %s", v->field->name));
		if (v->part)
			TRY(buffer_printf(out, "#%d", v->part));
		if (v->state != RECORD_KNOWN)
			TRY(buffer_printf(out, "?%s", record_state_name(v->state)));
		else if (record_id_parse(v->text, &id))
			TRY(buffer_printf(out, "=>%d", id.bytes[RECORD_ID_BYTES - 1]));
		else
			TRY(buffer_printf(out, "=%s", v->text));
		TRY(buffer_append_text(out, i + 1 < record_n_values(record) ? "," : ""));
	}
	return buffer_append_char(out, '\n');
}

static int note_row(void *context, const struct import_row *row, struct cf_error *err)
{
	struct notes *notes = context;
	for (size_t i = 0; i < row->n; i++)
		TRY_MEMORY(note_record(&notes->text, &row->records[i]), err);
	return CF_OK;
}

static int note_fault(void *context, const struct import_fault *fault, struct cf_error *err)
{
	struct notes *notes = context;
	TRY_MEMORY(import_fault_format(fault, &notes->faults), err);
	TRY_MEMORY(buffer_append_char(&notes->faults, '\n'), err);
	return CF_OK;
}

static int note_reject(void *context, const struct row_source *rows, const struct row *row,
	const char *reasons, struct cf_error *err)
{
	struct notes *notes = context;
	if (!notes->rejects)
		TRY(rejects_new(&notes->rejects, err));
	return rejects_add(notes->rejects, rows, row, reasons, err);
}

static int import_text(struct notes *notes, const char *file, const char *mapping_text,
	struct import_options options, struct import_counts *ret, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	CF_CLEANUP_MAPPING struct mapping *mapping = NULL;
	if (mapping_text) {
		TRY(ini_parse("m.ini", mapping_text, strlen(mapping_text), &ini, err));
		TRY(mapping_parse(ini, &mapping, err));
		options.mapping = mapping;
	}
	const struct import_sink sink = {.context = notes,
		.identify = identify,
		.row = note_row,
		.fault = note_fault,
		.reject = note_reject};
	return import_memory("f.csv", file, strlen(file), &options, &sink, ret, NULL, err);
}

static void expect(const char *file, const char *mapping, const char *wanted)
{
	CF_CLEANUP(notes_done) struct notes notes = {0};
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	const struct import_options options = {.source_name = "s"};
	int status = import_text(&notes, file, mapping, options, &counts, &err);
	assert_string_equal(buffer_text(&notes.faults), "");
	assert_string_equal(err.message, "");
	assert_int_equal(status, 0);
	assert_string_equal(buffer_text(&notes.text), wanted);
}

/* ---- guessed ---- */

static void test_htcds(void **state)
{
	(void)state;
	expect("prs_FirstName,prs_SecondName,prs_Birthdate,prs_Gender,prs_Citizenship,prs_MobilePhone,prs_"
	       "Email,"
	       "prs_PrimaryLanguage,vic_TraffickingStatus,vic_MethodsOfControl,vic_TypeOfExploitation,"
	       "vic_LocationOfRecruitment,cas_Status,con_Consent,hte_Type,hte_Country,spl_Type,"
	       "cas_IncomingReferralDate,cas_ReferringOrganisation\n"
	       "Mar\xc3\xad"
	       "a,Ruiz,1990-05-17,Feminine,PHL;Peru,+61 412 345 678,A@B.org,eng,"
	       "ActualVictimOfTrafficking,DebtBondage;TakesEarnings,ForcedLabour,Bright "
	       "Farm,Active,true,Transit,"
	       "AU,Legal,2024-02-01,Harbour House\n",
		NULL,
		"person 1: name_given=Mar\xc3\xad"
		"a, name_family=Ruiz, gender=Feminine, birth_date=1990-05-17, "
		"citizenship=PHL, citizenship=PER, language=eng\n"
		"case 7: status=Active\n"
		"identifier 2: value=phone:+61412345678, use=mobile, used_by=>1\n"
		"identifier 3: value=email:a@b.org, used_by=>1\n"
		"role 4: person=>1, case=>7, role=victim, trafficking_status=ActualVictimOfTrafficking\n"
		"episode 5: case=>7, victim=>1, exploitation=ForcedLabour, control=DebtBondage, "
		"control=TakesEarnings, recruitment_location=>6\n"
		"~organisation 6: name=Bright Farm\n"
		"consent 8: person=>1, purpose?unknown, state?unknown, agrees_interview=yes\n"
		"leg 9: case=>7, traveller=>1, stage=Transit, from_country=AUS\n"
		"service 10: person=>1, case=>7, type=Legal\n"
		"referral 11: case=>7, person=>1, direction=incoming, from_organisation=>12, "
		"date=2024-02-01\n"
		"~organisation 12: name=Harbour House\n");
}

static void test_ctdc(void **state)
{
	(void)state;
	expect("yearOfRegistration,gender,ageBroad,majorityStatusAtExploit,citizenship,"
	       "meansOfControlDebtBondage,"
	       "meansOfControlThreats,isForcedLabour,CountryOfExploitation\n"
	       "2015,Female,18--20,Adult,MM,1,0,1,TH\n2016,Male,-99,Unknown,-99,-99,-99,0,00\n",
		NULL,
		"case 1: opened=2015\n"
		"person 2: gender=Feminine, citizenship=MMR\n"
		"role 3: person=>2, case=>1, role=victim, majority=Adult, age_band=18--20\n"
		"episode 4: case=>1, victim=>2, exploitation=ForcedLabour, control=DebtBondage, country=THA\n"
		"case 5: opened=2016\n"
		"person 6: gender=Masculine, citizenship?unknown\n"
		"role 7: person=>6, case=>5, role=victim, majority?unknown, age_band?unknown\n"
		"episode 8: case=>5, victim=>6, country?unknown\n");
}

static void test_common_headers(void **state)
{
	(void)state;
	expect("Case ID;Prénom;Nom;Fecha de nacimiento;Sexe;Téléphone;Phone 2;N° de passeport;Langues;Shoe "
	       "size\n"
	       "7;Awa;Diallo;03/04/1990;F;+33 6 12 34 56 78;+33 6 12 34 56 79;12AB34567;français, wolof;38\n"
	       "8;Luc;Petit;25/12/1991;M;;;;;40\n",
		NULL,
		"case 1: number=7\n"
		"person 2: name_given=Awa, name_family=Diallo, gender=Feminine, birth_date=1990-04-03, "
		"language=fra, "
		"language=wol\n"
		"identifier 3: value=phone:+33612345678, used_by=>2\n"
		"identifier 4: value=phone:+33612345679, used_by=>2\n"
		"identifier 5: value=passport:12AB34567, used_by=>2\n"
		"role 6: person=>2, case=>1, role?unknown\n"
		"case 7: number=8\n"
		"person 8: name_given=Luc, name_family=Petit, gender=Masculine, birth_date=1991-12-25\n"
		"role 9: person=>8, case=>7, role?unknown\n");
}

/* ---- stated ---- */

static const char mapping_text[] =
	"[source]\nname = shelter\nid = No\ndates = dmy\ncountry = AU\n"
	"[columns]\nperson.name = Name\nperson.name#1 = Also called\n"
	"person.birth_date mdy = Born\nperson.gender codes sex = Sex\n"
	"person.gender? = Why no sex\n"
	"identifier@p.value kind phone split comma = Phones\n"
	"role.role = Part\nepisode.control is DebtBondage = Debt\ncase.opened = Opened\n"
	"[ignore]\ncolumn = Shoes\n"
	"[constants]\nperson.name_kind#1 = alias\ncase.kind = ngo_case\n"
	"[codes sex]\nFeminine = 1\nMasculine = 2\nrefused = 9\n";

static void test_a_stated_mapping(void **state)
{
	(void)state;
	expect("No,Name,Also called,Born,Sex,Why no sex,Phones,Part,Debt,Opened,Shoes\n"
	       "1,\xd8\xb3\xd8\xa7\xd8\xb1\xd8\xa9,Sara,05/17/1990,1,,\"0412 345 678, 0412 345 "
	       "679\",victim,yes,"
	       "01/02/2024,38\n"
	       "2,\xe9\x98\xae\xe6\xb0\x8f\xe6\x98\x8e,,refused to answer,9,,,Suspect,no,,\n"
	       "3,'=Name,,before 1980,,not_asked,,witness,,,\n",
		mapping_text,
		"person 1: name=\xd8\xb3\xd8\xa7\xd8\xb1\xd8\xa9, name#1=Sara, name_kind#1=alias, "
		"gender=Feminine, "
		"birth_date=1990-05-17\n"
		"case 6: kind=ngo_case, opened=2024-02-01\n"
		"identifier 2: value=phone:+61412345678, used_by=>1\n"
		"identifier 3: value=phone:+61412345679, used_by=>1\n"
		"role 4: person=>1, case=>6, role=victim\n"
		"episode 5: case=>6, victim=>1, control=DebtBondage\n"
		"person 7: name=\xe9\x98\xae\xe6\xb0\x8f\xe6\x98\x8e, gender?refused, birth_date?refused\n"
		"case 10:\n"
		"role 8: person=>7, case=>10, role=suspect\n"
		"episode 9: case=>10, perpetrator=>7\n"
		"person 11: name==Name, gender?not_asked, birth_date=before 1980\n"
		"case 13:\n"
		"role 12: person=>11, case=>13, role=witness\n");
}

static void test_ids_of_records(void **state)
{
	(void)state;
	/* a column of its own for each record's id: two rows may speak of one person */
	CF_CLEANUP(notes_done) struct notes notes = {0};
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	const struct import_options options = {.source_name = "s"};
	assert_int_equal(import_text(&notes, "person.id,case.id,person.name\nP1,C1,Ana\nP1,C2,Ana\n", NULL,
				 options, &counts, &err),
		0);
	assert_string_equal(buffer_text(&notes.text),
		"person 1: name=Ana\ncase 2:\nrole 3: person=>1, case=>2, role?unknown\n"
		"person 1: name=Ana\ncase 4:\nrole 5: person=>1, case=>4, role?unknown\n");
}

/* The same file twice has the same source ids; a changed cell keeps them when a column tells rows apart. */
static void test_source_ids_are_stable(void **state)
{
	(void)state;
	static const char head[] = "No,Name,Also called,Born,Sex,Why no sex,Phones,Part,Debt,Opened,Shoes\n";
	struct import_counts counts;
	CF_CLEANUP(notes_done) struct notes notes = {0};
	char file[256];
	const struct import_options options = {.source_name = "s"};
	(void)snprintf(file, sizeof file, "%s1,Ana,,,,,0412345678,victim,,,\n", head);
	assert_int_equal(import_text(&notes, file, mapping_text, options, &counts, NULL), 0);
	size_t n = notes.sources.n;
	assert_string_equal(buffer_text(&notes.sources), "shelter/1/person");
	assert_int_equal(import_text(&notes, file, mapping_text, options, &counts, NULL), 0);
	(void)snprintf(file, sizeof file, "%s1,Anna,,,,,0412345679,witness,,,\n", head);
	assert_int_equal(import_text(&notes, file, mapping_text, options, &counts, NULL), 0);
	assert_int_equal(notes.sources.n, n);
	/* without such a column the row is what it says */
	assert_int_equal(import_text(&notes, "Full name\nAna\n", NULL, options, &counts, NULL), 0);
	n = notes.sources.n;
	assert_int_equal(import_text(&notes, "Full name\nAna\n", NULL, options, &counts, NULL), 0);
	assert_int_equal(notes.sources.n, n);
	assert_int_equal(import_text(&notes, "Full name\nAnna\n", NULL, options, &counts, NULL), 0);
	assert_true(notes.sources.n > n);
}

/* Two rows that say they are the same are a fault where that was stated, and no guess survives it. */
static void test_ids_that_come_twice(void **state)
{
	(void)state;
	static const char file[] = "Case ID,Name\n1,Ana\n1,Ben\n2,Cy\n";
	static const char stated[] = "[source]\nid = Case ID\n[columns]\nperson.name = Name\n";
	CF_CLEANUP(notes_done) struct notes notes = {0};
	CF_CLEANUP(notes_done) struct notes guessed = {0};
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	struct import_options options = {.mode = IMPORT_PARTIAL};
	assert_int_equal(import_text(&notes, file, stated, options, &counts, &err), 0);
	assert_string_equal(buffer_text(&notes.faults), "f.csv: line 3: the columns that tell rows apart say "
							"the same as in an earlier row; name one more of "
							"them in the mapping (id = ...)\n");
	assert_int_equal(counts.n_good_rows, 2);
	assert_int_equal(import_text(&guessed, file, NULL, options, &counts, &err), 0);
	assert_int_equal(counts.n_good_rows, 3);
	assert_non_null(strstr(buffer_text(&guessed.sources), "import/row:"));
}

/* ---- faults ---- */

static const char bad_file[] = "person.name,person.birth_date,person.gender,identifier@phone.value,"
			       "person.number_of_children\n"
			       "Ana,1990-02-30,F,+61412345678,2\n"
			       "Ben,1990-05-17,lilac,phone:12,\n"
			       "too,few\n"
			       "Cy,1990-05-17,M,,1000\n"
			       "Eve,1990-05-17,F,,1\n";
static const char bad_reasons[] =
	"f.csv: line 2: column 'person.birth_date' (B): no date; write 1990-05-17, 1990-05, 1990, before "
	"1990, "
	"after 1990 or 1990..1995, with four digits of the year\n"
	"f.csv: line 2: column 'identifier@phone.value' (D): an identifier without its kind; write it as "
	"phone:+61412345678, or say the kind in the mapping (identifier.value kind phone)\n"
	"f.csv: line 3: column 'person.gender' (C): no code of the field's list and no label or spelling of "
	"one; "
	"docs/fields.md has them, and a [codes] section of the mapping translates others\n"
	"f.csv: line 3: column 'identifier@phone.value' (D): a phone number without its country; write it "
	"with + "
	"and the calling code, or say in the mapping which country such numbers are of (country = ...)\n"
	"f.csv: line 4: the row has 2 cells, the header 5; quote cells that hold a delimiter or line break\n"
	"f.csv: line 5: column 'person.number_of_children' (E): is outside what the field may hold; "
	"docs/fields.md has the limits\n";

static void test_all_faults_are_reported(void **state)
{
	(void)state;
	CF_CLEANUP(notes_done) struct notes notes = {0};
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	struct import_options options = IMPORT_OPTIONS_INIT;
	assert_int_equal(import_text(&notes, bad_file, NULL, options, &counts, &err), CF_E_INPUT);
	assert_string_equal(buffer_text(&notes.faults), bad_reasons);
	assert_string_equal(err.message,
		"f.csv: 6 faults in 4 of 5 rows; nothing was imported. Mend them, or import "
		"the good rows with --partial");
	assert_string_equal(buffer_text(&notes.text), "");
	/* a dry run says the same, and fails nothing */
	CF_CLEANUP(notes_done) struct notes dry = {0};
	options.mode = IMPORT_DRY_RUN;
	assert_int_equal(import_text(&dry, bad_file, NULL, options, &counts, &err), 0);
	assert_string_equal(buffer_text(&dry.faults), bad_reasons);
	assert_string_equal(buffer_text(&dry.text), "");
	assert_int_equal(counts.n_rows, 5);
	assert_int_equal(counts.n_good_rows, 1);
	assert_int_equal(counts.n_faults, 6);
}

static void test_partial_and_mended(void **state)
{
	(void)state;
	CF_CLEANUP(notes_done) struct notes notes = {0};
	CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	struct import_options options = {.mode = IMPORT_PARTIAL};
	assert_int_equal(import_text(&notes, bad_file, NULL, options, &counts, &err), 0);
	assert_string_equal(buffer_text(&notes.text),
		"person 6: name=Eve, gender=Feminine, birth_date=1990-05-17, "
		"number_of_children=1\n");
	assert_int_equal(rejects_count(notes.rejects), 4);
	assert_int_equal(rejects_write(notes.rejects, &file, &err), 0);
	assert_non_null(strstr(file.data, "counterfoil_line,counterfoil_reason,counterfoil_row\n"));
	assert_non_null(strstr(file.data, "Ana,1990-02-30,F,+61412345678,2,2,"));
	/* imported as it is, it is refused again for the same reasons, and says that a row is still to be
	 * mended */
	CF_CLEANUP(notes_done) struct notes again = {0};
	options.mode = IMPORT_ALL_OR_NOTHING;
	assert_int_equal(import_text(&again, file.data, NULL, options, &counts, &err), CF_E_INPUT);
	assert_int_equal(counts.n_rows, 4);
	assert_non_null(strstr(again.faults.data, "line 4: column 'counterfoil_row'"));
	/* mended: two rows are spread over the columns by hand */
	static const char mended[] =
		"person.name,person.birth_date,person.gender,identifier@phone.value,"
		"person.number_of_children,counterfoil_line,counterfoil_reason,counterfoil_row\n"
		"Ana,1990-03-02,F,phone:+61412345678,2,2,wrong,\n";
	CF_CLEANUP(notes_done) struct notes third = {0};
	assert_int_equal(import_text(&third, mended, NULL, options, &counts, &err), 0);
	assert_string_equal(buffer_text(&third.text),
		"person 1: name=Ana, gender=Feminine, birth_date=1990-03-02, number_of_children=2\n"
		"identifier 2: value=phone:+61412345678, used_by=>1\n");
}

/* No reason, message or description ever shows what a cell holds. */
static void test_contents_are_never_shown(void **state)
{
	(void)state;
	static const char *const columns[] = {"person.name", "person.birth_date", "person.gender",
		"person.citizenship", "person.language", "person.number_of_children", "person.deceased",
		"person.address_latitude", "identifier@a.value", "prs_MobilePhone", "prs_Email",
		"case.opened", "evidence.captured_at", "role.role", "person.gender?"};
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		CF_CLEANUP(notes_done) struct notes notes = {0};
		CF_CLEANUP(buffer_done) struct buffer description = BUFFER_INIT;
		struct import_counts counts;
		struct cf_error err = CF_ERROR_INIT;
		char file[256];
		(void)snprintf(file, sizeof file, "%s,x\nCANARY 77 \x01,1\nCANARY\n\"CANARY;CANARY\",\n",
			columns[i]);
		const struct import_options options = {.mode = IMPORT_PARTIAL};
		const struct import_sink sink = {.context = &notes, .fault = note_fault};
		assert_int_equal(
			import_memory("f", file, strlen(file), &options, &sink, &counts, &description, &err),
			0);
		assert_null(strstr(buffer_text(&notes.faults), "CANARY"));
		assert_null(strstr(buffer_text(&description), "CANARY"));
		assert_null(strstr(err.message, "CANARY"));
		assert_int_equal(counts.n_rows, 3);
	}
}

static void test_date_orders(void **state)
{
	(void)state;
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	const struct import_options options = {.mode = IMPORT_DRY_RUN};
	CF_CLEANUP(notes_done) struct notes notes = {0};
	/* a column that cannot say is not guessed */
	assert_int_equal(import_text(&notes, "person.birth_date\n03/04/1990\n05/06/1991\n", NULL, options,
				 &counts, &err),
		0);
	assert_int_equal(counts.n_faults, 2);
	assert_int_equal(import_text(&notes, "person.birth_date\n03/04/1990\n25/06/1991\n", NULL, options,
				 &counts, &err),
		0);
	assert_int_equal(counts.n_faults, 0);
}

static void test_mappings_that_are_none(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{"[columns]\nperson.nose = Name\n", "m.ini:2: that kind of record has no such field"},
		{"[columns]\nbird.name = Name\n", "m.ini:2: there is no such kind of record"},
		{"[columns]\nperson = Name\n", "m.ini:2: a field is written as record.field"},
		{"[columns]\nperson.name = N\nperson.gender = N\n", "m.ini:3: the column is stated already"},
		{"[columns]\nperson.name = N\nperson.name = M\n", "m.ini:3: the field holds one value"},
		{"[columns]\nperson.gender#1 = N\n", "m.ini:2: the field is of no part"},
		{"[columns]\nperson.gender is Purple = N\n", "m.ini:2: the field's list has no such code"},
		{"[columns]\nperson.gender kind phone = N\n", "m.ini:2: 'kind' is for identifiers"},
		{"[columns]\nperson.gender sideways = N\n", "m.ini:2: behind the field stand"},
		{"[columns]\nperson@X!.gender = N\n", "m.ini:2: what stands behind @"},
		{"[source]\ncountry = QQ\n", "m.ini:2: no country has that code"},
		{"[source]\ndates = often\n", "m.ini:2: dates are dmy, mdy or ymd"},
		{"[constants]\nperson.gender = lilac\n", "m.ini:2: the value "},
		{"[links]\nidentifier.used_by = episode\n", "m.ini:2: the field cannot refer"},
		{"[codes x]\nFeminine = F\n", "m.ini:2: no column above"},
		{"[other]\na = b\n", "m.ini:2: the sections are"},
		{"[source]\nname = x\n", "m.ini: no column is mapped"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CF_CLEANUP_INI struct ini *ini = NULL;
		CF_CLEANUP_MAPPING struct mapping *m = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(ini_parse("m.ini", cases[i].text, strlen(cases[i].text), &ini, &err), 0);
		assert_int_equal(mapping_parse(ini, &m, &err), CF_E_INPUT);
		if (strncmp(err.message, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("'%s' is not '%s'", err.message, cases[i].message);
	}
	CF_CLEANUP(notes_done) struct notes notes = {0};
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	const struct import_options options = IMPORT_OPTIONS_INIT;
	assert_int_equal(
		import_text(&notes, "b\n1\n", "[columns]\nperson.name = a\n", options, &counts, &err),
		CF_E_NOT_FOUND);
}

/* What a mapping is written as is read again as the same. */
static void test_mappings_are_written_and_read(void **state)
{
	(void)state;
	CF_CLEANUP_INI struct ini *ini = NULL;
	CF_CLEANUP_INI struct ini *again_ini = NULL;
	CF_CLEANUP_MAPPING struct mapping *m = NULL;
	CF_CLEANUP_MAPPING struct mapping *again = NULL;
	CF_CLEANUP(buffer_done) struct buffer one = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer two = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(ini_parse("m.ini", mapping_text, sizeof mapping_text - 1, &ini, &err), 0);
	assert_int_equal(mapping_parse(ini, &m, &err), 0);
	assert_int_equal(mapping_write(m, &one, &err), 0);
	assert_int_equal(ini_parse("m.ini", one.data, one.n, &again_ini, &err), 0);
	assert_int_equal(mapping_parse(again_ini, &again, &err), 0);
	assert_int_equal(mapping_write(again, &two, &err), 0);
	assert_string_equal(one.data, two.data);
	assert_non_null(strstr(one.data, "identifier@p.value kind phone split comma = Phones"));
}

/* The example of docs/import.md is a mapping. */
static void test_the_documented_example(void **state)
{
	(void)state;
	char path[512];
	CF_CLEANUP(buffer_done) struct buffer page = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer example = BUFFER_INIT;
	CF_CLEANUP_INI struct ini *ini = NULL;
	CF_CLEANUP_MAPPING struct mapping *m = NULL;
	struct cf_error err = CF_ERROR_INIT;
	(void)snprintf(path, sizeof path, "%s/docs/import.md", getenv("CF_SOURCE_ROOT"));
	assert_int_equal(file_read(path, 1 << 20, &page, &err), 0);
	const char *line = strstr(page.data, "    [source]");
	assert_non_null(line);
	for (; *line && (strncmp(line, "    ", 4) == 0 || *line == '\n'); line += strcspn(line, "\n") + 1) {
		size_t n = strcspn(line, "\n");
		size_t indent = n >= 4 ? 4 : 0;
		assert_int_equal(buffer_append(&example, line + indent, n - indent), 0);
		assert_int_equal(buffer_append_char(&example, '\n'), 0);
	}
	assert_int_equal(ini_parse("docs/import.md", example.data, example.n, &ini, &err), 0);
	if (mapping_parse(ini, &m, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(m->n_columns, 10);
	assert_int_equal(m->n_words, 1);
}

static int import_small(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP(notes_done) struct notes notes = {0};
	struct import_counts counts;
	const struct import_options options = {.mode = IMPORT_PARTIAL, .rows = {.buffer_bytes = 64}};
	return import_text(&notes,
		"prs_FirstName,prs_Gender,prs_MobilePhone,vic_LocationOfRecruitment,hte_Date\n"
		"Ana,F,+61412345678,Farm,2024-01-01\nBen,?,12,,\n",
		NULL, options, &counts, err);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("import", import_small, NULL) > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_htcds),
		cmocka_unit_test(test_ctdc),
		cmocka_unit_test(test_common_headers),
		cmocka_unit_test(test_a_stated_mapping),
		cmocka_unit_test(test_ids_of_records),
		cmocka_unit_test(test_source_ids_are_stable),
		cmocka_unit_test(test_ids_that_come_twice),
		cmocka_unit_test(test_all_faults_are_reported),
		cmocka_unit_test(test_partial_and_mended),
		cmocka_unit_test(test_contents_are_never_shown),
		cmocka_unit_test(test_date_orders),
		cmocka_unit_test(test_mappings_that_are_none),
		cmocka_unit_test(test_mappings_are_written_and_read),
		cmocka_unit_test(test_the_documented_example),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
