#include "work/link_model.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

enum { MAX_MODEL_BYTES = 4 << 20 };

struct link_model_file *link_model_free(struct link_model_file *f)
{
	if (!f)
		return NULL;
	for (size_t i = 0; i < LINK_MAX_FIELDS; i++)
		(void)mem_free(f->names[i]);
	return mem_free(f);
}

static void json_free(json_t **j)
{
	json_decref(*j);
}

/* ---- reading ---- */

struct parsing {
	const char *name; /* of the file */
	struct link_model_file *file;
};

static int bad(const struct parsing *p, struct cf_error *err, const char *what)
{
	return error_set(err, CF_E_INPUT, "%s: %s", p->name, what);
}

static int read_share(const struct parsing *p, const json_t *in, const char *key, double low, double *ret,
	struct cf_error *err)
{
	const json_t *value = json_object_get(in, key);
	double x = json_is_number(value) ? json_number_value(value) : NAN;
	if (!(x >= low && x <= 1))
		return error_set(
			err, CF_E_INPUT, "%s: '%s' must be a number from %g to 1", p->name, key, low);
	*ret = x;
	return CF_OK;
}

static int read_levels(
	const struct parsing *p, const json_t *in, struct link_field_model *field, struct cf_error *err)
{
	static const double least = 1e-300;
	const json_t *levels = json_object_get(in, "levels");
	size_t n = json_array_size(levels);
	if (n < 2 || n > LINK_MAX_LEVELS)
		return bad(p, err, "a field needs two to eight 'levels'");
	field->n_levels = (unsigned)n;
	double sum_m = 0;
	double sum_u = 0;
	for (size_t i = 0; i < n; i++) {
		const json_t *level = json_array_get(levels, i);
		TRY(read_share(p, level, "m", least, &field->m[i + 1], err));
		TRY(read_share(p, level, "u", least, &field->u[i + 1], err));
		sum_m += field->m[i + 1];
		sum_u += field->u[i + 1];
	}
	if (fabs(sum_m - 1) > 0.01 || fabs(sum_u - 1) > 0.01)
		return bad(p, err, "the m and the u of a field's levels must each add up to 1");
	return CF_OK;
}

static int find_role(const char *name)
{
	for (int r = 0; r <= LINK_ROLE_FULL; r++)
		if (name && strcmp(link_role_name((enum link_role)r), name) == 0)
			return r;
	return -1;
}

static int read_field(const struct parsing *p, const json_t *in, size_t f, struct cf_error *err)
{
	struct link_model_file *file = p->file;
	const char *name = json_string_value(json_object_get(in, "name"));
	const char *kind_name = json_string_value(json_object_get(in, "kind"));
	int role = find_role(json_string_value(json_object_get(in, "role")));
	int kind = kind_name ? link_kind_from_name(kind_name) : -1;
	if (!name || kind < 0 || role < 0)
		return bad(p, err, "a field needs a 'name', a 'kind' and a 'role'");
	for (size_t i = 0; i < f; i++)
		if (strcasecmp(file->names[i], name) == 0)
			return bad(p, err, "two fields have one name");
	file->names[f] = mem_strdup(name);
	if (!file->names[f])
		return error_memory(err);
	file->n_fields = f + 1;
	file->columns[f] = (struct link_stated_column){
		.name = file->names[f], .kind = (enum link_kind)kind, .role = (enum link_role)role};
	file->by_frequency[f] = json_is_true(json_object_get(in, "by_frequency"));
	TRY(read_share(p, in, "equal_by_chance", 0, &file->model.fields[f].equal_by_chance, err));
	return read_levels(p, in, &file->model.fields[f], err);
}

static int find_field(const struct link_model_file *f, const char *name)
{
	for (size_t i = 0; i < f->n_fields && name; i++)
		if (strcasecmp(f->names[i], name) == 0)
			return (int)i;
	return -1;
}

static int read_bits(const struct parsing *p, const json_t *rows, struct link_edge *e, struct cf_error *err)
{
	static const double most = 64;
	const struct link_model *m = &p->file->model;
	if (json_array_size(rows) != m->fields[e->a].n_levels)
		return bad(p, err, "a dependence needs a row of bits for each level");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		if (json_array_size(row) != m->fields[e->b].n_levels)
			return bad(p, err, "a dependence needs a number of bits for each level");
		for (size_t k = 0; k < json_array_size(row); k++) {
			double x = json_number_value(json_array_get(row, k));
			if (!json_is_number(json_array_get(row, k)) || fabs(x) > most)
				return bad(p, err, "bits of a dependence must be numbers of 64 or less");
			e->bits[i + 1][k + 1] = x;
		}
	}
	return CF_OK;
}

static int read_edge(const struct parsing *p, const json_t *in, struct cf_error *err)
{
	struct link_model *m = &p->file->model;
	int a = find_field(p->file, json_string_value(json_object_get(in, "a")));
	int b = find_field(p->file, json_string_value(json_object_get(in, "b")));
	if (a < 0 || b < 0 || a == b || m->n_edges + 1 >= LINK_MAX_FIELDS)
		return bad(p, err, "a dependence needs two fields 'a' and 'b', and they must make a tree");
	struct link_edge *e = &m->edges[m->n_edges];
	*e = (struct link_edge){.a = (uint8_t)a, .b = (uint8_t)b};
	TRY(read_bits(p, json_object_get(in, "bits"), e, err));
	m->n_edges++;
	return CF_OK;
}

static int read_root(const struct parsing *p, const json_t *root, struct cf_error *err)
{
	const char *format = json_string_value(json_object_get(root, "format"));
	const json_t *fields = json_object_get(root, "fields");
	const json_t *edges = json_object_get(root, "dependence");
	if (!format || strcmp(format, LINK_MODEL_FORMAT) != 0)
		return bad(p, err, "this is no link model: 'format' is not \"counterfoil link model\"");
	if (json_integer_value(json_object_get(root, "version")) != LINK_MODEL_VERSION)
		return bad(p, err, "this version of link models is not known");
	size_t n = json_array_size(fields);
	if (n < 1 || n > LINK_MAX_FIELDS)
		return bad(p, err, "a model needs one to sixteen 'fields'");
	TRY(read_share(p, root, "prior", 1e-18, &p->file->model.prior, err));
	p->file->model.prior = fmin(p->file->model.prior, 0.5);
	for (size_t f = 0; f < n; f++)
		TRY(read_field(p, json_array_get(fields, f), f, err));
	p->file->model.n_fields = n;
	for (size_t e = 0; e < json_array_size(edges); e++)
		TRY(read_edge(p, json_array_get(edges, e), err));
	return CF_OK;
}

int link_model_parse(
	const char *name, const char *data, size_t n, struct link_model_file **ret, struct cf_error *err)
{
	json_error_t where;
	CF_CLEANUP_LINK_MODEL struct link_model_file *file = NEW(struct link_model_file);
	if (!file)
		return error_memory(err);
	CF_CLEANUP(json_free) json_t *root = json_loadb(data, n, JSON_REJECT_DUPLICATES, &where);
	if (!root)
		return error_set_at(err, CF_E_INPUT, name, (uint64_t)(where.line > 0 ? where.line : 0),
			(uint64_t)(where.column > 0 ? where.column : 0), "this is no JSON");
	const struct parsing p = {.name = name, .file = file};
	TRY(read_root(&p, root, err));
	*ret = TAKE(file);
	return CF_OK;
}

int link_model_open(const char *path, struct link_model_file **ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer data = BUFFER_INIT;
	TRY(file_read(path, MAX_MODEL_BYTES, &data, err));
	return link_model_parse(path, buffer_text(&data), data.n, ret, err);
}

/* ---- bringing it to a table ---- */

int link_model_arrange(const struct link_model_file *f, const struct link_table *t,
	const struct link_settings *s, struct link_model *ret, struct cf_error *err)
{
	struct link_model m = {.n_fields = s->n_fields, .prior = f->model.prior};
	int to[LINK_MAX_FIELDS];
	for (size_t i = 0; i < f->n_fields; i++)
		to[i] = -1;
	for (size_t k = 0; k < s->n_fields; k++) {
		const struct link_column *column = &t->columns[s->fields[k].column];
		int from = find_field(f, column->name);
		if (from < 0)
			return error_set(
				err, CF_E_INPUT, "the model has no field for column '%.60s'", column->name);
		unsigned n_levels = link_n_levels(column->kind) + (s->fields[k].crosswise >= 0);
		if (column->kind != f->columns[from].kind || n_levels != f->model.fields[from].n_levels)
			return error_set(err, CF_E_INPUT,
				"the model compares column '%.60s' in another way: train it anew",
				column->name);
		m.fields[k] = f->model.fields[from];
		to[from] = (int)k;
	}
	for (size_t e = 0; e < f->model.n_edges; e++) {
		struct link_edge edge = f->model.edges[e];
		if (to[edge.a] < 0 || to[edge.b] < 0)
			continue;
		edge.a = (uint8_t)to[edge.a];
		edge.b = (uint8_t)to[edge.b];
		m.edges[m.n_edges++] = edge;
	}
	*ret = m;
	return CF_OK;
}
