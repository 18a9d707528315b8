// SPDX-License-Identifier: Apache-2.0
/**
 * State of the activity service: its tables and indexes. All are written in the order of ids but for the indexes, the persons, what is known of
 * merges, and the few rows that change.
 *
 *     activity       id → activity, without its body          type        id → activity_type
 *     body           id, u32 piece → part of the body         type_name   Swedish name folded → id
 *     person         id >> 12 → a bit for each of 4,096       by_person   person, start newest first, id newest first → nothing
 *     move       merged person → activity_move                by_send     send, recipient → id
 *     merged     merged person → the one who was kept (common/store/alias.h)
 *     merged_type    type → the one that stands for it (the same)
 *     erased     who was (common/service/erasing.h)
 *     employee   person → employee_days                       organisation    id >> 12 → a bit for each of 4,096
 *     by_organisation    organisation, start newest first, id newest first → nothing
 *     by_assignee        assignee, due, id → nothing: open ones; the greatest number where it is not due at any time
 *     by_due             due, id → nothing: open ones of which nobody was told yet that they are due
 *
 * For example, activity 7 of person 17, which began at 1,700,000,000,000 ms (0x18bcfe56800), has this key in by_person:
 *
 *     00 00 00 00 00 00 00 11 | 7f ff fe 74 30 1a 97 ff | ff ff ff ff ff ff ff f8
 *
 * Invariants: every activity of a person is in by_person, once, and by_person holds nothing else; an anonymous one has no person, and is in none of
 * the lists; by_organisation, by_assignee and by_due hold what the rows say. by_send keeps the
 * activities that were deleted, so that none is made again. A body has no row without its activity. A merged person has
 * activities only while he has a row in move, and gets no new ones. Rows of activities keep the type they were given, which
 * may be a merged one; what is read of them is not.
 */
#ifndef SERVICES_ACTIVITY_STATE_H
#define SERVICES_ACTIVITY_STATE_H

#include "common/service/ctx.h"
#include "common/wire/taking.h"
#include "proto/activity.gen.h"
#include "proto/activity_rows.gen.h"

struct activity_service {
    // The command loop's.
    int64_t types_due_ms;  // when to look whether the usual types are there
    int64_t moves_due_ms;  // when to look whether activities are to go over to another person
    int64_t moves_ran_ms;  // when that was looked last
    int64_t tasks_due_ms;  // when the next activity is due
    int64_t tasks_ran_ms;  // when that was looked last
    struct key tasks_from; // no key of by_due lies before it; empty: any may
    // Constant:
    struct taking update_fields; // of activity.update
};

extern const struct store_table activity_rows;
extern const struct store_table activity_bodies;
extern const struct store_table activity_persons;
extern const struct store_table activity_types;
extern const struct store_table activity_merged;
extern const struct store_table activity_merged_types;
extern const struct store_table activity_moves;
extern const struct store_table activity_erased_persons;
extern const struct index activity_by_person;
extern const struct index activity_by_send;
extern const struct store_table activity_employees;
extern const struct store_table activity_organisations;
extern const struct index activity_by_organisation;
extern const struct index activity_by_assignee;
extern const struct index activity_by_due;
extern const struct index activity_type_names;

#endif
