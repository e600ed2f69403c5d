#include "match/study.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FORMAT "counterfoil-study-1"

struct match_study *match_study_free(struct match_study *s)
{
	if (!s)
		return NULL;
	mem_free(s->title);
	mem_free(s->epoch);
	mem_free(s->country);
	mem_free(s->parties);
	match_plan_free(s->plan);
	match_strata_free(s->strata);
	ini_free(s->ini);
	return mem_free(s);
}

const struct identity_card *match_study_card(const struct match_study *s, size_t number)
{
	return number < s->n_parties ? &s->parties[number] : &s->analyst;
}

size_t match_study_find(const struct match_study *s, const struct identity_card *card)
{
	for (size_t i = 0; i <= s->n_parties; i++) {
		const struct identity_card *c = match_study_card(s, i);
		if (memcmp(c->sign_key, card->sign_key, sizeof c->sign_key) == 0 &&
			memcmp(c->box_key, card->box_key, sizeof c->box_key) == 0)
			return i;
	}
	return SIZE_MAX;
}

uint32_t match_study_n_codes(const struct match_study *s)
{
	return s->strata ? match_strata_n_codes(s->strata) : 1;
}

void match_study_fingerprint(const struct match_study *s, char ret[40])
{
	char hex[33];
	crypto_to_hex(s->hash, 16, hex);
	size_t at = 0;
	for (size_t i = 0; i < 32; i++) {
		if (i && i % 4 == 0)
			ret[at++] = ' ';
		ret[at++] = hex[i] >= 'a' ? (char)(hex[i] - 'a' + 'A') : hex[i];
	}
	ret[at] = '\0';
}

/*
 * Reading
 */

struct reading {
	const struct ini *ini;
	struct match_study *study;
	size_t capacity;
	bool has_id, has_format, has_suite;
	uint32_t seen;                   /* number fields of [study] */
	uint8_t seen_card;               /* fields of the card being read */
	struct identity_card *card;      /* the card being read */
	const struct ini_entry *card_at; /* where it began */
};

static int read_text(
	const struct reading *r, const struct ini_entry *e, size_t n_max, char **to, struct cf_error *err)
{
	if (*to)
		return ini_error(r->ini, e, err, "'%s' stands twice", e->key);
	size_t n = strlen(e->value);
	if (n == 0 || n > n_max)
		return ini_error(r->ini, e, err, "'%s' must have 1 to %zu bytes", e->key, n_max);
	for (const char *c = e->value; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return ini_error(r->ini, e, err, "'%s' holds a control character", e->key);
	*to = mem_strdup(e->value);
	return *to ? 0 : error_memory(err);
}

static int read_number(const struct reading *r, const struct ini_entry *e, uint32_t low, uint32_t high,
	uint32_t *to, struct cf_error *err)
{
	uint64_t value = 0;
	size_t n = strlen(e->value);
	bool digits = n > 0 && n <= 10;
	for (size_t i = 0; digits && i < n; i++) {
		digits = e->value[i] >= '0' && e->value[i] <= '9';
		value = value * 10 + (uint64_t)(e->value[i] - '0');
	}
	if (!digits || value < low || value > high)
		return ini_error(r->ini, e, err, "'%s' must be a whole number from %" PRIu32 " to %" PRIu32,
			e->key, low, high);
	*to = (uint32_t)value;
	return 0;
}

static int read_country(const struct reading *r, const struct ini_entry *e, struct cf_error *err)
{
	TRY(read_text(r, e, 3, &r->study->country, err));
	for (const char *c = e->value; *c; c++)
		if (*c < '0' || *c > '9')
			return ini_error(
				r->ini, e, err, "'country' must be a calling code of digits, such as 61");
	return 0;
}

static int read_fixed(const struct reading *r, const struct ini_entry *e, const char *only, bool *seen,
	struct cf_error *err)
{
	if (*seen)
		return ini_error(r->ini, e, err, "'%s' stands twice", e->key);
	if (strcmp(e->value, only) != 0)
		return ini_error(r->ini, e, err, "this version knows only %s = %s", e->key, only);
	*seen = true;
	return 0;
}

static int read_hex(
	const struct reading *r, const struct ini_entry *e, uint8_t *to, size_t n, struct cf_error *err)
{
	if (crypto_from_hex(e->value, to, n) < 0)
		return ini_error(r->ini, e, err, "'%s' must be %zu hexadecimal digits", e->key, 2 * n);
	return 0;
}

static int read_study_numbers(struct reading *r, const struct ini_entry *e, struct cf_error *err)
{
	struct match_study *s = r->study;
	const struct {
		const char *key;
		uint32_t low, high;
		uint32_t *to;
	} numbers[] = {
		{"k", MATCH_MIN_K, MATCH_MAX_K, &s->k},
		{"min_records", 1, MATCH_MAX_RECORDS, &s->min_records},
		{"max_records", 1, MATCH_MAX_RECORDS, &s->max_records},
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (strcmp(e->key, numbers[i].key) != 0)
			continue;
		if (r->seen & 1u << i)
			return ini_error(r->ini, e, err, "'%s' stands twice", e->key);
		r->seen |= 1u << i;
		return read_number(r, e, numbers[i].low, numbers[i].high, numbers[i].to, err);
	}
	return ini_error(r->ini, e, err, "section [study] has no '%s'", e->key);
}

static int read_study(struct reading *r, const struct ini_entry *e, struct cf_error *err)
{
	struct match_study *s = r->study;
	if (strcmp(e->key, "format") == 0)
		return read_fixed(r, e, FORMAT, &r->has_format, err);
	if (strcmp(e->key, "suite") == 0)
		return read_fixed(r, e, MATCH_SUITE, &r->has_suite, err);
	if (strcmp(e->key, "title") == 0)
		return read_text(r, e, MATCH_TITLE_MAX, &s->title, err);
	if (strcmp(e->key, "epoch") == 0)
		return read_text(r, e, MATCH_EPOCH_MAX, &s->epoch, err);
	if (strcmp(e->key, "country") == 0)
		return read_country(r, e, err);
	if (strcmp(e->key, "id") == 0) {
		if (r->has_id)
			return ini_error(r->ini, e, err, "'id' stands twice");
		r->has_id = true;
		return read_hex(r, e, s->id, sizeof s->id, err);
	}
	return read_study_numbers(r, e, err);
}

enum { CARD_NAME = 1, CARD_SIGN = 2, CARD_BOX = 4, CARD_FINGERPRINT = 8, CARD_ALL = 15 };

/* A card is whole when its four lines were there and the fingerprint is that of its keys. */
static int end_card(struct reading *r, struct cf_error *err)
{
	if (!r->card)
		return 0;
	if (r->seen_card != CARD_ALL)
		return ini_error(r->ini, r->card_at, err,
			"[%s] needs the lines name, sign_key, box_key and fingerprint, name first",
			r->card_at->section);
	r->card = NULL;
	return 0;
}

static int begin_card(struct reading *r, const struct ini_entry *e, bool analyst, struct cf_error *err)
{
	struct match_study *s = r->study;
	TRY(end_card(r, err));
	if (analyst) {
		if (s->analyst.name[0])
			return ini_error(r->ini, e, err, "a study has one [analyst]");
		r->card = &s->analyst;
	} else {
		if (s->n_parties == MATCH_MAX_PARTIES)
			return ini_error(r->ini, e, err, "a study has at most %d parties", MATCH_MAX_PARTIES);
		struct identity_card *parties =
			mem_grow(s->parties, s->n_parties, &r->capacity, sizeof *parties);
		if (!parties)
			return error_memory(err);
		s->parties = parties;
		r->card = &parties[s->n_parties++];
		*r->card = (struct identity_card){0};
	}
	r->card_at = e;
	r->seen_card = CARD_NAME;
	size_t n = strlen(e->value);
	if (n == 0 || n > IDENTITY_NAME_MAX || strchr(e->value, '/'))
		return ini_error(r->ini, e, err, "a name has 1 to %d bytes and no '/'", IDENTITY_NAME_MAX);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)e->value[i] < ' ' || e->value[i] == 127)
			return ini_error(r->ini, e, err, "a name may not hold control characters");
	memcpy(r->card->name, e->value, n + 1);
	return 0;
}

static int read_fingerprint(struct reading *r, const struct ini_entry *e, struct cf_error *err)
{
	char expected[40];
	if ((r->seen_card & (CARD_NAME | CARD_SIGN | CARD_BOX)) != (CARD_NAME | CARD_SIGN | CARD_BOX))
		return ini_error(r->ini, e, err, "fingerprint must follow name, sign_key and box_key");
	identity_fingerprint(r->card, expected);
	if (strcmp(e->value, expected) != 0)
		return ini_error(r->ini, e, err, "the fingerprint is not that of the keys above it");
	r->seen_card |= CARD_FINGERPRINT;
	return 0;
}

static int read_card(struct reading *r, const struct ini_entry *e, bool analyst, struct cf_error *err)
{
	if (strcmp(e->key, "name") == 0)
		return begin_card(r, e, analyst, err);
	if (!r->card || strcmp(r->card_at->section, e->section) != 0)
		return ini_error(r->ini, e, err, "a [%s] begins with its name", e->section);
	const struct {
		const char *key;
		uint8_t flag;
		uint8_t *to;
	} keys[] = {{"sign_key", CARD_SIGN, r->card->sign_key}, {"box_key", CARD_BOX, r->card->box_key}};
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(e->key, keys[i].key) != 0)
			continue;
		if (r->seen_card & keys[i].flag)
			return ini_error(r->ini, e, err, "'%s' stands twice", e->key);
		r->seen_card |= keys[i].flag;
		return read_hex(r, e, keys[i].to, 32, err);
	}
	if (strcmp(e->key, "fingerprint") == 0)
		return read_fingerprint(r, e, err);
	return ini_error(r->ini, e, err, "section [%s] has no '%s'", e->section, e->key);
}

static int read_entry(struct reading *r, const struct ini_entry *e, struct cf_error *err)
{
	if (strcmp(e->section, "study") == 0)
		return read_study(r, e, err);
	if (strcmp(e->section, "party") == 0)
		return read_card(r, e, false, err);
	if (strcmp(e->section, "analyst") == 0)
		return read_card(r, e, true, err);
	/* these are read by others: match/strata.c, match/plan.c, intake/columns.c */
	if (strcmp(e->section, "strata") == 0 || strcmp(e->section, "matching") == 0 ||
		strncmp(e->section, "key ", 4) == 0 || strncmp(e->section, "columns ", 8) == 0)
		return 0;
	return ini_error(r->ini, e, err, "a study file has no section [%s]", e->section);
}

static int check_cards(const struct match_study *s, const char *name, struct cf_error *err)
{
	for (size_t i = 0; i <= s->n_parties; i++) {
		const struct identity_card *a = match_study_card(s, i);
		for (size_t j = i + 1; j <= s->n_parties; j++) {
			const struct identity_card *b = match_study_card(s, j);
			if (strcmp(a->name, b->name) == 0)
				return error_set(err, CF_E_INPUT, "%s: two participants have the name '%s'",
					name, a->name);
			if (memcmp(a->sign_key, b->sign_key, sizeof a->sign_key) == 0 ||
				memcmp(a->box_key, b->box_key, sizeof a->box_key) == 0)
				return error_set(err, CF_E_INPUT,
					"%s: '%s' and '%s' have the same key; each needs keys of its own",
					name, a->name, b->name);
		}
	}
	return 0;
}

static int check_whole(const struct reading *r, const char *name, struct cf_error *err)
{
	const struct match_study *s = r->study;
	const struct {
		bool there;
		const char *what;
	} wanted[] = {
		{r->has_format, "format"},
		{r->has_suite, "suite"},
		{r->has_id, "id"},
		{s->title != NULL, "title"},
		{s->epoch != NULL, "epoch"},
		{r->seen == 7, "k, min_records or max_records"},
		{s->analyst.name[0] != '\0', "[analyst]"},
	};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!wanted[i].there)
			return error_set(
				err, CF_E_INPUT, "%s: this study file lacks %s", name, wanted[i].what);
	if (s->n_parties < MATCH_MIN_PARTIES)
		return error_set(
			err, CF_E_INPUT, "%s: a study needs at least %d parties", name, MATCH_MIN_PARTIES);
	if (s->min_records > s->max_records)
		return error_set(err, CF_E_INPUT, "%s: min_records is above max_records", name);
	if (s->strata && match_strata_k(s->strata) < s->k)
		return error_set(err, CF_E_INPUT, "%s: k of [strata] is below k of [study]", name);
	return check_cards(s, name, err);
}

int match_study_parse(
	const char *name, const char *data, size_t n, struct match_study **ret, struct cf_error *err)
{
	if (n > MATCH_STUDY_MAX_BYTES)
		return error_set(err, CF_E_LIMIT, "%s: a study file has at most %d bytes", name,
			MATCH_STUDY_MAX_BYTES);
	CF_CLEANUP_STUDY struct match_study *s = NEW(struct match_study);
	if (!s)
		return error_memory(err);
	TRY(ini_parse(name, data, n, &s->ini, err));
	struct reading r = {.ini = s->ini, .study = s};
	for (size_t i = 0; i < ini_n(s->ini); i++)
		TRY(read_entry(&r, ini_at(s->ini, i), err));
	TRY(end_card(&r, err));
	TRY(match_plan_parse(s->ini, &s->plan, err));
	TRY(match_strata_parse(s->ini, &s->strata, err));
	TRY(check_whole(&r, name, err));
	const struct crypto_part part = {data, n};
	crypto_digest(MATCH_STUDY_HASH_DOMAIN, &part, 1, s->hash);
	*ret = TAKE(s);
	return 0;
}

/*
 * Writing
 */

static int write_card(struct buffer *out, const char *section, const struct identity_card *card)
{
	char hex[65];
	char fingerprint[40];
	TRY(ini_write_section(out, section));
	TRY(ini_write(out, "name", card->name));
	crypto_to_hex(card->sign_key, sizeof card->sign_key, hex);
	TRY(ini_write(out, "sign_key", hex));
	crypto_to_hex(card->box_key, sizeof card->box_key, hex);
	TRY(ini_write(out, "box_key", hex));
	identity_fingerprint(card, fingerprint);
	return ini_write(out, "fingerprint", fingerprint);
}

static int write_number(struct buffer *out, const char *key, uint32_t value)
{
	char text[16];
	(void)snprintf(text, sizeof text, "%" PRIu32, value);
	return ini_write(out, key, text);
}

static int write_study(const struct match_study_terms *t, struct buffer *out)
{
	uint8_t id[MATCH_STUDY_ID_BYTES];
	char hex[2 * sizeof id + 1];
	crypto_random(id, sizeof id);
	crypto_to_hex(id, sizeof id, hex);
	TRY(ini_write_comment(out,
		"A Counterfoil study. Everyone who joins signs the hash of these bytes: change nothing,"));
	TRY(ini_write_comment(
		out, "make a new file instead. Lists travel the ring in the order of the [party] sections."));
	TRY(ini_write_section(out, "study"));
	TRY(ini_write(out, "format", FORMAT));
	TRY(ini_write(out, "id", hex));
	TRY(ini_write(out, "title", t->title));
	TRY(ini_write(out, "epoch", t->epoch));
	TRY(ini_write(out, "suite", MATCH_SUITE));
	if (t->country)
		TRY(ini_write(out, "country", t->country));
	TRY(write_number(out, "k", t->k));
	TRY(write_number(out, "min_records", t->min_records));
	return write_number(out, "max_records", t->max_records);
}

static int append_sections(struct buffer *out, const char *text)
{
	if (!text || !*text)
		return 0;
	TRY(buffer_append_char(out, '\n'));
	TRY(buffer_append_text(out, text));
	return text[strlen(text) - 1] == '\n' ? 0 : buffer_append_char(out, '\n');
}

static int write_all(const struct match_study_terms *t, struct buffer *out)
{
	TRY(write_study(t, out));
	for (size_t i = 0; i < t->n_parties; i++)
		TRY(write_card(out, "party", &t->parties[i]));
	TRY(write_card(out, "analyst", t->analyst));
	TRY(append_sections(out, t->strata_text));
	TRY(append_sections(out, t->plan_text));
	return append_sections(out, t->extra_text);
}

int match_study_format(const struct match_study_terms *terms, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	int status = write_all(terms, &text);
	if (status == CF_E_INPUT)
		return error_set(err, CF_E_USAGE, "title, epoch and names must be single lines");
	if (status < 0)
		return error_set(err, status, "cannot write the study file");
	/* what was written must be what others will read */
	CF_CLEANUP_STUDY struct match_study *check = NULL;
	TRY(match_study_parse("new study", text.data, text.n, &check, err));
	return buffer_append(out, text.data, text.n) < 0 ? error_memory(err) : 0;
}
