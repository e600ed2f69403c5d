/*
 * Random bytes that are no secret: ids and nonces. Taken from the system in portions, because a call for each
 * id is dear; never for a key, whose bytes should lie nowhere before they are asked for.
 */
#pragma once

#include <stddef.h>

/* Fills to with n bytes that nobody could foresee and that come no second time, in a forked child neither.
 * Ends the program when the system gives none. Safe from several threads. */
void fresh_bytes(void *to, size_t n);
