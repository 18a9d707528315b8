// SPDX-License-Identifier: Apache-2.0
#include "common/service/erasure_ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/grow.h"
#include "common/base/log.h"

enum { PATH_BYTES = 4096, LINE_BYTES = 2 * STORE_ID_BYTES + 1 + 20 + 1 };

struct entry {
    uint8_t store[STORE_ID_BYTES];
    uint64_t person;
};

struct erasure_ledger {
    int fd;
    struct entry *entries; // ascending
    size_t count;
    size_t capacity;
    struct entry *added; // not in the file yet
    size_t added_count;
    size_t added_capacity;
    bool no_memory; // for some that were added
};

static int compare(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = memcmp(left->store, right->store, STORE_ID_BYTES);
    return order ? order : (left->person > right->person) - (left->person < right->person);
}

static bool push(struct entry **entries, size_t *count, size_t *capacity, const struct entry *entry)
{
    struct entry *grown = grow(*entries, capacity, *count + 1, sizeof *grown);
    if (!grown)
        return false;
    *entries = grown;
    grown[(*count)++] = *entry;
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool read_entry(const char *line, struct entry *out_entry)
{
    for (size_t i = 0; i < STORE_ID_BYTES; i++) {
        int high = hex_digit(line[2 * i]), low = high < 0 ? -1 : hex_digit(line[2 * i + 1]);
        if (low < 0)
            return false;
        out_entry->store[i] = (uint8_t)(high << 4 | low);
    }
    char *end = NULL;
    errno = 0;
    out_entry->person = strtoull(line + 2 * STORE_ID_BYTES, &end, 10);
    return line[2 * STORE_ID_BYTES] == ' ' && end && errno == 0 && *end == '\n' && out_entry->person > 0;
}

/** A last line without its end was being written when the machine died; what it says is in the store, and is added again. */
static enum fault read_entries(struct erasure_ledger *ledger)
{
    char line[LINE_BYTES + 1];
    off_t whole = 0;
    FILE *file = fdopen(dup(ledger->fd), "r");
    enum fault fault = file ? FAULT_NONE : FAULT_MEMORY;
    while (!fault && fgets(line, sizeof line, file)) {
        struct entry entry;
        if (!strchr(line, '\n') && feof(file))
            break;
        if (!read_entry(line, &entry))
            fault = FAULT_CORRUPT;
        else if (!push(&ledger->entries, &ledger->count, &ledger->capacity, &entry))
            fault = FAULT_MEMORY;
        whole += (off_t)strlen(line);
    }
    if (file)
        fclose(file);
    if (!fault && ftruncate(ledger->fd, whole) != 0)
        fault = FAULT_IO;
    if (ledger->count)
        qsort(ledger->entries, ledger->count, sizeof *ledger->entries, compare);
    return fault;
}

enum fault erasure_ledger_open(const char *directory, struct erasure_ledger **out_ledger)
{
    char path[PATH_BYTES];
    struct erasure_ledger *ledger = calloc(1, sizeof *ledger);
    int len = snprintf(path, sizeof path, "%s/erased.ledger", directory);
    if (!ledger)
        return FAULT_MEMORY;
    ledger->fd = len > 0 && (size_t)len < sizeof path
                     ? open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)
                     : -1;
    int folder = ledger->fd >= 0 ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    enum fault fault = folder >= 0 && fsync(folder) == 0 ? read_entries(ledger) : FAULT_IO;
    if (folder >= 0)
        close(folder);
    if (fault == FAULT_NONE) {
        *out_ledger = ledger;
        return FAULT_NONE;
    }
    LOG(LOG_LEVEL_ERROR, "the ledger of erased persons cannot be used", log_name("path", path),
        log_name("fault", fault_name(fault)));
    erasure_ledger_close(ledger);
    return fault;
}

void erasure_ledger_close(struct erasure_ledger *ledger)
{
    if (!ledger)
        return;
    if (ledger->fd >= 0)
        close(ledger->fd);
    free(ledger->entries);
    free(ledger->added);
    free(ledger);
}

bool erasure_ledger_has(const struct erasure_ledger *ledger, const struct store_identity *store, uint64_t person)
{
    struct entry wanted = {.person = person};
    memcpy(wanted.store, store->id, STORE_ID_BYTES);
    return ledger->count > 0 && bsearch(&wanted, ledger->entries, ledger->count, sizeof wanted, compare) != NULL;
}

void erasure_ledger_add(struct erasure_ledger *ledger, const struct store_identity *store, uint64_t person)
{
    struct entry entry = {.person = person};
    memcpy(entry.store, store->id, STORE_ID_BYTES);
    if (!push(&ledger->added, &ledger->added_count, &ledger->added_capacity, &entry))
        ledger->no_memory = true;
}

static bool write_entry(int fd, const struct entry *entry)
{
    char line[LINE_BYTES + 1];
    int len = 0;
    for (size_t i = 0; i < STORE_ID_BYTES; i++)
        len += snprintf(line + len, sizeof line - (size_t)len, "%02x", entry->store[i]);
    len += snprintf(line + len, sizeof line - (size_t)len, " %" PRIu64 "\n", entry->person);
    return write(fd, line, (size_t)len) == len;
}

enum fault erasure_ledger_sync(struct erasure_ledger *ledger)
{
    if (ledger->added_count == 0 && !ledger->no_memory)
        return FAULT_NONE;
    off_t before = lseek(ledger->fd, 0, SEEK_END);
    bool written = before >= 0;
    for (size_t i = 0; i < ledger->added_count && written; i++)
        written = write_entry(ledger->fd, &ledger->added[i]);
    enum fault fault = ledger->no_memory ? FAULT_MEMORY : FAULT_NONE;
    if (!written || fdatasync(ledger->fd) != 0)
        fault = errno == ENOSPC ? FAULT_STORAGE_FULL : FAULT_IO;
    if (!written && before >= 0 && ftruncate(ledger->fd, before) != 0)
        fault = FAULT_IO; // a beginning of a line stays, which the next start tells of
    if (fault == FAULT_NONE)
        ledger->added_count = 0;
    else
        LOG(LOG_LEVEL_ERROR, "the ledger of erased persons could not be written; the next start does it",
            log_name("fault", fault_name(fault)));
    return fault;
}

void erasure_ledger_each(const struct erasure_ledger *ledger, const struct store_identity *store,
                         bool (*use)(void *user, uint64_t person), void *user)
{
    for (size_t i = 0; i < ledger->count; i++)
        if (memcmp(ledger->entries[i].store, store->id, STORE_ID_BYTES) == 0 && !use(user, ledger->entries[i].person))
            return;
}
