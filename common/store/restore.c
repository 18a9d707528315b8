// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/store/internal.h"

/**
 * What a restored store leaves unused of every sequence, for ids given out after the backup was taken (design.md, 5).
 */
static const uint64_t LIFT_NUMBERS = (uint64_t)1 << 24;

/** A restore at work: everything happens in `working`, inside the store's own directory, until the last rename. */
struct restore {
    const struct store_config *config;
    struct store_path source;  // the backup's file
    struct store_path target;  // the store's file
    struct store_path working; // directory
    struct store_path copy;    // the file in it
    struct journal_problem problem;
};

static enum fault plan_paths(struct restore *restore, const char *directory)
{
    enum fault fault = store_path_join(&restore->source, directory, store_data_file);
    if (!fault)
        fault = store_path_join(&restore->target, restore->config->path, store_data_file);
    if (!fault)
        fault = store_path_join(&restore->working, restore->config->path, "restoring");
    if (!fault)
        fault = store_path_join(&restore->copy, restore->working.text, store_data_file);
    return fault;
}

static enum fault verify(struct restore *restore, struct store *store)
{
    struct store_txn *txn = store_begin_read(store);
    restore->problem = journal_verify(txn, (struct journal_position){0}, 0);
    enum fault fault = txn->fault;
    store_abort(txn);
    return !fault && restore->problem.what ? FAULT_CORRUPT : fault;
}

static enum fault lift(struct store *store)
{
    struct store_txn *txn = store_begin_local(store);
    store_meta_lift(txn, LIFT_NUMBERS);
    return store_commit(txn);
}

static enum fault copy_and_verify(struct restore *restore)
{
    bool made;
    store_remove_directory(restore->working.text); // of a restore that was cut off
    enum fault fault = store_make_directory(restore->working.text, &made);
    if (!fault)
        fault = store_copy_file(restore->source.text, restore->copy.text);
    if (fault)
        return fault;
    struct store *store;
    restore->problem.what = "file is not a whole store"; // unless more is found
    fault = store_open_at(restore->config, restore->working.text, STORE_OPEN_RESTORED, &store);
    if (fault)
        return fault;
    fault = verify(restore, store);
    if (!fault) {
        restore->problem.what = "store cannot be lifted";
        fault = lift(store);
    }
    store_close(store);
    return fault;
}

static enum fault restore_locked(struct restore *restore)
{
    if (store_path_exists(restore->target.text))
        return FAULT_IN_USE;
    enum fault fault = copy_and_verify(restore);
    if (!fault && rename(restore->copy.text, restore->target.text) != 0)
        fault = store_fault_of(errno, restore->target.text);
    store_remove_directory(restore->working.text);
    if (!fault)
        fault = store_sync_path(restore->config->path);
    return fault;
}

enum fault store_restore(const char *directory, const struct store_config *config, struct journal_problem *out_problem)
{
    struct restore restore = {.config = config};
    struct store_lock lock;
    bool made = false;
    enum fault fault = plan_paths(&restore, directory);
    if (!fault && !store_path_exists(restore.source.text)) {
        restore.problem.what = "no backup is there";
        fault = FAULT_CORRUPT;
    }
    if (!fault)
        fault = store_make_directory(config->path, &made);
    if (!fault) {
        fault = store_lock_take(&lock, config->path);
        if (!fault) {
            fault = restore_locked(&restore);
            store_lock_release(&lock);
        }
        if (fault && made)
            store_remove_directory(config->path);
    }
    if (fault)
        LOG(LOG_LEVEL_ERROR, "restore failed", log_name("path", config->path), log_name("backup", directory),
            log_name("fault", fault_name(fault)), log_int("seq", (int64_t)restore.problem.seq));
    if (fault == FAULT_CORRUPT)
        *out_problem = restore.problem;
    return fault;
}
