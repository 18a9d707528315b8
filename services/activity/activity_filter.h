// SPDX-License-Identifier: Apache-2.0
/** Activity filter: which activities a list wants, as its question says. */
#ifndef SERVICES_ACTIVITY_ACTIVITY_FILTER_H
#define SERVICES_ACTIVITY_ACTIVITY_FILTER_H

#include "common/base/fold.h"
#include "services/activity/types.h"

struct filter {
    const struct activity_filter *wants; // NULL: everything
    bool has_types;
    size_t type_count;
    uint64_t types[TYPES_MAX]; // that are wanted, ascending: ids are lifted far beyond their number by a restore
    uint32_t statuses, origins, outcomes, priorities; // bits of what is wanted; 0: whatever
    uint64_t person, assignee;                        // who is meant, merged or not
    uint8_t text[FOLD_BYTES];                         // folded
    size_t text_len;
};

/** Reads it; borrows `wants`, which may be NULL. False after a refusal. */
bool filter_open(struct ctx *ctx, const struct activity_filter *wants, struct filter *out_filter);

bool filter_passes(struct ctx *ctx, const struct filter *filter, const struct activity *activity);

#endif
