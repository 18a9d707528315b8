// SPDX-License-Identifier: Apache-2.0
#include "services/stats/count.h"

#include "services/stats/facts.h"
#include "services/stats/walk.h"
#include "services/stats/zone.h"

/** What is known while the question's entries are gone through, one after the other. */
struct knowing {
    const struct question *question;
    struct ctx *ctx;
    unsigned wanted; // bits of enum attribute
    size_t type_count;
    struct activity_type *types; // ascending
    struct persons_table table;  // of facts: of all persons
    size_t near;                 // of facts: where the zone was looked at last
    bool has_person;             // of cells: what follows is this one's
    int64_t person;
    struct attributes attributes;
    struct groups groups;
    int64_t group_ids[PERSON_MOST_GROUPS];
    struct arena_mark mark;
};

static bool read_types(struct knowing *knowing)
{
    struct ctx *ctx = knowing->ctx;
    struct store_cursor cursor;
    if (!(knowing->question->needs & NEED_TYPE_ROW))
        return true;
    size_t most = (size_t)store_count(ctx->txn, &stats_types);
    knowing->types = ctx_alloc_array(ctx, most + 1, sizeof *knowing->types);
    store_cursor_open(&cursor, ctx->txn, &stats_types);
    bool there = knowing->types && store_cursor_first(&cursor);
    for (; there && knowing->type_count < most; there = store_cursor_next(&cursor))
        if (!row_decode(ctx, &activity_type_row_desc, cursor.value, &knowing->types[knowing->type_count++]))
            break;
    store_cursor_close(&cursor);
    return !is_refused(&ctx->refusal);
}

/** NULL: there is none, or it is not needed. */
static const struct activity_type *find_type(const struct knowing *knowing, uint64_t type)
{
    size_t low = 0, high = knowing->type_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (knowing->types[middle].type < type)
            low = middle + 1;
        else
            high = middle;
    }
    return low < knowing->type_count && knowing->types[low].type == type ? &knowing->types[low] : NULL;
}

static bool begin(struct knowing *knowing, const struct question *question, struct ctx *ctx)
{
    static const struct {
        unsigned need;
        enum attribute attribute;
    } attributes[] = {
        {NEED(PART_ACCOUNT_MANAGER), ATTRIBUTE_ACCOUNT_MANAGER},
        {NEED(PART_REGION), ATTRIBUTE_REGION},
        {NEED(PART_CATEGORY), ATTRIBUTE_CATEGORY},
        {NEED(PART_SALES_STATUS), ATTRIBUTE_SALES_STATUS},
        {NEED_ORGANISATION, ATTRIBUTE_ORGANISATION},
    };
    *knowing = (struct knowing){.question = question, .ctx = ctx, .mark = arena_mark(ctx->arena)};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (question->needs & attributes[i].need)
            knowing->wanted |= 1U << attributes[i].attribute;
    return read_types(knowing);
}

static void end(struct knowing *knowing)
{
    persons_table_free(&knowing->table);
    arena_rewind(knowing->ctx->arena, knowing->mark);
}

static void set_attributes(struct counted *counted, const struct attributes *attributes)
{
    point_set_attributes(&counted->point, attributes);
    counted->organisation = attributes->at[ATTRIBUTE_ORGANISATION];
}

/** Of cells of persons: one person's come in a row. */
static void look_up(struct knowing *knowing, struct counted *counted)
{
    const unsigned needs = knowing->question->needs;
    struct store_txn *txn = knowing->ctx->txn;
    int64_t person = counted->point.at[PART_PERSON];
    if (!knowing->has_person || knowing->person != person) {
        knowing->has_person = true;
        knowing->person = person;
        if (knowing->wanted)
            knowing->attributes = persons_read(txn, (uint64_t)person);
        if (needs & NEED_GROUPS)
            knowing->groups = persons_read_groups(txn, (uint64_t)person, knowing->group_ids);
    }
    set_attributes(counted, &knowing->attributes);
    counted->groups = knowing->groups;
}

static bool is_wanted(const struct wanted_values *wanted, int64_t value)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (wanted->values[i] == value)
            return true;
    return false;
}

static bool is_in_wanted_group(const struct wanted_values *wanted, const struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        if (is_wanted(wanted, groups->items[i]))
            return true;
    return groups->count == 0 && is_wanted(wanted, 0);
}

static bool passes(const struct question *question, const struct counted *counted)
{
    for (size_t i = 0; i < question->filter_count; i++) {
        enum dimension dimension = question->filtered[i];
        const struct wanted_values *wanted = &question->filters[dimension];
        if (dimension == DIMENSION_GROUP ? !is_in_wanted_group(wanted, &counted->groups)
                                         : !is_wanted(wanted, dimension_value(dimension, counted)))
            return false;
    }
    return true;
}

/** Cells that are kept by days and months are of the period as they are; others are of whole blocks, or of days elsewhere. */
static bool is_in_period(const struct question *question, const struct counted *counted)
{
    const int64_t day = counted->point.at[PART_DAY];
    return !question->has_days || (day >= question->days.from && day <= question->days.to);
}

/** Gives it if it passes; false: no more of it is wanted. */
static bool give(struct knowing *knowing, uint64_t activity, struct counted *counted, count_use *use, void *user)
{
    const struct question *question = knowing->question;
    if (question->leads.count > 0 && question->needs & (NEED(PART_TYPE) | NEED_TYPE_ROW))
        counted->point.at[PART_TYPE] =
            (int64_t)type_leads_end(&question->leads, (uint64_t)counted->point.at[PART_TYPE]);
    if (question->needs & NEED_TYPE_ROW)
        counted->activity_type = find_type(knowing, (uint64_t)counted->point.at[PART_TYPE]);
    return !passes(question, counted) || use(user, activity, counted);
}

static enum counting refuse_read(struct ctx *ctx)
{
    ctx_refuse(
        ctx, ERROR_TOO_LARGE, NULL,
        "Counting this would look at more than 2,000,000 cells; ask for a shorter period, fewer persons, or days of "
        "Europe/Stockholm.");
    return COUNTED_NOT;
}

/** Of a cell of quarter-hours, as far as the question needs times; false when it is of several. */
static bool read_times(const struct question *question, struct counted *counted)
{
    const bool needs_days = question->has_days || question->needs & (NEED(PART_DAY) | NEED(PART_MONTH));
    struct point *point = &counted->point;
    int32_t day = 0;
    if (needs_days && !zone_day_of_quarter(question->zone, point->at[PART_QUARTER_HOUR], &day))
        return false;
    point->at[PART_DAY] = day;
    return !(question->needs & NEED_HOUR) || zone_hour_of_quarter(question->zone, point->at[PART_QUARTER_HOUR],
                                                                  &counted->quarter_hour_ms, &counted->hour_ms);
}

static enum counting walk_cells(struct walk *walk, struct knowing *knowing, bool subtracts, count_use *use, void *user)
{
    const struct rollup *rollup = walk->rollup;
    struct counted counted = {.sum = 0};
    enum part places[ROLLUP_MAX_PARTS] = {0}; // of its parts in the point: whatever the unit, its first day is a day
    enum date_unit unit;
    for (size_t i = 0; i < rollup->part_count; i++)
        places[i] = part_unit(rollup->parts[i], &unit) ? PART_DAY : rollup->parts[i];
    while (walk_next(walk)) {
        counted.sum = subtracts ? -walk->sum : walk->sum;
        for (size_t i = 0; i < rollup->part_count; i++)
            counted.point.at[places[i]] = walk->cell.values[i];
        if (knowing->question->source == SOURCE_PERSONS) {
            if (!read_times(knowing->question, &counted))
                return COUNTED_FINER;
            if (!is_in_period(knowing->question, &counted))
                continue;
            look_up(knowing, &counted);
        }
        if (!give(knowing, 0, &counted, use, user))
            return COUNTED_ENOUGH;
    }
    return walk->read > walk->most ? refuse_read(knowing->ctx) : COUNTED;
}

static enum counting count_segment(struct knowing *knowing, const struct segment *segment, count_use *use, void *user,
                                   int64_t *read)
{
    struct walk walk;
    walk_open(&walk, knowing->ctx->txn, knowing->question->cube, segment, knowing->question->most_cells - *read);
    enum counting counting = walk_cells(&walk, knowing, segment->subtracts, use, user);
    walk_close(&walk);
    *read += walk.read;
    return counting;
}

/** One after the other: between two of them may be all others. */
static enum counting count_persons(struct knowing *knowing, count_use *use, void *user, int64_t *read)
{
    const struct wanted_values *persons = &knowing->question->filters[DIMENSION_PERSON];
    enum counting counting = COUNTED;
    for (size_t i = 0; i < persons->count && counting == COUNTED; i++) {
        struct segment segment = knowing->question->segments[0];
        segment.wanted[PART_PERSON] = (struct range){persons->values[i], persons->values[i]};
        counting = count_segment(knowing, &segment, use, user, read);
    }
    return counting;
}

enum counting count_cells(const struct question *question, struct ctx *ctx, count_use *use, void *user, int64_t *read)
{
    struct knowing knowing;
    enum counting counting = begin(&knowing, question, ctx) ? COUNTED : COUNTED_NOT;
    bool by_person =
        rollup_has(question->segments[0].rollup, PART_PERSON) && question->filters[DIMENSION_PERSON].count > 0;
    if (counting == COUNTED && by_person)
        counting = count_persons(&knowing, use, user, read);
    for (size_t i = 0; !by_person && i < question->segment_count && counting == COUNTED; i++)
        counting = count_segment(&knowing, &question->segments[i], use, user, read);
    end(&knowing);
    return is_refused(&ctx->refusal) ? COUNTED_NOT : counting;
}

/* Facts. */

/** False: no more of them is wanted. */
static bool give_fact(struct knowing *knowing, uint64_t activity, const struct fact *fact, count_use *use, void *user)
{
    const struct question *question = knowing->question;
    struct counted counted;
    counted.point.at[PART_TYPE] = (int64_t)fact->type;
    counted.point.at[PART_PERSON] = (int64_t)fact->person;
    counted.point.at[PART_STATUS] = fact->status;
    counted.point.at[PART_ASSIGNEE] = (int64_t)fact->assignee;
    counted.point.at[PART_DAY] = zone_day_near(question->zone, fact->start_ms, &knowing->near);
    if (!is_in_period(question, &counted))
        return true;
    counted.origin = fact->origin;
    counted.send = (int64_t)fact->send;
    counted.sum = figures_sum(fact_figures(fact));
    counted.activity_type = NULL;
    if (question->needs & NEED_HOUR)
        zone_hour_near(question->zone, fact->start_ms, &knowing->near, &counted.quarter_hour_ms, &counted.hour_ms);
    if (knowing->wanted) {
        struct attributes attributes;
        persons_table_get(&knowing->table, fact->person, &attributes);
        set_attributes(&counted, &attributes);
    }
    if (question->needs & NEED_GROUPS)
        counted.groups = persons_table_groups(&knowing->table, fact->person);
    return give(knowing, activity, &counted, use, user);
}

/** Days of any zone lie within a day's reach of those of UTC. */
static struct range times_of(const struct question *question)
{
    struct range times = {INT64_MIN, INT64_MAX};
    if (question->has_days)
        times = (struct range){question->days.from * DAY_MS - ZONE_REACH_MS,
                               (question->days.to + 1) * DAY_MS + ZONE_REACH_MS};
    return times;
}

/** Gives those of a block that are of the times, and after `after`. `looked_at` grows by how many were of the times. */
static enum counting give_block(struct knowing *knowing, const struct block *block, const struct range *times,
                                uint64_t after, count_use *use, void *user, int64_t *looked_at, uint64_t *out_last)
{
    for (size_t i = 0; knowing->wanted && i < block->count; i++)
        persons_table_prefetch(&knowing->table, (uint64_t)block->columns[FACT_PERSON][i]);
    for (size_t i = 0; i < block->count; i++) {
        int64_t start_ms = block->columns[FACT_START][i];
        if (start_ms < times->from || start_ms > times->to)
            continue;
        const struct fact fact = fact_of_block(block, i);
        uint64_t activity = block_id(block, i);
        if (activity <= after)
            continue;
        ++*looked_at;
        *out_last = activity;
        if (!give_fact(knowing, activity, &fact, use, user))
            return COUNTED_ENOUGH;
    }
    return COUNTED;
}

/** Reads of all persons what is to be known of them. */
static bool know_persons(struct knowing *knowing)
{
    struct ctx *ctx = knowing->ctx;
    bool wants_groups = knowing->question->needs & NEED_GROUPS;
    if (!persons_table_read(&knowing->table, ctx->txn, knowing->wanted, wants_groups) && stats_is_sound(ctx))
        ctx_refuse(ctx, ERROR_BUSY, NULL, "There is no memory for it now; ask again later.");
    return !is_refused(&ctx->refusal);
}

enum counting count_facts(const struct question *question, struct ctx *ctx, uint64_t after, int64_t most,
                          count_use *use, void *user, int64_t *read, uint64_t *out_last)
{
    const struct range times = times_of(question);
    struct knowing knowing;
    struct block_walk walk;
    int64_t looked_at = 0;
    bool there = false;
    enum counting counting = begin(&knowing, question, ctx) && know_persons(&knowing) ? COUNTED : COUNTED_NOT;
    if (most <= 0)
        counting = refuse_read(ctx);
    *out_last = after;
    block_walk_open(&walk, ctx->txn, &stats_facts, after + 1, (1 << FACT_COLUMNS) - 1);
    while (counting == COUNTED && (there = block_walk_next(&walk, times.from, times.to)) && looked_at < most) {
        *out_last = block_id(&walk.block, walk.block.count - 1);
        counting = give_block(&knowing, &walk.block, &times, after, use, user, &looked_at, out_last);
    }
    block_walk_close(&walk);
    if (counting == COUNTED && !there)
        *out_last = 0;
    *read += looked_at;
    end(&knowing);
    return is_refused(&ctx->refusal) ? COUNTED_NOT : counting;
}
