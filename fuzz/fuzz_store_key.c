/* Key files of stores, as they are read: what is taken must be 32 bytes, what is refused must say why. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/store_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_SECRET struct secret *key = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (crypto_start(NULL) < 0)
		abort();
	int status = store_key_parse("key", data, n, &key, &err);
	if (status == 0 ? secret_size(key) != 32 : err.code != status || !err.message[0])
		abort();
	return 0;
}
