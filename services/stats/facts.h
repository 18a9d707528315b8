// SPDX-License-Identifier: Apache-2.0
/** Facts: what each activity counts as; an update or a deletion takes away exactly this before it adds anything new. One row of `facts` each (blocks.h). */
#ifndef SERVICES_STATS_FACTS_H
#define SERVICES_STATS_FACTS_H

#include "services/stats/blocks.h"
#include "services/stats/rollups.h"

/** Columns of the table. */
enum fact_column {
    FACT_START, // UTC milliseconds, within the years that can be asked for
    FACT_PERSON,
    FACT_TYPE,
    FACT_STATE, // status, contact and origin
    FACT_ASSIGNEE,
    FACT_SEND,
    FACT_COLUMNS,
};

struct fact {
    uint64_t person; // whose card the activity stands on; 0: he was erased
    uint64_t type;
    int64_t start_ms;
    int32_t status;    // enum activity_status
    int32_t origin;    // enum origin
    bool contact;      // it is one, too
    uint64_t assignee; // who is to do it, or did; 0: nobody
    uint64_t send;     // that it came from; 0: none
};

extern const struct block_table stats_facts;

void fact_to_row(const struct fact *fact, int64_t out_row[FACT_COLUMNS]);
struct fact fact_of_row(const int64_t row[FACT_COLUMNS]);

/** The fact at `at` of a block that was read whole. */
struct fact fact_of_block(const struct block *block, size_t at);

bool fact_same(const struct fact *a, const struct fact *b);

/** What the fact counts. */
struct figures fact_figures(const struct fact *fact);

/** Where it counts, on a day of the default zone, its person having these attributes. */
struct point fact_point(const struct fact *fact, int32_t day, const struct attributes *attributes);

#endif
