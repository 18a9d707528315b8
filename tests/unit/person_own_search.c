// SPDX-License-Identifier: Apache-2.0
/**
 * Search by own-defined fields: whom a filter is true of, against a plain walk over the cards that shares no code with it, while cards change, and
 * read anew; and columns against an array. PERSON_OWN_SEARCH_SEED in the environment repeats a run.
 */
#include "tests/unit/core_fixture.h"

#include <time.h>

#include "common/base/date.h"
#include "proto/person.gen.h"
#include "services/person/person.h"
#include "services/person/roster_column.h"

enum {
    PERSONS = 200,
    QUESTIONS = 250,
    GROUPS_MOST = 3, // of a question, joined by or
    TERMS_MOST = 3,  // of a group
    COLUMN_PERSONS = 20000,
};

struct search {
    struct fixture fixture;
    unsigned calls;
    uint64_t random;
};

static int set_up(void **state)
{
    struct search *it = calloc(1, sizeof *it);
    const char *seed = getenv("PERSON_OWN_SEARCH_SEED");
    fixture_init(&it->fixture, &person_definition);
    it->random = seed ? strtoull(seed, NULL, 10) : (uint64_t)getpid() * 7919 + (uint64_t)time(NULL);
    printf("PERSON_OWN_SEARCH_SEED=%llu\n", (unsigned long long)it->random);
    *state = it;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(&((struct search *)*state)->fixture);
    free(*state);
    return 0;
}

/** SplitMix64. */
static uint64_t draw(struct search *it, uint64_t below)
{
    uint64_t z = it->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

static struct reply_envelope call(struct search *it, const struct message_desc *message, const void *body)
{
    char id[16];
    snprintf(id, sizeof id, "s%u", it->calls++);
    return fixture_call(&it->fixture, message, body, id);
}

/* The register: fields, and the few values that they have here. */

enum { SIZE, LOCKER, UNTIL, VIP, LEVEL, CODE_2, FIELDS };

static const struct {
    const char *name;
    enum own_field_kind kind;
} fields[FIELDS] = {
    [SIZE] = {"size", OWN_FIELD_KIND_NUMBER},   [LOCKER] = {"locker", OWN_FIELD_KIND_TEXT},
    [UNTIL] = {"until", OWN_FIELD_KIND_DATE},   [VIP] = {"vip", OWN_FIELD_KIND_YES_NO},
    [LEVEL] = {"level", OWN_FIELD_KIND_CHOICE}, [CODE_2] = {"code_2", OWN_FIELD_KIND_TEXT},
};

enum { VALUES = 4 };

static const char *const values[FIELDS][VALUES] = {
    [SIZE] = {"-1.25", "38", "38.5", "42"},
    [LOCKER] = {"B 12, Öster", "Väst b12", "öst", "B-Ostrand"},
    [UNTIL] = {"2026-12-31", "2027-01-31", "2027-06-01", "1999-05-05"},
    [VIP] = {"yes", "no", "yes", "no"},
    [LEVEL] = {"Silver", "Gold", "#3", "Gold"},
    [CODE_2] = {"Väst", "12", "oster", "x9"},
};

static void declare(struct search *it)
{
    static const struct entry_names choices[] = {
        {.sv = {"Silver", 6}}, {.sv = {"Guld", 4}, .has_en = true, .en = {"Gold", 4}}, {.sv = {"Brons", 5}}};
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field_create command = {
            .name = text_of(fields[i].name),
            .kind = fields[i].kind,
            .names = {.sv = text_of(fields[i].name)},
            .choices = {fields[i].kind == OWN_FIELD_KIND_CHOICE ? 3 : 0, choices},
        };
        assert_done(call(it, &field_create_message, &command));
    }
}

/** A new person, or a change of one. */
static void change_register(struct search *it, uint64_t persons)
{
    struct own_change changes[FIELDS];
    size_t count = 0;
    for (size_t i = 0; i < FIELDS; i++)
        if (draw(it, 2) == 0)
            changes[count++] = (struct own_change){
                .name = text_of(fields[i].name),
                .value = draw(it, 4) == 0 ? TEXT("") : text_of(values[i][draw(it, VALUES)]),
            };
    if (persons < 10 || draw(it, 2) == 0) {
        const struct person_create command = {.given_name = TEXT("Väst"), .own = {count, changes}};
        assert_done(call(it, &person_create_message, &command));
    } else {
        const struct person_update command = {.person = 1 + draw(it, persons), .own = {count, changes}};
        assert_done(call(it, &person_update_message, &command));
    }
}

/* The model. */

static const struct own_value *value_of(const struct person_card *card, size_t field)
{
    for (size_t i = 0; i < card->own.count; i++)
        if (text_equal(card->own.items[i].name, text_of(fields[field].name)))
            return &card->own.items[i];
    return NULL;
}

/** Whether the card's text or number is the one that `values` has there. */
static bool is_value(const struct person_card *card, size_t field, size_t value)
{
    const struct own_value *own = value_of(card, field);
    return own && text_equal(own->has_text ? own->text : own->number, text_of(values[field][value]));
}

static int32_t until(const struct person_card *card)
{
    const struct own_value *own = value_of(card, UNTIL);
    return own ? own->date : 0;
}

static const char *const asked[] = {
    "own.size:38..40",        "own.size:-1.25",      "own.size:38.5000,42",
    "own.size:..38",          "own.size:none",       "own.locker:öster",
    "own.locker:\"b12\"",     "own.locker:\"B 12\"", "own.locker:ost",
    "own.locker:V",           "own.until:2027",      "own.until:..2026-12",
    "own.until:2027-01-31..", "own.vip:yes",         "own.vip:no,none",
    "own.level:gold,SILVER",  "own.level:#3",        "has:own.level",
    "own.code_2:vast",        "own.code_2:none",     "name:vast",
};

enum { TERMS = sizeof asked / sizeof *asked };

static bool is_true(size_t term, const struct person_card *card)
{
    const struct own_value *level = value_of(card, LEVEL), *vip = value_of(card, VIP);
    switch (term) {
    case 0:
        return is_value(card, SIZE, 1) || is_value(card, SIZE, 2);
    case 1:
        return is_value(card, SIZE, 0);
    case 2:
        return is_value(card, SIZE, 2) || is_value(card, SIZE, 3);
    case 3:
        return is_value(card, SIZE, 0) || is_value(card, SIZE, 1);
    case 4:
        return !value_of(card, SIZE);
    case 5:
        return is_value(card, LOCKER, 0);
    case 6:
        return is_value(card, LOCKER, 1);
    case 7: // "b" begins b12 too, but "12" does not
        return is_value(card, LOCKER, 0);
    case 8:
        return is_value(card, LOCKER, 0) || is_value(card, LOCKER, 2) || is_value(card, LOCKER, 3);
    case 9:
        return is_value(card, LOCKER, 1);
    case 10:
        return until(card) >= date_from_civil(2027, 1, 1) && until(card) <= date_from_civil(2027, 12, 31);
    case 11:
        return value_of(card, UNTIL) && until(card) <= date_from_civil(2026, 12, 31);
    case 12:
        return until(card) >= date_from_civil(2027, 1, 31);
    case 13:
        return vip && vip->yes_no;
    case 14:
        return !vip || !vip->yes_no;
    case 15:
        return level && (level->choice == 1 || level->choice == 2);
    case 16:
        return level && level->choice == 3;
    case 17:
        return level != NULL;
    case 18:
        return is_value(card, CODE_2, 0);
    case 19:
        return !value_of(card, CODE_2);
    case 20:
        return true;
    default:
        return false;
    }
}

/** A question: groups of which one has to hold, of terms which all have to hold; a term may be turned round. */
struct question {
    size_t group_count;
    struct {
        size_t term_count;
        struct {
            size_t number;
            bool is_turned;
        } terms[TERMS_MOST];
    } groups[GROUPS_MOST];
};

static void make_question(struct search *it, struct question *question, FILE *out)
{
    question->group_count = 1 + draw(it, GROUPS_MOST);
    for (size_t i = 0; i < question->group_count; i++) {
        question->groups[i].term_count = 1 + draw(it, TERMS_MOST);
        fputs(i ? " or" : "", out);
        for (size_t j = 0; j < question->groups[i].term_count; j++) {
            size_t number = draw(it, TERMS);
            bool is_turned = draw(it, 4) == 0;
            fprintf(out, " %s%s", is_turned ? "-" : "", asked[number]);
            question->groups[i].terms[j].number = number;
            question->groups[i].terms[j].is_turned = is_turned;
        }
    }
}

static bool is_answer(const struct question *question, const struct person_card *card)
{
    bool any = false;
    for (size_t i = 0; i < question->group_count; i++) {
        bool all = true;
        for (size_t j = 0; j < question->groups[i].term_count; j++)
            all = all && is_true(question->groups[i].terms[j].number, card) != question->groups[i].terms[j].is_turned;
        any = any || all;
    }
    return any;
}

static struct person_list_reply all_cards(struct search *it)
{
    const struct person_list query = {.limit = 500};
    struct person_list_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_list_message, &query);
    fixture_reply_body(&it->fixture, &person_list_message, &reply, &body);
    assert_false(body.more);
    return body;
}

static void ask(struct search *it, const char *where, const struct question *question)
{
    const struct person_search query = {
        .has_where = true, .where = text_of(where), .has_sort = true, .sort = PERSON_SORT_OLDEST, .limit = 500};
    struct person_search_reply found;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_search_message, &query);
    if (reply.status != REPLY_STATUS_OK)
        fail_msg("'%s' %.*s", where, (int)reply.error.message.len, reply.error.message.data);
    fixture_reply_body(&it->fixture, &person_search_message, &reply, &found);
    struct person_list_reply cards = all_cards(it);
    size_t count = 0;
    for (size_t i = 0; i < cards.cards.count; i++) {
        const struct person_card *card = &cards.cards.items[i];
        if (!is_answer(question, card))
            continue;
        if (count >= found.cards.count || found.cards.items[count].person != card->person)
            fail_msg("'%s' is true of %llu", where, (unsigned long long)card->person);
        count++;
    }
    if (count != found.cards.count)
        fail_msg("'%s' is true of %zu, not of %zu", where, count, found.cards.count);
}

static void ask_random_questions(struct search *it, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct question question;
        char *where = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&where, &len);
        make_question(it, &question, out);
        fclose(out);
        ask(it, where, &question);
        free(where);
        arena_reset(&it->fixture.arena);
    }
}

static void it_finds_what_a_plain_walk_finds(void **state)
{
    struct search *it = *state;
    declare(it);
    for (uint64_t i = 0; i < PERSONS; i++) {
        change_register(it, i / 3);
        if (i == PERSONS / 3)
            ask_random_questions(it, 20); // from here on it follows
        if (i > PERSONS / 3 && i % 10 == 0)
            ask_random_questions(it, 5);
        if (i == PERSONS / 2)
            fixture_restart(&it->fixture); // reads all anew
    }
    ask_random_questions(it, QUESTIONS);
}

/** A field that was deleted and one of the same name and another kind have nothing to do with each other. */
static void a_field_that_comes_again_is_another(void **state)
{
    struct search *it = *state;
    declare(it);
    const struct own_change size = {.name = TEXT("size"), .value = TEXT("38")};
    const struct person_create old = {.given_name = TEXT("Bo"), .own = {1, &size}};
    assert_done(call(it, &person_create_message, &old));
    ask(it, "own.size:38", &(struct question){1, {{1, {{0, false}}}}});
    const struct own_change gone = {.name = TEXT("size")};
    const struct person_update update = {.person = 1, .own = {1, &gone}};
    assert_done(call(it, &person_update_message, &update));
    const struct field_delete delete = {.name = TEXT("size")};
    assert_done(call(it, &field_delete_message, &delete));
    const struct field_create create = {
        .name = TEXT("size"), .kind = OWN_FIELD_KIND_TEXT, .names = {.sv = TEXT("Storlek")}};
    assert_done(call(it, &field_create_message, &create));
    ask(it, "-own.size:none", &(struct question){1, {{1, {{4, true}}}}});
    const struct own_change text = {.name = TEXT("size"), .value = TEXT("38")};
    const struct person_create other = {.given_name = TEXT("Bo"), .own = {1, &text}};
    assert_done(call(it, &person_create_message, &other));
    ask(it, "has:own.size own.size:3", &(struct question){1, {{1, {{0, false}}}}});
}

/** A text that is nothing but letters which are many: a line of 500 bytes that folds to eleven times as much is searched as any other. */
static void a_text_that_grows_when_it_is_folded_hurts_nobody(void **state)
{
    struct search *it = *state;
    char text[499];
    for (size_t i = 0; i + 2 < sizeof text; i += 3)
        memcpy(text + i, "\xef\xb7\xba", 3);
    memcpy(text + sizeof text - 1, "z", 1);
    declare(it);
    const struct own_change locker = {.name = TEXT("locker"), .value = {text, sizeof text}};
    const struct person_create command = {.given_name = TEXT("Väst"), .own = {1, &locker}};
    assert_done(call(it, &person_create_message, &command));
    ask(it, "own.locker:\"\xef\xb7\xba\"", &(struct question){1, {{1, {{20, false}}}}});
    char word[500];
    memset(word, 'w', sizeof word);
    const struct own_change code = {.name = TEXT("code_2"), .value = {word, sizeof word}};
    const struct person_update update = {.person = 1, .own = {1, &code}};
    assert_done(call(it, &person_update_message, &update));
    char where[600];
    snprintf(where, sizeof where, "own.code_2:%.*s", (int)sizeof word, word);
    ask(it, where, &(struct question){1, {{1, {{20, false}}}}});
}

struct wrong {
    const char *where;
    const char *part;
};

static void what_makes_no_sense_is_told(void **state)
{
    struct search *it = *state;
    declare(it);
    static const struct wrong wrong[] = {
        {"own.colour:red", "an own field that there is not"},
        {"own.:red", "an own field that there is not"},
        {"own:red", "a field that there is not"},
        {"has:own.colour", "an own field that there is not"},
        {"has:own.", "an own field that there is not"},
        {"own.size:", "without a value"},
        {"own.size:big", "number that is none"},
        {"own.size:..", "number that is none"},
        {"own.size:1...5", "number that is none"},
        {"own.size:1.23456", "number that is none"},
        {"own.locker:---", "without a letter"},
        {"own.until:2027-13", "time that is none"},
        {"own.vip:maybe", "yes, no or none"},
        {"own.level:Platina", "own field has not"},
        {"own.level:#4", "own field has not"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct person_search query = {.has_where = true, .where = text_of(wrong[i].where), .limit = 1};
        struct reply_envelope reply = fixture_query(&it->fixture, &person_search_message, &query);
        assert_refused(&reply, "invalid_field", "where");
        if (!memmem(reply.error.message.data, reply.error.message.len, wrong[i].part, strlen(wrong[i].part)))
            fail_msg("%s: %.*s", wrong[i].where, (int)reply.error.message.len, reply.error.message.data);
    }
}

static void a_column_has_what_was_put_there(void **state)
{
    enum { STEPS = 60000, QUESTIONS_ABOUT = 200, NOTHING = INT8_MIN };
    struct search *it = *state;
    struct roster_column column = {.part_count = 0};
    static int8_t model[COLUMN_PERSONS];
    memset(model, NOTHING, sizeof model);
    for (size_t i = 0; i < STEPS; i++) {
        uint32_t person = (uint32_t)draw(it, draw(it, 4) == 0 ? COLUMN_PERSONS : 5000);
        if (draw(it, 3) == 0) {
            roster_column_take(&column, person);
            model[person] = NOTHING;
        } else {
            model[person] = (int8_t)((int)draw(it, 200) - 100);
            assert_true(roster_column_put(&column, person, model[person]));
        }
    }
    for (size_t i = 0; i < QUESTIONS_ABOUT; i++) {
        int from = (int)draw(it, 200) - 100, to = (int)draw(it, 200) - 100;
        roaring_bitmap_t *found = roaring_bitmap_create();
        roster_column_add_within(&column, from, to, found);
        size_t count = 0;
        for (uint32_t person = 0; person < COLUMN_PERSONS; person++)
            if (model[person] != NOTHING && model[person] >= from && model[person] <= to) {
                assert_true(roaring_bitmap_contains(found, person));
                count++;
            }
        assert_int_equal(roaring_bitmap_get_cardinality(found), count);
        roaring_bitmap_free(found);
    }
    roster_column_fini(&column);
}

int main(void)
{
#define with_register(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_register(it_finds_what_a_plain_walk_finds),
        with_register(a_field_that_comes_again_is_another),
        with_register(a_text_that_grows_when_it_is_folded_hurts_nobody),
        with_register(what_makes_no_sense_is_told),
        with_register(a_column_has_what_was_put_there),
    };
    return cmocka_run_group_tests_name("person_own_search", tests, NULL, NULL);
}
