// SPDX-License-Identifier: Apache-2.0
#include "services/activity/activity_filter.h"

#include "services/activity/persons.h"

enum {
    FOLDED_TEXT_BYTES = 3 * 4 * 1000, // of the longest result
};

static bool refuse(struct ctx *ctx, const char *field, const char *message)
{
    ctx_refuse(ctx, ERROR_INVALID_FIELD, field, message);
    return false;
}

/** A bit for each value of an enum. */
#define BITS_OF(list, bits)                                                                                            \
    for (size_t i = 0; i < (list).count; i++)                                                                          \
    (bits) |= 1U << (list).items[i]

static bool is_wanted(uint32_t bits, unsigned value)
{
    return bits == 0 || bits & 1U << value;
}

/** Also of a type that stands for one that is named. */
static bool is_named(struct ctx *ctx, const struct activity_filter *wants, uint64_t type)
{
    for (size_t i = 0; i < wants->types.count; i++)
        if (types_lead(ctx, wants->types.items[i]) == type)
            return true;
    return wants->types.count == 0;
}

static bool check_types(struct ctx *ctx, const struct activity_filter *wants)
{
    struct activity_type row;
    bool good = true;
    for (size_t i = 0; i < wants->types.count && good; i++)
        good = types_choose(ctx, "filter.types", wants->types.items[i], &row);
    return good;
}

/** The types that are named, if any are, of the channels and the directions that are. */
static bool read_types(struct ctx *ctx, const struct activity_filter *wants, struct filter *filter)
{
    uint32_t channels = 0, directions = 0;
    size_t count = 0;
    BITS_OF(wants->channels, channels);
    BITS_OF(wants->directions, directions);
    filter->has_types = wants->types.count > 0 || channels || directions;
    if (!filter->has_types)
        return true;
    if (!check_types(ctx, wants))
        return false;
    const struct activity_type *types = types_read(ctx, &count);
    for (size_t i = 0; types && i < count; i++)
        if (is_named(ctx, wants, types[i].type) && is_wanted(channels, types[i].channel) &&
            is_wanted(directions, types[i].direction))
            filter->types[filter->type_count++] = types[i].type;
    return types != NULL;
}

static bool check_spans(struct ctx *ctx, const struct activity_filter *wants)
{
    if (wants->has_from_ms && wants->has_to_ms && wants->from_ms >= wants->to_ms)
        return refuse(ctx, "filter.from_ms", "is not before to_ms, so that nothing can lie between; exchange them");
    if (wants->has_due_from_ms && wants->has_due_to_ms && wants->due_from_ms >= wants->due_to_ms)
        return refuse(ctx, "filter.due_from_ms",
                      "is not before due_to_ms, so that nothing can lie between; exchange them");
    if (wants->has_assigned_to && wants->has_unassigned && wants->unassigned)
        return refuse(ctx, "filter.unassigned",
                      "what is assigned to nobody is not assigned to `assigned_to`; give one of the two");
    return true;
}

bool filter_open(struct ctx *ctx, const struct activity_filter *wants, struct filter *out_filter)
{
    struct filter *filter = out_filter;
    memset(filter, 0, sizeof *filter);
    filter->wants = wants;
    if (!wants)
        return true;
    BITS_OF(wants->statuses, filter->statuses);
    BITS_OF(wants->origins, filter->origins);
    BITS_OF(wants->outcomes, filter->outcomes);
    BITS_OF(wants->priorities, filter->priorities);
    filter->assignee = wants->has_assigned_to ? persons_lead(ctx, wants->assigned_to) : 0;
    filter->person = wants->has_of_person ? persons_lead(ctx, wants->of_person) : 0;
    if (wants->has_text && !fold_name(wants->text, filter->text, sizeof filter->text, &filter->text_len))
        return refuse(ctx, "filter.text", "has characters that cannot be looked for");
    return check_spans(ctx, wants) && read_types(ctx, wants, filter);
}

static bool holds_text(const struct filter *filter, struct text text)
{
    uint8_t folded[FOLDED_TEXT_BYTES];
    size_t len = 0;
    return fold_name(text, folded, sizeof folded, &len) && memmem(folded, len, filter->text, filter->text_len);
}

static bool is_type_wanted(const struct filter *filter, uint64_t type)
{
    size_t low = 0, high = filter->type_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (filter->types[middle] < type)
            low = middle + 1;
        else
            high = middle;
    }
    return !filter->has_types || (low < filter->type_count && filter->types[low] == type);
}

/** Of a merged employee it says what he did as well as what the kept one does. */
static bool is_assigned_to(struct ctx *ctx, const struct activity *activity, uint64_t assignee)
{
    return activity->has_assignee &&
           (activity->assignee == assignee || persons_lead(ctx, activity->assignee) == assignee);
}

static bool is_overdue(const struct ctx *ctx, const struct activity *activity)
{
    return activity->status != ACTIVITY_STATUS_DONE && activity->has_due_ms && activity->due_ms < ctx->now_ms;
}

static bool passes_choices(struct ctx *ctx, const struct filter *filter, const struct activity *activity)
{
    const struct activity_filter *wants = filter->wants;
    enum priority priority = activity->has_priority ? activity->priority : PRIORITY_NORMAL;
    return is_type_wanted(filter, activity->type) && is_wanted(filter->statuses, activity->status) &&
           is_wanted(filter->origins, activity->origin) && is_wanted(filter->priorities, priority) &&
           (filter->outcomes == 0 || (activity->has_outcome && is_wanted(filter->outcomes, activity->outcome))) &&
           (!wants->has_of_person || activity->person == filter->person) &&
           (!wants->has_at_organisation || activity->organisation == wants->at_organisation) &&
           (!wants->has_assigned_to || is_assigned_to(ctx, activity, filter->assignee)) &&
           (!wants->has_unassigned || activity->has_assignee != wants->unassigned) &&
           (!wants->has_send || activity->send == wants->send) &&
           (!wants->has_created_by || text_equal(activity->created_by, wants->created_by));
}

static bool passes_times(const struct ctx *ctx, const struct activity_filter *wants, const struct activity *activity)
{
    return (!wants->has_from_ms || activity->start_ms >= wants->from_ms) &&
           (!wants->has_to_ms || activity->start_ms < wants->to_ms) &&
           (!wants->has_due_from_ms || (activity->has_due_ms && activity->due_ms >= wants->due_from_ms)) &&
           (!wants->has_due_to_ms || (activity->has_due_ms && activity->due_ms < wants->due_to_ms)) &&
           (!wants->has_overdue || is_overdue(ctx, activity) == wants->overdue);
}

bool filter_passes(struct ctx *ctx, const struct filter *filter, const struct activity *activity)
{
    if (!filter->wants)
        return true;
    return passes_choices(ctx, filter, activity) && passes_times(ctx, filter->wants, activity) &&
           (!filter->wants->has_text || holds_text(filter, activity->subject) ||
            (activity->has_result && holds_text(filter, activity->result)));
}
