// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/wire_help.h"

#include "proto/sample.gen.h"

static void what_is_no_map_or_not_well_formed_is_malformed(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    assert_false(wire_decode(&wire, &sample_all_desc, BYTES("\x90"), CODEC_SKIP_UNKNOWN, &out));
    assert_refusal(&wire.refusal, ERROR_MALFORMED, "", "must be a map of fields");
    assert_false(wire_decode(&wire, &sample_all_desc, BYTES("\x80\x80"), CODEC_SKIP_UNKNOWN, &out));
    assert_refusal(&wire.refusal, ERROR_MALFORMED, "", "the frame has bytes after its value (at byte 1)");
    assert_false(wire_decode(&wire, &sample_all_desc, BYTES(""), CODEC_SKIP_UNKNOWN, &out));
    assert_refusal(&wire.refusal, ERROR_MALFORMED, "", "the frame is empty (at byte 0)");
    assert_false(wire_decode(&wire, &sample_all_desc, BYTES("\x81\x01\x01"), CODEC_SKIP_UNKNOWN, &out));
    assert_refusal(&wire.refusal, ERROR_MALFORMED, "",
                   "the frame has a map key of a type that is not allowed (at byte 1)");
    wire_close(&wire);
}

/** A frame with something of everything. */
static struct bytes everything(struct wire *wire)
{
    const struct sample_point points[] = {{.x = 1, .y = 2},
                                          {.x = 3, .y = 4, .label = TEXT("corner"), .has_label = true}};
    const struct sample_contact contacts[] = {
        {.name = TEXT("Åsa"), .points = {2, points}, .home = points[1], .has_home = true},
        {.name = TEXT("Bo"), .channel = SAMPLE_COLOUR_RED, .has_channel = true}};
    const struct text tags[] = {TEXT("a"), TEXT("bc")};
    struct sample_all all = {.has_flag = true,
                             .count = 100,
                             .has_count = true,
                             .at_ms = 1760000000000,
                             .has_at_ms = true,
                             .day = 19000,
                             .has_day = true,
                             .note = TEXT("rad ett\nrad två"),
                             .has_note = true,
                             .digest = BYTES("\x00\xff"),
                             .has_digest = true,
                             .extra = BYTES("\x81\xa1x\x92\x01\xc0"),
                             .has_extra = true,
                             .contacts = {2, contacts},
                             .tags = {2, tags},
                             .points = {2, points}};
    codec_encode(&sample_all_desc, &all, &wire->buffer);
    return buffer_bytes(&wire->buffer);
}

static void a_frame_cut_anywhere_is_malformed(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    struct bytes frame = everything(&wire);
    for (size_t len = 0; len < frame.len; len++) {
        uint8_t *cut = malloc(len ? len : 1); // its end is where a read past it is seen
        memcpy(cut, frame.data, len);
        assert_false(wire_decode(&wire, &sample_all_desc, bytes_of(cut, len), CODEC_SKIP_UNKNOWN, &out));
        assert_int_equal(wire.refusal.code, ERROR_MALFORMED);
        // Without the check the decoder finds it by itself.
        wire.refusal.code = ERROR_NONE;
        assert_false(
            codec_decode(&sample_all_desc, bytes_of(cut, len), CODEC_SKIP_UNKNOWN, &wire.arena, &out, &wire.refusal));
        assert_int_equal(wire.refusal.code, ERROR_MALFORMED);
        free(cut);
    }
    assert_true(wire_decode(&wire, &sample_all_desc, frame, CODEC_REFUSE_UNKNOWN, &out));
    wire_close(&wire);
}

static void the_first_refusal_stands(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    refusal_set(&wire.refusal, ERROR_EXPIRED, "expires_ms", "is past");
    assert_false(codec_decode(&sample_all_desc, BYTES("\x90"), CODEC_SKIP_UNKNOWN, &wire.arena, &out, &wire.refusal));
    assert_refusal(&wire.refusal, ERROR_EXPIRED, "expires_ms", "is past");
    wire_close(&wire);
}

static void a_full_arena_is_busy(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    wire.arena.limit_bytes = 100;
    pack_map(&wire.buffer, 1);
    pack_text(&wire.buffer, TEXT("keys"));
    pack_list(&wire.buffer, 100);
    for (int i = 0; i < 100; i++)
        pack_uint(&wire.buffer, 1);
    assert_false(wire_decode(&wire, &sample_all_desc, buffer_bytes(&wire.buffer), CODEC_REFUSE_UNKNOWN, &out));
    assert_refusal(&wire.refusal, ERROR_BUSY, "keys", "needs more memory than there is now; try again later");
    assert_true(wire.arena.used_bytes <= 100);
    wire_close(&wire);
}

/** {key: [element, element, …]}. */
static struct bytes long_list(struct wire *wire, const char *key, struct bytes element, size_t count)
{
    wire_reset(wire);
    pack_map(&wire->buffer, 1);
    pack_text(&wire->buffer, text_of(key));
    pack_list(&wire->buffer, count);
    for (size_t i = 0; i < count; i++)
        buffer_append(&wire->buffer, element.data, element.len);
    return buffer_bytes(&wire->buffer);
}

static void memory_is_a_small_multiple_of_the_frame(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    wire.arena.limit_bytes = 64 * 1024 * 1024;
    // An id is eight bytes here and one there; a point is 7 bytes there at least.
    struct bytes frame = long_list(&wire, "keys", BYTES("\x01"), 50000);
    assert_true(wire_decode(&wire, &sample_all_desc, frame, CODEC_REFUSE_UNKNOWN, &out));
    assert_true(wire.arena.used_bytes <= 8 * frame.len);
    frame = long_list(&wire, "points", BYTES("\x82\xa1x\x01\xa1y\x01"), 50000);
    assert_true(wire_decode(&wire, &sample_all_desc, frame, CODEC_REFUSE_UNKNOWN, &out));
    assert_true(wire.arena.used_bytes <= 8 * frame.len);
    // Structs without what they require are refused before there is room for all of them.
    frame = long_list(&wire, "points", BYTES("\x80"), 50000);
    assert_false(wire_decode(&wire, &sample_all_desc, frame, CODEC_REFUSE_UNKNOWN, &out));
    assert_refusal(&wire.refusal, ERROR_MISSING_FIELD, "points[0].x", "is required");
    assert_true(wire.arena.used_bytes <= 8 * frame.len);
    wire_close(&wire);
}

static void a_count_without_its_elements_takes_no_memory(void **state)
{
    (void)state;
    struct wire wire;
    struct sample_all out;
    wire_open(&wire);
    struct bytes frame = BYTES("\x81\xa6points\xdd\x00\x01\x00\x00");
    assert_false(wire_decode(&wire, &sample_all_desc, frame, CODEC_REFUSE_UNKNOWN, &out));
    assert_int_equal(wire.refusal.code, ERROR_MALFORMED);
    assert_int_equal(wire.arena.used_bytes, 0);
    wire_close(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_map_or_not_well_formed_is_malformed),
        cmocka_unit_test(a_frame_cut_anywhere_is_malformed),
        cmocka_unit_test(the_first_refusal_stands),
        cmocka_unit_test(a_full_arena_is_busy),
        cmocka_unit_test(memory_is_a_small_multiple_of_the_frame),
        cmocka_unit_test(a_count_without_its_elements_takes_no_memory),
    };
    return cmocka_run_group_tests_name("wire: decode, malformed and too large", tests, NULL, NULL);
}
