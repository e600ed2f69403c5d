#include "work/link_settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double usual_limit = 5e8;

static const struct {
	const char *key;
	enum link_kind kind;
	enum link_role role;
} holds[] = {
	{"given_name", LINK_NAME, LINK_ROLE_GIVEN},
	{"family_name", LINK_NAME, LINK_ROLE_FAMILY},
	{"full_name", LINK_NAME, LINK_ROLE_FULL},
	{"name", LINK_NAME, LINK_ROLE_NONE},
	{"text", LINK_TEXT, LINK_ROLE_NONE},
	{"date", LINK_DATE, LINK_ROLE_NONE},
	{"phone", LINK_PHONE, LINK_ROLE_NONE},
	{"email", LINK_EMAIL, LINK_ROLE_NONE},
	{"code", LINK_CODE, LINK_ROLE_NONE},
	{"number", LINK_NUMBER, LINK_ROLE_NONE},
	{"choice", LINK_CHOICE, LINK_ROLE_NONE},
};
enum { N_HOLDS = sizeof holds / sizeof *holds };

static const char not_by_frequency[] = "not_by_frequency";

struct link_settings_file *link_settings_free(struct link_settings_file *f)
{
	if (!f)
		return NULL;
	f->ini = ini_free(f->ini);
	(void)mem_free(f->columns);
	return mem_free(f);
}

/* ---- reading ---- */

static int read_compare(struct link_settings_file *f, const struct ini_entry *e, struct cf_error *err)
{
	if (strcmp(e->key, not_by_frequency) == 0)
		return CF_OK;
	for (size_t i = 0; i < N_HOLDS; i++) {
		if (strcmp(holds[i].key, e->key) != 0)
			continue;
		for (size_t c = 0; c < f->n_columns; c++)
			if (strcasecmp(f->columns[c].name, e->value) == 0)
				return ini_error(f->ini, e, err, "column '%.60s' is named twice", e->value);
		f->columns[f->n_columns++] = (struct link_stated_column){
			.name = e->value, .kind = holds[i].kind, .role = holds[i].role};
		return CF_OK;
	}
	return ini_error(f->ini, e, err,
		"'%.40s' is nothing a column holds; write given_name, family_name, full_name, name, text, "
		"date, "
		"phone, email, code, number or choice = COLUMN",
		e->key);
}

static int read_yes(const struct ini *ini, const struct ini_entry *e, bool *ret, struct cf_error *err)
{
	*ret = strcmp(e->value, "yes") == 0;
	if (!*ret && strcmp(e->value, "no") != 0)
		return ini_error(ini, e, err, "'%s' is yes or no", e->key);
	return CF_OK;
}

static int read_number(const struct ini *ini, const struct ini_entry *e, double low, double high, double *ret,
	struct cf_error *err)
{
	char *end;
	double value = strtod(e->value, &end);
	if (end == e->value || *end || !(value >= low && value <= high))
		return high < 1 ? ini_error(ini, e, err, "'%s' is a probability: over 0 and under 1", e->key)
				: ini_error(ini, e, err, "'%s' is a number from %g to %g", e->key, low, high);
	*ret = value;
	return CF_OK;
}

static int read_pairs(struct link_settings_file *f, const struct ini_entry *e, struct cf_error *err)
{
	if (strcmp(e->key, "rule") == 0) {
		if (++f->n_rules > LINK_MAX_RULES)
			return ini_error(f->ini, e, err, "more than %d rules", LINK_MAX_RULES);
		return CF_OK;
	}
	if (strcmp(e->key, "all") == 0)
		return read_yes(f->ini, e, &f->all_pairs, err);
	if (strcmp(e->key, "limit") == 0)
		return read_number(f->ini, e, 1, 1e13, &f->limit, err);
	return ini_error(
		f->ini, e, err, "'%.40s' is not known here; [pairs] has rule, all and limit", e->key);
}

static int read_link(struct link_settings_file *f, const struct ini_entry *e, struct cf_error *err)
{
	if (strcmp(e->key, "threshold") == 0)
		return strcmp(e->value, "auto") == 0
			       ? CF_OK
			       : read_number(f->ini, e, 1e-6, 0.999999999, &f->threshold, err);
	if (strcmp(e->key, "one_a_file") == 0) {
		bool yes;
		TRY(read_yes(f->ini, e, &yes, err));
		f->one_a_file = yes;
		return CF_OK;
	}
	if (strcmp(e->key, "train") == 0) {
		f->only_labels = strcmp(e->value, "labels") == 0;
		return f->only_labels || strcmp(e->value, "all") == 0
			       ? CF_OK
			       : ini_error(f->ini, e, err, "'train' is all or labels");
	}
	if (strcmp(e->key, "clusters") != 0)
		return ini_error(f->ini, e, err,
			"'%.40s' is not known here; [link] has threshold, clusters, one_a_file and train",
			e->key);
	for (int m = 0; m < LINK_N_CLUSTER_METHODS; m++)
		if (strcmp(link_cluster_method_name((enum link_cluster_method)m), e->value) == 0) {
			f->method = (enum link_cluster_method)m;
			return CF_OK;
		}
	return ini_error(f->ini, e, err, "'clusters' is consistent, components, best or exact");
}

/* Rules and columns come as often as one likes; what can be one thing only is said once. */
static int check_once(const struct link_settings_file *f, size_t at, struct cf_error *err)
{
	const struct ini_entry *e = ini_at(f->ini, at);
	if (strcmp(e->section, "compare") == 0 || strcmp(e->key, "rule") == 0)
		return CF_OK;
	for (size_t i = 0; i < at; i++) {
		const struct ini_entry *before = ini_at(f->ini, i);
		if (strcmp(before->section, e->section) == 0 && strcmp(before->key, e->key) == 0)
			return ini_error(f->ini, e, err, "'%.40s' is given twice", e->key);
	}
	return CF_OK;
}

/* Every pair, or those of rules. */
static int check_pairs(const struct link_settings_file *f, struct cf_error *err)
{
	for (size_t i = 0; i < ini_n(f->ini) && f->all_pairs && f->n_rules; i++) {
		const struct ini_entry *e = ini_at(f->ini, i);
		if (strcmp(e->section, "pairs") == 0 && strcmp(e->key, "all") == 0)
			return ini_error(f->ini, e, err,
				"'all = yes' compares every pair, and there are rules besides; take one or "
				"the other out");
	}
	return CF_OK;
}

static int read_entry(struct link_settings_file *f, const struct ini_entry *e, struct cf_error *err)
{
	if (strcmp(e->section, "compare") == 0)
		return read_compare(f, e, err);
	if (strcmp(e->section, "pairs") == 0)
		return read_pairs(f, e, err);
	if (strcmp(e->section, "link") == 0)
		return read_link(f, e, err);
	return ini_error(f->ini, e, err,
		"section [%.40s] is not known; there are [compare], [pairs] and [link]", e->section);
}

/* Takes ini, also on failure. */
static int read_ini(struct ini *ini, struct link_settings_file **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_SETTINGS struct link_settings_file *f = NEW(struct link_settings_file);
	if (!f) {
		(void)ini_free(ini);
		return error_memory(err);
	}
	f->ini = ini;
	f->limit = usual_limit;
	f->one_a_file = -1;
	f->columns = NEW_ARRAY_ZERO(struct link_stated_column, ini_n(ini) + 1);
	if (!f->columns)
		return error_memory(err);
	for (size_t i = 0; i < ini_n(ini); i++) {
		TRY(check_once(f, i, err));
		TRY(read_entry(f, ini_at(ini, i), err));
	}
	TRY(check_pairs(f, err));
	*ret = TAKE(f);
	return CF_OK;
}

int link_settings_parse(
	const char *name, const char *data, size_t n, struct link_settings_file **ret, struct cf_error *err)
{
	struct ini *ini = NULL;
	TRY(ini_parse(name, data, n, &ini, err));
	return read_ini(ini, ret, err);
}

int link_settings_open(const char *path, struct link_settings_file **ret, struct cf_error *err)
{
	struct ini *ini = NULL;
	TRY(ini_open(path, &ini, err));
	return read_ini(ini, ret, err);
}

/* ---- bringing it to a table ---- */

static int column_of(const struct link_settings_file *f, const struct link_table *t,
	const struct ini_entry *e, size_t *ret, struct cf_error *err)
{
	int column = link_find_column(t, e->value, strlen(e->value));
	if (column < 0)
		return ini_error(f->ini, e, err, "no file has a column '%.60s'", e->value);
	*ret = (size_t)column;
	return CF_OK;
}

int link_settings_check(const struct link_settings_file *f, const struct link_table *t, struct cf_error *err)
{
	for (size_t i = 0; i < ini_n(f->ini); i++) {
		const struct ini_entry *e = ini_at(f->ini, i);
		size_t column;
		if (strcmp(e->section, "compare") == 0)
			TRY(column_of(f, t, e, &column, err));
	}
	return CF_OK;
}

static int apply_rule(const struct link_settings_file *f, const struct link_table *t,
	const struct ini_entry *e, struct link_settings *s, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer problem = BUFFER_INIT;
	int status = link_rule_parse(t, e->value, &s->rules[s->n_rules], &problem);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	if (status < 0)
		return ini_error(f->ini, e, err, "rule '%.100s': %s", e->value, buffer_text(&problem));
	s->n_rules++;
	return CF_OK;
}

static int apply_entry(const struct link_settings_file *f, const struct link_table *t,
	const struct ini_entry *e, struct link_settings *s, struct cf_error *err)
{
	if (strcmp(e->section, "pairs") == 0 && strcmp(e->key, "rule") == 0)
		return apply_rule(f, t, e, s, err);
	if (strcmp(e->key, "clusters") == 0 && f->method == LINK_EXACT && (t->n_files != 2 || s->within))
		return ini_error(f->ini, e, err,
			"'exact' pairs the rows of two files one to one: give two files, without --dedupe");
	if (strcmp(e->key, not_by_frequency) != 0)
		return CF_OK;
	size_t column = 0;
	TRY(column_of(f, t, e, &column, err));
	for (size_t k = 0; k < s->n_fields; k++)
		if (s->fields[k].column == column)
			s->fields[k].by_frequency = false;
	return CF_OK;
}

int link_settings_apply(const struct link_settings_file *f, const struct link_table *t,
	struct link_settings *s, struct cf_error *err)
{
	if (f->n_rules || f->all_pairs) {
		s->n_rules = 0;
		s->all_pairs = f->all_pairs;
	}
	for (size_t i = 0; i < ini_n(f->ini); i++)
		TRY(apply_entry(f, t, ini_at(f->ini, i), s, err));
	if (f->n_rules || f->all_pairs)
		TRY(link_predict(t, s, f->limit, err));
	if (f->threshold > 0)
		s->threshold = f->threshold;
	if (f->one_a_file >= 0)
		s->one_a_file = f->one_a_file;
	return CF_OK;
}

/* ---- writing ---- */

static const char *key_of(const struct link_column *c)
{
	for (size_t i = 0; i < N_HOLDS; i++)
		if (holds[i].kind == c->kind && (c->kind != LINK_NAME || holds[i].role == c->role))
			return holds[i].key;
	return "name";
}

static int write_columns(
	const struct link_source *source, const struct link_suggestion *suggestion, struct buffer *out)
{
	const struct link_table *t = source->table;
	TRY(ini_write_section(out, "compare"));
	TRY(ini_write_comment(
		out, "what a column holds = its name; columns that are not named are not compared"));
	for (size_t c = 0; c < t->n_columns; c++) {
		const struct link_column_profile *p = &suggestion->columns[c];
		CF_CLEANUP(buffer_done) struct buffer comment = BUFFER_INIT;
		TRY(buffer_printf(&comment,
			"%.0f %% filled, %u distinct values, two random rows agree once in %.0f",
			100 * p->completeness, p->n_distinct,
			p->equal_by_chance > 0 ? 1 / p->equal_by_chance : 0));
		if (p->use == LINK_USED) {
			TRY(ini_write_comment(out, buffer_text(&comment)));
			TRY(ini_write(out, key_of(&t->columns[c]), t->columns[c].name));
		} else {
			TRY(buffer_printf(&comment, " (left out): %s = %s", key_of(&t->columns[c]),
				t->columns[c].name));
			TRY(ini_write_comment(out, buffer_text(&comment)));
		}
	}
	return CF_OK;
}

static int write_rules(
	const struct link_table *t, const struct link_suggestion *suggestion, struct buffer *out)
{
	const struct link_settings *s = &suggestion->settings;
	TRY(buffer_append_char(out, '\n'));
	TRY(ini_write_section(out, "pairs"));
	if (s->all_pairs) {
		TRY(ini_write_comment(out, "the files are small: every pair is compared"));
		return ini_write(out, "all", "yes");
	}
	TRY(ini_write_comment(out,
		"rows are compared when they agree in all parts of a rule; whole, sound, firstN, lastN, "
		"word_first, word_last, sorted, year, year_month, month_day, user, bandN"));
	for (size_t r = 0; r < s->n_rules; r++) {
		CF_CLEANUP(buffer_done) struct buffer rule = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer comment = BUFFER_INIT;
		TRY(link_rule_format(t, &s->rules[r], &rule));
		TRY(buffer_printf(&comment, "%.0f pairs", s->rules[r].n_predicted));
		TRY(ini_write_comment(out, buffer_text(&comment)));
		TRY(ini_write(out, "rule", buffer_text(&rule)));
	}
	return CF_OK;
}

int link_settings_write(
	const struct link_source *source, const struct link_suggestion *suggestion, struct buffer *out)
{
	TRY(ini_write_comment(
		out, "Settings of 'counterfoil link', chosen from the data. Change what you know better."));
	TRY(write_columns(source, suggestion, out));
	TRY(write_rules(source->table, suggestion, out));
	TRY(buffer_append_char(out, '\n'));
	TRY(ini_write_section(out, "link"));
	TRY(ini_write_comment(
		out, "probability from which two rows are one person; auto: where the expected F1 is best"));
	TRY(ini_write(out, "threshold", "auto"));
	TRY(ini_write_comment(out,
		"consistent, components, best (only mutual best pairs) or exact (two files, one to "
		"one)"));
	TRY(ini_write(out, "clusters", "consistent"));
	TRY(ini_write_comment(out, "learn from all pairs, or from the labels that --decisions gives alone"));
	TRY(ini_write(out, "train", "all"));
	TRY(ini_write_comment(out, "whether a file has a person once at most"));
	return ini_write(out, "one_a_file", suggestion->settings.one_a_file ? "yes" : "no");
}
