// SPDX-License-Identifier: Apache-2.0
/** Imports: what lines become, every error told, pages that come twice or out of turn, refusals that leave nothing, and taking back. */
#include "tests/unit/core_fixture.h"

#include "common/base/date.h"
#include "proto/person.gen.h"
#include "services/person/person.h"
#include "services/person/state.h"

enum { DIGEST_BYTES = 32 };

struct imports {
    struct fixture fixture;
    unsigned calls;
    uint64_t group, other_group, region, organisation, department;
};

static struct reply_envelope call(struct imports *it, const struct message_desc *message, const void *body)
{
    char id[16];
    snprintf(id, sizeof id, "c%u", it->calls++);
    return fixture_call(&it->fixture, message, body, id);
}

static void done(struct imports *it, const struct message_desc *message, const void *body, void *out_reply)
{
    struct reply_envelope reply = call(it, message, body);
    fixture_reply_body(&it->fixture, message, &reply, out_reply);
}

static void ask(struct imports *it, const struct message_desc *message, const void *body, void *out_reply)
{
    struct reply_envelope reply = fixture_query(&it->fixture, message, body);
    fixture_reply_body(&it->fixture, message, &reply, out_reply);
}

static uint64_t create_entry(struct imports *it, enum pick_list list, uint64_t organisation, const char *sv,
                             const char *en)
{
    const struct entry_create command = {
        .list = list,
        .names = {.sv = text_of(sv), .has_en = en != NULL, .en = text_of(en ? en : "")},
        .has_organisation = organisation != 0,
        .organisation = organisation,
    };
    struct entry_create_reply reply;
    done(it, &entry_create_message, &command, &reply);
    return reply.entry;
}

static int set_up(void **state)
{
    struct imports *it = calloc(1, sizeof *it);
    struct organisation_create_reply organisation;
    fixture_init(&it->fixture, &person_definition);
    done(it, &organisation_create_message, &(struct organisation_create){.name = TEXT("Norrlands Kraft AB")},
         &organisation);
    it->organisation = organisation.organisation;
    it->department = create_entry(it, PICK_LIST_DEPARTMENT, it->organisation, "Ekonomi", "Finance");
    it->group = create_entry(it, PICK_LIST_GROUP, 0, "Vegan", NULL);
    it->other_group = create_entry(it, PICK_LIST_GROUP, 0, "Bad, bastu", "Sauna");
    it->region = create_entry(it, PICK_LIST_REGION, 0, "Norr", "North");
    *state = it;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(&((struct imports *)*state)->fixture);
    free(*state);
    return 0;
}

/* Files, as a client would send them: lines of cells with ; between. */

enum { LINES_MOST = 16, CELLS_MOST = 16 };

struct page {
    size_t count;
    struct import_line lines[LINES_MOST];
    struct text cells[LINES_MOST][CELLS_MOST];
};

static size_t split(const char *line, struct text *out)
{
    size_t count = 0;
    for (;;) {
        size_t len = strcspn(line, ";");
        out[count++] = (struct text){line, len};
        if (!line[len])
            return count;
        line += len + 1;
    }
}

static void add_line(struct page *page, int64_t line, const char *cells)
{
    struct import_line *added = &page->lines[page->count];
    added->line = line;
    added->cells.count = split(cells, page->cells[page->count]);
    added->cells.items = page->cells[page->count++];
}

static const char all_columns[] =
    "Förnamn;family_name;E-post;mobil;personnummer;birth_date;grupper;REGION;organisation;avdelning;"
    "postort;samtycke e-post;consent.sms;kundnummer;kön;språk";

static struct import_check_reply check(struct imports *it, const char *columns, const struct page *page,
                                       bool duplicates)
{
    struct text names[CELLS_MOST];
    const struct import_check query = {
        .columns = {split(columns, names), names},
        .lines = {page ? page->count : 0, page ? page->lines : NULL},
        .has_find_duplicates = true,
        .find_duplicates = duplicates,
    };
    struct import_check_reply reply;
    ask(it, &import_check_message, &query, &reply);
    return reply;
}

static struct person_import begin(struct imports *it, const char *columns, char digest, bool skips)
{
    struct text names[CELLS_MOST];
    char bytes[DIGEST_BYTES];
    memset(bytes, digest, sizeof bytes);
    const struct import_begin command = {
        .name = TEXT("kunder.csv"),
        .digest = bytes_of((const uint8_t *)bytes, sizeof bytes),
        .columns = {split(columns, names), names},
        .has_skip_errors = skips,
        .skip_errors = skips,
    };
    struct import_begin_reply reply;
    done(it, &import_begin_message, &command, &reply);
    return reply.import;
}

static struct reply_envelope send(struct imports *it, uint64_t import, int64_t after, const struct page *page)
{
    const struct import_rows command = {.import = import, .after = after, .lines = {page->count, page->lines}};
    return call(it, &import_rows_message, &command);
}

static struct import_rows_reply take_in(struct imports *it, uint64_t import, int64_t after, const struct page *page)
{
    struct reply_envelope reply = send(it, import, after, page);
    struct import_rows_reply body;
    fixture_reply_body(&it->fixture, &import_rows_message, &reply, &body);
    return body;
}

static struct person_import get(struct imports *it, uint64_t import)
{
    struct import_get_reply reply;
    ask(it, &import_get_message, &(struct import_get){.has_import = true, .import = import}, &reply);
    return reply.import;
}

static int64_t found(struct imports *it, const char *where)
{
    const struct person_search query = {.has_where = true, .where = text_of(where), .has_count = true, .count = true};
    struct person_search_reply reply;
    ask(it, &person_search_message, &query, &reply);
    return reply.total;
}

static uint64_t seq(struct imports *it)
{
    struct store_txn *txn = store_begin_read(it->fixture.store);
    uint64_t seq = store_txn_seq(txn);
    store_abort(txn);
    return seq;
}

/** The service's own work, until none is due. */
static unsigned work(struct imports *it)
{
    const struct person_service *self = it->fixture.self;
    unsigned runs = 0;
    for (; self->removal_due_ms == 0; runs++) {
        fixture_begin(&it->fixture);
        core_work(it->fixture.core);
        assert_int_equal(core_end(it->fixture.core), FAULT_NONE);
        assert_true(runs < 1000);
    }
    return runs;
}

static void assert_text(struct text actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.data, expected, actual.len);
}

static void test_a_line_becomes_a_card(void **state)
{
    struct imports *it = *state;
    struct page page = {.count = 0};
    struct person_list_reply list;
    add_line(&page, 2,
             " Åsa ;Öberg;Asa@Example.test;070-174 06 05;811218-9876;;Sauna;north;NORRLANDS KRAFT "
             "AB;finance;Umeå;ja;no;K7;Kvinna;svenska");
    add_line(&page, 4, "Bo;;;;;19800229;vegan | Bad, bastu;#4;;;;;;;;");
    struct person_import import = begin(it, all_columns, 'a', false);
    assert_int_equal(import.state, IMPORT_STATE_OPEN);
    assert_text(import.columns.items[0], "given_name");
    assert_text(import.columns.items[10], "address.city");
    assert_text(import.columns.items[11], "consent.email");
    struct import_rows_reply reply = take_in(it, import.import, 0, &page);
    assert_int_equal(reply.persons, 2);
    assert_int_equal(reply.line, 4);
    ask(it, &person_list_message, &(struct person_list){.limit = 10}, &list);
    const struct person_card *asa = &list.cards.items[0], *bo = &list.cards.items[1];
    assert_text(asa->given_name, "Åsa");
    assert_text(asa->mobile, "+46701740605");
    assert_text(asa->personal_number, "198112189876");
    assert_int_equal(asa->birth_date, date_from_civil(1981, 12, 18));
    assert_int_equal(asa->groups.count, 1);
    assert_int_equal(asa->groups.items[0], it->other_group);
    assert_int_equal(asa->region, it->region);
    assert_int_equal(asa->organisation, it->organisation);
    assert_int_equal(asa->department, it->department);
    assert_text(asa->address.city, "Umeå");
    assert_int_equal(asa->consents.count, 2);
    assert_true(asa->consents.items[0].granted && !asa->consents.items[1].granted);
    assert_text(asa->consents.items[0].source, "import");
    assert_text(asa->customer_number, "K7");
    assert_int_equal(asa->gender, GENDER_WOMAN);
    assert_int_equal(asa->import, import.import);
    assert_int_equal(bo->groups.count, 2);
    assert_int_equal(bo->birth_date, date_from_civil(1980, 2, 29));
    assert_int_equal(bo->region, it->region);
    assert_text(bo->customer_number, "1000");
    assert_int_equal(found(it, "import:#1"), 2);
    assert_int_equal(found(it, "import:#1 -region:norr"), 0);
    assert_int_equal(found(it, "import:#2"), 0);
}

static void assert_problem(const struct import_check_reply *reply, size_t index, int64_t line, int64_t column,
                           const char *field)
{
    const struct import_problem *problem = &reply->problems.items[index];
    assert_true(index < reply->problems.count);
    assert_int_equal(problem->line, line);
    assert_int_equal(problem->has_column ? problem->column : 0, column);
    assert_text(problem->has_field ? problem->field : TEXT(""), field);
}

static void test_every_error_is_told(void **state)
{
    struct imports *it = *state;
    struct page page = {.count = 0};
    uint64_t before = seq(it);
    struct import_check_reply wrong = check(it, "förnamn;Hatstorlek;Efternamn;family_name;employment", NULL, false);
    assert_int_equal(wrong.columns.count, 0);
    assert_int_equal(wrong.problems.count, 3);
    assert_problem(&wrong, 0, 1, 2, "");
    assert_problem(&wrong, 1, 1, 4, "");
    assert_problem(&wrong, 2, 1, 5, "");
    add_line(&page, 2, ";;not an address;12;811218-9870;1980-02-30;Träning;Norr;;Ekonomi;;kanske;;;okänt;");
    add_line(&page, 3, "Bo;Ek");
    add_line(&page, 4, "Bo;;;;;;;;;;;;;;;");
    add_line(&page, 5, "Bo;;;;;;;;;;;;;;;;");
    struct import_check_reply reply = check(it, all_columns, &page, false);
    assert_int_equal(reply.columns.count, CELLS_MOST);
    static const struct {
        int64_t column;
        const char *field;
    } expected[] = {{6, "birth_date"}, {7, "groups"}, {12, "consent.email"}, {15, "gender"},        {10, "department"},
                    {1, "given_name"}, {3, "email"},  {4, "mobile"},         {5, "personal_number"}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_problem(&reply, i, 2, expected[i].column, expected[i].field);
    assert_problem(&reply, 9, 3, 0, "");
    assert_problem(&reply, 10, 5, 0, "");
    assert_int_equal(reply.problems.count, 11);
    assert_int_equal(seq(it), before);
}

static void test_duplicates_are_flagged(void **state)
{
    struct imports *it = *state;
    struct page page = {.count = 0}, doubtful = {.count = 0};
    static const char columns[] = "given_name;family_name;email;mobile;birth_date;personal_number;customer_number";
    struct person_import import = begin(it, columns, 'a', false);
    add_line(&page, 2, "Åsa;Öberg;asa@example.test;070-174 06 05;;811218-9876;K1");
    take_in(it, import.import, 0, &page);
    add_line(&doubtful, 2, "Eva;Ek;ASA@EXAMPLE.TEST;;;;");
    add_line(&doubtful, 3, "Eva;Ek;;+46701740605;;;");
    add_line(&doubtful, 4, "ÅSA;öberg;;;1981-12-18;;");
    add_line(&doubtful, 5, "ÅSA;öberg;;;1981-12-19;;");
    add_line(&doubtful, 6, "Eva;;;;;19811218-9876;");
    add_line(&doubtful, 7, "Eva;;;;;;K1");
    struct import_check_reply reply = check(it, columns, &doubtful, true);
    static const char *const fields[] = {"email", "mobile", "birth_date", "personal_number", "customer_number"};
    static const int64_t lines[] = {2, 3, 4, 6, 7};
    assert_int_equal(reply.problems.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(reply.problems.items[i].line, lines[i]);
        assert_text(reply.problems.items[i].field, fields[i]);
        assert_int_equal(reply.problems.items[i].is_warning, i < 3);
        assert_int_equal(reply.problems.items[i].person, i < 3 ? 1 : 0);
    }
    // The same value has the same mark, however it is written.
    struct page marked = {.count = 0};
    add_line(&marked, 2, "A;;X@example.test;070-1740606;;;");
    add_line(&marked, 3, "B;;x@example.test;0046701740606;;;");
    reply = check(it, columns, &marked, true);
    assert_int_equal(reply.marks.count, 4);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(reply.marks.items[i].kind, reply.marks.items[i + 2].kind);
        assert_memory_equal(reply.marks.items[i].digest.data, reply.marks.items[i + 2].digest.data, 16);
    }
    assert_memory_not_equal(reply.marks.items[0].digest.data, reply.marks.items[1].digest.data, 16);
    assert_int_equal(check(it, columns, &marked, false).marks.count, 0);
}

static void test_pages_have_their_turn_and_one_effect(void **state)
{
    struct imports *it = *state;
    struct page first = {.count = 0}, second = {.count = 0}, both = {.count = 0};
    struct person_import import = begin(it, "given_name", 'a', false);
    add_line(&first, 2, "Åsa");
    add_line(&second, 7, "Bo");
    add_line(&both, 2, "Åsa");
    add_line(&both, 7, "Bo");
    struct reply_envelope reply = send(it, import.import, 2, &second);
    assert_refused(&reply, "not_yet", "after");
    take_in(it, import.import, 0, &first);
    uint64_t before = seq(it);
    assert_int_equal(take_in(it, import.import, 0, &first).persons, 0);
    reply = send(it, import.import, 0, &both);
    assert_refused(&reply, "wrong_state", "after");
    fixture_restart(&it->fixture);
    assert_int_equal(get(it, import.import).line, 2);
    assert_int_equal(take_in(it, import.import, 0, &first).persons, 0);
    assert_int_equal(take_in(it, import.import, 2, &second).persons, 1);
    assert_int_equal(found(it, "import:#1"), 2);
    assert_true(seq(it) > before);
    // The same file goes on, or is done already.
    assert_int_equal(begin(it, "Förnamn", 'a', false).line, 7);
    struct import_finish_reply finished;
    done(it, &import_finish_message, &(struct import_finish){.import = import.import}, &finished);
    assert_int_equal(finished.import.state, IMPORT_STATE_FINISHED);
    assert_int_equal(begin(it, "family_name;given_name", 'a', true).import, import.import);
    assert_int_equal(begin(it, "given_name", 'b', false).import, import.import + 1);
    struct page late = {.count = 0};
    add_line(&late, 8, "Eva");
    reply = send(it, import.import, 7, &late);
    assert_refused(&reply, "wrong_state", "import");
}

static void test_one_bad_line_refuses_its_page(void **state)
{
    struct imports *it = *state;
    struct page page = {.count = 0}, twice = {.count = 0}, unordered = {.count = 0};
    struct person_import import = begin(it, "given_name;email;customer_number", 'a', false);
    add_line(&page, 2, "Åsa;;");
    add_line(&page, 3, "Bo;nonsense;");
    uint64_t before = seq(it);
    struct reply_envelope reply = send(it, import.import, 0, &page);
    assert_refused(&reply, "invalid_field", "lines");
    assert_memory_equal(reply.error.message.data, "line 3, email: ", 15);
    add_line(&twice, 2, "Åsa;;K1");
    add_line(&twice, 3, "Bo;;K1");
    reply = send(it, import.import, 0, &twice);
    assert_refused(&reply, "not_unique", "lines");
    add_line(&unordered, 3, "Åsa;;");
    add_line(&unordered, 2, "Bo;;");
    reply = send(it, import.import, 0, &unordered);
    assert_refused(&reply, "invalid_field", "lines");
    assert_int_equal(seq(it), before);
    assert_int_equal(get(it, import.import).line, 0);
    assert_int_equal(found(it, "import:#1"), 0);
    char digest[DIGEST_BYTES] = "1";
    struct text names[] = {TEXT("given_name"), TEXT("hat_size")};
    const struct import_begin unknown = {
        .name = TEXT("x"), .digest = bytes_of((const uint8_t *)digest, sizeof digest), .columns = {2, names}};
    reply = call(it, &import_begin_message, &unknown);
    assert_refused(&reply, "invalid_field", "columns[1]");
}

static void test_bad_lines_are_left_out_when_asked(void **state)
{
    struct imports *it = *state;
    struct page page = {.count = 0};
    struct import_refused_reply refused;
    struct person_import import = begin(it, "given_name;email;customer_number", 'a', true);
    add_line(&page, 2, "Åsa;;1000");
    add_line(&page, 3, "Bo;nonsense;");
    add_line(&page, 4, "Eva;;1000");
    add_line(&page, 5, "Ulf;;");
    add_line(&page, 6, "");
    page.lines[4] =
        (struct import_line){.line = 6, .has_problem = true, .problem = TEXT("has a cell that is not closed")};
    struct import_rows_reply reply = take_in(it, import.import, 0, &page);
    assert_int_equal(reply.persons, 2);
    assert_int_equal(reply.refused, 3);
    const struct import_refused query = {.import = import.import, .limit = 2};
    ask(it, &import_refused_message, &query, &refused);
    assert_true(refused.more);
    assert_int_equal(refused.problems.items[0].line, 3);
    assert_text(refused.problems.items[0].field, "email");
    assert_int_equal(refused.problems.items[1].line, 4);
    const struct import_refused rest = {.import = import.import, .has_after = true, .after = 4, .limit = 2};
    ask(it, &import_refused_message, &rest, &refused);
    assert_false(refused.more);
    assert_int_equal(refused.problems.count, 1);
    assert_text(refused.problems.items[0].message, "has a cell that is not closed");
    // A number that is assigned is none that a line of the page gives.
    assert_int_equal(found(it, "number:1000"), 1);
    assert_int_equal(found(it, "number:1001"), 1);
    struct import_list_reply list;
    begin(it, "given_name", 'b', false);
    ask(it, &import_list_message, &(struct import_list){.limit = 1}, &list);
    assert_true(list.more && list.imports.count == 1);
    assert_int_equal(list.imports.items[0].refused, 3);
    ask(it, &import_list_message, &(struct import_list){.has_after = true, .after = 1, .limit = 1}, &list);
    assert_true(!list.more && list.imports.count == 1 && list.imports.items[0].import == 2);
}

/** How many records of the journal hold a card. */
static int records_of_cards(struct imports *it)
{
    struct store_txn *txn = store_begin_read(it->fixture.store);
    struct journal_cursor cursor;
    struct journal_record record;
    int count = 0;
    journal_cursor_open(&cursor, txn, 0);
    while (journal_cursor_next(&cursor, &record))
        count += !record.erased && (text_equal(record.header.type, text_of(person_created_message.type)) ||
                                    text_equal(record.header.type, text_of(person_updated_message.type)));
    journal_cursor_close(&cursor);
    store_abort(txn);
    return count;
}

static void test_an_import_is_taken_back(void **state)
{
    struct imports *it = *state;
    enum { PERSONS = 700 };
    struct person_import import = begin(it, "given_name;customer_number;groups;email", 'a', false);
    int64_t after = 0;
    for (int i = 0; i < PERSONS; i += 10) {
        char lines[10][80];
        struct page page = {.count = 0};
        for (int j = 0; j < 10; j++) {
            snprintf(lines[j], sizeof lines[j], "P%d;K%d;Vegan;p%d@example.test", i + j, i + j, i + j);
            add_line(&page, 2 + i + j, lines[j]);
        }
        after = take_in(it, import.import, after, &page).line;
    }
    assert_int_equal(found(it, "group:vegan"), PERSONS);
    const struct person_update change = {.person = 30, .has_family_name = true, .family_name = TEXT("Ek")};
    assert_done(call(it, &person_update_message, &change));
    struct person_create_reply other;
    done(it, &person_create_message, &(struct person_create){.given_name = TEXT("P1")}, &other);
    struct import_take_back_reply taken;
    const struct import_take_back take_back = {.import = import.import};
    done(it, &import_take_back_message, &take_back, &taken);
    assert_int_equal(taken.import.state, IMPORT_STATE_TAKING_BACK);
    fixture_begin(&it->fixture);
    core_work(it->fixture.core);
    core_end(it->fixture.core);
    struct person_import now = get(it, import.import);
    assert_int_equal(now.state, IMPORT_STATE_TAKING_BACK);
    assert_true(now.removed > 0 && now.removed < PERSONS - 1);
    assert_int_equal(found(it, "group:vegan"), PERSONS - now.removed);
    fixture_restart(&it->fixture);
    assert_true(work(it) > 1);
    now = get(it, import.import);
    assert_int_equal(now.state, IMPORT_STATE_TAKEN_BACK);
    assert_int_equal(now.removed, PERSONS - 1);
    assert_int_equal(now.kept, 1);
    assert_int_equal(found(it, "import:#1"), 1);
    assert_int_equal(records_of_cards(it), 3); // of the one who stays, of his change, and of the other
    assert_int_equal(found(it, "p1"), 1);
    assert_int_equal(found(it, "group:vegan"), 1);
    assert_int_equal(found(it, ""), 2);
    struct entry_list_reply entries;
    ask(it, &entry_list_message, &(struct entry_list){.has_list = true, .list = PICK_LIST_GROUP}, &entries);
    assert_int_equal(entries.usage.items[0].persons, 1);
    done(it, &import_take_back_message, &take_back, &taken);
    assert_int_equal(taken.import.state, IMPORT_STATE_TAKEN_BACK);
    struct reply_envelope reply = call(it, &import_finish_message, &(struct import_finish){.import = import.import});
    assert_refused(&reply, "wrong_state", "import");
    // All that was unique is free again, and the file can come in anew.
    struct page again = {.count = 0};
    struct person_import anew = begin(it, "given_name;customer_number;groups;email", 'a', false);
    assert_int_equal(anew.import, import.import + 1);
    add_line(&again, 2, "P1;K1;Vegan;p1@example.test");
    assert_int_equal(take_in(it, anew.import, 0, &again).persons, 1);
    assert_int_equal(check(it, "given_name;email", &again, true).columns.count, 2);
    const struct person_history history = {.person = 5, .limit = 10};
    reply = fixture_query(&it->fixture, &person_history_message, &history);
    assert_refused(&reply, "not_found", "person");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_line_becomes_a_card, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_error_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_duplicates_are_flagged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages_have_their_turn_and_one_effect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_bad_line_refuses_its_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_lines_are_left_out_when_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_import_is_taken_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
