// SPDX-License-Identifier: Apache-2.0
/** Name keys: what people take for the same name has the same key, and keys sort as a Swedish register does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/person/name_key.h"

static void assert_key(const char *name, const char *expected)
{
    struct buffer key;
    buffer_init(&key, 4096);
    name_key_add(&key, text_of(name));
    if (key.len != strlen(expected) || (key.len && memcmp(key.data, expected, key.len) != 0))
        fail_msg("%s became '%.*s', not '%s'", name, (int)key.len, (const char *)key.data, expected);
    buffer_fini(&key);
}

static void accents_go_and_swedish_letters_stay(void **state)
{
    (void)state;
    assert_key("Larson", "larson");
    assert_key("Åsa Öberg-Ek", "{sa }berg ek");
    assert_key("A\xcc\x8asa", "{sa"); // a and a ring
    assert_key("ÄNGLA", "|ngla");
    assert_key("Zoë Ångström", "zoe {ngstr}m");
    assert_key("José Müller", "jose muller");
    assert_key("Bjørn Sæther", "bj}rn s|ther");
    assert_key("O'Neill", "o neill");
    assert_key("  von   Essen, Dr. ", "von essen dr");
    assert_key("Łukasz", "łukasz");
    assert_key("Straße", "strasse");
    assert_key("2:a", "2 a");
    assert_key("---", "");
    assert_key("", "");
    assert_key("Иван", "иван");
}

static void a_very_long_name_is_cut(void **state)
{
    (void)state;
    char name[1201] = "";
    for (size_t i = 0; i < 600; i++)
        memcpy(name + 2 * i, "é", 2);
    struct buffer key;
    buffer_init(&key, 4096);
    name_key_add(&key, (struct text){name, 1200});
    assert_true(key.len > 400);
    buffer_fini(&key);
}

static void words_come_one_by_one(void **state)
{
    (void)state;
    struct text rest = TEXT("}berg ek\x01{sa"), word;
    static const char *const words[] = {"}berg", "ek", "{sa"}, *const plain[] = {"oberg", NULL, "asa"};
    for (size_t i = 0; i < 3; i++) {
        char out[16] = "";
        assert_true(name_key_word(&rest, &word));
        assert_true(text_equal(word, text_of(words[i])));
        assert_int_equal(name_key_plain(word, out), plain[i] != NULL);
        if (plain[i])
            assert_string_equal(out, plain[i]);
    }
    assert_false(name_key_word(&rest, &word));
}

static void keys_sort_as_a_register(void **state)
{
    (void)state;
    static const char *const names[] = {"Aa", "Zorn", "Ågren", "Ärlig", "Öberg"};
    struct buffer keys[5];
    for (size_t i = 0; i < 5; i++) {
        buffer_init(&keys[i], 64);
        name_key_add(&keys[i], text_of(names[i]));
        if (i)
            assert_true(text_compare(bytes_text(buffer_bytes(&keys[i - 1])), bytes_text(buffer_bytes(&keys[i]))) < 0);
    }
    for (size_t i = 0; i < 5; i++)
        buffer_fini(&keys[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accents_go_and_swedish_letters_stay),
        cmocka_unit_test(a_very_long_name_is_cut),
        cmocka_unit_test(words_come_one_by_one),
        cmocka_unit_test(keys_sort_as_a_register),
    };
    return cmocka_run_group_tests_name("person_name_key", tests, NULL, NULL);
}
