// SPDX-License-Identifier: Apache-2.0
/** What the tests of services/stats share: its state on a store that goes away, events applied to it, a seeded history. */
#ifndef TESTS_UNIT_STATS_FIXTURE_H
#define TESTS_UNIT_STATS_FIXTURE_H

// cmocka wants these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/counters.h"
#include "common/base/date.h"
#include "proto/stats_dispatch.gen.h"
#include "services/stats/cube.h"
#include "services/stats/persons.h"
#include "services/stats/stats.h"
#include "services/stats/zone.h"
#include "tests/unit/store_fixture.h"

enum { ACTIVITIES = 1500, PERSONS = 12, TYPES = 5 };

/** What the test knows of an activity. */
struct known {
    bool there;
    struct activity activity;
};

struct test {
    struct fixture fixture;
    struct counters counters;
    struct stats_service *self;
    struct arena arena;
    struct buffer scratch;
    uint64_t random;
    uint64_t seq;          // of the activity journal
    struct store_txn *txn; // of events under way, or NULL
    struct known known[ACTIVITIES + 1];
};

static inline void open_stats(struct test *test)
{
    void *self = NULL;
    const struct service_options options = {.counters = &test->counters};
    fixture_open(&test->fixture);
    assert_int_equal(stats_definition.open(&options, test->fixture.store, &self), FAULT_NONE);
    test->self = self;
}

static inline void close_stats(struct test *test)
{
    stats_definition.close(test->self);
    fixture_close(&test->fixture);
}

/** As the shell does with the first page of each: they have nothing yet. */
static inline void find_sources(struct test *test)
{
    static const char *const sources[] = {"activity", "person"};
    struct store_txn *txn = store_begin_write(test->fixture.store);
    struct ctx ctx = {.txn = txn};
    for (size_t i = 0; i < 2; i++)
        stats_definition.beginning(test->self, &ctx, sources[i], 0);
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static inline int setup(void **state)
{
    struct test *test = calloc(1, sizeof *test);
    assert_non_null(test);
    fixture_prepare(&test->fixture);
    test->fixture.config.name = stats_definition.name;
    test->fixture.config.tables = stats_definition.tables;
    test->fixture.config.table_count = stats_definition.table_count;
    test->fixture.config.indexes = stats_definition.indexes;
    test->fixture.config.index_count = stats_definition.index_count;
    test->random = 20261123;
    arena_init(&test->arena, 32 << 20);
    buffer_init(&test->scratch, 1 << 20);
    open_stats(test);
    find_sources(test);
    *state = test;
    return 0;
}

static inline int teardown(void **state)
{
    struct test *test = *state;
    close_stats(test);
    arena_fini(&test->arena);
    buffer_fini(&test->scratch);
    remove_tree(test->fixture.directory);
    free(test);
    return 0;
}

static inline struct ctx ctx_of(struct test *test, struct store_txn *txn)
{
    arena_reset(&test->arena);
    return (struct ctx){.txn = txn, .arena = &test->arena, .scratch = &test->scratch};
}

/** Applies an event as the shell does, in the transaction under way; `now` is NULL for a deletion. */
static inline void apply_in(struct test *test, uint64_t id, const struct activity *now)
{
    struct ctx ctx = ctx_of(test, test->txn);
    struct stats_service *self = test->self;
    const struct followed_event followed = {.source = "activity", .seq = ++test->seq};
    ctx.followed = &followed;
    if (now && !test->known[id].there)
        stats_on_activity_created_apply(
            self, stats_on_activity_created_check(self, &(struct activity_created){*now}, &ctx), &ctx);
    else if (now)
        stats_on_activity_updated_apply(
            self, stats_on_activity_updated_check(self, &(struct activity_updated){.activity = *now}, &ctx), &ctx);
    else
        stats_on_activity_deleted_apply(
            self, stats_on_activity_deleted_check(self, &(struct activity_deleted){.activity = id}, &ctx), &ctx);
    assert_false(is_refused(&ctx.refusal));
    test->known[id].there = now != NULL;
    if (now)
        test->known[id].activity = *now;
}

static inline void begin(struct test *test)
{
    test->txn = store_begin_write(test->fixture.store);
}

static inline void commit(struct test *test)
{
    struct ctx ctx = ctx_of(test, test->txn);
    assert_int_equal(stats_definition.work.committing(test->self, &ctx), FAULT_NONE);
    assert_int_equal(store_commit(test->txn), FAULT_NONE);
    stats_definition.work.committed(test->self);
    test->txn = NULL;
}

/** One batch of the service's own work. */
static inline void work(struct test *test)
{
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    stats_definition.work.run(test->self, &ctx);
    commit(test);
}

static inline void apply(struct test *test, uint64_t id, const struct activity *now)
{
    begin(test);
    apply_in(test, id, now);
    commit(test);
}

static inline struct activity activity_at(uint64_t id, uint64_t person, uint64_t type, int64_t start_ms)
{
    return (struct activity){
        .activity = id,
        .revision = 1,
        .has_person = true,
        .person = person,
        .type = type,
        .subject = TEXT("s"),
        .status = ACTIVITY_STATUS_DONE,
        .start_ms = start_ms,
        .origin = ORIGIN_MANUAL,
    };
}

static inline struct activity random_activity(struct test *test, uint64_t id)
{
    uint64_t *random = &test->random;
    // Around days that are odd in some zone, and to the second, so that boundaries are met.
    const int64_t centres[] = {date_from_civil(2026, 3, 29), date_from_civil(2026, 10, 25),
                               date_from_civil(2011, 12, 30), date_from_civil(2010, 11, 7),
                               date_from_civil(1971, 12, 31)};
    int64_t start_ms =
        centres[random_below(random, 5)] * DAY_MS + (int64_t)random_below(random, 4 * DAY_MS) - 2 * DAY_MS;
    struct activity activity =
        activity_at(id, 1 + random_below(random, PERSONS), 1 + random_below(random, TYPES), start_ms);
    activity.status = (enum activity_status)(1 + random_below(random, 3));
    activity.has_outcome = random_below(random, 3) == 0;
    activity.outcome = activity.has_outcome ? (enum outcome)(1 + random_below(random, 5)) : 0;
    return activity;
}

/** Creates, changes and deletes. */
static inline void run_history(struct test *test)
{
    begin(test);
    for (uint64_t id = 1; id <= ACTIVITIES; id++) {
        struct activity activity = random_activity(test, id);
        apply_in(test, id, &activity);
        uint64_t other = 1 + random_below(&test->random, id);
        if (test->known[other].there && id % 4 == 0) {
            activity = test->known[other].activity;
            activity.status = ACTIVITY_STATUS_DONE;
            apply_in(test, other, &activity);
        }
        if (test->known[other].there && id % 7 == 0) {
            activity = random_activity(test, other);
            apply_in(test, other, &activity);
        }
        if (test->known[other].there && id % 5 == 0)
            apply_in(test, other, NULL);
    }
    commit(test);
}

static inline void end_query(struct ctx *ctx)
{
    store_abort(ctx->txn);
}

#endif
