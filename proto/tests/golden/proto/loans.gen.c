// SPDX-License-Identifier: Apache-2.0
#include "proto/loans.gen.h"

const struct struct_desc loan_list_desc = {
    .name = "loan.list",
    .size = sizeof(struct loan_list),
    .count = 0,
    .required = UINT64_C(0x0),
    .doc = "Loans.",
};

static const struct field_desc loan_list_reply_fields[] = {
    {
        .name = "books",
        .name_len = 5,
        .kind = FIELD_STRUCT,
        .flags = FIELD_LIST,
        .offset = offsetof(struct loan_list_reply, books),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .max_items = 100,
        .structure = &book_desc,
        .since = 1,
        .doc = "Books that are lent.",
    },
};

const struct struct_desc loan_list_reply_desc = {
    .name = "loan.list.reply",
    .size = sizeof(struct loan_list_reply),
    .fields = loan_list_reply_fields,
    .count = 1,
    .required = UINT64_C(0x0),
    .doc = "The reply to loan.list.",
};

static const struct field_desc loan_made_fields[] = {
    {
        .name = "book",
        .name_len = 4,
        .kind = FIELD_ID,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct loan_made, book),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "Which.",
    },
};

const struct struct_desc loan_made_desc = {
    .name = "loan.made",
    .size = sizeof(struct loan_made),
    .fields = loan_made_fields,
    .count = 1,
    .required = UINT64_C(0x1),
    .doc = "A book was lent.",
};

const struct message_desc loan_list_message = {
    .type = "loan.list",
    .service = "loans",
    .kind = MESSAGE_QUERY,
    .body = &loan_list_desc,
    .reply = &loan_list_reply_desc,
    .roles = 0x8, // auditor
    .audited = MESSAGE_EXPORTED,
    .since = 1,
    .doc = "Loans.",
};

const struct message_desc loan_made_message = {
    .type = "loan.made",
    .service = "loans",
    .kind = MESSAGE_EVENT,
    .body = &loan_made_desc,
    .since = 1,
    .doc = "A book was lent.",
};

// clang-format off
const struct struct_desc *const loans_structs[3] = {
    &loan_list_desc,
    &loan_list_reply_desc,
    &loan_made_desc,
};
// clang-format on
