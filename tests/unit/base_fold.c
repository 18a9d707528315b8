// SPDX-License-Identifier: Apache-2.0
/** Folding: names that people take for the same fold alike, others do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/fold.h"

static bool alike(const char *left, const char *right)
{
    uint8_t a[FOLD_BYTES], b[FOLD_BYTES];
    size_t a_len, b_len;
    assert_true(fold_name(text_of(left), a, sizeof a, &a_len));
    assert_true(fold_name(text_of(right), b, sizeof b, &b_len));
    bool are_alike = bytes_equal(bytes_of(a, a_len), bytes_of(b, b_len));
    assert_int_equal(fold_equal(text_of(left), text_of(right)), are_alike);
    return are_alike;
}

static void capitals_and_ways_of_writing_do_not_count(void **state)
{
    (void)state;
    assert_true(alike("Åsa", "åSA"));
    assert_true(alike("A\xcc\x8asa", "Åsa")); // a and a ring, or one letter
    assert_true(alike("Straße", "STRASSE"));
    assert_true(alike("", ""));
}

/** What is folded by itself and what utf8proc folds comes to the same. */
static void every_character_of_ascii_is_folded_as_beside_others(void **state)
{
    (void)state;
    for (char c = 1; c > 0 && c < 127; c++) {
        char alone[] = {'x', c, '\0'}, beside[] = {'x', c, (char)0xc3, (char)0xa5, '\0'};
        uint8_t one[FOLD_BYTES], two[FOLD_BYTES];
        size_t one_len, two_len;
        assert_true(fold_name(text_of(alone), one, sizeof one, &one_len));
        assert_true(fold_name(text_of(beside), two, sizeof two, &two_len));
        assert_int_equal(one_len + 2, two_len);
        assert_memory_equal(one, two, one_len);
    }
}

static void other_letters_do(void **state)
{
    (void)state;
    assert_false(alike("Åsa", "Asa"));
    assert_false(alike("Öberg", "Oberg"));
    assert_false(alike("Ek", "Ek "));
}

static void what_does_not_fit_or_is_no_text_is_told(void **state)
{
    (void)state;
    uint8_t out[4];
    size_t len = 9;
    assert_true(fold_name(TEXT("Norr"), out, sizeof out, &len));
    assert_int_equal(len, 4);
    assert_false(fold_name(TEXT("Norra"), out, sizeof out, &len));
    assert_int_equal(len, 0);
    assert_false(fold_name(TEXT("\xff"), out, sizeof out, &len));
    assert_true(fold_equal(TEXT("\xff"), TEXT("\xff")));
    assert_false(fold_equal(TEXT("\xff"), TEXT("\xfe")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capitals_and_ways_of_writing_do_not_count),
        cmocka_unit_test(every_character_of_ascii_is_folded_as_beside_others),
        cmocka_unit_test(other_letters_do),
        cmocka_unit_test(what_does_not_fit_or_is_no_text_is_told),
    };
    return cmocka_run_group_tests_name("base_fold", tests, NULL, NULL);
}
