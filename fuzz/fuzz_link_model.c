/* Models of a linkage: refused with a reason, or with weights that are numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "work/link_model.h"

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
	CF_CLEANUP_LINK_MODEL struct link_model_file *f = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct link_weights w;
	int status = link_model_parse("model", (const char *)data, n, &f, &err);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	if (status < 0)
		return 0;
	need(f->n_fields >= 1 && f->n_fields <= LINK_MAX_FIELDS, "fields");
	link_weights_make(&f->model, &w);
	need(isfinite(w.prior), "prior");
	for (size_t k = 0; k < f->n_fields; k++)
		for (unsigned level = 1; level <= f->model.fields[k].n_levels; level++)
			need(isfinite(w.levels[k][level]), "weights");
	return 0;
}
