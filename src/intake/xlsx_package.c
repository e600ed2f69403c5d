#include "intake/xlsx_package.h"

#include <expat.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

enum {
	MAX_PARTS = 20000,
	MAX_XML_DEPTH = 64,
	CHUNK = 1 << 16,
	/* sheets of equal rows pack well, but hardly a hundredfold; small archives may do as they like */
	MAX_RATIO = 200,
};
static const uint64_t always_allowed = (uint64_t)64 << 20;
static const uint64_t never_allowed = (uint64_t)16 << 30;

struct xlsx_package {
	const char *name;
	zip_t *zip;
	uint64_t n_unpacked;
	uint64_t max_unpacked;
};

struct xlsx_xml {
	struct xlsx_package *package;
	const char *part;
	zip_file_t *file;
	XML_Parser parser;
	struct xlsx_handlers handlers;
	int depth;
	bool paused;
	bool at_end;
	uint64_t n_bytes;
	struct cf_error error; /* of a handler */
};

/* ---- the archive ---- */

/* Relative, without backslashes and without steps upwards. */
static bool is_plain_path(const char *name)
{
	if (name[0] == '/' || strchr(name, '\\') || strchr(name, ':'))
		return false;
	for (const char *p = name; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0'))
			return false;
		if (!*p)
			break;
	}
	return true;
}

static int check_part(const struct xlsx_package *p, zip_uint64_t i, struct cf_error *err)
{
	zip_stat_t st;
	zip_stat_init(&st);
	if (zip_stat_index(p->zip, i, 0, &st) != 0 || !st.name)
		return error_set(err, CF_E_INPUT, "%.150s: the archive is damaged", p->name);
	if (!is_plain_path(st.name))
		return error_set(err, CF_E_REFUSED,
			"%.150s: refused: the archive names a part outside of itself", p->name);
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
		return error_set(err, CF_E_REFUSED,
			"%.150s: the archive is encrypted; save the workbook without a password", p->name);
	if ((st.valid & ZIP_STAT_COMP_METHOD) && st.comp_method != ZIP_CM_STORE &&
		st.comp_method != ZIP_CM_DEFLATE)
		return error_set(err, CF_E_REFUSED,
			"%.150s: refused: a part is packed in a way no workbook uses", p->name);
	if (zip_name_locate(p->zip, st.name, 0) != (zip_int64_t)i)
		return error_set(
			err, CF_E_REFUSED, "%.150s: refused: the archive has two parts of one name", p->name);
	return CF_OK;
}

static int check_archive(struct xlsx_package *p, uint64_t n_file, struct cf_error *err)
{
	zip_int64_t n = zip_get_num_entries(p->zip, 0);
	if (n > MAX_PARTS)
		return error_set(err, CF_E_REFUSED, "%.150s: refused: the archive has more than %d parts",
			p->name, MAX_PARTS);
	uint64_t ratio = n_file > never_allowed / MAX_RATIO ? never_allowed : n_file * MAX_RATIO;
	p->max_unpacked = ratio < always_allowed ? always_allowed : ratio;
	for (zip_int64_t i = 0; i < n; i++)
		TRY(check_part(p, (zip_uint64_t)i, err));
	return CF_OK;
}

static zip_t *open_zip(const struct rows_input *input, zip_error_t *why)
{
	zip_source_t *source = input->data ? zip_source_buffer_create(input->data, input->n, 0, why)
					   : zip_source_file_create(input->path, 0, 0, why);
	zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, why) : NULL;
	if (source && !zip)
		zip_source_free(source);
	return zip;
}

int xlsx_package_open(
	const char *name, const struct rows_input *input, struct xlsx_package **ret, struct cf_error *err)
{
	CF_CLEANUP_PACKAGE struct xlsx_package *p = NEW(struct xlsx_package);
	if (!p)
		return error_memory(err);
	p->name = name;
	zip_error_t why;
	zip_error_init(&why);
	p->zip = open_zip(input, &why);
	int code = zip_error_code_zip(&why);
	zip_error_fini(&why);
	if (!p->zip)
		return code == ZIP_ER_MEMORY
			       ? error_memory(err)
			       : error_set(err, CF_E_INPUT,
					 "%.150s: a zip archive that cannot be read; is the file "
					 "whole?",
					 name);
	TRY(check_archive(p, input->n, err));
	*ret = TAKE(p);
	return CF_OK;
}

struct xlsx_package *xlsx_package_close(struct xlsx_package *p)
{
	if (!p)
		return NULL;
	if (p->zip)
		zip_discard(p->zip);
	return mem_free(p);
}

const char *xlsx_package_name(const struct xlsx_package *p)
{
	return p->name;
}

bool xlsx_package_has(const struct xlsx_package *p, const char *part)
{
	return zip_name_locate(p->zip, part, 0) >= 0;
}

uint64_t xlsx_package_size(const struct xlsx_package *p, const char *part)
{
	zip_stat_t st;
	zip_stat_init(&st);
	return zip_stat(p->zip, part, 0, &st) == 0 && (st.valid & ZIP_STAT_SIZE) ? st.size : 0;
}

/* ---- XML ---- */

static void *xml_alloc(size_t n)
{
	return mem_alloc(n, 1);
}

static void *xml_resize(void *old, size_t n)
{
	return mem_resize(old, n, 1);
}

static void xml_free(void *p)
{
	mem_free(p);
}

static const char *local_name(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
	struct xlsx_xml *x = user;
	if (++x->depth > MAX_XML_DEPTH) {
		xlsx_xml_fail(x, CF_E_REFUSED, "%.100s: refused: '%.60s' is nested too deeply",
			x->package->name, x->part);
		return;
	}
	x->handlers.start(x, local_name(name), attributes);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	struct xlsx_xml *x = user;
	x->depth--;
	if (x->handlers.end)
		x->handlers.end(x, local_name(name));
}

static void XMLCALL on_text(void *user, const XML_Char *s, int n)
{
	struct xlsx_xml *x = user;
	x->handlers.text(x, s, (size_t)n);
}

static void XMLCALL on_doctype(void *user, const XML_Char *doctype, const XML_Char *system,
	const XML_Char *public_id, int has_internal)
{
	(void)doctype;
	(void)system;
	(void)public_id;
	(void)has_internal;
	struct xlsx_xml *x = user;
	xlsx_xml_fail(x, CF_E_REFUSED,
		"%.100s: refused: '%.60s' has a document type declaration, which no spreadsheet program "
		"writes",
		x->package->name, x->part);
}

int xlsx_xml_open(struct xlsx_package *p, const char *part, const struct xlsx_handlers *handlers,
	struct xlsx_xml **ret, struct cf_error *err)
{
	static const XML_Memory_Handling_Suite memory = {xml_alloc, xml_resize, xml_free};
	CF_CLEANUP_XML struct xlsx_xml *x = NEW(struct xlsx_xml);
	if (!x)
		return error_memory(err);
	x->package = p;
	x->part = part;
	x->handlers = *handlers;
	x->file = zip_fopen(p->zip, part, 0);
	if (!x->file)
		return error_set(err, CF_E_INPUT,
			"%.150s: the part '%.60s' is missing or cannot be read; is this an XLSX workbook?",
			p->name, part);
	x->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
	if (!x->parser)
		return error_memory(err);
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	if (handlers->text)
		XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	*ret = TAKE(x);
	return CF_OK;
}

struct xlsx_xml *xlsx_xml_close(struct xlsx_xml *x)
{
	if (!x)
		return NULL;
	if (x->parser)
		XML_ParserFree(x->parser);
	if (x->file)
		(void)zip_fclose(x->file);
	return mem_free(x);
}

void *xlsx_xml_context(const struct xlsx_xml *x)
{
	return x->handlers.context;
}

void xlsx_xml_pause(struct xlsx_xml *x)
{
	/* a handler may be called once more before the parser stops */
	if (!x->paused && !x->error.code && XML_StopParser(x->parser, XML_TRUE) == XML_STATUS_OK)
		x->paused = true;
}

void xlsx_xml_fail(struct xlsx_xml *x, int code, const char *format, ...)
{
	if (x->error.code)
		return;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(x->error.message, sizeof x->error.message, format, args);
	va_end(args);
	x->error.code = code;
	(void)XML_StopParser(x->parser, XML_FALSE);
}

uint64_t xlsx_xml_bytes(const struct xlsx_xml *x)
{
	return x->n_bytes;
}

static int report_xml(struct xlsx_xml *x, struct cf_error *err)
{
	if (x->error.code) {
		if (err)
			*err = x->error;
		return x->error.code;
	}
	enum XML_Error why = XML_GetErrorCode(x->parser);
	if (why == XML_ERROR_NO_MEMORY)
		return error_memory(err);
	return error_set(err, CF_E_INPUT, "%.120s: '%.60s' line %" PRIu64 ": %.80s; is the file whole?",
		x->package->name, x->part, (uint64_t)XML_GetCurrentLineNumber(x->parser),
		XML_ErrorString(why));
}

/* Up to CHUNK bytes of a part; 0 at its end. */
static int unpack(struct xlsx_package *p, zip_file_t *file, const char *part, void *to, size_t *ret_n,
	struct cf_error *err)
{
	zip_int64_t n = zip_fread(file, to, CHUNK);
	if (n < 0)
		return error_set(
			err, CF_E_INPUT, "%.150s: '%.60s' is damaged; is the file whole?", p->name, part);
	p->n_unpacked += (uint64_t)n;
	if (p->n_unpacked > p->max_unpacked)
		return error_set(err, CF_E_REFUSED,
			"%.150s: refused: it unpacks to more than %d times its size, as a file made to harm "
			"does",
			p->name, MAX_RATIO);
	*ret_n = (size_t)n;
	return CF_OK;
}

static int read_chunk(struct xlsx_xml *x, int *ret_n, struct cf_error *err)
{
	size_t n = 0;
	void *chunk = XML_GetBuffer(x->parser, CHUNK);
	if (!chunk)
		return error_memory(err);
	TRY(unpack(x->package, x->file, x->part, chunk, &n, err));
	x->n_bytes += n;
	*ret_n = (int)n;
	return CF_OK;
}

static void close_file(zip_file_t **file)
{
	if (*file)
		(void)zip_fclose(*file);
}

int xlsx_package_may_contain(struct xlsx_package *p, const char *part, const char *word, bool *ret,
	uint64_t *n_bytes, struct cf_error *err)
{
	size_t overlap = strlen(word) - 1;
	size_t kept = 0;
	bool first = true;
	CF_CLEANUP_FREE char *chunk = mem_alloc(CHUNK + overlap, 1);
	if (!chunk)
		return error_memory(err);
	CF_CLEANUP(close_file) zip_file_t *file = zip_fopen(p->zip, part, 0);
	*ret = !file; /* whoever opens it for reading says what is wrong */
	while (!*ret) {
		size_t n = 0;
		TRY(unpack(p, file, part, chunk + kept, &n, err));
		if (!n)
			break;
		*n_bytes += n;
		/* UTF-16 begins with a mark or has NULs */
		*ret = (first && (memchr(chunk, '\0', n < 64 ? n : 64) || (unsigned char)chunk[0] >= 0xf0)) ||
		       memmem(chunk, kept + n, word, overlap + 1);
		first = false;
		n += kept;
		kept = n < overlap ? n : overlap;
		memmove(chunk, chunk + n - kept, kept);
	}
	return CF_OK;
}

int xlsx_xml_run(struct xlsx_xml *x, struct cf_error *err)
{
	for (;;) {
		enum XML_Status status;
		if (x->paused) {
			x->paused = false;
			status = XML_ResumeParser(x->parser);
		} else if (x->at_end) {
			return 0;
		} else {
			int n = 0;
			TRY(read_chunk(x, &n, err));
			x->at_end = n == 0;
			status = XML_ParseBuffer(x->parser, n, x->at_end);
		}
		if (status == XML_STATUS_ERROR || x->error.code)
			return report_xml(x, err);
		if (status == XML_STATUS_SUSPENDED)
			return 1;
	}
}

int xlsx_xml_read(
	struct xlsx_package *p, const char *part, const struct xlsx_handlers *handlers, struct cf_error *err)
{
	CF_CLEANUP_XML struct xlsx_xml *x = NULL;
	TRY(xlsx_xml_open(p, part, handlers, &x, err));
	int status;
	do
		status = xlsx_xml_run(x, err);
	while (status > 0);
	return status;
}

const char *xlsx_attribute(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(local_name(attributes[0]), name) == 0)
			return attributes[1];
	return NULL;
}
