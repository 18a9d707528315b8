// SPDX-License-Identifier: Apache-2.0
/** Bulk changes: whom they change and whom not, through aborted batches and restarts; merged entries; an employee's customers. Source: domain.md 1 and 2. */
#include "tests/unit/core_fixture.h"

#include "common/base/date.h"
#include "proto/person.gen.h"
#include "services/person/person.h"

enum { PERSONS = 250 };

struct bulks {
    struct fixture fixture;
    unsigned calls;
    uint64_t norr, soder, vegan, regular;
};

static struct reply_envelope call(struct bulks *it, const struct message_desc *message, const void *body)
{
    char id[16];
    snprintf(id, sizeof id, "b%u", it->calls++);
    return fixture_call(&it->fixture, message, body, id);
}

static uint64_t make_entry(struct bulks *it, enum pick_list list, uint64_t organisation, const char *name)
{
    struct entry_create_reply body;
    const struct entry_create command = {
        .list = list,
        .names = {.sv = text_of(name)},
        .has_organisation = organisation != 0,
        .organisation = organisation,
    };
    struct reply_envelope reply = call(it, &entry_create_message, &command);
    fixture_reply_body(&it->fixture, &entry_create_message, &reply, &body);
    return body.entry;
}

/** Persons 1 to PERSONS: every other in norr, all of them in regular, every fifth in vegan. */
static int set_up(void **state)
{
    struct bulks *it = calloc(1, sizeof *it);
    fixture_init(&it->fixture, &person_definition);
    it->norr = make_entry(it, PICK_LIST_REGION, 0, "Norr");
    it->soder = make_entry(it, PICK_LIST_REGION, 0, "Söder");
    it->vegan = make_entry(it, PICK_LIST_GROUP, 0, "Vegan");
    it->regular = make_entry(it, PICK_LIST_GROUP, 0, "Regular");
    for (size_t i = 1; i <= PERSONS; i++) {
        const uint64_t groups[] = {it->regular, it->vegan};
        const struct person_create command = {
            .given_name = TEXT("Åsa"),
            .has_region = i % 2 == 0,
            .region = it->norr,
            .groups = {i % 5 == 0 ? 2 : 1, groups},
        };
        assert_done(call(it, &person_create_message, &command));
    }
    *state = it;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(&((struct bulks *)*state)->fixture);
    free(*state);
    return 0;
}

static struct person_card card_of(struct bulks *it, uint64_t person)
{
    struct person_get_reply body;
    const struct person_get query = {.has_person = true, .person = person};
    struct reply_envelope reply = fixture_query(&it->fixture, &person_get_message, &query);
    fixture_reply_body(&it->fixture, &person_get_message, &reply, &body);
    return body.card;
}

static struct bulk bulk_of(struct bulks *it, uint64_t bulk)
{
    struct bulk_get_reply body;
    const struct bulk_get query = {.bulk = bulk};
    struct reply_envelope reply = fixture_query(&it->fixture, &bulk_get_message, &query);
    fixture_reply_body(&it->fixture, &bulk_get_message, &reply, &body);
    return body.bulk;
}

static struct reply_envelope start(struct bulks *it, const char *where, struct person_changes set)
{
    const struct bulk_start command = {.where = text_of(where), .set = set};
    return call(it, &bulk_start_message, &command);
}

static uint64_t started(struct bulks *it, const char *where, struct person_changes set)
{
    struct bulk_start_reply body;
    struct reply_envelope reply = start(it, where, set);
    fixture_reply_body(&it->fixture, &bulk_start_message, &reply, &body);
    return body.bulk;
}

/** What the query loop does after a commit. */
static void look(struct bulks *it)
{
    struct ctx ctx;
    core_query_ctx_begin(it->fixture.core, &ctx);
    for (int tries = 0; tries < 3; tries++)
        person_definition.publish(it->fixture.self, &ctx, NULL);
    core_query_ctx_end(&ctx);
}

static bool is_due(struct bulks *it)
{
    return person_definition.work.due_ms(it->fixture.self) <= it->fixture.utc_ms;
}

/** A batch of the command loop without commands. */
static enum fault turn(struct bulks *it)
{
    fixture_begin(&it->fixture);
    core_work(it->fixture.core);
    return core_end(it->fixture.core);
}

/** The same when work is due; whether it was. */
static bool work(struct bulks *it)
{
    bool due = is_due(it);
    if (due)
        turn(it);
    return due;
}

/** Turns both loops until nothing is left to do; how many batches that took. */
static size_t work_off(struct bulks *it)
{
    size_t batches = 0;
    for (bool more = true; more; batches++) {
        look(it);
        turn(it); // the choice wakes the loop
        more = is_due(it);
        assert_true(batches < 1000);
    }
    return batches;
}

static bool has_group(const struct person_card *card, uint64_t group)
{
    for (size_t i = 0; i < card->groups.count; i++)
        if (card->groups.items[i] == group)
            return true;
    return false;
}

static struct person_changes to_region(uint64_t region)
{
    return (struct person_changes){.has_region = true, .region = region};
}

static void a_selection_is_changed_once_and_nobody_else(void **state)
{
    struct bulks *it = *state;
    const struct person_changes set = {
        .has_region = true,
        .region = it->soder,
        .groups_add = {1, &it->vegan},
        .groups_remove = {1, &it->regular},
    };
    uint64_t id = started(it, "region:norr", set);
    assert_int_equal(bulk_of(it, id).state, BULK_STATE_CHOOSING);
    assert_true(work_off(it) > 1); // not all in one batch
    struct bulk bulk = bulk_of(it, id);
    assert_int_equal(bulk.state, BULK_STATE_DONE);
    assert_int_equal(bulk.total, PERSONS / 2);
    assert_int_equal(bulk.looked_at, PERSONS / 2);
    assert_int_equal(bulk.changed, PERSONS / 2);
    assert_int_equal(bulk.refused, 0);
    assert_true(bulk.has_ended_ms);
    for (uint64_t person = 1; person <= PERSONS; person++) {
        struct person_card card = card_of(it, person);
        bool was_chosen = person % 2 == 0;
        assert_int_equal(card.revision, was_chosen ? 2 : 1);
        assert_int_equal(card.region, was_chosen ? it->soder : 0);
        assert_int_equal(has_group(&card, it->regular), !was_chosen);
        assert_int_equal(has_group(&card, it->vegan), was_chosen || person % 5 == 0);
    }
}

static void a_saved_selection_and_a_name_may_be_asked_for(void **state)
{
    struct bulks *it = *state;
    const struct selection_save command = {.name = TEXT("I norr"), .where = TEXT("region:norr åsa")};
    assert_done(call(it, &selection_save_message, &command));
    uint64_t id = started(it, "selection:\"i norr\" name:asa", to_region(it->soder));
    work_off(it);
    assert_int_equal(bulk_of(it, id).changed, PERSONS / 2);
}

/** Names may be of somebody who is erased one day; what he is to be called in the question is not kept longer than it is needed. */
static void an_ended_change_keeps_no_words_of_persons(void **state)
{
    struct bulks *it = *state;
    static const struct {
        const char *where;
        const char *kept; // NULL: nothing
    } cases[] = {
        {"region:norr or group:Vegan", "region:norr or group:Vegan"},
        {"", ""},
        {"selection:\"bara åsa\" -region:norr", "selection:#1 -region:#1"}, // its name may be somebody's
        {"selection:bo", "selection:#2"},                                   // no longer and no shorter
        {"region:norr asa", NULL},
        {"-(name:bo or region:norr)", NULL},
        {"email:bo@example.test", NULL},
        {"phone:070-1740605", NULL},
        {"number:77", NULL},
    };
    const struct selection_save command = {.name = TEXT("Bara Åsa"), .where = TEXT("name:åsa")};
    const struct selection_save other = {.name = TEXT("Bo"), .where = TEXT("region:norr")};
    assert_done(call(it, &selection_save_message, &command));
    assert_done(call(it, &selection_save_message, &other));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t id = started(it, cases[i].where, to_region(it->soder));
        assert_true(text_equal(bulk_of(it, id).where, text_of(cases[i].where)));
        work_off(it);
        struct bulk bulk = bulk_of(it, id);
        assert_int_equal(bulk.state, BULK_STATE_DONE);
        assert_int_equal(bulk.has_where, cases[i].kept != NULL);
        if (!text_equal(bulk.where, text_of(cases[i].kept ? cases[i].kept : "")))
            fail_msg("%s: kept as %.*s", cases[i].where, (int)bulk.where.len, bulk.where.data);
    }
}

static void each_card_has_it_in_its_history_as_his_who_asked(void **state)
{
    struct bulks *it = *state;
    started(it, "region:norr", to_region(it->soder));
    work_off(it);
    struct person_history_reply body;
    const struct person_history query = {.person = 2, .limit = 1};
    struct reply_envelope reply = fixture_query(&it->fixture, &person_history_message, &query);
    fixture_reply_body(&it->fixture, &person_history_message, &reply, &body);
    assert_int_equal(body.versions.count, 1);
    assert_true(text_equal(body.versions.items[0].actor, TEXT("tester")));
    assert_true(text_equal(body.versions.items[0].sender, TEXT("test")));
    assert_true(text_equal(body.versions.items[0].changes.items[0].field, TEXT("region")));
}

static void a_card_that_is_so_already_is_not_written(void **state)
{
    struct bulks *it = *state;
    uint64_t id = started(it, "", to_region(it->norr));
    work_off(it);
    struct bulk bulk = bulk_of(it, id);
    assert_int_equal(bulk.total, PERSONS);
    assert_int_equal(bulk.changed, PERSONS / 2);
    assert_int_equal(card_of(it, 2).revision, 1);
    assert_int_equal(card_of(it, 1).revision, 2);
}

static void it_goes_on_where_it_was_after_a_restart_and_an_aborted_batch(void **state)
{
    struct bulks *it = *state;
    const struct person_changes set = {.groups_add = {1, &it->vegan}, .has_region = true, .region = it->soder};
    uint64_t id = started(it, "region:norr", set);
    fixture_restart(&it->fixture); // before anybody is chosen
    look(it);
    it->fixture.fence = true; // the choice is lost with its batch, and not chosen again
    assert_int_not_equal(turn(it), FAULT_NONE);
    assert_int_equal(bulk_of(it, id).state, BULK_STATE_CHOOSING);
    it->fixture.fence = false;
    assert_true(work(it));
    assert_int_equal(bulk_of(it, id).state, BULK_STATE_RUNNING);
    assert_true(work(it));
    int64_t looked_at = bulk_of(it, id).looked_at;
    assert_true(looked_at > 0 && looked_at < PERSONS / 2);
    it->fixture.fence = true;
    assert_true(work(it));
    assert_int_equal(bulk_of(it, id).looked_at, looked_at);
    it->fixture.fence = false;
    fixture_restart(&it->fixture); // in the middle
    while (work(it))
        ;
    struct bulk bulk = bulk_of(it, id);
    assert_int_equal(bulk.state, BULK_STATE_DONE);
    assert_int_equal(bulk.changed, PERSONS / 2);
    for (uint64_t person = 1; person <= PERSONS; person++)
        assert_int_equal(card_of(it, person).revision, person % 2 == 0 ? 2 : 1);
}

static void who_comes_later_is_not_of_the_selection(void **state)
{
    struct bulks *it = *state;
    uint64_t id = started(it, "region:norr", to_region(it->soder));
    look(it);
    const struct person_create late = {.given_name = TEXT("Bo"), .has_region = true, .region = it->norr};
    const struct person_update early = {.person = 4, .clear_region = true};
    assert_done(call(it, &person_create_message, &late));
    assert_done(call(it, &person_update_message, &early));
    while (work(it))
        look(it);
    assert_int_equal(bulk_of(it, id).total, PERSONS / 2);
    assert_int_equal(card_of(it, PERSONS + 1).region, it->norr);
    assert_int_equal(card_of(it, 4).region, it->soder); // was of it when it was chosen
}

static void what_a_rule_refuses_stays_and_is_told(void **state)
{
    struct bulks *it = *state;
    const struct organisation_create kraft = {.name = TEXT("Kraft")}, annan = {.name = TEXT("Annan")};
    assert_done(call(it, &organisation_create_message, &kraft));
    assert_done(call(it, &organisation_create_message, &annan));
    uint64_t ekonomi = make_entry(it, PICK_LIST_DEPARTMENT, 1, "Ekonomi");
    for (uint64_t person = 1; person <= 3; person++) {
        const struct person_update update = {
            .person = person, .has_organisation = true, .organisation = person == 2 ? 2 : 1};
        assert_done(call(it, &person_update_message, &update));
    }
    const struct person_changes set = {.has_department = true, .department = ekonomi};
    uint64_t id = started(it, "has:organisation", set);
    work_off(it);
    struct bulk bulk = bulk_of(it, id);
    assert_int_equal(bulk.state, BULK_STATE_DONE);
    assert_int_equal(bulk.changed, 2);
    assert_int_equal(bulk.refused, 1);
    struct bulk_refused_reply body;
    const struct bulk_refused query = {.bulk = id, .limit = 10};
    struct reply_envelope reply = fixture_query(&it->fixture, &bulk_refused_message, &query);
    fixture_reply_body(&it->fixture, &bulk_refused_message, &reply, &body);
    assert_int_equal(body.refused.count, 1);
    assert_false(body.more);
    assert_int_equal(body.refused.items[0].person, 2);
    assert_true(text_equal(body.refused.items[0].field, TEXT("department")));
    assert_true(body.refused.items[0].message.len > 10);
    assert_false(card_of(it, 2).has_department);
    assert_int_equal(card_of(it, 3).department, ekonomi);
}

static void what_no_card_could_take_is_refused_at_once(void **state)
{
    struct bulks *it = *state;
    const struct entry_update off = {.entry = it->soder, .has_active = true, .active = false};
    assert_done(call(it, &entry_update_message, &off));
    uint64_t seq = store_seq(it->fixture.store);
    struct person_changes both = to_region(it->norr);
    both.has_terms_accepted_on = true;
    both.terms_accepted_on = date_from_civil(2199, 1, 1);
    const struct {
        const char *where;
        struct person_changes set;
        const char *code;
        const char *field;
    } cases[] = {
        {"region:norr", {.has_region = false}, "missing_field", "set"},
        {"region:norr", to_region(it->soder), "inactive_entry", "set.region"},
        {"region:norr", to_region(4711), "unknown_entry", "set.region"},
        {"region:norr", to_region(it->vegan), "unknown_entry", "set.region"},
        {"region:norr", both, "invalid_field", "set.terms_accepted_on"},
        {"region:norr", {.has_account_manager = true, .account_manager = 3}, "unknown_entry", "set.account_manager"},
        {"region:norr", {.groups_add = {1, &it->norr}}, "unknown_entry", "set.groups_add"},
        {"region:nowhere", to_region(it->norr), "invalid_field", "where"},
        {"(region:norr", to_region(it->norr), "invalid_field", "where"},
        {"colour:blue", to_region(it->norr), "invalid_field", "where"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply_envelope reply = start(it, cases[i].where, cases[i].set);
        assert_refused(&reply, cases[i].code, cases[i].field);
    }
    assert_int_equal(store_seq(it->fixture.store), seq);
}

/** The question is tried on a roster that has nobody, which has no words either. */
static void a_selection_can_be_asked_for_by_name(void **state)
{
    struct bulks *it = *state;
    uint64_t id = started(it, "asa region:norr", to_region(it->soder));
    work_off(it);
    assert_int_equal(bulk_of(it, id).changed, PERSONS / 2);
    id = started(it, "name:larson", to_region(it->norr));
    work_off(it);
    assert_int_equal(bulk_of(it, id).total, 0);
}

static void own_fields_are_set_and_taken_away(void **state)
{
    struct bulks *it = *state;
    const struct field_create vip = {.name = TEXT("vip"), .kind = OWN_FIELD_KIND_YES_NO, .names = {.sv = TEXT("VIP")}};
    const struct field_create size = {
        .name = TEXT("size"), .kind = OWN_FIELD_KIND_NUMBER, .names = {.sv = TEXT("Storlek")}};
    assert_done(call(it, &field_create_message, &vip));
    assert_done(call(it, &field_create_message, &size));
    const struct own_change given[] = {{.name = TEXT("size"), .value = TEXT("38")}, {TEXT("vip"), TEXT("yes")}};
    uint64_t id = started(it, "region:norr", (struct person_changes){.own = {2, given}});
    work_off(it);
    assert_int_equal(bulk_of(it, id).changed, PERSONS / 2);
    assert_int_equal(card_of(it, 2).own.count, 2);
    assert_true(card_of(it, 2).own.items[0].yes_no);
    assert_int_equal(card_of(it, 3).own.count, 0);
    const struct own_change taken = {.name = TEXT("vip"), .value = TEXT("")};
    id = started(it, "own.vip:yes own.size:38 group:vegan", (struct person_changes){.own = {1, &taken}});
    work_off(it);
    assert_int_equal(bulk_of(it, id).changed, PERSONS / 10);
    assert_int_equal(card_of(it, 10).own.count, 1);
    assert_int_equal(card_of(it, 2).own.count, 2);
    const struct own_change wrong = {.name = TEXT("size"), .value = TEXT("big")};
    struct reply_envelope reply = start(it, "region:norr", (struct person_changes){.own = {1, &wrong}});
    assert_refused(&reply, "invalid_field", "set.own.size");
}

static void another_number_than_expected_changes_nothing(void **state)
{
    struct bulks *it = *state;
    const struct bulk_start command = {
        .where = TEXT("region:norr"), .set = to_region(it->soder), .has_expect = true, .expect = PERSONS / 2 + 1};
    assert_done(call(it, &bulk_start_message, &command));
    work_off(it);
    struct bulk bulk = bulk_of(it, 1);
    assert_int_equal(bulk.state, BULK_STATE_FAILED);
    assert_int_equal(bulk.total, PERSONS / 2);
    assert_true(bulk.reason.len > 0);
    assert_int_equal(card_of(it, 2).revision, 1);
    const struct bulk_start again = {
        .where = TEXT("region:norr"), .set = to_region(it->soder), .has_expect = true, .expect = PERSONS / 2};
    assert_done(call(it, &bulk_start_message, &again));
    work_off(it);
    assert_int_equal(bulk_of(it, 2).state, BULK_STATE_DONE);
}

static void a_question_that_is_answered_no_more_fails_it(void **state)
{
    struct bulks *it = *state;
    uint64_t lone = make_entry(it, PICK_LIST_CATEGORY, 0, "Kund");
    uint64_t id = started(it, "category:kund", to_region(it->soder));
    const struct entry_delete gone = {.entry = lone};
    assert_done(call(it, &entry_delete_message, &gone));
    work_off(it);
    struct bulk bulk = bulk_of(it, id);
    assert_int_equal(bulk.state, BULK_STATE_FAILED);
    assert_true(bulk.reason.len > 0);
}

static void they_run_one_after_the_other_and_can_be_stopped(void **state)
{
    struct bulks *it = *state;
    uint64_t first = started(it, "", to_region(it->norr)), second = started(it, "", to_region(it->soder));
    uint64_t third = started(it, "", to_region(it->norr));
    const struct bulk_stop stop_first = {.bulk = first}, stop_third = {.bulk = third};
    look(it);
    turn(it);
    assert_true(work(it));
    assert_int_equal(bulk_of(it, first).state, BULK_STATE_RUNNING);
    assert_int_equal(bulk_of(it, second).state, BULK_STATE_CHOOSING);
    assert_done(call(it, &bulk_stop_message, &stop_third));
    assert_done(call(it, &bulk_stop_message, &stop_first));
    int64_t looked_at = bulk_of(it, first).looked_at;
    assert_true(looked_at > 0 && looked_at < PERSONS);
    work_off(it);
    assert_int_equal(bulk_of(it, first).state, BULK_STATE_STOPPED);
    assert_int_equal(bulk_of(it, first).looked_at, looked_at);
    assert_int_equal(bulk_of(it, second).state, BULK_STATE_DONE);
    assert_int_equal(bulk_of(it, third).state, BULK_STATE_STOPPED);
    assert_int_equal(card_of(it, 1).region, it->soder);
    struct reply_envelope reply = call(it, &bulk_stop_message, &stop_first);
    assert_refused(&reply, "wrong_state", "bulk");
    const struct bulk_stop none = {.bulk = 99};
    reply = call(it, &bulk_stop_message, &none);
    assert_refused(&reply, "not_found", "bulk");
    struct bulk_list_reply page;
    const struct bulk_list query = {.has_before = true, .before = third, .limit = 1};
    reply = fixture_query(&it->fixture, &bulk_list_message, &query);
    fixture_reply_body(&it->fixture, &bulk_list_message, &reply, &page);
    assert_int_equal(page.bulks.count, 1);
    assert_int_equal(page.bulks.items[0].bulk, second);
    assert_true(page.more);
}

static void a_choice_for_one_that_was_stopped_is_dropped(void **state)
{
    struct bulks *it = *state;
    uint64_t first = started(it, "", to_region(it->norr)), second = started(it, "region:norr", to_region(it->soder));
    const struct bulk_stop stop = {.bulk = first};
    look(it); // chosen, and not taken yet
    assert_done(call(it, &bulk_stop_message, &stop));
    work_off(it);
    work_off(it);
    assert_int_equal(bulk_of(it, second).state, BULK_STATE_DONE);
    assert_int_equal(bulk_of(it, second).changed, PERSONS / 2);
    assert_int_equal(card_of(it, 1).revision, 1);
}

static struct pick_list_entry entry_of(struct bulks *it, uint64_t entry, int64_t *out_usage)
{
    struct entry_list_reply body;
    const struct entry_list query = {.has_list = false};
    struct reply_envelope reply = fixture_query(&it->fixture, &entry_list_message, &query);
    fixture_reply_body(&it->fixture, &entry_list_message, &reply, &body);
    size_t at = 0;
    while (body.entries.items[at].entry != entry)
        assert_true(++at < body.entries.count);
    *out_usage = body.usage.items[at].persons;
    return body.entries.items[at];
}

static void a_merged_entry_leaves_every_card(void **state)
{
    struct bulks *it = *state;
    int64_t usage;
    const struct entry_merge regions = {.entry = it->norr, .into = it->soder};
    const struct entry_merge groups = {.entry = it->vegan, .into = it->regular};
    const struct entry_update off = {.entry = it->soder, .has_active = true, .active = false};
    const struct entry_update on = {.entry = it->norr, .has_active = true, .active = true};
    const struct entry_delete gone = {.entry = it->soder}, old = {.entry = it->norr};
    assert_done(call(it, &entry_merge_message, &regions));
    assert_done(call(it, &entry_merge_message, &groups));
    struct reply_envelope reply = call(it, &entry_update_message, &off);
    assert_refused(&reply, "in_use", "active");
    reply = call(it, &entry_delete_message, &gone);
    assert_refused(&reply, "in_use", "entry");
    const struct bulk_stop stop = {.bulk = 1};
    reply = call(it, &bulk_stop_message, &stop);
    assert_refused(&reply, "wrong_state", "bulk");
    const struct person_update choose = {.person = 1, .has_region = true, .region = it->norr};
    reply = call(it, &person_update_message, &choose);
    assert_refused(&reply, "inactive_entry", "region");
    work_off(it);
    work_off(it);
    for (uint64_t person = 1; person <= PERSONS; person++) {
        struct person_card card = card_of(it, person);
        assert_int_equal(card.region, person % 2 ? 0 : it->soder);
        assert_false(has_group(&card, it->vegan));
        assert_true(has_group(&card, it->regular));
        assert_int_equal(card.groups.count, 1);
    }
    struct pick_list_entry entry = entry_of(it, it->norr, &usage);
    assert_int_equal(usage, 0);
    assert_false(entry.active);
    assert_int_equal(entry.merged_into, it->soder);
    entry_of(it, it->soder, &usage);
    assert_int_equal(usage, PERSONS / 2);
    reply = call(it, &entry_update_message, &on);
    assert_refused(&reply, "wrong_state", "active");
    assert_done(call(it, &entry_delete_message, &old));
    assert_done(call(it, &entry_update_message, &off));
}

static void entries_that_do_not_belong_together_are_not_merged(void **state)
{
    struct bulks *it = *state;
    const struct organisation_create kraft = {.name = TEXT("Kraft")}, annan = {.name = TEXT("Annan")};
    assert_done(call(it, &organisation_create_message, &kraft));
    assert_done(call(it, &organisation_create_message, &annan));
    uint64_t ekonomi = make_entry(it, PICK_LIST_DEPARTMENT, 1, "Ekonomi");
    uint64_t other = make_entry(it, PICK_LIST_DEPARTMENT, 2, "Ekonomi");
    uint64_t old = make_entry(it, PICK_LIST_REGION, 0, "Gamla");
    const struct entry_update off = {.entry = old, .has_active = true, .active = false};
    assert_done(call(it, &entry_update_message, &off));
    uint64_t seq = store_seq(it->fixture.store);
    const struct {
        uint64_t entry, into;
        const char *code, *field;
    } cases[] = {
        {it->norr, it->norr, "invalid_field", "into"}, {it->norr, it->vegan, "invalid_field", "into"},
        {ekonomi, other, "invalid_field", "into"},     {it->norr, old, "inactive_entry", "into"},
        {4711, it->norr, "not_found", "entry"},        {it->norr, 4711, "not_found", "into"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct entry_merge command = {.entry = cases[i].entry, .into = cases[i].into};
        struct reply_envelope reply = call(it, &entry_merge_message, &command);
        assert_refused(&reply, cases[i].code, cases[i].field);
    }
    assert_int_equal(store_seq(it->fixture.store), seq);
    const struct entry_merge once = {.entry = it->norr, .into = it->soder}, chain = {.entry = it->soder, .into = old};
    const struct entry_update on = {.entry = old, .has_active = true, .active = true};
    assert_done(call(it, &entry_update_message, &on));
    assert_done(call(it, &entry_merge_message, &once));
    struct reply_envelope reply = call(it, &entry_merge_message, &once);
    assert_refused(&reply, "wrong_state", "entry");
    reply = call(it, &entry_merge_message, &chain);
    assert_refused(&reply, "in_use", "entry"); // while it gets the other's cards
    work_off(it);
    assert_done(call(it, &entry_merge_message, &chain));
    work_off(it);
    assert_int_equal(card_of(it, 2).region, old);
}

static void an_employees_customers_go_to_the_successor(void **state)
{
    struct bulks *it = *state;
    const struct employee_register hire[] = {
        {.person = 1, .employee_number = TEXT("A1"), .started_on = date_from_civil(2020, 1, 1)},
        {.person = 2, .employee_number = TEXT("A2"), .started_on = date_from_civil(2020, 1, 1)},
    };
    assert_done(call(it, &employee_register_message, &hire[0]));
    assert_done(call(it, &employee_register_message, &hire[1]));
    started(it, "region:norr", (struct person_changes){.has_account_manager = true, .account_manager = 1});
    work_off(it);
    const struct employee_end to_himself = {
        .person = 1, .ended_on = date_from_civil(2026, 1, 1), .has_successor = true, .successor = 1};
    const struct employee_end to_nobody = {
        .person = 1, .ended_on = date_from_civil(2026, 1, 1), .has_successor = true, .successor = 5};
    const struct employee_end end = {
        .person = 1, .ended_on = date_from_civil(2026, 1, 1), .has_successor = true, .successor = 2};
    struct reply_envelope reply = call(it, &employee_end_message, &to_himself);
    assert_refused(&reply, "invalid_field", "successor");
    reply = call(it, &employee_end_message, &to_nobody);
    assert_refused(&reply, "unknown_entry", "successor");
    assert_false(card_of(it, 1).employment.has_ended_on);
    struct employee_end_reply body;
    reply = call(it, &employee_end_message, &end);
    fixture_reply_body(&it->fixture, &employee_end_message, &reply, &body);
    assert_int_equal(body.customers, PERSONS / 2);
    assert_true(body.has_bulk);
    work_off(it);
    assert_int_equal(bulk_of(it, body.bulk).changed, PERSONS / 2);
    assert_int_equal(card_of(it, 4).account_manager, 2);
    assert_false(card_of(it, 3).has_account_manager);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_selection_is_changed_once_and_nobody_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_saved_selection_and_a_name_may_be_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_card_has_it_in_its_history_as_his_who_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_card_that_is_so_already_is_not_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_ended_change_keeps_no_words_of_persons, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_goes_on_where_it_was_after_a_restart_and_an_aborted_batch, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_comes_later_is_not_of_the_selection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_rule_refuses_stays_and_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_no_card_could_take_is_refused_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_selection_can_be_asked_for_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_fields_are_set_and_taken_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_number_than_expected_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_question_that_is_answered_no_more_fails_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(they_run_one_after_the_other_and_can_be_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_choice_for_one_that_was_stopped_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_merged_entry_leaves_every_card, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entries_that_do_not_belong_together_are_not_merged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_employees_customers_go_to_the_successor, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
