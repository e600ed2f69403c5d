/*
 * counterfoil audit: what was done, by whom, and that nothing of it was removed or altered.
 */
#include <string.h>

#include "base/file.h"
#include "cli/cli_store.h"
#include "work/casebook/answer.h"
#include "work/casebook/log.h"

static const struct cli_option options[] = {
	{"witness", "FILE", "verify, prove: a head that was handed out earlier"},
	{"actor", "NAME", "show: only what this user did"},
	{"action", "WORD", "show: only this, as record.read, record.put, export, refused"},
	{"record", "ID", "show: only what was done to this record"},
	{"from", "N", "show: from this entry on"},
	{"limit", "N", "show: so many"},
	{"entry", "N", "prove: that this entry is in the log"},
	{"key", "TEXT", "check: the store's verification key, as 'audit key' prints it"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command command = {
	.name = "audit",
	.summary = "The log of every read of identifying fields, change, export, refusal and login.\n"
		   "  verify   that no entry, record or revision was altered, swapped, removed or set back;\n"
		   "           --witness FILE also against a head that was handed out: only that shows that "
		   "the whole\n"
		   "           store was not set back to an earlier state\n"
		   "  show     the entries: who, when, what, which records; never values\n"
		   "  head     the signed head of the log: hand it to somebody outside\n"
		   "  prove    --entry N: a proof that it is in the log; --witness FILE: that the log "
		   "extends that head\n"
		   "  key      the key with which others check heads and proofs\n"
		   "  check    --key TEXT PROOF: whether a proof holds; needs no store",
	.usage = "verify | show | head | prove | key | check PROOF [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil audit verify --user joy\n  counterfoil audit show --action export --user "
		   "joy\n",
};

enum { MAX_NOTE = 1 << 20 };

struct audit {
	const char *witness, *key, *record;
	struct audit_filter filter;
	uint64_t entry;
	bool has_entry;
};

static bool own(void *context, const char *name, const char *value)
{
	struct audit *in = context;
	uint64_t limit;
	if (strcmp(name, "witness") == 0)
		in->witness = value;
	else if (strcmp(name, "key") == 0)
		in->key = value;
	else if (strcmp(name, "record") == 0)
		in->record = value;
	else if (strcmp(name, "actor") == 0)
		in->filter.actor = value;
	else if (strcmp(name, "action") == 0)
		in->filter.action = value;
	else if (strcmp(name, "from") == 0)
		return cli_count("audit", name, value, 0, UINT64_MAX, &in->filter.from_leaf);
	else if (strcmp(name, "limit") == 0) {
		if (!cli_count("audit", name, value, 1, UINT32_MAX, &limit))
			return false;
		in->filter.limit = (size_t)limit;
	} else {
		in->has_entry = true;
		return cli_count("audit", name, value, 0, UINT64_MAX, &in->entry);
	}
	return true;
}

/* ---- verify ---- */

static void json_verified(struct json *j, const struct audit_verified *v, const char *wrong)
{
	json_begin_object(j);
	json_key_boolean(j, "sound", v->n_wrong == 0);
	json_key_unsigned(j, "entries", v->n_leaves);
	json_key_unsigned(j, "records", v->n_records);
	json_key_unsigned(j, "revisions", v->n_revisions);
	json_key_unsigned(j, "erased", v->n_erased);
	json_key_boolean(j, "opened_records", v->opened_records);
	json_key_boolean(j, "had_witness", v->had_witness);
	json_key(j, "wrong");
	json_begin_array(j);
	for (const char *line = wrong; *line;) {
		char text[512];
		size_t n = strcspn(line, "\n");
		size_t kept = n < sizeof text ? n : sizeof text - 1;
		memcpy(text, line, kept);
		text[kept] = '\0';
		json_text(j, text);
		line += n + (line[n] == '\n');
	}
	json_end(j);
	json_end(j);
}

static int write_verified(const struct audit_verified *v, const char *wrong, struct buffer *out)
{
	TRY(buffer_append_text(out, wrong));
	TRY(buffer_printf(out, "%s: %llu log entries, %llu records in %llu revisions, %llu erased\n",
		v->n_wrong ? "NOT SOUND" : "sound", (unsigned long long)v->n_leaves,
		(unsigned long long)v->n_records, (unsigned long long)v->n_revisions,
		(unsigned long long)v->n_erased));
	if (!v->opened_records)
		TRY(buffer_append_text(out,
			"the log and all hashes were checked; sealed contents were not opened, since your "
			"key does not open them\n"));
	if (!v->had_witness)
		TRY(buffer_append_text(out,
			"that the whole store was not set back to an earlier state shows only against a "
			"head kept outside: --witness FILE\n"));
	return CF_OK;
}

static int verify(struct casebook *c, const struct cli_store *s, const char *witness)
{
	CF_CLEANUP(buffer_done) struct buffer wrong = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct audit_verified v = {0};
	int status = log_verify(c, witness, &v, &wrong, &err);
	if (status < 0 && !(status == CF_E_REFUSED && v.n_wrong))
		return cli_fail(&err);
	if (s->json) {
		struct json j;
		json_init(&j, &out, true);
		json_verified(&j, &v, buffer_text(&wrong));
		int printed = cli_print_json(&j, &out);
		return status < 0 ? error_exit_code(status) : printed;
	}
	if (write_verified(&v, buffer_text(&wrong), &out) < 0)
		return error_exit_code(CF_E_MEMORY);
	int printed = cli_print(&out);
	return status < 0 ? error_exit_code(status) : printed;
}

/* ---- show ---- */

struct show {
	struct buffer out;
	struct json json;
	bool as_json;
};

static int show_entry(void *context, const struct audit_entry *e, struct cf_error *err)
{
	struct show *s = context;
	if (s->as_json) {
		answer_entry_json(&s->json, e);
		return CF_OK;
	}
	return answer_entry_text(e, &s->out, err);
}

static int show(struct casebook *c, const struct cli_store *s, struct audit *in)
{
	struct cf_error err = CF_ERROR_INIT;
	struct record_id id;
	struct store_id object;
	if (in->record) {
		if (!cli_record_id("audit", in->record, &id))
			return error_exit_code(CF_E_USAGE);
		memcpy(object.bytes, id.bytes, sizeof object.bytes);
		in->filter.object = &object;
	}
	struct show to = {.as_json = s->json};
	json_init(&to.json, &to.out, true);
	if (s->json)
		json_begin_array(&to.json);
	int status = log_show(c, &in->filter, show_entry, &to, &err);
	int exit_code;
	if (status < 0) {
		exit_code = cli_fail(&err);
	} else if (s->json) {
		json_end(&to.json);
		exit_code = cli_print_json(&to.json, &to.out);
	} else {
		exit_code = cli_print(&to.out);
	}
	buffer_done(&to.out);
	return exit_code;
}

/* ---- head, prove, key, check ---- */

static int print_text(const struct cli_store *s, const char *key, const struct buffer *text)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	if (!s->json)
		return cli_print(text);
	struct json j;
	json_init(&j, &out, true);
	json_begin_object(&j);
	json_key_text(&j, key, buffer_text(text));
	json_end(&j);
	return cli_print_json(&j, &out);
}

static int prove(struct casebook *c, const struct cli_store *s, const struct audit *in, const char *witness)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (in->has_entry == (witness != NULL))
		return cli_usage("audit", "prove takes --entry N, or --witness FILE");
	int status =
		witness ? log_prove_extension(c, witness, &out, &err) : log_prove(c, in->entry, &out, &err);
	return status < 0 ? cli_fail(&err) : print_text(s, "proof", &out);
}

static int check(const struct cli_store *s, const struct audit *in, const char *file)
{
	CF_CLEANUP(buffer_done) struct buffer proof = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (!in->key || !file)
		return cli_usage("audit", "check takes --key TEXT and the proof's file");
	if (file_read(file, MAX_NOTE, &proof, &err) < 0 ||
		log_check(in->key, buffer_text(&proof), proof.n, &out, &err) < 0)
		return cli_fail(&err);
	return print_text(s, "holds", &out);
}

static int with_store(struct casebook *c, const struct cli_store *s, struct audit *in, const char *verb)
{
	CF_CLEANUP(buffer_done) struct buffer witness = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (in->witness && file_read(in->witness, MAX_NOTE, &witness, &err) < 0)
		return cli_fail(&err);
	const char *head = in->witness ? buffer_text(&witness) : NULL;
	if (strcmp(verb, "verify") == 0)
		return verify(c, s, head);
	if (strcmp(verb, "show") == 0)
		return show(c, s, in);
	if (strcmp(verb, "prove") == 0)
		return prove(c, s, in, head);
	bool is_head = strcmp(verb, "head") == 0;
	int status = is_head ? log_head(c, &out, &err) : log_key(c, &out, &err);
	return status < 0 ? cli_fail(&err) : print_text(s, verb, &out);
}

int cmd_audit(int argc, char **argv)
{
	static const char *const verbs[] = {"verify", "show", "head", "prove", "key"};
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct audit in = {0};
	struct cli_store s;
	const char *operands[2] = {NULL, NULL};
	int exit_code;
	struct cli_store_walk walk = {.command = &command,
		.own = own,
		.context = &in,
		.operands = operands,
		.min = 1,
		.max = 2,
		.missing = "verify, show, head, prove, key or check?"};
	cli_store_init(&s);
	if (cli_store_walk(&s, &walk, argc, argv, &exit_code) < 0)
		return exit_code;
	if (strcmp(operands[0], "check") == 0)
		return check(&s, &in, operands[1]);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(operands[0], verbs[i]) == 0) {
			exit_code = cli_store_open(&s, &c);
			return exit_code ? exit_code : with_store(c, &s, &in, operands[0]);
		}
	return cli_usage("audit", "verify, show, head, prove, key or check?");
}
