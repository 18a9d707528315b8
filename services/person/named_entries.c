// SPDX-License-Identifier: Apache-2.0
#include "services/person/named_entries.h"

#include <stdlib.h>

#include "common/base/fold.h"
#include "common/base/grow.h"
#include "services/person/state.h"

void named_entries_fini(struct named_entries *names)
{
    free(names->items);
    free(names->text);
    *names = (struct named_entries){.count = 0};
}

static struct text text_at(const struct named_entries *names, const struct named_entry *name)
{
    return (struct text){names->text + name->text_at, name->len};
}

/** By list and name alone. */
static int compare(const struct named_entries *names, const struct named_entry *name, enum pick_list list,
                   struct text folded)
{
    int by_list = (int)name->list - (int)list;
    return by_list ? by_list : text_compare(text_at(names, name), folded);
}

static int order(const void *a, const void *b, void *user)
{
    const struct named_entries *names = user;
    const struct named_entry *left = a, *right = b;
    int by_name = compare(names, left, (enum pick_list)right->list, text_at(names, right));
    return by_name ? by_name : (left->entry > right->entry) - (left->entry < right->entry);
}

/** False: no memory. A name that cannot be folded is no text that anybody could ask for. */
static bool add(struct named_entries *names, const struct pick_list_entry *entry, struct text name)
{
    uint8_t folded[FOLD_BYTES];
    size_t len;
    if (!fold_name(name, folded, sizeof folded, &len))
        return true;
    struct named_entry *items = grow(names->items, &names->capacity, names->count + 1, sizeof *items);
    if (items)
        names->items = items;
    char *text = grow(names->text, &names->text_capacity, names->text_len + len + 1, 1);
    if (text)
        names->text = text;
    if (!items || !text)
        return false;
    memcpy(text + names->text_len, folded, len);
    items[names->count++] = (struct named_entry){
        .entry = entry->entry,
        .merged_into = entry->has_merged_into ? entry->merged_into : 0,
        .text_at = names->text_len,
        .len = (uint16_t)len,
        .list = (uint8_t)entry->list,
    };
    names->text_len += len;
    return true;
}

static bool add_entry(struct named_entries *names, const struct pick_list_entry *entry)
{
    bool has_other = entry->names.has_en && !text_equal(entry->names.sv, entry->names.en);
    return add(names, entry, entry->names.sv) && (!has_other || add(names, entry, entry->names.en));
}

/** An entry whose names are the same when folded stands once. */
static void sort(struct named_entries *names)
{
    size_t count = 0;
    if (names->count)
        qsort_r(names->items, names->count, sizeof *names->items, order, names);
    for (size_t i = 0; i < names->count; i++)
        if (count == 0 || order(&names->items[count - 1], &names->items[i], names) != 0)
            names->items[count++] = names->items[i];
    names->count = count;
}

bool named_entries_read(struct named_entries *names, struct ctx *ctx)
{
    struct store_cursor cursor;
    bool has_memory = true;
    if (names->is_read)
        return true;
    names->count = names->text_len = 0;
    store_cursor_open(&cursor, ctx->txn, &person_entries);
    for (bool there = store_cursor_first(&cursor); there && has_memory && !is_refused(&ctx->refusal);
         there = store_cursor_next(&cursor)) {
        struct pick_list_entry entry;
        struct arena_mark mark = arena_mark(ctx->arena);
        if (row_decode(ctx, &pick_list_entry_row_desc, cursor.value, &entry))
            has_memory = add_entry(names, &entry);
        arena_rewind(ctx->arena, mark);
    }
    store_cursor_close(&cursor);
    if (!has_memory)
        ctx_alloc(ctx, SIZE_MAX); // refuses for want of it
    if (is_refused(&ctx->refusal))
        return false;
    sort(names);
    names->is_read = true;
    return true;
}

size_t named_entries_find(const struct named_entries *names, enum pick_list list, struct text folded, size_t *out_first)
{
    size_t low = 0, high = names->count, count = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(names, &names->items[middle], list, folded) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + count < names->count && compare(names, &names->items[low + count], list, folded) == 0)
        count++;
    *out_first = low;
    return count;
}
