// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of segments, walks over them and their merging. Input: a program that makes segments, the oldest first:
 *
 *     u8 entries a step of the levels merges | u8 where a walk begins | u8 where it ends | operations:
 *         u8 0–1: what (0 the segment ends, 1 put, 2 delete, 3 add) | 2: which index | 3: a row of keys | 4–7: value or amount
 *         u8 0–3: length of the key's beginning | 4–5: the byte it is filled with | 6–7: bytes of its end
 *         [its end] [a row: u8 how many more keys, numbered] [amount 15: i64]
 *
 * Every segment, and all of them together through a walk, a merge and levels, have to be what a sorted array is in which a newer
 * entry of a key replaces the older, or is added to it.
 */
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/endian.h"
#include "common/base/must.h"
#include "common/store/index_levels.h"

enum {
    MOST_BYTES = 512,
    ARENA_BYTES = 1024 * 1024,
    MOST_SEGMENTS = 80, // more than may be active
    MOST_ENTRIES = 120,
    MOST_OWNED = MOST_SEGMENTS + 8 * LEVELS_MADE_MOST,
    MOST_STEPS = 2,
    MOST_LOOKED_FOR = 8, // of a segment's entries
    LAST_AMOUNT = 15,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The model: entries in an array. */

struct model_entry {
    struct index_entry entry;
    size_t number; // as they came
};

struct model {
    size_t count;
    struct model_entry entries[MOST_ENTRIES];
};

static int order_of(const struct index_entry *a, const struct index_entry *b)
{
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    return bytes_compare(a->key, b->key);
}

static int compare(const void *a, const void *b)
{
    const struct model_entry *left = a, *right = b;
    int order = order_of(&left->entry, &right->entry);
    return order ? order : (left->number > right->number) - (left->number < right->number);
}

/** Sorts, and makes one entry of those of a key. */
static void model_fold(struct model *model)
{
    size_t kept = 0;
    qsort(model->entries, model->count, sizeof *model->entries, compare);
    for (size_t i = 0; i < model->count; i++) {
        struct model_entry next = model->entries[i];
        if (kept > 0 && order_of(&model->entries[kept - 1].entry, &next.entry) == 0) {
            kept--;
            if (next.entry.kind == INDEX_ENTRY_ADD)
                next.entry.amount = index_sum(next.entry.amount, model->entries[kept].entry.amount);
        }
        model->entries[kept++] = next;
    }
    model->count = kept;
}

static size_t model_before(const struct model *model, struct index_place place)
{
    size_t before = 0;
    for (size_t step = MOST_ENTRIES; step > 0; step /= 2) // entries that stand before the place come first
        while (before + step <= model->count &&
               index_place_is_after(&place, model->entries[before + step - 1].entry.slot,
                                    model->entries[before + step - 1].entry.key))
            before += step;
    return before;
}

static bool is_nothing(const struct index_entry *entry)
{
    return entry->kind == INDEX_ENTRY_ADD && entry->amount == 0;
}

static void must_be(const struct index_entry *entry, const struct index_entry *wanted)
{
    must(entry->kind == wanted->kind && entry->slot == wanted->slot && bytes_equal(entry->key, wanted->key));
    must(entry->kind != INDEX_ENTRY_PUT || bytes_equal(entry->value, wanted->value));
    must(entry->kind != INDEX_ENTRY_ADD || entry->amount == wanted->amount);
}

/* The program. */

struct program {
    struct bytes rest;
    struct arena *arena;
};

static uint8_t take_byte(struct program *program)
{
    if (program->rest.len == 0)
        return 0;
    program->rest.len--;
    return *program->rest.data++;
}

static struct bytes take_key(struct program *program, uint8_t shape)
{
    static const uint16_t lengths[16] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 127, 253, 254, 255, 256, 300, 506};
    static const uint8_t fills[4] = {0, 'a', 'b', 0xff};
    size_t begin = lengths[shape & 0x0f], end = shape >> 6;
    uint8_t *key = arena_alloc(program->arena, STORE_MAX_KEY_BYTES);
    must(key);
    memset(key, fills[shape >> 4 & 3], begin);
    for (size_t i = 0; i < end; i++)
        key[begin + i] = take_byte(program);
    return bytes_of(key, begin + end);
}

static struct bytes numbered(struct program *program, struct bytes key, size_t number)
{
    uint8_t *copy = arena_alloc(program->arena, key.len + 2);
    must(copy);
    memcpy(copy, key.data, key.len);
    put_u16(copy + key.len, (uint16_t)number);
    return bytes_of(copy, key.len + 2);
}

static int64_t take_amount(struct program *program, unsigned shape)
{
    static const int64_t amounts[LAST_AMOUNT] = {
        1, -1, 0, 2, 63, 64, -64, -65, 8191, 8192, INT64_MAX, INT64_MIN, INT64_MIN + 1, -8192, INT64_C(1) << 55};
    uint8_t amount[8];
    if (shape < LAST_AMOUNT)
        return amounts[shape];
    for (size_t i = 0; i < sizeof amount; i++)
        amount[i] = take_byte(program);
    return (int64_t)get_u64(amount);
}

/** Values tell from which entry they are. */
static struct bytes value_of(struct program *program, unsigned shape, size_t number)
{
    static const uint16_t lengths[8] = {0, 1, 2, 9, 127, 128, 511, 512};
    size_t len = lengths[shape & 7];
    uint8_t *value = arena_alloc(program->arena, len + 1);
    must(value);
    memset(value, (int)(number & 0xff), len);
    return bytes_of(value, len);
}

/** One operation's entries. False: the segment ends. */
static bool take_entries(struct program *program, struct model *all)
{
    uint8_t head = take_byte(program);
    unsigned shape = head >> 4;
    struct index_entry entry = {.kind = (enum index_entry_kind)(head & 3)};
    if ((head & 3) == 0)
        return false;
    struct bytes key = take_key(program, take_byte(program));
    size_t keys = head & 8 ? 1u + take_byte(program) : 1;
    if (entry.kind == INDEX_ENTRY_ADD) {
        entry.slot = head & 4 ? STORE_MAX_TABLES - 1 : 17;
        entry.amount = take_amount(program, shape);
    } else {
        entry.slot = head & 4 ? 18 : 16;
    }
    for (size_t i = 0; i < keys && all->count < MOST_ENTRIES; i++) {
        entry.key = keys > 1 || key.len == 0 ? numbered(program, key, i) : key;
        if (entry.kind == INDEX_ENTRY_PUT)
            entry.value = value_of(program, shape, all->count);
        all->entries[all->count] = (struct model_entry){entry, all->count};
        all->count++;
    }
    return true;
}

/* What must hold. */

static void check_place(const struct segment *segment, const struct model *model, struct index_place place)
{
    must(segment_seek(segment, place) == model_before(model, place));
}

/** That the segment says of the key what the model says, and of places beside it. */
static void check_key(const struct segment *segment, const struct model *model, const struct index_entry *like)
{
    struct index_entry found;
    struct index_place place = {like->slot, like->key, false};
    size_t at = model_before(model, place);
    bool is_there = at < model->count && order_of(&model->entries[at].entry, like) == 0;
    must(segment_find(segment, like->slot, like->key, &found) == is_there);
    if (is_there && segment_slots_have(segment->sought, like->slot))
        must(segment_may_have(segment, segment_hash(like->slot, like->key)));
    if (is_there)
        must_be(&found, &model->entries[at].entry);
    check_place(segment, model, place);
    place.after = true;
    check_place(segment, model, place);
    place.key.len--;
    check_place(segment, model, place);
    place.slot++;
    check_place(segment, model, place);
}

/** Entries one by one, in order; and some of them from nowhere. */
static void check_segment(const struct segment *segment, const struct model *model)
{
    struct segment_cursor passing, at;
    must(segment->count == model->count);
    for (size_t i = 0; i < model->count; i++) {
        if (i == 0)
            segment_cursor_at(&passing, segment, 0);
        else
            segment_cursor_next(&passing);
        must_be(&passing.entry, &model->entries[i].entry);
    }
    must(model->count == 0 || passing.next == segment->byte_count);
    for (size_t i = 0; i < model->count; i += 1 + model->count / MOST_LOOKED_FOR) {
        segment_cursor_at(&at, segment, i);
        must_be(&at.entry, &model->entries[i].entry);
        check_key(segment, model, &model->entries[i].entry);
    }
}

struct made {
    struct program program;
    struct model all;  // as they came, then folded
    struct model part; // of one segment
    size_t count;
    struct segment *segments[MOST_SEGMENTS];
    size_t owned_count;
    struct segment *owned[MOST_OWNED];
};

static void own(struct made *made, struct segment *segment)
{
    must(segment && made->owned_count < MOST_OWNED);
    made->owned[made->owned_count++] = segment;
}

static struct segment *build(const struct model *model, size_t room)
{
    static const struct segment_slots sought = {{UINT64_C(0xaaaaaaaaaaaaaaaa), 0, UINT64_MAX, 0}};
    struct segment_builder builder;
    must(segment_builder_init(&builder, room, &sought, 1 + model->count / 2)); // more may come
    for (size_t i = 0; i < model->count; i++)
        must(segment_builder_add(&builder, &model->entries[i].entry));
    struct segment *segment = segment_builder_take(&builder);
    segment_builder_fini(&builder);
    return segment;
}

static void make_segments(struct made *made)
{
    while (made->program.rest.len > 0 && made->count < MOST_SEGMENTS) {
        size_t first = made->all.count;
        while (take_entries(&made->program, &made->all)) {
        }
        made->part.count = made->all.count - first;
        memcpy(made->part.entries, made->all.entries + first, made->part.count * sizeof *made->part.entries);
        model_fold(&made->part);
        struct segment *segment = build(&made->part, made->count % 2 ? 4096 : 0);
        check_segment(segment, &made->part);
        for (size_t i = 0; i < first; i += 1 + first / 4) // keys that mostly are others'
            check_key(segment, &made->part, &made->all.entries[i].entry);
        own(made, segment);
        made->segments[made->count++] = segment;
    }
    model_fold(&made->all);
}

/** That a walk from `low` up to `high` gives what the model has there; what is nothing may be left out. */
static void check_walk(struct segment *const *segments, size_t count, const struct model *model,
                       const struct index_place place[2], bool descending)
{
    struct index_walk *walk = index_walk_new(descending, count);
    size_t first = model_before(model, place[0]), end = model_before(model, place[1]);
    must(walk);
    for (size_t i = 0; i < count; i++)
        index_walk_add(walk, segments[i], segment_seek(segments[i], place[0]), segment_seek(segments[i], place[1]));
    for (const struct index_entry *entry; (entry = index_walk_current(walk)); index_walk_step(walk)) {
        const struct index_entry *wanted = NULL;
        do {
            must(first < end);
            wanted = &model->entries[descending ? --end : first++].entry;
        } while (is_nothing(wanted) && order_of(wanted, entry) != 0);
        must_be(entry, wanted);
    }
    for (; first < end; first++)
        must(is_nothing(&model->entries[first].entry));
    index_walk_free(walk);
}

static struct index_place place_of(const struct model *model, uint8_t number)
{
    if (model->count == 0)
        return (struct index_place){0, {NULL, 0}, false};
    const struct index_entry *entry = &model->entries[(size_t)number * model->count / 256].entry;
    return (struct index_place){entry->slot, entry->key, number & 1};
}

static void check_walks(struct segment *const *segments, size_t count, const struct model *model,
                        const uint8_t numbers[2])
{
    const struct index_place whole[2] = {{0, {NULL, 0}, false}, {UINT8_MAX, {NULL, 0}, false}};
    const struct index_place part[2] = {place_of(model, numbers[0]), place_of(model, numbers[1])};
    for (int descending = 0; descending < 2; descending++) {
        check_walk(segments, count, model, whole, descending);
        check_walk(segments, count, model, part, descending);
    }
}

static void check_merge(struct made *made)
{
    struct segment *merged = segment_merge(made->segments, made->count);
    own(made, merged);
    made->part.count = 0;
    for (size_t i = 0; i < made->all.count; i++)
        if (!is_nothing(&made->all.entries[i].entry))
            made->part.entries[made->part.count++] = made->all.entries[i];
    check_segment(merged, &made->part);
}

static void check_levels(struct made *made, size_t entries, const uint8_t numbers[2])
{
    struct index_levels levels = {.merges = {NULL}};
    struct levels_step step = {.segments = made->segments, .count = made->count, .entries = entries};
    step.most_entries = entries & 1 ? SIZE_MAX : MOST_ENTRIES / 4;
    for (int i = 0; i < MOST_STEPS; i++) {
        struct levels_made fresh = {.count = 0};
        bool is_other = index_levels_step(&levels, &step, &fresh);
        must(is_other == (fresh.count > 0) && step.count <= LEVELS_SEGMENTS_MOST);
        for (size_t j = 0; j < fresh.count; j++)
            own(made, fresh.segments[j]);
        if (is_other)
            check_walks(step.segments, step.count, &made->all, numbers);
    }
    index_levels_abandon(&levels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct made made;
    struct arena arena;
    if (size > MOST_BYTES)
        return 0;
    arena_init(&arena, ARENA_BYTES);
    made.program = (struct program){bytes_of(data, size), &arena};
    made.all.count = made.count = made.owned_count = 0;
    size_t entries = 1u + take_byte(&made.program);
    const uint8_t numbers[2] = {take_byte(&made.program), take_byte(&made.program)};
    make_segments(&made);
    if (made.count > 0) {
        check_walks(made.segments, made.count, &made.all, numbers);
        check_merge(&made);
        check_levels(&made, entries, numbers);
    }
    for (size_t i = 0; i < made.owned_count; i++)
        segment_free(made.owned[i]);
    arena_fini(&arena);
    return 0;
}
