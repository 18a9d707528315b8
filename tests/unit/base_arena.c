// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>

#include "common/base/arena.h"

enum { LIMIT_BYTES = 1024 * 1024 };

static bool is_zero(const unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (data[i])
            return false;
    return true;
}

static void gives_zeroed_and_aligned_memory(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, LIMIT_BYTES);
    for (int round = 0; round < 2; round++) {
        for (size_t size = 0; size < 300; size++) {
            unsigned char *memory = arena_alloc(&arena, size);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
            assert_true(is_zero(memory, size));
            memset(memory, 0xff, size);
        }
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    enum { PIECES = 500, PIECE_BYTES = 333 };
    unsigned char *pieces[PIECES];
    struct arena arena;
    arena_init(&arena, LIMIT_BYTES);
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = arena_alloc(&arena, PIECE_BYTES);
        assert_non_null(pieces[i]);
        memset(pieces[i], i & 0xff, PIECE_BYTES);
    }
    for (int i = 0; i < PIECES; i++)
        for (int at = 0; at < PIECE_BYTES; at++)
            assert_int_equal(pieces[i][at], i & 0xff);
    arena_fini(&arena);
}

static void keeps_its_bound(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096);
    assert_null(arena_alloc(&arena, 4097));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_int_equal(arena.used_bytes, 0);
    size_t given = 0;
    while (arena_alloc(&arena, 64))
        given += 64;
    assert_int_equal(given, 4096);
    assert_null(arena_alloc(&arena, 1));
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 4096));
    arena_fini(&arena);
}

static void gives_one_piece_larger_than_a_block(void **state)
{
    (void)state;
    enum { LARGE_BYTES = 300 * 1024 };
    struct arena arena;
    arena_init(&arena, LIMIT_BYTES);
    assert_non_null(arena_alloc(&arena, 16));
    unsigned char *large = arena_alloc(&arena, LARGE_BYTES);
    assert_non_null(large);
    assert_true(is_zero(large, LARGE_BYTES));
    assert_non_null(arena_alloc(&arena, 16));
    arena_fini(&arena);
}

static void an_array_that_overflows_is_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, LIMIT_BYTES);
    assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_alloc_array(&arena, SIZE_MAX, SIZE_MAX));
    assert_null(arena_alloc_array(&arena, LIMIT_BYTES, 2));
    assert_non_null(arena_alloc_array(&arena, 10, sizeof(uint64_t)));
    assert_non_null(arena_alloc_array(&arena, 0, sizeof(uint64_t)));
    arena_fini(&arena);
}

static void copies_live_in_the_arena(void **state)
{
    (void)state;
    char original[] = "organisation";
    struct arena arena;
    arena_init(&arena, 64);
    struct text copy = arena_text(&arena, text_of(original));
    memset(original, 'x', sizeof original - 1);
    assert_true(text_equal(copy, TEXT("organisation")));
    struct bytes empty = arena_bytes(&arena, (struct bytes){NULL, 0});
    assert_non_null(empty.data);
    assert_int_equal(empty.len, 0);
    struct bytes none = arena_bytes(&arena, bytes_of("0123456789012345678901234567890123456789", 40));
    assert_null(none.data);
    assert_int_equal(none.len, 0);
    arena_fini(&arena);
}

static void a_rewind_takes_back_what_came_since_the_mark(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, LIMIT_BYTES);
    struct text kept = arena_text(&arena, TEXT("kept"));
    struct arena_mark mark = arena_mark(&arena);
    size_t used = arena.used_bytes;
    void *first = arena_alloc(&arena, 100);
    for (int i = 0; i < 50; i++)
        assert_non_null(arena_alloc(&arena, 10000));
    arena_rewind(&arena, mark);
    assert_int_equal(arena.used_bytes, used);
    assert_true(text_equal(kept, TEXT("kept")));
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_fini(&arena);
}

static void a_rewind_to_the_beginning_empties_it(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096);
    struct arena_mark beginning = arena_mark(&arena);
    arena_rewind(&arena, beginning);
    assert_non_null(arena_alloc(&arena, 4096));
    arena_rewind(&arena, beginning);
    assert_int_equal(arena.used_bytes, 0);
    assert_non_null(arena_alloc(&arena, 4096));
    arena_fini(&arena);
}

static void a_warm_arena_gives_the_same_memory_again(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, LIMIT_BYTES);
    void *before = arena_alloc(&arena, 1000);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 1000), before);
    arena_reset(&arena);
    arena_fini(&arena);
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 1));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_and_aligned_memory),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(keeps_its_bound),
        cmocka_unit_test(gives_one_piece_larger_than_a_block),
        cmocka_unit_test(an_array_that_overflows_is_refused),
        cmocka_unit_test(copies_live_in_the_arena),
        cmocka_unit_test(a_rewind_takes_back_what_came_since_the_mark),
        cmocka_unit_test(a_rewind_to_the_beginning_empties_it),
        cmocka_unit_test(a_warm_arena_gives_the_same_memory_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
