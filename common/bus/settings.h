// SPDX-License-Identifier: Apache-2.0
/**
 * Settings: one section of a ZPL file read into a struct by a table, so that a setting stands in one place with its limits and
 * its meaning:
 *
 *     notification
 *         transport_email = "smtp"
 *         smtp.url = "smtp://mail.example.se:587"
 *
 * What the file does not say keeps the value the struct has. Unknown keys of the section are refused with the nearest known name;
 * other sections are others' affair, unless one looks like this one's name misspelt. Stateless; any thread.
 */
#ifndef COMMON_BUS_SETTINGS_H
#define COMMON_BUS_SETTINGS_H

#include "common/base/fault.h"
#include "common/base/text.h"

enum { SETTING_TEXT_BYTES = 512 };

enum setting_kind {
    SETTING_TEXT,   // char[SETTING_TEXT_BYTES] in the struct
    SETTING_NUMBER, // int64_t
};

struct setting {
    const char *name; // at most 32 characters
    enum setting_kind kind;
    size_t offset;              // in the struct
    int64_t min;                // of a number
    int64_t max;                // of a number
    const char *const *choices; // of a text: the values it may have, ended by NULL; NULL: any
    const char *doc;
};

/**
 * Reads `section` of the file into `out_values`. FAULT_CONFIG: `out_problem` (size bytes) says file, line and what to do, and the
 * struct is undefined. A file without the section is fine.
 */
enum fault settings_load(const char *path, const char *section, const struct setting *table, size_t count,
                         void *out_values, char *out_problem, size_t size);

#endif
