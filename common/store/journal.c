// SPDX-License-Identifier: Apache-2.0
#include "common/store/journal.h"

#include <sodium.h>

#include "common/base/endian.h"
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/store/internal.h"
#include "common/store/key.h"

static const struct store_table *journal_table(void)
{
    return &store_own_tables[SLOT_JOURNAL];
}

/** One call of the kernel's generator a record would cost a fifth of an append: salts are drawn many at a time. */
static void next_salt(struct store *store, uint8_t *out)
{
    struct store_writer *writer = &store->writer;
    if (writer->salts_used == sizeof writer->salts) {
        random_fill(store->config.random, writer->salts, sizeof writer->salts);
        writer->salts_used = 0;
    }
    uint8_t *salt = writer->salts + writer->salts_used;
    memcpy(out, salt, JOURNAL_SALT_BYTES);
    memset(salt, 0, JOURNAL_SALT_BYTES); // once its record is erased no copy may be left
    writer->salts_used += JOURNAL_SALT_BYTES;
}

uint64_t journal_append(struct store_txn *txn, const struct journal_header *header, struct bytes body)
{
    if (txn->fault)
        return 0;
    must(txn->writing);
    size_t header_len = journal_header_size(header);
    if (header_len == 0 || body.len > JOURNAL_MAX_BODY_BYTES) {
        store_txn_fail_logged(txn, FAULT_TOO_LARGE, "appending to the journal");
        return 0;
    }
    uint8_t *record = txn->store->writer.scratch;
    uint8_t *digest = record + 8, *salt = record + 40, *encoded = record + JOURNAL_PREFIX_BYTES;
    size_t len = JOURNAL_PREFIX_BYTES + header_len + body.len;
    journal_header_encode(header, encoded);
    if (body.len)
        memcpy(encoded + header_len, body.data, body.len);
    next_salt(txn->store, salt);
    uint8_t body_digest[STORE_DIGEST_BYTES];
    journal_body_digest(bytes_of(salt, JOURNAL_SALT_BYTES), body, body_digest);
    journal_record_digest(&txn->head, bytes_of(encoded, header_len), body_digest, digest);
    journal_seal(record, len, header_len, false);

    uint8_t key[8];
    put_u64(key, txn->head.seq + 1);
    store_append(txn, journal_table(), bytes_of(key, sizeof key), bytes_of(record, len));
    if (txn->fault)
        return 0;
    txn->head.seq++;
    memcpy(txn->head.digest, digest, STORE_DIGEST_BYTES);
    return txn->head.seq;
}

enum fault journal_get(struct store_txn *txn, uint64_t seq, struct journal_record *out_record, bool *out_found)
{
    uint8_t key[8];
    put_u64(key, seq);
    struct bytes raw;
    bool found = store_get(txn, journal_table(), bytes_of(key, sizeof key), &raw);
    if (txn->fault)
        return txn->fault;
    if (found && journal_decode(seq, raw, out_record) != FAULT_NONE) {
        LOG(LOG_LEVEL_ERROR, "journal record is damaged", log_name("path", txn->store->path.text),
            log_int("seq", (int64_t)seq));
        return FAULT_CORRUPT;
    }
    *out_found = found;
    return FAULT_NONE;
}

struct journal_position journal_read_last(struct store_txn *txn)
{
    struct journal_position last = {0};
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, journal_table());
    if (store_cursor_last(&cursor)) {
        if (cursor.key.len == 8 && cursor.value.len > JOURNAL_PREFIX_BYTES) {
            last.seq = get_u64(cursor.key.data);
            memcpy(last.digest, cursor.value.data + 8, STORE_DIGEST_BYTES);
        } else {
            store_txn_fail_logged(txn, FAULT_CORRUPT, "reading the journal's last record");
        }
    }
    store_cursor_close(&cursor);
    return last;
}

enum fault journal_erase(struct store_txn *txn, uint64_t seq)
{
    struct journal_record record;
    bool found = false;
    enum fault fault = journal_get(txn, seq, &record, &found);
    if (fault || !found)
        return fault ? fault : FAULT_CORRUPT;
    if (record.erased)
        return FAULT_NONE;
    must(txn->writing);
    uint8_t *erased = txn->store->writer.scratch;
    size_t header_len = record.raw.len - JOURNAL_PREFIX_BYTES - record.body.len;
    memcpy(erased, record.raw.data, JOURNAL_PREFIX_BYTES + header_len);
    memset(erased + 40, 0, JOURNAL_SALT_BYTES);
    journal_body_digest(record.salt, record.body, erased + JOURNAL_PREFIX_BYTES + header_len);
    size_t len = JOURNAL_PREFIX_BYTES + header_len + STORE_DIGEST_BYTES;
    journal_seal(erased, len, header_len, true);
    uint8_t key[8];
    put_u64(key, seq);
    store_put(txn, journal_table(), bytes_of(key, sizeof key), bytes_of(erased, len));
    return txn->fault;
}

void journal_command_digest(const struct store *store, struct text type, struct bytes body,
                            uint8_t out_digest[JOURNAL_COMMAND_DIGEST_BYTES])
{
    uint8_t body_digest[JOURNAL_COMMAND_DIGEST_BYTES];
    const uint8_t *secret = store->secret + STORE_SECRET_BYTES - crypto_shorthash_siphashx24_KEYBYTES;
    struct key both = {.len = 0};
    must(type.len + sizeof body_digest <= STORE_MAX_KEY_BYTES);
    crypto_shorthash_siphashx24(body_digest, body.data, body.len, secret);
    key_bytes_add(&both, bytes_of(body_digest, sizeof body_digest));
    key_bytes_add(&both, text_bytes(type));
    crypto_shorthash_siphashx24(out_digest, both.data, both.len, secret);
}
