// SPDX-License-Identifier: Apache-2.0
/**
 * Ctx: all that a handler sees of the world — a transaction, the time, who acts, memory, and where to put refusals and events.
 *
 * It lives as long as one handler's call; what its arena gives lives until the end of the batch (for queries: of the answer).
 */
#ifndef COMMON_SERVICE_CTX_H
#define COMMON_SERVICE_CTX_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/store/index.h"
#include "common/store/journal.h"
#include "common/store/key.h"
#include "common/wire/codec.h"
#include "proto/roles.gen.h"

struct core;

/** An event that waits for its place in the journal until its command's reply is known. */
struct pending_event {
    struct pending_event *next;
    const struct message_desc *event;
    struct bytes body;
    uint64_t person;
    struct text subject;
    struct text actor; // as they were when it was made: own work may act for several
    struct text sender;
};

/** The event of another service that is being applied. */
struct followed_event {
    const char *source;
    uint64_t seq;
    uint64_t person;
    int64_t time_ms;
};

struct ctx {
    struct store_txn *txn;
    struct arena *arena;
    int64_t now_ms;
    struct text actor;  // who acts; empty: nobody named
    struct text sender; // the system the command came from
    struct text trace;
    uint32_t role_mask;                    // bits of the roles the sender may act as
    const struct followed_event *followed; // NULL outside followed events
    struct refusal refusal;
    const struct core *core;
    uint64_t erases; // the person whom the command or event erases (erasing.h); 0: nobody

    struct pending_event *first_event;
    struct pending_event *last_event;
    size_t event_count;
    struct buffer *scratch; // for encoding rows and events
};

/** Refuses; the first reason stands. `field` may be NULL. Returns NULL for `return ctx_refuse(…)` in checks. */
void *ctx_refuse(struct ctx *ctx, enum error_code code, const char *field, const char *message);

/** Zeroed memory of the batch. NULL when its bound is reached, and then the command is refused as busy. */
void *ctx_alloc(struct ctx *ctx, size_t size);
void *ctx_alloc_array(struct ctx *ctx, size_t count, size_t size);

/** A copy that lives as long as the batch; empty, and refused as busy, when there is no room. */
struct text ctx_text(struct ctx *ctx, struct text text);

/** Appends a name to a key as people compare it (fold.h). Refuses one that cannot be compared: `field` says which. */
void ctx_key_name(struct ctx *ctx, const char *field, struct text name, struct key *key);

/**
 * Journals an event of this service, about `person` (0: nobody), on subject "kind/id". In an apply, only. Returns the journal
 * position the event will have.
 */
uint64_t ctx_emit(struct ctx *ctx, const struct message_desc *event, const void *body, uint64_t person,
                  const char *subject_kind, uint64_t subject_id);

/** Erases a person: all that erasing.h says, as soon as the apply is over. In an apply, only, and one person. */
void ctx_erase(struct ctx *ctx, uint64_t person);

/* Rows that are one struct, kept under its id. */

/** Reads the row into `out` (a struct of `desc`, a row descriptor), whose texts live as long as the batch. False: absent. */
bool row_get(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, uint64_t id, void *out);
bool row_get_at(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, struct bytes key,
                void *out);

/** Decodes a value that a cursor gave, copying it into the arena first. */
bool row_decode(struct ctx *ctx, const struct struct_desc *desc, struct bytes value, void *out);

void row_put(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, uint64_t id,
             const void *row);
void row_put_at(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, struct bytes key,
                const void *row);

/** As row_put, for an id greater than every id of the table. */
void row_append(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, uint64_t id,
                const void *row);

#endif
