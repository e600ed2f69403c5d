/*
 * Mapping files: what is read is written and read again as the same; and whatever the mapping, a small file
 * through it ends in records that hold to the schema, or in faults.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "intake/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int parse(const char *text, size_t n, struct mapping **ret, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	TRY(ini_parse("fuzz", text, n, &ini, err));
	return mapping_parse(ini, ret, err);
}

static void check_written(const struct mapping *m)
{
	CF_CLEANUP_MAPPING struct mapping *again = NULL;
	CF_CLEANUP(buffer_done) struct buffer one = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer two = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status = mapping_write(m, &one, &err);
	must(status == 0 || status == CF_E_INPUT);
	if (status < 0)
		return;
	must(parse(one.data, one.n, &again, &err) == 0);
	must(mapping_write(again, &two, &err) == 0);
	must(one.n == two.n && memcmp(one.data, two.data, one.n) == 0);
}

static int identify(void *context, const struct schema_entity *entity, const char *source_id,
	struct record_id *ret, struct cf_error *err)
{
	uint64_t *count = context;
	(void)err;
	must(entity && source_id[0] && text_is_utf8(source_id, strlen(source_id), NULL));
	*ret = (struct record_id){{0}};
	ret->bytes[0] = 1;
	memcpy(ret->bytes + 8, count, sizeof *count);
	++*count;
	return 0;
}

static int check_row(void *context, const struct import_row *row, struct cf_error *err)
{
	(void)context;
	for (size_t i = 0; i < row->n; i++) {
		struct record_faults faults = RECORD_FAULTS_INIT;
		must(record_validate(row->records[i].record, &faults, err) == 0);
		must(faults.n == 0);
		record_faults_done(&faults);
	}
	return 0;
}

static void import_through(const struct mapping *m)
{
	static const char file[] =
		"Name,Born,Sex,Phone,Place,Notes\nAna,1990-05-17,F,+61412345678,Perth,\"a;b\"\n"
		"Ben,03/04/1991,M,0412 345 678,,unknown\n=1,?,(refused),x,y,z\n";
	uint64_t count = 1;
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	const struct import_options options = {.mode = IMPORT_PARTIAL, .mapping = m};
	const struct import_sink sink = {.context = &count, .identify = identify, .row = check_row};
	int status = import_memory("fuzz.csv", file, sizeof file - 1, &options, &sink, &counts, NULL, &err);
	must(status == 0 || (err.code == status && err.message[0]));
	must(status < 0 || (counts.n_rows == 3 && counts.n_good_rows <= 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_MAPPING struct mapping *m = NULL;
	struct cf_error err = CF_ERROR_INIT;
	int status = parse((const char *)data, n, &m, &err);
	must(status == 0 || (err.code == status && err.message[0]));
	if (status < 0)
		return 0;
	check_written(m);
	import_through(m);
	return 0;
}
