// SPDX-License-Identifier: Apache-2.0
/**
 * Changes: which live figures differ from what was published last, handed from the command loop to the query loop.
 *
 * Noted while a batch is applied, handed over once it is durable, forgotten when it is aborted. Bounded: when more wait than
 * fit, those noted before are dropped and the taker is told that it missed some. Only the hand-over takes the lock, once a batch.
 */
#ifndef SERVICES_STATS_CHANGES_H
#define SERVICES_STATS_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The live figures: one of all, one a type, one a person, one an assignee, and one of each saved question. */
enum figure {
    FIGURE_TOTAL,
    FIGURE_TYPE,
    FIGURE_PERSON,
    FIGURE_ASSIGNEE,
    FIGURE_QUESTION, // 0: of all of them, as any may have changed
};

struct change {
    enum figure figure;
    uint64_t id; // of the type, person, assignee or question; 0 for the total
};

struct changes;

/** Gives; NULL: no memory. */
struct changes *changes_new(void);
void changes_free(struct changes *changes);

/* The command loop's side. */
void changes_note(struct changes *changes, enum figure figure, uint64_t id);
void changes_commit(struct changes *changes);
void changes_abort(struct changes *changes);

/**
 * The query loop's side: what was handed over, and is durable, since the last call, each figure once, in no order. Borrows until the next call.
 * `out_missed`: some were dropped.
 */
size_t changes_take(struct changes *changes, const struct change **out_items, bool *out_missed);

#endif
