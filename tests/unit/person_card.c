// SPDX-License-Identifier: Apache-2.0
/** Every field of a card: kept, changed, taken away; and each rule refused with its field, nothing changed. Source: domain.md 1. */
#include "tests/unit/core_fixture.h"

#include "common/base/date.h"
#include "common/wire/same.h"
#include "proto/person.gen.h"
#include "services/person/choices.h"
#include "services/person/person.h"

/** A register in which every choice can be made. */
struct card_register {
    struct fixture fixture;
    unsigned calls;
    uint64_t entries[8]; // one active of each pick-list, by its number
    uint64_t inactive;   // a region
    uint64_t organisation, other_organisation, closed_organisation;
    uint64_t other_department; // of the other organisation
    uint64_t manager, ended_manager;
};

static struct reply_envelope call(struct card_register *it, const struct message_desc *message, const void *body)
{
    char id[16];
    snprintf(id, sizeof id, "c%u", it->calls++);
    return fixture_call(&it->fixture, message, body, id);
}

static uint64_t create_entry(struct card_register *it, enum pick_list list, uint64_t organisation, const char *name)
{
    const struct entry_create command = {
        .list = list,
        .names = {.sv = text_of(name)},
        .has_organisation = organisation != 0,
        .organisation = organisation,
    };
    struct entry_create_reply body;
    struct reply_envelope reply = call(it, &entry_create_message, &command);
    fixture_reply_body(&it->fixture, &entry_create_message, &reply, &body);
    return body.entry;
}

static uint64_t create_organisation(struct card_register *it, const char *name)
{
    const struct organisation_create command = {.name = text_of(name)};
    struct organisation_create_reply body;
    struct reply_envelope reply = call(it, &organisation_create_message, &command);
    fixture_reply_body(&it->fixture, &organisation_create_message, &reply, &body);
    return body.organisation;
}

static uint64_t create_person(struct card_register *it, const struct person_create *command)
{
    struct person_create_reply body;
    struct reply_envelope reply = call(it, &person_create_message, command);
    fixture_reply_body(&it->fixture, &person_create_message, &reply, &body);
    return body.person;
}

static uint64_t create_employee(struct card_register *it, const char *number)
{
    const struct person_create person = {.given_name = text_of(number)};
    const struct employee_register command = {
        .person = create_person(it, &person),
        .employee_number = text_of(number),
        .started_on = date_from_civil(2020, 1, 1),
    };
    assert_done(call(it, &employee_register_message, &command));
    return command.person;
}

static int set_up(void **state)
{
    struct card_register *it = calloc(1, sizeof *it);
    fixture_init(&it->fixture, &person_definition);
    it->organisation = create_organisation(it, "Norrlands Kraft AB");
    it->other_organisation = create_organisation(it, "Söderns Bageri");
    it->closed_organisation = create_organisation(it, "Nedlagda AB");
    const struct organisation_update close = {.organisation = it->closed_organisation, .has_active = true};
    assert_done(call(it, &organisation_update_message, &close));
    for (int list = PICK_LIST_CATEGORY; list <= PICK_LIST_SALES_STATUS; list++)
        it->entries[list] = create_entry(it, (enum pick_list)list, 0, "Ett");
    it->entries[PICK_LIST_DEPARTMENT] = create_entry(it, PICK_LIST_DEPARTMENT, it->organisation, "Ekonomi");
    it->other_department = create_entry(it, PICK_LIST_DEPARTMENT, it->other_organisation, "Ekonomi");
    it->inactive = create_entry(it, PICK_LIST_REGION, 0, "Två");
    const struct entry_update deactivate = {.entry = it->inactive, .has_active = true};
    assert_done(call(it, &entry_update_message, &deactivate));
    it->manager = create_employee(it, "A1");
    it->ended_manager = create_employee(it, "A2");
    const struct employee_end end = {.person = it->ended_manager, .ended_on = date_from_civil(2026, 11, 17)};
    assert_done(call(it, &employee_end_message, &end));
    *state = it;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(&((struct card_register *)*state)->fixture);
    free(*state);
    return 0;
}

static struct person_card get(struct card_register *it, uint64_t person)
{
    const struct person_get query = {.has_person = true, .person = person};
    struct person_get_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_get_message, &query);
    fixture_reply_body(&it->fixture, &person_get_message, &reply, &body);
    return body.card;
}

static struct person_create full(struct card_register *it)
{
    return (struct person_create){
        .given_name = TEXT("Åsa"),
        .has_family_name = true,
        .family_name = TEXT("Öberg"),
        .has_mobile = true,
        .mobile = TEXT("070-174 06 05"),
        .has_work_phone = true,
        .work_phone = TEXT("+46 (0)90 785 60 00"),
        .has_home_phone = true,
        .home_phone = TEXT("0047 22 12 34 56"),
        .has_address = true,
        .address = {.has_street = true,
                    .street = TEXT("Storgatan 3"),
                    .has_postal_code = true,
                    .postal_code = TEXT("90326"),
                    .has_city = true,
                    .city = TEXT("Umeå")},
        .has_personal_number = true,
        .personal_number = TEXT("811218-9876"),
        .has_gender = true,
        .gender = GENDER_WOMAN,
        .has_notes = true,
        .notes = TEXT("Ringer helst.\nEfter fyra."),
        .has_organisation = true,
        .organisation = it->organisation,
        .has_department = true,
        .department = it->entries[PICK_LIST_DEPARTMENT],
        .has_job_title = true,
        .job_title = it->entries[PICK_LIST_JOB_TITLE],
        .has_category = true,
        .category = it->entries[PICK_LIST_CATEGORY],
        .has_region = true,
        .region = it->entries[PICK_LIST_REGION],
        .has_benefit_status = true,
        .benefit_status = it->entries[PICK_LIST_BENEFIT_STATUS],
        .has_sales_status = true,
        .sales_status = it->entries[PICK_LIST_SALES_STATUS],
        .has_account_manager = true,
        .account_manager = it->manager,
        .groups = {1, &it->entries[PICK_LIST_GROUP]},
    };
}

static void assert_text(struct text text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
}

static void every_field_is_kept_in_its_form(void **state)
{
    struct card_register *it = *state;
    const struct person_create command = full(it);
    struct person_card card = get(it, create_person(it, &command));
    assert_text(card.mobile, "+46701740605");
    assert_text(card.work_phone, "+46907856000");
    assert_text(card.home_phone, "+4722123456");
    assert_text(card.address.postal_code, "903 26");
    assert_text(card.address.city, "Umeå");
    assert_text(card.personal_number, "198112189876");
    assert_true(card.has_birth_date);
    assert_int_equal(card.birth_date, date_from_civil(1981, 12, 18));
    assert_int_equal(card.gender, GENDER_WOMAN);
    assert_text(card.notes, "Ringer helst.\nEfter fyra.");
    assert_int_equal(card.organisation, it->organisation);
    assert_int_equal(card.department, it->entries[PICK_LIST_DEPARTMENT]);
    assert_int_equal(card.job_title, it->entries[PICK_LIST_JOB_TITLE]);
    assert_int_equal(card.benefit_status, it->entries[PICK_LIST_BENEFIT_STATUS]);
    assert_int_equal(card.sales_status, it->entries[PICK_LIST_SALES_STATUS]);
    assert_int_equal(card.account_manager, it->manager);
    assert_int_equal(card.groups.count, 1);
}

static void everything_that_can_go_goes(void **state)
{
    struct card_register *it = *state;
    const struct person_create command = full(it);
    const struct person_update update = {
        .person = create_person(it, &command),
        .clear_family_name = true,
        .clear_mobile = true,
        .clear_work_phone = true,
        .clear_home_phone = true,
        .clear_address = true,
        .clear_personal_number = true,
        .clear_birth_date = true,
        .clear_gender = true,
        .clear_notes = true,
        .clear_organisation = true,
        .clear_job_title = true,
        .clear_category = true,
        .clear_region = true,
        .clear_benefit_status = true,
        .clear_sales_status = true,
        .clear_account_manager = true,
        .groups_remove = {1, &it->entries[PICK_LIST_GROUP]},
    };
    assert_done(call(it, &person_update_message, &update));
    struct person_card card = get(it, update.person);
    const struct person_card bare = {
        .person = update.person,
        .revision = 2,
        .customer_number = card.customer_number,
        .given_name = card.given_name,
        .created_ms = card.created_ms,
        .changed_ms = card.changed_ms,
    };
    assert_true(same_struct(&person_card_desc, &card, &bare));
    // Nobody is named any more, and the personal number is free.
    struct store_txn *txn = store_begin_read(it->fixture.store);
    struct ctx ctx = {.txn = txn};
    for (int list = PICK_LIST_CATEGORY; list <= PICK_LIST_DEPARTMENT; list++)
        assert_int_equal(used_by(&ctx, USED_ENTRY, it->entries[list]), 0);
    assert_int_equal(used_by(&ctx, USED_ORGANISATION, it->organisation), 0);
    assert_int_equal(used_by(&ctx, USED_ACCOUNT_MANAGER, it->manager), 0);
    store_abort(txn);
    create_person(it, &command);
}

static void the_department_goes_with_the_organisation(void **state)
{
    struct card_register *it = *state;
    const struct person_create command = full(it);
    struct person_update move = {
        .person = create_person(it, &command),
        .has_organisation = true,
        .organisation = it->other_organisation,
    };
    assert_done(call(it, &person_update_message, &move));
    assert_false(get(it, move.person).has_department);
    move.organisation = it->organisation;
    move.has_department = true;
    move.department = it->other_department;
    struct reply_envelope reply = call(it, &person_update_message, &move);
    assert_refused(&reply, "unknown_entry", "department");
    assert_int_equal(get(it, move.person).organisation, it->other_organisation);
    move.department = it->entries[PICK_LIST_DEPARTMENT];
    assert_done(call(it, &person_update_message, &move));
    assert_int_equal(get(it, move.person).department, move.department);
}

static void what_a_card_has_may_stay_when_it_could_not_be_chosen(void **state)
{
    struct card_register *it = *state;
    const struct person_create command = full(it);
    uint64_t person = create_person(it, &command);
    const struct entry_update deactivate = {.entry = it->entries[PICK_LIST_DEPARTMENT], .has_active = true};
    const struct organisation_update close = {.organisation = it->organisation, .has_active = true};
    const struct employee_end end = {.person = it->manager, .ended_on = date_from_civil(2026, 1, 31)};
    assert_done(call(it, &entry_update_message, &deactivate));
    assert_done(call(it, &organisation_update_message, &close));
    struct employee_end_reply ended;
    struct reply_envelope reply = call(it, &employee_end_message, &end);
    fixture_reply_body(&it->fixture, &employee_end_message, &reply, &ended);
    assert_int_equal(ended.customers, 1);
    const struct person_update same = {
        .person = person,
        .has_given_name = true,
        .given_name = TEXT("Bo"),
        .has_organisation = true,
        .organisation = it->organisation,
        .has_department = true,
        .department = it->entries[PICK_LIST_DEPARTMENT],
        .has_account_manager = true,
        .account_manager = it->manager,
    };
    assert_done(call(it, &person_update_message, &same));
}

/** A command that breaks one rule. */
struct broken {
    struct person_create command;
    const char *code;
    const char *field;
};

#define TEXT_FIELD(name, value) .has_##name = true, .name = TEXT(value)
#define ID_FIELD(name, value) .has_##name = true, .name = (value)

static void each_rule_is_refused_with_its_field(void **state)
{
    struct card_register *it = *state;
    const struct person_create taken = {.given_name = TEXT("Åsa"), TEXT_FIELD(personal_number, "811218-9876")};
    uint64_t customer = create_person(it, &taken);
    const struct broken broken[] = {
        {{TEXT_FIELD(email, "åsa")}, "invalid_field", "email"},
        {{TEXT_FIELD(mobile, "12")}, "invalid_field", "mobile"},
        {{TEXT_FIELD(work_phone, "nej")}, "invalid_field", "work_phone"},
        {{TEXT_FIELD(home_phone, "+0123456")}, "invalid_field", "home_phone"},
        {{.has_address = true, .address = {TEXT_FIELD(postal_code, "9032")}}, "invalid_field", "address.postal_code"},
        {{.has_address = true, .address = {TEXT_FIELD(postal_code, "90 32 61")}},
         "invalid_field",
         "address.postal_code"},
        {{.has_address = true, .address = {TEXT_FIELD(country, "se")}}, "invalid_field", "address.country"},
        {{TEXT_FIELD(personal_number, "811218-9875")}, "invalid_field", "personal_number"},
        {{TEXT_FIELD(personal_number, "19811218-9876")}, "not_unique", "personal_number"},
        {{TEXT_FIELD(personal_number, "811278-9873"), ID_FIELD(birth_date, date_from_civil(1981, 12, 19))},
         "invalid_field",
         "birth_date"},
        {{ID_FIELD(birth_date, date_from_civil(2026, 11, 20))}, "invalid_field", "birth_date"},
        {{ID_FIELD(terms_accepted_on, date_from_civil(2026, 11, 20))}, "invalid_field", "terms_accepted_on"},
        {{ID_FIELD(organisation, 999)}, "unknown_entry", "organisation"},
        {{ID_FIELD(organisation, it->closed_organisation)}, "inactive_entry", "organisation"},
        {{ID_FIELD(department, it->entries[PICK_LIST_DEPARTMENT])}, "invalid_field", "department"},
        {{ID_FIELD(organisation, it->organisation), ID_FIELD(department, it->other_department)},
         "unknown_entry",
         "department"},
        {{ID_FIELD(organisation, it->organisation), ID_FIELD(department, it->entries[PICK_LIST_REGION])},
         "unknown_entry",
         "department"},
        {{ID_FIELD(job_title, it->entries[PICK_LIST_REGION])}, "unknown_entry", "job_title"},
        {{ID_FIELD(category, 999)}, "unknown_entry", "category"},
        {{ID_FIELD(region, it->inactive)}, "inactive_entry", "region"},
        {{ID_FIELD(benefit_status, it->entries[PICK_LIST_SALES_STATUS])}, "unknown_entry", "benefit_status"},
        {{ID_FIELD(sales_status, 999)}, "unknown_entry", "sales_status"},
        {{.groups = {1, &it->entries[PICK_LIST_REGION]}}, "unknown_entry", "groups"},
        {{ID_FIELD(account_manager, 999)}, "unknown_entry", "account_manager"},
        {{ID_FIELD(account_manager, customer)}, "unknown_entry", "account_manager"},
        {{ID_FIELD(account_manager, it->ended_manager)}, "inactive_entry", "account_manager"},
    };
    uint64_t seq = store_seq(it->fixture.store);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct person_create command = broken[i].command;
        command.given_name = TEXT("Bo");
        struct reply_envelope reply = call(it, &person_create_message, &command);
        assert_refused(&reply, broken[i].code, broken[i].field);
        assert_true(reply.error.message.len > 20);
    }
    assert_int_equal(store_seq(it->fixture.store), seq);
}

static void the_personal_number_says_the_birth_date(void **state)
{
    struct card_register *it = *state;
    const struct person_create command = {.given_name = TEXT("Åsa"),
                                          ID_FIELD(birth_date, date_from_civil(1981, 12, 19))};
    struct person_update update = {.person = create_person(it, &command), TEXT_FIELD(personal_number, "811218-9876")};
    assert_done(call(it, &person_update_message, &update)); // what was written before gives way
    assert_int_equal(get(it, update.person).birth_date, date_from_civil(1981, 12, 18));
    const struct person_update other = {.person = update.person, ID_FIELD(birth_date, date_from_civil(1981, 12, 19))};
    struct reply_envelope reply = call(it, &person_update_message, &other);
    assert_refused(&reply, "invalid_field", "birth_date");
    const struct person_update gone = {.person = update.person, .clear_birth_date = true};
    reply = call(it, &person_update_message, &gone);
    assert_refused(&reply, "invalid_field", "birth_date");
}

static void a_reader_sees_no_personal_number(void **state)
{
    struct card_register *it = *state;
    const struct person_create command = full(it);
    const struct person_get query = {.has_person = true, .person = create_person(it, &command)};
    const enum role roles[] = {ROLE_READER, ROLE_WRITER, ROLE_OPERATOR, ROLE_PRIVACY, ROLE_ADMIN};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        struct person_get_reply body;
        struct reply_envelope reply =
            fixture_query_as(&it->fixture, &person_get_message, &query, role_infos[roles[i]].acts_as, NULL);
        fixture_reply_body(&it->fixture, &person_get_message, &reply, &body);
        assert_int_equal(body.card.has_personal_number, roles[i] == ROLE_PRIVACY || roles[i] == ROLE_ADMIN);
        assert_true(body.card.has_birth_date);
    }
}

static void changed_fields_are_named_and_nothing_else(void **state)
{
    struct card_register *it = *state;
    const struct person_create command = full(it);
    const struct person_update update = {
        .person = create_person(it, &command),
        TEXT_FIELD(mobile, "+46 70 174 06 05"), // the same, written otherwise
        ID_FIELD(organisation, it->other_organisation),
        .clear_notes = true,
    };
    struct reply_envelope reply = call(it, &person_update_message, &update);
    assert_done(reply);
    struct store_txn *txn = store_begin_read(it->fixture.store);
    struct journal_record record;
    struct person_updated event;
    struct refusal refusal = {.code = ERROR_NONE};
    bool found = false;
    assert_int_equal(journal_get(txn, (uint64_t)reply.seq, &record, &found), FAULT_NONE);
    assert_true(
        codec_decode(&person_updated_desc, record.body, CODEC_SKIP_UNKNOWN, &it->fixture.arena, &event, &refusal));
    assert_int_equal(event.changed.count, 3);
    assert_text(event.changed.items[0], "organisation");
    assert_text(event.changed.items[1], "department");
    assert_text(event.changed.items[2], "notes");
    store_abort(txn);
}

static struct person_history_reply history(struct card_register *it, struct person_history query, enum role role)
{
    struct person_history_reply body;
    struct reply_envelope reply =
        fixture_query_as(&it->fixture, &person_history_message, &query, role_infos[role].acts_as, NULL);
    fixture_reply_body(&it->fixture, &person_history_message, &reply, &body);
    return body;
}

static const struct field_change *change_of(const struct card_version *version, const char *field)
{
    for (size_t i = 0; i < version->changes.count; i++)
        if (text_equal(version->changes.items[i].field, text_of(field)))
            return &version->changes.items[i];
    return NULL;
}

/** One msgpack text of up to 31 bytes. */
static void assert_raw_text(struct bytes raw, const char *expected)
{
    assert_int_equal(raw.len, 1 + strlen(expected));
    assert_int_equal(raw.data[0], 0xa0 | strlen(expected));
    assert_memory_equal(raw.data + 1, expected, strlen(expected));
}

static void every_change_says_who_when_from_what_to_what(void **state)
{
    struct card_register *it = *state;
    const struct person_create command = full(it);
    uint64_t person = create_person(it, &command);
    const struct person_create other = {.given_name = TEXT("Annan")};
    create_person(it, &other);
    it->fixture.utc_ms += 1000;
    const struct person_update renamed = {.person = person, TEXT_FIELD(family_name, "Ek"), .clear_notes = true};
    assert_done(call(it, &person_update_message, &renamed));
    const struct person_update same = {.person = person, TEXT_FIELD(family_name, "Ek")};
    assert_done(call(it, &person_update_message, &same));
    const struct person_update secret = {.person = person, TEXT_FIELD(personal_number, "811278-9873")};
    assert_done(call(it, &person_update_message, &secret));
    struct person_history_reply all =
        history(it, (struct person_history){.person = person, .limit = 100}, ROLE_PRIVACY);
    assert_int_equal(all.versions.count, 3);
    assert_false(all.more);
    const struct card_version *version = &all.versions.items[1];
    assert_int_equal(version->revision, 2);
    assert_int_equal(version->time_ms, it->fixture.utc_ms);
    assert_text(version->actor, "tester");
    assert_text(version->sender, "test");
    assert_int_equal(version->changes.count, 2);
    assert_raw_text(change_of(version, "family_name")->from, "Öberg");
    assert_raw_text(change_of(version, "family_name")->to, "Ek");
    assert_true(change_of(version, "notes")->has_from);
    assert_false(change_of(version, "notes")->has_to);
    const struct card_version *made = &all.versions.items[2];
    assert_int_equal(made->revision, 1);
    assert_int_equal(made->time_ms, it->fixture.utc_ms - 1000);
    assert_raw_text(change_of(made, "given_name")->to, "Åsa");
    assert_false(change_of(made, "given_name")->has_from);
    assert_null(change_of(made, "created_ms"));
    assert_raw_text(change_of(&all.versions.items[0], "personal_number")->to, "198112789873");
    struct person_history_reply seen =
        history(it, (struct person_history){.person = person, .limit = 100}, ROLE_READER);
    const struct field_change *hidden = change_of(&seen.versions.items[0], "personal_number");
    assert_false(hidden->has_from || hidden->has_to);
    // Page by page it is the same.
    struct person_history query = {.person = person, .limit = 1};
    for (size_t i = 0; i < all.versions.count; i++) {
        struct person_history_reply page = history(it, query, ROLE_PRIVACY);
        assert_int_equal(page.versions.count, 1);
        assert_true(same_struct(&card_version_desc, &page.versions.items[0], &all.versions.items[i]));
        assert_int_equal(page.more, i + 1 < all.versions.count);
        query.has_before = true;
        query.before = page.versions.items[0].seq;
    }
    const struct person_history nobody = {.person = 999, .limit = 1};
    struct reply_envelope reply = fixture_query(&it->fixture, &person_history_message, &nobody);
    assert_refused(&reply, "not_found", "person");
}

int main(void)
{
#define with_register(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_register(every_field_is_kept_in_its_form),
        with_register(everything_that_can_go_goes),
        with_register(the_department_goes_with_the_organisation),
        with_register(what_a_card_has_may_stay_when_it_could_not_be_chosen),
        with_register(each_rule_is_refused_with_its_field),
        with_register(the_personal_number_says_the_birth_date),
        with_register(a_reader_sees_no_personal_number),
        with_register(changed_fields_are_named_and_nothing_else),
        with_register(every_change_says_who_when_from_what_to_what),
    };
    return cmocka_run_group_tests_name("person_card", tests, NULL, NULL);
}
