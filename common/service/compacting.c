// SPDX-License-Identifier: Apache-2.0
#include "common/service/compacting.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/log.h"
#include "common/bus/settings.h"
#include "common/service/backups.h"
#include "common/service/erasing.h"
#include "common/store/compact.h"

enum {
    NIGHT_MINUTE = 3 * 60 + 30,
    AGAIN_MS = 60 * 60 * 1000, // after it failed
};

struct erasure_settings {
    char compact[SETTING_TEXT_BYTES];
};

static const struct setting table[] = {
    {"compact", SETTING_TEXT, offsetof(struct erasure_settings, compact), 0, 0, NULL,
     "When stores are compacted after an erasure: a time of day as 03:30, at_once, or never."},
};

/** One or two digits below `end`, and what comes after them. */
static bool read_number(const char **at, char after, long end, long *out_number)
{
    char *rest = NULL;
    const char *begin = *at;
    if (*begin < '0' || *begin > '9')
        return false;
    *out_number = strtol(begin, &rest, 10);
    bool good = rest - begin <= 2 && *rest == after && *out_number < end;
    *at = rest + 1;
    return good;
}

static bool read_minute(const char *text, int *out_minute)
{
    long hour = 0, minute = 0;
    if (strcmp(text, "never") == 0)
        *out_minute = COMPACTING_NEVER;
    else if (strcmp(text, "at_once") == 0)
        *out_minute = COMPACTING_AT_ONCE;
    else if (read_number(&text, ':', 24, &hour) && read_number(&text, '\0', 60, &minute))
        *out_minute = (int)(60 * hour + minute);
    else
        return false;
    return true;
}

enum fault compacting_load(const char *path, struct compacting *out_compacting)
{
    char problem[512] = "compact is no time of day; write it as 03:30, or at_once, or never";
    struct erasure_settings settings = {.compact = ""};
    *out_compacting = (struct compacting){.minute = NIGHT_MINUTE};
    if (path && settings_load(path, "erasure", table, sizeof table / sizeof *table, &settings, problem,
                              sizeof problem) != FAULT_NONE) {
        LOG(LOG_LEVEL_ERROR, "the settings of erasures cannot be used", log_name("problem", problem));
        return FAULT_CONFIG;
    }
    if (!*settings.compact || read_minute(settings.compact, &out_compacting->minute))
        return FAULT_NONE;
    LOG(LOG_LEVEL_ERROR, "the settings of erasures cannot be used", log_name("problem", problem));
    return FAULT_CONFIG;
}

static bool has_time_come(const struct compacting *compacting, int64_t now_ms)
{
    time_t now = (time_t)(now_ms / 1000);
    struct tm local;
    if (compacting->minute == COMPACTING_NEVER || (compacting->failed_ms && now_ms - compacting->failed_ms < AGAIN_MS))
        return false;
    return compacting->minute == COMPACTING_AT_ONCE ||
           (localtime_r(&now, &local) && 60 * local.tm_hour + local.tm_min == compacting->minute);
}

bool compacting_is_due(const struct compacting *compacting, const struct service_definition *definition,
                       struct store *store, int64_t now_ms)
{
    if (!definition->erasure || !has_time_come(compacting, now_ms))
        return false;
    struct store_txn *txn = store_begin_read(store);
    bool due =
        erasing_since_ms(txn, definition->erasure->table) != 0 && erasing_count(txn, definition->erasure->table) == 0;
    store_abort(txn);
    return due;
}

static bool compact(struct store_config config, const char *path, uint64_t map_bytes, void (*goes_on)(void))
{
    struct store_compaction done;
    config.path = path;
    config.map_bytes = map_bytes;
    if (store_compact(&config, goes_on, &done) != FAULT_NONE)
        return false;
    LOG(LOG_LEVEL_INFO, "a store was compacted", log_name("path", path), log_int("rows", (int64_t)done.rows),
        log_int("bytes_before", (int64_t)done.bytes_before), log_int("bytes_after", (int64_t)done.bytes_after));
    return true;
}

bool compacting_run(const struct service_definition *definition, const char *path, uint64_t map_bytes,
                    void (*goes_on)(void))
{
    bool all = compact(service_store_config(definition), path, map_bytes, goes_on);
    for (size_t i = 0; i < definition->further_count; i++) {
        char further[BACKUP_PATH_BYTES];
        all = backup_join(further, path, definition->further[i].folder) &&
              compact(definition->further[i].config(), further, map_bytes, goes_on) && all;
    }
    return all;
}
