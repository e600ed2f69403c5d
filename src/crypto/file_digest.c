#include "crypto/file_digest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "crypto/secret.h"

enum { BLOCK = 1 << 16 };

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

struct hashing {
	crypto_hash_sha256_state sha256;
	crypto_generichash_state blake2b;
	uint64_t size;
	uint8_t block[BLOCK];
};

static int read_all(int fd, const char *path, struct hashing *h, struct cf_error *err)
{
	for (;;) {
		ssize_t n = read(fd, h->block, sizeof h->block);
		if (n < 0 && errno == EINTR && !interrupt_requested())
			continue;
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "interrupted");
		if (n < 0)
			return error_set_errno(err, CF_E_IO, "cannot read %s", path);
		if (n == 0)
			return CF_OK;
		(void)crypto_hash_sha256_update(&h->sha256, h->block, (size_t)n);
		(void)crypto_generichash_update(&h->blake2b, h->block, (size_t)n);
		h->size += (uint64_t)n;
	}
}

int file_digest(const char *path, struct file_digest *ret, struct cf_error *err)
{
	CF_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat before;
	struct stat after;
	if (fd < 0)
		return error_set_errno(
			err, errno == ENOENT ? CF_E_NOT_FOUND : CF_E_IO, "cannot open %s", path);
	if (fstat(fd, &before) < 0 || !S_ISREG(before.st_mode))
		return error_set(err, CF_E_USAGE, "%s is not a file with contents of its own", path);
	CF_CLEANUP_FREE struct hashing *h = NEW(struct hashing);
	if (!h)
		return error_memory(err);
	(void)crypto_hash_sha256_init(&h->sha256);
	(void)crypto_generichash_init(&h->blake2b, NULL, 0, crypto_generichash_BYTES_MAX);
	TRY(read_all(fd, path, h, err));
	if (fstat(fd, &after) < 0 || after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
		after.st_mtim.tv_nsec != before.st_mtim.tv_nsec || (uint64_t)after.st_size != h->size)
		return error_set(err, CF_E_STATE,
			"%s changed while it was read; try again when nobody writes it", path);
	uint8_t sha256[crypto_hash_sha256_BYTES];
	uint8_t blake2b[crypto_generichash_BYTES_MAX];
	(void)crypto_hash_sha256_final(&h->sha256, sha256);
	(void)crypto_generichash_final(&h->blake2b, blake2b, sizeof blake2b);
	crypto_to_hex(sha256, sizeof sha256, ret->sha256);
	crypto_to_hex(blake2b, sizeof blake2b, ret->blake2b);
	ret->size = h->size;
	return CF_OK;
}
