// SPDX-License-Identifier: Apache-2.0
#include "common/wire/place.h"

#include <stdio.h>

/** Bytes written, without the NUL. Recurses only as deep as structs are nested in proto/. */
static size_t append_path(const struct place *place, char *out, size_t size)
{
    if (!place)
        return 0;
    size_t len = append_path(place->outer, out, size);
    const char *dot = place->outer ? "." : "";
    int more = place->index == PLACE_NO_INDEX
                   ? snprintf(out + len, size - len, "%s%s", dot, place->field->name)
                   : snprintf(out + len, size - len, "%s%s[%zu]", dot, place->field->name, place->index);
    len += (size_t)more;
    return len < size ? len : size - 1;
}

void place_path(const struct place *place, char *out, size_t size)
{
    out[0] = '\0';
    append_path(place, out, size);
}

bool place_refuse(const struct place *place, struct refusal *refusal, enum error_code code, const char *message)
{
    char path[sizeof refusal->field];
    place_path(place, path, sizeof path);
    refusal_set(refusal, code, path, message);
    return false;
}
