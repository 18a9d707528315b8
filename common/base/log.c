// SPDX-License-Identifier: Apache-2.0
#include "common/base/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 2000 };

struct line {
    char data[LINE_BYTES];
    size_t len;
};

static _Atomic int lowest_level = LOG_LEVEL_INFO;
static const char *_Atomic program_name;

void log_set_level(enum log_level level)
{
    atomic_store(&lowest_level, (int)level);
}

void log_set_name(const char *name)
{
    atomic_store(&program_name, name);
}

static void put(struct line *line, const char *data, size_t len)
{
    size_t room = LINE_BYTES - 1 - line->len; // one byte stays for the line feed
    size_t taken = len < room ? len : room;
    memcpy(line->data + line->len, data, taken);
    line->len += taken;
}

static void put_string(struct line *line, const char *string)
{
    put(line, string, strlen(string));
}

static bool is_bare(struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
            return false;
    }
    return text.len > 0;
}

/** Quotes what needs it, so that no value can end its field or its line. */
static void put_value(struct line *line, struct text text)
{
    if (is_bare(text)) {
        put(line, text.data, text.len);
        return;
    }
    put_string(line, "\"");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char escaped[8];
        if (c == '"' || c == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            snprintf(escaped, sizeof escaped, "\\x%02x", c);
        else
            snprintf(escaped, sizeof escaped, "%c", c);
        put_string(line, escaped);
    }
    put_string(line, "\"");
}

static void put_time(struct line *line)
{
    struct timespec now = {0};
    struct tm utc = {0};
    char text[64];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(text, sizeof text, "time=%Y-%m-%dT%H:%M:%S", &utc);
    put(line, text, len);
    snprintf(text, sizeof text, ".%03ldZ", now.tv_nsec / 1000000);
    put_string(line, text);
}

static void put_field(struct line *line, const struct log_field *field)
{
    put_string(line, " ");
    put_string(line, field->name);
    put_string(line, "=");
    if (field->text.data) {
        put_value(line, field->text);
        return;
    }
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, field->number);
    put_string(line, number);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"}; // sd-daemon(3)
    if ((int)level > atomic_load(&lowest_level))
        return;
    struct line line;
    line.len = 0;
    if (getenv("JOURNAL_STREAM"))
        put_string(&line, priorities[level]);
    put_time(&line);
    put_string(&line, " level=");
    put_string(&line, names[level]);
    const char *name = atomic_load(&program_name);
    if (name) {
        put_string(&line, " service=");
        put_string(&line, name);
    }
    put_string(&line, " message=");
    put_value(&line, text_of(message));
    for (size_t i = 0; i < count; i++)
        put_field(&line, &fields[i]);
    line.data[line.len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line.data, line.len);
    (void)written; // nobody is left to tell
}
