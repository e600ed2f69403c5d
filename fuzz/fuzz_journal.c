/* Journals, as they are and, when the first byte is odd, with their last line put right; what is read is
 * written the same way again. */
#include "study_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct fuzz_study f;

static void put_right(struct buffer *text)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	char hex[2 * CRYPTO_HASH_BYTES + 1];
	const struct crypto_part part = {text->data, text->n};
	crypto_digest("counterfoil journal v1", &part, 1, hash);
	crypto_to_hex(hash, sizeof hash, hex);
	need(buffer_printf(text, "check = %s\n", hex) == 0, "memory");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer first = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer second = BUFFER_INIT;
	struct match_party p;
	struct match_party again;
	struct cf_error err = CF_ERROR_INIT;
	if (!f.study)
		fuzz_study_start(&f);
	if (n < 2)
		return 0;
	need(buffer_append(&text, data + 1, n - 1) == 0, "memory");
	if (data[0] & 1)
		put_right(&text);
	int status = match_party_parse("journal", text.data, text.n, f.study, &p, &err);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	if (status < 0)
		return 0;
	need(p.self <= FUZZ_PARTIES, "self");
	need(match_party_format(&p, &first) == 0, "format");
	need(match_party_parse("journal", first.data, first.n, f.study, &again, NULL) == 0, "read back");
	need(match_party_format(&again, &second) == 0, "format again");
	need(strcmp(buffer_text(&first), buffer_text(&second)) == 0, "the same");
	return 0;
}
