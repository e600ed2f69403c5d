/* Records as people write them: whatever the text, a record or an error; what was read is shown, and read
 * again as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "work/casebook/form.h"
#include "work/casebook/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void try_entity(struct values *values, const char *entity, const uint8_t *data, size_t n)
{
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP_RECORD struct record *again = NULL;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	const struct record_id id = {{1}};
	struct form_source from = {
		.name = "form", .text = (const char *)data, .n = n, .clean = values_clean, .context = values};
	int status = form_parse(&from, schema_entity(entity), &id, &r, &err);
	must(status == 0 || (err.code == status && err.message[0]));
	if (status < 0)
		return;
	must(form_format(r, FORM_ALL, &text, &err) == 0);
	from.text = buffer_text(&text);
	from.n = text.n;
	from.known = r;
	must(form_parse(&from, schema_entity(entity), &id, &again, &err) == 0);
	must(record_equal(r, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct values *values;
	struct cf_error err = CF_ERROR_INIT;
	if (!values)
		must(values_new(NULL, &values, &err) == 0);
	try_entity(values, "person", data, n);
	try_entity(values, "identifier", data, n);
	return 0;
}
