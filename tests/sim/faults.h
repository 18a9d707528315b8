// SPDX-License-Identifier: Apache-2.0
/**
 * Faults: what the disk does to a commit. The program is linked so that LMDB's commit passes here (`--wrap=mdb_txn_commit`), and log
 * lines go to the trace (`--wrap=log_write`); the system's own code knows nothing of either.
 */
#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H

#include <stdbool.h>

struct world;

enum commit_fate {
    COMMIT_WELL,
    COMMIT_FULL,   // ENOSPC; nothing of it is there
    COMMIT_LOST,   // EIO; nothing of it is there
    COMMIT_UNHEARD // EIO, and yet all of it is there
};

/** The commit after `pass` others meets this fate, once. */
void faults_plan(enum commit_fate fate, unsigned pass);

/** Calls this once, in the middle of the next commit: memory shows what is committed, the disk does not yet. */
void faults_watch(void (*during_commit)(struct world *world));

/** Forgets the plan; whether it came true. */
bool faults_end(void);

#endif
