// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/wire_help.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/sample.gen.h"

static void fields_come_in_order_and_absent_ones_not_at_all(void **state)
{
    (void)state;
    struct wire wire;
    wire_open(&wire);
    struct sample_all all = {.has_count = true, .count = 1, .flag = true, .has_note = true, .title = TEXT("unseen")};
    codec_encode(&sample_all_desc, &all, &wire.buffer);
    assert_bytes_equal(buffer_bytes(&wire.buffer), BYTES("\x82\xa5"
                                                         "count\x01\xa4note\xa0"));
    wire_reset(&wire);
    codec_encode(&sample_all_desc, &(struct sample_all){.has_flag = false}, &wire.buffer);
    assert_bytes_equal(buffer_bytes(&wire.buffer), BYTES("\x80"));
    wire_reset(&wire);
    codec_encode(&sample_point_desc, &(struct sample_point){.x = 0}, &wire.buffer);
    assert_bytes_equal(buffer_bytes(&wire.buffer), BYTES("\x82\xa1x\x00\xa1y\x00"));
    wire_close(&wire);
}

static void a_cleared_field_is_nil_even_with_a_value(void **state)
{
    (void)state;
    struct wire wire;
    wire_open(&wire);
    struct sample_change change = {.id = 1, .email = TEXT("x"), .has_email = true, .clear_email = true};
    codec_encode(&sample_change_desc, &change, &wire.buffer);
    assert_bytes_equal(buffer_bytes(&wire.buffer), BYTES("\x83\xa2id\x01\xa8revision\x00\xa5"
                                                         "email\xc0"));
    wire_close(&wire);
}

static void encoding_appends(void **state)
{
    (void)state;
    struct wire wire;
    wire_open(&wire);
    buffer_byte(&wire.buffer, 0x92);
    codec_encode(&sample_point_desc, &(struct sample_point){.x = 1, .y = 2}, &wire.buffer);
    codec_encode(&sample_point_desc, &(struct sample_point){.x = 3, .y = 4}, &wire.buffer);
    assert_bytes_equal(buffer_bytes(&wire.buffer), BYTES("\x92\x82\xa1x\x01\xa1y\x02\x82\xa1x\x03\xa1y\x04"));
    wire_close(&wire);
}

static void a_full_buffer_stays_failed(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 8);
    struct sample_all all = {.has_note = true, .note = TEXT("longer than the buffer")};
    codec_encode(&sample_all_desc, &all, &buffer);
    assert_true(buffer.failed);
    assert_int_equal(buffer_bytes(&buffer).len, 0);
    buffer_fini(&buffer);
}

/** Whether encoding `value` aborts, tried in a process of its own. */
static bool aborts(const struct struct_desc *desc, const void *value)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct buffer buffer;
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        buffer_init(&buffer, 1024);
        codec_encode(desc, value, &buffer);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void what_cannot_be_written_is_a_defect(void **state)
{
    (void)state;
    struct sample_all all = {.has_colour = true, .colour = SAMPLE_COLOUR_RED};
    assert_false(aborts(&sample_all_desc, &all));
    all.colour = (enum sample_colour)3;
    assert_true(aborts(&sample_all_desc, &all));
    assert_true(aborts(&sample_all_desc, &(struct sample_all){.has_extra = true}));
    assert_true(aborts(&sample_all_desc, &(struct sample_all){.has_day = true, .day = INT32_MAX}));
}

struct invalid {
    struct sample_all value;
    const char *field;
    const char *message;
};

static void assert_invalid(const struct sample_all *value, const char *field, const char *message)
{
    struct refusal refusal = {.code = ERROR_NONE};
    assert_false(codec_valid(&sample_all_desc, value, &refusal));
    assert_refusal(&refusal, ERROR_INVALID_FIELD, field, message);
}

static void a_scalar_that_breaks_a_rule_is_not_valid(void **state)
{
    (void)state;
    const struct invalid cases[] = {
        {{.has_count = true, .count = 101}, "count", "must be a whole number from -5 to 100"},
        {{.has_version = true}, "version", "must be the whole number 1"},
        {{.has_key = true}, "key", "must be an id, a whole number from 1 to 9223372036854775807"},
        {{.has_key = true, .key = UINT64_MAX}, "key", "must be an id, a whole number from 1 to 9223372036854775807"},
        {{.has_day = true, .day = INT32_MIN}, "day", "must be a day from 1800 to 9999, written YYYY-MM-DD"},
        {{.has_note = true, .note = {"\xff", 1}}, "note", "must be UTF-8 without NUL"},
        {{.has_note = true, .note = {"a\0b", 3}}, "note", "must be UTF-8 without NUL"},
        {{.has_title = true, .title = {"x", 1}}, "title", "must be at least 2 bytes, is 1"},
        {{.has_title = true, .title = {"x\r", 2}},
         "title",
         "must be one line, without tabs, line breaks or other control characters"},
        {{.has_digest = true}, "digest", "must be at least 2 bytes, is 0"},
        {{.has_colour = true}, "colour", "must be one of red, green, deep_blue"},
        {{.has_colour = true, .colour = (enum sample_colour)3}, "colour", "must be one of red, green, deep_blue"},
        {{.has_point = true, .point = {.y = -1001}}, "point.y", "must be a whole number from -1000 to 1000"},
        {{.has_extra = true}, "extra", "must be one msgpack value"},
        {{.has_extra = true, .extra = {(const uint8_t *)"\xc1", 1}}, "extra", "must be one msgpack value"},
        {{.has_extra = true, .extra = {(const uint8_t *)"\x01\x01", 2}}, "extra", "must be one msgpack value"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_invalid(&cases[i].value, cases[i].field, cases[i].message);
}

static void an_element_that_breaks_a_rule_is_not_valid(void **state)
{
    (void)state;
    const int64_t numbers[] = {0, 9, 10, 1, 1, 1};
    const struct sample_point points[] = {{.x = 1}, {.x = 1001}};
    const struct sample_contact contacts[] = {{.name = TEXT("x")}, {.name = TEXT("y"), .points = {2, points}}};
    assert_invalid(&(struct sample_all){.numbers = {3, numbers}}, "numbers[2]", "must be a whole number from 0 to 9");
    assert_invalid(&(struct sample_all){.numbers = {6, numbers}}, "numbers", "must have at most 5 elements, has 6");
    assert_invalid(&(struct sample_all){.contacts = {2, contacts}}, "contacts[1].points[1].x",
                   "must be a whole number from -1000 to 1000");
}

static void what_is_absent_or_cleared_is_not_looked_at(void **state)
{
    (void)state;
    struct refusal refusal = {.code = ERROR_NONE};
    struct sample_all all = {.count = 4711, .title = TEXT("\n"), .colour = (enum sample_colour)99};
    assert_true(codec_valid(&sample_all_desc, &all, &refusal));
    struct sample_change change = {.id = 1, .clear_email = true, .email = TEXT("\n"), .has_email = true};
    assert_true(codec_valid(&sample_change_desc, &change, &refusal));
    assert_int_equal(refusal.code, ERROR_NONE);
}

static void a_row_may_hold_what_a_message_may_not(void **state)
{
    (void)state;
    struct refusal refusal = {.code = ERROR_NONE};
    struct sample_row row = {.id = 1, .name = TEXT("x"), .has_body = true, .body = BYTES("\x81\x01\x01")};
    assert_true(codec_valid(&sample_row_desc, &row, &refusal));
    struct sample_all all = {.has_extra = true, .extra = BYTES("\x81\x01\x01")};
    assert_invalid(&all, "extra", "must be one msgpack value");
}

/** A struct with a field for the first role alone, one for the second, and one for all; and a list of such structs. */
struct guarded {
    bool first;
    bool has_first;
    bool second;
    bool has_second;
    bool all;
    struct list inner;
};

#define GUARDED_FIELD(called, who)                                                                                     \
    {                                                                                                                  \
        .name = #called, .name_len = sizeof #called - 1, .kind = FIELD_BOOL, .flags = FIELD_SENSITIVE,                 \
        .offset = offsetof(struct guarded, called), .has_offset = offsetof(struct guarded, has_##called),              \
        .clear_offset = FIELD_NO_OFFSET, .seen_by = (who)                                                              \
    }

static const struct struct_desc guarded_desc;

static const struct field_desc guarded_fields[] = {
    GUARDED_FIELD(first, 1),
    GUARDED_FIELD(second, 2),
    {.name = "all",
     .name_len = 3,
     .kind = FIELD_BOOL,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct guarded, all),
     .has_offset = FIELD_NO_OFFSET,
     .clear_offset = FIELD_NO_OFFSET},
    {.name = "inner",
     .name_len = 5,
     .kind = FIELD_STRUCT,
     .flags = FIELD_LIST,
     .offset = offsetof(struct guarded, inner),
     .has_offset = FIELD_NO_OFFSET,
     .clear_offset = FIELD_NO_OFFSET,
     .max_items = 4,
     .structure = &guarded_desc},
};

static const struct struct_desc guarded_desc = {
    .name = "guarded", .size = sizeof(struct guarded), .fields = guarded_fields, .count = 4, .required = 4};

static void assert_shown(const struct guarded *value, uint32_t role_mask, struct bytes expected)
{
    struct wire wire;
    wire_open(&wire);
    codec_encode_for(&guarded_desc, value, role_mask, &wire.buffer);
    assert_bytes_equal(buffer_bytes(&wire.buffer), expected);
    wire_close(&wire);
}

static void what_a_role_may_not_see_is_left_out_at_any_depth(void **state)
{
    (void)state;
    const struct guarded inner = {.first = true, .has_first = true, .second = true, .has_second = true, .all = true};
    const struct guarded outer = {
        .first = true, .has_first = true, .has_second = true, .inner = {.count = 1, .items = &inner}};
    assert_shown(&outer, 1,
                 BYTES("\x83\xa5"
                       "first\xc3\xa3"
                       "all\xc2\xa5"
                       "inner\x91\x82\xa5"
                       "first\xc3\xa3"
                       "all\xc3"));
    assert_shown(&outer, 4,
                 BYTES("\x82\xa3"
                       "all\xc2\xa5"
                       "inner\x91\x81\xa3"
                       "all\xc3"));
    assert_shown(&inner, 3,
                 BYTES("\x83\xa5"
                       "first\xc3\xa6"
                       "second\xc3\xa3"
                       "all\xc3"));
    assert_shown(&inner, UINT32_MAX,
                 BYTES("\x83\xa5"
                       "first\xc3\xa6"
                       "second\xc3\xa3"
                       "all\xc3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_in_order_and_absent_ones_not_at_all),
        cmocka_unit_test(a_cleared_field_is_nil_even_with_a_value),
        cmocka_unit_test(encoding_appends),
        cmocka_unit_test(a_full_buffer_stays_failed),
        cmocka_unit_test(what_cannot_be_written_is_a_defect),
        cmocka_unit_test(a_scalar_that_breaks_a_rule_is_not_valid),
        cmocka_unit_test(an_element_that_breaks_a_rule_is_not_valid),
        cmocka_unit_test(what_is_absent_or_cleared_is_not_looked_at),
        cmocka_unit_test(what_a_role_may_not_see_is_left_out_at_any_depth),
        cmocka_unit_test(a_row_may_hold_what_a_message_may_not),
    };
    return cmocka_run_group_tests_name("wire: encode and valid", tests, NULL, NULL);
}
