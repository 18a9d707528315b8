// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of the codec. Input: a byte that picks the descriptor, a byte of options, then the frame.
 *
 * What decodes has to be valid, its encoding has to decode again, and that again has to encode to the same bytes. What does not
 * is refused with a reason. With the option "unchecked" the frame check is left out: that must not harm memory.
 */
#include "common/base/must.h"
#include "common/wire/codec.h"
#include "common/wire/frame.h"
#include "tests/fuzz/descriptors.h"

enum { OPTION_SKIP_UNKNOWN = 1, OPTION_UNCHECKED = 2, VALUE_BYTES = 4096, ARENA_BYTES = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Room for any struct of the table. */
struct value {
    _Alignas(max_align_t) char bytes[VALUE_BYTES];
};

static void check_round_trip(const struct struct_desc *desc, const struct value *value, struct arena *arena)
{
    struct buffer first, second;
    struct refusal refusal = {.code = ERROR_NONE};
    buffer_init(&first, ARENA_BYTES);
    buffer_init(&second, ARENA_BYTES);
    must(codec_valid(desc, value, &refusal));
    codec_encode(desc, value, &first);
    must(!first.failed);
    struct value again;
    must(codec_decode_frame(desc, buffer_bytes(&first), CODEC_REFUSE_UNKNOWN, arena, &again, &refusal));
    codec_encode(desc, &again, &second);
    must(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
    buffer_fini(&first);
    buffer_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct struct_desc *desc = fuzz_descriptor(data[0] | (size_t)(data[1] >> 4) << 8);
    enum codec_unknown unknown = data[1] & OPTION_SKIP_UNKNOWN ? CODEC_SKIP_UNKNOWN : CODEC_REFUSE_UNKNOWN;
    struct bytes frame = bytes_of(data + 2, size - 2);
    struct refusal refusal = {.code = ERROR_NONE};
    struct arena arena;
    struct value value;
    must(desc->size <= sizeof value);
    arena_init(&arena, ARENA_BYTES);
    if (data[1] & OPTION_UNCHECKED) {
        bool is_decoded = codec_decode(desc, frame, unknown, &arena, &value, &refusal);
        must(is_decoded != is_refused(&refusal));
    } else if (codec_decode_frame(desc, frame, unknown, &arena, &value, &refusal)) {
        check_round_trip(desc, &value, &arena);
    } else {
        must(is_refused(&refusal) && refusal.message[0] != '\0');
        must((refusal.code == ERROR_MALFORMED) >= (frame_check(frame, desc->numbered, NULL) != FRAME_OK));
    }
    arena_fini(&arena);
    return 0;
}
