// SPDX-License-Identifier: Apache-2.0
#include "services/pk/near.h"

#include "common/wire/lookup.h"

enum { MOST_NAMES = 256, LONGEST_NAME = 32 };

const char *near_name(const char *const *names, size_t count, struct text name)
{
    struct field_desc fields[MOST_NAMES];
    size_t compared = count < MOST_NAMES ? count : MOST_NAMES;
    for (size_t i = 0; i < compared; i++)
        fields[i] = (struct field_desc){.name = names[i], .name_len = (uint8_t)strlen(names[i])};
    struct struct_desc desc = {.fields = fields, .count = compared};
    const struct field_desc *near = lookup_near(&desc, name);
    return near ? near->name : NULL;
}

bool is_name_like(struct text word)
{
    for (size_t i = 0; i < word.len; i++) {
        char letter = word.data[i];
        if (!(letter >= 'a' && letter <= 'z') && letter != '-' && letter != '_')
            return false;
    }
    return word.len > 0 && word.len <= LONGEST_NAME;
}
