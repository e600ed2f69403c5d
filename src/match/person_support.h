/*
 * For tests of matching: persons and lists from text, plans from text.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ini.h"
#include "match/plan.h"
#include "model/person.h"

/* A person from "family_name=smith; phone=123; phone=456", in arena. */
static inline struct person test_person(struct arena *arena, const char *text)
{
	enum { MANY = 8 };
	struct person p = {0};
	struct person_value *values[PERSON_N_FIELDS] = {NULL};
	while (*text) {
		char field[32];
		char value[200];
		int used = 0;
		if (sscanf(text, " %31[a-z_]=%199[^;]%n", field, value, &used) != 2)
			fail_msg("no person: %s", text);
		text += used + (text[used] == ';');
		int f = person_field_from_name(field);
		if (f < 0 || p.n_values[f] == MANY)
			fail_msg("no field: %s", field);
		if (!values[f])
			values[f] = arena_alloc(arena, MANY, sizeof **values);
		assert_non_null(values[f]);
		values[f][p.n_values[f]++].text = arena_strndup(arena, value, strlen(value));
		p.values[f] = values[f];
	}
	return p;
}

/* A list of such persons; rows are numbered from 1. */
static inline struct person_list *test_list(const char *const *rows, size_t n)
{
	struct person_list *l = calloc(1, sizeof *l);
	assert_non_null(l);
	l->arena = arena_new(0);
	assert_non_null(l->arena);
	l->name = arena_strndup(l->arena, "test", 4);
	l->n = n;
	l->persons = arena_alloc(l->arena, n ? n : 1, sizeof *l->persons);
	assert_non_null(l->persons);
	for (size_t i = 0; i < n; i++) {
		l->persons[i] = test_person(l->arena, rows[i]);
		l->persons[i].row = (uint32_t)i + 1;
		for (int f = 0; f < PERSON_N_FIELDS; f++)
			l->fields |= (uint32_t)(l->persons[i].n_values[f] > 0) << f;
	}
	return l;
}

static inline void test_list_free(struct person_list *l)
{
	arena_free(l->arena);
	free(l);
}

static inline struct match_plan *test_plan(const char *text)
{
	struct cf_error err = CF_ERROR_INIT;
	struct ini *ini = NULL;
	struct match_plan *plan = NULL;
	if (ini_parse("keys.ini", text, strlen(text), &ini, &err) < 0 ||
		match_plan_parse(ini, &plan, &err) < 0)
		fail_msg("%s", err.message);
	ini_free(ini);
	return plan;
}
