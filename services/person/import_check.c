// SPDX-License-Identifier: Apache-2.0
/** `import.check`: what would be wrong with lines of a file, and who may be there already. */
#include <sodium.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/contacts.h"
#include "services/person/imports.h"
#include "services/person/roster.h"

enum {
    MARKS_OF_LINE = 7,     // two numbers, an address, three phones, a name with a birth date
    CARDS_AT_ONCE = 20000, // as person.search
    MARK_BYTES = 16,
};

_Static_assert(MARK_BYTES == crypto_shorthash_siphashx24_BYTES, "a mark is what the hash gives");

/** The lines as they are checked. */
struct checking {
    struct ctx *ctx;
    struct import_page page;
    struct roster *roster; // NULL: duplicates are not looked for
    size_t mark_count;
    struct import_mark *marks;
};

/** Equal marks mean equal values; 128 bits, so that two values do not have the same by chance. */
static void mark(struct checking *checking, int64_t line, enum import_mark_kind kind, struct text value)
{
    static const uint8_t key[crypto_shorthash_siphashx24_KEYBYTES]; // who chooses the values has no use for a collision
    uint8_t *digest = ctx_alloc(checking->ctx, MARK_BYTES);
    if (!digest)
        return;
    crypto_shorthash_siphashx24(digest, (const uint8_t *)value.data, value.len, key);
    checking->marks[checking->mark_count++] =
        (struct import_mark){.line = line, .kind = kind, .digest = bytes_of(digest, MARK_BYTES)};
}

static void warn(struct checking *checking, int64_t line, const char *field, const char *message, uint64_t person)
{
    const struct import_columns *columns = checking->page.columns;
    size_t column = import_columns_of_field(columns, text_of(field));
    const struct import_problem problem = {
        .line = line,
        .has_column = column < columns->count,
        .column = (int64_t)column + 1,
        .has_field = true,
        .field = text_of(field),
        .message = text_of(message),
        .is_warning = true,
        .has_person = true,
        .person = person,
    };
    if (person)
        import_problem_add(checking->ctx, &checking->page.problems, &problem);
}

/** Marks are of a value's folded form: an address of several spellings is one. */
static void look_for_email(struct checking *checking, int64_t line, struct text email)
{
    char *lower = ctx_alloc(checking->ctx, email.len);
    for (size_t i = 0; lower && i < email.len; i++) {
        char c = email.data[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    if (!lower)
        return;
    mark(checking, line, IMPORT_MARK_KIND_EMAIL, (struct text){lower, email.len});
    warn(checking, line, "email", "somebody has this e-mail address already; it may be the same person",
         contacts_first_email(checking->ctx->txn, email));
}

static void look_for_phone(struct checking *checking, int64_t line, const char *field, struct text phone)
{
    mark(checking, line, IMPORT_MARK_KIND_PHONE, phone);
    warn(checking, line, field, "somebody has this phone number already; it may be the same person",
         contacts_first_phone(checking->ctx->txn, phone));
}

static void look_for_name(struct checking *checking, int64_t line, const struct person_card *card)
{
    struct text key = roster_make_key(checking->roster, card);
    struct buffer *scratch = checking->ctx->scratch;
    warn(checking, line, "birth_date", "somebody has this name and birth date already; it may be the same person",
         roster_find_born(checking->roster, key, card->birth_date));
    buffer_reset(scratch);
    buffer_append(scratch, key.data, key.len);
    buffer_u32(scratch, (uint32_t)card->birth_date);
    if (!scratch->failed)
        mark(checking, line, IMPORT_MARK_KIND_NAME_AND_BIRTH, bytes_text(buffer_bytes(scratch)));
}

static void look_for_duplicates(struct checking *checking, int64_t line, const struct person_card *card)
{
    if (card->has_email)
        look_for_email(checking, line, card->email);
    if (card->has_mobile)
        look_for_phone(checking, line, "mobile", card->mobile);
    if (card->has_work_phone)
        look_for_phone(checking, line, "work_phone", card->work_phone);
    if (card->has_home_phone)
        look_for_phone(checking, line, "home_phone", card->home_phone);
    if (card->has_birth_date)
        look_for_name(checking, line, card);
}

static void check_line(struct checking *checking, const struct import_line *line)
{
    const struct person_card *card = NULL;
    import_line_check(checking->ctx, &checking->page, line, &card);
    if (!card)
        return;
    if (card->customer_number.len > 0)
        mark(checking, line->line, IMPORT_MARK_KIND_CUSTOMER_NUMBER, card->customer_number);
    if (card->has_personal_number)
        mark(checking, line->line, IMPORT_MARK_KIND_PERSONAL_NUMBER, card->personal_number);
    if (checking->roster)
        look_for_duplicates(checking, line->line, card);
}

/** Finds every column, telling what is wrong with each that is not good; the good ones' paths are the reply's. */
static void check_columns(struct checking *checking, const struct import_check *query,
                          struct import_columns *out_columns, struct import_check_reply *out_reply)
{
    struct ctx *ctx = checking->ctx;
    struct text *paths = ctx_alloc_array(ctx, query->columns.count, sizeof *paths);
    out_columns->count = query->columns.count;
    for (size_t i = 0; paths && i < query->columns.count; i++) {
        const char *message = import_column_find(query->columns.items[i], &out_columns->items[i]);
        for (size_t other = 0; !message && other < i; other++)
            if (strcmp(out_columns->items[other].path, out_columns->items[i].path) == 0)
                message = "stands for the same field as another column; one of them has to be ignored";
        const struct import_problem problem = {
            .line = 1, .has_column = true, .column = (int64_t)i + 1, .message = text_of(message ? message : "")};
        if (message)
            import_problem_add(ctx, &checking->page.problems, &problem);
        paths[i] = text_of(out_columns->items[i].path);
    }
    if (checking->page.problems.count == 0 && paths) {
        out_reply->columns.count = query->columns.count;
        out_reply->columns.items = paths;
    }
}

/** Whether duplicates can be looked for; refused when not yet. */
static bool read_register(const struct person_service *self, struct ctx *ctx)
{
    roster_want(self->roster);
    if (!roster_catch_up(self->roster, ctx, CARDS_AT_ONCE))
        ctx_refuse(ctx, ERROR_BUSY, NULL,
                   "The register is read into memory for the first search; send the same again in a few seconds.");
    return !is_refused(&ctx->refusal);
}

bool import_check_answer(const struct person_service *self, const struct import_check *query, struct ctx *ctx,
                         struct import_check_reply *out_reply)
{
    bool finds = query->has_find_duplicates && query->find_duplicates;
    struct import_columns *columns = ctx_alloc(ctx, sizeof *columns);
    struct checking checking = {
        .ctx = ctx,
        .page = {.self = self, .columns = columns, .most = IMPORT_PROBLEMS_OF_LINE, .names = import_names_new(ctx)},
        .roster = finds ? self->roster : NULL,
        .marks = ctx_alloc_array(ctx, query->lines.count * MARKS_OF_LINE, sizeof *checking.marks),
    };
    if (!columns || !checking.page.names || !checking.marks || (finds && !read_register(self, ctx)))
        return false;
    check_columns(&checking, query, columns, out_reply);
    for (size_t i = 0; out_reply->columns.count && i < query->lines.count && !is_refused(&ctx->refusal); i++)
        check_line(&checking, &query->lines.items[i]);
    out_reply->problems.count = checking.page.problems.count;
    out_reply->problems.items = checking.page.problems.items;
    out_reply->marks.count = checking.mark_count;
    out_reply->marks.items = checking.marks;
    return !is_refused(&ctx->refusal);
}
