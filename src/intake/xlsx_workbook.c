/*
 * Parts are found by their relations, as ECMA-376 part 2 wants it, from _rels/.rels on; only the usual names
 * are not taken for granted. Each reader is a handful of handlers with a small state.
 */
#include "intake/xlsx_workbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intake/xlsx_value.h"

enum { MAX_FORMATS = 1 << 16, MAX_PART_NAME = 512 };
static const size_t max_strings = (size_t)1 << 26;

struct reading {
	struct xlsx_package *package;
	struct xlsx_workbook *workbook;
	char *workbook_part; /* "xl/workbook.xml" */
	char *strings_part;
	char *styles_part;
	size_t max_text_bytes;
	struct buffer text; /* of the string being read */
	bool in_text;
	bool in_phonetic;
	bool in_cell_formats;
	/* number formats the workbook defines */
	struct {
		long id;
		bool is_date;
	} * custom;
	size_t n_custom;
	size_t custom_capacity;
};

static void reading_done(struct reading *r)
{
	mem_free(r->workbook_part);
	mem_free(r->strings_part);
	mem_free(r->styles_part);
	mem_free(r->custom);
	buffer_done(&r->text);
}

static void no_memory(struct xlsx_xml *x)
{
	xlsx_xml_fail(x, CF_E_MEMORY, "out of memory");
}

static bool ends_with(const char *s, const char *ending)
{
	size_t n = strlen(s);
	size_t m = strlen(ending);
	return n >= m && strcmp(s + n - m, ending) == 0;
}

/* The part a relation leads to: absolute, or beside the part it starts from (whose folder is given). NULL
 * when out of memory. */
static char *resolve(const char *folder, const char *target)
{
	char path[MAX_PART_NAME];
	while (strncmp(target, "./", 2) == 0)
		target += 2;
	if (target[0] == '/')
		(void)snprintf(path, sizeof path, "%s", target + 1);
	else
		(void)snprintf(path, sizeof path, "%s%s", folder, target);
	return mem_strdup(path);
}

/* ---- relations ---- */

/* Sets *to when the relation is of this kind and stays in the archive. */
static void take_relation(
	struct xlsx_xml *x, const char **attributes, const char *kind, const char *folder, char **to)
{
	const char *type = xlsx_attribute(attributes, "Type");
	const char *target = xlsx_attribute(attributes, "Target");
	const char *mode = xlsx_attribute(attributes, "TargetMode");
	if (!type || !target || *to || !ends_with(type, kind))
		return;
	if ((mode && strcmp(mode, "External") == 0) || strstr(target, "..") || strstr(target, "://")) {
		xlsx_xml_fail(x, CF_E_REFUSED, "refused: the workbook takes a part of it from elsewhere");
		return;
	}
	*to = resolve(folder, target);
	if (!*to)
		no_memory(x);
}

static void on_root_relation(struct xlsx_xml *x, const char *name, const char **attributes)
{
	struct reading *r = xlsx_xml_context(x);
	if (strcmp(name, "Relationship") == 0)
		take_relation(x, attributes, "/officeDocument", "", &r->workbook_part);
}

static void on_relation(struct xlsx_xml *x, const char *name, const char **attributes)
{
	struct reading *r = xlsx_xml_context(x);
	if (strcmp(name, "Relationship") != 0)
		return;
	char folder[MAX_PART_NAME];
	(void)snprintf(folder, sizeof folder, "%s", r->workbook_part);
	char *slash = strrchr(folder, '/');
	folder[slash ? slash + 1 - folder : 0] = '\0';
	take_relation(x, attributes, "/sharedStrings", folder, &r->strings_part);
	take_relation(x, attributes, "/styles", folder, &r->styles_part);
	const char *id = xlsx_attribute(attributes, "Id");
	for (size_t i = 0; id && i < r->workbook->n_sheets; i++)
		if (strcmp(r->workbook->sheets[i].relation, id) == 0)
			take_relation(x, attributes, "/worksheet", folder, &r->workbook->sheets[i].part);
}

/* ---- the workbook ---- */

static bool is_true(const char *s)
{
	return s && (strcmp(s, "1") == 0 || strcmp(s, "true") == 0 || strcmp(s, "on") == 0);
}

static void add_sheet(struct xlsx_xml *x, struct xlsx_workbook *w, const char **attributes)
{
	const char *name = xlsx_attribute(attributes, "name");
	const char *state = xlsx_attribute(attributes, "state");
	const char *id = NULL;
	/* "r:id" beside "sheetId" */
	for (const char **a = attributes; a[0]; a += 2)
		if (ends_with(a[0], ":id") || strcmp(a[0], "id") == 0)
			id = a[1];
	if (!name || !id)
		return;
	if (w->n_sheets == ROWS_MAX_SHEETS) {
		xlsx_xml_fail(x, CF_E_LIMIT, "more than %d sheets; split the workbook", ROWS_MAX_SHEETS);
		return;
	}
	struct xlsx_sheet_entry *grown = mem_grow(w->sheets, w->n_sheets, &w->sheets_capacity, sizeof *grown);
	if (!grown) {
		no_memory(x);
		return;
	}
	w->sheets = grown;
	struct xlsx_sheet_entry *sheet = &w->sheets[w->n_sheets++];
	*sheet = (struct xlsx_sheet_entry){.name = mem_strdup(name), .relation = mem_strdup(id)};
	sheet->hidden = state && strcmp(state, "visible") != 0;
	if (!sheet->name || !sheet->relation)
		no_memory(x);
}

static void on_workbook(struct xlsx_xml *x, const char *name, const char **attributes)
{
	struct reading *r = xlsx_xml_context(x);
	if (strcmp(name, "workbookPr") == 0)
		r->workbook->epoch_1904 = is_true(xlsx_attribute(attributes, "date1904"));
	else if (strcmp(name, "sheet") == 0)
		add_sheet(x, r->workbook, attributes);
}

/* ---- styles ---- */

static void add_custom(struct xlsx_xml *x, struct reading *r, const char **attributes)
{
	const char *id = xlsx_attribute(attributes, "numFmtId");
	const char *code = xlsx_attribute(attributes, "formatCode");
	if (!id || !code || r->n_custom == MAX_FORMATS)
		return;
	void *grown = mem_grow(r->custom, r->n_custom, &r->custom_capacity, sizeof *r->custom);
	if (!grown) {
		no_memory(x);
		return;
	}
	r->custom = grown;
	r->custom[r->n_custom].id = strtol(id, NULL, 10);
	r->custom[r->n_custom++].is_date = xlsx_format_is_date(0, code);
}

static bool format_is_date(const struct reading *r, long id)
{
	for (size_t i = 0; i < r->n_custom; i++)
		if (r->custom[i].id == id)
			return r->custom[i].is_date;
	return xlsx_format_is_date(id, NULL);
}

static void add_cell_format(struct xlsx_xml *x, struct reading *r, const char **attributes)
{
	struct xlsx_workbook *w = r->workbook;
	const char *id = xlsx_attribute(attributes, "numFmtId");
	if (w->n_formats == MAX_FORMATS)
		return;
	bool *grown = mem_grow(w->is_date, w->n_formats, &w->formats_capacity, sizeof *grown);
	if (!grown) {
		no_memory(x);
		return;
	}
	w->is_date = grown;
	w->is_date[w->n_formats++] = id && format_is_date(r, strtol(id, NULL, 10));
}

static void on_style(struct xlsx_xml *x, const char *name, const char **attributes)
{
	struct reading *r = xlsx_xml_context(x);
	if (strcmp(name, "numFmt") == 0)
		add_custom(x, r, attributes);
	else if (strcmp(name, "cellXfs") == 0)
		r->in_cell_formats = true;
	else if (strcmp(name, "xf") == 0 && r->in_cell_formats)
		add_cell_format(x, r, attributes);
}

static void on_style_end(struct xlsx_xml *x, const char *name)
{
	struct reading *r = xlsx_xml_context(x);
	if (strcmp(name, "cellXfs") == 0)
		r->in_cell_formats = false;
}

/* ---- shared strings ---- */

static void on_string(struct xlsx_xml *x, const char *name, const char **attributes)
{
	(void)attributes;
	struct reading *r = xlsx_xml_context(x);
	if (strcmp(name, "si") == 0)
		buffer_clear(&r->text);
	else if (strcmp(name, "rPh") == 0)
		r->in_phonetic = true; /* how a Japanese reader says it; not the text */
	else if (strcmp(name, "t") == 0)
		r->in_text = !r->in_phonetic;
}

static void on_string_text(struct xlsx_xml *x, const char *s, size_t n)
{
	struct reading *r = xlsx_xml_context(x);
	if (!r->in_text)
		return;
	if (r->text.n + n + r->workbook->strings.n > r->max_text_bytes)
		xlsx_xml_fail(x, CF_E_LIMIT,
			"the workbook holds more than %zu MB of different texts; save its sheets as CSV",
			r->max_text_bytes >> 20);
	else if (buffer_append(&r->text, s, n) < 0)
		no_memory(x);
}

static void on_string_end(struct xlsx_xml *x, const char *name)
{
	struct reading *r = xlsx_xml_context(x);
	struct xlsx_workbook *w = r->workbook;
	if (strcmp(name, "t") == 0)
		r->in_text = false;
	else if (strcmp(name, "rPh") == 0)
		r->in_phonetic = false;
	if (strcmp(name, "si") != 0)
		return;
	/* each has its cost in memory, empty ones too */
	if (w->n_strings == max_strings || w->n_strings * sizeof *w->string_at > r->max_text_bytes) {
		xlsx_xml_fail(x, CF_E_LIMIT, "the workbook holds too many texts; save its sheets as CSV");
		return;
	}
	size_t *grown = mem_grow(w->string_at, w->n_strings, &w->strings_capacity, sizeof *grown);
	if (!grown) {
		no_memory(x);
		return;
	}
	w->string_at = grown;
	w->string_at[w->n_strings++] = w->strings.n;
	if (xlsx_unescape(buffer_text(&r->text), r->text.n, &w->strings) < 0 ||
		buffer_append_char(&w->strings, '\0') < 0)
		no_memory(x);
}

const char *xlsx_shared_string(const struct xlsx_workbook *w, size_t i)
{
	return i < w->n_strings ? w->strings.data + w->string_at[i] : NULL;
}

/* ---- all of it ---- */

static int refuse_other_kinds(struct xlsx_package *p, struct cf_error *err)
{
	const char *what = NULL;
	if (xlsx_package_has(p, "xl/workbook.bin"))
		what = "a binary workbook (.xlsb)";
	else if (xlsx_package_has(p, "word/document.xml"))
		what = "a text document (.docx)";
	else if (xlsx_package_has(p, "content.xml"))
		what = "an OpenDocument file (.ods)";
	else if (!xlsx_package_has(p, "_rels/.rels"))
		what = "a zip archive, but no workbook";
	if (what)
		return error_set(err, CF_E_INPUT, "%.150s: this is %s; save the table as .xlsx or CSV",
			xlsx_package_name(p), what);
	return CF_OK;
}

static int relations_part(const struct reading *r, char to[MAX_PART_NAME], struct cf_error *err)
{
	const char *slash = strrchr(r->workbook_part, '/');
	size_t n = slash ? (size_t)(slash + 1 - r->workbook_part) : 0;
	if (snprintf(to, MAX_PART_NAME, "%.*s_rels/%s.rels", (int)n, r->workbook_part,
		    r->workbook_part + n) >= MAX_PART_NAME)
		return error_set(
			err, CF_E_INPUT, "%.150s: a part has too long a name", xlsx_package_name(r->package));
	return CF_OK;
}

static int read_part(struct reading *r, const char *part, struct xlsx_handlers handlers, struct cf_error *err)
{
	handlers.context = r;
	int status = xlsx_xml_read(r->package, part, &handlers, err);
	/* the handlers do not know the file's name */
	if (status < 0 && status != CF_E_MEMORY && err &&
		!strstr(err->message, xlsx_package_name(r->package)))
		return error_prefix(err, status, "%.150s", xlsx_package_name(r->package));
	return status;
}

static int read_all(struct reading *r, struct cf_error *err)
{
	char relations[MAX_PART_NAME];
	TRY(read_part(r, "_rels/.rels", (struct xlsx_handlers){.start = on_root_relation}, err));
	if (!r->workbook_part || !xlsx_package_has(r->package, r->workbook_part))
		return error_set(err, CF_E_INPUT,
			"%.150s: the archive names no workbook; save the table as .xlsx or CSV",
			xlsx_package_name(r->package));
	TRY(read_part(r, r->workbook_part, (struct xlsx_handlers){.start = on_workbook}, err));
	TRY(relations_part(r, relations, err));
	TRY(read_part(r, relations, (struct xlsx_handlers){.start = on_relation}, err));
	if (r->styles_part && xlsx_package_has(r->package, r->styles_part))
		TRY(read_part(r, r->styles_part,
			(struct xlsx_handlers){.start = on_style, .end = on_style_end}, err));
	if (r->strings_part && xlsx_package_has(r->package, r->strings_part))
		TRY(read_part(r, r->strings_part,
			(struct xlsx_handlers){
				.start = on_string, .end = on_string_end, .text = on_string_text},
			err));
	if (!r->workbook->n_sheets)
		return error_set(
			err, CF_E_INPUT, "%.150s: the workbook has no sheets", xlsx_package_name(r->package));
	return CF_OK;
}

int xlsx_workbook_read(
	struct xlsx_package *package, size_t max_text_bytes, struct xlsx_workbook **ret, struct cf_error *err)
{
	CF_CLEANUP_WORKBOOK struct xlsx_workbook *w = NEW(struct xlsx_workbook);
	if (!w)
		return error_memory(err);
	TRY(refuse_other_kinds(package, err));
	CF_CLEANUP(reading_done)
	struct reading r = {.package = package, .workbook = w, .max_text_bytes = max_text_bytes};
	TRY(read_all(&r, err));
	*ret = TAKE(w);
	return CF_OK;
}

struct xlsx_workbook *xlsx_workbook_free(struct xlsx_workbook *w)
{
	if (!w)
		return NULL;
	for (size_t i = 0; i < w->n_sheets; i++) {
		mem_free(w->sheets[i].name);
		mem_free(w->sheets[i].relation);
		mem_free(w->sheets[i].part);
	}
	mem_free(w->sheets);
	mem_free(w->is_date);
	mem_free(w->string_at);
	buffer_done(&w->strings);
	return mem_free(w);
}
