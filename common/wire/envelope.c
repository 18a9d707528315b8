// SPDX-License-Identifier: Apache-2.0
#include "common/wire/envelope.h"

#include "common/base/must.h"
#include "common/wire/pack.h"
#include "common/wire/token.h"
#include "common/wire/utf8.h"

enum { ID_BYTES = 64 }; // most bytes of an envelope's id

/**
 * The id of a frame that was refused, perhaps because it is not even well formed: whatever stands before the fault is read. An
 * id that could not be written into a reply counts as none.
 */
static struct text recover_id(struct bytes frame)
{
    struct token_reader reader = token_reader_of(frame);
    struct token root = token_read(&reader);
    size_t pairs = root.type == TOKEN_MAP ? root.count : 0;
    for (size_t i = 0; i < pairs; i++) {
        struct token key = token_read(&reader);
        if (key.type != TOKEN_TEXT)
            break; // no reader of envelopes takes such a map
        if (!text_equal(bytes_text(key.body), TEXT("id"))) {
            if (!token_skip(&reader))
                break;
            continue;
        }
        struct token id = token_read(&reader);
        if (id.type != TOKEN_TEXT || id.body.len > ID_BYTES)
            break;
        struct text text = bytes_text(id.body);
        return utf8_is_text(text) && utf8_is_line(text) ? text : TEXT("");
    }
    return TEXT("");
}

/** The codec takes any value as a body; here it has to be the message's fields. */
static bool check_body(struct bytes body, struct refusal *refusal)
{
    struct token_reader reader = token_reader_of(body);
    struct token token = token_read(&reader);
    if (token.type == TOKEN_MAP)
        return true;
    refusal_set(refusal, ERROR_INVALID_FIELD, "body", "must be a map");
    return false;
}

bool envelope_read_command(struct bytes frame, struct arena *arena, struct command_envelope *out_envelope,
                           struct text *out_id, struct refusal *refusal)
{
    struct command_envelope envelope;
    if (!codec_decode_frame(&command_envelope_desc, frame, CODEC_REFUSE_UNKNOWN, arena, &envelope, refusal) ||
        !check_body(envelope.body, refusal)) {
        *out_id = recover_id(frame);
        return false;
    }
    *out_id = envelope.id;
    *out_envelope = envelope;
    return true;
}

bool envelope_read_query(struct bytes frame, struct arena *arena, struct query_envelope *out_envelope,
                         struct text *out_id, struct refusal *refusal)
{
    struct query_envelope envelope;
    if (!codec_decode_frame(&query_envelope_desc, frame, CODEC_REFUSE_UNKNOWN, arena, &envelope, refusal) ||
        !check_body(envelope.body, refusal)) {
        *out_id = recover_id(frame);
        return false;
    }
    *out_id = envelope.id;
    *out_envelope = envelope;
    return true;
}

bool envelope_read_reply(struct bytes frame, struct arena *arena, struct reply_envelope *out_envelope,
                         struct refusal *refusal)
{
    struct reply_envelope envelope;
    if (!codec_decode_frame(&reply_envelope_desc, frame, CODEC_SKIP_UNKNOWN, arena, &envelope, refusal))
        return false;
    if (envelope.has_body && !check_body(envelope.body, refusal))
        return false;
    *out_envelope = envelope;
    return true;
}

// Written key by key rather than through a struct: every command ends here. wire_envelope.c (tests/unit) compares it with
// what codec_encode makes of the same reply.
void envelope_write_ok(struct buffer *buffer, struct text id, struct bytes body, uint64_t seq)
{
    must(body.len > 0);
    pack_map(buffer, 5);
    pack_text(buffer, TEXT("v"));
    pack_uint(buffer, ENVELOPE_VERSION);
    pack_text(buffer, TEXT("id"));
    pack_text(buffer, id);
    pack_text(buffer, TEXT("status"));
    pack_text(buffer, TEXT("ok"));
    pack_text(buffer, TEXT("body"));
    buffer_append(buffer, body.data, body.len);
    pack_text(buffer, TEXT("seq"));
    pack_uint(buffer, seq);
}

struct reply_envelope envelope_refusal(struct text id, const struct refusal *refusal)
{
    const struct error_info *info = error_info(refusal->code);
    must(info);
    return (struct reply_envelope){
        .v = ENVELOPE_VERSION,
        .id = id,
        .status = REPLY_STATUS_ERROR,
        .error =
            {
                .code = text_of(info->name),
                .message = text_of(refusal->message),
                .field = text_of(refusal->field),
                .has_field = refusal->field[0] != '\0',
                .retry = info->retry,
            },
        .has_error = true,
    };
}

void envelope_write_refusal(struct buffer *buffer, struct text id, const struct refusal *refusal)
{
    struct reply_envelope reply = envelope_refusal(id, refusal);
    codec_encode(&reply_envelope_desc, &reply, buffer);
}
