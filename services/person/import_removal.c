// SPDX-License-Identifier: Apache-2.0
#include "services/person/import_removal.h"

#include "common/service/erasing.h"
#include "services/person/imports.h"
#include "services/person/last_activity.h"

enum {
    PERSONS_AT_ONCE = 300, // in some milliseconds: commands wait no longer
    PERSON_AT = 8,         // in the key
};

int64_t import_removal_due_ms(void *state)
{
    return ((const struct person_service *)state)->removal_due_ms;
}

void import_removal_aborted(void *state)
{
    ((struct person_service *)state)->removal_due_ms = 0;
}

/** The next of the import's persons; returns how many. */
static size_t find_persons(struct ctx *ctx, const struct person_import *import, uint64_t out_persons[PERSONS_AT_ONCE])
{
    struct key prefix = key_of_id(import->import), from = prefix;
    struct index_scan scan;
    size_t count = 0;
    key_u64(&from, import->has_position ? import->position + 1 : 0);
    index_scan_open(&scan, ctx->txn, &person_import_persons, key_bytes(&prefix), key_bytes(&from), false);
    while (count < PERSONS_AT_ONCE && index_scan_next(&scan))
        out_persons[count++] = get_u64(scan.key.data + PERSON_AT);
    index_scan_close(&scan);
    return count;
}

/**
 * Whether the card is as the import made it, and nothing else hangs on it: who became an employee, or was changed at all, has another revision;
 * and whoever was in touch with him wants him to stay.
 */
static bool is_untouched(struct ctx *ctx, const struct person_card *card)
{
    return card->revision == 1 && !last_activity_has(ctx->txn, card->person);
}

static void remove_person(struct ctx *ctx, struct person_import *import, uint64_t person)
{
    struct person_card card;
    struct key key = key_of_id(import->import);
    import->has_position = true;
    import->position = person;
    if (!row_get(ctx, &person_cards, &person_card_row_desc, person, &card))
        return; // he went by other ways
    if (!is_untouched(ctx, &card)) {
        import->kept++;
        return;
    }
    key_u64(&key, person);
    card_change_remove(ctx, &card);
    index_delete(ctx->txn, &person_import_persons, key_bytes(&key));
    import->removed++;
}

static void remove_slice(struct ctx *ctx, struct person_import *import)
{
    uint64_t persons[PERSONS_AT_ONCE];
    size_t count = find_persons(ctx, import, persons);
    for (size_t i = 0; i < count; i++)
        remove_person(ctx, import, persons[i]);
    if (import->removed > 0)
        erasing_freed(ctx->txn, &person_erased_persons, ctx->now_ms);
    if (count < PERSONS_AT_ONCE)
        import->state = IMPORT_STATE_TAKEN_BACK;
    import_put(ctx, import);
}

void import_removal_run(void *state, struct ctx *ctx)
{
    struct person_service *self = state;
    struct person_import import;
    bool found = false;
    if (ctx->now_ms < self->removal_due_ms)
        return;
    for (uint64_t from = 1; !found && import_next(ctx, from, &import); from = import.import + 1)
        found = import.state == IMPORT_STATE_TAKING_BACK;
    if (found) {
        const struct text actor = ctx->actor, sender = ctx->sender;
        ctx->actor = import.taken_back_by;
        ctx->sender = import.taken_back_from;
        remove_slice(ctx, &import);
        ctx->actor = actor;
        ctx->sender = sender;
    }
    self->removal_due_ms = found ? 0 : INT64_MAX;
}
