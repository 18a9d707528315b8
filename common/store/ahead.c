// SPDX-License-Identifier: Apache-2.0
#include "common/store/ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/store/internal.h"

enum {
    PIECE_BYTES = 1024 * 1024,
    LEAST_AHEAD_BYTES = 256 * 1024, // or twice what the last batch took
    MOST_AHEAD_BYTES = 15 * PIECE_BYTES,
    SPARE_BYTES = 64 * 1024 * 1024, // of the disk, beyond the floor below which nothing is written
    FULL_MS = 1000,
};

void store_ahead_open(struct store *store)
{
    struct store_ahead *ahead = &store->ahead;
    char path[sizeof store->path.text + 16];
    struct stat file;
    *ahead = (struct store_ahead){.fd = -1};
    if (!store->config.writes_ahead)
        return;
    snprintf(path, sizeof path, "%s/%s", store->path.text, store_data_file);
    void *zeros = mmap(NULL, PIECE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); // one page of the kernel's
    int fd = zeros == MAP_FAILED ? -1 : open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &file) != 0) {
        if (zeros != MAP_FAILED)
            munmap(zeros, PIECE_BYTES);
        if (fd >= 0)
            close(fd);
        return;
    }
    ahead->fd = fd;
    ahead->zeros = zeros;
    ahead->end = (uint64_t)file.st_size;
    ahead->used = ahead->end;
}

void store_ahead_close(struct store *store)
{
    struct store_ahead *ahead = &store->ahead;
    if (ahead->fd < 0)
        return;
    close(ahead->fd);
    munmap(ahead->zeros, PIECE_BYTES);
    ahead->fd = -1;
}

/** Writes one piece after the end, which may be anywhere in it. */
static enum fault write_piece(struct store *store)
{
    struct store_ahead *ahead = &store->ahead;
    size_t len = PIECE_BYTES - (size_t)(ahead->end % PIECE_BYTES);
    ssize_t written = pwrite(ahead->fd, ahead->zeros, len, (off_t)ahead->end);
    if (written > 0) {
        ahead->end += (uint64_t)written;
        return FAULT_NONE;
    }
    if (written == 0 || errno == EINTR)
        return FAULT_NONE;
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
        ahead->again_ms = clock_monotonic_ms(store->config.clock) + FULL_MS;
        return FAULT_NONE;
    }
    if (errno != EIO) { // this file system takes no direct writes after all, or there is no memory for them
        store_ahead_close(store);
        return FAULT_NONE;
    }
    LOG(LOG_LEVEL_ERROR, "store fault", log_name("path", store->path.text), log_name("doing", "writing ahead"),
        log_int("errno", errno));
    return FAULT_IO;
}

static bool wants_piece(const struct store *store, uint64_t wanted)
{
    const struct store_ahead *ahead = &store->ahead;
    uint64_t quota = store->config.quota_bytes ? store->config.quota_bytes : UINT64_MAX;
    return ahead->fd >= 0 && ahead->end - ahead->used < wanted && ahead->end + PIECE_BYTES <= quota &&
           clock_monotonic_ms(store->config.clock) >= ahead->again_ms;
}

enum fault store_ahead_keep(struct store *store)
{
    struct store_ahead *ahead = &store->ahead;
    if (ahead->fd < 0)
        return FAULT_NONE;
    MDB_envinfo info = {0};
    mdb_env_info(store->env, &info);
    uint64_t used = ((uint64_t)info.me_last_pgno + 1) * store->page_bytes;
    uint64_t grown = used > ahead->used ? used - ahead->used : 0;
    uint64_t wanted = 2 * grown < LEAST_AHEAD_BYTES  ? LEAST_AHEAD_BYTES
                      : 2 * grown < MOST_AHEAD_BYTES ? 2 * grown
                                                     : MOST_AHEAD_BYTES;
    ahead->used = used;
    if (ahead->end < used)
        ahead->end = used; // LMDB went past it
    enum fault fault = FAULT_NONE;
    while (!fault && wants_piece(store, wanted) && store_has_spare(store, SPARE_BYTES))
        fault = write_piece(store);
    return fault;
}
