// SPDX-License-Identifier: Apache-2.0
#include "services/pk/journal_walk.h"

void journal_walk_init(struct journal_walk *walk, uint64_t after)
{
    *walk = (struct journal_walk){.at = {.seq = after}, .digest_known = after == 0};
}

struct journal_read journal_walk_query(const struct journal_walk *walk, int64_t limit, int64_t wait_ms)
{
    return (struct journal_read){
        .has_store = walk->store_known,
        .store = bytes_of(walk->store, sizeof walk->store),
        .has_epoch = walk->store_known,
        .epoch = walk->epoch,
        .after = (int64_t)walk->at.seq,
        .has_after_digest = walk->digest_known && walk->at.seq > 0,
        .after_digest = bytes_of(walk->at.digest, sizeof walk->at.digest),
        .limit = limit,
        .wait_ms = wait_ms,
    };
}

static bool follows(const struct journal_walk *walk, const struct journal_record *record)
{
    return walk->digest_known ? journal_follows(&walk->at, record) : record->seq == walk->at.seq + 1;
}

const char *journal_walk_take(struct journal_walk *walk, const struct journal_read_reply *page, journal_taker taker,
                              void *self)
{
    if (page->diverged)
        return "the journal is not the one that was read so far";
    if (page->store.len != STORE_ID_BYTES)
        return "the journal has no identity";
    memcpy(walk->store, page->store.data, STORE_ID_BYTES);
    walk->store_known = true;
    walk->epoch = page->epoch;
    walk->last_seq = (uint64_t)page->last_seq;
    for (size_t i = 0; i < page->records.count; i++) {
        const struct journal_page_record *item = &page->records.items[i];
        struct journal_record record;
        if (journal_decode((uint64_t)item->seq, item->record, &record) != FAULT_NONE)
            return "a record fails its checksum";
        if (!follows(walk, &record))
            return "a record is missing, or does not chain to the one before it";
        walk->at = journal_position_of(&record);
        walk->digest_known = true;
        if (!taker(self, &record))
            return NULL;
    }
    return NULL;
}
