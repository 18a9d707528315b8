// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>

#include "common/base/crc32c.h"
#include "common/base/endian.h"
#include "common/store/internal.h"

// The layout is drawn in journal.h.
enum {
    LAYOUT_VERSION = 1,
    FLAG_ERASED = 1,
    AT_VERSION = 4,
    AT_FLAGS = 5,
    AT_HEADER_LEN = 6,
    AT_DIGEST = 8,
    AT_SALT = 40,
    NUMBERS_BYTES = 3 * 8, // of a header, its beginning
    MAX_TEXT_BYTES = 255,
};

/** The texts of a header in the order they are stored. */
static const size_t header_texts[] = {
    offsetof(struct journal_header, type),  offsetof(struct journal_header, subject),
    offsetof(struct journal_header, actor), offsetof(struct journal_header, sender),
    offsetof(struct journal_header, id),    offsetof(struct journal_header, trace),
};
enum { HEADER_TEXTS = sizeof header_texts / sizeof *header_texts };

static const struct text *header_text(const struct journal_header *header, size_t index)
{
    return (const struct text *)(const void *)((const char *)header + header_texts[index]);
}

size_t journal_header_size(const struct journal_header *header)
{
    size_t size = NUMBERS_BYTES + JOURNAL_COMMAND_DIGEST_BYTES + 2 + header->reply.len;
    bool fits = header->reply.len <= JOURNAL_MAX_REPLY_BYTES;
    fits = fits && (header->command_digest.len == 0 || header->command_digest.len == JOURNAL_COMMAND_DIGEST_BYTES);
    for (size_t i = 0; i < HEADER_TEXTS; i++) {
        size_t len = header_text(header, i)->len;
        fits = fits && len <= MAX_TEXT_BYTES;
        size += 1 + len;
    }
    return fits ? size : 0;
}

static uint8_t *put_bytes(uint8_t *out, const void *data, size_t len)
{
    if (len)
        memcpy(out, data, len);
    return out + len;
}

void journal_header_encode(const struct journal_header *header, uint8_t *out)
{
    put_u64(out, (uint64_t)header->time_ms);
    put_u64(out + 8, header->person);
    put_u64(out + 16, (uint64_t)header->expires_ms);
    out += NUMBERS_BYTES;
    memset(out, 0, JOURNAL_COMMAND_DIGEST_BYTES);
    put_bytes(out, header->command_digest.data, header->command_digest.len);
    out += JOURNAL_COMMAND_DIGEST_BYTES;
    for (size_t i = 0; i < HEADER_TEXTS; i++) {
        const struct text *text = header_text(header, i);
        *out++ = (uint8_t)text->len;
        out = put_bytes(out, text->data, text->len);
    }
    put_u16(out, (uint16_t)header->reply.len);
    put_bytes(out + 2, header->reply.data, header->reply.len);
}

void journal_body_digest(struct bytes salt, struct bytes body, uint8_t out_digest[STORE_DIGEST_BYTES])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, STORE_DIGEST_BYTES);
    crypto_generichash_update(&state, salt.data, salt.len);
    crypto_generichash_update(&state, body.data, body.len);
    crypto_generichash_final(&state, out_digest, STORE_DIGEST_BYTES);
}

void journal_record_digest(const struct journal_position *before, struct bytes header, const uint8_t *body_digest,
                           uint8_t out_digest[STORE_DIGEST_BYTES])
{
    uint8_t begin[STORE_DIGEST_BYTES + 8];
    memcpy(begin, before->digest, STORE_DIGEST_BYTES);
    put_u64(begin + STORE_DIGEST_BYTES, before->seq + 1);
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, STORE_DIGEST_BYTES);
    crypto_generichash_update(&state, begin, sizeof begin);
    crypto_generichash_update(&state, header.data, header.len);
    crypto_generichash_update(&state, body_digest, STORE_DIGEST_BYTES);
    crypto_generichash_final(&state, out_digest, STORE_DIGEST_BYTES);
}

void journal_seal(uint8_t *record, size_t len, size_t header_len, bool erased)
{
    record[AT_VERSION] = LAYOUT_VERSION;
    record[AT_FLAGS] = erased ? FLAG_ERASED : 0;
    put_u16(record + AT_HEADER_LEN, (uint16_t)header_len);
    put_u32(record, crc32c(record + AT_VERSION, len - AT_VERSION));
}

static bool take(struct bytes *rest, size_t len, struct bytes *out_taken)
{
    if (len > rest->len)
        return false;
    *out_taken = bytes_of(rest->data, len);
    *rest = bytes_of(rest->data + len, rest->len - len);
    return true;
}

static bool header_decode(struct bytes rest, struct journal_header *header)
{
    static const uint8_t none[JOURNAL_COMMAND_DIGEST_BYTES];
    struct bytes part;
    if (!take(&rest, NUMBERS_BYTES, &part))
        return false;
    header->time_ms = (int64_t)get_u64(part.data);
    header->person = get_u64(part.data + 8);
    header->expires_ms = (int64_t)get_u64(part.data + 16);
    if (!take(&rest, JOURNAL_COMMAND_DIGEST_BYTES, &part))
        return false;
    if (memcmp(part.data, none, sizeof none) != 0)
        header->command_digest = part;
    for (size_t i = 0; i < HEADER_TEXTS; i++) {
        if (!take(&rest, 1, &part) || !take(&rest, part.data[0], &part))
            return false;
        *(struct text *)(void *)((char *)header + header_texts[i]) = bytes_text(part);
    }
    return take(&rest, 2, &part) && get_u16(part.data) <= JOURNAL_MAX_REPLY_BYTES &&
           take(&rest, get_u16(part.data), &header->reply) && rest.len == 0;
}

enum fault journal_decode(uint64_t seq, struct bytes raw, struct journal_record *out_record)
{
    struct bytes prefix, header, rest = raw;
    if (raw.len > JOURNAL_MAX_RECORD_BYTES || !take(&rest, JOURNAL_PREFIX_BYTES, &prefix))
        return FAULT_CORRUPT;
    if (get_u32(raw.data) != crc32c(raw.data + AT_VERSION, raw.len - AT_VERSION))
        return FAULT_CORRUPT;
    if (raw.data[AT_VERSION] != LAYOUT_VERSION || raw.data[AT_FLAGS] > FLAG_ERASED)
        return FAULT_CORRUPT;
    struct journal_record record = {
        .seq = seq,
        .digest = bytes_of(raw.data + AT_DIGEST, STORE_DIGEST_BYTES),
        .salt = bytes_of(raw.data + AT_SALT, JOURNAL_SALT_BYTES),
        .erased = raw.data[AT_FLAGS] == FLAG_ERASED,
        .raw = raw,
    };
    if (!take(&rest, get_u16(raw.data + AT_HEADER_LEN), &header) || !header_decode(header, &record.header))
        return FAULT_CORRUPT;
    if (record.erased ? rest.len != STORE_DIGEST_BYTES : rest.len > JOURNAL_MAX_BODY_BYTES)
        return FAULT_CORRUPT;
    if (!record.erased)
        record.body = rest;
    *out_record = record;
    return FAULT_NONE;
}

bool journal_follows(const struct journal_position *before, const struct journal_record *record)
{
    if (record->seq != before->seq + 1)
        return false;
    struct bytes raw = record->raw;
    struct bytes header = bytes_of(raw.data + JOURNAL_PREFIX_BYTES, get_u16(raw.data + AT_HEADER_LEN));
    uint8_t body_digest[STORE_DIGEST_BYTES], digest[STORE_DIGEST_BYTES];
    if (record->erased)
        memcpy(body_digest, raw.data + raw.len - STORE_DIGEST_BYTES, STORE_DIGEST_BYTES);
    else
        journal_body_digest(record->salt, record->body, body_digest);
    journal_record_digest(before, header, body_digest, digest);
    return memcmp(digest, record->digest.data, STORE_DIGEST_BYTES) == 0;
}

struct journal_position journal_position_of(const struct journal_record *record)
{
    struct journal_position position = {.seq = record->seq};
    memcpy(position.digest, record->digest.data, STORE_DIGEST_BYTES);
    return position;
}
