/* The whole study on one machine: every participant is a process of its own, working in a folder of its own;
 * this one only carries message files from out/ to in/. Whatever moment it is stopped at, the folders say how
 * to go on. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/interrupt.h"
#include "intake/columns.h"
#include "work/run_manifest.h"
#include "work/study_folder.h"
#include "work/study_process.h"

enum { MAX_IGNORED = 20, MAX_ARGUMENTS = 64, MAX_OPTIONS_BYTES = 1 << 20, NUMBER_BYTES = 24 };

#define PARTIES "parties"
#define OPTIONS "parties/options.ini"

/* A run's names and places; texts are owned. */
struct run {
	const struct study_run_request *request;
	size_t n; /* lists; the analyst is number n */
	char *names[MATCH_MAX_PARTIES + 1];
	char *folders[MATCH_MAX_PARTIES + 1];
	char *cards[MATCH_MAX_PARTIES + 1];
	bool stated[MATCH_MAX_PARTIES]; /* its columns stand in request->columns */
	char *study;
	uint32_t fields;
	struct run_manifest *manifest;
};

static void run_done(struct run *run)
{
	for (size_t i = 0; i <= MATCH_MAX_PARTIES; i++) {
		mem_free(run->names[i]);
		mem_free(run->folders[i]);
		mem_free(run->cards[i]);
	}
	mem_free(run->study);
	run_manifest_free(run->manifest);
}

/*
 * Names and places
 */

static char *name_of_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t n = strlen(base);
	if (n > 4 && strcasecmp(base + n - 4, ".csv") == 0)
		n -= 4;
	return mem_strndup(base, n);
}

static int place(struct run *run, size_t i, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer path = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer card = BUFFER_INIT;
	TRY_MEMORY(buffer_append_text(&name, PARTIES "/"), err);
	if (i == run->n)
		TRY_MEMORY(buffer_append_text(&name, "analyst"), err);
	else
		TRY_MEMORY(buffer_printf(&name, "%zu-", i + 1), err);
	if (i < run->n)
		TRY_MEMORY(match_append_file_name(&name, run->names[i]), err);
	TRY_MEMORY(file_join(&path, run->request->out, buffer_text(&name)), err);
	TRY_MEMORY(buffer_printf(&card, "%s/", buffer_text(&path)), err);
	TRY_MEMORY(match_append_file_name(&card, run->names[i]), err);
	TRY_MEMORY(buffer_append_text(&card, ".card"), err);
	run->folders[i] = buffer_take(&path);
	run->cards[i] = buffer_take(&card);
	return 0;
}

static int name_parties(struct run *run, struct cf_error *err)
{
	const struct study_run_request *r = run->request;
	if (r->n_lists < MATCH_MIN_PARTIES || r->n_lists > MATCH_MAX_PARTIES)
		return error_set(err, CF_E_USAGE, "a study takes %d to %d lists", MATCH_MIN_PARTIES,
			MATCH_MAX_PARTIES);
	for (size_t i = 0; i < run->n; i++) {
		run->names[i] = r->names ? mem_strdup(r->names[i]) : name_of_file(r->lists[i]);
		if (!run->names[i])
			return error_memory(err);
		if (strlen(run->names[i]) > IDENTITY_NAME_MAX || !run->names[i][0])
			return error_set(err, CF_E_USAGE,
				"list %zu needs a name of 1 to %d bytes; give names with --names", i + 1,
				IDENTITY_NAME_MAX);
		for (size_t j = 0; j < i; j++)
			if (strcmp(run->names[i], run->names[j]) == 0)
				return error_set(err, CF_E_USAGE,
					"two lists are called '%s'; give each a name of its own with --names",
					run->names[i]);
	}
	for (const char *analyst = "analyst"; !run->names[run->n]; analyst = "the analyst") {
		bool taken = false;
		for (size_t i = 0; i < run->n; i++)
			taken = taken || strcmp(run->names[i], analyst) == 0;
		if (!taken && !(run->names[run->n] = mem_strdup(analyst)))
			return error_memory(err);
		if (taken && strcmp(analyst, "the analyst") == 0)
			return error_set(
				err, CF_E_USAGE, "no list may be called 'analyst' and another 'the analyst'");
	}
	for (size_t i = 0; i <= run->n; i++)
		TRY(place(run, i, err));
	run->study = study_path(r->out, STUDY_FILE);
	return run->study ? 0 : error_memory(err);
}

/*
 * Looking at the lists: which fields there are, so that no slot is carried for nothing
 */

static void say(const struct run *run, const struct buffer *text)
{
	if (run->request->say)
		run->request->say(run->request->context, buffer_text(text));
}

static bool states_columns(const struct ini *ini, const char *section)
{
	for (size_t i = 0; ini && i < ini_n(ini); i++)
		if (strcmp(ini_at(ini, i)->section, section) == 0)
			return true;
	return false;
}

static int look_at(struct run *run, size_t i, const struct ini *columns, struct cf_error *err)
{
	const struct study_run_request *r = run->request;
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct intake_mapping mapping;
	char section[80];
	(void)snprintf(section, sizeof section, "columns %s", run->names[i]);
	run->stated[i] = states_columns(columns, section);
	TRY(csv_open(r->lists[i], &(struct csv_options){.trim = true}, &csv, err));
	TRY(intake_map_columns(
		csv, run->stated[i] ? columns : NULL, section, r->ignore, r->n_ignore, &mapping, err));
	for (size_t c = 0; c < mapping.n_columns; c++)
		if (mapping.field[c] >= 0)
			run->fields |= 1u << mapping.field[c];
	TRY_MEMORY(buffer_printf(&text, "%s (%s)\n", run->names[i], r->lists[i]), err);
	TRY_MEMORY(intake_mapping_describe(csv, &mapping, &text), err);
	say(run, &text);
	const struct run_list_request list = {
		.name = run->names[i],
		.path = r->lists[i],
		.mapping = run->stated[i] ? r->columns : NULL,
		.mapping_section = run->stated[i] ? section : NULL,
	};
	return run_manifest_add_list(run->manifest, &list, err);
}

static int look_at_lists(struct run *run, struct cf_error *err)
{
	const struct study_run_request *r = run->request;
	CF_CLEANUP_INI struct ini *columns = NULL;
	if (r->columns)
		TRY(ini_open(r->columns, &columns, err));
	TRY(run_manifest_new(r->country, &run->manifest, err));
	for (size_t i = 0; i < r->n_ignore; i++)
		TRY(run_manifest_add_ignore(run->manifest, r->ignore[i], err));
	for (size_t i = 0; i < run->n; i++)
		TRY(look_at(run, i, columns, err));
	return 0;
}

/*
 * The same run again, or another one
 */

/* Size and time of a file stand for its contents here: these texts never leave the folder. */
static int append_file(struct buffer *out, const char *what, const char *path, struct cf_error *err)
{
	struct stat st;
	if (!path)
		return 0;
	if (stat(path, &st) != 0)
		return error_set_errno(
			err, errno == ENOENT ? CF_E_NOT_FOUND : CF_E_IO, "cannot open %s", path);
	TRY_MEMORY(buffer_printf(out, "%s = %s %" PRIu64 " %" PRIu64 ".%09ld\n", what, path,
			   (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec),
		err);
	return 0;
}

static int append_word(struct buffer *out, const char *what, const char *value, struct cf_error *err)
{
	TRY_MEMORY(buffer_printf(out, "%s = %s\n", what, value ? value : ""), err);
	return 0;
}

/* Everything the overlap table depends on. */
static int describe_options(const struct run *run, struct buffer *out, struct cf_error *err)
{
	const struct study_run_request *r = run->request;
	TRY_MEMORY(buffer_append_text(out, "[options]\n"), err);
	TRY(append_word(out, "title", r->title, err));
	TRY(append_word(out, "epoch", r->epoch, err));
	TRY(append_word(out, "country", r->country, err));
	TRY(append_word(out, "strata", r->strata, err));
	TRY_MEMORY(buffer_printf(out, "limits = %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", r->k, r->min_records,
			   r->max_records),
		err);
	TRY(append_file(out, "keys", r->keys, err));
	TRY(append_file(out, "columns", r->columns, err));
	for (size_t i = 0; i < r->n_ignore; i++)
		TRY(append_word(out, "ignore", r->ignore[i], err));
	for (size_t i = 0; i < run->n; i++) {
		TRY(append_word(out, "name", run->names[i], err));
		TRY(append_file(out, "list", r->lists[i], err));
	}
	return 0;
}

static int check_empty(const char *out, struct cf_error *err)
{
	CF_CLEANUP(file_list_done) struct file_list files = FILE_LIST_INIT;
	TRY(file_list(out, &files, err));
	if (files.n)
		return error_set(
			err, CF_E_STATE, "%s holds other files; give --out a new or empty folder", out);
	return 0;
}

/* Begins a run in the folder, or finds the same one there. */
static int begin_or_resume(const struct run *run, struct cf_error *err)
{
	const char *out = run->request->out;
	CF_CLEANUP(buffer_done) struct buffer options = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer before = BUFFER_INIT;
	CF_CLEANUP_FREE char *path = study_path(out, OPTIONS);
	CF_CLEANUP_FREE char *parties = study_path(out, PARTIES);
	if (!path || !parties)
		return error_memory(err);
	TRY(describe_options(run, &options, err));
	if (file_exists(path)) {
		TRY(file_read(path, MAX_OPTIONS_BYTES, &before, err));
		if (strcmp(buffer_text(&before), buffer_text(&options)) != 0)
			return error_set(err, CF_E_STATE,
				"%s holds a run with other options, or its lists have changed since; give "
				"--out a new folder",
				out);
		return 0;
	}
	if (file_is_folder(out) && !file_is_folder(parties))
		TRY(check_empty(out, err));
	TRY(file_make_folder(out, 0755, err));
	TRY(file_make_folder(parties, 0700, err));
	return file_write_atomic(path, options.data, options.n, 0600, err);
}

/*
 * Processes
 */

/* Arguments of one participant's process. */
struct command {
	const char *arguments[MAX_ARGUMENTS];
	size_t n;
};

static void add(struct command *c, const char *option, const char *value)
{
	/* room for all: --ignore, MAX_IGNORED times at most, is the only option that repeats */
	if (option && c->n < MAX_ARGUMENTS - 1)
		c->arguments[c->n++] = option;
	if (value && c->n < MAX_ARGUMENTS - 1)
		c->arguments[c->n++] = value;
}

static void begin_command(struct command *c, const struct run *run, const char *verb)
{
	*c = (struct command){0};
	add(c, run->request->program, "study");
	add(c, verb, NULL);
}

static int execute(const struct command *c, bool silent, int *ret_exit, struct cf_error *err)
{
	TRY(process_run(c->arguments, silent, ret_exit, err));
	if (interrupt_requested())
		return error_set(err, CF_E_INTERRUPTED, "stopped; the same command goes on from here");
	return 0;
}

/* Keys and card; a key without its card is from a killed process, and nobody knows it yet. */
static int make_keys(const struct run *run, size_t i, int *ret_exit, struct cf_error *err)
{
	struct command c;
	CF_CLEANUP_FREE char *key = study_path(run->folders[i], STUDY_KEY);
	if (!key)
		return error_memory(err);
	if (file_exists(run->cards[i]) && file_exists(key))
		return 0;
	TRY(file_remove(key, true, err));
	begin_command(&c, run, "keygen");
	add(&c, "--name", run->names[i]);
	add(&c, "--dir", run->folders[i]);
	return execute(&c, true, ret_exit, err);
}

static int make_study(const struct run *run, int *ret_exit, struct cf_error *err)
{
	const struct study_run_request *r = run->request;
	CF_CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT;
	struct study_member parties[MATCH_MAX_PARTIES];
	if (file_exists(run->study))
		return 0;
	for (size_t i = 0; i <= run->n && *ret_exit == 0; i++)
		TRY(make_keys(run, i, ret_exit, err));
	if (*ret_exit)
		return 0;
	for (size_t i = 0; i < run->n; i++)
		parties[i] = (struct study_member){.name = run->names[i], .card = run->cards[i]};
	const struct study_new_request request = {
		.out = run->study,
		.title = r->title ? r->title : "Counterfoil study",
		.epoch = r->epoch,
		.country = r->country,
		.keys = r->keys,
		.strata = r->strata,
		.parties = parties,
		.n_parties = run->n,
		.analyst = {.name = run->names[run->n], .card = run->cards[run->n]},
		.k = r->k,
		.min_records = r->min_records,
		.max_records = r->max_records,
		.fields = run->fields,
	};
	return study_new(&request, &notes, err);
}

static bool has_joined(const struct run *run, size_t i)
{
	CF_CLEANUP_FREE char *journal = study_path(run->folders[i], STUDY_JOURNAL);
	return journal && file_exists(journal);
}

static int join(const struct run *run, size_t i, const char *threads, int *ret_exit, struct cf_error *err)
{
	const struct study_run_request *r = run->request;
	struct command c;
	char section[80];
	if (has_joined(run, i))
		return 0;
	begin_command(&c, run, "join");
	add(&c, "--study", run->study);
	add(&c, "--dir", run->folders[i]);
	add(&c, "--threads", threads);
	if (i < run->n) {
		(void)snprintf(section, sizeof section, "columns %s", run->names[i]);
		add(&c, "--list", r->lists[i]);
		if (run->stated[i])
			add(&c, "--map", r->columns);
		for (size_t k = 0; k < r->n_ignore; k++)
			add(&c, "--ignore", r->ignore[k]);
	}
	return execute(&c, true, ret_exit, err);
}

/*
 * Carrying
 */

static int carry(const struct run *run, const char *from, const char *name, struct cf_error *err)
{
	uint8_t data[MATCH_HEADER_BYTES];
	struct match_header header;
	CF_CLEANUP_FREE char *path = file_path(from, name);
	CF_CLEANUP(study_close_file) FILE *f = NULL;
	if (!path)
		return error_memory(err);
	TRY(study_open_file(path, &f, err));
	if (fread(data, 1, sizeof data, f) != sizeof data)
		return error_set(err, CF_E_INPUT, "%s is no message", path);
	TRY(match_header_decode(data, &header, err));
	if (header.receiver > run->n)
		return error_set(err, CF_E_INPUT, "%s is for nobody in this study", path);
	CF_CLEANUP_FREE char *in = study_path(run->folders[header.receiver], STUDY_IN);
	CF_CLEANUP_FREE char *to = in ? file_path(in, name) : NULL;
	return to ? file_rename(path, to, err) : error_memory(err);
}

static int carry_all(const struct run *run, size_t *ret_n, struct cf_error *err)
{
	*ret_n = 0;
	for (size_t i = 0; i < run->n; i++) {
		CF_CLEANUP(file_list_done) struct file_list files = FILE_LIST_INIT;
		CF_CLEANUP_FREE char *out = study_path(run->folders[i], STUDY_OUT);
		if (!out)
			return error_memory(err);
		TRY(file_list(out, &files, err));
		for (size_t k = 0; k < files.n; k++)
			TRY(carry(run, out, files.names[k], err));
		*ret_n += files.n;
	}
	return 0;
}

static int step(const struct run *run, size_t i, const char *threads, int *ret_exit, struct cf_error *err)
{
	struct command c;
	begin_command(&c, run, "step");
	add(&c, "--dir", run->folders[i]);
	add(&c, "--threads", threads);
	return execute(&c, true, ret_exit, err);
}

/* One pass: what lies in out/ is carried, then everyone with something to do makes a step. */
static int pass(const struct run *run, const char *threads, size_t *ret_n_carried, bool *ret_complete,
	int *ret_exit, struct cf_error *err)
{
	bool complete = true;
	TRY(carry_all(run, ret_n_carried, err));
	for (size_t i = 0; i <= run->n && *ret_exit == 0; i++) {
		struct study_status s;
		TRY(study_status(run->folders[i], &s, NULL, NULL, err));
		complete = complete && s.complete && !s.has_work;
		if (s.has_work)
			TRY(step(run, i, threads, ret_exit, err));
	}
	*ret_complete = complete;
	return 0;
}

/* Each pass carries a message, but for the first after a restart and the last. */
static int pass_until_complete(
	const struct run *run, const char *threads, int *ret_exit, struct cf_error *err)
{
	enum { MAX_IDLE = 2 };
	int n_idle = 0;
	for (bool complete = false; !complete && *ret_exit == 0;) {
		size_t n_carried = 0;
		TRY(pass(run, threads, &n_carried, &complete, ret_exit, err));
		n_idle = n_carried ? 0 : n_idle + 1;
		if (!complete && n_idle > MAX_IDLE && *ret_exit == 0)
			return error_set(err, CF_E_STATE,
				"the parties wait for messages that nobody sends; 'counterfoil study status' "
				"in the folders "
				"of %s/" PARTIES " says which",
				run->request->out);
	}
	return 0;
}

static int finish(const struct run *run, const char *threads, int *ret_exit, struct cf_error *err)
{
	const struct study_run_request *r = run->request;
	struct command c;
	char bootstrap[NUMBER_BYTES];
	char seed[NUMBER_BYTES];
	(void)snprintf(bootstrap, sizeof bootstrap, "%" PRIu32, r->n_bootstrap);
	(void)snprintf(seed, sizeof seed, "%" PRIu64, r->seed);
	begin_command(&c, run, "finish");
	add(&c, "--dir", run->folders[run->n]);
	add(&c, "--out", r->out);
	add(&c, "--bootstrap", bootstrap);
	add(&c, "--seed", seed);
	add(&c, "--threads", threads);
	if (r->json)
		add(&c, "--json", NULL);
	return execute(&c, false, ret_exit, err);
}

static int run_protocol(const struct run *run, const char *threads, int *ret_exit, struct cf_error *err)
{
	TRY(make_study(run, ret_exit, err));
	TRY(run_manifest_write(run->manifest, run->request->out, err));
	for (size_t i = 0; i <= run->n && *ret_exit == 0; i++)
		TRY(join(run, i, threads, ret_exit, err));
	if (*ret_exit == 0)
		TRY(pass_until_complete(run, threads, ret_exit, err));
	return *ret_exit ? 0 : finish(run, threads, ret_exit, err);
}

int study_run(const struct study_run_request *r, int *ret_exit, struct cf_error *err)
{
	CF_CLEANUP(run_done) struct run run = {.request = r, .n = r->n_lists};
	char threads[NUMBER_BYTES];
	(void)snprintf(threads, sizeof threads, "%d", r->n_threads);
	*ret_exit = 0;
	if (r->n_ignore > MAX_IGNORED)
		return error_set(err, CF_E_USAGE, "at most %d columns can be ignored", MAX_IGNORED);
	TRY(crypto_start(err));
	TRY(name_parties(&run, err));
	TRY(look_at_lists(&run, err));
	TRY(begin_or_resume(&run, err));
	return run_protocol(&run, threads, ret_exit, err);
}
