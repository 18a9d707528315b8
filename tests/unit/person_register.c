// SPDX-License-Identifier: Apache-2.0
/** Pick-lists, organisations and employees: what is unique, what is in use, in which order they are listed. Source: domain.md 1 and 2. */
#include "tests/unit/core_fixture.h"

#include "common/base/date.h"
#include "proto/person.gen.h"
#include "services/person/card_history.h"
#include "services/person/choices.h"
#include "services/person/person.h"

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
    snprintf(id, sizeof id, "r%u", calls++);
    return fixture_call(fixture, message, body, id);
}

static struct reply_envelope create_entry(struct fixture *fixture, enum pick_list list, uint64_t organisation,
                                          const char *name)
{
    const struct entry_create command = {
        .list = list,
        .names = {.sv = text_of(name)},
        .has_organisation = organisation != 0,
        .organisation = organisation,
    };
    return call(fixture, &entry_create_message, &command);
}

static struct reply_envelope create_organisation(struct fixture *fixture, const char *name, const char *number)
{
    const struct organisation_create command = {
        .name = text_of(name),
        .has_organisation_number = number != NULL,
        .organisation_number = text_of(number ? number : ""),
    };
    return call(fixture, &organisation_create_message, &command);
}

static struct reply_envelope create_person(struct fixture *fixture, uint64_t organisation, uint64_t category)
{
    const struct person_create command = {
        .given_name = TEXT("Åsa"),
        .has_organisation = organisation != 0,
        .organisation = organisation,
        .has_category = category != 0,
        .category = category,
    };
    return call(fixture, &person_create_message, &command);
}

static struct entry_list_reply list_entries(struct fixture *fixture, const struct entry_list *query)
{
    struct entry_list_reply body;
    struct reply_envelope reply = fixture_query(fixture, &entry_list_message, query);
    fixture_reply_body(fixture, &entry_list_message, &reply, &body);
    return body;
}

static void a_name_is_unique_in_its_list_and_organisation(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create_organisation(fixture, "Ett", NULL));
    assert_done(create_organisation(fixture, "Två", NULL));
    assert_done(create_entry(fixture, PICK_LIST_REGION, 0, "Ekonomi"));
    assert_done(create_entry(fixture, PICK_LIST_DEPARTMENT, 1, "Ekonomi"));
    assert_done(create_entry(fixture, PICK_LIST_DEPARTMENT, 2, "Ekonomi"));
    struct reply_envelope reply = create_entry(fixture, PICK_LIST_DEPARTMENT, 1, "EKONOMI");
    assert_refused(&reply, "not_unique", "names.sv");
    reply = create_entry(fixture, PICK_LIST_DEPARTMENT, 0, "Lager");
    assert_refused(&reply, "invalid_field", "organisation");
    reply = create_entry(fixture, PICK_LIST_DEPARTMENT, 9, "Lager");
    assert_refused(&reply, "unknown_entry", "organisation");
    reply = create_entry(fixture, PICK_LIST_REGION, 1, "Lager");
    assert_refused(&reply, "invalid_field", "organisation");
    const struct entry_list of_one = {
        .has_list = true, .list = PICK_LIST_DEPARTMENT, .has_organisation = true, .organisation = 1};
    assert_int_equal(list_entries(fixture, &of_one).entries.count, 1);
}

static void entries_are_put_into_an_order(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"Norr", "Söder", "Öst"};
    for (size_t i = 0; i < 3; i++)
        assert_done(create_entry(fixture, PICK_LIST_REGION, 0, names[i]));
    assert_done(create_entry(fixture, PICK_LIST_CATEGORY, 0, "Kund"));
    const uint64_t wanted[] = {3, 1, 2}, twice[] = {3, 3}, foreign[] = {3, 4}, absent[] = {9};
    struct entry_reorder command = {.list = PICK_LIST_REGION, .entries = {3, wanted}};
    assert_done(call(fixture, &entry_reorder_message, &command));
    const struct entry_list query = {.has_list = true, .list = PICK_LIST_REGION};
    struct entry_list_reply listed = list_entries(fixture, &query);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(listed.entries.items[i].entry, wanted[i]);
    struct entry_reorder_reply body;
    struct reply_envelope reply = call(fixture, &entry_reorder_message, &command);
    fixture_reply_body(fixture, &entry_reorder_message, &reply, &body);
    assert_int_equal(body.changed, 0);
    command.entries.count = 2;
    command.entries.items = twice;
    reply = call(fixture, &entry_reorder_message, &command);
    assert_refused(&reply, "invalid_field", "entries");
    command.entries.items = foreign;
    reply = call(fixture, &entry_reorder_message, &command);
    assert_refused(&reply, "invalid_field", "entries");
    command.entries.count = 1;
    command.entries.items = absent;
    reply = call(fixture, &entry_reorder_message, &command);
    assert_refused(&reply, "not_found", "entries");
}

static void an_entry_in_use_is_not_deleted(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create_entry(fixture, PICK_LIST_CATEGORY, 0, "Kund"));
    assert_done(create_person(fixture, 0, 1));
    const struct entry_delete command = {.entry = 1};
    struct reply_envelope reply = call(fixture, &entry_delete_message, &command);
    assert_refused(&reply, "in_use", "entry");
    const struct entry_list query = {.has_list = true, .list = PICK_LIST_CATEGORY};
    assert_int_equal(list_entries(fixture, &query).usage.items[0].persons, 1);
    const struct person_update without = {.person = 1, .clear_category = true};
    assert_done(call(fixture, &person_update_message, &without));
    assert_int_equal(list_entries(fixture, &query).usage.items[0].persons, 0);
    assert_done(call(fixture, &entry_delete_message, &command));
    assert_int_equal(list_entries(fixture, &query).entries.count, 0);
    reply = create_person(fixture, 0, 1);
    assert_refused(&reply, "unknown_entry", "category");
    assert_done(create_entry(fixture, PICK_LIST_CATEGORY, 0, "kund")); // the name is free, the id is not given again
    assert_int_equal(list_entries(fixture, &query).entries.items[0].entry, 2);
}

static void organisations_have_one_name_and_number(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create_organisation(fixture, "Norrlands Kraft AB", "5560360793"));
    struct reply_envelope reply = create_organisation(fixture, "NORRLANDS KRAFT ab", NULL);
    assert_refused(&reply, "not_unique", "name");
    reply = create_organisation(fixture, "Annan", "16556036-0793");
    assert_refused(&reply, "not_unique", "organisation_number");
    reply = create_organisation(fixture, "Annan", "556036-0794");
    assert_refused(&reply, "invalid_field", "organisation_number");
    const struct organisation_update rename = {
        .organisation = 1, .has_name = true, .name = TEXT("Kraft i Norr"), .clear_organisation_number = true};
    assert_done(call(fixture, &organisation_update_message, &rename));
    assert_done(create_organisation(fixture, "Norrlands Kraft AB", "556036-0793")); // both are free again
    const struct organisation_update late = {.organisation = 1, .has_revision = true, .revision = 1};
    reply = call(fixture, &organisation_update_message, &late);
    assert_refused(&reply, "changed_since", "revision");
}

static void an_organisation_in_use_is_not_deleted(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create_organisation(fixture, "Ett", NULL));
    assert_done(create_entry(fixture, PICK_LIST_DEPARTMENT, 1, "Ekonomi"));
    assert_done(create_person(fixture, 1, 0));
    const struct organisation_delete command = {.organisation = 1};
    struct reply_envelope reply = call(fixture, &organisation_delete_message, &command);
    assert_refused(&reply, "in_use", "organisation");
    const struct person_update leave = {.person = 1, .clear_organisation = true};
    assert_done(call(fixture, &person_update_message, &leave));
    reply = call(fixture, &organisation_delete_message, &command);
    assert_refused(&reply, "in_use", "organisation"); // its department
    const struct entry_delete department = {.entry = 1};
    assert_done(call(fixture, &entry_delete_message, &department));
    assert_done(call(fixture, &organisation_delete_message, &command));
    reply = call(fixture, &organisation_delete_message, &command);
    assert_refused(&reply, "not_found", "organisation");
    assert_done(create_organisation(fixture, "ett", NULL));
}

static void organisations_are_listed_by_name(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"Söderns Bageri", "norrskensrör", "Norrlands Kraft", "Alfa"};
    for (size_t i = 0; i < 4; i++)
        assert_done(create_organisation(fixture, names[i], NULL));
    struct organisation_list query = {.limit = 3};
    struct organisation_list_reply body;
    struct reply_envelope reply = fixture_query(fixture, &organisation_list_message, &query);
    fixture_reply_body(fixture, &organisation_list_message, &reply, &body);
    assert_int_equal(body.organisations.count, 3);
    assert_true(body.more);
    static const uint64_t order[] = {4, 3, 2, 1};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(body.organisations.items[i].organisation, order[i]);
    query.has_after = true;
    query.after = body.organisations.items[2].name;
    reply = fixture_query(fixture, &organisation_list_message, &query);
    fixture_reply_body(fixture, &organisation_list_message, &reply, &body);
    assert_int_equal(body.organisations.count, 1);
    assert_int_equal(body.organisations.items[0].organisation, 1);
    assert_false(body.more);
    const struct organisation_list by_prefix = {.has_prefix = true, .prefix = TEXT("NORR"), .limit = 9};
    reply = fixture_query(fixture, &organisation_list_message, &by_prefix);
    fixture_reply_body(fixture, &organisation_list_message, &reply, &body);
    assert_int_equal(body.organisations.count, 2);
    const struct organisation_list after_all = {
        .has_prefix = true, .prefix = TEXT("norr"), .has_after = true, .after = TEXT("zeta"), .limit = 9};
    reply = fixture_query(fixture, &organisation_list_message, &after_all);
    fixture_reply_body(fixture, &organisation_list_message, &reply, &body);
    assert_int_equal(body.organisations.count, 0);
    const struct organisation_list before_all = {
        .has_prefix = true, .prefix = TEXT("norr"), .has_after = true, .after = TEXT("beta"), .limit = 9};
    reply = fixture_query(fixture, &organisation_list_message, &before_all);
    fixture_reply_body(fixture, &organisation_list_message, &reply, &body);
    assert_int_equal(body.organisations.count, 2);
}

static struct reply_envelope register_employee(struct fixture *fixture, uint64_t person, const char *number)
{
    const struct employee_register command = {
        .person = person,
        .employee_number = text_of(number),
        .started_on = date_from_civil(2024, 8, 1),
    };
    return call(fixture, &employee_register_message, &command);
}

static void employees_come_and_go(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 3; i++)
        assert_done(create_person(fixture, 0, 0));
    assert_done(register_employee(fixture, 1, "B2"));
    assert_done(register_employee(fixture, 2, "A1"));
    struct reply_envelope reply = register_employee(fixture, 3, "A1");
    assert_refused(&reply, "not_unique", "employee_number");
    reply = register_employee(fixture, 9, "C3");
    assert_refused(&reply, "not_found", "person");
    assert_done(register_employee(fixture, 2, "A7")); // corrected: A1 is free
    assert_done(register_employee(fixture, 3, "A1"));
    const struct person_update managed = {.person = 1, .has_account_manager = true, .account_manager = 2};
    assert_done(call(fixture, &person_update_message, &managed));
    struct employee_end end = {.person = 2, .ended_on = date_from_civil(2024, 7, 31)};
    reply = call(fixture, &employee_end_message, &end);
    assert_refused(&reply, "invalid_field", "ended_on");
    end.ended_on = date_from_civil(2026, 12, 31);
    assert_done(call(fixture, &employee_end_message, &end)); // still here: can be chosen
    const struct person_update chosen = {.person = 3, .has_account_manager = true, .account_manager = 2};
    assert_done(call(fixture, &person_update_message, &chosen));
    assert_done(create_person(fixture, 0, 0));
    const struct employee_end nobody = {.person = 4, .ended_on = date_from_civil(2026, 1, 1)};
    reply = call(fixture, &employee_end_message, &nobody);
    assert_refused(&reply, "wrong_state", "person");
    struct employee_list query = {.limit = 2};
    struct employee_list_reply body;
    reply = fixture_query(fixture, &employee_list_message, &query);
    fixture_reply_body(fixture, &employee_list_message, &reply, &body);
    assert_int_equal(body.employees.count, 2);
    assert_true(body.more);
    assert_int_equal(body.employees.items[0].person, 3);
    assert_int_equal(body.employees.items[1].person, 2);
    assert_int_equal(body.employees.items[1].customers, 2);
    query.has_after = true;
    query.after = TEXT("A7");
    reply = fixture_query(fixture, &employee_list_message, &query);
    fixture_reply_body(fixture, &employee_list_message, &reply, &body);
    assert_int_equal(body.employees.count, 1);
    assert_int_equal(body.employees.items[0].person, 1);
    assert_false(body.more);
}

/** A store of the first version has neither counts nor an index of changes: they are made when it is opened. */
static void a_store_of_an_earlier_build_is_brought_forward(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create_entry(fixture, PICK_LIST_CATEGORY, 0, "Kund"));
    for (size_t i = 0; i < 5; i++)
        assert_done(create_person(fixture, 0, 1));
    const struct person_update without = {.person = 1, .clear_category = true};
    assert_done(call(fixture, &person_update_message, &without));
    struct store_txn *txn = store_begin_write(fixture->store);
    uint8_t used[9] = {USED_ENTRY, 0, 0, 0, 0, 0, 0, 0, 1};
    index_add(txn, &person_used, bytes_of(used, sizeof used), -4);
    uint64_t seqs[3];
    for (uint64_t person = 1; person <= 5; person++) {
        size_t count = card_history_find(txn, person, 0, 3, seqs);
        for (size_t i = 0; i < count; i++) {
            struct key key = key_of_id(person);
            key_u64(&key, ~seqs[i]);
            index_delete(txn, &person_changes, key_bytes(&key));
        }
    }
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_stop(fixture);
    // The same steps from the version that the store has now.
    struct store_migration again[2];
    const uint32_t version = person_definition.schema_version;
    for (size_t i = 0; i < 2; i++) {
        again[i] = person_definition.migrations[i];
        again[i].from = version + (uint32_t)i;
    }
    fixture->store_config.schema_version = version + 2;
    fixture->store_config.migrations = again;
    fixture->store_config.migration_count = 2;
    fixture_start(fixture);
    txn = store_begin_read(fixture->store);
    struct ctx ctx = {.txn = txn};
    assert_int_equal(used_by(&ctx, USED_ENTRY, 1), 4);
    assert_int_equal(card_history_find(txn, 1, 0, 3, seqs), 2);
    assert_int_equal(seqs[0], 7);
    assert_int_equal(seqs[1], 2);
    assert_int_equal(card_history_find(txn, 5, 0, 3, seqs), 1);
    store_abort(txn);
}

/** Who works here already has no event of his own: he is told of when the store is opened. */
static void employees_of_an_earlier_build_are_told_of(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 2; i++)
        assert_done(create_person(fixture, 0, 0));
    const struct employee_register employee = {.person = 2, .employee_number = TEXT("A7"), .started_on = 100};
    assert_done(call(fixture, &employee_register_message, &employee));
    fixture_stop(fixture);
    const uint32_t version = person_definition.schema_version;
    struct store_migration again = person_definition.migrations[person_definition.migration_count - 1];
    again.from = version;
    fixture->store_config.schema_version = version + 1;
    fixture->store_config.migrations = &again;
    fixture->store_config.migration_count = 1;
    const uint64_t before = 4; // two cards, the change of one, and that he is an employee
    fixture_start(fixture);
    assert_int_equal(store_seq(fixture->store), before + 1);
    for (uint64_t seq = before; seq <= before + 1; seq++) {
        struct store_txn *txn = store_begin_read(fixture->store);
        struct journal_record record;
        struct employee_changed event;
        struct refusal refusal = {.code = ERROR_NONE};
        bool found = false;
        assert_int_equal(journal_get(txn, seq, &record, &found), FAULT_NONE);
        assert_true(found && record.header.person == 2 && text_equal(record.header.subject, TEXT("employee/2")));
        assert_true(text_equal(record.header.type, text_of(employee_changed_message.type)));
        assert_true(codec_decode_frame(&employee_changed_desc, record.body, CODEC_REFUSE_UNKNOWN, &fixture->arena,
                                       &event, &refusal));
        assert_true(event.person == 2 && event.has_employment && event.employment.started_on == 100);
        store_abort(txn);
    }
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_fixture(a_name_is_unique_in_its_list_and_organisation),
        with_fixture(entries_are_put_into_an_order),
        with_fixture(an_entry_in_use_is_not_deleted),
        with_fixture(organisations_have_one_name_and_number),
        with_fixture(an_organisation_in_use_is_not_deleted),
        with_fixture(organisations_are_listed_by_name),
        with_fixture(employees_come_and_go),
        with_fixture(a_store_of_an_earlier_build_is_brought_forward),
        with_fixture(employees_of_an_earlier_build_are_told_of),
    };
    return cmocka_run_group_tests_name("person_register", tests, NULL, NULL);
}
