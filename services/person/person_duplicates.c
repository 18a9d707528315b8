// SPDX-License-Identifier: Apache-2.0
/** `person.duplicates`: cards that may be one person's, of one person or over the register. Source: domain.md 6. */
#include <stdlib.h>

#include "common/store/alias.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/card_erase.h"
#include "services/person/contacts.h"
#include "services/person/roster.h"

enum {
    SHARING_MOST = 64, // compared, of those who share one phone or address
    OTHERS_MOST = (CONTACTS_MOST + 1) * SHARING_MOST,
    PAGE_MOST = 500, // pairs
    CARDS_AT_ONCE = 20000,
    // What a page may cost, in the time it takes to look at one entry of an index: a few milliseconds in all.
    COST_MOST = 1500,
    COST_OF_PERSON = 12,
    COST_OF_CARD = 5,
    STEPS_AT_COST = 8, // namesakes looked at in memory
};

/** One page of pairs while it is made. */
struct duplicates {
    const struct roster *roster;
    struct ctx *ctx;
    bool is_of_one; // all others of one person; else only later cards than each
    bool weak;
    size_t limit;
    size_t count;
    size_t cost;
    struct duplicate *items; // with room for all of one person beyond the limit
};

/** Who may be the same as a person: ascending, none twice, himself not among them. */
struct others {
    size_t count;
    uint64_t items[OTHERS_MOST];
};

static int compare_ids(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void find_others(struct duplicates *page, const struct person_card *card, struct others *out)
{
    uint32_t twins[SHARING_MOST];
    size_t steps = 0, kept = 0;
    out->count = contacts_sharing(page->ctx->txn, card, out->items, SHARING_MOST);
    size_t found = roster_twins(page->roster, (uint32_t)card->person, SHARING_MOST, twins, &steps);
    for (size_t i = 0; i < found; i++)
        out->items[out->count++] = twins[i];
    page->cost += COST_OF_PERSON + out->count + steps / STEPS_AT_COST;
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare_ids);
    for (size_t i = 0; i < out->count; i++) {
        uint64_t other = out->items[i];
        bool is_wanted = page->is_of_one ? other != card->person : other > card->person;
        if (is_wanted && (kept == 0 || out->items[kept - 1] != other))
            out->items[kept++] = other;
    }
    out->count = kept;
}

static bool read_card(struct ctx *ctx, uint64_t person, struct person_card *out_card)
{
    if (!row_get(ctx, &person_cards, &person_card_row_desc, person, out_card))
        ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A card cannot be read; an operator has to restore the store.");
    return !is_refused(&ctx->refusal);
}

static struct text full_name(struct ctx *ctx, const struct person_card *card)
{
    size_t len = card->given_name.len + 1 + card->family_name.len;
    char *name = ctx_alloc(ctx, len);
    if (!name)
        return TEXT("");
    memcpy(name, card->given_name.data, card->given_name.len);
    if (!card->has_family_name || card->family_name.len == 0)
        return (struct text){name, card->given_name.len};
    name[card->given_name.len] = ' ';
    memcpy(name + card->given_name.len + 1, card->family_name.data, card->family_name.len);
    return (struct text){name, len};
}

/** Compares two cards; false: they need not be told. */
static bool compare(struct duplicates *page, const struct person_card *card, const struct person_card *other,
                    struct duplicate *out)
{
    bool has_both = card->has_birth_date && other->has_birth_date;
    bool same_day = has_both && card->birth_date == other->birth_date;
    const bool shared[] = {
        [LIKENESS_NAME] = roster_same_name(page->roster, (uint32_t)card->person, (uint32_t)other->person),
        [LIKENESS_BIRTH_DATE] = same_day,
        [LIKENESS_EMAIL] = contacts_same_email(card, other),
        [LIKENESS_PHONE] = contacts_same_phone(card, other),
    };
    bool same_contact = shared[LIKENESS_EMAIL] || shared[LIKENESS_PHONE];
    bool is_likely = shared[LIKENESS_NAME] && (same_day || (same_contact && !has_both));
    if (!is_likely && !(page->weak && same_contact))
        return false;
    enum likeness *likenesses = ctx_alloc_array(page->ctx, LIKENESS_PHONE, sizeof *likenesses);
    size_t count = 0;
    for (enum likeness likeness = LIKENESS_NAME; likenesses && likeness <= LIKENESS_PHONE; likeness++)
        if (shared[likeness])
            likenesses[count++] = likeness;
    *out = (struct duplicate){
        .person = card->person,
        .name = full_name(page->ctx, card),
        .other = other->person,
        .other_name = full_name(page->ctx, other),
        .shared = {count, likenesses},
        .likely = is_likely,
    };
    return true;
}

/** Adds the pairs of one person; false: they do not fit, or refused. */
static bool add_person(struct duplicates *page, uint64_t person)
{
    struct arena_mark mark = arena_mark(page->ctx->arena);
    struct others *others = ctx_alloc(page->ctx, sizeof *others);
    struct person_card card;
    size_t before = page->count;
    if (!others || !read_card(page->ctx, person, &card))
        return false;
    find_others(page, &card, others);
    for (size_t i = 0; i < others->count; i++) {
        struct person_card other;
        page->cost += COST_OF_CARD;
        if (!roster_has(page->roster, others->items[i]))
            continue;
        if (!read_card(page->ctx, others->items[i], &other))
            return false;
        page->count += compare(page, &card, &other, &page->items[page->count]);
    }
    if (page->count == before)
        arena_rewind(page->ctx->arena, mark);
    bool fits = page->count <= page->limit;
    if (!fits) // all of a person on one page, unless he has more than a page
        page->count = before == 0 ? page->limit : before;
    return fits || before == 0;
}

/** Returns where the next page begins; 0: there is none. */
static uint64_t scan_register(struct duplicates *page, uint64_t after)
{
    roaring_uint32_iterator_t at;
    if (after >= UINT32_MAX)
        return 0;
    roaring_init_iterator(roster_everybody(page->roster), &at);
    bool there = roaring_move_uint32_iterator_equalorlarger(&at, (uint32_t)after + 1);
    for (; there && page->cost < COST_MOST && page->count < page->limit; there = roaring_advance_uint32_iterator(&at)) {
        if (!add_person(page, at.current_value))
            break;
        after = at.current_value;
    }
    return there ? after : 0;
}

static int compare_likely_first(const void *a, const void *b)
{
    const struct duplicate *left = a, *right = b;
    if (left->likely != right->likely)
        return left->likely ? -1 : 1;
    return (left->other > right->other) - (left->other < right->other);
}

static void answer(const struct roster *roster, const struct person_duplicates *query, struct ctx *ctx,
                   struct person_duplicates_reply *out_reply)
{
    struct duplicates page = {
        .roster = roster,
        .ctx = ctx,
        .is_of_one = query->has_person,
        .weak = query->has_weak ? query->weak : query->has_person,
        .limit = query->has_person ? OTHERS_MOST : (size_t)query->limit,
        .items = ctx_alloc_array(ctx, PAGE_MOST + OTHERS_MOST, sizeof *page.items),
    };
    uint64_t person = query->has_person ? alias_end(ctx->txn, &person_merged, query->person) : 0, next = 0;
    if (!page.items)
        return;
    if (!query->has_person)
        next = scan_register(&page, query->has_after ? query->after : 0);
    else if (!roster_has(roster, person))
        card_erase_refuse(ctx, "person", person);
    else if (add_person(&page, person) && page.count)
        qsort(page.items, page.count, sizeof *page.items, compare_likely_first);
    out_reply->duplicates.count = page.count < (size_t)query->limit ? page.count : (size_t)query->limit;
    out_reply->duplicates.items = page.items;
    out_reply->has_next = next != 0;
    out_reply->next = next;
}

bool person_duplicates_answer(const struct person_service *self, const struct person_duplicates *query, struct ctx *ctx,
                              struct person_duplicates_reply *out_reply)
{
    roster_want(self->roster);
    if (roster_catch_up(self->roster, ctx, CARDS_AT_ONCE))
        answer(self->roster, query, ctx, out_reply);
    else
        ctx_refuse(ctx, ERROR_BUSY, NULL,
                   "The register is read into memory for the first search; send the same again in a few seconds.");
    return !is_refused(&ctx->refusal);
}
