/* Linkage schemas: refused with a reason, or fit to encode with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/clk/encode.h"
#include "work/clk_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void need(int condition, const char *what)
{
	if (!condition) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

/* Cells of which some fit whatever the schema says, and one that is long. */
static const char *const texts[] = {"", "Mar\xc3\xad", "1990-02-03", "-12.75", "M", "\xd9\xa4\xd9\xa2",
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"};

static void encode(const struct clk_schema *s, bool hardened)
{
	CF_CLEANUP_SECRET struct secret *secret = NULL;
	CF_CLEANUP_CLK_ENCODER struct clk_encoder *e = NULL;
	static uint8_t out[CLK_MAX_BITS / 4];
	struct clk_cell cells[CLK_MAX_FEATURES];
	struct cf_error err = CF_ERROR_INIT;
	need(secret_new(32, &secret, NULL) == 0, "secret");
	const struct clk_encoder_options options = {.hardened = hardened, .secret = secret};
	/* a pattern that is none, or keys longer than HKDF gives, are found here */
	if (clk_encoder_new(s, &options, &e, &err) < 0)
		return;
	need(clk_encoder_bytes(e) <= sizeof out, "length");
	for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
		size_t feature = 0;
		for (size_t f = 0; f < s->n_features; f++)
			cells[f] = (struct clk_cell){texts[(t + f) % 7], strlen(texts[(t + f) % 7])};
		const int status = clk_encode(e, cells, out, &feature, &err);
		need(status == 0 || (err.message[0] && feature < s->n_features),
			"a failure says why and where");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_CLK_SCHEMA struct clk_schema *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	need(crypto_start(NULL) == 0, "libsodium");
	const int status = clk_schema_parse("schema", (const char *)data, n, &s, &err);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	if (status < 0)
		return 0;
	encode(s, false);
	encode(s, true);
	return 0;
}
