// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>

#include "common/base/crc32c.h"
#include "tests/unit/store_raw.h"

static const struct text BODY = {"a body with a name in it", 24};

/** Everything a header can hold. */
static struct journal_header full_header(void)
{
    return (struct journal_header){
        .time_ms = -5,
        .person = 17,
        .type = TEXT("person.created"),
        .subject = TEXT("person/17"),
        .actor = TEXT("anna"),
        .sender = TEXT("loader"),
        .id = TEXT("c-1"),
        .trace = TEXT("00-abc"),
        .expires_ms = 1700000600000,
        .command_digest = bytes_of("0123456789abcdef", 16),
        .reply = bytes_of("\x81\xa2id\x11", 5),
    };
}

static uint64_t append_full(struct store *store)
{
    struct journal_header header = full_header();
    struct store_txn *txn = store_begin_write(store);
    uint64_t seq = journal_append(txn, &header, text_bytes(BODY));
    assert_int_equal(store_commit(txn), FAULT_NONE);
    return seq;
}

static void get(struct store_txn *txn, uint64_t seq, struct journal_record *out_record)
{
    bool found = false;
    assert_int_equal(journal_get(txn, seq, out_record, &found), FAULT_NONE);
    assert_true(found);
}

static void assert_text(struct text actual, const char *expected)
{
    assert_true(text_equal(actual, text_of(expected)));
}

static void record_comes_back_as_it_went(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(append_full(fixture->store), 1);
    fixture_reopen(fixture);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_record record;
    get(txn, 1, &record);
    assert_int_equal(record.seq, 1);
    assert_int_equal(record.header.time_ms, -5);
    assert_int_equal(record.header.person, 17);
    assert_int_equal(record.header.expires_ms, 1700000600000);
    assert_bytes(record.header.command_digest, bytes_of("0123456789abcdef", 16));
    assert_text(record.header.type, "person.created");
    assert_text(record.header.subject, "person/17");
    assert_text(record.header.actor, "anna");
    assert_text(record.header.sender, "loader");
    assert_text(record.header.id, "c-1");
    assert_text(record.header.trace, "00-abc");
    assert_bytes(record.header.reply, bytes_of("\x81\xa2id\x11", 5));
    assert_bytes(record.body, text_bytes(BODY));
    assert_false(record.erased);
    bool found = true;
    assert_int_equal(journal_get(txn, 2, &record, &found), FAULT_NONE);
    assert_false(found);
    store_abort(txn);
}

/** Stored records outlive programs: the bytes of this one, made from fixed salts, may never change. */
static void layout_is_frozen(void **state)
{
    struct fixture *fixture = *state;
    static const char frozen[] =
        "cf32ffc40100005f72405b613e42ed7b097d00996914a6adf037b53e35df827182b4f18c096e6d0356e88a2252e62b13"
        "0ea7aa42e6da8ab8fffffffffffffffb00000000000000110000018bcfee8fc030313233343536373839616263646566"
        "0e706572736f6e2e6372656174656409706572736f6e2f313704616e6e61066c6f6164657203632d310630302d616263"
        "000581a26964116120626f647920776974682061206e616d6520696e206974";
    append_full(fixture->store);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_record record;
    get(txn, 1, &record);
    char hex[1024];
    assert_true(record.raw.len * 2 < sizeof hex);
    sodium_bin2hex(hex, sizeof hex, record.raw.data, record.raw.len);
    store_abort(txn);
    assert_string_equal(hex, frozen);
}

/** The digest as journal.h words it, put together another way. */
static void digest_is_as_documented(void **state)
{
    struct fixture *fixture = *state;
    append_full(fixture->store);
    append_full(fixture->store);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_record first, second;
    get(txn, 1, &first);
    get(txn, 2, &second);
    struct bytes raw = second.raw;
    size_t header_len = get_u16(raw.data + 6), input_len = 0;
    uint8_t input[1024], salted[256], body_digest[32], digest[32];
    memcpy(salted, raw.data + 40, 16);
    memcpy(salted + 16, BODY.data, BODY.len);
    crypto_generichash(body_digest, 32, salted, 16 + BODY.len, NULL, 0);
    memcpy(input, first.raw.data + 8, 32);
    put_u64(input + 32, 2);
    memcpy(input + 40, raw.data + 56, header_len);
    input_len = 40 + header_len;
    memcpy(input + input_len, body_digest, 32);
    crypto_generichash(digest, 32, input, input_len + 32, NULL, 0);
    assert_memory_equal(raw.data + 8, digest, 32);
    assert_int_equal(get_u32(raw.data), crc32c(raw.data + 4, raw.len - 4));
    assert_memory_not_equal(first.salt.data, second.salt.data, 16);

    struct journal_position at = journal_position_of(&first), last = journal_last(txn);
    assert_true(journal_follows(&at, &second));
    assert_false(journal_follows(&at, &first));
    at.digest[0] ^= 1;
    assert_false(journal_follows(&at, &second));
    assert_int_equal(last.seq, 2);
    assert_memory_equal(last.digest, second.digest.data, 32);
    store_abort(txn);
}

static void too_large_is_sticky(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t body[JOURNAL_MAX_BODY_BYTES + 1];
    static char text[256];
    memset(text, 't', sizeof text);
    struct journal_header too_long[4];
    for (size_t i = 0; i < 4; i++)
        too_long[i] = full_header();
    too_long[0].trace = (struct text){text, 256};
    too_long[1].reply = bytes_of(body, JOURNAL_MAX_REPLY_BYTES + 1);
    too_long[2].command_digest = bytes_of("short", 5);
    for (size_t i = 0; i < 4; i++) {
        struct store_txn *txn = store_begin_write(fixture->store);
        size_t len = i == 3 ? sizeof body : 10;
        assert_int_equal(journal_append(txn, &too_long[i], bytes_of(body, len)), 0);
        assert_int_equal(store_commit(txn), FAULT_TOO_LARGE);
    }
    struct journal_header longest = full_header();
    longest.type = longest.subject = longest.actor = longest.sender = longest.id = longest.trace =
        (struct text){text, 255};
    longest.reply = bytes_of(body, JOURNAL_MAX_REPLY_BYTES);
    struct store_txn *txn = store_begin_write(fixture->store);
    assert_int_equal(journal_append(txn, &longest, bytes_of(body, JOURNAL_MAX_BODY_BYTES)), 1);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    assert_int_equal(verify_all(fixture->store).seq, 0);
}

/** Whether `needle` stands anywhere in the record. */
static bool holds(struct bytes raw, struct bytes needle)
{
    return memmem(raw.data, raw.len, needle.data, needle.len) != NULL;
}

static void erasure_keeps_the_chain(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 5; i++)
        append_full(fixture->store);
    struct journal_record record;
    uint8_t salt[JOURNAL_SALT_BYTES];
    struct store_txn *txn = store_begin_write(fixture->store);
    get(txn, 3, &record);
    memcpy(salt, record.salt.data, sizeof salt);
    assert_true(holds(record.raw, text_bytes(BODY)));
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(journal_erase(txn, 3), FAULT_NONE);
        assert_int_equal(journal_erase(txn, 5), FAULT_NONE);
    }
    assert_int_equal(journal_erase(txn, 6), FAULT_CORRUPT);
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
    assert_int_equal(append_record(txn, "person.erased", ""), 6);
    assert_int_equal(journal_erase(txn, 6), FAULT_NONE);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_reopen(fixture);
    txn = store_begin_read(fixture->store);
    get(txn, 3, &record);
    assert_true(record.erased);
    assert_int_equal(record.body.len, 0);
    assert_false(holds(record.raw, text_bytes(BODY)));
    assert_false(holds(record.raw, bytes_of(salt, sizeof salt)));
    assert_text(record.header.type, "person.created");
    store_abort(txn);
    struct journal_problem problem = verify_all(fixture->store);
    assert_int_equal(problem.seq, 0);
    assert_null(problem.what);
    assert_int_equal(problem.checked, 6);
}

struct damage {
    size_t at;
    bool with_crc; // as somebody would who knows the layout
};

static size_t flip(uint8_t *value, size_t len, const void *context)
{
    const struct damage *damage = context;
    value[damage->at % len] ^= 0x10;
    if (damage->with_crc)
        put_u32(value, crc32c(value + 4, len - 4));
    return len;
}

/** Flips a bit in the record `seq` of five, and expects it to be found there and only there. */
static void assert_damage_is_found(struct fixture *fixture, uint64_t seq, struct damage damage)
{
    struct key key = key_of_id(seq);
    fixture_close(fixture);
    raw_edit(fixture->path, "journal", key_bytes(&key), flip, &damage);
    fixture_open(fixture);
    struct journal_problem problem = verify_all(fixture->store);
    assert_int_equal(problem.seq, seq);
    assert_non_null(problem.what);
    assert_int_equal(problem.checked, seq);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_record record;
    bool found;
    if (!damage.with_crc)
        assert_int_equal(journal_get(txn, seq, &record, &found), FAULT_CORRUPT);
    assert_int_equal(journal_get(txn, seq + 1, &record, &found), FAULT_NONE);
    store_abort(txn);
    fixture_close(fixture);
    raw_edit(fixture->path, "journal", key_bytes(&key), flip, &damage);
    fixture_open(fixture);
    assert_int_equal(verify_all(fixture->store).seq, 0);
}

static void damage_is_found_where_it_is(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 5; i++)
        append_full(fixture->store);
    uint64_t seed = 3;
    for (size_t i = 0; i < 40; i++) {
        size_t at = i < 8 ? i * 7 : (size_t)random_below(&seed, 200);
        assert_damage_is_found(fixture, 1 + random_below(&seed, 3), (struct damage){at, false});
    }
    assert_damage_is_found(fixture, 2, (struct damage){8, true});   // digest
    assert_damage_is_found(fixture, 2, (struct damage){41, true});  // salt
    assert_damage_is_found(fixture, 2, (struct damage){60, true});  // header
    assert_damage_is_found(fixture, 3, (struct damage){170, true}); // body
}

static void damaged_end_is_found_when_opening(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;
    append_records(fixture->store, 3);
    struct key last = key_of_id(3);
    struct damage damage = {60, true};
    fixture_close(fixture);
    raw_edit(fixture->path, "journal", key_bytes(&last), flip, &damage);
    assert_int_equal(store_open(&fixture->config, &store), FAULT_CORRUPT);
    raw_edit(fixture->path, "journal", key_bytes(&last), flip, &damage);
    fixture_open(fixture);
}

static void gap_is_found(void **state)
{
    struct fixture *fixture = *state;
    append_records(fixture->store, 6);
    struct key third = key_of_id(3);
    fixture_close(fixture);
    raw_delete(fixture->path, "journal", key_bytes(&third));
    fixture_open(fixture);
    assert_int_equal(verify_all(fixture->store).seq, 3);
    assert_string_equal(verify_all(fixture->store).what, "record is missing");
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_cursor cursor;
    struct journal_record record;
    journal_cursor_open(&cursor, txn, 0);
    assert_true(journal_cursor_next(&cursor, &record));
    assert_true(journal_cursor_next(&cursor, &record));
    assert_false(journal_cursor_next(&cursor, &record));
    assert_false(journal_cursor_next(&cursor, &record));
    journal_cursor_close(&cursor);
    assert_int_equal(store_txn_fault(txn), FAULT_CORRUPT);
    store_abort(txn);
}

static void verify_keeps_to_its_range(void **state)
{
    struct fixture *fixture = *state;
    append_records(fixture->store, 10);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_record record;
    get(txn, 4, &record);
    struct journal_position from = journal_position_of(&record);
    assert_int_equal(journal_verify(txn, from, 7).checked, 3);
    assert_int_equal(journal_verify(txn, from, 7).seq, 0);
    assert_int_equal(journal_verify(txn, from, 0).checked, 6);
    assert_int_equal(journal_verify(txn, from, 12).seq, 11);
    from.digest[5] ^= 1;
    assert_int_equal(journal_verify(txn, from, 0).seq, 5);
    store_abort(txn);
}

static void cursor_walks_in_order(void **state)
{
    struct fixture *fixture = *state;
    append_records(fixture->store, 10);
    struct store_txn *txn = store_begin_read(fixture->store);
    for (uint64_t after = 0; after <= 11; after++) {
        struct journal_cursor cursor;
        struct journal_record record;
        uint64_t expected = after;
        journal_cursor_open(&cursor, txn, after);
        while (journal_cursor_next(&cursor, &record))
            assert_int_equal(record.seq, ++expected);
        assert_int_equal(expected, after < 10 ? 10 : after);
        journal_cursor_close(&cursor);
    }
    struct journal_cursor none;
    struct journal_record record;
    journal_cursor_open(&none, txn, UINT64_MAX);
    assert_false(journal_cursor_next(&none, &record));
    journal_cursor_close(&none);
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
    store_abort(txn);
}

/**
 * Bytes that come from another service are no better than any: nothing but an exact record decodes, and nothing
 * crashes.
 */
static void decode_takes_no_other_bytes(void **state)
{
    struct fixture *fixture = *state;
    append_full(fixture->store);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_record good, record;
    get(txn, 1, &good);
    uint64_t seed = 4;
    for (size_t len = 0; len < good.raw.len; len++) {
        uint8_t *cut = exact_copy(good.raw.data, len);
        assert_int_equal(journal_decode(1, bytes_of(cut, len), &record), FAULT_CORRUPT);
        if (len >= 4)
            put_u32(cut, crc32c(cut + 4, len - 4));
        if (journal_decode(1, bytes_of(cut, len), &record) == FAULT_NONE) // a shorter body is a body
            assert_false(journal_follows(&(struct journal_position){0}, &record));
        free_exact(cut);
    }
    for (int i = 0; i < 20000; i++) {
        uint8_t *wrong = exact_copy(good.raw.data, good.raw.len);
        for (uint64_t flips = 1 + random_below(&seed, 3); flips > 0; flips--)
            wrong[4 + random_below(&seed, 60)] = (uint8_t)next_random(&seed);
        put_u32(wrong, crc32c(wrong + 4, good.raw.len - 4));
        if (memcmp(wrong, good.raw.data, good.raw.len) != 0 &&
            journal_decode(1, bytes_of(wrong, good.raw.len), &record) == FAULT_NONE)
            assert_false(journal_follows(&(struct journal_position){0}, &record));
        free_exact(wrong);
    }
    store_abort(txn);
}

static void command_digest_tells_commands_apart(void **state)
{
    struct fixture *fixture = *state;
    uint8_t a[16], b[16];
    journal_command_digest(fixture->store, TEXT("person.create"), bytes_of_text("x"), a);
    journal_command_digest(fixture->store, TEXT("person.create"), bytes_of_text("x"), b);
    assert_memory_equal(a, b, 16);
    journal_command_digest(fixture->store, TEXT("person.create"), bytes_of_text("y"), b);
    assert_memory_not_equal(a, b, 16);
    journal_command_digest(fixture->store, TEXT("person.creat"), bytes_of_text("ex"), b);
    assert_memory_not_equal(a, b, 16);
    struct fixture other;
    fixture_prepare(&other);
    other.random_state = 99; // another secret
    fixture_open(&other);
    journal_command_digest(other.store, TEXT("person.create"), bytes_of_text("x"), b);
    assert_memory_not_equal(a, b, 16);
    fixture_close(&other);
    remove_tree(other.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(record_comes_back_as_it_went, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(layout_is_frozen, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(digest_is_as_documented, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(too_large_is_sticky, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(erasure_keeps_the_chain, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(damage_is_found_where_it_is, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(damaged_end_is_found_when_opening, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(gap_is_found, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(verify_keeps_to_its_range, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(cursor_walks_in_order, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(decode_takes_no_other_bytes, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(command_digest_tells_commands_apart, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
