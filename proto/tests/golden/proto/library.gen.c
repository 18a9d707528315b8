// SPDX-License-Identifier: Apache-2.0
#include "proto/library.gen.h"

static const struct field_desc author_fields[] = {
    {
        .name = "name",
        .name_len = 4,
        .kind = FIELD_LINE,
        .flags = FIELD_REQUIRED | FIELD_PERSONAL,
        .offset = offsetof(struct author, name),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .min = 1,
        .max = 100,
        .since = 1,
        .doc = "Name.",
    },
    {
        .name = "born",
        .name_len = 4,
        .kind = FIELD_DATE,
        .flags = FIELD_PERSONAL | FIELD_SENSITIVE,
        .offset = offsetof(struct author, born),
        .has_offset = offsetof(struct author, has_born),
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .seen_by = 0xa,
        .doc = "Birthday.",
    },
};

const struct struct_desc author_desc = {
    .name = "author",
    .size = sizeof(struct author),
    .fields = author_fields,
    .count = 2,
    .required = UINT64_C(0x1),
    .doc = "One who writes.",
};

static const struct field_desc author_row_fields[] = {
    {
        .name = "name",
        .name_len = 4,
        .kind = FIELD_LINE,
        .flags = FIELD_REQUIRED | FIELD_PERSONAL,
        .number = 1,
        .offset = offsetof(struct author, name),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .min = 1,
        .max = 100,
        .since = 1,
        .doc = "Name.",
    },
    {
        .name = "born",
        .name_len = 4,
        .kind = FIELD_DATE,
        .flags = FIELD_PERSONAL | FIELD_SENSITIVE,
        .number = 2,
        .offset = offsetof(struct author, born),
        .has_offset = offsetof(struct author, has_born),
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .seen_by = 0xa,
        .doc = "Birthday.",
    },
};

const struct struct_desc author_row_desc = {
    .name = "author",
    .size = sizeof(struct author),
    .fields = author_row_fields,
    .count = 2,
    .required = UINT64_C(0x1),
    .numbered = true,
    .doc = "One who writes.",
};

static const struct field_desc book_fields[] = {
    {
        .name = "changed_ms",
        .name_len = 10,
        .kind = FIELD_TIME,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct book, changed_ms),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "When.",
    },
    {
        .name = "changed_by",
        .name_len = 10,
        .kind = FIELD_LINE,
        .offset = offsetof(struct book, changed_by),
        .has_offset = offsetof(struct book, has_changed_by),
        .clear_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = 64,
        .since = 1,
        .doc = "Who.",
    },
    {
        .name = "book",
        .name_len = 4,
        .kind = FIELD_ID,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct book, book),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "Its id.",
    },
    {
        .name = "authors",
        .name_len = 7,
        .kind = FIELD_STRUCT,
        .flags = FIELD_LIST,
        .offset = offsetof(struct book, authors),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .max_items = 8,
        .structure = &author_desc,
        .since = 1,
        .doc = "Who wrote it.",
    },
    {
        .name = "first",
        .name_len = 5,
        .kind = FIELD_STRUCT,
        .offset = offsetof(struct book, first),
        .has_offset = offsetof(struct book, has_first),
        .clear_offset = FIELD_NO_OFFSET,
        .structure = &author_desc,
        .since = 1,
        .doc = "The first of them.",
    },
    {
        .name = "shades",
        .name_len = 6,
        .kind = FIELD_ENUM,
        .flags = FIELD_LIST,
        .offset = offsetof(struct book, shades),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .max_items = 2,
        .enumeration = &shade_enum,
        .since = 1,
        .doc = "Of its covers.",
    },
};

const struct struct_desc book_desc = {
    .name = "book",
    .size = sizeof(struct book),
    .fields = book_fields,
    .count = 6,
    .required = UINT64_C(0x5),
    .doc = "A book, whole. Declared before what it holds, so that the generator has to order them.",
};

static const struct field_desc book_row_fields[] = {
    {
        .name = "changed_ms",
        .name_len = 10,
        .kind = FIELD_TIME,
        .flags = FIELD_REQUIRED,
        .number = 1,
        .offset = offsetof(struct book, changed_ms),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "When.",
    },
    {
        .name = "changed_by",
        .name_len = 10,
        .kind = FIELD_LINE,
        .number = 2,
        .offset = offsetof(struct book, changed_by),
        .has_offset = offsetof(struct book, has_changed_by),
        .clear_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = 64,
        .since = 1,
        .doc = "Who.",
    },
    {
        .name = "book",
        .name_len = 4,
        .kind = FIELD_ID,
        .flags = FIELD_REQUIRED,
        .number = 3,
        .offset = offsetof(struct book, book),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "Its id.",
    },
    {
        .name = "authors",
        .name_len = 7,
        .kind = FIELD_STRUCT,
        .flags = FIELD_LIST,
        .number = 4,
        .offset = offsetof(struct book, authors),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .max_items = 8,
        .structure = &author_row_desc,
        .since = 1,
        .doc = "Who wrote it.",
    },
    {
        .name = "first",
        .name_len = 5,
        .kind = FIELD_STRUCT,
        .number = 5,
        .offset = offsetof(struct book, first),
        .has_offset = offsetof(struct book, has_first),
        .clear_offset = FIELD_NO_OFFSET,
        .structure = &author_row_desc,
        .since = 1,
        .doc = "The first of them.",
    },
    {
        .name = "shades",
        .name_len = 6,
        .kind = FIELD_ENUM,
        .flags = FIELD_LIST,
        .number = 6,
        .offset = offsetof(struct book, shades),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .max_items = 2,
        .enumeration = &shade_enum,
        .since = 1,
        .doc = "Of its covers.",
    },
};

const struct struct_desc book_row_desc = {
    .name = "book",
    .size = sizeof(struct book),
    .fields = book_row_fields,
    .count = 6,
    .required = UINT64_C(0x5),
    .numbered = true,
    .doc = "A book, whole. Declared before what it holds, so that the generator has to order them.",
};

static const struct field_desc book_add_fields[] = {
    {
        .name = "changed_ms",
        .name_len = 10,
        .kind = FIELD_TIME,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct book_add, changed_ms),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "When.",
    },
    {
        .name = "changed_by",
        .name_len = 10,
        .kind = FIELD_LINE,
        .offset = offsetof(struct book_add, changed_by),
        .has_offset = offsetof(struct book_add, has_changed_by),
        .clear_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = 64,
        .since = 1,
        .doc = "Who.",
    },
    {
        .name = "title",
        .name_len = 5,
        .kind = FIELD_TEXT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct book_add, title),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .min = 1,
        .max = 200,
        .since = 2,
        .doc = "Title.",
    },
    {
        .name = "pages",
        .name_len = 5,
        .kind = FIELD_INT,
        .offset = offsetof(struct book_add, pages),
        .has_offset = offsetof(struct book_add, has_pages),
        .clear_offset = FIELD_NO_OFFSET,
        .min = 1,
        .max = 10000,
        .since = 2,
        .doc = "Pages.",
    },
    {
        .name = "offset",
        .name_len = 6,
        .kind = FIELD_INT,
        .offset = offsetof(struct book_add, offset),
        .has_offset = offsetof(struct book_add, has_offset),
        .clear_offset = FIELD_NO_OFFSET,
        .min = INT64_MIN,
        .max = INT64_MAX,
        .since = 2,
        .doc = "Any number at all.",
    },
    {
        .name = "lowest",
        .name_len = 6,
        .kind = FIELD_INT,
        .offset = offsetof(struct book_add, lowest),
        .has_offset = offsetof(struct book_add, has_lowest),
        .clear_offset = FIELD_NO_OFFSET,
        .min = INT64_C(-5000000000),
        .max = INT64_MAX,
        .since = 2,
        .doc = "A number with a far limit.",
    },
    {
        .name = "lent",
        .name_len = 4,
        .kind = FIELD_BOOL,
        .offset = offsetof(struct book_add, lent),
        .has_offset = offsetof(struct book_add, has_lent),
        .clear_offset = FIELD_NO_OFFSET,
        .since = 2,
        .doc = "Is lent now.",
    },
    {
        .name = "shelf",
        .name_len = 5,
        .kind = FIELD_ID,
        .flags = FIELD_CLEARABLE,
        .offset = offsetof(struct book_add, shelf),
        .has_offset = offsetof(struct book_add, has_shelf),
        .clear_offset = offsetof(struct book_add, clear_shelf),
        .since = 2,
        .doc = "Where it stands.",
    },
    {
        .name = "shade",
        .name_len = 5,
        .kind = FIELD_ENUM,
        .flags = FIELD_CLEARABLE,
        .offset = offsetof(struct book_add, shade),
        .has_offset = offsetof(struct book_add, has_shade),
        .clear_offset = offsetof(struct book_add, clear_shade),
        .enumeration = &shade_enum,
        .since = 3,
        .doc = "Of its cover.",
    },
    {
        .name = "seal",
        .name_len = 4,
        .kind = FIELD_BIN,
        .offset = offsetof(struct book_add, seal),
        .has_offset = offsetof(struct book_add, has_seal),
        .clear_offset = FIELD_NO_OFFSET,
        .min = 4,
        .max = 4,
        .since = 2,
        .doc = "Seal.",
    },
    {
        .name = "extra",
        .name_len = 5,
        .kind = FIELD_RAW,
        .offset = offsetof(struct book_add, extra),
        .has_offset = offsetof(struct book_add, has_extra),
        .clear_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = 64,
        .since = 2,
        .doc = "Whatever else.",
    },
    {
        .name = "place",
        .name_len = 5,
        .kind = FIELD_STRUCT,
        .offset = offsetof(struct book_add, place),
        .has_offset = offsetof(struct book_add, has_place),
        .clear_offset = FIELD_NO_OFFSET,
        .structure = &place_desc,
        .since = 2,
        .doc = "Where.",
    },
    {
        .name = "words",
        .name_len = 5,
        .kind = FIELD_LINE,
        .flags = FIELD_LIST | FIELD_CLEARABLE,
        .offset = offsetof(struct book_add, words),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = offsetof(struct book_add, clear_words),
        .max_items = 4,
        .min = 0,
        .max = 10,
        .since = 2,
        .doc = "Words | of it.",
    },
    {
        .name = "marks",
        .name_len = 5,
        .kind = FIELD_STRUCT,
        .flags = FIELD_REQUIRED | FIELD_LIST,
        .offset = offsetof(struct book_add, marks),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .max_items = 2,
        .structure = &place_desc,
        .since = 2,
        .doc = "Where it was.",
    },
};

const struct struct_desc book_add_desc = {
    .name = "book.add",
    .size = sizeof(struct book_add),
    .fields = book_add_fields,
    .count = 14,
    .required = UINT64_C(0x2005),
    .doc = "Adds a book. Silence means that the library is closed. This doc is long enough that its literal in C has "
           "to be cut into two pieces.",
};

static const struct field_desc book_add_reply_fields[] = {
    {
        .name = "book",
        .name_len = 4,
        .kind = FIELD_ID,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct book_add_reply, book),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 2,
        .doc = "The new book's id.",
    },
};

const struct struct_desc book_add_reply_desc = {
    .name = "book.add.reply",
    .size = sizeof(struct book_add_reply),
    .fields = book_add_reply_fields,
    .count = 1,
    .required = UINT64_C(0x1),
    .doc = "The reply to book.add.",
};

const struct struct_desc book_drop_desc = {
    .name = "book.drop",
    .size = sizeof(struct book_drop),
    .count = 0,
    .required = UINT64_C(0x0),
    .doc = "Forgets a book; neither its body nor its reply has fields worth having.",
};

const struct struct_desc book_drop_reply_desc = {
    .name = "book.drop.reply",
    .size = sizeof(struct book_drop_reply),
    .count = 0,
    .required = UINT64_C(0x0),
    .doc = "The reply to book.drop.",
};

static const struct field_desc book_get_fields[] = {
    {
        .name = "book",
        .name_len = 4,
        .kind = FIELD_ID,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct book_get, book),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "Which.",
    },
    {
        .name = "self",
        .name_len = 4,
        .kind = FIELD_BOOL,
        .offset = offsetof(struct book_get, self),
        .has_offset = offsetof(struct book_get, has_self),
        .clear_offset = FIELD_NO_OFFSET,
        .since = 1,
        .doc = "A name that Python needs itself.",
    },
};

const struct struct_desc book_get_desc = {
    .name = "book.get",
    .size = sizeof(struct book_get),
    .fields = book_get_fields,
    .count = 2,
    .required = UINT64_C(0x1),
    .doc = "One book.",
};

static const struct field_desc book_get_reply_fields[] = {
    {
        .name = "book",
        .name_len = 4,
        .kind = FIELD_STRUCT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct book_get_reply, book),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .structure = &book_desc,
        .since = 1,
        .doc = "The book.",
    },
};

const struct struct_desc book_get_reply_desc = {
    .name = "book.get.reply",
    .size = sizeof(struct book_get_reply),
    .fields = book_get_reply_fields,
    .count = 1,
    .required = UINT64_C(0x1),
    .doc = "The reply to book.get.",
};

static const struct field_desc book_added_fields[] = {
    {
        .name = "book",
        .name_len = 4,
        .kind = FIELD_STRUCT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct book_added, book),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .structure = &book_desc,
        .since = 1,
        .doc = "It.",
    },
};

const struct struct_desc book_added_desc = {
    .name = "book.added",
    .size = sizeof(struct book_added),
    .fields = book_added_fields,
    .count = 1,
    .required = UINT64_C(0x1),
    .doc = "A book was added.",
};

const struct struct_desc book_dropped_desc = {
    .name = "book.dropped",
    .size = sizeof(struct book_dropped),
    .count = 0,
    .required = UINT64_C(0x0),
    .doc = "A book was forgotten.",
};

static const struct field_desc books_count_fields[] = {
    {
        .name = "count",
        .name_len = 5,
        .kind = FIELD_INT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct books_count, count),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = INT64_MAX,
        .since = 1,
        .doc = "So many.",
    },
};

const struct struct_desc books_count_desc = {
    .name = "books.count",
    .size = sizeof(struct books_count),
    .fields = books_count_fields,
    .count = 1,
    .required = UINT64_C(0x1),
    .doc = "How many books there are.",
};

const struct message_desc book_add_message = {
    .type = "book.add",
    .service = "library",
    .kind = MESSAGE_COMMAND,
    .body = &book_add_desc,
    .reply = &book_add_reply_desc,
    .roles = 0x6, // keeper, admin
    .since = 2,
    .doc = "Adds a book. Silence means that the library is closed. This doc is long enough that its literal in C has "
           "to be cut into two pieces.",
};

const struct message_desc book_drop_message = {
    .type = "book.drop",
    .service = "library",
    .kind = MESSAGE_COMMAND,
    .body = &book_drop_desc,
    .reply = &book_drop_reply_desc,
    .roles = 0x4, // admin
    .since = 1,
    .doc = "Forgets a book; neither its body nor its reply has fields worth having.",
};

const struct message_desc book_get_message = {
    .type = "book.get",
    .service = "library",
    .kind = MESSAGE_QUERY,
    .body = &book_get_desc,
    .reply = &book_get_reply_desc,
    .roles = 0xf, // reader, keeper, admin, auditor
    .audited = MESSAGE_SAW,
    .since = 1,
    .doc = "One book.",
};

const struct message_desc book_added_message = {
    .type = "book.added",
    .service = "library",
    .kind = MESSAGE_EVENT,
    .body = &book_added_desc,
    .since = 1,
    .doc = "A book was added.",
};

const struct message_desc book_dropped_message = {
    .type = "book.dropped",
    .service = "library",
    .kind = MESSAGE_EVENT,
    .body = &book_dropped_desc,
    .since = 1,
    .doc = "A book was forgotten.",
};

const struct message_desc books_count_message = {
    .type = "books.count",
    .service = "library",
    .kind = MESSAGE_FIGURE,
    .body = &books_count_desc,
    .since = 1,
    .doc = "How many books there are.",
};

// clang-format off
const struct struct_desc *const library_structs[13] = {
    &author_desc,
    &author_row_desc,
    &book_desc,
    &book_row_desc,
    &book_add_desc,
    &book_add_reply_desc,
    &book_drop_desc,
    &book_drop_reply_desc,
    &book_get_desc,
    &book_get_reply_desc,
    &book_added_desc,
    &book_dropped_desc,
    &books_count_desc,
};
// clang-format on
