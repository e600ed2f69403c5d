/* Settings of a linkage: refused with a reason, or within their limits. */
#include <stdio.h>
#include <stdlib.h>

#include "work/link_settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void need(int condition, const char *what)
{
	if (!condition) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_LINK_SETTINGS struct link_settings_file *f = NULL;
	struct cf_error err = CF_ERROR_INIT;
	int status = link_settings_parse("settings", (const char *)data, n, &f, &err);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	if (status < 0)
		return 0;
	need(f->n_rules <= LINK_MAX_RULES && f->limit >= 1, "limits");
	need(f->threshold >= 0 && f->threshold < 1, "threshold");
	for (size_t i = 0; i < f->n_columns; i++)
		need(f->columns[i].name && (int)f->columns[i].kind < LINK_N_KINDS, "columns");
	return 0;
}
