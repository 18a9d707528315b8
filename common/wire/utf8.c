// SPDX-License-Identifier: Apache-2.0
#include "common/wire/utf8.h"

#include <utf8proc.h>

static bool is_text_by_character(const char *at, size_t len)
{
    const char *end = at + len;
    while (at < end) {
        if (end - at >= 8 && word_is_ascii(word_load(at))) {
            at += 8;
            continue;
        }
        utf8proc_int32_t character = 0;
        utf8proc_ssize_t taken = utf8proc_iterate((const utf8proc_uint8_t *)at, end - at, &character);
        if (taken <= 0 || character == 0)
            return false;
        at += taken;
    }
    return true;
}

bool utf8_is_text_long(struct text text)
{
    size_t done = 0;
    while (text.len - done >= 8 && word_is_ascii(word_load(text.data + done)))
        done += 8;
    bool is_last = text.len >= 8 && text.len - done < 8;
    if (is_last && word_is_ascii(word_load(text.data + text.len - 8))) // the last bytes, some of them twice
        return true;
    return is_text_by_character(text.data + done, text.len - done);
}

bool utf8_is_line(struct text text)
{
    if (text.len < 8)
        return !word_has_control(word_load_few(text.data, text.len));
    for (size_t done = 0; done + 8 <= text.len; done += 8)
        if (word_has_control(word_load(text.data + done)))
            return false;
    return !word_has_control(word_load(text.data + text.len - 8)); // the last bytes, some of them twice
}

size_t utf8_cut(struct text text, size_t limit)
{
    if (text.len <= limit)
        return text.len;
    size_t len = limit;
    while (len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len--;
    return len;
}
