/* Records: a list's own duplicates become one, values that tell too little or too much stay at home. */
#include "match/records.h"

#include "base/random.h"
#include "base/sweep.h"
#include "match/person_support.h"

static const char plan_text[] =
	"[matching]\nthreshold = 100\nsame_list = 20\nmax_repeats = 3\nmax_sharing = 2\n"
	"family_name.exact = family 60\nbirth_date.ymd = birth 90\n"
	"phone.exact = phone 100\ndocument.exact = document 160\n"
	"[key name_birth]\nparts = family_name.exact + birth_date.ymd\n"
	"[key phone]\nparts = phone.exact\nslots = 2\n"
	"[key document]\nparts = document.exact\n"
	"[key name]\nparts = family_name.exact\n";
enum { NAME_BIRTH, PHONE, PHONE_2, DOCUMENT, NAME, N_SLOTS };

static struct match_records *records(const struct match_plan *plan, const char *const *rows, size_t n)
{
	struct person_list *list = test_list(rows, n);
	struct match_records *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (match_records_new(list, plan, NULL, NULL, &r, &err) < 0)
		fail_msg("%s", err.message);
	test_list_free(list);
	assert_int_equal(r->n_rows, n);
	assert_int_equal(r->n_slots, N_SLOTS);
	return r;
}

static const char *value(const struct match_records *r, size_t record, size_t slot)
{
	return r->values[record * r->n_slots + slot];
}

static void duplicates_become_one(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"family_name=smith; birth_date=19900203; phone=111",
		"family_name=jones; birth_date=19910203",
		/* one with the first: 60 + 90 is at least 120 */
		"family_name=smith; birth_date=19900203; phone=222; document=x1",
		/* no duplicate of it: a phone alone is 100, enough between lists, not within one */
		"family_name=brown; phone=222",
		/* by the document */
		"family_name=smyth; document=x1",
	};
	struct match_plan *plan = test_plan(plan_text);
	struct match_records *r = records(plan, rows, 5);
	assert_int_equal(r->n, 3);
	static const uint32_t expected[] = {0, 1, 0, 2, 0};
	assert_memory_equal(r->row_record, expected, sizeof expected);
	/* the person's values are pooled */
	assert_non_null(value(r, 0, PHONE));
	assert_non_null(value(r, 0, PHONE_2));
	assert_string_not_equal(value(r, 0, PHONE), value(r, 0, PHONE_2));
	assert_non_null(value(r, 0, DOCUMENT));
	/* the other has none of it */
	assert_null(value(r, 1, PHONE));
	assert_null(value(r, 1, DOCUMENT));
	assert_non_null(value(r, 1, NAME_BIRTH));
	/* the same phone in either slot is the same value */
	assert_true(strcmp(value(r, 2, PHONE), value(r, 0, PHONE)) == 0 ||
		    strcmp(value(r, 2, PHONE), value(r, 0, PHONE_2)) == 0);
	match_records_free(r);
	match_plan_free(plan);
}

/* A phone of three different persons is the trafficker's: it goes into no key. Two rows of one person are no
 * sharing. */
static void shared_identifiers_stay_out(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"family_name=a; birth_date=19900203; phone=111",
		"family_name=b; birth_date=19910203; phone=111",
		"family_name=c; birth_date=19920203; phone=111",
		"family_name=d; birth_date=19930203; phone=222",
		"family_name=d; birth_date=19930203; phone=222",
		"family_name=d; birth_date=19930203; phone=222",
		"family_name=e; birth_date=19940203; phone=222",
	};
	struct match_plan *plan = test_plan(plan_text);
	struct match_records *r = records(plan, rows, 7);
	assert_int_equal(r->n, 5);
	for (size_t i = 0; i < 3; i++)
		assert_null(value(r, i, PHONE));
	assert_non_null(value(r, 3, PHONE));
	assert_non_null(value(r, 4, PHONE));
	match_records_free(r);
	match_plan_free(plan);
}

static void what_repeats_too_often_is_dropped(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"family_name=nguyen; birth_date=19900203",
		"family_name=nguyen; birth_date=19910203",
		"family_name=nguyen; birth_date=19920203",
		"family_name=nguyen; birth_date=19930203",
		"family_name=rare; birth_date=19940203",
		"family_name=rare; birth_date=19950203",
		"family_name=rare; birth_date=19960203",
	};
	struct match_plan *plan = test_plan(plan_text);
	struct match_records *r = records(plan, rows, 7);
	assert_int_equal(r->n, 7);
	assert_int_equal(r->n_dropped_values, 4);
	for (size_t i = 0; i < 7; i++) {
		assert_true((value(r, i, NAME) == NULL) == (i < 4));
		assert_non_null(value(r, i, NAME_BIRTH));
	}
	match_records_free(r);
	match_plan_free(plan);
}

/* Many rows that say the same are one person, however many; rows that say little are not. */
static void copies(void **state)
{
	(void)state;
	enum { N = 300 };
	const char *same[N], *little[N];
	for (size_t i = 0; i < N; i++) {
		same[i] = "family_name=smith; birth_date=19900203; document=x1";
		little[i] = "family_name=smith";
	}
	struct match_plan *plan = test_plan(plan_text);
	struct match_records *r = records(plan, same, N);
	assert_int_equal(r->n, 1);
	match_records_free(r);
	r = records(plan, little, N);
	assert_int_equal(r->n, N);
	match_records_free(r);
	r = records(plan, NULL, 0);
	assert_int_equal(r->n, 0);
	match_records_free(r);
	match_plan_free(plan);
}

/* The same rows in another order make the same records with the same values. */
static void order_does_not_matter(void **state)
{
	(void)state;
	enum { N = 40 };
	struct match_plan *plan = test_plan(plan_text);
	struct random_stream s;
	random_init(&s, 7, 7);
	for (int round = 0; round < 200; round++) {
		char text[N][100];
		const char *rows[N], *moved[N];
		uint32_t order[N];
		for (size_t i = 0; i < N; i++) {
			(void)snprintf(text[i], sizeof text[i],
				"family_name=n%d; birth_date=199%d0203; phone=%d; document=%d",
				(int)random_below(&s, 8), (int)random_below(&s, 5), (int)random_below(&s, 40),
				(int)random_below(&s, 60));
			rows[i] = text[i];
		}
		random_permutation(&s, N, order);
		for (size_t i = 0; i < N; i++)
			moved[order[i]] = rows[i];
		struct match_records *a = records(plan, rows, N);
		struct match_records *b = records(plan, moved, N);
		assert_int_equal(a->n, b->n);
		assert_int_equal(a->n_dropped_values, b->n_dropped_values);
		for (size_t i = 0; i < N; i++) {
			const uint32_t x = a->row_record[i], y = b->row_record[order[i]];
			for (size_t j = 0; j < i; j++)
				assert_true((a->row_record[j] == x) == (b->row_record[order[j]] == y));
			for (size_t k = 0; k < N_SLOTS; k++) {
				const char *v = value(a, x, k), *w = value(b, y, k);
				assert_true((v == NULL) == (w == NULL));
				if (v && k != PHONE && k != PHONE_2)
					assert_string_equal(v, w);
			}
		}
		match_records_free(a);
		match_records_free(b);
	}
	match_plan_free(plan);
}

struct sweep {
	const struct match_plan *plan;
	const struct person_list *list;
};

static int make(void *context, struct cf_error *err)
{
	const struct sweep *s = context;
	CF_CLEANUP_RECORDS struct match_records *r = NULL;
	return match_records_new(s->list, s->plan, NULL, NULL, &r, err);
}

static void memory_may_fail(void **state)
{
	(void)state;
	static const char *const rows[] = {"family_name=a; birth_date=19900203; phone=111; phone=222",
		"family_name=a; birth_date=19900203; document=x1", "family_name=b; phone=111"};
	struct match_plan *plan = test_plan(plan_text);
	struct person_list *list = test_list(rows, 3);
	struct sweep s = {plan, list};
	assert_true(sweep_run("records", make, &s) > 15);
	test_list_free(list);
	match_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(duplicates_become_one),
		cmocka_unit_test(shared_identifiers_stay_out),
		cmocka_unit_test(what_repeats_too_often_is_dropped),
		cmocka_unit_test(copies),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
