// SPDX-License-Identifier: Apache-2.0
/** Verify: reading the activities, and moving them on to a position of their journal. */
#include <inttypes.h>
#include <stdio.h>

#include "services/pk/facts.h"
#include "services/pk/verify.h"

enum { PAGE_ROWS = 1000, PAGE_RECORDS = 2000 };

/** Records that are applied up to a position. */
struct advance {
    struct verification *verification;
    uint64_t until;
    bool is_unreadable;
};

static bool apply(void *self, const struct journal_record *record)
{
    struct advance *advance = self;
    advance->is_unreadable |=
        !facts_take_record(advance->verification->facts, record, true, &advance->verification->pk->arena);
    return record->seq < advance->until;
}

/** One page; false when it brought nothing, or what it brought is wrong. */
static bool advance_by_page(struct verification *verification, struct check *check, uint64_t seq)
{
    struct journal_walk *walk = &verification->facts->walk;
    struct advance advance = {verification, seq, false};
    struct journal_read query = journal_walk_query(walk, PAGE_RECORDS, 0);
    struct client_answer answer;
    uint64_t before = walk->at.seq;
    if (!verify_ask(verification, check, activity_created_message.service, &journal_read_message, &query, &answer))
        return false;
    const char *problem = journal_walk_take(walk, answer.reply, apply, &advance);
    if (!problem && (advance.is_unreadable || walk->at.seq == before))
        problem = "the journal of activity cannot be read on";
    if (problem)
        verify_undone(check, problem);
    return !problem;
}

bool verify_advance(struct verification *verification, struct check *check, uint64_t seq)
{
    bool is_fine = true;
    while (is_fine && verification->facts->walk.at.seq < seq) {
        struct arena_mark mark = arena_mark(&verification->pk->arena);
        is_fine = advance_by_page(verification, check, seq);
        arena_rewind(&verification->pk->arena, mark);
    }
    return is_fine;
}

/** One page of rows. False at the end of them, or when the check is undone. */
static bool scan_page(struct verification *verification, struct check *check, struct activity_scan *query,
                      uint64_t *out_seq)
{
    struct client_answer answer;
    if (!verify_ask(verification, check, NULL, &activity_scan_message, query, &answer))
        return false;
    const struct activity_scan_reply *page = answer.reply;
    for (size_t i = 0; i < page->activities.count; i++) {
        facts_take(verification->facts, &page->activities.items[i]);
        query->after = page->activities.items[i].activity;
        query->has_after = true;
    }
    *out_seq = answer.seq;
    return page->more && page->activities.count > 0;
}

static bool take_types(struct verification *verification, struct check *check)
{
    static const struct type_list query;
    struct client_answer answer;
    if (!verify_ask(verification, check, NULL, &type_list_message, &query, &answer))
        return false;
    const struct type_list_reply *reply = answer.reply;
    for (size_t i = 0; i < reply->types.count; i++)
        facts_take_type(verification->facts, &reply->types.items[i]);
    return true;
}

bool verify_facts(struct verification *verification, struct check *check)
{
    struct activity_scan query = {.limit = PAGE_ROWS};
    uint64_t seq = 0;
    if (verification->facts->is_scanned)
        return true;
    if (!take_types(verification, check))
        return false;
    for (bool more = true; more;) {
        struct arena_mark mark = arena_mark(&verification->pk->arena);
        more = scan_page(verification, check, &query, &seq);
        arena_rewind(&verification->pk->arena, mark);
    }
    // Rows that were read later may be younger than the first; the events up to the last make all of them one moment.
    verification->facts->is_scanned = !check->undone[0] && verify_advance(verification, check, seq);
    return verification->facts->is_scanned;
}
