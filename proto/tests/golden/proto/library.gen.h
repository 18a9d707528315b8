// SPDX-License-Identifier: Apache-2.0
/**
 * Books: every type of field and every key of the language stands here once. A doc over two lines is one paragraph.
 *
 * A blank line begins another.
 *
 * Written by proto/generate from sample/library.toml, never by hand.
 */
#ifndef PROTO_LIBRARY_GEN_H
#define PROTO_LIBRARY_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/wire/desc.h"
#include "proto/shared.gen.h"

/** One who writes. */
struct author {
    // Name.
    struct text name;
    // Birthday.
    int32_t born;
    bool has_born;
};

/** A book, whole. Declared before what it holds, so that the generator has to order them. */
struct book {
    // When.
    int64_t changed_ms;
    // Who.
    struct text changed_by;
    bool has_changed_by;
    // Its id.
    uint64_t book;
    // Who wrote it.
    struct {
        size_t count;
        const struct author *items;
    } authors;
    // The first of them.
    struct author first;
    bool has_first;
    // Of its covers.
    struct {
        size_t count;
        const enum shade *items;
    } shades;
};

/**
 * Adds a book. Silence means that the library is closed. This doc is long enough that its literal in C has to be cut
 * into two pieces.
 */
struct book_add {
    // When.
    int64_t changed_ms;
    // Who.
    struct text changed_by;
    bool has_changed_by;
    // Title.
    struct text title;
    // Pages.
    int64_t pages;
    bool has_pages;
    // Any number at all.
    int64_t offset;
    bool has_offset;
    // A number with a far limit.
    int64_t lowest;
    bool has_lowest;
    // Is lent now.
    bool lent;
    bool has_lent;
    // Where it stands.
    uint64_t shelf;
    bool has_shelf;
    bool clear_shelf;
    // Of its cover.
    enum shade shade;
    bool has_shade;
    bool clear_shade;
    // Seal.
    struct bytes seal;
    bool has_seal;
    // Whatever else.
    struct bytes extra;
    bool has_extra;
    // Where.
    struct place place;
    bool has_place;
    // Words | of it.
    struct {
        size_t count;
        const struct text *items;
    } words;
    bool clear_words;
    // Where it was.
    struct {
        size_t count;
        const struct place *items;
    } marks;
};

/** The reply to book.add. */
struct book_add_reply {
    // The new book's id.
    uint64_t book;
};

/** Forgets a book; neither its body nor its reply has fields worth having. */
struct book_drop {
    // C has no struct without members.
    char unused;
};

/** The reply to book.drop. */
struct book_drop_reply {
    // C has no struct without members.
    char unused;
};

/** One book. */
struct book_get {
    // Which.
    uint64_t book;
    // A name that Python needs itself.
    bool self;
    bool has_self;
};

/** The reply to book.get. */
struct book_get_reply {
    // The book.
    struct book book;
};

/** A book was added. */
struct book_added {
    // It.
    struct book book;
};

/** A book was forgotten. */
struct book_dropped {
    // C has no struct without members.
    char unused;
};

/** How many books there are. */
struct books_count {
    // So many.
    int64_t count;
};

extern const struct struct_desc author_desc;
extern const struct struct_desc author_row_desc;
extern const struct struct_desc book_desc;
extern const struct struct_desc book_row_desc;
extern const struct struct_desc book_add_desc;
extern const struct struct_desc book_add_reply_desc;
extern const struct struct_desc book_drop_desc;
extern const struct struct_desc book_drop_reply_desc;
extern const struct struct_desc book_get_desc;
extern const struct struct_desc book_get_reply_desc;
extern const struct struct_desc book_added_desc;
extern const struct struct_desc book_dropped_desc;
extern const struct struct_desc books_count_desc;
extern const struct message_desc book_add_message;
extern const struct message_desc book_drop_message;
extern const struct message_desc book_get_message;
extern const struct message_desc book_added_message;
extern const struct message_desc book_dropped_message;
extern const struct message_desc books_count_message;
/** All struct tables above; for tests that try each. */
extern const struct struct_desc *const library_structs[13];

#endif
