// SPDX-License-Identifier: Apache-2.0
#include "services/stats/type_leads.h"

#include "common/store/alias.h"

enum { ROWS_OF_ALIAS = 2 };

void type_leads_put(struct store_txn *txn, uint64_t type, uint64_t into)
{
    alias_put(txn, &stats_merged_types, type, into, bytes_of("", 0));
}

bool type_leads_read(struct ctx *ctx, struct type_leads *out_leads)
{
    size_t most = (size_t)store_count(ctx->txn, &stats_merged_types) / ROWS_OF_ALIAS;
    *out_leads = (struct type_leads){.count = 0};
    if (most == 0)
        return true;
    uint64_t *types = ctx_alloc_array(ctx, most, sizeof *types);
    struct type_lead *leads = ctx_alloc_array(ctx, most, sizeof *leads);
    if (!types || !leads)
        return false;
    size_t count = alias_scan(ctx->txn, &stats_merged_types, 0, types, most);
    for (size_t i = 0; i < count; i++)
        leads[i] = (struct type_lead){types[i], alias_end(ctx->txn, &stats_merged_types, types[i])};
    *out_leads = (struct type_leads){count, leads};
    return true;
}

uint64_t type_leads_end(const struct type_leads *leads, uint64_t type)
{
    size_t low = 0, high = leads->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (leads->items[middle].type < type)
            low = middle + 1;
        else
            high = middle;
    }
    return low < leads->count && leads->items[low].type == type ? leads->items[low].into : type;
}
