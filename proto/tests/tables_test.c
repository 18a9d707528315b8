// SPDX-License-Identifier: Apache-2.0
/**
 * What the generated C of sample/ says when it runs: tables against the structs they describe, and dispatch through its
 * adapters. Defines the handlers of the sample services, so a message without a handler would not link.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/counters.gen.h"
#include "proto/errors.gen.h"
#include "proto/library_dispatch.gen.h"
#include "proto/loans_dispatch.gen.h"
#include "proto/roles.gen.h"
#include "proto/shelf_rows.gen.h"

#define CHECK(condition) check(condition, #condition, __LINE__)

static void check(bool condition, const char *what, int line)
{
    if (!condition) {
        fprintf(stderr, "line %d: %s\n", line, what);
        exit(1);
    }
}

struct library_service {
    int added;
};

struct loans_service {
    int dropped;
};

struct book_add_plan {
    int by;
};

struct book_drop_plan {
    int unused;
};

struct loans_on_book_added_plan {
    int unused;
};

struct loans_on_book_dropped_plan {
    int by;
};

static struct book_add_plan add_plan;
static struct loans_on_book_dropped_plan dropped_plan;

const struct book_add_plan *book_add_check(const struct library_service *self, const struct book_add *command,
                                           struct ctx *ctx)
{
    (void)self;
    (void)ctx;
    add_plan.by = (int)command->pages;
    return &add_plan;
}

void book_add_apply(struct library_service *self, const struct book_add_plan *plan, struct ctx *ctx,
                    struct book_add_reply *out_reply)
{
    (void)ctx;
    self->added += plan->by;
    out_reply->book = 17;
}

const struct book_drop_plan *book_drop_check(const struct library_service *self, const struct book_drop *command,
                                             struct ctx *ctx)
{
    (void)self;
    (void)command;
    (void)ctx;
    return NULL;
}

void book_drop_apply(struct library_service *self, const struct book_drop_plan *plan, struct ctx *ctx,
                     struct book_drop_reply *out_reply)
{
    (void)self;
    (void)plan;
    (void)ctx;
    (void)out_reply;
}

bool book_get_answer(const struct library_service *self, const struct book_get *query, struct ctx *ctx,
                     struct book_get_reply *out_reply)
{
    (void)self;
    (void)ctx;
    out_reply->book.book = query->book;
    return true;
}

bool loan_list_answer(const struct loans_service *self, const struct loan_list *query, struct ctx *ctx,
                      struct loan_list_reply *out_reply)
{
    (void)self;
    (void)query;
    (void)ctx;
    (void)out_reply;
    return false;
}

const struct loans_on_book_added_plan *loans_on_book_added_check(const struct loans_service *self,
                                                                 const struct book_added *event, struct ctx *ctx)
{
    (void)self;
    (void)event;
    (void)ctx;
    return NULL;
}

void loans_on_book_added_apply(struct loans_service *self, const struct loans_on_book_added_plan *plan, struct ctx *ctx)
{
    (void)self;
    (void)plan;
    (void)ctx;
}

const struct loans_on_book_dropped_plan *loans_on_book_dropped_check(const struct loans_service *self,
                                                                     const struct book_dropped *event, struct ctx *ctx)
{
    (void)self;
    (void)event;
    (void)ctx;
    dropped_plan.by = 3;
    return &dropped_plan;
}

void loans_on_book_dropped_apply(struct loans_service *self, const struct loans_on_book_dropped_plan *plan,
                                 struct ctx *ctx)
{
    (void)ctx;
    self->dropped += plan->by;
}

static const struct field_desc *field(const struct struct_desc *desc, const char *name)
{
    for (size_t i = 0; i < desc->count; i++) {
        if (strcmp(desc->fields[i].name, name) == 0) {
            CHECK(desc->fields[i].name_len == strlen(name));
            CHECK((desc->required >> i & 1) == ((desc->fields[i].flags & FIELD_REQUIRED) != 0));
            return &desc->fields[i];
        }
    }
    fprintf(stderr, "%s has no field %s\n", desc->name, name);
    exit(1);
}

static void test_lists(void)
{
    CHECK(error_code_of("busy and more", 4) == ERROR_BUSY);
    CHECK(error_code_of("bus", 3) == ERROR_NONE);
    CHECK(error_info(ERROR_BUSY)->retry && error_info(ERROR_BUSY)->exit == 6);
    CHECK(!error_info(ERROR_NOT_FOUND)->retry && strcmp(error_info(ERROR_NOT_FOUND)->name, "not_found") == 0);
    CHECK(error_info(ERROR_NONE) == NULL);
    CHECK(ROLE_COUNT == 4);
    CHECK(role_infos[ROLE_ADMIN].acts_as == (1U << ROLE_READER | 1U << ROLE_KEEPER | 1U << ROLE_ADMIN));
    CHECK(role_infos[ROLE_READER].acts_as == 1U << ROLE_READER);
    CHECK(COUNTER_COUNT == 3 && counter_infos[COUNTER_WAIT].kind == COUNTER_KIND_GAUGE);
    CHECK(strcmp(counter_infos[COUNTER_BYTES_READ].unit, "bytes") == 0);
}

static void test_fields(void)
{
    const struct struct_desc *add = &book_add_desc;
    CHECK(add->count == 14 && add->size == sizeof(struct book_add) && !add->numbered);
    CHECK(strcmp(add->fields[0].name, "changed_ms") == 0 && add->fields[0].number == 0);
    CHECK(field(add, "title")->offset == offsetof(struct book_add, title));
    CHECK(field(add, "title")->has_offset == FIELD_NO_OFFSET && field(add, "title")->min == 1);
    CHECK(field(add, "pages")->has_offset == offsetof(struct book_add, has_pages));
    CHECK(field(add, "shelf")->clear_offset == offsetof(struct book_add, clear_shelf));
    CHECK(field(add, "lowest")->min == -5000000000 && field(add, "lowest")->max == INT64_MAX);
    CHECK(field(add, "shade")->enumeration == &shade_enum && field(add, "shade")->since == 3);
    CHECK(field(add, "words")->flags == (FIELD_LIST | FIELD_CLEARABLE) && field(add, "words")->max_items == 4);
    CHECK(field(add, "place")->structure == &place_desc && field(add, "pages")->since == 2);
    CHECK(field(&author_desc, "born")->flags == (FIELD_PERSONAL | FIELD_SENSITIVE));
    CHECK(shade_enum.count == 2 && shade_enum.values[1].number == SHADE_DARK);
    CHECK(strstr(shade_enum.values[1].doc, "a \"quote\", a back\\slash and a ?\?") != NULL);
}

static void test_rows(void)
{
    CHECK(!book_desc.numbered && field(&book_desc, "first")->number == 0);
    CHECK(field(&book_desc, "first")->structure == &author_desc);
    CHECK(book_row_desc.numbered && field(&book_row_desc, "first")->number == 5);
    CHECK(field(&book_row_desc, "first")->structure == &author_row_desc);
    CHECK(shelf_desc.numbered && field(&shelf_desc, "books")->structure == &book_row_desc);
    CHECK(field(&shelf_desc, "place")->structure == &place_desc);
    CHECK(field(&shelf_desc, "heads")->structure == &shelf_head_desc && field(&shelf_desc, "heads")->number == 255);
    CHECK(strcmp(shelf_desc.fields[0].name, "changed_ms") == 0 && shelf_desc.fields[0].number == 1);
}

static void test_messages(void)
{
    CHECK(book_add_message.kind == MESSAGE_COMMAND && book_add_message.reply == &book_add_reply_desc);
    CHECK(book_add_message.roles == (1U << ROLE_KEEPER | 1U << ROLE_ADMIN) && book_add_message.since == 2);
    CHECK(book_get_message.audited == MESSAGE_SAW && book_get_message.roles == 0xf);
    CHECK(loan_list_message.audited == MESSAGE_EXPORTED && loan_list_message.roles == 1U << ROLE_AUDITOR);
    CHECK(book_add_message.audited == MESSAGE_UNRECORDED);
    CHECK(book_added_message.reply == NULL && book_added_message.roles == 0);
    CHECK(book_drop_desc.count == 0 && book_drop_desc.fields == NULL);
}

static void test_dispatch(void)
{
    CHECK(library_dispatch.command_count == 2 && library_dispatch.query_count == 1 &&
          library_dispatch.event_count == 0);
    CHECK(library_dispatch.published_count == 3 && library_dispatch.published[2] == &books_count_message);
    const struct command_row *row = &library_dispatch.commands[0];
    CHECK(row->message == &book_add_message && library_dispatch.commands[1].message == &book_drop_message);
    struct library_service library = {0};
    struct book_add_reply reply = {0};
    row->apply(&library, row->check(&library, &(struct book_add){.pages = 5}, NULL), NULL, &reply);
    CHECK(library.added == 5 && reply.book == 17);
    struct book_get_reply got = {0};
    CHECK(library_dispatch.queries[0].answer(&library, &(struct book_get){.book = 8}, NULL, &got) &&
          got.book.book == 8);

    CHECK(loans_dispatch.event_count == 2 && loans_dispatch.events[0].message == &book_added_message);
    const struct event_row *dropped = &loans_dispatch.events[1];
    struct loans_service loans = {0};
    dropped->apply(&loans, dropped->check(&loans, &(struct book_dropped){0}, NULL), NULL);
    CHECK(strcmp(dropped->source, "library") == 0 && loans.dropped == 3);
}

int main(void)
{
    test_lists();
    test_fields();
    test_rows();
    test_messages();
    test_dispatch();
    return 0;
}
