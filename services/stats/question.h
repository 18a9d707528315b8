// SPDX-License-Identifier: Apache-2.0
/** Question: what stats.figures asks, checked, as ranges over the parts of the roll-ups. */
#ifndef SERVICES_STATS_QUESTION_H
#define SERVICES_STATS_QUESTION_H

#include "proto/stats.gen.h"
#include "services/stats/rollups.h"

/** Both ends included. */
struct range {
    int64_t from;
    int64_t to;
};

struct question {
    size_t group_count;
    const enum dimension *groups;
    bool needed[PART_COUNT];         // what an entry must tell: grouped by, or bounded
    struct range wanted[PART_COUNT]; // of PART_QUARTER: all that may hold a wanted day
    const struct zone *zone;         // the days' one; borrows from the service
    const struct rollup *rollup;     // that answers it
    bool kept;                       // its figures are the answer's; else they are counted by quarter-hours
    size_t limit;                    // most cells
    uint64_t merged_from;            // the person asked for, when he leads to the one who is looked for; 0: not so
};

/** Checks and chooses. False after a refusal. */
bool question_read(const struct stats_service *self, const struct stats_figures *query, struct ctx *ctx,
                   struct question *out_question);

/** Whether the fact is one that the question asks for, the day apart. */
bool question_wants(const struct question *question, const struct fact *fact);

#endif
