#include "work/clk_base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_append(struct buffer *out, const uint8_t *data, size_t n)
{
	TRY(buffer_reserve(out, (n + 2) / 3 * 4 + 1));
	char *to = out->data + out->n;
	for (size_t i = 0; i < n; i += 3) {
		const size_t left = n - i;
		const uint32_t three = (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
				       (left > 2 ? data[i + 2] : 0);
		*to++ = digits[three >> 18];
		*to++ = digits[three >> 12 & 63];
		*to++ = left > 1 ? digits[three >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[three & 63] : '=';
	}
	*to = '\0';
	out->n = (size_t)(to - out->data);
	return CF_OK;
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits, of which the last n_pad are padding, to 3 - n_pad bytes. */
static int read_four(const char *text, size_t n_pad, struct buffer *out)
{
	uint32_t three = 0;
	for (size_t i = 0; i < 4; i++) {
		const int value = i < 4 - n_pad ? value_of(text[i]) : 0;
		if (value < 0)
			return CF_E_INPUT;
		three = three << 6 | (uint32_t)value;
	}
	if (three & ((1U << (8 * n_pad)) - 1))
		return CF_E_INPUT;
	const uint8_t bytes[3] = {(uint8_t)(three >> 16), (uint8_t)(three >> 8), (uint8_t)three};
	return buffer_append(out, bytes, 3 - n_pad);
}

int base64_read(const char *text, size_t n, struct buffer *out)
{
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
		n--;
	if (n % 4)
		return CF_E_INPUT;
	for (size_t i = 0; i < n; i += 4) {
		size_t n_pad = 0;
		while (i + 4 == n && n_pad < 2 && text[n - 1 - n_pad] == '=')
			n_pad++;
		TRY(read_four(text + i, n_pad, out));
	}
	return CF_OK;
}
