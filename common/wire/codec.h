// SPDX-License-Identifier: Apache-2.0
/**
 * Codec: any struct of proto/ to msgpack and back, driven by its descriptor.
 *
 * The trust line: what codec_decode gives has passed every rule the schema states, so code behind it checks only what the
 * schema cannot say. Decoded texts, bytes and raw values point into the frame; lists and nothing else are put into the arena:
 * the result lives as long as the shorter-lived of the two. Stateless; any thread.
 *
 * Encoding packs with msgpack-c into a buffer; absent fields (`has_…` false, empty lists) are left out, `clear_…` becomes nil.
 * The encoding of a struct is deterministic: fields in the descriptor's order, shortest forms.
 *
 * Where the schema leaves it open: nil is refused except by a clearable field, which it clears, and as a raw value. An enum's
 * name or number that is not known is ERROR_INVALID_FIELD even when unknown fields are skipped: a value is never lost silently.
 * An empty list and an absent one are the same. A refusal never holds the value, and an unknown key only if it looks like one.
 */
#ifndef COMMON_WIRE_CODEC_H
#define COMMON_WIRE_CODEC_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/wire/desc.h"
#include "common/wire/refusal.h"

enum codec_unknown {
    CODEC_REFUSE_UNKNOWN, // commands and queries: a misspelt field must not pass silently
    CODEC_SKIP_UNKNOWN,   // replies, events and stored rows: a newer writer may know more
};

/**
 * Decodes one map that passed frame_check into `out` (desc->size bytes, zeroed first; undefined after false).
 * False: refused, `refusal` says code (ERROR_UNKNOWN_FIELD, ERROR_MISSING_FIELD, ERROR_INVALID_FIELD, ERROR_BUSY when the
 * arena's bound is reached, ERROR_MALFORMED when it is no map) and the field's path. Never allocates more than the arena's
 * bound, nor more for a list than the bytes that are left could fill. Integers are taken by value: 1 and 1.0 are the same.
 * Bytes that did not pass frame_check do no harm to memory, but what comes of them may break the schema's rules for text.
 */
bool codec_decode(const struct struct_desc *desc, struct bytes frame, enum codec_unknown unknown, struct arena *arena,
                  void *out, struct refusal *refusal);

/** frame_check and codec_decode in one, for frames from outside; ERROR_MALFORMED when the check fails. */
bool codec_decode_frame(const struct struct_desc *desc, struct bytes frame, enum codec_unknown unknown,
                        struct arena *arena, void *out, struct refusal *refusal);

/**
 * Appends the encoding of `value` (a struct of `desc`). The value must keep the schema's rules except limits of length: a
 * limit broken is a defect of the caller and is caught by codec_valid in tests; an enum, date or raw value that cannot be
 * written at all aborts. When both `clear_…` and `has_…` are set the field is cleared. Fails only as the buffer does.
 */
void codec_encode(const struct struct_desc *desc, const void *value, struct buffer *buffer);

/** As codec_encode, for somebody who may act as the roles of the mask: fields that he may not see are left out, at any depth. UINT32_MAX
 * sees everything. */
void codec_encode_for(const struct struct_desc *desc, const void *value, uint32_t role_mask, struct buffer *buffer);

/** Appends the value of one field of a struct as codec_encode_for would write it there, without its name; false: nothing stands there. */
bool codec_encode_field_for(const struct field_desc *field, const void *value, uint32_t role_mask,
                            struct buffer *buffer);

/**
 * Whether `value` keeps every rule of `desc`, so that codec_decode would take its encoding; for messages that a program builds
 * from a person's input (pk). False: refused as codec_decode does. Not looked at: how deep raw values are nested in all.
 */
bool codec_valid(const struct struct_desc *desc, const void *value, struct refusal *refusal);

/** Field of that name or NULL; rows: by number. */
const struct field_desc *struct_field(const struct struct_desc *desc, struct text name);
const struct field_desc *struct_field_numbered(const struct struct_desc *desc, uint64_t number);

/** Name of an enum's value, "" for 0 and unknown ones; borrows: constant. Value of a name, 0 when there is none. */
const char *enum_name(const struct enum_desc *desc, int32_t number);
int32_t enum_number(const struct enum_desc *desc, struct text name);

#endif
