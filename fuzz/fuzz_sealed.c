/*
 * Sealed messages. The first byte chooses what the rest is:
 *   even  a message as it arrives, to a fixed receiver from a fixed sender; the second byte says how much
 * payload is asked for odd   the payload of a message that is correctly sealed and must come back whole; two
 * bytes before it say where the sealed bytes are then changed and how, after which the message must be
 * refused
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/identity_parts.h"
#include "crypto/sealed.h"

enum { HEADER = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct identity *sender;
static struct identity *receiver;

static void need(int condition, const char *what)
{
	if (!condition) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

static void start(void)
{
	static const uint8_t seeds[4][32] = {{1}, {2}, {3}, {4}};
	need(crypto_start(NULL) == 0, "start");
	need(identity_from_seeds("sender", seeds[0], seeds[1], &sender, NULL) == 0, "sender");
	need(identity_from_seeds("receiver", seeds[2], seeds[3], &receiver, NULL) == 0, "receiver");
}

static int unseal(const uint8_t *message, size_t n_message, uint8_t *payload, size_t n)
{
	CF_CLEANUP_SEALED_READER struct sealed_reader *r = NULL;
	uint8_t header[HEADER];
	struct cf_error err = CF_ERROR_INIT;
	/* opened for reading only */
	const union {
		const uint8_t *given;
		void *writable;
	} stream = {.given = message};
	FILE *from = n_message ? fmemopen(stream.writable, n_message, "rb") : fopen("/dev/null", "rb");
	need(from != NULL, "stream");
	int status = sealed_reader_new(from, HEADER, header, &r, &err);
	if (status == 0)
		status = sealed_reader_start(r, receiver, identity_public(sender)->sign_key, &err);
	if (status == 0)
		status = sealed_read(r, payload, n, &err);
	if (status == 0)
		status = sealed_reader_finish(r, NULL, &err);
	need(status == 0 || (err.code == status && err.message[0]), "a failure says why");
	(void)fclose(from);
	return status;
}

static void seal(const uint8_t *payload, size_t n, char **ret, size_t *ret_n)
{
	static const char header[HEADER + 1] = "header of 16 byt";
	CF_CLEANUP_SEALED_WRITER struct sealed_writer *w = NULL;
	FILE *to = open_memstream(ret, ret_n);
	need(to != NULL, "stream");
	need(sealed_writer_new(to, header, HEADER, sender, identity_public(receiver)->box_key, &w, NULL) == 0,
		"new");
	need(sealed_write(w, payload, n, NULL) == 0, "write");
	need(sealed_writer_finish(w, NULL, NULL) == 0, "finish");
	(void)fclose(to);
}

static void try_payload(uint8_t where, uint8_t change, const uint8_t *payload, size_t n)
{
	char *message = NULL;
	size_t n_message = 0;
	uint8_t *back = malloc(n + 1);
	need(back != NULL, "memory");
	seal(payload, n, &message, &n_message);
	need(unseal((const uint8_t *)message, n_message, back, n) == 0, "a sealed message opens");
	need(n == 0 || memcmp(back, payload, n) == 0, "the payload comes back");
	if (change) {
		size_t at = (size_t)where * n_message / 256;
		message[at] = (char)((uint8_t)message[at] ^ change);
		need(unseal((const uint8_t *)message, n_message, back, n) < 0,
			"a changed message is refused");
	}
	free(back);
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!sender)
		start();
	if (n < 3)
		return 0;
	uint8_t payload[256];
	if (data[0] & 1)
		try_payload(data[1], data[2], data + 3, n - 3);
	else
		(void)unseal(data + 2, n - 2, payload, data[1]);
	return 0;
}
