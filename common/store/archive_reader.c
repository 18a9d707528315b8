// SPDX-License-Identifier: Apache-2.0
#include "common/store/archive_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/crc32c.h"
#include "common/base/endian.h"

static const uint8_t MAGIC[8] = {'p', 'k', 's', 'e', 't', 's', 0, 1};
static const char suffix[] = ".sets";
enum { NAME_DIGITS = 20 };

static uint32_t seal(uint8_t *record, size_t len)
{
    uint32_t checksum = crc32c(record + 4, len - 4);
    put_u32(record, checksum);
    return checksum;
}

static bool is_sealed(const uint8_t *record, size_t len)
{
    return get_u32(record) == crc32c(record + 4, len - 4);
}

uint32_t archive_header_encode(const struct archive_header *header, uint8_t out[ARCHIVE_HEADER_BYTES])
{
    memcpy(out + 4, MAGIC, sizeof MAGIC);
    memcpy(out + 12, header->store, STORE_ID_BYTES);
    memcpy(out + 28, header->chain, STORE_CHAIN_BYTES);
    put_u32(out + 44, header->schema_version);
    put_u64(out + 48, header->first);
    return seal(out, ARCHIVE_HEADER_BYTES);
}

static bool header_decode(const uint8_t *in, struct archive_header *out_header)
{
    if (!is_sealed(in, ARCHIVE_HEADER_BYTES) || memcmp(in + 4, MAGIC, sizeof MAGIC) != 0)
        return false;
    memcpy(out_header->store, in + 12, STORE_ID_BYTES);
    memcpy(out_header->chain, in + 28, STORE_CHAIN_BYTES);
    out_header->schema_version = get_u32(in + 44);
    out_header->first = get_u64(in + 48);
    return true;
}

uint32_t archive_frame_encode(const struct archive_frame *frame, uint32_t before, uint8_t out[ARCHIVE_FRAME_BYTES])
{
    put_u32(out + 4, before);
    put_u64(out + 8, frame->number);
    put_u64(out + 16, (uint64_t)frame->time_ms);
    put_u64(out + 24, frame->first_seq);
    put_u64(out + 32, frame->last_seq);
    put_u32(out + 40, frame->len);
    put_u32(out + 44, frame->set_checksum);
    return seal(out, ARCHIVE_FRAME_BYTES);
}

static bool frame_decode(const uint8_t *in, uint32_t before, struct archive_frame *out_frame)
{
    if (!is_sealed(in, ARCHIVE_FRAME_BYTES) || get_u32(in + 4) != before)
        return false;
    *out_frame = (struct archive_frame){
        .number = get_u64(in + 8),
        .time_ms = (int64_t)get_u64(in + 16),
        .first_seq = get_u64(in + 24),
        .last_seq = get_u64(in + 32),
        .len = get_u32(in + 40),
        .set_checksum = get_u32(in + 44),
    };
    return out_frame->len <= ARCHIVE_MAX_SET_BYTES;
}

enum fault archive_chain_path(struct store_path *out_path, const char *directory, const uint8_t *chain)
{
    char name[2 * STORE_CHAIN_BYTES + 1];
    for (size_t i = 0; i < STORE_CHAIN_BYTES; i++)
        snprintf(name + 2 * i, 3, "%02x", chain[i]);
    return store_path_join(out_path, directory, name);
}

enum fault archive_file_path(struct store_path *out_path, const char *chain_path, uint64_t first)
{
    char name[NAME_DIGITS + sizeof suffix];
    snprintf(name, sizeof name, "%0*" PRIu64 "%s", NAME_DIGITS, first, suffix);
    return store_path_join(out_path, chain_path, name);
}

uint64_t archive_find(const char *chain_path, uint64_t number)
{
    uint64_t found = 0;
    DIR *opened = opendir(chain_path);
    if (!opened)
        return 0;
    for (const struct dirent *entry; (entry = readdir(opened));) {
        char *end = NULL;
        uint64_t first = strtoull(entry->d_name, &end, 10);
        bool is_one = end == entry->d_name + NAME_DIGITS && strcmp(end, suffix) == 0;
        if (is_one && first <= number && first > found)
            found = first;
    }
    closedir(opened);
    return found;
}

/** Reads exactly; false at the end of the file, or after a fault. */
static bool read_exactly(struct archive_reader *reader, void *out, size_t len, enum fault *out_fault)
{
    if (len > reader->file_bytes - reader->at)
        return false;
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(reader->fd, (uint8_t *)out + done, len - done, (off_t)(reader->at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            *out_fault = got < 0 ? store_fault_of(errno, reader->chain_path.text) : FAULT_IO;
            return false;
        }
        done += (size_t)got;
    }
    reader->at += len;
    return true;
}

static void close_file(struct archive_reader *reader)
{
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = -1;
}

static enum fault open_file(struct archive_reader *reader, uint64_t first)
{
    struct store_path path;
    struct stat status;
    uint8_t header[ARCHIVE_HEADER_BYTES];
    enum fault fault = archive_file_path(&path, reader->chain_path.text, first);
    if (fault)
        return fault;
    reader->fd = open(path.text, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0 || fstat(reader->fd, &status) != 0)
        return store_fault_of(errno, path.text);
    reader->file_bytes = (uint64_t)status.st_size;
    reader->at = 0;
    reader->is_cut = reader->file_bytes < sizeof header;
    if (reader->is_cut) { // begun, and not a set of it acknowledged
        reader->at = reader->file_bytes;
        reader->header.first = first;
        reader->number = first - 1;
        return FAULT_NONE;
    }
    if (!read_exactly(reader, header, sizeof header, &fault) || !header_decode(header, &reader->header) ||
        reader->header.first != first || memcmp(reader->header.chain, reader->chain, STORE_CHAIN_BYTES) != 0)
        reader->what = "the beginning of an archive file is damaged";
    reader->checksum = get_u32(header);
    reader->number = first - 1;
    return fault;
}

/** Makes room for one set; memory is kept for the next. */
static bool reserve(struct buffer *set, size_t len)
{
    if (set->capacity >= len)
        return true;
    uint8_t *grown = realloc(set->data, len);
    if (!grown)
        return false;
    set->data = grown;
    set->capacity = len;
    return true;
}

/** Reads one set within the file; false at its end, or when it is wrong. */
static bool read_set(struct archive_reader *reader, enum fault *out_fault)
{
    uint8_t frame[ARCHIVE_FRAME_BYTES];
    if (reader->at == reader->file_bytes)
        return false;
    reader->what = "a write set of the archive is damaged";
    reader->is_cut = reader->file_bytes - reader->at < sizeof frame;
    if (!read_exactly(reader, frame, sizeof frame, out_fault) ||
        !frame_decode(frame, reader->checksum, &reader->frame) || reader->frame.number != reader->number + 1)
        return false;
    reader->is_cut = reader->frame.len > reader->file_bytes - reader->at;
    if (reader->is_cut)
        return false;
    if (!reserve(&reader->set, reader->frame.len)) {
        *out_fault = FAULT_MEMORY;
        return false;
    }
    if (!read_exactly(reader, reader->set.data, reader->frame.len, out_fault) ||
        crc32c(reader->set.data, reader->frame.len) != reader->frame.set_checksum)
        return false;
    reader->set.len = reader->frame.len;
    reader->checksum = get_u32(frame);
    reader->number++;
    reader->what = NULL;
    return true;
}

/** Opens the file that goes on where this one ends. False: there is none, or `what` is wrong. */
static bool next_file(struct archive_reader *reader, enum fault *out_fault)
{
    uint64_t next = reader->number + 1;
    if (archive_find(reader->chain_path.text, UINT64_MAX) <= reader->header.first) {
        if (reader->is_cut)
            reader->what = NULL; // a batch that was never acknowledged: the archive ends here
        return false;
    }
    if (!reader->what &&
        (reader->is_cut || archive_find(reader->chain_path.text, next) != next || next == reader->header.first))
        reader->what = "sets of the archive are missing";
    if (reader->what)
        return false;
    close_file(reader);
    *out_fault = open_file(reader, next);
    return !*out_fault;
}

bool archive_reader_next(struct archive_reader *reader, enum fault *out_fault)
{
    *out_fault = FAULT_NONE;
    while (!reader->what && !*out_fault) {
        if (reader->fd >= 0 && read_set(reader, out_fault))
            return true;
        if (*out_fault || !next_file(reader, out_fault))
            return false;
    }
    return false;
}

enum fault archive_reader_open(struct archive_reader *reader, const char *directory, const struct replog_position *at)
{
    *reader = (struct archive_reader){.fd = -1, .number = at->number};
    memcpy(reader->chain, at->chain, STORE_CHAIN_BYTES);
    buffer_init(&reader->set, ARCHIVE_MAX_SET_BYTES);
    enum fault fault = archive_chain_path(&reader->chain_path, directory, at->chain);
    uint64_t first = fault ? 0 : archive_find(reader->chain_path.text, at->number + 1);
    if (fault || (first == 0 && at->number == 0))
        return fault; // nothing is there yet
    if (first != 0)
        fault = open_file(reader, first);
    // The sets up to there are passed over: what comes next repeats the checksum of the last.
    while (!fault && !reader->what && reader->number < at->number && read_set(reader, &fault)) {
    }
    if (!fault && !reader->what && (first == 0 || reader->number < at->number))
        reader->what = "the archive does not reach as far as the backup";
    return fault;
}

void archive_reader_close(struct archive_reader *reader)
{
    close_file(reader);
    buffer_fini(&reader->set);
}
