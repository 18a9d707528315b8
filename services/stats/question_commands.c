// SPDX-License-Identifier: Apache-2.0
/** `question.save`, `question.delete`, `question.list` and `question.figures`: saved questions. */
#include "proto/stats_dispatch.gen.h"
#include "services/stats/changes.h"
#include "services/stats/saved.h"

struct question_save_plan {
    struct saved_question question; // without its id when it is new
};

struct question_delete_plan {
    uint64_t question;
};

const struct question_save_plan *question_save_check(const struct stats_service *self,
                                                     const struct question_save *command, struct ctx *ctx)
{
    struct saved_question before;
    struct question_save_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || (command->has_question && !saved_get(ctx, command->question, &before)))
        return NULL;
    plan->question = (struct saved_question){
        .question = command->has_question ? command->question : 0,
        .name = command->name,
        .group_by = {command->group_by.count, command->group_by.items},
        .has_filter = command->has_filter,
        .filter = command->filter,
        .has_period = command->has_period,
        .period = command->period,
        .has_last_days = command->has_last_days,
        .last_days = command->last_days,
        .has_from = command->has_from,
        .from = command->from,
        .has_to = command->has_to,
        .to = command->to,
        .has_top = command->has_top,
        .top = command->top,
        .has_top_by = command->has_top_by,
        .top_by = command->top_by,
    };
    return saved_check(self, &plan->question, ctx) ? plan : NULL;
}

void question_save_apply(struct stats_service *self, const struct question_save_plan *plan, struct ctx *ctx,
                         struct question_save_reply *out_reply)
{
    struct saved_question question = plan->question;
    if (question.question == 0)
        question.question = store_next_id(ctx->txn, "question");
    row_put(ctx, &stats_questions, &saved_question_row_desc, question.question, &question);
    changes_note(self->changes, FIGURE_QUESTION, question.question);
    out_reply->question = question.question;
}

const struct question_delete_plan *question_delete_check(const struct stats_service *self,
                                                         const struct question_delete *command, struct ctx *ctx)
{
    struct saved_question question;
    (void)self;
    struct question_delete_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !saved_get(ctx, command->question, &question))
        return NULL;
    plan->question = command->question;
    return plan;
}

void question_delete_apply(struct stats_service *self, const struct question_delete_plan *plan, struct ctx *ctx,
                           struct question_delete_reply *out_reply)
{
    struct key key = key_of_id(plan->question);
    store_delete(ctx->txn, &stats_questions, key_bytes(&key));
    changes_note(self->changes, FIGURE_QUESTION, plan->question);
    out_reply->question = plan->question;
}

bool question_list_answer(const struct stats_service *self, const struct question_list *query, struct ctx *ctx,
                          struct question_list_reply *out_reply)
{
    struct saved_question *questions = NULL;
    (void)self;
    (void)query;
    out_reply->questions.count = saved_read(ctx, &questions);
    out_reply->questions.items = questions;
    return !is_refused(&ctx->refusal);
}

bool question_figures_answer(const struct stats_service *self, const struct question_figures *query, struct ctx *ctx,
                             struct question_figures_reply *out_reply)
{
    struct saved_question question;
    int64_t cells = 0;
    out_reply->activity_seq = (int64_t)stats_activity_seq(ctx->txn);
    return saved_get(ctx, query->question, &question) &&
           saved_answer(self, &question, ctx, &out_reply->figures, &cells);
}
