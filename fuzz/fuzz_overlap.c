/* Overlap tables from anyone: what is read is sound, and written and read again it is the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/overlap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	CF_CLEANUP_OVERLAP struct overlap_table *again = NULL;
	CF_CLEANUP(buffer_done) struct buffer once = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer twice = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status = overlap_parse("fuzz", (const char *)data, n, &table, &err);
	must(status == 0 || (err.code == status && err.message[0]));
	if (status < 0)
		return 0;
	must(table->n_lists > 0 && table->n_lists <= OVERLAP_MAX_LISTS);
	uint64_t most = 0;
	for (size_t l = 0; l < table->n_lists; l++) {
		must(table->list_names[l] && table->list_names[l][0]);
		uint64_t size = overlap_list_size(table, l);
		most = size > most ? size : most;
	}
	must(most <= overlap_n_persons(table));
	must(overlap_format(table, &once) == 0);
	must(overlap_parse("again", once.data, once.n, &again, &err) == 0);
	must(overlap_format(again, &twice) == 0);
	must(strcmp(buffer_text(&once), buffer_text(&twice)) == 0);
	must(overlap_n_persons(table) == overlap_n_persons(again));
	return 0;
}
