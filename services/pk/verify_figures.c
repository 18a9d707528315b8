// SPDX-License-Identifier: Apache-2.0
/** Verify: the figures of stats against the facts, at the position of the activity journal that the figures tell. */
#include <inttypes.h>
#include <stdio.h>

#include "proto/stats.gen.h"
#include "services/pk/facts.h"
#include "services/pk/verify.h"

enum { MOST_CELLS = 10000 };

/** A question by one dimension, and the facts that answer it. */
struct grouping {
    struct verification *verification;
    struct check *check;
    enum dimension dimension;
    GHashTable *table; // of the facts; of types as they were given
};

static uint64_t cell_id(const struct grouping *grouping, const struct figure_cell *cell)
{
    return grouping->dimension == DIMENSION_TYPE ? cell->type : cell->person;
}

/** Compares one figure with what was counted. `id` 0: of nobody, for he was erased; `is_total`: of everything. */
static void compare(struct grouping *grouping, bool is_total, uint64_t id, int64_t activities, int64_t contacts,
                    struct measures counted)
{
    char text[VERIFY_TEXT_BYTES], what[64] = "total";
    grouping->check->checked++;
    if (activities == counted.activities && contacts == counted.contacts)
        return;
    if (!is_total)
        snprintf(what, sizeof what, "%s %" PRIu64, grouping->dimension == DIMENSION_TYPE ? "type" : "person", id);
    snprintf(text, sizeof text,
             "%s: figures say %" PRId64 " activities, %" PRId64 " contacts; counted were %" PRId64 ", %" PRId64, what,
             activities, contacts, counted.activities, counted.contacts);
    verify_differs(grouping->verification, grouping->check, text);
}

/** Σ over the groups is the total. */
static void compare_sum(struct grouping *grouping, const struct stats_figures_reply *reply)
{
    int64_t activities = 0, contacts = 0;
    for (size_t i = 0; i < reply->cells.count; i++) {
        activities += reply->cells.items[i].activities;
        contacts += reply->cells.items[i].contacts;
    }
    grouping->check->checked++;
    if (activities != reply->total.activities || contacts != reply->total.contacts)
        verify_differs(grouping->verification, grouping->check, "the sum of the groups is not the total");
}

/** What was counted and has no cell. */
static void compare_missing(struct grouping *grouping, GHashTable *table, GHashTable *shown)
{
    GHashTableIter iter;
    void *key = NULL, *value = NULL;
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const struct measures *counted = value;
        if (counted->activities != 0 && !g_hash_table_contains(shown, key))
            compare(grouping, false, *(const uint64_t *)key, 0, 0, *counted);
    }
}

static void compare_reply(struct grouping *grouping, const struct stats_figures_reply *reply)
{
    GHashTable *table = grouping->dimension == DIMENSION_TYPE ? facts_by_led_type(grouping->verification->facts)
                                                              : g_hash_table_ref(grouping->table);
    GHashTable *shown = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (size_t i = 0; i < reply->cells.count; i++) {
        const struct figure_cell *cell = &reply->cells.items[i];
        uint64_t id = cell_id(grouping, cell);
        compare(grouping, false, id, cell->activities, cell->contacts, facts_measures(table, id));
        g_hash_table_add(shown, g_memdup2(&id, sizeof id));
    }
    compare_missing(grouping, table, shown);
    compare_sum(grouping, reply);
    compare(grouping, true, 0, reply->total.activities, reply->total.contacts, grouping->verification->facts->total);
    g_hash_table_destroy(shown);
    g_hash_table_unref(table);
}

/** Asks, and moves the facts to the position that the answer reflects. */
static const struct stats_figures_reply *ask(struct grouping *grouping, const struct stats_figures *query)
{
    struct client_answer answer;
    if (!verify_ask(grouping->verification, grouping->check, NULL, &stats_figures_message, query, &answer))
        return NULL;
    const struct stats_figures_reply *reply = answer.reply;
    if (!verify_advance(grouping->verification, grouping->check, (uint64_t)reply->activity_seq))
        return NULL;
    if ((uint64_t)reply->activity_seq < grouping->verification->facts->walk.at.seq) {
        verify_undone(grouping->check, "stats answered with older figures than it was asked for");
        return NULL;
    }
    return reply;
}

/** More groups than one answer takes: those that were counted, one by one. */
static void compare_singly(struct grouping *grouping)
{
    GList *ids = g_hash_table_get_keys(grouping->table);
    GArray *copies = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (const GList *at = ids; at; at = at->next)
        g_array_append_vals(copies, at->data, 1); // the table grows while it is compared
    g_list_free(ids);
    for (size_t i = 0; i < copies->len && !grouping->check->undone[0]; i++) {
        uint64_t id = g_array_index(copies, uint64_t, i);
        if (id == 0)
            continue; // what is nobody's can be asked for among the others only
        struct stats_figures query = {.has_person = grouping->dimension == DIMENSION_PERSON,
                                      .person = id,
                                      .has_type = grouping->dimension == DIMENSION_TYPE,
                                      .type = id};
        struct arena_mark mark = arena_mark(&grouping->verification->pk->arena);
        const struct stats_figures_reply *reply = ask(grouping, &query);
        if (reply)
            compare(grouping, false, id, reply->total.activities, reply->total.contacts,
                    facts_measures(grouping->table, id));
        arena_rewind(&grouping->verification->pk->arena, mark);
    }
    g_array_free(copies, TRUE);
}

static bool has_many(const struct grouping *grouping)
{
    return g_hash_table_size(grouping->table) > MOST_CELLS * 9 / 10; // it may grow until the question is answered
}

static void verify_grouping(struct verification *verification, const char *name, enum dimension dimension,
                            GHashTable *table)
{
    struct grouping grouping = {verification, verify_check(verification, name, "stats"), dimension, table};
    struct stats_figures query = {
        .group_by = {.count = 1, .items = &dimension}, .has_limit = true, .limit = MOST_CELLS};
    if (!verify_needs(verification, grouping.check, "stats", "activity") || !verify_facts(verification, grouping.check))
        return;
    struct arena_mark mark = arena_mark(&verification->pk->arena);
    const struct stats_figures_reply *reply = has_many(&grouping) ? NULL : ask(&grouping, &query);
    if (has_many(&grouping))
        compare_singly(&grouping);
    else if (reply)
        compare_reply(&grouping, reply);
    arena_rewind(&verification->pk->arena, mark);
}

static void verify_recount(struct verification *verification)
{
    static const struct stats_recount query;
    struct check *check = verify_check(verification, "recount by stats", "stats");
    struct client_answer answer;
    char text[VERIFY_TEXT_BYTES];
    if (!verify_needs(verification, check, "stats", NULL) ||
        !verify_ask(verification, check, NULL, &stats_recount_message, &query, &answer))
        return;
    const struct stats_recount_reply *reply = answer.reply;
    check->checked = (uint64_t)reply->cells;
    for (size_t i = 0; i < reply->differences.count; i++) {
        const struct figure_difference *difference = &reply->differences.items[i];
        snprintf(text, sizeof text, "%.*s: kept is %" PRId64 ", counted were %" PRId64, (int)difference->cell.len,
                 difference->cell.data, difference->kept, difference->counted);
        verify_differs(verification, check, text);
    }
    if (!verification->facts || !verification->facts->is_scanned ||
        !verify_advance(verification, check, (uint64_t)reply->activity_seq) ||
        verification->facts->walk.at.seq != (uint64_t)reply->activity_seq)
        return;
    if (reply->facts == verification->facts->total.activities)
        return;
    snprintf(text, sizeof text, "stats has %" PRId64 " facts, activity has %" PRId64 " activities", reply->facts,
             verification->facts->total.activities);
    verify_differs(verification, check, text);
}

void verify_figures(struct verification *verification)
{
    struct facts *facts = verification->facts;
    verify_grouping(verification, "figures by type", DIMENSION_TYPE, facts ? facts->by_type : NULL);
    verify_grouping(verification, "figures by person", DIMENSION_PERSON, facts ? facts->by_person : NULL);
    verify_recount(verification);
}
