#include "work/study_score.h"

#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/file.h"
#include "base/sweep.h"
#include "crypto/secret.h"
#include "work/run_manifest.h"
#include "work/study.h"

/*
 * Two lists worked by hand. List a has five persons in six rows, 1 twice. List b has 1 and 2 as a has them;
 * 8, who looks exactly like a's 3; 4, who looks like nobody; and 6 and 7. pairs of one person: 1 (twice), 2,
 * 4 = 4; found: 1 (twice), 2, 3 with 8 = 4; correct: 3 overlap: only a: 4, 5; only b: 4, 6, 7; both: 1, 2, 3
 * with 8
 */
static const char list_a[] = "given_name,family_name,birth_date,phone,rec_id\n"
			     "Katarzyna,Wisniewska,1991-03-17,+999 611111111,rec-1-org\n"
			     "Bogdan,Umanskyi,1984-11-29,+999 622222222,rec-2-org\n"
			     "Thandiwe,Nkosana,1999-07-23,+999 633333333,rec-3-org\n"
			     "Leopold,Harrington,1975-01-30,+999 644444444,rec-4-org\n"
			     "Yolanda,Zamudio,2001-09-19,+999 655555555,rec-5-org\n"
			     "Katarzyna,Wisniewska,1991-03-17,+999 611111111,rec-1-dup\n";
static const char list_b[] = "given_name,family_name,birth_date,phone,rec_id\n"
			     "Gwendolyn,Fitzpatrick,1968-12-31,+999 666666666,rec-6-org\n"
			     "Katarzyna,Wisniewska,1991-03-17,+999 611111111,rec-1-org\n"
			     "Thandiwe,Nkosana,1999-07-23,+999 633333333,rec-8-org\n"
			     "Bogdan,Umanskyi,1984-11-29,+999 622222222,rec-2-org\n"
			     "Ousmane,Diabate,1993-05-14,+999 677777777,rec-4-org\n"
			     "Irmgard,Pfefferkorn,1958-08-26,+999 688888888,rec-7-org\n";
static const char overlap_by_hand[] = "a,b,count\n1,0,2\n0,1,3\n1,1,3\n";
static char truth_text[] = "rec_id:rec-([0-9]+)-";

static char folder[] = "/tmp/counterfoil_score_XXXXXX";

static char *in_folder(const char *name)
{
	char *path = file_path(folder, name);
	assert_non_null(path);
	return path;
}

static void write_file(const char *name, const char *text)
{
	CF_CLEANUP_FREE char *path = in_folder(name);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
}

static void make_study(void)
{
	static const char *const names[] = {"a", "b", "analyst"};
	CF_CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	char *cards[3];
	char *dirs[3];
	for (size_t i = 0; i < 3; i++) {
		char card[40];
		(void)snprintf(card, sizeof card, "%s-keys/%s.card", names[i], names[i]);
		cards[i] = in_folder(card);
		(void)snprintf(card, sizeof card, "%s-keys", names[i]);
		dirs[i] = in_folder(card);
		const struct study_keygen_request r = {.name = names[i], .access = {.dir = dirs[i]}};
		if (study_keygen(&r, &notes, &err) < 0)
			fail_msg("%s", err.message);
	}
	const struct study_member parties[] = {{"a", cards[0]}, {"b", cards[1]}};
	CF_CLEANUP_FREE char *out = in_folder("study.ini");
	const struct study_new_request r = {.out = out,
		.title = "by hand",
		.epoch = "2025",
		.parties = parties,
		.n_parties = 2,
		.analyst = {"analyst", cards[2]}};
	if (study_new(&r, &notes, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < 3; i++) {
		mem_free(cards[i]);
		mem_free(dirs[i]);
	}
}

static void make_manifest(const char *ignore)
{
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *m = NULL;
	CF_CLEANUP_FREE char *a = in_folder("a.csv");
	CF_CLEANUP_FREE char *b = in_folder("b.csv");
	assert_int_equal(run_manifest_new(NULL, &m, NULL), 0);
	if (ignore)
		assert_int_equal(run_manifest_add_ignore(m, ignore, NULL), 0);
	assert_int_equal(run_manifest_add_list(m, &(struct run_list_request){"a", a, NULL, NULL}, NULL), 0);
	assert_int_equal(run_manifest_add_list(m, &(struct run_list_request){"b", b, NULL, NULL}, NULL), 0);
	assert_int_equal(run_manifest_write(m, folder, NULL), 0);
}

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(crypto_start(NULL), 0);
	write_file("a.csv", list_a);
	write_file("b.csv", list_b);
	write_file("overlap.csv", overlap_by_hand);
	make_manifest("rec_id");
	make_study();
	return 0;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int drop_folder(void **state)
{
	(void)state;
	return nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static struct study_score *score_now(char *truth)
{
	struct cf_error err = CF_ERROR_INIT;
	struct study_score *s = NULL;
	if (study_score(&(struct study_score_request){folder, truth, NULL}, &s, &err) < 0)
		fail_msg("%s", err.message);
	return s;
}

static void test_by_hand(void **state)
{
	(void)state;
	CF_CLEANUP_STUDY_SCORE struct study_score *s = score_now(truth_text);
	assert_int_equal(s->n_lists, 2);
	assert_int_equal(s->lists[0].n_rows, 6);
	assert_int_equal(s->lists[0].n_records, 5);
	assert_int_equal(s->lists[0].n_persons, 5);
	assert_int_equal(s->lists[1].n_rows, 6);
	assert_int_equal(s->lists[1].n_records, 6);
	assert_int_equal(s->lists[1].n_persons, 6);
	assert_false(s->lists[0].truth_was_used);
	assert_int_equal(s->n_clusters, 8);
	assert_int_equal(s->n_persons, 8);
	assert_int_equal(s->all.truth, 4);
	assert_int_equal(s->all.found, 4);
	assert_int_equal(s->all.correct, 3);
	assert_int_equal(s->by_lists[1].correct, 3);
}

/* Without the expression every text is a person of its own: "rec-1-dup" is nobody else's. */
static void test_whole_cells(void **state)
{
	(void)state;
	char column[] = "rec_id";
	CF_CLEANUP_STUDY_SCORE struct study_score *s = score_now(column);
	assert_int_equal(s->all.truth, 3);
	assert_int_equal(s->all.found, 4);
	assert_int_equal(s->all.correct, 2);
	assert_int_equal(s->lists[0].n_persons, 6);
}

static double number(const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);
	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void test_json(void **state)
{
	(void)state;
	CF_CLEANUP_STUDY_SCORE struct study_score *s = score_now(truth_text);
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	assert_int_equal(study_score_json(s, &text), 0);
	json_t *root = json_loads(buffer_text(&text), 0, NULL);
	assert_non_null(root);
	assert_true(fabs(number(root, "precision") - 0.75) < 1e-12);
	assert_true(fabs(number(root, "recall") - 0.75) < 1e-12);
	assert_int_equal((int)number(root, "truth_pairs"), 4);
	assert_int_equal((int)number(root, "clusters"), 8);
	assert_true(json_is_true(json_object_get(root, "overlap_equals_protocol")));
	const json_t *pair = json_array_get(json_object_get(root, "pairs_of_lists"), 0);
	assert_string_equal(json_string_value(json_object_get(pair, "second")), "b");
	assert_int_equal((int)number(pair, "correct_pairs"), 3);
	const json_t *list = json_array_get(json_object_get(root, "lists"), 0);
	assert_int_equal((int)number(list, "records"), 5);
	json_decref(root);
}

static void test_text(void **state)
{
	(void)state;
	CF_CLEANUP_STUDY_SCORE struct study_score *s = score_now(truth_text);
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	assert_int_equal(study_score_text(s, &text), 0);
	assert_non_null(strstr(buffer_text(&text), "    0.7500    0.7500\n"));
	assert_non_null(strstr(buffer_text(&text), "8 clusters; in truth 8 persons"));
	assert_null(strstr(buffer_text(&text), "warning"));
	/* no cell of the lists */
	assert_null(strstr(buffer_text(&text), "Wisniewska"));
}

static void refuse(const char *truth, int code, const char *says)
{
	struct cf_error err = CF_ERROR_INIT;
	struct study_score *s = NULL;
	assert_int_equal(study_score(&(struct study_score_request){folder, truth, NULL}, &s, &err), code);
	assert_null(s);
	if (!strstr(err.message, says))
		fail_msg("expected \"%s\" in: %s", says, err.message);
	assert_null(strstr(err.message, "Wisniewska"));
}

static void test_difference(void **state)
{
	(void)state;
	write_file("overlap.csv", "a,b,count\n1,0,2\n0,1,3\n1,1,4\n");
	refuse(truth_text, CF_E_INTERNAL, "on a and b only there are 4 by the protocol, 3 in the clear");
	write_file("overlap.csv", "a,b,count\n1,0,2\n1,1,3\n");
	refuse(truth_text, CF_E_INTERNAL, "on b only there are 0 by the protocol, 3 in the clear");
	write_file("overlap.csv", overlap_by_hand);
}

static void test_refuses(void **state)
{
	(void)state;
	refuse("person", CF_E_NOT_FOUND,
		"no column 'person'; its columns are given_name, family_name, birth_date, phone, rec_id");
	refuse("rec_id:x([0-9]+)", CF_E_INPUT, "a.csv:2: column 'rec_id'");
	refuse("rec_id:(", CF_E_USAGE, "not a regular expression");
	make_manifest("nothing_of_the_kind");
	refuse(truth_text, CF_E_NOT_FOUND, "nothing_of_the_kind");
	make_manifest("rec_id");
}

/* A truth that took part in the matching is said to flatter. */
static void test_used_truth(void **state)
{
	(void)state;
	char column[] = "phone";
	CF_CLEANUP_STUDY_SCORE struct study_score *s = score_now(column);
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	assert_true(s->lists[0].truth_was_used && s->lists[1].truth_was_used);
	assert_int_equal(study_score_text(s, &text), 0);
	assert_non_null(strstr(buffer_text(&text), "warning"));
}

static void test_wrong_folder(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	struct study_score *s = NULL;
	assert_int_equal(
		study_score(&(struct study_score_request){"/nowhere", "x", NULL}, &s, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, "study run --out"));
}

static int score_once(void *context, struct cf_error *err)
{
	CF_CLEANUP_STUDY_SCORE struct study_score *s = NULL;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(study_score(&(struct study_score_request){folder, context, NULL}, &s, err));
	TRY_MEMORY(study_score_json(s, &text), err);
	TRY_MEMORY(study_score_text(s, &text), err);
	return 0;
}

static void test_out_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("score", score_once, truth_text) > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_whole_cells),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_used_truth),
		cmocka_unit_test(test_wrong_folder),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
