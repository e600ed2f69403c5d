#include "work/link_explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows by name ---- */

static int row_by_number(const struct link_source *s, const char *name, size_t file, const char *digits,
	uint32_t *ret, struct cf_error *err)
{
	const struct link_table *t = s->table;
	char *end;
	unsigned long long row = strtoull(digits, &end, 10);
	if (!*digits || *end || row < 1 || row > t->first[file + 1] - t->first[file])
		return error_set(err, CF_E_NOT_FOUND, "there is no row '%.100s'", name);
	*ret = (uint32_t)(t->first[file] + row - 1);
	return CF_OK;
}

static int row_by_id(const struct link_source *s, const char *name, uint32_t *ret, struct cf_error *err)
{
	uint32_t code = link_dictionary_find(&s->ids, name, strlen(name));
	size_t n = 0;
	for (size_t row = 0; code && row < s->table->n_rows; row++)
		if (s->id_codes[row] == code) {
			*ret = (uint32_t)row;
			n++;
		}
	if (n > 1)
		return error_set(err, CF_E_INPUT, "%zu rows have the id '%.100s'; say FILE:ROW", n, name);
	return n == 1 ? 1 : 0;
}

int link_find_row(const struct link_source *s, const char *name, uint32_t *ret, struct cf_error *err)
{
	if (s->id_codes) {
		int found = row_by_id(s, name, ret, err);
		if (found)
			return found < 0 ? found : CF_OK;
	}
	const char *colon = strrchr(name, ':');
	size_t n = colon ? (size_t)(colon - name) : 0;
	for (size_t f = 0; f < s->table->n_files && colon; f++)
		if (strlen(s->file_names[f]) == n && memcmp(s->file_names[f], name, n) == 0)
			return row_by_number(s, name, f, colon + 1, ret, err);
	if (s->table->n_files == 1 && !colon && name[0] >= '0' && name[0] <= '9')
		return row_by_number(s, name, 0, name, ret, err);
	return error_set(err, CF_E_NOT_FOUND,
		"there is no row '%.100s'; name it by FILE:ROW, by its number in a single file, or by the "
		"value of "
		"the column that --id names",
		name);
}

/* ---- the steps ---- */

static void add_step(struct link_explanation *e, struct link_step step)
{
	e->weight += step.weight;
	step.sum = e->weight;
	e->steps[e->n++] = step;
}

static const char *field_name(
	const struct link_source *source, const struct link_suggestion *suggestion, size_t field)
{
	return source->table->columns[suggestion->settings.fields[field].column].name;
}

void link_explain(const struct link_source *source, const struct link_suggestion *suggestion,
	const struct link_result *r, uint32_t left, uint32_t right, struct link_explanation *ret)
{
	struct link_field_score scores[LINK_MAX_FIELDS];
	*ret = (struct link_explanation){.left = left, .right = right};
	link_score_fields(r->scorer, 0, left, right, scores);
	add_step(ret, (struct link_step){
			      .level = "two rows taken at random", .weight = link_scorer_prior(r->scorer)});
	for (size_t f = 0; f < r->model.n_fields; f++)
		add_step(ret, (struct link_step){.field = field_name(source, suggestion, f),
				      .level = link_comparer_level_name(r->comparer, f, scores[f].level),
				      .weight = scores[f].weight + scores[f].by_frequency,
				      .by_frequency = scores[f].by_frequency});
	for (size_t i = 0; i < r->model.n_edges; i++) {
		const struct link_edge *edge = &r->model.edges[i];
		double bits = edge->bits[scores[edge->a].level][scores[edge->b].level];
		if (fabs(bits) > 0.005)
			add_step(ret, (struct link_step){.field = field_name(source, suggestion, edge->a),
					      .other = field_name(source, suggestion, edge->b),
					      .level = "often go together",
					      .weight = -bits});
	}
	ret->probability = link_probability(ret->weight);
}

/* ---- showing them ---- */

static void row_json(struct json *j, const struct link_source *s, const char *key, uint32_t row)
{
	size_t file = link_table_file_of(s->table, row);
	json_key(j, key);
	json_begin_object(j);
	json_key_text(j, "file", s->file_names[file]);
	json_key_unsigned(j, "row", row - s->table->first[file] + 1);
	json_end(j);
}

void link_explanation_json(struct json *j, const struct link_source *s, const struct link_explanation *e)
{
	json_begin_object(j);
	row_json(j, s, "left", e->left);
	row_json(j, s, "right", e->right);
	json_key(j, "steps");
	json_begin_array(j);
	for (size_t i = 0; i < e->n; i++) {
		const struct link_step *step = &e->steps[i];
		json_begin_object(j);
		json_key_text(j, "field", step->field);
		if (step->other)
			json_key_text(j, "with", step->other);
		json_key_text(j, "level", step->level);
		json_key_number(j, "weight", step->weight);
		json_key_number(j, "by_frequency", step->by_frequency);
		json_key_number(j, "sum", step->sum);
		json_end(j);
	}
	json_end(j);
	json_key_number(j, "weight", e->weight);
	json_key_number(j, "probability", e->probability);
	json_end(j);
}

int link_explanation_text(const struct link_source *s, const struct link_explanation *e, struct buffer *out)
{
	(void)s;
	for (size_t i = 0; i < e->n; i++) {
		const struct link_step *step = &e->steps[i];
		TRY(buffer_printf(out, "%+8.2f  %8.2f  %s%s%s%s%s", step->weight, step->sum,
			step->field ? step->field : "", step->other ? " and " : "",
			step->other ? step->other : "", step->field ? ": " : "", step->level));
		if (fabs(step->by_frequency) >= 0.005)
			TRY(buffer_printf(out, " (%+.2f for how often the value comes)", step->by_frequency));
		TRY(buffer_append_char(out, '\n'));
	}
	return buffer_printf(out, "%+8.2f  in all: probability %.6f that they are one person\n", e->weight,
		e->probability);
}

enum { LINE = 22 };

/* Percent of the way from low to high. */
static double at(double x, double low, double high)
{
	return 40 + 58 * (x - low) / (high - low);
}

void link_explanation_svg(struct markup *m, const struct link_explanation *e)
{
	double low = 0;
	double high = 0;
	for (size_t i = 0; i < e->n; i++) {
		low = fmin(low, e->steps[i].sum);
		high = fmax(high, e->steps[i].sum);
	}
	high = high > low ? high : low + 1;
	markup_format(m, "<svg role=\"img\" width=\"100%%\" height=\"%zu\"><title>Weight by field</title>\n",
		e->n * LINE + 4);
	double before = 0;
	for (size_t i = 0; i < e->n; i++) {
		const struct link_step *step = &e->steps[i];
		double from = at(fmin(before, step->sum), low, high);
		double to = at(fmax(before, step->sum), low, high);
		size_t y = i * LINE;
		markup_format(m, "<text class=\"tick\" x=\"0\" y=\"%zu\">", y + 15);
		markup_text(m, step->field ? step->field : "");
		markup_raw(m, step->other ? ", " : "");
		markup_text(m, step->other ? step->other : "");
		markup_raw(m, step->field ? ": " : "");
		markup_text(m, step->level);
		markup_format(m,
			"</text><rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%zu\" "
			"height=\"14\"><title>%+.2f"
			"</title></rect>\n",
			step->weight < 0 ? "against" : "bar", from, fmax(to - from, 0.2), y + 4,
			step->weight);
		before = step->sum;
	}
	markup_format(m, "<line class=\"axis\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%zu\"/></svg>\n",
		at(0, low, high), at(0, low, high), e->n * LINE);
}
