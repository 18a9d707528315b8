// SPDX-License-Identifier: Apache-2.0
#include "services/notification/sms_text.h"

#include <utf8proc.h>

/** Sizes of a segment in units: septets, or 16-bit units. */
static const struct {
    size_t alone;
    size_t of_several;
} capacities[] = {[SMS_GSM7] = {160, 153}, [SMS_UCS2] = {70, 67}};

/** The basic alphabet beyond letters, digits and what ASCII shares with it (TS 23.038, 6.2.1). */
static const utf8proc_int32_t basic[] = {
    0xa3,  0xa5,  0xe8,  0xe9,  0xf9,  0xec,  0xf2,  0xc7,  0xd8,  0xf8, 0xc5, 0xe5, 0x394,
    0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0xc6, 0xe6, 0xdf, 0xc9,
    0xa4,  0xa1,  0xc4,  0xd6,  0xd1,  0xdc,  0xa7,  0xbf,  0xe4,  0xf6, 0xf1, 0xfc, 0xe0,
};

static const char basic_ascii[] = "@$\n\r_ !\"#%&'()*+,-./0123456789:;<=>?"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char extension_ascii[] = "\f^{}\\[~]|";
static const utf8proc_int32_t euro = 0x20ac;

static bool is_basic(utf8proc_int32_t character)
{
    if (character < 0x80)
        return strchr(basic_ascii, (int)character) != NULL && character != 0;
    for (size_t i = 0; i < sizeof basic / sizeof *basic; i++)
        if (basic[i] == character)
            return true;
    return false;
}

static bool is_extension(utf8proc_int32_t character)
{
    return character == euro || (character > 0 && character < 0x80 && strchr(extension_ascii, (int)character) != NULL);
}

/** Units that a character takes; 0: the alphabet lacks it. */
static size_t units_of(utf8proc_int32_t character, enum sms_alphabet alphabet)
{
    if (alphabet == SMS_UCS2)
        return character > 0xffff ? 2 : 1;
    return is_basic(character) ? 1 : is_extension(character) ? 2 : 0;
}

/** The next character of a text, which gets shorter by it; U+FFFD for a byte that begins none. */
static utf8proc_int32_t next_character(struct text *text)
{
    utf8proc_int32_t character = 0xfffd;
    utf8proc_ssize_t len =
        utf8proc_iterate((const utf8proc_uint8_t *)text->data, (utf8proc_ssize_t)text->len, &character);
    size_t used = len > 0 ? (size_t)len : 1;
    *text = (struct text){text->data + used, text->len - used};
    return len > 0 ? character : 0xfffd;
}

/** Segments of `capacity` units, none of which splits a character; `out_units`: all units. 0: the alphabet lacks a character. */
static size_t fill(struct text text, enum sms_alphabet alphabet, size_t capacity, size_t *out_units)
{
    size_t segments = 1, used = 0, total = 0;
    while (text.len > 0) {
        size_t units = units_of(next_character(&text), alphabet);
        if (units == 0)
            return 0;
        if (used + units > capacity) {
            segments++;
            used = 0;
        }
        used += units;
        total += units;
    }
    *out_units = total;
    return segments;
}

size_t sms_segments(struct text text, enum sms_alphabet *out_alphabet)
{
    size_t units = 0;
    enum sms_alphabet alphabet = SMS_GSM7;
    size_t segments = fill(text, alphabet, capacities[alphabet].of_several, &units);
    if (segments == 0) {
        alphabet = SMS_UCS2;
        segments = fill(text, alphabet, capacities[alphabet].of_several, &units);
    }
    *out_alphabet = alphabet;
    return units <= capacities[alphabet].alone ? 1 : segments;
}
