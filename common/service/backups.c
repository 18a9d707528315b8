// SPDX-License-Identifier: Apache-2.0
#include "common/service/backups.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"

static const char *const off_on[] = {"off", "on", NULL};

static const struct setting table[] = {
    {"folder", SETTING_TEXT, offsetof(struct backup_settings, folder), 0, 0, NULL,
     "Folder of backups and archives; empty: the data folder's name with -backup."},
    {"archive", SETTING_TEXT, offsetof(struct backup_settings, archive), 0, 0, off_on,
     "on: every batch is also written to an archive there, so that any moment can be restored."},
    {"rate_mib_s", SETTING_NUMBER, offsetof(struct backup_settings, rate_mib_s), 1, 100000, NULL,
     "Most that a backup reads, MiB a second."},
};

enum fault backup_settings_load(const char *path, const char *data_path, struct backup_settings *out_settings)
{
    char problem[512];
    *out_settings = (struct backup_settings){.archive = "off", .rate_mib_s = 100};
    if (path && settings_load(path, "backup", table, sizeof table / sizeof *table, out_settings, problem,
                              sizeof problem) != FAULT_NONE) {
        LOG(LOG_LEVEL_ERROR, "the settings of backups cannot be used", log_name("problem", problem));
        return FAULT_CONFIG;
    }
    size_t len = strlen(data_path);
    while (len > 1 && data_path[len - 1] == '/')
        len--;
    if (*out_settings->folder)
        return FAULT_NONE;
    int written = snprintf(out_settings->folder, sizeof out_settings->folder, "%.*s-backup", (int)len, data_path);
    if (written > 0 && (size_t)written < sizeof out_settings->folder)
        return FAULT_NONE;
    LOG(LOG_LEVEL_ERROR, "the data folder's name is too long for a folder of backups beside it; set backup/folder",
        log_name("path", data_path));
    return FAULT_CONFIG;
}

bool backup_settings_archive(const struct backup_settings *settings)
{
    return strcmp(settings->archive, "on") == 0;
}

bool backup_name_is_valid(struct text name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < name.len; i++)
        if (!memchr(allowed, name.data[i], sizeof allowed - 1))
            return false;
    return name.len > 0 && name.len < BACKUP_NAME_BYTES && !text_equal(name, TEXT("archive"));
}

bool backup_join(char out_path[BACKUP_PATH_BYTES], const char *directory, const char *name)
{
    int len = snprintf(out_path, BACKUP_PATH_BYTES, "%s/%s", directory, name);
    return len > 0 && len < BACKUP_PATH_BYTES;
}

const char *backup_store_name(const struct service_definition *definition, size_t store)
{
    return store == 0 ? "main" : definition->further[store - 1].folder;
}

static enum fault make_folder(const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return FAULT_NONE;
    return errno == ENOSPC || errno == EDQUOT ? FAULT_STORAGE_FULL : FAULT_IO;
}

enum fault backup_make_folders(const char *path)
{
    char above[BACKUP_PATH_BYTES];
    snprintf(above, sizeof above, "%s", path);
    char *slash = strrchr(above, '/');
    if (slash && slash != above) {
        *slash = '\0';
        make_folder(above); // what is wrong with it, the next one meets too
    }
    enum fault fault = make_folder(path);
    if (fault)
        LOG(LOG_LEVEL_ERROR, "a folder of backups cannot be made", log_name("path", path),
            log_name("cause", strerrorname_np(errno)));
    return fault;
}

/** Newest first. */
static int order(const void *a, const void *b)
{
    int64_t a_ms = ((const struct backup_manifest *)a)->made_ms, b_ms = ((const struct backup_manifest *)b)->made_ms;
    return a_ms < b_ms ? 1 : a_ms > b_ms ? -1 : 0;
}

struct found {
    struct backup_manifest manifest; // first: it is what is ordered by
    char name[BACKUP_NAME_BYTES];
};

/** Puts one in its place among the newest; the oldest falls off. */
static void keep_newest(struct found *found, size_t *count, size_t max, const struct found *one)
{
    if (*count < max)
        found[(*count)++] = *one;
    else if (found[max - 1].manifest.made_ms < one->manifest.made_ms)
        found[max - 1] = *one;
    qsort(found, *count, sizeof *found, order);
}

size_t backups_find(const char *folder, const struct service_definition *definition, struct text *out_names,
                    struct backup_manifest *out_manifests, size_t max, struct arena *arena)
{
    struct found *found = arena_alloc_array(arena, max, sizeof *found);
    size_t count = 0;
    DIR *opened = opendir(folder);
    if (!opened)
        return 0;
    for (const struct dirent *entry; found && (entry = readdir(opened));) {
        struct found one;
        char named[BACKUP_PATH_BYTES], directory[BACKUP_PATH_BYTES];
        if (backup_name_is_valid(text_of(entry->d_name)) && backup_join(named, folder, entry->d_name) &&
            backup_join(directory, named, definition->name) &&
            backup_manifest_read(directory, definition, &one.manifest, NULL, 0)) {
            snprintf(one.name, sizeof one.name, "%.32s", entry->d_name);
            keep_newest(found, &count, max, &one);
        }
    }
    closedir(opened);
    for (size_t i = 0; i < count; i++) {
        out_manifests[i] = found[i].manifest;
        out_names[i] = text_of(found[i].name);
    }
    return count;
}
