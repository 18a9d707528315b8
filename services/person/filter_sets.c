// SPDX-License-Identifier: Apache-2.0
#include "services/person/filter_sets.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/grow.h"

enum {
    FEW_PART = 8,    // a person looked at, in so many that a span of dates is put together of
    DEPTH_MOST = 64, // of nodes; then they are put together at once
};

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

static struct filter_set set_of(struct filter *filter, const struct filter_node *as)
{
    struct filter_node *node = ctx_alloc(filter->ctx, sizeof *node);
    if (node)
        *node = *as;
    return (struct filter_set){node, false};
}

struct filter_set filter_of(struct filter *filter, const roaring_bitmap_t *persons, bool is_turned)
{
    const struct filter_node as = {.persons = persons};
    struct filter_set set = persons ? set_of(filter, &as) : (struct filter_set){NULL, false};
    set.is_turned = is_turned;
    return set;
}

struct filter_set filter_of_days(struct filter *filter, const struct roster_dates *dates, int32_t from, int32_t to)
{
    const struct filter_node as = {.dates = dates, .from = from, .to = to};
    return set_of(filter, &as);
}

static const roaring_bitmap_t *put_together(struct filter *filter, struct filter_node *node);

/** Depth of a node above; what lies too deep is put together. False: refused. */
static bool rise(struct filter *filter, struct filter_node *child, size_t *depth)
{
    if (child->depth + 1 > DEPTH_MOST && !put_together(filter, child))
        return false;
    if (child->depth + 1 > *depth)
        *depth = child->depth + 1;
    return true;
}

struct filter_set filter_both(struct filter *filter, struct filter_set left, struct filter_set right)
{
    struct filter_node as = {.left = left, .right = right};
    if (!left.node || !right.node || !rise(filter, left.node, &as.depth) || !rise(filter, right.node, &as.depth))
        return (struct filter_set){NULL, false};
    as.is_either = left.is_turned && right.is_turned; // neither of them: not one of the two
    if (as.is_either)
        as.left.is_turned = as.right.is_turned = false;
    struct filter_set set = set_of(filter, &as);
    set.is_turned = as.is_either;
    return set;
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

/* Putting together. */

static bool is_span(const struct filter_node *node)
{
    return node->dates && !node->persons;
}

/** Those of a few whose day lies within, or not: looked at one by one. */
static const roaring_bitmap_t *of_few(struct filter *filter, const roaring_bitmap_t *few, const struct filter_set *span)
{
    const struct filter_node *node = span->node;
    roaring_bitmap_t *made = filter_make(filter);
    if (made)
        roster_dates_sift(node->dates, few, node->from, node->to, !span->is_turned, made);
    return made;
}

/** Whether it is better to look at each of the left set than to put the span together. */
static bool are_few(const roaring_bitmap_t *left, const struct filter_node *span)
{
    return FEW_PART * roaring_bitmap_get_cardinality(left) < roster_dates_most(span->dates, span->from, span->to);
}

/** Of two sets that are there. */
static roaring_bitmap_t *in_common(const struct filter_node *node, const struct filter_set *left,
                                   const struct filter_set *right)
{
    if (node->is_either)
        return roaring_bitmap_or(left->node->persons, right->node->persons);
    if (left->is_turned)
        return roaring_bitmap_andnot(right->node->persons, left->node->persons);
    if (right->is_turned)
        return roaring_bitmap_andnot(left->node->persons, right->node->persons);
    return roaring_bitmap_and(left->node->persons, right->node->persons);
}

/** Whom the two are true of; a span comes last, for it may have to be asked of few. */
static const roaring_bitmap_t *put_two(struct filter *filter, struct filter_node *node)
{
    struct filter_set left = node->left, right = node->right;
    if (is_span(left.node) &&
        (!is_span(right.node) || roster_dates_most(left.node->dates, left.node->from, left.node->to) >
                                     roster_dates_most(right.node->dates, right.node->from, right.node->to))) {
        left = node->right;
        right = node->left;
    }
    const roaring_bitmap_t *persons = put_together(filter, left.node);
    if (persons && !node->is_either && !left.is_turned && is_span(right.node) && are_few(persons, right.node))
        return of_few(filter, persons, &right);
    if (!persons || !put_together(filter, right.node))
        return NULL;
    return filter_keep(filter, in_common(node, &left, &right));
}

static const roaring_bitmap_t *put_together(struct filter *filter, struct filter_node *node)
{
    if (node->persons)
        return node->persons;
    if (node->dates) {
        roaring_bitmap_t *made = filter_make(filter);
        if (made)
            roster_dates_add(node->dates, node->from, node->to, made);
        node->persons = made;
    } else {
        node->persons = put_two(filter, node);
    }
    node->depth = 0;
    return node->persons;
}

const roaring_bitmap_t *filter_persons(struct filter *filter)
{
    return put_together(filter, filter->asked.node);
}

bool filter_is_set(const struct filter *filter)
{
    return filter->asked.node->persons != NULL;
}

/* Asking. */

static bool holds(const struct filter_set *set, uint32_t person)
{
    const struct filter_node *node = set->node;
    bool is_true;
    if (node->persons)
        is_true = roaring_bitmap_contains(node->persons, person);
    else if (node->dates)
        is_true = roster_dates_within(node->dates, person, node->from, node->to);
    else if (node->is_either)
        is_true = holds(&node->left, person) || holds(&node->right, person);
    else
        is_true = holds(&node->left, person) && holds(&node->right, person);
    return is_true != set->is_turned;
}

bool filter_holds(const struct filter *filter, uint32_t person)
{
    return holds(&filter->asked, person);
}

/** Of `all` persons. */
static double share(const struct filter_set *set, double all)
{
    const struct filter_node *node = set->node;
    double part;
    if (node->persons)
        part = (double)roaring_bitmap_get_cardinality(node->persons) / all;
    else if (node->dates)
        part = (double)roster_dates_most(node->dates, node->from, node->to) / all;
    else if (node->is_either)
        part = 1 - (1 - share(&node->left, all)) * (1 - share(&node->right, all));
    else
        part = share(&node->left, all) * share(&node->right, all);
    return set->is_turned ? 1 - part : part;
}

double filter_share(const struct filter *filter)
{
    double all = (double)roaring_bitmap_get_cardinality(roster_everybody(filter->roster));
    return all > 0 ? share(&filter->asked, all) : 0;
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
