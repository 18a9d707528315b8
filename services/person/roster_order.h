// SPDX-License-Identifier: Apache-2.0
/**
 * Roster order: everybody in the order of names. A long sorted list with everybody's place in it, in which persons may stand at places that are no
 * longer theirs, and a short one of those who moved since; now and then the short one is merged into the long one. Belongs to a roster.
 */
#ifndef SERVICES_PERSON_ROSTER_ORDER_H
#define SERVICES_PERSON_ROSTER_ORDER_H

#include "services/person/roster.h"

struct roster_order {
    uint32_t *base;
    size_t base_count;
    size_t moved_count; // of the base: who stands where he does not belong any more
    uint32_t *places;   // of each person in the base; ROSTER_MOVED: none that is his
    size_t place_capacity;
    uint32_t *recent; // sorted
    size_t recent_count;
    size_t recent_capacity;
};

#define ROSTER_MOVED UINT32_MAX

/** The roster's. */
const struct roster_order *roster_names(const struct roster *roster);

/** The person's birth date; ROSTER_NO_DATE: none is known. */
int32_t roster_birth_date(const struct roster *roster, uint32_t person);

/** Zeroed is empty. */
void roster_order_fini(struct roster_order *order);

/** Sorts everybody; false: no memory. */
bool roster_order_build(struct roster_order *order, const struct roster *roster);

/** Before a person's key changes; and after it has, or for somebody new. False: no memory. */
void roster_order_take_out(struct roster_order *order, const struct roster *roster, uint32_t person);
bool roster_order_put_in(struct roster_order *order, const struct roster *roster, uint32_t person);

/** Whether merging would make lists shorter by much: persons wait to be put in, or most of the base has gone. */
bool roster_order_can_merge(const struct roster_order *order);

/** Makes one list of both; false: no memory, and nothing has changed. */
bool roster_order_merge(struct roster_order *order, const struct roster *roster);

/** Place in the base, and in the recent ones, of the first who sorts after the place; NULL: from the beginning. */
size_t roster_order_base_after(const struct roster_order *order, const struct roster *roster,
                               const struct roster_place *after);
size_t roster_order_recent_after(const struct roster_order *order, const struct roster *roster,
                                 const struct roster_place *after);

/** The person's place in the base; ROSTER_MOVED: he has none. */
static inline uint32_t roster_order_place(const struct roster_order *order, uint32_t person)
{
    return person < order->place_capacity ? order->places[person] : ROSTER_MOVED;
}

#endif
