/*
 * Key files. 260 bytes, integers little-endian:
 *
 *     0   16  "counterfoil key\n"
 *    16    4  version, 1
 *    20    4  protection: 0 none (the file mode alone), 1 passphrase
 *    24    8  Argon2id passes         (0 without a passphrase)
 *    32    8  Argon2id memory, bytes  (0 without a passphrase)
 *    40   16  Argon2id salt           (zeros without a passphrase)
 *    56   24  XChaCha20 nonce         (zeros without a passphrase)
 *    80  132  body: u32 length of the name, the name padded with zeros to 64, Ed25519 seed, X25519 secret;
 *             with a passphrase, enciphered by XChaCha20-Poly1305 with bytes 0 to 79 as associated data
 *   212   16  the authenticator        (zeros without a passphrase)
 *   228   32  crypto_digest("counterfoil key file v1", bytes 0 to 227)
 *
 * The hash is there to tell a damaged file from a wrong passphrase; it guards nothing against an attacker,
 * who meets the authenticator. Argon2id's costs are bounded before they are spent, so that a planted file
 * cannot ask for a terabyte. Secrets pass from guarded memory to the file without a stop in a stdio buffer.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/identity.h"
#include "crypto/identity_parts.h"

enum {
	AT_VERSION = 16,
	AT_PROTECTION = 20,
	AT_PASSES = 24,
	AT_MEMORY = 32,
	AT_SALT = 40,
	AT_NONCE = 56,
	AT_BODY = 80,
	AT_NAME = AT_BODY + 4,
	AT_SIGN_SEED = AT_NAME + IDENTITY_NAME_MAX,
	AT_BOX_SECRET = AT_SIGN_SEED + IDENTITY_SEED_BYTES,
	AT_TAG = AT_BOX_SECRET + IDENTITY_BOX_SECRET_BYTES,
	AT_HASH = AT_TAG + crypto_aead_xchacha20poly1305_ietf_ABYTES,
	FILE_BYTES = AT_HASH + CRYPTO_HASH_BYTES,

	VERSION = 1,
	PROTECTION_NONE = 0,
	PROTECTION_PASSPHRASE = 1,

	PASSES_MAX = 16,
};

static const uint64_t memory_max_bytes = UINT64_C(1) << 30;
static const uint8_t magic[AT_VERSION] = "counterfoil key\n";

_Static_assert(AT_NONCE - AT_SALT == crypto_pwhash_argon2id_SALTBYTES, "salt");
_Static_assert(AT_BODY - AT_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(FILE_BYTES == 260, "as documented");

static void store(uint8_t *to, uint64_t value, int n)
{
	for (int i = 0; i < n; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t load(const uint8_t *from, int n)
{
	uint64_t value = 0;
	for (int i = n; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

static void file_hash(const uint8_t *image, uint8_t ret[CRYPTO_HASH_BYTES])
{
	crypto_digest("counterfoil key file v1", &(struct crypto_part){image, AT_HASH}, 1, ret);
}

/* The key of the body from the passphrase and the costs and salt that stand in the image. */
static int stretch(
	const uint8_t *image, const struct secret *passphrase, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(secret_new(crypto_aead_xchacha20poly1305_ietf_KEYBYTES, &key, err));
	if (crypto_pwhash_argon2id(secret_data(key), secret_size(key), (const char *)secret_bytes(passphrase),
		    secret_size(passphrase), image + AT_SALT, load(image + AT_PASSES, 8),
		    (size_t)load(image + AT_MEMORY, 8), crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
		return error_set(
			err, CF_E_MEMORY, "there is not enough memory to derive a key from the passphrase");
	*ret = TAKE(key);
	return CF_OK;
}

/* ---- writing ---- */

static int seal_body(uint8_t *image, const struct secret *passphrase, struct cf_error *err)
{
	if (secret_size(passphrase) == 0)
		return error_set(err, CF_E_USAGE, "the passphrase is empty");
	store(image + AT_PROTECTION, PROTECTION_PASSPHRASE, 4);
	store(image + AT_PASSES, crypto_pwhash_argon2id_OPSLIMIT_MODERATE, 8);
	store(image + AT_MEMORY, crypto_pwhash_argon2id_MEMLIMIT_MODERATE, 8);
	randombytes_buf(image + AT_SALT, AT_BODY - AT_SALT);
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(stretch(image, passphrase, &key, err));
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt_detached(image + AT_BODY, image + AT_TAG, NULL,
		image + AT_BODY, AT_TAG - AT_BODY, image, AT_BODY, NULL, image + AT_NONCE, secret_bytes(key));
	return CF_OK;
}

static int make_image(
	const struct identity *id, const struct secret *passphrase, uint8_t *image, struct cf_error *err)
{
	const size_t n_name = strlen(id->card.name);
	memcpy(image, magic, sizeof magic);
	store(image + AT_VERSION, VERSION, 4);
	store(image + AT_BODY, n_name, 4);
	memcpy(image + AT_NAME, id->card.name, n_name);
	memcpy(image + AT_SIGN_SEED, secret_bytes(id->sign), IDENTITY_SEED_BYTES);
	memcpy(image + AT_BOX_SECRET, secret_bytes(id->box), IDENTITY_BOX_SECRET_BYTES);
	if (passphrase)
		TRY(seal_body(image, passphrase, err));
	file_hash(image, image + AT_HASH);
	return CF_OK;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static bool write_all(int fd, const uint8_t *data, size_t n)
{
	while (n) {
		ssize_t written = write(fd, data, n);
		if (written < 0)
			return false;
		data += written;
		n -= (size_t)written;
	}
	return fsync(fd) == 0;
}

int identity_write(
	const struct identity *id, const char *path, const struct secret *passphrase, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *image = NULL;
	TRY(secret_new(FILE_BYTES, &image, err));
	TRY(make_image(id, passphrase, secret_data(image), err));
	CF_CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return error_set(err, CF_E_STATE, "%s is there already; keys are never overwritten", path);
	if (fd < 0)
		return error_set_errno(err, CF_E_IO, "%s could not be made", path);
	if (!write_all(fd, secret_bytes(image), FILE_BYTES)) {
		int status = error_set_errno(err, CF_E_IO, "%s could not be written", path);
		(void)unlink(path);
		return status;
	}
	return CF_OK;
}

/* ---- reading ---- */

static int check_file(int fd, const char *path, struct cf_error *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return error_set(err, CF_E_INPUT, "%s is no file", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(err, CF_E_REFUSED,
			"%s can be read or changed by others; run chmod 600 on it, and make "
			"new keys if someone may have copied it",
			path);
	if (st.st_size != FILE_BYTES)
		return error_set(err, CF_E_INPUT, "%s is no key file, or is cut short or damaged", path);
	return CF_OK;
}

static int load_image(const char *path, uint8_t *image, struct cf_error *err)
{
	/* O_NONBLOCK: opening a planted pipe must not wait for its writer */
	CF_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return error_set(err, CF_E_NOT_FOUND, "%s is not there", path);
	if (fd < 0)
		return error_set_errno(err, CF_E_IO, "%s could not be opened", path);
	TRY(check_file(fd, path, err));
	if (read(fd, image, FILE_BYTES) != FILE_BYTES)
		return error_set(err, CF_E_IO, "%s could not be read", path);
	return CF_OK;
}

static int check_image(const char *path, const uint8_t *image, struct cf_error *err)
{
	if (memcmp(image, magic, sizeof magic) != 0)
		return error_set(err, CF_E_INPUT, "%s is no key file", path);
	uint8_t hash[CRYPTO_HASH_BYTES];
	file_hash(image, hash);
	if (!secret_equal(hash, image + AT_HASH, sizeof hash))
		return error_set(err, CF_E_INPUT, "%s is damaged; take it from a backup", path);
	if (load(image + AT_VERSION, 4) != VERSION)
		return error_set(err, CF_E_INPUT, "%s has a version that this program does not know", path);
	return CF_OK;
}

static int open_body(const char *path, uint8_t *image, const struct secret *passphrase, struct cf_error *err)
{
	const uint64_t passes = load(image + AT_PASSES, 8);
	const uint64_t memory = load(image + AT_MEMORY, 8);
	if (passes < crypto_pwhash_argon2id_OPSLIMIT_MIN || passes > PASSES_MAX ||
		memory < crypto_pwhash_argon2id_MEMLIMIT_MIN || memory > memory_max_bytes)
		return error_set(err, CF_E_REFUSED,
			"%s asks for more work or memory to open it than is reasonable", path);
	if (!passphrase)
		return error_set(err, CF_E_REFUSED, "%s is sealed; its passphrase is needed", path);
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(stretch(image, passphrase, &key, err));
	if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(image + AT_BODY, NULL, image + AT_BODY,
		    AT_TAG - AT_BODY, image + AT_TAG, image, AT_BODY, image + AT_NONCE,
		    secret_bytes(key)) != 0)
		return error_set(err, CF_E_REFUSED, "%s: the passphrase is wrong", path);
	return CF_OK;
}

static int use_body(const char *path, const uint8_t *image, struct identity **ret, struct cf_error *err)
{
	char name[IDENTITY_NAME_MAX + 1] = {0};
	const uint64_t n_name = load(image + AT_BODY, 4);
	if (n_name > IDENTITY_NAME_MAX)
		return error_set(err, CF_E_INPUT, "%s holds no name", path);
	memcpy(name, image + AT_NAME, (size_t)n_name);
	int status = identity_check_name(name, (size_t)n_name, err);
	if (status < 0)
		return error_prefix(err, status, "%s", path);
	return identity_from_seeds(name, image + AT_SIGN_SEED, image + AT_BOX_SECRET, ret, err);
}

int identity_read(
	const char *path, const struct secret *passphrase, struct identity **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *image = NULL;
	TRY(secret_new(FILE_BYTES, &image, err));
	uint8_t *bytes = secret_data(image);
	TRY(load_image(path, bytes, err));
	TRY(check_image(path, bytes, err));
	const uint64_t protection = load(bytes + AT_PROTECTION, 4);
	if (protection == PROTECTION_PASSPHRASE)
		TRY(open_body(path, bytes, passphrase, err));
	else if (protection != PROTECTION_NONE || !sodium_is_zero(bytes + AT_PASSES, AT_BODY - AT_PASSES) ||
		 !sodium_is_zero(bytes + AT_TAG, AT_HASH - AT_TAG))
		return error_set(
			err, CF_E_INPUT, "%s is protected in a way that this program does not know", path);
	return use_body(path, bytes, ret, err);
}
