// SPDX-License-Identifier: Apache-2.0
/**
 * Type leads: types that were merged, and the types that stand for them. Facts and cells keep what they were counted as; whatever is read of
 * them is led. Nothing is moved by a merge, so it takes no longer for a type of ten million activities.
 */
#ifndef SERVICES_STATS_TYPE_LEADS_H
#define SERVICES_STATS_TYPE_LEADS_H

#include "services/stats/state.h"

struct type_lead {
    uint64_t type;
    uint64_t into; // which is none that was merged
};

struct type_leads {
    size_t count;
    const struct type_lead *items; // by type
};

/** From now on `into` stands for the type, and for those that it stood for. In an apply. */
void type_leads_put(struct store_txn *txn, uint64_t type, uint64_t into);

/** Reads all; they live as long as the batch or query. False after a refusal. */
bool type_leads_read(struct ctx *ctx, struct type_leads *out_leads);

/** The type that stands for it, merged or not. */
uint64_t type_leads_end(const struct type_leads *leads, uint64_t type);

#endif
