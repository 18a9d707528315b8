// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/store/internal.h"

const char store_data_file[] = "data.mdb";

enum fault store_path_join(struct store_path *out_path, const char *directory, const char *name)
{
    size_t directory_len = strlen(directory), name_len = strlen(name);
    if (directory_len + 1 + name_len >= sizeof out_path->text)
        return FAULT_TOO_LARGE;
    memcpy(out_path->text, directory, directory_len);
    out_path->text[directory_len] = '/';
    memcpy(out_path->text + directory_len + 1, name, name_len + 1);
    return FAULT_NONE;
}

enum fault store_path_parent(struct store_path *out_path, const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len >= sizeof out_path->text)
        return FAULT_TOO_LARGE;
    if (len == 0) {
        memcpy(out_path->text, ".", 2);
        return FAULT_NONE;
    }
    memcpy(out_path->text, path, len);
    out_path->text[len] = 0;
    return FAULT_NONE;
}

enum fault store_sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return store_fault_of(errno, path);
    enum fault fault = fsync(fd) == 0 ? FAULT_NONE : store_fault_of(errno, path);
    close(fd);
    return fault;
}

enum fault store_make_directory(const char *path, bool *out_made)
{
    if (mkdir(path, 0700) != 0) {
        if (errno != EEXIST)
            return store_fault_of(errno, path);
        *out_made = false;
        return FAULT_NONE;
    }
    struct store_path parent;
    enum fault fault = store_path_parent(&parent, path);
    if (!fault)
        fault = store_sync_path(parent.text);
    if (fault) {
        rmdir(path);
        return fault;
    }
    *out_made = true;
    return FAULT_NONE;
}

static enum fault copy_bytes(int from, int to, const char *path)
{
    static const size_t CHUNK_BYTES = 1 << 20;
    for (;;) {
        ssize_t copied = copy_file_range(from, NULL, to, NULL, CHUNK_BYTES, 0);
        if (copied < 0 && errno == EINTR)
            continue;
        if (copied < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
            break; // not between these file systems: by hand
        if (copied < 0)
            return store_fault_of(errno, path);
        if (copied == 0)
            return FAULT_NONE;
    }
    uint8_t chunk[64 * 1024];
    for (;;) {
        ssize_t got = read(from, chunk, sizeof chunk);
        if (got == 0)
            return FAULT_NONE;
        if (got < 0)
            return store_fault_of(errno, path);
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, chunk + done, (size_t)(got - done));
            if (put < 0)
                return store_fault_of(errno, path);
            done += put;
        }
    }
}

enum fault store_copy_file(const char *from, const char *to)
{
    int source = open(from, O_RDONLY | O_CLOEXEC);
    if (source < 0)
        return store_fault_of(errno, from);
    int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (target < 0) {
        enum fault fault = store_fault_of(errno, to);
        close(source);
        return fault;
    }
    enum fault fault = copy_bytes(source, target, to);
    if (!fault && fsync(target) != 0)
        fault = store_fault_of(errno, to);
    close(target);
    close(source);
    if (fault)
        unlink(to);
    return fault;
}

void store_remove_directory(const char *path)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "store.lock"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct store_path file;
        if (!store_path_join(&file, path, names[i]))
            unlink(file.text);
    }
    rmdir(path);
}

bool store_path_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

uint64_t store_free_bytes(const char *path)
{
    struct statvfs status;
    if (statvfs(path, &status) != 0)
        return 0;
    return (uint64_t)status.f_bavail * status.f_frsize;
}
