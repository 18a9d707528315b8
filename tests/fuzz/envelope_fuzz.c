// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of the envelopes. Input: a byte that says which (command, query, reply), then the frame.
 *
 * Whatever comes in, the reply to it has to be readable by a client and carry the id that was given out.
 */
#include "common/base/must.h"
#include "common/wire/envelope.h"

enum { ARENA_BYTES = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct reply_envelope read_reply(const struct buffer *buffer, struct arena *arena)
{
    struct reply_envelope reply;
    struct refusal refusal = {.code = ERROR_NONE};
    must(envelope_read_reply(buffer_bytes(buffer), arena, &reply, &refusal));
    return reply;
}

/** The answer that a service would give. */
static void check_answer(struct text id, struct bytes body, const struct refusal *refusal, struct arena *arena)
{
    struct buffer buffer;
    buffer_init(&buffer, ARENA_BYTES);
    if (is_refused(refusal))
        envelope_write_refusal(&buffer, id, refusal);
    else
        envelope_write_ok(&buffer, id, body, 1);
    struct reply_envelope reply = read_reply(&buffer, arena);
    must(text_equal(reply.id, id));
    if (is_refused(refusal)) {
        must(reply.status == REPLY_STATUS_ERROR && reply.has_error);
        must(text_equal(reply.error.code, text_of(error_info(refusal->code)->name)));
    } else {
        must(reply.status == REPLY_STATUS_OK && reply.seq == 1 && bytes_equal(reply.body, body));
    }
    buffer_fini(&buffer);
}

static void try_command(struct bytes frame, struct arena *arena)
{
    struct command_envelope envelope = {.v = 0};
    struct refusal refusal = {.code = ERROR_NONE};
    struct text id = TEXT("unset");
    must(envelope_read_command(frame, arena, &envelope, &id, &refusal) != is_refused(&refusal));
    check_answer(id, envelope.body, &refusal, arena);
}

static void try_query(struct bytes frame, struct arena *arena)
{
    struct query_envelope envelope = {.v = 0};
    struct refusal refusal = {.code = ERROR_NONE};
    struct text id = TEXT("unset");
    must(envelope_read_query(frame, arena, &envelope, &id, &refusal) != is_refused(&refusal));
    check_answer(id, envelope.body, &refusal, arena);
}

static void try_reply(struct bytes frame, struct arena *arena)
{
    struct reply_envelope envelope;
    struct refusal refusal = {.code = ERROR_NONE};
    must(envelope_read_reply(frame, arena, &envelope, &refusal) != is_refused(&refusal));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct bytes frame, struct arena * arena) = {try_command, try_query, try_reply};
    if (size == 0)
        return 0;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    tries[data[0] % 3](bytes_of(data + 1, size - 1), &arena);
    arena_fini(&arena);
    return 0;
}
