// SPDX-License-Identifier: Apache-2.0
/**
 * Backups: where a service's backups lie, what their manifests say, and the settings of both.
 *
 *     FOLDER/NAME/SERVICE/main/data.mdb          the store (common/store/backup.h)
 *     FOLDER/NAME/SERVICE/FURTHER/data.mdb       each further store of the service
 *     FOLDER/NAME/SERVICE/manifest.zpl           what they hold; written last: without it, the backup is none
 *     FOLDER/archive/SERVICE/main/CHAIN/….sets   the archive (common/store/archive.h), when the settings turn it on
 *     FOLDER/archive/SERVICE/FURTHER/CHAIN/….sets
 *
 * Nothing is ever written outside FOLDER, whatever a message names. Stateless; any thread.
 */
#ifndef COMMON_SERVICE_BACKUPS_H
#define COMMON_SERVICE_BACKUPS_H

#include "common/bus/settings.h"
#include "common/service/definition.h"
#include "common/store/backup.h"

enum {
    BACKUP_NAME_BYTES = 33,
    BACKUP_PATH_BYTES = 4096,
    BACKUP_STORES = 1 + SERVICE_FURTHER_STORES,
};

/** Section `backup` of the settings, the same for all services. */
struct backup_settings {
    char folder[SETTING_TEXT_BYTES]; // FOLDER
    char archive[SETTING_TEXT_BYTES];
    int64_t rate_mib_s; // most that a backup reads
};

/** Reads them; `path` NULL: the defaults. FOLDER is the data folder's name with "-backup" unless it is set. FAULT_CONFIG, logged. */
enum fault backup_settings_load(const char *path, const char *data_path, struct backup_settings *out_settings);

bool backup_settings_archive(const struct backup_settings *settings);

/** Whether it can name a backup: 1 to 32 letters, digits, - and _; not `archive`. */
bool backup_name_is_valid(struct text name);

/** What a manifest says of one store. */
struct backup_store {
    char name[33]; // "main", or the folder of a further store
    struct store_facts facts;
};

struct backup_manifest {
    char service[33];
    char program[33]; // version that made it
    int64_t made_ms;  // when it was begun, UTC
    size_t store_count;
    struct backup_store stores[BACKUP_STORES]; // the main one first
};

/** `directory` is FOLDER/NAME/SERVICE. Synced when it returns; logged when it fails. */
enum fault backup_manifest_write(const char *directory, const struct backup_manifest *manifest);

/** The stores are those of the definition. False: there is none, or it is not whole; `out_problem` says so, unless it is NULL. */
bool backup_manifest_read(const char *directory, const struct service_definition *definition,
                          struct backup_manifest *out_manifest, char *out_problem, size_t size);

/** Name of a store in manifests, and of its folder in backups and archives; 0 is the main one. */
const char *backup_store_name(const struct service_definition *definition, size_t store);

/** `out_path` gets directory/name. False: it is too long. */
bool backup_join(char out_path[BACKUP_PATH_BYTES], const char *directory, const char *name);

/** Makes a directory for its owner alone, and the one above it; there already is fine. Logged when it fails. */
enum fault backup_make_folders(const char *path);

/** The finished backups of a service, newest first, at most `max`; returns how many. */
size_t backups_find(const char *folder, const struct service_definition *definition, struct text *out_names,
                    struct backup_manifest *out_manifests, size_t max, struct arena *arena);

#endif
