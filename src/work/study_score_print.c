#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "work/study_score.h"

static void json_pairs(struct json *j, struct score_pairs p)
{
	json_key_unsigned(j, "truth_pairs", p.truth);
	json_key_unsigned(j, "found_pairs", p.found);
	json_key_unsigned(j, "correct_pairs", p.correct);
	json_key_number(j, "precision", score_precision(p));
	json_key_number(j, "recall", score_recall(p));
	json_key_number(j, "f1", score_f1(p));
}

static void json_lists(struct json *j, const struct study_score *s)
{
	json_key(j, "lists");
	json_begin_array(j);
	for (size_t i = 0; i < s->n_lists; i++) {
		json_begin_object(j);
		json_key_text(j, "name", s->lists[i].name);
		json_key_unsigned(j, "rows", s->lists[i].n_rows);
		json_key_unsigned(j, "records", s->lists[i].n_records);
		json_key_unsigned(j, "persons", s->lists[i].n_persons);
		json_key_boolean(j, "truth_column_in_keys", s->lists[i].truth_was_used);
		json_end(j);
	}
	json_end(j);
}

int study_score_json(const struct study_score *s, struct buffer *out)
{
	struct json j;
	json_init(&j, out, true);
	json_begin_object(&j);
	json_pairs(&j, s->all);
	json_key_unsigned(&j, "clusters", s->n_clusters);
	json_key_unsigned(&j, "persons", s->n_persons);
	json_key_boolean(&j, "overlap_equals_protocol", true);
	json_lists(&j, s);
	json_key(&j, "pairs_of_lists");
	json_begin_array(&j);
	for (size_t a = 0; a < s->n_lists; a++)
		for (size_t b = a + 1; b < s->n_lists; b++) {
			json_begin_object(&j);
			json_key_text(&j, "first", s->lists[a].name);
			json_key_text(&j, "second", s->lists[b].name);
			json_pairs(&j, s->by_lists[a * s->n_lists + b]);
			json_end(&j);
		}
	json_end(&j);
	json_end(&j);
	return json_finish(&j);
}

static int text_ratio(double value, struct buffer *out)
{
	if (isnan(value))
		return buffer_printf(out, " %9s", "-");
	return buffer_printf(out, " %9.4f", value);
}

static int text_pairs(struct score_pairs p, struct buffer *out)
{
	TRY(buffer_printf(out, " %8" PRIu64 " %8" PRIu64 " %8" PRIu64, p.truth, p.found, p.correct));
	TRY(text_ratio(score_precision(p), out));
	TRY(text_ratio(score_recall(p), out));
	return buffer_append_char(out, '\n');
}

static int text_lists(const struct study_score *s, struct buffer *out)
{
	TRY(buffer_printf(out, "\n%-32s %8s %8s %8s\n", "list", "rows", "records", "persons"));
	for (size_t i = 0; i < s->n_lists; i++)
		TRY(buffer_printf(out, "%-32s %8zu %8zu %8zu\n", s->lists[i].name, s->lists[i].n_rows,
			s->lists[i].n_records, s->lists[i].n_persons));
	return 0;
}

static int text_warnings(const struct study_score *s, struct buffer *out)
{
	for (size_t i = 0; i < s->n_lists; i++)
		if (s->lists[i].truth_was_used)
			TRY(buffer_printf(out,
				"\nwarning: the column of --truth served list %s as part of the keys; run "
				"the study "
				"with --ignore\n",
				s->lists[i].name));
	return 0;
}

int study_score_text(const struct study_score *s, struct buffer *out)
{
	TRY(buffer_printf(out, "%-32s %8s %8s %8s %9s %9s\n", "pairs of rows of different lists", "true",
		"found", "correct", "precision", "recall"));
	TRY(buffer_printf(out, "%-32s", "all"));
	TRY(text_pairs(s->all, out));
	for (size_t a = 0; a < s->n_lists; a++)
		for (size_t b = a + 1; b < s->n_lists; b++) {
			size_t before = out->n;
			TRY(buffer_printf(out, "%s, %s", s->lists[a].name, s->lists[b].name));
			size_t width = out->n - before;
			TRY(buffer_printf(out, "%*s", width < 32 ? (int)(32 - width) : 0, ""));
			TRY(text_pairs(s->by_lists[a * s->n_lists + b], out));
		}
	TRY(text_lists(s, out));
	TRY(buffer_printf(
		out, "\n%" PRIu64 " clusters; in truth %" PRIu64 " persons\n", s->n_clusters, s->n_persons));
	TRY(buffer_append_text(out, "the overlap table equals the protocol's in every cell\n"));
	return text_warnings(s, out);
}
