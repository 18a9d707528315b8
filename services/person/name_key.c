// SPDX-License-Identifier: Apache-2.0
#include "services/person/name_key.h"

#include <stdlib.h>
#include <utf8proc.h>

enum {
    POINTS = 3 * 1024, // there are letters of three bytes that are eighteen
    RING = 0x30a,
    DIAERESIS = 0x308,
};

static bool is_mark(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

static bool is_letter(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ND;
}

/** The Swedish letter that a base letter and its mark make, or the one that stands for a neighbour's; 0: none. */
static uint8_t swedish_letter(utf8proc_int32_t base, utf8proc_int32_t mark)
{
    if (base == 'a' && mark == RING)
        return NAME_KEY_AA;
    if ((base == 'a' && mark == DIAERESIS) || base == 0xe6)
        return NAME_KEY_AE;
    if ((base == 'o' && mark == DIAERESIS) || base == 0xf8)
        return NAME_KEY_OE;
    return 0;
}

/** Whether the last byte written ends a word, or there is none. */
static bool is_between(const struct buffer *key, size_t begin)
{
    return key->len == begin || key->data[key->len - 1] == ' ';
}

/** Most names: letters of ASCII, and digits. */
static bool add_ascii(struct buffer *key, struct text name)
{
    size_t begin = key->len;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if ((unsigned char)c >= 0x80) {
            key->len = begin;
            return false;
        }
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            buffer_byte(key, (uint8_t)c);
        else if (!is_between(key, begin))
            buffer_byte(key, ' ');
    }
    return true;
}

static void add_point(struct buffer *key, utf8proc_int32_t point)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t len = utf8proc_encode_char(point, bytes);
    buffer_append(key, bytes, len > 0 ? (size_t)len : 0);
}

static void add_points(struct buffer *key, const utf8proc_int32_t *points, size_t count)
{
    size_t begin = key->len;
    for (size_t i = 0; i < count; i++) {
        utf8proc_int32_t point = points[i];
        uint8_t letter = swedish_letter(point, i + 1 < count ? points[i + 1] : 0);
        if (letter)
            buffer_byte(key, letter);
        else if (is_letter(point))
            add_point(key, point);
        else if (!is_mark(point) && !is_between(key, begin))
            buffer_byte(key, ' ');
    }
}

void name_key_add(struct buffer *key, struct text name)
{
    size_t begin = key->len;
    if (!add_ascii(key, name)) {
        const utf8proc_option_t options = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD;
        utf8proc_int32_t points[POINTS];
        utf8proc_ssize_t count = utf8proc_decompose((const utf8proc_uint8_t *)name.data, (utf8proc_ssize_t)name.len,
                                                    points, POINTS, options);
        if (count > 0)
            add_points(key, points, count < POINTS ? (size_t)count : POINTS);
    }
    if (key->len > begin && key->data[key->len - 1] == ' ')
        key->len--;
}

bool name_key_word(struct text *rest, struct text *out_word)
{
    size_t begin = 0;
    while (begin < rest->len && (rest->data[begin] == ' ' || rest->data[begin] == NAME_KEY_BREAK))
        begin++;
    size_t end = begin;
    while (end < rest->len && rest->data[end] != ' ' && rest->data[end] != NAME_KEY_BREAK)
        end++;
    *out_word = (struct text){rest->data + begin, end - begin};
    *rest = (struct text){rest->data + end, rest->len - end};
    return end > begin;
}

bool name_key_plain(struct text word, char *out)
{
    bool has_any = false;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.data[i];
        bool is_one = c == NAME_KEY_AA || c == NAME_KEY_AE || c == NAME_KEY_OE;
        out[i] = (char)(!is_one ? c : c == NAME_KEY_OE ? 'o' : 'a');
        has_any = has_any || is_one;
    }
    return has_any;
}
