/* What is known of each calling code and region; see phone_table.c for where it comes from. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct phone_code {
	uint16_t code;
	uint32_t lengths; /* bit n: national numbers of n digits are possible */
};

struct phone_region {
	const char *alpha_2;
	const char *alpha_3; /* "" for places without one */
	uint16_t code;
	const char *trunk; /* dialled before a national number inside the region; "" where nothing is */
};

extern const struct phone_code phone_codes[];
extern const size_t n_phone_codes;
extern const struct phone_region phone_regions[];
extern const size_t n_phone_regions;
