// SPDX-License-Identifier: Apache-2.0
/**
 * Merged persons, as followed from the person service: whose messages those for a merged one are, and that nobody gets the same one twice because he
 * was in a send as two. On the command loop's thread. Source: domain.md 6.
 */
#ifndef SERVICES_NOTIFICATION_MERGED_H
#define SERVICES_NOTIFICATION_MERGED_H

#include "services/notification/state.h"

/** The person who was kept, when this one was merged; else himself. */
uint64_t merged_lead(struct ctx *ctx, uint64_t person);

/** From now on the person leads to another, and cannot be reached as himself. In an apply. */
void merged_put(struct ctx *ctx, uint64_t person, uint64_t into);

/** A row as stored becomes the kept person's; what was not handed over goes to his address. The row is written by who moves it. */
void merged_lead_recipient(struct ctx *ctx, struct kept_recipient *row);

/** Notes a new recipient, so that it is found beside others of its send. In an apply. */
void merged_note_recipient(struct ctx *ctx, const struct recipient *recipient);

/**
 * Whether the send has another recipient who is the same person by now and goes before this one: the kept person's own goes before those of merged
 * ones, and what is on its way or has left before all others.
 */
bool merged_is_repeated(struct ctx *ctx, const struct recipient *recipient);

#endif
