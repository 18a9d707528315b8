// SPDX-License-Identifier: Apache-2.0
/** `person.history`: the changes of a card, each compared with the card before it; `person.dossier`: these and the card. */
#include <stdio.h>

#include "common/base/must.h"
#include "common/store/alias.h"
#include "common/wire/same.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/card_erase.h"
#include "services/person/card_history.h"
#include "services/person/own_values.h"

enum { NAME_BYTES = 64 };

/** A change as the journal has it. */
struct version {
    struct journal_record record;
    struct person_card card;
    uint64_t merged;    // the person whose card was merged into this one; 0: none
    struct text reason; // empty: none was given
};

/** Reads the card that a record of the journal carries; false: it was erased, or it is refused. */
static bool read_version(struct ctx *ctx, uint64_t seq, struct version *out_version)
{
    const struct journal_record *record = &out_version->record;
    bool found = false;
    enum fault fault = journal_get(ctx->txn, seq, &out_version->record, &found);
    if (fault != FAULT_NONE || !found) {
        ctx_refuse(ctx, ERROR_CORRUPT, NULL,
                   "A change of the card cannot be read; an operator has to restore the store.");
        return false;
    }
    if (record->erased)
        return false;
    bool is_first = text_equal(record->header.type, text_of(person_created_message.type));
    struct person_created created;
    struct person_updated updated;
    bool read = is_first ? row_decode(ctx, &person_created_desc, record->body, &created)
                         : row_decode(ctx, &person_updated_desc, record->body, &updated);
    if (read) {
        out_version->card = is_first ? created.card : updated.card;
        out_version->merged = is_first || !updated.has_merged ? 0 : updated.merged;
        out_version->reason = !is_first && updated.has_reason ? updated.reason : TEXT("");
    }
    return read;
}

/** What the field shows these roles; false: nothing. */
static bool value_of(struct ctx *ctx, const struct field_desc *field, const void *holder, struct bytes *out_value)
{
    buffer_reset(ctx->scratch);
    if (!codec_encode_field_for(field, holder, ctx->role_mask, ctx->scratch))
        return false;
    *out_value = arena_bytes(ctx->arena, buffer_bytes(ctx->scratch));
    if (ctx->scratch->failed || !out_value->data)
        ctx_alloc(ctx, SIZE_MAX); // refuses for want of memory
    return !is_refused(&ctx->refusal);
}

/** What every version has anew, and `changes` would only repeat. */
static bool is_of_the_version(const struct field_desc *field)
{
    static const char *const names[] = {"person", "revision", "created_ms", "changed_ms"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(field->name, names[i]) == 0)
            return true;
    return false;
}

/** NULL is a card that has no value of the field. */
static bool own_value_of(struct ctx *ctx, const struct own_value *value, struct bytes *out_value)
{
    return value && value_of(ctx, own_value_member(value), value, out_value);
}

/** Adds a change for each own-defined field that differs. */
static void compare_own(struct ctx *ctx, const struct person_card *before, const struct person_card *after,
                        struct field_change *changes, size_t *count)
{
    size_t i = 0, j = 0;
    while ((i < before->own.count || j < after->own.count) && !is_refused(&ctx->refusal)) {
        const struct own_value *from = i < before->own.count ? &before->own.items[i] : NULL;
        const struct own_value *to = j < after->own.count ? &after->own.items[j] : NULL;
        if (from && to && from->field < to->field) // both are ascending: the other card has not the lower one
            to = NULL;
        else if (from && to && from->field > to->field)
            from = NULL;
        const struct own_value *either = from ? from : to;
        must(either);
        i += from != NULL;
        j += to != NULL;
        if (from && to && same_struct(&own_value_desc, from, to))
            continue;
        char name[NAME_BYTES];
        int len = snprintf(name, sizeof name, "own.%.*s", (int)either->name.len, either->name.data);
        struct field_change *change = &changes[(*count)++];
        change->field = ctx_text(ctx, (struct text){name, (size_t)len});
        change->has_from = own_value_of(ctx, from, &change->from);
        change->has_to = own_value_of(ctx, to, &change->to);
    }
}

/** `before` is NULL for the making of a card, which is compared with one that has nothing. */
static void compare(struct ctx *ctx, const struct person_card *before, const struct person_card *after,
                    struct card_version *out_version)
{
    static const struct person_card nothing;
    const struct person_card *from = before ? before : &nothing;
    size_t most = person_card_desc.count + from->own.count + after->own.count, count = 0;
    struct field_change *changes = ctx_alloc_array(ctx, most, sizeof *changes);
    for (size_t i = 0; changes && i < person_card_desc.count && !is_refused(&ctx->refusal); i++) {
        const struct field_desc *field = &person_card_desc.fields[i];
        if (is_of_the_version(field) || same_field(field, from, after))
            continue;
        if (strcmp(field->name, "own") == 0) {
            compare_own(ctx, from, after, changes, &count);
            continue;
        }
        struct field_change *change = &changes[count++];
        change->field = text_of(field->name);
        change->has_from = before && value_of(ctx, field, before, &change->from);
        change->has_to = value_of(ctx, field, after, &change->to);
    }
    out_version->changes.count = count;
    out_version->changes.items = changes;
}

/** `before` is NULL for the first version, and when the one before was erased: then what changed is not known any more. */
static void describe(struct ctx *ctx, const struct version *before, const struct version *version,
                     struct card_version *out_version)
{
    const struct journal_header *header = &version->record.header;
    bool is_first = version->card.revision == 1;
    *out_version = (struct card_version){
        .seq = (int64_t)version->record.seq,
        .revision = version->card.revision,
        .time_ms = header->time_ms,
        .has_actor = header->actor.len > 0,
        .actor = ctx_text(ctx, header->actor),
        .has_sender = header->sender.len > 0,
        .sender = ctx_text(ctx, header->sender),
        .has_merged = version->merged != 0,
        .merged = version->merged,
        .has_reason = version->reason.len > 0,
        .reason = version->reason,
    };
    if (before || is_first)
        compare(ctx, before ? &before->card : NULL, &version->card, out_version);
}

/** Whose changes are shown; 0: refused, there is no such person. */
static uint64_t find_person(struct ctx *ctx, const struct person_history *query, struct person_history_reply *reply)
{
    uint64_t kept = alias_end(ctx->txn, &person_merged, query->person);
    struct key id = key_of_id(kept);
    struct bytes card;
    if (!store_get(ctx->txn, &person_cards, key_bytes(&id), &card)) {
        card_erase_refuse(ctx, "person", kept);
        return 0;
    }
    if (query->before_merge || kept == query->person)
        return query->person;
    reply->has_merged_from = true;
    reply->merged_from = query->person;
    return kept;
}

/** A page of changes before journal position `before` (0: all), newest first. */
struct history_page {
    size_t count;
    const struct card_version *versions;
    bool more;
};

/** False: refused. */
static bool read_page(struct ctx *ctx, uint64_t person, uint64_t before, size_t limit, struct history_page *out_page)
{
    uint64_t *seqs = ctx_alloc_array(ctx, limit + 1, sizeof *seqs);
    struct version *read = ctx_alloc_array(ctx, 2, sizeof *read); // one, and the one after it
    struct card_version *versions = ctx_alloc_array(ctx, limit, sizeof *versions);
    if (!seqs || !read || !versions)
        return false;
    // One more than is shown: what the last one is compared with, and whether there are more.
    size_t found = card_history_find(ctx->txn, person, before, limit + 1, seqs), count = 0;
    const struct version *after = NULL;
    for (size_t i = 0; i < found && !is_refused(&ctx->refusal); i++) {
        struct version *version = &read[i % 2];
        bool is_read = read_version(ctx, seqs[i], version);
        if (after)
            describe(ctx, is_read ? version : NULL, after, &versions[count++]);
        after = is_read ? version : NULL;
    }
    if (after && count < limit && !is_refused(&ctx->refusal))
        describe(ctx, NULL, after, &versions[count++]);
    *out_page = (struct history_page){count, versions, found > limit};
    return !is_refused(&ctx->refusal);
}

bool person_history_answer(const struct person_service *self, const struct person_history *query, struct ctx *ctx,
                           struct person_history_reply *out_reply)
{
    (void)self;
    struct history_page page;
    uint64_t person = find_person(ctx, query, out_reply);
    if (!person ||
        !read_page(ctx, person, query->has_before ? (uint64_t)query->before : 0, (size_t)query->limit, &page))
        return false;
    out_reply->versions.count = page.count;
    out_reply->versions.items = page.versions;
    out_reply->more = page.more;
    return true;
}

bool person_dossier_answer(const struct person_service *self, const struct person_dossier *query, struct ctx *ctx,
                           struct person_dossier_reply *out_reply)
{
    (void)self;
    struct history_page page;
    uint64_t kept = alias_end(ctx->txn, &person_merged, query->person);
    if (!row_get(ctx, &person_cards, &person_card_row_desc, kept, &out_reply->card))
        return card_erase_refuse(ctx, "person", kept);
    if (!read_page(ctx, query->person, query->has_before ? (uint64_t)query->before : 0, (size_t)query->limit, &page))
        return false;
    out_reply->versions.count = page.count;
    out_reply->versions.items = page.versions;
    out_reply->more = page.more;
    return true;
}
