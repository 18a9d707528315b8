// SPDX-License-Identifier: Apache-2.0
/**
 * The manifest of a backup, in ZPL like everything people may want to read:
 *
 *     backup
 *         service = "person"
 *         program = "0.1.0"
 *         made_ms = "1795464900123"
 *     main
 *         store = "6f1c…"
 *         epoch = "1"
 *         schema = "1"
 *         seq = "4711"
 *         digest = "90ab…"
 *         bytes = "1048576"
 *         checksum = "77fe…"
 *         chain = "01d3…"
 *         set = "812"
 *
 * with a section for each store. Without a chain, no archive goes on from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/service/backups.h"
#include "common/service/version.h"

/** A section as the file has it. */
struct head {
    char service[SETTING_TEXT_BYTES];
    char program[SETTING_TEXT_BYTES];
    int64_t made_ms;
};

struct store_section {
    char store[SETTING_TEXT_BYTES];
    char digest[SETTING_TEXT_BYTES];
    char checksum[SETTING_TEXT_BYTES];
    char chain[SETTING_TEXT_BYTES];
    int64_t epoch;
    int64_t schema;
    int64_t seq;
    int64_t bytes;
    int64_t set;
};

static const struct setting head_table[] = {
    {"service", SETTING_TEXT, offsetof(struct head, service), 0, 0, NULL, "Whose."},
    {"program", SETTING_TEXT, offsetof(struct head, program), 0, 0, NULL, "Version that made it."},
    {"made_ms", SETTING_NUMBER, offsetof(struct head, made_ms), 1, INT64_MAX, NULL, "When it was begun."},
};

static const struct setting store_table[] = {
    {"store", SETTING_TEXT, offsetof(struct store_section, store), 0, 0, NULL, "Identity."},
    {"digest", SETTING_TEXT, offsetof(struct store_section, digest), 0, 0, NULL, "Of the last record."},
    {"checksum", SETTING_TEXT, offsetof(struct store_section, checksum), 0, 0, NULL, "Of the file."},
    {"chain", SETTING_TEXT, offsetof(struct store_section, chain), 0, 0, NULL, "Of its archive."},
    {"epoch", SETTING_NUMBER, offsetof(struct store_section, epoch), 1, INT64_MAX, NULL, "Of the store."},
    {"schema", SETTING_NUMBER, offsetof(struct store_section, schema), 1, UINT32_MAX, NULL, "Its version."},
    {"seq", SETTING_NUMBER, offsetof(struct store_section, seq), 0, INT64_MAX, NULL, "Last position."},
    {"bytes", SETTING_NUMBER, offsetof(struct store_section, bytes), 1, INT64_MAX, NULL, "Of the file."},
    {"set", SETTING_NUMBER, offsetof(struct store_section, set), 0, INT64_MAX, NULL, "Last set of its archive."},
};

static const char file_name[] = "manifest.zpl";
static const char new_name[] = "manifest.zpl.new";

static void put_hex(FILE *file, const char *name, const uint8_t *data, size_t len)
{
    fprintf(file, "    %s = \"", name);
    for (size_t i = 0; i < len; i++)
        fprintf(file, "%02x", data[i]);
    fputs("\"\n", file);
}

static void put_number(FILE *file, const char *name, uint64_t number)
{
    fprintf(file, "    %s = \"%" PRIu64 "\"\n", name, number);
}

static void put_store(FILE *file, const struct backup_store *store)
{
    const struct store_facts *facts = &store->facts;
    fprintf(file, "%s\n", store->name);
    put_hex(file, "store", facts->identity.id, STORE_ID_BYTES);
    put_number(file, "epoch", facts->identity.epoch);
    put_number(file, "schema", facts->schema_version);
    put_number(file, "seq", facts->last.seq);
    put_hex(file, "digest", facts->last.digest, STORE_DIGEST_BYTES);
    put_number(file, "bytes", facts->bytes);
    put_hex(file, "checksum", facts->checksum, STORE_DIGEST_BYTES);
    if (!facts->has_sets)
        return;
    put_hex(file, "chain", facts->sets.chain, STORE_CHAIN_BYTES);
    put_number(file, "set", facts->sets.number);
}

static bool put_all(const char *path, const struct backup_manifest *manifest)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    fprintf(file, "# What this backup holds. It is whole only as written here.\nbackup\n");
    fprintf(file, "    service = \"%s\"\n    program = \"%s\"\n", manifest->service, manifest->program);
    put_number(file, "made_ms", (uint64_t)manifest->made_ms);
    for (size_t i = 0; i < manifest->store_count; i++)
        put_store(file, &manifest->stores[i]);
    bool whole = fflush(file) == 0 && fsync(fileno(file)) == 0;
    return fclose(file) == 0 && whole;
}

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

enum fault backup_manifest_write(const char *directory, const struct backup_manifest *manifest)
{
    char path[BACKUP_PATH_BYTES], new_path[BACKUP_PATH_BYTES];
    if (!backup_join(path, directory, file_name) || !backup_join(new_path, directory, new_name))
        return FAULT_TOO_LARGE;
    if (put_all(new_path, manifest) && rename(new_path, path) == 0 && sync_folder(directory))
        return FAULT_NONE;
    LOG(LOG_LEVEL_ERROR, "the manifest of a backup cannot be written", log_name("path", path),
        log_name("cause", strerrorname_np(errno)));
    return errno == ENOSPC || errno == EDQUOT ? FAULT_STORAGE_FULL : FAULT_IO;
}

static int digit_of(char letter)
{
    const char *digits = "0123456789abcdef", *found = strchr(digits, letter);
    return letter && found ? (int)(found - digits) : -1;
}

static bool read_hex(const char *text, uint8_t *out, size_t len)
{
    if (strlen(text) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_store(const char *path, const char *name, struct backup_store *out_store, char *problem, size_t size)
{
    struct store_section section = {.epoch = 0};
    struct store_facts *facts = &out_store->facts;
    *out_store = (struct backup_store){.name = ""};
    snprintf(out_store->name, sizeof out_store->name, "%s", name);
    if (settings_load(path, name, store_table, sizeof store_table / sizeof *store_table, &section, problem, size) !=
        FAULT_NONE)
        return false;
    facts->identity.epoch = (uint64_t)section.epoch;
    facts->schema_version = (uint32_t)section.schema;
    facts->last.seq = (uint64_t)section.seq;
    facts->bytes = (uint64_t)section.bytes;
    facts->has_sets = *section.chain != '\0';
    facts->sets.number = (uint64_t)section.set;
    bool whole = section.epoch > 0 && section.bytes > 0 &&
                 read_hex(section.store, facts->identity.id, STORE_ID_BYTES) &&
                 read_hex(section.digest, facts->last.digest, STORE_DIGEST_BYTES) &&
                 read_hex(section.checksum, facts->checksum, STORE_DIGEST_BYTES) &&
                 (!facts->has_sets || read_hex(section.chain, facts->sets.chain, STORE_CHAIN_BYTES));
    if (!whole)
        snprintf(problem, size, "%.200s: what it says of %s is not whole", path, name);
    return whole;
}

static bool read_all(const char *path, const struct service_definition *definition, struct backup_manifest *manifest,
                     char *problem, size_t size)
{
    struct head head = {.made_ms = 0};
    if (access(path, R_OK) != 0) {
        snprintf(problem, size, "%.200s is not there: the backup was never finished, or is none", path);
        return false;
    }
    if (settings_load(path, "backup", head_table, sizeof head_table / sizeof *head_table, &head, problem, size) !=
        FAULT_NONE)
        return false;
    if (strcmp(head.service, definition->name) != 0 || head.made_ms == 0) {
        snprintf(problem, size, "%.200s is not the manifest of a backup of %s", path, definition->name);
        return false;
    }
    *manifest = (struct backup_manifest){.made_ms = head.made_ms, .store_count = 1 + definition->further_count};
    snprintf(manifest->service, sizeof manifest->service, "%.32s", head.service);
    snprintf(manifest->program, sizeof manifest->program, "%.32s", head.program);
    for (size_t i = 0; i < manifest->store_count; i++)
        if (!read_store(path, backup_store_name(definition, i), &manifest->stores[i], problem, size))
            return false;
    return true;
}

bool backup_manifest_read(const char *directory, const struct service_definition *definition,
                          struct backup_manifest *out_manifest, char *out_problem, size_t size)
{
    char path[BACKUP_PATH_BYTES], ignored[512];
    if (!backup_join(path, directory, file_name))
        return false;
    return read_all(path, definition, out_manifest, out_problem ? out_problem : ignored,
                    out_problem ? size : sizeof ignored);
}
