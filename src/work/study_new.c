/* Keys, cards and the study file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/ini.h"
#include "match/plan.h"
#include "match/strata.h"
#include "match/study.h"
#include "work/study_folder.h"

enum { MAX_CARD_BYTES = 1 << 16, MAX_KEYS_BYTES = 1 << 20 };

/*
 * keygen
 */

/* NAME.card, with '-' for what file systems mind. */
static int card_path(const struct study_keygen_request *r, struct buffer *out)
{
	CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
	TRY(match_append_file_name(&name, r->name));
	TRY(buffer_append_text(&name, ".card"));
	return file_join(out, r->access.dir, buffer_text(&name));
}

int study_keygen(const struct study_keygen_request *r, struct buffer *notes, struct cf_error *err)
{
	CF_CLEANUP_IDENTITY struct identity *id = NULL;
	CF_CLEANUP_SECRET struct secret *passphrase = NULL;
	CF_CLEANUP(buffer_done) struct buffer card = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer path = BUFFER_INIT;
	CF_CLEANUP_FREE char *key =
		r->access.key ? mem_strdup(r->access.key) : study_path(r->access.dir, STUDY_KEY);
	char fingerprint[40];
	if (!key)
		return error_memory(err);
	TRY(crypto_start(err));
	if (r->access.passphrase_file)
		TRY(study_read_passphrase(r->access.passphrase_file, &passphrase, err));
	TRY(identity_new(r->name, &id, err));
	TRY(file_make_folder(r->access.dir, 0700, err));
	TRY_MEMORY(card_path(r, &path), err);
	TRY(identity_write(id, key, passphrase, err));
	TRY(identity_card_format(id, &card, err));
	TRY(file_write_atomic(buffer_text(&path), card.data, card.n, 0644, err));
	identity_fingerprint(identity_public(id), fingerprint);
	TRY_MEMORY(buffer_printf(notes,
			   "secret key:  %s (keep it; make a copy in a safe place)\npublic card: %s (for the "
			   "others)\n"
			   "fingerprint: %s (read it to them by voice)\n",
			   key, buffer_text(&path), fingerprint),
		err);
	return 0;
}

/*
 * new
 */

static int read_card(const struct study_member *m, struct identity_card *ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(file_read(m->card, MAX_CARD_BYTES, &text, err));
	TRY(identity_card_parse(m->card, buffer_text(&text), text.n, ret, err));
	if (strcmp(m->name, ret->name) != 0)
		return error_set(
			err, CF_E_INPUT, "%s is the card of '%s', not of '%s'", m->card, ret->name, m->name);
	return 0;
}

static int plan_text(const struct study_new_request *r, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	CF_CLEANUP_PLAN struct match_plan *plan = NULL;
	const char *text = match_plan_default_text();
	if (r->keys)
		TRY(ini_open(r->keys, &ini, err));
	else
		TRY(ini_parse("the default match keys", text, strlen(text), &ini, err));
	TRY(match_plan_parse(ini, &plan, err));
	TRY_MEMORY(match_plan_format(plan, r->fields ? r->fields : UINT32_MAX, out), err);
	return 0;
}

/* "sex,age_band" into at most MATCH_MAX_STRATA names; the names point into *copy. */
static int split_strata(
	const char *strata, char **copy, const char **names, size_t *ret_n, struct cf_error *err)
{
	size_t n = 0;
	char *rest;
	*copy = mem_strdup(strata);
	if (!*copy)
		return error_memory(err);
	for (char *name = strtok_r(*copy, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest)) {
		if (n == MATCH_MAX_STRATA)
			return error_set(err, CF_E_USAGE, "a study has at most %d strata", MATCH_MAX_STRATA);
		names[n++] = name;
	}
	*ret_n = n;
	return 0;
}

static void today(struct date *ret)
{
	time_t now = time(NULL);
	struct tm utc = {.tm_year = 126, .tm_mday = 1};
	(void)gmtime_r(&now, &utc);
	*ret = (struct date){.year = (int16_t)(utc.tm_year + 1900),
		.month = (uint8_t)(utc.tm_mon + 1),
		.day = (uint8_t)utc.tm_mday};
}

static int strata_text(
	const struct study_new_request *r, uint32_t k, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP_FREE char *copy = NULL;
	const char *names[MATCH_MAX_STRATA];
	struct match_strata_request request = {.columns = names, .k = k};
	if (!r->strata)
		return 0;
	TRY(split_strata(r->strata, &copy, names, &request.n_columns, err));
	if (request.n_columns == 0)
		return 0;
	/* ages count on the first day of the year, so that studies made on different days agree */
	today(&request.reference);
	request.reference.month = 1;
	request.reference.day = 1;
	return match_strata_default_text(&request, out, err);
}

/* The [columns NAME] sections of a file, to stand in the study file. */
static int columns_text(const struct study_new_request *r, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	const char *section = "";
	if (!r->columns)
		return 0;
	TRY(ini_open(r->columns, &ini, err));
	for (size_t i = 0; i < ini_n(ini); i++) {
		const struct ini_entry *e = ini_at(ini, i);
		if (strncmp(e->section, "columns ", 8) != 0)
			return ini_error(ini, e, err, "only sections [columns NAME] belong here");
		if (strcmp(section, e->section) != 0)
			TRY_MEMORY(ini_write_section(out, e->section), err);
		section = e->section;
		TRY_MEMORY(ini_write(out, e->key, e->value), err);
	}
	return 0;
}

static int describe(const struct study_new_request *r, const struct match_study *s, struct buffer *out)
{
	char fingerprint[40];
	match_study_fingerprint(s, fingerprint);
	return buffer_printf(out,
		"%s: %zu parties and an analyst, %zu match keys in %zu slots, %s strata, k = %" PRIu32
		"\nfingerprint: %s\nsend this file to everybody; each reads it and joins\n",
		r->out, s->n_parties, match_plan_n_keys(s->plan), match_plan_n_slots(s->plan),
		s->strata ? "with" : "no", s->k, fingerprint);
}

static int check_request(const struct study_new_request *r, struct cf_error *err)
{
	if (r->n_parties < MATCH_MIN_PARTIES || r->n_parties > MATCH_MAX_PARTIES)
		return error_set(err, CF_E_USAGE, "a study has %d to %d parties", MATCH_MIN_PARTIES,
			MATCH_MAX_PARTIES);
	if (file_exists(r->out))
		return error_set(err, CF_E_STATE,
			"%s is there already; a study file is never changed, make another", r->out);
	return 0;
}

int study_new(const struct study_new_request *r, struct buffer *notes, struct cf_error *err)
{
	struct identity_card cards[MATCH_MAX_PARTIES];
	struct identity_card analyst;
	CF_CLEANUP(buffer_done) struct buffer plan = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer strata = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer columns = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_STUDY struct match_study *study = NULL;
	char year[16];
	struct date now;
	const uint32_t k = r->k ? r->k : MATCH_DEFAULT_K;
	TRY(crypto_start(err));
	TRY(check_request(r, err));
	for (size_t i = 0; i < r->n_parties; i++)
		TRY(read_card(&r->parties[i], &cards[i], err));
	TRY(read_card(&r->analyst, &analyst, err));
	TRY(plan_text(r, &plan, err));
	TRY(strata_text(r, k, &strata, err));
	TRY(columns_text(r, &columns, err));
	today(&now);
	(void)snprintf(year, sizeof year, "%d", now.year);
	const struct match_study_terms terms = {
		.title = r->title,
		.epoch = r->epoch ? r->epoch : year,
		.country = r->country,
		.k = k,
		.min_records = r->min_records ? r->min_records : k,
		.max_records = r->max_records ? r->max_records : MATCH_DEFAULT_MAX_RECORDS,
		.parties = cards,
		.n_parties = r->n_parties,
		.analyst = &analyst,
		.plan_text = buffer_text(&plan),
		.strata_text = buffer_text(&strata),
		.extra_text = buffer_text(&columns),
	};
	TRY(match_study_format(&terms, &text, err));
	TRY(match_study_parse(r->out, buffer_text(&text), text.n, &study, err));
	TRY(file_write_atomic(r->out, text.data, text.n, 0644, err));
	TRY_MEMORY(describe(r, study, notes), err);
	return 0;
}
