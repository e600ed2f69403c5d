/* What encoding and joining say about themselves, as text and as JSON. */
#include <inttypes.h>
#include <math.h>

#include "link/clk/schema.h"
#include "work/clk.h"

static int append_epsilon(const struct work_clk_encode_answer *a, struct buffer *out)
{
	if (!isfinite(a->epsilon_bit))
		return CF_OK;
	return buffer_printf(out,
		"flip rate %.5f: local differential privacy of epsilon %.2f for one bit, but %.0f for all "
		"bits of a "
		"record\n"
		"together, which guarantees nothing for a person. The flips make the known attacks dearer; "
		"they do not "
		"end "
		"them.\n",
		a->flip_rate, a->epsilon_bit, a->epsilon_record);
}

static int append_warnings(const struct work_clk_encode_answer *a, struct buffer *out)
{
	if (a->weaknesses & CLK_WEAK_NO_FLIPS)
		TRY(buffer_append_text(out, "warning: no bits are flipped. Equal names give equal patterns, "
					    "and who knows how frequent names are "
					    "can\nread them back (Christen et al. 2018).\n"));
	if (a->weaknesses & CLK_WEAK_NO_FOLD)
		TRY(buffer_append_text(out, "warning: neither folded nor balanced. The number of bits set "
					    "and their order give names away.\n"));
	if (a->weaknesses & CLK_WEAK_DOUBLE_HASHING)
		TRY(buffer_append_text(out, "warning: double hashing. Its patterns can be enumerated (Kroll "
					    "and Steinmetzer 2015); use "
					    "blakeHash.\n"));
	if (a->weaknesses & CLK_WEAK_NO_KDF_SALT)
		TRY(buffer_append_text(out, "warning: the schema's kdf has no salt. Studies with the same "
					    "secret can be compared with each "
					    "other.\n"));
	return CF_OK;
}

int work_clk_encode_text(const struct work_clk_encode_answer *a, struct buffer *out)
{
	TRY(buffer_printf(out,
		"%" PRIu64 " records, %zu bits each, folded %u times%s%s%s; on average %.0f bits set "
		"(standard "
		"deviation %.1f)\n",
		a->n_records, a->n_bits, a->n_folds, a->balanced ? ", balanced" : "",
		a->salted ? ", salted" : "", a->hardened ? "" : ", not hardened", a->mean_bits_set,
		a->sd_bits_set));
	TRY(append_epsilon(a, out));
	TRY(append_warnings(a, out));
	if (a->n_records && a->mean_bits_set > 0.8 * (double)a->n_bits)
		TRY(buffer_append_text(out, "warning: more than four bits of five are set, so that unlike "
					    "records look alike; lower the "
					    "schema's\nbitsPerFeature.\n"));
	return buffer_append_text(
		out, "These are personal data still. Give them to nobody but who links them.\n");
}

void work_clk_encode_json(struct json *j, const struct work_clk_encode_answer *a)
{
	json_begin_object(j);
	json_key_unsigned(j, "records", a->n_records);
	json_key_unsigned(j, "bits", a->n_bits);
	json_key_unsigned(j, "folds", a->n_folds);
	json_key_boolean(j, "hardened", a->hardened);
	json_key_boolean(j, "balanced", a->balanced);
	json_key_boolean(j, "salted", a->salted);
	json_key_number(j, "flip_rate", a->flip_rate);
	json_key_number(j, "epsilon_bit", a->epsilon_bit);
	json_key_number(j, "epsilon_record", a->epsilon_record);
	json_key_number(j, "mean_bits_set", a->mean_bits_set);
	json_key_number(j, "sd_bits_set", a->sd_bits_set);
	json_key(j, "weaknesses");
	json_begin_array(j);
	if (a->weaknesses & CLK_WEAK_NO_FLIPS)
		json_text(j, "no_flips");
	if (a->weaknesses & CLK_WEAK_NO_FOLD)
		json_text(j, "no_fold");
	if (a->weaknesses & CLK_WEAK_DOUBLE_HASHING)
		json_text(j, "double_hashing");
	if (a->weaknesses & CLK_WEAK_NO_KDF_SALT)
		json_text(j, "no_kdf_salt");
	json_end(j);
	json_end(j);
}

int work_clk_join_text(const struct work_clk_join_answer *a, struct buffer *out)
{
	TRY(buffer_printf(out,
		"%zu by %zu encodings of %zu bits: %" PRIu64 " pairs from a score of %.4f on%s, mean %.4f\n",
		a->n_left, a->n_right, a->n_bits, a->n_pairs, a->threshold,
		a->threshold_chosen ? " (chosen)" : "", a->mean_score));
	if (a->threshold_chosen)
		TRY(buffer_printf(out,
			"two rows at random score %.4f (standard deviation %.4f); if such scores are normal, "
			"about one pair of "
			"200 found\nis expected to be a chance one\n",
			a->chance_mean, a->chance_sd));
	return buffer_printf(out,
		"%" PRIu64 " pairs compared, %" PRIu64 " passed over by their bit counts (%s)\n",
		a->n_compared, a->n_skipped, a->kernel);
}

void work_clk_join_json(struct json *j, const struct work_clk_join_answer *a)
{
	json_begin_object(j);
	json_key_unsigned(j, "left", a->n_left);
	json_key_unsigned(j, "right", a->n_right);
	json_key_unsigned(j, "bits", a->n_bits);
	json_key_number(j, "threshold", a->threshold);
	json_key_boolean(j, "threshold_chosen", a->threshold_chosen);
	json_key_number(j, "chance_mean", a->chance_mean);
	json_key_number(j, "chance_sd", a->chance_sd);
	json_key_unsigned(j, "pairs", a->n_pairs);
	json_key_number(j, "mean_score", a->mean_score);
	json_key_unsigned(j, "compared", a->n_compared);
	json_key_unsigned(j, "skipped", a->n_skipped);
	json_key_unsigned(j, "rounds", a->n_rounds);
	json_key_text(j, "kernel", a->kernel);
	json_end(j);
}
