/*
 * Configuration files: entries are whole UTF-8 texts on lines of the file, and whatever the writer takes of
 * them is read back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_written(const struct ini_entry *e)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	if ((e->section[0] && ini_write_section(&out, e->section) < 0) ||
		ini_write(&out, e->key, e->value) < 0)
		return;
	CF_CLEANUP_INI struct ini *ini = NULL;
	must(ini_parse("again", out.data, out.n, &ini, NULL) == 0 && ini_n(ini) == 1);
	const struct ini_entry *back = ini_at(ini, 0);
	must(strcmp(back->section, e->section) == 0);
	must(strcmp(back->key, e->key) == 0);
	must(strcmp(back->value, e->value) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	struct cf_error err = CF_ERROR_INIT;
	int status = ini_parse("fuzz", (const char *)data, n, &ini, &err);
	must(status == 0 || (err.code == status && err.line > 0));
	if (status < 0)
		return 0;
	uint64_t line = 0;
	for (size_t i = 0; i < ini_n(ini); i++) {
		const struct ini_entry *e = ini_at(ini, i);
		must(e->key[0] && e->line > line);
		line = e->line;
		must(text_is_utf8(e->value, strlen(e->value), NULL));
		must(ini_get(ini, e->section, e->key) != NULL);
		check_written(e);
	}
	return 0;
}
