/* Public cards: whatever the text, a card that is taken has a printable name and prints a fingerprint. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/identity_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void need(int condition, const char *what)
{
	if (!condition) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct identity_card card;
	struct cf_error err = CF_ERROR_INIT;
	char fingerprint[40];
	need(crypto_start(NULL) == 0, "start");
	int status = identity_card_parse("card", (const char *)data, n, &card, &err);
	if (status < 0) {
		need(err.code == status && err.message[0], "a failure says why");
		return 0;
	}
	need(identity_check_name(card.name, strlen(card.name), NULL) == 0, "the name is a name");
	identity_fingerprint(&card, fingerprint);
	need(strlen(fingerprint) == 39, "the fingerprint is whole");
	return 0;
}
