/* Where libphonenumber was not found. */
#include "intake/phone_library.h"

int phone_library_parse(const char *digits, const char *region, char ret_text[PHONE_LIBRARY_BYTES])
{
	(void)digits;
	(void)region;
	(void)ret_text;
	return -1;
}

int phone_library_is_present(void)
{
	return 0;
}
