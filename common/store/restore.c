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
    const struct store_restore_plan *plan;
    const struct store_config *config;
    bool checks;               // only: the copy is read to its end and goes
    struct store_path source;  // the backup's file
    struct store_path target;  // the store's file
    struct store_path working; // directory
    struct store_path copy;    // the file in it
    struct journal_problem problem;
    struct store_restored restored;
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

/** Reads every row of every table: a tree that is broken, or a page that is not there, is met here and not later. */
static enum fault read_rows(struct store *store)
{
    struct store_txn *txn = store_begin_read(store);
    for (size_t slot = 0; slot < STORE_MAX_TABLES; slot++) {
        struct store_cursor cursor;
        if (!store->slots[slot])
            continue;
        uint64_t count = 0;
        store_cursor_open(&cursor, txn, store->slots[slot]);
        for (bool more = store_cursor_first(&cursor); more; more = store_cursor_next(&cursor))
            count++;
        store_cursor_close(&cursor);
        if (count != store_count(txn, store->slots[slot]))
            store_txn_fail(txn, FAULT_CORRUPT);
    }
    enum fault fault = txn->fault;
    store_abort(txn);
    return fault;
}

static enum fault bring_forward(struct restore *restore, struct store *store)
{
    struct archive_progress progress;
    enum fault fault = archive_replay(restore->plan->archive, store, &restore->plan->limit, &progress);
    restore->restored.sets = progress.sets;
    restore->restored.time_ms = progress.time_ms;
    restore->problem = (struct journal_problem){.what = progress.what};
    return fault;
}

static enum fault lift(struct restore *restore, struct store *store)
{
    struct store_txn *txn = store_begin_local(store);
    store_meta_lift(txn, restore->plan->epoch_above, LIFT_NUMBERS);
    enum fault fault = store_commit(txn);
    if (fault)
        return fault;
    uint64_t epoch = store->identity.epoch, above = restore->plan->epoch_above;
    restore->restored.epoch = (epoch > above ? epoch : above) + 1;
    restore->restored.seq = store->seq;
    return FAULT_NONE;
}

/** What is done with the copy once it is open. */
static enum fault work(struct restore *restore, struct store *store)
{
    enum fault fault = verify(restore, store);
    if (fault)
        return fault;
    if (restore->checks) {
        restore->problem.what = "a table cannot be read to its end";
        return read_rows(store);
    }
    if (restore->plan->archive)
        fault = bring_forward(restore, store);
    if (!fault) {
        restore->problem.what = "store cannot be lifted";
        fault = lift(restore, store);
    }
    return fault;
}

static enum fault copy_and_work(struct restore *restore)
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
    if (fault == FAULT_VERSION)
        restore->problem.what = "the backup was written by a newer program";
    if (fault)
        return fault;
    fault = work(restore, store);
    store_close(store);
    return fault;
}

static enum fault restore_locked(struct restore *restore)
{
    if (store_path_exists(restore->target.text))
        return FAULT_IN_USE;
    enum fault fault = copy_and_work(restore);
    if (!fault && !restore->checks && rename(restore->copy.text, restore->target.text) != 0)
        fault = store_fault_of(errno, restore->target.text);
    store_remove_directory(restore->working.text);
    if (!fault)
        fault = store_sync_path(restore->config->path);
    return fault;
}

static enum fault run(struct restore *restore)
{
    const struct store_config *config = restore->config;
    struct store_lock lock;
    bool made = false;
    enum fault fault = plan_paths(restore, restore->plan->directory);
    if (!fault && !store_path_exists(restore->source.text)) {
        restore->problem.what = "no backup is there";
        fault = FAULT_CORRUPT;
    }
    if (!fault)
        fault = store_make_directory(config->path, &made);
    if (!fault) {
        fault = store_lock_take(&lock, config->path);
        if (!fault) {
            fault = restore_locked(restore);
            store_lock_release(&lock);
        }
        if ((fault || restore->checks) && made)
            store_remove_directory(config->path);
    }
    if (fault)
        LOG(LOG_LEVEL_ERROR, restore->checks ? "backup is not sound" : "restore failed", log_name("path", config->path),
            log_name("backup", restore->plan->directory), log_name("fault", fault_name(fault)),
            log_int("seq", (int64_t)restore->problem.seq));
    return fault;
}

enum fault store_restore_by(const struct store_restore_plan *plan, const struct store_config *config,
                            struct store_restored *out_restored, struct journal_problem *out_problem)
{
    struct restore restore = {.plan = plan, .config = config};
    enum fault fault = run(&restore);
    if (!fault)
        *out_restored = restore.restored;
    else if (fault == FAULT_CORRUPT || fault == FAULT_VERSION)
        *out_problem = restore.problem;
    return fault;
}

enum fault store_restore(const char *directory, const struct store_config *config, struct journal_problem *out_problem)
{
    const struct store_restore_plan plan = {.directory = directory};
    struct store_restored restored;
    return store_restore_by(&plan, config, &restored, out_problem);
}

enum fault store_backup_check(const char *directory, const struct store_config *config,
                              struct journal_problem *out_problem)
{
    const struct store_restore_plan plan = {.directory = directory};
    struct restore restore = {.plan = &plan, .config = config, .checks = true};
    enum fault fault = run(&restore);
    if (fault == FAULT_CORRUPT)
        *out_problem = restore.problem;
    return fault;
}
