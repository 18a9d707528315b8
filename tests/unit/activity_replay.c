// SPDX-License-Identifier: Apache-2.0
/**
 * What an operator does about a source that cannot be followed as usual, through the cores of both sides: events that one version
 * set aside are applied by the next, in order; a source whose history diverged is followed anew. Source: faults.md F15, F32, F36.
 */
#include "common/store/following.h"
#include "proto/activity_dispatch.gen.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/activity/activity.h"
#include "services/activity/persons.h"
#include "services/activity/state.h"
#include "tests/unit/core_fixture.h"

enum { PERSON = 0, MOST_APPLIED = 64 };

/** A person service that only has a journal. */
static const struct dispatch no_messages = {.service = "person"};
static const struct service_definition journal_only = {.name = "person", .dispatch = &no_messages, .schema_version = 1};

/** The activity service as an older version that cannot apply some persons' events; it notes the order of what it applies. */
static struct event_row rows[16];
static struct dispatch dispatch;
static struct service_definition older;
static const struct event_row *real_row;
static uint64_t broken_below; // persons of lower ids cannot be applied
static uint64_t applied[MOST_APPLIED];
static size_t applied_count;

static const void *check(const void *self, const void *event, struct ctx *ctx)
{
    if (ctx->followed->person < broken_below)
        return ctx_refuse(ctx, ERROR_INVALID_FIELD, "card", "This version does not know it.");
    applied[applied_count++] = ctx->followed->seq;
    return real_row->check(self, event, ctx);
}

static void make_older_version(void)
{
    dispatch = activity_dispatch;
    older = activity_definition;
    older.dispatch = &dispatch;
    assert_true(dispatch.event_count <= sizeof rows / sizeof *rows);
    memcpy(rows, dispatch.events, dispatch.event_count * sizeof *rows);
    for (size_t i = 0; i < dispatch.event_count; i++)
        if (strcmp(rows[i].message->type, "person.created") == 0) {
            real_row = &dispatch.events[i];
            rows[i].check = check;
        }
    dispatch.events = rows;
    broken_below = 0;
    applied_count = 0;
}

struct world {
    struct fixture activity;
    struct fixture person;
    int commands;
};

static int set_up(void **state)
{
    struct world *world = malloc(sizeof *world);
    make_older_version();
    fixture_init(&world->activity, &older);
    fixture_init(&world->person, &journal_only);
    world->commands = 0;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    fixture_fini(&world->activity);
    fixture_fini(&world->person);
    free(world);
    return 0;
}

static void append(struct world *world, uint64_t person)
{
    char subject[32];
    int len = snprintf(subject, sizeof subject, "person/%d", (int)person);
    struct person_created event = {
        .card = {.person = person, .revision = 1, .customer_number = TEXT("1"), .given_name = TEXT("Åsa")}};
    buffer_reset(&world->person.body);
    codec_encode(&person_created_desc, &event, &world->person.body);
    const struct journal_header header = {
        .time_ms = world->person.utc_ms,
        .person = person,
        .type = TEXT("person.created"),
        .subject = {subject, (size_t)len},
    };
    struct store_txn *txn = store_begin_write(world->person.store);
    journal_append(txn, &header, buffer_bytes(&world->person.body));
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static enum core_page_use follow(struct world *world)
{
    struct core_sender sender = core_trusted_sender();
    struct bytes reply;
    int64_t wait_ms = 0;
    struct bytes request = core_page_request(world->activity.core, PERSON);
    assert_int_equal(core_query(world->person.core, request, &sender, false, &reply, &wait_ms), CORE_ANSWERED);
    reply = arena_bytes(&world->activity.arena, reply);
    fixture_begin(&world->activity);
    enum core_page_use use = core_page(world->activity.core, PERSON, reply);
    core_source_answers(world->activity.core, PERSON, use != CORE_PAGE_USELESS);
    assert_int_equal(core_end(world->activity.core), FAULT_NONE);
    return use;
}

static bool knows(struct world *world, uint64_t person)
{
    struct ctx ctx = {.txn = store_begin_read(world->activity.store)};
    bool known = persons_has(&ctx, person);
    store_abort(ctx.txn);
    return known;
}

static struct followed_store followed(struct world *world)
{
    struct service_health query = {0};
    struct service_health_reply reply;
    struct reply_envelope envelope = fixture_query(&world->activity, &service_health_message, &query);
    fixture_reply_body(&world->activity, &service_health_message, &envelope, &reply);
    return reply.followed.items[PERSON];
}

static struct reply_envelope call(struct world *world, const struct message_desc *message, const void *body)
{
    char id[24];
    snprintf(id, sizeof id, "command-%d", ++world->commands);
    return fixture_call(&world->activity, message, body, id);
}

static struct follow_replay_reply replay(struct world *world, uint64_t after, int64_t limit)
{
    const struct follow_replay body = {.source = TEXT("person"),
                                       .has_after = after > 0,
                                       .after = (int64_t)after,
                                       .has_limit = limit > 0,
                                       .limit = limit};
    struct follow_replay_reply reply;
    struct reply_envelope envelope = call(world, &follow_replay_message, &body);
    fixture_reply_body(&world->activity, &follow_replay_message, &envelope, &reply);
    return reply;
}

static struct follow_reset_reply reset(struct world *world)
{
    const struct follow_reset body = {.source = TEXT("person")};
    struct follow_reset_reply reply;
    struct reply_envelope envelope = call(world, &follow_reset_message, &body);
    fixture_reply_body(&world->activity, &follow_reset_message, &envelope, &reply);
    return reply;
}

/** Persons 1, 11, 1, 2, 1, 12, where those below 10 cannot be applied: events 1, 3, 4, 5 are set aside. */
static void set_some_aside(struct world *world)
{
    static const uint64_t persons[] = {1, 11, 1, 2, 1, 12};
    broken_below = 10;
    for (size_t i = 0; i < sizeof persons / sizeof *persons; i++)
        append(world, persons[i]);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(followed(world).set_aside, 4);
    assert_int_equal(followed(world).seq, 6);
    assert_true(knows(world, 11) && knows(world, 12) && !knows(world, 1) && !knows(world, 2));
    assert_int_equal(applied_count, 2);
    applied_count = 0;
}

static void after_the_mend_all_are_applied_in_order(void **state)
{
    struct world *world = *state;
    set_some_aside(world);
    broken_below = 0;
    fixture_restart(&world->activity); // the next version
    struct follow_replay_reply reply = replay(world, 0, 0);
    assert_int_equal(reply.applied, 4);
    assert_int_equal(reply.left, 0);
    assert_int_equal(reply.last, 5);
    assert_false(reply.more);
    static const uint64_t expected[] = {1, 3, 4, 5};
    assert_int_equal(applied_count, 4);
    assert_memory_equal(applied, expected, sizeof expected);
    assert_true(knows(world, 1) && knows(world, 2));
    assert_int_equal(followed(world).set_aside, 0);
    append(world, 1); // nothing of the subject waits any more
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(applied[4], 7);
    fixture_restart(&world->activity);
    assert_int_equal(followed(world).set_aside, 0);
}

/** What is mended for some is applied for them; for the others nothing is, and nothing overtakes. */
static void what_still_cannot_be_applied_stays_with_all_after_it(void **state)
{
    struct world *world = *state;
    set_some_aside(world);
    struct follow_replay_reply reply = replay(world, 0, 0);
    assert_int_equal(reply.applied, 0);
    assert_int_equal(reply.left, 4);
    assert_int_equal(applied_count, 0);
    broken_below = 2; // person 2 can be applied, person 1 cannot
    reply = replay(world, 0, 0);
    assert_int_equal(reply.applied, 1);
    assert_int_equal(reply.left, 3);
    assert_int_equal(applied_count, 1);
    assert_int_equal(applied[0], 4);
    broken_below = 0;
    reply = replay(world, 4, 0); // from the middle: an earlier one of the subject waits still
    assert_int_equal(reply.applied, 0);
    assert_int_equal(reply.left, 3);
    reply = replay(world, 0, 0);
    assert_int_equal(reply.applied, 3);
    assert_int_equal(reply.left, 0);
}

static void many_go_in_several_commands(void **state)
{
    struct world *world = *state;
    set_some_aside(world);
    broken_below = 0;
    struct follow_replay_reply reply = replay(world, 0, 3);
    assert_int_equal(reply.applied, 3);
    assert_true(reply.more);
    assert_int_equal(reply.last, 4);
    reply = replay(world, (uint64_t)reply.last, 3);
    assert_int_equal(reply.applied, 1);
    assert_false(reply.more);
    assert_int_equal(reply.left, 0);
}

static void a_batch_that_fails_replays_nothing(void **state)
{
    struct world *world = *state;
    set_some_aside(world);
    broken_below = 0;
    world->activity.fence = true;
    const struct follow_replay body = {.source = TEXT("person")};
    struct reply_envelope reply = call(world, &follow_replay_message, &body);
    assert_refused(&reply, "storage_full", "");
    assert_int_equal(followed(world).set_aside, 4);
    assert_false(knows(world, 1));
    world->activity.fence = false;
    assert_int_equal(replay(world, 0, 0).applied, 4);
    assert_int_equal(followed(world).set_aside, 0);
}

static void a_repeat_is_answered_the_same(void **state)
{
    struct world *world = *state;
    set_some_aside(world);
    broken_below = 0;
    const struct follow_replay body = {.source = TEXT("person")};
    struct reply_envelope first = fixture_call(&world->activity, &follow_replay_message, &body, "once");
    struct reply_envelope second = fixture_call(&world->activity, &follow_replay_message, &body, "once");
    assert_done(first);
    assert_int_equal(first.seq, second.seq);
    assert_int_equal(applied_count, 4);
}

static void what_waits_is_listed(void **state)
{
    struct world *world = *state;
    set_some_aside(world);
    struct follow_list query = {.source = TEXT("person"), .limit = 3};
    struct follow_list_reply reply;
    struct reply_envelope envelope = fixture_query(&world->activity, &follow_list_message, &query);
    fixture_reply_body(&world->activity, &follow_list_message, &envelope, &reply);
    assert_int_equal(reply.events.count, 3);
    assert_true(reply.more);
    assert_int_equal(reply.events.items[0].seq, 1);
    assert_true(text_equal(reply.events.items[0].reason, TEXT("invalid_field")));
    assert_true(text_equal(reply.events.items[1].reason, TEXT("an earlier event of the subject waits")));
    assert_true(text_equal(reply.events.items[2].subject, TEXT("person/2")));
    query.has_after = true;
    query.after = 4;
    envelope = fixture_query(&world->activity, &follow_list_message, &query);
    fixture_reply_body(&world->activity, &follow_list_message, &envelope, &reply);
    assert_int_equal(reply.events.count, 1);
    assert_false(reply.more);
}

/** The source's store is lost, and another one answers, with other persons. */
static void lose_source(struct world *world)
{
    fixture_fini(&world->person);
    fixture_init(&world->person, &journal_only);
    append(world, 3);
    append(world, 2);
    assert_int_equal(follow(world), CORE_PAGE_USELESS);
    assert_int_equal(followed(world).state, FOLLOW_STATE_DIVERGED);
    assert_true(knows(world, 1)); // nothing is overwritten
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct world *world = *state;
    const struct follow_replay other = {.source = TEXT("stats")};
    struct reply_envelope reply = call(world, &follow_replay_message, &other);
    assert_refused(&reply, "not_found", "source");
    append(world, 1);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    const struct follow_reset body = {.source = TEXT("person")};
    reply = call(world, &follow_reset_message, &body);
    assert_refused(&reply, "wrong_state", "source"); // it is followed as it is
    lose_source(world);
    assert_false(reset(world).more);
}

static void a_diverged_source_is_followed_anew(void **state)
{
    struct world *world = *state;
    append(world, 1);
    append(world, 2);
    append(world, 9);
    broken_below = 2;
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    broken_below = 0;
    assert_int_equal(replay(world, 0, 0).applied, 1);
    broken_below = 2;
    append(world, 1); // one that waits when it is reset
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(followed(world).set_aside, 1);
    broken_below = 0;
    lose_source(world);
    struct follow_reset_reply reply = reset(world);
    assert_int_equal(reply.removed, 2); // one row of the bitmap, one event
    assert_false(reply.more);
    assert_false(knows(world, 1) || knows(world, 9));
    assert_int_equal(followed(world).set_aside, 0);
    assert_true(core_may_follow(world->activity.core, PERSON));
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_true(knows(world, 2) && knows(world, 3) && !knows(world, 1) && !knows(world, 9));
    assert_int_equal(followed(world).seq, 2);
    assert_int_equal(followed(world).state, FOLLOW_STATE_FOLLOWING);
    fixture_restart(&world->activity);
    append(world, 4);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_true(knows(world, 4));
}

/** As many rows as take several commands; the service dies between them, and follows nothing before all are gone. */
static void a_long_reset_is_gone_on_with(void **state)
{
    struct world *world = *state;
    append(world, 1);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    struct store_txn *txn = store_begin_write(world->activity.store);
    for (uint64_t row = 100; row < 6100; row++) {
        struct key key = key_of_id(row);
        static const uint8_t bits[512];
        store_put(txn, &activity_persons, key_bytes(&key), bytes_of(bits, sizeof bits));
    }
    assert_int_equal(store_commit(txn), FAULT_NONE);
    lose_source(world);
    struct follow_reset_reply reply = reset(world);
    assert_int_equal(reply.removed, 5000);
    assert_true(reply.more);
    assert_false(core_may_follow(world->activity.core, PERSON));
    fixture_restart(&world->activity);
    assert_false(core_may_follow(world->activity.core, PERSON));
    assert_int_equal(followed(world).state, FOLLOW_STATE_DIVERGED);
    world->activity.fence = true; // the last command's batch fails: it is as if it had not come
    const struct follow_reset body = {.source = TEXT("person")};
    struct reply_envelope refused = call(world, &follow_reset_message, &body);
    assert_refused(&refused, "storage_full", "");
    assert_false(core_may_follow(world->activity.core, PERSON));
    world->activity.fence = false;
    reply = reset(world);
    assert_int_equal(reply.removed, 1001);
    assert_false(reply.more);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_true(knows(world, 3));
}

int main(void)
{
#define with_world(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_world(after_the_mend_all_are_applied_in_order),
        with_world(what_still_cannot_be_applied_stays_with_all_after_it),
        with_world(many_go_in_several_commands),
        with_world(a_batch_that_fails_replays_nothing),
        with_world(a_repeat_is_answered_the_same),
        with_world(what_waits_is_listed),
        with_world(what_makes_no_sense_is_refused),
        with_world(a_diverged_source_is_followed_anew),
        with_world(a_long_reset_is_gone_on_with),
    };
    return cmocka_run_group_tests_name("activity_replay", tests, NULL, NULL);
}
