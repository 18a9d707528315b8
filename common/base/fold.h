// SPDX-License-Identifier: Apache-2.0
/** Fold: a name as people compare it, whatever its capitals and however its accents are written (Unicode case folding, NFC). Stateless. */
#ifndef COMMON_BASE_FOLD_H
#define COMMON_BASE_FOLD_H

#include "common/base/text.h"

enum {
    FOLD_BYTES = 3 * 255
}; // room for any folded line of 255 bytes: Unicode's case folding makes three times as much at most

/** Writes the folded name; false: it is no UTF-8, or does not fit. */
bool fold_name(struct text name, uint8_t *out, size_t size, size_t *out_len);

/** Whether two lines of at most 255 bytes are the same as people compare them. */
bool fold_equal(struct text left, struct text right);

#endif
