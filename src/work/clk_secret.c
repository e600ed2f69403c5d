#include "work/clk_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "work/clk.h"

enum { MAX_SECRET_BYTES = 4096, NEW_BYTES = 32 };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int read_all(int fd, const char *path, struct secret *room, size_t *ret_n, struct cf_error *err)
{
	size_t n = 0;
	while (n < secret_size(room)) {
		const ssize_t got = read(fd, secret_data(room) + n, secret_size(room) - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, CF_E_IO, "cannot read %s", path);
		if (got == 0)
			break;
		n += (size_t)got;
	}
	if (n > MAX_SECRET_BYTES)
		return error_set(
			err, CF_E_LIMIT, "%s: a secret has at most %d bytes", path, MAX_SECRET_BYTES);
	*ret_n = n;
	return CF_OK;
}

static int open_secret(const char *path, int *ret_fd, struct cf_error *err)
{
	struct stat st;
	CF_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return error_set_errno(
			err, errno == ENOENT ? CF_E_NOT_FOUND : CF_E_IO, "cannot open %s", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return error_set(err, CF_E_INPUT, "%s is no file", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(err, CF_E_REFUSED,
			"%s can be read or changed by others; run chmod 600 on it, and make a new secret if "
			"someone may "
			"have "
			"copied it",
			path);
	*ret_fd = fd;
	fd = -1;
	return CF_OK;
}

int clk_secret_read(const char *path, bool weak, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP(close_fd) int fd = -1;
	CF_CLEANUP_SECRET struct secret *room = NULL;
	CF_CLEANUP_SECRET struct secret *s = NULL;
	size_t n = 0;
	TRY(crypto_start(err));
	TRY(open_secret(path, &fd, err));
	TRY(secret_new(MAX_SECRET_BYTES + 1, &room, err));
	TRY(read_all(fd, path, room, &n, err));
	while (n && (secret_bytes(room)[n - 1] == '\n' || secret_bytes(room)[n - 1] == '\r'))
		n--;
	if (n == 0)
		return error_set(err, CF_E_INPUT, "%s holds no secret", path);
	if (n < CLK_SECRET_LEAST_BYTES && !weak)
		return error_set(err, CF_E_REFUSED,
			"%s holds %zu bytes: whoever guesses them can try names until the encodings fit; "
			"make a secret "
			"with "
			"'counterfoil clk keygen', or say --weak-secret if a partner insists on this one",
			path, n);
	TRY(secret_new(n, &s, err));
	memcpy(secret_data(s), secret_bytes(room), n);
	*ret = TAKE(s);
	return CF_OK;
}

static int write_secret(int fd, const char *path, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *random = NULL;
	CF_CLEANUP_SECRET struct secret *text = NULL;
	TRY(secret_new_random(NEW_BYTES, &random, err));
	TRY(secret_new(2 * NEW_BYTES + 1, &text, err));
	char *digits = (char *)secret_data(text);
	crypto_to_hex(secret_bytes(random), NEW_BYTES, digits);
	digits[2 * (size_t)NEW_BYTES] = '\n';
	if (write(fd, digits, secret_size(text)) != (ssize_t)secret_size(text) || fsync(fd) != 0)
		return error_set_errno(err, CF_E_IO, "%s could not be written", path);
	return CF_OK;
}

int work_clk_keygen(const char *path, struct cf_error *err)
{
	TRY(crypto_start(err));
	CF_CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return error_set(err, CF_E_STATE, "%s is there already; secrets are never overwritten", path);
	if (fd < 0)
		return error_set_errno(err, CF_E_IO, "%s could not be made", path);
	int status = write_secret(fd, path, err);
	if (status < 0)
		(void)unlink(path);
	return status;
}
