// SPDX-License-Identifier: Apache-2.0
#include "services/person/card_erase.h"

#include "common/service/erasing.h"
#include "services/person/card_change.h"
#include "services/person/card_history.h"
#include "services/person/last_activity.h"
#include "services/person/merge.h"
#include "services/person/selections.h"

/** The card with its indexes. There is none when what is erased was erased before, and the store is older than that. */
static void begin(void *self, struct ctx *ctx, uint64_t person)
{
    const struct person_erased event = {.person = person};
    struct person_card card;
    if (row_get(ctx, &person_cards, &person_card_row_desc, person, &card)) {
        struct key of_import = key_of_id(card.import);
        key_u64(&of_import, person);
        if (card.has_import)
            index_delete(ctx->txn, &person_import_persons, key_bytes(&of_import));
        selections_erase(self, ctx, &card);
        card_change_erase(ctx, &card);
    }
    merge_forget_numbers(ctx, person);
    last_activity_forget(self, ctx, person);
    ctx_emit(ctx, &person_erased_message, &event, person, "person", person);
}

static void forget_change(void *self, struct ctx *ctx, const struct journal_record *record)
{
    (void)self;
    card_history_forget(ctx->txn, record->header.person, record->seq);
}

void *card_erase_refuse(struct ctx *ctx, const char *field, uint64_t person)
{
    return ctx_refuse(ctx, ERROR_NOT_FOUND, field,
                      erasing_has(ctx->txn, &person_erased_persons, person) ? "was erased"
                                                                            : "there is no person with this id");
}

void card_erase_freed(struct ctx *ctx)
{
    if (erasing_has_any(ctx->txn, &person_erased_persons))
        erasing_freed(ctx->txn, &person_erased_persons, ctx->now_ms);
}

const struct service_erasure card_erasure = {
    .table = &person_erased_persons,
    .merged = &person_merged,
    .begin = begin,
    .record = forget_change,
};
