/* For tests: workbooks put together part by part, the strange ones too. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zip.h>

#include "base/buffer.h"

struct workbook_part {
	const char *name;
	const char *text;
};

#define WORKBOOK_ROOT                                                                                        \
	"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"               \
	"<Relationship Id='rId1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/" \
	"officeDocument' Target='xl/workbook.xml'/></Relationships>"
#define WORKBOOK_RELATION(id, kind, target)                                                                  \
	"<Relationship Id='" id                                                                              \
	"' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/" kind                  \
	"' Target='" target "'/>"
#define WORKBOOK_RELATIONS(list)                                                                             \
	"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>" list          \
	"</Relationships>"
#define WORKBOOK_MAIN "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' xmlns:r='http://x/r'"

/* Appends the archive of the parts (those with a name). */
static inline void workbook_make(const struct workbook_part *parts, size_t n, struct buffer *out)
{
	zip_error_t why;
	zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &why);
	assert_non_null(source);
	zip_source_keep(source);
	zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, &why);
	assert_non_null(zip);
	for (size_t i = 0; i < n; i++) {
		if (!parts[i].name)
			continue;
		zip_source_t *part = zip_source_buffer(zip, parts[i].text, strlen(parts[i].text), 0);
		assert_true(zip_file_add(zip, parts[i].name, part, ZIP_FL_ENC_UTF_8) >= 0);
	}
	assert_int_equal(zip_close(zip), 0);
	zip_stat_t st;
	assert_int_equal(zip_source_stat(source, &st), 0);
	char *bytes = malloc(st.size);
	assert_non_null(bytes);
	assert_int_equal(zip_source_open(source), 0);
	assert_int_equal(zip_source_read(source, bytes, st.size), (long)st.size);
	assert_int_equal(zip_source_close(source), 0);
	assert_int_equal(buffer_append(out, bytes, st.size), 0);
	free(bytes);
	zip_source_free(source);
}

/* A workbook of one sheet with this content, these styles and shared strings (both may be NULL). */
static inline void workbook_simple(
	const char *sheet, const char *styles, const char *strings, struct buffer *out)
{
	const struct workbook_part parts[] = {
		{"_rels/.rels", WORKBOOK_ROOT},
		{"xl/workbook.xml",
			"<workbook " WORKBOOK_MAIN
			"><sheets><sheet name='Cases' sheetId='1' r:id='a'/></sheets></workbook>"},
		{"xl/_rels/workbook.xml.rels",
			WORKBOOK_RELATIONS(WORKBOOK_RELATION("a", "worksheet", "worksheets/sheet1.xml")
					WORKBOOK_RELATION("b", "styles", "/xl/styles.xml") WORKBOOK_RELATION(
						"c", "sharedStrings", "sharedStrings.xml"))},
		{"xl/worksheets/sheet1.xml", sheet},
		{styles ? "xl/styles.xml" : NULL, styles},
		{strings ? "xl/sharedStrings.xml" : NULL, strings},
	};
	workbook_make(parts, sizeof parts / sizeof *parts, out);
}
