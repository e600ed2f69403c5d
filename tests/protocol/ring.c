#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ring.h"

#include <ftw.h>
#include <unistd.h>

#include "intake/columns.h"
#include "match/cluster.h"
#include "match/records.h"

static const char plan[] = "[matching]\n"
			   "threshold = 100\n"
			   "max_repeats = 4\n"
			   "phone.exact = phone 150\n"
			   "email.exact = email 150\n"
			   "[key phone]\n"
			   "parts = phone.exact\n"
			   "slots = 2\n"
			   "[key email]\n"
			   "parts = email.exact\n";

const char *ring_path(const char *folder, const char *name)
{
	static char paths[RING_PATHS][PATH_MAX];
	static size_t turn;
	char path[PATH_MAX]; /* folder may be one of paths */
	int n = snprintf(path, sizeof path, "%s/%s", folder, name);
	REQUIRE(n > 0 && (size_t)n < sizeof path);
	return memcpy(paths[turn++ % RING_PATHS], path, sizeof path);
}

void ring_write(const char *path, const void *data, size_t n)
{
	FILE *f = fopen(path, "wb");
	REQUIRE(f && fwrite(data, 1, n, f) == n && fclose(f) == 0);
}

void ring_read(const char *path, struct buffer *out)
{
	buffer_clear(out);
	REQUIRE_OK(file_read(path, SIZE_MAX / 2, out, &why));
}

static void write_list(const struct ring *r, size_t i, size_t n_rows)
{
	struct buffer text = BUFFER_INIT;
	REQUIRE(buffer_append_text(&text, "email,phone,sex\n") == 0);
	for (size_t row = 0; row <= n_rows; row++) {
		/* the last row is the first again */
		size_t person = 3 * i + row % n_rows;
		REQUIRE(buffer_printf(&text, "person.%zu@example.org,", person) == 0);
		if (person % 2)
			REQUIRE(buffer_printf(&text, "+61 400 %03zu %03zu", person, 7 * person % 1000) == 0);
		REQUIRE(buffer_printf(&text, ",%s\n", person % 3 ? "female" : "male") == 0);
	}
	ring_write(r->list[i], text.data, text.n);
	buffer_done(&text);
}

static void make_study(const struct ring *r, const struct ring_options *o)
{
	char names[RING_MAX + 1][16];
	char cards[RING_MAX + 1][400];
	struct study_member members[RING_MAX + 1];
	struct buffer notes = BUFFER_INIT;
	for (size_t i = 0; i <= r->n; i++) {
		(void)snprintf(names[i], sizeof names[i], i < r->n ? "party%zu" : "analyst", i);
		(void)snprintf(cards[i], sizeof cards[i], "%s/%s.card", r->folder[i], names[i]);
		const struct study_keygen_request request = {.name = names[i], .access = ring_access(r, i)};
		REQUIRE_OK(study_keygen(&request, &notes, &why));
		members[i] = (struct study_member){.name = names[i], .card = cards[i]};
	}
	const struct study_new_request request = {
		.out = r->study,
		.title = "A test",
		.epoch = "2026",
		.country = "61",
		.keys = o->shipped_keys ? NULL : r->keys,
		.strata = o->strata,
		.parties = members,
		.n_parties = r->n,
		.analyst = members[r->n],
		.k = 3,
		.max_records = 1000,
	};
	REQUIRE_OK(study_new(&request, &notes, &why));
	buffer_done(&notes);
}

void ring_make(struct ring *r, const struct ring_options *o)
{
	/* in memory where there is one: these tests kill processes, not machines, and sync at every step */
	const char *tmp = getenv("TMPDIR");
	if (!tmp)
		tmp = file_is_folder("/dev/shm") && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	*r = (struct ring){.n = o->n};
	REQUIRE(o->n <= RING_MAX);
	(void)snprintf(r->root, sizeof r->root, "%s/cf-ring-XXXXXX", tmp);
	REQUIRE(mkdtemp(r->root));
	for (size_t i = 0; i <= r->n; i++)
		(void)snprintf(r->folder[i], sizeof r->folder[i], "%s/%zu", r->root, i);
	for (size_t i = 0; i < r->n; i++) {
		(void)snprintf(r->list[i], sizeof r->list[i], "%s/list%zu.csv", r->root, i);
		write_list(r, i, o->n_rows);
	}
	(void)snprintf(r->study, sizeof r->study, "%s/study.ini", r->root);
	(void)snprintf(r->keys, sizeof r->keys, "%s/keys.ini", r->root);
	ring_write(r->keys, plan, strlen(plan));
	make_study(r, o);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void ring_remove(struct ring *r)
{
	(void)nftw(r->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct study_access ring_access(const struct ring *r, size_t i)
{
	return (struct study_access){.dir = r->folder[i]};
}

int ring_join(const struct ring *r, size_t i, const struct study_control *control, struct cf_error *err)
{
	struct buffer notes = BUFFER_INIT;
	const struct study_join_request request = {
		.access = ring_access(r, i),
		.study = r->study,
		.list = i < r->n ? r->list[i] : NULL,
	};
	int status = study_join(&request, control, &notes, err);
	buffer_done(&notes);
	return status;
}

int ring_step(const struct ring *r, size_t i, const struct study_control *control, struct study_status *ret,
	struct cf_error *err)
{
	struct study_step_texts texts = {.notes = BUFFER_INIT};
	const struct study_step_request request = {.access = ring_access(r, i)};
	int status = study_step(&request, control, ret, &texts, err);
	study_step_texts_done(&texts);
	return status;
}

size_t ring_carry(const struct ring *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++) {
		struct file_list files = FILE_LIST_INIT;
		char out[PATH_MAX];
		(void)snprintf(out, sizeof out, "%s/out", r->folder[i]);
		if (!file_is_folder(out))
			continue;
		REQUIRE_OK(file_list(out, &files, &why));
		for (size_t k = 0; k < files.n; k++) {
			char to[PATH_MAX];
			const char *digit = files.names[k] + strlen("to-");
			size_t receiver = *digit == 'a' ? r->n : (size_t)(*digit - '1');
			(void)snprintf(to, sizeof to, "%s/in/%s", r->folder[receiver], files.names[k]);
			/* a participant that has not joined gets its mail later */
			if (!file_is_folder(ring_path(r->folder[receiver], "in")))
				continue;
			REQUIRE(rename(ring_path(out, files.names[k]), to) == 0);
			n++;
		}
		file_list_done(&files);
	}
	return n;
}

void ring_settle(const struct ring *r)
{
	for (bool complete = false; !complete;) {
		size_t n = ring_carry(r);
		complete = true;
		for (size_t i = 0; i <= r->n; i++) {
			struct study_status s;
			REQUIRE_OK(ring_step(r, i, NULL, &s, &why));
			REQUIRE(s.n_refused == 0);
			complete = complete && s.complete;
			n += s.n_published;
		}
		REQUIRE(complete || n);
	}
}

void ring_run(const struct ring *r)
{
	for (size_t i = 0; i <= r->n; i++)
		REQUIRE_OK(ring_join(r, i, NULL, &why));
	ring_settle(r);
}

struct study_folder *ring_open(const struct ring *r, size_t i)
{
	static const struct study_control alone = {.n_threads = 1};
	const struct study_access access = ring_access(r, i);
	struct study_folder *f = NULL;
	REQUIRE_OK(study_folder_open(&access, &alone, &f, &why));
	study_set_roster(f);
	return f;
}

struct identity *ring_identity(const struct ring *r, size_t i)
{
	const struct study_access access = ring_access(r, i);
	struct identity *id = NULL;
	REQUIRE_OK(study_read_identity(&access, &id, &why));
	return id;
}

struct match_study *ring_study(const struct ring *r)
{
	struct match_study *s = NULL;
	REQUIRE_OK(study_read_study(r->study, &s, &why));
	return s;
}

void ring_table(const struct ring *r, struct buffer *out)
{
	struct study_folder *f = ring_open(r, r->n);
	struct overlap_table *table = NULL;
	struct study_links links;
	REQUIRE_OK(study_make_table(f, &links, &table, &why));
	REQUIRE(overlap_format(table, out) == 0);
	overlap_free(table);
	study_folder_free(f);
}

/* A value's plain hash stands for its token; an empty slot gets a number that occurs once. */
static void clear_tokens(
	const struct match_study *s, const struct match_records *records, uint8_t list, uint8_t *to)
{
	for (size_t i = 0; i < records->n * records->n_slots; i++) {
		const size_t key = match_plan_slot_key(s->plan, i % records->n_slots);
		const char *name = match_plan_key_name(s->plan, key);
		const uint32_t place = (uint32_t)i;
		const char *value = records->values[i];
		const struct crypto_part filled[] = {
			{name, strlen(name)}, {value, value ? strlen(value) : 0}};
		const struct crypto_part empty[] = {{&list, 1}, {&place, sizeof place}};
		crypto_digest(
			value ? "filled" : "empty", value ? filled : empty, 2, to + i * MATCH_TOKEN_BYTES);
	}
}

static void read_clear(const struct ring *r, const struct match_study *s, size_t i,
	struct match_token_list *ret, uint32_t **ret_stratum)
{
	struct person_list *persons = NULL;
	struct match_records *records = NULL;
	const struct intake_options options = {.list_name = s->parties[i].name, .country = s->country};
	REQUIRE_OK(intake_read_persons(r->list[i], &options, &persons, NULL, &why));
	REQUIRE_OK(match_records_new(persons, s->plan, s->strata, NULL, &records, &why));
	uint8_t *tokens = malloc(records->n * records->n_slots * MATCH_TOKEN_BYTES);
	uint32_t *stratum = malloc(records->n * sizeof *stratum);
	REQUIRE(tokens && stratum);
	clear_tokens(s, records, (uint8_t)i, tokens);
	memcpy(stratum, records->stratum, records->n * sizeof *stratum);
	*ret = (struct match_token_list){
		.name = s->parties[i].name,
		.n = records->n,
		.tokens = tokens,
		.stratum = s->strata ? stratum : NULL,
	};
	*ret_stratum = stratum;
	match_records_free(records);
	person_list_free(persons);
}

void ring_table_in_the_clear(const struct ring *r, struct buffer *out)
{
	struct match_study *s = ring_study(r);
	struct match_token_list lists[RING_MAX];
	uint32_t *strata[RING_MAX];
	struct match_clusters *clusters = NULL;
	struct overlap_table *table = NULL;
	for (size_t i = 0; i < r->n; i++)
		read_clear(r, s, i, &lists[i], &strata[i]);
	REQUIRE_OK(match_cluster(s->plan, lists, r->n, NULL, &clusters, &why));
	REQUIRE_OK(match_overlap(clusters, lists, s->strata, &table, &why));
	REQUIRE(overlap_format(table, out) == 0);
	for (size_t i = 0; i < r->n; i++) {
		/* made by malloc above */
		free((void *)(uintptr_t)lists[i].tokens);
		free(strata[i]);
	}
	overlap_free(table);
	match_clusters_free(clusters);
	match_study_free(s);
}

const char *ring_find(const char *folder, const char *a, const char *b, const char *c)
{
	static char found[4][PATH_MAX];
	static size_t turn;
	char *path = found[turn++ % 4];
	struct file_list files = FILE_LIST_INIT;
	size_t n = 0;
	REQUIRE_OK(file_list(folder, &files, &why));
	for (size_t i = 0; i < files.n; i++) {
		if (!strstr(files.names[i], a) || !strstr(files.names[i], b) || !strstr(files.names[i], c))
			continue;
		(void)snprintf(path, PATH_MAX, "%s/%s", folder, files.names[i]);
		n++;
	}
	file_list_done(&files);
	REQUIRE(n == 1);
	return path;
}

size_t ring_count(const char *folder)
{
	struct file_list files = FILE_LIST_INIT;
	REQUIRE_OK(file_list(folder, &files, &why));
	size_t n = files.n;
	file_list_done(&files);
	return n;
}
