/* Stored records from anyone: what is read is written back byte for byte, and can be checked, compared and
 * filtered. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/palermo.h"
#include "model/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP_RECORD struct record *passed = NULL;
	CF_CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT;
	CF_CLEANUP(record_faults_done) struct record_faults faults = RECORD_FAULTS_INIT;
	CF_CLEANUP(record_changes_done) struct record_changes changes = RECORD_CHANGES_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status = record_decode(data, n, &r, &err);
	must(status == 0 || (err.code == status && err.message[0]));
	if (status < 0)
		return 0;
	must(record_encode(r, &bytes, &err) == 0);
	must(bytes.n == n && memcmp(bytes.data, data, n) == 0);
	must(record_validate(r, &faults, &err) == 0);
	for (size_t i = 0; i < faults.n; i++)
		must(faults.faults[i].field && faults.faults[i].message[0]);
	struct record_filter filter = {.max_handling = SCHEMA_P2, .max_sensitivity = SCHEMA_CODED};
	size_t n_withheld = 0;
	must(record_filter(r, &filter, &passed, &n_withheld, &err) == 0);
	must(record_n_values(passed) + n_withheld == record_n_values(r));
	/* what was kept back is what went */
	must(record_diff(r, passed, &changes, &err) == 0);
	must(changes.n >= n_withheld);
	struct palermo p = palermo_check(r, DATES_MINOR);
	must(!(p.missing & PALERMO_MEANS));
	return 0;
}
