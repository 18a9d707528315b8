// SPDX-License-Identifier: Apache-2.0
/**
 * Last activities: what the person service makes of a journal of activities that come, go, move and begin, against a plain walk over them; as rows and as
 * searches find them; over restarts, batches that fail, and news that are not kept any more. PERSON_ACTIVITY_SEED in the environment repeats a run.
 */
#include "tests/unit/core_fixture.h"

#include <time.h>

#include "common/base/date.h"
#include "common/store/following.h"
#include "proto/activity.gen.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/person/last_activity.h"
#include "services/person/person.h"

enum {
    PERSONS = 24,
    ACTIVITIES = 4000,
    ROUNDS = 200,
    WAITING_ENTRIES = 60, // of deferred indexes: they merge all the time
    DAY_MS = 24 * 3600 * 1000,
    WORK_RETRY_MS = 500, // as core.c
};

/** An activity service that only has a journal: the shell answers journal.read for it. */
static const struct dispatch no_messages = {.service = "activity"};
static const struct service_definition journal_only = {
    .name = "activity", .dispatch = &no_messages, .schema_version = 1};

struct known {
    uint64_t person; // 0: deleted
    int64_t start_ms;
};

struct world {
    struct fixture person;
    struct fixture activity;
    uint64_t random;
    unsigned calls;
    uint64_t last; // activity
    struct known known[ACTIVITIES + 1];
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    const char *seed = getenv("PERSON_ACTIVITY_SEED");
    world->random = seed ? strtoull(seed, NULL, 10) : (uint64_t)getpid() * 7919 + (uint64_t)time(NULL);
    printf("PERSON_ACTIVITY_SEED=%llu\n", (unsigned long long)world->random);
    fixture_init(&world->person, &person_definition);
    fixture_init(&world->activity, &journal_only);
    world->person.store_config.index_memory_entries = WAITING_ENTRIES;
    fixture_restart(&world->person);
    for (size_t i = 0; i < PERSONS; i++) {
        char id[16];
        const struct person_create command = {.given_name = TEXT("Bo")};
        snprintf(id, sizeof id, "p%zu", i);
        struct reply_envelope reply = fixture_call(&world->person, &person_create_message, &command, id);
        assert_done(reply);
    }
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    fixture_fini(&world->person);
    fixture_fini(&world->activity);
    free(world);
    return 0;
}

/** SplitMix64. */
static uint64_t draw(struct world *world, uint64_t below)
{
    uint64_t z = world->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

/* The source. */

static void append(struct world *world, const struct message_desc *event, const void *body)
{
    const struct journal_header header = {
        .time_ms = world->activity.utc_ms, .type = text_of(event->type), .subject = TEXT("activity/1")};
    buffer_reset(&world->activity.body);
    codec_encode(event->body, body, &world->activity.body);
    struct store_txn *txn = store_begin_write(world->activity.store);
    journal_append(txn, &header, buffer_bytes(&world->activity.body));
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static void create(struct world *world, uint64_t person, int64_t start_ms)
{
    assert_true(world->last < ACTIVITIES);
    const struct activity_created event = {.activity = {
                                               .activity = ++world->last,
                                               .revision = 1,
                                               .has_person = true,
                                               .person = person,
                                               .type = 1,
                                               .subject = TEXT("Ringde"),
                                               .status = ACTIVITY_STATUS_NOT_STARTED,
                                               .start_ms = start_ms,
                                               .origin = ORIGIN_MANUAL,
                                           }};
    world->known[world->last] = (struct known){person, start_ms};
    append(world, &activity_created_message, &event);
}

/** The latest of a person's that starts no later than `until_ms`; false: there is none. */
static bool latest(const struct world *world, uint64_t person, int64_t until_ms, int64_t *out_start_ms)
{
    bool found = false;
    for (uint64_t i = 1; i <= world->last; i++) {
        const struct known *known = &world->known[i];
        if (known->person != person || known->start_ms > until_ms || (found && known->start_ms <= *out_start_ms))
            continue;
        *out_start_ms = known->start_ms;
        found = true;
    }
    return found;
}

static void delete (struct world *world, uint64_t activity)
{
    struct known gone = world->known[activity];
    struct activity_deleted event = {.activity = activity,
                                     .has_person = true,
                                     .person = gone.person,
                                     .has_start_ms = true,
                                     .start_ms = gone.start_ms};
    world->known[activity].person = 0;
    event.has_before_ms = latest(world, gone.person, gone.start_ms, &event.before_ms);
    append(world, &activity_deleted_message, &event);
}

/** To another person, as a merge does. */
static void move(struct world *world, uint64_t activity, uint64_t to)
{
    struct known *known = &world->known[activity];
    struct activity_moved event = {.activity = {.activity = activity,
                                                .revision = 2,
                                                .has_person = true,
                                                .person = to,
                                                .type = 1,
                                                .subject = TEXT("Ringde"),
                                                .status = ACTIVITY_STATUS_NOT_STARTED,
                                                .start_ms = known->start_ms,
                                                .origin = ORIGIN_MANUAL},
                                   .from = known->person};
    known->person = 0;
    event.has_before_ms = latest(world, event.from, known->start_ms, &event.before_ms);
    known->person = to;
    append(world, &activity_moved_message, &event);
}

/** Follows, and lets begin what has begun. */
static void follow(struct world *world)
{
    struct core_sender sender = core_trusted_sender();
    struct bytes reply;
    int64_t wait_ms = 0;
    struct bytes request = core_page_request(world->person.core, 0);
    assert_int_equal(core_query(world->activity.core, request, &sender, false, &reply, &wait_ms), CORE_ANSWERED);
    fixture_begin(&world->person);
    assert_int_equal(core_page(world->person.core, 0, reply), CORE_PAGE_TAKEN);
    if (draw(world, 2))
        core_work(world->person.core);
    enum fault fault = core_end(world->person.core);
    assert_true(fault == FAULT_NONE || (world->person.fence && fault == FAULT_STORAGE_FULL));
}

static void work(struct world *world)
{
    fixture_begin(&world->person);
    core_work(world->person.core);
    assert_int_equal(core_end(world->person.core), world->person.fence ? FAULT_STORAGE_FULL : FAULT_NONE);
}

/* What it made of it. */

static uint64_t found(struct world *world, const char *where, bool *out_found)
{
    const struct person_search query = {.has_where = true,
                                        .where = text_of(where),
                                        .has_sort = true,
                                        .sort = PERSON_SORT_OLDEST,
                                        .limit = 500,
                                        .has_count = true,
                                        .count = true};
    struct person_search_reply body;
    struct reply_envelope reply = fixture_query(&world->person, &person_search_message, &query);
    fixture_reply_body(&world->person, &person_search_message, &reply, &body);
    memset(out_found, 0, (PERSONS + 1) * sizeof *out_found);
    for (size_t i = 0; i < body.cards.count; i++)
        out_found[body.cards.items[i].person] = true;
    assert_int_equal(body.total, body.cards.count);
    return body.cards.count;
}

static int32_t day_of(int64_t time_ms)
{
    return (int32_t)(time_ms >= 0 ? time_ms / DAY_MS : -((-time_ms + DAY_MS - 1) / DAY_MS));
}

/** One question about days, compared with what is known. */
static void ask(struct world *world, int32_t from, int32_t to, bool has_from, bool has_to)
{
    char where[80], first[DATE_TEXT_LEN + 1] = "", last[DATE_TEXT_LEN + 1] = "";
    bool is[PERSONS + 1], is_not[PERSONS + 1];
    if (has_from)
        date_format(from, first);
    if (has_to)
        date_format(to, last);
    snprintf(where, sizeof where, "activity:%.10s..%.10s", first, last);
    found(world, where, is);
    snprintf(where, sizeof where, "-activity:%.10s..%.10s", first, last);
    found(world, where, is_not);
    bool joined[PERSONS + 1];
    snprintf(where, sizeof where, "(activity:%.10s..%.10s or activity:none) -id:#3", first, last);
    found(world, where, joined);
    for (uint64_t person = 1; person <= PERSONS; person++) {
        int64_t last_ms = 0;
        bool has_any = latest(world, person, world->person.utc_ms, &last_ms), expected = has_any;
        expected = expected && (!has_from || day_of(last_ms) >= from) && (!has_to || day_of(last_ms) <= to);
        if (is[person] != expected || is_not[person] == expected ||
            joined[person] != ((expected || !has_any) && person != 3))
            fail_msg("%s: person %d", where, (int)person);
    }
}

static void check_rows(struct world *world)
{
    struct person_last_activities query = {.limit = (int64_t)(1 + draw(world, 9))};
    struct person_last_activities_reply page;
    int64_t last_ms = 0;
    uint64_t person = 1;
    do {
        struct reply_envelope reply = fixture_query(&world->person, &person_last_activities_message, &query);
        fixture_reply_body(&world->person, &person_last_activities_message, &reply, &page);
        assert_int_equal(page.activity_seq, store_seq(world->activity.store));
        for (size_t i = 0; i < page.last_activities.count; i++) {
            const struct last_activity *row = &page.last_activities.items[i];
            for (; person < row->person; person++)
                assert_false(latest(world, person, world->person.utc_ms, &last_ms));
            assert_true(latest(world, person++, world->person.utc_ms, &last_ms));
            assert_int_equal(row->start_ms, last_ms);
            query.has_after = true;
            query.after = row->person;
        }
    } while (page.more);
    for (; person <= PERSONS; person++)
        assert_false(latest(world, person, world->person.utc_ms, &last_ms));
    int64_t first_ms = INT64_MAX;
    for (uint64_t i = 1; i <= world->last; i++)
        if (world->known[i].person && world->known[i].start_ms > world->person.utc_ms &&
            world->known[i].start_ms < first_ms)
            first_ms = world->known[i].start_ms;
    assert_int_equal(page.has_planned_from_ms, first_ms != INT64_MAX);
    assert_true(!page.has_planned_from_ms || page.planned_from_ms == first_ms);
}

static void check(struct world *world)
{
    bool has[PERSONS + 1], none[PERSONS + 1];
    int64_t last_ms = 0;
    int32_t today = day_of(world->person.utc_ms);
    arena_reset(&world->person.arena);
    work(world);
    check_rows(world);
    found(world, "has:activity", has);
    found(world, "activity:none", none);
    for (uint64_t person = 1; person <= PERSONS; person++) {
        assert_int_equal(has[person], latest(world, person, world->person.utc_ms, &last_ms));
        assert_int_not_equal(has[person], none[person]);
    }
    for (int i = 0; i < 3; i++) {
        int32_t from = today - (int32_t)draw(world, 20), to = from + (int32_t)draw(world, 15);
        ask(world, from, to, i != 1, i != 2);
    }
}

/** Some activities, of few days, so that they meet. */
static void change(struct world *world)
{
    for (uint64_t i = draw(world, 12); i > 0; i--) {
        if (draw(world, 3) > 0 || world->last == 0) {
            int64_t start_ms = world->activity.utc_ms + ((int64_t)draw(world, 60) - 45) * (DAY_MS / 3);
            create(world, 1 + draw(world, PERSONS), draw(world, 3) ? start_ms : world->activity.utc_ms);
            continue;
        }
        uint64_t activity = 1 + draw(world, world->last), to = 1 + draw(world, PERSONS);
        uint64_t person = world->known[activity].person;
        if (person && person != to && draw(world, 2))
            move(world, activity, to);
        else if (person)
            delete (world, activity);
    }
}

/** Forgets old news, as if more had come than are kept. */
static void trim_news(struct world *world)
{
    struct store_txn *txn = store_begin_write(world->person.store);
    uint64_t newest = last_activity_news(txn);
    for (uint64_t i = 1; i < newest; i++) {
        struct key key = key_of_id(i);
        store_delete(txn, &person_activity_news, key_bytes(&key));
    }
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static void pass_time(struct world *world, int64_t by_ms)
{
    world->person.utc_ms += by_ms;
    world->person.monotonic_ms += by_ms;
    world->activity.utc_ms += by_ms;
    world->activity.monotonic_ms += by_ms;
}

static void it_is_what_a_plain_walk_finds(void **state)
{
    struct world *world = *state;
    for (int round = 0; round < ROUNDS; round++) {
        change(world);
        if (draw(world, 4) == 0)
            pass_time(world, (int64_t)draw(world, DAY_MS));
        if (draw(world, 5) == 0) {
            world->person.fence = true;
            follow(world);
            world->person.fence = false;
        }
        if (draw(world, 3)) {
            follow(world);
            check(world);
        }
        if (draw(world, 20) == 0)
            fixture_restart(&world->person);
        if (draw(world, 10) == 0)
            trim_news(world);
    }
    follow(world);
    check(world);
}

/** A person's only activity comes and goes, in one page and in several, before the register was read into memory and after. */
static void the_last_one_gone_leaves_none(void **state)
{
    struct world *world = *state;
    int64_t now_ms = world->person.utc_ms;
    create(world, 3, now_ms - DAY_MS);
    delete (world, 1);
    follow(world);
    check(world);
    create(world, 3, now_ms - DAY_MS);
    create(world, 3, now_ms - 2 * DAY_MS);
    follow(world);
    check(world);
    delete (world, 2);
    follow(world);
    check(world);
    delete (world, 3);
    follow(world);
    check(world);
}

/** Of two that start together one may go, and what is planned counts only when it has begun. */
static void what_is_planned_counts_from_its_start(void **state)
{
    struct world *world = *state;
    int64_t start_ms = world->person.utc_ms + 60000;
    bool is[PERSONS + 1];
    create(world, 5, start_ms);
    create(world, 5, start_ms);
    create(world, 6, start_ms + 1);
    follow(world);
    work(world);
    assert_int_equal(found(world, "has:activity", is), 0);
    fixture_restart(&world->person);
    work(world);
    pass_time(world, 60000);
    work(world);
    assert_int_equal(found(world, "has:activity", is), 1);
    assert_true(is[5]);
    delete (world, 1);
    follow(world);
    work(world);
    assert_int_equal(found(world, "has:activity", is), 1);
    delete (world, 3);
    pass_time(world, 1000);
    follow(world);
    check(world);
    delete (world, 2);
    follow(world);
    assert_int_equal(found(world, "has:activity", is), 0);
}

/** What began in a batch that failed has not begun: meanwhile it is deleted, and an earlier one comes. */
static void what_began_in_vain_is_forgotten(void **state)
{
    struct world *world = *state;
    create(world, 5, world->person.utc_ms + 60000);
    follow(world);
    work(world);
    pass_time(world, 60000 + WORK_RETRY_MS);
    world->person.fence = true;
    work(world);
    world->person.fence = false;
    delete (world, 1);
    create(world, 5, world->person.utc_ms - DAY_MS);
    follow(world);
    check(world);
}

/** The clock goes back behind what has begun; what was planned anew for a time that had been is deleted. */
static void a_clock_that_goes_back_leaves_nothing_behind(void **state)
{
    struct world *world = *state;
    bool is[PERSONS + 1];
    pass_time(world, DAY_MS);
    create(world, 2, world->person.utc_ms);
    follow(world);
    pass_time(world, -DAY_MS);
    create(world, 2, world->person.utc_ms + DAY_MS / 2);
    follow(world);
    delete (world, 1);
    follow(world);
    delete (world, 2);
    follow(world);
    work(world);
    assert_int_equal(found(world, "has:activity", is), 0);
    pass_time(world, 2 * DAY_MS);
    check(world);
}

/** One that an earlier build deleted does not say when it began. */
static void a_deletion_without_a_start_changes_nothing(void **state)
{
    struct world *world = *state;
    const struct activity_deleted event = {.activity = 1, .has_person = true, .person = 4};
    create(world, 4, world->person.utc_ms);
    append(world, &activity_deleted_message, &event);
    follow(world);
    check(world);
}

/** Nobody is found who has no card, though the activity service knows of him. */
static void who_has_no_card_is_not_found(void **state)
{
    struct world *world = *state;
    bool is[PERSONS + 1];
    create(world, PERSONS + 1, world->person.utc_ms);
    create(world, 90000, world->person.utc_ms);
    follow(world);
    assert_int_equal(found(world, "has:activity", is), 0);
    assert_int_equal(found(world, "activity:2026", is), 0);
}

/** Another history at the source: all that came from it goes, and comes again. */
static void it_is_followed_anew(void **state)
{
    struct world *world = *state;
    const struct follow_reset command = {.source = TEXT("activity")};
    bool is[PERSONS + 1];
    for (uint64_t i = 1; i <= PERSONS; i++)
        create(world, i, world->person.utc_ms + ((int64_t)i % 3 - 1) * DAY_MS);
    follow(world);
    check(world);
    fixture_fini(&world->activity);
    fixture_init(&world->activity, &journal_only);
    memset(world->known, 0, sizeof world->known);
    world->last = 0;
    create(world, 7, world->person.utc_ms - 5 * DAY_MS); // earlier than what was known of him
    struct core_sender sender = core_trusted_sender();
    struct bytes reply;
    int64_t wait_ms = 0;
    struct bytes request = core_page_request(world->person.core, 0);
    assert_int_equal(core_query(world->activity.core, request, &sender, false, &reply, &wait_ms), CORE_ANSWERED);
    fixture_begin(&world->person);
    assert_int_equal(core_page(world->person.core, 0, reply), CORE_PAGE_USELESS);
    core_end(world->person.core);
    struct reply_envelope answer = fixture_call(&world->person, &follow_reset_message, &command, "reset");
    assert_done(answer);
    assert_int_equal(found(world, "has:activity", is), 0);
    follow(world);
    check(world);
}

/** An answer that shall not be older than an activity is refused until that was followed. */
static void what_was_seen_is_in_the_answer(void **state)
{
    struct world *world = *state;
    const struct person_search query = {.has_where = true, .where = TEXT("has:activity"), .limit = 10};
    struct person_search_reply body;
    create(world, 8, world->person.utc_ms);
    const struct seen_position seen = {TEXT("activity"), (int64_t)store_seq(world->activity.store)};
    struct reply_envelope reply = fixture_query_as(&world->person, &person_search_message, &query, UINT32_MAX, &seen);
    assert_refused(&reply, "not_yet", "seen");
    follow(world);
    reply = fixture_query_as(&world->person, &person_search_message, &query, UINT32_MAX, &seen);
    fixture_reply_body(&world->person, &person_search_message, &reply, &body);
    assert_int_equal(body.cards.count, 1);
    assert_int_equal(body.cards.items[0].person, 8);
}

int main(void)
{
#define with_world(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_world(it_is_what_a_plain_walk_finds),
        with_world(the_last_one_gone_leaves_none),
        with_world(what_is_planned_counts_from_its_start),
        with_world(what_began_in_vain_is_forgotten),
        with_world(a_clock_that_goes_back_leaves_nothing_behind),
        with_world(a_deletion_without_a_start_changes_nothing),
        with_world(who_has_no_card_is_not_found),
        with_world(it_is_followed_anew),
        with_world(what_was_seen_is_in_the_answer),
    };
    return cmocka_run_group_tests_name("person_activity", tests, NULL, NULL);
}
