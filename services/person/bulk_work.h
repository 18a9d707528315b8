// SPDX-License-Identifier: Apache-2.0
/** Bulk work: the command side of bulk changes, as the shell's hooks want it (definition.h): keeps who was chosen, then changes slice after slice. */
#ifndef SERVICES_PERSON_BULK_WORK_H
#define SERVICES_PERSON_BULK_WORK_H

#include "services/person/bulk_choose.h"

struct bulk_work;
struct card_change;

/** Something to do will be committed with this batch. */
void bulk_work_awaits(struct person_service *self);

/** NULL: no memory. Gives: bulk_work_free. */
struct bulk_work *bulk_work_new(void);
void bulk_work_free(struct bulk_work *work);

int bulk_work_wake_fd(void *state);
int64_t bulk_work_due_ms(void *state);
void bulk_work_run(void *state, struct ctx *ctx);
void bulk_work_committed(void *state);
void bulk_work_aborted(void *state);

/** Takes over what a bulk change does to a card, by the card's rules; false: refused. */
bool bulk_change_card(const struct person_service *self, struct ctx *ctx, const struct person_changes *set,
                      struct card_change *change);

#endif
