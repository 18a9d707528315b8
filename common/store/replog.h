// SPDX-License-Identifier: Apache-2.0
/**
 * Replicated log: where a batch's write set goes before the local commit (design.md, 9). The one driver today is
 * "local": the local commit is all there is. Another driver appends the write set keyed (store, partition, seq)
 * elsewhere first; its collision is FAULT_FENCED.
 *
 * A write set is one value: every row, journal, offset and meta write of a batch, in order. Merges of indexes are local
 * and never part of it. Identity, secret, epoch and schema version are not either: a stand-by begins as a copy of the
 * store. All numbers big-endian:
 *
 *     u8 version, 1 | u64 first journal position | u64 last journal position | operations:
 *         u8 kind (1 put, 2 delete) | u8 table slot | u16 key length | key | put only: u32 value length, value
 */
#ifndef COMMON_STORE_REPLOG_H
#define COMMON_STORE_REPLOG_H

#include "common/base/buffer.h"
#include "common/store/store.h"

struct write_set {
    uint64_t first_seq; // last_seq + 1 when the batch appended nothing
    uint64_t last_seq;
    struct bytes encoded;
};

/**
 * How many write sets a log has of a store, and since when: a chain begins where a batch was not logged, after a
 * restore, and where the log has not what the store says.
 */
struct replog_position {
    uint8_t chain[STORE_CHAIN_BYTES]; // random
    uint64_t number;                  // of the last write set, 0: none yet
};

struct replog {
    /** False: no write set is gathered and append is not called. */
    bool wants_write_sets;
    /**
     * The store is open and stands at this position; it keeps count, in the transactions that the sets are of. The log
     * forgets what it has beyond it, which was never acknowledged. FAULT_CORRUPT: the log does not reach so far; the
     * store then begins another chain and asks again. NULL: the log needs no count.
     */
    enum fault (*opened)(struct replog *self, const struct store *store, const struct replog_position *at);
    /**
     * Durable there when it returns FAULT_NONE; a fault aborts the transaction. Runs on the writer's thread, before the
     * local commit; when that fails afterwards, the log is ahead, and the store refuses to write (FAULT_IO) until it is
     * opened again. Borrows the set for the call.
     */
    enum fault (*append)(struct replog *self, const struct store *store, const struct write_set *set);
    /** For who made the driver, after the store is closed; the store never calls it. */
    void (*close)(struct replog *self);
};

/** The local driver. Borrows: constant. */
struct replog *replog_local(void);

/**
 * Applies another store's write set to this one, on a stand-by: one transaction, committed, not replicated again.
 * FAULT_CORRUPT when it is malformed, does not begin right after this store's last position, or breaks the chain;
 * nothing is then changed.
 */
enum fault store_apply_write_set(struct store *store, const struct write_set *set);

#endif
