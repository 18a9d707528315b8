// SPDX-License-Identifier: Apache-2.0
/**
 * Verify: what person keeps of each one's last activity against the facts, at the position of the activity journal that person has followed to.
 *
 * What starts before the first activity that person still waits for has begun; what starts later may have, when a clock was set.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "proto/person.gen.h"
#include "services/pk/facts.h"
#include "services/pk/verify.h"

enum {
    PAGE_ROWS = 1000,
    LOOKS = 100, // at a person service that has not followed so far
    LOOK_MS = 50,
    MOST_LOOKED_AT = 1000, // of those without a row
};

/** The facts by person, as they were at one position. */
struct latest {
    struct verification *verification;
    struct check *check;
    GHashTable *until; // person → start of the latest that starts before `from_ms`
    GHashTable *rows;  // persons that have a row
    int64_t from_ms;
    uint64_t seq;
};

static void count_facts(struct latest *latest, int64_t from_ms)
{
    const struct facts *facts = latest->verification->facts;
    GHashTableIter iter;
    void *value = NULL;
    if (latest->seq == facts->walk.at.seq && latest->from_ms == from_ms)
        return;
    latest->seq = facts->walk.at.seq;
    latest->from_ms = from_ms;
    g_hash_table_remove_all(latest->until);
    g_hash_table_iter_init(&iter, facts->by_activity);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct fact *fact = value;
        const int64_t *known = g_hash_table_lookup(latest->until, &fact->person);
        if (fact->person && fact->start_ms < from_ms && (!known || fact->start_ms > *known))
            g_hash_table_replace(latest->until, g_memdup2(&fact->person, sizeof fact->person),
                                 g_memdup2(&fact->start_ms, sizeof fact->start_ms));
    }
}

/** Asks for a page that is no older than the facts, and moves the facts to it. NULL: the check is undone. */
static const struct person_last_activities_reply *ask(struct latest *latest, const struct person_last_activities *query)
{
    struct verification *verification = latest->verification;
    const struct person_last_activities_reply *page = NULL;
    for (size_t i = 0; i < LOOKS; i++) {
        struct client_answer answer;
        if (!verify_ask(verification, latest->check, NULL, &person_last_activities_message, query, &answer))
            return NULL;
        page = answer.reply;
        if ((uint64_t)page->activity_seq >= verification->facts->walk.at.seq)
            break;
        page = NULL;
        poll(NULL, 0, LOOK_MS);
    }
    if (!page)
        verify_undone(latest->check, "person lags behind activity");
    if (!page || !verify_advance(verification, latest->check, (uint64_t)page->activity_seq))
        return NULL;
    if (verification->facts->walk.at.seq != (uint64_t)page->activity_seq) {
        verify_undone(latest->check, "the journal of activity cannot be read to where person is");
        return NULL;
    }
    count_facts(latest, page->has_planned_from_ms ? page->planned_from_ms : INT64_MAX);
    return page;
}

/** `start_ms`: what person keeps; NULL: nothing. */
static void compare(struct latest *latest, uint64_t person, const int64_t *start_ms)
{
    const int64_t *counted = g_hash_table_lookup(latest->until, &person);
    char text[VERIFY_TEXT_BYTES];
    if (start_ms && *start_ms >= latest->from_ms)
        return; // begun before a clock was set
    if ((!start_ms && !counted) || (start_ms && counted && *start_ms == *counted))
        return;
    if (!start_ms)
        snprintf(text, sizeof text, "person %" PRIu64 " has activities, and none is kept as his last", person);
    else if (!counted)
        snprintf(text, sizeof text, "person %" PRIu64 " has no activities, and one of %" PRId64 " is kept as his last",
                 person, *start_ms);
    else
        snprintf(text, sizeof text,
                 "person %" PRIu64 ": kept as his last activity is one of %" PRId64 "; it is %" PRId64, person,
                 *start_ms, *counted);
    verify_differs(latest->verification, latest->check, text);
}

/** One page; false at the end, or when the check is undone. */
static bool compare_page(struct latest *latest, struct person_last_activities *query)
{
    const struct person_last_activities_reply *page = ask(latest, query);
    for (size_t i = 0; page && i < page->last_activities.count; i++) {
        const struct last_activity *row = &page->last_activities.items[i];
        compare(latest, row->person, &row->start_ms);
        g_hash_table_add(latest->rows, g_memdup2(&row->person, sizeof row->person));
        query->after = row->person;
        query->has_after = true;
        latest->check->checked++;
    }
    return page && page->more && page->last_activities.count > 0;
}

/** Looks at one person alone. */
static void compare_one(struct latest *latest, uint64_t person)
{
    const struct person_last_activities query = {.has_after = person > 1, .after = person - 1, .limit = 1};
    struct arena_mark mark = arena_mark(&latest->verification->pk->arena);
    const struct person_last_activities_reply *page = ask(latest, &query);
    bool has_row = page && page->last_activities.count > 0 && page->last_activities.items[0].person == person;
    if (page)
        compare(latest, person, has_row ? &page->last_activities.items[0].start_ms : NULL);
    arena_rewind(&latest->verification->pk->arena, mark);
}

/** Those who have activities and had no row when their page was read; it may have come since. */
static void compare_missing(struct latest *latest)
{
    GArray *missing = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    GHashTableIter iter;
    void *person = NULL;
    g_hash_table_iter_init(&iter, latest->until);
    while (missing->len < MOST_LOOKED_AT && g_hash_table_iter_next(&iter, &person, NULL))
        if (!g_hash_table_contains(latest->rows, person))
            g_array_append_vals(missing, person, 1);
    for (size_t i = 0; i < missing->len && !latest->check->undone[0]; i++)
        compare_one(latest, g_array_index(missing, uint64_t, i));
    g_array_free(missing, TRUE);
}

void verify_last_activities(struct verification *verification)
{
    struct latest latest = {.verification = verification,
                            .check = verify_check(verification, "last activities", "person"),
                            .until = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
                            .rows = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
                            .from_ms = INT64_MIN};
    struct person_last_activities query = {.limit = PAGE_ROWS};
    bool more =
        verify_needs(verification, latest.check, "person", "activity") && verify_facts(verification, latest.check);
    while (more) {
        struct arena_mark mark = arena_mark(&verification->pk->arena);
        more = compare_page(&latest, &query);
        arena_rewind(&verification->pk->arena, mark);
    }
    if (!latest.check->undone[0])
        compare_missing(&latest);
    g_hash_table_destroy(latest.until);
    g_hash_table_destroy(latest.rows);
}
