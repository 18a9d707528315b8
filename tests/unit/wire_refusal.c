// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/wire_help.h"

#include "common/wire/utf8.h"

static void a_refusal_keeps_its_first_reason(void **state)
{
    (void)state;
    struct refusal refusal = {.code = ERROR_NONE};
    assert_false(is_refused(&refusal));
    refusal_set(&refusal, ERROR_NOT_FOUND, NULL, "there is no such person");
    refusal_set(&refusal, ERROR_BUSY, "id", "later");
    assert_true(is_refused(&refusal));
    assert_refusal(&refusal, ERROR_NOT_FOUND, "", "there is no such person");
}

static void texts_too_long_are_cut_at_a_character(void **state)
{
    (void)state;
    char field[201], message[1001];
    struct refusal refusal = {.code = ERROR_NONE};
    memset(field, 'f', sizeof field - 1);
    field[sizeof field - 1] = '\0';
    // Characters of two bytes after one of one: 512 bytes would end within one.
    message[0] = 'x';
    for (size_t i = 1; i + 2 < sizeof message; i += 2)
        memcpy(message + i, "å", 2);
    message[sizeof message - 2] = '\0';
    refusal_set(&refusal, ERROR_NOT_FOUND, field, message);
    assert_int_equal(strlen(refusal.field), sizeof refusal.field - 1);
    assert_int_equal(strlen(refusal.message), sizeof refusal.message - 2);
    assert_true(utf8_is_text(text_of(refusal.message)));
    assert_memory_equal(refusal.message, message, strlen(refusal.message));
}

static void a_text_that_just_fits_is_whole(void **state)
{
    (void)state;
    struct refusal refusal = {.code = ERROR_NONE};
    char field[sizeof refusal.field];
    memset(field, 'f', sizeof field - 1);
    field[sizeof field - 1] = '\0';
    refusal_set(&refusal, ERROR_NOT_FOUND, field, "");
    assert_string_equal(refusal.field, field);
}

static void a_character_is_never_cut_in_two(void **state)
{
    (void)state;
    const struct text text = TEXT("aå€😀");
    const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t limit = 0; limit < COUNT_OF(cuts); limit++)
        assert_int_equal(utf8_cut(text, limit), cuts[limit]);
}

/** Every character below 0x80 at every place of texts of every length about a word's. */
static void a_line_is_free_of_control_characters_wherever_they_stand(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 20; len++) {
        for (size_t at = 0; at < len * 256; at++) {
            char text[20];
            unsigned char c = (unsigned char)(at % 256);
            memset(text, 'x', sizeof text);
            text[at / 256] = (char)c;
            assert_int_equal(utf8_is_line((struct text){text, len}), c >= 0x20 && c != 0x7f);
            assert_int_equal(utf8_is_text((struct text){text, len}), c >= 1 && c < 0x80);
        }
    }
}

static void a_refusal_within_a_struct_names_both(void **state)
{
    (void)state;
    struct refusal refusal = {.code = ERROR_NONE};
    refusal_set(&refusal, ERROR_INVALID_FIELD, "assignee", "is nobody");
    refusal_within(&refusal, "next");
    assert_string_equal(refusal.field, "next.assignee");
    refusal = (struct refusal){.code = ERROR_NONE};
    refusal_set(&refusal, ERROR_WRONG_STATE, NULL, "cannot be planned");
    refusal_within(&refusal, "next");
    assert_string_equal(refusal.field, "next");
    memset(refusal.field, 'x', sizeof refusal.field - 1);
    refusal_within(&refusal, "next");
    assert_string_equal(refusal.field, "next"); // too long for both
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_keeps_its_first_reason),
        cmocka_unit_test(a_refusal_within_a_struct_names_both),
        cmocka_unit_test(texts_too_long_are_cut_at_a_character),
        cmocka_unit_test(a_text_that_just_fits_is_whole),
        cmocka_unit_test(a_character_is_never_cut_in_two),
        cmocka_unit_test(a_line_is_free_of_control_characters_wherever_they_stand),
    };
    return cmocka_run_group_tests_name("wire: refusal and UTF-8", tests, NULL, NULL);
}
