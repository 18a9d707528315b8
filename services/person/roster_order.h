// SPDX-License-Identifier: Apache-2.0
/**
 * Roster order: everybody in the order of names. A long sorted list, which may hold persons at places that are no longer theirs, and a short one of
 * those who moved since; now and then the short one is merged into the long one. Belongs to a roster.
 */
#ifndef SERVICES_PERSON_ROSTER_ORDER_H
#define SERVICES_PERSON_ROSTER_ORDER_H

#include "services/person/roster.h"

struct roster_order {
    uint32_t *base;
    size_t base_count;
    roaring_bitmap_t *moved; // those whose place in the base is not theirs
    uint32_t *recent;        // sorted
    size_t recent_count;
    size_t recent_capacity;
};

/** Zeroed is empty. */
void roster_order_fini(struct roster_order *order);

/** Sorts everybody; false: no memory. */
bool roster_order_build(struct roster_order *order, const struct roster *roster);

/** Before a person's key changes; and after it has, or for somebody new. False: no memory. */
void roster_order_take_out(struct roster_order *order, const struct roster *roster, uint32_t person);
bool roster_order_put_in(struct roster_order *order, const struct roster *roster, uint32_t person);

/** Walks from the first who sorts after the place (NULL: from the beginning). */
struct roster_walk {
    size_t base_at;
    size_t recent_at;
};
void roster_walk_begin(const struct roster_order *order, const struct roster *roster, const struct roster_place *after,
                       struct roster_walk *out_walk);

/** The next one; false at the end. */
bool roster_walk_next(const struct roster_order *order, const struct roster *roster, struct roster_walk *walk,
                      uint32_t *out_person);

#endif
