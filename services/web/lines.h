// SPDX-License-Identifier: Apache-2.0
/**
 * Lines: what is printed for whoever reads it, without waiting for him. What he has not taken yet is kept, up to LINES_MOST_BYTES; beyond that lines are left out,
 * and once he has caught up all figures have to be printed again. One thread.
 */
#ifndef SERVICES_WEB_LINES_H
#define SERVICES_WEB_LINES_H

#include <jansson.h>

#include "common/base/buffer.h"

enum { LINES_MOST_BYTES = 4 * 1024 * 1024 };

struct lines {
    int fd; // borrowed
    struct buffer waiting;
    size_t taken;   // of it
    bool left_out;  // some, since all was taken
    bool is_broken; // nobody reads any more, or the disk is full
};

void lines_init(struct lines *lines, int fd);
void lines_fini(struct lines *lines);

/** Adds a line. Takes `json`. */
void lines_add(struct lines *lines, json_t *json);

/** Hands on what is taken at once. */
void lines_flush(struct lines *lines);

bool lines_wait(const struct lines *lines);

/** True once: lines were left out, and what comes now finds room. */
bool lines_begin_again(struct lines *lines);

#endif
