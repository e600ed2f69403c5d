/*
 * Ledgers of what a key has joined. In the text "STUDY" stands for this study's hash, "PARTNER" for a
 * participant's key and "FOLDER" for the folder, so that inputs can speak of them. It is refused with a
 * reason, or the study can be added; once added it stays added, and adding it again changes nothing.
 */
#include <limits.h>

#include "base/file.h"
#include "scratch.h"
#include "study_support.h"
#include "work/study_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SELF = 1, MOST_BYTES = 20000 };

static struct fuzz_study f;
static const char *ledger;
static char key_path[sizeof scratch_folder + 16];
static struct {
	const char *word;
	char means[PATH_MAX];
} words[] = {{"STUDY", ""}, {"PARTNER", ""}, {"FOLDER", ""}};

static void start(void)
{
	fuzz_study_start(&f);
	scratch_start();
	ledger = scratch_file("identity.key.ledger");
	(void)snprintf(key_path, sizeof key_path, "%s/identity.key", scratch_folder);
	crypto_to_hex(f.study->hash, CRYPTO_HASH_BYTES, words[0].means);
	crypto_to_hex(identity_public(f.identities[0])->sign_key, IDENTITY_SIGN_BYTES, words[1].means);
	need(realpath(scratch_folder, words[2].means) != NULL, "folder");
}

static void put_words(const char *data, size_t n, struct buffer *out)
{
	while (n) {
		size_t used = 1;
		const char *as = NULL;
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (n >= strlen(words[i].word) &&
				memcmp(data, words[i].word, strlen(words[i].word)) == 0) {
				used = strlen(words[i].word);
				as = words[i].means;
			}
		need((as ? buffer_append_text(out, as) : buffer_append_char(out, *data)) == 0, "memory");
		data += used;
		n -= used;
	}
}

static void expect_reason(int status, const struct cf_error *err)
{
	need(status == 0 || (err->code == status && err->message[0]), "a failure says why");
	need(status == 0 || status == CF_E_REFUSED || status == CF_E_INPUT || status == CF_E_LIMIT,
		"a failure is one of these");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer once = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer twice = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (!f.study)
		start();
	if (n > MOST_BYTES)
		return 0;
	struct study_join_request r = {.access = {.dir = scratch_folder, .key = key_path}};
	put_words((const char *)data, n, &text);
	scratch_write(ledger, buffer_text(&text), text.n);
	int status = study_ledger_check(&r, f.study, f.identities[SELF], &err);
	expect_reason(status, &err);
	const bool was_refused = status == CF_E_REFUSED;
	r.another_run = was_refused;
	status = study_ledger_add(&r, f.study, f.identities[SELF], &err);
	expect_reason(status, &err);
	need(!was_refused || status != CF_E_REFUSED, "another run that is meant is not refused");
	if (status < 0)
		return 0;
	need(file_read(ledger, SIZE_MAX, &once, NULL) == 0, "read");
	need(once.n >= text.n && memcmp(once.data, buffer_text(&text), text.n) == 0, "nothing is lost");
	need(study_ledger_add(&r, f.study, f.identities[SELF], &err) == 0, "add again");
	need(file_read(ledger, SIZE_MAX, &twice, NULL) == 0, "read");
	need(once.n == twice.n && memcmp(once.data, twice.data, once.n) == 0, "adding again changes nothing");
	r.another_run = false;
	need((study_ledger_check(&r, f.study, f.identities[SELF], &err) == CF_E_REFUSED) == was_refused,
		"what was refused stays so");
	return 0;
}
