/* What identity.c and key_file.c share and no one else sees. */
#pragma once

#include "crypto/identity.h"

enum { IDENTITY_SEED_BYTES = 32, IDENTITY_BOX_SECRET_BYTES = 32 };

struct identity {
	struct identity_card card;
	struct secret *sign; /* libsodium's 64 bytes: the seed, then the public key */
	struct secret *box;
};

/* 0 when the n bytes may be a name. */
int identity_check_name(const char *name, size_t n, struct cf_error *err) CF_MUST_USE;
/* Builds both key pairs from their seeds; name is already checked. */
int identity_from_seeds(const char *name, const uint8_t sign_seed[IDENTITY_SEED_BYTES],
	const uint8_t box_secret[IDENTITY_BOX_SECRET_BYTES], struct identity **ret, struct cf_error *err)
	CF_MUST_USE;
