// SPDX-License-Identifier: Apache-2.0
/**
 * Log: one logfmt line an event, to stderr; under systemd with its priority prefix.
 *
 * No personal data: a line is made of a constant message and named fields, and a field's text is only ever a technical name
 * (a file, an address of a door, a type, a code). What came in a message is logged by common/wire/log_message.h, which obeys
 * the personal flag of the schema. Lines are written whole with one write; any thread may log.
 */
#ifndef COMMON_BASE_LOG_H
#define COMMON_BASE_LOG_H

#include "common/base/text.h"

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

struct log_field {
    const char *name;
    struct text text; // used when data is not NULL
    int64_t number;   // used otherwise
};

static inline struct log_field log_text(const char *name, struct text text)
{
    return (struct log_field){name, text.data ? text : TEXT(""), 0};
}

static inline struct log_field log_name(const char *name, const char *text)
{
    return log_text(name, text_of(text));
}

static inline struct log_field log_int(const char *name, int64_t number)
{
    return (struct log_field){name, {NULL, 0}, number};
}

/** Least urgent level that is written; LOG_LEVEL_INFO from the start. */
void log_set_level(enum log_level level);

/** Name that stands on every line, as the service's. Borrows for the life of the program. */
void log_set_name(const char *name);

/** Writes one line. `message` is constant text. Fields past what fits in 2,000 bytes are cut. */
void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count);

/** A call with its fields, one at least, listed: LOG(LOG_LEVEL_INFO, "started", log_int("pid", pid)). */
#define LOG(level, message, ...)                                                                                       \
    log_write((level), (message), (const struct log_field[]){__VA_ARGS__},                                             \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
