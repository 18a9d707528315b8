// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/wire_help.h"

#include "proto/sample.gen.h"

struct refused {
    const char *key;
    struct bytes value;
    const char *field;
    const char *message;
};

#define INT_RANGE "must be a whole number from -5 to 100"
#define ID_RANGE "must be an id, a whole number from 1 to 9223372036854775807"
#define TIME_RANGE "must be a time, a whole number of milliseconds since 1970 (UTC)"
#define DAY_FORM "must be a day from 1800 to 9999, written YYYY-MM-DD"
#define ONE_LINE "must be one line, without tabs, line breaks or other control characters"
#define COLOURS "must be one of red, green, deep_blue"
#define NO_NIL "must not be nil; leave the field out"
#define V(literal) BYTES_INIT(literal)

/** {key: value} for sample_all: what each kind does not take. */
static const struct refused refused[] = {
    {"flag", V("\x01"), "flag", "must be true or false"},
    {"flag", V("\xa4true"), "flag", "must be true or false"},
    {"flag", V("\xc0"), "flag", NO_NIL},
    {"count", V("\xfa"), "count", INT_RANGE},
    {"count", V("\x65"), "count", INT_RANGE},
    {"count",
     V("\xa1"
       "1"),
     "count", INT_RANGE},
    {"count", V("\xc3"), "count", INT_RANGE},
    {"count", V("\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"), "count", INT_RANGE}, // 1.5
    {"count", V("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), "count", INT_RANGE},
    {"any_count", V("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), "any_count",
     "must be a whole number from -9223372036854775808 to 9223372036854775807"},
    {"any_count", V("\xcb\x43\xe0\x00\x00\x00\x00\x00\x00"), "any_count", // 2^63
     "must be a whole number from -9223372036854775808 to 9223372036854775807"},
    {"any_count", V("\xcb\xc3\xe0\x00\x00\x00\x00\x00\x01"), "any_count", // just below -2^63
     "must be a whole number from -9223372036854775808 to 9223372036854775807"},
    {"version", V("\x02"), "version", "must be the whole number 1"},
    {"key", V("\x00"), "key", ID_RANGE},
    {"key", V("\xff"), "key", ID_RANGE},
    {"key", V("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), "key", ID_RANGE},
    {"at_ms", V("\xca\x3f\x00\x00\x00"), "at_ms", TIME_RANGE}, // 0.5
    {"at_ms",
     V("\xaa"
       "2024-01-01"),
     "at_ms", TIME_RANGE},
    {"day",
     V("\xaa"
       "2023-02-29"),
     "day", DAY_FORM},
    {"day",
     V("\xaa"
       "1799-12-31"),
     "day", DAY_FORM},
    {"day",
     V("\xa9"
       "2023-2-28"),
     "day", DAY_FORM},
    {"day", V("\xa0"), "day", DAY_FORM},
    {"day", V("\x01"), "day", DAY_FORM},
    {"note", V("\xc4\x01x"), "note", "must be a string"},
    {"note", V("\x01"), "note", "must be a string"},
    {"title", V("\xa1x"), "title", "must be at least 2 bytes, is 1"},
    {"title", V("\xabxxxxxxxxxxx"), "title", "must be at most 10 bytes, is 11"},
    {"title", V("\xa3x\nx"), "title", ONE_LINE},
    {"title", V("\xa3x\tx"), "title", ONE_LINE},
    {"title", V("\xa2x\x7f"), "title", ONE_LINE},
    {"title", V("\xa9xxxxxxxx\x1f"), "title", ONE_LINE},
    {"title", V("\xaa\nxxxxxxxxx"), "title", ONE_LINE},
    {"title", V("\x90"), "title", "must be a string"},
    {"digest", V("\xa2xx"), "digest", "must be bytes (msgpack bin)"},
    {"digest", V("\xc4\x01x"), "digest", "must be at least 2 bytes, is 1"},
    {"digest", V("\xc4\x05xxxxx"), "digest", "must be at most 4 bytes, is 5"},
    {"colour", V("\xa4pink"), "colour", COLOURS},
    {"colour", V("\xa3Red"), "colour", COLOURS},
    {"colour", V("\xa0"), "colour", COLOURS},
    {"colour", V("\x01"), "colour", COLOURS},
    {"code", V("\xa1x"), "code",
     "must be one of first_code_with_a_name_of_some_length_to_fill_the_message, "
     "second_code_with_a_name_of_some_length_to_fill_the_message, "
     "third_code_with_a_name_of_some_length_to_fill_the_message, …"},
    {"point", V("\x90"), "point", "must be a map"},
    {"point", V("\xc0"), "point", NO_NIL},
    {"point", V("\x82\xa1x\x01\xa1y\xcd\x03\xe9"), "point.y", "must be a whole number from -1000 to 1000"},
    {"extra",
     V("\xc4\x3f"
       "012345678901234567890123456789012345678901234567890123456789012"),
     "extra", "must be at most 64 bytes, is 65"},
    {"tags", V("\xc0"), "tags", NO_NIL},
    {"tags", V("\xa1x"), "tags", "must be a list"},
    {"tags", V("\x80"), "tags", "must be a list"},
    {"tags", V("\x96\xa1x\xa1x\xa1x\xa1x\xa1x\xa1x"), "tags", "must have at most 5 elements, has 6"},
    {"tags", V("\x92\xa1x\xc0"), "tags[1]", "must be a string"},
    {"tags", V("\x92\xa1x\xa9xxxxxxxxx"), "tags[1]", "must be at most 8 bytes, is 9"},
    {"extras", V("\xc0"), "extras", NO_NIL},
    {"extras", V("\x80"), "extras", "must be a list"},
    {"flags", V("\x91\x00"), "flags[0]", "must be true or false"},
    {"numbers", V("\x92\x09\x0a"), "numbers[1]", "must be a whole number from 0 to 9"},
    {"keys", V("\x93\x01\x02\x00"), "keys[2]", ID_RANGE},
    {"times", V("\x91\xc2"), "times[0]", TIME_RANGE},
    {"days", V("\x91\xa1x"), "days[0]", DAY_FORM},
    {"digests", V("\x91\xa0"), "digests[0]", "must be bytes (msgpack bin)"},
    {"colours", V("\x92\xa3red\xa1x"), "colours[1]", COLOURS},
    {"contacts", V("\x91\xa1x"), "contacts[0]", "must be a map"},
    {"contacts",
     V("\x92\x81\xa4name\xa1x\x82\xa4name\xa1x\xa7"
       "channel\x01"),
     "contacts[1].channel", COLOURS},
    {"contacts", V("\x91\x82\xa4name\xa1x\xa6points\x92\x82\xa1x\x01\xa1y\x02\x82\xa1x\x01\xa1y\xc2"),
     "contacts[0].points[1].y", "must be a whole number from -1000 to 1000"},
};

static void what_a_kind_does_not_take_is_refused_with_its_path(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct bytes frame = wire_pair(&wire, refused[i].key, refused[i].value);
        assert_false(wire_decode(&wire, &sample_all_desc, frame, CODEC_REFUSE_UNKNOWN, &out));
        assert_refusal(&wire.refusal, ERROR_INVALID_FIELD, refused[i].field, refused[i].message);
        // Being tolerant of what one does not know is no reason to take what is wrong.
        assert_false(wire_decode(&wire, &sample_all_desc, frame, CODEC_SKIP_UNKNOWN, &out));
        assert_refusal(&wire.refusal, ERROR_INVALID_FIELD, refused[i].field, refused[i].message);
    }
    wire_close(&wire);
}

struct taken {
    const char *key;
    struct bytes value;
    struct bytes encoded; // by us: the shortest form
};

/** {key: value} for sample_all: what each kind takes, at its limits and in every writing. */
static const struct taken taken[] = {
    {"flag", V("\xc3"), V("\xc3")},
    {"flag", V("\xc2"), V("\xc2")},
    {"count", V("\xfb"), V("\xfb")},
    {"count", V("\x64"), V("\x64")},
    {"count", V("\xcf\x00\x00\x00\x00\x00\x00\x00\x01"), V("\x01")},
    {"count", V("\xd3\xff\xff\xff\xff\xff\xff\xff\xff"), V("\xff")},
    {"count", V("\xd0\x05"), V("\x05")},
    {"count", V("\xca\x3f\x80\x00\x00"), V("\x01")},                 // 1.0
    {"count", V("\xcb\x80\x00\x00\x00\x00\x00\x00\x00"), V("\x00")}, // -0.0
    {"any_count", V("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), V("\xd3\x80\x00\x00\x00\x00\x00\x00\x00")},
    {"any_count", V("\xcb\xc3\xe0\x00\x00\x00\x00\x00\x00"), V("\xd3\x80\x00\x00\x00\x00\x00\x00\x00")},
    {"any_count", V("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), V("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff")},
    {"key", V("\x01"), V("\x01")},
    {"key", V("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff"), V("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff")},
    {"at_ms", V("\xff"), V("\xff")},
    {"day",
     V("\xaa"
       "1800-01-01"),
     V("\xaa"
       "1800-01-01")},
    {"day",
     V("\xaa"
       "9999-12-31"),
     V("\xaa"
       "9999-12-31")},
    {"day",
     V("\xd9\x0a"
       "2024-02-29"),
     V("\xaa"
       "2024-02-29")},
    {"note", V("\xa0"), V("\xa0")},
    {"note", V("\xa3x\n\t"), V("\xa3x\n\t")},
    {"title", V("\xaaxxxxxxxxxx"), V("\xaaxxxxxxxxxx")},
    {"title", V("\xa4\xc3\xa5\xc2\x80"), V("\xa4\xc3\xa5\xc2\x80")},
    {"digest", V("\xc6\x00\x00\x00\x02\x00\xff"), V("\xc4\x02\x00\xff")},
    {"colour",
     V("\xa9"
       "deep_blue"),
     V("\xa9"
       "deep_blue")},
    {"point", V("\x82\xa1y\x01\xa1x\x02"), V("\x82\xa1x\x02\xa1y\x01")},
    {"extra", V("\xc0"), V("\xc0")},
    {"extra", V("\x81\xa1x\xcd\x00\x01"), V("\x81\xa1x\xcd\x00\x01")}, // not touched
    {"tags", V("\xdc\x00\x02\xa0\xa1x"), V("\x92\xa0\xa1x")},
    {"flags", V("\x92\xc2\xc3"), V("\x92\xc2\xc3")},
    {"numbers", V("\x95\x00\x01\x02\x03\x09"), V("\x95\x00\x01\x02\x03\x09")},
    {"keys", V("\x92\x01\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), V("\x92\x01\xcf\x7f\xff\xff\xff\xff\xff\xff\xff")},
    {"times", V("\x91\x00"), V("\x91\x00")},
    {"days",
     V("\x91\xaa"
       "1970-01-01"),
     V("\x91\xaa"
       "1970-01-01")},
    {"digests", V("\x92\xc4\x00\xc4\x01x"), V("\x92\xc4\x00\xc4\x01x")},
    {"extras", V("\x93\xc0\x80\xcd\x00\x01"), V("\x93\xc0\x80\xcd\x00\x01")},
    {"colours", V("\x92\xa3red\xa5green"), V("\x92\xa3red\xa5green")},
    {"contacts", V("\x91\x81\xa4name\xa3\xc3\x85s"), V("\x91\x81\xa4name\xa3\xc3\x85s")},
};

static void what_a_kind_takes_comes_back_in_its_shortest_form(void **state)
{
    (void)state;
    struct wire wire, expected;
    struct sample_all out;
    wire_open(&wire);
    wire_open(&expected);
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        struct bytes frame = wire_pair(&wire, taken[i].key, taken[i].value);
        if (!wire_decode(&wire, &sample_all_desc, frame, CODEC_REFUSE_UNKNOWN, &out))
            fail_msg("%zu: %s: %s", i, wire.refusal.field, wire.refusal.message);
        struct buffer encoded;
        buffer_init(&encoded, 1024);
        codec_encode(&sample_all_desc, &out, &encoded);
        assert_bytes_equal(buffer_bytes(&encoded), wire_pair(&expected, taken[i].key, taken[i].encoded));
        assert_true(codec_valid(&sample_all_desc, &out, &wire.refusal));
        buffer_fini(&encoded);
    }
    wire_close(&wire);
    wire_close(&expected);
}

static void values_stand_in_their_members(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    struct bytes frame = BYTES("\x86\xa5"
                               "count\xfb\xa3"
                               "day\xaa"
                               "1970-01-02\xa5title\xa3\xc3\x85s\xa6"
                               "colour\xa9"
                               "deep_blue\xa5point\x83\xa1x\x01\xa1y\xfe\xa5label\xa1p\xa4keys\x92\x05\x06");
    assert_true(wire_decode(&wire, &sample_all_desc, frame, CODEC_REFUSE_UNKNOWN, &out));
    assert_true(out.has_count && out.has_day && out.has_title && out.has_colour && out.has_point);
    assert_false(out.has_flag || out.has_key || out.has_note || out.has_extra);
    assert_int_equal(out.count, -5);
    assert_int_equal(out.day, 1);
    assert_text_equal(out.title, "Ås");
    assert_true((const uint8_t *)out.title.data > frame.data); // borrowed, not copied
    assert_true((const uint8_t *)out.title.data < frame.data + frame.len);
    assert_int_equal(out.colour, SAMPLE_COLOUR_DEEP_BLUE);
    assert_int_equal(out.point.y, -2);
    assert_true(out.point.has_label);
    assert_int_equal(out.keys.count, 2);
    assert_int_equal(out.keys.items[1], 6);
    assert_int_equal(out.tags.count, 0);
    wire_close(&wire);
}

static void a_required_field_must_be_there(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_change change;
    struct sample_all all;
    wire_open(&wire);
    assert_false(wire_decode(&wire, &sample_change_desc, BYTES("\x80"), CODEC_SKIP_UNKNOWN, &change));
    assert_refusal(&wire.refusal, ERROR_MISSING_FIELD, "id", "is required");
    assert_false(wire_decode(&wire, &sample_change_desc, BYTES("\x81\xa2id\x01"), CODEC_SKIP_UNKNOWN, &change));
    assert_refusal(&wire.refusal, ERROR_MISSING_FIELD, "revision", "is required");
    assert_false(wire_decode(&wire, &sample_change_desc, BYTES("\x81\xa2id\xc0"), CODEC_SKIP_UNKNOWN, &change));
    assert_refusal(&wire.refusal, ERROR_INVALID_FIELD, "id", "is required and must not be nil");
    struct bytes nested = BYTES("\x81\xa8"
                                "contacts\x92\x81\xa4name\xa1x\x81\xa4home\x81\xa1x\x01");
    assert_false(wire_decode(&wire, &sample_all_desc, nested, CODEC_REFUSE_UNKNOWN, &all));
    assert_refusal(&wire.refusal, ERROR_MISSING_FIELD, "contacts[1].home.y", "is required");
    wire_close(&wire);
}

static void nil_clears_what_is_clearable(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_change out;
    wire_open(&wire);
    struct bytes frame = BYTES("\x87\xa2id\x01\xa8revision\x00\xa5"
                               "email\xc0\xa4"
                               "born\xc0\xa6"
                               "colour\xc0\xa4home\xc0"
                               "\xa5"
                               "extra\xc0");
    assert_true(wire_decode(&wire, &sample_change_desc, frame, CODEC_REFUSE_UNKNOWN, &out));
    assert_true(out.clear_email && out.clear_born && out.clear_colour && out.clear_home && out.clear_extra);
    assert_false(out.has_email || out.has_born || out.has_colour || out.has_home || out.has_extra);
    codec_encode(&sample_change_desc, &out, &wire.buffer);
    assert_bytes_equal(buffer_bytes(&wire.buffer), frame);
    assert_true(wire_decode(&wire, &sample_change_desc,
                            BYTES("\x83\xa2id\x01\xa8revision\x00\xa5"
                                  "email\xa1x"),
                            CODEC_REFUSE_UNKNOWN, &out));
    assert_true(out.has_email && !out.clear_email);
    wire_close(&wire);
}

struct unknown {
    struct bytes frame;
    const char *field;
    const char *message;
};

static const struct unknown unknowns[] = {
    {V("\x81\xa5"
       "flagg\xc3"),
     "flagg", "unknown field; did you mean flag?"},
    {V("\x81\xa5"
       "colur\xc0"),
     "colur", "unknown field; did you mean colour?"},
    {V("\x81\xa9"
       "something\xc3"),
     "something", "unknown field"},
    {V("\x82\xa4"
       "flag\xc3\xa2no\xc3"),
     "no", "unknown field"},
    {V("\x81\xa5point\x83\xa1x\x01\xa1y\x01\xa6labels\xa0"), "point.labels", "unknown field; did you mean label?"},
    {V("\x81\xa8"
       "contacts\x92\x81\xa4name\xa1x\x81\xa4"
       "nama\xa1x"),
     "contacts[1].nama", "unknown field; did you mean name?"},
    // What does not look like the name of a field may be a person's number or address.
    {V("\x81\xac"
       "198001011234\xc3"),
     "", "has an unknown field, whose name is not shown"},
    {V("\x81\xa5"
       "a@b.c\xc3"),
     "", "has an unknown field, whose name is not shown"},
    {V("\x81\xa4"
       "Anna\xc3"),
     "", "has an unknown field, whose name is not shown"},
    {V("\x81\xa3\xc3\xa5s\xc3"), "", "has an unknown field, whose name is not shown"},
    {V("\x81\xa0\xc3"), "", "has an unknown field, whose name is not shown"},
    {V("\x81\xd9\x41"
       "aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaa\xc3"),
     "", "has an unknown field, whose name is not shown"},
    {V("\x81\xa5point\x81\xa2X!\x01"), "point", "has an unknown field, whose name is not shown"},
};

static void an_unknown_field_is_named_if_it_may_be(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    for (size_t i = 0; i < COUNT_OF(unknowns); i++) {
        assert_false(wire_decode(&wire, &sample_all_desc, unknowns[i].frame, CODEC_REFUSE_UNKNOWN, &out));
        assert_refusal(&wire.refusal, ERROR_UNKNOWN_FIELD, unknowns[i].field, unknowns[i].message);
    }
    wire_close(&wire);
}

static void an_unknown_field_is_skipped_with_all_that_is_in_it(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    struct bytes frame = BYTES("\x84\xa5later\x82\xa1"
                               "a\x92\x01\x81\xa1z\xc0\xa1"
                               "b\xc4\x02xx\xa4"
                               "flag\xc3"
                               "\xa5point\x83\xa1w\x90\xa1x\x01\xa1y\x02\xa1q\xa0");
    assert_true(wire_decode(&wire, &sample_all_desc, frame, CODEC_SKIP_UNKNOWN, &out));
    assert_true(out.has_flag && out.flag);
    assert_int_equal(out.point.y, 2);
    assert_int_equal(wire.arena.used_bytes, 0);
    wire_close(&wire);
}

static void a_row_has_numbers_for_keys_enums_and_days(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_row out;
    wire_open(&wire);
    struct bytes frame = BYTES("\x89\x01\x05\x02\xa1x\x03\xff\x04\x07\x05\x81\xa1"
                               "a\x01\x06\x82\x01\x02\x02\x03"
                               "\x07\x91\x81\x01\x09\x08\x82\xa1x\x01\xa1y\x02\xcc\xc8\x91\x00");
    assert_true(wire_decode(&wire, &sample_row_desc, frame, CODEC_REFUSE_UNKNOWN, &out));
    assert_int_equal(out.id, 5);
    assert_int_equal(out.born, -1);
    assert_int_equal(out.colour, SAMPLE_COLOUR_DEEP_BLUE);
    assert_bytes_equal(out.body, BYTES("\x81\xa1"
                                       "a\x01"));
    assert_int_equal(out.part.on, 3);
    assert_int_equal(out.parts.items[0].x, 9);
    assert_int_equal(out.point.y, 2);
    assert_int_equal(out.days.items[0], 0);
    codec_encode(&sample_row_desc, &out, &wire.buffer);
    assert_bytes_equal(buffer_bytes(&wire.buffer), frame);
    wire_close(&wire);
}

static const struct unknown row_refusals[] = {
    {V("\x82\x01\x05\x02\x05"), "name", "must be a string"},
    {V("\x83\x01\x05\x02\xa1x\x04\xa3red"), "colour", COLOURS},
    {V("\x83\x01\x05\x02\xa1x\x04\x03"), "colour", COLOURS}, // a number that was removed
    {V("\x83\x01\x05\x02\xa1x\x04\x00"), "colour", COLOURS},
    {V("\x83\x01\x05\x02\xa1x\x04\xcf\x00\x00\x00\x01\x00\x00\x00\x01"), "colour", COLOURS}, // 1 in its low half
    {V("\x83\x01\x05\x02\xa1x\x03\xaa"
       "1970-01-01"),
     "born", "must be a day from 1800 to 9999, as days since 1970-01-01"},
    {V("\x83\x01\x05\x02\xa1x\x03\xd2\x7f\xff\xff\xff"), "born",
     "must be a day from 1800 to 9999, as days since 1970-01-01"},
    {V("\x83\x01\x05\x02\xa1x\x06\x81\x01\x0a"), "part.x", "must be a whole number from 0 to 9"},
};

static void a_row_is_refused_by_the_names_of_its_fields(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_row out;
    wire_open(&wire);
    for (size_t i = 0; i < COUNT_OF(row_refusals); i++) {
        assert_false(wire_decode(&wire, &sample_row_desc, row_refusals[i].frame, CODEC_SKIP_UNKNOWN, &out));
        assert_refusal(&wire.refusal, ERROR_INVALID_FIELD, row_refusals[i].field, row_refusals[i].message);
    }
    struct bytes newer = BYTES("\x84\x01\x05\x02\xa1x\x63\x91\x01\xa4name\xc0");
    assert_true(wire_decode(&wire, &sample_row_desc, newer, CODEC_SKIP_UNKNOWN, &out));
    assert_false(wire_decode(&wire, &sample_row_desc, newer, CODEC_REFUSE_UNKNOWN, &out));
    assert_refusal(&wire.refusal, ERROR_UNKNOWN_FIELD, "", "has an unknown field number 99");
    assert_false(wire_decode(&wire, &sample_row_desc, BYTES("\x81\x01\x05"), CODEC_SKIP_UNKNOWN, &out));
    assert_refusal(&wire.refusal, ERROR_MISSING_FIELD, "name", "is required");
    wire_close(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_kind_does_not_take_is_refused_with_its_path),
        cmocka_unit_test(what_a_kind_takes_comes_back_in_its_shortest_form),
        cmocka_unit_test(values_stand_in_their_members),
        cmocka_unit_test(a_required_field_must_be_there),
        cmocka_unit_test(nil_clears_what_is_clearable),
        cmocka_unit_test(an_unknown_field_is_named_if_it_may_be),
        cmocka_unit_test(an_unknown_field_is_skipped_with_all_that_is_in_it),
        cmocka_unit_test(a_row_has_numbers_for_keys_enums_and_days),
        cmocka_unit_test(a_row_is_refused_by_the_names_of_its_fields),
    };
    return cmocka_run_group_tests_name("wire: decode", tests, NULL, NULL);
}
