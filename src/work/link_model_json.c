/*
 * Writing models. Apart from reading them, since the library that reads JSON has names in common with our
 * writer.
 */
#include <math.h>

#include "base/json.h"
#include "work/link_model.h"

static void write_field(struct json *j, const struct link_table *t, const struct link_settings *s,
	const struct link_comparer *c, const struct link_model *model, size_t f)
{
	const struct link_column *column = &t->columns[s->fields[f].column];
	const struct link_field_model *field = &model->fields[f];
	json_begin_object(j);
	json_key_text(j, "name", column->name);
	json_key_text(j, "kind", link_kind_name(column->kind));
	json_key_text(j, "role", link_role_name(column->role));
	json_key_boolean(j, "by_frequency", s->fields[f].by_frequency);
	json_key_number(j, "equal_by_chance", field->equal_by_chance);
	json_key_number(j, "matches_trained_on", field->n_trained);
	json_key(j, "levels");
	json_begin_array(j);
	for (unsigned level = 1; level <= field->n_levels; level++) {
		json_begin_object(j);
		json_key_text(j, "level", link_comparer_level_name(c, f, level));
		json_key_number(j, "m", field->m[level]);
		json_key_number(j, "u", field->u[level]);
		json_key_number(j, "weight", log2(field->m[level] / field->u[level]));
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void write_edge(struct json *j, const struct link_table *t, const struct link_settings *s,
	const struct link_model *model, const struct link_edge *e)
{
	json_begin_object(j);
	json_key_text(j, "a", t->columns[s->fields[e->a].column].name);
	json_key_text(j, "b", t->columns[s->fields[e->b].column].name);
	json_key(j, "bits");
	json_begin_array(j);
	for (unsigned i = 1; i <= model->fields[e->a].n_levels; i++) {
		json_begin_array(j);
		for (unsigned k = 1; k <= model->fields[e->b].n_levels; k++)
			json_number(j, e->bits[i][k]);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

int link_model_write(const struct link_table *t, const struct link_settings *s, const struct link_comparer *c,
	const struct link_model *model, struct buffer *out)
{
	struct json j;
	json_init(&j, out, true);
	json_begin_object(&j);
	json_key_text(&j, "format", LINK_MODEL_FORMAT);
	json_key_integer(&j, "version", LINK_MODEL_VERSION);
	json_key_number(&j, "prior", model->prior);
	json_key_unsigned(&j, "iterations", model->n_iterations);
	json_key_boolean(&j, "converged", model->converged);
	json_key(&j, "fields");
	json_begin_array(&j);
	for (size_t f = 0; f < model->n_fields; f++)
		write_field(&j, t, s, c, model, f);
	json_end(&j);
	json_key(&j, "dependence");
	json_begin_array(&j);
	for (size_t e = 0; e < model->n_edges; e++)
		write_edge(&j, t, s, model, &model->edges[e]);
	json_end(&j);
	json_end(&j);
	return json_finish(&j);
}
