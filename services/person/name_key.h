// SPDX-License-Identifier: Apache-2.0
/**
 * Name key: a name as it is searched and sorted. Words of lower-case letters and digits with one blank between; a blank stands for
 * everything else. Accents are taken off, but å, ä and ö are letters of their own, after z: '{', '|' and '}', as in the Swedish ISO 646; æ
 * and ø are ä and ö. The order of keys' bytes is the order of a Swedish register. Stateless.
 */
#ifndef SERVICES_PERSON_NAME_KEY_H
#define SERVICES_PERSON_NAME_KEY_H

#include "common/base/buffer.h"

enum {
    NAME_KEY_BYTES = 16 * 1024, // room for the key of a line of 500 bytes, and more is not read of a longer one
    NAME_KEY_AA = '{',          // å
    NAME_KEY_AE = '|',          // ä
    NAME_KEY_OE = '}',          // ö
    NAME_KEY_BREAK = 1,         // between the parts of a sort key: before every blank and letter
};

/** Appends the key of a name; nothing when it has no letter. Fails only as the buffer does. */
void name_key_add(struct buffer *key, struct text name);

/** Takes the next word off a key's beginning; false: there is none. */
bool name_key_word(struct text *rest, struct text *out_word);

/** Writes the word as somebody types it who has no å, ä and ö; false: it has none, so that it would be the same. */
bool name_key_plain(struct text word, char *out);

#endif
