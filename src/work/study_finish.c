/* The analyst's end: clusters, the overlap table, the estimates, the report. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/json.h"
#include "estimate/estimate.h"
#include "match/cluster.h"
#include "work/study_folder.h"
#include "work/study_report.h"

/* The lists as match_cluster reads them. */
struct bags {
	size_t n;
	struct match_tokens *tokens[MATCH_MAX_PARTIES];
	uint32_t *stratum[MATCH_MAX_PARTIES];
	struct match_token_list lists[MATCH_MAX_PARTIES];
};

static void bags_done(struct bags *b)
{
	for (size_t i = 0; i < b->n; i++) {
		match_tokens_free(b->tokens[i]);
		mem_free(b->stratum[i]);
	}
}

static int read_bag(struct study_folder *f, size_t i, struct bags *b, struct cf_error *err)
{
	TRY(study_read_stored_list(f, i, &b->tokens[i], err));
	const struct match_tokens *t = b->tokens[i];
	b->stratum[i] = NEW_ARRAY(uint32_t, t->n);
	if (!b->stratum[i])
		return error_memory(err);
	for (size_t k = 0; k < t->n; k++)
		b->stratum[i][k] = t->stratum[k];
	b->lists[i] = (struct match_token_list){
		.name = f->study->parties[i].name,
		.n = t->n,
		.tokens = t->tokens,
		.stratum = f->study->strata ? b->stratum[i] : NULL,
	};
	return 0;
}

int study_make_table(struct study_folder *f, struct study_links *ret_links, struct overlap_table **ret,
	struct cf_error *err)
{
	CF_CLEANUP(bags_done) struct bags bags = {.n = f->study->n_parties};
	CF_CLEANUP_CLUSTERS struct match_clusters *clusters = NULL;
	for (size_t i = 0; i < bags.n; i++) {
		TRY(read_bag(f, i, &bags, err));
		progress_report(f->control->progress, "reading lists", i + 1, bags.n);
	}
	TRY(match_cluster(f->study->plan, bags.lists, bags.n, f->control->progress, &clusters, err));
	TRY(match_overlap(clusters, bags.lists, f->study->strata, ret, err));
	*ret_links = (struct study_links){.n_tied = clusters->n_tied, .n_conflicts = clusters->n_conflicts};
	return 0;
}

static int write_links(const struct study_folder *f, const struct study_links *links, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_FREE char *path = study_path(f->root, STUDY_LINKS);
	if (!path)
		return error_memory(err);
	TRY_MEMORY(buffer_printf(&text, "[links]\ntied = %" PRIu64 "\nconflicts = %" PRIu64 "\n",
			   links->n_tied, links->n_conflicts),
		err);
	return file_write_atomic(path, text.data, text.n, 0600, err);
}

static int read_links(const struct study_folder *f, struct study_links *ret, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	CF_CLEANUP_FREE char *path = study_path(f->root, STUDY_LINKS);
	if (!path)
		return error_memory(err);
	TRY(ini_open(path, &ini, err));
	const char *tied = ini_get(ini, "links", "tied");
	const char *conflicts = ini_get(ini, "links", "conflicts");
	if (!tied || !conflicts)
		return error_set(err, CF_E_STATE, "%s is damaged", path);
	*ret = (struct study_links){strtoull(tied, NULL, 10), strtoull(conflicts, NULL, 10)};
	return 0;
}

/* Once the table is written, the blinded lists are not needed again, and go. */
static int drop_lists(struct study_folder *f, struct cf_error *err)
{
	CF_CLEANUP(file_list_done) struct file_list files = FILE_LIST_INIT;
	CF_CLEANUP_FREE char *lists = study_path(f->root, STUDY_LISTS);
	if (!lists)
		return error_memory(err);
	TRY(file_list(lists, &files, err));
	for (size_t i = 0; i < files.n; i++) {
		CF_CLEANUP_FREE char *path = file_path(lists, files.names[i]);
		if (!path)
			return error_memory(err);
		TRY(file_remove(path, false, err));
	}
	return 0;
}

/* The table of the first time, or made now. */
static int find_table(struct study_folder *f, struct study_links *ret_links, struct overlap_table **ret,
	struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_FREE char *path = study_path(f->root, STUDY_OVERLAP);
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	if (!path)
		return error_memory(err);
	if (f->party.finished) {
		TRY(drop_lists(f, err));
		TRY(read_links(f, ret_links, err));
		return overlap_read(path, ret, err);
	}
	TRY(study_make_table(f, ret_links, &table, err));
	TRY(write_links(f, ret_links, err));
	TRY_MEMORY(overlap_format(table, &text), err);
	TRY(file_write_atomic(path, text.data, text.n, 0600, err));
	study_checkpoint(f, "overlap stored");
	f->party.finished = true;
	TRY(study_save_journal(f, err));
	study_checkpoint(f, "finish journalled");
	TRY(drop_lists(f, err));
	*ret = TAKE(table);
	return 0;
}

static int write_table(const struct study_folder *f, const char *out, struct cf_error *err)
{
	CF_CLEANUP_FREE char *from = study_path(f->root, STUDY_OVERLAP);
	CF_CLEANUP_FREE char *to = file_path(out, "overlap.csv");
	if (!from || !to)
		return error_memory(err);
	return file_copy(from, to, 0600, err);
}

/* The estimates, and the report that is made of them. */
static int report(const struct study_folder *f, const struct study_finish_request *r,
	const struct study_links *links, const struct overlap_table *table, struct estimate_report **ret,
	struct cf_error *err)
{
	struct estimate_options options = ESTIMATE_OPTIONS_INIT;
	CF_CLEANUP_ESTIMATE struct estimate_report *e = NULL;
	options.n_bootstrap = r->n_bootstrap;
	options.seed = r->seed;
	TRY(estimate_run_full(table, &options, f->pool, f->control->progress, &e, err));
	const struct study_report_request wanted = {
		.table = table, .links = *links, .estimate = e, .options = &options, .out = r->out};
	TRY(study_write_report(f, &wanted, err));
	*ret = TAKE(e);
	return 0;
}

static void json_results(struct json *j, const struct estimate_report *e)
{
	json_key(j, "results");
	json_begin_array(j);
	for (size_t i = 0; i < e->n_results; i++) {
		const struct estimate_result *r = &e->results[i];
		json_begin_object(j);
		json_key_text(j, "method", estimate_method_name(r->method));
		json_key_text(j, "model", r->model);
		json_key_text(j, "status", estimate_status_name(r->status));
		json_key_number(j, "estimate", r->estimate);
		json_key_number(j, "lower", r->lower);
		json_key_number(j, "upper", r->upper);
		json_key_number(j, "level", r->level);
		json_end(j);
	}
	json_end(j);
}

static int summarise(const struct study_folder *f, const char *out, const struct overlap_table *table,
	const struct estimate_report *e, struct buffer *text)
{
	static const char *const made[] = {"report.html", "report.json", "overlap.csv"};
	struct json j;
	json_init(&j, text, true);
	json_begin_object(&j);
	json_key_text(&j, "study", f->study->title);
	json_key_text(&j, "epoch", f->study->epoch);
	json_key_text(&j, "out", out);
	json_key(&j, "files");
	json_begin_array(&j);
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		json_text(&j, made[i]);
	json_end(&j);
	json_key(&j, "lists");
	json_begin_array(&j);
	for (size_t i = 0; i < f->study->n_parties; i++) {
		json_begin_object(&j);
		json_key_text(&j, "name", f->study->parties[i].name);
		json_key_unsigned(&j, "records", f->joins[i].n_records);
		json_end(&j);
	}
	json_end(&j);
	json_key_unsigned(&j, "persons", overlap_n_persons(table));
	json_results(&j, e);
	json_key_text(&j, "verdict", estimate_verdict_name(e->verdict));
	json_key(&j, "reasons");
	json_begin_array(&j);
	for (size_t i = 0; i < e->n_reasons; i++)
		json_text(&j, e->reasons[i]);
	json_end(&j);
	json_end(&j);
	return json_finish(&j);
}

static int describe(const char *out, const struct overlap_table *table, const struct estimate_report *e,
	struct buffer *notes)
{
	TRY(buffer_printf(notes, "%llu persons stand on at least one list\n",
		(unsigned long long)overlap_n_persons(table)));
	for (size_t i = 0; i < e->n_results; i++) {
		const struct estimate_result *r = &e->results[i];
		if (r->status == ESTIMATE_IDENTIFIED)
			TRY(buffer_printf(notes, "%-9s in all about %.0f (%.0f to %.0f)  %s\n",
				estimate_method_name(r->method), r->estimate, r->lower, r->upper, r->model));
		else
			TRY(buffer_printf(notes, "%-9s %s: %s\n", estimate_method_name(r->method),
				estimate_status_name(r->status), r->reason ? r->reason : ""));
	}
	TRY(buffer_printf(notes, "verdict: %s\n", estimate_verdict_name(e->verdict)));
	for (size_t i = 0; i < e->n_reasons; i++)
		TRY(buffer_printf(notes, "  %s\n", e->reasons[i]));
	return buffer_printf(
		notes, "the report is in %s/report.html; overlap.csv beside it is exact: keep it\n", out);
}

static int check_ready(const struct study_folder *f, struct cf_error *err)
{
	struct match_counts c;
	if (!match_party_is_analyst(&f->party))
		return error_set(err, CF_E_USAGE, "only the analyst finishes a study; %s belongs to '%s'",
			f->root, match_study_card(f->study, f->party.self)->name);
	match_party_counts(&f->party, &c);
	if (!match_party_complete(&f->party))
		return error_set(err, CF_E_STATE,
			"%zu of %zu lists are here; 'counterfoil study status --dir %s' says what is missing",
			c.n_lists_in, c.n_lists_in_wanted, f->root);
	return 0;
}

int study_finish(const struct study_finish_request *r, const struct study_control *control,
	struct study_finish_result *ret, struct buffer *notes, struct buffer *json, struct cf_error *err)
{
	static const struct study_control plain;
	CF_CLEANUP_FOLDER struct study_folder *f = NULL;
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	CF_CLEANUP_ESTIMATE struct estimate_report *e = NULL;
	struct study_links links = {0};
	TRY(study_folder_open(&r->access, control ? control : &plain, &f, err));
	TRY(check_ready(f, err));
	TRY(study_clear_leftovers(f, err));
	study_set_roster(f);
	TRY(find_table(f, &links, &table, err));
	TRY(file_make_folder(r->out, 0755, err));
	TRY(write_table(f, r->out, err));
	TRY(report(f, r, &links, table, &e, err));
	if (notes)
		TRY_MEMORY(describe(r->out, table, e, notes), err);
	if (json)
		TRY_MEMORY(summarise(f, r->out, table, e, json), err);
	*ret = (struct study_finish_result){.answered = e->headline != SIZE_MAX};
	return 0;
}
