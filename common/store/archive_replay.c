// SPDX-License-Identifier: Apache-2.0
/** What an archive is for: bringing a store forward, set by set. */
#include "common/base/log.h"
#include "common/store/archive.h"
#include "common/store/archive_reader.h"

static bool is_within(const struct archive_frame *frame, const struct archive_limit *limit)
{
    return (limit->until_seq == 0 || frame->last_seq <= limit->until_seq) &&
           (limit->until_ms == 0 || frame->time_ms <= limit->until_ms);
}

static enum fault apply(struct store *store, const struct archive_reader *reader, struct archive_progress *progress)
{
    const struct write_set set = {
        .first_seq = reader->frame.first_seq,
        .last_seq = reader->frame.last_seq,
        .encoded = buffer_bytes(&reader->set),
    };
    if (reader->header.schema_version != store->schema_version) {
        progress->what = "the archive was written with another version of the program than the backup";
        return FAULT_VERSION;
    }
    if (memcmp(reader->header.store, store->identity.id, STORE_ID_BYTES) != 0) {
        progress->what = "the archive is another store's";
        return FAULT_CORRUPT;
    }
    enum fault fault = store_apply_write_set(store, &set);
    if (fault == FAULT_CORRUPT)
        progress->what = "a write set of the archive does not follow what is there";
    return fault;
}

static enum fault end(struct archive_reader *reader, enum fault fault, struct archive_progress *progress,
                      const char *directory)
{
    if (!fault && reader->what) {
        progress->what = reader->what;
        fault = FAULT_CORRUPT;
    }
    if (fault)
        LOG(LOG_LEVEL_ERROR, "archive cannot be read further", log_name("path", directory),
            log_name("fault", fault_name(fault)), log_int("after_set", (int64_t)reader->number));
    archive_reader_close(reader);
    return fault;
}

enum fault archive_replay(const char *directory, struct store *store, const struct archive_limit *limit,
                          struct archive_progress *out_progress)
{
    *out_progress = (struct archive_progress){.sets = 0};
    if (!store->sets.known) {
        out_progress->what = "the backup was made without an archive";
        return FAULT_CORRUPT;
    }
    struct archive_reader reader;
    enum fault fault = archive_reader_open(&reader, directory, &store->sets.at);
    while (!fault && archive_reader_next(&reader, &fault)) {
        if (!is_within(&reader.frame, limit))
            break;
        fault = apply(store, &reader, out_progress);
        if (fault)
            break;
        out_progress->sets++;
        out_progress->time_ms = reader.frame.time_ms;
    }
    return end(&reader, fault, out_progress, directory);
}

enum fault archive_check(const char *directory, const struct replog_position *at, struct archive_progress *out_progress)
{
    *out_progress = (struct archive_progress){.sets = 0};
    struct archive_reader reader;
    enum fault fault = archive_reader_open(&reader, directory, at);
    while (!fault && archive_reader_next(&reader, &fault)) {
        out_progress->sets++;
        out_progress->time_ms = reader.frame.time_ms;
    }
    return end(&reader, fault, out_progress, directory);
}
