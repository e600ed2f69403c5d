/*
 * What a linkage did, as JSON and as text.
 */
#include <math.h>

#include "work/link.h"

enum { N_LOOSEST = 20 };

const char *link_use_name(enum link_use use)
{
	switch (use) {
	case LINK_USED:
		return "compared";
	case LINK_LEFT_EMPTY:
		return "left out: too few values to compare";
	case LINK_LEFT_CONSTANT:
		return "left out: one value only";
	case LINK_LEFT_UNIQUE:
		return "left out: it numbers rows";
	case LINK_LEFT_COMPOSED:
		return "left out: made of other columns' words";
	case LINK_LEFT_NOT_STATED:
		return "left out: the settings do not name it";
	case LINK_LEFT_TOO_MANY:
		return "left out: others tell persons apart better";
	}
	return "";
}

static double finite_or_zero(double x)
{
	return isfinite(x) ? x : 0;
}

static void json_columns(struct json *j, const struct work_link_answer *a)
{
	const struct link_table *t = a->source.table;
	json_key(j, "columns");
	json_begin_array(j);
	for (size_t c = 0; c < t->n_columns; c++) {
		const struct link_column_profile *p = &a->suggestion.columns[c];
		json_begin_object(j);
		json_key_text(j, "name", t->columns[c].name);
		json_key_text(j, "kind", link_kind_name(t->columns[c].kind));
		json_key_text(j, "meaning", a->source.columns[c].meaning);
		json_key_number(j, "completeness", p->completeness);
		json_key_unsigned(j, "distinct", p->n_distinct);
		json_key_number(j, "equal_by_chance", p->equal_by_chance);
		json_key_text(j, "use", link_use_name(p->use));
		json_end(j);
	}
	json_end(j);
}

static void json_rules(struct json *j, const struct work_link_answer *a)
{
	const struct link_settings *s = &a->suggestion.settings;
	json_key(j, "rules");
	json_begin_array(j);
	for (size_t r = 0; r < s->n_rules && !s->all_pairs; r++) {
		CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
		if (link_rule_format(a->source.table, &s->rules[r], &name) < 0)
			j->status = CF_E_MEMORY;
		json_begin_object(j);
		json_key_text(j, "rule", buffer_text(&name));
		json_key_number(j, "pairs", round(s->rules[r].n_predicted));
		json_key_unsigned(j, "largest_block", s->rules[r].largest);
		json_end(j);
	}
	json_end(j);
}

static void json_model(struct json *j, const struct work_link_answer *a)
{
	const struct link_model *m = &a->result->model;
	json_key(j, "model");
	json_begin_object(j);
	json_key_number(j, "prior", m->prior);
	json_key_text(j, "trained_from", m->labelled ? "labels" : "all pairs");
	json_key_unsigned(j, "iterations", m->n_iterations);
	json_key_boolean(j, "converged", m->converged);
	json_key(j, "fields");
	json_begin_array(j);
	for (size_t f = 0; f < m->n_fields; f++) {
		size_t column = a->suggestion.settings.fields[f].column;
		json_begin_object(j);
		json_key_text(j, "name", a->source.table->columns[column].name);
		json_key_number(j, "matches_trained_on", m->fields[f].n_trained);
		json_key(j, "levels");
		json_begin_array(j);
		for (unsigned level = 1; level <= m->fields[f].n_levels; level++) {
			json_begin_object(j);
			json_key_text(j, "level", link_comparer_level_name(a->result->comparer, f, level));
			json_key_number(j, "m", m->fields[f].m[level]);
			json_key_number(j, "u", m->fields[f].u[level]);
			json_key_number(j, "weight", log2(m->fields[f].m[level] / m->fields[f].u[level]));
			json_end(j);
		}
		json_end(j);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void json_dependence(struct json *j, const struct work_link_answer *a)
{
	const struct link_model *m = &a->result->model;
	const struct link_settings *s = &a->suggestion.settings;
	json_key(j, "dependence");
	json_begin_array(j);
	for (size_t e = 0; e < m->n_edges; e++) {
		const struct link_edge *edge = &m->edges[e];
		json_begin_object(j);
		json_key_text(j, "a", a->source.table->columns[s->fields[edge->a].column].name);
		json_key_text(j, "b", a->source.table->columns[s->fields[edge->b].column].name);
		json_key_number(j, "equal_together_times_chance",
			exp2(edge->bits[LINK_LEVEL_EQUAL][LINK_LEVEL_EQUAL]));
		json_end(j);
	}
	json_end(j);
}

static void json_quality(struct json *j, const struct link_quality *q)
{
	json_begin_object(j);
	json_key_number(j, "probability", q->probability);
	json_key_number(j, "pairs", q->n_pairs);
	json_key_number(j, "expected_precision", q->precision);
	json_key_number(j, "expected_recall", q->recall);
	json_key_number(j, "expected_f1", q->f1);
	json_end(j);
}

static void json_linked(struct json *j, const struct link_linked *l)
{
	json_begin_object(j);
	json_key_number(j, "precision_low", l->precision_low);
	json_key_number(j, "precision_high", l->precision_high);
	json_key_number(j, "recall_low", l->recall_low);
	json_key_number(j, "recall", l->recall);
	json_key_number(j, "recall_high", l->recall_high);
	json_key_number(j, "true_pairs_low", l->n_all_low);
	json_key_number(j, "true_pairs_high", l->n_all_high);
	json_key_number(j, "refused_by_one_a_file", l->n_refused);
	json_end(j);
}

static void json_threshold(struct json *j, const struct work_link_answer *a)
{
	const struct link_result *r = a->result;
	json_key(j, "threshold");
	json_begin_object(j);
	json_key_number(j, "weight", finite_or_zero(r->weight));
	json_key_number(j, "probability", link_probability(r->weight));
	json_key_boolean(j, "stated", a->suggestion.settings.threshold > 0);
	json_key_number(j, "expected_matches", r->threshold.n_expected);
	json_key(j, "expected_by_rules_that_found_them");
	json_begin_array(j);
	for (size_t i = 0; i < 3; i++)
		json_number(j, r->scored.found[i]);
	json_end(j);
	json_key(j, "chosen");
	json_quality(j, &r->threshold.chosen);
	json_key(j, "by_probability");
	json_begin_array(j);
	for (size_t i = 0; i < LINK_N_QUALITIES; i += 5)
		json_quality(j, &r->threshold.by_probability[i]);
	json_end(j);
	json_end(j);
}

void work_link_json(struct json *j, const struct work_link_answer *a)
{
	const struct link_table *t = a->source.table;
	const struct link_settings *s = &a->suggestion.settings;
	json_key_unsigned(j, "rows", t->n_rows);
	json_key(j, "files");
	json_begin_array(j);
	for (size_t f = 0; f < t->n_files; f++) {
		json_begin_object(j);
		json_key_text(j, "name", a->source.file_names[f]);
		json_key_unsigned(j, "rows", t->first[f + 1] - t->first[f]);
		json_end(j);
	}
	json_end(j);
	json_columns(j, a);
	json_key(j, "pairs_possible");
	json_number(j, link_table_n_pairs(t, s->across, s->within));
	json_key_boolean(j, "all_pairs", s->all_pairs);
	json_key_number(j, "pairs_predicted", round(s->n_pairs));
	json_key_number(j, "pairs_compared", a->result->n_compared);
	json_key_number(j, "coverage_reckoned", a->suggestion.coverage);
	json_rules(j, a);
	json_model(j, a);
	json_dependence(j, a);
	json_threshold(j, a);
	json_key(j, "clusters");
	json_begin_object(j);
	json_key_unsigned(j, "persons", a->result->clusters.n);
	json_key_unsigned(j, "rows_joined", a->result->clusters.n_joined);
	json_key_unsigned(j, "pairs", a->result->clusters.n_pairs);
	json_key_unsigned(j, "largest", a->result->clusters.largest);
	json_key_unsigned(j, "of_three_or_more", a->quality.n);
	json_key_number(j, "mean_density", a->quality.mean_density);
	json_key_unsigned(j, "bridged", a->quality.n_bridged);
	json_key(j, "expected");
	json_linked(j, &a->result->linked);
	json_key(j, "loosest");
	json_begin_array(j);
	for (size_t i = 0; i < a->quality.n && i < N_LOOSEST; i++) {
		const struct link_cluster_quality *q = &a->quality.worst[i];
		json_begin_object(j);
		json_key_unsigned(j, "cluster", q->cluster);
		json_key_unsigned(j, "rows", q->size);
		json_key_number(j, "density", q->density);
		json_key_unsigned(j, "bridges", q->n_bridges);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

int work_link_text(const struct work_link_answer *a, struct buffer *out)
{
	const struct link_table *t = a->source.table;
	const struct link_settings *s = &a->suggestion.settings;
	const struct link_result *r = a->result;
	for (size_t c = 0; c < t->n_columns; c++)
		TRY(buffer_printf(out, "  %-24s %-7s %3.0f %% filled, %u values: %s\n", t->columns[c].name,
			link_kind_name(t->columns[c].kind), 100 * a->suggestion.columns[c].completeness,
			a->suggestion.columns[c].n_distinct, link_use_name(a->suggestion.columns[c].use)));
	if (s->all_pairs)
		TRY(buffer_append_text(out, "every pair of rows was compared\n"));
	else
		TRY(buffer_printf(out, "pairs that agree in one of %zu rules were compared:\n", s->n_rules));
	for (size_t i = 0; i < s->n_rules && !s->all_pairs; i++) {
		TRY(buffer_append_text(out, "  "));
		TRY(link_rule_format(t, &s->rules[i], out));
		TRY(buffer_printf(out, ": %.0f pairs\n", s->rules[i].n_predicted));
	}
	TRY(buffer_printf(out, "%.0f pairs compared\n", r->n_compared));
	const struct link_linked *l = &r->linked;
	TRY(buffer_printf(out,
		"linked from probability %.3f (weight %.2f): expected precision %.3f to %.3f, recall %.3f to "
		"%.3f\n",
		link_probability(r->weight), r->weight, l->precision_low, l->precision_high, l->recall_low,
		l->recall_high));
	if (l->n_refused >= 0.01 * l->n_pairs && l->n_refused > 0)
		TRY(buffer_printf(out,
			"%.0f pairs weigh enough, but would give a person two rows of one file; if files may "
			"hold a "
			"person twice, link with --dedupe\n",
			l->n_refused));
	return buffer_printf(out, "%zu rows are %zu persons; %zu rows are joined in %zu pairs\n", t->n_rows,
		r->clusters.n, r->clusters.n_joined, r->clusters.n_pairs);
}
