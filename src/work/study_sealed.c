/* Sealed files: messages, and what a participant keeps for itself. */
#include <errno.h>
#include <string.h>

#include "work/study_folder.h"

int study_open_file(const char *path, FILE **ret, struct cf_error *err)
{
	FILE *f = fopen(path, "rbe");
	if (!f)
		return error_set_errno(
			err, errno == ENOENT ? CF_E_NOT_FOUND : CF_E_IO, "cannot open %s", path);
	*ret = f;
	return 0;
}

void study_close_file(FILE **f)
{
	if (*f)
		(void)fclose(*f);
	*f = NULL;
}

void study_sealing_done(struct study_sealing *s)
{
	s->writer = sealed_writer_free(s->writer);
	file_abandon(&s->file);
}

int study_seal_begin(struct study_sealing *s, const char *path, const struct crypto_part *header,
	const struct identity *sender, const struct identity_card *receiver, struct cf_error *err)
{
	TRY(file_begin(&s->file, path, 0600, err));
	return sealed_writer_new(
		s->file.stream, header->data, header->n, sender, receiver->box_key, &s->writer, err);
}

static int write_sealed(void *context, const void *data, size_t n, struct cf_error *err)
{
	struct study_sealing *s = context;
	return sealed_write(s->writer, data, n, err);
}

struct match_sink study_sink(struct study_sealing *s)
{
	return (struct match_sink){.write = write_sealed, .context = s};
}

int study_seal_commit(struct study_sealing *s, struct cf_error *err)
{
	TRY(sealed_writer_finish(s->writer, NULL, err));
	return file_commit(&s->file, err);
}

void study_opening_done(struct study_opening *o)
{
	o->reader = sealed_reader_free(o->reader);
	if (o->stream)
		(void)fclose(o->stream);
	o->stream = NULL;
}

int study_open_begin(
	struct study_opening *o, const char *path, size_t n_header, void *ret_header, struct cf_error *err)
{
	TRY(study_open_file(path, &o->stream, err));
	return sealed_reader_new(o->stream, n_header, ret_header, &o->reader, err);
}

static int read_sealed(void *context, void *to, size_t n, struct cf_error *err)
{
	struct study_opening *o = context;
	return sealed_read(o->reader, to, n, err);
}

struct match_source study_source(struct study_opening *o)
{
	return (struct match_source){.read = read_sealed, .context = o};
}

/*
 * Kept for oneself
 */

enum { KIND_BYTES = 8, KEPT_HEADER_BYTES = KIND_BYTES + CRYPTO_HASH_BYTES, KEPT_SECRET_BYTES = 32 };

static void kept_header(
	const struct study_folder *f, const char kind[KIND_BYTES], uint8_t ret[KEPT_HEADER_BYTES])
{
	memcpy(ret, kind, KIND_BYTES);
	memcpy(ret + KIND_BYTES, f->study->hash, CRYPTO_HASH_BYTES);
}

/* One's own files are not another's message: that they are gone or damaged is no refusal. */
static int own_file(int status, const char *name, struct cf_error *err)
{
	if (!study_is_refusal(status) && status != CF_E_NOT_FOUND)
		return status;
	return error_set(err, CF_E_STATE,
		"%s is missing or damaged; this participant cannot go on in this study", name);
}

int study_keep_begin(const struct study_folder *f, struct study_sealing *s, const char *name,
	const char kind[8], struct cf_error *err)
{
	uint8_t header[KEPT_HEADER_BYTES];
	CF_CLEANUP_FREE char *path = study_path(f->root, name);
	if (!path)
		return error_memory(err);
	kept_header(f, kind, header);
	const struct crypto_part part = {header, sizeof header};
	return study_seal_begin(s, path, &part, f->identity, identity_public(f->identity), err);
}

int study_kept_begin(const struct study_folder *f, struct study_opening *o, const char *name,
	const char kind[8], struct cf_error *err)
{
	uint8_t header[KEPT_HEADER_BYTES];
	uint8_t expected[KEPT_HEADER_BYTES];
	CF_CLEANUP_FREE char *path = study_path(f->root, name);
	if (!path)
		return error_memory(err);
	kept_header(f, kind, expected);
	int status = study_open_begin(o, path, sizeof header, header, err);
	if (status == 0 && memcmp(header, expected, sizeof header) != 0)
		status = error_set(err, CF_E_INPUT, "the file is not of this study");
	if (status == 0)
		status = sealed_reader_start(
			o->reader, f->identity, identity_public(f->identity)->sign_key, err);
	return own_file(status, name, err);
}

int study_kept_finish(struct study_opening *o, const char *name, struct cf_error *err)
{
	return own_file(sealed_reader_finish(o->reader, NULL, err), name, err);
}

int study_keep_secret(const struct study_folder *f, const char *name, const char kind[8],
	const struct secret *secret, struct cf_error *err)
{
	CF_CLEANUP(study_sealing_done) struct study_sealing s = STUDY_SEALING_INIT;
	TRY(study_keep_begin(f, &s, name, kind, err));
	TRY(sealed_write(s.writer, secret_bytes(secret), KEPT_SECRET_BYTES, err));
	return study_seal_commit(&s, err);
}

int study_kept_secret(const struct study_folder *f, const char *name, const char kind[8], struct secret **ret,
	struct cf_error *err)
{
	CF_CLEANUP(study_opening_done) struct study_opening o = STUDY_OPENING_INIT;
	CF_CLEANUP_SECRET struct secret *s = NULL;
	TRY(study_kept_begin(f, &o, name, kind, err));
	TRY(secret_new(KEPT_SECRET_BYTES, &s, err));
	TRY(own_file(sealed_read(o.reader, secret_data(s), KEPT_SECRET_BYTES, err), name, err));
	TRY(study_kept_finish(&o, name, err));
	*ret = TAKE(s);
	return 0;
}

int study_hash_file(const char *path, uint8_t ret[CRYPTO_HASH_BYTES], struct cf_error *err)
{
	enum { BLOCK = 1 << 16 };
	CF_CLEANUP(study_close_file) FILE *from = NULL;
	CF_CLEANUP_FREE uint8_t *block = mem_alloc(BLOCK, 1);
	if (!block)
		return error_memory(err);
	TRY(study_open_file(path, &from, err));
	struct crypto_hasher *hasher;
	TRY(crypto_hasher_new("counterfoil file v1", &hasher, err));
	size_t n;
	while ((n = fread(block, 1, BLOCK, from)) > 0)
		crypto_hasher_add(hasher, block, n);
	crypto_hasher_value(hasher, ret);
	crypto_hasher_free(hasher);
	return ferror(from) ? error_set_errno(err, CF_E_IO, "cannot read %s", path) : 0;
}
