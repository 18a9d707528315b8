// SPDX-License-Identifier: Apache-2.0
#include "services/stats/packed.h"

#include "common/base/endian.h"

enum { MOST_BYTES = 8 };

static size_t bytes_of_number(uint64_t number)
{
    return number ? (size_t)(71 - __builtin_clzll(number)) / 8 : 0;
}

void packed_write(struct buffer *out, const int64_t *numbers, size_t count)
{
    if (count == 0)
        return;
    int64_t least = numbers[0], most = numbers[0];
    for (size_t i = 1; i < count; i++) {
        least = numbers[i] < least ? numbers[i] : least;
        most = numbers[i] > most ? numbers[i] : most;
    }
    size_t width = bytes_of_number((uint64_t)most - (uint64_t)least);
    buffer_byte(out, (uint8_t)width);
    buffer_u64(out, (uint64_t)least);
    for (size_t i = 0; i < count; i++) {
        uint8_t number[MOST_BYTES];
        put_u64(number, (uint64_t)numbers[i] - (uint64_t)least);
        buffer_append(out, number + MOST_BYTES - width, width);
    }
}

void packed_end(struct buffer *out)
{
    static const uint8_t zeros[PACKED_END];
    buffer_append(out, zeros, sizeof zeros);
}

/** A list that was looked at: its numbers are at `data`. */
struct list {
    const uint8_t *data;
    size_t width;
    uint64_t least;
};

/** Takes it off `rest`, which has PACKED_END bytes after it at least. */
static bool take_list(struct bytes *rest, size_t count, struct list *out_list)
{
    if (rest->len < PACKED_HEAD + PACKED_END || rest->data[0] > MOST_BYTES)
        return false;
    *out_list = (struct list){rest->data + PACKED_HEAD, rest->data[0], get_u64(rest->data + 1)};
    size_t len = PACKED_HEAD + count * out_list->width;
    if (rest->len < len + PACKED_END)
        return false;
    *rest = bytes_of(rest->data + len, rest->len - len);
    return true;
}

static int64_t number_at(const struct list *list, size_t at)
{
    uint64_t number = list->width ? get_u64(list->data + at * list->width) >> (64 - 8 * list->width) : 0;
    return (int64_t)(list->least + number);
}

bool packed_read(struct bytes *rest, int64_t *out_numbers, size_t count)
{
    struct list list;
    if (count == 0)
        return true;
    if (!take_list(rest, count, &list))
        return false;
    if (list.width == 0) {
        for (size_t i = 0; i < count; i++)
            out_numbers[i] = (int64_t)list.least;
        return true;
    }
    const unsigned shift = (unsigned)(64 - 8 * list.width);
    const uint8_t *data = list.data;
    for (size_t i = 0; i < count; i++, data += list.width)
        out_numbers[i] = (int64_t)(list.least + (get_u64(data) >> shift));
    return true;
}

bool packed_read_one(struct bytes *rest, size_t at, size_t count, int64_t *out_number)
{
    struct list list;
    if (!take_list(rest, count, &list))
        return false;
    if (out_number)
        *out_number = number_at(&list, at);
    return true;
}

bool packed_range(struct bytes rest, int64_t *out_least, int64_t *out_most)
{
    if (rest.len < PACKED_HEAD || rest.data[0] > MOST_BYTES)
        return false;
    uint64_t least = get_u64(rest.data + 1);
    uint64_t reach = rest.data[0] ? UINT64_MAX >> (64 - 8 * rest.data[0]) : 0;
    *out_least = (int64_t)least;
    *out_most = reach > (uint64_t)INT64_MAX - least ? INT64_MAX : (int64_t)(least + reach);
    return true;
}
