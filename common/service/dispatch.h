// SPDX-License-Identifier: Apache-2.0
/**
 * Dispatch rows: which handlers a service has for each message, as constant tables.
 *
 * Written by proto/generate from the files of proto. The generated prototypes are typed; the generated rows call them through
 * one-line adapters, so no handler casts. A message without its handler does not link.
 *
 * For a service `person` with a command `person.create`, a query `person.get`, and, in another service `activity`,
 * `follows.person = ["person.created"]`, the handlers are:
 *
 *     const struct person_create_plan *
 *     person_create_check(const struct person_service *self, const struct person_create *command, struct ctx *ctx);
 *     void person_create_apply(struct person_service *self, const struct person_create_plan *plan, struct ctx *ctx,
 *                              struct person_create_reply *out_reply);
 *
 *     bool person_get_answer(const struct person_service *self, const struct person_get *query, struct ctx *ctx,
 *                            struct person_get_reply *out_reply);
 *
 *     const struct activity_on_person_created_plan *
 *     activity_on_person_created_check(const struct activity_service *self, const struct person_created *event,
 *                                      struct ctx *ctx);
 *     void activity_on_person_created_apply(struct activity_service *self,
 *                                           const struct activity_on_person_created_plan *plan, struct ctx *ctx);
 *
 * A check reads only. It returns a plan from the ctx's arena, or NULL after ctx_refuse(). An apply writes and cannot
 * refuse. An answer reads from its snapshot and returns false after ctx_refuse().
 */
#ifndef COMMON_SERVICE_DISPATCH_H
#define COMMON_SERVICE_DISPATCH_H

#include "common/wire/desc.h"

struct ctx;

struct command_row {
    const struct message_desc *message;
    const void *(*check)(const void *self, const void *command, struct ctx *ctx);
    void (*apply)(void *self, const void *plan, struct ctx *ctx, void *out_reply);
};

struct query_row {
    const struct message_desc *message;
    bool (*answer)(const void *self, const void *query, struct ctx *ctx, void *out_reply);
};

/** An event followed from another service. */
struct event_row {
    const char *source; // the service whose journal holds it
    const struct message_desc *message;
    const void *(*check)(const void *self, const void *event, struct ctx *ctx);
    void (*apply)(void *self, const void *plan, struct ctx *ctx);
};

/** Rows are sorted by message type (events by source, then type), so that look-up is a binary search. */
struct dispatch {
    const char *service;
    const struct command_row *commands;
    size_t command_count;
    const struct query_row *queries;
    size_t query_count;
    const struct event_row *events;
    size_t event_count;
    const struct message_desc *const *published; // the service's own events and figures, sorted by type
    size_t published_count;
};

#endif
