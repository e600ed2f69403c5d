/*
 * What others hand back to us of the log: a log's key on the first line, then a proof of an entry or of an
 * extension. Both readers get it; and the bytes alone are read as an entry.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_ARENA struct arena *arena = arena_new(64 << 20);
	char key[512];
	struct audit_entry entry = {0};
	struct cf_error err = CF_ERROR_INIT;
	if (!arena || crypto_start(NULL) < 0)
		abort();
	int status = entry_parse(data, n, arena, &entry, &err);
	if (status == 0 && entry.n_objects && !entry.objects)
		abort();
	const uint8_t *newline = n ? memchr(data, '\n', n) : NULL;
	if (!newline || (size_t)(newline - data) >= sizeof key)
		return 0;
	memcpy(key, data, (size_t)(newline - data));
	key[newline - data] = '\0';
	const size_t n_proof = n - (size_t)(newline - data) - 1;
	err = (struct cf_error)CF_ERROR_INIT;
	status = audit_check_proof(key, newline + 1, n_proof, &entry, arena, &err);
	if (status < 0 && (err.code != status || !err.message[0]))
		abort();
	status = audit_check_extension(key, newline + 1, n_proof, &err);
	if (status < 0 && (err.code != status || !err.message[0]))
		abort();
	return 0;
}
