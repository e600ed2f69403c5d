/*
 * Key files of stores. 80 bytes: 16 "counterfoil vlt\n", 32 key, 32 crypto_digest("counterfoil store key v1",
 * bytes 0 to 47), which tells damage; secrets pass from guarded memory to the file without a stop in a stdio
 * buffer.
 */
#include "crypto/store_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/vault.h"

enum { AT_KEY = 16, AT_HASH = AT_KEY + VAULT_KEY_BYTES };
static const uint8_t magic[AT_KEY] = "counterfoil vlt\n";
_Static_assert(STORE_KEY_FILE_BYTES == AT_HASH + CRYPTO_HASH_BYTES, "as documented");

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

int store_key_file_new(const char *path, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *image = NULL;
	TRY(secret_new(STORE_KEY_FILE_BYTES, &image, err));
	uint8_t *bytes = secret_data(image);
	memcpy(bytes, magic, sizeof magic);
	crypto_random(bytes + AT_KEY, VAULT_KEY_BYTES);
	crypto_digest("counterfoil store key v1", &(struct crypto_part){bytes, AT_HASH}, 1, bytes + AT_HASH);
	CF_CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return error_set(err, CF_E_STATE, "%s is there already; keys are never overwritten", path);
	if (fd < 0)
		return error_set_errno(err, CF_E_IO, "%s could not be made", path);
	if (write(fd, bytes, STORE_KEY_FILE_BYTES) != STORE_KEY_FILE_BYTES || fsync(fd) != 0) {
		int status = error_set_errno(err, CF_E_IO, "%s could not be written", path);
		(void)unlink(path);
		return status;
	}
	return CF_OK;
}

int store_key_parse(const char *path, const void *data, size_t n, struct secret **ret, struct cf_error *err)
{
	const uint8_t *bytes = data;
	if (n != STORE_KEY_FILE_BYTES || memcmp(bytes, magic, sizeof magic) != 0)
		return error_set(err, CF_E_INPUT, "%s is no key file of a store, or is cut short", path);
	uint8_t hash[CRYPTO_HASH_BYTES];
	crypto_digest("counterfoil store key v1", &(struct crypto_part){bytes, AT_HASH}, 1, hash);
	if (!secret_equal(hash, bytes + AT_HASH, sizeof hash))
		return error_set(err, CF_E_INPUT, "%s is damaged; take it from a backup", path);
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(secret_new(VAULT_KEY_BYTES, &key, err));
	memcpy(secret_data(key), bytes + AT_KEY, VAULT_KEY_BYTES);
	*ret = TAKE(key);
	return CF_OK;
}

int store_key_file_read(const char *path, struct secret **ret, struct cf_error *err)
{
	/* O_NONBLOCK: opening a planted pipe must not wait for its writer */
	CF_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return error_set(err, CF_E_NOT_FOUND, "the key file %s is not there", path);
	if (fd < 0)
		return error_set_errno(err, CF_E_IO, "%s could not be opened", path);
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return error_set(err, CF_E_INPUT, "%s is no file", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(err, CF_E_REFUSED,
			"%s can be read or changed by others; run chmod 600 on it, and change the key file "
			"if "
			"someone may have copied it",
			path);
	CF_CLEANUP_SECRET struct secret *image = NULL;
	TRY(secret_new(STORE_KEY_FILE_BYTES + 1, &image, err));
	ssize_t n = read(fd, secret_data(image), STORE_KEY_FILE_BYTES + 1);
	if (n < 0)
		return error_set_errno(err, CF_E_IO, "%s could not be read", path);
	return store_key_parse(path, secret_bytes(image), (size_t)n, ret, err);
}
