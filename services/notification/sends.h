// SPDX-License-Identifier: Apache-2.0
/** Sends: what email.send and sms.send have in common — who, when at the latest, and the rows that are made. */
#ifndef SERVICES_NOTIFICATION_SENDS_H
#define SERVICES_NOTIFICATION_SENDS_H

#include "services/notification/state.h"

/** A send to one person as it will be; without the ids that apply assigns. */
struct send_plan {
    struct send send;
    struct send_body body;
    struct kept_recipient recipient;
    const char *suppressed; // reason why it will not be sent; NULL: it will
};

/**
 * Finds the person and its address, and gives `plan->send` (whose channel is set) the defaults it lacks: the activity keeps the
 * whole, not after two days. False: refused, the person does not exist or the time is past.
 */
bool send_plan_finish(struct ctx *ctx, uint64_t person, struct send_plan *plan);

/** Makes the send and its recipient; gives both their ids. */
void send_plan_apply(struct notification_service *self, struct ctx *ctx, const struct send_plan *plan,
                     uint64_t *out_send, uint64_t *out_recipient, enum recipient_state *out_state);

/** Reads a send with its text. False: there is none. */
bool send_read(struct ctx *ctx, uint64_t id, struct send *out_send);

#endif
