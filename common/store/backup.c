// SPDX-License-Identifier: Apache-2.0
#include "common/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/store/backup_stream.h"
#include "common/store/internal.h"

/** Renames without replacing, where the file system can tell; elsewhere the caller's earlier look has to do. */
static enum fault rename_new(const char *from, const char *to)
{
    int rc = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (rc != 0 && errno == EINVAL)
        rc = rename(from, to);
    return rc == 0 ? FAULT_NONE : store_fault_of(errno, to);
}

/** Copies into the empty directory `working`, synced. */
static enum fault copy_into(struct store *store, const char *working, const struct store_pace *pace,
                            struct store_facts *facts)
{
    struct store_path file;
    enum fault fault = store_path_join(&file, working, store_data_file);
    if (!fault)
        fault = backup_stream_copy(store->env, file.text, pace, facts);
    if (!fault)
        fault = store_read_facts(working, facts);
    return fault ? fault : store_sync_path(working);
}

/** The backup is seen under its name only when it is whole. */
static enum fault copy_and_show(struct store *store, const char *working, const char *directory,
                                const struct store_pace *pace, struct store_facts *facts)
{
    struct store_path parent;
    enum fault fault = store_path_parent(&parent, directory);
    if (!fault)
        fault = copy_into(store, working, pace, facts);
    if (!fault)
        fault = rename_new(working, directory);
    if (fault) {
        store_remove_directory(working);
        return fault;
    }
    fault = store_sync_path(parent.text);
    if (fault)
        store_remove_directory(directory);
    return fault;
}

enum fault store_backup_paced(struct store *store, const char *directory, const struct store_pace *pace,
                              struct store_facts *out_facts)
{
    static const struct store_pace unhurried = {.bytes_per_second = 0};
    struct store_path parent, working;
    enum fault fault = store->process != store_process() ? FAULT_IN_USE : store_path_parent(&parent, directory);
    if (!fault && store_path_exists(directory))
        fault = FAULT_IN_USE;
    if (!fault)
        fault = store_path_join(&working, parent.text, ".backup-XXXXXX");
    if (!fault && !mkdtemp(working.text))
        fault = store_fault_of(errno, parent.text);
    else if (!fault)
        fault = copy_and_show(store, working.text, directory, pace ? pace : &unhurried, out_facts);
    if (fault)
        LOG(LOG_LEVEL_ERROR, "backup failed", log_name("path", directory), log_name("fault", fault_name(fault)));
    return fault;
}

enum fault store_backup(struct store *store, const char *directory)
{
    struct store_facts facts;
    return store_backup_paced(store, directory, NULL, &facts);
}
