// SPDX-License-Identifier: Apache-2.0
/**
 * Following, through the cores of both sides: what the activity service makes of a person journal that comes twice, out of order,
 * damaged, or from another history. Source: faults.md F03, F13–F15, F32, F36.
 */
#include "tests/unit/core_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include "common/store/following.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/activity/activity.h"
#include "services/activity/persons.h"

enum { PERSON = 0 }; // its number among the services that activity follows

/** A person service that only has a journal: the shell answers journal.read for it. */
static const struct dispatch no_messages = {.service = "person"};
static const struct service_definition journal_only = {.name = "person", .dispatch = &no_messages, .schema_version = 1};

struct world {
    struct fixture activity;
    struct fixture person;
};

static int set_up(void **state)
{
    struct world *world = malloc(sizeof *world);
    fixture_init(&world->activity, &activity_definition);
    fixture_init(&world->person, &journal_only);
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

static void append_body(struct world *world, uint64_t person, struct bytes body)
{
    char subject[32];
    int len = snprintf(subject, sizeof subject, "person/%d", (int)person);
    const struct journal_header header = {
        .time_ms = world->person.utc_ms,
        .person = person,
        .type = TEXT("person.created"),
        .subject = {subject, (size_t)len},
    };
    struct store_txn *txn = store_begin_write(world->person.store);
    journal_append(txn, &header, body);
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

/** The body of person.created, in the fixture's buffer. */
static struct buffer *created(struct world *world, uint64_t person, const char *given_name)
{
    struct person_created event = {.card = {
                                       .person = person,
                                       .revision = 1,
                                       .customer_number = TEXT("1"),
                                       .given_name = text_of(given_name),
                                       .language = LANGUAGE_SV,
                                       .has_language = true,
                                   }};
    buffer_reset(&world->person.body);
    codec_encode(&person_created_desc, &event, &world->person.body);
    return &world->person.body;
}

static void append(struct world *world, uint64_t person)
{
    append_body(world, person, buffer_bytes(created(world, person, "Åsa")));
}

/** An event as a later version might write it: with a language that is not known here. */
static void append_unknown(struct world *world, uint64_t person)
{
    struct buffer *body = created(world, person, "Åsa");
    uint8_t *language = memmem(body->data, body->len, "\xa2sv", 3);
    assert_non_null(language);
    memcpy(language, "\xa2xx", 3);
    append_body(world, person, buffer_bytes(body));
}

/** What the source answers to the next question; lives as long as the test. */
static struct bytes ask(struct world *world)
{
    struct core_sender sender = core_trusted_sender();
    struct bytes reply;
    int64_t wait_ms = 0;
    struct bytes request = core_page_request(world->activity.core, PERSON);
    assert_int_equal(core_query(world->person.core, request, &sender, false, &reply, &wait_ms), CORE_ANSWERED);
    return arena_bytes(&world->activity.arena, reply);
}

/** Applies one answer in a batch of its own. */
static enum core_page_use take(struct world *world, struct bytes page)
{
    fixture_begin(&world->activity);
    enum core_page_use use = core_page(world->activity.core, PERSON, page);
    assert_int_equal(core_end(world->activity.core), FAULT_NONE);
    return use;
}

static enum core_page_use follow(struct world *world)
{
    return take(world, ask(world));
}

static bool knows(struct world *world, uint64_t person)
{
    struct ctx ctx = {.txn = store_begin_read(world->activity.store)};
    bool known = persons_has(&ctx, person);
    store_abort(ctx.txn);
    return known;
}

/** Committed position of the person journal; 0: none. */
static uint64_t position(struct world *world)
{
    struct follow_position at = {.epoch = 0};
    struct store_txn *txn = store_begin_read(world->activity.store);
    bool known = follow_position_get(txn, "person", &at);
    store_abort(txn);
    return known ? at.at.seq : 0;
}

static struct service_health_reply health(struct world *world)
{
    struct service_health query = {0};
    struct service_health_reply reply;
    struct reply_envelope envelope = fixture_query(&world->activity, &service_health_message, &query);
    fixture_reply_body(&world->activity, &service_health_message, &envelope, &reply);
    return reply;
}

static void assert_health(struct world *world, enum follow_state state, int64_t set_aside)
{
    struct service_health_reply reply = health(world);
    assert_int_equal(reply.followed.items[PERSON].state, state);
    assert_int_equal(reply.followed.items[PERSON].set_aside, set_aside);
}

/** Nothing was taken, nothing will be, and it is told. */
static void assert_diverged(struct world *world, uint64_t at)
{
    assert_false(core_may_follow(world->activity.core, PERSON));
    assert_int_equal(position(world), at);
    assert_health(world, FOLLOW_STATE_DIVERGED, 0);
}

/** The answer, as `change` makes it anew. */
static struct bytes changed(struct world *world, struct bytes frame, void (*change)(struct journal_read_reply *page))
{
    struct arena *arena = &world->activity.arena;
    struct refusal refusal = {.code = ERROR_NONE};
    struct reply_envelope envelope;
    struct journal_read_reply page;
    assert_true(envelope_read_reply(frame, arena, &envelope, &refusal));
    assert_true(codec_decode(&journal_read_reply_desc, envelope.body, CODEC_SKIP_UNKNOWN, arena, &page, &refusal));
    change(&page);
    struct buffer *body = &world->activity.body, *whole = &world->activity.frame;
    buffer_reset(body);
    buffer_reset(whole);
    codec_encode(&journal_read_reply_desc, &page, body);
    envelope_write_ok(whole, envelope.id, buffer_bytes(body), (uint64_t)page.last_seq);
    return arena_bytes(arena, buffer_bytes(whole));
}

static struct journal_page_record *record_of(struct journal_read_reply *page, size_t index)
{
    return (struct journal_page_record *)(uintptr_t)&page->records.items[index];
}

static void swap_first_two(struct journal_read_reply *page)
{
    struct journal_page_record first = *record_of(page, 0);
    *record_of(page, 0) = *record_of(page, 1);
    *record_of(page, 1) = first;
}

static void swap_and_renumber(struct journal_read_reply *page)
{
    swap_first_two(page);
    record_of(page, 0)->seq = 1;
    record_of(page, 1)->seq = 2;
}

static void leave_out_second(struct journal_read_reply *page)
{
    for (size_t i = 2; i < page->records.count; i++)
        *record_of(page, i - 1) = *record_of(page, i);
    page->records.count--;
}

static void repeat_first(struct journal_read_reply *page)
{
    *record_of(page, 1) = *record_of(page, 0);
}

static void damage_second(struct journal_read_reply *page)
{
    uint8_t *bytes = (uint8_t *)(uintptr_t)record_of(page, 1)->record.data;
    bytes[record_of(page, 1)->record.len - 1] ^= 1;
}

static void name_another_store(struct journal_read_reply *page)
{
    static const uint8_t other[STORE_ID_BYTES] = "another store";
    page->store = bytes_of(other, sizeof other);
}

static void lower_epoch(struct journal_read_reply *page)
{
    page->epoch--;
}

static void go_back(struct journal_read_reply *page)
{
    page->records.count = 0;
    page->last_seq = 1;
}

static void raise_epoch(struct journal_read_reply *page)
{
    page->epoch++;
}

static void events_are_applied_in_order_with_the_offset(void **state)
{
    struct world *world = *state;
    for (uint64_t person = 1; person <= 3; person++)
        append(world, person);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 3);
    assert_true(knows(world, 1) && knows(world, 2) && knows(world, 3) && !knows(world, 4));
    fixture_restart(&world->activity);
    append(world, 4);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 4);
    assert_true(knows(world, 4));
    assert_int_equal(counter_get(&world->activity.counters, COUNTER_EVENTS_APPLIED), 4); // none twice
}

static void a_page_whose_batch_fails_comes_again(void **state)
{
    struct world *world = *state;
    append(world, 1);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    append(world, 2);
    append_unknown(world, 3);
    world->activity.fence = true;
    struct bytes page = ask(world);
    fixture_begin(&world->activity);
    assert_int_equal(core_page(world->activity.core, PERSON, page), CORE_PAGE_TAKEN);
    assert_int_equal(core_end(world->activity.core), FAULT_STORAGE_FULL);
    assert_int_equal(position(world), 1);
    assert_false(knows(world, 2));
    assert_int_equal(health(world).followed.items[PERSON].seq, 1);
    assert_int_equal(health(world).followed.items[PERSON].set_aside, 0);
    world->activity.fence = false;
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 3);
    assert_true(knows(world, 2));
    assert_int_equal(health(world).followed.items[PERSON].set_aside, 1);
}

static void a_page_that_comes_twice_is_taken_once(void **state)
{
    struct world *world = *state;
    append(world, 1);
    append(world, 2);
    struct bytes first = ask(world);
    assert_int_equal(take(world, first), CORE_PAGE_TAKEN);
    assert_int_equal(take(world, first), CORE_PAGE_STALE);
    append(world, 3);
    struct bytes second = ask(world);
    fixture_begin(&world->activity); // twice in one batch, too
    assert_int_equal(core_page(world->activity.core, PERSON, first), CORE_PAGE_STALE);
    assert_int_equal(core_page(world->activity.core, PERSON, second), CORE_PAGE_TAKEN);
    assert_int_equal(core_page(world->activity.core, PERSON, second), CORE_PAGE_STALE);
    assert_int_equal(core_end(world->activity.core), FAULT_NONE);
    assert_true(core_may_follow(world->activity.core, PERSON));
    assert_int_equal(position(world), 3);
    assert_int_equal(counter_get(&world->activity.counters, COUNTER_EVENTS_APPLIED), 3);
}

static void the_answer_to_an_earlier_question_is_stale(void **state)
{
    struct world *world = *state;
    append(world, 1);
    struct bytes late = ask(world);
    append(world, 2);
    struct bytes asked_last = ask(world);
    assert_int_equal(take(world, late), CORE_PAGE_STALE);
    assert_int_equal(position(world), 0);
    assert_int_equal(take(world, asked_last), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 2);
}

static void nothing_is_applied_out_of_order(void **state)
{
    static const struct {
        void (*change)(struct journal_read_reply *page);
        uint64_t taken; // records before what is wrong
    } cases[] = {{swap_first_two, 0}, {swap_and_renumber, 0}, {leave_out_second, 1}, {repeat_first, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world *world = NULL;
        set_up((void **)&world);
        for (uint64_t person = 1; person <= 3; person++)
            append(world, person);
        assert_int_equal(take(world, changed(world, ask(world), cases[i].change)), CORE_PAGE_USELESS);
        assert_diverged(world, cases[i].taken);
        for (uint64_t person = 1; person <= 3; person++)
            assert_int_equal(knows(world, person), person <= cases[i].taken);
        fixture_restart(&world->activity); // the right page still continues what was taken
        assert_int_equal(follow(world), CORE_PAGE_TAKEN);
        assert_int_equal(position(world), 3);
        tear_down((void **)&world);
    }
    (void)state;
}

static void a_page_damaged_on_its_way_is_asked_for_again(void **state)
{
    struct world *world = *state;
    append(world, 1);
    append(world, 2);
    assert_int_equal(take(world, changed(world, ask(world), damage_second)), CORE_PAGE_USELESS);
    assert_true(core_may_follow(world->activity.core, PERSON));
    assert_int_equal(position(world), 1);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 2);
}

static void answers_that_make_no_sense_change_nothing(void **state)
{
    struct world *world = *state;
    append(world, 1);
    struct bytes page = ask(world);
    for (size_t len = 0; len < page.len; len++)
        assert_int_equal(take(world, bytes_of(page.data, len)), CORE_PAGE_USELESS);
    assert_int_equal(position(world), 0);
    assert_int_equal(take(world, page), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 1);
}

static void another_history_is_told_by_what_the_page_says(void **state)
{
    void (*const changes[])(struct journal_read_reply *) = {name_another_store, lower_epoch, go_back};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct world *world = NULL;
        set_up((void **)&world);
        append(world, 1);
        append(world, 2);
        assert_int_equal(follow(world), CORE_PAGE_TAKEN);
        append(world, 3);
        assert_int_equal(take(world, changed(world, ask(world), changes[i])), CORE_PAGE_USELESS);
        assert_diverged(world, 2);
        assert_false(knows(world, 3));
        assert_true(health(world).health == HEALTH_DEGRADED);
        tear_down((void **)&world);
    }
    (void)state;
}

static void a_restored_source_with_the_same_history_goes_on(void **state)
{
    struct world *world = *state;
    append(world, 1);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    append(world, 2);
    assert_int_equal(take(world, changed(world, ask(world), raise_epoch)), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 2);
    assert_int_equal(health(world).followed.items[PERSON].epoch, 2);
}

/** The source is stopped and its store replaced by the copy made before; `grown` persons are then written, from 101 on. */
static void restore_copy(struct world *world, uint64_t grown)
{
    char command[400];
    fixture_stop(&world->person);
    snprintf(command, sizeof command, "rm -r '%s' && mv '%s/copy' '%s'", world->person.path, world->person.folder,
             world->person.path);
    assert_int_equal(system(command), 0);
    fixture_start(&world->person);
    for (uint64_t person = 101; person < 101 + grown; person++)
        append(world, person);
}

static void copy_source(struct world *world)
{
    char command[400];
    fixture_stop(&world->person);
    snprintf(command, sizeof command, "cp -r '%s' '%s/copy'", world->person.path, world->person.folder);
    assert_int_equal(system(command), 0);
    fixture_start(&world->person);
}

static void a_source_that_went_back_or_grew_otherwise_is_not_followed(void **state)
{
    const uint64_t grown[] = {0, 2, 5}; // shorter than what was followed, as long, longer
    for (size_t i = 0; i < sizeof grown / sizeof *grown; i++) {
        struct world *world = NULL;
        set_up((void **)&world);
        append(world, 1);
        copy_source(world);
        append(world, 2);
        append(world, 3);
        assert_int_equal(follow(world), CORE_PAGE_TAKEN);
        restore_copy(world, grown[i]);
        assert_int_equal(follow(world), CORE_PAGE_USELESS);
        assert_diverged(world, 3);
        assert_false(knows(world, 101));
        fixture_restart(&world->activity); // nor after a restart
        assert_int_equal(follow(world), CORE_PAGE_USELESS);
        assert_diverged(world, 3);
        tear_down((void **)&world);
    }
    (void)state;
}

static void a_new_store_at_the_source_is_not_followed(void **state)
{
    struct world *world = *state;
    append(world, 1);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    fixture_fini(&world->person);
    fixture_init(&world->person, &journal_only);
    append(world, 1);
    append(world, 2);
    assert_int_equal(follow(world), CORE_PAGE_USELESS);
    assert_diverged(world, 1);
    assert_false(knows(world, 2));
}

static void what_cannot_be_applied_waits_and_the_rest_goes_on(void **state)
{
    struct world *world = *state;
    static const uint8_t no_map[] = {0x93, 1, 2};
    append(world, 1);
    append_unknown(world, 2);
    append_body(world, 3, bytes_of(no_map, sizeof no_map));
    append(world, 2); // good, but after one of the same subject that waits
    append(world, 4);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 5);
    assert_true(knows(world, 1) && knows(world, 4) && !knows(world, 2) && !knows(world, 3));
    assert_int_equal(health(world).followed.items[PERSON].set_aside, 3);
    assert_int_equal(health(world).health, HEALTH_DEGRADED);
    fixture_restart(&world->activity);
    append(world, 2);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_false(knows(world, 2));
    assert_int_equal(health(world).followed.items[PERSON].set_aside, 4);
    struct journal_record record;
    struct text reason;
    struct store_txn *txn = store_begin_read(world->activity.store);
    assert_true(set_aside_next(txn, "person", 0, &record, &reason));
    assert_int_equal(record.seq, 2);
    assert_true(text_equal(reason, TEXT("invalid_field")));
    store_abort(txn);
}

static void a_full_store_follows_on_when_there_is_room(void **state)
{
    struct world *world = *state;
    append(world, 1);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    append(world, 2);
    world->activity.store_config.quota_bytes = 1;
    fixture_restart(&world->activity);
    assert_int_equal(follow(world), CORE_PAGE_NOT_NOW);
    assert_int_equal(position(world), 1);
    assert_true(core_may_follow(world->activity.core, PERSON));
    world->activity.store_config.quota_bytes = 0;
    fixture_restart(&world->activity);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 2);
    assert_true(knows(world, 2));
}

static void an_erased_event_is_passed_over(void **state)
{
    struct world *world = *state;
    for (uint64_t person = 1; person <= 3; person++)
        append(world, person);
    struct store_txn *txn = store_begin_write(world->person.store);
    assert_int_equal(journal_erase(txn, 2), FAULT_NONE);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    assert_int_equal(position(world), 3);
    assert_true(knows(world, 1) && !knows(world, 2) && knows(world, 3));
    assert_int_equal(health(world).followed.items[PERSON].set_aside, 0);
}

static void a_damaged_record_at_the_source_is_not_another_history(void **state)
{
    struct world *world = *state;
    append(world, 1);
    append_body(world, 2, buffer_bytes(created(world, 2, "Marker")));
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    append(world, 3);
    fixture_damage(&world->person, "Marker");
    assert_int_equal(follow(world), CORE_PAGE_USELESS);
    assert_true(core_may_follow(world->activity.core, PERSON));
    assert_int_equal(position(world), 2);
}

static void a_source_that_cannot_read_is_not_another_history(void **state)
{
    struct world *world = *state;
    append(world, 1);
    assert_int_equal(follow(world), CORE_PAGE_TAKEN);
    struct bytes request = core_page_request(world->activity.core, PERSON);
    pid_t child = fork(); // there the store gives nothing but faults
    if (child == 0) {
        struct core_sender sender = core_trusted_sender();
        struct refusal refusal = {.code = ERROR_NONE};
        struct reply_envelope reply;
        struct bytes frame;
        int64_t wait_ms;
        core_query(world->person.core, request, &sender, true, &frame, &wait_ms);
        bool right = envelope_read_reply(frame, &world->activity.arena, &reply, &refusal) &&
                     reply.status == REPLY_STATUS_ERROR && text_equal(reply.error.code, TEXT("unavailable"));
        _exit(right ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
#define with_world(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_world(events_are_applied_in_order_with_the_offset),
        with_world(a_page_whose_batch_fails_comes_again),
        with_world(a_page_that_comes_twice_is_taken_once),
        with_world(the_answer_to_an_earlier_question_is_stale),
        cmocka_unit_test(nothing_is_applied_out_of_order),
        with_world(a_page_damaged_on_its_way_is_asked_for_again),
        with_world(answers_that_make_no_sense_change_nothing),
        cmocka_unit_test(another_history_is_told_by_what_the_page_says),
        with_world(a_restored_source_with_the_same_history_goes_on),
        cmocka_unit_test(a_source_that_went_back_or_grew_otherwise_is_not_followed),
        with_world(a_new_store_at_the_source_is_not_followed),
        with_world(what_cannot_be_applied_waits_and_the_rest_goes_on),
        with_world(a_full_store_follows_on_when_there_is_room),
        with_world(an_erased_event_is_passed_over),
        with_world(a_damaged_record_at_the_source_is_not_another_history),
        with_world(a_source_that_cannot_read_is_not_another_history),
    };
    return cmocka_run_group_tests_name("activity_following", tests, NULL, NULL);
}
