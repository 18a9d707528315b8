// SPDX-License-Identifier: Apache-2.0
/** Merging two cards of one person: what the kept card gets, what is refused, and where the other id leads. Source: domain.md 6. */
#include "tests/unit/core_fixture.h"

#include "common/base/date.h"
#include "common/store/alias.h"
#include "common/wire/same.h"
#include "proto/person.gen.h"
#include "services/person/choices.h"
#include "services/person/merge.h"
#include "services/person/person.h"

enum { CUSTOMERS = 250, PAUSE_MS = 10 };

struct merge_register {
    struct fixture fixture;
    unsigned calls;
};

static struct reply_envelope call(struct merge_register *it, const struct message_desc *message, const void *body)
{
    char id[16];
    snprintf(id, sizeof id, "c%u", it->calls++);
    return fixture_call(&it->fixture, message, body, id);
}

static int set_up(void **state)
{
    struct merge_register *it = calloc(1, sizeof *it);
    fixture_init(&it->fixture, &person_definition);
    *state = it;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(&((struct merge_register *)*state)->fixture);
    free(*state);
    return 0;
}

static uint64_t create(struct merge_register *it, const struct person_create *command)
{
    struct person_create_reply body;
    struct reply_envelope reply = call(it, &person_create_message, command);
    fixture_reply_body(&it->fixture, &person_create_message, &reply, &body);
    return body.person;
}

static uint64_t named(struct merge_register *it, const char *name)
{
    const struct person_create command = {.given_name = text_of(name)};
    return create(it, &command);
}

static uint64_t employee(struct merge_register *it, const char *number)
{
    const struct employee_register command = {
        .person = named(it, number), .employee_number = text_of(number), .started_on = date_from_civil(2020, 1, 1)};
    assert_done(call(it, &employee_register_message, &command));
    return command.person;
}

static uint64_t entry(struct merge_register *it, enum pick_list list, uint64_t organisation, const char *name)
{
    const struct entry_create command = {.list = list,
                                         .names = {.sv = text_of(name)},
                                         .has_organisation = organisation != 0,
                                         .organisation = organisation};
    struct entry_create_reply body;
    struct reply_envelope reply = call(it, &entry_create_message, &command);
    fixture_reply_body(&it->fixture, &entry_create_message, &reply, &body);
    return body.entry;
}

static uint64_t organisation(struct merge_register *it, const char *name)
{
    const struct organisation_create command = {.name = text_of(name)};
    struct organisation_create_reply body;
    struct reply_envelope reply = call(it, &organisation_create_message, &command);
    fixture_reply_body(&it->fixture, &organisation_create_message, &reply, &body);
    return body.organisation;
}

static struct person_get_reply get(struct merge_register *it, uint64_t person)
{
    const struct person_get query = {.has_person = true, .person = person};
    struct person_get_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_get_message, &query);
    fixture_reply_body(&it->fixture, &person_get_message, &reply, &body);
    return body;
}

/** Merges, and checks that the preview said the same. */
static struct person_merge_reply merge_by(struct merge_register *it, const struct person_merge *command)
{
    const struct person_merge_preview query = {
        .keep = command->keep, .drop = command->drop, .take = {command->take.count, command->take.items}};
    struct person_merge_preview_reply preview;
    struct person_merge_reply body;
    struct reply_envelope shown = fixture_query(&it->fixture, &person_merge_preview_message, &query);
    fixture_reply_body(&it->fixture, &person_merge_preview_message, &shown, &preview);
    struct reply_envelope reply = call(it, &person_merge_message, command);
    fixture_reply_body(&it->fixture, &person_merge_message, &reply, &body);
    struct person_card card = get(it, command->keep).card;
    assert_true(same_struct(&person_card_desc, &card, &preview.card));
    assert_int_equal(body.customers, preview.customers);
    assert_int_equal(body.revision, preview.keep_revision + 1);
    return body;
}

static struct person_merge_reply merge(struct merge_register *it, uint64_t keep, uint64_t drop)
{
    const struct person_merge command = {.keep = keep, .drop = drop};
    return merge_by(it, &command);
}

/** Refused, and no card, no index and no position is another than before. */
static void assert_merge_refused(struct merge_register *it, const struct person_merge *command, const char *code,
                                 const char *field)
{
    uint64_t seq = store_seq(it->fixture.store);
    struct reply_envelope reply = call(it, &person_merge_message, command);
    assert_refused(&reply, code, field);
    assert_int_equal(store_seq(it->fixture.store), seq);
    const struct person_merge_preview query = {
        .keep = command->keep, .drop = command->drop, .take = {command->take.count, command->take.items}};
    struct reply_envelope shown = fixture_query(&it->fixture, &person_merge_preview_message, &query);
    if (!command->has_keep_revision && !command->has_drop_revision)
        assert_refused(&shown, code, field);
}

static struct person_search_reply search(struct merge_register *it, const char *where)
{
    const struct person_search query = {.has_where = true, .where = text_of(where), .limit = 100};
    struct person_search_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_search_message, &query);
    fixture_reply_body(&it->fixture, &person_search_message, &reply, &body);
    return body;
}

static void assert_finds(struct merge_register *it, const char *where, uint64_t person)
{
    struct person_search_reply found = search(it, where);
    assert_int_equal(found.cards.count, person != 0);
    if (person)
        assert_int_equal(found.cards.items[0].person, person);
}

static int64_t used(struct merge_register *it, enum used_kind kind, uint64_t id)
{
    struct ctx ctx = {.txn = store_begin_read(it->fixture.store)};
    int64_t count = used_by(&ctx, kind, id);
    store_abort(ctx.txn);
    return count;
}

static void what_the_kept_card_lacks_is_filled(void **state)
{
    struct merge_register *it = *state;
    const struct person_create sparse = {
        .given_name = TEXT("Åsa"), .has_email = true, .email = TEXT("asa@example.test")};
    const struct person_create rich = {
        .given_name = TEXT("Åse"),
        .has_family_name = true,
        .family_name = TEXT("Öberg"),
        .has_email = true,
        .email = TEXT("ase@example.test"),
        .has_mobile = true,
        .mobile = TEXT("070-174 06 05"),
        .has_personal_number = true,
        .personal_number = TEXT("811218-9876"),
        .has_language = true,
        .language = LANGUAGE_EN,
        .has_region = true,
        .region = entry(it, PICK_LIST_REGION, 0, "Norr"),
    };
    uint64_t keep = create(it, &sparse), drop = create(it, &rich);
    struct person_card before = get(it, keep).card, other = get(it, drop).card;
    assert_finds(it, "region:norr", drop);
    merge(it, keep, drop);
    struct person_card card = get(it, keep).card;
    assert_true(text_equal(card.given_name, TEXT("Åsa")) && text_equal(card.email, TEXT("asa@example.test")));
    assert_true(text_equal(card.family_name, TEXT("Öberg")) && text_equal(card.mobile, TEXT("+46701740605")));
    assert_true(text_equal(card.personal_number, TEXT("198112189876")));
    assert_true(card.has_birth_date && card.birth_date == date_from_civil(1981, 12, 18));
    assert_true(card.language == LANGUAGE_EN && card.region == rich.region);
    assert_true(text_equal(card.customer_number, before.customer_number));
    assert_int_equal(card.created_ms, before.created_ms);
    assert_int_equal(card.revision, before.revision + 1);
    // The other card is gone from everything but its id and its customer number, which lead to the kept one.
    assert_int_equal(used(it, USED_ENTRY, rich.region), 1);
    assert_finds(it, "region:norr", keep);
    assert_finds(it, "ase@example.test", 0);
    assert_finds(it, "name:ase", 0);
    assert_finds(it, "070-1740605", keep);
    char number[32];
    snprintf(number, sizeof number, "number:%.*s", (int)other.customer_number.len, other.customer_number.data);
    assert_finds(it, number, keep);
    snprintf(number, sizeof number, "id:#%d", (int)drop);
    assert_finds(it, number, keep);
    struct person_get_reply led = get(it, drop);
    assert_true(led.has_merged_from && led.merged_from == drop && led.card.person == keep);
    const struct person_get by_number = {.has_customer_number = true, .customer_number = other.customer_number};
    struct reply_envelope reply = fixture_query(&it->fixture, &person_get_message, &by_number);
    fixture_reply_body(&it->fixture, &person_get_message, &reply, &led);
    assert_true(led.has_merged_from && led.card.person == keep);
    // Another card may have its personal number no more, and its customer number it may.
    const struct person_create taker = {
        .given_name = TEXT("Bo"), .has_customer_number = true, .customer_number = other.customer_number};
    uint64_t third = create(it, &taker);
    reply = fixture_query(&it->fixture, &person_get_message, &by_number);
    fixture_reply_body(&it->fixture, &person_get_message, &reply, &led);
    assert_true(!led.has_merged_from && led.card.person == third);
}

static void a_field_is_taken_when_that_is_asked_for(void **state)
{
    struct merge_register *it = *state;
    static const struct text take[] = {{"email", 5}, {"given_name", 10}, {"customer_number", 15}, {"notes", 5}};
    const struct person_create one = {.given_name = TEXT("Asa"),
                                      .has_email = true,
                                      .email = TEXT("old@example.test"),
                                      .has_notes = true,
                                      .notes = TEXT("Old.")};
    const struct person_create two = {.given_name = TEXT("Åsa"),
                                      .has_email = true,
                                      .email = TEXT("new@example.test"),
                                      .has_customer_number = true,
                                      .customer_number = TEXT("K7"),
                                      .has_notes = true,
                                      .notes = TEXT("New.")};
    const struct person_merge command = {.keep = create(it, &one), .drop = create(it, &two), .take = {4, take}};
    merge_by(it, &command);
    struct person_card card = get(it, command.keep).card;
    assert_true(text_equal(card.given_name, TEXT("Åsa")) && text_equal(card.email, TEXT("new@example.test")));
    assert_true(text_equal(card.customer_number, TEXT("K7")) && text_equal(card.notes, TEXT("New.")));
    const struct person_get by_number = {.has_customer_number = true, .customer_number = TEXT("K7")};
    struct person_get_reply found;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_get_message, &by_number);
    fixture_reply_body(&it->fixture, &person_get_message, &reply, &found);
    assert_true(!found.has_merged_from && found.card.person == command.keep);
}

static void what_cannot_be_taken_is_refused(void **state)
{
    struct merge_register *it = *state;
    static const char *const wrong[] = {"shoe_size", "groups", "consents", "revision", "employment", "mobile"};
    uint64_t keep = named(it, "Åsa"), drop = named(it, "Åsa");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct text take = text_of(wrong[i]);
        const struct person_merge command = {.keep = keep, .drop = drop, .take = {1, &take}};
        assert_merge_refused(it, &command, "invalid_field", "take");
    }
}

static void the_strictest_consent_wins(void **state)
{
    struct merge_register *it = *state;
    static const struct consent_change own[] = {{.channel = CHANNEL_LETTER, .granted = true},
                                                {.channel = CHANNEL_EMAIL, .granted = true},
                                                {.channel = CHANNEL_SMS, .granted = false}};
    static const struct consent_change others[] = {
        {.channel = CHANNEL_EMAIL, .granted = false, .has_source = true, .source = {"phone", 5}},
        {.channel = CHANNEL_SMS, .granted = true}};
    const struct person_create one = {.given_name = TEXT("Åsa"), .consents = {3, own}};
    const struct person_create two = {.given_name = TEXT("Åsa"), .consents = {2, others}};
    uint64_t keep = create(it, &one);
    it->fixture.utc_ms += 1000;
    uint64_t drop = create(it, &two);
    struct person_card before = get(it, drop).card;
    it->fixture.utc_ms += 1000;
    merge(it, keep, drop);
    struct person_card card = get(it, keep).card;
    assert_int_equal(card.consents.count, 3);
    assert_true(card.consents.items[0].channel == CHANNEL_LETTER && card.consents.items[0].granted);
    assert_true(
        same_struct(&consent_desc, &card.consents.items[1], &before.consents.items[0])); // when, by whom, from where
    assert_false(card.consents.items[2].granted);
    // The other way round it is the same, and what only one has is kept.
    uint64_t third = create(it, &two);
    merge(it, third, keep);
    card = get(it, third).card;
    assert_int_equal(card.consents.count, 3);
    assert_true(card.consents.items[0].granted && !card.consents.items[1].granted && !card.consents.items[2].granted);
}

static void groups_are_united_up_to_64(void **state)
{
    struct merge_register *it = *state;
    uint64_t groups[70];
    for (size_t i = 0; i < 70; i++) {
        char name[16];
        snprintf(name, sizeof name, "Grupp %zu", i);
        groups[i] = entry(it, PICK_LIST_GROUP, 0, name);
    }
    const struct person_create first = {.given_name = TEXT("Åsa"), .groups = {40, groups}};
    const struct person_create second = {.given_name = TEXT("Åsa"), .groups = {34, groups + 30}};
    const struct person_create third = {.given_name = TEXT("Åsa"), .groups = {2, groups + 63}};
    uint64_t keep = create(it, &first), drop = create(it, &second), more = create(it, &third);
    merge(it, keep, drop);
    struct person_card card = get(it, keep).card;
    assert_int_equal(card.groups.count, 64);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(card.groups.items[i], groups[i]);
    assert_int_equal(used(it, USED_ENTRY, groups[35]), 1);
    const struct person_merge command = {.keep = keep, .drop = more};
    assert_merge_refused(it, &command, "invalid_field", "drop");
    assert_int_equal(get(it, more).card.groups.count, 2);
}

static void notes_are_joined_within_their_limit(void **state)
{
    struct merge_register *it = *state;
    static char text[4000];
    memset(text, 'x', sizeof text);
    const struct person_create one = {.given_name = TEXT("A"), .has_notes = true, .notes = TEXT("One.")};
    const struct person_create two = {.given_name = TEXT("B"), .has_notes = true, .notes = TEXT("Two.")};
    const struct person_create same = {.given_name = TEXT("C"), .has_notes = true, .notes = TEXT("One.\n\nTwo.")};
    const struct person_create much = {.given_name = TEXT("D"), .has_notes = true, .notes = {text, 3989}};
    const struct person_create most = {.given_name = TEXT("E"), .has_notes = true, .notes = {text, 3988}};
    uint64_t keep = create(it, &one);
    merge(it, keep, create(it, &two));
    assert_true(text_equal(get(it, keep).card.notes, TEXT("One.\n\nTwo.")));
    merge(it, keep, create(it, &same));
    assert_true(text_equal(get(it, keep).card.notes, TEXT("One.\n\nTwo.")));
    const struct person_merge command = {.keep = keep, .drop = create(it, &much)};
    assert_merge_refused(it, &command, "invalid_field", "drop");
    merge(it, keep, create(it, &most));
    assert_int_equal(get(it, keep).card.notes.len, 4000);
}

static void own_defined_values_are_united(void **state)
{
    struct merge_register *it = *state;
    static const char *const names[] = {"locker", "shoe_size", "team"};
    for (size_t i = 0; i < 3; i++) {
        const struct field_create command = {
            .name = text_of(names[i]), .kind = OWN_FIELD_KIND_TEXT, .names = {.sv = text_of(names[i])}};
        assert_done(call(it, &field_create_message, &command));
    }
    static const struct own_change own[] = {{.name = {"locker", 6}, .value = {"A", 1}},
                                            {.name = {"shoe_size", 9}, .value = {"42", 2}}};
    static const struct own_change others[] = {{.name = {"shoe_size", 9}, .value = {"43", 2}},
                                               {.name = {"team", 4}, .value = {"Blue", 4}}};
    const struct person_create one = {.given_name = TEXT("A"), .own = {2, own}};
    const struct person_create two = {.given_name = TEXT("B"), .own = {2, others}};
    const struct text take = TEXT("own");
    for (size_t i = 0; i < 2; i++) {
        const struct person_merge command = {.keep = create(it, &one), .drop = create(it, &two), .take = {i, &take}};
        assert_finds(it, "own.team:blue", command.drop);
        merge_by(it, &command);
        struct person_card card = get(it, command.keep).card;
        assert_int_equal(card.own.count, 3);
        assert_true(text_equal(card.own.items[0].text, TEXT("A")) && text_equal(card.own.items[2].text, TEXT("Blue")));
        assert_true(text_equal(card.own.items[1].text, text_of(i ? "43" : "42")));
        assert_finds(it, "own.team:blue", command.keep);
        const struct own_change nothing = {.name = TEXT("team"), .value = TEXT("")};
        const struct person_update clear = {.person = command.keep, .own = {1, &nothing}};
        assert_done(call(it, &person_update_message, &clear));
    }
}

static void a_department_stays_with_its_organisation(void **state)
{
    struct merge_register *it = *state;
    uint64_t mill = organisation(it, "Bruket"), bakery = organisation(it, "Bageriet");
    uint64_t office = entry(it, PICK_LIST_DEPARTMENT, mill, "Kontor"),
             oven = entry(it, PICK_LIST_DEPARTMENT, bakery, "Ugn");
    const struct person_create none = {.given_name = TEXT("A")};
    const struct person_create at_mill = {.given_name = TEXT("B"), .has_organisation = true, .organisation = mill};
    const struct person_create at_office = {.given_name = TEXT("C"),
                                            .has_organisation = true,
                                            .organisation = mill,
                                            .has_department = true,
                                            .department = office};
    const struct person_create at_oven = {.given_name = TEXT("D"),
                                          .has_organisation = true,
                                          .organisation = bakery,
                                          .has_department = true,
                                          .department = oven};
    const struct text department = TEXT("department"), whole = TEXT("organisation");
    uint64_t keep = create(it, &none);
    merge(it, keep, create(it, &at_mill));
    assert_true(get(it, keep).card.organisation == mill && !get(it, keep).card.has_department);
    merge(it, keep, create(it, &at_office));
    assert_int_equal(get(it, keep).card.department, office);
    struct person_merge command = {.keep = keep, .drop = create(it, &at_oven), .take = {1, &department}};
    assert_merge_refused(it, &command, "invalid_field", "take");
    command.take.items = &whole;
    merge_by(it, &command);
    assert_true(get(it, keep).card.organisation == bakery && get(it, keep).card.department == oven);
    command.drop = create(it, &at_mill);
    merge_by(it, &command);
    assert_true(get(it, keep).card.organisation == mill && !get(it, keep).card.has_department);
    merge(it, keep, create(it, &at_oven));
    assert_true(get(it, keep).card.organisation == mill && !get(it, keep).card.has_department);
}

static void a_personal_number_says_the_birth_date(void **state)
{
    struct merge_register *it = *state;
    const struct person_create born = {
        .given_name = TEXT("A"), .has_birth_date = true, .birth_date = date_from_civil(1981, 12, 17)};
    const struct person_create numbered = {
        .given_name = TEXT("B"), .has_personal_number = true, .personal_number = TEXT("811218-9876")};
    const struct person_create coordinated = {
        .given_name = TEXT("C"), .has_personal_number = true, .personal_number = TEXT("811278-9873")};
    const struct person_create other = {
        .given_name = TEXT("D"), .has_birth_date = true, .birth_date = date_from_civil(1990, 1, 1)};
    const struct text birth = TEXT("birth_date"), number = TEXT("personal_number");
    uint64_t keep = create(it, &born);
    merge(it, keep, create(it, &numbered));
    assert_int_equal(get(it, keep).card.birth_date, date_from_civil(1981, 12, 18));
    struct person_merge command = {.keep = keep, .drop = create(it, &other), .take = {1, &birth}};
    assert_merge_refused(it, &command, "invalid_field", "take");
    command.drop = create(it, &coordinated);
    merge_by(it, &command);
    assert_true(text_equal(get(it, keep).card.personal_number, TEXT("198112189876")));
    command.drop = create(it, &coordinated); // which is free again
    command.take.items = &number;
    merge_by(it, &command);
    assert_true(text_equal(get(it, keep).card.personal_number, TEXT("198112789873")));
    create(it, &numbered); // which is free now
}

static void employees_keep_their_number_and_are_never_two(void **state)
{
    struct merge_register *it = *state;
    uint64_t keep = named(it, "Anna"), drop = employee(it, "A1"), other = employee(it, "A2");
    merge(it, keep, drop);
    struct person_card card = get(it, keep).card;
    assert_true(card.has_employment && text_equal(card.employment.employee_number, TEXT("A1")));
    const struct person_merge command = {.keep = keep, .drop = other};
    assert_merge_refused(it, &command, "wrong_state", "drop");
    const struct employee_list query = {.limit = 10};
    struct employee_list_reply list;
    struct reply_envelope reply = fixture_query(&it->fixture, &employee_list_message, &query);
    fixture_reply_body(&it->fixture, &employee_list_message, &reply, &list);
    assert_int_equal(list.employees.count, 2);
    assert_int_equal(list.employees.items[0].person, keep);
}

/** One batch of the service's own work. */
static enum fault work_once(struct merge_register *it)
{
    it->fixture.utc_ms += PAUSE_MS;
    core_begin(it->fixture.core);
    core_work(it->fixture.core);
    return core_end(it->fixture.core);
}

/** Lets the service work until it has nothing to do; returns in how many batches. */
static size_t work(struct merge_register *it)
{
    size_t batches = 0;
    for (; person_definition.work.due_ms(it->fixture.self) <= it->fixture.utc_ms + PAUSE_MS; batches++) {
        assert_int_equal(work_once(it), FAULT_NONE);
        assert_true(batches < 1000);
    }
    return batches;
}

/** Each followed by somebody who is none. */
static void create_customers(struct merge_register *it, const struct person_create *command, uint64_t *out_customers)
{
    const struct person_create other = {.given_name = TEXT("Ingen kund")};
    struct fixture *fixture = &it->fixture;
    for (size_t i = 0; i < CUSTOMERS;) {
        fixture_begin(fixture);
        size_t first = i;
        for (; i < first + 25; i++) {
            char id[2][16];
            snprintf(id[0], sizeof id[0], "c%u", it->calls++);
            snprintf(id[1], sizeof id[1], "c%u", it->calls++);
            fixture_add(fixture, &person_create_message, command, id[0]);
            fixture_add(fixture, &person_create_message, &other, id[1]);
        }
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
        for (size_t j = first; j < i; j++) {
            struct reply_envelope reply = fixture_reply(fixture, 2 * (j - first));
            struct person_create_reply body;
            fixture_reply_body(fixture, &person_create_message, &reply, &body);
            out_customers[j] = body.person;
        }
    }
}

static void customers_get_the_kept_account_manager(void **state)
{
    struct merge_register *it = *state;
    uint64_t drop = employee(it, "A1"), customers[CUSTOMERS];
    struct person_create command = {.given_name = TEXT("Kund"), .has_account_manager = true, .account_manager = drop};
    uint64_t keep = create(it, &command); // a customer of his other self
    create_customers(it, &command, customers);
    work(it);
    assert_int_equal(merge(it, keep, drop).customers, CUSTOMERS);
    assert_false(get(it, keep).card.has_account_manager);
    assert_int_equal(work_once(it), FAULT_NONE); // finds him
    assert_int_equal(work_once(it), FAULT_NONE); // moves a slice, and then the service dies
    int64_t left = used(it, USED_ACCOUNT_MANAGER, drop);
    assert_true(left > 0 && left < CUSTOMERS);
    fixture_restart(&it->fixture);
    assert_int_equal(work_once(it), FAULT_NONE);
    it->fixture.fence = true; // and a batch of it fails
    assert_int_equal(work_once(it), FAULT_STORAGE_FULL);
    it->fixture.fence = false;
    left = used(it, USED_ACCOUNT_MANAGER, drop);
    work(it);
    assert_int_equal(used(it, USED_ACCOUNT_MANAGER, drop), left); // no storm while the disk is full
    it->fixture.utc_ms += 1000;
    work(it);
    assert_int_equal(used(it, USED_ACCOUNT_MANAGER, drop), 0);
    assert_int_equal(used(it, USED_ACCOUNT_MANAGER, keep), CUSTOMERS);
    char where[48]; // as an older selection may ask for them
    snprintf(where, sizeof where, "account_manager:#%d", (int)drop);
    assert_int_equal(search(it, where).cards.count, 100);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        struct person_card card = get(it, customers[i]).card;
        assert_true(card.account_manager == keep && card.revision == 2);
    }
}

static void chains_of_merges_lead_to_their_end(void **state)
{
    struct merge_register *it = *state;
    uint64_t a = named(it, "A"), b = named(it, "B"), c = named(it, "C");
    merge(it, b, a);
    merge(it, c, b);
    fixture_restart(&it->fixture);
    struct person_get_reply led = get(it, a);
    assert_true(led.card.person == c && led.merged_from == a);
    assert_int_equal(get(it, b).card.person, c);
    struct store_txn *txn = store_begin_read(it->fixture.store);
    assert_int_equal(alias_end(txn, &person_merged, a), c);
    store_abort(txn);
}

static void what_must_not_be_merged_is_refused(void **state)
{
    struct merge_register *it = *state;
    uint64_t keep = named(it, "Åsa"), drop = named(it, "Åsa"), merged = named(it, "Åsa");
    merge(it, keep, merged);
    const struct {
        struct person_merge command;
        const char *code;
        const char *field;
    } wrong[] = {
        {{.keep = keep, .drop = keep}, "invalid_field", "drop"},
        {{.keep = 999, .drop = drop}, "not_found", "keep"},
        {{.keep = keep, .drop = 999}, "not_found", "drop"},
        {{.keep = keep, .drop = merged}, "wrong_state", "drop"},
        {{.keep = merged, .drop = drop}, "wrong_state", "keep"},
        {{.keep = keep, .drop = drop, .has_keep_revision = true, .keep_revision = 1}, "changed_since", "keep_revision"},
        {{.keep = keep, .drop = drop, .has_drop_revision = true, .drop_revision = 2}, "changed_since", "drop_revision"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_merge_refused(it, &wrong[i].command, wrong[i].code, wrong[i].field);
    // What changes a card is not led on: it was meant for another.
    const struct person_update update = {.person = merged, .has_email = true, .email = TEXT("a@example.test")};
    const struct employee_register employ = {.person = merged, .employee_number = TEXT("A1")};
    struct reply_envelope reply = call(it, &person_update_message, &update);
    assert_refused(&reply, "wrong_state", "person");
    reply = call(it, &employee_register_message, &employ);
    assert_refused(&reply, "wrong_state", "person");
}

static struct person_history_reply history(struct merge_register *it, uint64_t person, bool before_merge)
{
    const struct person_history query = {
        .person = person, .limit = 10, .has_before_merge = before_merge, .before_merge = before_merge};
    struct person_history_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_history_message, &query);
    fixture_reply_body(&it->fixture, &person_history_message, &reply, &body);
    return body;
}

static void the_history_tells_of_the_merge(void **state)
{
    struct merge_register *it = *state;
    const struct person_create rich = {.given_name = TEXT("Åsa"), .has_email = true, .email = TEXT("asa@example.test")};
    uint64_t keep = named(it, "Åsa"), drop = create(it, &rich), empty = named(it, "Åsa");
    merge(it, keep, drop);
    merge(it, keep, empty); // changes nothing of the card, and is told all the same
    struct person_history_reply own = history(it, keep, false), led = history(it, drop, false);
    assert_int_equal(own.versions.count, 3);
    assert_true(own.versions.items[0].has_merged && own.versions.items[0].merged == empty);
    assert_int_equal(own.versions.items[0].changes.count, 0);
    assert_true(own.versions.items[1].merged == drop && own.versions.items[1].changes.count == 1);
    assert_true(text_equal(own.versions.items[1].actor, TEXT("tester")));
    assert_true(!own.versions.items[2].has_merged && !own.has_merged_from);
    assert_int_equal(led.versions.count, 3);
    assert_true(led.has_merged_from && led.merged_from == drop);
    struct person_history_reply before = history(it, drop, true);
    assert_int_equal(before.versions.count, 1);
    assert_false(before.has_merged_from);
}

static void two_in_one_batch_see_each_other(void **state)
{
    struct merge_register *it = *state;
    uint64_t a = named(it, "A"), b = named(it, "B"), c = named(it, "C");
    const struct person_merge first = {.keep = b, .drop = a}, again = {.keep = c, .drop = a},
                              second = {.keep = c, .drop = b};
    fixture_begin(&it->fixture);
    fixture_add(&it->fixture, &person_merge_message, &first, "m1");
    fixture_add(&it->fixture, &person_merge_message, &again, "m2");
    fixture_add(&it->fixture, &person_merge_message, &second, "m3");
    assert_int_equal(core_end(it->fixture.core), FAULT_NONE);
    assert_done(fixture_reply(&it->fixture, 0));
    struct reply_envelope refused = fixture_reply(&it->fixture, 1);
    assert_refused(&refused, "wrong_state", "drop");
    assert_done(fixture_reply(&it->fixture, 2));
    assert_int_equal(get(it, a).card.person, c);
}

static void an_erasure_can_forget_the_old_numbers(void **state)
{
    struct merge_register *it = *state;
    const struct person_create numbered = {
        .given_name = TEXT("A"), .has_customer_number = true, .customer_number = TEXT("K1")};
    const struct person_create gone = {
        .given_name = TEXT("B"), .has_customer_number = true, .customer_number = TEXT("K2")};
    const struct person_create taker = {
        .given_name = TEXT("C"), .has_customer_number = true, .customer_number = TEXT("K2")};
    uint64_t keep = named(it, "Åsa"), other;
    merge(it, keep, create(it, &numbered));
    merge(it, keep, create(it, &gone));
    other = create(it, &taker);
    struct ctx ctx = {.txn = store_begin_write(it->fixture.store), .arena = &it->fixture.arena};
    merge_forget_numbers(&ctx, keep);
    assert_int_equal(store_commit(ctx.txn), FAULT_NONE);
    struct person_get query = {.has_customer_number = true, .customer_number = TEXT("K1")};
    struct reply_envelope reply = fixture_query(&it->fixture, &person_get_message, &query);
    assert_refused(&reply, "not_found", "customer_number");
    assert_finds(it, "number:K2", other);
    struct store_txn *txn = store_begin_read(it->fixture.store);
    uint64_t ids[4];
    assert_int_equal(alias_list(txn, &person_merged, keep, 0, ids, 4), 2); // their ids go on to lead there
    assert_int_equal(alias_kept(txn, &person_merged, ids[0]).len, 0);
    store_abort(txn);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_kept_card_lacks_is_filled),
        TEST(a_field_is_taken_when_that_is_asked_for),
        TEST(what_cannot_be_taken_is_refused),
        TEST(the_strictest_consent_wins),
        TEST(groups_are_united_up_to_64),
        TEST(notes_are_joined_within_their_limit),
        TEST(own_defined_values_are_united),
        TEST(a_department_stays_with_its_organisation),
        TEST(a_personal_number_says_the_birth_date),
        TEST(employees_keep_their_number_and_are_never_two),
        TEST(customers_get_the_kept_account_manager),
        TEST(chains_of_merges_lead_to_their_end),
        TEST(what_must_not_be_merged_is_refused),
        TEST(the_history_tells_of_the_merge),
        TEST(two_in_one_batch_see_each_other),
        TEST(an_erasure_can_forget_the_old_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
