/* One-time codes. SHA-1 is nettle's, because libsodium rightly has none; HMAC with it is still sound here. */
#include "crypto/totp.h"

#include <assert.h>
#include <nettle/hmac.h>
#include <string.h>

void totp_code(const struct secret *secret, uint64_t step, unsigned digits, char *ret)
{
	static const uint32_t powers[] = {1000000, 10000000, 100000000};
	uint8_t counter[8];
	uint8_t mac[SHA1_DIGEST_SIZE];
	struct hmac_sha1_ctx context;
	assert(digits >= TOTP_DIGITS && digits <= TOTP_DIGITS_MAX);
	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)(step >> (8 * (7 - i)));
	hmac_sha1_set_key(&context, secret_size(secret), secret_bytes(secret));
	hmac_sha1_update(&context, sizeof counter, counter);
	hmac_sha1_digest(&context, sizeof mac, mac);
	const uint8_t *at = mac + (mac[SHA1_DIGEST_SIZE - 1] & 15);
	uint32_t value =
		(uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	value %= powers[digits - TOTP_DIGITS];
	for (unsigned i = digits; i-- > 0; value /= 10)
		ret[i] = (char)('0' + value % 10);
	ret[digits] = '\0';
	secret_wipe(&context, sizeof context);
	secret_wipe(mac, sizeof mac);
}

int totp_check(const struct secret *secret, const char *code, uint64_t seconds, uint64_t last_step,
	uint64_t *ret_step)
{
	const uint64_t now = seconds / TOTP_STEP_SECONDS;
	char expected[TOTP_DIGITS + 1];
	uint64_t found = 0;
	if (strnlen(code, TOTP_DIGITS + 1) != TOTP_DIGITS)
		return CF_E_REFUSED;
	/* all three, whatever was found */
	for (uint64_t step = now ? now - 1 : 0; step <= now + 1; step++) {
		totp_code(secret, step, TOTP_DIGITS, expected);
		if (secret_equal(expected, code, TOTP_DIGITS) && step > last_step)
			found = step;
	}
	secret_wipe(expected, sizeof expected);
	if (!found)
		return CF_E_REFUSED;
	*ret_step = found;
	return CF_OK;
}
