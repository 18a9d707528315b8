// SPDX-License-Identifier: Apache-2.0
/** Saved questions: kept by the service itself, asked again whenever their answers may be others, and published (publish.h). */
#ifndef SERVICES_STATS_SAVED_H
#define SERVICES_STATS_SAVED_H

#include "proto/stats.gen.h"
#include "services/stats/state.h"

enum {
    SAVED_MOST = 32,
    SAVED_MOST_CELLS = 1000, // of an answer
    SAVED_MOST_READ = 10000, // cells looked at for it: a millisecond, at most every 100 ms
};

extern const struct store_table stats_questions;

/** False: there is none, or it makes no sense, and then the refusal says so. */
bool saved_get(struct ctx *ctx, uint64_t question, struct saved_question *out_question);

/** All of them, by id; how many. In the arena of ctx. */
size_t saved_read(struct ctx *ctx, struct saved_question *out_questions[]);

/** Its answer now. `read` grows by the cells that were looked at. False after a refusal. */
bool saved_answer(const struct stats_service *self, const struct saved_question *question, struct ctx *ctx,
                  struct question_answer *out_answer, int64_t *read);

/** Checks that it can be saved: its period, that what it asks for is kept, and that its answer is not too large now. False after a refusal. */
bool saved_check(const struct stats_service *self, const struct saved_question *question, struct ctx *ctx);

#endif
