/* The one file that includes libphonenumber. No exception leaves it. */
#include "intake/phone_library.h"

#include <cstdio>
#include <exception>
#include <string>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

int phone_library_parse(const char *digits, const char *region, char ret_text[PHONE_LIBRARY_BYTES])
{
	try {
		const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
		PhoneNumber number;
		if (util->Parse(digits, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
			!util->IsPossibleNumber(number))
			return 0;
		std::string text;
		util->Format(number, PhoneNumberUtil::E164, &text);
		if (text.size() >= PHONE_LIBRARY_BYTES)
			return 0;
		(void)std::snprintf(ret_text, PHONE_LIBRARY_BYTES, "%s", text.c_str());
		return 1;
	} catch (const std::exception &) {
		return -1;
	}
}

int phone_library_is_present(void)
{
	return 1;
}
