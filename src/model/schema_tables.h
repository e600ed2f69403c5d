/* What tools/schema.py generates, for schema.c alone. */
#pragma once

#include "model/schema.h"

/* Indices into an entity's fields, in byte order of the names and in order of the numbers. */
struct schema_tables_order {
	const uint16_t *by_name;
	const uint16_t *by_number;
};

extern const struct schema_entity schema_tables_entities[]; /* sorted by number */
extern const size_t schema_tables_n_entities;
extern const uint16_t schema_tables_entities_by_name[];
extern const struct schema_tables_order schema_tables_orders[]; /* by entity index */
extern const struct schema_code_list schema_tables_lists[];     /* sorted by name */
extern const size_t schema_tables_n_lists;
extern const struct schema_mapping schema_tables_mappings[]; /* sorted by standard and name */
extern const size_t schema_tables_n_mappings;
extern const struct schema_unmapped schema_tables_unmapped[];
extern const size_t schema_tables_n_unmapped;
