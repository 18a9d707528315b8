// SPDX-License-Identifier: Apache-2.0
#include "services/stats/question.h"

#include "common/base/date.h"
#include "common/base/must.h"
#include "common/store/alias.h"
#include "services/stats/count.h"
#include "services/stats/cube.h"
#include "services/stats/renewal.h"
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
    for (size_t i = 0; i < wanted->count; i++)
        if (wanted->values[i] == value)
            return; // named twice, or led to by two ids
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
    for (size_t i = 0; i < filter->types.count; i++)
        want(question, DIMENSION_TYPE, (int64_t)type_leads_end(&question->leads, filter->types.items[i]));
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

/** Also of the types that those wanted stand for. */
static struct range range_of_types(const struct question *question)
{
    const struct wanted_values *wanted = &question->filters[DIMENSION_TYPE];
    struct range range = range_of(wanted);
    for (size_t i = 0; i < question->leads.count; i++) {
        const struct type_lead *lead = &question->leads.items[i];
        for (size_t j = 0; j < wanted->count; j++)
            if (wanted->values[j] == (int64_t)lead->into) {
                range.from = (int64_t)lead->type < range.from ? (int64_t)lead->type : range.from;
                range.to = (int64_t)lead->type > range.to ? (int64_t)lead->type : range.to;
            }
    }
    return range;
}

/** How fine the times of cells have to be. */
enum fineness {
    ANY_TIME,
    MONTHS, // or quarters: whole ones of the period; days at its ends
    DAYS,
};

static enum fineness fineness_of(const struct question *question)
{
    if (question->needs & NEED(PART_DAY))
        return DAYS;
    return question->has_days || question->needs & NEED(PART_MONTH) ? MONTHS : ANY_TIME;
}

static bool has_all(const struct rollup *rollup, unsigned parts)
{
    unsigned has = 0;
    for (size_t i = 0; i < rollup->part_count; i++)
        has |= NEED(rollup->parts[i]);
    return (parts & ~has) == 0;
}

/** The first row of the table that has the parts: it has the fewest cells. NULL: none has, but perhaps the base. */
static const struct rollup *choose(unsigned parts)
{
    for (size_t i = 0; i + 1 < rollup_count; i++)
        if (has_all(&rollups[i], parts))
            return &rollups[i];
    return NULL;
}

static void add_segment(struct question *question, const struct rollup *rollup, enum part time, struct range days,
                        bool subtracts)
{
    static const struct {
        enum part part;
        enum dimension dimension;
    } parts[] = {
        {PART_PERSON, DIMENSION_PERSON},
        {PART_STATUS, DIMENSION_STATUS},
        {PART_ASSIGNEE, DIMENSION_ASSIGNEE},
        {PART_ACCOUNT_MANAGER, DIMENSION_ACCOUNT_MANAGER},
        {PART_REGION, DIMENSION_REGION},
        {PART_CATEGORY, DIMENSION_CATEGORY},
        {PART_SALES_STATUS, DIMENSION_SALES_STATUS},
    };
    must(question->segment_count < SEGMENTS_MOST);
    struct segment *segment = &question->segments[question->segment_count++];
    segment->rollup = rollup;
    segment->subtracts = subtracts;
    for (size_t i = 0; i < PART_COUNT; i++)
        segment->wanted[i] = (struct range){INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        segment->wanted[parts[i].part] = range_of(&question->filters[parts[i].dimension]);
    segment->wanted[PART_TYPE] = range_of_types(question);
    segment->wanted[time] = days;
}

/** Units that a period is put together from. */
static const struct level {
    enum part part;
    enum date_unit unit;
} levels[] = {{PART_QUARTER, DATE_QUARTER}, {PART_MONTH, DATE_MONTH}, {PART_DEKAD, DATE_DEKAD}, {PART_DAY, DATE_DAY}};

enum { LEVEL_QUARTERS, LEVEL_MONTHS, LEVEL_DEKADS, LEVEL_DAYS };

/** The coarsest level from this one on of which cells are kept, and fewer than of those after it. */
static size_t find_level(unsigned parts, size_t level)
{
    const struct rollup *finer = choose(parts | NEED(PART_DAY));
    size_t found = LEVEL_DAYS;
    for (size_t i = LEVEL_DAYS; i-- > level;) {
        const struct rollup *rollup = choose(parts | NEED(levels[i].part));
        if (rollup && rollup < finer) {
            finer = rollup;
            found = i;
        }
    }
    return found;
}

/**
 * Puts a period together from as few cells as there are: from whole units, and at its ends from smaller ones; where an end is most of a unit, from
 * the whole one less the rest.
 */
static void cover(struct question *question, unsigned parts, size_t level, struct range days, bool subtracts)
{
    level = find_level(parts, level);
    const enum part part = levels[level].part;
    const enum date_unit unit = levels[level].unit;
    const struct rollup *rollup = choose(parts | NEED(part));
    if (level == LEVEL_DAYS) {
        add_segment(question, rollup, part, days, subtracts);
        return;
    }
    // The units that have its first and last day; an open end has no unit.
    const bool has_first = days.from != INT32_MIN, has_last = days.to != INT32_MAX;
    const int64_t first = has_first ? date_begin((int32_t)days.from, unit) : days.from;
    const int64_t after_first = has_first ? date_add((int32_t)first, unit, 1) : days.from;
    const int64_t last = has_last ? date_begin((int32_t)days.to, unit) : days.to;
    const int64_t after_last = has_last ? date_add((int32_t)last, unit, 1) : days.to + 1;
    struct range whole = {first, after_last - 1};
    bool is_one = has_first && has_last && first == last;
    if (is_one && days.to - days.from < whole.to - days.to + days.from - whole.from) {
        cover(question, parts, level + 1, days, subtracts);
        return;
    }
    if (!is_one && has_first && after_first - days.from <= days.from - first) {
        cover(question, parts, level + 1, (struct range){days.from, after_first - 1}, subtracts);
        whole.from = after_first;
    }
    if (!is_one && has_last && days.to - last < after_last - 1 - days.to) {
        cover(question, parts, level + 1, (struct range){last, days.to}, subtracts);
        whole.to = last - 1;
    }
    if (whole.from > whole.to)
        return;
    add_segment(question, rollup, part, whole, subtracts);
    if (whole.from < days.from)
        cover(question, parts, level + 1, (struct range){whole.from, days.from - 1}, !subtracts);
    if (whole.to > days.to)
        cover(question, parts, level + 1, (struct range){days.to + 1, whole.to}, !subtracts);
}

/** Cells that are the answer's figures, if such are kept. Days of another zone only quarters tell. */
static bool choose_kept(const struct stats_service *self, struct question *question)
{
    const unsigned times = NEED(PART_DAY) | NEED(PART_MONTH);
    const size_t coarsest = question->needs & NEED(PART_MONTH) ? LEVEL_MONTHS : LEVEL_QUARTERS;
    const unsigned parts = question->needs & (NEED(PART_COUNT) - 1) & ~times;
    const enum fineness fineness = fineness_of(question);
    if (question->needs & (NEED_HOUR | NEED_FACT | NEED_ORGANISATION | NEED_GROUPS) ||
        (fineness != ANY_TIME && question->zone != self->zone) ||
        !choose(parts | (fineness != ANY_TIME ? NEED(PART_DAY) : 0)))
        return false;
    if (fineness == MONTHS)
        cover(question, parts, coarsest, question->days, false);
    else
        add_segment(question, choose(parts | (fineness == DAYS ? NEED(PART_DAY) : 0)), PART_DAY, question->days, false);
    return true;
}

/** The base, in which those lie side by side who are asked for; unless more has to be known than it tells. */
static bool choose_persons(struct question *question)
{
    struct range quarters = {INT64_MIN, INT64_MAX};
    if (question->filters[DIMENSION_PERSON].count == 0 ||
        question->needs & (NEED_FACT | NEED(PART_STATUS) | NEED(PART_ASSIGNEE)))
        return false;
    if (question->has_days)
        quarters = (struct range){
            quarter_of(question->days.from * DAY_MS - ZONE_REACH_MS),
            quarter_of((question->days.to + 1) * DAY_MS + ZONE_REACH_MS),
        };
    add_segment(question, &rollups[rollup_count - 1], PART_QUARTER_HOUR, quarters, false);
    return true;
}

void question_move(const struct stats_service *self, struct question *question, struct range days)
{
    question->days = days;
    question->segment_count = 0;
    question->source = choose_kept(self, question) ? SOURCE_KEPT
                       : choose_persons(question)  ? SOURCE_PERSONS
                                                   : SOURCE_FACTS;
}

bool question_read(const struct stats_service *self, const struct question_parts *parts, size_t group_count,
                   const enum dimension *groups, struct ctx *ctx, struct question *out_question)
{
    struct question *question = out_question;
    *question = (struct question){.group_count = group_count, .groups = groups, .most_cells = COUNT_MOST_CELLS};
    if (renewal_refuses(ctx) || !cube_of_figures(ctx, &question->cube) || !type_leads_read(ctx, &question->leads) ||
        !read_groups(ctx, question) || !read_period(parts, ctx, question) || !read_zone(self, parts, ctx, question) ||
        (parts->filter && !read_filter(ctx, parts->filter, question)))
        return false;
    if (parts->has_person) {
        uint64_t person = alias_end(ctx->txn, &stats_merged, parts->person);
        question->merged_from = person != parts->person ? parts->person : 0;
        if (!want_one(ctx, question, DIMENSION_PERSON, "person", person))
            return false;
    }
    if (parts->has_type &&
        !want_one(ctx, question, DIMENSION_TYPE, "type", type_leads_end(&question->leads, parts->type)))
        return false;
    question_move(self, question, question->days);
    return true;
}
