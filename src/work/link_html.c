#include "work/link_html.h"

#include <math.h>

#include "link/quality.h"
#include "work/link_explain.h"
#include "work/report/markup.h"
#include "work/report/sections.h"

enum { BINS = 40, N_EXPLAINED = 12, N_WORST = 15 };

static void head(struct markup *m)
{
	markup_raw(m, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; "
		      "style-src "
		      "&#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\"/>\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
		      "<title>Linkage report</title>\n<style>\n");
	markup_raw(m, report_style);
	markup_raw(m, ".against { fill: var(--fragile); }\n"
		      ".curve { fill: none; stroke: var(--accent); stroke-width: 2; }\n"
		      ".curve.second { stroke: var(--fragile); }\n</style>\n</head>\n<body>\n"
		      "<header class=\"masthead\">\n<p class=\"kind\">Counterfoil <span "
		      "aria-hidden=\"true\">\xC2\xB7</span> report of a linkage</p>\n<h1>Who is the same "
		      "person</h1>\n</header>\n<main class=\"layout\" style=\"display: block\">\n");
}

static void fact(struct markup *m, const char *term, double value)
{
	markup_format(m, "<div><dt>%s</dt><dd>", term);
	markup_count(m, (uint64_t)llround(value));
	markup_raw(m, "</dd></div>\n");
}

static void summary(struct markup *m, const struct work_link_answer *a)
{
	const struct link_result *r = a->result;
	const struct link_linked *l = &r->linked;
	markup_raw(m, "<section id=\"result\"><h2>Result</h2>\n<dl class=\"facts\">\n");
	fact(m, "Files", (double)a->source.table->n_files);
	fact(m, "Rows", (double)a->source.table->n_rows);
	fact(m, "Persons", (double)r->clusters.n);
	fact(m, "Rows joined with others", (double)r->clusters.n_joined);
	fact(m, "Pairs joined", (double)r->clusters.n_pairs);
	fact(m, "Largest cluster", (double)r->clusters.largest);
	fact(m, "Pairs compared", r->n_compared);
	markup_format(m,
		"</dl>\n<p>Pairs are joined from probability %.3f (weight %.2f). If the model is right, "
		"%.1f to %.1f %% of the pairs joined are true, and of all true pairs, also those that "
		"nothing "
		"points to, %.1f to %.1f %% are found.</p>\n",
		link_probability(r->weight), r->weight, 100 * l->precision_low, 100 * l->precision_high,
		100 * l->recall_low, 100 * l->recall_high);
	if (l->n_refused > 0)
		markup_format(m,
			"<p>%.0f pairs weigh enough, but would give a person two rows of one file, and were "
			"left "
			"apart.</p>\n",
			l->n_refused);
	markup_raw(m, "</section>\n");
}

/* A heading that begins with '>' stands over numbers; an empty one over bars. */
static void begin_table(struct markup *m, const char *caption, const char *const *columns)
{
	markup_format(m,
		"<div class=\"scroll\" role=\"group\" aria-label=\"%s\" tabindex=\"0\">"
		"<table><caption>%s</caption>\n<thead><tr>",
		caption, caption);
	for (; *columns; columns++) {
		const bool number = **columns == '>';
		if (!**columns)
			markup_raw(m, "<td></td>");
		else
			markup_format(m, "<th scope=\"col\"%s>%s</th>", number ? " class=\"number\"" : "",
				*columns + number);
	}
	markup_raw(m, "</tr></thead>\n<tbody>\n");
}

static void end_table(struct markup *m)
{
	markup_raw(m, "</tbody></table></div>\n");
}

static void columns(struct markup *m, const struct work_link_answer *a)
{
	static const char *const heads[] = {
		"Column", "Kind", ">Filled", ">Distinct values", ">Equal by chance", "Use", NULL};
	const struct link_table *t = a->source.table;
	markup_raw(m, "<section id=\"columns\"><h2>Columns</h2>\n");
	begin_table(m, "What the files have", heads);
	for (size_t c = 0; c < t->n_columns; c++) {
		const struct link_column_profile *p = &a->suggestion.columns[c];
		markup_raw(m, "<tr><th scope=\"row\">");
		markup_name(m, t->columns[c].name);
		markup_format(m,
			"</th><td>%s</td><td class=\"number\">%.1f %%</td><td class=\"number\">%u</td><td "
			"class=\"number\">%.2g</td><td>%s</td></tr>\n",
			link_kind_name(t->columns[c].kind), 100 * p->completeness, p->n_distinct,
			p->equal_by_chance, link_use_name(p->use));
	}
	end_table(m);
	markup_raw(m, "</section>\n");
}

static void rules(struct markup *m, const struct work_link_answer *a)
{
	static const char *const heads[] = {"Rows agree in", ">Pairs", ">Largest block", NULL};
	const struct link_settings *s = &a->suggestion.settings;
	markup_raw(m, "<section id=\"pairs\"><h2>Pairs looked at</h2>\n");
	if (s->all_pairs)
		markup_raw(m, "<p>Every pair was compared.</p>\n");
	else
		begin_table(m, "Rules; a pair that several find is compared once", heads);
	for (size_t i = 0; i < s->n_rules && !s->all_pairs; i++) {
		CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
		if (link_rule_format(a->source.table, &s->rules[i], &name) < 0)
			m->status = CF_E_MEMORY;
		markup_raw(m, "<tr><th scope=\"row\">");
		markup_name(m, buffer_text(&name));
		markup_format(m, "</th><td class=\"number\">%.0f</td><td class=\"number\">%llu</td></tr>\n",
			s->rules[i].n_predicted, (unsigned long long)s->rules[i].largest);
	}
	if (!s->all_pairs)
		end_table(m);
	markup_raw(m, "</section>\n");
}

/* A bar from the middle: to the right for, to the left against. */
static void weight_bar(struct markup *m, double weight)
{
	double half = fmin(fabs(weight), 25) * 2;
	markup_format(m,
		"<svg width=\"100%%\" height=\"14\" style=\"min-width: 8rem\" aria-hidden=\"true\"><rect "
		"class=\"%s\" "
		"x=\"%.2f%%\" width=\"%.2f%%\" y=\"1\" height=\"12\"/><line class=\"axis\" x1=\"50%%\" "
		"x2=\"50%%\" "
		"y1=\"0\" "
		"y2=\"14\"/></svg>",
		weight < 0 ? "against" : "bar", weight < 0 ? 50 - half : 50, half);
}

static void model(struct markup *m, const struct work_link_answer *a)
{
	static const char *const heads[] = {"Level", ">m", ">u", ">Weight", "", NULL};
	const struct link_model *model = &a->result->model;
	markup_raw(m,
		"<section id=\"model\"><h2>What agreement is worth</h2>\n<p>m: how often a pair that is one "
		"person shows a level; u: how often a pair that is not. The weight is log2 of m / u.</p>\n");
	for (size_t f = 0; f < model->n_fields; f++) {
		const struct link_field_model *field = &model->fields[f];
		markup_raw(m, "<h3>");
		markup_name(m, a->source.table->columns[a->suggestion.settings.fields[f].column].name);
		markup_raw(m, "</h3>\n");
		begin_table(m, "Levels", heads);
		for (unsigned level = 1; level <= field->n_levels; level++) {
			double weight = log2(field->m[level] / field->u[level]);
			markup_format(m,
				"<tr><th scope=\"row\">%s</th><td class=\"number\">%.4f</td><td "
				"class=\"number\">%.2g</td><td "
				"class=\"number\">%+.2f</td><td>",
				link_comparer_level_name(a->result->comparer, f, level), field->m[level],
				field->u[level], weight);
			weight_bar(m, weight);
			markup_raw(m, "</td></tr>\n");
		}
		end_table(m);
	}
}

static void dependence(struct markup *m, const struct work_link_answer *a)
{
	static const char *const heads[] = {"Column", "Column", ">Equal together, times chance", NULL};
	const struct link_model *model = &a->result->model;
	const struct link_settings *s = &a->suggestion.settings;
	markup_raw(m, "<h3>Columns that depend on each other</h3>\n");
	if (!model->n_edges) {
		markup_raw(m, "<p>None was found.</p>\n</section>\n");
		return;
	}
	begin_table(m, "Among different persons; the weights allow for it", heads);
	for (size_t e = 0; e < model->n_edges; e++) {
		const struct link_edge *edge = &model->edges[e];
		markup_raw(m, "<tr><th scope=\"row\">");
		markup_name(m, a->source.table->columns[s->fields[edge->a].column].name);
		markup_raw(m, "</th><td>");
		markup_name(m, a->source.table->columns[s->fields[edge->b].column].name);
		markup_format(m, "</td><td class=\"number\">%.2f</td></tr>\n",
			exp2(edge->bits[LINK_LEVEL_EQUAL][LINK_LEVEL_EQUAL]));
	}
	end_table(m);
	markup_raw(m, "</section>\n");
}

/* Weights of the pairs kept, in bins of one bit; the height is the logarithm of the count. */
static int fill_bins(const struct link_scored *scored, size_t bins[BINS], struct cf_error *err)
{
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(scored);
	const struct link_scored_pair *pair;
	int got;
	while ((got = link_cursor_next(&cursor, &pair, err)) > 0) {
		double x = floor(fmin(fmax(pair->weight + 6, 0), BINS - 1));
		bins[(size_t)x]++;
	}
	return got;
}

static int histogram(struct markup *m, const struct work_link_answer *a, struct cf_error *err)
{
	const struct link_result *r = a->result;
	size_t bins[BINS] = {0};
	double most = 1;
	TRY(fill_bins(&r->scored, bins, err));
	for (size_t i = 0; i < BINS; i++)
		most = fmax(most, log10(1 + (double)bins[i]));
	markup_raw(m, "<section id=\"weights\"><h2>Weights of the pairs</h2>\n<figure><svg role=\"img\" "
		      "width=\"100%\" height=\"150\"><title>How many pairs have which weight</title>\n");
	for (size_t i = 0; i < BINS; i++) {
		double height = 120 * log10(1 + (double)bins[i]) / most;
		markup_format(m,
			"<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" "
			"height=\"%.1f\"><title>weight "
			"%+.0f: "
			"%zu pairs</title></rect>\n",
			(double)i - 6 < r->weight ? "against" : "bar", 100.0 * (double)i / BINS, 90.0 / BINS,
			125 - height, height, (double)i - 6, bins[i]);
		if (i % 5 == 1)
			markup_format(m, "<text class=\"tick\" x=\"%.2f%%\" y=\"143\">%+.0f</text>\n",
				100.0 * (double)i / BINS, (double)i - 6);
	}
	markup_raw(m,
		"</svg><figcaption>Bits, from what was kept; pairs under the threshold in the other colour; "
		"heights are logarithms.</figcaption></figure>\n");
	return CF_OK;
}

static void curve(struct markup *m, const struct link_threshold *t, bool recall)
{
	markup_format(m, "<polyline class=\"curve%s\" points=\"", recall ? " second" : "");
	for (size_t i = 2; i < LINK_N_QUALITIES; i++) {
		double y = recall ? t->by_probability[i].recall : t->by_probability[i].precision;
		markup_format(m, "%.1f,%.1f ", 6.0 * (double)i, 10 + 180 * (1 - y));
	}
	markup_raw(m, "\"/>\n");
}

static void thresholds(struct markup *m, const struct work_link_answer *a)
{
	static const char *const heads[] = {">From probability", ">Pairs", ">Expected precision",
		">Expected recall", ">Expected F1", NULL};
	const struct link_threshold *t = &a->result->threshold;
	markup_raw(m,
		"<figure><svg role=\"img\" viewBox=\"0 0 600 200\" style=\"max-width: 40rem; width: 100%\">"
		"<title>Expected precision and recall by threshold</title>\n");
	curve(m, t, false);
	curve(m, t, true);
	markup_raw(m,
		"<line class=\"axis\" x1=\"0\" x2=\"600\" y1=\"190\" y2=\"190\"/></svg><figcaption>Expected "
		"precision and, in the other colour, recall, by the probability from which pairs are "
		"joined (0 to 1).</figcaption></figure>\n");
	begin_table(m, "Thresholds", heads);
	static const size_t shown[] = {5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99};
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		const struct link_quality *q = &t->by_probability[shown[i]];
		markup_format(m,
			"<tr><th scope=\"row\" class=\"number\">%.2f</th><td class=\"number\">%.0f</td><td "
			"class=\"number\">%.4f</td><td class=\"number\">%.4f</td><td "
			"class=\"number\">%.4f</td></tr>\n",
			q->probability, q->n_pairs, q->precision, q->recall, q->f1);
	}
	end_table(m);
	markup_raw(m, "</section>\n");
}

static int components(struct markup *m, const struct work_link_answer *a, struct cf_error *err)
{
	static const char *const heads[] = {
		">From probability", ">Persons", ">Rows joined", ">Pairs", ">Largest cluster", NULL};
	static const double at[] = {0.1, 0.5, 0.9, 0.99, 0.999};
	begin_table(m, "Connected components at several thresholds", heads);
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		const struct link_cluster_options o = {
			.method = LINK_COMPONENTS, .weight = link_log2_odds(at[i])};
		CF_CLEANUP(link_clusters_done) struct link_clusters c = {0};
		TRY(link_cluster(a->source.table, &a->result->scored, a->result->scorer, &o, &c, err));
		markup_format(m,
			"<tr><th scope=\"row\" class=\"number\">%.3f</th><td class=\"number\">%zu</td><td "
			"class=\"number\">%zu</td><td class=\"number\">%zu</td><td "
			"class=\"number\">%zu</td></tr>\n",
			at[i], c.n, c.n_joined, c.n_pairs, c.largest);
	}
	end_table(m);
	return CF_OK;
}

static int clusters(struct markup *m, const struct work_link_answer *a, struct cf_error *err)
{
	static const char *const heads[] = {
		">Cluster", ">Rows", ">Pairs over the threshold", ">Density", ">Bridges", NULL};
	const struct link_qualities *q = &a->quality;
	markup_raw(m, "<section id=\"clusters\"><h2>Clusters</h2>\n");
	TRY(components(m, a, err));
	markup_format(m,
		"<p>%zu clusters have three rows or more; on average %.1f %% of their pairs weigh enough on "
		"their "
		"own. %zu of them hang on a bridge between parts of two rows or more.</p>\n",
		q->n, 100 * q->mean_density, q->n_bridged);
	if (q->n)
		begin_table(m, "The loosest clusters", heads);
	for (size_t i = 0; i < q->n && i < N_WORST; i++)
		markup_format(m,
			"<tr><th scope=\"row\" class=\"number\">%u</th><td class=\"number\">%u</td><td "
			"class=\"number\">%llu</td><td class=\"number\">%.2f</td><td "
			"class=\"number\">%u</td></tr>\n",
			q->worst[i].cluster, q->worst[i].size, (unsigned long long)q->worst[i].n_pairs,
			q->worst[i].density, q->worst[i].n_bridges);
	if (q->n)
		end_table(m);
	markup_raw(m, "</section>\n");
	return CF_OK;
}

static void row_name(struct markup *m, const struct link_source *s, uint32_t row)
{
	size_t file = link_table_file_of(s->table, row);
	markup_name(m, s->file_names[file]);
	markup_format(m, " row %zu", row - s->table->first[file] + 1);
}

/* Pairs nearest to the threshold, spread over both sides of it. */
static int find_nearest(const struct link_result *r, struct link_scored_pair nearest[N_EXPLAINED],
	size_t *ret_n, struct cf_error *err)
{
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(&r->scored);
	const struct link_scored_pair *pair;
	size_t n = 0;
	int got;
	while ((got = link_cursor_next(&cursor, &pair, err)) > 0) {
		double apart = fabs(pair->weight - r->weight);
		size_t at = n;
		while (at > 0 && fabs(nearest[at - 1].weight - r->weight) > apart)
			at--;
		if (at == N_EXPLAINED)
			continue;
		n += n < N_EXPLAINED;
		for (size_t k = n - 1; k > at; k--)
			nearest[k] = nearest[k - 1];
		nearest[at] = *pair;
	}
	*ret_n = n;
	return got;
}

static int explained(struct markup *m, const struct work_link_answer *a, struct cf_error *err)
{
	struct link_scored_pair nearest[N_EXPLAINED];
	size_t n;
	TRY(find_nearest(a->result, nearest, &n, err));
	markup_raw(m, "<section id=\"explained\"><h2>The least certain pairs</h2>\n<p>Each bar is what a "
		      "field adds to "
		      "the weight or takes from it, starting at 0.</p>\n");
	for (size_t i = 0; i < n; i++) {
		const struct link_scored_pair *p = &nearest[i];
		struct link_explanation e;
		link_explain(&a->source, &a->suggestion, a->result, p->left, p->right, &e);
		markup_raw(m, "<figure>");
		link_explanation_svg(m, &e);
		markup_raw(m, "<figcaption>");
		row_name(m, &a->source, p->left);
		markup_raw(m, " and ");
		row_name(m, &a->source, p->right);
		markup_format(m, ": weight %.2f, probability %.3f</figcaption></figure>\n", e.weight,
			e.probability);
	}
	markup_raw(m, "</section>\n");
	return CF_OK;
}

int link_html(const struct work_link_answer *a, struct buffer *out, struct cf_error *err)
{
	struct markup m = {.out = out};
	head(&m);
	summary(&m, a);
	columns(&m, a);
	rules(&m, a);
	model(&m, a);
	dependence(&m, a);
	TRY(histogram(&m, a, err));
	thresholds(&m, a);
	TRY(clusters(&m, a, err));
	TRY(explained(&m, a, err));
	markup_raw(&m,
		"</main>\n<footer><p>Made by Counterfoil. This page fetches nothing and holds no cell of the "
		"files.</p></footer>\n</body>\n</html>\n");
	return m.status < 0 ? error_memory(err) : CF_OK;
}
