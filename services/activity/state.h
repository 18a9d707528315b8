// SPDX-License-Identifier: Apache-2.0
/**
 * State of the activity service: its tables and indexes. All are written in the order of ids but for the indexes, the persons and
 * the few rows that change.
 *
 *     activity       id → activity, without its body          type        id → activity_type
 *     body           id, u32 piece → part of the body         type_name   Swedish name folded → id
 *     person         id >> 12 → a bit for each of 4,096       by_person   person, start newest first, id newest first → nothing
 *                                                             by_send     send, recipient → id
 *
 * For example, activity 7 of person 17, which began at 1,700,000,000,000 ms (0x18bcfe56800), has this key in by_person:
 *
 *     00 00 00 00 00 00 00 11 | 7f ff fe 74 30 1a 97 ff | ff ff ff ff ff ff ff f8
 *
 * Invariants: every activity is in by_person, once, and by_person holds nothing else. by_send keeps the activities that were
 * deleted, so that none is made again. A body has no row without its activity, and never changes.
 */
#ifndef SERVICES_ACTIVITY_STATE_H
#define SERVICES_ACTIVITY_STATE_H

#include "common/service/ctx.h"
#include "proto/activity.gen.h"

struct activity_service {
    int64_t types_due_ms; // when to look whether the usual types are there; the command loop's
};

extern const struct store_table activity_rows;
extern const struct store_table activity_bodies;
extern const struct store_table activity_persons;
extern const struct store_table activity_types;
extern const struct index activity_by_person;
extern const struct index activity_by_send;
extern const struct index activity_type_names;

#endif
