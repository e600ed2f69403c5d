/* A log's key on the first line, a signed head behind it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char key_text[512];
	struct note_key key;
	struct note_checkpoint found;
	struct cf_error err = CF_ERROR_INIT;
	const uint8_t *newline = n ? memchr(data, '\n', n) : NULL;
	if (crypto_start(NULL) < 0)
		abort();
	if (!newline || (size_t)(newline - data) >= sizeof key_text)
		return 0;
	memcpy(key_text, data, (size_t)(newline - data));
	key_text[newline - data] = '\0';
	if (note_key_parse(key_text, &key, &err) < 0)
		return 0;
	const size_t n_note = n - (size_t)(newline - data) - 1;
	int status = note_open(&key, (const char *)newline + 1, n_note, &found, &err);
	if (status == 0 ? strcmp(found.origin, key.name) != 0 : err.code != status || !err.message[0])
		abort();
	return 0;
}
