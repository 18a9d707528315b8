// SPDX-License-Identifier: Apache-2.0
/** Wishes: the commands that clients think of. */
#ifndef TESTS_SIM_WISHES_H
#define TESTS_SIM_WISHES_H

#include "proto/activity.gen.h"
#include "proto/notification.gen.h"
#include "proto/person.gen.h"
#include "tests/sim/clients.h"

struct world;

/** Bodies of commands, one at a time. */
union wish {
    struct person_create person_create;
    struct person_update person_update;
    struct person_merge person_merge;
    struct person_mark_erasure mark_erasure;
    struct person_complete_erasure complete_erasure;
    struct activity_create activity_create;
    struct activity_finish activity_finish;
    struct activity_delete activity_delete;
    struct email_send email_send;
    struct sms_send sms_send;
    struct recipient_cancel recipient_cancel;
    struct recipient_resolve recipient_resolve;
};

/** Thinks of one; `number` is the command's. What it says of itself goes to `command`, its body to `out_wish`. */
void wish_make(struct world *world, size_t number, struct sim_command *command, union wish *out_wish);

#endif
