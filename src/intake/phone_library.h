/* libphonenumber, which is C++, behind one function. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

enum { PHONE_LIBRARY_BYTES = 24 };

/* Reads digits as somebody in the region (ISO 3166-1 alpha-2) would dial them. 1 with E.164 text, 0 when they
 * are no possible number, -1 when the library is absent or failed. */
int phone_library_parse(const char *digits, const char *region, char ret_text[PHONE_LIBRARY_BYTES]);
/* Whether it was built in. */
int phone_library_is_present(void);

#ifdef __cplusplus
}
#endif
