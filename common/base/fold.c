// SPDX-License-Identifier: Apache-2.0
#include "common/base/fold.h"

#include <stdlib.h>
#include <utf8proc.h>

/** Most names are ASCII, whose folding is small letters. False: this one is not, or does not fit. */
static bool fold_ascii(struct text name, uint8_t *out, size_t size)
{
    uint8_t all = 0;
    if (name.len > size)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = (uint8_t)name.data[i];
        all |= c;
        out[i] = (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return all < 0x80;
}

bool fold_name(struct text name, uint8_t *out, size_t size, size_t *out_len)
{
    if (fold_ascii(name, out, size)) {
        *out_len = name.len;
        return true;
    }
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)name.data, (utf8proc_ssize_t)name.len, &folded,
                                        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    bool fits = len >= 0 && (size_t)len <= size;
    if (fits && len > 0)
        memcpy(out, folded, (size_t)len);
    *out_len = fits ? (size_t)len : 0;
    free(folded);
    return fits;
}

bool fold_equal(struct text left, struct text right)
{
    uint8_t folded[2][FOLD_BYTES];
    size_t lens[2];
    if (!fold_name(left, folded[0], FOLD_BYTES, &lens[0]) || !fold_name(right, folded[1], FOLD_BYTES, &lens[1]))
        return text_equal(left, right);
    return lens[0] == lens[1] && memcmp(folded[0], folded[1], lens[0]) == 0;
}
