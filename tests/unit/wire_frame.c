// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/wire_help.h"

#include "common/wire/frame.h"
#include "tests/fuzz/frame_oracle.h"

struct sample {
    const char *name;
    struct bytes frame;
    enum frame_verdict verdict; // as a message
    size_t offset;
    enum frame_verdict row_verdict; // as a stored row
};

#define SAME(literal, verdict, offset) BYTES_INIT(literal), (verdict), (offset), (verdict)
#define DIFFERENT(literal, verdict, offset, row_verdict) BYTES_INIT(literal), (verdict), (offset), (row_verdict)

static const struct sample samples[] = {
    {"empty", SAME("", FRAME_EMPTY, 0)},
    {"nil", SAME("\xc0", FRAME_OK, 0)},
    {"an empty map", SAME("\x80", FRAME_OK, 0)},
    {"every head of an integer", SAME("\x9c\x00\x7f\xe0\xff\xcc\xff\xcd\x01\x00\xce\x00\x01\x00\x00"
                                      "\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00"
                                      "\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
                                      FRAME_OK, 0)},
    {"bool and floats", SAME("\x94\xc2\xc3\xca\x3f\x80\x00\x00\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", FRAME_OK, 0)},
    {"every head of text and bin",
     SAME("\x97\xa0\xa1x\xd9\x01x\xda\x00\x01x\xdb\x00\x00\x00\x01x\xc4\x00\xc5\x00\x01x", FRAME_OK, 0)},
    {"every head of list and map",
     SAME("\x93\xdc\x00\x00\xdd\x00\x00\x00\x01\xc0\x92\xde\x00\x00\xdf\x00\x00\x00\x01\xa1x\xc0", FRAME_OK, 0)},
    {"two values", SAME("\x80\x80", FRAME_TRAILING, 1)},
    {"a value and rubbish", SAME("\xa1x\xc1", FRAME_TRAILING, 2)},
    {"a list of 4 G", SAME("\xdd\xff\xff\xff\xff", FRAME_TRUNCATED, 0)},
    {"a list of 64 M", SAME("\xdd\x03\xff\xff\xff\xc0", FRAME_TRUNCATED, 0)},
    {"a map of 4 G", SAME("\xdf\xff\xff\xff\xff\xa1x\xc0", FRAME_TRUNCATED, 0)},
    {"a text of 4 G", SAME("\x91\xdb\xff\xff\xff\xffx", FRAME_TRUNCATED, 1)},
    {"a bin of 4 G", SAME("\x91\xc6\xff\xff\xff\xffx", FRAME_TRUNCATED, 1)},
    {"a list of one too many", SAME("\x93\x01\x02", FRAME_TRUNCATED, 0)},
    {"a map without its last value", SAME("\x82\xa1x\x01\xa1y", FRAME_TRUNCATED, 6)},
    {"a length cut in two", SAME("\xda\x00", FRAME_TRUNCATED, 0)},
    {"the unused byte", SAME("\x91\xc1", FRAME_FORBIDDEN, 1)},
    {"ext of a length", SAME("\xc7\x01\x05\x00", FRAME_FORBIDDEN, 0)},
    {"ext 16", SAME("\xc8\x00\x01\x05\x00", FRAME_FORBIDDEN, 0)},
    {"ext 32, cut", SAME("\xc9", FRAME_FORBIDDEN, 0)},
    {"fixed ext", SAME("\x81\xa1x\xd4\x05\x00", FRAME_FORBIDDEN, 3)},
    {"a timestamp", SAME("\xd6\xff\x00\x00\x00\x01", FRAME_FORBIDDEN, 0)},
    {"the largest fixed ext", SAME("\xd8\x01", FRAME_FORBIDDEN, 0)},
    {"NaN", SAME("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", FRAME_FORBIDDEN, 0)},
    {"NaN 32", SAME("\x92\x01\xca\x7f\xc0\x00\x00", FRAME_FORBIDDEN, 2)},
    {"infinity", SAME("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", FRAME_FORBIDDEN, 0)},
    {"minus infinity 32", SAME("\xca\xff\x80\x00\x00", FRAME_FORBIDDEN, 0)},
    {"ext as a key", SAME("\x81\xd4\x01\x01\xc0", FRAME_FORBIDDEN, 1)},
    {"characters of two, three and four bytes", SAME("\xa9\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80", FRAME_OK, 0)},
    {"a long text that is not all ASCII", SAME("\xb2"
                                               "abcdefgh\xc3\xa5ijklmnop",
                                               FRAME_OK, 0)},
    {"a byte order mark, the last character", SAME("\xa7\xef\xbb\xbf\xf4\x8f\xbf\xbf", FRAME_OK, 0)},
    {"a continuation byte alone", SAME("\xa1\x80", FRAME_BAD_TEXT, 0)},
    {"a character cut by its text", SAME("\x92\xa1\xc3\xa1\xa5", FRAME_BAD_TEXT, 1)},
    {"a character cut in a long text", SAME("\xab"
                                            "abcdefghij\xc3",
                                            FRAME_BAD_TEXT, 0)},
    {"an overlong slash", SAME("\xa2\xc0\xaf", FRAME_BAD_TEXT, 0)},
    {"an overlong NUL", SAME("\xa2\xc0\x80", FRAME_BAD_TEXT, 0)},
    {"overlong in three bytes", SAME("\xa3\xe0\x80\xaf", FRAME_BAD_TEXT, 0)},
    {"overlong in four bytes", SAME("\xa4\xf0\x80\x80\xaf", FRAME_BAD_TEXT, 0)},
    {"a surrogate", SAME("\xa3\xed\xa0\x80", FRAME_BAD_TEXT, 0)},
    {"beyond Unicode", SAME("\xa4\xf4\x90\x80\x80", FRAME_BAD_TEXT, 0)},
    {"Latin-1", SAME("\xa3"
                     "\xc5sa",
                     FRAME_BAD_TEXT, 0)},
    {"NUL", SAME("\xa1\x00", FRAME_BAD_TEXT, 0)},
    {"NUL at the end of a long text", SAME("\xb1"
                                           "abcdefghijklmnop\x00",
                                           FRAME_BAD_TEXT, 0)},
    {"NUL after a character", SAME("\xa5\xc3\xa5\x00"
                                   "ab",
                                   FRAME_BAD_TEXT, 0)},
    {"bad UTF-8 in bin", SAME("\xc4\x02\xff\x00", FRAME_OK, 0)},
    {"bad UTF-8 in a key", SAME("\x81\xa1\xff\xc0", FRAME_BAD_TEXT, 1)},
    {"an empty key", SAME("\x81\xa0\xc0", FRAME_OK, 0)},
    {"nil as a key", SAME("\x81\xc0\xc0", FRAME_BAD_KEY, 1)},
    {"bool as a key", SAME("\x82\xa1x\xc0\xc3\xc0", FRAME_BAD_KEY, 4)},
    {"bin as a key", SAME("\x81\xc4\x01x\xc0", FRAME_BAD_KEY, 1)},
    {"a map as a key", SAME("\x81\x80\xc0", FRAME_BAD_KEY, 1)},
    {"a float as a key", SAME("\x81\xca\x3f\x80\x00\x00\xc0", FRAME_BAD_KEY, 1)},
    {"a negative key", SAME("\x81\xff\xc0", FRAME_BAD_KEY, 1)},
    {"key 0", SAME("\x81\x00\xc0", FRAME_BAD_KEY, 1)},
    {"key 256", SAME("\x81\xcd\x01\x00\xc0", FRAME_BAD_KEY, 1)},
    {"key 1", DIFFERENT("\x81\x01\xc0", FRAME_BAD_KEY, 1, FRAME_OK)},
    {"key 255", DIFFERENT("\x81\xcc\xff\xc0", FRAME_BAD_KEY, 1, FRAME_OK)},
    {"keys of both kinds", DIFFERENT("\x82\x01\xc0\xa1\x01\xc0", FRAME_BAD_KEY, 1, FRAME_OK)},
    {"a number key twice", DIFFERENT("\x82\x01\xc0\xcd\x00\x01\xc0", FRAME_BAD_KEY, 1, FRAME_DUPLICATE_KEY)},
    {"a key twice", SAME("\x83\xa1x\x01\xa1y\x02\xa1x\x03", FRAME_DUPLICATE_KEY, 7)},
    {"a key twice, by another head", SAME("\x82\xa1x\x01\xd9\x01x\x02", FRAME_DUPLICATE_KEY, 4)},
    {"a key of three bytes twice", SAME("\x82\xa3xyz\x01\xa3xyz\x02", FRAME_DUPLICATE_KEY, 6)},
    {"an empty key twice", SAME("\x82\xa0\x01\xa0\x02", FRAME_DUPLICATE_KEY, 3)},
    {"the same key in two maps", SAME("\x82\xa1x\x81\xa1x\x01\xa1y\x81\xa1x\x01", FRAME_OK, 0)},
    {"a key twice in an inner map", SAME("\x81\xa1x\x82\xa1x\x01\xa1x\x01", FRAME_DUPLICATE_KEY, 7)},
    {"a key twice around a map", SAME("\x82\xa1x\x81\xa1y\x01\xa1x\x01", FRAME_DUPLICATE_KEY, 7)},
    {"keys that differ in the middle", SAME("\x82\xb4"
                                            "aaaaaaaaaXaaaaaaaaaa\x01\xb4"
                                            "aaaaaaaaaaaaaaaaaaaa\x02",
                                            FRAME_OK, 0)},
    {"long keys that are the same", SAME("\x82\xb4"
                                         "aaaaaaaaaXaaaaaaaaaa\x01\xb4"
                                         "aaaaaaaaaXaaaaaaaaaa\x02",
                                         FRAME_DUPLICATE_KEY, 23)},
};

static void every_verdict_has_its_reason_and_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        const struct sample *sample = &samples[i];
        size_t offset = 0;
        enum frame_verdict verdict = frame_check(sample->frame, false, &offset);
        if (verdict != sample->verdict || offset != sample->offset)
            fail_msg("%s: %s at %zu", sample->name, frame_verdict_text(verdict), offset);
        verdict = frame_check(sample->frame, true, NULL);
        if (verdict != sample->row_verdict)
            fail_msg("%s, as a row: %s", sample->name, frame_verdict_text(verdict));
    }
}

static void msgpack_c_and_a_plain_reader_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        for (size_t len = 0; len <= samples[i].frame.len; len++)
            for (int numbered = 0; numbered < 2; numbered++)
                oracle_check(bytes_of(samples[i].frame.data, len), numbered);
}

static void every_changed_byte_is_judged_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        uint8_t changed[64];
        struct bytes frame = samples[i].frame;
        assert_true(frame.len <= sizeof changed);
        for (size_t at = 0; at < frame.len * 256; at++) {
            memcpy(changed, frame.data, frame.len);
            changed[at / 256] = (uint8_t)(at % 256);
            oracle_check(bytes_of(changed, frame.len), at % 2);
        }
    }
}

static void a_well_formed_frame_leaves_the_offset_alone(void **state)
{
    (void)state;
    size_t offset = 4711;
    assert_int_equal(frame_check(BYTES("\x80"), false, &offset), FRAME_OK);
    assert_int_equal(offset, 4711);
    assert_int_equal(frame_check((struct bytes){NULL, 0}, false, &offset), FRAME_EMPTY);
    assert_int_equal(offset, 0);
}

/** `levels` containers in each other, of the given beginning. */
static struct bytes nested(struct buffer *buffer, struct bytes beginning, size_t levels)
{
    buffer_reset(buffer);
    for (size_t i = 0; i < levels; i++)
        buffer_append(buffer, beginning.data, beginning.len);
    buffer_byte(buffer, 0xc0);
    return buffer_bytes(buffer);
}

static void nesting_ends_at_sixteen(void **state)
{
    (void)state;
    const struct bytes beginnings[] = {BYTES("\x91"), BYTES("\x81\xa1x"), BYTES("\xdd\x00\x00\x00\x01")};
    struct buffer buffer;
    buffer_init(&buffer, 1024 * 1024);
    for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
        size_t offset = 0;
        assert_int_equal(frame_check(nested(&buffer, beginnings[i], 16), false, NULL), FRAME_OK);
        assert_int_equal(frame_check(nested(&buffer, beginnings[i], 17), false, &offset), FRAME_TOO_DEEP);
        assert_int_equal(offset, 16 * beginnings[i].len);
        assert_int_equal(frame_check(nested(&buffer, beginnings[i], 10000), false, NULL), FRAME_TOO_DEEP);
    }
    buffer_fini(&buffer);
}

static void a_level_that_was_left_does_not_count(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1024 * 1024);
    pack_list(&buffer, 1000);
    for (int i = 0; i < 1000; i++)
        buffer_append(&buffer, "\x91\x91\x91\x90", 4);
    assert_int_equal(frame_check(buffer_bytes(&buffer), false, NULL), FRAME_OK);
    buffer_fini(&buffer);
}

/** A map of `count` keys "k0", "k1", … (or of numbers); the one at `repeated` is written as the first. */
static struct bytes map_of(struct buffer *buffer, size_t count, bool numbered, size_t repeated)
{
    buffer_reset(buffer);
    pack_map(buffer, count);
    for (size_t i = 0; i < count; i++) {
        char key[32];
        size_t number = i == repeated ? 0 : i;
        snprintf(key, sizeof key, "k%zu", number);
        if (numbered)
            pack_uint(buffer, number + 1);
        else
            pack_text(buffer, text_of(key));
        pack_nil(buffer);
    }
    return buffer_bytes(buffer);
}

static void sixty_four_keys_and_every_repetition_is_seen(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1024 * 1024);
    for (int numbered = 0; numbered < 2; numbered++) {
        assert_int_equal(frame_check(map_of(&buffer, 64, numbered, 64), numbered, NULL), FRAME_OK);
        for (size_t i = 1; i < 64; i++)
            assert_int_equal(frame_check(map_of(&buffer, 64, numbered, i), numbered, NULL), FRAME_DUPLICATE_KEY);
        assert_int_equal(frame_check(map_of(&buffer, 65, numbered, 65), numbered, NULL), FRAME_TOO_MANY_KEYS);
    }
    buffer_fini(&buffer);
}

static void every_verdict_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = FRAME_OK; a <= FRAME_DUPLICATE_KEY; a++) {
        assert_string_not_equal(frame_verdict_text((enum frame_verdict)a), "");
        for (int b = FRAME_OK; b < a; b++)
            assert_string_not_equal(frame_verdict_text((enum frame_verdict)a),
                                    frame_verdict_text((enum frame_verdict)b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_has_its_reason_and_place),
        cmocka_unit_test(msgpack_c_and_a_plain_reader_agree),
        cmocka_unit_test(every_changed_byte_is_judged_alike),
        cmocka_unit_test(a_well_formed_frame_leaves_the_offset_alone),
        cmocka_unit_test(nesting_ends_at_sixteen),
        cmocka_unit_test(a_level_that_was_left_does_not_count),
        cmocka_unit_test(sixty_four_keys_and_every_repetition_is_seen),
        cmocka_unit_test(every_verdict_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests_name("wire: frame", tests, NULL, NULL);
}
