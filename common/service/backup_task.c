// SPDX-License-Identifier: Apache-2.0
#include "common/service/backup_task.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"

void backup_task_fail(struct backup_task_result *result, enum fault fault, const char *what, const char *of)
{
    result->fault = fault;
    snprintf(result->problem, sizeof result->problem, "%s%s%s (%s)", of ? of : "", of ? ": " : "", what,
             fault_name(fault));
}

static struct store *store_of(const struct backup_job_config *config, size_t store)
{
    return store == 0 ? config->store : config->definition->further[store - 1].get(config->self);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/** FOLDER/NAME/SERVICE; false: too long. */
static bool directory_of(const struct backup_job_config *config, const char *name, char named[BACKUP_PATH_BYTES],
                         char directory[BACKUP_PATH_BYTES])
{
    return backup_join(named, config->settings.folder, name) && backup_join(directory, named, config->definition->name);
}

/** The main store first: content of the others is there before the row that names it, and goes after it. */
static void copy_stores(const struct backup_job_config *config, const char *directory, const struct store_pace *pace,
                        struct backup_manifest *manifest, struct backup_task_result *result)
{
    manifest->store_count = 1 + config->definition->further_count;
    for (size_t i = 0; i < manifest->store_count && !result->fault; i++) {
        struct backup_store *store = &manifest->stores[i];
        char path[BACKUP_PATH_BYTES];
        if (!backup_join(path, directory, backup_store_name(config->definition, i))) {
            backup_task_fail(result, FAULT_TOO_LARGE, "the path is too long", NULL);
            return;
        }
        snprintf(store->name, sizeof store->name, "%s", backup_store_name(config->definition, i));
        enum fault fault = store_backup_paced(store_of(config, i), path, pace, &store->facts);
        if (fault)
            backup_task_fail(result, fault,
                             fault == FAULT_UNREACHABLE ? "the service was stopped" : "the store could not be copied",
                             store->name);
    }
}

void backup_task_make(const struct backup_job_config *config, const char *name, const struct store_pace *pace,
                      struct backup_task_result *result)
{
    char named[BACKUP_PATH_BYTES], directory[BACKUP_PATH_BYTES];
    struct backup_manifest manifest = {.made_ms = clock_utc_ms(clock_system())};
    snprintf(manifest.service, sizeof manifest.service, "%s", config->definition->name);
    snprintf(manifest.program, sizeof manifest.program, "%s", PERSONKORT_VERSION);
    if (!directory_of(config, name, named, directory) || backup_make_folders(named) != FAULT_NONE) {
        backup_task_fail(result, FAULT_IO, "the folder of backups cannot be made, or written to", NULL);
        return;
    }
    if (mkdir(directory, 0700) != 0) {
        backup_task_fail(result, errno == EEXIST ? FAULT_IN_USE : FAULT_IO, "its folder cannot be made", NULL);
        return;
    }
    copy_stores(config, directory, pace, &manifest, result);
    if (!result->fault) {
        enum fault fault = backup_manifest_write(directory, &manifest);
        if (fault)
            backup_task_fail(result, fault, "the manifest could not be written", NULL);
    }
    result->seq = manifest.stores[0].facts.last.seq;
    if (result->fault)
        remove_folder(directory);
}

bool backup_files_agree(const struct service_definition *definition, const char *directory,
                        const struct backup_manifest *manifest, const struct store_pace *pace,
                        struct backup_task_result *result)
{
    for (size_t i = 0; i < manifest->store_count; i++) {
        const struct store_facts *told = &manifest->stores[i].facts;
        char path[BACKUP_PATH_BYTES];
        struct store_facts read;
        enum fault fault = backup_join(path, directory, backup_store_name(definition, i))
                               ? store_backup_checksum(path, pace, &read)
                               : FAULT_TOO_LARGE;
        if (fault)
            backup_task_fail(result, fault, "its file cannot be read", manifest->stores[i].name);
        else if (read.bytes != told->bytes)
            backup_task_fail(result, FAULT_CORRUPT, "its file has another size than the manifest tells",
                             manifest->stores[i].name);
        else if (memcmp(read.checksum, told->checksum, sizeof read.checksum) != 0)
            backup_task_fail(result, FAULT_CORRUPT, "its file is damaged: its checksum is not the manifest's",
                             manifest->stores[i].name);
        if (result->fault)
            return false;
    }
    return true;
}

/** The config that a store of the service is opened with, at `path`, without an archive. */
static struct store_config config_of(const struct backup_job_config *job, size_t store, const char *path)
{
    struct store_config config;
    if (store == 0)
        config = service_store_config(job->definition);
    else
        config = job->definition->further[store - 1].config();
    config.path = path;
    config.map_bytes = UINT64_C(1) << 38; // beside the service's own: ThreadSanitizer has no room for more
    return config;
}

static bool is_as_told(const char *path, const struct store_facts *told)
{
    struct store_facts read;
    return store_read_facts(path, &read) == FAULT_NONE && read.last.seq == told->last.seq &&
           memcmp(read.last.digest, told->last.digest, sizeof read.last.digest) == 0 &&
           memcmp(read.identity.id, told->identity.id, sizeof read.identity.id) == 0 &&
           read.identity.epoch == told->identity.epoch && read.schema_version == told->schema_version &&
           read.has_sets == told->has_sets &&
           (!told->has_sets || (read.sets.number == told->sets.number &&
                                memcmp(read.sets.chain, told->sets.chain, sizeof read.sets.chain) == 0));
}

static void check_store(const struct backup_job_config *config, size_t store, const char *directory,
                        const char *scratch, const struct store_facts *told, struct backup_task_result *result)
{
    struct journal_problem problem = {.what = "the store cannot be opened"};
    struct store_config store_config = config_of(config, store, scratch);
    char path[BACKUP_PATH_BYTES], what[200];
    const char *name = backup_store_name(config->definition, store);
    if (!backup_join(path, directory, name)) {
        backup_task_fail(result, FAULT_TOO_LARGE, "the path is too long", name);
        return;
    }
    enum fault fault = store_backup_check(path, &store_config, &problem);
    if (!fault && !is_as_told(path, told)) {
        backup_task_fail(result, FAULT_CORRUPT, "the manifest tells of another store than this", name);
        return;
    }
    if (!fault)
        return;
    snprintf(what, sizeof what, "%.150s", problem.what);
    if (problem.seq)
        snprintf(what, sizeof what, "%.150s at %" PRIu64, problem.what, problem.seq);
    backup_task_fail(result, fault, what, name);
}

static void check_archive(const struct backup_job_config *config, const struct backup_manifest *manifest,
                          struct backup_task_result *result)
{
    for (size_t i = 0; i < manifest->store_count && !result->fault; i++) {
        const struct store_facts *facts = &manifest->stores[i].facts;
        const char *name = manifest->stores[i].name;
        char archives[BACKUP_PATH_BYTES], of_service[BACKUP_PATH_BYTES], path[BACKUP_PATH_BYTES];
        struct archive_progress progress = {.what = NULL};
        if (!facts->has_sets || !backup_join(archives, config->settings.folder, "archive") ||
            !backup_join(of_service, archives, config->definition->name) || !backup_join(path, of_service, name))
            continue;
        enum fault fault = archive_check(path, &facts->sets, &progress);
        if (fault)
            backup_task_fail(result, fault, progress.what ? progress.what : "the archive cannot be read", name);
        if (i == 0) {
            result->archive_sets = progress.sets;
            result->archive_until_ms = progress.time_ms;
        }
    }
}

void backup_task_verify(const struct backup_job_config *config, const char *name, const struct store_pace *pace,
                        struct backup_task_result *result)
{
    char named[BACKUP_PATH_BYTES], directory[BACKUP_PATH_BYTES], scratch[BACKUP_PATH_BYTES];
    struct backup_manifest manifest;
    if (!directory_of(config, name, named, directory) || !backup_join(scratch, directory, ".verifying")) {
        backup_task_fail(result, FAULT_TOO_LARGE, "the path is too long", NULL);
        return;
    }
    if (!backup_manifest_read(directory, config->definition, &manifest, result->problem, sizeof result->problem)) {
        result->fault = FAULT_CORRUPT;
        return;
    }
    // A file that is not what was written is not opened: a damaged tree could stop the program.
    if (!backup_files_agree(config->definition, directory, &manifest, pace, result))
        return;
    remove_folder(scratch); // of one that was cut off
    for (size_t i = 0; i < manifest.store_count && !result->fault; i++)
        check_store(config, i, directory, scratch, &manifest.stores[i].facts, result);
    remove_folder(scratch);
    if (!result->fault)
        check_archive(config, &manifest, result);
    result->seq = manifest.stores[0].facts.last.seq;
}
