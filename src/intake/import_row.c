/* From the cells of a row to its records: instances, ids, what refers to what, what must not be missing. */
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "crypto/digest.h"
#include "intake/clean.h"
#include "intake/import_parts.h"

enum { MAX_SOURCE_ID = 1024 };

void import_run_done(struct import_run *run)
{
	for (size_t s = 0; s < run->n_sheets; s++) {
		for (size_t i = 0; i < run->sheets[s].n; i++)
			mem_free(run->sheets[s].columns[i].codes);
		mem_free(run->sheets[s].columns);
	}
	mem_free(run->sheets);
	for (size_t i = 0; i < run->made_capacity; i++)
		record_free(run->made[i].record);
	mem_free(run->made);
	for (size_t i = 0; i < MAPPING_MAX_INSTANCES; i++)
		buffer_done(&run->ids[i]);
	buffer_done(&run->row_key);
	buffer_done(&run->source_ids);
	buffer_done(&run->scratch);
	buffer_done(&run->piece);
	buffer_done(&run->reasons);
	mem_free(run->handed);
	mem_free(run->seen_ids.slots);
	record_faults_done(&run->faults);
	text_tools_free(run->tools);
	rows_close(run->rows);
}

/* ---- faults ---- */

int import_report(struct import_run *run, const size_t *column, const char *reason, struct cf_error *err)
{
	const struct row *row = run->row;
	struct import_fault f = {.file = rows_name(run->rows),
		.sheet = rows_sheet_name(run->rows, row->sheet),
		.line = row->line,
		.column = "",
		.reason = reason};
	if (column) {
		f.column = rows_column_name(run->rows, row->sheet, *column);
		rows_column_letters(rows_column_place(run->rows, row->sheet, *column), f.letters);
	}
	run->n_row_faults++;
	run->counts.n_faults++;
	TRY_MEMORY(buffer_printf(&run->reasons, "%s%s%s%s", run->reasons.n ? " | " : "", f.column,
			   f.column[0] ? ": " : "", reason),
		err);
	if (run->options->max_faults && run->counts.n_faults > run->options->max_faults)
		return CF_OK;
	return run->sink->fault ? run->sink->fault(run->sink->context, &f, err) : CF_OK;
}

/* ---- making records ---- */

static int identify(struct import_run *run, const struct schema_entity *entity, const char *source_id,
	struct record_id *ret, struct cf_error *err)
{
	if (run->options->mode != IMPORT_DRY_RUN && run->sink->identify)
		return run->sink->identify(run->sink->context, entity, source_id, ret, err);
	/* ids that only have to differ */
	uint64_t n = ++run->next_dry_id;
	*ret = (struct record_id){{0}};
	for (size_t i = 0; i < sizeof n; i++)
		ret->bytes[RECORD_ID_BYTES - 1 - i] = (uint8_t)(n >> (8 * i));
	return CF_OK;
}

/* Begins a record whose source id has just been appended at run->source_ids.data + at. */
static int make(struct import_run *run, const struct schema_entity *entity, uint16_t instance, size_t at,
	size_t *ret_made, struct cf_error *err)
{
	struct record_id id;
	struct record_id own;
	const char *source_id = run->source_ids.data + at;
	/* our own files say the id itself */
	const char *last = strrchr(source_id, '/');
	if (last && strlen(last + 1) == RECORD_ID_TEXT && record_id_parse(last + 1, &own))
		id = own;
	else
		TRY(identify(run, entity, source_id, &id, err));
	if (run->n_made == run->made_capacity) {
		size_t before = run->made_capacity;
		struct import_made *grown =
			mem_grow(run->made, run->n_made, &run->made_capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		run->made = grown;
		memset(grown + before, 0, (run->made_capacity - before) * sizeof *grown);
	}
	struct import_made *m = &run->made[run->n_made];
	if (!m->record)
		TRY(record_new(entity, &id, &m->record, err));
	else
		record_reset(m->record, entity, &id);
	m->entity = entity;
	m->instance = instance;
	m->only_if_absent = false;
	m->source_at = at;
	*ret_made = run->n_made++;
	return CF_OK;
}

/* "source/ROW/identifier@mobile", or where a column has the record's own id "source/person/ID". n tells
 * records of one instance apart. */
static int append_source_id(struct import_run *run, const struct schema_entity *entity, const char *label,
	const char *own_id, size_t n, struct cf_error *err)
{
	struct buffer *out = &run->source_ids;
	const char *source = run->mapping ? run->mapping->source : "import";
	const char *pieces[] = {source, "/", own_id ? entity->name : buffer_text(&run->row_key), "/",
		own_id ? own_id : entity->name, own_id || !label[0] ? "" : "@", own_id ? "" : label};
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		TRY_MEMORY(buffer_append_text(out, pieces[i]), err);
	if (n)
		TRY_MEMORY(buffer_printf(out, "#%zu", n), err);
	TRY_MEMORY(buffer_append_char(out, '\0'), err);
	return CF_OK;
}

int import_another(struct import_run *run, uint16_t instance, size_t *ret_made, struct cf_error *err)
{
	const struct mapping_instance *i = &run->mapping->instances[instance];
	const char *own = run->ids[instance].n ? run->ids[instance].data : NULL;
	size_t n = 0;
	for (size_t k = 0; k < run->n_made; k++)
		n += run->made[k].instance == instance;
	size_t at = run->source_ids.n;
	TRY(append_source_id(run, i->entity, i->label, own, n, err));
	return make(run, i->entity, instance, at, ret_made, err);
}

int import_instance(struct import_run *run, uint16_t instance, size_t *ret_made, struct cf_error *err)
{
	if (run->made_of[instance] < 0) {
		size_t made = 0;
		TRY(import_another(run, instance, &made, err));
		run->made_of[instance] = (int32_t)made;
	}
	*ret_made = (size_t)run->made_of[instance];
	return CF_OK;
}

/* A record no column is mapped to. */
static int imply(struct import_run *run, const char *entity_name, size_t *ret_made, struct cf_error *err)
{
	const struct schema_entity *entity = schema_entity(entity_name);
	size_t at = run->source_ids.n;
	TRY(append_source_id(run, entity, "", NULL, 0, err));
	return make(run, entity, MAPPING_NO_INSTANCE, at, ret_made, err);
}

int import_begin_record(struct import_run *run, const struct schema_entity *entity, const char *id,
	size_t *ret_made, struct cf_error *err)
{
	size_t at = run->source_ids.n;
	TRY(append_source_id(run, entity, "", id, 0, err));
	return make(run, entity, MAPPING_NO_INSTANCE, at, ret_made, err);
}

int import_reference(struct import_run *run, const struct schema_entity *entity, const char *name,
	char ret_id[RECORD_ID_TEXT + 1], struct cf_error *err)
{
	size_t at = run->source_ids.n;
	TRY(append_source_id(run, entity, "", name, 0, err));
	for (size_t i = 0; i < run->n_made; i++) {
		const struct import_made *m = &run->made[i];
		if (m->entity != entity ||
			strcmp(run->source_ids.data + m->source_at, run->source_ids.data + at) != 0)
			continue;
		run->source_ids.n = at;
		record_id_format(record_id(m->record), ret_id);
		return CF_OK;
	}
	const struct schema_field *field = schema_field(entity, "name");
	if (!field || field->type != SCHEMA_TEXT) {
		struct record_id id;
		TRY(identify(run, entity, run->source_ids.data + at, &id, err));
		record_id_format(&id, ret_id);
		return CF_OK;
	}
	size_t made = 0;
	TRY(make(run, entity, MAPPING_NO_INSTANCE, at, &made, err));
	run->made[made].only_if_absent = true;
	record_id_format(record_id(run->made[made].record), ret_id);
	return record_add(run->made[made].record, field, name, err);
}

/* ---- ids ---- */

static const struct cell *cell_of(const struct row *row, size_t column)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->cells[i].column == column)
			return &row->cells[i];
	return NULL;
}

/* The whole row tells itself apart. */
static int digest_row(struct import_run *run, struct cf_error *err)
{
	const struct row *row = run->row;
	uint8_t digest[DIGEST_BYTES];
	buffer_clear(&run->piece);
	for (size_t i = 0; i < row->n; i++) {
		const struct cell *c = &row->cells[i];
		const struct import_column *column = &run->sheets[row->sheet].columns[c->column];
		if (c->kind == CELL_EMPTY || column->is_ours || column->is_refused_row)
			continue;
		const char *name = rows_column_name(run->rows, row->sheet, c->column);
		TRY_MEMORY(buffer_append(&run->piece, name, strlen(name) + 1), err);
		TRY_MEMORY(buffer_append(&run->piece, c->text, c->n + 1), err);
	}
	digest_of(run->piece.data, run->piece.n, digest);
	TRY_MEMORY(buffer_append_text(&run->row_key, "row:"), err);
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		TRY_MEMORY(buffer_printf(&run->row_key, "%02x", digest[i]), err);
	return CF_OK;
}

static int append_id(struct buffer *out, const struct cell *cell, struct cf_error *err)
{
	size_t n = cell->n;
	const char *text = import_trimmed(csv_unguarded(cell->text, &n), &n);
	TRY_MEMORY(buffer_append(out, text, n), err);
	return CF_OK;
}

int import_row_key(const struct import_sheet *sheet, const struct row *row, struct buffer *out, bool *ret_any,
	ptrdiff_t *ret_empty, struct cf_error *err)
{
	bool any = false;
	*ret_empty = -1;
	for (size_t i = 0; i < sheet->n; i++) {
		if (!sheet->columns[i].is_row_id)
			continue;
		const struct cell *c = cell_of(row, i);
		if (any)
			TRY_MEMORY(buffer_append_char(out, ','), err);
		any = true;
		size_t before = out->n;
		if (c)
			TRY(append_id(out, c, err));
		if (out->n == before || out->n - before > MAX_SOURCE_ID / 4)
			*ret_empty = (ptrdiff_t)i;
	}
	*ret_any = any;
	return CF_OK;
}

static void ids_put(struct import_ids *ids, uint64_t digest)
{
	size_t at = (size_t)digest & (ids->size - 1);
	while (ids->slots[at])
		at = (at + 1) & (ids->size - 1);
	ids->slots[at] = digest;
}

static int ids_grow(struct import_ids *ids)
{
	struct import_ids grown = {.n = ids->n, .size = ids->size ? ids->size * 2 : 1024};
	grown.slots = NEW_ARRAY_ZERO(uint64_t, grown.size);
	if (!grown.slots)
		return CF_E_MEMORY;
	for (size_t i = 0; i < ids->size; i++)
		if (ids->slots[i])
			ids_put(&grown, ids->slots[i]);
	mem_free(ids->slots);
	*ids = grown;
	return CF_OK;
}

int import_ids_add(struct import_ids *ids, const struct buffer *key, struct cf_error *err)
{
	uint8_t digest[DIGEST_BYTES];
	uint64_t short_digest;
	digest_of(buffer_text(key), key->n, digest);
	memcpy(&short_digest, digest, sizeof short_digest);
	short_digest |= 1; /* never the free slot's mark */
	if (ids->n * 2 >= ids->size)
		TRY_MEMORY(ids_grow(ids), err);
	for (size_t at = (size_t)short_digest & (ids->size - 1); ids->slots[at];
		at = (at + 1) & (ids->size - 1))
		if (ids->slots[at] == short_digest)
			return 0;
	ids_put(ids, short_digest);
	ids->n++;
	return 1;
}

/* The ids that columns of their own say, then the row's. */
static int find_ids(struct import_run *run, struct import_sheet *sheet, struct cf_error *err)
{
	const struct row *row = run->row;
	bool any = false;
	ptrdiff_t empty;
	for (size_t i = 0; i < row->n; i++) {
		const struct cell *c = &row->cells[i];
		const struct import_column *column = &sheet->columns[c->column];
		if (column->map && column->map->kind == MAPPING_ID && c->kind != CELL_BAD &&
			!run->ids[column->map->instance].n)
			TRY(append_id(&run->ids[column->map->instance], c, err));
	}
	TRY(import_row_key(sheet, row, &run->row_key, &any, &empty, err));
	if (!any)
		return digest_row(run, err);
	size_t column = (size_t)empty;
	if (empty >= 0)
		return import_report(
			run, &column, "the column tells rows apart, and is empty or too long here", err);
	int is_new = import_ids_add(&run->seen_ids, &run->row_key, err);
	TRY(is_new);
	return is_new ? CF_OK
		      : import_report(run, NULL,
				"the columns that tell rows apart say the same as in an earlier row; name "
				"one more of "
				"them in the mapping (id = ...)",
				err);
}

/* ---- what goes with what ---- */

static bool has_value(const struct record *r, const struct schema_field *f)
{
	size_t n = 0;
	(void)record_get(r, f, &n);
	return n > 0;
}

static int link_to(struct import_run *run, size_t from, const struct schema_field *field, size_t to,
	struct cf_error *err)
{
	char id[RECORD_ID_TEXT + 1];
	record_id_format(record_id(run->made[to].record), id);
	return record_add(run->made[from].record, field, id, err);
}

/* The first record of the row that the field can refer to; -1 when there is none. */
static ptrdiff_t find_target(const struct import_run *run, size_t from, const struct schema_field *field)
{
	for (size_t t = 0; t < field->n_targets; t++)
		for (size_t i = 0; i < run->n_made; i++)
			if (i != from && !run->made[i].only_if_absent &&
				run->made[i].entity == field->targets[t])
				return (ptrdiff_t)i;
	return -1;
}

static bool has_owner(const struct record *r, const struct schema_entity *e)
{
	for (size_t i = 0; i < e->n_owners; i++)
		if (has_value(r, e->owners[i]))
			return true;
	return false;
}

/* Whether the row's person is a suspect in it and no victim. */
static bool is_about_a_suspect(const struct import_run *run)
{
	bool suspect = false;
	for (size_t i = 0; i < run->n_made; i++) {
		if (strcmp(run->made[i].entity->name, "role") != 0)
			continue;
		const char *role = record_text_by_name(run->made[i].record, "role");
		if (role && strstr(role, "victim"))
			return false;
		suspect |= role && (strcmp(role, "suspect") == 0 || strcmp(role, "accused") == 0 ||
					   strcmp(role, "convicted") == 0);
	}
	return suspect;
}

/* References that must not be missing, and one to whoever the record is about. */
static int link_record(struct import_run *run, size_t from, struct cf_error *err)
{
	const struct schema_entity *e = run->made[from].entity;
	for (size_t i = 0; i < e->n_fields; i++) {
		const struct schema_field *f = &e->fields[i];
		if (f->type != SCHEMA_REFERENCE || !f->required || has_value(run->made[from].record, f))
			continue;
		ptrdiff_t to = find_target(run, from, f);
		if (to >= 0)
			TRY(link_to(run, from, f, (size_t)to, err));
	}
	/* the first owner wherever there is one, the others in its stead: an episode has its victim and its
	 * case */
	for (size_t i = 0; i < e->n_owners; i++) {
		const struct schema_field *f = e->owners[i];
		if (has_value(run->made[from].record, f) || (i && has_owner(run->made[from].record, e)))
			continue;
		if (strcmp(f->name, "victim") == 0 && !f->required && is_about_a_suspect(run))
			f = schema_field(e, "perpetrator");
		ptrdiff_t to = f ? find_target(run, from, f) : -1;
		if (to >= 0)
			TRY(link_to(run, from, f, (size_t)to, err));
	}
	return CF_OK;
}

static ptrdiff_t find_made(const struct import_run *run, const char *entity)
{
	const struct schema_entity *e = schema_entity(entity);
	for (size_t i = 0; i < run->n_made; i++)
		if (run->made[i].entity == e && !run->made[i].only_if_absent)
			return (ptrdiff_t)i;
	return -1;
}

/* Whether a record of the row must name a case. */
static bool needs_case(const struct import_run *run)
{
	for (size_t i = 0; i < run->n_made; i++) {
		const struct schema_field *f = schema_field(run->made[i].entity, "case");
		if (f && f->required && !run->made[i].only_if_absent && !has_value(run->made[i].record, f))
			return true;
	}
	return false;
}

/* A case that no column speaks of, and the role that ties a person to it. */
static int add_implied(struct import_run *run, struct cf_error *err)
{
	size_t made = 0;
	if (find_made(run, "case") < 0 && needs_case(run))
		TRY(imply(run, "case", &made, err));
	if (find_made(run, "person") >= 0 && find_made(run, "case") >= 0 && find_made(run, "role") < 0)
		TRY(imply(run, "role", &made, err));
	return CF_OK;
}

/* Whether a constant of this part has something to stand beside, and is not said already. */
static bool wants_constant(const struct record *r, const struct mapping_constant *c)
{
	bool beside = !c->field->part;
	for (size_t i = 0; i < record_n_values(r); i++) {
		const struct record_value *v = &record_values(r)[i];
		bool same_part = c->field->part && v->field->part && v->part == c->part &&
				 strcmp(c->field->part, v->field->part) == 0;
		if (v->field == c->field && v->part == c->part)
			return false;
		beside |= same_part;
	}
	return beside;
}

static int add_constants(struct import_run *run, struct cf_error *err)
{
	const struct mapping *m = run->mapping;
	for (size_t i = 0; i < m->n_constants; i++) {
		const struct mapping_constant *c = &m->constants[i];
		for (size_t k = 0; k < run->n_made; k++) {
			struct record *r = run->made[k].record;
			if (run->made[k].instance != c->instance || !wants_constant(r, c))
				continue;
			const struct record_value v = {.field = c->field,
				.handling = c->field->handling,
				.part = c->part,
				.text = c->text,
				.n = strlen(c->text)};
			TRY(record_add_value(r, &v, err));
		}
	}
	return CF_OK;
}

static int add_links(struct import_run *run, struct cf_error *err)
{
	const struct mapping *m = run->mapping;
	for (size_t i = 0; i < m->n_links; i++)
		for (size_t k = 0; k < run->n_made; k++)
			if (run->made[k].instance == m->links[i].instance &&
				run->made_of[m->links[i].target] >= 0 &&
				!has_value(run->made[k].record, m->links[i].field))
				TRY(link_to(run, k, m->links[i].field,
					(size_t)run->made_of[m->links[i].target], err));
	for (size_t k = 0; k < run->n_made; k++)
		if (!run->made[k].only_if_absent)
			TRY(link_record(run, k, err));
	return CF_OK;
}

/* What a record must say and the file does not is unknown. */
static int add_unknowns(struct import_run *run, struct cf_error *err)
{
	for (size_t k = 0; k < run->n_made; k++) {
		const struct schema_entity *e = run->made[k].entity;
		for (size_t i = 0; i < e->n_fields; i++)
			if (e->fields[i].required && e->fields[i].type != SCHEMA_REFERENCE &&
				e->fields[i].type != SCHEMA_IDENTIFIER &&
				!has_value(run->made[k].record, &e->fields[i]))
				TRY(record_add_state(
					run->made[k].record, &e->fields[i], RECORD_UNKNOWN, err));
	}
	return CF_OK;
}

/* ---- checking ---- */

/* The column a value of the record came from; false when none did. */
static bool column_of_field(
	const struct import_run *run, const struct import_made *m, const struct record_fault *f, size_t *ret)
{
	const struct import_sheet *sheet = &run->sheets[run->row->sheet];
	for (size_t i = 0; i < sheet->n; i++) {
		const struct mapping_column *map = sheet->columns[i].map;
		if (map && map->field == f->field && map->instance == m->instance && map->part == f->part) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static int check_records(struct import_run *run, struct cf_error *err)
{
	for (size_t k = 0; k < run->n_made; k++) {
		run->faults.n = 0;
		TRY(record_validate(run->made[k].record, &run->faults, err));
		for (size_t i = 0; i < run->faults.n; i++) {
			size_t column;
			char reason[RECORD_FAULT_MESSAGE_BYTES + 64];
			const struct record_fault *f = &run->faults.faults[i];
			bool known = column_of_field(run, &run->made[k], f, &column);
			(void)snprintf(
				reason, sizeof reason, "%s: %s", run->made[k].entity->label, f->message);
			TRY(import_report(run, known ? &column : NULL, reason, err));
		}
	}
	return CF_OK;
}

/* ---- the row ---- */

static int hand_on(struct import_run *run, struct cf_error *err)
{
	const struct row *row = run->row;
	run->counts.n_records += run->n_made;
	bool closed = run->options->mode == IMPORT_ALL_OR_NOTHING && run->counts.n_faults;
	if (run->options->mode == IMPORT_DRY_RUN || closed || !run->sink->row)
		return CF_OK;
	if (run->n_made > run->handed_capacity) {
		struct import_record *grown = mem_resize(run->handed, run->made_capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		run->handed = grown;
		run->handed_capacity = run->made_capacity;
	}
	/* persons and cases, which have keys of their own, before what is sealed with these */
	size_t n = 0;
	for (int owned = 0; owned < 2; owned++)
		for (size_t i = 0; i < run->n_made; i++)
			if ((run->made[i].entity->n_owners > 0) == owned)
				run->handed[n++] = (struct import_record){.record = run->made[i].record,
					.source_id = run->source_ids.data + run->made[i].source_at,
					.only_if_absent = run->made[i].only_if_absent};
	const struct import_row out = {
		.line = row->line, .sheet = row->sheet, .records = run->handed, .n = run->n_made};
	return run->sink->row(run->sink->context, &out, err);
}

static void begin_row(struct import_run *run, const struct row *row)
{
	run->row = row;
	run->n_made = 0;
	run->n_row_faults = 0;
	buffer_clear(&run->source_ids);
	buffer_clear(&run->row_key);
	buffer_clear(&run->reasons);
	size_t n = run->mapping ? run->mapping->n_instances : 0;
	for (size_t i = 0; i < n; i++) {
		run->made_of[i] = -1;
		buffer_clear(&run->ids[i]);
	}
}

static int make_records(struct import_run *run, struct import_sheet *sheet, struct cf_error *err)
{
	TRY(find_ids(run, sheet, err));
	for (size_t i = 0; i < run->row->n; i++) {
		const struct cell *c = &run->row->cells[i];
		size_t at = c->column;
		if (sheet->columns[c->column].is_refused_row && c->n)
			TRY(import_report(run, &at,
				"the row is not mended yet; spread this text over the columns and empty it "
				"here",
				err));
		TRY(import_put_cell(run, c, &sheet->columns[c->column], err));
	}
	/* a record whose id alone is said is there too */
	for (uint16_t i = 0; i < run->mapping->n_instances; i++) {
		size_t made;
		if (run->ids[i].n)
			TRY(import_instance(run, i, &made, err));
	}
	if (!run->n_made)
		return CF_OK;
	TRY(add_constants(run, err));
	TRY(add_implied(run, err));
	TRY(add_links(run, err));
	return add_unknowns(run, err);
}

int import_row(struct import_run *run, const struct row *row, struct cf_error *err)
{
	begin_row(run, row);
	run->counts.n_rows++;
	if (row->reason)
		TRY(import_report(run, NULL, row->reason, err));
	else if (run->is_native)
		TRY(import_native_row(run, row, err));
	else
		TRY(make_records(run, &run->sheets[row->sheet], err));
	if (!run->n_row_faults)
		TRY(check_records(run, err));
	if (!run->n_row_faults) {
		run->counts.n_good_rows++;
		TRY(hand_on(run, err));
		return 1;
	}
	if (run->options->mode == IMPORT_PARTIAL && run->sink->reject)
		TRY(run->sink->reject(run->sink->context, run->rows, row, buffer_text(&run->reasons), err));
	return 0;
}
