#include "base/ini.h"

#include <pthread.h>
#include <stdarg.h>
#include <string.h>

/* libinih has a function of the same name as ours; it is not used here. */
#define ini_parse inih_parse
#include <ini.h>
#undef ini_parse

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"

/* libinih cuts longer section names without a word. */
enum { MAX_SECTION_BYTES = 49, MAX_LINE_BYTES = 1 << 20, MAX_FILE_BYTES = 1 << 26 };

struct ini {
	char *name;
	struct arena *texts;
	struct ini_entry *entries;
	size_t n;
	size_t capacity;
};

/* While parsing: the lines are handed to libinih one by one, which is how entries learn theirs. A problem
 * that libinih would pass over ends the file there. */
struct parse {
	struct ini *ini;
	const char *at;
	const char *end;
	uint64_t line;
	bool inside_line;
	int status;
	const char *problem;
};

static pthread_once_t configured = PTHREAD_ONCE_INIT;

/* libinih keeps its settings in global variables. */
static void configure(void)
{
	ini_allow_multiline = false;
	ini_allow_bom = true;
	ini_allow_inline_comments = true; /* only behind white space, so that a value may hold ";" */
	ini_use_stack = false;
	ini_allow_realloc = true;
	ini_initial_alloc = 256;
	ini_max_line = MAX_LINE_BYTES;
	ini_stop_on_first_error = true;
}

struct ini *ini_free(struct ini *ini)
{
	if (!ini)
		return NULL;
	arena_free(ini->texts);
	mem_free(ini->entries);
	mem_free(ini->name);
	return mem_free(ini);
}

static int fail(struct parse *p, int status, const char *problem)
{
	p->status = status;
	p->problem = problem;
	return 0; /* which tells libinih to stop */
}

static int add_entry(void *user, const char *section, const char *key, const char *value)
{
	struct parse *p = user;
	struct ini *ini = p->ini;
	if (!key[0])
		return fail(p, CF_E_INPUT, "there is no key before the '='");
	struct ini_entry *grown = mem_grow(ini->entries, ini->n, &ini->capacity, sizeof *grown);
	if (!grown)
		return fail(p, CF_E_MEMORY, "");
	ini->entries = grown;
	/* entries of one section share its name */
	const struct ini_entry *last = ini->n ? &grown[ini->n - 1] : NULL;
	bool same = last && strcmp(last->section, section) == 0;
	struct ini_entry entry = {
		.section = same ? last->section : arena_strndup(ini->texts, section, strlen(section)),
		.key = arena_strndup(ini->texts, key, strlen(key)),
		.value = arena_strndup(ini->texts, value, strlen(value)),
		.line = p->line,
	};
	if (!entry.section || !entry.key || !entry.value)
		return fail(p, CF_E_MEMORY, "");
	grown[ini->n++] = entry;
	return 1;
}

static bool check_line(struct parse *p, size_t n)
{
	if (n > MAX_LINE_BYTES - 3)
		return fail(p, CF_E_LIMIT, "the line is longer than 1 MiB");
	const char *s = p->at;
	const char *end = s + n;
	if (p->line == 1 && n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		s += 3;
	while (s < end && strchr(" \t\v\f\r", *s))
		s++;
	if (s < end && *s == '[') {
		const char *close = memchr(s, ']', (size_t)(end - s));
		if (close && close - s - 1 > MAX_SECTION_BYTES)
			return fail(p, CF_E_LIMIT, "the name of the section is longer than 49 bytes");
	}
	return true;
}

/* As fgets: a line, or as much of it as fits. */
static char *next_piece(char *to, int size, void *stream)
{
	struct parse *p = stream;
	if (p->at == p->end || size < 2)
		return NULL;
	const char *line_end = memchr(p->at, '\n', (size_t)(p->end - p->at));
	size_t n = (size_t)((line_end ? line_end + 1 : p->end) - p->at);
	if (!p->inside_line) {
		p->line++;
		if (!check_line(p, n))
			return NULL;
	}
	p->inside_line = n > (size_t)size - 1;
	if (p->inside_line)
		n = (size_t)size - 1;
	memcpy(to, p->at, n);
	to[n] = '\0';
	p->at += n;
	return to;
}

static uint64_t line_of(const char *data, size_t offset)
{
	uint64_t line = 1;
	for (size_t i = 0; i < offset; i++)
		line += data[i] == '\n';
	return line;
}

static int check_text(const char *name, const char *data, size_t n, struct cf_error *err)
{
	const char *nul = n ? memchr(data, '\0', n) : NULL;
	if (nul)
		return error_set_at(err, CF_E_INPUT, name, line_of(data, (size_t)(nul - data)), 0,
			"there is a NUL in this line; save the file as UTF-8 text");
	size_t bad;
	if (!text_is_utf8(data, n, &bad))
		return error_set_at(err, CF_E_INPUT, name, line_of(data, bad), 0,
			"this line is not UTF-8; save the file as UTF-8");
	return CF_OK;
}

static int run_parser(struct parse *p, struct cf_error *err)
{
	(void)pthread_once(&configured, configure);
	int found = ini_parse_stream(next_piece, p, add_entry, p);
	if (p->status == CF_E_MEMORY || found == -2)
		return error_memory(err);
	if (p->status < 0)
		return error_set_at(err, p->status, p->ini->name, p->line, 0, "%s", p->problem);
	if (found)
		return error_set_at(err, CF_E_INPUT, p->ini->name, (uint64_t)found, 0,
			"this line is no [section], no 'key = value' and no comment");
	return CF_OK;
}

int ini_parse(const char *name, const char *data, size_t n, struct ini **ret, struct cf_error *err)
{
	TRY(check_text(name, data, n, err));
	CF_CLEANUP_INI struct ini *ini = NEW(struct ini);
	if (!ini)
		return error_memory(err);
	ini->name = mem_strdup(name);
	ini->texts = arena_new(0);
	if (!ini->name || !ini->texts)
		return error_memory(err);
	struct parse p = {.ini = ini, .at = data, .end = data + n};
	TRY(run_parser(&p, err));
	*ret = TAKE(ini);
	return CF_OK;
}

int ini_open(const char *path, struct ini **ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(file_read(path, MAX_FILE_BYTES, &text, err));
	return ini_parse(path, buffer_text(&text), text.n, ret, err);
}

size_t ini_n(const struct ini *ini)
{
	return ini->n;
}

const struct ini_entry *ini_at(const struct ini *ini, size_t i)
{
	return i < ini->n ? &ini->entries[i] : NULL;
}

const char *ini_name(const struct ini *ini)
{
	return ini->name;
}

const char *ini_get(const struct ini *ini, const char *section, const char *key)
{
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->entries[i];
		if (strcmp(e->section, section) == 0 && strcmp(e->key, key) == 0)
			return e->value;
	}
	return NULL;
}

int ini_error(
	const struct ini *ini, const struct ini_entry *entry, struct cf_error *err, const char *format, ...)
{
	char what[CF_ERROR_MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return error_set_at(err, CF_E_INPUT, ini->name, entry ? entry->line : 0, 0, "%s", what);
}

static bool is_white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* True when the text comes back the same when it is read: one line without blanks at its ends, and nothing in
 * it that would begin a comment. */
static bool survives(const char *text)
{
	size_t n = strlen(text);
	if (n == 0)
		return true;
	if (is_white(text[0]) || is_white(text[n - 1]) || text[0] == ';' || n > MAX_LINE_BYTES / 4)
		return false;
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool comment = text[i] == ';' && i > 0 && is_white(text[i - 1]);
		if (comment || text[i] == '\n' || text[i] == '\r')
			return false;
	}
	return text_is_utf8(text, n, NULL);
}

int ini_write_section(struct buffer *out, const char *section)
{
	if (!survives(section) || strlen(section) > MAX_SECTION_BYTES || strchr(section, ']'))
		return CF_E_INPUT;
	return buffer_printf(out, "%s[%s]\n", out->n ? "\n" : "", section);
}

int ini_write(struct buffer *out, const char *key, const char *value)
{
	if (!key[0] || strpbrk(key, "=:") || strchr("[#", key[0]) || !survives(key) || !survives(value))
		return CF_E_INPUT;
	return buffer_printf(out, "%s =%s%s\n", key, value[0] ? " " : "", value);
}

int ini_write_comment(struct buffer *out, const char *text)
{
	for (;;) {
		size_t n = strcspn(text, "\r\n");
		TRY(buffer_append_text(out, n ? "# " : "#"));
		TRY(buffer_append(out, text, n));
		TRY(buffer_append_char(out, '\n'));
		if (!text[n])
			return CF_OK;
		text += n + 1;
	}
}
