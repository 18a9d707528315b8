// SPDX-License-Identifier: Apache-2.0
/**
 * UTF-8: whether text is what the schema calls text and line. Internal to common/wire. Stateless, no allocation.
 */
#ifndef COMMON_WIRE_UTF8_H
#define COMMON_WIRE_UTF8_H

#include "common/base/text.h"
#include "common/wire/words.h"

/** The rest of utf8_is_text: long texts, and those that are not all ASCII. */
bool utf8_is_text_long(struct text text);

/** Well-formed UTF-8 (no surrogates, no overlong forms) without NUL. */
static inline bool utf8_is_text(struct text text)
{
    return (text.len < 8 && word_is_ascii(word_load_few(text.data, text.len))) || utf8_is_text_long(text);
}

/** No character below U+0020 and no U+007F. Says nothing of UTF-8: combine with utf8_is_text. */
bool utf8_is_line(struct text text);

/** The longest length ≤ `limit` at which `text` can be cut without cutting a character in two. */
size_t utf8_cut(struct text text, size_t limit);

#endif
