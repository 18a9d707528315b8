// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"

static char folder[64];

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void silence(void)
{
    log_set_level((enum log_level) - 1); // more urgent than an error
}

const char *scratch_folder(void)
{
    if (folder[0])
        return folder;
    silence();
    snprintf(folder, sizeof folder, "%s/personkort-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(folder));
    must(atexit(remove_folder) == 0);
    return folder;
}

static void write_all(int fd, struct bytes content)
{
    for (size_t done = 0; done < content.len;) {
        ssize_t written = write(fd, content.data + done, content.len - done);
        must(written > 0);
        done += (size_t)written;
    }
}

const char *scratch_file(struct bytes content)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        silence();
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        must(fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    must(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    write_all(fd, content);
    return path;
}

void scratch_write(const char *path, struct bytes content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    must(fd >= 0);
    write_all(fd, content);
    close(fd);
}
