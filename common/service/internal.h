// SPDX-License-Identifier: Apache-2.0
/** What the parts of the core share: its state, and the steps that stand in files of their own. */
#ifndef COMMON_SERVICE_INTERNAL_H
#define COMMON_SERVICE_INTERNAL_H

#include <pthread.h>

#include "common/service/core.h"
#include "common/service/memory.h"
#include "common/store/following.h"
#include "common/wire/envelope.h"
#include "common/wire/frame.h"
#include "proto/service.gen.h"
#include "proto/shell_dispatch.gen.h"

enum { CORE_MAX_FOLLOWED = 8 };

/** State of the handlers of the messages that every service answers. */
struct shell_service {
    struct core *core;
};

/** What one thread works with: memory of a batch or a query, and buffers. */
struct lane {
    struct arena arena;
    struct buffer scratch; // encoding of one row or event
    struct buffer replies;
};

/** A reply of the batch, and what is needed to replace it. */
struct core_reply_slot {
    struct text id;
    size_t offset;
    size_t len;
};

/** One followed service. */
struct source {
    const char *name;
    struct follow_position position; // with the batch's pages
    struct follow_position committed;
    bool known; // followed before: position says whose store
    bool committed_known;
    enum follow_state state;
    uint64_t source_seq;
    uint64_t set_aside; // with the batch's
    uint64_t set_aside_committed;
    uint64_t question; // number of the page asked for last
    bool asked;        // its answer is still to come
};

/** A refusal of this batch, which is forgotten when the batch is not committed. */
struct batch_refusal {
    struct batch_refusal *next;
    struct text sender;
    struct text id;
};

struct core {
    struct core_config config;
    struct memory *memory;
    struct shell_service shell;
    int64_t started_ms;
    int64_t unknown_until_ms; // of commands that expire up to then not all are remembered; 0: of none

    // The command side's.
    struct lane commands;
    struct store_txn *txn; // the batch's
    int64_t now_ms;
    int64_t monotonic_ms;
    bool has_room; // the store takes writes
    bool wrote;    // the batch has something to commit
    struct core_reply_slot replies[CORE_BATCH_COMMANDS];
    size_t reply_count;
    struct batch_refusal *first_refusal;
    struct source sources[CORE_MAX_FOLLOWED];
    size_t source_count;

    struct lane queries; // the query side's

    // Read by both sides, under the lock.
    pthread_mutex_t status_lock;
    enum fault last_fault; // of the last commit
    struct source reported[CORE_MAX_FOLLOWED];
};

/** What became of one command. */
struct command_outcome {
    struct refusal refusal;
    struct bytes body; // of the reply
    uint64_t seq;
};

/** Appends the events that a handler left in `ctx` to the journal; the last one carries `memory` (header fields id, sender,
 *  expires, digest, reply), which may be NULL. `fallback` is journalled when there are none. Returns the last position. */
uint64_t core_append_events(struct ctx *ctx, const struct journal_header *memory, const struct message_desc *fallback);

/** A ctx of the command side's batch. */
struct ctx core_command_ctx(struct core *core);

/** Looks for the journal record that remembers this command. FAULT_CORRUPT: one that may be it is damaged. */
enum fault core_find_command(struct core *core, struct store_txn *txn, struct text sender, struct text id,
                             struct journal_record *out_record, bool *out_found);

/** Whether the batch has memory left for what an apply may want: asked before it, since an apply cannot refuse. */
bool core_has_memory(const struct core *core);

/** Whether this view has come as far as `seen` asks; else the refusal is set. */
bool core_has_seen(struct ctx *ctx, size_t count, const struct seen_position *seen);

const struct command_row *dispatch_command(const struct dispatch *dispatch, struct text type);
const struct query_row *dispatch_query(const struct dispatch *dispatch, struct text type);
const struct event_row *dispatch_event(const struct dispatch *dispatch, const char *source, struct text type);

/** Copies what the query side may show of the sources. */
void core_report_sources(struct core *core);

#endif
