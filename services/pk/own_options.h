// SPDX-License-Identifier: Apache-2.0
/**
 * Options and arguments that are pk's own, not a field of a message: those that every command takes, and those of single
 * commands. One table gives parser, help, completion and manual page.
 */
#ifndef SERVICES_PK_OWN_OPTIONS_H
#define SERVICES_PK_OWN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum own {
    // Of every command.
    OWN_BUS,
    OWN_KEY,
    OWN_JSON,
    OWN_COLUMNS,
    OWN_WIDE,
    OWN_NO_HEADERS,
    OWN_TIMEOUT,
    OWN_ID,
    OWN_ACTOR,
    OWN_HELP,
    OWN_VERSION,
    // Of single commands.
    OWN_SERVICE,
    OWN_SHELL,
    OWN_TOPIC,
    OWN_ATTACH,
    OWN_WAIT_FINAL,
    OWN_WAIT_UP,
    OWN_PREVIEW,
    OWN_COUNT,
    OWN_COUNT_PINGS,
    OWN_ONLY_SERVICE,
    OWN_TYPE,
    OWN_AFTER,
    OWN_ALLOW,
    OWN_KEY_FILE,
    OWN_KEY_NAME,
    OWN_NEW_NAME,
    OWN_ROLE,
    OWN_PUBLIC_KEY,
    OWN_NEW_BACKUP,
    OWN_BACKUP,
    OWN_HEAD,
    OWN_IMPORT_FILE,
    OWN_ENCODING,
    OWN_DELIMITER,
    OWN_CSV,
    OWN_MAP,
    OWN_IGNORE,
    OWN_DRY_RUN,
    OWN_SKIP_ERRORS,
    OWN_REFUSED,
    OWN_RESUME,
    OWN_WHERE,
    OWN_FORMAT,
    OWN_OUT,
    OWN_FIELDS,
    OWN_BOM,
    OWN_ERASED,
    OWN_NEEDLES,
    OWN_DATA,
    OWN_COUNT_OF,
};

#define OWN_BIT(own) (UINT64_C(1) << (own))

/** The options of every command. */
#define OWN_GLOBAL (OWN_BIT(OWN_VERSION + 1) - 1)

/** What a shell completes a value with. */
enum completes {
    COMPLETES_NOTHING,
    COMPLETES_FILE,
    COMPLETES_SERVICE,
    COMPLETES_SHELL,
    COMPLETES_TOPIC,
    COMPLETES_COLUMN,
    COMPLETES_ROLE,
};

struct own_option {
    const char *name;     // without its dashes; NULL: only an argument, never an option
    const char *argument; // what stands for its value in help; NULL: it has none
    const char *doc;
    enum completes completes;
    bool is_repeatable;
};

/** By enum own. Constant. */
extern const struct own_option own_options[OWN_COUNT_OF];

#endif
