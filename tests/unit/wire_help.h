// SPDX-License-Identifier: Apache-2.0
/**
 * Helpers of the tests of common/wire: frames from literals, and a codec with memory of its own that says how it refused.
 */
#ifndef TESTS_UNIT_WIRE_HELP_H
#define TESTS_UNIT_WIRE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/wire/codec.h"
#include "common/wire/pack.h"

#define BYTES(literal) ((struct bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

/** The same for tables: a constant initialiser. */
#define BYTES_INIT(literal)                                                                                            \
    {                                                                                                                  \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                                \
    }
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/** What a decode needs beside the frame. `wire_open` before, `wire_close` after. */
struct wire {
    struct arena arena;
    struct buffer buffer;
    struct refusal refusal;
};

static inline void wire_open(struct wire *wire)
{
    *wire = (struct wire){.refusal.code = ERROR_NONE};
    arena_init(&wire->arena, 1024 * 1024);
    buffer_init(&wire->buffer, 1024 * 1024);
}

static inline void wire_close(struct wire *wire)
{
    arena_fini(&wire->arena);
    buffer_fini(&wire->buffer);
}

/** Forgets the last message. */
static inline void wire_reset(struct wire *wire)
{
    arena_reset(&wire->arena);
    buffer_reset(&wire->buffer);
    wire->refusal = (struct refusal){.code = ERROR_NONE};
}

/** The frame {key: value}; `value` is encoded already. Borrows the buffer. */
static inline struct bytes wire_pair(struct wire *wire, const char *key, struct bytes value)
{
    buffer_reset(&wire->buffer);
    pack_map(&wire->buffer, 1);
    pack_text(&wire->buffer, text_of(key));
    buffer_append(&wire->buffer, value.data, value.len);
    return buffer_bytes(&wire->buffer);
}

/** As for a frame from outside, with a fresh refusal. */
static inline bool wire_decode(struct wire *wire, const struct struct_desc *desc, struct bytes frame,
                               enum codec_unknown unknown, void *out)
{
    wire->refusal = (struct refusal){.code = ERROR_NONE};
    return codec_decode_frame(desc, frame, unknown, &wire->arena, out, &wire->refusal);
}

static inline void assert_refusal(const struct refusal *refusal, enum error_code code, const char *field,
                                  const char *message)
{
    assert_string_equal(refusal->message, message);
    assert_string_equal(refusal->field, field);
    assert_int_equal(refusal->code, code);
}

static inline void assert_bytes_equal(struct bytes a, struct bytes b)
{
    assert_int_equal(a.len, b.len);
    if (a.len)
        assert_memory_equal(a.data, b.data, a.len);
}

static inline void assert_text_equal(struct text a, const char *b)
{
    assert_bytes_equal(text_bytes(a), text_bytes(text_of(b)));
}

#endif
