// SPDX-License-Identifier: Apache-2.0
/** Id bits: a set of ids as a table, a bit for each of 4,096 in a row: a million take less than 200 kB. Ids are sequences of other services'. */
#ifndef SERVICES_ACTIVITY_ID_BITS_H
#define SERVICES_ACTIVITY_ID_BITS_H

#include "common/service/ctx.h"

bool id_bits_has(struct ctx *ctx, const struct store_table *table, uint64_t id);

/** Puts it in, or takes it out; that it is so already is fine. In an apply. */
void id_bits_set(struct ctx *ctx, const struct store_table *table, uint64_t id, bool is_in);

#endif
