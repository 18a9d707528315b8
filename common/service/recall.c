// SPDX-License-Identifier: Apache-2.0
/**
 * Ids across a restart: what was remembered of commands is remembered again, before the first new one is taken.
 *
 * The ids of a batch are kept beside the journal, so that millions are read back within a second (adr/0001). A row of the store's
 * table of ids is keyed by the journal position of its last one:
 *
 *     i64 time of the batch, UTC milliseconds | i64 the same on the monotonic clock | for each id: u32 tag (memory.h) | u32 position, its lower half | u16 seconds from
 *     the time to its expiry, rounded up
 *
 * Rows are deleted a few a batch when eleven minutes have passed on the monotonic clock: longer than any id is remembered. Records
 * after the last row, of which many make a row without ids, are read one by one; so is a store that knew no such rows.
 *
 * That the wall clock says that an id's time is over proves nothing: it may be ahead and be set right later. The monotonic clock, which
 * goes on since the machine started, must say so too; where it cannot, the time of the newest record must.
 */
#include "common/service/internal.h"

#include "common/base/endian.h"
#include "common/base/log.h"
#include "common/store/key.h"

enum {
    AT_MONOTONIC = 8,
    HEAD_BYTES = 16,
    AT_POSITION = 4,
    AT_SECONDS = 8,
    ID_BYTES = 10,
    MARK_MS = 60 * 1000,
    REACH_MS = COMMAND_MAX_AHEAD_MS + COMMAND_MEMORY_GRACE_MS,
    OLD_RECORDS = 10000, // so many in a row are too old: whatever the clock did, so are those before
    OLD_ROWS = 1000,
    RECORDS_A_ROW = 10000, // at most, that have no ids
};

_Static_assert((KEPT_MARKS - 1) * MARK_MS >= REACH_MS, "the oldest mark is out of reach");

/** One recall. */
struct recall {
    struct core *core;
    struct store_txn *txn;
    int64_t now_ms;
    int64_t newest_ms; // of rows and records; at most now
    int64_t monotonic_ms;
    enum fault fault;
};

/** When something was written; `monotonic_ms` is INT64_MAX when that is not known. */
struct moment {
    int64_t time_ms;
    int64_t monotonic_ms;
};

/** Whether so much time has passed since, by every clock that can tell; before another start of the machine only records can. */
static bool has_passed(const struct recall *recall, const struct moment *moment, int64_t span_ms)
{
    bool known = moment->monotonic_ms <= recall->monotonic_ms;
    return moment->time_ms + span_ms < (known ? recall->now_ms : recall->newest_ms) &&
           (!known || moment->monotonic_ms + span_ms < recall->monotonic_ms);
}

static void recall_id(struct recall *recall, uint32_t tag, uint64_t seq, const struct moment *moment,
                      int64_t expires_ms)
{
    struct core *core = recall->core;
    int64_t time_ms = moment->time_ms;
    if (has_passed(recall, moment, expires_ms - time_ms + COMMAND_MEMORY_GRACE_MS))
        return;
    // What only seems past lives as long as it would have from then on.
    bool past = expires_ms + COMMAND_MEMORY_GRACE_MS < recall->now_ms;
    int64_t until_ms = past ? recall->now_ms : expires_ms;
    int64_t from_ms = past ? until_ms - (expires_ms - time_ms) : recall->now_ms;
    if (!memory_has_room(core->memory)) {
        // Better busy for some than not to start; a command that may be a repeat of this one is not done again.
        if (expires_ms > core->unknown_until_ms)
            core->unknown_until_ms = expires_ms;
        return;
    }
    if (!memory_add_tag(core->memory, tag, seq, until_ms, from_ms, recall->monotonic_ms))
        recall->fault = FAULT_MEMORY;
}

/** Goes back to a row or record of this time; the first is the newest. */
static bool is_old(struct recall *recall, const struct moment *moment)
{
    if (recall->newest_ms == INT64_MIN)
        recall->newest_ms = moment->time_ms < recall->now_ms ? moment->time_ms : recall->now_ms;
    return has_passed(recall, moment, REACH_MS);
}

/** Records after position `after`, newest first. */
static void recall_records(struct recall *recall, uint64_t after)
{
    uint64_t old = 0; // in a row; a clock that was wrong for a while makes a few of them
    for (uint64_t seq = store_txn_seq(recall->txn); seq > after && old < OLD_RECORDS && !recall->fault; seq--) {
        struct journal_record record;
        bool found = false;
        recall->fault = journal_get(recall->txn, seq, &record, &found);
        if (recall->fault || !found)
            return;
        const struct journal_header *header = &record.header;
        const struct moment moment = {header->time_ms, INT64_MAX};
        old = is_old(recall, &moment) ? old + 1 : 0;
        if (header->id.len > 0)
            recall_id(recall, memory_tag(recall->core->memory, header->sender, header->id), seq, &moment,
                      header->expires_ms);
    }
}

static void recall_row(struct recall *recall, uint64_t last_seq, struct bytes row, const struct moment *moment)
{
    for (size_t at = HEAD_BYTES; at < row.len && !recall->fault; at += ID_BYTES) {
        const uint8_t *id = row.data + at;
        uint64_t seq = last_seq - ((uint32_t)last_seq - get_u32(id + AT_POSITION));
        recall_id(recall, get_u32(id), seq, moment, moment->time_ms + get_u16(id + AT_SECONDS) * (int64_t)1000);
    }
}

static void recall_rows(struct recall *recall)
{
    struct store_cursor cursor;
    uint64_t old = 0;
    store_cursor_open(&cursor, recall->txn, store_ids_table());
    bool there = store_cursor_last(&cursor);
    for (; there && old < OLD_ROWS && !recall->fault; there = store_cursor_previous(&cursor)) {
        struct bytes row = cursor.value;
        if (cursor.key.len != sizeof(uint64_t) || row.len < HEAD_BYTES || (row.len - HEAD_BYTES) % ID_BYTES != 0) {
            recall->fault = FAULT_CORRUPT;
            break;
        }
        const struct moment moment = {(int64_t)get_u64(row.data), (int64_t)get_u64(row.data + AT_MONOTONIC)};
        old = is_old(recall, &moment) ? old + 1 : 0;
        recall_row(recall, get_u64(cursor.key.data), row, &moment);
    }
    store_cursor_close(&cursor);
}

/** Position of the last row; 0: there is none. */
static uint64_t last_row(struct store_txn *txn)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, store_ids_table());
    bool there = store_cursor_last(&cursor) && cursor.key.len == sizeof(uint64_t);
    uint64_t last = there ? get_u64(cursor.key.data) : 0;
    store_cursor_close(&cursor);
    return last;
}

enum fault core_recall(struct core *core)
{
    struct recall recall = {
        .core = core,
        .txn = store_begin_read(core->config.store),
        .now_ms = clock_utc_ms(core->config.clock),
        .newest_ms = INT64_MIN,
        .monotonic_ms = clock_monotonic_ms(core->config.clock),
    };
    core->ids.written_upto = last_row(recall.txn);
    recall_records(&recall, core->ids.written_upto);
    if (!recall.fault)
        recall_rows(&recall);
    if (!recall.fault)
        recall.fault = store_txn_fault(recall.txn);
    store_abort(recall.txn);
    if (core->unknown_until_ms)
        LOG(LOG_LEVEL_WARNING, "more command ids may be repeated than are remembered at most; new commands are busy",
            log_int("remembered", (int64_t)memory_count(core->memory)), log_int("until_ms", core->unknown_until_ms));
    if (recall.fault)
        LOG(LOG_LEVEL_ERROR, "the ids of commands cannot be read back", log_name("fault", fault_name(recall.fault)));
    return recall.fault;
}

/* Keeping them. */

void core_ids_begin(struct core *core)
{
    buffer_reset(&core->ids.row);
    core->ids.rows = 0;
}

static void begin_row(struct core *core)
{
    buffer_u64(&core->ids.row, (uint64_t)core->now_ms);
    buffer_u64(&core->ids.row, (uint64_t)core->monotonic_ms);
}

static void write_row(struct core *core)
{
    struct kept_ids *ids = &core->ids;
    struct key key = key_of_id(ids->last_seq);
    if (ids->row.failed)
        store_txn_fail(core->txn, FAULT_MEMORY);
    else if (ids->row.len > 0)
        store_append(core->txn, store_ids_table(), key_bytes(&key), buffer_bytes(&ids->row));
    ids->written_upto = ids->last_seq;
    ids->rows++;
    buffer_reset(&ids->row);
}

void core_remember(struct core *core, struct text sender, struct text id, uint64_t seq, int64_t expires_ms)
{
    struct kept_ids *ids = &core->ids;
    uint32_t tag = memory_tag(core->memory, sender, id);
    int64_t left_ms = expires_ms > core->now_ms ? expires_ms - core->now_ms : 0;
    if (store_txn_fault(core->txn) != FAULT_NONE)
        return;
    if (!memory_add_tag(core->memory, tag, seq, expires_ms, core->now_ms, core->monotonic_ms)) {
        store_txn_fail(core->txn, FAULT_MEMORY);
        return;
    }
    if (ids->row.len + ID_BYTES > KEPT_ROW_BYTES)
        write_row(core);
    if (ids->row.len == 0)
        begin_row(core);
    buffer_u32(&ids->row, tag);
    buffer_u32(&ids->row, (uint32_t)seq);
    buffer_u16(&ids->row, (uint16_t)((left_ms + 999) / 1000));
    ids->last_seq = seq;
}

/** Where the journal is now, once a minute; what was so when the oldest mark was made is out of reach. */
static void mark(struct core *core)
{
    struct kept_ids *ids = &core->ids;
    if (ids->mark_count > 0 && core->monotonic_ms - ids->marks[ids->mark_count - 1].monotonic_ms < MARK_MS)
        return;
    if (ids->mark_count == KEPT_MARKS) {
        ids->trim_upto = ids->marks[0].seq;
        memmove(ids->marks, ids->marks + 1, --ids->mark_count * sizeof *ids->marks);
    }
    ids->marks[ids->mark_count].monotonic_ms = core->monotonic_ms;
    ids->marks[ids->mark_count++].seq = store_seq(core->config.store);
}

/** Deletes the oldest row when it is no longer needed; false: it is, or there is none. */
static bool trim(struct core *core)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, core->txn, store_ids_table());
    bool there = store_cursor_first(&cursor);
    uint64_t seq = there ? get_u64(cursor.key.data) : 0;
    store_cursor_close(&cursor);
    if (!there || seq > core->ids.trim_upto)
        return false;
    struct key key = key_of_id(seq);
    store_delete(core->txn, store_ids_table(), key_bytes(&key));
    return true;
}

void core_ids_write(struct core *core)
{
    struct kept_ids *ids = &core->ids;
    mark(core);
    uint64_t seq = store_txn_seq(core->txn); // below what is written where that was of a batch that is gone
    if (ids->row.len == 0 && seq > ids->written_upto && seq - ids->written_upto >= RECORDS_A_ROW) {
        begin_row(core);
        ids->last_seq = seq;
    }
    if (ids->row.len == 0)
        return;
    write_row(core);
    for (size_t trimmed = 0; trimmed < 2 * ids->rows && ids->trim_upto > 0 && trim(core); trimmed++) {
    }
}
