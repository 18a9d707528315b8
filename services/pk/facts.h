// SPDX-License-Identifier: Apache-2.0
/**
 * Facts: all activities as one set that stands at one position of the activity journal and can be moved on, event by event, to any
 * later one. Read from the rows (activity.scan), which are of no single moment while others write; the events since the scan
 * began are then applied over them, so that every row is what it was at the position reached.
 *
 * About 160 bytes an activity.
 */
#ifndef SERVICES_PK_FACTS_H
#define SERVICES_PK_FACTS_H

#include <glib.h>

#include "common/base/arena.h"
#include "proto/activity.gen.h"
#include "services/pk/journal_walk.h"

/** What is known of an activity; no texts. */
struct fact {
    uint64_t activity;
    uint64_t person;
    uint64_t type;
    uint64_t send;      // 0: none
    uint64_t recipient; // 0: none
    int64_t start_ms;
    enum origin origin;
    enum outcome outcome; // 0: none
    enum activity_status status;
};

/** The two measures (domain.md, 4). */
struct measures {
    int64_t activities;
    int64_t contacts;
};

struct facts {
    GHashTable *by_activity;        // id → fact
    GHashTable *by_type;            // id → measures, of types as they were given
    GHashTable *by_person;          // id → measures
    GHashTable *recipient_of;       // activity of a send → its recipient, from the journal
    GHashTable *deleted_recipients; // whose activity was deleted
    GHashTable *type_leads;         // merged type → the one that stands for it
    struct measures total;
    struct journal_walk walk; // how far the journal was read
    bool is_scanned;          // the rows were taken
};

/** Gives empty facts: facts_free. */
struct facts *facts_new(void);
void facts_free(struct facts *facts);

/** Takes a type as it is now. */
void facts_take_type(struct facts *facts, const struct activity_type *type);

/** Takes a row of the scan. Rows are taken before records are applied. */
void facts_take(struct facts *facts, const struct activity *activity);

/**
 * Takes a journal record: before the scan for what it tells of sends and deletions alone, after it (`applies`) also as a change of
 * the facts. False: its body cannot be read.
 */
bool facts_take_record(struct facts *facts, const struct journal_record *record, bool applies, struct arena *arena);

/** As by_type, of the types that stand for those given: g_hash_table_unref. */
GHashTable *facts_by_led_type(const struct facts *facts);

/** The measures of a type or person; zeros for one that has none. `table`: by_type or by_person. */
struct measures facts_measures(GHashTable *table, uint64_t id);

#endif
