// SPDX-License-Identifier: Apache-2.0
/** Segments of SMS texts at the edges of the rules: 160/153 and 70/67, characters that count two, pairs that are not split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "services/notification/sms_text.h"

/** `count` times `unit`, then `tail`. */
struct example {
    const char *unit;
    size_t count;
    const char *tail;
    enum sms_alphabet alphabet;
    size_t segments;
};

static const struct example examples[] = {
    {"a", 1, "", SMS_GSM7, 1},         {"a", 160, "", SMS_GSM7, 1},
    {"a", 161, "", SMS_GSM7, 2},       {"a", 306, "", SMS_GSM7, 2},
    {"a", 307, "", SMS_GSM7, 3},       {"a", 1530, "", SMS_GSM7, 10},
    {"a", 1531, "", SMS_GSM7, 11},     {"å", 160, "", SMS_GSM7, 1},
    {"ö", 161, "", SMS_GSM7, 2},       {"Hej Åsa! Äta é ñ ß ü £ ¥ § ¿ ¡ Ω Δ @ $ _\n", 1, "", SMS_GSM7, 1},
    {"€", 80, "", SMS_GSM7, 1},        {"€", 80, "a", SMS_GSM7, 2},
    {"{", 80, "", SMS_GSM7, 1},        {"~", 81, "", SMS_GSM7, 2},
    {"^", 1, "{}\\[]~|", SMS_GSM7, 1}, {"a", 159, "€", SMS_GSM7, 2}, // 161 units: the pair alone begins the second
    {"€", 76, "aa", SMS_GSM7, 1},                                    // 154 units
    {"€", 152, "", SMS_GSM7, 2},                                     // 304: 76 a segment, one unit is left over in each
    {"€", 153, "", SMS_GSM7, 3}, // 306 units would fit 2 × 153, but no pair is split
    {"`", 1, "", SMS_UCS2, 1},   // not in GSM-7, though in ASCII
    {"ç", 1, "", SMS_UCS2, 1},   // only the capital is
    {"Ç", 160, "", SMS_GSM7, 1},       {"日", 70, "", SMS_UCS2, 1},
    {"日", 71, "", SMS_UCS2, 2},       {"日", 134, "", SMS_UCS2, 2},
    {"日", 135, "", SMS_UCS2, 3},      {"a", 70, "–", SMS_UCS2, 2},
    {"😀", 35, "", SMS_UCS2, 1},        {"😀", 36, "", SMS_UCS2, 2},
    {"😀", 66, "", SMS_UCS2, 2}, // 33 a segment: 66 of 67 units
    {"😀", 67, "", SMS_UCS2, 3}, // 134 units would fit 2 × 67, but no pair is split
    {"日", 670, "", SMS_UCS2, 10},     {"日", 671, "", SMS_UCS2, 11},
};

static void segments_are_counted(void **state)
{
    (void)state;
    static char text[8192];
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *example = &examples[i];
        size_t len = 0, unit_len = strlen(example->unit);
        for (size_t n = 0; n < example->count; n++, len += unit_len)
            memcpy(text + len, example->unit, unit_len);
        memcpy(text + len, example->tail, strlen(example->tail));
        len += strlen(example->tail);
        enum sms_alphabet alphabet = SMS_GSM7;
        size_t segments = sms_segments((struct text){text, len}, &alphabet);
        if (segments != example->segments || alphabet != example->alphabet)
            fail_msg("%zu × %s%s: %zu segments, alphabet %d", example->count, example->unit, example->tail, segments,
                     (int)alphabet);
    }
}

/** Every character of GSM-7, as TS 23.038 prints it, and no other below U+0400 but the euro sign's. */
static void the_alphabet_is_whole(void **state)
{
    (void)state;
    static const char *const whole =
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
        "abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|";
    size_t found = 0;
    for (unsigned c = 1; c < 0x400; c++) {
        char utf8[2] = {(char)(c < 0x80 ? c : 0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
        size_t len = c < 0x80 ? 1 : 2;
        enum sms_alphabet alphabet;
        sms_segments((struct text){utf8, len}, &alphabet);
        bool listed = memmem(whole, strlen(whole), utf8, len) != NULL;
        if ((alphabet == SMS_GSM7) != listed)
            fail_msg("U+%04X: listed %d, alphabet %d", c, (int)listed, (int)alphabet);
        found += listed;
    }
    assert_int_equal(found, 127 + 9); // ESC is no character; of the extension all but the euro sign
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_counted),
        cmocka_unit_test(the_alphabet_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
