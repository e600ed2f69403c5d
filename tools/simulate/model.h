/*
 * The parameters of the simulation in one place: who the persons are, which organisation sees whom, how each
 * writes down what it hears. docs/simulation.md says why each number is what it is. Probabilities are whole
 * numbers per 1,000 and odds are ratios, so that no draw depends on a mathematics library.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

enum { MODEL_N_LISTS = 5, MODEL_MAX_COLUMNS = 14, MODEL_REFERENCE_YEAR = 2025 };

enum sim_sex { SIM_FEMALE = 0, SIM_MALE, SIM_OTHER, SIM_N_SEXES };
enum sim_form { SIM_SEXUAL = 0, SIM_LABOUR, SIM_SERVITUDE, SIM_BEGGING, SIM_OTHER_FORM, SIM_N_FORMS };

/* Per 1,000 persons (weight) of this form, by sex and by age band. */
struct form_model {
	const char *name; /* HTCDS vic_TypeOfExploitation */
	unsigned weight;
	unsigned sex[SIM_N_SEXES];
	unsigned age[4]; /* the bands of model_ages */
};
struct age_band {
	int first;
	int last;
};
extern const struct form_model model_forms[SIM_N_FORMS];
extern const struct age_band model_ages[4];

struct city {
	const char *name;
	unsigned weight;
};
extern const struct city model_cities[];
extern const size_t model_n_cities;

/* Facts of a person's life, per 1,000. */
struct life_model {
	unsigned group_size;       /* persons that one exploiter holds */
	unsigned same_origin;      /* of a person: comes from the group's country */
	unsigned same_place;       /* of a person: is exploited where and how most of the group is */
	unsigned group_has_phone;  /* of a group: its members share a telephone that the exploiter gave */
	unsigned uses_group_phone; /* of a member of such a group: has no other */
	unsigned has_phone;        /* of the rest */
	unsigned changed_phone;    /* of those: had another number before */
	unsigned has_document;     /* knows the number of a passport or identity card */
	unsigned own_spelling;     /* of a name: its bearer spells it otherwise than the passport does */
	unsigned year_off_by_one;  /* of those whose day of birth is unknown: a list may be a year off */
};
extern const struct life_model model_life;

/* ---- lists ---- */

enum sim_column {
	COLUMN_FIRST_NAME,
	COLUMN_MIDDLE_NAME,
	COLUMN_SECOND_NAME,
	COLUMN_GENDER,
	COLUMN_BIRTHDATE,
	COLUMN_CITIZENSHIP,
	COLUMN_DOCUMENT,
	COLUMN_MOBILE,
	COLUMN_HOME_PHONE,
	COLUMN_FORM,
	COLUMN_CITY,
	COLUMN_REFERRED,
	COLUMN_STATUS,
	COLUMN_TRUTH,
	COLUMN_N
};

enum date_style { DATES_ISO, DATES_SLASH_DMY, DATES_DOT_DMY, DATES_COMPACT, DATES_MONTH_NAME };
enum phone_style { PHONES_PLAIN, PHONES_SPACED, PHONES_DASHED, PHONES_INTERNATIONAL };
enum gender_style { GENDERS_HTCDS, GENDERS_LETTER, GENDERS_WORD };

/* How often, per 1,000 rows, a list has which fault. */
struct error_model {
	unsigned own_spelling;   /* writes a name as its bearer does, not as the passport */
	unsigned heard_spelling; /* writes it by ear, any spelling in use */
	unsigned native_script;  /* keeps the name in its own script */
	unsigned middle_dropped;
	unsigned family2_dropped;
	unsigned swapped;         /* given and family name change places */
	unsigned swapped_foreign; /* the same where the family name comes first at home */
	unsigned nickname;
	unsigned given_only; /* no family name was given */
	unsigned nameless;   /* no name at all */
	unsigned name_typo;
	unsigned typo_kinds[3]; /* weights: TYPO_KEYBOARD, TYPO_COPYING, TYPO_HEARING */
	unsigned marks_lost;    /* accents */
	unsigned birth_missing;
	unsigned birth_year_only; /* of known days of birth */
	unsigned birth_january;   /* of unknown days: written as 1 January (else the year alone) */
	unsigned birth_swapped;   /* day and month, where both can be */
	unsigned birth_digit;     /* one digit wrong */
	unsigned phone_missing;
	unsigned phone_other_style;
	unsigned phone_digit;
	unsigned document_missing;
	unsigned document_typo;
	unsigned sex_missing;
	unsigned sex_wrong;
	unsigned form_missing;
	unsigned form_wrong;
	unsigned city_missing;
	unsigned citizenship_missing;
	unsigned duplicate; /* of persons on the list: stand on it twice */
};

struct list_model {
	const char *name;
	const char *title;
	char delimiter;
	bool spreadsheet; /* byte order mark and CRLF */
	bool upper_case;
	unsigned name_width; /* bytes a name field holds; 0: any */
	const char *blank;   /* how what is missing is written in one blank of five */
	enum date_style dates;
	enum phone_style phones;
	enum gender_style genders;
	/* Odds of being on the list, those of form and sex times the base; see also model_dependences. */
	double odds;
	double form_odds[SIM_N_FORMS];
	double sex_odds[SIM_N_SEXES];
	enum sim_column columns[MODEL_MAX_COLUMNS];
	size_t n_columns;
	struct error_model errors;
};
extern const struct list_model model_lists[MODEL_N_LISTS];

/* Being on list first multiplies the odds of being on list then. Lists are drawn in this order. */
struct dependence {
	int first;
	int then;
	double odds;
	const char *why;
};
extern const int model_order[MODEL_N_LISTS];
extern const struct dependence model_dependences[];
extern const size_t model_n_dependences;

/* The probability of standing on list j for a person with this form and sex who stands on the lists of the
 * bit set before. */
double model_capture(int list, enum sim_form form, enum sim_sex sex, unsigned before);

/* True n times in 1,000. */
bool model_happens(struct random_stream *r, unsigned per_thousand);
