/* Little-endian numbers in messages, read and written byte by byte. */
#pragma once

#include <stdint.h>

static inline void wire_put16(uint8_t *to, uint16_t v)
{
	to[0] = (uint8_t)v;
	to[1] = (uint8_t)(v >> 8);
}

static inline void wire_put32(uint8_t *to, uint32_t v)
{
	wire_put16(to, (uint16_t)v);
	wire_put16(to + 2, (uint16_t)(v >> 16));
}

static inline uint16_t wire_get16(const uint8_t *from)
{
	return (uint16_t)(from[0] | from[1] << 8);
}

static inline uint32_t wire_get32(const uint8_t *from)
{
	return (uint32_t)wire_get16(from) | (uint32_t)wire_get16(from + 2) << 16;
}
