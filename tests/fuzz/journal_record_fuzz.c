// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of journal records. Input: a byte of options, u8 place and u8 change for a damage, then the record as stored.
 *
 * What decodes lies within the record, and encodes to the same bytes. A record whose digest is right follows, also once it is
 * erased, and no longer when a byte of it that the chain covers is changed. The options mend what else no fuzzer gets past:
 * checksum, digest, length of the header.
 */
#include <stdlib.h>

#include "common/base/crc32c.h"
#include "common/base/endian.h"
#include "common/base/must.h"
#include "common/store/internal.h"

// The layout is drawn in journal.h.
enum {
    OPTION_CHECKSUM = 1,
    OPTION_DIGEST = 2,
    OPTION_VERSION = 4,
    OPTIONS_BYTES = 3,
    AT_VERSION = 4,
    AT_FLAGS = 5,
    AT_HEADER_LEN = 6,
    AT_DIGEST = 8,
    AT_SALT = 40,
    SEQ = 7,
    MOST_BYTES = 16 * 1024,
};

static const struct journal_position before = {.seq = SEQ - 1, .digest = {1, 2, 3}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_within(struct bytes part, struct bytes raw)
{
    return part.len == 0 || (part.data >= raw.data && part.data + part.len <= raw.data + raw.len);
}

static void check_parts(const struct journal_record *record, struct bytes raw)
{
    const struct journal_header *header = &record->header;
    const struct text texts[] = {header->type,   header->subject, header->actor,
                                 header->sender, header->id,      header->trace};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        must(texts[i].len <= UINT8_MAX && is_within(text_bytes(texts[i]), raw));
    must(record->seq == SEQ && is_within(record->body, raw) && is_within(header->reply, raw));
    must(header->command_digest.len == 0 || header->command_digest.len == JOURNAL_COMMAND_DIGEST_BYTES);
    must(header->reply.len <= JOURNAL_MAX_REPLY_BYTES && record->body.len <= JOURNAL_MAX_BODY_BYTES);
    must(record->digest.len == STORE_DIGEST_BYTES && record->salt.len == JOURNAL_SALT_BYTES);
    must(!record->erased || record->body.len == 0);
}

/** Gives the bytes that the record's parts make. */
static uint8_t *encode(const struct journal_record *record)
{
    struct bytes raw = record->raw;
    size_t header_len = journal_header_size(&record->header), body_len = raw.len - JOURNAL_PREFIX_BYTES - header_len;
    uint8_t *out = malloc(raw.len);
    must(out && header_len > 0 && JOURNAL_PREFIX_BYTES + header_len <= raw.len);
    memcpy(out + AT_DIGEST, record->digest.data, STORE_DIGEST_BYTES);
    memcpy(out + AT_SALT, record->salt.data, JOURNAL_SALT_BYTES);
    journal_header_encode(&record->header, out + JOURNAL_PREFIX_BYTES);
    memcpy(out + JOURNAL_PREFIX_BYTES + header_len, raw.data + raw.len - body_len, body_len); // or its digest
    must(record->erased ? body_len == STORE_DIGEST_BYTES : body_len == record->body.len);
    journal_seal(out, raw.len, header_len, record->erased);
    return out;
}

/** The same record without its body. */
static void check_erased(const struct journal_record *record)
{
    size_t header_len = get_u16(record->raw.data + AT_HEADER_LEN);
    size_t len = JOURNAL_PREFIX_BYTES + header_len + STORE_DIGEST_BYTES;
    uint8_t *out = calloc(1, len);
    must(out);
    memcpy(out, record->raw.data, AT_SALT);
    memcpy(out + JOURNAL_PREFIX_BYTES, record->raw.data + JOURNAL_PREFIX_BYTES, header_len);
    journal_body_digest(record->salt, record->body, out + JOURNAL_PREFIX_BYTES + header_len);
    journal_seal(out, len, header_len, true);
    struct journal_record erased;
    must(journal_decode(SEQ, bytes_of(out, len), &erased) == FAULT_NONE && erased.erased);
    must(journal_follows(&before, &erased));
    free(out);
}

/** A record that follows does not with any byte changed, its checksum right again. */
static void check_damaged(struct bytes raw, uint8_t place, uint8_t change)
{
    const struct journal_position other = {.seq = before.seq};
    struct journal_record record;
    uint8_t *out = malloc(raw.len);
    must(out);
    memcpy(out, raw.data, raw.len);
    size_t at = AT_DIGEST + place * (raw.len - AT_DIGEST) / 256;
    out[at] ^= change;
    put_u32(out, crc32c(out + AT_VERSION, raw.len - AT_VERSION));
    bool is_one = journal_decode(SEQ, bytes_of(out, raw.len), &record) == FAULT_NONE;
    bool is_unused = is_one && record.erased && at >= AT_SALT && at < AT_SALT + JOURNAL_SALT_BYTES;
    if (is_one)
        must(journal_follows(&before, &record) == (change == 0 || is_unused) && !journal_follows(&other, &record));
    free(out);
}

/** Makes right what the options say. */
static void mend(uint8_t *raw, size_t len, uint8_t options)
{
    if (options & OPTION_VERSION) {
        raw[AT_VERSION] = 1;
        raw[AT_FLAGS] &= 1;
    }
    size_t header_len = get_u16(raw + AT_HEADER_LEN), end = JOURNAL_PREFIX_BYTES + header_len;
    if (options & OPTION_DIGEST && end <= len && (!raw[AT_FLAGS] || end + STORE_DIGEST_BYTES <= len)) {
        uint8_t body_digest[STORE_DIGEST_BYTES];
        journal_body_digest(bytes_of(raw + AT_SALT, JOURNAL_SALT_BYTES), bytes_of(raw + end, len - end), body_digest);
        journal_record_digest(&before, bytes_of(raw + JOURNAL_PREFIX_BYTES, header_len),
                              raw[AT_FLAGS] ? raw + len - STORE_DIGEST_BYTES : body_digest, raw + AT_DIGEST);
    }
    if (options & OPTION_CHECKSUM)
        put_u32(raw, crc32c(raw + AT_VERSION, len - AT_VERSION));
}

static void check_record(const struct journal_record *record, const uint8_t *options)
{
    struct bytes raw = record->raw;
    check_parts(record, raw);
    uint8_t *again = encode(record);
    must(memcmp(again, raw.data, raw.len) == 0);
    free(again);
    bool follows = journal_follows(&before, record);
    must(follows || !(options[0] & OPTION_DIGEST));
    if (!follows)
        return;
    struct journal_position position = journal_position_of(record);
    must(position.seq == SEQ && memcmp(position.digest, raw.data + AT_DIGEST, STORE_DIGEST_BYTES) == 0);
    if (!record->erased)
        check_erased(record);
    check_damaged(raw, options[1], options[2]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < OPTIONS_BYTES || size > MOST_BYTES)
        return 0;
    size_t len = size - OPTIONS_BYTES;
    uint8_t *raw = malloc(len ? len : 1);
    must(raw);
    memcpy(raw, data + OPTIONS_BYTES, len);
    if (len >= JOURNAL_PREFIX_BYTES)
        mend(raw, len, data[0]);
    struct journal_record record;
    if (journal_decode(SEQ, bytes_of(raw, len), &record) == FAULT_NONE)
        check_record(&record, data);
    free(raw);
    return 0;
}
