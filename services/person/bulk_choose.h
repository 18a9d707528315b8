// SPDX-License-Identifier: Apache-2.0
/**
 * Bulk choose: how the persons of a bulk change come from the query side, which has the roster, to the command side, which writes. What is
 * chosen is what the selection was true of in one snapshot after the change was asked for.
 */
#ifndef SERVICES_PERSON_BULK_CHOOSE_H
#define SERVICES_PERSON_BULK_CHOOSE_H

#include <roaring/roaring.h>

#include "services/person/state.h"

/** Chosen, or not to be chosen. */
struct bulk_choice {
    uint64_t bulk;             // 0: none
    roaring_bitmap_t *persons; // NULL: the question is no longer answered, and `refusal` says why
    struct refusal refusal;
};

struct bulk_box;

/** NULL: no memory or no descriptor. Gives: bulk_box_free. */
struct bulk_box *bulk_box_new(void);
void bulk_box_free(struct bulk_box *box);

/** Readable when there is a choice for the command side. */
int bulk_box_fd(const struct bulk_box *box);

/**
 * The query side: chooses for the bulk change that waits for it, if one does, once the roster is there. False: the roster is still to be read; call
 * it again soon.
 */
bool bulk_choose(struct bulk_box *box, struct roster *roster, struct ctx *ctx, size_t most_cards);

/** The command side: takes the choice out, whose persons are its own then (roster_set_free). */
struct bulk_choice bulk_box_take(struct bulk_box *box);

#endif
