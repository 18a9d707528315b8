// SPDX-License-Identifier: Apache-2.0
/** `person.search`, `person.export`: persons of whom a filter is true, sorted, page by page. */
#include "proto/person_dispatch.gen.h"
#include "services/person/filter.h"

enum {
    PERSON_BYTES = sizeof(uint32_t),
    PLACE_BYTES = ROSTER_KEY_BYTES + PERSON_BYTES,
    STEPS_A_PERSON = 2,    // of those that a page would take if names said nothing
    STEPS_MOST = 1000,     // each asks a question of some terms, 50 ns or so a term
    CARDS_AT_ONCE = 20000, // still to be read, for which the question waits, and all others with it: about 0.1 s
};

/* Where a page begins, as clients hand it back, in hexadecimal digits: the key of the last one's name where that sorts, and his number. */

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** The place lies in `bytes`. */
static bool read_place(struct text after, enum person_sort sort, uint8_t bytes[PLACE_BYTES],
                       struct roster_place *out_place)
{
    size_t len = after.len / 2;
    if (after.len % 2 || len < PERSON_BYTES || len > PLACE_BYTES || (sort != PERSON_SORT_NAME && len != PERSON_BYTES))
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = digit_of(after.data[2 * i]), low = digit_of(after.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    size_t key_len = len - PERSON_BYTES;
    *out_place = (struct roster_place){{(const char *)bytes, key_len}, get_u32(bytes + key_len)};
    return true;
}

static struct text write_place(struct ctx *ctx, const struct roster *roster, enum person_sort sort, uint32_t person)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[PLACE_BYTES];
    struct text key = sort == PERSON_SORT_NAME ? roster_key(roster, person) : TEXT("");
    if (key.len)
        memcpy(bytes, key.data, key.len);
    put_u32(bytes + key.len, person);
    size_t len = key.len + PERSON_BYTES;
    char *place = ctx_alloc(ctx, 2 * len);
    for (size_t i = 0; place && i < len; i++) {
        place[2 * i] = digits[bytes[i] >> 4];
        place[2 * i + 1] = digits[bytes[i] & 15];
    }
    return (struct text){place, place ? 2 * len : 0};
}

/** Up to `max` by their numbers, those after a place. */
static size_t page_by_number(const roaring_bitmap_t *persons, bool is_descending, const struct roster_place *after,
                             size_t max, uint32_t *out_persons)
{
    uint64_t all = roaring_bitmap_get_cardinality(persons), rank = is_descending ? all : 0;
    if (after && is_descending)
        rank = after->person ? roaring_bitmap_rank(persons, after->person - 1) : 0;
    else if (after)
        rank = roaring_bitmap_rank(persons, after->person);
    // `rank` persons lie before the place where the page begins, whichever way it goes.
    uint64_t left = is_descending ? rank : all - rank;
    size_t count = left < max ? (size_t)left : max;
    uint32_t first;
    roaring_uint32_iterator_t at;
    if (count == 0 || !roaring_bitmap_select(persons, (uint32_t)(is_descending ? rank - 1 : rank), &first))
        return 0;
    roaring_init_iterator(persons, &at);
    roaring_move_uint32_iterator_equalorlarger(&at, first);
    for (size_t i = 0; i < count; i++) {
        out_persons[i] = at.current_value;
        if (is_descending)
            roaring_previous_uint32_iterator(&at);
        else
            roaring_advance_uint32_iterator(&at);
    }
    return count;
}

static void read_cards(struct ctx *ctx, const uint32_t *persons, size_t count, struct person_search_reply *out_reply)
{
    struct person_card *cards = ctx_alloc_array(ctx, count, sizeof *cards);
    for (size_t i = 0; cards && i < count && !is_refused(&ctx->refusal); i++)
        if (!row_get(ctx, &person_cards, &person_card_row_desc, persons[i], &cards[i]))
            ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A card cannot be read; an operator has to restore the store.");
    out_reply->cards.count = cards ? count : 0;
    out_reply->cards.items = cards;
}

static bool holds(const void *filter, uint32_t person)
{
    return filter_holds(filter, person);
}

/**
 * A page by name without putting together whom the question is true of, where that is so many that a page of them is to be found by few steps in everybody's
 * order. False: that is not so.
 */
static bool page_by_steps(const struct filter *filter, const struct roster_place *after, size_t max,
                          uint32_t *out_persons, size_t *out_count)
{
    const struct roster_asked asked = {holds, filter};
    double share = filter_is_set(filter) ? 0 : filter_share(filter);
    double steps = share > 0 ? STEPS_A_PERSON * (double)max / share : STEPS_MOST;
    return steps < STEPS_MOST &&
           roster_page_by_steps(filter->roster, filter->ctx, &asked, (size_t)steps, after, max, out_persons, out_count);
}

/** Up to `max` of those whom the question is true of, in the order asked for; returns how many. */
static size_t find_page(struct filter *filter, enum person_sort sort, bool wants_all, const struct roster_place *after,
                        size_t max, uint32_t *out_persons)
{
    size_t count = 0;
    if (sort == PERSON_SORT_NAME && !wants_all && page_by_steps(filter, after, max, out_persons, &count))
        return count;
    const roaring_bitmap_t *persons = is_refused(&filter->ctx->refusal) ? NULL : filter_persons(filter);
    if (!persons)
        return 0;
    return sort == PERSON_SORT_NAME ? roster_page_by_name(filter->roster, filter->ctx, persons, after, max, out_persons)
                                    : page_by_number(persons, sort == PERSON_SORT_NEWEST, after, max, out_persons);
}

static void answer(struct filter *filter, const struct person_search *query, enum person_sort sort,
                   struct person_search_reply *out_reply)
{
    struct ctx *ctx = filter->ctx;
    size_t limit = (size_t)query->limit;
    struct roster_place place = {.person = 0};
    uint8_t place_bytes[PLACE_BYTES];
    uint32_t *page = ctx_alloc_array(ctx, limit + 1, sizeof *page); // one more tells whether there is a next page
    if (query->has_after && !read_place(query->after, sort, place_bytes, &place))
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "after", "is no place of this order; give `next` of the page before");
    if (!page || is_refused(&ctx->refusal))
        return;
    out_reply->has_total = query->has_count && query->count;
    size_t count = 0;
    if (limit > 0)
        count = find_page(filter, sort, out_reply->has_total, query->has_after ? &place : NULL, limit + 1, page);
    if (count > limit) {
        count = limit;
        out_reply->has_next = true;
        out_reply->next = write_place(ctx, filter->roster, sort, page[limit - 1]);
    }
    const roaring_bitmap_t *all = out_reply->has_total ? filter_persons(filter) : NULL;
    out_reply->total = all ? (int64_t)roaring_bitmap_get_cardinality(all) : 0;
    read_cards(ctx, page, count, out_reply);
}

bool person_search_answer(const struct person_service *self, const struct person_search *query, struct ctx *ctx,
                          struct person_search_reply *out_reply)
{
    struct filter filter = {.made_count = 0};
    roster_want(self->roster);
    if (!roster_catch_up(self->roster, ctx, CARDS_AT_ONCE))
        ctx_refuse(ctx, ERROR_BUSY, NULL,
                   "The register is read into memory for the first search; send the same again in a few seconds.");
    else if (filter_read(&filter, ctx, self->roster, query->where))
        answer(&filter, query,
               query->has_sort   ? query->sort
               : filter.has_sort ? filter.sort
                                 : PERSON_SORT_NAME,
               out_reply);
    filter_fini(&filter);
    return !is_refused(&ctx->refusal);
}

bool person_export_answer(const struct person_service *self, const struct person_export *query, struct ctx *ctx,
                          struct person_export_reply *out_reply)
{
    const struct person_search search = {
        .has_where = query->has_where,
        .where = query->where,
        .has_sort = true,
        .sort = PERSON_SORT_OLDEST,
        .has_after = query->has_after,
        .after = query->after,
        .limit = query->limit,
        .has_count = true,
        .count = true,
    };
    struct person_search_reply reply = {.has_next = false};
    if (!person_search_answer(self, &search, ctx, &reply))
        return false;
    *out_reply = (struct person_export_reply){
        .cards = {reply.cards.count, reply.cards.items},
        .has_next = reply.has_next,
        .next = reply.next,
        .total = reply.total,
    };
    return true;
}
