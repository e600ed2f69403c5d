#include <inttypes.h>
#include <string.h>

#include "base/ini.h"
#include "intake/columns.h"
#include "match/commitment.h"
#include "match/records.h"
#include "work/study_folder.h"
#include "work/study_ledger.h"

/*
 * The list
 */

static bool has_section(const struct ini *ini, const char *section)
{
	for (size_t i = 0; ini && i < ini_n(ini); i++)
		if (strcmp(ini_at(ini, i)->section, section) == 0)
			return true;
	return false;
}

/* Where the columns of this party's list are stated: a file of its own, else the study file; else they are
 * guessed. */
struct column_source {
	struct ini *own;
	const struct ini *ini; /* NULL: guess */
	char section[80];
};

static void column_source_done(struct column_source *c)
{
	c->own = ini_free(c->own);
}

static int find_columns(const struct study_join_request *r, const struct match_study *s, size_t self,
	struct column_source *ret, struct cf_error *err)
{
	(void)snprintf(ret->section, sizeof ret->section, "columns %s", match_study_card(s, self)->name);
	if (!r->columns) {
		ret->ini = has_section(s->ini, ret->section) ? s->ini : NULL;
		return 0;
	}
	TRY(ini_open(r->columns, &ret->own, err));
	ret->ini = ret->own;
	if (r->columns_section)
		(void)snprintf(ret->section, sizeof ret->section, "%s", r->columns_section);
	else if (!has_section(ret->own, ret->section))
		(void)snprintf(ret->section, sizeof ret->section, "columns");
	if (!has_section(ret->own, ret->section))
		return error_set(err, CF_E_INPUT, "%s has no section [%s]", r->columns, ret->section);
	return 0;
}

/* Reads, deduplicates and makes slots; persons and clear values live no longer than the caller's records. */
static int read_records(const struct study_join_request *r, const struct match_study *s, size_t self,
	const struct study_control *control, struct match_records **ret, struct buffer *notes,
	struct cf_error *err)
{
	CF_CLEANUP(column_source_done) struct column_source columns = {0};
	CF_CLEANUP_PERSON_LIST struct person_list *persons = NULL;
	TRY(find_columns(r, s, self, &columns, err));
	const struct intake_options options = {
		.list_name = match_study_card(s, self)->name,
		.mapping = columns.ini,
		.mapping_section = columns.ini ? columns.section : NULL,
		.ignore = r->ignore,
		.n_ignore = r->n_ignore,
		.country = s->country,
		.progress = control->progress,
	};
	TRY(intake_read_persons(r->list, &options, &persons, notes, err));
	return match_records_new(persons, s->plan, s->strata, control->progress, ret, err);
}

static int check_size(const struct match_study *s, const struct match_records *records, const char *list,
	struct cf_error *err)
{
	if (records->n < s->min_records)
		return error_set(err, CF_E_INPUT,
			"%s holds %zu different persons; the study takes lists of at least %" PRIu32
			", so that nobody stands out",
			list, records->n, s->min_records);
	if (records->n > s->max_records)
		return error_set(err, CF_E_LIMIT,
			"%s holds %zu different persons; the study takes at most %" PRIu32, list, records->n,
			s->max_records);
	return 0;
}

/*
 * Words for people
 */

static int describe_study(const struct match_study *s, struct buffer *out)
{
	char fingerprint[40];
	match_study_fingerprint(s, fingerprint);
	TRY(buffer_printf(out,
		"study: %s (epoch %s)\nfingerprint: %s (compare it with the others by voice)\n", s->title,
		s->epoch, fingerprint));
	for (size_t i = 0; i <= s->n_parties; i++) {
		identity_fingerprint(match_study_card(s, i), fingerprint);
		TRY(buffer_printf(out, "%s %s  %s\n", i < s->n_parties ? "party  " : "analyst", fingerprint,
			match_study_card(s, i)->name));
	}
	return 0;
}

static int describe_strata(const struct match_study *s, struct buffer *out)
{
	if (!s->strata)
		return buffer_append_text(out, "no strata\n");
	TRY(buffer_append_text(out, "the stratum of each record in clear ("));
	for (size_t i = 0; i < match_strata_n_columns(s->strata); i++)
		TRY(buffer_printf(out, "%s%s", i ? ", " : "", match_strata_column(s->strata, i)));
	return buffer_printf(
		out, "), at least %" PRIu32 " records of your list alike\n", match_strata_k(s->strata));
}

static int describe_party(const struct match_study *s, const struct match_records *r, struct buffer *out)
{
	TRY(buffer_printf(out,
		"\n%zu rows are %zu different persons; %zu values that repeat too often stay at home; %zu "
		"strata made "
		"coarser\n",
		r->n_rows, r->n, r->n_dropped_values, r->n_coarsened));
	TRY(buffer_append_text(out,
		"\nwhat will be revealed\n  to the other parties and the analyst: the number of "
		"persons, how many are in each stratum;\n    "));
	TRY(describe_strata(s, out));
	TRY(buffer_printf(out,
		"  to the other parties: %zu blinded tokens a person, which nobody can undo or compare with "
		"another "
		"list\n    without all other parties' help\n",
		match_plan_n_slots(s->plan)));
	TRY(buffer_append_text(out,
		"  to the analyst: which blinded records of different lists are the same person, so "
		"how many persons\n    stand on which lists; no name, date or number\n"));
	return buffer_append_text(
		out, "  docs/threat-model.md says what parties that cheat together could learn\n");
}

static int describe_analyst(const struct match_study *s, struct buffer *out)
{
	TRY(buffer_printf(out,
		"\nwhat the analyst will receive: %zu lists of blinded records (%zu tokens each) and their "
		"strata; "
		"from\nthem, how many persons stand on which lists. Agree never to run the same lists again "
		"in this "
		"epoch,\nand never to hand the table on below %" PRIu32 ".\n",
		s->n_parties, match_plan_n_slots(s->plan), s->k));
	return 0;
}

/*
 * Joining
 */

static uint32_t at_most_32_bits(size_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static int make_join(const struct study_folder *f, const struct match_records *records,
	const struct secret *audit, struct buffer *ret, struct cf_error *err)
{
	CF_CLEANUP(match_join_done)
	struct match_join join = {
		.party = (uint16_t)f->party.self,
		.n_records = (uint32_t)records->n,
		.n_rows = at_most_32_bits(records->n_rows),
		.n_dropped_values = at_most_32_bits(records->n_dropped_values),
		.n_coarsened = (uint32_t)records->n_coarsened,
		.stratum_counts = NEW_ARRAY_ZERO(uint32_t, match_study_n_codes(f->study)),
	};
	if (!join.stratum_counts)
		return error_memory(err);
	for (size_t i = 0; i < records->n; i++)
		join.stratum_counts[records->stratum[i]]++;
	TRY(match_join_check_counts(f->study, &join, err));
	TRY(match_commitment(f->study, records, audit, join.commitment, err));
	return match_join_encode(f->study, &join, f->identity, ret, err);
}

/* Blinds, shuffles and keeps the list, sealed to its owner: from here on no clear value is needed. */
static int keep_own_list(const struct study_folder *f, const struct match_records *records,
	const struct match_secrets *secrets, struct cf_error *err)
{
	const struct match_work work = study_work(f);
	CF_CLEANUP_TOKENS struct match_tokens *tokens = NULL;
	CF_CLEANUP_FREE uint32_t *order = NULL;
	CF_CLEANUP(study_sealing_done) struct study_sealing s = STUDY_SEALING_INIT;
	TRY(match_tokens_blind(f->study, records, secrets, &work, &tokens, err));
	TRY(match_tokens_shuffle(f->study, tokens, f->party.self, secrets, &order, err));
	struct study_list list = {.tokens = tokens, .order = order};
	TRY(study_keep_begin(f, &s, STUDY_OWN, STUDY_KIND_OWN, err));
	const struct match_sink sink = study_sink(&s);
	TRY(study_write_list(&list, &sink, err));
	return study_seal_commit(&s, err);
}

/* Everything that the journal will vouch for; nothing of it is known to anyone until the journal is written.
 */
static int prepare_party(struct study_folder *f, const struct match_records *records, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *audit = NULL;
	CF_CLEANUP_SECRET struct secret *master = NULL;
	CF_CLEANUP(match_secrets_done) struct match_secrets secrets = {0};
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(secret_new_random(32, &audit, err));
	TRY(secret_new_random(32, &master, err));
	TRY(study_keep_secret(f, STUDY_AUDIT, STUDY_KIND_AUDIT, audit, err));
	TRY(study_keep_secret(f, STUDY_SECRETS, STUDY_KIND_SECRETS, master, err));
	study_checkpoint(f, "secrets kept");
	TRY(make_join(f, records, audit, &text, err));
	TRY(match_secrets_init(TAKE(master), &secrets, err));
	TRY(keep_own_list(f, records, &secrets, err));
	study_checkpoint(f, "own list kept");
	TRY(study_store_join(f, f->party.self, &text, err));
	study_checkpoint(f, "own join stored");
	return 0;
}

/* Writes the study file and the journal; from here on the folder has joined. */
static int commit_join(struct study_folder *f, const struct study_join_request *r, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_FREE char *path = study_path(f->root, STUDY_FILE);
	uint8_t hash[CRYPTO_HASH_BYTES];
	if (!path)
		return error_memory(err);
	TRY(file_read(r->study, MATCH_STUDY_MAX_BYTES, &text, err));
	const struct crypto_part part = {text.data, text.n};
	crypto_digest(MATCH_STUDY_HASH_DOMAIN, &part, 1, hash);
	if (memcmp(hash, f->study->hash, sizeof hash) != 0)
		return error_set(err, CF_E_STATE, "%s changed while it was being joined", r->study);
	TRY(file_write_atomic(path, text.data, text.n, 0600, err));
	study_checkpoint(f, "study file kept");
	TRY(study_save_journal(f, err));
	study_checkpoint(f, "join journalled");
	return 0;
}

static int check_new(const struct study_join_request *r, struct cf_error *err)
{
	CF_CLEANUP_FREE char *journal = study_path(r->access.dir, STUDY_JOURNAL);
	if (!journal)
		return error_memory(err);
	if (file_exists(journal))
		return error_set(err, CF_E_STATE,
			"%s has joined a study already; 'counterfoil study status' says where it stands. A "
			"new study needs a "
			"new folder",
			r->access.dir);
	return 0;
}

/* Who is joining: the participant whose card is that of the key. */
static int find_self(const struct study_join_request *r, const struct match_study *s,
	const struct identity *id, size_t *ret, struct cf_error *err)
{
	const struct identity_card *card = identity_public(id);
	size_t self = match_study_find(s, card);
	if (self == SIZE_MAX)
		return error_set(err, CF_E_INPUT, "%s: the key in %s ('%s') is no participant of this study",
			r->study, r->access.dir, card->name);
	if (strcmp(match_study_card(s, self)->name, card->name) != 0)
		return error_set(
			err, CF_E_INPUT, "%s: the study calls '%s' by another name", r->study, card->name);
	if (self < s->n_parties && !r->list)
		return error_set(err, CF_E_USAGE, "'%s' is a party: name its list with --list", card->name);
	if (self == s->n_parties && r->list)
		return error_set(err, CF_E_USAGE, "'%s' is the analyst and brings no list", card->name);
	*ret = self;
	return 0;
}

static int show(const struct study_join_request *r, const struct buffer *notes, struct cf_error *err)
{
	return r->show ? r->show(r->show_context, buffer_text(notes), err) : 0;
}

static int join_folder(struct study_folder *f, const struct study_join_request *r,
	const struct match_records *records, struct cf_error *err)
{
	CF_CLEANUP_FREE char *journal = study_path(f->root, STUDY_JOURNAL);
	size_t n_published = 0;
	if (!journal)
		return error_memory(err);
	/* another command may have joined since check_new */
	if (file_exists(journal))
		return error_set(err, CF_E_STATE, "%s has just joined a study", f->root);
	TRY(study_clear_leftovers(f, err));
	if (records)
		TRY(prepare_party(f, records, err));
	TRY(commit_join(f, r, err));
	if (!records)
		return 0;
	TRY(study_send_joins(f, err));
	return study_publish(f, false, &n_published, err);
}

int study_join(const struct study_join_request *r, const struct study_control *control, struct buffer *notes,
	struct cf_error *err)
{
	static const struct study_control plain;
	CF_CLEANUP_STUDY struct match_study *study = NULL;
	CF_CLEANUP_IDENTITY struct identity *identity = NULL;
	CF_CLEANUP_RECORDS struct match_records *records = NULL;
	CF_CLEANUP_FOLDER struct study_folder *f = NULL;
	size_t self = 0;
	control = control ? control : &plain;
	TRY(check_new(r, err));
	TRY(study_read_study(r->study, &study, err));
	TRY(study_read_identity(&r->access, &identity, err));
	TRY(find_self(r, study, identity, &self, err));
	TRY(study_ledger_check(r, study, identity, err));
	TRY_MEMORY(describe_study(study, notes), err);
	if (r->list) {
		TRY_MEMORY(buffer_append_char(notes, '\n'), err);
		TRY(read_records(r, study, self, control, &records, notes, err));
		TRY(check_size(study, records, r->list, err));
	}
	TRY_MEMORY(records ? describe_party(study, records, notes) : describe_analyst(study, notes), err);
	TRY(show(r, notes, err));
	TRY(study_folder_make(&r->access, control, &f, err));
	f->study = TAKE(study);
	f->identity = TAKE(identity);
	match_party_init(&f->party, f->study, self);
	TRY(study_ledger_add(r, f->study, f->identity, err));
	return join_folder(f, r, records, err);
}

/*
 * Auditing
 */

int study_audit(const struct study_join_request *r, const struct study_control *control, struct buffer *notes,
	struct cf_error *err)
{
	static const struct study_control plain;
	CF_CLEANUP_FOLDER struct study_folder *f = NULL;
	CF_CLEANUP_RECORDS struct match_records *records = NULL;
	CF_CLEANUP_SECRET struct secret *audit = NULL;
	uint8_t commitment[CRYPTO_HASH_BYTES];
	control = control ? control : &plain;
	TRY(study_folder_open(&r->access, control, &f, err));
	if (match_party_is_analyst(&f->party))
		return error_set(err, CF_E_USAGE, "the analyst brings no list; there is nothing to audit");
	TRY(read_records(r, f->study, f->party.self, control, &records, notes, err));
	TRY(study_kept_secret(f, STUDY_AUDIT, STUDY_KIND_AUDIT, &audit, err));
	TRY(match_commitment(f->study, records, audit, commitment, err));
	if (memcmp(commitment, f->joins[f->party.self].commitment, sizeof commitment) != 0)
		return error_set(err, CF_E_REFUSED,
			"%s, read this way, is not what '%s' joined with; if other columns were ignored or "
			"mapped then, say so "
			"again",
			r->list, match_study_card(f->study, f->party.self)->name);
	TRY_MEMORY(
		buffer_printf(notes, "\n%s is the list that was joined: %zu persons, the same commitment\n",
			r->list, records->n),
		err);
	return 0;
}
