#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/palermo.h"

static struct record *record_with(const char *entity, const char *const *names_and_texts)
{
	struct record *r = NULL;
	struct record_id id = {{1}};
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(record_new(schema_entity(entity), &id, &r, NULL), 0);
	for (size_t i = 0; names_and_texts[i]; i += 2)
		if (record_add(r, schema_field(record_entity(r), names_and_texts[i]), names_and_texts[i + 1],
			    &err) < 0)
			fail_msg("%s", err.message);
	return r;
}

#define LIST(...)                                                                                            \
	(const char *const[])                                                                                \
	{                                                                                                    \
		__VA_ARGS__ NULL                                                                             \
	}

/* Every combination of elements and ages, against article 3 written as one line. */
static void follows_article_3(void **state)
{
	(void)state;
	for (unsigned present = 0; present < 8; present++) {
		for (int m = DATES_MAJORITY_UNKNOWN; m <= DATES_ADULT; m++) {
			const char *parts[8] = {NULL};
			size_t n = 0;
			if (present & PALERMO_ACT)
				parts[n++] = "act", parts[n++] = "Receipt";
			if (present & PALERMO_MEANS)
				parts[n++] = "means", parts[n++] = "Fraud";
			if (present & PALERMO_PURPOSE)
				parts[n++] = "purpose", parts[n++] = "Servitude";
			struct record *episode = record_with("episode", parts);
			struct palermo p = palermo_check(episode, (enum dates_majority)m);
			bool act = present & PALERMO_ACT;
			bool means = present & PALERMO_MEANS;
			bool purpose = present & PALERMO_PURPOSE;
			bool minor = m == DATES_MINOR;
			assert_int_equal(p.present, present);
			assert_int_equal(p.complete, act && (means || minor) && purpose);
			assert_int_equal(!!(p.missing & PALERMO_ACT), !act);
			assert_int_equal(!!(p.missing & PALERMO_MEANS), !means && !minor);
			assert_int_equal(!!(p.missing & PALERMO_PURPOSE), !purpose);
			assert_int_equal(p.age_decides, !means && m == DATES_MAJORITY_UNKNOWN);
			assert_false(p.purpose_beyond_protocol);
			record_free(episode);
		}
	}
}

static void only_what_is_known_counts(void **state)
{
	(void)state;
	struct record *episode = record_with("episode", LIST("means", "NotRequiredChild", ));
	assert_int_equal(
		record_add_state(episode, schema_field_by_path("episode.act"), RECORD_REFUSED, NULL), 0);
	struct palermo p = palermo_check(episode, DATES_ADULT);
	assert_int_equal(p.present, 0);
	assert_int_equal(p.missing, PALERMO_ACT | PALERMO_MEANS | PALERMO_PURPOSE);
	record_free(episode);
	episode = record_with("episode", LIST("purpose_other", "ForcedCriminality", ));
	p = palermo_check(episode, DATES_ADULT);
	assert_int_equal(p.present, PALERMO_PURPOSE);
	assert_true(p.purpose_beyond_protocol);
	record_free(episode);
	struct record *other = record_with("person", LIST("gender", "Feminine", ));
	assert_int_equal(palermo_check(other, DATES_MINOR).missing, PALERMO_ACT | PALERMO_PURPOSE);
	record_free(other);
}

static enum dates_majority of(const char *const *person, const char *const *role, const char *const *episode)
{
	struct record *p = person ? record_with("person", person) : NULL;
	struct record *r = role ? record_with("role", role) : NULL;
	struct record *e = record_with("episode", episode);
	enum dates_majority m = palermo_majority(p, r, e);
	record_free(p);
	record_free(r);
	record_free(e);
	return m;
}

static void takes_the_best_that_is_known(void **state)
{
	(void)state;
	assert_int_equal(of(LIST("birth_date", "2005-03-01", ), NULL, LIST("from", "2020", )), DATES_MINOR);
	assert_int_equal(of(LIST("birth_date", "1980", ), NULL, LIST("from", "2020", )), DATES_ADULT);
	/* the dates say it, whatever the form said */
	assert_int_equal(
		of(LIST("birth_date", "2005", ), LIST("majority", "Adult", ), LIST("from", "2020", )),
		DATES_MINOR);
	/* a minor when it ended was one when it began; an adult then need not have been */
	assert_int_equal(of(LIST("birth_date", "2005", ), NULL, LIST("until", "2020", )), DATES_MINOR);
	assert_int_equal(
		of(LIST("birth_date", "1990", ), NULL, LIST("until", "2020", )), DATES_MAJORITY_UNKNOWN);
	assert_int_equal(of(NULL, LIST("age_when_trafficked", "17", ), LIST()), DATES_MINOR);
	assert_int_equal(of(NULL, LIST("age_when_trafficked", "18", ), LIST()), DATES_ADULT);
	assert_int_equal(of(NULL, LIST("majority", "Minor", ), LIST()), DATES_MINOR);
	assert_int_equal(of(NULL, LIST("age_band", "9--17", ), LIST()), DATES_MINOR);
	/* the band is the age at registration: an adult by then may have been a child before */
	assert_int_equal(of(NULL, LIST("age_band", "18--20", ), LIST()), DATES_MAJORITY_UNKNOWN);
	assert_int_equal(of(NULL, LIST("age_when_trafficked", "20", "majority", "Minor", ), LIST()),
		DATES_MAJORITY_UNKNOWN);
	assert_int_equal(of(NULL, NULL, LIST("from", "2020", )), DATES_MAJORITY_UNKNOWN);
}

static void contradicting_birth_dates_say_nothing(void **state)
{
	(void)state;
	struct record *p = record_with("person", LIST("birth_date", "2005", "birth_date", "1990", ));
	struct record *e = record_with("episode", LIST("from", "2020", ));
	struct record *r = record_with("role", LIST("majority", "Adult", ));
	assert_int_equal(palermo_majority(p, r, e), DATES_MAJORITY_UNKNOWN);
	record_free(p);
	record_free(e);
	record_free(r);
}

static void minors_are_not_asked_for_means(void **state)
{
	(void)state;
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	size_t n_refused = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < entities[i].n_fields; j++) {
			assert_true(palermo_may_ask(&entities[i].fields[j], DATES_ADULT));
			assert_true(palermo_may_ask(&entities[i].fields[j], DATES_MAJORITY_UNKNOWN));
			n_refused += !palermo_may_ask(&entities[i].fields[j], DATES_MINOR);
		}
	assert_int_equal(n_refused, 1);
	assert_false(palermo_may_ask(schema_field_by_path("episode.means"), DATES_MINOR));
	assert_string_equal(palermo_element_name(PALERMO_MEANS), "means");
	assert_string_equal(palermo_element_name(PALERMO_ACT), "act");
	assert_string_equal(palermo_element_name(PALERMO_PURPOSE), "purpose");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_article_3),
		cmocka_unit_test(only_what_is_known_counts),
		cmocka_unit_test(takes_the_best_that_is_known),
		cmocka_unit_test(contradicting_birth_dates_say_nothing),
		cmocka_unit_test(minors_are_not_asked_for_means),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
