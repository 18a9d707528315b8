// SPDX-License-Identifier: Apache-2.0
#include "common/service/definition.h"

struct store_config service_store_config(const struct service_definition *definition)
{
    return (struct store_config){
        .name = definition->name,
        .tables = definition->tables,
        .table_count = definition->table_count,
        .indexes = definition->indexes,
        .index_count = definition->index_count,
        .index_memory_entries = definition->index_entries,
        .schema_version = definition->schema_version,
        .migrations = definition->migrations,
        .migration_count = definition->migration_count,
    };
}
