// SPDX-License-Identifier: Apache-2.0
#include "services/person/bulk_work.h"

#include <stdlib.h>

#include "services/person/bulk.h"
#include "services/person/roster_tags.h"
#include "services/person/rules.h"

enum { CARDS_A_BATCH = 100 }; // of one bulk change: some milliseconds, which commands wait longer

struct bulk_work {
    bool is_awaited;           // there may be something to do
    struct bulk_choice choice; // taken out of the box
    bool is_used;              // it is not needed any more once the batch is committed
    uint64_t bulk;             // whose persons these are; 0: nobody's
    roaring_bitmap_t *persons;
};

void bulk_work_awaits(struct person_service *self)
{
    self->bulk_work->is_awaited = true;
}

static void forget_persons(struct bulk_work *work)
{
    roster_set_free(work->persons);
    work->persons = NULL;
    work->bulk = 0;
}

static void forget_choice(struct bulk_work *work)
{
    roster_set_free(work->choice.persons);
    work->choice = (struct bulk_choice){.bulk = 0};
}

struct bulk_work *bulk_work_new(void)
{
    struct bulk_work *work = calloc(1, sizeof *work);
    if (work)
        work->is_awaited = true; // what the last run left
    return work;
}

void bulk_work_free(struct bulk_work *work)
{
    if (!work)
        return;
    forget_persons(work);
    forget_choice(work);
    free(work);
}

int bulk_work_wake_fd(void *state)
{
    return bulk_box_fd(((struct person_service *)state)->bulk_box);
}

int64_t bulk_work_due_ms(void *state)
{
    return ((struct person_service *)state)->bulk_work->is_awaited ? 0 : INT64_MAX;
}

bool bulk_change_card(const struct person_service *self, struct ctx *ctx, const struct person_changes *set,
                      struct card_change *change)
{
    const struct list_changes lists = {
        .groups_field = "groups_add",
        .join_count = set->groups_add.count,
        .join = set->groups_add.items,
        .leave_count = set->groups_remove.count,
        .leave = set->groups_remove.items,
        .consent_count = set->consents.count,
        .consents = set->consents.items,
        .own_count = set->own.count,
        .own = set->own.items,
    };
    card_change_take(change, &self->bulk_fields, set);
    if (!rules_check(ctx, change) || !rules_check_lists(ctx, change, &lists))
        return false;
    card_change_compare(change);
    return true;
}

static void note_refusal(struct ctx *ctx, struct bulk *bulk, uint64_t person, const struct refusal *refusal)
{
    const struct bulk_refusal row = {
        .person = person,
        .has_field = refusal->field[0] != '\0',
        .field = ctx_text(ctx, text_of(refusal->field)),
        .message = ctx_text(ctx, text_of(refusal->message)),
    };
    struct key key = bulk_refused_key(bulk->bulk, person);
    bulk->refused++;
    row_put_at(ctx, &person_bulk_refused, &bulk_refusal_row_desc, key_bytes(&key), &row);
}

/** False: not for this card's sake, but the batch cannot go on. */
static bool change_one(const struct person_service *self, struct ctx *ctx, struct bulk *bulk, uint64_t person)
{
    struct ctx asking = *ctx; // what a rule refuses is the card's refusal, not the batch's
    struct card_change *change = ctx_alloc(ctx, sizeof *change);
    if (!change)
        return false;
    if (!card_change_begin(&asking, person, false, 0, change) || !bulk_change_card(self, &asking, &bulk->set, change)) {
        if (asking.refusal.code == ERROR_BUSY || asking.refusal.code == ERROR_CORRUPT) {
            ctx->refusal = asking.refusal;
            return false;
        }
        note_refusal(ctx, bulk, person, &asking.refusal);
    } else if (change->changed_count > 0) {
        bulk->changed++;
        card_change_apply(ctx, change);
    }
    bulk->looked_at++;
    bulk->has_reached = true;
    bulk->reached = person;
    return !is_refused(&ctx->refusal);
}

static void change_slice(struct person_service *self, struct ctx *ctx, struct bulk *bulk)
{
    struct bulk_work *work = self->bulk_work;
    if (work->bulk != bulk->bulk) {
        forget_persons(work);
        work->persons = bulk_read_set(ctx, bulk->bulk);
        work->bulk = bulk->bulk;
    }
    if (!work->persons)
        return;
    roaring_uint32_iterator_t at;
    roaring_init_iterator(work->persons, &at);
    if (bulk->has_reached)
        roaring_move_uint32_iterator_equalorlarger(&at, (uint32_t)bulk->reached + 1);
    for (size_t i = 0; at.has_value && i < CARDS_A_BATCH; i++) {
        if (!change_one(self, ctx, bulk, at.current_value))
            return;
        roaring_advance_uint32_iterator(&at);
    }
    bulk->state = at.has_value ? BULK_STATE_RUNNING : BULK_STATE_DONE;
    if (at.has_value)
        bulk_put_row(ctx, bulk);
    else
        bulk_end(self, ctx, bulk);
}

static void fail(const struct person_service *self, struct ctx *ctx, struct bulk *bulk, const char *reason)
{
    bulk->state = BULK_STATE_FAILED;
    bulk->has_reason = true;
    bulk->reason = text_of(reason);
    bulk_end(self, ctx, bulk);
}

static void keep_choice(struct person_service *self, struct ctx *ctx, struct bulk *bulk)
{
    struct bulk_work *work = self->bulk_work;
    const struct bulk_choice *choice = &work->choice;
    work->is_used = true;
    if (!choice->persons) {
        fail(self, ctx, bulk, choice->refusal.message);
        return;
    }
    bulk->has_total = true;
    bulk->total = (int64_t)roaring_bitmap_get_cardinality(choice->persons);
    if (bulk->has_expect && bulk->expect != bulk->total) {
        fail(self, ctx, bulk,
             "the selection has another number of persons than expected; look at it again, and begin anew");
        return;
    }
    bulk->state = BULK_STATE_RUNNING;
    if (bulk_keep_set(ctx, bulk->bulk, choice->persons))
        bulk_put_row(ctx, bulk);
}

void bulk_work_run(void *state, struct ctx *ctx)
{
    struct person_service *self = state;
    struct bulk_work *work = self->bulk_work;
    bool is_chosen;
    struct bulk bulk;
    if (work->choice.bulk == 0)
        work->choice = bulk_box_take(self->bulk_box);
    uint64_t current = bulk_current(ctx->txn, &is_chosen);
    if (work->choice.bulk && work->choice.bulk != current)
        work->is_used = true; // stopped since
    work->is_awaited = current != 0 && (is_chosen || work->choice.bulk);
    if (!work->is_awaited || !bulk_get_row(ctx, current, &bulk))
        return;
    const struct text actor = ctx->actor, sender = ctx->sender;
    ctx->actor = bulk.actor;
    ctx->sender = bulk.sender;
    if (is_chosen)
        change_slice(self, ctx, &bulk);
    else
        keep_choice(self, ctx, &bulk);
    ctx->actor = actor;
    ctx->sender = sender;
}

void bulk_work_committed(void *state)
{
    struct bulk_work *work = ((struct person_service *)state)->bulk_work;
    if (work->is_used)
        forget_choice(work);
    work->is_used = false;
}

void bulk_work_aborted(void *state)
{
    struct bulk_work *work = ((struct person_service *)state)->bulk_work;
    work->is_used = false;
    work->is_awaited = true;
    forget_persons(work);
}
