/*
 * The list of erasures: a text file outside the store and its backups, a line for each person, "ID MAC": 32
 * and 64 hexadecimal digits, the mac under the log's key, so that a planted line erases nobody. It names
 * nobody: ids are random, and what they stood for is gone. A line is on the disk before its erasure begins.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/inside.h"

enum {
	ID_DIGITS = 2 * STORE_ID_BYTES,
	MAC_DIGITS = 2 * HASH_BYTES,
	LINE_BYTES = ID_DIGITS + 1 + MAC_DIGITS + 1
};

static const size_t list_max_bytes = (size_t)256 << 20;

static void line_mac(const struct store *s, const struct store_id *person, uint8_t ret[HASH_BYTES])
{
	const struct crypto_part parts[] = {{s->id.bytes, STORE_ID_BYTES}, {person->bytes, STORE_ID_BYTES}};
	vault_tag(secret_bytes(s->commit), "counterfoil erasure v1", parts, 2, ret, HASH_BYTES);
}

static int need_list(const struct store *s, struct cf_error *err)
{
	if (!s->erasure_list)
		return error_set(err, CF_E_USAGE,
			"a list of erasures must be named for this database, a file that is kept apart from "
			"its backups");
	return CF_OK;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int append_line(const char *path, const char *line, struct cf_error *err)
{
	CF_CLEANUP(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_set_errno(err, CF_E_IO, "the list of erasures %s could not be opened", path);
	/* what a loss of power left of a line ends before ours begins */
	off_t end = lseek(fd, 0, SEEK_END);
	char last = '\n';
	if (end > 0 && pread(fd, &last, 1, end - 1) != 1)
		return error_set_errno(err, CF_E_IO, "the list of erasures %s could not be read", path);
	if ((last != '\n' && write(fd, "\n", 1) != 1) || write(fd, line, LINE_BYTES) != LINE_BYTES ||
		fsync(fd) != 0)
		return error_set_errno(err, CF_E_IO, "the list of erasures %s could not be written", path);
	return CF_OK;
}

int erasure_list_add(struct store *s, const struct store_id *person, struct cf_error *err)
{
	uint8_t mac[HASH_BYTES];
	char line[LINE_BYTES + 1];
	TRY(need_list(s, err));
	line_mac(s, person, mac);
	crypto_to_hex(person->bytes, STORE_ID_BYTES, line);
	line[ID_DIGITS] = ' ';
	crypto_to_hex(mac, sizeof mac, line + ID_DIGITS + 1);
	line[LINE_BYTES - 1] = '\n';
	return append_line(s->erasure_list, line, err);
}

/* 1 a genuine line, 0 one that a loss of power cut short or that is empty, negative a forged one. */
static int parse_line(const struct store *s, const char *line, size_t n, struct store_id *ret)
{
	char text[LINE_BYTES];
	uint8_t mac[HASH_BYTES];
	uint8_t expected[HASH_BYTES];
	struct store_id person;
	if (n < LINE_BYTES - 1)
		return 0;
	if (n != LINE_BYTES - 1 || line[ID_DIGITS] != ' ')
		return CF_E_REFUSED;
	memcpy(text, line, LINE_BYTES - 1);
	text[LINE_BYTES - 1] = '\0';
	text[ID_DIGITS] = '\0';
	if (crypto_from_hex(text, person.bytes, STORE_ID_BYTES) < 0 ||
		crypto_from_hex(text + ID_DIGITS + 1, mac, sizeof mac) < 0)
		return CF_E_REFUSED;
	line_mac(s, &person, expected);
	if (!secret_equal(mac, expected, sizeof mac))
		return CF_E_REFUSED;
	*ret = person;
	return 1;
}

int erasure_list_each(struct store *s, erasure_function each, void *context, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(need_list(s, err));
	TRY(file_read(s->erasure_list, list_max_bytes, &text, err));
	const char *at = buffer_text(&text);
	const char *end = at + text.n;
	for (uint64_t line = 1; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const size_t n = (size_t)((newline ? newline : end) - at);
		struct store_id person;
		int status = parse_line(s, at, n, &person);
		if (status < 0)
			return error_set_at(err, CF_E_REFUSED, s->erasure_list, line, 0,
				"this line was not written by this store; take it out, or take the list of "
				"this store");
		if (status)
			TRY(each(s, &person, context, err));
		at += n + 1;
	}
	return CF_OK;
}
