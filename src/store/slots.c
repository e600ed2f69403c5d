/*
 * Ways in. Each holder (the store itself under "", and every user) has a key pair, whose secret half is
 * sealed with what they bring (a passphrase stretched by Argon2id, a key file, or both mixed); the
 * organisation's key, or for those who may read the log alone the log's key, is sealed to the public half. So
 * it can be replaced without anyone present. Each row carries a mac under the organisation's key, so that
 * nobody who can only write the file can plant a public key of their own and wait for the next rotation.
 */
#include <string.h>

#include "crypto/store_key.h"
#include "store/inside.h"

enum { KIND_PASSPHRASE = 1, KIND_KEY_FILE = 2, KIND_BOTH = 3 };

struct store_id name_id(const char *kind, const char *name)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct store_id ret;
	const struct crypto_part parts[] = {{kind, strlen(kind)}, {name, strlen(name)}};
	crypto_digest("counterfoil name in the log v1", parts, 2, hash);
	memcpy(ret.bytes, hash, sizeof ret.bytes);
	return ret;
}

/* The mac of a slot under a key: everything in it. */
static void mac_of(
	const struct store *s, const struct slot *slot, const uint8_t *key, uint8_t ret[HASH_BYTES])
{
	uint8_t numbers[32];
	put_number(numbers, (uint64_t)slot->kind, 8);
	put_number(numbers + 8, (uint64_t)slot->access, 8);
	put_number(numbers + 16, slot->costs.passes, 8);
	put_number(numbers + 24, slot->costs.memory_bytes, 8);
	const struct crypto_part parts[] = {
		{s->id.bytes, sizeof s->id.bytes},
		{slot->holder, strlen(slot->holder)},
		{numbers, sizeof numbers},
		{slot->salt, sizeof slot->salt},
		{slot->public_key, sizeof slot->public_key},
		{slot->pair, sizeof slot->pair},
		{slot->sealed, sizeof slot->sealed},
	};
	vault_tag(key, "counterfoil way in v1", parts, sizeof parts / sizeof *parts, ret, HASH_BYTES);
}

bool slot_is_ours(const struct store *s, const struct slot *slot, const struct secret *organisation)
{
	uint8_t mac[HASH_BYTES];
	mac_of(s, slot, secret_bytes(organisation), mac);
	return secret_equal(mac, slot->mac, sizeof mac);
}

/* ---- rows ---- */

static int read_slot(struct db_rows *rows, struct slot *ret, struct cf_error *err)
{
	struct slot slot = {0};
	TRY(db_string(rows, 0, slot.holder, STORE_NAME_MAX, err));
	slot.kind = db_integer(rows, 1);
	slot.access = db_integer(rows, 2);
	slot.costs = (struct vault_costs){(uint64_t)db_integer(rows, 3), (uint64_t)db_integer(rows, 4)};
	TRY(db_fixed(rows, 5, slot.salt, sizeof slot.salt, err));
	TRY(db_fixed(rows, 6, slot.public_key, sizeof slot.public_key, err));
	TRY(db_fixed(rows, 7, slot.pair, sizeof slot.pair, err));
	TRY(db_fixed(rows, 8, slot.sealed, sizeof slot.sealed, err));
	TRY(db_fixed(rows, 9, slot.mac, sizeof slot.mac, err));
	*ret = slot;
	return 1;
}

static int one_slot(
	struct store *s, enum statement which, const char *holder, struct slot *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {db_text(holder)};
	TRY(db_query(s->db, which, values, 1, &rows, err));
	int status = db_next(&rows, err);
	return status > 0 ? read_slot(&rows, ret, err) : status;
}

int slot_get(struct store *s, const char *holder, struct slot *ret, struct cf_error *err)
{
	return one_slot(s, S_SLOT_BY_HOLDER, holder, ret, err);
}

int slot_after(struct store *s, const char *holder, struct slot *ret, struct cf_error *err)
{
	return one_slot(s, S_SLOT_AFTER, holder, ret, err);
}

static int note_slot(struct store *s, const struct slot *slot, const char *action, struct cf_error *err)
{
	struct log_object object = {.kind = "way-in", .id = name_id("way-in", slot->holder)};
	commitment_of(s, object.kind, &object.id, 0, slot->mac, sizeof slot->mac, object.commitment);
	return log_add(s, action, NULL, &object, 1, err);
}

static int write_slot(struct store *s, struct slot *slot, struct cf_error *err)
{
	mac_of(s, slot, secret_bytes(s->organisation), slot->mac);
	const struct db_value values[] = {
		db_text(slot->holder),
		DB_INT(slot->kind),
		DB_INT(slot->access),
		DB_INT(slot->costs.passes),
		DB_INT(slot->costs.memory_bytes),
		DB_BYTES(slot->salt, sizeof slot->salt),
		DB_BYTES(slot->public_key, sizeof slot->public_key),
		DB_BYTES(slot->pair, sizeof slot->pair),
		DB_BYTES(slot->sealed, sizeof slot->sealed),
		DB_BYTES(slot->mac, sizeof slot->mac),
	};
	TRY(db_run(s->db, S_SLOT_SET, values, sizeof values / sizeof *values, err));
	return note_slot(s, slot, "way-in.set", err);
}

/* ---- what the holder brings ---- */

static int kind_of(const struct store_unlock *unlock, int64_t *ret, struct cf_error *err)
{
	int64_t kind = (unlock->passphrase ? KIND_PASSPHRASE : 0) | (unlock->key_file ? KIND_KEY_FILE : 0);
	if (!kind)
		return error_set(
			err, CF_E_USAGE, "a store opens with a passphrase, a key file, or both; give one");
	*ret = kind;
	return CF_OK;
}

/* The key that seals the pair. */
static int mix(
	const struct slot *slot, const struct store_unlock *unlock, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *stretched = NULL;
	CF_CLEANUP_SECRET struct secret *file = NULL;
	CF_CLEANUP_SECRET struct secret *key = NULL;
	if (slot->kind & KIND_PASSPHRASE)
		TRY(vault_stretch(unlock->passphrase, &slot->costs, slot->salt, &stretched, err));
	if (slot->kind & KIND_KEY_FILE)
		TRY(store_key_file_read(unlock->key_file, &file, err));
	TRY(secret_new(VAULT_KEY_BYTES, &key, err));
	const struct secret *first = stretched ? stretched : file;
	const struct crypto_part parts[] = {
		{slot->salt, sizeof slot->salt},
		{stretched && file ? secret_bytes(file) : NULL, stretched && file ? VAULT_KEY_BYTES : 0},
	};
	vault_tag(secret_bytes(first), "counterfoil key of a way in v1", parts, 2, secret_data(key),
		VAULT_KEY_BYTES);
	*ret = TAKE(key);
	return CF_OK;
}

/* What the seal of a pair is bound to. */
struct bound {
	uint8_t bytes[STORE_ID_BYTES + 8 + VAULT_KEY_BYTES + STORE_NAME_MAX];
	size_t n;
};

static struct bound bound_of(const struct store *s, const struct slot *slot)
{
	struct bound b = {0};
	memcpy(b.bytes, s->id.bytes, STORE_ID_BYTES);
	put_number(b.bytes + STORE_ID_BYTES, (uint64_t)slot->access, 8);
	memcpy(b.bytes + STORE_ID_BYTES + 8, slot->public_key, VAULT_KEY_BYTES);
	memcpy(b.bytes + STORE_ID_BYTES + 8 + VAULT_KEY_BYTES, slot->holder, strlen(slot->holder));
	b.n = STORE_ID_BYTES + 8 + VAULT_KEY_BYTES + strlen(slot->holder);
	return b;
}

/* ---- making ---- */

static int seal_to(struct store *s, struct slot *slot, struct cf_error *err)
{
	return vault_box(slot->public_key, slot->access == STORE_ACCESS_RECORDS ? s->organisation : s->log,
		slot->sealed, err);
}

int slot_make(struct store *s, const char *holder, enum store_access access,
	const struct store_unlock *unlock, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *pair = NULL;
	CF_CLEANUP_SECRET struct secret *key = NULL;
	struct slot slot = {.access = access};
	if (!s->organisation)
		return error_set(err, CF_E_REFUSED, "only those who open records can give someone a way in");
	memcpy(slot.holder, holder, strlen(holder));
	TRY(kind_of(unlock, &slot.kind, err));
	const struct vault_costs standard = vault_costs_default();
	if (slot.kind & KIND_PASSPHRASE) {
		slot.costs.passes = s->costs.passes ? s->costs.passes : standard.passes;
		slot.costs.memory_bytes =
			s->costs.memory_bytes ? s->costs.memory_bytes : standard.memory_bytes;
	}
	crypto_random(slot.salt, sizeof slot.salt);
	TRY(vault_pair_new(&pair, slot.public_key, err));
	TRY(mix(&slot, unlock, &key, err));
	const struct bound bound = bound_of(s, &slot);
	vault_seal(secret_bytes(key), bound.bytes, bound.n, secret_bytes(pair), VAULT_KEY_BYTES, slot.pair);
	TRY(seal_to(s, &slot, err));
	TRY(write_slot(s, &slot, err));
	if (strcmp(holder, s->holder) == 0) {
		secret_free(s->next_pair);
		s->next_pair = TAKE(pair);
	}
	return CF_OK;
}

int slot_remove(struct store *s, const char *holder, struct cf_error *err)
{
	struct slot slot = {0};
	const struct db_value values[] = {db_text(holder)};
	memcpy(slot.holder, holder, strlen(holder));
	TRY(db_run(s->db, S_SLOT_REMOVE, values, 1, err));
	return note_slot(s, &slot, "way-in.remove", err);
}

int slots_reseal(struct store *s, const struct secret *old_organisation, struct cf_error *err)
{
	struct slot slot;
	/* "" sorts first, and nothing before it */
	int status = slot_get(s, "", &slot, err);
	TRY(status);
	if (!status) {
		memset(&slot, 0, sizeof slot);
		status = slot_after(s, "", &slot, err);
	}
	while (status > 0) {
		if (!slot_is_ours(s, &slot, old_organisation))
			return error_set(err, CF_E_REFUSED,
				"%s was altered: the way in of '%s' is not one that this store made; the key "
				"is not given "
				"to it",
				s->db->name, slot.holder[0] ? slot.holder : "the organisation");
		TRY(seal_to(s, &slot, err));
		TRY(write_slot(s, &slot, err));
		status = slot_after(s, slot.holder, &slot, err);
	}
	return status;
}

/* ---- opening ---- */

static int unbox(struct store *s, const struct slot *slot, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(vault_unbox(s->pair, slot->public_key, slot->sealed, sizeof slot->sealed, &key, err));
	if (slot->access == STORE_ACCESS_RECORDS) {
		secret_free(s->organisation);
		s->organisation = TAKE(key);
	} else {
		secret_free(s->log);
		s->log = TAKE(key);
	}
	s->access = (enum store_access)slot->access;
	return CF_OK;
}

int slot_open(
	struct store *s, const struct slot *slot, const struct store_unlock *unlock, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *key = NULL;
	CF_CLEANUP_SECRET struct secret *pair = NULL;
	if ((slot->kind & KIND_PASSPHRASE && !unlock->passphrase) ||
		(slot->kind & KIND_KEY_FILE && !unlock->key_file))
		return error_set(err, CF_E_REFUSED, "this store opens with %s; give it",
			slot->kind == KIND_BOTH         ? "a passphrase and a key file together"
			: slot->kind == KIND_PASSPHRASE ? "a passphrase"
							: "a key file");
	if (slot->kind < KIND_PASSPHRASE || slot->kind > KIND_BOTH ||
		(slot->access != STORE_ACCESS_RECORDS && slot->access != STORE_ACCESS_LOG))
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: a way in cannot be read",
			s->db->name);
	TRY(mix(slot, unlock, &key, err));
	TRY(secret_new(VAULT_KEY_BYTES, &pair, err));
	const struct bound bound = bound_of(s, slot);
	if (vault_open(secret_bytes(key), bound.bytes, bound.n, slot->pair, sizeof slot->pair,
		    secret_data(pair)) < 0)
		return error_set(err, CF_E_REFUSED, "the store does not open: the %s is wrong",
			slot->holder[0]                 ? "user or the password"
			: slot->kind == KIND_BOTH       ? "passphrase or the key file"
			: slot->kind == KIND_PASSPHRASE ? "passphrase"
							: "key file");
	secret_free(s->pair);
	s->pair = TAKE(pair);
	memcpy(s->holder, slot->holder, sizeof s->holder);
	return unbox(s, slot, err);
}

void slot_pretend(const struct store *s, const struct store_unlock *unlock)
{
	static const uint8_t salt[VAULT_SALT_BYTES];
	CF_CLEANUP_SECRET struct secret *key = NULL;
	const struct vault_costs standard = vault_costs_default();
	const struct vault_costs costs = {s->costs.passes ? s->costs.passes : standard.passes,
		s->costs.memory_bytes ? s->costs.memory_bytes : standard.memory_bytes};
	if (unlock->passphrase && vault_stretch(unlock->passphrase, &costs, salt, &key, NULL) < 0)
		return; /* only the time it takes matters */
}

int slot_follow(struct store *s, struct cf_error *err)
{
	struct slot slot;
	int status = slot_get(s, s->holder, &slot, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED, "%s: your way in was taken away meanwhile", s->db->name);
	TRY(unbox(s, &slot, err));
	return keys_read(s, err);
}
