// SPDX-License-Identifier: Apache-2.0
/** Question: what is asked of the figures, checked: dimensions, filters, a period, and where the answer is read from. */
#ifndef SERVICES_STATS_QUESTION_H
#define SERVICES_STATS_QUESTION_H

#include "proto/stats.gen.h"
#include "services/stats/dimension.h"
#include "services/stats/type_leads.h"

/** Both ends included. */
struct range {
    int64_t from;
    int64_t to;
};

enum { WANTED_MOST = 66 }; // a filter's list, the one that a field of its own names, and none

/** What a filter wants of a dimension. */
struct wanted_values {
    size_t count; // 0: whatever
    int64_t values[WANTED_MOST];
};

/** Where an answer comes from. */
enum source {
    SOURCE_KEPT,    // cells that are its figures
    SOURCE_PERSONS, // cells of the persons asked for, by quarter-hours
    SOURCE_FACTS,
};

/** Cells of one roll-up: the ranges of its parts that may hold something wanted. */
struct segment {
    const struct rollup *rollup;
    bool subtracts; // what it has is too much in another one
    struct range wanted[PART_COUNT];
};

enum { SEGMENTS_MOST = 7 }; // quarters; at either end months, dekads, and days

struct question {
    size_t group_count;
    const enum dimension *groups;
    struct wanted_values filters[DIMENSION_MOST + 1];
    size_t filter_count;
    enum dimension filtered[DIMENSION_MOST + 1]; // dimensions that have a filter
    unsigned needs;                              // bits of enum need
    bool has_days;
    struct range days;
    const struct zone *zone; // the days' one; borrows from the service
    struct type_leads leads;
    int64_t most_cells; // looked at
    enum source source;
    unsigned cube; // that has the figures
    size_t segment_count;
    struct segment segments[SEGMENTS_MOST];
    uint64_t merged_from; // the person asked for, when he leads to the one who is looked for; 0: not so
};

/** What stats.figures and stats.activities have in common. */
struct question_parts {
    bool has_person;
    uint64_t person;
    bool has_type;
    uint64_t type;
    bool has_from;
    int32_t from;
    bool has_to;
    int32_t to;
    bool has_zone;
    struct text zone;
    const struct figure_filter *filter; // NULL: none
};

/** Of a query that has all of them by these names. */
#define QUESTION_PARTS(query)                                                                                          \
    {                                                                                                                  \
        .has_person = (query)->has_person, .person = (query)->person, .has_type = (query)->has_type,                   \
        .type = (query)->type, .has_from = (query)->has_from, .from = (query)->from, .has_to = (query)->has_to,        \
        .to = (query)->to, .has_zone = (query)->has_zone, .zone = (query)->zone,                                       \
        .filter = (query)->has_filter ? &(query)->filter : NULL,                                                       \
    }

/** Checks and chooses. False after a refusal, also as long as there are no figures. Borrows `groups`. */
bool question_read(const struct stats_service *self, const struct question_parts *parts, size_t group_count,
                   const enum dimension *groups, struct ctx *ctx, struct question *out_question);

/** Whether what stats.figures asks beside its question makes sense: top, previous. False after a refusal. */
bool figures_check(const struct stats_figures *query, struct ctx *ctx);

/** Answers as stats.figures does, but looks at no more than so many kept cells. False after a refusal. */
bool figures_answer(const struct stats_service *self, const struct stats_figures *query, int64_t most_cells,
                    struct ctx *ctx, struct stats_figures_reply *out_reply);

/** Asks for other days, from those that were checked. */
void question_move(const struct stats_service *self, struct question *question, struct range days);

#endif
