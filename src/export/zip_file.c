/* The format: PKWARE's APPNOTE.TXT 6.3, without ZIP64. */
#include "export/zip_file.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/file.h"

enum { MAX_PARTS = 16, MAX_NAME = 64, BLOCK = 65536, LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22 };

struct part {
	char name[MAX_NAME + 1];
	uint32_t crc;
	uint64_t n_packed;
	uint64_t n;
	uint64_t at; /* of its header */
};

struct zip_file {
	struct file_writer file;
	struct part parts[MAX_PARTS];
	size_t n_parts;
	bool open; /* the last part may grow */
	bool deflating;
	z_stream stream;
	uint64_t at; /* where the file ends */
	uint8_t block[BLOCK];
};

int zip_file_new(const char *path, struct zip_file **ret, struct cf_error *err)
{
	CF_CLEANUP_ZIP_FILE struct zip_file *z = NEW(struct zip_file);
	if (!z)
		return error_memory(err);
	z->file = (struct file_writer)FILE_WRITER_INIT;
	TRY(file_begin(&z->file, path, 0600, err));
	*ret = TAKE(z);
	return CF_OK;
}

struct zip_file *zip_file_free(struct zip_file *z)
{
	if (!z)
		return NULL;
	if (z->deflating)
		(void)deflateEnd(&z->stream);
	file_abandon(&z->file);
	return mem_free(z);
}

static int put(struct zip_file *z, const void *data, size_t n, struct cf_error *err)
{
	if (fwrite(data, 1, n, z->file.stream) != n)
		return error_set_errno(err, CF_E_IO, "cannot write %s", z->file.path);
	z->at += n;
	return z->at <= UINT32_MAX
		       ? CF_OK
		       : error_set(err, CF_E_LIMIT, "%s would be larger than 4 GiB; export CSV instead",
				 z->file.path);
}

static uint8_t *number(uint8_t *to, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++, value >>= 8)
		*to++ = (uint8_t)value;
	return to;
}

/* What a local and a central header have in common, from the version that is needed to the name's length. */
static uint8_t *describe(const struct part *p, uint8_t *to)
{
	enum { VERSION = 20, DEFLATED = 8, FIRST_OF_1980 = 0x21 };
	to = number(to, VERSION, 2);
	to = number(to, 0, 2);
	to = number(to, DEFLATED, 2);
	to = number(to, 0, 2); /* no time: equal records make equal files */
	to = number(to, FIRST_OF_1980, 2);
	to = number(to, p->crc, 4);
	to = number(to, p->n_packed, 4);
	to = number(to, p->n, 4);
	to = number(to, strlen(p->name), 2);
	return number(to, 0, 2); /* nothing extra */
}

static int put_local(struct zip_file *z, const struct part *p, struct cf_error *err)
{
	uint8_t header[LOCAL_BYTES];
	(void)describe(p, number(header, 0x04034b50, 4));
	TRY(put(z, header, sizeof header, err));
	return put(z, p->name, strlen(p->name), err);
}

static int put_central(struct zip_file *z, const struct part *p, struct cf_error *err)
{
	enum { MADE_BY = 20 };
	uint8_t header[CENTRAL_BYTES];
	uint8_t *to = number(header, 0x02014b50, 4);
	to = describe(p, number(to, MADE_BY, 2));
	to = number(to, 0, 2 + 2 + 2 + 4); /* no comment, the first disk, no attributes */
	(void)number(to, p->at, 4);
	TRY(put(z, header, sizeof header, err));
	return put(z, p->name, strlen(p->name), err);
}

static int deflate_all(struct zip_file *z, int flush, struct cf_error *err)
{
	int said;
	do {
		z->stream.next_out = z->block;
		z->stream.avail_out = sizeof z->block;
		said = deflate(&z->stream, flush);
		if (said == Z_STREAM_ERROR)
			return error_set(err, CF_E_INTERNAL, "%s cannot be compressed", z->file.path);
		TRY(put(z, z->block, sizeof z->block - z->stream.avail_out, err));
	} while (z->stream.avail_out == 0);
	return CF_OK;
}

/* Its sizes are known now: they go into its header, which stands before it. */
static int end_part(struct zip_file *z, struct cf_error *err)
{
	if (!z->open)
		return CF_OK;
	struct part *p = &z->parts[z->n_parts - 1];
	z->open = false;
	z->stream.next_in = NULL;
	z->stream.avail_in = 0;
	TRY(deflate_all(z, Z_FINISH, err));
	const uint64_t end = z->at;
	p->n_packed = end - p->at - LOCAL_BYTES - strlen(p->name);
	if (fseeko(z->file.stream, (off_t)p->at, SEEK_SET) != 0)
		return error_set_errno(err, CF_E_IO, "cannot write %s", z->file.path);
	TRY(put_local(z, p, err));
	z->at = end;
	if (fseeko(z->file.stream, (off_t)end, SEEK_SET) != 0)
		return error_set_errno(err, CF_E_IO, "cannot write %s", z->file.path);
	return CF_OK;
}

static int start_deflating(struct zip_file *z, struct cf_error *err)
{
	enum { NO_HEADER = -15, MEMORY = 8 };
	if (z->deflating)
		return deflateReset(&z->stream) == Z_OK
			       ? CF_OK
			       : error_set(err, CF_E_INTERNAL, "%s cannot be compressed", z->file.path);
	if (deflateInit2(&z->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, NO_HEADER, MEMORY,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return error_memory(err);
	z->deflating = true;
	return CF_OK;
}

int zip_file_part(struct zip_file *z, const char *name, struct cf_error *err)
{
	TRY(end_part(z, err));
	if (z->n_parts == MAX_PARTS || strlen(name) > MAX_NAME)
		return error_set(err, CF_E_INTERNAL, "%s: too many parts, or too long a name", z->file.path);
	TRY(start_deflating(z, err));
	struct part *p = &z->parts[z->n_parts];
	*p = (struct part){.at = z->at, .crc = (uint32_t)crc32(0, NULL, 0)};
	memcpy(p->name, name, strlen(name) + 1);
	TRY(put_local(z, p, err));
	z->n_parts++;
	z->open = true;
	return CF_OK;
}

int zip_file_write(struct zip_file *z, const void *data, size_t n, struct cf_error *err)
{
	const uint8_t *from = data;
	struct part *p = &z->parts[z->n_parts - 1];
	p->n += n;
	if (p->n > UINT32_MAX)
		return error_set(
			err, CF_E_LIMIT, "%s would be larger than 4 GiB; export CSV instead", z->file.path);
	while (n) {
		uInt piece = n < BLOCK ? (uInt)n : (uInt)BLOCK;
		p->crc = (uint32_t)crc32(p->crc, from, piece);
		z->stream.next_in = from;
		z->stream.avail_in = piece;
		TRY(deflate_all(z, Z_NO_FLUSH, err));
		from += piece;
		n -= piece;
	}
	return CF_OK;
}

int zip_file_commit(struct zip_file *z, struct cf_error *err)
{
	uint8_t end[END_BYTES];
	TRY(end_part(z, err));
	const uint64_t start = z->at;
	for (size_t i = 0; i < z->n_parts; i++)
		TRY(put_central(z, &z->parts[i], err));
	uint8_t *to = number(end, 0x06054b50, 4);
	to = number(to, 0, 2 + 2); /* one disk */
	to = number(to, z->n_parts, 2);
	to = number(to, z->n_parts, 2);
	to = number(to, z->at - start, 4);
	to = number(to, start, 4);
	(void)number(to, 0, 2); /* no comment */
	TRY(put(z, end, sizeof end, err));
	return file_commit(&z->file, err);
}
