// SPDX-License-Identifier: Apache-2.0
/**
 * The handlers of the library service; whoever defines them defines their plans too.
 *
 * Written by proto/generate from sample/library.toml, never by hand.
 */
#ifndef PROTO_LIBRARY_DISPATCH_GEN_H
#define PROTO_LIBRARY_DISPATCH_GEN_H

#include "common/service/dispatch.h"
#include "proto/library.gen.h"

struct ctx;
struct library_service;
struct book_add_plan;
struct book_drop_plan;

// book.add
const struct book_add_plan *book_add_check(const struct library_service *self, const struct book_add *command,
                                           struct ctx *ctx);
void book_add_apply(struct library_service *self, const struct book_add_plan *plan, struct ctx *ctx,
                    struct book_add_reply *out_reply);

// book.drop
const struct book_drop_plan *book_drop_check(const struct library_service *self, const struct book_drop *command,
                                             struct ctx *ctx);
void book_drop_apply(struct library_service *self, const struct book_drop_plan *plan, struct ctx *ctx,
                     struct book_drop_reply *out_reply);

// book.get
bool book_get_answer(const struct library_service *self, const struct book_get *query, struct ctx *ctx,
                     struct book_get_reply *out_reply);

extern const struct dispatch library_dispatch;

#endif
