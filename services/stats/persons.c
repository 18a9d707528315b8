// SPDX-License-Identifier: Apache-2.0
#include "services/stats/persons.h"

#include <stdlib.h>

#include "common/base/wide.h"
#include "services/stats/mix.h"
#include "services/stats/packed.h"

enum { GROUPS_BYTES = 8 + 2 * PACKED_HEAD + 8 * BLOCK_ROWS * (1 + PERSON_MOST_GROUPS) + PACKED_END };

const struct block_table stats_attributes = {{"attributes", STORE_FIRST_SERVICE_SLOT + 7}, ATTRIBUTE_COUNT};
const struct store_table stats_groups = {"group", STORE_FIRST_SERVICE_SLOT + 8};

struct persons {
    struct block_cache *cache;
    struct person_change *changes;
    size_t count;
    size_t capacity;
    uint64_t *groups; // of the changes
    size_t group_count;
    size_t group_capacity;
    struct buffer scratch; // for rows of groups
};

struct persons *persons_new(void)
{
    struct persons *persons = calloc(1, sizeof *persons);
    if (persons)
        persons->cache = block_cache_new(&stats_attributes);
    if (!persons || !persons->cache) {
        persons_free(persons);
        return NULL;
    }
    buffer_init(&persons->scratch, GROUPS_BYTES);
    return persons;
}

void persons_free(struct persons *persons)
{
    if (!persons)
        return;
    block_cache_free(persons->cache);
    free(persons->changes);
    free(persons->groups);
    buffer_fini(&persons->scratch);
    free(persons);
}

struct attributes persons_get(struct persons *persons, struct store_txn *txn, uint64_t person)
{
    struct attributes attributes = {{0}};
    if (!block_cache_get(persons->cache, txn, person, attributes.at))
        attributes = (struct attributes){{0}};
    return attributes;
}

struct attributes persons_read(struct store_txn *txn, uint64_t person)
{
    struct attributes attributes = {{0}};
    if (!block_get(txn, &stats_attributes, person, attributes.at))
        attributes = (struct attributes){{0}};
    return attributes;
}

/* Groups. */

/** A row of `stats_groups`. */
struct group_block {
    uint64_t there;
    size_t count; // persons
    int64_t counts[BLOCK_ROWS];
    size_t total;
    int64_t ids[BLOCK_ROWS * PERSON_MOST_GROUPS];
};

static void empty(struct group_block *block)
{
    block->there = 0;
    block->count = block->total = 0;
    memset(block->counts, 0, sizeof block->counts);
}

static bool read_group_block(struct bytes value, struct group_block *out_block)
{
    if (value.len < sizeof out_block->there)
        return false;
    out_block->there = get_u64(value.data);
    out_block->count = (size_t)__builtin_popcountll(out_block->there);
    out_block->total = 0;
    value = bytes_of(value.data + sizeof out_block->there, value.len - sizeof out_block->there);
    if (!packed_read(&value, out_block->counts, out_block->count))
        return false;
    for (size_t i = 0; i < out_block->count; i++) {
        if (out_block->counts[i] < 1 || out_block->counts[i] > PERSON_MOST_GROUPS)
            return false;
        out_block->total += (size_t)out_block->counts[i];
    }
    return packed_read(&value, out_block->ids, out_block->total);
}

struct groups persons_read_groups(struct store_txn *txn, uint64_t person, int64_t out_items[PERSON_MOST_GROUPS])
{
    struct key key = key_of_id(person / BLOCK_ROWS);
    const uint64_t bit = UINT64_C(1) << person % BLOCK_ROWS;
    struct bytes value;
    struct group_block block;
    struct groups groups = {0, out_items};
    if (!store_get(txn, &stats_groups, key_bytes(&key), &value))
        return groups;
    if (!read_group_block(value, &block))
        store_txn_fail(txn, FAULT_CORRUPT);
    else if (block.there & bit) {
        size_t rank = (size_t)__builtin_popcountll(block.there & (bit - 1)), first = 0;
        for (size_t i = 0; i < rank; i++)
            first += (size_t)block.counts[i];
        groups.count = (size_t)block.counts[rank];
        memcpy(out_items, &block.ids[first], groups.count * sizeof *out_items);
    }
    return groups;
}

static void write_group_block(struct persons *persons, struct store_txn *txn, struct key *key,
                              const struct group_block *block)
{
    struct buffer *scratch = &persons->scratch;
    if (block->count == 0) {
        store_delete(txn, &stats_groups, key_bytes(key));
        return;
    }
    buffer_reset(scratch);
    buffer_u64(scratch, block->there);
    packed_write(scratch, block->counts, block->count);
    packed_write(scratch, block->ids, block->total);
    packed_end(scratch);
    if (scratch->failed)
        store_txn_fail(txn, FAULT_MEMORY);
    else
        store_put(txn, &stats_groups, key_bytes(key), buffer_bytes(scratch));
}

/** Puts `count` ids in the place of those that the person had. */
static void exchange(struct group_block *block, uint64_t person, const uint64_t *ids, size_t count)
{
    const uint64_t bit = UINT64_C(1) << person % BLOCK_ROWS;
    size_t rank = (size_t)__builtin_popcountll(block->there & (bit - 1)), at = 0, had = 0;
    for (size_t i = 0; i < rank; i++)
        at += (size_t)block->counts[i];
    if (block->there & bit) {
        had = (size_t)block->counts[rank];
        block->count--;
        memmove(&block->counts[rank], &block->counts[rank + 1], (block->count - rank) * sizeof *block->counts);
    }
    memmove(&block->ids[at + count], &block->ids[at + had], (block->total - at - had) * sizeof *block->ids);
    for (size_t i = 0; i < count; i++)
        block->ids[at + i] = (int64_t)ids[i];
    block->total = block->total - had + count;
    block->there &= ~bit;
    if (count == 0)
        return;
    memmove(&block->counts[rank + 1], &block->counts[rank], (block->count - rank) * sizeof *block->counts);
    block->counts[rank] = (int64_t)count;
    block->count++;
    block->there |= bit;
}

/** Exchanges the groups of those changes from `first` on that share a block with it; how many these are. */
static size_t write_groups(struct persons *persons, struct store_txn *txn, size_t first)
{
    const uint64_t number = persons->changes[first].person / BLOCK_ROWS;
    struct key key = key_of_id(number);
    struct bytes value;
    struct group_block block;
    empty(&block);
    bool there = store_get(txn, &stats_groups, key_bytes(&key), &value), has_groups = there;
    if (there && !read_group_block(value, &block)) {
        store_txn_fail(txn, FAULT_CORRUPT);
        return persons->count - first;
    }
    size_t at = first;
    for (; at < persons->count && persons->changes[at].person / BLOCK_ROWS == number; at++) {
        const struct person_change *change = &persons->changes[at];
        has_groups = has_groups || change->group_count > 0;
        exchange(&block, change->person, persons->groups + change->first_group, change->group_count);
    }
    if (has_groups && store_txn_fault(txn) == FAULT_NONE)
        write_group_block(persons, txn, &key, &block);
    return at - first;
}

/* Changes. */

/** Room for one more change with so many groups. */
static bool reserve(struct persons *persons, size_t groups)
{
    if (persons->count == persons->capacity) {
        size_t capacity = persons->capacity ? 2 * persons->capacity : 256;
        struct person_change *changes = realloc(persons->changes, capacity * sizeof *changes);
        if (!changes)
            return false;
        persons->changes = changes;
        persons->capacity = capacity;
    }
    if (persons->group_count + groups > persons->group_capacity) {
        size_t capacity = 2 * persons->group_capacity + groups;
        uint64_t *items = realloc(persons->groups, capacity * sizeof *items);
        if (!items)
            return false;
        persons->groups = items;
        persons->group_capacity = capacity;
    }
    return true;
}

void persons_set(struct persons *persons, struct store_txn *txn, uint64_t person, const struct attributes *attributes,
                 const uint64_t *groups, size_t group_count)
{
    if (group_count > PERSON_MOST_GROUPS || !reserve(persons, group_count)) {
        store_txn_fail(txn, group_count > PERSON_MOST_GROUPS ? FAULT_TOO_LARGE : FAULT_MEMORY);
        return;
    }
    struct person_change *change = &persons->changes[persons->count];
    *change = (struct person_change){person, persons->count, {{0}}, persons->group_count, group_count};
    if (attributes)
        change->now = *attributes;
    if (group_count)
        memcpy(persons->groups + persons->group_count, groups, group_count * sizeof *groups);
    persons->group_count += group_count;
    persons->count++;
}

static int order_changes(const void *a, const void *b)
{
    const struct person_change *left = a, *right = b;
    if (left->person != right->person)
        return left->person < right->person ? -1 : 1;
    return (left->order > right->order) - (left->order < right->order);
}

const struct person_change *persons_changes(struct persons *persons, size_t *out_count)
{
    struct person_change *changes = persons->changes;
    size_t kept = 0;
    if (persons->count > 1)
        qsort(changes, persons->count, sizeof *changes, order_changes);
    for (size_t i = 0; i < persons->count; i++)
        if (i + 1 == persons->count || changes[i + 1].person != changes[i].person)
            changes[kept++] = changes[i];
    persons->count = kept;
    *out_count = kept;
    return changes;
}

void persons_write(struct persons *persons, struct store_txn *txn)
{
    static const struct attributes none;
    for (size_t i = 0; i < persons->count; i++) {
        const struct person_change *change = &persons->changes[i];
        struct attributes was = persons_get(persons, txn, change->person);
        if (memcmp(&was, &change->now, sizeof was) == 0)
            continue;
        if (memcmp(&change->now, &none, sizeof none) == 0)
            block_cache_remove(persons->cache, txn, change->person);
        else
            block_cache_put(persons->cache, txn, change->person, change->now.at);
    }
    block_cache_flush(persons->cache, txn);
    for (size_t i = 0; i < persons->count && store_txn_fault(txn) == FAULT_NONE;)
        i += write_groups(persons, txn, i);
    persons_forget(persons);
}

void persons_forget(struct persons *persons)
{
    block_cache_forget(persons->cache);
    persons->count = 0;
    persons->group_count = 0;
}

/* Whoever reads. */

struct persons_slot {
    uint64_t number;
    uint32_t place; // 0: free
};

enum { SPREAD = 16 }; // numbers for each block that is there; beyond that they are looked for

/** Of so many blocks, the last one with this number. False: no memory. */
static bool places_init(struct persons_places *places, size_t blocks, uint64_t last)
{
    *places = (struct persons_places){.count = last + 1, .slot_count = 16};
    if (last / SPREAD <= blocks) {
        places->places = calloc(places->count, sizeof *places->places);
        return places->places != NULL;
    }
    while (places->slot_count < 2 * blocks)
        places->slot_count *= 2;
    places->slots = calloc(places->slot_count, sizeof *places->slots);
    return places->slots != NULL;
}

static void places_fini(struct persons_places *places)
{
    free(places->places);
    free(places->slots);
}

static struct persons_slot *slot_of(const struct persons_places *places, uint64_t number)
{
    size_t at = (size_t)mix64(number) & (places->slot_count - 1);
    while (places->slots[at].place && places->slots[at].number != number)
        at = (at + 1) & (places->slot_count - 1);
    return &places->slots[at];
}

static void set_place(struct persons_places *places, uint64_t number, uint32_t place)
{
    if (places->places)
        places->places[number] = place;
    else
        *slot_of(places, number) = (struct persons_slot){number, place};
}

/** 0: the block is not there. */
static uint32_t place_of(const struct persons_places *places, uint64_t number)
{
    if (places->places)
        return number < places->count ? places->places[number] : 0;
    return places->slots ? slot_of(places, number)->place : 0;
}

/** How many blocks the table has, and the number of the last one. */
static bool measure(struct store_txn *txn, const struct store_table *table, size_t *out_blocks, uint64_t *out_last)
{
    struct store_cursor cursor;
    *out_blocks = (size_t)store_count(txn, table);
    *out_last = 0;
    store_cursor_open(&cursor, txn, table);
    bool there = store_cursor_last(&cursor);
    if (there)
        *out_last = get_u64(cursor.key.data);
    store_cursor_close(&cursor);
    return there;
}

static bool read_attributes(struct persons_table *table, struct store_txn *txn)
{
    struct block_walk walk;
    size_t blocks;
    uint64_t last;
    uint32_t place = 0;
    if (!measure(txn, &stats_attributes.table, &blocks, &last))
        return true;
    table->columns = (size_t)__builtin_popcount(table->wanted);
    table->values = wide_alloc_zeroed((blocks + 1) * BLOCK_ROWS * table->columns, sizeof *table->values);
    if (!places_init(&table->attribute_places, blocks, last) || !table->values)
        return false;
    block_walk_open(&walk, txn, &stats_attributes, 0, table->wanted);
    while (block_walk_next(&walk, INT64_MIN, INT64_MAX)) {
        const struct block *block = &walk.block;
        set_place(&table->attribute_places, block->number, ++place);
        for (size_t at = 0; at < block->count; at++) {
            uint64_t row = (uint64_t)place * BLOCK_ROWS + block_id(block, at) % BLOCK_ROWS;
            int64_t *values = table->values + row * table->columns;
            for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
                if (table->wanted >> i & 1)
                    *values++ = block->columns[i][at];
        }
    }
    block_walk_close(&walk);
    return true;
}

/** Room for so many more groups; false: no memory. */
static bool reserve_groups(struct persons_table *table, size_t *capacity, size_t wanted)
{
    if (wanted <= *capacity)
        return true;
    int64_t *groups = realloc(table->groups, 2 * wanted * sizeof *groups);
    if (!groups)
        return false;
    table->groups = groups;
    *capacity = 2 * wanted;
    return true;
}

/** Adds a block's groups, which follow `*count` others; false: no memory. */
static bool add_groups(struct persons_table *table, uint32_t place, const struct group_block *block, size_t *count,
                       size_t *capacity)
{
    uint32_t *ends = table->group_ends + (size_t)place * BLOCK_ROWS;
    size_t rank = 0, end = *count;
    if (!reserve_groups(table, capacity, *count + block->total))
        return false;
    memcpy(table->groups + *count, block->ids, block->total * sizeof *block->ids);
    for (size_t i = 0; i < BLOCK_ROWS; i++) {
        if (block->there >> i & 1)
            end += (size_t)block->counts[rank++];
        ends[i] = (uint32_t)end;
    }
    *count = end;
    return true;
}

static bool read_groups(struct persons_table *table, struct store_txn *txn)
{
    struct store_cursor cursor;
    struct group_block block;
    size_t blocks, count = 0, capacity = 0;
    uint64_t last;
    uint32_t place = 0;
    if (!measure(txn, &stats_groups, &blocks, &last))
        return true;
    table->group_ends = calloc((blocks + 1) * BLOCK_ROWS, sizeof *table->group_ends);
    bool good = places_init(&table->group_places, blocks, last) && table->group_ends;
    store_cursor_open(&cursor, txn, &stats_groups);
    for (bool there = store_cursor_first(&cursor); there && good; there = store_cursor_next(&cursor)) {
        if (!read_group_block(cursor.value, &block)) {
            store_txn_fail(txn, FAULT_CORRUPT);
            break;
        }
        set_place(&table->group_places, get_u64(cursor.key.data), ++place);
        good = add_groups(table, place, &block, &count, &capacity);
    }
    store_cursor_close(&cursor);
    return good;
}

bool persons_table_read(struct persons_table *table, struct store_txn *txn, unsigned wanted, bool wants_groups)
{
    *table = (struct persons_table){.wanted = wanted};
    bool good = (wanted == 0 || read_attributes(table, txn)) && (!wants_groups || read_groups(table, txn));
    return good && store_txn_fault(txn) == FAULT_NONE;
}

void persons_table_free(struct persons_table *table)
{
    places_fini(&table->attribute_places);
    places_fini(&table->group_places);
    free(table->values);
    free(table->group_ends);
    free(table->groups);
}

/** Where the person's values are; NULL: his block is not there. */
static const int64_t *values_of(const struct persons_table *table, uint64_t person)
{
    uint32_t place = place_of(&table->attribute_places, person / BLOCK_ROWS);
    return place ? table->values + (place * (uint64_t)BLOCK_ROWS + person % BLOCK_ROWS) * table->columns : NULL;
}

void persons_table_prefetch(const struct persons_table *table, uint64_t person)
{
    const int64_t *values = values_of(table, person);
    if (values)
        __builtin_prefetch(values);
}

void persons_table_get(const struct persons_table *table, uint64_t person, struct attributes *out_attributes)
{
    const int64_t *values = values_of(table, person);
    *out_attributes = (struct attributes){{0}};
    for (size_t i = 0; values && i < ATTRIBUTE_COUNT; i++)
        if (table->wanted >> i & 1)
            out_attributes->at[i] = *values++;
}

struct groups persons_table_groups(const struct persons_table *table, uint64_t person)
{
    uint32_t place = place_of(&table->group_places, person / BLOCK_ROWS);
    if (!place)
        return (struct groups){0, NULL};
    size_t at = (size_t)place * BLOCK_ROWS + person % BLOCK_ROWS;
    // Of a block's first person they begin where those of the block before end; of the first block at 0, as the place before it says.
    uint32_t begin = table->group_ends[at - 1], end = table->group_ends[at];
    return (struct groups){end - begin, table->groups + begin};
}
