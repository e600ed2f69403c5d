#include "lists.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "person.h"
#include "scribe.h"

struct sim_lists *sim_lists_free(struct sim_lists *lists)
{
	if (lists)
		for (size_t i = 0; i < MODEL_N_LISTS; i++)
			mem_free(lists->entries[i]);
	return mem_free(lists);
}

static int add_entry(struct sim_lists *lists, int list, struct sim_entry entry)
{
	struct sim_entry *grown =
		mem_grow(lists->entries[list], lists->n[list], &lists->capacity[list], sizeof *grown);
	if (!grown)
		return CF_E_MEMORY;
	lists->entries[list] = grown;
	grown[lists->n[list]++] = entry;
	return 0;
}

/* The rows about one person: one on each of their lists, now and then two. */
static int add_person(struct sim_lists *lists, const struct sim_core *core)
{
	struct random_stream r;
	sim_stream(&r, lists->truth.seed, STREAM_DUPLICATE, core->number);
	for (int list = 0; list < MODEL_N_LISTS; list++) {
		bool twice = model_happens(&r, model_lists[list].errors.duplicate);
		if (!(core->lists >> list & 1u))
			continue;
		for (uint8_t repeat = 0; repeat <= twice; repeat++)
			TRY(add_entry(lists, list, (struct sim_entry){core->number, repeat}));
	}
	struct sim_truth *t = &lists->truth;
	t->persons[core->sex][core->lists]++;
	t->forms[core->form]++;
	t->forms_seen[core->form] += core->lists != 0;
	return 0;
}

/* Fisher and Yates, from a stream of its own. */
static void shuffle(struct sim_lists *lists, int list)
{
	struct random_stream r;
	sim_stream(&r, lists->truth.seed, STREAM_ORDER, (uint64_t)list);
	struct sim_entry *e = lists->entries[list];
	for (size_t i = lists->n[list]; i > 1; i--) {
		size_t j = random_below(&r, i);
		struct sim_entry kept = e[i - 1];
		e[i - 1] = e[j];
		e[j] = kept;
	}
}

int sim_lists_new(uint64_t seed, uint64_t n_persons, struct sim_lists **ret, struct cf_error *err)
{
	CF_CLEANUP_SIM_LISTS struct sim_lists *lists = NEW(struct sim_lists);
	if (!lists)
		return error_memory(err);
	lists->truth.seed = seed;
	lists->truth.n_persons = n_persons;
	for (uint64_t number = 1; number <= n_persons; number++) {
		struct sim_core core;
		sim_core_make(seed, number, &core);
		if (add_person(lists, &core) < 0)
			return error_memory(err);
	}
	for (int list = 0; list < MODEL_N_LISTS; list++) {
		lists->truth.rows[list] = lists->n[list];
		shuffle(lists, list);
	}
	*ret = TAKE(lists);
	return 0;
}

/* ---- writing ---- */

/* RFC 4180 with the list's own delimiter. */
static int put_cell(struct buffer *out, const struct list_model *list, const char *text)
{
	const char special[] = {list->delimiter, '"', '\r', '\n', '\0'};
	if (!text[strcspn(text, special)])
		return buffer_append_text(out, text);
	TRY(buffer_append_char(out, '"'));
	for (; *text; text++) {
		if (*text == '"')
			TRY(buffer_append_char(out, '"'));
		TRY(buffer_append_char(out, *text));
	}
	return buffer_append_char(out, '"');
}

static int put_line(struct buffer *out, const struct list_model *list, const struct scribe_row *row)
{
	for (size_t i = 0; i < list->n_columns; i++) {
		enum sim_column column = list->columns[i];
		if (i)
			TRY(buffer_append_char(out, list->delimiter));
		TRY(put_cell(out, list, row ? row->cells[column] : scribe_column_name(column)));
	}
	return buffer_append_text(out, list->spreadsheet ? "\r\n" : "\n");
}

static int put_rows(const struct sim_lists *lists, const struct names *names, int list, FILE *to)
{
	const struct list_model *model = &model_lists[list];
	CF_CLEANUP(buffer_done) struct buffer line = BUFFER_INIT;
	if (model->spreadsheet)
		TRY(buffer_append_text(&line, "\xef\xbb\xbf"));
	TRY(put_line(&line, model, NULL));
	for (size_t i = 0; i <= lists->n[list]; i++) {
		if (fwrite(line.data, 1, line.n, to) != line.n)
			return CF_E_IO;
		if (i == lists->n[list])
			break;
		struct sim_person person;
		struct scribe_row row;
		const struct sim_entry *e = &lists->entries[list][i];
		sim_person_make(lists->truth.seed, names, e->person, &person);
		scribe_write(lists->truth.seed, &person, list, e->repeat, &row);
		buffer_clear(&line);
		TRY(put_line(&line, model, &row));
	}
	return 0;
}

int sim_list_write(const struct sim_lists *lists, const struct names *names, int list, const char *folder,
	struct cf_error *err)
{
	char name[64];
	(void)snprintf(name, sizeof name, "%s.csv", model_lists[list].name);
	CF_CLEANUP_FREE char *path = file_path(folder, name);
	if (!path)
		return error_memory(err);
	CF_CLEANUP(file_abandon) struct file_writer file = FILE_WRITER_INIT;
	TRY(file_begin(&file, path, 0644, err));
	int status = put_rows(lists, names, list, file.stream);
	if (status == CF_E_IO)
		return error_set_errno(err, CF_E_IO, "cannot write %s", path);
	if (status < 0)
		return error_memory(err);
	return file_commit(&file, err);
}
