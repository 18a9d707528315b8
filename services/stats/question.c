// SPDX-License-Identifier: Apache-2.0
#include "services/stats/question.h"

#include "common/store/alias.h"
#include "services/stats/zone.h"

static bool refuse(struct ctx *ctx, const char *field, const char *message)
{
    ctx_refuse(ctx, ERROR_INVALID_FIELD, field, message);
    return false;
}

static bool read_groups(struct ctx *ctx, struct question *question)
{
    for (size_t i = 0; i < question->group_count; i++) {
        for (size_t j = 0; j < i; j++)
            if (question->groups[i] == question->groups[j])
                return refuse(ctx, "group_by", "names a dimension twice; name each once");
        question->needs |= dimension_needs(question->groups[i]);
    }
    return true;
}

static void want(struct question *question, enum dimension dimension, int64_t value)
{
    struct wanted_values *wanted = &question->filters[dimension];
    if (wanted->count == 0)
        question->filtered[question->filter_count++] = dimension;
    wanted->values[wanted->count++] = value;
    question->needs |= dimension_needs(dimension);
}

#define WANT_ALL(question, dimension, list)                                                                            \
    for (size_t i = 0; i < (list).count; i++)                                                                          \
    want(question, dimension, (int64_t)(list).items[i])

static bool read_none(struct ctx *ctx, const struct figure_filter *filter, struct question *question)
{
    for (size_t i = 0; i < filter->none.count; i++) {
        enum dimension dimension = filter->none.items[i];
        for (size_t j = 0; j < i; j++)
            if (filter->none.items[j] == dimension)
                return refuse(ctx, "filter.none", "names a dimension twice; name each once");
        if (!dimension_may_be_none(dimension))
            return refuse(ctx, "filter.none",
                          "every activity has this; it can name person, assignee, send, and what persons have");
        want(question, dimension, 0);
    }
    return true;
}

static bool read_filter(struct ctx *ctx, const struct figure_filter *filter, struct question *question)
{
    WANT_ALL(question, DIMENSION_TYPE, filter->types);
    WANT_ALL(question, DIMENSION_CHANNEL, filter->channels);
    WANT_ALL(question, DIMENSION_DIRECTION, filter->directions);
    WANT_ALL(question, DIMENSION_STATUS, filter->statuses);
    WANT_ALL(question, DIMENSION_ORIGIN, filter->origins);
    WANT_ALL(question, DIMENSION_ASSIGNEE, filter->assignees);
    WANT_ALL(question, DIMENSION_ACCOUNT_MANAGER, filter->account_managers);
    WANT_ALL(question, DIMENSION_REGION, filter->regions);
    WANT_ALL(question, DIMENSION_CATEGORY, filter->categories);
    WANT_ALL(question, DIMENSION_GROUP, filter->groups);
    WANT_ALL(question, DIMENSION_SALES_STATUS, filter->sales_statuses);
    WANT_ALL(question, DIMENSION_ORGANISATION, filter->organisations);
    WANT_ALL(question, DIMENSION_SEND, filter->sends);
    for (size_t i = 0; i < filter->persons.count; i++)
        want(question, DIMENSION_PERSON, (int64_t)alias_end(ctx->txn, &stats_merged, filter->persons.items[i]));
    return read_none(ctx, filter, question);
}

/** One that has a field of its own: of a list beside it nothing else may be wanted. */
static bool want_one(struct ctx *ctx, struct question *question, enum dimension dimension, const char *field,
                     uint64_t value)
{
    if (question->filters[dimension].count > 0)
        return refuse(ctx, field, "is asked for by the filter, too; give one of the two");
    want(question, dimension, (int64_t)value);
    return true;
}

static bool read_period(const struct question_parts *parts, struct ctx *ctx, struct question *question)
{
    static const char *const insane = "is outside the years 1900 to 2199; give a day within them";
    if (parts->has_from && !figure_day_is_sane(parts->from))
        return refuse(ctx, "from", insane);
    if (parts->has_to && !figure_day_is_sane(parts->to))
        return refuse(ctx, "to", insane);
    if (parts->has_from && parts->has_to && parts->from > parts->to)
        return refuse(ctx, "from", "is later than `to`; exchange them");
    question->has_days = parts->has_from || parts->has_to;
    question->days = (struct range){parts->has_from ? parts->from : INT32_MIN, parts->has_to ? parts->to : INT32_MAX};
    question->needs |= question->has_days ? NEED_DAY : 0;
    return true;
}

static bool read_zone(const struct stats_service *self, const struct question_parts *parts, struct ctx *ctx,
                      struct question *question)
{
    bool is_default = !parts->has_zone || text_equal(parts->zone, STATS_DEFAULT_ZONE);
    question->zone = is_default ? self->zone : zones_get(self->zones, parts->zone);
    return question->zone ||
           refuse(ctx, "zone", "is no time zone; give an IANA name exactly as written, for example Europe/Stockholm");
}

/** From the least to the greatest value that is wanted. */
static struct range range_of(const struct wanted_values *wanted)
{
    struct range range = {INT64_MAX, INT64_MIN};
    if (wanted->count == 0)
        return (struct range){INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < wanted->count; i++) {
        range.from = wanted->values[i] < range.from ? wanted->values[i] : range.from;
        range.to = wanted->values[i] > range.to ? wanted->values[i] : range.to;
    }
    return range;
}

/** Whether the roll-up has what is needed. Days of another zone, and hours, only quarters tell. */
static bool tells(const struct stats_service *self, const struct question *question, const struct rollup *rollup)
{
    static const struct {
        unsigned need;
        enum part part;
    } parts[] = {
        {NEED_TYPE, PART_TYPE},
        {NEED_PERSON, PART_PERSON},
        {NEED_STATUS, PART_STATUS},
        {NEED_ASSIGNEE, PART_ASSIGNEE},
    };
    bool has_quarters = rollup_has(rollup, PART_QUARTER);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (question->needs & parts[i].need && !rollup_has(rollup, parts[i].part))
            return false;
    if (question->needs & NEED_DAY && !has_quarters && !(rollup_has(rollup, PART_DAY) && question->zone == self->zone))
        return false;
    return has_quarters || !(question->needs & NEED_HOUR);
}

/** The first row of the table that tells what is needed: it has the fewest cells. NULL: none does. */
static const struct rollup *choose(const struct stats_service *self, const struct question *question)
{
    for (size_t i = 0; i < rollup_count && !(question->needs & NEED_FACT); i++)
        if (tells(self, question, &rollups[i]))
            return &rollups[i];
    return NULL;
}

void question_move(const struct stats_service *self, struct question *question, struct range days)
{
    question->days = days;
    question->wanted[PART_TYPE] = range_of(&question->filters[DIMENSION_TYPE]);
    question->wanted[PART_PERSON] = range_of(&question->filters[DIMENSION_PERSON]);
    question->wanted[PART_STATUS] = range_of(&question->filters[DIMENSION_STATUS]);
    question->wanted[PART_ASSIGNEE] = range_of(&question->filters[DIMENSION_ASSIGNEE]);
    question->wanted[PART_DAY] = question->wanted[PART_QUARTER] = (struct range){INT64_MIN, INT64_MAX};
    if (question->has_days) {
        question->wanted[PART_DAY] = days;
        question->wanted[PART_QUARTER] = (struct range){
            quarter_of(days.from * DAY_MS - ZONE_REACH_MS),
            quarter_of((days.to + 1) * DAY_MS + ZONE_REACH_MS),
        };
    }
    question->rollup = choose(self, question);
    question->kept = question->rollup && !rollup_has(question->rollup, PART_QUARTER);
}

bool question_read(const struct stats_service *self, const struct question_parts *parts, size_t group_count,
                   const enum dimension *groups, struct ctx *ctx, struct question *out_question)
{
    struct question *question = out_question;
    *question = (struct question){.group_count = group_count, .groups = groups};
    if (!read_groups(ctx, question) || !read_period(parts, ctx, question) || !read_zone(self, parts, ctx, question) ||
        (parts->filter && !read_filter(ctx, parts->filter, question)))
        return false;
    if (parts->has_person) {
        uint64_t person = alias_end(ctx->txn, &stats_merged, parts->person);
        question->merged_from = person != parts->person ? parts->person : 0;
        if (!want_one(ctx, question, DIMENSION_PERSON, "person", person))
            return false;
    }
    if (parts->has_type && !want_one(ctx, question, DIMENSION_TYPE, "type", parts->type))
        return false;
    question_move(self, question, question->days);
    return true;
}
