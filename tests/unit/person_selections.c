// SPDX-License-Identifier: Apache-2.0
/** Saved selections: kept, listed, named in questions and in each other; what is refused, and where it says that it is wrong. */
#include "tests/unit/core_fixture.h"

#include "proto/person.gen.h"
#include "services/person/person.h"

static unsigned calls;

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
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
    char id[16];
    snprintf(id, sizeof id, "s%u", calls++);
    return fixture_call(fixture, message, body, id);
}

static struct reply_envelope save(struct fixture *fixture, const char *name, const char *where)
{
    const struct selection_save command = {.name = text_of(name), .where = text_of(where)};
    return call(fixture, &selection_save_message, &command);
}

static struct reply_envelope delete (struct fixture *fixture, const char *name)
{
    const struct selection_delete command = {.name = text_of(name)};
    return call(fixture, &selection_delete_message, &command);
}

static struct reply_envelope search(struct fixture *fixture, const char *where)
{
    const struct person_search query = {.has_where = true, .where = text_of(where), .limit = 100};
    return fixture_query(fixture, &person_search_message, &query);
}

static struct selection_list_reply list(struct fixture *fixture, const char *after, int64_t limit)
{
    const struct selection_list query = {.has_after = true, .after = text_of(after), .limit = limit};
    struct selection_list_reply body;
    struct reply_envelope reply = fixture_query(fixture, &selection_list_message, &query);
    fixture_reply_body(fixture, &selection_list_message, &reply, &body);
    return body;
}

/** That the question finds these persons in this order: their ids with blanks between. */
static void assert_finds(struct fixture *fixture, const char *where, const char *expected)
{
    struct person_search_reply body;
    struct reply_envelope reply = search(fixture, where);
    char found[512] = "";
    size_t len = 0;
    if (reply.status != REPLY_STATUS_OK)
        fail_msg("%s: %.*s", where, (int)reply.error.message.len, reply.error.message.data);
    fixture_reply_body(fixture, &person_search_message, &reply, &body);
    for (size_t i = 0; i < body.cards.count; i++)
        len += (size_t)snprintf(found + len, sizeof found - len, "%s%d", i ? " " : "", (int)body.cards.items[i].person);
    assert_string_equal(found, expected);
}

static void assert_told(const struct reply_envelope *reply, const char *code, const char *field, const char *part)
{
    assert_refused(reply, code, field);
    if (!memmem(reply->error.message.data, reply->error.message.len, part, strlen(part)))
        fail_msg("not '%s': %.*s", part, (int)reply->error.message.len, reply->error.message.data);
}

/** Regions 1 Norr, 2 Söder; group 3 Vegan; persons 1 Åsa in Norr, 2 Bo in Söder, 3 Cia in Norr and Vegan, 4 Dan nowhere. */
static void make_register(struct fixture *fixture)
{
    static const struct {
        enum pick_list list;
        const char *name;
    } entries[] = {{PICK_LIST_REGION, "Norr"}, {PICK_LIST_REGION, "Söder"}, {PICK_LIST_GROUP, "Vegan"}};
    static const uint64_t vegan[] = {3};
    static const struct {
        const char *name;
        uint64_t region;
        size_t groups;
    } persons[] = {{"Åsa", 1, 0}, {"Bo", 2, 0}, {"Cia", 1, 1}, {"Dan", 0, 0}};
    for (size_t i = 0; i < 3; i++) {
        const struct entry_create command = {.list = entries[i].list, .names = {.sv = text_of(entries[i].name)}};
        assert_done(call(fixture, &entry_create_message, &command));
    }
    for (size_t i = 0; i < 4; i++) {
        const struct person_create command = {.given_name = text_of(persons[i].name),
                                              .has_region = persons[i].region != 0,
                                              .region = persons[i].region,
                                              .groups = {persons[i].groups, vegan}};
        assert_done(call(fixture, &person_create_message, &command));
    }
}

static void it_is_found_by_name_and_always_current(void **state)
{
    struct fixture *fixture = *state;
    struct selection_save_reply saved;
    make_register(fixture);
    struct reply_envelope reply = save(fixture, "Norr", "region:norr");
    fixture_reply_body(fixture, &selection_save_message, &reply, &saved);
    assert_int_equal(saved.selection, 1);
    assert_int_equal(saved.revision, 1);
    assert_finds(fixture, "selection:NORR", "3 1"); // by name: å after c
    assert_finds(fixture, "-selection:norr", "2 4");
    assert_finds(fixture, "selection:norr -group:vegan", "1");
    const struct person_update moves = {.person = 4, .has_region = true, .region = 1};
    assert_done(call(fixture, &person_update_message, &moves));
    assert_finds(fixture, "selection:norr", "3 4 1");
    fixture_restart(fixture);
    assert_finds(fixture, "selection:norr", "3 4 1");
    reply = save(fixture, "norr", "region:norr or bo");
    fixture_reply_body(fixture, &selection_save_message, &reply, &saved);
    assert_int_equal(saved.selection, 1); // it is the same one, otherwise
    assert_int_equal(saved.revision, 2);
    assert_finds(fixture, "selection:norr", "2 3 4 1");
    assert_finds(fixture, "selection:norr group:vegan", "3"); // as if it stood in parentheses
}

static void saving_the_same_again_is_no_change(void **state)
{
    struct fixture *fixture = *state;
    struct selection_save_reply saved;
    assert_done(save(fixture, "Alla", "has:email"));
    fixture->utc_ms += 1000;
    struct reply_envelope reply = save(fixture, "Alla", "has:email");
    fixture_reply_body(fixture, &selection_save_message, &reply, &saved);
    assert_int_equal(saved.revision, 1);
    assert_int_equal(list(fixture, "", 10).selections.items[0].saved_ms, FIXTURE_START_MS);
    reply = save(fixture, "ALLA", "has:email");
    fixture_reply_body(fixture, &selection_save_message, &reply, &saved);
    assert_int_equal(saved.revision, 2);
    assert_true(text_equal(list(fixture, "", 10).selections.items[0].name, TEXT("ALLA")));
}

static void they_are_listed_by_name_in_pages(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"b", "D", "a", "c", "E"};
    for (size_t i = 0; i < 5; i++)
        assert_done(save(fixture, names[i], "has:email"));
    struct selection_list_reply page = list(fixture, "", 2);
    assert_true(page.more && page.selections.count == 2);
    assert_true(text_equal(page.selections.items[1].name, TEXT("b")));
    assert_true(page.selections.items[1].has_saved_by);
    assert_true(text_equal(page.selections.items[1].saved_by, TEXT("tester")));
    page = list(fixture, "B", 3);
    assert_true(!page.more && page.selections.count == 3);
    assert_true(text_equal(page.selections.items[2].name, TEXT("E")));
    assert_done(delete (fixture, "d"));
    assert_int_equal(list(fixture, "c", 9).selections.count, 1);
    struct reply_envelope reply = delete (fixture, "d");
    assert_told(&reply, "not_found", "name", "no selection of this name");
    reply = search(fixture, "selection:d");
    assert_told(&reply, "invalid_field", "where", "there is not");
}

/** What a selection names stays what it was, whatever it is called later; what is gone is told. */
static void what_it_names_is_kept_by_id(void **state)
{
    struct fixture *fixture = *state;
    make_register(fixture);
    assert_done(save(fixture, "Båda", "region:\"Norr\",söder  -(group:vegan) or id:#3 \"cia\""));
    assert_true(
        text_equal(list(fixture, "", 1).selections.items[0].asked, TEXT("region:#1,#2  -(group:#3) or id:#3 \"cia\"")));
    assert_finds(fixture, "selection:båda", "2 3 1");
    const struct entry_update renames = {.entry = 1, .has_names = true, .names = {.sv = TEXT("Norrland")}};
    assert_done(call(fixture, &entry_update_message, &renames));
    assert_finds(fixture, "selection:båda", "2 3 1");
    struct reply_envelope reply = save(fixture, "Norr", "region:norr");
    assert_told(&reply, "invalid_field", "where", "its pick-list has not");
    const struct person_update leaves = {.person = 2, .clear_region = true};
    assert_done(call(fixture, &person_update_message, &leaves));
    const struct entry_delete goes = {.entry = 2};
    assert_done(call(fixture, &entry_delete_message, &goes));
    reply = search(fixture, "selection:båda");
    assert_told(&reply, "invalid_field", "where", "or no longer");
    assert_told(&reply, "invalid_field", "where", "(in the selection Båda, at character 11)");
    reply = search(fixture, "region:#3"); // a group
    assert_told(&reply, "invalid_field", "where", "its pick-list has not");
}

/** An entry that was merged into another means that one, while cards change over and after. */
static void a_merged_entry_is_what_stands_for_it(void **state)
{
    struct fixture *fixture = *state;
    make_register(fixture);
    assert_done(save(fixture, "Södra", "region:söder"));
    const struct entry_merge merges = {.entry = 2, .into = 1};
    assert_done(call(fixture, &entry_merge_message, &merges));
    assert_finds(fixture, "selection:södra", "2 3 1");
    assert_finds(fixture, "region:söder", "2 3 1");
    assert_finds(fixture, "region:#2", "2"); // who is still to change
    const struct person_update changes = {.person = 2, .has_region = true, .region = 1};
    assert_done(call(fixture, &person_update_message, &changes));
    assert_finds(fixture, "selection:södra", "2 3 1");
    assert_finds(fixture, "region:#2", "");
}

static void account_managers_are_kept_by_id(void **state)
{
    struct fixture *fixture = *state;
    make_register(fixture);
    const struct employee_register works = {.person = 2, .employee_number = TEXT("A17"), .started_on = 20000};
    assert_done(call(fixture, &employee_register_message, &works));
    const struct person_update chooses = {.person = 3, .has_account_manager = true, .account_manager = 2};
    assert_done(call(fixture, &person_update_message, &chooses));
    assert_done(save(fixture, "Bos", "account_manager:A17,none"));
    assert_true(text_equal(list(fixture, "", 1).selections.items[0].asked, TEXT("account_manager:#2,none")));
    const struct employee_register corrected = {.person = 2, .employee_number = TEXT("B1"), .started_on = 20000};
    assert_done(call(fixture, &employee_register_message, &corrected));
    assert_finds(fixture, "selection:bos account_manager:B1", "3");
}

static void selections_name_each_other(void **state)
{
    struct fixture *fixture = *state;
    make_register(fixture);
    assert_done(save(fixture, "Norr", "region:norr"));
    assert_done(save(fixture, "Vegan i norr", "selection:norr group:vegan"));
    assert_done(save(fixture, "De andra", "-selection:\"Vegan i norr\",#1"));
    assert_finds(fixture, "selection:\"vegan i norr\"", "3");
    assert_finds(fixture, "selection:\"de andra\"", "2 4");
    assert_finds(fixture, "selection:\"de andra\",norr", "2 3 4 1");
    struct reply_envelope reply = delete (fixture, "norr");
    assert_told(&reply, "in_use", "name", "names it");
    reply = save(fixture, "Norr", "selection:norr");
    assert_told(&reply, "invalid_field", "where", "that it is to be; take that away (at character 11)");
    reply = save(fixture, "Norr", "vegan selection:\"de andra\"");
    assert_told(&reply, "invalid_field", "where",
                "that it is to be; take that away (in the selection Vegan i norr, at character 11)");
    assert_finds(fixture, "selection:norr", "3 1"); // as it was
    assert_done(save(fixture, "De andra", "dan"));
    assert_done(save(fixture, "Vegan i norr", "dan selection:\"de andra\""));
    assert_done(delete (fixture, "norr"));
    reply = delete (fixture, "de andra");
    assert_told(&reply, "in_use", "name", "Vegan i norr");
}

/** One that was evaluated already, within another, is in use all the same. */
static void what_is_named_twice_is_in_use(void **state)
{
    struct fixture *fixture = *state;
    assert_done(save(fixture, "a", "has:email"));
    assert_done(save(fixture, "b", "selection:a"));
    assert_done(save(fixture, "c", "selection:b selection:a selection:b"));
    assert_done(save(fixture, "b", "has:mobile"));
    struct reply_envelope reply = delete (fixture, "a");
    assert_told(&reply, "in_use", "name", "the selection c names it");
    assert_int_equal(list(fixture, "b", 1).selections.items[0].uses.count, 2);
}

static void depth_and_number_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    char name[16], where[2400] = "";
    size_t len = 0;
    assert_done(save(fixture, "d0", "has:email"));
    for (int i = 1; i <= 7; i++) {
        snprintf(name, sizeof name, "d%d", i);
        snprintf(where, sizeof where, "selection:d%d", i - 1);
        assert_done(save(fixture, name, where));
    }
    assert_finds(fixture, "selection:d7", "");
    assert_done(save(fixture, "d8", "selection:d7"));
    struct reply_envelope reply = save(fixture, "d9", "selection:d8");
    assert_told(&reply, "invalid_field", "where", "more than 8 deep");
    reply = search(fixture, "selection:d8");
    assert_told(&reply, "invalid_field", "where", "more than 8 deep");
    for (int i = 0; i < 65; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_done(save(fixture, name, "has:email"));
        len += (size_t)snprintf(where + len, sizeof where - len, "%sselection:n%d", i ? " " : "", i);
        reply = i < 63 ? reply : save(fixture, "many", where);
        if (i == 63)
            assert_done(reply);
    }
    assert_told(&reply, "invalid_field", "where", "more than 64 selections");
}

static void it_has_an_order_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    make_register(fixture);
    const struct selection_save newest = {
        .name = TEXT("Nya"), .where = TEXT("-id:#2"), .has_sort = true, .sort = PERSON_SORT_NEWEST};
    assert_done(call(fixture, &selection_save_message, &newest));
    assert_finds(fixture, "selection:nya", "4 3 1");
    assert_finds(fixture, " selection:#1 ", "4 3 1");
    assert_finds(fixture, "-selection:nya", "2");
    assert_finds(fixture, "selection:nya has:region", "3 1"); // it is not alone: by name
    const struct person_search query = {
        .has_where = true, .where = TEXT("selection:nya"), .has_sort = true, .sort = PERSON_SORT_OLDEST, .limit = 1};
    struct person_search_reply body;
    struct reply_envelope reply = fixture_query(fixture, &person_search_message, &query);
    fixture_reply_body(fixture, &person_search_message, &reply, &body);
    assert_int_equal(body.cards.items[0].person, 1);
    assert_done(save(fixture, "Namn", "selection:nya")); // has none, and takes none over
    assert_finds(fixture, "selection:namn", "3 4 1");
}

struct wrong {
    const char *name;
    const char *where;
    const char *field;
    const char *part;
};

static void what_makes_no_sense_is_told_with_its_place(void **state)
{
    struct fixture *fixture = *state;
    make_register(fixture);
    static const struct wrong wrong[] = {
        {"\"", "bo", "name", "quotation mark"},
        {"#5", "bo", "name", "as ids do"},
        {"x", "  ", "where", "asks for nothing"},
        {"x", "bo colour:red", "where", "(at character 4)"},
        {"x", "region:norr,väst", "where", "its pick-list has not; entry.list shows those it has (at character 13)"},
        {"x", "å ä ö born:nu", "where", "(at character 12)"},
        {"x", "bo (cia (dan)", "where", "not closed; add ) where it ends (at character 4)"},
        {"x", "bo ) cia", "where", "nothing opened; take it away (at character 4)"},
        {"x", "bo or ", "where", "(at character 7)"},
        {"x", "bo name:\"cia", "where", "not closed; add one after the value (at character 9)"},
        {"x", "region:norr,", "where", "without a value; write it right behind the colon (at character 13)"},
        {"x", "phone:12", "where", "phone number that is none"},
        {"x", "selection:x", "where", "a selection that there is not"},
        {"x", "selection:#9", "where", "a selection that there is not"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct reply_envelope reply = save(fixture, wrong[i].name, wrong[i].where);
        assert_told(&reply, "invalid_field", wrong[i].field, wrong[i].part);
    }
    assert_int_equal(list(fixture, "", 10).selections.count, 0);
}

/** In one batch each command sees those before it; a refused one leaves nothing behind. */
static void a_batch_is_one_after_the_other(void **state)
{
    struct fixture *fixture = *state;
    const struct selection_save a = {.name = TEXT("a"), .where = TEXT("has:email")},
                                b = {.name = TEXT("b"), .where = TEXT("selection:a")},
                                circle = {.name = TEXT("a"), .where = TEXT("selection:b")};
    const struct selection_delete goes = {.name = TEXT("a")};
    fixture_begin(fixture);
    fixture_add(fixture, &selection_save_message, &b, "1");
    fixture_add(fixture, &selection_save_message, &a, "2");
    fixture_add(fixture, &selection_save_message, &b, "3");
    fixture_add(fixture, &selection_save_message, &circle, "4");
    fixture_add(fixture, &selection_delete_message, &goes, "5");
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    static const char *const codes[] = {"invalid_field", NULL, NULL, "invalid_field", "in_use"};
    for (size_t i = 0; i < 5; i++) {
        struct reply_envelope reply = fixture_reply(fixture, i);
        if (codes[i])
            assert_refused(&reply, codes[i], i == 4 ? "name" : "where");
        else
            assert_done(reply);
    }
    assert_true(text_equal(list(fixture, "", 1).selections.items[0].where, TEXT("has:email")));
}

static void there_are_at_most_a_thousand(void **state)
{
    struct fixture *fixture = *state;
    char names[50][16], ids[50][16];
    for (unsigned i = 0; i < 20; i++) {
        fixture_begin(fixture);
        for (unsigned j = 0; j < 50; j++) {
            snprintf(names[j], sizeof names[j], "s%u", 50 * i + j);
            snprintf(ids[j], sizeof ids[j], "m%u", 50 * i + j);
            const struct selection_save command = {.name = text_of(names[j]), .where = TEXT("has:email")};
            fixture_add(fixture, &selection_save_message, &command, ids[j]);
        }
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
    }
    struct reply_envelope reply = save(fixture, "one more", "has:email");
    assert_told(&reply, "wrong_state", "name", "as many selections as there can be");
    assert_done(save(fixture, "s1", "has:mobile"));
}

int main(void)
{
#define with_store(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_store(it_is_found_by_name_and_always_current),
        with_store(saving_the_same_again_is_no_change),
        with_store(they_are_listed_by_name_in_pages),
        with_store(what_it_names_is_kept_by_id),
        with_store(a_merged_entry_is_what_stands_for_it),
        with_store(account_managers_are_kept_by_id),
        with_store(selections_name_each_other),
        with_store(what_is_named_twice_is_in_use),
        with_store(depth_and_number_are_bounded),
        with_store(it_has_an_order_of_its_own),
        with_store(what_makes_no_sense_is_told_with_its_place),
        with_store(a_batch_is_one_after_the_other),
        with_store(there_are_at_most_a_thousand),
    };
    return cmocka_run_group_tests_name("person_selections", tests, NULL, NULL);
}
