#include "scribe.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scribe_name.h"
#include "typos.h"

static const char *const column_names[COLUMN_N] = {
	[COLUMN_FIRST_NAME] = "prs_FirstName",
	[COLUMN_MIDDLE_NAME] = "prs_MiddleName",
	[COLUMN_SECOND_NAME] = "prs_SecondName",
	[COLUMN_GENDER] = "prs_Gender",
	[COLUMN_BIRTHDATE] = "prs_Birthdate",
	[COLUMN_CITIZENSHIP] = "prs_Citizenship",
	[COLUMN_DOCUMENT] = "prs_IdentityNumber",
	[COLUMN_MOBILE] = "prs_MobilePhone",
	[COLUMN_HOME_PHONE] = "prs_HomePhone",
	[COLUMN_FORM] = "vic_TypeOfExploitation",
	[COLUMN_CITY] = "hte_City",
	[COLUMN_REFERRED] = "cas_IncomingReferralDate",
	[COLUMN_STATUS] = "cas_Status",
	[COLUMN_TRUTH] = "truth_person",
};

const char *scribe_column_name(enum sim_column column)
{
	return column_names[column];
}

struct writing {
	struct random_stream *r;
	const struct sim_person *p;
	const struct list_model *list;
	struct scribe_row *row;
};

static void put(const struct writing *w, enum sim_column column, const char *text)
{
	(void)snprintf(w->row->cells[column], SCRIBE_CELL_BYTES, "%s", text);
}

static bool happens(const struct writing *w, unsigned per_thousand)
{
	return model_happens(w->r, per_thousand);
}

/* Nothing, or in one of five the list's word for it. */
static void put_missing(const struct writing *w, enum sim_column column)
{
	put(w, column, happens(w, 200) ? w->list->blank : "");
}

/* ---- dates ---- */

static void format_day(enum date_style style, struct date d, char *to)
{
	static const char *const months[] = {"", "January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"};
	switch (style) {
	case DATES_ISO:
		(void)snprintf(to, SCRIBE_CELL_BYTES, "%04d-%02d-%02d", d.year, d.month, d.day);
		break;
	case DATES_SLASH_DMY:
		(void)snprintf(to, SCRIBE_CELL_BYTES, "%02d/%02d/%04d", d.day, d.month, d.year);
		break;
	case DATES_DOT_DMY:
		(void)snprintf(to, SCRIBE_CELL_BYTES, "%d.%d.%04d", d.day, d.month, d.year);
		break;
	case DATES_COMPACT:
		(void)snprintf(to, SCRIBE_CELL_BYTES, "%04d%02d%02d", d.year, d.month, d.day);
		break;
	case DATES_MONTH_NAME:
		(void)snprintf(to, SCRIBE_CELL_BYTES, "%d %s %04d", d.day, months[d.month], d.year);
		break;
	}
}

static void put_date(const struct writing *w, enum sim_column column, struct date d)
{
	if (d.day)
		format_day(w->list->dates, d, w->row->cells[column]);
	else
		(void)snprintf(w->row->cells[column], SCRIBE_CELL_BYTES, "%04d", d.year);
}

/* One digit wrong such that it still is a date: of the day, the month or the year. */
static struct date wrong_digit(struct random_stream *r, struct date d)
{
	struct date wrong = d;
	do {
		wrong = d;
		switch (random_below(r, 3)) {
		case 0:
			wrong.day = (uint8_t)(d.day / 10 * 10 + random_below(r, 10));
			break;
		case 1:
			wrong.month = (uint8_t)(d.month / 10 * 10 + random_below(r, 10));
			break;
		default:
			wrong.year = (int16_t)(d.year / 10 * 10 + (int)random_below(r, 10));
		}
	} while (!date_is_valid(wrong) || !wrong.day || !wrong.month || date_compare(wrong, d) == 0);
	return wrong;
}

/* Nobody knows the day: the year, perhaps a year off, and 1 January where the form asks for a day. */
static struct date guessed_birth(const struct writing *w)
{
	struct date d = {w->p->birth.year, 0, 0};
	if (happens(w, model_life.year_off_by_one))
		d.year = (int16_t)(d.year + (random_below(w->r, 2) ? 1 : -1));
	if (happens(w, w->list->errors.birth_january))
		d.month = d.day = 1;
	return d;
}

static struct date known_birth(const struct writing *w)
{
	const struct error_model *e = &w->list->errors;
	struct date d = w->p->birth;
	if (happens(w, e->birth_year_only))
		return (struct date){d.year, 0, 0};
	if (happens(w, e->birth_digit))
		d = wrong_digit(w->r, d);
	if (d.day <= 12 && happens(w, e->birth_swapped))
		d = (struct date){d.year, d.day, d.month};
	return d;
}

static void put_birth(const struct writing *w)
{
	if (happens(w, w->list->errors.birth_missing))
		put_missing(w, COLUMN_BIRTHDATE);
	else
		put_date(w, COLUMN_BIRTHDATE, w->p->day_known ? known_birth(w) : guessed_birth(w));
}

/* Cases of the three years before the reference day. */
static void put_referral(const struct writing *w)
{
	const struct date first = {MODEL_REFERENCE_YEAR - 3, 1, 1};
	const struct date end = {MODEL_REFERENCE_YEAR, 1, 1};
	int64_t days = date_to_days(end) - date_to_days(first);
	put_date(w, COLUMN_REFERRED,
		date_from_days(date_to_days(first) + (int64_t)random_below(w->r, (uint64_t)days)));
}

/* ---- telephones and documents ---- */

static void format_phone(enum phone_style style, const char *national, char *to)
{
	switch (style) {
	case PHONES_PLAIN:
		(void)snprintf(to, SCRIBE_CELL_BYTES, "0%s", national);
		break;
	case PHONES_SPACED:
		(void)snprintf(to, SCRIBE_CELL_BYTES, "0%.3s %.3s %s", national, national + 3, national + 6);
		break;
	case PHONES_DASHED:
		(void)snprintf(to, SCRIBE_CELL_BYTES, "0%.2s-%.3s-%.2s-%s", national, national + 2,
			national + 5, national + 7);
		break;
	case PHONES_INTERNATIONAL:
		(void)snprintf(to, SCRIBE_CELL_BYTES, "+999 %s", national);
		break;
	}
}

static void put_phone(const struct writing *w, enum sim_column column, const char *number)
{
	const struct error_model *e = &w->list->errors;
	char national[SIM_PHONE_BYTES];
	(void)snprintf(national, sizeof national, "%s", number);
	if (happens(w, e->phone_digit))
		typo_digit(w->r, national);
	enum phone_style style = w->list->phones;
	if (happens(w, e->phone_other_style))
		style = style == PHONES_INTERNATIONAL ? PHONES_PLAIN : PHONES_INTERNATIONAL;
	format_phone(style, national, w->row->cells[column]);
}

/* Of two numbers a list learns the one in use when the person was met; a form with room for two may get both.
 */
static void put_phones(const struct writing *w)
{
	const struct sim_person *p = w->p;
	put(w, COLUMN_HOME_PHONE, "");
	if (p->n_phones == 0 || happens(w, w->list->errors.phone_missing)) {
		put_missing(w, COLUMN_MOBILE);
		return;
	}
	size_t chosen = random_below(w->r, p->n_phones);
	put_phone(w, COLUMN_MOBILE, p->phones[chosen]);
	if (p->n_phones > 1 && happens(w, 400))
		put_phone(w, COLUMN_HOME_PHONE, p->phones[1 - chosen]);
}

/* "AB 1234567" */
static void spread_document(char *text, size_t n_bytes)
{
	size_t letters = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	size_t n = strlen(text);
	if (letters == 0 || n + 1 >= n_bytes)
		return;
	memmove(text + letters + 1, text + letters, n - letters + 1);
	text[letters] = ' ';
}

static void put_document(const struct writing *w)
{
	const struct error_model *e = &w->list->errors;
	if (!w->p->document[0] || happens(w, e->document_missing)) {
		put_missing(w, COLUMN_DOCUMENT);
		return;
	}
	put(w, COLUMN_DOCUMENT, w->p->document);
	if (happens(w, e->document_typo))
		typo_digit(w->r, w->row->cells[COLUMN_DOCUMENT]);
	if (happens(w, 100))
		spread_document(w->row->cells[COLUMN_DOCUMENT], SCRIBE_CELL_BYTES);
}

/* ---- codes ---- */

/* Whom the form's two boxes do not fit is written down in one of them more often than not. */
static enum sim_sex recorded_sex(const struct writing *w)
{
	enum sim_sex sex = w->p->core.sex;
	if (sex == SIM_OTHER) {
		unsigned kept = w->list->genders == GENDERS_HTCDS  ? 800
				: w->list->genders == GENDERS_WORD ? 500
								   : 100;
		if (happens(w, kept))
			return SIM_OTHER;
		return random_below(w->r, 2) ? SIM_FEMALE : SIM_MALE;
	}
	if (happens(w, w->list->errors.sex_wrong))
		return sex == SIM_FEMALE ? SIM_MALE : SIM_FEMALE;
	return sex;
}

static void put_sex(const struct writing *w)
{
	static const char *const words[][SIM_N_SEXES + 1] = {
		[GENDERS_HTCDS] = {"Feminine", "Masculine", "TransgenderFeminine", "NonSpecifiedUnknown"},
		[GENDERS_LETTER] = {"F", "M", "X", ""},
		[GENDERS_WORD] = {"female", "male", "other", ""},
	};
	bool missing = happens(w, w->list->errors.sex_missing);
	put(w, COLUMN_GENDER, words[w->list->genders][missing ? SIM_N_SEXES : recorded_sex(w)]);
}

static void put_form(const struct writing *w)
{
	const struct error_model *e = &w->list->errors;
	size_t form = (size_t)w->p->core.form;
	if (happens(w, e->form_wrong))
		form = (form + 1 + random_below(w->r, SIM_N_FORMS - 1)) % SIM_N_FORMS;
	put(w, COLUMN_FORM, happens(w, e->form_missing) ? "" : model_forms[form].name);
}

static void put_rest(const struct writing *w)
{
	static const char *const status[] = {"Active", "FollowUp", "Closed", "ClosedReferred"};
	const struct error_model *e = &w->list->errors;
	put(w, COLUMN_CITY, happens(w, e->city_missing) ? "" : model_cities[w->p->city].name);
	put(w, COLUMN_CITIZENSHIP, happens(w, e->citizenship_missing) ? "" : w->p->origin->country);
	put(w, COLUMN_STATUS, status[random_below(w->r, 4)]);
	(void)snprintf(w->row->cells[COLUMN_TRUTH], SCRIBE_CELL_BYTES, "P%06" PRIu64, w->p->core.number);
}

static void put_name(const struct writing *w)
{
	struct scribe_name name;
	bool has_middle_column = false;
	for (size_t i = 0; i < w->list->n_columns; i++)
		has_middle_column |= w->list->columns[i] == COLUMN_MIDDLE_NAME;
	scribe_name_write(w->r, w->p, w->list, has_middle_column, &name);
	put(w, COLUMN_FIRST_NAME, name.first);
	put(w, COLUMN_MIDDLE_NAME, name.middle);
	put(w, COLUMN_SECOND_NAME, name.second);
	if (!name.first[0])
		put_missing(w, COLUMN_FIRST_NAME);
	if (!name.second[0])
		put_missing(w, COLUMN_SECOND_NAME);
}

void scribe_write(uint64_t seed, const struct sim_person *p, int list, unsigned n, struct scribe_row *ret)
{
	struct random_stream r;
	assert(list < 8 && n < 2);
	sim_stream(&r, seed, STREAM_ROW, p->core.number << 4 | (uint64_t)list << 1 | n);
	const struct writing w = {&r, p, &model_lists[list], ret};
	put_name(&w);
	put_birth(&w);
	put_phones(&w);
	put_document(&w);
	put_sex(&w);
	put_form(&w);
	put_referral(&w);
	put_rest(&w);
}
