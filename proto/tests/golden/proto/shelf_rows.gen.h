// SPDX-License-Identifier: Apache-2.0
/**
 * Stored rows: a file called rows.toml is named after its folder.
 *
 * Written by proto/generate from shelf/rows.toml, never by hand.
 */
#ifndef PROTO_SHELF_ROWS_GEN_H
#define PROTO_SHELF_ROWS_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/wire/desc.h"
#include "proto/library.gen.h"
#include "proto/shared.gen.h"

/** The front of a shelf. */
struct shelf_head {
    // When.
    int64_t changed_ms;
    // Who.
    struct text changed_by;
    bool has_changed_by;
    // Its colour.
    enum shade shade;
};

/** A shelf with its books. */
struct shelf {
    // When.
    int64_t changed_ms;
    // Who.
    struct text changed_by;
    bool has_changed_by;
    // Its colour.
    enum shade shade;
    // By number, since the struct has numbers.
    struct {
        size_t count;
        const struct book *items;
    } books;
    // By name, since the struct has none.
    struct place place;
    bool has_place;
    // Rows in a row.
    struct {
        size_t count;
        const struct shelf_head *items;
    } heads;
};

extern const struct struct_desc shelf_head_desc;
extern const struct struct_desc shelf_desc;
/** All struct tables above; for tests that try each. */
extern const struct struct_desc *const shelf_rows_structs[2];

#endif
