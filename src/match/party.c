#include "match/party.h"

#include <stdio.h>
#include <string.h>

void match_party_init(struct match_party *p, const struct match_study *study, size_t self)
{
	*p = (struct match_party){.study = study, .self = self};
}

bool match_party_is_analyst(const struct match_party *p)
{
	return p->self == p->study->n_parties;
}

/*
 * The ring
 */

uint16_t match_ring_round(const struct match_study *s, size_t list, size_t to)
{
	const size_t n = s->n_parties;
	return (uint16_t)(to == n ? n : (to + n - list) % n);
}

size_t match_ring_sender(const struct match_study *s, size_t list, size_t round)
{
	return (list + round - 1) % s->n_parties;
}

size_t match_ring_receiver(const struct match_study *s, size_t list, size_t round)
{
	return round == s->n_parties ? s->n_parties : (list + round) % s->n_parties;
}

bool match_party_has_roster(const struct match_party *p)
{
	for (size_t i = 0; i < p->study->n_parties; i++)
		if (i != p->self && !p->joins_in[i].there)
			return false;
	return true;
}

/*
 * Judging a header
 */

static int judge_sender(const struct match_party *p, const struct match_header *h, struct cf_error *err)
{
	const struct match_study *s = p->study;
	if (h->sender >= s->n_parties)
		return error_set(err, CF_E_REFUSED, "the sender is no party of this study");
	if (h->receiver > s->n_parties)
		return error_set(err, CF_E_REFUSED, "the receiver is no participant of this study");
	if (h->receiver != p->self)
		return error_set(err, CF_E_REFUSED, "the message is for '%s', not for '%s'",
			match_study_card(s, h->receiver)->name, match_study_card(s, p->self)->name);
	if (h->sender == p->self)
		return error_set(err, CF_E_REFUSED, "the message claims to be one's own");
	return 0;
}

static int judge_step(const struct match_party *p, const struct match_header *h, struct cf_error *err)
{
	static const uint8_t no_roster[CRYPTO_HASH_BYTES];
	const struct match_study *s = p->study;
	if (h->kind == MATCH_MESSAGE_JOIN) {
		if (h->round != 0 || h->list != h->sender ||
			memcmp(h->roster, no_roster, sizeof no_roster) != 0)
			return error_set(
				err, CF_E_REFUSED, "a join belongs to round 0 and is its sender's own");
		return 0;
	}
	if (h->list >= s->n_parties)
		return error_set(err, CF_E_REFUSED, "the list is of no party of this study");
	if (h->round == 0 || h->round > s->n_parties || h->round != match_ring_round(s, h->list, p->self))
		return error_set(err, CF_E_REFUSED, "wrong round: list '%s' does not come here in round %u",
			match_study_card(s, h->list)->name, h->round);
	if (h->sender != match_ring_sender(s, h->list, h->round))
		return error_set(err, CF_E_REFUSED, "list '%s' comes from '%s' in round %u, not from '%s'",
			match_study_card(s, h->list)->name,
			match_study_card(s, match_ring_sender(s, h->list, h->round))->name, h->round,
			match_study_card(s, h->sender)->name);
	return 0;
}

int match_party_judge(const struct match_party *p, const struct match_header *h, enum match_verdict *ret,
	struct cf_error *err)
{
	const struct match_study *s = p->study;
	if (memcmp(h->study_id, s->id, sizeof s->id) != 0)
		return error_set(err, CF_E_REFUSED, "the message belongs to another study");
	if (memcmp(h->study_hash, s->hash, sizeof s->hash) != 0)
		return error_set(err, CF_E_REFUSED,
			"the sender's study file differs from the one joined here; compare its fingerprint");
	TRY(judge_sender(p, h, err));
	TRY(judge_step(p, h, err));
	if (h->kind == MATCH_MESSAGE_TOKENS && !match_party_has_roster(p)) {
		*ret = MATCH_WAIT;
		return 0;
	}
	if (h->kind == MATCH_MESSAGE_TOKENS && memcmp(h->roster, p->roster, sizeof p->roster) != 0)
		return error_set(err, CF_E_REFUSED,
			"'%s' was given other joins than this party: somebody told different parties "
			"different things",
			match_study_card(s, h->sender)->name);
	const struct match_taken *taken =
		h->kind == MATCH_MESSAGE_JOIN ? &p->joins_in[h->sender] : &p->lists_in[h->list];
	*ret = taken->there ? MATCH_AGAIN : MATCH_TAKE;
	return 0;
}

struct match_taken *match_party_taken(struct match_party *p, const struct match_header *h)
{
	if (h->kind == MATCH_MESSAGE_JOIN)
		return h->sender < p->study->n_parties ? &p->joins_in[h->sender] : NULL;
	return h->list < p->study->n_parties ? &p->lists_in[h->list] : NULL;
}

struct match_made *match_party_made(struct match_party *p, const struct match_header *h)
{
	if (h->kind == MATCH_MESSAGE_JOIN)
		return h->receiver <= p->study->n_parties ? &p->joins_out[h->receiver] : NULL;
	return h->list < p->study->n_parties ? &p->lists_out[h->list] : NULL;
}

static void fill_header(const struct match_party *p, struct match_header *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->sender = (uint16_t)p->self;
	memcpy(ret->study_id, p->study->id, sizeof ret->study_id);
	memcpy(ret->study_hash, p->study->hash, sizeof ret->study_hash);
}

void match_party_join_header(const struct match_party *p, size_t receiver, struct match_header *ret)
{
	fill_header(p, ret);
	ret->kind = MATCH_MESSAGE_JOIN;
	ret->list = (uint16_t)p->self;
	ret->receiver = (uint16_t)receiver;
}

void match_party_list_header(const struct match_party *p, size_t list, struct match_header *ret)
{
	fill_header(p, ret);
	ret->kind = MATCH_MESSAGE_TOKENS;
	ret->list = (uint16_t)list;
	ret->round = (uint16_t)(match_ring_round(p->study, list, p->self) + 1);
	ret->receiver = (uint16_t)match_ring_receiver(p->study, list, ret->round);
	memcpy(ret->roster, p->roster, sizeof ret->roster);
}

/*
 * Where it stands
 */

void match_party_counts(const struct match_party *p, struct match_counts *ret)
{
	const size_t n = p->study->n_parties;
	const bool analyst = match_party_is_analyst(p);
	*ret = (struct match_counts){
		.n_joins_wanted = analyst ? n : n - 1,
		.n_lists_in_wanted = analyst ? n : n - 1,
		.n_lists_out_wanted = analyst ? 0 : n,
	};
	for (size_t i = 0; i < n; i++) {
		ret->n_joins += p->joins_in[i].there;
		ret->n_lists_in += p->lists_in[i].there;
		ret->n_lists_out += p->lists_out[i].published;
	}
}

bool match_party_complete(const struct match_party *p)
{
	struct match_counts c;
	match_party_counts(p, &c);
	if (c.n_lists_in < c.n_lists_in_wanted || c.n_lists_out < c.n_lists_out_wanted)
		return false;
	for (size_t i = 0; !match_party_is_analyst(p) && i <= p->study->n_parties; i++)
		if (i != p->self && !p->joins_out[i].published)
			return false;
	return true;
}

/*
 * The journal
 */

#define FORMAT "counterfoil-journal-1"
#define CHECK "check = "
enum { HASH_HEX = 2 * CRYPTO_HASH_BYTES };

static int write_taken(struct buffer *out, const char *what, size_t i, const struct match_taken *t)
{
	char file[HASH_HEX + 1];
	char transcript[HASH_HEX + 1];
	if (!t->there)
		return 0;
	crypto_to_hex(t->file_hash, CRYPTO_HASH_BYTES, file);
	crypto_to_hex(t->transcript, CRYPTO_HASH_BYTES, transcript);
	return buffer_printf(out, "%s %zu = %s %s\n", what, i, file, transcript);
}

static int write_made(struct buffer *out, const char *what, size_t i, const struct match_made *m)
{
	char file[HASH_HEX + 1];
	if (!m->there)
		return 0;
	crypto_to_hex(m->file_hash, CRYPTO_HASH_BYTES, file);
	return buffer_printf(out, "%s %zu = %s %s\n", what, i, file, m->published ? "published" : "spooled");
}

/* The last line: a hash over all before it, so that a journal changed by accident is not acted on. */
static void check_hash(const char *text, size_t n, char ret[HASH_HEX + 1])
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	const struct crypto_part part = {text, n};
	crypto_digest("counterfoil journal v1", &part, 1, hash);
	crypto_to_hex(hash, sizeof hash, ret);
}

static int write_check(struct buffer *out, size_t from)
{
	char hex[HASH_HEX + 1];
	check_hash(out->data + from, out->n - from, hex);
	return buffer_printf(out, CHECK "%s\n", hex);
}

static bool check_holds(const char *data, size_t n)
{
	const size_t n_line = strlen(CHECK) + HASH_HEX + 1;
	char hex[HASH_HEX + 1];
	if (n < n_line)
		return false;
	const char *line = data + n - n_line;
	check_hash(data, n - n_line, hex);
	return memcmp(line, CHECK, strlen(CHECK)) == 0 && memcmp(line + strlen(CHECK), hex, HASH_HEX) == 0 &&
	       data[n - 1] == '\n';
}

int match_party_format(const struct match_party *p, struct buffer *out)
{
	const size_t n = p->study->n_parties;
	const size_t from = out->n;
	char hex[HASH_HEX + 1];
	crypto_to_hex(p->study->hash, CRYPTO_HASH_BYTES, hex);
	TRY(buffer_printf(out, "[journal]\nformat = " FORMAT "\nstudy = %s\nself = %zu\nstate = %s\n", hex,
		p->self,
		p->finished ? "finished"
		: p->done   ? "done"
			    : "running"));
	crypto_to_hex(p->roster, CRYPTO_HASH_BYTES, hex);
	TRY(buffer_printf(out, "roster = %s\n", hex));
	for (size_t i = 0; i < n; i++) {
		TRY(write_taken(out, "join_in", i, &p->joins_in[i]));
		TRY(write_taken(out, "list_in", i, &p->lists_in[i]));
		TRY(write_made(out, "list_out", i, &p->lists_out[i]));
	}
	for (size_t i = 0; i <= n; i++)
		TRY(write_made(out, "join_out", i, &p->joins_out[i]));
	return write_check(out, from);
}

struct journal {
	const struct ini *ini;
	struct match_party *party;
	uint32_t seen; /* the lines that each journal has */
};
enum {
	SEEN_FORMAT = 1,
	SEEN_STUDY = 2,
	SEEN_SELF = 4,
	SEEN_STATE = 8,
	SEEN_ROSTER = 16,
	SEEN_CHECK = 32,
	SEEN_ALL = 63,
};

static int damaged(const struct journal *j, const struct ini_entry *e, struct cf_error *err)
{
	return ini_error(j->ini, e, err, "the journal is damaged here");
}

/* "what NUMBER" with a number up to max. */
static bool numbered(const char *key, const char *what, size_t max, size_t *ret)
{
	size_t n = strlen(what);
	if (strncmp(key, what, n) != 0 || key[n] != ' ' || key[n + 1] == '\0')
		return false;
	size_t value = 0;
	for (const char *c = key + n + 1; *c; c++) {
		if (*c < '0' || *c > '9' || value > max)
			return false;
		value = value * 10 + (size_t)(*c - '0');
	}
	*ret = value;
	return value <= max;
}

/* Two fields of the value: a hash, and what follows one space. */
static bool hash_and_rest(const char *value, uint8_t hash[CRYPTO_HASH_BYTES], const char **ret_rest)
{
	char hex[HASH_HEX + 1];
	if (strlen(value) < HASH_HEX + 2 || value[HASH_HEX] != ' ')
		return false;
	memcpy(hex, value, HASH_HEX);
	hex[HASH_HEX] = '\0';
	*ret_rest = value + HASH_HEX + 1;
	return crypto_from_hex(hex, hash, CRYPTO_HASH_BYTES) == 0;
}

static int read_taken(
	const struct journal *j, const struct ini_entry *e, struct match_taken *to, struct cf_error *err)
{
	const char *rest;
	if (to->there || !hash_and_rest(e->value, to->file_hash, &rest) ||
		crypto_from_hex(rest, to->transcript, CRYPTO_HASH_BYTES) < 0)
		return damaged(j, e, err);
	to->there = true;
	return 0;
}

static int read_made(
	const struct journal *j, const struct ini_entry *e, struct match_made *to, struct cf_error *err)
{
	const char *rest;
	if (to->there || !hash_and_rest(e->value, to->file_hash, &rest))
		return damaged(j, e, err);
	to->there = true;
	to->published = strcmp(rest, "published") == 0;
	if (!to->published && strcmp(rest, "spooled") != 0)
		return damaged(j, e, err);
	return 0;
}

static int read_fixed(struct journal *j, const struct ini_entry *e, uint32_t flag, struct cf_error *err)
{
	struct match_party *p = j->party;
	uint8_t hash[CRYPTO_HASH_BYTES];
	size_t number = 0;
	bool good = !(j->seen & flag);
	j->seen |= flag;
	if (flag == SEEN_FORMAT) {
		good = good && strcmp(e->value, FORMAT) == 0;
	} else if (flag == SEEN_STUDY) {
		good = good && crypto_from_hex(e->value, hash, sizeof hash) == 0;
		if (good && memcmp(hash, p->study->hash, sizeof hash) != 0)
			return ini_error(
				j->ini, e, err, "the study file was changed after this party joined");
	} else if (flag == SEEN_SELF) {
		char key[32];
		(void)snprintf(key, sizeof key, "self %.20s", e->value);
		good = good && numbered(key, "self", p->study->n_parties, &number);
		p->self = number;
	} else if (flag == SEEN_STATE) {
		p->finished = strcmp(e->value, "finished") == 0;
		p->done = p->finished || strcmp(e->value, "done") == 0;
		good = good && (p->done || strcmp(e->value, "running") == 0);
	} else if (flag == SEEN_ROSTER) {
		good = good && crypto_from_hex(e->value, p->roster, sizeof p->roster) == 0;
	}
	return good ? 0 : damaged(j, e, err);
}

static int read_line(struct journal *j, const struct ini_entry *e, struct cf_error *err)
{
	static const struct {
		const char *key;
		uint32_t flag;
	} fixed[] = {{"format", SEEN_FORMAT}, {"study", SEEN_STUDY}, {"self", SEEN_SELF},
		{"state", SEEN_STATE}, {"roster", SEEN_ROSTER}, {"check", SEEN_CHECK}};
	const size_t last = j->party->study->n_parties - 1;
	size_t i = 0;
	for (size_t f = 0; f < sizeof fixed / sizeof *fixed; f++)
		if (strcmp(e->key, fixed[f].key) == 0)
			return read_fixed(j, e, fixed[f].flag, err);
	if (numbered(e->key, "join_in", last, &i))
		return read_taken(j, e, &j->party->joins_in[i], err);
	if (numbered(e->key, "list_in", last, &i))
		return read_taken(j, e, &j->party->lists_in[i], err);
	if (numbered(e->key, "list_out", last, &i))
		return read_made(j, e, &j->party->lists_out[i], err);
	if (numbered(e->key, "join_out", last + 1, &i))
		return read_made(j, e, &j->party->joins_out[i], err);
	return damaged(j, e, err);
}

int match_party_parse(const char *name, const char *data, size_t n, const struct match_study *study,
	struct match_party *ret, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	struct match_party p;
	TRY(ini_parse(name, data, n, &ini, err));
	match_party_init(&p, study, 0);
	struct journal j = {.ini = ini, .party = &p};
	for (size_t i = 0; i < ini_n(ini); i++) {
		const struct ini_entry *e = ini_at(ini, i);
		if (strcmp(e->section, "journal") != 0)
			return damaged(&j, e, err);
		TRY(read_line(&j, e, err));
	}
	if (j.seen != SEEN_ALL || !check_holds(data, n))
		return error_set(err, CF_E_INPUT, "%s: the journal is damaged or was changed", name);
	*ret = p;
	return 0;
}
