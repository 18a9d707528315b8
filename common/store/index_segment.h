// SPDX-License-Identifier: Apache-2.0
/**
 * Segments: entries of deferred indexes that wait in memory, sorted and never changed after they are made, so that any
 * thread may read one without a lock. Internal to common/store; knows nothing of LMDB or of transactions.
 *
 * Entries are ordered by index, then by key. A segment has one entry a key; of the same key in two segments the newer
 * one replaces the older, or is added to it. index_walk.h goes through several segments as one.
 *
 * So that many may wait they stand close together, in blocks of SEGMENT_BLOCK_ENTRIES:
 *
 *     u8 head: 1 put, 2 delete, 3 add | 4: a slot follows | 8: the value is empty, the amount is 1
 *     [u8 table slot; else it is that of the entry before]
 *     u8 bytes of the key that are those of the entry before | length of its rest, rest
 *     put: [length, value] | add: [amount, zigzag]
 *
 * Lengths and amounts are LEB128. A block's first entry has its slot and its whole key, so that blocks can be searched.
 */
#ifndef COMMON_STORE_INDEX_SEGMENT_H
#define COMMON_STORE_INDEX_SEGMENT_H

#include "common/store/store.h"

enum index_entry_kind {
    INDEX_ENTRY_PUT = 1,
    INDEX_ENTRY_DELETE = 2,
    INDEX_ENTRY_ADD = 3,
};

/** What is to be done to one key. Borrows. */
struct index_entry {
    enum index_entry_kind kind;
    unsigned slot; // of the index's table
    struct bytes key;
    struct bytes value; // put
    int64_t amount;     // add
};

/** Modulo 2^64: amounts may come in an order in which they pass the ends while their sum does not. */
static inline int64_t index_sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/** Where an entry would stand: before the first entry at or after the key, or after the key. */
struct index_place {
    unsigned slot;
    struct bytes key;
    bool after;
};

/** Whether the entry stands before the place. */
static inline bool index_place_is_after(const struct index_place *place, unsigned slot, struct bytes key)
{
    int order = slot == place->slot ? bytes_compare(key, place->key) : slot < place->slot ? -1 : 1;
    return order < 0 || (order == 0 && place->after);
}

/** Slots of the tables of which single keys are looked for often. */
struct segment_slots {
    uint64_t bits[4];
};

static inline bool segment_slots_have(const struct segment_slots *slots, unsigned slot)
{
    return slots->bits[slot / 64] >> slot % 64 & 1;
}

struct segment {
    unsigned refs;  // under the lock of who shares it
    unsigned level; // how often it was merged
    uint64_t txn;   // LMDB's number of the transaction that made its newest entries
    size_t count;
    size_t byte_count;
    size_t block_count;
    uint8_t *bytes;
    uint32_t *blocks;                   // where each begins
    const struct segment_slots *sought; // NULL: none
    size_t sought_count;                // entries of theirs
    size_t filter_words;
    // A blocked Bloom filter of those: a word of several bits for each, by its hash. NULL: it has none of them.
    uint64_t *filter;
};

void segment_free(struct segment *segment);

/** Of a key: by it filters tell, and what is pending is found. */
uint64_t segment_hash(unsigned slot, struct bytes key);

enum { SEGMENT_FILTER_BITS = 12, SEGMENT_HASH_BITS = 6 }; // of an entry; a number below 64

/** The bits of a key in its word of the filter: four, or fewer where they meet. */
static inline uint64_t segment_filter_bits(uint64_t hash)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++)
        bits |= UINT64_C(1) << (hash >> SEGMENT_HASH_BITS * i & 63);
    return bits;
}

static inline size_t segment_filter_word(const struct segment *segment, uint64_t hash)
{
    return (size_t)((hash >> 32) * segment->filter_words >> 32);
}

/** False: the segment has no entry of this sought key. True of one in fifty others, too. */
static inline bool segment_may_have(const struct segment *segment, uint64_t hash)
{
    uint64_t bits = segment_filter_bits(hash);
    return segment->sought_count > 0 && (segment->filter[segment_filter_word(segment, hash)] & bits) == bits;
}

/** Number of entries before the place. */
size_t segment_seek(const struct segment *segment, struct index_place place);

/** The entry of exactly this key, which it borrows besides the segment; false: none. */
bool segment_find(const struct segment *segment, unsigned slot, struct bytes key, struct index_entry *out_entry);

/** One entry of a segment, decoded. */
struct segment_cursor {
    const struct segment *segment;
    size_t at;
    size_t next;              // where the entry after it begins
    struct index_entry entry; // its key borrows from here, its value from the segment
    uint8_t key[STORE_MAX_KEY_BYTES];
};

/** Moves to entry `at` of the segment, which has more. */
void segment_cursor_at(struct segment_cursor *cursor, const struct segment *segment, size_t at);
/** Moves to the entry after it, which must be there. */
void segment_cursor_next(struct segment_cursor *cursor);

/** A segment that is being made. */
struct segment_builder {
    struct segment *segment;
    size_t byte_room;
    size_t block_room;
    unsigned slot; // of the last entry, and its key
    size_t key_len;
    uint8_t key[STORE_MAX_KEY_BYTES];
};

/**
 * Begins one with room for so many bytes; more is taken as needed. `sought`, which outlives the segment, may be NULL; about `entries` will be of
 * those. False: no memory.
 */
bool segment_builder_init(struct segment_builder *builder, size_t bytes, const struct segment_slots *sought,
                          size_t entries);

/** Adds an entry that is greater than all there. False: no memory. */
bool segment_builder_add(struct segment_builder *builder, const struct index_entry *entry);

/** Gives the segment, and with it the room that was not needed back. */
struct segment *segment_builder_take(struct segment_builder *builder);

/** Frees what was not taken. */
void segment_builder_fini(struct segment_builder *builder);

#endif
