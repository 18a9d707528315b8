// SPDX-License-Identifier: Apache-2.0
/**
 * Persons: what a person's figures can be told apart by, as it is now; ids only, no personal data. Whoever is not there has none of it.
 *
 *     attributes  one row a person, a column an attribute (blocks.h)
 *     group       person / BLOCK_ROWS → u64 who has some | how many each has | all of them (packed.h)
 *
 * A change is only remembered by the batch, and takes effect at its end, when cube_move has moved the person's figures: until then
 * what the batch counts is counted by what the person had.
 */
#ifndef SERVICES_STATS_PERSONS_H
#define SERVICES_STATS_PERSONS_H

#include "services/stats/blocks.h"
#include "services/stats/rollups.h"

extern const struct block_table stats_attributes;
extern const struct store_table stats_groups;

struct persons;

/** Gives; NULL: no memory. */
struct persons *persons_new(void);
void persons_free(struct persons *persons);

/* The command loop's side. */

/** What the person had when the batch began. */
struct attributes persons_get(struct persons *persons, struct store_txn *txn, uint64_t person);

/** What the person is to have; NULL: none of it. `groups` ascending. */
void persons_set(struct persons *persons, struct store_txn *txn, uint64_t person, const struct attributes *attributes,
                 const uint64_t *groups, size_t group_count);

/** A person whose attributes change. */
struct person_change {
    uint64_t person;
    size_t order; // of changes in the batch
    struct attributes now;
    size_t first_group; // of the batch's
    size_t group_count;
};

/** What the batch has changed, one of a person, by id. Borrows until persons_write. */
const struct person_change *persons_changes(struct persons *persons, size_t *out_count);

/** Lets the changes take effect: at the end of a batch. */
void persons_write(struct persons *persons, struct store_txn *txn);

/** The batch is gone. */
void persons_forget(struct persons *persons);

/* Whoever reads. */

/** Ids, ascending; borrows. */
struct groups {
    size_t count;
    const int64_t *items;
};

enum { PERSON_MOST_GROUPS = 64 };

/** Of one person. */
struct attributes persons_read(struct store_txn *txn, uint64_t person);
struct groups persons_read_groups(struct store_txn *txn, uint64_t person, int64_t out_items[PERSON_MOST_GROUPS]);

/** Blocks of persons by their number: a place each, from 1. */
struct persons_places {
    uint32_t *
        places; // by number, up to `count`; 0: the block is not there. NULL: numbers are too far apart, and `slots` has them
    uint64_t count;
    struct persons_slot *slots;
    size_t slot_count;
};

/** All persons at once, for who looks up many. */
struct persons_table {
    unsigned wanted; // bits of enum attribute
    size_t columns;  // wanted ones
    struct persons_places attribute_places;
    int64_t *values; // by place and person, those that are wanted
    struct persons_places group_places;
    uint32_t *group_ends; // by place and person, where his groups end; they begin where those of the one before end
    int64_t *groups;
};

/** False when there is no memory, or after a fault, which is the transaction's. Gives in any case: persons_table_free. */
bool persons_table_read(struct persons_table *table, struct store_txn *txn, unsigned wanted, bool wants_groups);
void persons_table_free(struct persons_table *table);

/** Soon the person will be looked up: what is there of him may be far away in memory. */
void persons_table_prefetch(const struct persons_table *table, uint64_t person);

/** Of one who is not there, none. */
void persons_table_get(const struct persons_table *table, uint64_t person, struct attributes *out_attributes);
struct groups persons_table_groups(const struct persons_table *table, uint64_t person);

#endif
