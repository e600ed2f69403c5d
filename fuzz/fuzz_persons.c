/*
 * Lists of persons as a party hands them in: columns are guessed, every value is normalised, and match keys
 * are made of them. The first byte chooses how; the rest is the file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "intake/columns.h"
#include "match/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_list(const struct person_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (int f = 0; f < PERSON_N_FIELDS; f++)
			for (size_t v = 0; v < list->persons[i].n_values[f]; v++) {
				const char *text = list->persons[i].values[f][v].text;
				must(text[0] && text_is_utf8(text, strlen(text), NULL));
				must(list->fields >> f & 1);
			}
}

/* The shipped plan, read once. */
static const struct match_plan *shipped_plan(void)
{
	static struct match_plan *plan;
	if (plan)
		return plan;
	CF_CLEANUP_INI struct ini *ini = NULL;
	const char *keys = match_plan_default_text();
	must(ini_parse("keys.ini", keys, strlen(keys), &ini, NULL) == 0);
	must(match_plan_parse(ini, &plan, NULL) == 0);
	return plan;
}

static void make_records(const struct person_list *list)
{
	CF_CLEANUP_RECORDS struct match_records *records = NULL;
	must(match_records_new(list, shipped_plan(), NULL, NULL, &records, NULL) == 0);
	must(records->n <= list->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_PERSON_LIST struct person_list *list = NULL;
	CF_CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	char path[40];
	if (n < 1)
		return 0;
	int fd = memfd_create("list", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data + 1, n - 1) == (ssize_t)(n - 1));
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	const struct intake_options options = {.list_name = "fuzz", .country = data[0] & 1 ? "61" : NULL};
	int status = intake_read_persons(path, &options, &list, &notes, &err);
	(void)close(fd);
	must(status == 0 || (err.code == status && err.message[0]));
	if (status < 0)
		return 0;
	check_list(list);
	make_records(list);
	return 0;
}
