// SPDX-License-Identifier: Apache-2.0
/**
 * A real service's core on a real store in a temporary folder, under a clock that the test sets: frames in, replies out, no
 * sockets and no threads.
 */
#ifndef TESTS_UNIT_CORE_FIXTURE_H
#define TESTS_UNIT_CORE_FIXTURE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/service/core.h"
#include "common/store/replog.h"
#include "common/wire/envelope.h"

static const int64_t FIXTURE_START_MS = 1795000000000;

struct fixture {
    char folder[64];
    char path[96];
    int64_t utc_ms;
    int64_t monotonic_ms;
    struct clock clock;
    struct replog replog;
    bool fence; // the replicated log refuses the next batches
    struct store_config store_config;
    struct store *store;
    const struct service_definition *definition;
    void *self;
    struct counters counters;
    size_t memory_limit; // most command ids remembered, from the next start on
    const char *actor;   // who acts; NULL: nobody is named
    struct bus_map map;
    struct core *core;
    bool keeps_accesses; // what was shown is logged in no batch but the test's own
    struct arena arena;
    struct buffer body;
    struct buffer frame;
    uint8_t frames[64][4096]; // of the batch that is being made
    size_t frame_count;
};

static int64_t fixture_utc_ms(void *self)
{
    return ((struct fixture *)self)->utc_ms;
}

static int64_t fixture_monotonic_ms(void *self)
{
    return ((struct fixture *)self)->monotonic_ms;
}

static struct fixture *fixture_of_replog(struct replog *replog)
{
    return (struct fixture *)((char *)replog - offsetof(struct fixture, replog));
}

static enum fault fixture_append(struct replog *self, const struct store *store, const struct write_set *set)
{
    (void)store, (void)set;
    return fixture_of_replog(self)->fence ? FAULT_STORAGE_FULL : FAULT_NONE;
}

static inline void fixture_start(struct fixture *fixture)
{
    const struct service_options options = {.data_path = fixture->path, .counters = &fixture->counters};
    assert_int_equal(store_open(&fixture->store_config, &fixture->store), FAULT_NONE);
    if (fixture->definition->open)
        assert_int_equal(fixture->definition->open(&options, fixture->store, &fixture->self), FAULT_NONE);
    const struct core_config config = {
        .definition = fixture->definition,
        .self = fixture->self,
        .store = fixture->store,
        .counters = &fixture->counters,
        .map = &fixture->map,
        .clock = &fixture->clock,
        .memory_limit = fixture->memory_limit,
    };
    assert_int_equal(core_new(&config, &fixture->core), FAULT_NONE);
}

static inline void fixture_stop(struct fixture *fixture)
{
    core_free(fixture->core);
    if (fixture->definition->close)
        fixture->definition->close(fixture->self);
    store_close(fixture->store);
}

static inline void fixture_init(struct fixture *fixture, const struct service_definition *definition)
{
    *fixture = (struct fixture){.utc_ms = FIXTURE_START_MS,
                                .monotonic_ms = 5000,
                                .definition = definition,
                                .memory_limit = 100000,
                                .actor = "tester"};
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/personkort-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/%s", fixture->folder, definition->name);
    fixture->clock = (struct clock){fixture_utc_ms, fixture_monotonic_ms, fixture};
    fixture->replog = (struct replog){.wants_write_sets = true, .append = fixture_append};
    fixture->store_config = service_store_config(definition);
    fixture->store_config.path = fixture->path;
    fixture->store_config.map_bytes = (uint64_t)1 << 30; // a terabyte does not fit beside ThreadSanitizer's own memory
    fixture->store_config.replog = &fixture->replog;
    fixture->store_config.clock = &fixture->clock;
    arena_init(&fixture->arena, 64 * 1024 * 1024);
    buffer_init(&fixture->body, 1024 * 1024);
    buffer_init(&fixture->frame, 1024 * 1024);
    fixture_start(fixture);
}

static inline void fixture_fini(struct fixture *fixture)
{
    char command[128];
    fixture_stop(fixture);
    arena_fini(&fixture->arena);
    buffer_fini(&fixture->body);
    buffer_fini(&fixture->frame);
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    assert_int_equal(system(command), 0);
}

/** The service dies and starts again on the same store. */
static inline void fixture_restart(struct fixture *fixture)
{
    fixture_stop(fixture);
    fixture_start(fixture);
}

/** Encodes a command envelope around `body`; the frame lives until the next of the same number of frames. */
static inline struct bytes fixture_frame(struct fixture *fixture, const struct message_desc *message, const void *body,
                                         const char *id, int64_t expires_ms)
{
    buffer_reset(&fixture->body);
    codec_encode(message->body, body, &fixture->body);
    struct command_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = text_of(id),
        .type = text_of(message->type),
        .expires_ms = expires_ms,
        .body = buffer_bytes(&fixture->body),
        .has_source = true,
        .source = TEXT("test"),
        .has_actor = fixture->actor != NULL,
        .actor = text_of(fixture->actor ? fixture->actor : ""),
    };
    buffer_reset(&fixture->frame);
    codec_encode(&command_envelope_desc, &envelope, &fixture->frame);
    assert_true(fixture->frame.len <= sizeof fixture->frames[0] && fixture->frame_count < 64);
    uint8_t *place = fixture->frames[fixture->frame_count++];
    memcpy(place, fixture->frame.data, fixture->frame.len);
    return bytes_of(place, fixture->frame.len);
}

/** Adds a command to the batch that fixture_begin began. */
static inline void fixture_add(struct fixture *fixture, const struct message_desc *message, const void *body,
                               const char *id)
{
    struct core_sender sender = core_trusted_sender();
    struct bytes frame = fixture_frame(fixture, message, body, id, fixture->utc_ms + 30000);
    core_command(fixture->core, frame, &sender);
}

static inline void fixture_begin(struct fixture *fixture)
{
    fixture->frame_count = 0;
    core_begin(fixture->core);
}

/** The batch's reply number `index`; its texts live until the next fixture_reply after 64 MiB of them. */
static inline struct reply_envelope fixture_reply(struct fixture *fixture, size_t index)
{
    struct reply_envelope reply;
    struct refusal refusal = {.code = ERROR_NONE};
    struct bytes frame = arena_bytes(&fixture->arena, core_reply(fixture->core, index));
    assert_true(envelope_read_reply(frame, &fixture->arena, &reply, &refusal));
    return reply;
}

/** One command in a batch of its own. */
static inline struct reply_envelope fixture_call(struct fixture *fixture, const struct message_desc *message,
                                                 const void *body, const char *id)
{
    fixture_begin(fixture);
    fixture_add(fixture, message, body, id);
    core_end(fixture->core);
    return fixture_reply(fixture, 0);
}

/** Batches of the service's own work, as long as there is some. */
static inline void fixture_work(struct fixture *fixture)
{
    while (core_work_due_ms(fixture->core) <= fixture->utc_ms) {
        fixture_begin(fixture);
        core_work(fixture->core);
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
    }
}

static inline void fixture_reply_body(struct fixture *fixture, const struct message_desc *message,
                                      const struct reply_envelope *reply, void *out)
{
    struct refusal refusal = {.code = ERROR_NONE};
    assert_int_equal(reply->status, REPLY_STATUS_OK);
    assert_true(codec_decode(message->reply, reply->body, CODEC_SKIP_UNKNOWN, &fixture->arena, out, &refusal));
}

/** Asks a query as `role_mask` may, `seen` being what it must not be older than. The answer's texts live as a reply's do. */
static inline struct reply_envelope fixture_query_as(struct fixture *fixture, const struct message_desc *message,
                                                     const void *body, uint32_t role_mask,
                                                     const struct seen_position *seen)
{
    const struct core_sender sender = {.role_mask = role_mask};
    struct refusal refusal = {.code = ERROR_NONE};
    struct reply_envelope reply;
    struct bytes frame;
    int64_t wait_ms = 0;
    buffer_reset(&fixture->body);
    codec_encode(message->body, body, &fixture->body);
    struct query_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = TEXT("q"),
        .type = text_of(message->type),
        .body = buffer_bytes(&fixture->body),
        .has_source = true,
        .source = TEXT("test"),
        .seen = {seen ? 1 : 0, seen},
    };
    buffer_reset(&fixture->frame);
    codec_encode(&query_envelope_desc, &envelope, &fixture->frame);
    assert_int_equal(core_query(fixture->core, buffer_bytes(&fixture->frame), &sender, false, &frame, &wait_ms),
                     CORE_ANSWERED);
    frame = arena_bytes(&fixture->arena, frame);
    assert_true(envelope_read_reply(frame, &fixture->arena, &reply, &refusal));
    if (!fixture->keeps_accesses && core_access_due_ms(fixture->core) <= 0) { // so much that it does not wait
        core_begin(fixture->core);
        core_end(fixture->core);
    }
    return reply;
}

static inline struct reply_envelope fixture_query(struct fixture *fixture, const struct message_desc *message,
                                                  const void *body)
{
    return fixture_query_as(fixture, message, body, UINT32_MAX, NULL);
}

/** Changes every place that holds `marker` in the store's file, while it is open. */
static inline void fixture_damage(const struct fixture *fixture, const char *marker)
{
    char path[128];
    snprintf(path, sizeof path, "%s/data.mdb", fixture->path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    off_t size = lseek(fd, 0, SEEK_END);
    uint8_t *content = malloc((size_t)size);
    assert_int_equal(pread(fd, content, (size_t)size, 0), size);
    size_t places = 0;
    for (uint8_t *at = content; (at = memmem(at, (size_t)(content + size - at), marker, strlen(marker)));
         at++, places++)
        assert_int_equal(pwrite(fd, "?", 1, at - content), 1);
    assert_true(places > 0);
    free(content);
    close(fd);
}

#define assert_done(reply) assert_int_equal((reply).status, REPLY_STATUS_OK)

static inline void assert_refused(const struct reply_envelope *reply, const char *code, const char *field)
{
    assert_int_equal(reply->status, REPLY_STATUS_ERROR);
    assert_int_equal(reply->error.code.len, strlen(code));
    assert_memory_equal(reply->error.code.data, code, strlen(code));
    assert_int_equal(reply->error.field.len, strlen(field));
    assert_memory_equal(reply->error.field.data, field, strlen(field));
}

#endif
