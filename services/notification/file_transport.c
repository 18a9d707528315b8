// SPDX-License-Identifier: Apache-2.0
#include "services/notification/file_transport.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/notification/compose.h"

#define DRAFT ".draft"

enum { PATH_BYTES = 4096, NAME_BYTES = 64 };

/** Folder and ending of each channel's files. */
static const struct {
    const char *folder;
    const char *ending;
    void (*compose)(const struct message *message, struct buffer *out);
} channels[] = {
    [SEND_CHANNEL_EMAIL] = {"email", "eml", compose_email},
    [SEND_CHANNEL_SMS] = {"sms", "txt", compose_sms},
};

struct file_worker {
    const char *outbox;
    struct buffer text;
};

static bool make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/** Removes what a death in the middle of a hand-over left: nobody finishes a draft, and it holds personal data. */
static void remove_drafts(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        size_t len = strlen(entry->d_name);
        if (entry->d_name[0] == '.' && len > sizeof DRAFT &&
            strcmp(entry->d_name + len - (sizeof DRAFT - 1), DRAFT) == 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
}

enum fault file_transport_make_folders(const char *outbox)
{
    char path[PATH_BYTES];
    if (!make_folder(outbox))
        return FAULT_IO;
    for (int channel = SEND_CHANNEL_EMAIL; channel <= SEND_CHANNEL_SMS; channel++) {
        int len = snprintf(path, sizeof path, "%s/%s", outbox, channels[channel].folder);
        if (len < 0 || (size_t)len >= sizeof path)
            return FAULT_TOO_LARGE;
        if (!make_folder(path))
            return FAULT_IO;
        remove_drafts(path);
    }
    return FAULT_NONE;
}

bool file_transport_remove(const char *outbox, enum send_channel channel, uint64_t recipient)
{
    char path[PATH_BYTES];
    int len = snprintf(path, sizeof path, "%s/%s/%" PRIu64 ".%s", outbox, channels[channel].folder, recipient,
                       channels[channel].ending);
    return len > 0 && (size_t)len < sizeof path && unlink(path) == 0;
}

enum fault file_transport_sync(const char *outbox)
{
    char path[PATH_BYTES];
    for (int channel = SEND_CHANNEL_EMAIL; channel <= SEND_CHANNEL_SMS; channel++) {
        int len = snprintf(path, sizeof path, "%s/%s", outbox, channels[channel].folder);
        if (len < 0 || (size_t)len >= sizeof path)
            return FAULT_TOO_LARGE;
        int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool synced = folder >= 0 && fsync(folder) == 0;
        if (folder >= 0)
            close(folder);
        if (!synced)
            return FAULT_IO;
    }
    return FAULT_NONE;
}

static void *worker_open(const void *options)
{
    struct file_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->outbox = options;
    buffer_init(&worker->text, COMPOSE_MAX_BYTES);
    return worker;
}

static void worker_close(void *self)
{
    struct file_worker *worker = self;
    buffer_fini(&worker->text);
    free(worker);
}

static int write_all(int fd, struct bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.data, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        bytes = bytes_of(bytes.data + written, bytes.len - (size_t)written);
    }
    return 0;
}

/** Writes and syncs a new file, or over one that an earlier try left. Returns 0 or what went wrong. */
static int write_file(int folder, const char *name, struct bytes content)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    int problem = write_all(fd, content);
    if (!problem && fsync(fd) != 0)
        problem = errno;
    if (close(fd) != 0 && !problem)
        problem = errno;
    return problem;
}

/** Puts the content under its name, whole or not at all. Returns 0 or what went wrong. */
static int deliver(const struct file_worker *worker, const struct message *message)
{
    char path[PATH_BYTES], name[NAME_BYTES], draft[NAME_BYTES + 8];
    int len = snprintf(path, sizeof path, "%s/%s", worker->outbox, channels[message->channel].folder);
    snprintf(name, sizeof name, "%" PRIu64 ".%s", message->recipient, channels[message->channel].ending);
    snprintf(draft, sizeof draft, ".%s" DRAFT, name);
    if (len < 0 || (size_t)len >= sizeof path)
        return ENAMETOOLONG;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return errno;
    int problem = write_file(folder, draft, buffer_bytes(&worker->text));
    if (!problem && renameat(folder, draft, folder, name) != 0)
        problem = errno;
    if (problem)
        unlinkat(folder, draft, 0);
    else if (fsync(folder) != 0)
        problem = errno;
    close(folder);
    return problem;
}

static void hand_over(void *self, const struct message *message, const _Atomic int *pace, struct outcome *out_outcome)
{
    struct file_worker *worker = self;
    (void)pace; // done sooner than anybody would break it off
    buffer_reset(&worker->text);
    channels[message->channel].compose(message, &worker->text);
    int problem = worker->text.failed ? ENOMEM : deliver(worker, message);
    if (!problem) {
        out_outcome->kind = OUTCOME_ACCEPTED;
        return;
    }
    out_outcome->kind = OUTCOME_DEFERRED;
    snprintf(out_outcome->code, sizeof out_outcome->code, "outbox");
    snprintf(out_outcome->text, sizeof out_outcome->text, "The file could not be written: %s.",
             strerrordesc_np(problem));
}

const struct transport_kind file_transport_kind = {
    .worker_open = worker_open,
    .worker_close = worker_close,
    .hand_over = hand_over,
};
