// SPDX-License-Identifier: Apache-2.0
#include "common/bus/allow_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum { NAME_WIDTH = 24, ROLE_WIDTH = 8 };

static const char head[] =
    "# Who may come in over tcp: a name, a role and a public key a line. pk key changes it; services see it at "
    "once.\n";

/** NULL when the file is to be trusted. */
static const char *trust_problem(const struct stat *found)
{
    if (!S_ISREG(found->st_mode))
        return "is not a file";
    if (found->st_uid != 0 && found->st_uid != geteuid() && geteuid() != 0)
        return "belongs to another user; it must be root's, or that of the services' user";
    if (found->st_mode & (S_IWGRP | S_IWOTH))
        return "others than its owner may write it; set its mode to 0644";
    if (found->st_size > ALLOW_FILE_BYTES)
        return "is larger than 1 MiB";
    return NULL;
}

static bool read_all(int fd, char *text, size_t size, size_t *out_len)
{
    size_t len = 0;
    ssize_t got = 1;
    while (len < size && got > 0) {
        got = read(fd, text + len, size - len);
        len += got > 0 ? (size_t)got : 0;
    }
    *out_len = len;
    return got == 0;
}

enum fault allow_file_read(const char *path, int *out_fd, char **out_text, size_t *out_len, struct stat *out_found,
                           char *out_problem, size_t size)
{
    const char *problem = NULL;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *out_fd = fd;
    if (fd < 0 || fstat(fd, out_found) != 0) {
        snprintf(out_problem, size, "%s: %s", path, strerrordesc_np(errno));
        return FAULT_CONFIG;
    }
    problem = trust_problem(out_found);
    if (!problem && !(text = malloc(ALLOW_FILE_BYTES + 1)))
        problem = "there is no memory to read it";
    if (!problem && !read_all(fd, text, ALLOW_FILE_BYTES + 1, out_len))
        problem = "cannot be read as a whole";
    if (!problem) {
        *out_text = text;
        return FAULT_NONE;
    }
    free(text);
    snprintf(out_problem, size, "%s: %s", path, problem);
    return FAULT_CONFIG;
}

enum fault allow_file_load(const char *path, struct allow_entries *out_entries, char *out_problem, size_t size)
{
    char problem[256];
    char *text = NULL;
    size_t len = 0;
    struct stat found;
    int fd = -1;
    enum fault fault = allow_file_read(path, &fd, &text, &len, &found, out_problem, size);
    if (fd >= 0)
        close(fd);
    if (fault != FAULT_NONE)
        return fault;
    fault = allow_entries_parse((struct text){text, len}, out_entries, problem, sizeof problem);
    if (fault != FAULT_NONE)
        snprintf(out_problem, size, "%s: %s", path, problem);
    free(text);
    return fault;
}

/** The first word of a line. */
static struct text name_of(struct text line)
{
    size_t start = 0;
    while (start < line.len && (line.data[start] == ' ' || line.data[start] == '\t'))
        start++;
    size_t end = start;
    while (end < line.len && line.data[end] != ' ' && line.data[end] != '\t')
        end++;
    return (struct text){line.data + start, end - start};
}

static void write_entry(FILE *out, const struct allow_entry *entry)
{
    fprintf(out, "%-*s %-*s %s\n", NAME_WIDTH, entry->name, ROLE_WIDTH, role_infos[entry->role].name,
            entry->public_key);
}

/** Writes the changed text. False: the name does not stand there. */
static bool write_changed(FILE *out, struct text file, struct allow_change change)
{
    bool is_found = change.name == NULL;
    while (file.len > 0) {
        const char *feed = memchr(file.data, '\n', file.len);
        size_t len = feed ? (size_t)(feed - file.data) : file.len;
        struct text line = {file.data, len};
        if (change.name && text_equal(name_of(line), text_of(change.name))) {
            is_found = true;
            if (change.entry)
                write_entry(out, change.entry);
        } else
            fprintf(out, "%.*s\n", (int)line.len, line.data);
        len += feed ? 1 : 0;
        file = (struct text){file.data + len, file.len - len};
    }
    if (!change.name && change.entry)
        write_entry(out, change.entry);
    return is_found;
}

/** The text as it is to be; NULL, and the problem, when it would be wrong. */
static char *changed_text(struct text file, struct allow_change change, size_t *out_len, char *out_problem, size_t size)
{
    char *text = NULL;
    struct allow_entries entries;
    FILE *out = open_memstream(&text, out_len);
    if (!out) {
        snprintf(out_problem, size, "there is no memory for it");
        return NULL;
    }
    bool is_found = write_changed(out, file, change);
    bool is_written = !ferror(out);
    is_written = fclose(out) == 0 && is_written;
    if (!is_written)
        snprintf(out_problem, size, "there is no memory for it");
    else if (!is_found)
        snprintf(out_problem, size, "no key has that name; pk key list shows those there are");
    else if (allow_entries_parse((struct text){text, *out_len}, &entries, out_problem, size) == FAULT_NONE) {
        allow_entries_free(&entries);
        return text;
    }
    free(text);
    return NULL;
}

/** Makes the rename itself durable. */
static bool sync_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_synced;
}

/** Puts a file with this text in the place of the one at `path`. `old`: whose owner and mode it gets; NULL: there was none. */
static bool put_in_place(const char *path, const char *text, size_t len, const struct stat *old)
{
    char fresh[PATH_MAX];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    unlink(fresh); // of a change that was broken off; changes wait for each other
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return false;
    mode_t mode = old ? old->st_mode & (mode_t)0777 : S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH; // it holds no secret
    bool is_written = write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0 &&
                      (!old || geteuid() != 0 || fchown(fd, old->st_uid, old->st_gid) == 0) && fsync(fd) == 0;
    is_written = close(fd) == 0 && is_written;
    if (is_written && rename(fresh, path) == 0)
        return sync_directory(path);
    int error = errno;
    unlink(fresh);
    errno = error;
    return false;
}

/** Waits until no other program changes the file. The lock file beside it stays. */
static int lock(const char *path)
{
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.lock", path) >= (int)sizeof beside)
        return -1;
    int fd = open(beside, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static enum fault change_locked(const char *path, struct allow_change change, char *out_problem, size_t size)
{
    char problem[256];
    char *old = NULL;
    size_t old_len = 0, len = 0;
    struct stat found;
    int fd = -1;
    bool is_new = access(path, F_OK) != 0 && errno == ENOENT;
    if (!is_new && allow_file_read(path, &fd, &old, &old_len, &found, out_problem, size) != FAULT_NONE) {
        if (fd >= 0)
            close(fd);
        return FAULT_CONFIG;
    }
    if (fd >= 0)
        close(fd);
    struct text before = is_new ? text_of(head) : (struct text){old, old_len};
    char *text = changed_text(before, change, &len, problem, sizeof problem);
    free(old);
    if (!text) {
        snprintf(out_problem, size, "%s: %s", path, problem);
        return FAULT_CONFIG;
    }
    bool is_done = put_in_place(path, text, len, is_new ? NULL : &found);
    if (!is_done)
        snprintf(out_problem, size, "%s: cannot be changed: %s", path, strerrordesc_np(errno));
    free(text);
    return is_done ? FAULT_NONE : FAULT_IO;
}

enum fault allow_file_change(const char *path, struct allow_change change, char *out_problem, size_t size)
{
    int lock_fd = lock(path);
    if (lock_fd < 0) {
        snprintf(out_problem, size, "%s: the lock file beside it cannot be used: %s", path, strerrordesc_np(errno));
        return FAULT_IO;
    }
    enum fault fault = change_locked(path, change, out_problem, size);
    close(lock_fd);
    return fault;
}
