// SPDX-License-Identifier: Apache-2.0
/**
 * Core: a service without its sockets and threads — frames in, one transaction a batch, frames out. The loops (service.h) and the
 * simulation drive the same core.
 *
 * Two sides that never wait for each other. The command side, one thread: core_begin, any number of core_command, core_page and
 * core_work, core_end; only after core_end may replies be sent. The query side, one thread: core_query. A frame given to the core
 * must stay where it is until the batch has ended, or the query is answered.
 */
#ifndef COMMON_SERVICE_CORE_H
#define COMMON_SERVICE_CORE_H

#include "common/base/counters.h"
#include "common/service/definition.h"

struct backup_job;
struct erasure_ledger;
struct core;

enum {
    CORE_BATCH_COMMANDS = 1000,         // most commands of one batch
    CORE_BATCH_BYTES = 8 * 1024 * 1024, // most bytes of their frames
    CORE_PAGE_RECORDS = 3000,           // most records asked for at once, unless the definition says
    CORE_PAGE_BYTES = 2 * 1024 * 1024,  // most bytes of records in a page, before the last one
    CORE_FOLLOW_WAIT_MS = 2000,         // how long a source may keep a follower waiting that it answered before
};

struct core_config {
    const struct service_definition *definition;
    void *self; // the service's state
    struct store *store;
    struct counters *counters;
    const struct bus_map *map;
    const struct clock *clock;
    size_t memory_limit;           // most command ids remembered
    uint64_t snapshot_from;        // in place of the definition's, if that has one; 0: that
    struct backup_job *backups;    // NULL: this core makes none
    struct erasure_ledger *ledger; // NULL: none is kept
};

/** Who is at the other end of a frame. */
struct core_sender {
    struct text key_name; // the key's name on tcp; empty on ipc, where the envelope names source and actor
    uint32_t role_mask;   // bits of the roles it may act as
};

/** Reads remembered ids and offsets back from the store; its pointers must outlive it. Gives: core_free. */
enum fault core_new(const struct core_config *config, struct core **out_core);
void core_free(struct core *core);

/** The sender of everything that comes over ipc: whoever may enter the run directory may do everything. */
struct core_sender core_trusted_sender(void);

/**
 * Before the doors open: persons of the ledger whom the store, being restored from an older backup, does not know as erased are erased
 * again, to the end; the ledger learns of those whom it lacks. Calls `goes_on`, unless it is NULL, several times a second.
 */
enum fault core_erase_again(struct core *core, void (*goes_on)(void));

/** The store's file was compacted: free pages hold nothing that was erased. */
enum fault core_compacted(struct core *core);

/** Whether a committed command asked for the store to be compacted, which whoever drives the core does. */
bool core_wants_compaction(const struct core *core);

/* The command side. */

/** Begins a batch. */
void core_begin(struct core *core);

/** Handles one frame from the command door; its reply is the next one of core_reply. */
void core_command(struct core *core, struct bytes frame, const struct core_sender *sender);

/** Whether core_work would do anything now: not while the store is full. */
bool core_may_work(const struct core *core);

/** When core_work has something to do at the latest, UTC milliseconds; INT64_MAX: not before something happens. */
int64_t core_work_due_ms(const struct core *core);

/** Runs the service's own work that is due, and a slice of erasing persons. */
void core_work(struct core *core);

/**
 * Ends the batch: commits when there is something to commit. On a fault every reply has become a refusal that says so.
 * FAULT_STORAGE_FULL passes by itself; after any other the program must restart.
 */
enum fault core_end(struct core *core);

/** Whether the batch that ended last committed anything, journalled or not: what the query side shows may be another. */
bool core_has_committed(const struct core *core);

/** Replies of the batch, in the order of the commands; borrow until the next core_begin. */
size_t core_reply_count(const struct core *core);
struct bytes core_reply(const struct core *core, size_t index);

/** When a batch has to be made for the access log though there is none for another reason: monotonic, INT64_MAX for never. */
int64_t core_access_due_ms(struct core *core);

/** The next batch logs all that was shown: the last one. */
void core_access_finish(struct core *core);

/** Housekeeping, about once a second, between batches. */
void core_housekeep(struct core *core);

/* Following, on the command side. Followed services are numbered as the definition lists them. */

/** Writes the query that asks source `index` for its next page, under a new id. Borrows until the next call. */
struct bytes core_page_request(struct core *core, size_t index);

enum core_page_use {
    CORE_PAGE_TAKEN,   // applied, as far as this batch goes; ask for the next
    CORE_PAGE_USELESS, // an error, or it made no sense; ask again later
    CORE_PAGE_NOT_NOW, // no fault of the source: this service cannot take it now; ask again later
    CORE_PAGE_STALE,   // no answer to the question under way: a late one to an earlier, or one that came twice
};

/** Applies the answer to it, within a batch. */
enum core_page_use core_page(struct core *core, size_t index, struct bytes frame);

/** Whether source `index` may be asked: not when its history diverged. */
bool core_may_follow(const struct core *core, size_t index);

/** How many records the last page of source `index` had. */
size_t core_page_records(const struct core *core, size_t index);

/** Whether source `index` had more than its last page held. */
bool core_is_behind(const struct core *core, size_t index);

/** Tells whether source `index` answers, for health. */
void core_source_answers(struct core *core, size_t index, bool answers);

/* The query side. */

enum core_answered {
    CORE_ANSWERED, // `out_reply` is the reply; borrows until the next core_query
    CORE_PARKED,   // nothing to say yet: ask again after a commit, or with may_park false when its time is over
};

/** Answers one frame from the query door. `out_wait_ms`: how long it may be parked. */
enum core_answered core_query(struct core *core, struct bytes frame, const struct core_sender *sender, bool may_park,
                              struct bytes *out_reply, int64_t *out_wait_ms);

/** Whether what was shown since it was last asked should make the command side look at core_access_due_ms. */
bool core_access_wakes(struct core *core);

/** The answer to a frame that waited when the service stops: to ask again, of the next start. As core_query's reply. */
struct bytes core_query_stopping(struct core *core, struct bytes frame);

/** A ctx on a fresh snapshot for work of the query side (doorbells, figures); end it with core_query_ctx_end. */
void core_query_ctx_begin(struct core *core, struct ctx *out_ctx);
void core_query_ctx_end(struct ctx *ctx);

#endif
