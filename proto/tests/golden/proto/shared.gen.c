// SPDX-License-Identifier: Apache-2.0
#include "proto/shared.gen.h"

static const struct enum_value shade_values[] = {
    {
        .name = "light",
        .name_len = 5,
        .number = SHADE_LIGHT,
        .doc = "Light.",
    },
    {
        .name = "dark",
        .name_len = 4,
        .number = SHADE_DARK,
        .doc = "Dark, and with a \"quote\", a back\\slash and a ?\? in its doc.",
    },
};

const struct enum_desc shade_enum = {
    .name = "shade",
    .values = shade_values,
    .count = 2,
    .doc = "How dark something is.",
};

static const struct field_desc stamp_fields[] = {
    {
        .name = "changed_ms",
        .name_len = 10,
        .kind = FIELD_TIME,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct stamp, changed_ms),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "When.",
    },
    {
        .name = "changed_by",
        .name_len = 10,
        .kind = FIELD_LINE,
        .offset = offsetof(struct stamp, changed_by),
        .has_offset = offsetof(struct stamp, has_changed_by),
        .clear_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = 64,
        .since = 1,
        .doc = "Who.",
    },
};

const struct struct_desc stamp_desc = {
    .name = "stamp",
    .size = sizeof(struct stamp),
    .fields = stamp_fields,
    .count = 2,
    .required = UINT64_C(0x1),
    .doc = "Who changed something, and when; begins other structs.",
};

static const struct field_desc stamp_row_fields[] = {
    {
        .name = "changed_ms",
        .name_len = 10,
        .kind = FIELD_TIME,
        .flags = FIELD_REQUIRED,
        .number = 1,
        .offset = offsetof(struct stamp, changed_ms),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "When.",
    },
    {
        .name = "changed_by",
        .name_len = 10,
        .kind = FIELD_LINE,
        .number = 2,
        .offset = offsetof(struct stamp, changed_by),
        .has_offset = offsetof(struct stamp, has_changed_by),
        .clear_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = 64,
        .since = 1,
        .doc = "Who.",
    },
};

const struct struct_desc stamp_row_desc = {
    .name = "stamp",
    .size = sizeof(struct stamp),
    .fields = stamp_row_fields,
    .count = 2,
    .required = UINT64_C(0x1),
    .numbered = true,
    .doc = "Who changed something, and when; begins other structs.",
};

static const struct field_desc place_fields[] = {
    {
        .name = "room",
        .name_len = 4,
        .kind = FIELD_LINE,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct place, room),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .min = 1,
        .max = 20,
        .since = 1,
        .doc = "Room.",
    },
    {
        .name = "from",
        .name_len = 4,
        .kind = FIELD_DATE,
        .offset = offsetof(struct place, from),
        .has_offset = offsetof(struct place, has_from),
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "Since when: a name that is a word of Python.",
    },
};

const struct struct_desc place_desc = {
    .name = "place",
    .size = sizeof(struct place),
    .fields = place_fields,
    .count = 2,
    .required = UINT64_C(0x1),
    .doc = "Where a book stands; used only by name, so it has no numbers.",
};

// clang-format off
const struct struct_desc *const shared_structs[3] = {
    &stamp_desc,
    &stamp_row_desc,
    &place_desc,
};
// clang-format on
