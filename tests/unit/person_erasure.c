// SPDX-License-Identifier: Apache-2.0
/** Erasure of a person: two steps by two people, everything of him gone from the store, nothing of anybody else. Source: domain.md 6. */
#include "tests/unit/core_fixture.h"

#include "common/base/date.h"
#include "common/service/erasing.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/person/card_history.h"
#include "services/person/choices.h"
#include "services/person/person.h"

enum { LONG_JOURNAL = 9000 }; // several slices

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &person_definition);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

static struct reply_envelope call(struct fixture *fixture, const struct message_desc *message, const void *body)
{
    static unsigned calls;
    char id[16];
    snprintf(id, sizeof id, "e%u", calls++);
    return fixture_call(fixture, message, body, id);
}

static struct person_create full_card(const char *given_name)
{
    return (struct person_create){
        .given_name = text_of(given_name),
        .has_family_name = true,
        .family_name = TEXT("Oförglömlig"),
        .has_customer_number = true,
        .customer_number = TEXT("K77"),
        .has_email = true,
        .email = TEXT("Unik.Adress@example.test"),
        .has_mobile = true,
        .mobile = TEXT("070-174 06 05"),
        .has_personal_number = true,
        .personal_number = TEXT("811218-9876"),
    };
}

static uint64_t create(struct fixture *fixture, const struct person_create *command)
{
    struct person_create_reply body;
    struct reply_envelope reply = call(fixture, &person_create_message, command);
    fixture_reply_body(fixture, &person_create_message, &reply, &body);
    return body.person;
}

static uint64_t create_named(struct fixture *fixture, const char *given_name)
{
    const struct person_create command = {.given_name = text_of(given_name)};
    return create(fixture, &command);
}

static struct reply_envelope mark_as(struct fixture *fixture, const char *actor, uint64_t person)
{
    const struct person_mark_erasure command = {
        .person = person, .has_reason = true, .reason = TEXT("asked for it in person")};
    fixture->actor = actor;
    struct reply_envelope reply = call(fixture, &person_mark_erasure_message, &command);
    fixture->actor = "tester";
    return reply;
}

static struct reply_envelope complete_as(struct fixture *fixture, const char *actor, uint64_t person)
{
    const struct person_complete_erasure command = {.person = person};
    fixture->actor = actor;
    struct reply_envelope reply = call(fixture, &person_complete_erasure_message, &command);
    fixture->actor = "tester";
    return reply;
}

static void erase(struct fixture *fixture, uint64_t person)
{
    assert_done(mark_as(fixture, "anna", person));
    assert_done(complete_as(fixture, "bo", person));
    fixture_work(fixture);
}

static struct person_card card_of(struct fixture *fixture, uint64_t person)
{
    const struct person_get query = {.has_person = true, .person = person};
    struct person_get_reply body;
    struct reply_envelope reply = fixture_query(fixture, &person_get_message, &query);
    fixture_reply_body(fixture, &person_get_message, &reply, &body);
    return body.card;
}

static struct service_health_reply health(struct fixture *fixture)
{
    static const struct service_health query;
    struct service_health_reply body;
    struct reply_envelope reply = fixture_query(fixture, &service_health_message, &query);
    fixture_reply_body(fixture, &service_health_message, &reply, &body);
    return body;
}

/** Persons of whom the question is true. */
static int64_t count_of(struct fixture *fixture, const char *where)
{
    const struct person_search query = {
        .has_where = true, .where = text_of(where), .limit = 50, .has_count = true, .count = true};
    struct person_search_reply body;
    struct reply_envelope reply = fixture_query(fixture, &person_search_message, &query);
    fixture_reply_body(fixture, &person_search_message, &reply, &body);
    assert_int_equal(body.cards.count, body.total);
    return body.total;
}

/** The chain verifies; how many records about the person have content, and how many have none. */
static void count_records(struct fixture *fixture, uint64_t person, size_t *out_whole, size_t *out_erased)
{
    struct store_txn *txn = store_begin_read(fixture->store);
    const struct journal_position start = {.seq = 0};
    struct journal_problem problem = journal_verify(txn, start, 0);
    assert_null(problem.what);
    assert_int_equal(problem.checked, store_seq(fixture->store));
    struct journal_cursor cursor;
    struct journal_record record;
    *out_whole = *out_erased = 0;
    journal_cursor_open(&cursor, txn, 0);
    while (journal_cursor_next(&cursor, &record))
        if (record.header.person == person)
            ++*(record.erased ? out_erased : out_whole);
    journal_cursor_close(&cursor);
    store_abort(txn);
}

/** Whether any row of the store, key or value, has these bytes. */
static bool store_has(struct fixture *fixture, const char *needle)
{
    static const struct store_table *const tables[] = {&person_cards, &person_erased_persons, &person_selections,
                                                       &person_bulks};
    static const struct index *const indexes[] = {&person_numbers, &person_personal_numbers, &person_contacts};
    struct store_txn *txn = store_begin_read(fixture->store);
    struct store_cursor cursor;
    struct index_scan scan;
    bool found = false;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        store_cursor_open(&cursor, txn, tables[i]);
        for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor))
            found |= memmem(cursor.value.data, cursor.value.len, needle, strlen(needle)) != NULL;
        store_cursor_close(&cursor);
    }
    for (size_t i = 0; i < 3; i++) {
        index_scan_open(&scan, txn, indexes[i], bytes_of("", 0), bytes_of("", 0), false);
        while (index_scan_next(&scan))
            found |= memmem(scan.key.data, scan.key.len, needle, strlen(needle)) != NULL;
        index_scan_close(&scan);
    }
    struct journal_cursor journal;
    struct journal_record record;
    journal_cursor_open(&journal, txn, 0);
    while (journal_cursor_next(&journal, &record))
        found |= memmem(record.raw.data, record.raw.len, needle, strlen(needle)) != NULL;
    journal_cursor_close(&journal);
    store_abort(txn);
    return found;
}

static void a_mark_shows_and_is_taken_back(void **state)
{
    struct fixture *fixture = *state;
    uint64_t person = create_named(fixture, "Åsa");
    assert_done(mark_as(fixture, "anna", person));
    struct person_card card = card_of(fixture, person);
    assert_true(card.has_erasure_marked_ms && card.erasure_marked_ms == fixture->utc_ms);
    assert_true(text_equal(card.erasure_marked_by, TEXT("anna")));
    assert_int_equal(card.revision, 2);
    assert_int_equal(count_of(fixture, "marked:yes"), 1);
    const struct person_history query = {.person = person, .limit = 10};
    struct person_history_reply history;
    struct reply_envelope reply = fixture_query(fixture, &person_history_message, &query);
    fixture_reply_body(fixture, &person_history_message, &reply, &history);
    assert_true(text_equal(history.versions.items[0].reason, TEXT("asked for it in person")));

    // A marked person works as before.
    const struct person_update update = {.person = person, .has_family_name = true, .family_name = TEXT("Öberg")};
    assert_done(call(fixture, &person_update_message, &update));
    assert_true(card_of(fixture, person).has_erasure_marked_ms);

    const struct person_unmark_erasure unmark = {.person = person};
    assert_done(call(fixture, &person_unmark_erasure_message, &unmark));
    card = card_of(fixture, person);
    assert_false(card.has_erasure_marked_ms || card.has_erasure_marked_by);
    assert_int_equal(count_of(fixture, "marked:yes"), 0);
    reply = call(fixture, &person_unmark_erasure_message, &unmark);
    assert_refused(&reply, "wrong_state", "person");
}

static void what_cannot_be_done_is_refused_and_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint64_t person = create_named(fixture, "Åsa"), manager = create_named(fixture, "Chef");
    struct reply_envelope reply = complete_as(fixture, "bo", person);
    assert_refused(&reply, "wrong_state", "person");
    reply = mark_as(fixture, "anna", 99);
    assert_refused(&reply, "not_found", "person");
    reply = mark_as(fixture, NULL, person);
    assert_refused(&reply, "missing_field", "actor");
    const struct person_mark_erasure stale = {.person = person, .has_revision = true, .revision = 7};
    reply = call(fixture, &person_mark_erasure_message, &stale);
    assert_refused(&reply, "changed_since", "revision");
    assert_done(mark_as(fixture, "anna", person));
    reply = mark_as(fixture, "bo", person);
    assert_refused(&reply, "wrong_state", "person");
    reply = complete_as(fixture, "anna", person);
    assert_refused(&reply, "not_allowed", "actor");
    reply = complete_as(fixture, "ANNA", person);
    assert_refused(&reply, "not_allowed", "actor");
    reply = complete_as(fixture, NULL, person);
    assert_refused(&reply, "missing_field", "actor");

    const struct employee_register employ = {
        .person = manager, .employee_number = TEXT("A1"), .started_on = date_from_civil(2020, 1, 1)};
    assert_done(call(fixture, &employee_register_message, &employ));
    const struct person_update managed = {.person = person, .has_account_manager = true, .account_manager = manager};
    assert_done(call(fixture, &person_update_message, &managed));
    assert_done(mark_as(fixture, "anna", manager));
    reply = complete_as(fixture, "bo", manager);
    assert_refused(&reply, "in_use", "person");
    assert_int_equal(card_of(fixture, manager).revision, 3);

    // Whom he managed is gone: now he may go.
    assert_done(complete_as(fixture, "bo", person));
    assert_done(complete_as(fixture, "bo", manager));
    fixture_work(fixture);
    reply = complete_as(fixture, "bo", manager);
    assert_refused(&reply, "not_found", "person");
    reply = mark_as(fixture, "anna", person);
    assert_refused(&reply, "not_found", "person");
}

static void nothing_of_him_is_left_and_everything_of_others(void **state)
{
    struct fixture *fixture = *state;
    const struct entry_create region = {.list = PICK_LIST_REGION, .names = {.sv = TEXT("Norr")}};
    assert_done(call(fixture, &entry_create_message, &region));
    struct person_create command = full_card("Försvinnande");
    command.has_region = true;
    command.region = 1;
    uint64_t person = create(fixture, &command), other = create_named(fixture, "Blivande");
    const struct person_update update = {.person = person, .has_notes = true, .notes = TEXT("hemligheter")};
    assert_done(call(fixture, &person_update_message, &update));
    assert_int_equal(count_of(fixture, "forsvinnande"), 1); // the roster is in memory from here on
    assert_int_equal(count_of(fixture, ""), 2);
    erase(fixture, person);

    static const char *const needles[] = {"Försvinnande", "Oförglömlig", "nik.", "nik.adress",  "46701740605",
                                          "198112189876", "811218",      "K77",  "hemligheter", "asked for it in"};
    for (size_t i = 0; i < sizeof needles / sizeof *needles; i++)
        assert_false(store_has(fixture, needles[i]));
    assert_true(store_has(fixture, "Blivande"));
    size_t whole, erased;
    count_records(fixture, person, &whole, &erased);
    assert_int_equal(erased, 3); // made, changed, marked
    assert_int_equal(whole, 1);  // person.erased, which has nothing but the id
    count_records(fixture, other, &whole, &erased);
    assert_int_equal(erased, 0);
    assert_int_equal(whole, 1);

    const struct person_get query = {.has_person = true, .person = person};
    struct reply_envelope reply = fixture_query(fixture, &person_get_message, &query);
    assert_refused(&reply, "not_found", "person");
    const struct person_history history = {.person = person, .limit = 10};
    reply = fixture_query(fixture, &person_history_message, &history);
    assert_refused(&reply, "not_found", "person");
    uint64_t seqs[8];
    struct store_txn *txn = store_begin_read(fixture->store);
    assert_int_equal(card_history_find(txn, person, 0, 8, seqs), 0);
    struct ctx ctx = {.txn = txn};
    assert_int_equal(used_by(&ctx, USED_ENTRY, 1), 0);
    store_abort(txn);
    assert_int_equal(count_of(fixture, "forsvinnande"), 0);
    assert_int_equal(count_of(fixture, "region:norr"), 0);
    assert_int_equal(count_of(fixture, ""), 1);
    assert_int_equal(count_of(fixture, "'+46701740605'"), 0);
}

/** F38. */
static void his_numbers_are_free_and_his_id_is_not(void **state)
{
    struct fixture *fixture = *state;
    struct person_create command = full_card("Första");
    uint64_t first = create(fixture, &command);
    struct reply_envelope reply = call(fixture, &person_create_message, &command);
    assert_refused(&reply, "not_unique", "customer_number");
    erase(fixture, first);
    command = full_card("Andra");
    uint64_t second = create(fixture, &command);
    assert_true(second > first);
    assert_true(text_equal(card_of(fixture, second).personal_number, TEXT("198112189876")));
    const struct person_get query = {.has_customer_number = true, .customer_number = TEXT("K77")};
    struct person_get_reply body;
    reply = fixture_query(fixture, &person_get_message, &query);
    fixture_reply_body(fixture, &person_get_message, &reply, &body);
    assert_int_equal(body.card.person, second);
}

/** Also in one batch: what erases, and what uses the number again. */
static void a_number_is_free_in_the_batch_that_erases(void **state)
{
    struct fixture *fixture = *state;
    struct person_create command = full_card("Första");
    const struct person_complete_erasure complete = {.person = create(fixture, &command)};
    assert_done(mark_as(fixture, "anna", complete.person));
    fixture_begin(fixture);
    fixture_add(fixture, &person_create_message, &command, "before");
    fixture_add(fixture, &person_complete_erasure_message, &complete, "complete");
    fixture_add(fixture, &person_create_message, &command, "after");
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    struct reply_envelope before = fixture_reply(fixture, 0);
    assert_refused(&before, "not_unique", "customer_number");
    assert_done(fixture_reply(fixture, 1));
    assert_done(fixture_reply(fixture, 2));
}

static void a_long_journal_is_rewritten_in_slices_through_restarts(void **state)
{
    struct fixture *fixture = *state;
    uint64_t persons[3];
    for (size_t i = 0; i < 3; i++)
        persons[i] = create_named(fixture, "Försvinnande");
    uint64_t other = create_named(fixture, "Blivande");
    const struct journal_header header = {.type = TEXT("entry.updated"), .subject = TEXT("entry/1")};
    struct store_txn *txn = store_begin_write(fixture->store);
    for (int i = 0; i < LONG_JOURNAL; i++)
        journal_append(txn, &header, bytes_of("\x80", 1));
    assert_int_equal(store_commit(txn), FAULT_NONE);
    for (size_t i = 0; i < 3; i++) {
        assert_done(mark_as(fixture, "anna", persons[i]));
        assert_done(complete_as(fixture, "bo", persons[i]));
    }
    assert_int_equal(health(fixture).erasing, 3);
    size_t batches = 0, whole, erased;
    while (health(fixture).has_erasing) {
        fixture_begin(fixture);
        core_work(fixture->core);
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
        fixture_restart(fixture);
        assert_true(batches++ < 20);
    }
    assert_true(batches > LONG_JOURNAL / 4000);
    for (size_t i = 0; i < 3; i++) {
        count_records(fixture, persons[i], &whole, &erased);
        assert_int_equal(erased, 2);
    }
    count_records(fixture, other, &whole, &erased);
    assert_int_equal(erased, 0);
    assert_false(store_has(fixture, "Försvinnande"));
    assert_false(health(fixture).has_erasing);
    assert_true(health(fixture).has_compact_since_ms);
}

/** The repeat of a command about him gets its reply still: the header has it, and nothing personal. */
static void commands_about_him_are_remembered(void **state)
{
    struct fixture *fixture = *state;
    const struct person_create command = {.given_name = TEXT("Åsa")};
    struct reply_envelope first = fixture_call(fixture, &person_create_message, &command, "once");
    struct person_create_reply made, again;
    fixture_reply_body(fixture, &person_create_message, &first, &made);
    erase(fixture, made.person);
    fixture_restart(fixture);
    struct reply_envelope repeat = fixture_call(fixture, &person_create_message, &command, "once");
    fixture_reply_body(fixture, &person_create_message, &repeat, &again);
    assert_int_equal(again.person, made.person);
    assert_int_equal(count_of(fixture, ""), 0);
}

static void a_batch_that_fails_erases_nobody(void **state)
{
    struct fixture *fixture = *state;
    uint64_t person = create_named(fixture, "Åsa");
    assert_done(mark_as(fixture, "anna", person));
    fixture->fence = true;
    struct reply_envelope reply = complete_as(fixture, "bo", person);
    assert_refused(&reply, "storage_full", "");
    fixture->fence = false;
    fixture_work(fixture);
    assert_true(card_of(fixture, person).has_erasure_marked_ms);
    assert_false(health(fixture).has_erasing || health(fixture).has_compact_since_ms);
    assert_done(complete_as(fixture, "bo", person));
    fixture_work(fixture);
    assert_int_equal(count_of(fixture, ""), 0);
}

/** A record that cannot be read stops neither the service nor the erasing of the others. */
static void a_damaged_record_is_passed_over(void **state)
{
    struct fixture *fixture = *state;
    uint64_t person = create_named(fixture, "Skadad-post-i-journalen");
    const struct person_update update = {.person = person, .has_given_name = true, .given_name = TEXT("Åsa")};
    assert_done(call(fixture, &person_update_message, &update));
    assert_done(mark_as(fixture, "anna", person));
    fixture_damage(fixture, "Skadad-post-i-journalen");
    fixture_restart(fixture);
    assert_done(complete_as(fixture, "bo", person));
    fixture_work(fixture);
    assert_false(health(fixture).has_erasing);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_record record;
    bool found;
    assert_int_equal(journal_get(txn, 1, &record, &found), FAULT_CORRUPT);
    assert_int_equal(journal_get(txn, 2, &record, &found), FAULT_NONE);
    assert_true(found && record.erased);
    store_abort(txn);
}

static void who_was_merged_goes_with_whom_he_leads_to(void **state)
{
    struct fixture *fixture = *state;
    struct person_create dropped = full_card("Dubbelgångare");
    uint64_t keep = create_named(fixture, "Försvinnande"), first = create_named(fixture, "Tidigare");
    uint64_t drop = create(fixture, &dropped), other = create_named(fixture, "Blivande");
    assert_done(mark_as(fixture, "anna", drop));
    const struct person_merge merge = {.keep = keep, .drop = drop};
    struct reply_envelope reply = call(fixture, &person_merge_message, &merge);
    assert_refused(&reply, "wrong_state", "drop");
    const struct person_merge turned = {.keep = drop, .drop = keep};
    reply = call(fixture, &person_merge_message, &turned);
    assert_refused(&reply, "wrong_state", "keep");
    assert_done(call(fixture, &person_unmark_erasure_message, &(struct person_unmark_erasure){.person = drop}));

    const struct person_merge before = {.keep = drop, .drop = first};
    assert_done(call(fixture, &person_merge_message, &before));
    assert_done(call(fixture, &person_merge_message, &merge));
    reply = mark_as(fixture, "anna", drop);
    assert_refused(&reply, "wrong_state", "person"); // the card is the kept one's
    erase(fixture, keep);
    const uint64_t gone[] = {keep, drop, first};
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
        size_t whole, erased;
        count_records(fixture, gone[i], &whole, &erased);
        assert_int_equal(whole, gone[i] == keep ? 1 : 2); // that he was erased, and that he was merged
        assert_true(erased > 0);
        const struct person_get query = {.has_person = true, .person = gone[i]};
        reply = fixture_query(fixture, &person_get_message, &query);
        assert_refused(&reply, "not_found", "person");
    }
    const struct person_update late = {.person = drop, .has_family_name = true, .family_name = TEXT("Ek")};
    reply = call(fixture, &person_update_message, &late);
    assert_refused(&reply, "not_found", "person");
    const struct person_get by_number = {.has_customer_number = true, .customer_number = TEXT("K77")};
    reply = fixture_query(fixture, &person_get_message, &by_number);
    assert_refused(&reply, "not_found", "customer_number");
    assert_int_equal(create(fixture, &dropped), other + 1); // all his numbers are free
    assert_false(health(fixture).has_erasing);
}

static struct reply_envelope save_selection(struct fixture *fixture, const char *name, const char *where)
{
    const struct selection_save command = {.name = text_of(name), .where = text_of(where)};
    return call(fixture, &selection_save_message, &command);
}

static void delete_selection(struct fixture *fixture, const char *name)
{
    const struct selection_delete command = {.name = text_of(name)};
    assert_done(call(fixture, &selection_delete_message, &command));
}

static void a_selection_that_names_him_has_to_go_first(void **state)
{
    struct fixture *fixture = *state;
    static const char *const naming[] = {
        "försvinnande oförglömlig",
        "name:\"Forsvinnande Oförglömlig\" or has:email",
        "oförglömlig -name:försvinnande",
        "email:unik.adress@EXAMPLE.test",
        "(phone:070-1740605)",
        "-0701740605",
        "K77",
        "number:K77",
    };
    static const char *const of_others[] = {"oförglömlig", "name:försvinn", "email:annan@example.test", "id:#1",
                                            "has:mobile"};
    struct person_create command = full_card("Försvinnande");
    uint64_t person = create(fixture, &command);
    assert_done(mark_as(fixture, "anna", person));
    for (size_t i = 0; i < sizeof naming / sizeof *naming; i++) {
        assert_done(save_selection(fixture, "Utvalda", naming[i]));
        struct reply_envelope reply = complete_as(fixture, "bo", person);
        assert_refused(&reply, "in_use", "person");
        assert_non_null(memmem(reply.error.message.data, reply.error.message.len, "Utvalda", 7));
        delete_selection(fixture, "Utvalda");
    }
    assert_done(save_selection(fixture, "Till Försvinnande Oförglömlig", "has:email"));
    struct reply_envelope reply = complete_as(fixture, "bo", person);
    assert_refused(&reply, "in_use", "person");
    delete_selection(fixture, "Till Försvinnande Oförglömlig");
    for (size_t i = 0; i < sizeof of_others / sizeof *of_others; i++) {
        char name[8];
        snprintf(name, sizeof name, "v%zu", i);
        assert_done(save_selection(fixture, name, of_others[i]));
    }
    assert_done(complete_as(fixture, "Bo", person));
    fixture_work(fixture);
    assert_false(store_has(fixture, "unik.adress") || store_has(fixture, "0701740605"));
    assert_true(store_has(fixture, "email:annan@example.test"));
}

/** It may tell of him, and nobody can say. */
static void a_selection_that_cannot_be_read_has_to_go_first(void **state)
{
    struct fixture *fixture = *state;
    const struct entry_create region = {.list = PICK_LIST_REGION, .names = {.sv = TEXT("Norr")}};
    const struct entry_delete gone = {.entry = 1};
    uint64_t person = create_named(fixture, "Åsa");
    assert_done(call(fixture, &entry_create_message, &region));
    assert_done(save_selection(fixture, "Norrut", "region:norr åsa"));
    assert_done(call(fixture, &entry_delete_message, &gone));
    assert_done(mark_as(fixture, "anna", person));
    struct reply_envelope reply = complete_as(fixture, "bo", person);
    assert_refused(&reply, "in_use", "person");
    assert_non_null(memmem(reply.error.message.data, reply.error.message.len, "cannot be read any more", 23));
    assert_done(save_selection(fixture, "Norrut", "has:email"));
    assert_done(complete_as(fixture, "bo", person));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mark_shows_and_is_taken_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_done_is_refused_and_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_of_him_is_left_and_everything_of_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(his_numbers_are_free_and_his_id_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_number_is_free_in_the_batch_that_erases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_journal_is_rewritten_in_slices_through_restarts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(commands_about_him_are_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_that_fails_erases_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_record_is_passed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_was_merged_goes_with_whom_he_leads_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_selection_that_names_him_has_to_go_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_selection_that_cannot_be_read_has_to_go_first, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
