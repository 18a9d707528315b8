// SPDX-License-Identifier: Apache-2.0
/**
 * Recipients: the rows whose state is durable, and the one way in which it changes. Handlers and the service's own work call it
 * within a batch, on the command loop's thread. Source: design.md 6.
 */
#ifndef SERVICES_NOTIFICATION_RECIPIENTS_H
#define SERVICES_NOTIFICATION_RECIPIENTS_H

#include "services/notification/state.h"

/** Why a recipient stands in the index `due`. */
enum due_kind {
    DUE_EXPIRY = 1,
    DUE_RETRY = 2,
};

/** What is written down beside the new state. Without a code and a text the row keeps those it has. */
struct move_note {
    struct text code; // at most 32 bytes, a line
    struct text text; // at most 1,000 bytes, UTF-8
    int64_t retry_ms; // 0: not tried again
};

/** Whether a command may move a recipient so; refuses as wrong_state, naming both states. */
bool recipient_check_move(struct ctx *ctx, enum recipient_state from, enum recipient_state to);

/** Refuses a move as recipient_check_move does; returns NULL. */
void *recipient_refuse_move(struct ctx *ctx, enum recipient_state from, enum recipient_state to);

/** Makes a recipient of `send`, queued, with its index entries and event. `row` gets its id and state. */
void recipient_create(struct ctx *ctx, struct kept_recipient *row, const struct send *send);

/**
 * Moves a recipient, which must be allowed: writes the row, moves its index entries, emits recipient.changed. A merged person's becomes the kept one's. `row` is the row as
 * stored and becomes what is stored then. `note` may be NULL.
 */
void recipient_move(struct ctx *ctx, struct kept_recipient *row, enum recipient_state to, const struct move_note *note);

/** Takes the time of the next try away from a row as stored, which keeps its state; emits recipient.changed. */
void recipient_forget_retry(struct ctx *ctx, struct kept_recipient *row);

/**
 * Takes the person out of a row as stored: address and what a server said go, and what waits becomes what is not sent, with the code
 * `erased`; emits recipient.changed, which names nobody.
 */
void recipient_forget_person(struct ctx *ctx, struct kept_recipient *row);

/** Reads a recipient. False: there is none. */
bool recipient_get(struct ctx *ctx, uint64_t recipient, struct kept_recipient *out_row);

/** Reads the recipients of a list of ids into the batch's memory. False: refused. */
bool recipients_read(struct ctx *ctx, const uint64_t *ids, size_t count, size_t *out_count,
                     const struct recipient **out_recipients);

/*
 * Lists of ids, read to the end before anything is written. Each gives the first `max` and returns how many there are.
 */

/** Those in a state whose id is greater than `after`, by id. */
size_t recipients_in_state(struct ctx *ctx, enum recipient_state state, uint64_t after, uint64_t *out_ids, size_t max);

/** Those of a send whose id is greater than `after`, by id. */
size_t recipients_of_send(struct ctx *ctx, uint64_t send, uint64_t after, uint64_t *out_ids, size_t max);

/** Those of a person, and of persons merged into him, whose id is greater than `after`, by id. */
size_t recipients_of_person(struct ctx *ctx, uint64_t person, uint64_t after, uint64_t *out_ids, size_t max);

/** Those queued for a channel, by id. */
size_t recipients_queued(struct ctx *ctx, enum send_channel channel, uint64_t *out_ids, size_t max);

/** Those due at `now_ms` or before, the longest due first. */
size_t recipients_due(struct ctx *ctx, enum due_kind kind, int64_t now_ms, uint64_t *out_ids, size_t max);

/** When the next one is due; INT64_MAX: none. */
int64_t recipients_next_due(struct ctx *ctx, enum due_kind kind);

/** Indexes all recipients by person, and by send and person: of a store of a build that did not. */
void recipients_index(struct store_txn *txn);

#endif
