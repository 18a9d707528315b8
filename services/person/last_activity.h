// SPDX-License-Identifier: Apache-2.0
/**
 * Last activity: for each person who has any, when the latest of his activities began that has begun; from the activity service's events. One
 * that is still to begin is planned: it waits in an index of its own and counts from the moment it begins.
 *
 * The changes of a batch also go to `activity_news`, in numbered rows of which the newest are kept: so the query side's roster learns of changes at
 * the cost of reading what is new. adr/0003 says why so.
 *
 * What an event does to it comes in two steps, as handlers do: it is read by `…_add` and `…_remove`, and written by last_activity_write.
 */
#ifndef SERVICES_PERSON_LAST_ACTIVITY_H
#define SERVICES_PERSON_LAST_ACTIVITY_H

#include "services/person/state.h"

/** What becomes of a person's last activity, and of a planned one. */
struct last_activity_change {
    uint64_t person;
    bool is_another; // the last activity is another one, or none
    bool has_last;
    int64_t last_ms;
    enum { PLAN_STAYS, PLAN_COMES, PLAN_GOES } plan;
    uint64_t activity; // the planned one
    int64_t start_ms;
};

/** The person, who may be 0 or have been erased, and then has none, has one activity more. */
struct last_activity_change last_activity_add(const struct person_service *self, struct ctx *ctx, uint64_t person,
                                              uint64_t activity, int64_t start_ms);

/** One less; `before_ms`, if there is any left that starts no later, is the start of the latest of those. */
struct last_activity_change last_activity_remove(struct ctx *ctx, uint64_t person, uint64_t activity, int64_t start_ms,
                                                 bool has_before, int64_t before_ms);

/** A person who is erased has none. In the batch that erases; what he planned is passed over when it begins. */
void last_activity_forget(struct person_service *self, struct ctx *ctx, uint64_t person);

void last_activity_write(struct person_service *self, struct ctx *ctx, const struct last_activity_change *change);

/** What changed in a batch and is not written yet. Gives; NULL: no memory. */
struct activity_news *last_activity_news_new(void);
void last_activity_news_free(struct activity_news *news);

/* The command loop's own work (definition.h): planned activities begin, and what changed in the batch becomes news. */

int64_t last_activity_due_ms(void *state);
void last_activity_begin_planned(void *state, struct ctx *ctx);
enum fault last_activity_committing(void *state, struct ctx *ctx);
void last_activity_aborted(void *state);
/** The rows are about to be removed, and to come again from the source. */
void last_activity_resetting(void *state, struct ctx *ctx, const char *source);

/* Reading. */

/** Start of the planned activity that is the first to begin; false: none is planned. */
bool last_activity_first_planned(struct store_txn *txn, int64_t *out_start_ms);

/** Person and time of an entry of `last_activity`. */
uint64_t last_activity_person(struct bytes key);
int64_t last_activity_time(struct bytes value);

/** Whether the person has an activity that has begun, as far as was followed. */
bool last_activity_has(struct store_txn *txn, uint64_t person);

/** Number of the newest row of news; 0: there was none. */
uint64_t last_activity_news(struct store_txn *txn);

/** A person's last activity as it is now. */
typedef void last_activity_use(void *user, uint64_t person, bool has_last, int64_t last_ms);

/** Calls `use` with each change in the rows after number `after`, in order. False: some of them are not kept any more, and nothing was called. */
bool last_activity_since(struct store_txn *txn, uint64_t after, last_activity_use *use, void *user);

/** Calls `use` with everybody who has a last activity. */
void last_activity_all(struct store_txn *txn, last_activity_use *use, void *user);

#endif
