// SPDX-License-Identifier: Apache-2.0
/**
 * What both sample services use: a file without a service.
 *
 * Written by proto/generate from sample/shared.toml, never by hand.
 */
#ifndef PROTO_SHARED_GEN_H
#define PROTO_SHARED_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/wire/desc.h"

/** How dark something is. */
enum shade {
    // Light.
    SHADE_LIGHT = 1,
    // Dark, and with a "quote", a back\slash and a ?? in its doc.
    SHADE_DARK = 3,
};

/** Who changed something, and when; begins other structs. */
struct stamp {
    // When.
    int64_t changed_ms;
    // Who.
    struct text changed_by;
    bool has_changed_by;
};

/** Where a book stands; used only by name, so it has no numbers. */
struct place {
    // Room.
    struct text room;
    // Since when: a name that is a word of Python.
    int32_t from;
    bool has_from;
};

extern const struct enum_desc shade_enum;
extern const struct struct_desc stamp_desc;
extern const struct struct_desc stamp_row_desc;
extern const struct struct_desc place_desc;
/** All struct tables above; for tests that try each. */
extern const struct struct_desc *const shared_structs[3];

#endif
