// SPDX-License-Identifier: Apache-2.0
#include "common/wire/refusal.h"

#include <stdio.h>

#include "common/wire/utf8.h"

static void copy_cut(char *out, size_t size, const char *cstring)
{
    struct text text = text_of(cstring);
    size_t len = utf8_cut(text, size - 1);
    if (len)
        memcpy(out, text.data, len);
    out[len] = '\0';
}

void refusal_set(struct refusal *refusal, enum error_code code, const char *field, const char *message)
{
    if (is_refused(refusal))
        return;
    refusal->code = code;
    copy_cut(refusal->field, sizeof refusal->field, field);
    copy_cut(refusal->message, sizeof refusal->message, message);
}

void refusal_within(struct refusal *refusal, const char *outer)
{
    char field[sizeof refusal->field];
    memcpy(field, refusal->field, sizeof field);
    int len = snprintf(refusal->field, sizeof refusal->field, "%s%s%s", outer, field[0] ? "." : "", field);
    if (len < 0 || (size_t)len >= sizeof refusal->field)
        copy_cut(refusal->field, sizeof refusal->field, outer);
}
