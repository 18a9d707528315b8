// SPDX-License-Identifier: Apache-2.0
/**
 * SMS text: how many segments it takes (3GPP TS 23.038, 23.040). Text of the GSM-7 alphabet takes 160 characters in one segment
 * and 153 in each of several; the extension's `^ { } \ [ ] ~ | €` and form feed count two. Anything else makes the whole text
 * UCS-2: 70 and 67 units of 16 bits. A pair is never split between segments. Stateless; any thread.
 */
#ifndef SERVICES_NOTIFICATION_SMS_TEXT_H
#define SERVICES_NOTIFICATION_SMS_TEXT_H

#include "common/base/text.h"

enum { SMS_MAX_SEGMENTS = 10 };

enum sms_alphabet {
    SMS_GSM7,
    SMS_UCS2,
};

/** Segments of a text, which must be well-formed UTF-8 and not empty. */
size_t sms_segments(struct text text, enum sms_alphabet *out_alphabet);

#endif
