// SPDX-License-Identifier: Apache-2.0
#include "services/person/customers.h"

#include "common/service/erasing.h"
#include "common/store/alias.h"
#include "services/person/card_change.h"
#include "services/person/choices.h"

enum {
    LOOKED_A_BATCH = 500, // merged persons
    CARDS_A_BATCH = 500,
    MOVED_A_BATCH = 100,
    PAUSE_MS = 10, // between two batches, in which those who come find nothing before them
    AGAIN_MS = 1000,
};

int64_t customers_due_ms(void *self)
{
    return ((const struct person_service *)self)->customers.due_ms;
}

void customers_aborted(void *self)
{
    struct customer_moves *moves = &((struct person_service *)self)->customers;
    *moves = (struct customer_moves){.due_ms = moves->ran_ms + AGAIN_MS, .ran_ms = moves->ran_ms};
}

void customers_clock_was_set(void *self, int64_t by_ms)
{
    (void)by_ms;
    ((struct person_service *)self)->customers.due_ms = 0;
}

/** One who was erased and still has customers: the store is older than his erasure, which was done anew. */
struct erased_search {
    struct ctx *ctx;
    uint64_t after;
    uint64_t found; // 0: nobody
};

static bool has_no_customers(void *user, uint64_t person)
{
    struct erased_search *search = user;
    if (person > search->after && used_by(search->ctx, USED_ACCOUNT_MANAGER, person) > 0)
        search->found = person;
    return !search->found;
}

/** Looks among the merged persons for one who still has customers, then among those who were erased. */
static void find(struct customer_moves *moves, struct ctx *ctx)
{
    uint64_t persons[LOOKED_A_BATCH];
    size_t count = alias_scan(ctx->txn, &person_merged, moves->looked_upto, persons, LOOKED_A_BATCH);
    for (size_t i = 0; i < count && !moves->person; i++) {
        moves->looked_upto = persons[i];
        if (used_by(ctx, USED_ACCOUNT_MANAGER, persons[i]) > 0)
            moves->person = persons[i];
    }
    moves->card_upto = 0;
    if (count > 0)
        return;
    struct erased_search search = {.ctx = ctx, .after = moves->erased_upto};
    erasing_each(ctx->txn, &person_erased_persons, has_no_customers, &search);
    moves->person = search.found;
    if (search.found)
        moves->erased_upto = search.found;
    else
        moves->due_ms = INT64_MAX;
}

/** Who answers for the person's customers now; 0: nobody. */
static uint64_t successor(struct ctx *ctx, uint64_t person)
{
    uint64_t kept = alias_end(ctx->txn, &person_merged, person);
    return erasing_has(ctx->txn, &person_erased_persons, kept) ? 0 : kept;
}

/** The card of a customer gets the person who was kept, if there is one, and it is not his own. */
static void move(struct ctx *ctx, uint64_t kept, uint64_t customer)
{
    struct card_change *change = ctx_alloc(ctx, sizeof *change);
    if (!change || !card_change_begin(ctx, customer, false, 0, change))
        return;
    change->card.has_account_manager = kept != 0 && kept != customer;
    change->card.account_manager = change->card.has_account_manager ? kept : 0;
    card_change_compare(change);
    card_change_apply(ctx, change);
}

/** Reads the next cards; returns how many are customers of the person, whose ids it gives. */
static size_t read_cards(struct customer_moves *moves, struct ctx *ctx, uint64_t out_customers[MOVED_A_BATCH])
{
    struct key from = key_of_id(moves->card_upto + 1);
    struct store_cursor cursor;
    size_t count = 0, read = 0;
    store_cursor_open(&cursor, ctx->txn, &person_cards);
    bool there = store_cursor_seek(&cursor, key_bytes(&from));
    for (; there && read < CARDS_A_BATCH && count < MOVED_A_BATCH; read++, there = store_cursor_next(&cursor)) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct person_card card;
        if (!row_decode(ctx, &person_card_row_desc, cursor.value, &card))
            break;
        moves->card_upto = card.person;
        if (card.has_account_manager && card.account_manager == moves->person)
            out_customers[count++] = card.person;
        arena_rewind(ctx->arena, mark);
    }
    store_cursor_close(&cursor);
    if (!there)
        moves->person = 0;
    return count;
}

void customers_run(void *self, struct ctx *ctx)
{
    struct customer_moves *moves = &((struct person_service *)self)->customers;
    uint64_t customers[MOVED_A_BATCH];
    if (ctx->now_ms < moves->due_ms)
        return;
    moves->ran_ms = ctx->now_ms;
    moves->due_ms = ctx->now_ms + PAUSE_MS;
    if (!moves->person) {
        find(moves, ctx);
        return;
    }
    uint64_t person = moves->person, kept = successor(ctx, person);
    size_t count = read_cards(moves, ctx, customers);
    for (size_t i = 0; i < count && !is_refused(&ctx->refusal); i++)
        move(ctx, kept, customers[i]);
    if (used_by(ctx, USED_ACCOUNT_MANAGER, person) == 0)
        moves->person = 0;
}
