// SPDX-License-Identifier: Apache-2.0
/**
 * What persons have, and figures by it: as it is now, at every moment, whatever changes together with it, and while all is counted anew. Every answer
 * is compared with a count by hand over what the test knows, and the cells with a recount.
 */
#include "common/wire/same.h"
#include "services/stats/dimension.h"
#include "tests/unit/stats_fixture.h"

enum { CARDS = PERSONS + 1, CHOICES = 4, ROUNDS = 60 };

static struct card {
    bool there;
    struct attributes attributes;
    size_t group_count;
    uint64_t groups[PERSON_MOST_GROUPS];
} cards[CARDS];

static uint64_t pick(struct test *test)
{
    return random_below(&test->random, CHOICES);
}

/** In the transaction under way. */
static void apply_card(struct test *test, uint64_t person, const struct card *card)
{
    struct ctx ctx = ctx_of(test, test->txn);
    struct stats_service *self = test->self;
    struct person_updated event = {.card = {.person = person}};
    event.card.has_account_manager = card->attributes.at[ATTRIBUTE_ACCOUNT_MANAGER] != 0;
    event.card.account_manager = (uint64_t)card->attributes.at[ATTRIBUTE_ACCOUNT_MANAGER];
    event.card.has_region = card->attributes.at[ATTRIBUTE_REGION] != 0;
    event.card.region = (uint64_t)card->attributes.at[ATTRIBUTE_REGION];
    event.card.has_category = card->attributes.at[ATTRIBUTE_CATEGORY] != 0;
    event.card.category = (uint64_t)card->attributes.at[ATTRIBUTE_CATEGORY];
    event.card.has_sales_status = card->attributes.at[ATTRIBUTE_SALES_STATUS] != 0;
    event.card.sales_status = (uint64_t)card->attributes.at[ATTRIBUTE_SALES_STATUS];
    event.card.has_organisation = card->attributes.at[ATTRIBUTE_ORGANISATION] != 0;
    event.card.organisation = (uint64_t)card->attributes.at[ATTRIBUTE_ORGANISATION];
    event.card.groups.count = card->group_count;
    event.card.groups.items = card->groups;
    if (card->there)
        stats_on_person_updated_apply(self, stats_on_person_updated_check(self, &event, &ctx), &ctx);
    else
        stats_on_person_removed_apply(
            self, stats_on_person_removed_check(self, &(struct person_removed){.person = person}, &ctx), &ctx);
    cards[person] = *card;
}

static struct card random_card(struct test *test)
{
    struct card card = {.there = random_below(&test->random, 8) != 0};
    for (size_t i = 0; card.there && i < ATTRIBUTE_COUNT; i++)
        card.attributes.at[i] = (int64_t)pick(test);
    for (uint64_t group = 1; card.there && group <= CHOICES; group++)
        if (pick(test) == 0)
            card.groups[card.group_count++] = group;
    return card;
}

/** Activities and cards change in one batch, in any order, a card several times. */
static void run_batch(struct test *test)
{
    begin(test);
    for (int i = 0; i < 20; i++) {
        uint64_t id = 1 + random_below(&test->random, ACTIVITIES);
        struct activity now = random_activity(test, id);
        now.has_assignee = pick(test) != 0;
        now.assignee = now.has_assignee ? 1 + pick(test) : 0;
        apply_in(test, id, pick(test) == 0 ? NULL : &now);
        struct card card = random_card(test);
        if (pick(test) == 0)
            apply_card(test, 1 + random_below(&test->random, PERSONS), &card);
    }
    commit(test);
}

/* By hand. */

/** The values of one activity by a dimension: several of a group. */
static size_t values_of(enum dimension dimension, const struct activity *activity, const struct zone *zone,
                        int64_t out_values[])
{
    const struct card *card = &cards[activity->person];
    int32_t day = zone_day(zone, activity->start_ms);
    out_values[0] = 0;
    switch ((int)dimension) {
    case DIMENSION_ACCOUNT_MANAGER:
        out_values[0] = card->attributes.at[ATTRIBUTE_ACCOUNT_MANAGER];
        return 1;
    case DIMENSION_REGION:
        out_values[0] = card->attributes.at[ATTRIBUTE_REGION];
        return 1;
    case DIMENSION_CATEGORY:
        out_values[0] = card->attributes.at[ATTRIBUTE_CATEGORY];
        return 1;
    case DIMENSION_SALES_STATUS:
        out_values[0] = card->attributes.at[ATTRIBUTE_SALES_STATUS];
        return 1;
    case DIMENSION_ORGANISATION:
        out_values[0] = card->attributes.at[ATTRIBUTE_ORGANISATION];
        return 1;
    case DIMENSION_GROUP:
        for (size_t i = 0; i < card->group_count; i++)
            out_values[i] = (int64_t)card->groups[i];
        return card->group_count ? card->group_count : 1;
    case DIMENSION_TYPE:
        out_values[0] = (int64_t)activity->type;
        return 1;
    case DIMENSION_STATUS:
        out_values[0] = activity->status;
        return 1;
    case DIMENSION_ASSIGNEE:
        out_values[0] = (int64_t)activity->assignee;
        return 1;
    case DIMENSION_DAY:
        out_values[0] = day;
        return 1;
    case DIMENSION_MONTH:
        out_values[0] = date_begin(day, DATE_MONTH);
        return 1;
    case DIMENSION_YEAR:
        out_values[0] = date_begin(day, DATE_YEAR);
        return 1;
    default:
        fail_msg("a dimension that is not counted by hand");
        return 0;
    }
}

static bool told_value(enum dimension dimension, const struct figure_cell *cell, int64_t value)
{
    struct figure_cell same = *cell;
    dimension_tell(dimension, value, &same);
    return same_struct(&figure_cell_desc, &same, cell);
}

static bool wanted(const struct stats_figures *query, const struct activity *activity, const struct zone *zone)
{
    int32_t day = zone_day(zone, activity->start_ms);
    bool in_period = (!query->has_from || day >= query->from) && (!query->has_to || day <= query->to);
    return in_period && (!query->has_person || activity->person == query->person) &&
           (query->filter.regions.count == 0 ||
            query->filter.regions.items[0] == (uint64_t)cards[activity->person].attributes.at[ATTRIBUTE_REGION]);
}

/** Of a cell of the answer; NULL: of the total. */
static struct figures count_by_hand(const struct test *test, const struct stats_figures *query, const struct zone *zone,
                                    const struct figure_cell *cell)
{
    struct figures sum = {0, 0};
    for (size_t id = 1; id <= ACTIVITIES; id++) {
        const struct activity *activity = &test->known[id].activity;
        bool counts = test->known[id].there && wanted(query, activity, zone);
        for (size_t i = 0; counts && cell && i < query->group_by.count; i++) {
            int64_t values[PERSON_MOST_GROUPS];
            size_t count = values_of(query->group_by.items[i], activity, zone, values);
            bool is_in = false;
            for (size_t j = 0; j < count; j++)
                is_in = is_in || told_value(query->group_by.items[i], cell, values[j]);
            counts = is_in;
        }
        bool lost =
            activity->has_outcome && (activity->outcome == OUTCOME_FAILED || activity->outcome == OUTCOME_BOUNCED);
        sum.activities += counts;
        sum.contacts += counts && activity->status != ACTIVITY_STATUS_NOT_STARTED && !lost;
    }
    return sum;
}

static enum figure_source check_question(struct test *test, const struct stats_figures *query, const struct zone *zone)
{
    struct stats_figures_reply reply = {.read = -1};
    struct ctx ctx = ctx_of(test, store_begin_read(test->fixture.store));
    int64_t activities = 0, contacts = 0;
    bool has_groups = false;
    assert_true(stats_figures_answer(test->self, query, &ctx, &reply));
    for (size_t i = 0; i < query->group_by.count; i++)
        has_groups = has_groups || query->group_by.items[i] == DIMENSION_GROUP;
    for (size_t i = 0; i < reply.cells.count; i++) {
        const struct figure_cell *cell = &reply.cells.items[i];
        struct figures counted = count_by_hand(test, query, zone, cell);
        assert_int_equal(cell->activities, counted.activities);
        assert_int_equal(cell->contacts, counted.contacts);
        activities += cell->activities;
        contacts += cell->contacts;
    }
    struct figures total = count_by_hand(test, query, zone, NULL);
    assert_int_equal(reply.total.activities, total.activities);
    assert_int_equal(reply.total.contacts, total.contacts);
    if (query->group_by.count && !has_groups) { // whoever is in no cell would be missed here
        assert_int_equal(activities, total.activities);
        assert_int_equal(contacts, total.contacts);
    }
    end_query(&ctx);
    return reply.source;
}

static const enum dimension groupings[][2] = {
    {DIMENSION_REGION},
    {DIMENSION_REGION, DIMENSION_DAY},
    {DIMENSION_MONTH, DIMENSION_ACCOUNT_MANAGER},
    {DIMENSION_CATEGORY, DIMENSION_YEAR},
    {DIMENSION_SALES_STATUS, DIMENSION_MONTH},
    {DIMENSION_TYPE, DIMENSION_REGION},
    {DIMENSION_ASSIGNEE, DIMENSION_MONTH},
    {DIMENSION_ASSIGNEE, DIMENSION_TYPE},
    {DIMENSION_STATUS, DIMENSION_TYPE},
    {DIMENSION_STATUS, DIMENSION_DAY},
    {DIMENSION_TYPE, DIMENSION_YEAR},
    {0},
    {DIMENSION_REGION, DIMENSION_CATEGORY}, // from here on none is kept
    {DIMENSION_GROUP},
    {DIMENSION_GROUP, DIMENSION_REGION},
    {DIMENSION_ORGANISATION, DIMENSION_MONTH},
    {DIMENSION_ACCOUNT_MANAGER, DIMENSION_ASSIGNEE},
};
enum { GROUPINGS = sizeof groupings / sizeof *groupings, KEPT = 12 };

/** A random grouping, period, filter and zone. */
static void check_some_question(struct test *test)
{
    static const char *const names[] = {"Europe/Stockholm", "Asia/Kathmandu"};
    static const int years[] = {1971, 2010, 2011, 2026};
    size_t grouping = random_below(&test->random, GROUPINGS), zone_at = pick(test) == 0;
    uint64_t region = 1 + pick(test) % (CHOICES - 1);
    struct stats_figures query = {.group_by = {0, groupings[grouping]}, .has_limit = true, .limit = 10000};
    while (query.group_by.count < 2 && groupings[grouping][query.group_by.count])
        query.group_by.count++;
    query.has_zone = zone_at == 1;
    query.zone = text_of(names[zone_at]);
    query.has_from = pick(test) != 0;
    query.from = date_from_civil(years[pick(test)], 1 + (int)random_below(&test->random, 12), 1) +
                 (pick(test) < 2 ? (int)random_below(&test->random, 28) : 0);
    query.has_to = pick(test) != 0;
    query.to = date_from_civil(years[pick(test)], 1 + (int)random_below(&test->random, 12), 1) - 1 +
               (pick(test) < 2 ? (int)random_below(&test->random, 28) : 0);
    if (query.has_from && query.has_to && query.from > query.to)
        query.has_from = false;
    query.has_person = pick(test) == 0;
    query.person = 1 + random_below(&test->random, PERSONS);
    query.has_filter = !query.has_person && pick(test) == 0;
    if (query.has_filter) {
        query.filter.regions.count = 1;
        query.filter.regions.items = &region;
    }
    struct zone *zone = zone_open(query.zone);
    enum figure_source source = check_question(test, &query, zone);
    if (grouping < KEPT && !query.has_person && !query.has_filter && !query.has_zone)
        assert_int_equal(source, FIGURE_SOURCE_KEPT);
    zone_close(zone);
}

static void assert_recounted(struct test *test)
{
    struct stats_recount_reply reply = {.facts = -1};
    struct ctx ctx = ctx_of(test, store_begin_read(test->fixture.store));
    assert_true(stats_recount_answer(test->self, &(struct stats_recount){0}, &ctx, &reply));
    assert_int_equal(reply.differences.count, 0);
    end_query(&ctx);
}

/** The figures are what can be counted after each of many batches, some of them beside a counting anew, and after a restart. */
static void figures_are_of_what_persons_have_now(void **state)
{
    struct test *test = *state;
    for (int round = 0; round < ROUNDS; round++) {
        run_batch(test);
        if (round % 20 == 5) {
            begin(test);
            assert_true(cube_may_rebuild(test->self));
            cube_rebuild(test->self, test->txn);
            commit(test);
        }
        if (round % 3 == 0)
            work(test);
        if (round % 17 == 0) {
            close_stats(test);
            open_stats(test);
        }
        assert_recounted(test);
        for (int i = 0; i < 12; i++)
            check_some_question(test);
    }
}

/** A batch that is given up changes no person. */
static void an_aborted_batch_changes_nothing(void **state)
{
    struct test *test = *state;
    struct card kept = {.there = true, .attributes = {{1, 2, 3, 1, 2}}}, lost = {.there = true};
    begin(test);
    apply_card(test, 5, &kept);
    commit(test);
    begin(test);
    apply_card(test, 5, &lost);
    store_abort(test->txn);
    stats_definition.work.aborted(test->self);
    cards[5] = kept;
    run_batch(test);
    struct store_txn *txn = store_begin_read(test->fixture.store);
    struct attributes read = persons_read(txn, 5);
    assert_memory_equal(&read, &cards[5].attributes, sizeof read);
    store_abort(txn);
    assert_recounted(test);
}

/** Groups of neighbours are told apart, as many as a person may have, and are gone when he is. */
static void groups_are_kept_by_person(void **state)
{
    struct test *test = *state;
    struct card many = {.there = true, .group_count = PERSON_MOST_GROUPS}, one = {.there = true, .group_count = 1};
    struct persons_table table;
    int64_t ids[PERSON_MOST_GROUPS];
    for (size_t i = 0; i < PERSON_MOST_GROUPS; i++)
        many.groups[i] = 1000 + 7 * i;
    one.groups[0] = 5;
    begin(test);
    apply_card(test, 3, &many);
    apply_card(test, 2, &one);
    apply_card(test, 4, &one);
    apply_card(test, 4, &(struct card){.there = false});
    commit(test);
    struct store_txn *txn = store_begin_read(test->fixture.store);
    assert_true(persons_table_read(&table, txn, 0, true));
    for (uint64_t person = 1; person <= 5; person++) {
        const struct card *card = &cards[person];
        struct groups read = persons_read_groups(txn, person, ids), found = persons_table_groups(&table, person);
        assert_int_equal(read.count, card->group_count);
        assert_int_equal(found.count, card->group_count);
        for (size_t i = 0; i < read.count; i++) {
            assert_int_equal(read.items[i], card->groups[i]);
            assert_int_equal(found.items[i], card->groups[i]);
        }
    }
    persons_table_free(&table);
    store_abort(txn);
}

/** A row that makes no sense is a fault of the batch, and nothing is written beyond it. */
static void a_damaged_row_of_groups_is_corrupt(void **state)
{
    struct test *test = *state;
    struct card card = {.there = true, .group_count = 1, .groups = {3}};
    uint8_t row[24] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, [16] = 0xc8};
    struct key key = key_of_id(0);
    begin(test);
    store_put(test->txn, &stats_groups, key_bytes(&key), bytes_of(row, sizeof row));
    apply_card(test, 3, &card);
    struct ctx ctx = ctx_of(test, test->txn);
    assert_int_equal(stats_definition.work.committing(test->self, &ctx), FAULT_CORRUPT);
    store_abort(test->txn);
    stats_definition.work.aborted(test->self);
}

static int clear_cards(void **state)
{
    memset(cards, 0, sizeof cards);
    return setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(figures_are_of_what_persons_have_now, clear_cards, teardown),
        cmocka_unit_test_setup_teardown(an_aborted_batch_changes_nothing, clear_cards, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_row_of_groups_is_corrupt, clear_cards, teardown),
        cmocka_unit_test_setup_teardown(groups_are_kept_by_person, clear_cards, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
