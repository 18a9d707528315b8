// SPDX-License-Identifier: Apache-2.0
/** `import.rows`: a page of lines becomes cards, together with how far the import has come. */
#include <inttypes.h>
#include <stdio.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/imports.h"

struct import_rows_plan {
    struct person_import import; // as it will be
    bool is_repeated;            // the page was taken in before
    size_t count;
    const struct person_create_plan **cards;
    struct import_problems refused;
};

/** Whether it is this page's turn; refuses when it is not. */
static bool check_turn(struct ctx *ctx, const struct import_rows *command, const struct person_import *import,
                       bool *out_is_repeated)
{
    int64_t last = command->after;
    if (command->lines.count == 0)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "lines", "is empty; a page has one line at least");
    for (size_t i = 0; i < command->lines.count && !is_refused(&ctx->refusal); i++) {
        if (command->lines.items[i].line <= last)
            ctx_refuse(ctx, ERROR_INVALID_FIELD, "lines",
                       "are not in the order of the file; each begins after the one before, the first after `after`");
        last = command->lines.items[i].line;
    }
    if (is_refused(&ctx->refusal))
        return false;
    *out_is_repeated = last <= import->line;
    if (*out_is_repeated)
        return true;
    if (import->state != IMPORT_STATE_OPEN)
        ctx_refuse(ctx, ERROR_WRONG_STATE, "import", "is finished or taken back, and takes in no lines any more");
    else if (command->after > import->line)
        ctx_refuse(ctx, ERROR_NOT_YET, "after", "is beyond what was taken in; the pages before this one come first");
    else if (command->after < import->line)
        ctx_refuse(ctx, ERROR_WRONG_STATE, "after",
                   "is before what was taken in, and the page goes beyond; import.get tells where to go on");
    return !is_refused(&ctx->refusal);
}

/** The first line with an error refuses the page. */
static void *refuse_line(struct ctx *ctx, const struct import_page *page)
{
    const struct import_problem *problem = &page->problems.items[0];
    char message[512];
    snprintf(message, sizeof message, "line %" PRId64 "%s%.*s: %.*s", problem->line, problem->has_field ? ", " : "",
             (int)problem->field.len, problem->field.len ? problem->field.data : "", (int)problem->message.len,
             problem->message.data);
    return ctx_refuse(ctx, page->code, "lines", message);
}

const struct import_rows_plan *import_rows_check(const struct person_service *self, const struct import_rows *command,
                                                 struct ctx *ctx)
{
    struct import_rows_plan *plan = ctx_alloc(ctx, sizeof *plan);
    struct import_columns *columns = ctx_alloc(ctx, sizeof *columns);
    if (!plan || !columns || !import_get_row(ctx, command->import, &plan->import) ||
        !check_turn(ctx, command, &plan->import, &plan->is_repeated))
        return NULL;
    if (plan->is_repeated)
        return plan;
    struct import_page page = {
        .self = self,
        .columns = columns,
        .most = 1,
        .names = import_names_new(ctx),
        .numbers = import_numbers_new(ctx, command->lines.count),
    };
    plan->cards = ctx_alloc_array(ctx, command->lines.count, sizeof *plan->cards);
    if (!page.names || !page.numbers || !plan->cards ||
        !import_columns_find(ctx, "columns", plan->import.columns.count, plan->import.columns.items, columns))
        return NULL;
    for (size_t i = 0; i < command->lines.count; i++) {
        const struct person_create_plan *card = import_line_check(ctx, &page, &command->lines.items[i], NULL);
        if (is_refused(&ctx->refusal))
            return NULL;
        if (card)
            plan->cards[plan->count++] = card;
        else if (!plan->import.skip_errors)
            return refuse_line(ctx, &page);
    }
    plan->refused = page.problems;
    plan->import.line = command->lines.items[command->lines.count - 1].line;
    plan->import.persons += (int64_t)plan->count;
    plan->import.refused += (int64_t)plan->refused.count;
    return plan;
}

/** Those whose numbers are given come first, so that none of them is assigned to another meanwhile. */
static void add_cards(struct ctx *ctx, const struct import_rows_plan *plan)
{
    for (int assigned = 0; assigned <= 1; assigned++)
        for (size_t i = 0; i < plan->count; i++) {
            if (plan->cards[i]->assign_number != assigned)
                continue;
            struct key key = key_of_id(plan->import.import);
            key_u64(&key, person_create_add(ctx, plan->cards[i], plan->import.import));
            index_put(ctx->txn, &person_import_persons, key_bytes(&key), bytes_of("", 0));
        }
}

void import_rows_apply(struct person_service *self, const struct import_rows_plan *plan, struct ctx *ctx,
                       struct import_rows_reply *out_reply)
{
    struct person_import import = plan->import;
    (void)self;
    out_reply->line = import.line;
    if (plan->is_repeated)
        return;
    add_cards(ctx, plan);
    for (size_t i = 0; i < plan->refused.count; i++)
        import_put_refused(ctx, import.import, &plan->refused.items[i]);
    import_put(ctx, &import);
    out_reply->persons = (int64_t)plan->count;
    out_reply->refused = (int64_t)plan->refused.count;
}
