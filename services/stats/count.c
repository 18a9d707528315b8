// SPDX-License-Identifier: Apache-2.0
#include "services/stats/count.h"

#include "common/base/must.h"
#include "services/stats/walk.h"
#include "services/stats/zone.h"

/** What is known while the question's entries are gone through, one after the other. */
struct knowing {
    const struct question *question;
    struct ctx *ctx;
    size_t type_count;
    struct activity_type *types;         // ascending
    struct person_attributes attributes; // of the person below
    uint64_t person;
    bool has_person;
    struct arena_mark mark; // before what was read of him
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
    *knowing = (struct knowing){.question = question, .ctx = ctx};
    bool good = read_types(knowing);
    knowing->mark = arena_mark(ctx->arena);
    return good;
}

/** Of one who has none, all are absent. */
static void find_attributes(struct knowing *knowing, uint64_t person)
{
    if (knowing->has_person && knowing->person == person)
        return;
    arena_rewind(knowing->ctx->arena, knowing->mark);
    knowing->has_person = true;
    knowing->person = person;
    knowing->attributes = (struct person_attributes){.has_category = false};
    if (person)
        row_get(knowing->ctx, &stats_persons, &person_attributes_desc, person, &knowing->attributes);
}

static bool is_wanted(const struct wanted_values *wanted, int64_t value)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (wanted->values[i] == value)
            return true;
    return false;
}

static bool is_in_wanted_group(const struct wanted_values *wanted, const struct person_attributes *attributes)
{
    must(attributes);
    for (size_t i = 0; i < attributes->groups.count; i++)
        if (is_wanted(wanted, (int64_t)attributes->groups.items[i]))
            return true;
    return attributes->groups.count == 0 && is_wanted(wanted, 0);
}

static bool passes(const struct question *question, const struct counted *counted)
{
    for (size_t i = 0; i < question->filter_count; i++) {
        enum dimension dimension = question->filtered[i];
        const struct wanted_values *wanted = &question->filters[dimension];
        if (dimension == DIMENSION_GROUP ? !is_in_wanted_group(wanted, counted->attributes)
                                         : !is_wanted(wanted, dimension_value(dimension, counted)))
            return false;
    }
    return true;
}

/** Adds what has to be looked up, and gives it if it passes; false: no more of it is wanted. */
static bool give(struct knowing *knowing, uint64_t activity, struct counted *counted, count_use *use, void *user)
{
    const struct question *question = knowing->question;
    if (question->needs & NEED_DAY && (counted->day < question->days.from || counted->day > question->days.to))
        return true;
    counted->activity_type = find_type(knowing, counted->type);
    if (question->needs & NEED_ATTRIBUTES) {
        find_attributes(knowing, counted->person);
        counted->attributes = &knowing->attributes;
    }
    return !passes(question, counted) || use(user, activity, counted);
}

static enum counting refuse_read(struct ctx *ctx)
{
    ctx_refuse(
        ctx, ERROR_TOO_LARGE, NULL,
        "Counting this would look at more than 2,000,000 entries; ask for a shorter period, one person, or days of "
        "Europe/Stockholm.");
    return COUNTED_NOT;
}

/** Value of a part in the walk's cell; 0 when the roll-up does not have it. */
static int64_t value_of(const struct walk *walk, enum part part)
{
    for (size_t i = 0; i < walk->rollup->part_count; i++)
        if (walk->rollup->parts[i] == part)
            return walk->cell.values[i];
    return 0;
}

/** The times of the walk's cell, as far as the question needs them; false when it is of several. */
static bool read_times(const struct walk *walk, const struct question *question, struct counted *counted)
{
    if (question->kept) {
        counted->day = (int32_t)value_of(walk, PART_DAY);
        return true;
    }
    int64_t quarter = value_of(walk, PART_QUARTER);
    if (question->needs & NEED_DAY && !zone_day_of_quarter(question->zone, quarter, &counted->day))
        return false;
    return !(question->needs & NEED_HOUR) ||
           zone_hour_of_quarter(question->zone, quarter, &counted->quarter_hour_ms, &counted->hour_ms);
}

static enum counting walk_cells(struct walk *walk, struct knowing *knowing, count_use *use, void *user)
{
    while (walk_next(walk)) {
        struct counted counted = {
            .type = (uint64_t)value_of(walk, PART_TYPE),
            .person = (uint64_t)value_of(walk, PART_PERSON),
            .assignee = (uint64_t)value_of(walk, PART_ASSIGNEE),
            .status = value_of(walk, PART_STATUS),
            .figures = walk->figures,
        };
        if (!read_times(walk, knowing->question, &counted))
            return COUNTED_FINER;
        if (!give(knowing, 0, &counted, use, user))
            return COUNTED_ENOUGH;
    }
    return walk->read > walk->most ? refuse_read(knowing->ctx) : COUNTED;
}

enum counting count_cells(const struct question *question, struct ctx *ctx, count_use *use, void *user, int64_t *read)
{
    struct knowing knowing;
    struct walk walk;
    if (!begin(&knowing, question, ctx))
        return COUNTED_NOT;
    walk_open(&walk, ctx->txn, question->rollup, question->wanted, COUNT_MOST_READ - *read);
    enum counting counting = walk_cells(&walk, &knowing, use, user);
    walk_close(&walk);
    *read += walk.read;
    arena_rewind(ctx->arena, knowing.mark);
    return is_refused(&ctx->refusal) ? COUNTED_NOT : counting;
}

/** False: no more of them is wanted. */
static bool give_fact(struct knowing *knowing, uint64_t activity, const struct fact *fact, count_use *use, void *user)
{
    const struct question *question = knowing->question;
    struct counted counted = {
        .type = fact->type,
        .person = fact->person,
        .assignee = fact->assignee,
        .status = fact->has_status ? fact->status : 0,
        .fact = fact,
        .figures = fact_figures(fact),
    };
    counted.day = zone_day(question->zone, fact->start_ms);
    if (question->needs & NEED_HOUR)
        zone_hour(question->zone, fact->start_ms, &counted.quarter_hour_ms, &counted.hour_ms);
    return give(knowing, activity, &counted, use, user);
}

enum counting count_facts(const struct question *question, struct ctx *ctx, uint64_t after, int64_t most,
                          count_use *use, void *user, int64_t *read, uint64_t *out_last)
{
    struct key from = key_of_id(after + 1);
    struct store_cursor cursor;
    struct knowing knowing;
    enum counting counting = COUNTED;
    int64_t looked_at = 0;
    *out_last = 0;
    if (most <= 0)
        return refuse_read(ctx);
    if (!begin(&knowing, question, ctx))
        return COUNTED_NOT;
    store_cursor_open(&cursor, ctx->txn, &stats_facts);
    for (bool there = store_cursor_seek(&cursor, key_bytes(&from)); there && counting == COUNTED;
         there = store_cursor_next(&cursor)) {
        struct fact fact; // has numbers alone: what it takes of the arena is its copy
        uint64_t activity = get_u64(cursor.key.data);
        if (looked_at == most)
            break;
        struct arena_mark mark = arena_mark(ctx->arena);
        looked_at++;
        if (!row_decode(ctx, &fact_desc, cursor.value, &fact))
            counting = COUNTED_NOT;
        arena_rewind(ctx->arena, mark);
        if (counting == COUNTED && !give_fact(&knowing, activity, &fact, use, user))
            counting = COUNTED_ENOUGH;
        *out_last = activity;
    }
    if (counting == COUNTED && looked_at < most)
        *out_last = 0;
    store_cursor_close(&cursor);
    *read += looked_at;
    arena_rewind(ctx->arena, knowing.mark);
    return is_refused(&ctx->refusal) ? COUNTED_NOT : counting;
}
