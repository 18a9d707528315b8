// SPDX-License-Identifier: Apache-2.0
/** Filter terms of own-defined fields: own.NAME, and has:own.NAME. */
#include "services/person/filter_terms.h"
#include "services/person/own_fields.h"
#include "services/person/own_numbers.h"
#include "services/person/roster_own.h"

const struct text filter_own_prefix = {"own.", 4};

static struct filter_set without(struct filter *filter)
{
    struct filter_set set = filter_of_id(filter, FACET_OWN, filter->own->field);
    set.is_turned = true;
    return set;
}

static struct filter_set within(struct filter *filter, int64_t from, int64_t to)
{
    roaring_bitmap_t *persons = filter_make(filter);
    if (persons)
        roster_own_add_within(roster_all_own(filter->roster), filter->own->field, from, to, persons);
    return filter_of(filter, persons, false);
}

static struct filter_set find_number(struct filter *filter, struct text value)
{
    struct text from, to;
    int64_t least = INT64_MIN, most = INT64_MAX;
    filter_split(value, &from, &to);
    bool good = (from.len > 0 || to.len > 0) && (from.len == 0 || own_number_read(from, &least)) &&
                (to.len == 0 || own_number_read(to, &most));
    return good ? within(filter, least, most)
                : filter_refuse(filter, "has a number that is none; write 42, -3.25, or a span as 38.5..42 or 40..");
}

static struct filter_set find_days(struct filter *filter, struct text value)
{
    int32_t from, to;
    return filter_read_days(filter, value, &from, &to) ? within(filter, from, to) : filter_of(filter, NULL, false);
}

static struct filter_set find_yes_no(struct filter *filter, struct text value)
{
    bool is_yes = text_equal(value, TEXT("yes"));
    if (!is_yes && !text_equal(value, TEXT("no")))
        return filter_refuse(filter, "asks for something else than yes, no or none; write one of them");
    return filter_of_id(filter, FACET_OWN_CHOICE, roster_own_yes_no(filter->own->field, is_yes));
}

static struct filter_set find_choice(struct filter *filter, struct text value)
{
    const struct own_choice *choice = own_choice_find(filter->own, value);
    if (choice)
        filter_name_id(filter, choice->choice);
    return choice ? filter_of_id(filter, FACET_OWN_CHOICE, roster_own_choice(filter->own->field, choice->choice))
                  : filter_refuse(filter, "names a choice that the own field has not; field.list shows those it has");
}

static struct filter_set find_own(struct filter *filter, const struct filter_field *field, struct text value)
{
    (void)field;
    if (filter_is_none(value))
        return without(filter);
    switch (filter->own->kind) {
    case OWN_FIELD_KIND_NUMBER:
        return find_number(filter, value);
    case OWN_FIELD_KIND_DATE:
        return find_days(filter, value);
    case OWN_FIELD_KIND_YES_NO:
        return find_yes_no(filter, value);
    case OWN_FIELD_KIND_CHOICE:
        return find_choice(filter, value);
    case OWN_FIELD_KIND_TEXT:
        break;
    }
    return filter_of_words(filter, filter->own->field, value);
}

/** Reads the field that the term asks for. */
static bool read_field(struct filter *filter, struct text name)
{
    struct own_field *own = ctx_alloc(filter->ctx, sizeof *own);
    if (own && !own_field_find(filter->ctx, name, own))
        filter_refuse(filter, "asks for an own field that there is not; field.list shows those there are");
    filter->own = own;
    return !is_refused(&filter->ctx->refusal);
}

const struct filter_field *filter_own_find(struct filter *filter, struct text name)
{
    static const struct filter_field own = {find_own, 0, -1};
    return read_field(filter, name) ? &own : NULL;
}

struct filter_set filter_own_has(struct filter *filter, struct text name)
{
    return read_field(filter, name) ? filter_of_id(filter, FACET_OWN, filter->own->field)
                                    : filter_of(filter, NULL, false);
}
