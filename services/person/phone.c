// SPDX-License-Identifier: Apache-2.0
#include "services/person/phone.h"

enum {
    DIGITS_MOST = PHONE_BYTES - 1,
    LEAST_LEN = 8,
};

/** The digits of a number and whether they begin with a country. */
struct digits {
    char items[DIGITS_MOST + 4]; // 00 before the country, a zero after it
    size_t count;
    bool has_country;
};

static bool take_digits(struct text text, struct digits *out_digits)
{
    *out_digits = (struct digits){.count = 0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '+' && out_digits->count == 0 && !out_digits->has_country)
            out_digits->has_country = true;
        else if (c >= '0' && c <= '9' && out_digits->count < sizeof out_digits->items)
            out_digits->items[out_digits->count++] = c;
        else if (!strchr(" -()./", c))
            return false;
    }
    return true;
}

size_t phone_read(struct text text, char out_number[PHONE_BYTES])
{
    static const char sweden[] = "46";
    struct digits digits;
    if (!take_digits(text, &digits) || digits.count < 3)
        return 0;
    const char *rest = digits.items;
    size_t count = digits.count;
    if (!digits.has_country && rest[0] == '0' && rest[1] == '0') {
        digits.has_country = true;
        rest += 2, count -= 2;
    }
    // People write +46 (0)70…: the zero is for calls within the country and no part of the number.
    bool has_trunk_zero = digits.has_country && count > 3 && memcmp(rest, "460", 3) == 0;
    if (has_trunk_zero || !digits.has_country) {
        size_t skipped = has_trunk_zero ? 3 : 1;
        if (!has_trunk_zero && rest[0] != '0')
            return 0; // neither a country nor the zero before an area
        rest += skipped, count -= skipped;
    }
    bool is_swedish = has_trunk_zero || !digits.has_country;
    size_t head = 1 + (is_swedish ? sizeof sweden - 1 : 0), len = head + count;
    if (len < LEAST_LEN || len > PHONE_BYTES)
        return 0;
    out_number[0] = '+';
    if (is_swedish)
        memcpy(out_number + 1, sweden, sizeof sweden - 1);
    memcpy(out_number + head, rest, count);
    return out_number[1] == '0' ? 0 : len; // no country begins with a zero
}
