// SPDX-License-Identifier: Apache-2.0
#include "services/web/lines.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

void lines_init(struct lines *lines, int fd)
{
    *lines = (struct lines){.fd = fd};
    buffer_init(&lines->waiting, LINES_MOST_BYTES);
}

void lines_fini(struct lines *lines)
{
    buffer_fini(&lines->waiting);
}

void lines_add(struct lines *lines, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0;
    json_decref(json);
    if (!text || lines->left_out || lines->waiting.len + len + 1 > LINES_MOST_BYTES) {
        lines->left_out = true;
    } else {
        buffer_append(&lines->waiting, text, len);
        buffer_byte(&lines->waiting, '\n');
    }
    free(text);
}

bool lines_wait(const struct lines *lines)
{
    return !lines->is_broken && lines->taken < lines->waiting.len;
}

/** A pipe that says it can be written to takes so many bytes at once. */
static bool write_some(struct lines *lines)
{
    struct pollfd ready = {.fd = lines->fd, .events = POLLOUT};
    size_t len = lines->waiting.len - lines->taken;
    if (poll(&ready, 1, 0) <= 0)
        return false;
    ssize_t written = write(lines->fd, lines->waiting.data + lines->taken, len < PIPE_BUF ? len : PIPE_BUF);
    if (written < 0 && errno != EINTR && errno != EAGAIN)
        lines->is_broken = true;
    lines->taken += written > 0 ? (size_t)written : 0;
    return written > 0;
}

void lines_flush(struct lines *lines)
{
    while (lines_wait(lines) && write_some(lines))
        ;
    if (lines->taken < lines->waiting.len)
        return;
    buffer_reset(&lines->waiting);
    lines->taken = 0;
}

bool lines_begin_again(struct lines *lines)
{
    bool again = lines->left_out && lines->waiting.len == 0;
    if (again)
        lines->left_out = false;
    return again;
}
