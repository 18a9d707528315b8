// SPDX-License-Identifier: Apache-2.0
#include "common/service/restoring.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/service/backup_task.h"
#include "common/service/backups.h"
#include "common/service/derived.h"
#include "common/store/following.h"

enum { ROWS_AT_ONCE = 5000 }; // in one transaction

static const char data_file[] = "data.mdb";
static const char lock_file[] = "lock.mdb";
static const char working_folder[] = "restored-new";

struct work {
    const struct service_definition *definition;
    const struct restoring *restoring;
    struct backup_manifest manifest;
    char service_path[BACKUP_PATH_BYTES]; // DATA/NAME
    char working[BACKUP_PATH_BYTES];      // in it: where stores are made before they take their places
    char replaced[BACKUP_PATH_BYTES];     // in it: where those that were there go
    struct store_restored restored[BACKUP_STORES];
};

static bool say(const struct work *work, const char *what, const char *path)
{
    fprintf(stderr, "%s: %s%s%s\n", work->definition->name, what, path ? ": " : "", path ? path : "");
    return false;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

static bool plan_paths(struct work *work, const char *data_path)
{
    char name[40];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(name, sizeof name, "replaced-%Y%m%d-%H%M%S", &utc);
    return (backup_join(work->service_path, data_path, work->definition->name) &&
            backup_join(work->working, work->service_path, working_folder) &&
            backup_join(work->replaced, work->service_path, name)) ||
           say(work, "the path of the data folder is too long", NULL);
}

/** Where the store is that this program opens. */
static bool live_path(const struct work *work, size_t store, char out_path[BACKUP_PATH_BYTES])
{
    if (store > 0)
        return backup_join(out_path, work->service_path, work->definition->further[store - 1].folder);
    snprintf(out_path, BACKUP_PATH_BYTES, "%s", work->service_path);
    return true;
}

static bool is_stopped(const struct work *work)
{
    for (size_t i = 0; i <= work->definition->further_count; i++) {
        char path[BACKUP_PATH_BYTES];
        struct stat status;
        if (!live_path(work, i, path))
            return say(work, "the path of the data folder is too long", NULL);
        if (stat(path, &status) == 0 && store_is_free(path) != FAULT_NONE)
            return say(work, "the service runs, or its folder cannot be used; stop it first", path);
    }
    return true;
}

static bool read_backup(struct work *work)
{
    char problem[512];
    struct backup_task_result result = {.fault = FAULT_NONE};
    if (!backup_manifest_read(work->restoring->backup, work->definition, &work->manifest, problem, sizeof problem))
        return say(work, problem, NULL);
    const struct archive_limit *limit = &work->restoring->limit;
    if ((limit->until_ms && limit->until_ms < work->manifest.made_ms) ||
        (limit->until_seq && limit->until_seq < work->manifest.stores[0].facts.last.seq))
        return say(work, "the backup is younger than the moment asked for; take an older one", NULL);
    return backup_files_agree(work->definition, work->restoring->backup, &work->manifest, NULL, &result) ||
           say(work, result.problem, NULL);
}

/** Epoch of the store that is there; 0 when there is none, or it cannot be read any more. */
static uint64_t live_epoch(const struct work *work, size_t store)
{
    char path[BACKUP_PATH_BYTES], file[BACKUP_PATH_BYTES];
    struct store_facts facts;
    struct stat status;
    bool is_there = live_path(work, store, path) && backup_join(file, path, data_file) && stat(file, &status) == 0;
    return is_there && store_read_facts(path, &facts) == FAULT_NONE ? facts.identity.epoch : 0;
}

/** Forgets what was derived of a source, and how far it was followed. */
static enum fault forget_source(struct store *store, const struct service_definition *definition, const char *source)
{
    for (int64_t removed = ROWS_AT_ONCE; removed == ROWS_AT_ONCE;) {
        uint64_t set_aside = 0;
        struct store_txn *txn = store_begin_write(store);
        removed = derived_remove(txn, definition, source, ROWS_AT_ONCE, &set_aside);
        if (removed < ROWS_AT_ONCE)
            follow_reset_end(txn, source);
        enum fault fault = store_commit(txn);
        if (fault != FAULT_NONE)
            return fault;
    }
    return FAULT_NONE;
}

/** What the main store has of services that follow this one back is of another moment than their stores: it comes again. */
static enum fault forget_circular(const struct service_definition *definition, const struct store_config *config)
{
    enum fault fault = FAULT_NONE;
    for (size_t i = 0; i < definition->follow_count && fault == FAULT_NONE; i++) {
        struct store *store;
        if (!derived_is_circular(definition, definition->follows[i]))
            continue;
        fault = store_open(config, &store);
        if (fault != FAULT_NONE)
            return fault;
        fault = forget_source(store, definition, definition->follows[i]);
        store_close(store);
    }
    return fault;
}

/** Makes one store in the working folder. A further one comes as far as the main one did: its content was there before. */
static bool make_store(struct work *work, size_t store)
{
    const char *name = backup_store_name(work->definition, store);
    char backup[BACKUP_PATH_BYTES], archive[BACKUP_PATH_BYTES], path[BACKUP_PATH_BYTES];
    struct journal_problem problem = {.what = NULL};
    struct store_config config =
        store == 0 ? service_store_config(work->definition) : work->definition->further[store - 1].config();
    bool archived = work->restoring->archive != NULL && (store == 0 || work->restored[0].sets > 0);
    struct store_restore_plan plan = {
        .directory = backup, .limit = work->restoring->limit, .epoch_above = live_epoch(work, store)};
    if (!backup_join(backup, work->restoring->backup, name) || !backup_join(path, work->working, name) ||
        (archived && !backup_join(archive, work->restoring->archive, name)))
        return say(work, "a path is too long", NULL);
    if (archived)
        plan.archive = archive;
    if (store > 0)
        plan.limit = (struct archive_limit){.until_ms = work->restored[0].time_ms};
    config.path = path;
    enum fault fault = store_restore_by(&plan, &config, &work->restored[store], &problem);
    if (!fault && store == 0)
        fault = forget_circular(work->definition, &config);
    if (!fault)
        return true;
    char what[300];
    snprintf(what, sizeof what, "%s (%s)%s", problem.what ? problem.what : "it cannot be restored", fault_name(fault),
             problem.seq ? ", at this record of its journal" : "");
    char seq[32];
    snprintf(seq, sizeof seq, "%" PRIu64, problem.seq);
    return say(work, what, problem.seq ? seq : name);
}

static bool move(const struct work *work, const char *from_folder, const char *to_folder, const char *name)
{
    char from[BACKUP_PATH_BYTES], to[BACKUP_PATH_BYTES];
    struct stat status;
    if (!backup_join(from, from_folder, name) || !backup_join(to, to_folder, name))
        return say(work, "a path is too long", NULL);
    return stat(from, &status) != 0 || rename(from, to) == 0 || say(work, "a file cannot be moved", from);
}

static bool sync_folder(const struct work *work, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced || say(work, "a folder cannot be synced", path);
}

/**
 * The new store takes the place of the one that was there in one step: at no moment there is none, and whenever this is cut
 * off, the other one lies in the folder of what was replaced.
 */
static bool swap(const struct work *work, size_t store)
{
    const char *name = backup_store_name(work->definition, store);
    char live[BACKUP_PATH_BYTES], made[BACKUP_PATH_BYTES], kept[BACKUP_PATH_BYTES];
    char live_file[BACKUP_PATH_BYTES], kept_file[BACKUP_PATH_BYTES];
    struct stat status;
    if (!live_path(work, store, live) || !backup_join(made, work->working, name) ||
        !backup_join(kept, work->replaced, name) || !backup_join(live_file, live, data_file) ||
        !backup_join(kept_file, kept, data_file))
        return say(work, "a path is too long", NULL);
    if ((mkdir(live, 0700) != 0 && errno != EEXIST) || mkdir(kept, 0700) != 0)
        return say(work, "a folder cannot be made", kept);
    bool was_there = stat(live_file, &status) == 0;
    if (!move(work, live, kept, lock_file) || !move(work, made, kept, data_file) || !sync_folder(work, kept))
        return false;
    if (renameat2(AT_FDCWD, kept_file, AT_FDCWD, live_file, was_there ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0)
        return say(work, "the restored store cannot be put in its place", live_file);
    return sync_folder(work, live) && sync_folder(work, kept);
}

/** A folder for what is replaced, of a name that there was not yet. */
static bool make_replaced(struct work *work)
{
    size_t len = strlen(work->replaced);
    for (int i = 2; mkdir(work->replaced, 0700) != 0; i++)
        if (errno != EEXIST || i == 100 ||
            (size_t)snprintf(work->replaced + len, sizeof work->replaced - len, "-%d", i) >=
                sizeof work->replaced - len)
            return say(work, "a folder cannot be made", work->replaced);
    return true;
}

/** Further stores first: content without a row is harmless, a row without its content is not. */
static bool swap_all(struct work *work)
{
    if (!make_replaced(work))
        return false;
    for (size_t i = work->manifest.store_count; i-- > 0;)
        if (!swap(work, i))
            return false;
    return true;
}

static void tell(const struct work *work)
{
    const struct store_restored *main = &work->restored[0];
    printf("%s seq %" PRIu64 " epoch %" PRIu64 " archived %" PRIu64 " until_ms %" PRId64 " replaced %s\n",
           work->definition->name, main->seq, main->epoch, main->sets,
           main->time_ms ? main->time_ms : work->manifest.made_ms, work->replaced);
}

int service_restore(const struct service_definition *definition, const char *data_path,
                    const struct restoring *restoring)
{
    struct work *work = calloc(1, sizeof *work);
    if (!work)
        return EXIT_FAILURE;
    work->definition = definition;
    work->restoring = restoring;
    bool done = plan_paths(work, data_path) && is_stopped(work) && read_backup(work);
    if (done) {
        nftw(work->working, remove_entry, 16, FTW_DEPTH | FTW_PHYS); // of a restore that was cut off
        done = ((mkdir(work->service_path, 0700) == 0 || errno == EEXIST) && mkdir(work->working, 0700) == 0) ||
               say(work, "a folder cannot be made", work->working);
        for (size_t i = 0; done && i < work->manifest.store_count; i++)
            done = make_store(work, i);
        done = done && swap_all(work);
        nftw(work->working, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
    if (done)
        tell(work);
    free(work);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
