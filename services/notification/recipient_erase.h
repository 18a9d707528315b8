// SPDX-License-Identifier: Apache-2.0
/**
 * Recipient erase: what becomes of sends to a person who is erased (common/service/erasing.h). Each recipient keeps its send, its
 * state and its times, so that what was counted stays so; who it was, his address and what a server said of him go, and the file that the
 * outbox has of it. What waits is not handed over; what is under way finishes, and its outcome names nobody. A send all of whose
 * recipients are gone loses subject, text and attachments. Source: design.md 6 and 8.
 */
#ifndef SERVICES_NOTIFICATION_RECIPIENT_ERASE_H
#define SERVICES_NOTIFICATION_RECIPIENT_ERASE_H

#include "common/service/definition.h"
#include "services/notification/state.h"

extern const struct service_erasure recipient_erasure;

/** Whether the person was erased. */
bool notification_has_erased(struct ctx *ctx, uint64_t person);

/** What came of a hand-over to a person who was erased meanwhile: no file stays of it, and nothing waits for another try. In an apply. */
void recipient_erase_late(struct notification_service *self, struct ctx *ctx, struct kept_recipient *row);

/** Makes files that were removed in this batch stay so, before its commit. */
enum fault recipient_erase_commit(struct notification_service *self);

#endif
