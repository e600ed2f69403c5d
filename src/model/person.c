#include "model/person.h"

#include <string.h>

static const char *const field_names[PERSON_N_FIELDS] = {
	[PERSON_GIVEN_NAME] = "given_name",
	[PERSON_FAMILY_NAME] = "family_name",
	[PERSON_FULL_NAME] = "full_name",
	[PERSON_BIRTH_DATE] = "birth_date",
	[PERSON_SEX] = "sex",
	[PERSON_PHONE] = "phone",
	[PERSON_DOCUMENT] = "document",
	[PERSON_EMAIL] = "email",
	[PERSON_STREET] = "street",
	[PERSON_CITY] = "city",
	[PERSON_POSTCODE] = "postcode",
	[PERSON_REGION] = "region",
	[PERSON_CITIZENSHIP] = "citizenship",
	[PERSON_AGE] = "age",
	[PERSON_FORM] = "form",
};

const char *person_field_name(enum person_field f)
{
	return field_names[f];
}

int person_field_from_name(const char *name)
{
	for (int i = 0; i < PERSON_N_FIELDS; i++)
		if (strcmp(field_names[i], name) == 0)
			return i;
	return -1;
}

struct person_list *person_list_free(struct person_list *l)
{
	if (!l)
		return NULL;
	arena_free(l->arena);
	return mem_free(l);
}
