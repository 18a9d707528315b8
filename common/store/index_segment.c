// SPDX-License-Identifier: Apache-2.0
#include "common/store/index_segment.h"

#include <stdlib.h>

#include "common/base/must.h"

enum {
    SEGMENT_BLOCK_ENTRIES = 16,
    HEAD_KIND = 3,
    HEAD_SLOT = 4,
    HEAD_PLAIN = 8, // an empty value, an amount of 1
    MAX_SHARED = UINT8_MAX,
    MAX_NUMBER_BYTES = 10,
    MAX_ENTRY_BYTES = 3 + 3 * MAX_NUMBER_BYTES, // besides key and value
};

void segment_free(struct segment *segment)
{
    if (!segment)
        return;
    free(segment->bytes);
    free(segment->blocks);
    free(segment->filter);
    free(segment);
}

/**
 * Eight bytes at a time, mixed as SplitMix64 does. Keys are made of the store's own numbers, big-endian: what differs stands in the highest bits
 * of the last word, and only the end brings it down to those that tell the place.
 */
uint64_t segment_hash(unsigned slot, struct bytes key)
{
    uint64_t hash = slot;
    for (size_t at = 0; at < key.len; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t left = key.len - at;
        memcpy(&word, key.data + at, left < sizeof word ? left : sizeof word);
        hash = (hash ^ word) * 0xbf58476d1ce4e5b9;
        hash ^= hash >> 29;
    }
    hash = (hash ^ hash >> 32) * 0x94d049bb133111eb;
    return hash ^ (hash >> 32);
}

/* Reading. */

static uint64_t take_number(const uint8_t *bytes, size_t *at)
{
    uint64_t number = bytes[*at] & 0x7f;
    for (unsigned shift = 7; bytes[(*at)++] & 0x80; shift += 7)
        number |= (uint64_t)(bytes[*at] & 0x7f) << shift;
    return number;
}

/** Decodes the entry at `at`; `key` and `entry` hold the one before, or it is the first of a block. Returns where the next is. */
static size_t decode(const struct segment *segment, size_t at, struct index_entry *entry, uint8_t *key)
{
    const uint8_t *bytes = segment->bytes;
    uint8_t head = bytes[at++];
    entry->kind = (enum index_entry_kind)(head & HEAD_KIND);
    if (head & HEAD_SLOT)
        entry->slot = bytes[at++];
    size_t shared = bytes[at++];
    size_t rest = take_number(bytes, &at);
    memcpy(key + shared, bytes + at, rest);
    at += rest;
    entry->key = bytes_of(key, shared + rest);
    entry->value = (struct bytes){NULL, 0};
    entry->amount = 0;
    if (entry->kind == INDEX_ENTRY_PUT) {
        size_t len = head & HEAD_PLAIN ? 0 : take_number(bytes, &at);
        entry->value = bytes_of(bytes + at, len);
        at += len;
    } else if (entry->kind == INDEX_ENTRY_ADD) {
        uint64_t zigzag = head & HEAD_PLAIN ? 2 : take_number(bytes, &at);
        entry->amount = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    }
    return at;
}

/** Whether the block's first entry stands before the place. */
static bool begins_before(const struct segment *segment, size_t block, const struct index_place *place)
{
    size_t at = segment->blocks[block] + 1;
    unsigned slot = segment->bytes[at];
    at += 2; // it shares no bytes
    size_t len = take_number(segment->bytes, &at);
    return index_place_is_after(place, slot, bytes_of(segment->bytes + at, len));
}

/** The last block that begins before the place; the first one when none does. */
static size_t seek_block(const struct segment *segment, const struct index_place *place)
{
    size_t low = 0, high = segment->block_count; // of those that begin before it, how many
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (begins_before(segment, middle, place))
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : 0;
}

/** Moves to the first entry that does not stand before the place; false: there is none. */
static bool seek(struct segment_cursor *cursor, const struct segment *segment, const struct index_place *place)
{
    if (segment->count == 0)
        return false;
    segment_cursor_at(cursor, segment, seek_block(segment, place) * SEGMENT_BLOCK_ENTRIES);
    while (index_place_is_after(place, cursor->entry.slot, cursor->entry.key)) {
        if (cursor->at + 1 == segment->count)
            return false;
        segment_cursor_next(cursor);
    }
    return true;
}

size_t segment_seek(const struct segment *segment, struct index_place place)
{
    struct segment_cursor cursor;
    return seek(&cursor, segment, &place) ? cursor.at : segment->count;
}

bool segment_find(const struct segment *segment, unsigned slot, struct bytes key, struct index_entry *out_entry)
{
    struct segment_cursor cursor;
    const struct index_place place = {slot, key, false};
    if (!seek(&cursor, segment, &place) || cursor.entry.slot != slot || !bytes_equal(cursor.entry.key, key))
        return false;
    *out_entry = cursor.entry;
    out_entry->key = key;
    return true;
}

void segment_cursor_at(struct segment_cursor *cursor, const struct segment *segment, size_t at)
{
    must(at < segment->count);
    cursor->segment = segment;
    cursor->at = at - at % SEGMENT_BLOCK_ENTRIES;
    cursor->entry.slot = 0; // a block's first entry has its own
    cursor->next = decode(segment, segment->blocks[at / SEGMENT_BLOCK_ENTRIES], &cursor->entry, cursor->key);
    while (cursor->at < at)
        segment_cursor_next(cursor);
}

void segment_cursor_next(struct segment_cursor *cursor)
{
    cursor->at++;
    cursor->next = decode(cursor->segment, cursor->next, &cursor->entry, cursor->key);
}

/* Making. */

static bool resize(void **block, size_t *room, size_t wanted, size_t size)
{
    void *resized = realloc(*block, wanted * size);
    if (!resized)
        return false;
    *block = resized;
    *room = wanted;
    return true;
}

static bool take_bytes(struct segment_builder *builder, size_t wanted)
{
    struct segment *segment = builder->segment;
    void *bytes = segment->bytes;
    if (wanted <= builder->byte_room - segment->byte_count)
        return true;
    bool taken = resize(&bytes, &builder->byte_room, builder->byte_room + builder->byte_room / 2 + wanted, 1);
    segment->bytes = bytes;
    return taken;
}

static bool begin_block(struct segment_builder *builder)
{
    struct segment *segment = builder->segment;
    void *blocks = segment->blocks;
    if (segment->block_count == builder->block_room &&
        !resize(&blocks, &builder->block_room, 2 * builder->block_room + 1, sizeof *segment->blocks))
        return false;
    segment->blocks = blocks;
    segment->blocks[segment->block_count++] = (uint32_t)segment->byte_count;
    return true;
}

/** Room in the filter for so many entries. */
static bool take_filter(struct segment *segment, size_t entries)
{
    segment->filter_words = entries * SEGMENT_FILTER_BITS / 64 + 1;
    segment->filter = calloc(segment->filter_words, sizeof *segment->filter);
    return segment->filter != NULL;
}

bool segment_builder_init(struct segment_builder *builder, size_t bytes, const struct segment_slots *sought,
                          size_t entries)
{
    *builder = (struct segment_builder){.segment = calloc(1, sizeof *builder->segment)};
    if (!builder->segment)
        return false;
    builder->segment->refs = 1;
    builder->segment->sought = sought;
    if (take_bytes(builder, bytes) && (!sought || entries == 0 || take_filter(builder->segment, entries)))
        return true;
    segment_builder_fini(builder);
    return false;
}

static void put_byte(struct segment *segment, uint8_t byte)
{
    segment->bytes[segment->byte_count++] = byte;
}

static void put_number(struct segment *segment, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        put_byte(segment, (uint8_t)(number | 0x80));
    put_byte(segment, (uint8_t)number);
}

static void put_bytes(struct segment *segment, const uint8_t *data, size_t len)
{
    if (len)
        memcpy(segment->bytes + segment->byte_count, data, len);
    segment->byte_count += len;
}

static size_t shared_with_last(const struct segment_builder *builder, struct bytes key)
{
    size_t shared = 0, most = builder->key_len < key.len ? builder->key_len : key.len;
    most = most < MAX_SHARED ? most : MAX_SHARED;
    while (shared < most && builder->key[shared] == key.data[shared])
        shared++;
    return shared;
}

static bool is_plain(const struct index_entry *entry)
{
    return entry->kind == INDEX_ENTRY_PUT ? entry->value.len == 0
                                          : entry->kind == INDEX_ENTRY_ADD && entry->amount == 1;
}

static void add_to_filter(struct segment *segment, const struct index_entry *entry)
{
    uint64_t hash = segment_hash(entry->slot, entry->key);
    must(segment->filter); // room for fewer was asked for; without room for any nothing would be found
    segment->filter[segment_filter_word(segment, hash)] |= segment_filter_bits(hash);
    segment->sought_count++;
}

bool segment_builder_add(struct segment_builder *builder, const struct index_entry *entry)
{
    struct segment *segment = builder->segment;
    bool begins = segment->count % SEGMENT_BLOCK_ENTRIES == 0, plain = is_plain(entry);
    size_t wanted = MAX_ENTRY_BYTES + entry->key.len + entry->value.len;
    if (segment->byte_count > UINT32_MAX - wanted || !take_bytes(builder, wanted) || (begins && !begin_block(builder)))
        return false;
    bool has_slot = begins || entry->slot != builder->slot;
    size_t shared = begins ? 0 : shared_with_last(builder, entry->key);
    put_byte(segment, (uint8_t)(entry->kind | (has_slot ? HEAD_SLOT : 0) | (plain ? HEAD_PLAIN : 0)));
    if (has_slot)
        put_byte(segment, (uint8_t)entry->slot);
    put_byte(segment, (uint8_t)shared);
    put_number(segment, entry->key.len - shared);
    put_bytes(segment, entry->key.data + shared, entry->key.len - shared);
    if (!plain && entry->kind == INDEX_ENTRY_PUT) {
        put_number(segment, entry->value.len);
        put_bytes(segment, entry->value.data, entry->value.len);
    } else if (!plain && entry->kind == INDEX_ENTRY_ADD) {
        uint64_t twice = (uint64_t)entry->amount << 1;
        put_number(segment, entry->amount < 0 ? ~twice : twice);
    }
    memcpy(builder->key + shared, entry->key.data + shared, entry->key.len - shared);
    builder->key_len = entry->key.len;
    builder->slot = entry->slot;
    segment->count++;
    if (segment->sought && segment_slots_have(segment->sought, entry->slot))
        add_to_filter(segment, entry);
    return true;
}

struct segment *segment_builder_take(struct segment_builder *builder)
{
    struct segment *segment = builder->segment;
    void *bytes = segment->bytes, *blocks = segment->blocks;
    if (segment->byte_count)
        resize(&bytes, &builder->byte_room, segment->byte_count, 1); // without memory it stays as large as it was
    if (segment->block_count)
        resize(&blocks, &builder->block_room, segment->block_count, sizeof *segment->blocks);
    segment->bytes = bytes;
    segment->blocks = blocks;
    builder->segment = NULL;
    return segment;
}

void segment_builder_fini(struct segment_builder *builder)
{
    segment_free(builder->segment);
    builder->segment = NULL;
}
