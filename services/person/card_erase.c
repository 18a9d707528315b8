// SPDX-License-Identifier: Apache-2.0
#include "services/person/card_erase.h"

#include "services/person/card_change.h"
#include "services/person/card_history.h"
#include "services/person/last_activity.h"
#include "services/person/merge.h"

/** The card with its indexes. There is none when what is erased was erased before, and the store is older than that. */
static void begin(void *self, struct ctx *ctx, uint64_t person)
{
    const struct person_erased event = {.person = person};
    struct person_card card;
    (void)self;
    if (row_get(ctx, &person_cards, &person_card_row_desc, person, &card)) {
        struct key of_import = key_of_id(card.import);
        key_u64(&of_import, person);
        if (card.has_import)
            index_delete(ctx->txn, &person_import_persons, key_bytes(&of_import));
        card_change_erase(ctx, &card);
    }
    merge_forget_numbers(ctx, person);
    last_activity_forget(ctx, person);
    ctx_emit(ctx, &person_erased_message, &event, person, "person", person);
}

static void forget_change(void *self, struct ctx *ctx, const struct journal_record *record)
{
    (void)self;
    card_history_forget(ctx->txn, record->header.person, record->seq);
}

const struct service_erasure card_erasure = {
    .table = &person_erased_persons,
    .merged = &person_merged,
    .begin = begin,
    .record = forget_change,
};
