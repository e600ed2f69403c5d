/*
 * The mapping is exact over a list of known headers, compared without case, spaces, marks and punctuation. It
 * is deliberately no fuzzy match: a wrong guess would put an unrelated column into the keys of every party.
 */
#include "intake/columns.h"

#include <string.h>

#include "base/text.h"

struct header {
	const char *name; /* text_key without spaces */
	enum person_field field;
};

/* HTCDS 2.0 without its prs_ prefix, CTDC, common spellings in English, French and Spanish. */
static const struct header headers[] = {
	{"firstname", PERSON_GIVEN_NAME},
	{"givenname", PERSON_GIVEN_NAME},
	{"givennames", PERSON_GIVEN_NAME},
	{"forename", PERSON_GIVEN_NAME},
	{"forenames", PERSON_GIVEN_NAME},
	{"fname", PERSON_GIVEN_NAME},
	{"prenom", PERSON_GIVEN_NAME},
	{"prenoms", PERSON_GIVEN_NAME},
	{"nombre", PERSON_GIVEN_NAME},
	{"nombres", PERSON_GIVEN_NAME},
	{"primernombre", PERSON_GIVEN_NAME},
	{"secondname", PERSON_FAMILY_NAME}, /* HTCDS 2.0 calls the family name so */
	{"lastname", PERSON_FAMILY_NAME},
	{"surname", PERSON_FAMILY_NAME},
	{"surnames", PERSON_FAMILY_NAME},
	{"familyname", PERSON_FAMILY_NAME},
	{"lname", PERSON_FAMILY_NAME},
	{"nom", PERSON_FAMILY_NAME},
	{"nomdefamille", PERSON_FAMILY_NAME},
	{"apellido", PERSON_FAMILY_NAME},
	{"apellidos", PERSON_FAMILY_NAME},
	{"primerapellido", PERSON_FAMILY_NAME},
	{"name", PERSON_FULL_NAME},
	{"fullname", PERSON_FULL_NAME},
	{"personname", PERSON_FULL_NAME},
	{"nomcomplet", PERSON_FULL_NAME},
	{"nometprenom", PERSON_FULL_NAME},
	{"nomprenom", PERSON_FULL_NAME},
	{"nombrecompleto", PERSON_FULL_NAME},
	{"nombreyapellido", PERSON_FULL_NAME},
	{"nombreyapellidos", PERSON_FULL_NAME},
	{"birthdate", PERSON_BIRTH_DATE},
	{"dateofbirth", PERSON_BIRTH_DATE},
	{"birthday", PERSON_BIRTH_DATE},
	{"dob", PERSON_BIRTH_DATE},
	{"datedenaissance", PERSON_BIRTH_DATE},
	{"datenaissance", PERSON_BIRTH_DATE},
	{"fechadenacimiento", PERSON_BIRTH_DATE},
	{"fechanacimiento", PERSON_BIRTH_DATE},
	{"sex", PERSON_SEX},
	{"gender", PERSON_SEX},
	{"sexe", PERSON_SEX},
	{"genre", PERSON_SEX},
	{"sexo", PERSON_SEX},
	{"genero", PERSON_SEX},
	{"phone", PERSON_PHONE},
	{"phonenumber", PERSON_PHONE},
	{"phoneno", PERSON_PHONE},
	{"telephone", PERSON_PHONE},
	{"telephonenumber", PERSON_PHONE},
	{"tel", PERSON_PHONE},
	{"mobile", PERSON_PHONE},
	{"mobilephone", PERSON_PHONE},
	{"mobilenumber", PERSON_PHONE},
	{"homephone", PERSON_PHONE},
	{"cell", PERSON_PHONE},
	{"cellphone", PERSON_PHONE},
	{"cellnumber", PERSON_PHONE},
	{"contactnumber", PERSON_PHONE},
	{"contactphone", PERSON_PHONE},
	{"portable", PERSON_PHONE},
	{"telefono", PERSON_PHONE},
	{"telefonomovil", PERSON_PHONE},
	{"celular", PERSON_PHONE},
	{"movil", PERSON_PHONE},
	{"numerodetelephone", PERSON_PHONE},
	{"numerodetelefono", PERSON_PHONE},
	{"identitynumber", PERSON_DOCUMENT},
	{"identitydocument", PERSON_DOCUMENT},
	{"identitycard", PERSON_DOCUMENT},
	{"identificationnumber", PERSON_DOCUMENT},
	{"idnumber", PERSON_DOCUMENT},
	{"idcard", PERSON_DOCUMENT},
	{"idcardnumber", PERSON_DOCUMENT},
	{"nationalid", PERSON_DOCUMENT},
	{"nationalidnumber", PERSON_DOCUMENT},
	{"nationalidentitynumber", PERSON_DOCUMENT},
	{"passport", PERSON_DOCUMENT},
	{"passportnumber", PERSON_DOCUMENT},
	{"passportno", PERSON_DOCUMENT},
	{"document", PERSON_DOCUMENT},
	{"documentnumber", PERSON_DOCUMENT},
	{"documentno", PERSON_DOCUMENT},
	{"traveldocument", PERSON_DOCUMENT},
	{"traveldocumentnumber", PERSON_DOCUMENT},
	{"socsecid", PERSON_DOCUMENT},
	{"ssn", PERSON_DOCUMENT},
	{"socialsecuritynumber", PERSON_DOCUMENT},
	{"taxid", PERSON_DOCUMENT},
	{"nin", PERSON_DOCUMENT},
	{"nric", PERSON_DOCUMENT},
	{"passeport", PERSON_DOCUMENT},
	{"numerodepasseport", PERSON_DOCUMENT},
	{"ndepasseport", PERSON_DOCUMENT},
	{"nodepasseport", PERSON_DOCUMENT},
	{"pieceidentite", PERSON_DOCUMENT},
	{"numerodidentite", PERSON_DOCUMENT},
	{"pasaporte", PERSON_DOCUMENT},
	{"numerodepasaporte", PERSON_DOCUMENT},
	{"documento", PERSON_DOCUMENT},
	{"numerodedocumento", PERSON_DOCUMENT},
	{"cedula", PERSON_DOCUMENT},
	{"dni", PERSON_DOCUMENT},
	{"email", PERSON_EMAIL},
	{"emailaddress", PERSON_EMAIL},
	{"mail", PERSON_EMAIL},
	{"courriel", PERSON_EMAIL},
	{"adressemail", PERSON_EMAIL},
	{"correo", PERSON_EMAIL},
	{"correoelectronico", PERSON_EMAIL},
	{"streetnumber", PERSON_STREET},
	{"housenumber", PERSON_STREET},
	{"street", PERSON_STREET},
	{"streetaddress", PERSON_STREET},
	{"address", PERSON_STREET},
	{"address1", PERSON_STREET},
	{"addressline1", PERSON_STREET},
	{"mailingstreet", PERSON_STREET},
	{"adresse", PERSON_STREET},
	{"rue", PERSON_STREET},
	{"direccion", PERSON_STREET},
	{"calle", PERSON_STREET},
	{"city", PERSON_CITY},
	{"town", PERSON_CITY},
	{"suburb", PERSON_CITY},
	{"mailingcity", PERSON_CITY},
	{"placeofresidence", PERSON_CITY},
	{"ville", PERSON_CITY},
	{"ciudad", PERSON_CITY},
	{"localidad", PERSON_CITY},
	{"postcode", PERSON_POSTCODE},
	{"postalcode", PERSON_POSTCODE},
	{"zip", PERSON_POSTCODE},
	{"zipcode", PERSON_POSTCODE},
	{"mailingpostalcode", PERSON_POSTCODE},
	{"codepostal", PERSON_POSTCODE},
	{"codigopostal", PERSON_POSTCODE},
	{"state", PERSON_REGION},
	{"province", PERSON_REGION},
	{"region", PERSON_REGION},
	{"mailingstate", PERSON_REGION},
	{"provincia", PERSON_REGION},
	{"citizenship", PERSON_CITIZENSHIP},
	{"nationality", PERSON_CITIZENSHIP},
	{"nationalite", PERSON_CITIZENSHIP},
	{"nacionalidad", PERSON_CITIZENSHIP},
	{"age", PERSON_AGE},
	{"edad", PERSON_AGE},
	{"typeofexploitation", PERSON_FORM},
	{"exploitationtype", PERSON_FORM},
	{"formofexploitation", PERSON_FORM},
	{"typeofexploitconcatenated", PERSON_FORM},
	{"typedexploitation", PERSON_FORM},
	{"tipodeexplotacion", PERSON_FORM},
};

/* Whose field it is; never needed to tell which one. */
static const char *const owners[] = {
	"", "prs", "vic", "victim", "client", "person", "beneficiary", "survivor", "case"};

static int field_of_name(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		if (strlen(headers[i].name) == n && memcmp(headers[i].name, name, n) == 0)
			return (int)headers[i].field;
	return -1;
}

/* "phone2", "passport 1": one of several; an address's second line is another thing. */
static int field_of_numbered(const char *name, size_t n)
{
	size_t stem = n;
	while (stem && name[stem - 1] >= '0' && name[stem - 1] <= '9')
		stem--;
	if (stem == n)
		return -1;
	int field = field_of_name(name, stem);
	bool many = field == PERSON_PHONE || field == PERSON_DOCUMENT || field == PERSON_EMAIL ||
		    field == PERSON_CITIZENSHIP;
	return many ? field : -1;
}

static int guess(const char *key, size_t n)
{
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
		size_t length = strlen(owners[i]);
		if (n <= length || memcmp(key, owners[i], length) != 0)
			continue;
		int field = field_of_name(key + length, n - length);
		if (field < 0)
			field = field_of_numbered(key + length, n - length);
		if (field >= 0)
			return field;
	}
	return -1;
}

static void drop_spaces(struct buffer *b)
{
	size_t kept = 0;
	for (size_t i = 0; i < b->n; i++)
		if (b->data[i] != ' ')
			b->data[kept++] = b->data[i];
	if (b->data)
		b->data[kept] = '\0';
	b->n = kept;
}

int intake_guess_column(struct text_tools *tools, const char *name, int *ret_field, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(text_key(tools, name, strlen(name), &key, err));
	drop_spaces(&key);
	*ret_field = guess(buffer_text(&key), key.n);
	return CF_OK;
}

static int guess_all(const struct csv_reader *csv, struct intake_mapping *m, struct cf_error *err)
{
	CF_CLEANUP_TEXT_TOOLS struct text_tools *tools = NULL;
	TRY(text_tools_new(&tools, err));
	for (size_t i = 0; i < m->n_columns; i++) {
		int field = -1;
		TRY(intake_guess_column(tools, csv_column_name(csv, i), &field, err));
		m->field[i] = (int8_t)field;
	}
	return CF_OK;
}

static int list_columns(const struct csv_reader *csv, struct buffer *out)
{
	for (size_t i = 0; i < csv_n_columns(csv); i++)
		TRY(buffer_printf(out, "%s%s", i ? ", " : "", csv_column_name(csv, i)));
	return CF_OK;
}

static int no_such_column(const struct csv_reader *csv, const char *name, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer columns = BUFFER_INIT;
	if (list_columns(csv, &columns) < 0)
		return error_memory(err);
	return error_set(err, CF_E_NOT_FOUND, "there is no column '%.60s'; the columns are: %.250s", name,
		buffer_text(&columns));
}

/* "field = column, column": names are taken whole first, so that a column with a comma in its name can be
 * meant. */
static int map_entry(const struct csv_reader *csv, const struct ini *ini, const struct ini_entry *entry,
	struct intake_mapping *m, struct cf_error *err)
{
	int field = person_field_from_name(entry->key);
	if (field < 0)
		return ini_error(ini, entry, err,
			"'%.40s' is no field; fields are given_name, family_name, full_name, birth_date, "
			"sex, phone, "
			"document, email, street, city, postcode, region, citizenship, age, form",
			entry->key);
	const char *at = entry->value;
	while (*at) {
		ptrdiff_t column = csv_find_column(csv, at);
		size_t n = column >= 0 ? strlen(at) : strcspn(at, ",");
		size_t used = n;
		while (used && at[used - 1] == ' ')
			used--;
		CF_CLEANUP_FREE char *name = mem_strndup(at, used);
		if (!name)
			return error_memory(err);
		column = csv_find_column(csv, name);
		if (column < 0) {
			int code = no_such_column(csv, name, err);
			return error_prefix(
				err, code, "%s:%llu", ini_name(ini), (unsigned long long)entry->line);
		}
		if (m->field[column] >= 0)
			return ini_error(ini, entry, err,
				"column '%.60s' is stated for %s already; leave one",
				csv_column_name(csv, (size_t)column),
				person_field_name((enum person_field)m->field[column]));
		m->field[column] = (int8_t)field;
		at += n;
		at += strspn(at, ", ");
	}
	return CF_OK;
}

static int map_stated(const struct csv_reader *csv, const struct ini *ini, const char *section,
	struct intake_mapping *m, struct cf_error *err)
{
	bool any = false;
	for (size_t i = 0; i < ini_n(ini); i++) {
		const struct ini_entry *entry = ini_at(ini, i);
		if (strcmp(entry->section, section) == 0)
			TRY(map_entry(csv, ini, entry, m, err));
	}
	for (size_t i = 0; i < m->n_columns; i++)
		any |= m->field[i] >= 0;
	if (!any)
		return error_set(err, CF_E_INPUT,
			"%s: section [%s] maps no column; write lines such as 'phone = Mobile'",
			ini_name(ini), section);
	m->stated = true;
	return CF_OK;
}

int intake_map_columns(const struct csv_reader *csv, const struct ini *stated, const char *section,
	const char *const *ignore, size_t n_ignore, struct intake_mapping *ret, struct cf_error *err)
{
	struct intake_mapping m = {.n_columns = csv_n_columns(csv)};
	if (m.n_columns > INTAKE_MAX_COLUMNS)
		return error_set(err, CF_E_LIMIT, "%zu columns; a list may have %d at most", m.n_columns,
			INTAKE_MAX_COLUMNS);
	memset(m.field, -1, sizeof m.field);
	if (stated)
		TRY(map_stated(csv, stated, section, &m, err));
	else
		TRY(guess_all(csv, &m, err));
	for (size_t i = 0; i < n_ignore; i++) {
		ptrdiff_t column = csv_find_column(csv, ignore[i]);
		if (column < 0)
			return no_such_column(csv, ignore[i], err);
		m.field[column] = -1;
	}
	*ret = m;
	return CF_OK;
}

int intake_mapping_describe(const struct csv_reader *csv, const struct intake_mapping *m, struct buffer *out)
{
	for (size_t i = 0; i < m->n_columns; i++) {
		const char *field =
			m->field[i] >= 0 ? person_field_name((enum person_field)m->field[i]) : "not used";
		TRY(buffer_printf(out, "  %s -> %s\n", csv_column_name(csv, i), field));
	}
	return CF_OK;
}
