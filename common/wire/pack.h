// SPDX-License-Identifier: Apache-2.0
/**
 * Pack: one msgpack value appended to a buffer, each in its shortest form, by msgpack-c. Internal to common/wire. Fails only
 * as the buffer does.
 */
#ifndef COMMON_WIRE_PACK_H
#define COMMON_WIRE_PACK_H

#include "common/base/buffer.h"

void pack_nil(struct buffer *buffer);
void pack_bool(struct buffer *buffer, bool value);
void pack_int(struct buffer *buffer, int64_t value);
void pack_uint(struct buffer *buffer, uint64_t value);
void pack_text(struct buffer *buffer, struct text text);
void pack_bin(struct buffer *buffer, struct bytes bytes);

/** The heads alone: the caller packs what is in them. */
void pack_list(struct buffer *buffer, size_t count);
void pack_map(struct buffer *buffer, size_t pairs);

#endif
