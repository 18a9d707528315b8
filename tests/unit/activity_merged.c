// SPDX-License-Identifier: Apache-2.0
/**
 * What the activity service makes of merged persons: their activities go over in slices, through deaths and failed batches, each with one event;
 * whatever comes for them later is the kept person's. Source: domain.md 6, design.md 5.
 */
#include "tests/unit/core_fixture.h"

#include "proto/activity.gen.h"
#include "proto/notification.gen.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/activity/activity.h"
#include "services/activity/state.h"

enum {
    PERSON, // its number among the services that activity follows
    NOTIFICATION,
    SOURCES,
    MANY = 450, // activities: several slices
    PAUSE_MS = 10,
};

/** Services that only have a journal: the shell answers journal.read for them. */
static const struct dispatch no_messages[SOURCES] = {{.service = "person"}, {.service = "notification"}};
static const struct service_definition journal_only[SOURCES] = {
    {.name = "person", .dispatch = &no_messages[PERSON], .schema_version = 1},
    {.name = "notification", .dispatch = &no_messages[NOTIFICATION], .schema_version = 1},
};

struct world {
    struct fixture activity;
    struct fixture sources[SOURCES];
    unsigned calls;
};

static void append(struct world *world, size_t source, const struct message_desc *event, const void *body,
                   uint64_t person)
{
    struct fixture *fixture = &world->sources[source];
    char subject[32];
    int len = snprintf(subject, sizeof subject, "%s/%d", fixture->definition->name, (int)person);
    const struct journal_header header = {
        .time_ms = fixture->utc_ms, .person = person, .type = text_of(event->type), .subject = {subject, (size_t)len}};
    buffer_reset(&fixture->body);
    codec_encode(event->body, body, &fixture->body);
    struct store_txn *txn = store_begin_write(fixture->store);
    journal_append(txn, &header, buffer_bytes(&fixture->body));
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

/** Fetches and applies what a source has, in the batch under way. */
static void take_page(struct world *world, size_t source)
{
    struct core_sender sender = core_trusted_sender();
    struct bytes reply, request = core_page_request(world->activity.core, source);
    int64_t wait_ms = 0;
    assert_int_equal(core_query(world->sources[source].core, request, &sender, false, &reply, &wait_ms), CORE_ANSWERED);
    assert_int_equal(core_page(world->activity.core, source, reply), CORE_PAGE_TAKEN);
}

static void follow(struct world *world, size_t source)
{
    core_begin(world->activity.core);
    take_page(world, source);
    assert_int_equal(core_end(world->activity.core), FAULT_NONE);
}

static void create_person(struct world *world, uint64_t person)
{
    const struct person_created event = {
        .card = {.person = person, .revision = 1, .customer_number = TEXT("1"), .given_name = TEXT("Åsa")}};
    append(world, PERSON, &person_created_message, &event, person);
    follow(world, PERSON);
}

static void merge(struct world *world, uint64_t person, uint64_t into)
{
    const struct person_merged event = {.person = person, .into = into};
    append(world, PERSON, &person_merged_message, &event, person);
    follow(world, PERSON);
}

static bool is_due(struct world *world)
{
    return activity_definition.work.due_ms(world->activity.self) <= world->activity.utc_ms + PAUSE_MS;
}

/** One batch of the service's own work. */
static enum fault work(struct world *world)
{
    world->activity.utc_ms += PAUSE_MS;
    core_begin(world->activity.core);
    core_work(world->activity.core);
    return core_end(world->activity.core);
}

static size_t work_all(struct world *world)
{
    size_t batches = 0;
    for (; is_due(world); batches++) {
        assert_int_equal(work(world), FAULT_NONE);
        assert_true(batches < 100);
    }
    return batches;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    fixture_init(&world->activity, &activity_definition);
    for (size_t i = 0; i < SOURCES; i++)
        fixture_init(&world->sources[i], &journal_only[i]);
    for (uint64_t person = 1; person <= 4; person++)
        create_person(world, person);
    assert_int_equal(work(world), FAULT_NONE); // the usual types
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    fixture_fini(&world->activity);
    for (size_t i = 0; i < SOURCES; i++)
        fixture_fini(&world->sources[i]);
    free(world);
    return 0;
}

static uint64_t create(struct world *world, uint64_t person)
{
    const struct activity_create command = {.person = person,
                                            .type = 1,
                                            .subject = TEXT("Ringde"),
                                            .has_body = true,
                                            .body = TEXT("In full."),
                                            .has_start_ms = true,
                                            .start_ms = world->activity.utc_ms};
    struct activity_create_reply body;
    char id[16];
    snprintf(id, sizeof id, "c%u", world->calls++);
    struct reply_envelope reply = fixture_call(&world->activity, &activity_create_message, &command, id);
    fixture_reply_body(&world->activity, &activity_create_message, &reply, &body);
    return body.activity;
}

/** MANY, fifty to a batch. */
static void create_many(struct world *world, uint64_t person)
{
    struct fixture *fixture = &world->activity;
    for (size_t i = 0; i < MANY;) {
        fixture_begin(fixture);
        for (size_t end = i + 50; i < end; i++) {
            const struct activity_create command = {.person = person,
                                                    .type = 1,
                                                    .subject = TEXT("Ringde"),
                                                    .has_start_ms = true,
                                                    .start_ms = fixture->utc_ms + (int64_t)(i % 7) * 1000};
            char id[16];
            snprintf(id, sizeof id, "c%u", world->calls++);
            fixture_add(fixture, &activity_create_message, &command, id);
        }
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
    }
}

static struct activity_list_reply list(struct world *world, uint64_t person)
{
    const struct activity_list query = {.has_person = true, .person = person, .limit = 500};
    struct activity_list_reply body;
    arena_reset(&world->activity.arena);
    struct reply_envelope reply = fixture_query(&world->activity, &activity_list_message, &query);
    fixture_reply_body(&world->activity, &activity_list_message, &reply, &body);
    return body;
}

static struct activity get(struct world *world, uint64_t activity)
{
    const struct activity_get query = {.activity = activity};
    struct activity_get_reply body;
    struct reply_envelope reply = fixture_query(&world->activity, &activity_get_message, &query);
    fixture_reply_body(&world->activity, &activity_get_message, &reply, &body);
    return body.activity;
}

/** How many entries by_person has for a person, whoever he leads to. */
static size_t entries(struct world *world, uint64_t person)
{
    struct store_txn *txn = store_begin_read(world->activity.store);
    struct key prefix = key_of_id(person);
    struct index_scan scan;
    size_t count = 0;
    index_scan_open(&scan, txn, &activity_by_person, key_bytes(&prefix), bytes_of("", 0), false);
    while (index_scan_next(&scan))
        count++;
    index_scan_close(&scan);
    store_abort(txn);
    return count;
}

/** The events of a type in the journal; all of them are about the person. */
static size_t events(struct world *world, const struct message_desc *event, uint64_t person)
{
    struct store_txn *txn = store_begin_read(world->activity.store);
    struct journal_cursor cursor;
    struct journal_record record;
    size_t count = 0;
    journal_cursor_open(&cursor, txn, 0);
    while (journal_cursor_next(&cursor, &record)) {
        if (!text_equal(record.header.type, text_of(event->type)))
            continue;
        assert_int_equal(record.header.person, person);
        count++;
    }
    journal_cursor_close(&cursor);
    store_abort(txn);
    return count;
}

static void activities_go_over_to_the_kept_person(void **state)
{
    struct world *world = *state;
    uint64_t own = create(world, 2), others = create(world, 1);
    merge(world, 1, 2);
    work_all(world);
    struct activity_list_reply page = list(world, 2);
    assert_true(page.activities.count == 2 && !page.has_merged_from);
    page = list(world, 1);
    assert_true(page.activities.count == 2 && page.has_merged_from && page.merged_from == 1);
    assert_int_equal(entries(world, 1), 0);
    struct activity moved = get(world, others), stayed = get(world, own);
    assert_true(moved.person == 2 && moved.revision == 2 && text_equal(moved.body, TEXT("In full.")));
    assert_true(stayed.person == 2 && stayed.revision == 1);
    assert_int_equal(events(world, &activity_moved_message, 2), 1);
    assert_int_equal(entries(world, 2), 2);
}

static void many_go_over_in_slices_through_deaths(void **state)
{
    struct world *world = *state;
    create_many(world, 1);
    create(world, 2);
    merge(world, 1, 2);
    assert_true(is_due(world));
    assert_int_equal(work(world), FAULT_NONE);
    size_t moved = events(world, &activity_moved_message, 2);
    assert_true(moved > 0 && moved < MANY / 2);
    assert_int_equal(list(world, 1).activities.count, moved + 1); // what is there so far, without the wait for the rest
    fixture_restart(&world->activity);
    world->activity.fence = true;
    assert_int_equal(work(world), FAULT_STORAGE_FULL);
    world->activity.fence = false;
    assert_false(is_due(world)); // no storm while the disk is full
    world->activity.utc_ms += 1000;
    assert_true(is_due(world));
    assert_int_equal(events(world, &activity_moved_message, 2), moved);
    assert_true(work_all(world) >= 2);
    assert_int_equal(events(world, &activity_moved_message, 2), MANY);
    assert_int_equal(entries(world, 1), 0);
    assert_int_equal(entries(world, 2), MANY + 1);
    fixture_restart(&world->activity);
    work_all(world);
    assert_int_equal(events(world, &activity_moved_message, 2), MANY);
}

static void new_ones_are_the_kept_persons(void **state)
{
    struct world *world = *state;
    create_many(world, 1);
    merge(world, 1, 2);
    work(world);
    uint64_t between = create(world, 1); // while the others go over
    work_all(world);
    uint64_t after = create(world, 1);
    assert_int_equal(get(world, between).person, 2);
    assert_int_equal(get(world, after).person, 2);
    assert_int_equal(events(world, &activity_moved_message, 2), MANY);
    assert_int_equal(entries(world, 2), MANY + 2);
}

static void a_chain_of_merges_ends_at_its_end(void **state)
{
    struct world *world = *state;
    create_many(world, 1);
    create(world, 2);
    merge(world, 1, 2);
    work(world);
    merge(world, 2, 3); // while those of 1 go over to 2
    work_all(world);
    assert_int_equal(entries(world, 1) + entries(world, 2), 0);
    assert_int_equal(entries(world, 3), MANY + 1);
    assert_int_equal(get(world, create(world, 1)).person, 3);
    fixture_restart(&world->activity);
    assert_int_equal(list(world, 1).merged_from, 1);
    assert_int_equal(list(world, 1).activities.count, 452);
}

/** While they go over, one gets a later start, and one is finished and leads to a planned one: none is passed over for that. */
static void what_is_moved_in_time_meanwhile_goes_over_too(void **state)
{
    struct world *world = *state;
    struct activity_update_reply updated;
    struct activity_finish_reply finished;
    create_many(world, 1);
    merge(world, 1, 2);
    assert_int_equal(work(world), FAULT_NONE);
    uint64_t late[2] = {0};
    for (uint64_t activity = 1, found = 0; activity <= MANY && found < 2; activity++)
        if (get(world, activity).person == 1)
            late[found++] = activity;
    assert_true(late[1] != 0);
    const struct activity_update update = {
        .activity = late[0], .has_start_ms = true, .start_ms = world->activity.utc_ms + (int64_t)1000 * 1000};
    struct reply_envelope reply = fixture_call(&world->activity, &activity_update_message, &update, "u1");
    fixture_reply_body(&world->activity, &activity_update_message, &reply, &updated);
    const struct activity_finish finish = {
        .activity = late[1],
        .has_next = true,
        .next = {.subject = TEXT("Igen"), .has_due_ms = true, .due_ms = update.start_ms}};
    reply = fixture_call(&world->activity, &activity_finish_message, &finish, "f1");
    fixture_reply_body(&world->activity, &activity_finish_message, &reply, &finished);
    assert_int_equal(get(world, finished.planned).person, 2);
    work_all(world);
    assert_int_equal(get(world, late[0]).person, 2);
    assert_int_equal(get(world, late[1]).person, 2);
    assert_int_equal(entries(world, 1), 0);
    assert_int_equal(entries(world, 2), MANY + 1);
}

static void become(struct world *world, enum recipient_state recipient_state)
{
    const struct recipient_changed event = {
        .recipient = {.recipient = 7,
                      .send = 5,
                      .has_person = true,
                      .person = 1,
                      .channel = SEND_CHANNEL_EMAIL,
                      .state = recipient_state,
                      .changed_ms = world->activity.utc_ms},
        .subject = TEXT("Välkommen"),
    };
    append(world, NOTIFICATION, &recipient_changed_message, &event, 1);
    follow(world, NOTIFICATION);
}

static void late_outcomes_are_the_kept_persons(void **state)
{
    struct world *world = *state;
    merge(world, 1, 2);
    work_all(world);
    become(world, RECIPIENT_STATE_ACCEPTED);
    struct activity_list_reply page = list(world, 2);
    assert_int_equal(page.activities.count, 1);
    assert_int_equal(page.activities.items[0].person, 2);
    assert_int_equal(events(world, &activity_moved_message, 2), 0);
    become(world, RECIPIENT_STATE_BOUNCED);
    page = list(world, 2);
    assert_int_equal(page.activities.count, 1);
    assert_int_equal(page.activities.items[0].outcome, OUTCOME_BOUNCED);
}

static void an_outcome_that_came_first_goes_over_and_is_changed_there(void **state)
{
    struct world *world = *state;
    become(world, RECIPIENT_STATE_ACCEPTED);
    merge(world, 1, 2);
    work_all(world);
    become(world, RECIPIENT_STATE_DELIVERED);
    struct activity_list_reply page = list(world, 2);
    assert_int_equal(page.activities.count, 1);
    assert_true(page.activities.items[0].outcome == OUTCOME_DELIVERED && page.activities.items[0].revision == 3);
    assert_int_equal(events(world, &activity_updated_message, 2), 1);
}

static void a_command_made_for_the_revision_before_is_refused(void **state)
{
    struct world *world = *state;
    const struct activity_finish finish = {.activity = create(world, 1), .has_revision = true, .revision = 1};
    merge(world, 1, 2);
    work_all(world);
    struct reply_envelope reply = fixture_call(&world->activity, &activity_finish_message, &finish, "f");
    assert_refused(&reply, "changed_since", "revision");
    const struct activity_delete delete = {.activity = finish.activity};
    reply = fixture_call(&world->activity, &activity_delete_message, &delete, "d");
    assert_done(reply);
    assert_int_equal(entries(world, 2), 0);
}

/** The person journal is followed anew, as after `pk follow reset`: nothing moves twice, and nothing is lost of what leads where. */
static void a_merge_that_comes_again_changes_nothing(void **state)
{
    struct world *world = *state;
    create(world, 1);
    merge(world, 1, 2);
    work_all(world);
    merge(world, 1, 2);
    merge(world, 3, 1); // to where 1 leads
    work_all(world);
    assert_int_equal(events(world, &activity_moved_message, 2), 1);
    assert_int_equal(get(world, create(world, 3)).person, 2);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(activities_go_over_to_the_kept_person),
        TEST(many_go_over_in_slices_through_deaths),
        TEST(what_is_moved_in_time_meanwhile_goes_over_too),
        TEST(new_ones_are_the_kept_persons),
        TEST(a_chain_of_merges_ends_at_its_end),
        TEST(late_outcomes_are_the_kept_persons),
        TEST(an_outcome_that_came_first_goes_over_and_is_changed_there),
        TEST(a_command_made_for_the_revision_before_is_refused),
        TEST(a_merge_that_comes_again_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
