// SPDX-License-Identifier: Apache-2.0
#include "services/person/merge.h"

#include <stdio.h>

#include "common/base/must.h"
#include "common/store/alias.h"
#include "common/wire/value.h"
#include "services/person/card_erase.h"
#include "services/person/choices.h"

enum {
    GROUPS_MOST = 64,
    CONSENTS_MOST = 16,
    NOTES_MOST = 4000,
    ALIASES_MOST = 1000, // that lead to a dropped card and are led on in one batch
};

/** How a field of the kept card comes about. */
enum way {
    WAY_FILLED, // its own value; the other card's when it has none, or when that is asked for
    WAY_CHOSEN, // the same, but it always has its own
    WAY_OWN,    // its own
    WAY_JOINED, // of both cards, by a rule of its own
    WAY_EITHER, // the same, but the other card's can be asked for
};

/** The fields that are not simply filled. */
static const struct {
    const char *field;
    enum way way;
} ways[] = {
    {"person", WAY_OWN},
    {"revision", WAY_OWN},
    {"created_ms", WAY_OWN},
    {"changed_ms", WAY_OWN},
    {"customer_number", WAY_CHOSEN},
    {"given_name", WAY_CHOSEN},
    {"groups", WAY_JOINED},
    {"consents", WAY_JOINED},
    {"notes", WAY_EITHER},
    {"employment", WAY_JOINED},
    {"own", WAY_EITHER},
    {"import", WAY_OWN},
    {"erasure_marked_ms", WAY_OWN},
    {"erasure_marked_by", WAY_OWN},
};

static enum way way_of(const struct field_desc *field)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].field, field->name) == 0)
            return ways[i].way;
    return WAY_FILLED;
}

static bool refuse(struct ctx *ctx, enum error_code code, const char *field, const char *message)
{
    ctx_refuse(ctx, code, field, message);
    return false;
}

static bool is_taken(const struct merge_wish *wish, const char *field)
{
    for (size_t i = 0; i < wish->take_count; i++)
        if (text_equal(wish->take[i], text_of(field)))
            return true;
    return false;
}

/* Whether the two may be merged. */

static bool read_card(struct ctx *ctx, uint64_t person, const char *field, struct person_card *out_card)
{
    if (!card_change_check_merged(ctx, field, person))
        return false;
    return row_get(ctx, &person_cards, &person_card_row_desc, person, out_card) ||
           card_erase_refuse(ctx, field, person);
}

static bool check_revision(struct ctx *ctx, bool has, int64_t revision, const struct person_card *card,
                           const char *field)
{
    return !has || revision == card->revision ||
           refuse(ctx, ERROR_CHANGED_SINCE, field,
                  "somebody else has changed the card since; read it again and decide whether to merge");
}

static bool check_take(struct ctx *ctx, const struct merge_wish *wish, const struct person_card *drop)
{
    for (size_t i = 0; i < wish->take_count; i++) {
        const struct field_desc *field = struct_field(&person_card_desc, wish->take[i]);
        if (!field)
            return refuse(ctx, ERROR_INVALID_FIELD, "take",
                          "names what is no field of a card; give names as person.get shows them");
        enum way way = way_of(field);
        if (way == WAY_OWN || way == WAY_JOINED)
            return refuse(ctx, ERROR_INVALID_FIELD, "take",
                          "names a field that the kept card keeps, or gets from both; leave it out");
        if (value_presence(field, drop) != VALUE_PRESENT)
            return refuse(ctx, ERROR_INVALID_FIELD, "take",
                          "names a field that has no value on the dropped card; leave it out");
    }
    return true;
}

static bool leads_too_many(struct ctx *ctx, uint64_t person)
{
    uint64_t *aliases = ctx_alloc_array(ctx, ALIASES_MOST, sizeof *aliases);
    return !aliases || (alias_list(ctx->txn, &person_merged, person, 0, aliases, ALIASES_MOST) == ALIASES_MOST &&
                        !refuse(ctx, ERROR_WRONG_STATE, "drop",
                                "1,000 cards were merged into this one already; keep it, and drop the other"));
}

static bool check_pair(struct ctx *ctx, const struct merge_wish *wish, const struct person_card *keep,
                       const struct person_card *drop)
{
    if (keep->has_erasure_marked_ms || drop->has_erasure_marked_ms)
        return refuse(ctx, ERROR_WRONG_STATE, keep->has_erasure_marked_ms ? "keep" : "drop",
                      "is marked to be erased; complete the erasure, or unmark the person first");
    if (keep->has_employment && drop->has_employment)
        return refuse(ctx, ERROR_WRONG_STATE, "drop",
                      "both are registered as employees, each with a number of his own, and an employment cannot be "
                      "merged; the cards stay two");
    return check_revision(ctx, wish->has_keep_revision, wish->keep_revision, keep, "keep_revision") &&
           check_revision(ctx, wish->has_drop_revision, wish->drop_revision, drop, "drop_revision") &&
           check_take(ctx, wish, drop) && !leads_too_many(ctx, drop->person);
}

/* What the kept card gets. */

static void copy_field(const struct field_desc *field, const struct person_card *from, struct person_card *to)
{
    static const bool yes = true;
    size_t size = field->flags & FIELD_LIST ? sizeof(struct list) : value_size(field);
    memcpy((char *)to + field->offset, value_member(from, field->offset), size);
    if (field->has_offset != FIELD_NO_OFFSET)
        memcpy((char *)to + field->has_offset, &yes, sizeof yes);
}

static void fill(const struct merge_wish *wish, const struct person_card *drop, struct person_card *card)
{
    for (size_t i = 0; i < person_card_desc.count; i++) {
        const struct field_desc *field = &person_card_desc.fields[i];
        enum way way = way_of(field);
        bool can = way == WAY_FILLED || way == WAY_CHOSEN, lacks = value_presence(field, card) != VALUE_PRESENT;
        if (can && value_presence(field, drop) == VALUE_PRESENT && (lacks || is_taken(wish, field->name)))
            copy_field(field, drop, card);
    }
    if (!card->has_employment && drop->has_employment) {
        card->has_employment = true;
        card->employment = drop->employment;
    }
}

/** The department is one of the organisation that the card has now. */
static bool join_department(struct ctx *ctx, const struct merge_wish *wish, const struct person_card *keep,
                            const struct person_card *drop, struct person_card *card)
{
    bool is_same = card->has_organisation && drop->has_organisation && card->organisation == drop->organisation;
    bool was_same = keep->has_organisation && card->organisation == keep->organisation;
    if (is_taken(wish, "department") && !is_same)
        return refuse(ctx, ERROR_INVALID_FIELD, "take",
                      "department is one of the dropped card's organisation; take organisation too");
    bool is_own = was_same && keep->has_department && !is_taken(wish, "department");
    bool is_others = !is_own && is_same && drop->has_department;
    card->has_department = is_own || is_others;
    card->department = is_own ? keep->department : is_others ? drop->department : 0;
    return true;
}

/** A personal number says the birth date. */
static bool join_birth(struct ctx *ctx, const struct merge_wish *wish, const struct person_card *keep,
                       const struct person_card *drop, struct person_card *card)
{
    if (!card->has_personal_number)
        return true;
    bool is_own = keep->has_personal_number && text_equal(keep->personal_number, card->personal_number);
    const struct person_card *from = is_own ? keep : drop;
    if (is_taken(wish, "birth_date") && card->birth_date != from->birth_date)
        return refuse(ctx, ERROR_INVALID_FIELD, "take",
                      "birth_date is not the one of the personal number that is kept; take personal_number too");
    card->has_birth_date = from->has_birth_date;
    card->birth_date = from->birth_date;
    return true;
}

static bool join_notes(struct ctx *ctx, const struct merge_wish *wish, const struct person_card *keep,
                       const struct person_card *drop, struct person_card *card)
{
    bool has_both = keep->has_notes && keep->notes.len > 0 && drop->has_notes && drop->notes.len > 0;
    if (!drop->has_notes || (has_both && text_equal(keep->notes, drop->notes)))
        return true;
    card->has_notes = true;
    card->notes = drop->notes;
    if (!has_both || is_taken(wish, "notes"))
        return true;
    size_t len = keep->notes.len + 2 + drop->notes.len;
    if (len > NOTES_MOST)
        return refuse(ctx, ERROR_INVALID_FIELD, "drop",
                      "has notes that make more than 4,000 bytes with those of the kept card; shorten one of them "
                      "first, or take notes from this card alone");
    char *notes = ctx_alloc(ctx, len);
    if (!notes)
        return false;
    memcpy(notes, keep->notes.data, keep->notes.len);
    memcpy(notes + keep->notes.len, "\n\n", 2);
    memcpy(notes + keep->notes.len + 2, drop->notes.data, drop->notes.len);
    card->notes = (struct text){notes, len};
    return true;
}

/** All groups of both; each card's are ascending. */
static bool join_groups(struct ctx *ctx, const struct person_card *keep, const struct person_card *drop,
                        struct person_card *card)
{
    size_t left = 0, right = 0, count = 0;
    uint64_t *groups = ctx_alloc_array(ctx, keep->groups.count + drop->groups.count, sizeof *groups);
    if (!groups)
        return false;
    while (left < keep->groups.count || right < drop->groups.count) {
        uint64_t own = left < keep->groups.count ? keep->groups.items[left] : UINT64_MAX;
        uint64_t others = right < drop->groups.count ? drop->groups.items[right] : UINT64_MAX;
        groups[count++] = own < others ? own : others;
        left += own <= others;
        right += others <= own;
    }
    if (count > GROUPS_MOST)
        return refuse(ctx, ERROR_INVALID_FIELD, "drop",
                      "has groups that make more than 64 with those of the kept card; remove some first");
    card->groups.count = count;
    card->groups.items = groups;
    return true;
}

/** Of two consents for one channel the stricter; of two alike the kept card's own. */
static const struct consent *stricter(const struct consent *own, const struct consent *others)
{
    return own->granted && !others->granted ? others : own;
}

/** Each card's are in the order of the channels. */
static bool join_consents(struct ctx *ctx, const struct person_card *keep, const struct person_card *drop,
                          struct person_card *card)
{
    size_t left = 0, right = 0, count = 0;
    struct consent *consents = ctx_alloc_array(ctx, keep->consents.count + drop->consents.count, sizeof *consents);
    if (!consents)
        return false;
    while (left < keep->consents.count || right < drop->consents.count) {
        bool has_own = left < keep->consents.count, has_others = right < drop->consents.count;
        const struct consent *own = has_own ? &keep->consents.items[left] : &drop->consents.items[right];
        const struct consent *others = has_others ? &drop->consents.items[right] : own;
        bool is_own = has_own && own->channel <= others->channel;
        bool is_others = has_others && others->channel <= own->channel;
        consents[count++] = *(is_own && is_others ? stricter(own, others) : is_own ? own : others);
        left += is_own;
        right += is_others;
    }
    if (count > CONSENTS_MOST)
        return refuse(ctx, ERROR_INVALID_FIELD, "drop", "has consents for more channels than a card can keep");
    card->consents.count = count;
    card->consents.items = consents;
    return true;
}

/** The values of own-defined fields of both, of one that both have the kept card's; each card's are ascending. */
static bool join_own(struct ctx *ctx, const struct merge_wish *wish, const struct person_card *keep,
                     const struct person_card *drop, struct person_card *card)
{
    size_t left = 0, right = 0, count = 0;
    struct own_value *values = ctx_alloc_array(ctx, keep->own.count + drop->own.count, sizeof *values);
    if (!values)
        return false;
    while (left < keep->own.count || right < drop->own.count) {
        uint64_t own = left < keep->own.count ? keep->own.items[left].field : UINT64_MAX;
        uint64_t others = right < drop->own.count ? drop->own.items[right].field : UINT64_MAX;
        bool is_others = others < own || (others == own && is_taken(wish, "own"));
        values[count++] = is_others ? drop->own.items[right] : keep->own.items[left];
        left += own <= others;
        right += others <= own;
    }
    card->own.count = count; // there are no more fields than a card has room for
    card->own.items = values;
    return true;
}

/** Nobody is his own account manager. */
static void clear_own_manager(const struct person_card *drop, struct person_card *card)
{
    bool is_self = card->account_manager == card->person || card->account_manager == drop->person;
    if (!card->has_account_manager || !is_self)
        return;
    card->has_account_manager = false;
    card->account_manager = 0;
}

bool merge_plan(struct ctx *ctx, const struct merge_wish *wish, struct merge *out_merge)
{
    struct card_change *change = &out_merge->change;
    struct person_card *keep = &change->before, *drop = &out_merge->drop, *card = &change->card;
    if (wish->keep == wish->drop)
        return refuse(ctx, ERROR_INVALID_FIELD, "drop", "is the card that is kept; give two cards of one person");
    if (!read_card(ctx, wish->keep, "keep", keep) || !read_card(ctx, wish->drop, "drop", drop) ||
        !check_pair(ctx, wish, keep, drop))
        return false;
    change->given = 0;
    change->merged = wish->drop;
    *card = *keep;
    fill(wish, drop, card);
    if (!join_department(ctx, wish, keep, drop, card) || !join_birth(ctx, wish, keep, drop, card) ||
        !join_notes(ctx, wish, keep, drop, card) || !join_groups(ctx, keep, drop, card) ||
        !join_consents(ctx, keep, drop, card) || !join_own(ctx, wish, keep, drop, card))
        return false;
    clear_own_manager(drop, card);
    card_change_compare(change);
    bool is_customer = keep->has_account_manager && keep->account_manager == drop->person;
    out_merge->customers = used_by(ctx, USED_ACCOUNT_MANAGER, drop->person) - is_customer;
    return true;
}

void merge_forget_numbers(struct ctx *ctx, uint64_t person)
{
    uint64_t aliases[64], after = 0;
    size_t count = 0;
    do {
        count = alias_list(ctx->txn, &person_merged, person, after, aliases, sizeof aliases / sizeof *aliases);
        for (size_t i = 0; i < count; i++) {
            struct text number = ctx_text(ctx, bytes_text(alias_kept(ctx->txn, &person_merged, aliases[i])));
            struct bytes id;
            if (number.len > 0 && index_get_unique(ctx->txn, &person_numbers, text_bytes(number), &id) &&
                get_u64(id.data) == aliases[i])
                index_delete(ctx->txn, &person_numbers, text_bytes(number));
            alias_put(ctx->txn, &person_merged, aliases[i], person, bytes_of("", 0));
            after = aliases[i];
        }
    } while (count > 0);
}
