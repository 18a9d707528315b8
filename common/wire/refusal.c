// SPDX-License-Identifier: Apache-2.0
#include "common/wire/refusal.h"

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
