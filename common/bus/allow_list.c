// SPDX-License-Identifier: Apache-2.0
#include "common/bus/allow_list.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/bus/allow_file.h"

// A file that was changed less than this before it was read may be changed again within the same tick of the file system's clock.
enum { UNSETTLED_NS = 100 * 1000 * 1000, PROBLEM_BYTES = 512 };

struct allow_list {
    char *path;
    pthread_mutex_t lock;
    struct allow_entries entries;
    int fd;            // what was read; held open, so that its inode's number is not given to its successor
    struct stat seen;  // of it
    bool is_unsettled; // it may have been changed since without a trace
    bool is_usable;    // otherwise there are no entries
    uint64_t revocations;
};

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mode == b->st_mode &&
           a->st_uid == b->st_uid && is_same_time(a->st_mtim, b->st_mtim) && is_same_time(a->st_ctim, b->st_ctim);
}

static bool was_changed_just_now(const struct stat *found)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age_s = (int64_t)now.tv_sec - (int64_t)found->st_ctim.tv_sec;
    if (age_s < -1 || age_s > 1)
        return false;
    int64_t age_ns = age_s * 1000000000 + (now.tv_nsec - found->st_ctim.tv_nsec);
    return age_ns < UNSETTLED_NS && age_ns > -UNSETTLED_NS;
}

static int order(const void *a, const void *b)
{
    const struct allow_entry *left = a, *right = b;
    return memcmp(left->public_key, right->public_key, KEY_TEXT_BYTES);
}

/** `entries` are in order. */
static const struct allow_entry *find(const struct allow_entries *entries, struct text public_key)
{
    struct allow_entry wanted = {.name = ""};
    if (public_key.len != KEY_TEXT_BYTES - 1 || entries->count == 0)
        return NULL;
    memcpy(wanted.public_key, public_key.data, public_key.len);
    return bsearch(&wanted, entries->items, entries->count, sizeof wanted, order);
}

/** Puts other entries in place of the list's, which may be none. */
static void replace(struct allow_list *list, struct allow_entries entries)
{
    bool is_revoked = false;
    if (entries.count > 0)
        qsort(entries.items, entries.count, sizeof *entries.items, order);
    for (size_t i = 0; i < list->entries.count && !is_revoked; i++)
        is_revoked = !find(&entries, text_of(list->entries.items[i].public_key));
    list->revocations += is_revoked;
    allow_entries_free(&list->entries);
    list->entries = entries;
}

/** The file cannot be used: nobody is let in. Said once, until it can be used again. */
static void shut(struct allow_list *list, const char *problem)
{
    replace(list, (struct allow_entries){0, NULL});
    if (list->is_usable)
        LOG(LOG_LEVEL_ERROR, "the list of allowed keys cannot be used; nobody is let in over tcp until it can",
            log_name("problem", problem));
    list->is_usable = false;
}

/** Reads the file anew, whatever it holds. */
static enum fault reload(struct allow_list *list)
{
    char problem[PROBLEM_BYTES];
    struct allow_entries entries;
    struct stat found;
    int fd = -1;
    char *text = NULL;
    size_t len = 0;
    enum fault fault = allow_file_read(list->path, &fd, &text, &len, &found, problem, sizeof problem);
    if (fault == FAULT_NONE)
        fault = allow_entries_parse((struct text){text, len}, &entries, problem, sizeof problem);
    if (list->fd >= 0)
        close(list->fd);
    list->fd = fd;
    if (fd >= 0) {
        list->seen = found;
        list->is_unsettled = was_changed_just_now(&found);
    }
    free(text);
    if (fault != FAULT_NONE) {
        shut(list, problem);
        return fault;
    }
    replace(list, entries);
    if (!list->is_usable)
        LOG(LOG_LEVEL_INFO, "the list of allowed keys is read", log_int("keys", (int64_t)entries.count));
    list->is_usable = true;
    return FAULT_NONE;
}

/** Under the lock. */
static void follow(struct allow_list *list)
{
    struct stat found;
    bool is_there = stat(list->path, &found) == 0;
    if (is_there && list->fd >= 0 && !list->is_unsettled && is_same_file(&found, &list->seen))
        return;
    if (!is_there && list->fd < 0 && !list->is_usable)
        return; // still missing
    reload(list);
}

enum fault allow_list_open(const char *path, struct allow_list **out_list)
{
    struct allow_list *list = calloc(1, sizeof *list);
    char *own_path = strdup(path);
    if (!list || !own_path) {
        free(list);
        free(own_path);
        return FAULT_MEMORY;
    }
    *list = (struct allow_list){.path = own_path, .fd = -1, .is_usable = true};
    must(pthread_mutex_init(&list->lock, NULL) == 0);
    enum fault fault = reload(list);
    if (fault != FAULT_NONE) {
        allow_list_close(list);
        return fault;
    }
    *out_list = list;
    return FAULT_NONE;
}

void allow_list_close(struct allow_list *list)
{
    if (!list)
        return;
    allow_entries_free(&list->entries);
    if (list->fd >= 0)
        close(list->fd);
    pthread_mutex_destroy(&list->lock);
    free(list->path);
    free(list);
}

bool allow_list_find(struct allow_list *list, struct text public_key, struct allow_entry *out_entry)
{
    pthread_mutex_lock(&list->lock);
    follow(list);
    const struct allow_entry *entry = find(&list->entries, public_key);
    if (entry)
        *out_entry = *entry;
    pthread_mutex_unlock(&list->lock);
    return entry != NULL;
}

uint64_t allow_list_revocations(struct allow_list *list)
{
    pthread_mutex_lock(&list->lock);
    follow(list);
    uint64_t revocations = list->revocations;
    pthread_mutex_unlock(&list->lock);
    return revocations;
}
