/* Files of encodings, JSON and binary: refused with a reason, or a set that joins with itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/clk/join.h"
#include "work/clk_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void need(int condition, const char *what)
{
	if (!condition) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

static int sink(void *context, const struct clk_pair *pairs, size_t n, struct cf_error *err)
{
	const struct clk_set *s = context;
	(void)err;
	for (size_t i = 0; i < n; i++)
		need(pairs[i].left < pairs[i].right && pairs[i].right < s->n && pairs[i].score <= 1, "pair");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_CLK_SET struct clk_set *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct clk_join_counts counts;
	/* fmemopen wants memory that may be written */
	uint8_t *copy = n ? malloc(n) : NULL;
	if (!copy)
		return 0;
	memcpy(copy, data, n);
	FILE *f = fmemopen(copy, n, "rb");
	need(f != NULL, "stream");
	const int status = clk_stream_read("file", f, (size_t)64 << 20, &s, &err);
	(void)fclose(f);
	free(copy);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	if (status < 0 || s->n > 200)
		return 0;
	const struct clk_join j = {.left = s, .right = s, .threshold = 0.5};
	need(clk_join_all(&j, sink, s, &counts, NULL) == 0, "join");
	return 0;
}
