// SPDX-License-Identifier: Apache-2.0
/**
 * State of the notification service: its tables and indexes, the store of blobs, and what the command loop remembers between
 * batches.
 *
 *     send       id → send, without its text         body       send id → send_body
 *     recipient  id → kept_recipient                 person     person id → reachable
 *     blob       id → blob_head                      seen_epoch "epoch" → u64, the store's when it last ran
 *     merged     merged person → the one who was kept (common/store/alias.h)
 *
 *     by_state   state, recipient id                 by_send    send id, recipient id
 *     queue      channel, recipient id               due        why, time, recipient id
 *     blob_age   when made, blob id                  by_send_person  send id, person it was planned for, recipient id
 *     by_person  person id, recipient id
 *     blob_use   blob id, send id
 *     erased     who was, and how far that is (common/service/erasing.h)
 *
 * Invariants, kept by recipients.c alone: every recipient of a person stands in by_person once, and every one in by_state once, under its state; in queue if and only if it is
 * queued; in due as EXPIRY if and only if it is queued or deferred, and as RETRY if and only if it has retry_ms and is deferred or
 * unknown. A blob stands in blob_age until a send uses it.
 *
 * The store of blobs (notification/blobs) holds content only: blob id, offset → at most 4,000 bytes (blobs.h).
 */
#ifndef SERVICES_NOTIFICATION_STATE_H
#define SERVICES_NOTIFICATION_STATE_H

#include "common/base/counters.h"
#include "common/service/ctx.h"
#include "common/store/archive.h"
#include "proto/notification.gen.h"
#include "proto/notification_rows.gen.h"
#include "services/notification/outlet.h"
#include "services/notification/settings.h"

enum {
    STATE_PATH_BYTES = 4096,
    REMOVALS_A_BATCH = 2, // blobs; each has up to 2,600 chunks, and a transaction deletes about 5,000 rows at most
};

struct notification_service {
    struct store *store;
    struct counters *counters;
    struct notification_settings settings;
    char outbox_path[STATE_PATH_BYTES];

    // The store of blobs and its part of the batch.
    char blob_path[STATE_PATH_BYTES];
    struct store *blobs;
    struct archive *blob_archive;             // NULL: none is kept
    struct store_txn *blob_txn;               // the batch's, begun by the first piece; NULL: none
    uint64_t removed_blobs[REMOVALS_A_BATCH]; // rows removed in this batch, whose content goes after it
    size_t removed_count;

    bool removed_files; // of the outbox, in this batch

    // Work.
    int wake_fd;         // transports ring it when outcomes wait
    int64_t due_ms;      // when the work is to run; handlers that queue a recipient set it to 0
    int64_t set_back_ms; // so much the machine's clock was set back since the start; see notification_timer_ms
    bool settled;        // what the last run left claimed was settled, in this batch or before
    bool recovered;      // the same, and durable
    bool sweeping;       // content without a row is being looked for, once after each start
    uint64_t sweep_from;
    bool stopping; // nothing is claimed any more
    struct outlet outlets[OUTLET_COUNT];
};

extern const struct store_table notification_sends;
extern const struct store_table notification_bodies;
extern const struct store_table notification_recipients;
extern const struct store_table notification_persons;
extern const struct store_table notification_blob_heads;
extern const struct store_table notification_seen_epoch;
extern const struct store_table notification_merged;
extern const struct store_table notification_erased_persons;
extern const struct index notification_by_state;
extern const struct index notification_by_send;
extern const struct index notification_queue;
extern const struct index notification_due;
extern const struct index notification_blob_age;
extern const struct index notification_by_send_person;
extern const struct index notification_by_person;
extern const struct index notification_blob_uses;

/** The time by which retries wait: as UTC, but it goes on when the clock is set back, so that a retry is not an hour late. */
static inline int64_t notification_timer_ms(const struct notification_service *self, const struct ctx *ctx)
{
    return ctx->now_ms + self->set_back_ms;
}

#endif
