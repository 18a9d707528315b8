// SPDX-License-Identifier: Apache-2.0
/** What the parts of the core share: its state, and the steps that stand in files of their own. */
#ifndef COMMON_SERVICE_INTERNAL_H
#define COMMON_SERVICE_INTERNAL_H

#include <pthread.h>

#include "common/base/rate.h"
#include "common/service/access_queue.h"
#include "common/service/core.h"
#include "common/service/memory.h"
#include "common/service/old_readers.h"
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
    struct rate refusals; // of senders, in the log
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
    size_t page_records; // of the last page
    uint64_t set_aside;  // with the batch's
    uint64_t set_aside_committed;
    bool has_snapshot; // one is under way; until it is over nothing is known of the source
    bool committed_has_snapshot;
    bool has_no_snapshot;            // of use here: it told none, or none that can be applied
    struct follow_snapshot snapshot; // also the last one, until the journal was followed beyond it: `until` is not 0
    struct follow_snapshot committed_snapshot;
    bool resetting; // what was kept of it is being removed: it counts as diverged
    bool resetting_committed;
    uint64_t question; // number of the page asked for last
    bool asked;        // its answer is still to come
};

/** A refusal of this batch, which is forgotten when the batch is not committed. */
struct batch_refusal {
    struct batch_refusal *next;
    struct text sender;
    struct text id;
};

/** A person whom this batch erases. */
struct batch_erasure {
    struct batch_erasure *next;
    uint64_t person;
};

enum {
    KEPT_ROW_BYTES = 2000, // two to a page
    KEPT_MARKS = 12,
};

/** What is written of ids so that a restart finds them: recall.c. */
struct kept_ids {
    struct buffer row;     // being gathered
    uint64_t last_seq;     // of it
    uint64_t written_upto; // position of the last row, also of a batch that is gone
    size_t rows;           // that the batch has
    struct {
        int64_t monotonic_ms;
        uint64_t seq;
    } marks[KEPT_MARKS]; // where the journal was, a minute apart, the newest last
    size_t mark_count;
    uint64_t trim_upto; // rows up to here are no longer needed
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
    bool has_room;        // the store takes writes
    bool wrote;           // the batch has something to commit
    int64_t work_from_ms; // UTC; after a batch that failed, when own work is due again
    bool is_erasing;      // persons are under way, or may be
    struct core_reply_slot replies[CORE_BATCH_COMMANDS];
    size_t reply_count;
    struct batch_refusal *first_refusal;
    struct batch_erasure *first_erasure;
    bool asks_compaction; // a command of the batch
    bool wants_compaction;
    struct kept_ids ids;
    struct source sources[CORE_MAX_FOLLOWED];
    size_t source_count;

    struct old_readers old_readers;
    bool clock_known;
    int64_t utc_ahead_ms; // of the monotonic clock, when it was last looked at

    struct access_queue shown; // by the query side, to be logged by the command side
    bool access_wakes;         // the query side's: the command side should look at it
    struct access_batch done;  // by commands of the batch
    int64_t access_retry_ms;   // monotonic; after a batch that failed
    bool access_finishes;      // everything is logged now
    bool access_taken;         // this batch logs some

    struct lane queries; // the query side's

    // Read by both sides, under the lock.
    pthread_mutex_t status_lock;
    enum fault last_fault; // of the last commit
    bool has_old_reader;
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

/* Ids across a restart: recall.c. */

/** Remembers the ids that may still be repeated, at the start. */
enum fault core_recall(struct core *core);

/** Begins a batch's; remembers one, of a command whose last record is at `seq`; writes them. Faults are the batch's. */
void core_ids_begin(struct core *core);
void core_remember(struct core *core, struct text sender, struct text id, uint64_t seq, int64_t expires_ms);
void core_ids_write(struct core *core);

/* The access log: access.c. */

/** Notes that the answer to a query was shown. False: there is no room for that, and it is refused. The query side's. */
bool core_access_shown(struct core *core, struct ctx *ctx, const struct message_desc *message, const void *body,
                       const void *reply);

/** Notes whom an audited command of the batch concerned: those that its events are about. */
void core_access_done(struct core *core, const struct ctx *ctx, const struct message_desc *message);

/** Notes whom the events of own work concerned, those that are audited. Before they are appended. */
void core_access_worked(struct core *core, const struct ctx *ctx);

/** Begins a batch's; logs it, with what was shown and is due; the batch is durable, or gone. */
void core_access_begin(struct core *core);
void core_access_write(struct core *core);
void core_access_end(struct core *core, bool committed);

/* Erasing persons: erasing.c. */

/** Begins with a person; one who was erased already is fine. In the batch, after an apply and before its events are appended. */
void core_erase_person(struct core *core, struct ctx *ctx, uint64_t person);

/** Does a slice of what is under way. */
void core_erase_some(struct core *core);

/** The batch is committed: whom it erased goes to the ledger. */
void core_erased(struct core *core);

/** Whether this event of a followed service says that a person was erased. */
bool core_is_erasing_event(const struct core *core, const struct message_desc *event);

/** Nothing that waits may keep a person from being erased: what was set aside of him goes. */
void core_before_erasing_event(struct core *core, uint64_t person);

/** Whether the person, who may be 0, was erased here. */
bool core_has_erased(struct core *core, uint64_t person);

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

/** Whether the sender's key is still on the list; else the refusal is set. */
bool core_knows_sender(struct core *core, struct lane *lane, const struct core_sender *sender, struct refusal *refusal);

/** Refuses a message for the sender's role, counts that and, for keys, logs it. */
void core_refuse_role(struct core *core, struct lane *lane, const struct core_sender *sender, const char *type,
                      struct refusal *refusal);

/** Index of a followed source, by its name; -1: it is not followed. */
int core_find_source(const struct core *core, struct text name);

/** Applies an event that was set aside, in the batch. */
enum core_applied {
    CORE_APPLIED,
    CORE_NOT_APPLICABLE, // nothing was written
    CORE_NO_MEMORY,      // in this batch
};
enum core_applied core_apply_record(struct core *core, struct source *source, const struct journal_record *record);

/** Copies what the query side may show of the sources. */
void core_report_sources(struct core *core);

#endif
