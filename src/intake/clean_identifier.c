#include <string.h>

#include "intake/clean.h"

static bool is_one_of(const char *kind, const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (strcmp(kind, *kinds) == 0)
			return true;
	return false;
}

int clean_identifier(const struct clean_place *place, const char *kind, const char *s, size_t n,
	struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	static const char *const phones[] = {"phone", "mobile_money", NULL};
	static const char *const handles[] = {"social_handle", "messaging_id", NULL};
	static const char *const documents[] = {
		"passport", "national_id", "visa", "vehicle_plate", "bank_account", "company_reg", NULL};
	struct text_tools *tools = place->tools;
	if (is_one_of(kind, phones))
		return clean_phone(place->region, s, n, out, ret_reason, err);
	if (is_one_of(kind, handles))
		return clean_handle(tools, s, n, out, ret_reason, err);
	if (is_one_of(kind, documents))
		return clean_document(tools, s, n, out, ret_reason, err);
	if (strcmp(kind, "email") == 0)
		return clean_email(tools, s, n, out, ret_reason, err);
	if (strcmp(kind, "website") == 0)
		return clean_website(tools, s, n, out, ret_reason, err);
	if (strcmp(kind, "iban") == 0)
		return clean_iban(s, n, out, ret_reason, err);
	if (strcmp(kind, "card") == 0)
		return clean_card(s, n, out, ret_reason, err);
	if (strcmp(kind, "device_imei") == 0)
		return clean_imei(s, n, out, ret_reason, err);
	if (strcmp(kind, "vessel_imo") == 0)
		return clean_imo(s, n, out, ret_reason, err);
	return clean_text(tools, false, s, n, out, ret_reason, err);
}
