// SPDX-License-Identifier: Apache-2.0
/** The memory of command ids: what it finds, what it forgets and when, and that clocks that jump make it forget nothing early. */
#include "common/service/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const uint8_t secret[16] = "a secret of test";
static const int64_t START_MS = 1795000000000;

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

static struct text name_of(char *space, int number)
{
    return (struct text){space, (size_t)sprintf(space, "id-%d", number)};
}

static bool knows(struct memory *memory, const char *id, uint64_t seq)
{
    struct memory_matches matches;
    memory_find(memory, TEXT("crm"), text_of(id), &matches);
    for (size_t i = 0; i < matches.count; i++)
        if (matches.seqs[i] == seq)
            return true;
    return false;
}

static void finds_what_was_added(void **state)
{
    (void)state;
    struct memory *memory = memory_new(1000000, secret);
    struct memory_matches matches;
    char space[24];
    for (int i = 0; i < 100000; i++)
        assert_true(memory_add(memory, TEXT("crm"), name_of(space, i), (uint64_t)i + 1, START_MS + i % 10 * MINUTE,
                               START_MS, 0));
    assert_int_equal(memory_count(memory), 100000);
    for (int i = 0; i < 100000; i += 7) {
        name_of(space, i);
        assert_true(knows(memory, space, (uint64_t)i + 1));
    }
    memory_find(memory, TEXT("crm"), TEXT("never"), &matches);
    assert_int_equal(matches.count, 0);
    memory_find(memory, TEXT("other"), TEXT("id-1"), &matches); // another sender's id of the same name
    assert_int_equal(matches.count, 0);
    memory_find(memory, TEXT("crmi"), TEXT("d-1"), &matches); // the same letters, divided otherwise
    assert_int_equal(matches.count, 0);
    memory_free(memory);
}

/** Entries hold half a position; in whatever order they come, over whatever end, the whole one comes back. */
static void finds_positions_beyond_32_bits(void **state)
{
    (void)state;
    struct memory *memory = memory_new(1000, secret);
    const uint64_t end = (uint64_t)7 << 32;
    char space[24];
    for (int i = 0; i < 100; i++)
        assert_true(memory_add(memory, TEXT("crm"), name_of(space, i), end + 50 - (uint64_t)i, START_MS, START_MS, 0));
    for (int i = 100; i < 200; i++)
        assert_true(memory_add(memory, TEXT("crm"), name_of(space, i), end + (uint64_t)i, START_MS, START_MS, 0));
    memory_forget_above(memory, end + 149);
    assert_int_equal(memory_count(memory), 150);
    for (int i = 0; i < 200; i++) {
        name_of(space, i);
        assert_int_equal(knows(memory, space, i < 100 ? end + 50 - (uint64_t)i : end + (uint64_t)i), i < 150);
    }
    memory_free(memory);
}

static void is_full_at_its_limit(void **state)
{
    (void)state;
    struct memory *memory = memory_new(3, secret);
    char space[24];
    for (int i = 0; i < 3; i++)
        assert_true(memory_add(memory, TEXT("crm"), name_of(space, i), 1, START_MS, START_MS, 0));
    assert_false(memory_has_room(memory));
    assert_false(memory_add(memory, TEXT("crm"), TEXT("one more"), 9, START_MS, START_MS, 0));
    assert_false(knows(memory, "one more", 9));
    memory_sweep(memory, START_MS + 3 * MINUTE, 3 * MINUTE);
    assert_true(memory_has_room(memory));
    memory_free(memory);
}

static void forgets_a_minute_after_expiry_and_not_before(void **state)
{
    (void)state;
    struct memory *memory = memory_new(100, secret);
    assert_true(memory_add(memory, TEXT("crm"), TEXT("a"), 1, START_MS + 5 * MINUTE, START_MS, 1000));
    memory_sweep(memory, START_MS + 6 * MINUTE, 1000 + 6 * MINUTE);
    assert_true(knows(memory, "a", 1));
    memory_sweep(memory, START_MS + 8 * MINUTE, 1000 + 8 * MINUTE);
    assert_false(knows(memory, "a", 1));
    assert_int_equal(memory_count(memory), 0);
    memory_free(memory);
}

static void a_jumping_clock_makes_it_forget_nothing(void **state)
{
    (void)state;
    struct memory *memory = memory_new(100, secret);
    assert_true(memory_add(memory, TEXT("crm"), TEXT("a"), 1, START_MS + 5 * MINUTE, START_MS, 1000));
    memory_sweep(memory, START_MS + 24 * HOUR, 2000); // a day forward in a second
    assert_true(knows(memory, "a", 1));
    memory_sweep(memory, START_MS - HOUR, 1000 + HOUR); // an hour back, and an hour passes
    assert_true(knows(memory, "a", 1));
    memory_sweep(memory, START_MS + HOUR, 1000 + 2 * HOUR);
    assert_false(knows(memory, "a", 1));
    memory_free(memory);
}

static void an_aborted_batch_is_forgotten(void **state)
{
    (void)state;
    struct memory *memory = memory_new(10000, secret);
    char space[24];
    for (int i = 0; i < 5000; i++)
        assert_true(memory_add(memory, TEXT("crm"), name_of(space, i), (uint64_t)i + 1, START_MS, START_MS, 0));
    memory_forget_above(memory, 3000);
    assert_int_equal(memory_count(memory), 3000);
    assert_true(knows(memory, "id-2999", 3000));
    assert_false(knows(memory, "id-3000", 3001));
    memory_forget_above(memory, 0);
    assert_int_equal(memory_count(memory), 0);
    memory_free(memory);
}

static void refusals_are_remembered_with_their_digest(void **state)
{
    (void)state;
    struct memory *memory = memory_new(10, secret);
    const uint8_t digest[JOURNAL_COMMAND_DIGEST_BYTES] = {1, 2, 3};
    uint8_t found_digest[JOURNAL_COMMAND_DIGEST_BYTES];
    struct refusal refusal = {.code = ERROR_NONE}, found;
    refusal_set(&refusal, ERROR_NOT_FOUND, "person", "there is no such person");
    memory_add_refusal(memory, TEXT("crm"), TEXT("a"), digest, &refusal);
    assert_true(memory_find_refusal(memory, TEXT("crm"), TEXT("a"), &found, found_digest));
    assert_int_equal(found.code, ERROR_NOT_FOUND);
    assert_string_equal(found.field, "person");
    assert_memory_equal(found_digest, digest, sizeof digest);
    assert_false(memory_find_refusal(memory, TEXT("crm"), TEXT("b"), &found, found_digest));
    memory_free(memory);
}

/** More minutes than it has generations for, as after a clock that jumped often: none is forgotten early, none turned away. */
static void many_minutes_at_once_are_all_remembered(void **state)
{
    (void)state;
    struct memory *memory = memory_new(1000, secret);
    char space[24];
    for (int i = 0; i < 60; i++) // forwards and backwards
        assert_true(memory_add(memory, TEXT("crm"), name_of(space, i), (uint64_t)i + 1,
                               START_MS + (i % 2 ? -i : i) * MINUTE, START_MS, 0));
    assert_int_equal(memory_count(memory), 60);
    for (int minute = 0; minute < 60; minute++) {
        int64_t now_ms = START_MS + minute * MINUTE;
        memory_sweep(memory, now_ms, HOUR + minute * MINUTE);
        for (int i = 0; i < 60; i++) {
            int64_t expires_ms = START_MS + (i % 2 ? -i : i) * MINUTE;
            name_of(space, i);
            if (expires_ms + MINUTE >= now_ms)
                assert_true(knows(memory, space, (uint64_t)i + 1));
        }
    }
    memory_sweep(memory, START_MS + 2 * HOUR, 2 * HOUR);
    assert_int_equal(memory_count(memory), 0);
    memory_free(memory);
}

static void a_refusal_is_forgotten_when_told(void **state)
{
    (void)state;
    struct memory *memory = memory_new(10, secret);
    uint8_t digest[JOURNAL_COMMAND_DIGEST_BYTES] = {1};
    struct refusal refusal = {.code = ERROR_NOT_FOUND};
    memory_add_refusal(memory, TEXT("crm"), TEXT("a"), digest, &refusal);
    memory_forget_refusal(memory, TEXT("crm"), TEXT("b"));
    assert_true(memory_find_refusal(memory, TEXT("crm"), TEXT("a"), &refusal, digest));
    memory_forget_refusal(memory, TEXT("crm"), TEXT("a"));
    assert_false(memory_find_refusal(memory, TEXT("crm"), TEXT("a"), &refusal, digest));
    memory_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added),
        cmocka_unit_test(finds_positions_beyond_32_bits),
        cmocka_unit_test(is_full_at_its_limit),
        cmocka_unit_test(forgets_a_minute_after_expiry_and_not_before),
        cmocka_unit_test(a_jumping_clock_makes_it_forget_nothing),
        cmocka_unit_test(many_minutes_at_once_are_all_remembered),
        cmocka_unit_test(a_refusal_is_forgotten_when_told),
        cmocka_unit_test(an_aborted_batch_is_forgotten),
        cmocka_unit_test(refusals_are_remembered_with_their_digest),
    };
    return cmocka_run_group_tests_name("service_memory", tests, NULL, NULL);
}
