// SPDX-License-Identifier: Apache-2.0
#include "services/person/bulk.h"

#include "services/person/bulk_work.h"
#include "services/person/card_erase.h"
#include "services/person/filter_words.h"

enum {
    PIECE_BYTES = 32 * 1024,
    SET_MOST_BYTES = 1024 * 1024 * 1024, // of all persons that there can be
    WHERE_MOST_BYTES = 4000,             // as proto/person.toml has it
};

static struct key set_key(uint64_t bulk, uint32_t piece)
{
    struct key key = key_of_id(bulk);
    key_u32(&key, piece);
    return key;
}

uint64_t bulk_begin(struct person_service *self, struct ctx *ctx, const struct bulk *bulk)
{
    struct bulk row = *bulk;
    row.bulk = store_next_id(ctx->txn, "bulk");
    row.state = BULK_STATE_CHOOSING;
    row.started_ms = ctx->now_ms;
    row.has_actor = ctx->actor.len > 0;
    row.actor = ctx->actor;
    row.has_sender = ctx->sender.len > 0;
    row.sender = ctx->sender;
    struct key key = set_key(row.bulk, 0);
    row_append(ctx, &person_bulks, &bulk_row_desc, row.bulk, &row);
    store_append(ctx->txn, &person_bulk_sets, key_bytes(&key), bytes_of("", 1));
    // The selection may name somebody, and an event without a person is never erased.
    row.has_where = false;
    const struct bulk_started event = {.bulk = row};
    ctx_emit(ctx, &bulk_started_message, &event, 0, "bulk", row.bulk);
    bulk_work_awaits(self);
    return row.bulk;
}

bool bulk_get_row(struct ctx *ctx, uint64_t bulk, struct bulk *out_bulk)
{
    if (!row_get(ctx, &person_bulks, &bulk_row_desc, bulk, out_bulk))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "bulk", "there is no bulk change with this id; bulk.list has those there are");
    return !is_refused(&ctx->refusal);
}

void bulk_put_row(struct ctx *ctx, const struct bulk *bulk)
{
    row_put(ctx, &person_bulks, &bulk_row_desc, bulk->bulk, bulk);
}

/** Who is in the question may be erased one day. */
static void forget_words(const struct person_service *self, struct ctx *ctx, struct bulk *bulk)
{
    struct text kept = filter_without_words(ctx, self->nobody, bulk->where);
    if (text_equal(kept, bulk->where))
        return;
    bulk->has_where = kept.len > 0 && kept.len <= WHERE_MOST_BYTES;
    bulk->where = kept;
    card_erase_freed(ctx);
}

void bulk_end(const struct person_service *self, struct ctx *ctx, struct bulk *bulk)
{
    if (bulk->has_where)
        forget_words(self, ctx, bulk);
    bulk->has_ended_ms = true;
    bulk->ended_ms = ctx->now_ms;
    bulk_put_row(ctx, bulk);
    struct bytes value;
    struct key key = set_key(bulk->bulk, 0);
    for (uint32_t piece = 1; store_get(ctx->txn, &person_bulk_sets, key_bytes(&key), &value); piece++) {
        store_delete(ctx->txn, &person_bulk_sets, key_bytes(&key));
        key = set_key(bulk->bulk, piece);
    }
    struct bulk_ended event = {.bulk = *bulk};
    event.bulk.has_where = false;
    ctx_emit(ctx, &bulk_ended_message, &event, 0, "bulk", bulk->bulk);
}

uint64_t bulk_current(struct store_txn *txn, bool *out_is_chosen)
{
    struct store_cursor cursor;
    uint64_t bulk = 0;
    *out_is_chosen = false;
    store_cursor_open(&cursor, txn, &person_bulk_sets);
    if (store_cursor_first(&cursor)) {
        bulk = get_u64(cursor.key.data);
        *out_is_chosen = store_cursor_next(&cursor) && get_u64(cursor.key.data) == bulk;
    }
    store_cursor_close(&cursor);
    return bulk;
}

bool bulk_keep_set(struct ctx *ctx, uint64_t bulk, const roaring_bitmap_t *persons)
{
    size_t len = roaring_bitmap_portable_size_in_bytes(persons);
    char *bytes = ctx_alloc(ctx, len);
    if (!bytes)
        return false;
    roaring_bitmap_portable_serialize(persons, bytes);
    uint32_t piece = 1;
    for (size_t at = 0; at < len; at += PIECE_BYTES) {
        size_t left = len - at;
        struct key key = set_key(bulk, piece++);
        store_put(ctx->txn, &person_bulk_sets, key_bytes(&key),
                  bytes_of(bytes + at, left < PIECE_BYTES ? left : PIECE_BYTES));
    }
    return true;
}

roaring_bitmap_t *bulk_read_set(struct ctx *ctx, uint64_t bulk)
{
    struct buffer all;
    struct bytes value;
    struct key key = set_key(bulk, 1);
    buffer_init(&all, SET_MOST_BYTES);
    for (uint32_t piece = 2; store_get(ctx->txn, &person_bulk_sets, key_bytes(&key), &value); piece++) {
        buffer_append(&all, value.data, value.len);
        key = set_key(bulk, piece);
    }
    roaring_bitmap_t *persons = NULL;
    if (all.failed)
        ctx_refuse(ctx, ERROR_BUSY, NULL, "There is no memory for the selection of a bulk change.");
    else if (!(persons = roaring_bitmap_portable_deserialize_safe((const char *)all.data, all.len)))
        ctx_refuse(ctx, ERROR_CORRUPT, NULL, "The selection of a bulk change cannot be read.");
    buffer_fini(&all);
    return persons;
}

/** Whether the entry is one that the change gives. */
static bool gives(const struct person_changes *set, uint64_t entry)
{
    return set->job_title == entry || set->category == entry || set->region == entry || set->benefit_status == entry ||
           set->sales_status == entry || set->department == entry ||
           (set->groups_add.count == 1 && set->groups_add.items[0] == entry);
}

bool bulk_is_merging_into(struct ctx *ctx, uint64_t entry)
{
    struct store_cursor cursor;
    bool is_merging = false;
    store_cursor_open(&cursor, ctx->txn, &person_bulk_sets);
    for (bool there = store_cursor_first(&cursor); there && !is_merging;) {
        uint64_t bulk = get_u64(cursor.key.data);
        struct key next = set_key(bulk + 1, 0);
        struct bulk row;
        is_merging =
            row_get(ctx, &person_bulks, &bulk_row_desc, bulk, &row) && row.has_merges && gives(&row.set, entry);
        there = store_cursor_seek(&cursor, key_bytes(&next));
    }
    store_cursor_close(&cursor);
    return is_merging;
}

struct key bulk_refused_key(uint64_t bulk, uint64_t person)
{
    struct key key = key_of_id(bulk);
    key_u64(&key, person);
    return key;
}
