// SPDX-License-Identifier: Apache-2.0
/**
 * Own-defined fields: declared, changed, deleted; their values kept, changed, taken away; and each rule refused with its field, nothing changed.
 * Source: domain.md 1.
 */
#include "tests/unit/core_fixture.h"

#include "common/base/date.h"
#include "common/wire/same.h"
#include "proto/person.gen.h"
#include "services/person/own_numbers.h"
#include "services/person/person.h"

struct own {
    struct fixture fixture;
    unsigned calls;
};

static struct reply_envelope call(struct own *it, const struct message_desc *message, const void *body)
{
    char id[16];
    snprintf(id, sizeof id, "o%u", it->calls++);
    return fixture_call(&it->fixture, message, body, id);
}

static const struct entry_names levels[] = {
    {.sv = {"Silver", 6}},
    {.sv = {"Guld", 4}, .has_en = true, .en = {"Gold", 4}},
    {.sv = {"Brons", 5}},
};

static struct reply_envelope create(struct own *it, const char *name, enum own_field_kind kind)
{
    const struct field_create command = {
        .name = text_of(name),
        .kind = kind,
        .names = {.sv = TEXT("Ett fält")},
        .choices = {kind == OWN_FIELD_KIND_CHOICE ? 3 : 0, levels},
    };
    return call(it, &field_create_message, &command);
}

static int set_up(void **state)
{
    struct own *it = calloc(1, sizeof *it);
    fixture_init(&it->fixture, &person_definition);
    assert_done(create(it, "locker", OWN_FIELD_KIND_TEXT));
    assert_done(create(it, "size", OWN_FIELD_KIND_NUMBER));
    assert_done(create(it, "until", OWN_FIELD_KIND_DATE));
    assert_done(create(it, "vip", OWN_FIELD_KIND_YES_NO));
    assert_done(create(it, "level", OWN_FIELD_KIND_CHOICE));
    *state = it;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(&((struct own *)*state)->fixture);
    free(*state);
    return 0;
}

static struct field_list_reply list(struct own *it)
{
    const struct field_list query = {0};
    struct field_list_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &field_list_message, &query);
    fixture_reply_body(&it->fixture, &field_list_message, &reply, &body);
    return body;
}

static struct own_field field_of(struct own *it, const char *name)
{
    struct field_list_reply all = list(it);
    for (size_t i = 0; i < all.fields.count; i++)
        if (text_equal(all.fields.items[i].name, text_of(name)))
            return all.fields.items[i];
    fail_msg("there is no field %s", name);
    return (struct own_field){0};
}

static int64_t persons_with(struct own *it, const char *name)
{
    struct field_list_reply all = list(it);
    assert_int_equal(all.usage.count, all.fields.count);
    for (size_t i = 0; i < all.usage.count; i++) {
        assert_int_equal(all.usage.items[i].field, all.fields.items[i].field);
        if (text_equal(all.usage.items[i].name, text_of(name)))
            return all.usage.items[i].persons;
    }
    fail_msg("there is no field %s", name);
    return 0;
}

/** Gives the revision that the reply tells. */
static int64_t change_field(struct own *it, const struct field_update *command)
{
    struct field_update_reply body;
    struct reply_envelope reply = call(it, &field_update_message, command);
    fixture_reply_body(&it->fixture, &field_update_message, &reply, &body);
    return body.revision;
}

static struct own_change change(const char *name, const char *value)
{
    return (struct own_change){.name = text_of(name), .value = text_of(value)};
}

static struct reply_envelope make(struct own *it, size_t count, const struct own_change *changes)
{
    const struct person_create command = {.given_name = TEXT("Åsa"), .own = {count, changes}};
    return call(it, &person_create_message, &command);
}

static struct reply_envelope update(struct own *it, uint64_t person, const char *name, const char *value)
{
    const struct own_change one = change(name, value);
    const struct person_update command = {.person = person, .own = {1, &one}};
    return call(it, &person_update_message, &command);
}

static struct person_card get(struct own *it, uint64_t person)
{
    const struct person_get query = {.has_person = true, .person = person};
    struct person_get_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_get_message, &query);
    fixture_reply_body(&it->fixture, &person_get_message, &reply, &body);
    return body.card;
}

static void assert_text(struct text text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
}

/** One of each kind, not in the order of the fields. */
static const struct own_change one_of_each[] = {
    {{"vip", 3}, {"no", 2}},     {{"until", 5}, {"2027-01-31", 10}},   {{"level", 5}, {"gold", 4}},
    {{"size", 4}, {"38,50", 5}}, {{"locker", 6}, {"B 12, Öster", 12}},
};

static void a_value_of_each_kind_is_kept_in_its_form(void **state)
{
    struct own *it = *state;
    assert_done(make(it, 5, one_of_each));
    struct person_card card = get(it, 1);
    assert_int_equal(card.own.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(card.own.items[i].field, i + 1);
    assert_text(card.own.items[0].name, "locker");
    assert_true(card.own.items[0].has_text && !card.own.items[0].has_number);
    assert_text(card.own.items[0].text, "B 12, Öster");
    assert_text(card.own.items[1].number, "38.5");
    assert_int_equal(card.own.items[2].date, date_from_civil(2027, 1, 31));
    assert_true(card.own.items[3].has_yes_no && !card.own.items[3].yes_no);
    assert_true(card.own.items[4].has_choice);
    assert_int_equal(card.own.items[4].choice, 2);
    assert_int_equal(persons_with(it, "level"), 1);
}

static void values_change_and_go_one_by_one(void **state)
{
    struct own *it = *state;
    assert_done(make(it, 5, one_of_each));
    assert_done(update(it, 1, "size", "-7"));
    assert_done(update(it, 1, "locker", ""));
    struct person_card card = get(it, 1);
    assert_int_equal(card.revision, 3);
    assert_int_equal(card.own.count, 4);
    assert_text(card.own.items[0].number, "-7");
    assert_int_equal(persons_with(it, "locker"), 0);
    assert_int_equal(persons_with(it, "size"), 1);
    // What it has already, written otherwise, and what it has not, are no changes.
    assert_done(update(it, 1, "size", "-7,0"));
    assert_done(update(it, 1, "level", "#2"));
    assert_done(update(it, 1, "locker", ""));
    assert_int_equal(get(it, 1).revision, 3);
    fixture_restart(&it->fixture);
    assert_int_equal(get(it, 1).own.count, 4);
}

static void another_revision_is_told(void **state)
{
    struct own *it = *state;
    assert_done(make(it, 5, one_of_each));
    assert_done(update(it, 1, "size", "39"));
    const struct own_change one = change("size", "40");
    const struct person_update command = {.person = 1, .has_revision = true, .revision = 1, .own = {1, &one}};
    struct reply_envelope reply = call(it, &person_update_message, &command);
    assert_refused(&reply, "changed_since", "revision");
    assert_text(get(it, 1).own.items[1].number, "39");
}

/** A value that breaks one rule. */
struct broken {
    const char *name;
    const char *value;
    const char *code;
    const char *field;
};

static void each_value_is_refused_with_its_field(void **state)
{
    struct own *it = *state;
    char long_text[502];
    memset(long_text, 'x', 501);
    long_text[501] = '\0';
    assert_done(create(it, "closed", OWN_FIELD_KIND_TEXT));
    const struct field_update close = {.name = TEXT("closed"), .has_active = true};
    assert_done(call(it, &field_update_message, &close));
    const struct own_choice_change no_bronze = {.choice = 3, .has_active = true};
    const struct field_update update_level = {.name = TEXT("level"), .choices = {1, &no_bronze}};
    assert_done(call(it, &field_update_message, &update_level));
    const struct broken broken[] = {
        {"colour", "red", "unknown_entry", "own[1].name"},
        {"SIZE", "38", "unknown_entry", "own[1].name"},
        {"locker", long_text, "invalid_field", "own.locker"},
        {"locker", "a\nb", "invalid_field", "own[1].value"},
        {"size", "big", "invalid_field", "own.size"},
        {"size", "38.12345", "invalid_field", "own.size"},
        {"size", "123456789012345", "invalid_field", "own.size"},
        {"until", "31/1 2027", "invalid_field", "own.until"},
        {"until", "2027-02-29", "invalid_field", "own.until"},
        {"vip", "maybe", "invalid_field", "own.vip"},
        {"level", "Platina", "unknown_entry", "own.level"},
        {"level", "#4", "unknown_entry", "own.level"},
        {"level", "Brons", "inactive_entry", "own.level"},
        {"closed", "x", "inactive_entry", "own.closed"},
    };
    const struct person_create customer = {.given_name = TEXT("Bo")};
    assert_done(call(it, &person_create_message, &customer));
    uint64_t seq = store_seq(it->fixture.store);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        // A good one stands before it, and does not get through alone.
        bool is_first = strcmp(broken[i].name, "vip") == 0;
        const struct own_change changes[] = {is_first ? change("size", "1") : change("vip", "yes"),
                                             change(broken[i].name, broken[i].value)};
        struct reply_envelope reply = make(it, 2, changes);
        assert_refused(&reply, broken[i].code, broken[i].field);
        assert_true(reply.error.message.len > 20);
        const struct person_update command = {.person = 1, .own = {2, changes}};
        reply = call(it, &person_update_message, &command);
        assert_refused(&reply, broken[i].code, broken[i].field);
    }
    const struct own_change twice[] = {change("size", "1"), change("size", "")};
    struct reply_envelope reply = make(it, 2, twice);
    assert_refused(&reply, "invalid_field", "own.size");
    assert_int_equal(store_seq(it->fixture.store), seq);
    assert_int_equal(get(it, 1).own.count, 0);
}

static void what_a_card_has_may_stay_when_it_could_not_be_set(void **state)
{
    struct own *it = *state;
    assert_done(make(it, 5, one_of_each));
    const struct own_choice_change no_gold = {.choice = 2, .has_active = true};
    const struct field_update inactive_choice = {.name = TEXT("level"), .choices = {1, &no_gold}};
    assert_done(call(it, &field_update_message, &inactive_choice));
    const struct field_update inactive = {.name = TEXT("size"), .has_active = true};
    assert_done(call(it, &field_update_message, &inactive));
    const struct own_change same[] = {change("size", "38.5"), change("level", "Guld"), change("vip", "yes")};
    const struct person_update command = {.person = 1, .own = {3, same}};
    assert_done(call(it, &person_update_message, &command));
    struct reply_envelope reply = update(it, 1, "size", "39");
    assert_refused(&reply, "inactive_entry", "own.size");
    assert_int_equal(get(it, 1).own.count, 5);
    assert_done(update(it, 1, "size", "")); // it can go
    reply = update(it, 1, "size", "38.5");
    assert_refused(&reply, "inactive_entry", "own.size");
    const struct field_update active = {.name = TEXT("size"), .has_active = true, .active = true};
    assert_done(call(it, &field_update_message, &active));
    assert_done(update(it, 1, "size", "38.5"));
}

static void a_field_is_renamed_and_gets_choices(void **state)
{
    struct own *it = *state;
    const struct own_choice_change changes[] = {
        {.choice = 1, .has_sv = true, .sv = TEXT("Guld")}, // the two change names
        {.choice = 2, .has_sv = true, .sv = TEXT("Silver"), .has_en = true, .has_active = true},
    };
    const struct entry_names more[] = {{.sv = TEXT("Platina"), .has_en = true, .en = TEXT("Platinum")}};
    const struct field_update command = {
        .name = TEXT("level"),
        .has_names = true,
        .names = {.sv = TEXT("Nivå"), .has_en = true, .en = TEXT("Level")},
        .has_order = true,
        .order = -3,
        .choices = {2, changes},
        .choices_add = {1, more},
    };
    assert_int_equal(change_field(it, &command), 2);
    struct own_field field = field_of(it, "level");
    assert_int_equal(field.field, 5);
    assert_int_equal(field.revision, 2);
    assert_text(field.names.en, "Level");
    assert_int_equal(field.choices.count, 4);
    assert_text(field.choices.items[0].names.sv, "Guld");
    assert_true(field.choices.items[0].active);
    assert_text(field.choices.items[1].names.sv, "Silver");
    assert_false(field.choices.items[1].names.has_en);
    assert_false(field.choices.items[1].active);
    assert_int_equal(field.choices.items[3].choice, 4);
    assert_true(field.choices.items[3].active);
    assert_text(list(it).fields.items[0].name, "level"); // by order
    const struct field_update nothing = {.name = TEXT("level"), .has_order = true, .order = -3};
    assert_int_equal(change_field(it, &nothing), 2);
    fixture_restart(&it->fixture);
    struct own_field again = field_of(it, "level");
    assert_true(same_struct(&own_field_desc, &again, &field));
}

static void each_declaration_is_refused_with_its_field(void **state)
{
    struct own *it = *state;
    static struct entry_names many[100];
    static char many_names[100][8];
    for (size_t i = 0; i < 100; i++) {
        snprintf(many_names[i], sizeof many_names[i], "Val %zu", i);
        many[i].sv = text_of(many_names[i]);
    }
    const struct entry_names twins[] = {{.sv = TEXT("Röd")}, {.sv = TEXT("RÖD")}};
    const struct entry_names id[] = {{.sv = TEXT("#2")}};
    const struct entry_names gold[] = {{.sv = TEXT("GOLD")}};
    uint64_t seq = store_seq(it->fixture.store);
    const struct {
        struct field_create command;
        const char *code, *field;
    } created[] = {
        {{.name = TEXT("Shoe")}, "invalid_field", "name"},
        {{.name = TEXT("sko storlek")}, "invalid_field", "name"},
        {{.name = TEXT("name.size")}, "invalid_field", "name"},
        {{.name = TEXT("size")}, "not_unique", "name"},
        {{.name = TEXT("new"), .choices = {1, gold}}, "invalid_field", "choices"},
        {{.name = TEXT("new"), .kind = OWN_FIELD_KIND_CHOICE, .choices = {2, twins}}, "not_unique", "choices[1].sv"},
        {{.name = TEXT("new"), .kind = OWN_FIELD_KIND_CHOICE, .choices = {1, id}}, "invalid_field", "choices[0].sv"},
    };
    for (size_t i = 0; i < sizeof created / sizeof *created; i++) {
        struct field_create command = created[i].command;
        command.names.sv = TEXT("Ny");
        command.kind = command.kind ? command.kind : OWN_FIELD_KIND_TEXT;
        struct reply_envelope reply = call(it, &field_create_message, &command);
        assert_refused(&reply, created[i].code, created[i].field);
    }
    const struct own_choice_change unknown = {.choice = 4}, same[] = {{.choice = 1}, {.choice = 1}};
    const struct own_choice_change taken = {.choice = 1, .has_sv = true, .sv = TEXT("gold")};
    const struct {
        struct field_update command;
        const char *code, *field;
    } updated[] = {
        {{.name = TEXT("nothing")}, "not_found", "name"},
        {{.name = TEXT("level"), .choices = {1, &unknown}}, "not_found", "choices[0].choice"},
        {{.name = TEXT("level"), .choices = {2, same}}, "invalid_field", "choices[1].choice"},
        {{.name = TEXT("level"), .choices = {1, &taken}}, "not_unique", "choices"},
        {{.name = TEXT("level"), .choices_add = {1, gold}}, "not_unique", "choices_add[0].sv"},
        {{.name = TEXT("level"), .choices_add = {98, many}}, "invalid_field", "choices_add"},
        {{.name = TEXT("size"), .choices_add = {1, gold}}, "invalid_field", "choices_add"},
        {{.name = TEXT("size"), .choices = {1, same}}, "not_found", "choices[0].choice"},
    };
    for (size_t i = 0; i < sizeof updated / sizeof *updated; i++) {
        struct reply_envelope reply = call(it, &field_update_message, &updated[i].command);
        assert_refused(&reply, updated[i].code, updated[i].field);
    }
    const struct field_delete nothing = {.name = TEXT("nothing")};
    struct reply_envelope reply = call(it, &field_delete_message, &nothing);
    assert_refused(&reply, "not_found", "name");
    assert_int_equal(store_seq(it->fixture.store), seq);
    const struct field_update most = {.name = TEXT("level"), .choices_add = {97, many}};
    assert_done(call(it, &field_update_message, &most));
    assert_int_equal(field_of(it, "level").choices.count, 100);
}

static void there_are_64_at_most(void **state)
{
    struct own *it = *state;
    char name[16];
    for (size_t i = list(it).fields.count; i < 64; i++) {
        snprintf(name, sizeof name, "f%zu", i);
        assert_done(create(it, name, OWN_FIELD_KIND_YES_NO));
    }
    struct reply_envelope reply = create(it, "one_more", OWN_FIELD_KIND_TEXT);
    assert_refused(&reply, "wrong_state", "name");
    struct own_change changes[59];
    char names[59][16];
    for (size_t i = 0; i < 59; i++) {
        snprintf(names[i], sizeof names[i], "f%zu", i + 5);
        changes[i] = change(names[i], i % 2 ? "yes" : "no");
    }
    assert_done(make(it, 59, changes));
    const struct person_update rest = {.person = 1, .own = {5, one_of_each}};
    assert_done(call(it, &person_update_message, &rest));
    struct person_card card = get(it, 1);
    assert_int_equal(card.own.count, 64);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(card.own.items[i].field, i + 1);
    const struct field_delete delete = {.name = TEXT("f9")};
    reply = call(it, &field_delete_message, &delete);
    assert_refused(&reply, "in_use", "name");
    assert_done(update(it, 1, "f9", ""));
    assert_done(call(it, &field_delete_message, &delete));
    assert_done(create(it, "one_more", OWN_FIELD_KIND_TEXT));
    assert_int_equal(field_of(it, "one_more").field, 65); // ids are not given twice
}

static void what_is_used_is_not_deleted(void **state)
{
    struct own *it = *state;
    assert_done(make(it, 5, one_of_each));
    assert_done(make(it, 1, &one_of_each[3]));
    const struct field_delete delete = {.name = TEXT("size")};
    struct reply_envelope reply = call(it, &field_delete_message, &delete);
    assert_refused(&reply, "in_use", "name");
    assert_memory_equal(reply.error.message.data, "2 cards have it;", 16);
    assert_done(update(it, 1, "size", ""));
    assert_done(update(it, 2, "size", ""));
    assert_done(call(it, &field_delete_message, &delete));
    reply = update(it, 1, "size", "38");
    assert_refused(&reply, "unknown_entry", "own[0].name");
    assert_done(create(it, "size", OWN_FIELD_KIND_TEXT));
    assert_done(update(it, 1, "size", "thirty-eight"));
}

static const struct field_change *change_of(const struct card_version *version, const char *field)
{
    for (size_t i = 0; i < version->changes.count; i++)
        if (text_equal(version->changes.items[i].field, text_of(field)))
            return &version->changes.items[i];
    return NULL;
}

static void history_tells_each_field_by_itself(void **state)
{
    struct own *it = *state;
    assert_done(make(it, 5, one_of_each));
    const struct own_change changes[] = {change("size", "39"), change("locker", ""), change("vip", "no")};
    const struct person_update command = {
        .person = 1, .has_family_name = true, .family_name = TEXT("Ek"), .own = {3, changes}};
    assert_done(call(it, &person_update_message, &command));
    const struct person_history query = {.person = 1, .limit = 10};
    struct person_history_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_history_message, &query);
    fixture_reply_body(&it->fixture, &person_history_message, &reply, &body);
    assert_int_equal(body.versions.count, 2);
    const struct card_version *version = &body.versions.items[0];
    assert_int_equal(version->changes.count, 3);
    const struct field_change *size = change_of(version, "own.size"), *locker = change_of(version, "own.locker");
    assert_memory_equal(size->from.data,
                        "\xa4"
                        "38.5",
                        5);
    assert_memory_equal(size->to.data,
                        "\xa2"
                        "39",
                        3);
    assert_true(locker->has_from && !locker->has_to);
    assert_non_null(change_of(version, "family_name"));
    assert_null(change_of(version, "own.vip"));
    const struct card_version *made = &body.versions.items[1];
    assert_false(change_of(made, "own.level")->has_from);
    assert_int_equal(change_of(made, "own.level")->to.data[0], 2);
    assert_int_equal(change_of(made, "own.vip")->to.data[0], 0xc2);
    assert_null(change_of(made, "own"));
}

/** Every change of a field is an event with the whole field, on its subject. */
static void changes_of_fields_are_events(void **state)
{
    struct own *it = *state;
    const struct field_update command = {.name = TEXT("level"), .has_active = true};
    struct reply_envelope reply = call(it, &field_update_message, &command);
    assert_done(reply);
    struct store_txn *txn = store_begin_read(it->fixture.store);
    struct journal_record record;
    struct field_updated event;
    struct refusal refusal = {.code = ERROR_NONE};
    bool found = false;
    assert_int_equal(journal_get(txn, (uint64_t)reply.seq, &record, &found), FAULT_NONE);
    assert_text(record.header.type, "field.updated");
    assert_text(record.header.subject, "field/5");
    assert_true(
        codec_decode(&field_updated_desc, record.body, CODEC_SKIP_UNKNOWN, &it->fixture.arena, &event, &refusal));
    struct own_field field = field_of(it, "level");
    assert_true(same_struct(&own_field_desc, &event.field, &field));
    store_abort(txn);
}

static void numbers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kept;
    } numbers[] = {
        {"0", "0"},
        {"-0", "0"},
        {"+42", "42"},
        {"007", "7"},
        {"38,50", "38.5"},
        {"-0.0001", "-0.0001"},
        {"-3.25", "-3.25"},
        {"99999999999999.9999", "99999999999999.9999"},
        {"-99999999999999.9999", "-99999999999999.9999"},
        {"10", "10"},
        {"", NULL},
        {"-", NULL},
        {".5", NULL},
        {"5.", NULL},
        {"1e3", NULL},
        {"1 000", NULL},
        {"--1", NULL},
        {"1.00000", NULL},
        {"100000000000000", NULL},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t number;
        char kept[OWN_NUMBER_BYTES];
        bool is_read = own_number_read(text_of(numbers[i].text), &number);
        assert_int_equal(is_read, numbers[i].kept != NULL);
        if (is_read)
            assert_text((struct text){kept, own_number_write(number, kept)}, numbers[i].kept);
    }
}

int main(void)
{
#define with_fields(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_fields(a_value_of_each_kind_is_kept_in_its_form),
        with_fields(values_change_and_go_one_by_one),
        with_fields(another_revision_is_told),
        with_fields(each_value_is_refused_with_its_field),
        with_fields(what_a_card_has_may_stay_when_it_could_not_be_set),
        with_fields(a_field_is_renamed_and_gets_choices),
        with_fields(each_declaration_is_refused_with_its_field),
        with_fields(there_are_64_at_most),
        with_fields(what_is_used_is_not_deleted),
        with_fields(history_tells_each_field_by_itself),
        with_fields(changes_of_fields_are_events),
        cmocka_unit_test(numbers_are_exact),
    };
    return cmocka_run_group_tests_name("person_own_fields", tests, NULL, NULL);
}
