// SPDX-License-Identifier: Apache-2.0
#include "services/stats/question.h"

#include "common/store/alias.h"
#include "services/stats/zone.h"

enum { DEFAULT_LIMIT = 1000 };

static bool refuse(struct ctx *ctx, const char *field, const char *message)
{
    ctx_refuse(ctx, ERROR_INVALID_FIELD, field, message);
    return false;
}

/** The part that a dimension is of. */
static enum part part_of(enum dimension dimension)
{
    switch (dimension) {
    case DIMENSION_TYPE:
        return PART_TYPE;
    case DIMENSION_PERSON:
        return PART_PERSON;
    case DIMENSION_DAY:
        break;
    }
    return PART_DAY;
}

static bool read_groups(const struct stats_figures *query, struct ctx *ctx, struct question *question)
{
    question->group_count = query->group_by.count;
    question->groups = query->group_by.items;
    for (size_t i = 0; i < question->group_count; i++) {
        enum part part = part_of(question->groups[i]);
        if (question->needed[part])
            return refuse(ctx, "group_by", "names a dimension twice; name each once");
        question->needed[part] = true;
    }
    return true;
}

static void want(struct question *question, enum part part, int64_t from, int64_t to)
{
    question->needed[part] = true;
    question->wanted[part] = (struct range){from, to};
}

static bool read_period(const struct stats_figures *query, struct ctx *ctx, struct question *question)
{
    static const char *const insane = "is outside the years 1900 to 2199; give a day within them";
    if (query->has_from && !figure_day_is_sane(query->from))
        return refuse(ctx, "from", insane);
    if (query->has_to && !figure_day_is_sane(query->to))
        return refuse(ctx, "to", insane);
    if (query->has_from && query->has_to && query->from > query->to)
        return refuse(ctx, "from", "is later than `to`; exchange them");
    if (!query->has_from && !query->has_to)
        return true;
    want(question, PART_DAY, query->has_from ? query->from : INT32_MIN, query->has_to ? query->to : INT32_MAX);
    const struct range *days = &question->wanted[PART_DAY];
    question->wanted[PART_QUARTER] = (struct range){
        quarter_of(days->from * DAY_MS - ZONE_REACH_MS),
        quarter_of((days->to + 1) * DAY_MS + ZONE_REACH_MS),
    };
    return true;
}

static bool read_zone(const struct stats_service *self, const struct stats_figures *query, struct ctx *ctx,
                      struct question *question)
{
    bool is_default = !query->has_zone || text_equal(query->zone, STATS_DEFAULT_ZONE);
    question->zone = is_default ? self->zone : zones_get(self->zones, query->zone);
    return question->zone ||
           refuse(ctx, "zone", "is no time zone; give an IANA name exactly as written, for example Europe/Stockholm");
}

/** The first row of the table that tells what is needed: it has the fewest cells. Days of another zone only quarters tell. */
static void choose(const struct stats_service *self, struct question *question)
{
    for (question->rollup = rollups;; question->rollup++) {
        bool tells = true;
        question->kept = !rollup_has(question->rollup, PART_QUARTER);
        for (enum part part = PART_TYPE; part <= PART_PERSON; part++)
            tells = tells && (!question->needed[part] || rollup_has(question->rollup, part));
        bool tells_day = !question->needed[PART_DAY] || !question->kept ||
                         (rollup_has(question->rollup, PART_DAY) && question->zone == self->zone);
        if ((tells && tells_day) || question->rollup == &rollups[rollup_count - 1])
            return;
    }
}

bool question_read(const struct stats_service *self, const struct stats_figures *query, struct ctx *ctx,
                   struct question *out_question)
{
    struct question question = {.limit = query->has_limit ? (size_t)query->limit : DEFAULT_LIMIT};
    for (size_t i = 0; i < PART_COUNT; i++)
        question.wanted[i] = (struct range){INT64_MIN, INT64_MAX};
    if (!read_groups(query, ctx, &question) || !read_period(query, ctx, &question) ||
        !read_zone(self, query, ctx, &question))
        return false;
    if (query->has_person) {
        uint64_t person = alias_end(ctx->txn, &stats_merged, query->person);
        question.merged_from = person != query->person ? query->person : 0;
        want(&question, PART_PERSON, (int64_t)person, (int64_t)person);
    }
    if (query->has_type)
        want(&question, PART_TYPE, (int64_t)query->type, (int64_t)query->type);
    choose(self, &question);
    *out_question = question;
    return true;
}

static bool holds(const struct range *range, uint64_t id)
{
    return (int64_t)id >= range->from && (int64_t)id <= range->to;
}

bool question_wants(const struct question *question, const struct fact *fact)
{
    return holds(&question->wanted[PART_TYPE], fact->type) && holds(&question->wanted[PART_PERSON], fact->person);
}
