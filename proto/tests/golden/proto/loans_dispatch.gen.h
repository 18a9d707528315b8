// SPDX-License-Identifier: Apache-2.0
/**
 * The handlers of the loans service; whoever defines them defines their plans too.
 *
 * Written by proto/generate from sample/loans.toml, never by hand.
 */
#ifndef PROTO_LOANS_DISPATCH_GEN_H
#define PROTO_LOANS_DISPATCH_GEN_H

#include "common/service/dispatch.h"
#include "proto/library.gen.h"
#include "proto/loans.gen.h"

struct ctx;
struct loans_service;
struct loans_on_book_added_plan;
struct loans_on_book_dropped_plan;

// loan.list
bool loan_list_answer(const struct loans_service *self, const struct loan_list *query, struct ctx *ctx,
                      struct loan_list_reply *out_reply);

// library: book.added
const struct loans_on_book_added_plan *loans_on_book_added_check(const struct loans_service *self,
                                                                 const struct book_added *event, struct ctx *ctx);
void loans_on_book_added_apply(struct loans_service *self, const struct loans_on_book_added_plan *plan,
                               struct ctx *ctx);

// library: book.dropped
const struct loans_on_book_dropped_plan *loans_on_book_dropped_check(const struct loans_service *self,
                                                                     const struct book_dropped *event, struct ctx *ctx);
void loans_on_book_dropped_apply(struct loans_service *self, const struct loans_on_book_dropped_plan *plan,
                                 struct ctx *ctx);

extern const struct dispatch loans_dispatch;

#endif
