// SPDX-License-Identifier: Apache-2.0
/**
 * Envelope: reading and building the frames around messages (proto/envelope.toml), on both sides of a door.
 */
#ifndef COMMON_WIRE_ENVELOPE_H
#define COMMON_WIRE_ENVELOPE_H

#include "common/base/buffer.h"
#include "common/wire/codec.h"
#include "proto/envelope.gen.h"

enum {
    ENVELOPE_VERSION = 1,
    COMMAND_MAX_AHEAD_MS = 10 * 60 * 1000, // expires_ms at most this far ahead (design.md, 2)
    COMMAND_MEMORY_GRACE_MS = 60 * 1000,   // ids are remembered this long after they expire
};

/**
 * Reads a frame as a command or query envelope. Its texts and body borrow the frame, its list the arena. False: refused. Even
 * then `out_id` gets the caller's id when the frame lets it be read (empty otherwise), so that the refusal can be addressed.
 */
bool envelope_read_command(struct bytes frame, struct arena *arena, struct command_envelope *out_envelope,
                           struct text *out_id, struct refusal *refusal);
bool envelope_read_query(struct bytes frame, struct arena *arena, struct query_envelope *out_envelope,
                         struct text *out_id, struct refusal *refusal);

/** Reads a reply, skipping what it does not know. */
bool envelope_read_reply(struct bytes frame, struct arena *arena, struct reply_envelope *out_envelope,
                         struct refusal *refusal);

/** Appends a whole reply frame. `body` is an encoded map that passed the codec. */
void envelope_write_ok(struct buffer *buffer, struct text id, struct bytes body, uint64_t seq);
void envelope_write_refusal(struct buffer *buffer, struct text id, const struct refusal *refusal);

/** The reply envelope of a refusal, for batches. Borrows `refusal` and `id`. */
struct reply_envelope envelope_refusal(struct text id, const struct refusal *refusal);

#endif
