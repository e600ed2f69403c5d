/* Encodings in CSV: refused with a reason, or rows of one length. */
#include <stdio.h>
#include <stdlib.h>

#include "work/clk_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_CLK_SET struct clk_set *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const int status = clk_csv_parse("file", (const char *)data, n, &s, &err);
	if (status == 0 ? s->n_bits == 0 : err.code != status || !err.message[0]) {
		(void)fprintf(stderr, "a failure says why\n");
		abort();
	}
	return 0;
}
