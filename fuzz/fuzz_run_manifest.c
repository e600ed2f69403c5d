/* What a study was run with: refused with a reason, or whole, and written and read again the same. */
#include <stdbool.h>

#include "scratch.h"
#include "work/run_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : !a && !b;
}

static void check_same(const struct run_manifest *a, const struct run_manifest *b)
{
	must(a->n_lists == b->n_lists && a->n_ignore == b->n_ignore && same(a->country, b->country));
	for (size_t i = 0; i < a->n_ignore; i++)
		must(same(a->ignore[i], b->ignore[i]));
	for (size_t i = 0; i < a->n_lists; i++) {
		const struct run_list *x = &a->lists[i];
		const struct run_list *y = &b->lists[i];
		must(same(x->name, y->name) && same(x->path, y->path) && same(x->mapping, y->mapping) &&
			same(x->mapping_section, y->mapping_section));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *path;
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *m = NULL;
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *again = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (!path) {
		scratch_start();
		path = scratch_file("run.ini");
	}
	scratch_write(path, data, n);
	int status = run_manifest_read(scratch_folder, &m, &err);
	must(status == 0 || (err.code == status && err.message[0]));
	if (status < 0)
		return 0;
	must(m->n_lists > 0);
	for (size_t i = 0; i < m->n_lists; i++) {
		must(m->lists[i].name && m->lists[i].name[0]);
		must(m->lists[i].path && m->lists[i].path[0]);
	}
	/* a text near the longest line cannot be written back */
	status = run_manifest_write(m, scratch_folder, &err);
	must(status == 0 || status == CF_E_INPUT);
	if (status < 0)
		return 0;
	must(run_manifest_read(scratch_folder, &again, &err) == 0);
	check_same(m, again);
	return 0;
}
