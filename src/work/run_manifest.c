#include "work/run_manifest.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/ini.h"

static const char MANIFEST_NAME[] = "run.ini";

static void list_done(struct run_list *l)
{
	mem_free(l->name);
	mem_free(l->path);
	mem_free(l->mapping);
	mem_free(l->mapping_section);
}

struct run_manifest *run_manifest_free(struct run_manifest *m)
{
	if (!m)
		return NULL;
	for (size_t i = 0; i < m->n_lists; i++)
		list_done(&m->lists[i]);
	for (size_t i = 0; i < m->n_ignore; i++)
		mem_free(m->ignore[i]);
	mem_free(m->lists);
	mem_free(m->ignore);
	mem_free(m->country);
	return mem_free(m);
}

int run_manifest_new(const char *country, struct run_manifest **ret, struct cf_error *err)
{
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *m = NEW(struct run_manifest);
	if (!m || (country && !(m->country = mem_strdup(country))))
		return error_memory(err);
	*ret = TAKE(m);
	return 0;
}

/* realpath allocates outside base/mem.h, so its answer is copied at once. */
static int absolute_path(const char *path, char **ret, struct cf_error *err)
{
	char *real = realpath(path, NULL);
	if (!real)
		return error_set_errno(err, CF_E_NOT_FOUND, "cannot find %s", path);
	char *copy = mem_strdup(real);
	free(real);
	if (!copy)
		return error_memory(err);
	*ret = copy;
	return 0;
}

/* The next free place for a list, zeroed; it counts only once the caller raises n_lists. */
static struct run_list *next_list(struct run_manifest *m)
{
	struct run_list *grown = mem_grow(m->lists, m->n_lists, &m->lists_capacity, sizeof *grown);
	if (!grown)
		return NULL;
	m->lists = grown;
	m->lists[m->n_lists] = (struct run_list){0};
	return &m->lists[m->n_lists];
}

int run_manifest_add_list(
	struct run_manifest *m, const struct run_list_request *request, struct cf_error *err)
{
	struct run_list *l = next_list(m);
	if (!l)
		return error_memory(err);
	m->n_lists++;
	l->name = mem_strdup(request->name);
	if (!l->name)
		return error_memory(err);
	TRY(absolute_path(request->path, &l->path, err));
	if (!request->mapping)
		return 0;
	l->mapping_section = mem_strdup(request->mapping_section ? request->mapping_section : "columns");
	if (!l->mapping_section)
		return error_memory(err);
	return absolute_path(request->mapping, &l->mapping, err);
}

int run_manifest_add_ignore(struct run_manifest *m, const char *column, struct cf_error *err)
{
	char **grown = mem_grow(m->ignore, m->n_ignore, &m->ignore_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	m->ignore = grown;
	m->ignore[m->n_ignore] = mem_strdup(column);
	if (!m->ignore[m->n_ignore])
		return error_memory(err);
	m->n_ignore++;
	return 0;
}

/* ---- the file ---- */

static int format_list(const struct run_list *l, struct buffer *out)
{
	TRY(ini_write_section(out, "list"));
	TRY(ini_write(out, "name", l->name));
	TRY(ini_write(out, "path", l->path));
	if (!l->mapping)
		return 0;
	TRY(ini_write(out, "mapping", l->mapping));
	return ini_write(out, "mapping_section", l->mapping_section);
}

static int format(const struct run_manifest *m, struct buffer *out)
{
	TRY(ini_write_comment(out, "What this study was run with; 'counterfoil study score' reads it."));
	TRY(ini_write_section(out, "run"));
	if (m->country)
		TRY(ini_write(out, "country", m->country));
	for (size_t i = 0; i < m->n_ignore; i++)
		TRY(ini_write(out, "ignore", m->ignore[i]));
	for (size_t i = 0; i < m->n_lists; i++)
		TRY(format_list(&m->lists[i], out));
	return 0;
}

int run_manifest_write(const struct run_manifest *m, const char *folder, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	int status = format(m, &text);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	if (status < 0)
		return error_set(err, status, "a path or column name with a line break cannot be kept in %s",
			MANIFEST_NAME);
	CF_CLEANUP_FREE char *path = file_path(folder, MANIFEST_NAME);
	if (!path)
		return error_memory(err);
	return file_write_atomic(path, text.data, text.n, 0600, err);
}

static int replace_text(char **text, const char *with)
{
	char *copy = mem_strdup(with);
	if (!copy)
		return CF_E_MEMORY;
	mem_free(*text);
	*text = copy;
	return 0;
}

/* 0 when the entry was taken, CF_E_NOT_FOUND when there is no such key. */
static int take_list_entry(struct run_list *l, const struct ini_entry *e)
{
	const struct {
		const char *key;
		char **to;
	} keys[] = {
		{"name", &l->name},
		{"path", &l->path},
		{"mapping", &l->mapping},
		{"mapping_section", &l->mapping_section},
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(e->key, keys[i].key) == 0)
			return replace_text(keys[i].to, e->value);
	return CF_E_NOT_FOUND;
}

static int take_run_entry(struct run_manifest *m, const struct ini_entry *e)
{
	if (strcmp(e->key, "country") == 0)
		return replace_text(&m->country, e->value);
	if (strcmp(e->key, "ignore") == 0)
		return run_manifest_add_ignore(m, e->value, NULL);
	return CF_E_NOT_FOUND;
}

/* Repeated sections [list] run together in the entries: each begins with its name. */
static int take_entry(struct run_manifest *m, const struct ini_entry *e)
{
	if (strcmp(e->section, "run") == 0)
		return take_run_entry(m, e);
	if (strcmp(e->section, "list") != 0)
		return CF_E_NOT_FOUND;
	if (strcmp(e->key, "name") == 0) {
		if (!next_list(m))
			return CF_E_MEMORY;
		m->n_lists++;
	}
	if (m->n_lists == 0)
		return CF_E_NOT_FOUND;
	return take_list_entry(&m->lists[m->n_lists - 1], e);
}

static bool has_text(const char *text)
{
	return text && text[0];
}

static int check_lists(const struct run_manifest *m, const char *path, struct cf_error *err)
{
	if (m->n_lists == 0)
		return error_set(err, CF_E_INPUT, "%s names no list", path);
	for (size_t i = 0; i < m->n_lists; i++) {
		const struct run_list *l = &m->lists[i];
		if (!has_text(l->name))
			return error_set(err, CF_E_INPUT, "%s: list %zu has no name", path, i + 1);
		if (!has_text(l->path))
			return error_set(err, CF_E_INPUT, "%s: list '%s' has no path", path, l->name);
		if ((l->mapping || l->mapping_section) &&
			(!has_text(l->mapping) || !has_text(l->mapping_section)))
			return error_set(err, CF_E_INPUT,
				"%s: list '%s' has only one of mapping and mapping_section", path, l->name);
	}
	return 0;
}

int run_manifest_read(const char *folder, struct run_manifest **ret, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = file_path(folder, MANIFEST_NAME);
	if (!path)
		return error_memory(err);
	if (!file_exists(path))
		return error_set(err, CF_E_NOT_FOUND,
			"%s holds no %s; give the folder that 'counterfoil study run --out' wrote", folder,
			MANIFEST_NAME);
	CF_CLEANUP_INI struct ini *ini = NULL;
	TRY(ini_open(path, &ini, err));
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *m = NULL;
	TRY(run_manifest_new(NULL, &m, err));
	for (size_t i = 0; i < ini_n(ini); i++) {
		int status = take_entry(m, ini_at(ini, i));
		if (status == CF_E_MEMORY)
			return error_memory(err);
		if (status < 0)
			return ini_error(
				ini, ini_at(ini, i), err, "'%s' has no place here", ini_at(ini, i)->key);
	}
	TRY(check_lists(m, path, err));
	*ret = TAKE(m);
	return 0;
}
