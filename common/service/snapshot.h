// SPDX-License-Identifier: Apache-2.0
/**
 * Snapshots: how a follower begins where a journal is long (design.md 5). The source tells its rows as events that would make them, page by page, each
 * from a short view of its own. The follower applies them, then follows the journal from where it was when the first page was read: what has happened
 * since comes again, over rows that may have it already. So its events must be such that it may apply them again, over what came later, and be right in
 * the end; until then what it has is of no moment there ever was.
 *
 * A cursor says where a page ended: u8 the part, then the last key.
 */
#ifndef COMMON_SERVICE_SNAPSHOT_H
#define COMMON_SERVICE_SNAPSHOT_H

#include "common/service/ctx.h"
#include "proto/service.gen.h"

enum { SNAPSHOT_CURSOR_BYTES = 1 + STORE_MAX_KEY_BYTES };

/** A page that is being made. */
struct snapshot {
    struct ctx *ctx;
    size_t most;
    size_t count;
    size_t bytes;
    struct snapshot_row *rows;
};

/** Rows of one table. A service lists its parts in the order in which a follower needs them. */
struct snapshot_part {
    const struct store_table *table;
    /** Tells what the row says, as any number of events up to SNAPSHOT_ROW_EVENTS. */
    void (*tell)(struct snapshot *snapshot, struct bytes key, struct bytes value);
};

enum { SNAPSHOT_ROW_EVENTS = 2 };

/** Adds an event about `person` (0: nobody), on subject "kind/id". */
void snapshot_tell(struct snapshot *snapshot, const struct message_desc *event, const void *body, uint64_t person,
                   const char *subject_kind, uint64_t subject_id);

#endif
