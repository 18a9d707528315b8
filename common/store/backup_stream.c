// SPDX-License-Identifier: Apache-2.0
#include "common/store/backup_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/store/internal.h"

enum { CHUNK_BYTES = 256 * 1024, MAX_PAUSE_MS = 100 };

/** Bytes on their way: read from somewhere, counted, digested, and not faster than the pace. */
struct stream {
    const struct store_pace *pace;
    int64_t began_ms;
    uint64_t bytes;
    crypto_generichash_state digest;
    uint8_t *chunk;
};

/** NULL: no memory. On the heap, where the digest has the alignment that it asks for under the address sanitizer too. */
static struct stream *stream_new(const struct store_pace *pace)
{
    struct stream *stream = aligned_alloc(_Alignof(struct stream), sizeof *stream);
    uint8_t *chunk = malloc(CHUNK_BYTES);
    if (!stream || !chunk) {
        free(stream);
        free(chunk);
        return NULL;
    }
    *stream = (struct stream){.pace = pace, .began_ms = clock_monotonic_ms(clock_system()), .chunk = chunk};
    crypto_generichash_init(&stream->digest, NULL, 0, STORE_DIGEST_BYTES);
    return stream;
}

static void stream_end(struct stream *stream, struct store_facts *facts)
{
    if (!stream)
        return;
    facts->bytes = stream->bytes;
    crypto_generichash_final(&stream->digest, facts->checksum, STORE_DIGEST_BYTES);
    free(stream->chunk);
    free(stream);
}

static bool is_cancelled(const struct stream *stream)
{
    return stream->pace->cancel && atomic_load(stream->pace->cancel);
}

/** Waits until so many bytes may have passed. */
static void keep_pace(const struct stream *stream)
{
    uint64_t rate = stream->pace->bytes_per_second;
    while (rate && !is_cancelled(stream)) {
        int64_t due_ms = stream->began_ms + (int64_t)(stream->bytes * 1000 / rate);
        int64_t left_ms = due_ms - clock_monotonic_ms(clock_system());
        if (left_ms <= 0)
            return;
        poll(NULL, 0, (int)(left_ms < MAX_PAUSE_MS ? left_ms : MAX_PAUSE_MS));
    }
}

/** What was read into the chunk. */
static enum fault take(struct stream *stream, size_t len)
{
    crypto_generichash_update(&stream->digest, stream->chunk, len);
    stream->bytes += len;
    if (stream->pace->progress)
        atomic_fetch_add(stream->pace->progress, len);
    keep_pace(stream);
    return is_cancelled(stream) ? FAULT_UNREACHABLE : FAULT_NONE;
}

/** Reads `from` to its end, writing to `to` unless that is -1. */
static enum fault pass(struct stream *stream, int from, int to, const char *path)
{
    for (;;) {
        ssize_t got = read(from, stream->chunk, CHUNK_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? store_fault_of(errno, path) : FAULT_NONE;
        for (ssize_t done = 0; to >= 0 && done < got;) {
            ssize_t put = write(to, stream->chunk + done, (size_t)(got - done));
            if (put < 0 && errno != EINTR)
                return store_fault_of(errno, path);
            done += put > 0 ? put : 0;
        }
        enum fault fault = take(stream, (size_t)got);
        if (fault)
            return fault;
    }
}

/** LMDB's side: it copies into a pipe, and waits when nobody reads. */
struct copier {
    MDB_env *env;
    int to;
    int rc;
};

static void *copy(void *argument)
{
    struct copier *copier = argument;
    copier->rc = mdb_env_copyfd2(copier->env, copier->to, MDB_CP_COMPACT);
    close(copier->to); // the end, for who reads
    return NULL;
}

static enum fault pump(MDB_env *env, int to, struct stream *stream, const char *path)
{
    int ends[2];
    pthread_t thread;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return store_fault_of(errno, path);
    struct copier copier = {env, ends[1], 0};
    int rc = pthread_create(&thread, NULL, copy, &copier);
    if (rc) {
        close(ends[0]);
        close(ends[1]);
        return FAULT_MEMORY;
    }
    enum fault fault = pass(stream, ends[0], to, path);
    close(ends[0]); // a copy that is not wanted any more ends with EPIPE
    pthread_join(thread, NULL);
    if (!fault && copier.rc) {
        LOG(LOG_LEVEL_ERROR, "store cannot be copied", log_name("path", path),
            log_name("cause", mdb_strerror(copier.rc)));
        fault = store_fault_of(copier.rc, path);
    }
    return fault;
}

enum fault backup_stream_copy(MDB_env *env, const char *path, const struct store_pace *pace, struct store_facts *facts)
{
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return store_fault_of(errno, path);
    struct stream *stream = stream_new(pace);
    enum fault fault = stream ? pump(env, to, stream, path) : FAULT_MEMORY;
    stream_end(stream, facts);
    if (!fault && fsync(to) != 0)
        fault = store_fault_of(errno, path);
    close(to);
    return fault;
}

enum fault store_backup_checksum(const char *directory, const struct store_pace *pace, struct store_facts *out_facts)
{
    static const struct store_pace unhurried = {.bytes_per_second = 0};
    struct store_path path;
    enum fault fault = store_path_join(&path, directory, store_data_file);
    if (fault)
        return fault;
    int from = open(path.text, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return store_fault_of(errno, path.text);
    *out_facts = (struct store_facts){.bytes = 0};
    struct stream *stream = stream_new(pace ? pace : &unhurried);
    fault = stream ? pass(stream, from, -1, path.text) : FAULT_MEMORY;
    stream_end(stream, out_facts);
    close(from);
    return fault;
}
