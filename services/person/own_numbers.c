// SPDX-License-Identifier: Apache-2.0
#include "services/person/own_numbers.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    WHOLE_DIGITS = 14,
    DECIMALS = 4,
    ONE = 10000,
};

/** Takes up to `most` digits, at least one, off the beginning; false: there is none, or there are more. */
static bool take_digits(struct text *rest, size_t most, int64_t *number, size_t *out_count)
{
    size_t count = 0;
    while (count < rest->len && rest->data[count] >= '0' && rest->data[count] <= '9') {
        if (count == most)
            return false;
        *number = *number * 10 + (rest->data[count++] - '0');
    }
    *rest = (struct text){rest->data + count, rest->len - count};
    *out_count = count;
    return count > 0;
}

bool own_number_read(struct text text, int64_t *out_number)
{
    struct text rest = text;
    int64_t number = 0;
    size_t count;
    bool has_sign = rest.len > 0 && (rest.data[0] == '-' || rest.data[0] == '+');
    rest = (struct text){rest.data + has_sign, rest.len - has_sign};
    if (!take_digits(&rest, WHOLE_DIGITS, &number, &count))
        return false;
    count = 0;
    if (rest.len > 0) {
        bool has_point = rest.data[0] == '.' || rest.data[0] == ',';
        rest = (struct text){rest.data + 1, rest.len - 1};
        if (!has_point || !take_digits(&rest, DECIMALS, &number, &count) || rest.len > 0)
            return false;
    }
    for (; count < DECIMALS; count++)
        number *= 10;
    *out_number = has_sign && text.data[0] == '-' ? -number : number;
    return true;
}

size_t own_number_write(int64_t number, char out[OWN_NUMBER_BYTES])
{
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    int len =
        snprintf(out, OWN_NUMBER_BYTES, "%s%" PRIu64 ".%04" PRIu64, number < 0 ? "-" : "", size / ONE, size % ONE);
    while (out[len - 1] == '0')
        len--;
    return (size_t)(out[len - 1] == '.' ? len - 1 : len);
}
