// SPDX-License-Identifier: Apache-2.0
/**
 * A second service, which follows the first.
 *
 * Written by proto/generate from sample/loans.toml, never by hand.
 */
#ifndef PROTO_LOANS_GEN_H
#define PROTO_LOANS_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/wire/desc.h"
#include "proto/library.gen.h"
#include "proto/shared.gen.h"

/** Loans. */
struct loan_list {
    // C has no struct without members.
    char unused;
};

/** The reply to loan.list. */
struct loan_list_reply {
    // Books that are lent.
    struct {
        size_t count;
        const struct book *items;
    } books;
};

/** A book was lent. */
struct loan_made {
    // Which.
    uint64_t book;
};

extern const struct struct_desc loan_list_desc;
extern const struct struct_desc loan_list_reply_desc;
extern const struct struct_desc loan_made_desc;
extern const struct message_desc loan_list_message;
extern const struct message_desc loan_made_message;
/** All struct tables above; for tests that try each. */
extern const struct struct_desc *const loans_structs[3];

#endif
