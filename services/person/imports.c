// SPDX-License-Identifier: Apache-2.0
#include "services/person/imports.h"

#include "common/base/must.h"
#include "common/wire/codec.h"
#include "proto/person_dispatch.gen.h"

/* Rows. */

struct key import_key(uint64_t import, uint64_t line)
{
    struct key key = key_of_id(import);
    key_u64(&key, line);
    return key;
}

bool import_next(struct ctx *ctx, uint64_t from, struct person_import *out_import)
{
    struct key key = import_key(from, 0);
    struct store_cursor cursor;
    bool found = false;
    store_cursor_open(&cursor, ctx->txn, &person_imports);
    if (store_cursor_seek(&cursor, key_bytes(&key))) {
        // Behind the lines of the one before, if `from` has none itself.
        uint64_t import = get_u64(cursor.key.data);
        key = import_key(import + (get_u64(cursor.key.data + sizeof(uint64_t)) != 0), 0);
        found = store_cursor_seek(&cursor, key_bytes(&key)) &&
                row_decode(ctx, &person_import_row_desc, cursor.value, out_import);
    }
    store_cursor_close(&cursor);
    return found;
}

bool import_get_row(struct ctx *ctx, uint64_t import, struct person_import *out_import)
{
    struct key key = import_key(import, 0);
    if (!row_get_at(ctx, &person_imports, &person_import_row_desc, key_bytes(&key), out_import))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "import",
                   "there is no import with this id; import.list shows those there are");
    return !is_refused(&ctx->refusal);
}

bool import_find_file(struct ctx *ctx, struct bytes digest, struct person_import *out_import)
{
    for (uint64_t from = 1; import_next(ctx, from, out_import); from = out_import->import + 1)
        if (bytes_equal(out_import->digest, digest) && out_import->state != IMPORT_STATE_TAKING_BACK &&
            out_import->state != IMPORT_STATE_TAKEN_BACK)
            return true;
    return false;
}

void import_put(struct ctx *ctx, struct person_import *import)
{
    struct key key = import_key(import->import, 0);
    import->changed_ms = ctx->now_ms;
    const struct import_updated event = {.import = *import};
    row_put_at(ctx, &person_imports, &person_import_row_desc, key_bytes(&key), import);
    ctx_emit(ctx, &import_updated_message, &event, 0, "import", import->import);
}

void import_put_refused(struct ctx *ctx, uint64_t import, const struct import_problem *problem)
{
    struct key key = import_key(import, (uint64_t)problem->line);
    row_put_at(ctx, &person_imports, &import_problem_row_desc, key_bytes(&key), problem);
}

/* What is wrong. */

void import_problem_add(struct ctx *ctx, struct import_problems *problems, const struct import_problem *problem)
{
    if (problems->count == problems->capacity) {
        size_t capacity = problems->capacity ? 2 * problems->capacity : IMPORT_PROBLEMS_OF_LINE;
        struct import_problem *items = ctx_alloc_array(ctx, capacity, sizeof *items);
        if (!items)
            return; // refused
        if (problems->count)
            memcpy(items, problems->items, problems->count * sizeof *items);
        problems->items = items;
        problems->capacity = capacity;
    }
    struct import_problem *added = &problems->items[problems->count++];
    *added = *problem;
    added->message = ctx_text(ctx, problem->message);
    added->field = ctx_text(ctx, problem->field);
}

/** A line that is being checked. */
struct line_check {
    struct ctx *ctx;
    struct import_page *page;
    int64_t line;
    size_t count; // problems so far
};

/** `column` from 0; the number of columns: none. */
static void add(struct line_check *check, enum error_code code, size_t column, struct text field, const char *message)
{
    struct import_page *page = check->page;
    bool is_of_cell = column<page->columns->count, is_of_field = field.len> 0;
    const struct import_problem problem = {
        .line = check->line,
        .has_column = is_of_cell,
        .column = (int64_t)column + 1,
        .has_field = is_of_field,
        .field = field,
        .message = text_of(message),
    };
    if (check->count++ >= page->most)
        return;
    if (page->problems.count == 0)
        page->code = code;
    import_problem_add(check->ctx, &page->problems, &problem);
}

static void add_cell(void *user, size_t column, const char *message)
{
    struct line_check *check = user;
    add(check, ERROR_INVALID_FIELD, column, text_of(check->page->columns->items[column].path), message);
}

/** Adds a refusal of a check; the path that the file has for it. */
static void add_refusal(struct line_check *check, const struct refusal *refusal)
{
    const struct import_columns *columns = check->page->columns;
    size_t column = import_columns_of_field(columns, text_of(refusal->field));
    add(check, refusal->code, column,
        column < columns->count ? text_of(columns->items[column].path) : text_of(refusal->field), refusal->message);
}

/* What the lines of a page may not share. */

struct import_numbers {
    size_t slots; // a power of two
    struct number {
        int kind; // 0: free
        struct text text;
    } items[];
};

enum { CUSTOMER_NUMBER = 1, PERSONAL_NUMBER = 2, FILLED = 4 };

struct import_numbers *import_numbers_new(struct ctx *ctx, size_t lines)
{
    size_t slots = 1;
    while (slots < FILLED * lines)
        slots *= 2;
    struct import_numbers *numbers = ctx_alloc(ctx, sizeof *numbers + slots * sizeof *numbers->items);
    if (numbers)
        numbers->slots = slots;
    return numbers;
}

/** Where the number stands, or would. */
static struct number *find_number(struct import_numbers *numbers, int kind, struct text text)
{
    uint32_t at = 2166136261U ^ (uint32_t)kind;
    for (size_t i = 0; i < text.len; i++)
        at = (at ^ (uint8_t)text.data[i]) * 16777619U;
    for (;; at++) {
        struct number *number = &numbers->items[at & (numbers->slots - 1)];
        if (number->kind == 0 || (number->kind == kind && text_equal(number->text, text)))
            return number;
    }
}

/** Whether no earlier line of the page has its numbers; those of a good line are remembered. */
static bool check_numbers(struct line_check *check, const struct person_create_plan *plan)
{
    const struct person_card *card = &plan->change.card;
    struct import_numbers *numbers = check->page->numbers;
    size_t before = check->count;
    struct number *customer = plan->assign_number ? NULL : find_number(numbers, CUSTOMER_NUMBER, card->customer_number);
    if (customer && customer->kind)
        add_refusal(check, &(struct refusal){.code = ERROR_NOT_UNIQUE,
                                             .field = "customer_number",
                                             .message = "an earlier line has this customer number; give another one"});
    struct number *personal =
        card->has_personal_number ? find_number(numbers, PERSONAL_NUMBER, card->personal_number) : NULL;
    if (personal && personal->kind)
        add_refusal(
            check, &(struct refusal){.code = ERROR_NOT_UNIQUE,
                                     .field = "personal_number",
                                     .message = "an earlier line has this personal number; it may be the same person"});
    if (check->count > before)
        return false;
    if (customer)
        *customer = (struct number){CUSTOMER_NUMBER, card->customer_number};
    if (personal) // found again: the other may have taken its place
        *find_number(numbers, PERSONAL_NUMBER, card->personal_number) =
            (struct number){PERSONAL_NUMBER, card->personal_number};
    return true;
}

/* A line. */

/** The command as the schema has it: what is wrong is told and taken away. False: it cannot be mended, or enough was found. */
static bool keep_schema(struct line_check *check, struct person_create *command)
{
    struct refusal refusal = {.code = ERROR_NONE};
    if (command->given_name.len == 0) {
        refusal_set(&refusal, ERROR_MISSING_FIELD, "given_name", "is missing; every person has a first name");
        add_refusal(check, &refusal);
        command->given_name = TEXT("?");
    }
    for (;;) {
        refusal.code = ERROR_NONE;
        if (codec_valid(&person_create_desc, command, &refusal))
            return true;
        add_refusal(check, &refusal);
        if (check->count >= check->page->most || !import_field_clear(command, text_of(refusal.field)))
            return false;
    }
}

/** The same by the checks of person.create. NULL: as before, or refused. */
static const struct person_create_plan *keep_rules(struct line_check *check, struct person_create *command)
{
    struct ctx *ctx = check->ctx;
    for (;;) {
        const struct person_create_plan *plan = person_create_check(check->page->self, command, ctx);
        struct refusal refusal = ctx->refusal;
        if (plan || refusal.code == ERROR_BUSY || refusal.code == ERROR_CORRUPT)
            return plan;
        ctx->refusal = (struct refusal){.code = ERROR_NONE};
        add_refusal(check, &refusal);
        if (check->count >= check->page->most || !import_field_clear(command, text_of(refusal.field)))
            return NULL;
    }
}

const struct person_create_plan *import_line_check(struct ctx *ctx, struct import_page *page,
                                                   const struct import_line *line, const struct person_card **out_rest)
{
    struct line_check check = {.ctx = ctx, .page = page, .line = line->line};
    size_t columns = page->columns->count;
    struct person_create *command = ctx_alloc(ctx, sizeof *command);
    if (!command)
        return NULL;
    if (line->has_problem) {
        char message[256];
        must(line->problem.len < sizeof message);
        memcpy(message, line->problem.data, line->problem.len);
        message[line->problem.len] = '\0';
        add(&check, ERROR_INVALID_FIELD, columns, TEXT(""), message);
        return NULL;
    }
    if (line->cells.count != columns) {
        add(&check, ERROR_INVALID_FIELD, columns, TEXT(""),
            line->cells.count < columns ? "has too few cells; there is one for each column"
                                        : "has too many cells; there is one for each column");
        return NULL;
    }
    import_columns_read(ctx, page->columns, page->names, line->cells.items, command, add_cell, &check);
    if (is_refused(&ctx->refusal) || check.count >= page->most || !keep_schema(&check, command))
        return NULL;
    const struct person_create_plan *plan = check.count < page->most ? keep_rules(&check, command) : NULL;
    if (plan && out_rest)
        *out_rest = &plan->change.card;
    if (plan && page->numbers && check.count == 0)
        check_numbers(&check, plan);
    return check.count == 0 ? plan : NULL;
}
