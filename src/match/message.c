#include "match/message.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "match/wire.h"

static const char magic[8] = {'C', 'F', 'O', 'I', 'L', 'M', 'S', 'G'};
static const char join_magic[8] = {'C', 'F', 'O', 'I', 'L', 'J', 'N', '1'};
static const char join_label[] = "counterfoil join v1";

/* Offsets in the header. */
enum {
	AT_VERSION = 8,
	AT_KIND = 10,
	AT_ROUND = 12,
	AT_LIST = 14,
	AT_SENDER = 16,
	AT_RECEIVER = 18,
	AT_RESERVED = 20,
	AT_STUDY_ID = 24,
	AT_STUDY_HASH = 40,
	AT_ROSTER = 72,
};
_Static_assert(AT_ROSTER + CRYPTO_HASH_BYTES == MATCH_HEADER_BYTES, "header layout");

/* Offsets in the body of a join. */
enum {
	JOIN_AT_STUDY = 8,
	JOIN_AT_PARTY = 40,
	JOIN_AT_RESERVED = 42,
	JOIN_AT_N = 44,
	JOIN_AT_COMMITMENT = 48,
	JOIN_AT_N_ROWS = 80,
	JOIN_AT_N_DROPPED = 84,
	JOIN_AT_N_COARSENED = 88,
	JOIN_AT_N_CODES = 92,
	JOIN_AT_COUNTS = 96,
};

void match_header_encode(const struct match_header *h, uint8_t ret[MATCH_HEADER_BYTES])
{
	memset(ret, 0, MATCH_HEADER_BYTES);
	memcpy(ret, magic, sizeof magic);
	wire_put16(ret + AT_VERSION, MATCH_VERSION);
	wire_put16(ret + AT_KIND, (uint16_t)h->kind);
	wire_put16(ret + AT_ROUND, h->round);
	wire_put16(ret + AT_LIST, h->list);
	wire_put16(ret + AT_SENDER, h->sender);
	wire_put16(ret + AT_RECEIVER, h->receiver);
	memcpy(ret + AT_STUDY_ID, h->study_id, sizeof h->study_id);
	memcpy(ret + AT_STUDY_HASH, h->study_hash, sizeof h->study_hash);
	memcpy(ret + AT_ROSTER, h->roster, sizeof h->roster);
}

int match_header_decode(
	const uint8_t data[MATCH_HEADER_BYTES], struct match_header *ret, struct cf_error *err)
{
	if (memcmp(data, magic, sizeof magic) != 0)
		return error_set(err, CF_E_INPUT, "this is no Counterfoil message");
	uint16_t version = wire_get16(data + AT_VERSION);
	if (version != MATCH_VERSION)
		return error_set(err, CF_E_REFUSED,
			"the message is of protocol version %u; this program speaks version %d", version,
			MATCH_VERSION);
	uint16_t kind = wire_get16(data + AT_KIND);
	if (kind != MATCH_MESSAGE_JOIN && kind != MATCH_MESSAGE_TOKENS)
		return error_set(err, CF_E_REFUSED, "the message is of an unknown kind");
	if (wire_get16(data + AT_RESERVED) || wire_get16(data + AT_RESERVED + 2))
		return error_set(err, CF_E_REFUSED, "reserved bytes of the message's header are not zero");
	*ret = (struct match_header){
		.kind = (enum match_message_kind)kind,
		.round = wire_get16(data + AT_ROUND),
		.list = wire_get16(data + AT_LIST),
		.sender = wire_get16(data + AT_SENDER),
		.receiver = wire_get16(data + AT_RECEIVER),
	};
	memcpy(ret->study_id, data + AT_STUDY_ID, sizeof ret->study_id);
	memcpy(ret->study_hash, data + AT_STUDY_HASH, sizeof ret->study_hash);
	memcpy(ret->roster, data + AT_ROSTER, sizeof ret->roster);
	return 0;
}

void match_join_done(struct match_join *j)
{
	j->stratum_counts = mem_free(j->stratum_counts);
}

static size_t body_bytes(const struct match_study *s)
{
	return JOIN_AT_COUNTS + (size_t)4 * match_study_n_codes(s);
}

size_t match_join_bytes(const struct match_study *s)
{
	return body_bytes(s) + IDENTITY_SIGNATURE_BYTES;
}

int match_join_encode(const struct match_study *s, const struct match_join *j, const struct identity *signer,
	struct buffer *out, struct cf_error *err)
{
	const size_t n_body = body_bytes(s);
	const uint32_t n_codes = match_study_n_codes(s);
	CF_CLEANUP_FREE uint8_t *body = mem_alloc_zero(n_body + IDENTITY_SIGNATURE_BYTES, 1);
	if (!body)
		return error_memory(err);
	memcpy(body, join_magic, sizeof join_magic);
	memcpy(body + JOIN_AT_STUDY, s->hash, sizeof s->hash);
	wire_put16(body + JOIN_AT_PARTY, j->party);
	wire_put32(body + JOIN_AT_N, j->n_records);
	memcpy(body + JOIN_AT_COMMITMENT, j->commitment, sizeof j->commitment);
	wire_put32(body + JOIN_AT_N_ROWS, j->n_rows);
	wire_put32(body + JOIN_AT_N_DROPPED, j->n_dropped_values);
	wire_put32(body + JOIN_AT_N_COARSENED, j->n_coarsened);
	wire_put32(body + JOIN_AT_N_CODES, n_codes);
	for (uint32_t i = 0; i < n_codes; i++)
		wire_put32(body + JOIN_AT_COUNTS + (size_t)4 * i, j->stratum_counts[i]);
	TRY(identity_sign(signer, join_label, body, n_body, body + n_body, err));
	return buffer_append(out, body, n_body + IDENTITY_SIGNATURE_BYTES) < 0 ? error_memory(err) : 0;
}

int match_join_check_counts(const struct match_study *s, const struct match_join *j, struct cf_error *err)
{
	const char *who = match_study_card(s, j->party)->name;
	const uint32_t n_codes = match_study_n_codes(s);
	const uint32_t k = s->strata ? match_strata_k(s->strata) : 1;
	uint64_t sum = 0;
	for (uint32_t i = 0; i < n_codes; i++) {
		sum += j->stratum_counts[i];
		/* a list below k can only show the one stratum "unknown" (code 0) */
		bool whole = i == 0 && j->stratum_counts[i] == j->n_records;
		if (j->stratum_counts[i] && j->stratum_counts[i] < k && !whole)
			return error_set(err, CF_E_REFUSED,
				"the list of '%s' shows a stratum of fewer than %" PRIu32 " records", who, k);
	}
	if (sum != j->n_records)
		return error_set(err, CF_E_REFUSED, "the strata of '%s' do not add up to its records", who);
	return 0;
}

static int check_join_head(
	const struct match_study *s, size_t party, const uint8_t *body, struct cf_error *err)
{
	if (memcmp(body, join_magic, sizeof join_magic) != 0)
		return error_set(err, CF_E_REFUSED, "the message holds no join");
	if (memcmp(body + JOIN_AT_STUDY, s->hash, sizeof s->hash) != 0)
		return error_set(err, CF_E_REFUSED, "the join is for another study file");
	if (wire_get16(body + JOIN_AT_PARTY) != party || wire_get16(body + JOIN_AT_RESERVED) != 0)
		return error_set(err, CF_E_REFUSED, "the join is not its sender's");
	if (wire_get32(body + JOIN_AT_N_CODES) != match_study_n_codes(s))
		return error_set(err, CF_E_REFUSED, "the join counts other strata than the study has");
	uint32_t n = wire_get32(body + JOIN_AT_N);
	if (n < s->min_records || n > s->max_records)
		return error_set(err, CF_E_REFUSED,
			"the list of '%s' has %" PRIu32 " records; the study takes lists of %" PRIu32
			" to %" PRIu32,
			match_study_card(s, party)->name, n, s->min_records, s->max_records);
	if (wire_get32(body + JOIN_AT_N_ROWS) < n || wire_get32(body + JOIN_AT_N_COARSENED) > n)
		return error_set(err, CF_E_REFUSED, "the counts in the join of '%s' contradict each other",
			match_study_card(s, party)->name);
	return 0;
}

int match_join_decode(const struct match_study *s, size_t party, const void *data, size_t n,
	struct match_join *ret, struct cf_error *err)
{
	const uint8_t *body = data;
	const size_t n_body = body_bytes(s);
	const uint32_t n_codes = match_study_n_codes(s);
	if (n != match_join_bytes(s))
		return error_set(err, CF_E_REFUSED, "a join of this study has %zu bytes, this has %zu",
			match_join_bytes(s), n);
	TRY(identity_verify(
		match_study_card(s, party)->sign_key, join_label, body, n_body, body + n_body, err));
	TRY(check_join_head(s, party, body, err));
	struct match_join j = {
		.party = (uint16_t)party,
		.n_records = wire_get32(body + JOIN_AT_N),
		.n_rows = wire_get32(body + JOIN_AT_N_ROWS),
		.n_dropped_values = wire_get32(body + JOIN_AT_N_DROPPED),
		.n_coarsened = wire_get32(body + JOIN_AT_N_COARSENED),
		.stratum_counts = NEW_ARRAY(uint32_t, n_codes),
	};
	if (!j.stratum_counts)
		return error_memory(err);
	memcpy(j.commitment, body + JOIN_AT_COMMITMENT, sizeof j.commitment);
	for (uint32_t i = 0; i < n_codes; i++)
		j.stratum_counts[i] = wire_get32(body + JOIN_AT_COUNTS + (size_t)4 * i);
	int status = match_join_check_counts(s, &j, err);
	if (status < 0) {
		match_join_done(&j);
		return status;
	}
	*ret = j;
	return 0;
}

void match_roster_hash(
	const struct match_study *s, const struct buffer *encoded, uint8_t ret[CRYPTO_HASH_BYTES])
{
	struct crypto_part parts[MATCH_MAX_PARTIES];
	for (size_t i = 0; i < s->n_parties; i++)
		parts[i] = (struct crypto_part){encoded[i].data, body_bytes(s)};
	crypto_digest("counterfoil roster v1", parts, s->n_parties, ret);
}

int match_append_file_name(struct buffer *out, const char *name)
{
	enum { MAX_SLUG = 40 };
	size_t n = strlen(name);
	if (n > MAX_SLUG) {
		n = MAX_SLUG;
		while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
			n--;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];
		bool plain = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || c == '-';
		TRY(buffer_append_char(out, plain ? (char)c : '-'));
	}
	return 0;
}

static int append_who(struct buffer *out, const struct match_study *s, const char *role, size_t number)
{
	if (number == s->n_parties)
		TRY(buffer_printf(out, "%s-analyst-", role));
	else
		TRY(buffer_printf(out, "%s-%zu-", role, number + 1));
	return match_append_file_name(out, match_study_card(s, number)->name);
}

int match_message_name(const struct match_study *s, const struct match_header *h, struct buffer *out)
{
	char id[9];
	crypto_to_hex(s->id, 4, id);
	TRY(append_who(out, s, "to", h->receiver));
	TRY(append_who(out, s, "_from", h->sender));
	if (h->kind == MATCH_MESSAGE_JOIN) {
		TRY(buffer_append_text(out, "_join"));
	} else {
		TRY(append_who(out, s, "_list", h->list));
		TRY(buffer_printf(out, "_hop-%u-of-%zu", h->round, s->n_parties));
	}
	return buffer_printf(out, "_%s.cfm", id);
}
