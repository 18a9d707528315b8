// SPDX-License-Identifier: Apache-2.0
#include "services/person/filter_sets.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/grow.h"

const roaring_bitmap_t *filter_keep(struct filter *filter, roaring_bitmap_t *made)
{
    roaring_bitmap_t **all = grow(filter->made, &filter->made_capacity, filter->made_count + 1, sizeof made);
    if (all)
        filter->made = all;
    if (!made || !all) {
        roster_set_free(made);
        return ctx_alloc(filter->ctx, SIZE_MAX); // refuses for want of memory
    }
    filter->made[filter->made_count++] = made;
    return made;
}

roaring_bitmap_t *filter_make(struct filter *filter)
{
    roaring_bitmap_t *made = roaring_bitmap_create();
    return filter_keep(filter, made) ? made : NULL;
}

static struct filter_set kept(struct filter *filter, roaring_bitmap_t *made, bool is_turned)
{
    return (struct filter_set){filter_keep(filter, made), is_turned};
}

struct filter_set filter_both(struct filter *filter, struct filter_set left, struct filter_set right)
{
    if (!left.persons || !right.persons)
        return (struct filter_set){NULL, false};
    if (left.is_turned && right.is_turned)
        return kept(filter, roaring_bitmap_or(left.persons, right.persons), true);
    if (left.is_turned)
        return kept(filter, roaring_bitmap_andnot(right.persons, left.persons), false);
    if (right.is_turned)
        return kept(filter, roaring_bitmap_andnot(left.persons, right.persons), false);
    return kept(filter, roaring_bitmap_and(left.persons, right.persons), false);
}

struct filter_set filter_either(struct filter *filter, struct filter_set left, struct filter_set right)
{
    left.is_turned = !left.is_turned;
    right.is_turned = !right.is_turned;
    struct filter_set neither = filter_both(filter, left, right);
    neither.is_turned = !neither.is_turned;
    return neither;
}

struct filter_set filter_refuse(struct filter *filter, const char *message)
{
    char text[sizeof filter->ctx->refusal.message];
    size_t character = 1;
    for (const char *c = filter->whole.data; c < filter->at; c++)
        character += (*c & 0xc0) != 0x80; // not within a character of UTF-8
    if (filter->selection.len)
        snprintf(text, sizeof text, "%s (in the selection %.*s, at character %zu)", message, (int)filter->selection.len,
                 filter->selection.data, character);
    else
        snprintf(text, sizeof text, "%s (at character %zu)", message, character);
    ctx_refuse(filter->ctx, ERROR_INVALID_FIELD, "where", text);
    return (struct filter_set){NULL, false};
}

void filter_fini(struct filter *filter)
{
    for (size_t i = 0; i < filter->made_count; i++)
        roster_set_free(filter->made[i]);
    free(filter->made);
    free(filter->found);
    named_entries_fini(&filter->names);
    *filter = (struct filter){.made_count = 0};
}
