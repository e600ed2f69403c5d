#include "work/study_score.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/ini.h"
#include "base/json.h"
#include "crypto/secret.h"
#include "intake/columns.h"
#include "match/cluster.h"
#include "match/records.h"
#include "match/study.h"
#include "work/run_manifest.h"
#include "work/score_truth.h"

/* One list, read again and turned into tokens in the clear. */
struct scored_list {
	struct match_records *records;
	uint32_t *truth;    /* by row of the file, from 0 */
	uint32_t *file_row; /* by row of the list of persons: its row in the file, from 0 */
	uint8_t *tokens;
};

struct scoring {
	const struct study_score_request *request;
	struct run_manifest *manifest;
	struct match_study *study;
	struct score_truth *truth;
	struct scored_list lists[MATCH_MAX_PARTIES];
	struct match_token_list tokens[MATCH_MAX_PARTIES];
	struct match_clusters *clusters;
	struct study_score *score;
};

static void scoring_done(struct scoring *s)
{
	for (size_t i = 0; i < MATCH_MAX_PARTIES; i++) {
		match_records_free(s->lists[i].records);
		mem_free(s->lists[i].truth);
		mem_free(s->lists[i].file_row);
		mem_free(s->lists[i].tokens);
	}
	match_clusters_free(s->clusters);
	score_truth_free(s->truth);
	match_study_free(s->study);
	run_manifest_free(s->manifest);
	study_score_free(s->score);
}

struct study_score *study_score_free(struct study_score *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; s->lists && i < s->n_lists; i++)
		mem_free(s->lists[i].name);
	mem_free(s->lists);
	mem_free(s->by_lists);
	return mem_free(s);
}

/*
 * The folder
 */

static int read_study(struct scoring *s, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_FREE char *path = file_path(s->request->dir, "study.ini");
	if (!path)
		return error_memory(err);
	TRY(run_manifest_read(s->request->dir, &s->manifest, err));
	TRY(file_read(path, MATCH_STUDY_MAX_BYTES, &text, err));
	TRY(match_study_parse(path, buffer_text(&text), text.n, &s->study, err));
	if (s->manifest->n_lists != s->study->n_parties)
		return error_set(err, CF_E_INPUT, "%s has %zu parties, but run.ini beside it has %zu lists",
			path, s->study->n_parties, s->manifest->n_lists);
	for (size_t i = 0; i < s->manifest->n_lists; i++)
		if (strcmp(s->manifest->lists[i].name, match_study_card(s->study, i)->name) != 0)
			return error_set(err, CF_E_INPUT,
				"%s and run.ini beside it name list %zu differently", path, i + 1);
	return 0;
}

static int new_score(struct scoring *s, struct cf_error *err)
{
	size_t n = s->manifest->n_lists;
	struct study_score *score = s->score = NEW(struct study_score);
	if (!score)
		return error_memory(err);
	score->n_lists = n;
	score->lists = NEW_ARRAY_ZERO(struct study_score_list, n);
	score->by_lists = NEW_ARRAY_ZERO(struct score_pairs, n * n);
	if (!score->lists || !score->by_lists)
		return error_memory(err);
	for (size_t i = 0; i < n; i++)
		if (!(score->lists[i].name = mem_strdup(s->manifest->lists[i].name)))
			return error_memory(err);
	return 0;
}

/*
 * The lists
 */

/* Whether the column that tells the truth is also one that the keys are made of. */
static int check_mapping(const struct scoring *s, const struct intake_options *options, const char *path,
	bool *ret, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	struct intake_mapping mapping;
	TRY(csv_open(path, &(struct csv_options){.trim = true}, &csv, err));
	TRY(intake_map_columns(csv, options->mapping, options->mapping_section, options->ignore,
		options->n_ignore, &mapping, err));
	ptrdiff_t column = csv_find_column(csv, score_truth_column(s->truth));
	*ret = column >= 0 && (size_t)column < mapping.n_columns && mapping.field[column] >= 0;
	return 0;
}

static int keep_file_rows(const struct person_list *persons, struct scored_list *l, struct cf_error *err)
{
	l->file_row = NEW_ARRAY(uint32_t, persons->n);
	if (!l->file_row)
		return error_memory(err);
	for (size_t i = 0; i < persons->n; i++)
		l->file_row[i] = persons->persons[i].row - 1;
	return 0;
}

static int check_rows(const struct scored_list *l, size_t n_rows, const char *path, struct cf_error *err)
{
	for (size_t i = 0; i < l->records->n_rows; i++)
		if (l->file_row[i] >= n_rows)
			return error_set(err, CF_E_INTERNAL, "%s changed while it was read", path);
	return 0;
}

static int read_list(struct scoring *s, size_t i, struct cf_error *err)
{
	const struct run_list *list = &s->manifest->lists[i];
	struct scored_list *l = &s->lists[i];
	struct study_score_list *score = &s->score->lists[i];
	CF_CLEANUP_INI struct ini *mapping = NULL;
	CF_CLEANUP_PERSON_LIST struct person_list *persons = NULL;
	TRY(score_truth_read(s->truth, list->path, &l->truth, &score->n_rows, err));
	if (list->mapping)
		TRY(ini_open(list->mapping, &mapping, err));
	const struct intake_options options = {
		.list_name = list->name,
		.mapping = mapping,
		.mapping_section = list->mapping_section,
		.ignore = (const char *const *)s->manifest->ignore,
		.n_ignore = s->manifest->n_ignore,
		.country = s->study->country,
		.progress = s->request->progress,
	};
	TRY(check_mapping(s, &options, list->path, &score->truth_was_used, err));
	TRY(intake_read_persons(list->path, &options, &persons, NULL, err));
	TRY(keep_file_rows(persons, l, err));
	TRY(match_records_new(
		persons, s->study->plan, s->study->strata, s->request->progress, &l->records, err));
	score->n_records = l->records->n;
	return check_rows(l, score->n_rows, list->path, err);
}

/*
 * Tokens in the clear
 */

/* A value's token says its key and the value; an empty slot's its own place, so that no other is like it. */
static void make_token(const struct scoring *s, size_t list, size_t at, uint8_t *ret)
{
	const struct match_records *r = s->lists[list].records;
	const char *key =
		match_plan_key_name(s->study->plan, match_plan_slot_key(s->study->plan, at % r->n_slots));
	const uint64_t place[2] = {list, at};
	const struct crypto_part value[2] = {
		{key, strlen(key)}, {r->values[at], r->values[at] ? strlen(r->values[at]) : 0}};
	const struct crypto_part empty = {place, sizeof place};
	if (r->values[at])
		crypto_digest("counterfoil score value", value, 2, ret);
	else
		crypto_digest("counterfoil score empty slot", &empty, 1, ret);
}

static int make_tokens(struct scoring *s, size_t list, struct cf_error *err)
{
	const struct match_records *r = s->lists[list].records;
	const size_t total = r->n * r->n_slots;
	uint8_t *tokens = s->lists[list].tokens = mem_alloc(total, MATCH_TOKEN_BYTES);
	if (!tokens)
		return error_memory(err);
	for (size_t at = 0; at < total; at++)
		make_token(s, list, at, tokens + at * MATCH_TOKEN_BYTES);
	s->tokens[list] = (struct match_token_list){
		.name = s->manifest->lists[list].name,
		.n = r->n,
		.tokens = tokens,
		.stratum = s->study->strata ? r->stratum : NULL,
	};
	return 0;
}

/*
 * Scoring
 */

static int compare_overlap(const struct scoring *s, struct cf_error *err)
{
	CF_CLEANUP_OVERLAP struct overlap_table *clear = NULL;
	CF_CLEANUP_OVERLAP struct overlap_table *protocol = NULL;
	CF_CLEANUP_FREE char *path = file_path(s->request->dir, "overlap.csv");
	if (!path)
		return error_memory(err);
	TRY(overlap_read(path, &protocol, err));
	TRY(match_overlap(s->clusters, s->tokens, s->study->strata, &clear, err));
	return score_compare_tables(protocol, clear, err);
}

static void fill_rows(const struct scoring *s, struct score_row *rows)
{
	size_t n = 0;
	for (size_t list = 0; list < s->score->n_lists; list++) {
		const struct scored_list *l = &s->lists[list];
		for (size_t i = 0; i < l->records->n_rows; i++)
			rows[n++] = (struct score_row){
				.list = (uint32_t)list,
				.cluster = s->clusters->cluster[list][l->records->row_record[i]],
				.truth = l->truth[l->file_row[i]],
			};
	}
}

static int count_persons(struct scoring *s, const struct score_row *rows, size_t n, struct cf_error *err)
{
	/* one bit a list, by person */
	CF_CLEANUP_FREE uint32_t *seen = NEW_ARRAY_ZERO(uint32_t, score_truth_n(s->truth));
	if (!seen)
		return error_memory(err);
	for (size_t i = 0; i < n; i++) {
		uint32_t *lists = &seen[rows[i].truth];
		s->score->n_persons += *lists == 0;
		s->score->lists[rows[i].list].n_persons += !(*lists >> rows[i].list & 1u);
		*lists |= 1u << rows[i].list;
	}
	return 0;
}

static int count(struct scoring *s, struct cf_error *err)
{
	size_t n = 0;
	for (size_t i = 0; i < s->score->n_lists; i++)
		n += s->lists[i].records->n_rows;
	CF_CLEANUP_FREE struct score_row *rows = NEW_ARRAY(struct score_row, n);
	if (!rows)
		return error_memory(err);
	fill_rows(s, rows);
	TRY(count_persons(s, rows, n, err));
	TRY(score_count_pairs(rows, n, s->score->n_lists, s->score->by_lists, err));
	s->score->all = score_sum(s->score->by_lists, s->score->n_lists);
	s->score->n_clusters = s->clusters->n_clusters;
	return 0;
}

int study_score(const struct study_score_request *r, struct study_score **ret, struct cf_error *err)
{
	CF_CLEANUP(scoring_done) struct scoring s = {.request = r};
	TRY(crypto_start(err));
	TRY(score_truth_new(r->truth, &s.truth, err));
	TRY(read_study(&s, err));
	TRY(new_score(&s, err));
	for (size_t i = 0; i < s.score->n_lists; i++) {
		TRY(read_list(&s, i, err));
		TRY(make_tokens(&s, i, err));
	}
	TRY(match_cluster(s.study->plan, s.tokens, s.score->n_lists, r->progress, &s.clusters, err));
	TRY(compare_overlap(&s, err));
	TRY(count(&s, err));
	*ret = TAKE(s.score);
	return 0;
}
