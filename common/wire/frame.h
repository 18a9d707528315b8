// SPDX-License-Identifier: Apache-2.0
/**
 * Frame check: whether bytes from outside are one whole, bounded msgpack value, found out without allocating.
 *
 * Everything that comes from outside passes here before anything else looks at it (faults.md, msgpack-c). One pass, no
 * recursion, no allocation. Passed means: exactly one value and no trailing bytes; every count and length lies within the frame;
 * nesting at most 16; no ext types; strings are valid UTF-8 without NUL; map keys are strings (in stored rows also numbers
 * 1–255: a row may hold a message's body), at most 64 a map, none twice; no NaN or infinity.
 *
 * Not promised: that it is a map, or anything of what it means; that is the codec's (codec.h). Stateless; any thread.
 */
#ifndef COMMON_WIRE_FRAME_H
#define COMMON_WIRE_FRAME_H

#include "common/base/text.h"

enum {
    FRAME_MAX_DEPTH = 16,
    FRAME_MAX_KEYS = 64,
    FRAME_CLIENT_BYTES = 256 * 1024,   // largest frame from a client
    FRAME_SERVICE_BYTES = 4096 * 1024, // largest page between services
};

enum frame_verdict {
    FRAME_OK,
    FRAME_EMPTY,
    FRAME_TRUNCATED, // ends inside a value, or a count is larger than what follows
    FRAME_TRAILING,  // bytes after the value
    FRAME_TOO_DEEP,
    FRAME_FORBIDDEN, // an ext type, the unused byte 0xc1, NaN or infinity
    FRAME_BAD_TEXT,  // not UTF-8, or a NUL in it
    FRAME_BAD_KEY,   // a map key of another type
    FRAME_TOO_MANY_KEYS,
    FRAME_DUPLICATE_KEY,
};

/**
 * Checks a frame or, with `numbered`, a stored row. Unless it is well formed, `out_offset`, when not NULL, gets where the value
 * begins that is wrong; a container whose count is too large is wrong at its own beginning.
 */
enum frame_verdict frame_check(struct bytes frame, bool numbered, size_t *out_offset);

/** What the verdict means, for a refusal's message: "ends in the middle of a value". Borrows: constant. */
const char *frame_verdict_text(enum frame_verdict verdict);

#endif
