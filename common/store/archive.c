// SPDX-License-Identifier: Apache-2.0
#include "common/store/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/base/crc32c.h"
#include "common/base/log.h"
#include "common/store/archive_reader.h"

/** A file that is longer is followed by another, so that old ones can be removed. */
static const uint64_t FILE_BYTES = 64 << 20;

struct archive {
    struct replog replog;
    struct store_path directory;
    struct store_path chain_path;
    struct archive_header header; // of the file that is written
    int fd;                       // -1: the next set begins a file
    uint64_t bytes;               // of it
    uint64_t number;              // of the last set
    uint32_t checksum;            // of what was written last
    bool broken;                  // what the file holds is not known
};

static void close_file(struct archive *archive)
{
    if (archive->fd >= 0)
        close(archive->fd);
    archive->fd = -1;
}

/** A file that was begun and holds no set that was ever acknowledged. */
static void remove_file_of(const struct archive *archive, uint64_t first)
{
    struct store_path path;
    if (!archive_file_path(&path, archive->chain_path.text, first))
        unlink(path.text);
}

static enum fault begin_file(struct archive *archive)
{
    struct store_path path;
    uint8_t encoded[ARCHIVE_HEADER_BYTES];
    archive->header.first = archive->number + 1;
    enum fault fault = archive_file_path(&path, archive->chain_path.text, archive->header.first);
    if (fault)
        return fault;
    archive->fd = open(path.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (archive->fd < 0)
        return store_fault_of(errno, archive->chain_path.text);
    archive->checksum = archive_header_encode(&archive->header, encoded);
    archive->bytes = sizeof encoded;
    ssize_t written = write(archive->fd, encoded, sizeof encoded);
    if (written != (ssize_t)sizeof encoded)
        fault = written < 0 ? store_fault_of(errno, path.text) : FAULT_STORAGE_FULL;
    if (!fault)
        fault = store_sync_path(archive->chain_path.text);
    if (fault) {
        close_file(archive);
        unlink(path.text);
    }
    return fault;
}

/** Writes a set and syncs it. What was written of one that does not fit is taken back. */
static enum fault write_frame(struct archive *archive, const struct archive_frame *frame, struct bytes set)
{
    uint8_t encoded[ARCHIVE_FRAME_BYTES];
    uint32_t checksum = archive_frame_encode(frame, archive->checksum, encoded);
    const struct iovec parts[] = {{encoded, sizeof encoded}, {(void *)(uintptr_t)set.data, set.len}};
    size_t len = sizeof encoded + set.len;
    ssize_t written = pwritev(archive->fd, parts, 2, (off_t)archive->bytes);
    if (written != (ssize_t)len) {
        enum fault fault = written < 0 ? store_fault_of(errno, archive->chain_path.text) : FAULT_STORAGE_FULL;
        archive->broken = ftruncate(archive->fd, (off_t)archive->bytes) != 0;
        return fault;
    }
    if (fdatasync(archive->fd) != 0) { // cannot be tried again honestly: the kernel may have dropped the pages
        archive->broken = true;
        return FAULT_IO;
    }
    archive->checksum = checksum;
    archive->bytes += len;
    archive->number = frame->number;
    return FAULT_NONE;
}

static enum fault append(struct replog *self, const struct store *store, const struct write_set *set)
{
    struct archive *archive = (struct archive *)(void *)self;
    if (archive->broken)
        return FAULT_IO;
    if (archive->fd >= 0 && archive->bytes >= FILE_BYTES)
        close_file(archive);
    enum fault fault = archive->fd < 0 ? begin_file(archive) : FAULT_NONE;
    if (fault)
        return fault;
    const struct archive_frame frame = {
        .number = archive->number + 1,
        .time_ms = clock_utc_ms(store->config.clock),
        .first_seq = set->first_seq,
        .last_seq = set->last_seq,
        .len = (uint32_t)set->encoded.len,
        .set_checksum = crc32c(set->encoded.data, set->encoded.len),
    };
    return write_frame(archive, &frame, set->encoded);
}

/** Goes on in the file that the reader stopped in, cutting off what is beyond. */
static enum fault go_on(struct archive *archive, const struct archive_reader *reader)
{
    struct store_path path;
    enum fault fault = archive_file_path(&path, archive->chain_path.text, reader->header.first);
    if (fault)
        return fault;
    archive->fd = open(path.text, O_WRONLY | O_CLOEXEC);
    if (archive->fd < 0 || ftruncate(archive->fd, (off_t)reader->at) != 0 || fsync(archive->fd) != 0)
        return store_fault_of(errno, path.text);
    archive->header = reader->header;
    archive->bytes = reader->at;
    archive->checksum = reader->checksum;
    return FAULT_NONE;
}

static enum fault opened(struct replog *self, const struct store *store, const struct replog_position *at)
{
    struct archive *archive = (struct archive *)(void *)self;
    struct archive_reader reader;
    bool made;
    close_file(archive);
    archive->broken = false;
    archive->number = at->number;
    archive->header = (struct archive_header){.schema_version = store->schema_version};
    memcpy(archive->header.store, store->identity.id, STORE_ID_BYTES);
    memcpy(archive->header.chain, at->chain, STORE_CHAIN_BYTES);
    enum fault fault = archive_chain_path(&archive->chain_path, archive->directory.text, at->chain);
    if (!fault)
        fault = store_make_directory(archive->chain_path.text, &made);
    if (fault)
        return fault;
    remove_file_of(archive, at->number + 1); // a set that reached the archive and not the store
    fault = archive_reader_open(&reader, archive->directory.text, at);
    if (!fault && reader.what) {
        LOG(LOG_LEVEL_ERROR, "an archive does not go on from here", log_name("path", archive->chain_path.text),
            log_name("why", reader.what), log_int("set", (int64_t)at->number));
        fault = FAULT_CORRUPT;
    }
    if (!fault && reader.fd >= 0)
        fault = go_on(archive, &reader);
    archive_reader_close(&reader);
    return fault;
}

enum fault archive_open(const char *directory, struct archive **out_archive)
{
    bool made;
    struct archive *archive = calloc(1, sizeof *archive);
    if (!archive)
        return FAULT_MEMORY;
    archive->replog = (struct replog){.wants_write_sets = true, .opened = opened, .append = append};
    archive->fd = -1;
    archive->broken = true; // until the store is open
    enum fault fault = FAULT_TOO_LARGE;
    if (strlen(directory) < sizeof archive->directory.text) {
        memcpy(archive->directory.text, directory, strlen(directory) + 1);
        fault = store_make_directory(directory, &made);
    }
    if (fault) {
        LOG(LOG_LEVEL_ERROR, "the archive's folder cannot be made", log_name("path", directory),
            log_name("fault", fault_name(fault)));
        free(archive);
        return fault;
    }
    *out_archive = archive;
    return FAULT_NONE;
}

void archive_close(struct archive *archive)
{
    if (!archive)
        return;
    close_file(archive);
    free(archive);
}

struct replog *archive_replog(struct archive *archive)
{
    return &archive->replog;
}
