// SPDX-License-Identifier: Apache-2.0
#include "common/store/internal.h"

static const struct index_version *version_of(struct store_txn *txn)
{
    return txn->writing ? txn->store->index_memory.current : txn->indexes;
}

/** Whether the segment holds nothing that the transaction's view does not. */
static bool is_in_view(const struct store_txn *txn, const struct segment *segment)
{
    return txn->writing || segment->txn <= mdb_txn_id(txn->mdb);
}

/** Which of the version's segments hold what the view's tables lack of the key: from here on. */
static size_t first_segment(struct store_txn *txn, const struct index_version *version, unsigned slot, struct bytes key)
{
    struct index_place place;
    if (version->run_count == 0)
        return 0;
    bool waits = index_rest_of_run(txn, version, &place) && !index_place_is_after(&place, slot, key);
    return waits ? 0 : version->run_count;
}

/** A key that is looked for in one segment after the other. */
struct sought_key {
    const struct index *index;
    struct bytes key;
    uint64_t hash; // of an index of which that is done often
};

static bool find(const struct segment *segment, const struct sought_key *sought, struct index_entry *out_entry)
{
    return (sought->index->writing != INDEX_SOUGHT || segment_may_have(segment, sought->hash)) &&
           segment_find(segment, sought->index->table.slot, sought->key, out_entry);
}

bool index_waiting_find(struct store_txn *txn, const struct index *index, struct bytes key,
                        struct index_entry *out_entry)
{
    const struct index_memory *memory = &txn->store->index_memory;
    const struct index_version *version = version_of(txn);
    const struct sought_key sought = {index, key,
                                      index->writing == INDEX_SOUGHT ? segment_hash(index->table.slot, key) : 0};
    if (txn->fault)
        return false;
    if (txn->writing && index_pending_find(&memory->pending, index, key, out_entry))
        return true;
    for (size_t i = txn->writing ? memory->own_count : 0; i > 0; i--)
        if (find(memory->own[i - 1], &sought, out_entry))
            return true;
    size_t first = first_segment(txn, version, index->table.slot, key);
    for (size_t i = version->count; i > first; i--)
        if (is_in_view(txn, version->segments[i - 1]) && find(version->segments[i - 1], &sought, out_entry))
            return true;
    return false;
}

static void add_up(const struct segment *segment, unsigned slot, struct bytes key, int64_t *sum)
{
    struct index_entry entry;
    if (segment_find(segment, slot, key, &entry))
        *sum = index_sum(*sum, entry.amount);
}

int64_t index_waiting_sum(struct store_txn *txn, const struct index *index, struct bytes key)
{
    const struct index_memory *memory = &txn->store->index_memory;
    const struct index_version *version = version_of(txn);
    unsigned slot = index->table.slot;
    struct index_entry entry;
    int64_t sum = 0;
    if (txn->fault)
        return 0;
    if (txn->writing && index_pending_find(&memory->pending, index, key, &entry))
        sum = entry.amount;
    for (size_t i = 0; txn->writing && i < memory->own_count; i++)
        add_up(memory->own[i], slot, key, &sum);
    for (size_t i = first_segment(txn, version, slot, key); i < version->count; i++)
        if (is_in_view(txn, version->segments[i]))
            add_up(version->segments[i], slot, key, &sum);
    return sum;
}

static void add_within(struct index_walk *walk, const struct segment *segment, const struct index_place *low,
                       const struct index_place *high)
{
    size_t first = segment_seek(segment, *low);
    if (first < segment->count)
        index_walk_add(walk, segment, first, segment_seek(segment, *high));
}

struct index_walk *index_waiting_walk(struct store_txn *txn, struct index_place low, struct index_place high,
                                      bool descending)
{
    const struct index_memory *memory = &txn->store->index_memory;
    if (txn->writing)
        store_indexes_flush(txn);
    const struct index_version *version = version_of(txn);
    size_t own_count = txn->writing ? memory->own_count : 0;
    if (txn->fault || version->count + own_count == 0)
        return NULL;
    struct index_walk *walk = index_walk_new(descending, version->count + own_count);
    if (!walk) {
        store_txn_fail_logged(txn, FAULT_MEMORY, "walking an index");
        return NULL;
    }
    struct index_place rest, *run_low = &low;
    bool run = version->run_count > 0 && index_rest_of_run(txn, version, &rest);
    if (run && index_place_is_after(&rest, low.slot, low.key))
        run_low = &rest;
    for (size_t i = run ? 0 : version->run_count; i < version->count; i++)
        if (is_in_view(txn, version->segments[i]))
            add_within(walk, version->segments[i], i < version->run_count ? run_low : &low, &high);
    for (size_t i = 0; i < own_count; i++)
        add_within(walk, memory->own[i], &low, &high);
    return walk;
}
