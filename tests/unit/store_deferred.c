// SPDX-License-Identifier: Apache-2.0
/**
 * Deferred indexes, by what index.h and store.h say of them: whatever waits in memory, lies in the log or is being
 * merged, a reader sees what was committed up to its snapshot. Few entries are let wait, so that runs are frozen and
 * merged all the time. Every test prints its seed; PERSONKORT_SEED=n tries others.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#include "common/store/internal.h"
#include "common/store/replog.h"
#include "tests/unit/store_fixture.h"

enum side {
    DEFERRED,
    DIRECT, // beside it in the same store
    SIDES,
};
static const struct index maps[SIDES] = {{{"late_map", 20}, INDEX_MAP, INDEX_SOUGHT},
                                         {{"map", 22}, INDEX_MAP, INDEX_DIRECT}};
static const struct index counters[SIDES] = {{{"late_counter", 21}, INDEX_COUNTER, INDEX_DEFERRED},
                                             {{"counter", 23}, INDEX_COUNTER, INDEX_DIRECT}};
static const struct index *const map = &maps[DEFERRED], *const counter = &counters[DEFERRED];

static const struct store_table *const tables[] = {&rows_table};
static const struct index *const indexes[] = {&maps[DEFERRED], &maps[DIRECT], &counters[DEFERRED], &counters[DIRECT]};

static const size_t few_entries[] = {1, 7, 50}; // that may wait

static void use_deferred(struct fixture *fixture)
{
    fixture->config.tables = tables;
    fixture->config.table_count = sizeof tables / sizeof *tables;
    fixture->config.indexes = indexes;
    fixture->config.index_count = sizeof indexes / sizeof *indexes;
    fixture->config.index_memory_entries = few_entries[1];
}

static int setup_deferred_closed(void **state)
{
    setup_no_store(state);
    use_deferred(*state);
    return 0;
}

static int setup_deferred(void **state)
{
    setup_deferred_closed(state);
    fixture_open(*state);
    return 0;
}

static void reopen_with(struct fixture *fixture, size_t memory_entries)
{
    fixture_close(fixture);
    fixture->config.index_memory_entries = memory_entries;
    fixture_open(fixture);
}

static size_t some_limit(uint64_t *seed)
{
    return few_entries[random_below(seed, sizeof few_entries / sizeof *few_entries)];
}

static uint64_t seed_of(uint64_t seed)
{
    const char *other = getenv("PERSONKORT_SEED");
    if (other)
        seed += 1000 * strtoull(other, NULL, 10);
    print_message("seed %" PRIu64 "\n", seed);
    return seed;
}

/** A key anywhere, another one for each number. */
static struct key scattered(uint64_t number)
{
    return key_of_id(next_random(&number));
}

static void put_number(struct store_txn *txn, const struct index *index, uint64_t number)
{
    struct key key = scattered(number), value = key_of_id(number);
    index_put(txn, index, key_bytes(&key), key_bytes(&value));
}

static uint64_t rows_in(struct store *store, const struct index *index)
{
    struct store_txn *txn = store_begin_read(store);
    uint64_t count = store_count(txn, &index->table);
    store_abort(txn);
    return count;
}

/* A plain model: every key of 1 to 4 letters and some as long as a key may be, in key order, and what each holds. */

enum {
    LETTERS = 4,
    LONG_KEYS = 12,
    KEYS = 4 + 16 + 64 + 256 + LONG_KEYS,
    MAX_VALUE = 512,
    MAX_BATCH = 60,
};

static const uint8_t letters[LETTERS] = {0x00, 'a', 'b', 0xff};

struct model_key {
    uint8_t data[STORE_MAX_KEY_BYTES];
    size_t len;
};

static struct model_key model_keys[KEYS];

struct entry {
    bool present; // of the map
    size_t value_len;
    uint64_t value;
    int64_t sum; // of the counter
};

struct model {
    struct entry entries[SIDES][KEYS];
};

static struct bytes key_at(int row)
{
    return bytes_of(model_keys[row].data, model_keys[row].len);
}

static int by_key(const void *a, const void *b)
{
    const struct model_key *one = a, *other = b;
    return bytes_compare(bytes_of(one->data, one->len), bytes_of(other->data, other->len));
}

static int make_keys(void **state)
{
    (void)state;
    struct model_key *key = model_keys;
    for (size_t len = 1; len <= 4; len++)
        for (unsigned number = 0; number < 1u << 2 * len; number++, key++) {
            key->len = len;
            for (size_t i = 0; i < len; i++)
                key->data[i] = letters[number >> 2 * i & 3];
        }
    for (int i = 0; i < LONG_KEYS; i++, key++) {
        memset(key->data, letters[i % LETTERS], sizeof key->data);
        key->data[sizeof key->data - 1] = letters[i / LETTERS];
        key->len = sizeof key->data;
    }
    qsort(model_keys, KEYS, sizeof *model_keys, by_key);
    return key == model_keys + KEYS ? 0 : -1;
}

static struct bytes value_of(const struct entry *entry, uint8_t space[MAX_VALUE])
{
    for (size_t i = 0; i < entry->value_len; i++)
        space[i] = (uint8_t)(entry->value >> i % 8 * 8);
    return bytes_of(space, entry->value_len);
}

static void put_entry(struct entry *entry, struct store_txn *txn, const struct index *index, int row, uint64_t *seed)
{
    static const size_t lens[] = {0, 0, 1, 8, 8, 8, 8, MAX_VALUE};
    uint8_t space[MAX_VALUE];
    entry->present = true;
    entry->value_len = lens[random_below(seed, sizeof lens / sizeof *lens)];
    entry->value = next_random(seed);
    index_put(txn, index, key_at(row), value_of(entry, space));
}

static void add_to_entry(struct entry *entry, struct store_txn *txn, const struct index *index, int row, uint64_t *seed)
{
    int64_t amounts[] = {-2, -1, 0, 1, 2, 3, (int64_t)1 << 40, -entry->sum, -entry->sum};
    int64_t amount = amounts[random_below(seed, sizeof amounts / sizeof *amounts)];
    entry->sum += amount;
    index_add(txn, index, key_at(row), amount);
}

static void change(struct model *model, struct store_txn *txn, uint64_t *seed)
{
    enum side side = random_below(seed, 4) > 0 ? DEFERRED : DIRECT;
    bool hot = random_below(seed, 4) == 0;
    int row = hot ? (int)random_below(seed, 9) * 39 : (int)random_below(seed, KEYS);
    struct entry *entry = &model->entries[side][row];
    switch (random_below(seed, 6)) {
    case 0:
    case 1:
        put_entry(entry, txn, &maps[side], row, seed);
        break;
    case 2:
        entry->present = false;
        index_delete(txn, &maps[side], key_at(row));
        break;
    default:
        add_to_entry(entry, txn, &counters[side], row, seed);
        break;
    }
}

static void assert_entry(const struct model *model, struct store_txn *txn, enum side side, int row)
{
    const struct entry *entry = &model->entries[side][row];
    uint8_t space[MAX_VALUE];
    struct bytes value;
    bool there = index_get_unique(txn, &maps[side], key_at(row), &value);
    assert_int_equal(there, entry->present);
    if (there)
        assert_bytes(value, value_of(entry, space));
    assert_int_equal(index_get_sum(txn, &counters[side], key_at(row)), entry->sum);
}

static void assert_look_ups(const struct model *model, struct store_txn *txn, uint64_t *seed)
{
    assert_entry(model, txn, DEFERRED, (int)random_below(seed, KEYS));
    assert_entry(model, txn, DIRECT, (int)random_below(seed, KEYS));
    struct model_key absent = model_keys[random_below(seed, KEYS)];
    struct bytes value;
    absent.data[absent.len - 1] = 'c';
    assert_false(index_get_unique(txn, map, bytes_of(absent.data, absent.len), &value));
    assert_int_equal(index_get_sum(txn, counter, bytes_of(absent.data, absent.len)), 0);
}

struct range {
    struct bytes prefix;
    struct bytes from;
    bool descending;
};

static bool in_range(const struct entry *entry, int row, const struct range *range, enum index_kind kind)
{
    struct bytes key = key_at(row);
    if (kind == INDEX_COUNTER ? entry->sum == 0 : !entry->present)
        return false;
    if (!text_starts_with(bytes_text(key), bytes_text(range->prefix)))
        return false;
    int order = bytes_compare(key, range->from);
    return range->from.len == 0 || (range->descending ? order <= 0 : order >= 0);
}

static void assert_at(const struct index_scan *scan, const struct entry *entry, int row, enum index_kind kind)
{
    uint8_t space[MAX_VALUE];
    assert_bytes(scan->key, key_at(row));
    if (kind == INDEX_COUNTER)
        assert_int_equal(scan->sum, entry->sum);
    else
        assert_bytes(scan->value, value_of(entry, space));
}

static void assert_scan(const struct entry *entries, struct store_txn *txn, const struct index *index,
                        const struct range *range)
{
    struct index_scan scan;
    index_scan_open(&scan, txn, index, range->prefix, range->from, range->descending);
    for (int i = 0; i < KEYS; i++) {
        int row = range->descending ? KEYS - 1 - i : i;
        if (!in_range(&entries[row], row, range, index->kind))
            continue;
        assert_true(index_scan_next(&scan));
        assert_at(&scan, &entries[row], row, index->kind);
    }
    assert_false(index_scan_next(&scan));
    assert_false(index_scan_next(&scan));
    index_scan_close(&scan);
}

/** The prefix is the beginning of some key; `from` is often outside it, and often no key there is. */
static void assert_scans(const struct model *model, struct store_txn *txn, uint64_t *seed)
{
    enum side side = random_below(seed, 4) > 0 ? DEFERRED : DIRECT;
    struct model_key from = model_keys[random_below(seed, KEYS)];
    struct range range = {.descending = random_below(seed, 2) == 1};
    if (random_below(seed, 3) > 0) {
        range.prefix = key_at((int)random_below(seed, KEYS));
        range.prefix.len = random_below(seed, range.prefix.len + 1);
    }
    if (random_below(seed, 3) > 0)
        range.from = bytes_of(from.data, from.len);
    if (random_below(seed, 3) == 0)
        from.data[from.len - 1] ^= 1;
    assert_scan(model->entries[side], txn, &maps[side], &range);
    assert_scan(model->entries[side], txn, &counters[side], &range);
}

static void assert_all(const struct model *model, struct store_txn *txn)
{
    for (enum side side = 0; side < SIDES; side++) {
        for (int row = 0; row < KEYS; row++)
            assert_entry(model, txn, side, row);
        for (int descending = 0; descending < 2; descending++) {
            struct range range = {.descending = descending};
            assert_scan(model->entries[side], txn, &maps[side], &range);
            assert_scan(model->entries[side], txn, &counters[side], &range);
        }
    }
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
}

static void assert_store(const struct model *model, struct store *store)
{
    struct store_txn *txn = store_begin_read(store);
    assert_all(model, txn);
    store_abort(txn);
}

/** A batch that reads what it wrote, and is then committed, aborted, or fails. */
static void write_batch(struct store *store, struct model *committed, uint64_t *seed)
{
    static struct model model;
    struct store_txn *txn = store_begin_write(store);
    model = *committed;
    for (uint64_t left = random_below(seed, MAX_BATCH + 1); left > 0; left--) {
        change(&model, txn, seed);
        assert_look_ups(&model, txn, seed);
        if (random_below(seed, 4) == 0)
            assert_scans(&model, txn, seed);
    }
    switch (random_below(seed, 10)) {
    case 0:
    case 1:
        store_abort(txn);
        break;
    case 2:
        store_txn_fail(txn, FAULT_MEMORY);
        change(&model, txn, seed);
        assert_int_equal(store_commit(txn), FAULT_MEMORY);
        break;
    default:
        assert_int_equal(store_commit(txn), FAULT_NONE);
        *committed = model;
        break;
    }
}

/* Histories with snapshots that outlive many batches, each with a look-up's answer and a scan that is under way. */

enum { SNAPSHOTS = 4 };

struct snapshot {
    struct store_txn *txn; // NULL: none
    struct model model;
    int held_row;
    struct bytes held; // of the deferred map; empty: nothing
    const struct index *scanned;
    struct index_scan scan;
    int steps; // rows of the model that the scan has passed
};

static void open_snapshot(struct snapshot *snapshot, struct store *store, const struct model *model, uint64_t *seed)
{
    static const struct bytes nothing;
    snapshot->txn = store_begin_read(store);
    snapshot->model = *model;
    snapshot->held_row = (int)random_below(seed, KEYS);
    snapshot->held = nothing;
    index_get_unique(snapshot->txn, map, key_at(snapshot->held_row), &snapshot->held);
    snapshot->scanned = random_below(seed, 2) == 0 ? map : counter;
    snapshot->steps = 0;
    index_scan_open(&snapshot->scan, snapshot->txn, snapshot->scanned, nothing, nothing, random_below(seed, 2) == 0);
}

static void step_scan(struct snapshot *snapshot, int steps)
{
    struct range range = {.descending = snapshot->scan.descending};
    enum index_kind kind = snapshot->scanned->kind;
    for (int end = snapshot->steps + steps; snapshot->steps < KEYS && snapshot->steps < end; snapshot->steps++) {
        int row = range.descending ? KEYS - 1 - snapshot->steps : snapshot->steps;
        const struct entry *entry = &snapshot->model.entries[DEFERRED][row];
        if (!in_range(entry, row, &range, kind))
            continue;
        assert_true(index_scan_next(&snapshot->scan));
        assert_at(&snapshot->scan, entry, row, kind);
    }
    if (snapshot->steps == KEYS)
        assert_false(index_scan_next(&snapshot->scan));
}

static void visit_snapshot(struct snapshot *snapshot, uint64_t *seed)
{
    const struct entry *entry = &snapshot->model.entries[DEFERRED][snapshot->held_row];
    uint8_t space[MAX_VALUE];
    if (!snapshot->txn)
        return;
    if (entry->present)
        assert_bytes(snapshot->held, value_of(entry, space));
    assert_look_ups(&snapshot->model, snapshot->txn, seed);
    assert_scans(&snapshot->model, snapshot->txn, seed);
    step_scan(snapshot, (int)random_below(seed, 40));
}

static void close_snapshot(struct snapshot *snapshot)
{
    if (!snapshot->txn)
        return;
    step_scan(snapshot, KEYS);
    index_scan_close(&snapshot->scan);
    assert_all(&snapshot->model, snapshot->txn);
    store_abort(snapshot->txn);
    snapshot->txn = NULL;
}

static void live_through(struct fixture *fixture, uint64_t seed, int rounds, size_t memory_entries)
{
    static struct model committed;
    static struct snapshot snapshots[SNAPSHOTS];
    memset(&committed, 0, sizeof committed);
    reopen_with(fixture, memory_entries);
    for (int round = 0; round < rounds; round++) {
        struct snapshot *snapshot = &snapshots[random_below(&seed, SNAPSHOTS)];
        if (random_below(&seed, 5) == 0) {
            close_snapshot(snapshot);
            open_snapshot(snapshot, fixture->store, &committed, &seed);
        }
        write_batch(fixture->store, &committed, &seed);
        for (int i = 0; i < SNAPSHOTS; i++)
            visit_snapshot(&snapshots[i], &seed);
        bool reopen = random_below(&seed, 40) == 0;
        for (int i = 0; i < SNAPSHOTS && (reopen || round + 1 == rounds); i++)
            close_snapshot(&snapshots[i]);
        if (reopen)
            reopen_with(fixture,
                        memory_entries == 0 || random_below(&seed, 4) > 0 ? memory_entries : some_limit(&seed));
        if (reopen || round % 8 == 0)
            assert_store(&committed, fixture->store);
    }
    assert_true(memory_entries == 0 || rows_in(fixture->store, map) > 0); // so it was merged
    assert_true(memory_entries == 0 || rows_in(fixture->store, counter) > 0);
}

static void history_with_one_waiting(void **state)
{
    live_through(*state, seed_of(10), 250, 1);
}

static void history_with_some_waiting(void **state)
{
    live_through(*state, seed_of(11), 250, 7);
}

static void history_with_more_waiting(void **state)
{
    live_through(*state, seed_of(12), 250, 50);
}

static void history_with_all_waiting(void **state)
{
    live_through(*state, seed_of(13), 120, 0);
}

/** Twice the limit and a batch; when batches are larger than the limit, two of them. */
static void waiting_entries_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = seed_of(30), count = 0;
    for (int round = 0; round < 300; round++) {
        uint64_t most = round < 200 ? 60 : 2000, size = 1 + random_below(&seed, most);
        if (round % 50 == 0)
            reopen_with(fixture, round % 100 == 0 ? 100 : 20);
        struct store_txn *txn = store_begin_write(fixture->store);
        for (uint64_t i = 0; i < size; i++)
            put_number(txn, map, count + i);
        if (random_below(&seed, 5) == 0) {
            store_abort(txn);
            continue;
        }
        assert_int_equal(store_commit(txn), FAULT_NONE);
        count += size;
        uint64_t merged = rows_in(fixture->store, map);
        assert_true(merged <= count);
        assert_true(count - merged <= 2 * 100 + (most > 100 ? 2 * most : most));
    }
}

/** Puts one key and adds to one, so that something is frozen and merged. */
static void write_on(struct store *store, int batches)
{
    for (int i = 0; i < batches; i++) {
        struct store_txn *txn = store_begin_write(store);
        put_number(txn, map, 0);
        index_add(txn, counter, bytes_of_text("on"), 1);
        assert_int_equal(store_commit(txn), FAULT_NONE);
    }
}

static void nothing_is_left_of_what_is_gone(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 500 };
    reopen_with(fixture, 1);
    for (int round = 0; round < 3; round++) {
        for (int gone = 0; gone < 2; gone++) {
            struct store_txn *txn = store_begin_write(fixture->store);
            for (uint64_t i = 1; i <= COUNT; i++) {
                struct key key = scattered(i);
                if (gone)
                    index_delete(txn, map, key_bytes(&key));
                else
                    put_number(txn, map, i);
                index_add(txn, counter, key_bytes(&key), gone ? -(int64_t)i : (int64_t)i);
            }
            assert_int_equal(store_commit(txn), FAULT_NONE);
            write_on(fixture->store, 20);
            uint64_t expected = gone ? 0 : COUNT; // and what write_on wrote, unless it waits
            assert_in_range(rows_in(fixture->store, map), expected, expected + 1);
            assert_in_range(rows_in(fixture->store, counter), expected, expected + 1);
        }
    }
}

/** Entries for the same keys again and again: what was merged leaves the log, one key's entries too. */
static void file_does_not_grow_by_what_was_merged(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t keys[] = {1, 300};
    uint64_t seed = seed_of(35), used[2] = {0};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (int round = 0; round < 400; round++) {
            struct store_txn *txn = store_begin_write(fixture->store);
            for (int entry = 0; entry < 50; entry++) {
                struct key key = scattered(random_below(&seed, keys[i]));
                index_put(txn, map, key_bytes(&key), key_bytes(&key));
                index_add(txn, counter, key_bytes(&key), 1);
            }
            assert_int_equal(store_commit(txn), FAULT_NONE);
            used[round / 200] = store_usage(fixture->store).used_bytes;
            assert_true(round < 200 || used[1] < used[0] + used[0] / 2);
        }
}

static void too_large_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t block[513] = {1};
    const struct bytes keys[] = {bytes_of(block, 0), bytes_of(block, 512), bytes_of(block, 1)};
    struct bytes found;
    for (int i = 0; i < 5; i++) {
        struct store_txn *txn = store_begin_write(fixture->store);
        index_put(txn, map, bytes_of_text("fits"), bytes_of(block, 512));
        index_add(txn, counter, bytes_of(block, 511), 1);
        assert_int_equal(store_txn_fault(txn), FAULT_NONE);
        if (i < 3)
            index_put(txn, map, keys[i], bytes_of(block, i == 2 ? 513 : 1));
        else
            index_add(txn, counter, keys[i - 3], 1);
        assert_false(index_get_unique(txn, map, bytes_of_text("fits"), &found));
        assert_int_equal(store_commit(txn), FAULT_TOO_LARGE);
        txn = store_begin_read(fixture->store);
        assert_false(index_get_unique(txn, map, bytes_of_text("fits"), &found));
        assert_false(index_get_unique(txn, map, keys[i % 2], &found)); // no row has such a key
        assert_int_equal(index_get_sum(txn, counter, keys[i % 2]), 0);
        assert_int_equal(index_get_sum(txn, counter, bytes_of(block, 511)), 0);
        assert_int_equal(store_txn_fault(txn), FAULT_NONE);
        store_abort(txn);
    }
}

/* Counters. */

static void assert_sum(struct store_txn *txn, struct bytes key, int64_t sum)
{
    static const struct bytes nothing;
    struct index_scan scan;
    assert_int_equal(index_get_sum(txn, counter, key), sum);
    index_scan_open(&scan, txn, counter, key, nothing, false);
    assert_int_equal(index_scan_next(&scan), sum != 0);
    if (sum != 0)
        assert_int_equal(scan.sum, sum);
    assert_false(index_scan_next(&scan));
    index_scan_close(&scan);
}

/** No sum passes an end here, but what is added since the last merge often does. */
static void sums_reach_their_ends(void **state)
{
    struct fixture *fixture = *state;
    static const int64_t amounts[] = {INT64_MAX,  0,          INT64_MIN, 1,  INT64_MIN,     INT64_MAX, 1, INT64_MAX,
                                      -INT64_MAX, -INT64_MAX, -1,        -0, INT64_MAX,     INT64_MAX, 1, -INT64_MAX,
                                      INT64_MIN,  INT64_MAX,  1,         -1, INT64_MIN + 1, INT64_MAX, 1};
    uint64_t seed = seed_of(50);
    struct bytes key = bytes_of_text("k");
    int64_t sum = 0;
    struct store_txn *txn = store_begin_write(fixture->store);
    for (size_t i = 0; i < 60 * (sizeof amounts / sizeof *amounts); i++) {
        int64_t amount = amounts[i % (sizeof amounts / sizeof *amounts)];
        assert_false(__builtin_add_overflow(sum, amount, &sum));
        index_add(txn, counter, key, amount);
        assert_sum(txn, key, sum);
        for (uint64_t other = random_below(&seed, 4); other > 0; other--)
            index_add(txn, counter, bytes_of_text(other % 2 ? "j" : "l"), 1);
        if (random_below(&seed, 3) == 0) {
            assert_int_equal(store_commit(txn), FAULT_NONE);
            if (random_below(&seed, 20) == 0)
                reopen_with(fixture, some_limit(&seed));
            txn = store_begin_write(fixture->store);
            assert_sum(txn, key, sum);
        }
    }
    assert_int_equal(sum, 0);
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static void hot_key_is_added_to_again_and_again(void **state)
{
    struct fixture *fixture = *state;
    enum { BATCHES = 40, BATCH = 500 };
    struct bytes hot = bytes_of_text("hot");
    uint64_t seed = seed_of(60);
    int64_t sum = 0, others = 0;
    reopen_with(fixture, 100);
    for (int batch = 0; batch < BATCHES; batch++) {
        struct store_txn *txn = store_begin_write(fixture->store);
        for (int i = 0; i < BATCH; i++) {
            struct key other = scattered(random_below(&seed, 2000));
            index_add(txn, counter, hot, ++sum % 7);
            index_add(txn, counter, key_bytes(&other), 1);
        }
        assert_int_equal(index_get_sum(txn, counter, hot), (sum / 7) * 21 + (sum % 7) * (sum % 7 + 1) / 2);
        assert_int_equal(store_commit(txn), FAULT_NONE);
    }
    struct store_txn *txn = store_begin_read(fixture->store);
    struct index_scan scan;
    index_scan_open(&scan, txn, counter, bytes_of(NULL, 0), bytes_of(NULL, 0), false);
    while (index_scan_next(&scan))
        others += bytes_equal(scan.key, hot) ? 0 : scan.sum;
    index_scan_close(&scan);
    store_abort(txn);
    assert_int_equal(others, BATCHES * BATCH);
    assert_true(rows_in(fixture->store, counter) > 500);
}

static void sum_goes_to_nothing_and_back(void **state)
{
    struct fixture *fixture = *state;
    struct bytes key = bytes_of_text("k");
    for (int64_t round = 0; round < 12; round++)
        for (int64_t step = 0; step < 2; step++) {
            struct store_txn *txn = store_begin_write(fixture->store);
            index_add(txn, counter, key, step == 0 ? round - 4 : 4 - round);
            assert_sum(txn, key, step == 0 ? round - 4 : 0);
            assert_int_equal(store_commit(txn), FAULT_NONE);
            write_on(fixture->store, (int)round);
            txn = store_begin_read(fixture->store);
            assert_sum(txn, key, step == 0 ? round - 4 : 0);
            store_abort(txn);
        }
}

/*
 * Rows that tell by their number alone what the indexes must hold, for writers that are killed or run beside readers:
 * row n is put into the map, one before it may leave it, and counters tell how many there are.
 */

enum {
    BUCKETS = 97,
    STAY = 100, // rows, before one leaves the map again
};

static bool has_left(uint64_t row, uint64_t last)
{
    return row + STAY <= last && (row + STAY) % 3 == 0;
}

static void add_row(struct store_txn *txn)
{
    uint64_t row = append_record(txn, "row.added", "a row");
    struct key key = key_of_id(row), bucket = scattered(row % BUCKETS), left = scattered(row - STAY);
    store_append(txn, &rows_table, key_bytes(&key), key_bytes(&key));
    put_number(txn, map, row);
    if (row > STAY && has_left(row - STAY, row))
        index_delete(txn, map, key_bytes(&left));
    index_add(txn, counter, key_bytes(&bucket), 1);
    index_add(txn, counter, bytes_of_text("all"), 1);
    index_add(txn, counter, bytes_of_text("odd"), row % 2 ? 1 : -1);
}

/** Whether the scan's key comes after `last` in its order; it is then the last. */
static bool moves_on(const struct index_scan *scan, struct key *last)
{
    int order = bytes_compare(scan->key, key_bytes(last));
    bool on = last->len == 0 || (scan->descending ? order < 0 : order > 0);
    last->len = 0;
    key_bytes_add(last, scan->key);
    return on;
}

static bool counts_agree(struct store_txn *txn, uint64_t rows, bool descending)
{
    struct index_scan scan;
    struct key last = {.len = 0};
    int64_t all = 0, odd = 0, buckets = 0;
    bool agrees = true;
    index_scan_open(&scan, txn, counter, bytes_of(NULL, 0), bytes_of(NULL, 0), descending);
    while (agrees && index_scan_next(&scan)) {
        agrees = moves_on(&scan, &last) && scan.sum != 0;
        if (bytes_equal(scan.key, bytes_of_text("all")))
            all = scan.sum;
        else if (bytes_equal(scan.key, bytes_of_text("odd")))
            odd = scan.sum;
        else
            buckets += scan.sum;
    }
    index_scan_close(&scan);
    int64_t expected = (int64_t)rows;
    return agrees && all == expected && odd == expected % 2 && buckets == expected;
}

/** Whether the scan is at a row's entry that belongs there. */
static bool belongs(const struct index_scan *scan, uint64_t rows)
{
    if (scan->value.len != 8)
        return false;
    uint64_t row = get_u64(scan->value.data);
    struct key key = scattered(row);
    return row > 0 && row <= rows && !has_left(row, rows) && bytes_equal(scan->key, key_bytes(&key));
}

/** Scans the map; half-way, `pause` is called when there is one. */
static bool map_agrees(struct store_txn *txn, uint64_t rows, bool descending, void (*pause)(void *), void *argument)
{
    struct index_scan scan;
    struct key last = {.len = 0};
    uint64_t expected = 0, found = 0;
    for (uint64_t row = 1; row <= rows; row++)
        expected += !has_left(row, rows);
    bool agrees = true;
    index_scan_open(&scan, txn, map, bytes_of(NULL, 0), bytes_of(NULL, 0), descending);
    while (agrees && index_scan_next(&scan)) {
        if (++found == expected / 2 && pause)
            pause(argument);
        agrees = moves_on(&scan, &last) && belongs(&scan, rows);
    }
    index_scan_close(&scan);
    return agrees && found == expected;
}

static bool look_ups_agree(struct store_txn *txn, uint64_t rows)
{
    bool agrees = index_get_sum(txn, counter, bytes_of_text("all")) == (int64_t)rows;
    for (uint64_t row = rows % 29 + 1; agrees && row <= rows + 29; row += 29) {
        struct key key = scattered(row);
        struct bytes value;
        bool there = index_get_unique(txn, map, key_bytes(&key), &value);
        agrees = there == (row <= rows && !has_left(row, rows));
        agrees = agrees && (!there || (value.len == 8 && get_u64(value.data) == row));
    }
    return agrees;
}

static bool rows_agree(struct store_txn *txn)
{
    uint64_t rows = store_txn_seq(txn);
    return store_count(txn, &rows_table) == rows && look_ups_agree(txn, rows) && counts_agree(txn, rows, false) &&
           counts_agree(txn, rows, true) && map_agrees(txn, rows, false, NULL, NULL) &&
           map_agrees(txn, rows, true, NULL, NULL) && store_txn_fault(txn) == FAULT_NONE;
}

static bool store_agrees(struct store *store)
{
    struct store_txn *txn = store_begin_read(store);
    bool agrees = rows_agree(txn);
    store_abort(txn);
    return agrees;
}

static enum fault add_rows(struct store *store, uint64_t count)
{
    struct store_txn *txn = store_begin_write(store);
    for (; count > 0; count--)
        add_row(txn);
    return store_commit(txn);
}

/* Crashes. */

/** Writes until it is killed, telling of each batch only when it is committed. */
static _Noreturn void write_until_killed(const struct fixture *fixture, int acknowledgements, uint64_t seed)
{
    struct store *store;
    if (store_open(&fixture->config, &store) != FAULT_NONE)
        _exit(1);
    while (add_rows(store, 1 + random_below(&seed, 40)) == FAULT_NONE) {
        uint64_t seq = store_seq(store);
        if (write(acknowledgements, &seq, sizeof seq) != sizeof seq)
            _exit(2);
    }
    _exit(3);
}

/** Lets a child write and kills it within some milliseconds; returns the last position it told of, or `last`. */
static uint64_t write_and_kill(const struct fixture *fixture, uint64_t *seed, uint64_t last)
{
    int pipe_ends[2], status;
    assert_int_equal(pipe(pipe_ends), 0);
    uint64_t child_seed = next_random(seed), told;
    pid_t child = fork();
    if (child == 0) {
        close(pipe_ends[0]);
        write_until_killed(fixture, pipe_ends[1], child_seed);
    }
    close(pipe_ends[1]);
    if (random_below(seed, 4) > 0) { // else it is killed while opening
        assert_int_equal(read(pipe_ends[0], &told, sizeof told), sizeof told);
        last = told;
    }
    struct timespec pause = {.tv_nsec = (long)random_below(seed, 20000000)};
    nanosleep(&pause, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); // it did not end by itself
    while (read(pipe_ends[0], &told, sizeof told) == sizeof told)
        last = told;
    close(pipe_ends[0]);
    return last;
}

static void kill_loses_and_repeats_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = seed_of(70), acknowledged = 0;
    enum { ROUNDS = 40 };
    for (int round = 0; round < ROUNDS; round++) {
        fixture->config.index_memory_entries = some_limit(&seed);
        acknowledged = write_and_kill(fixture, &seed, acknowledged);
        if (random_below(&seed, 3) == 0)
            continue; // the next one opens what this one left
        fixture_open(fixture);
        assert_true(store_seq(fixture->store) >= acknowledged);
        assert_true(store_agrees(fixture->store));
        assert_int_equal(add_rows(fixture->store, 3), FAULT_NONE);
        assert_true(store_agrees(fixture->store));
        acknowledged = store_seq(fixture->store); // was read, so it must stay
        fixture_close(fixture);
    }
    fixture_open(fixture);
    assert_true(store_agrees(fixture->store));
    assert_true(acknowledged > ROUNDS);
    assert_true(rows_in(fixture->store, map) > 0);
}

/* Threads. */

enum {
    READERS = 3,
    BATCHES = 500,
    BATCH = 20,
    BACKUPS = 3,
};

/** Shared by the threads of a test; failures are counted, as cmocka's assertions belong to its own thread. */
struct shared {
    struct fixture *fixture;
    _Atomic bool done;
    _Atomic uint64_t failures;
    _Atomic uint64_t snapshots;
};

static void *write_batches(void *argument)
{
    struct shared *shared = argument;
    for (int batch = 0; batch < BATCHES; batch++) {
        struct store_txn *txn = store_begin_write(shared->fixture->store);
        for (int i = 0; i < BATCH; i++)
            add_row(txn);
        if (batch % 10 == 0)
            shared->failures += !rows_agree(txn);
        if (batch % 5 == 4)
            store_abort(txn);
        else
            shared->failures += store_commit(txn) != FAULT_NONE;
    }
    shared->done = true;
    return NULL;
}

static void pause_ms(long ms)
{
    struct timespec pause = {.tv_nsec = ms * 1000000};
    nanosleep(&pause, NULL);
}

/** Until some batches more are committed. */
static void let_the_writer_go_on(void *argument)
{
    struct shared *shared = argument;
    uint64_t until = store_seq(shared->fixture->store) + (uint64_t)8 * BATCH;
    while (!shared->done && store_seq(shared->fixture->store) < until)
        pause_ms(1);
}

static void *read_snapshots(void *argument)
{
    struct shared *shared = argument;
    struct store *store = shared->fixture->store;
    for (uint64_t i = 0; !shared->done || i < 8; i++) {
        uint64_t committed = store_seq(store);
        struct store_txn *txn = store_begin_read(store);
        uint64_t rows = store_txn_seq(txn);
        shared->failures += rows < committed || rows % BATCH != 0 || !rows_agree(txn);
        if (i % 4 == 0) { // held a while, with a scan under way
            shared->failures += !map_agrees(txn, rows, i % 8 == 0, let_the_writer_go_on, shared);
            shared->failures += store_txn_seq(txn) != rows || !rows_agree(txn);
        }
        store_abort(txn);
        shared->snapshots++;
    }
    return NULL;
}

static void backup_path(const struct fixture *fixture, const char *what, int number, char out[128])
{
    snprintf(out, 128, "%s/%s-%d", fixture->directory, what, number);
}

static void *back_up(void *argument)
{
    struct shared *shared = argument;
    for (int i = 0; i < BACKUPS; i++) {
        char path[128];
        let_the_writer_go_on(shared);
        backup_path(shared->fixture, "backup", i, path);
        shared->failures += store_backup(shared->fixture->store, path) != FAULT_NONE;
    }
    return NULL;
}

/** Opens what the backup of that number holds; gives the store. */
static struct store *restored_from(const struct fixture *fixture, int number, size_t memory_entries,
                                   struct store_config *config, char path[128])
{
    char backup[128];
    struct journal_problem problem = {0};
    struct store *store;
    backup_path(fixture, "backup", number, backup);
    backup_path(fixture, "restored", number, path);
    *config = fixture->config;
    config->path = path;
    config->index_memory_entries = memory_entries;
    assert_int_equal(store_restore(backup, config, &problem), FAULT_NONE);
    assert_int_equal(store_open(config, &store), FAULT_NONE);
    return store;
}

static void assert_backups_agree(const struct fixture *fixture)
{
    for (int i = 0; i < BACKUPS; i++) {
        struct store_config config;
        char path[128];
        struct store *store = restored_from(fixture, i, few_entries[i], &config, path);
        assert_true(store_seq(store) > 0 && store_seq(store) % BATCH == 0);
        assert_true(store_agrees(store));
        for (int batch = 0; batch < 5; batch++)
            assert_int_equal(add_rows(store, BATCH), FAULT_NONE);
        assert_true(store_agrees(store));
        store_close(store);
    }
}

static void run_threads(struct fixture *fixture, size_t memory_entries)
{
    struct shared shared = {.fixture = fixture};
    pthread_t threads[READERS + 2];
    size_t count = 0;
    reopen_with(fixture, memory_entries);
    for (; count < READERS; count++)
        assert_int_equal(pthread_create(&threads[count], NULL, read_snapshots, &shared), 0);
    assert_int_equal(pthread_create(&threads[count++], NULL, back_up, &shared), 0);
    assert_int_equal(pthread_create(&threads[count++], NULL, write_batches, &shared), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(shared.failures, 0);
    assert_true(shared.snapshots >= (uint64_t)READERS * 8);
    assert_int_equal(store_seq(fixture->store), BATCHES / 5 * 4 * BATCH);
    assert_true(store_agrees(fixture->store));
    assert_true(rows_in(fixture->store, map) > 0);
    fixture_reopen(fixture);
    assert_true(store_agrees(fixture->store));
    assert_backups_agree(fixture);
}

static void readers_beside_a_writer_that_merges_always(void **state)
{
    run_threads(*state, 7);
}

static void readers_beside_a_writer_that_merges_at_times(void **state)
{
    run_threads(*state, 300);
}

/** As many as there shall be, in order, and each with what its key says. */
static void assert_scanned(struct store_txn *txn, const struct index *index, uint64_t count)
{
    struct index_scan scan;
    struct key last = {.len = 0};
    uint64_t found = 0;
    index_scan_open(&scan, txn, index, bytes_of(NULL, 0), bytes_of(NULL, 0), false);
    for (; index_scan_next(&scan); found++) {
        assert_true(moves_on(&scan, &last));
        if (index->kind == INDEX_COUNTER)
            continue;
        struct key key = scattered(get_u64(scan.value.data));
        assert_bytes(scan.key, key_bytes(&key));
    }
    index_scan_close(&scan);
    assert_int_equal(found, count);
}

/* Stand-by. */

/** A log that a stand-by applies late, or that refuses. */
struct late_log {
    struct replog replog;
    struct kept_set {
        struct write_set set;
        struct kept_set *next;
    } * first, **end;
    size_t count;
    bool refuses;
};

static enum fault keep(struct replog *self, const struct store *store, const struct write_set *set)
{
    (void)store;
    struct late_log *log = (struct late_log *)(void *)self;
    if (log->refuses)
        return FAULT_FENCED;
    struct kept_set *kept = malloc(sizeof *kept);
    assert_non_null(kept);
    *kept = (struct kept_set){.set = *set};
    kept->set.encoded.data = exact_copy(set->encoded.data, set->encoded.len);
    *log->end = kept;
    log->end = &kept->next;
    log->count++;
    return FAULT_NONE;
}

static void apply_all(struct late_log *log, struct store *store)
{
    while (log->first) {
        struct kept_set *kept = log->first;
        assert_int_equal(store_apply_write_set(store, &kept->set), FAULT_NONE);
        log->first = kept->next;
        free_exact((uint8_t *)(uintptr_t)kept->set.encoded.data);
        free(kept);
    }
    log->end = &log->first;
}

/** A batch that the log refuses; one that happens to change nothing does not reach it. */
static void write_refused(struct late_log *log, struct store *store, const struct model *committed, uint64_t *seed)
{
    static struct model model;
    struct store_txn *txn = store_begin_write(store);
    model = *committed;
    for (uint64_t left = 1 + random_below(seed, MAX_BATCH); left > 0; left--)
        change(&model, txn, seed);
    append_record(txn, "row.added", "so there is something");
    log->refuses = true;
    assert_int_equal(store_commit(txn), FAULT_FENCED);
    log->refuses = false;
    assert_store(committed, store);
}

static void follow_along(struct fixture *writer, struct fixture *stand_by, struct late_log *log, uint64_t seed)
{
    static struct model committed;
    memset(&committed, 0, sizeof committed);
    for (int round = 0; round < 200; round++) {
        write_batch(writer->store, &committed, &seed);
        if (random_below(&seed, 8) == 0)
            write_refused(log, writer->store, &committed, &seed);
        size_t count = log->count;
        assert_int_equal(store_commit(store_begin_write(writer->store)), FAULT_NONE);
        assert_int_equal(log->count, count); // merges are nobody else's affair
        if (random_below(&seed, 4) == 0) {
            apply_all(log, stand_by->store);
            assert_store(&committed, stand_by->store);
        }
        if (random_below(&seed, 40) == 0)
            reopen_with(stand_by, some_limit(&seed));
        if (random_below(&seed, 40) == 0)
            reopen_with(writer, some_limit(&seed));
    }
    apply_all(log, stand_by->store);
    fixture_close(writer); // and the stand-by takes over
    for (int round = 0; round < 20; round++)
        write_batch(stand_by->store, &committed, &seed);
    assert_store(&committed, stand_by->store);
    fixture_reopen(stand_by);
    assert_store(&committed, stand_by->store);
}

/** Two stores that begin alike: the second is seeded as the first, as a copy of it would be. */
static void open_both(struct late_log *log, struct fixture **writer, size_t writer_entries, struct fixture **stand_by,
                      size_t stand_by_entries)
{
    *log = (struct late_log){.replog = {.wants_write_sets = true, .append = keep}};
    setup_deferred_closed((void **)writer);
    setup_deferred_closed((void **)stand_by);
    log->end = &log->first;
    (*writer)->config.replog = &log->replog;
    reopen_with(*writer, writer_entries);
    reopen_with(*stand_by, stand_by_entries);
}

static void follow_with(size_t writer_entries, size_t stand_by_entries, uint64_t seed)
{
    struct late_log log;
    struct fixture *writer, *stand_by;
    open_both(&log, &writer, writer_entries, &stand_by, stand_by_entries);
    follow_along(writer, stand_by, &log, seed);
    assert_true(stand_by_entries == 0 || rows_in(stand_by->store, map) > 0);
    teardown_store((void **)&writer);
    teardown_store((void **)&stand_by);
}

/** What is merged goes from the log of a stand-by too, as fast as it comes. */
static void log_of_a_stand_by_does_not_grow(void **state)
{
    (void)state;
    enum { LOGGED = 400, PUTS_A_BATCH = 200, WAIT = 4000, MOST_ROWS = 200 };
    struct late_log log;
    struct fixture *writer, *stand_by;
    open_both(&log, &writer, WAIT, &stand_by, WAIT);
    for (uint64_t batch = 0; batch < LOGGED; batch++) {
        struct store_txn *txn = store_begin_write(writer->store);
        for (uint64_t i = 0; i < PUTS_A_BATCH; i++)
            put_number(txn, map, batch * PUTS_A_BATCH + i);
        assert_int_equal(store_commit(txn), FAULT_NONE);
        apply_all(&log, stand_by->store);
    }
    for (size_t i = 0; i < 2; i++) {
        struct store_txn *txn = store_begin_read(i ? stand_by->store : writer->store);
        assert_in_range(store_count(txn, &store_own_tables[SLOT_INDEX_LOG]), 1, MOST_ROWS);
        assert_scanned(txn, map, (uint64_t)LOGGED * PUTS_A_BATCH);
        store_abort(txn);
    }
    teardown_store((void **)&writer);
    teardown_store((void **)&stand_by);
}

static void stand_by_holds_the_same(void **state)
{
    (void)state;
    follow_with(50, 7, seed_of(80));
    follow_with(7, 50, seed_of(81));
    follow_with(1, 0, seed_of(82));
}

/* Backups of what is half merged. */

static void backup_holds_the_same(void **state)
{
    struct fixture *fixture = *state;
    static struct model committed, restored;
    uint64_t seed = seed_of(90);
    memset(&committed, 0, sizeof committed);
    for (int number = 0; number < 12; number++) {
        char path[128];
        struct store_config config;
        for (uint64_t left = 1 + random_below(&seed, 10); left > 0; left--)
            write_batch(fixture->store, &committed, &seed);
        struct store_txn *txn = store_begin_write(fixture->store);
        put_number(txn, map, 1); // not committed
        backup_path(fixture, "backup", number, path);
        assert_int_equal(store_backup(fixture->store, path), FAULT_NONE);
        store_abort(txn);
        restored = committed;
        write_batch(fixture->store, &committed, &seed);
        struct store *store = restored_from(fixture, number, some_limit(&seed), &config, path);
        assert_store(&restored, store);
        for (int i = 0; i < 5; i++)
            write_batch(store, &restored, &seed);
        assert_store(&restored, store);
        store_close(store);
        assert_store(&committed, fixture->store);
    }
}

/* Commits that fail for want of room. */

/** Adds a large row beside the changes, until the map is full; returns how many batches were committed. */
static uint64_t fill_up(struct store *store, struct model *committed, uint64_t *seed)
{
    static const uint8_t filler[2000];
    static struct model model;
    for (uint64_t id = 0;; id++) {
        struct store_txn *txn = store_begin_write(store);
        struct key key = key_of_id(id);
        model = *committed;
        for (uint64_t left = random_below(seed, MAX_BATCH); left > 0; left--)
            change(&model, txn, seed);
        store_put(txn, &rows_table, key_bytes(&key), bytes_of(filler, sizeof filler));
        enum fault fault = store_commit(txn);
        if (fault) {
            assert_int_equal(fault, FAULT_STORAGE_FULL);
            return id;
        }
        *committed = model;
    }
}

static void failed_commits_leave_nothing(void **state)
{
    struct fixture *fixture = *state;
    static struct model committed;
    uint64_t seed = seed_of(100);
    memset(&committed, 0, sizeof committed);
    fixture->config.map_bytes = 1 << 20;
    fixture_open(fixture);
    for (int round = 0; round < 12; round++) {
        uint64_t rows = fill_up(fixture->store, &committed, &seed);
        assert_true(rows > 10);
        assert_store(&committed, fixture->store);
        if (round % 3 == 1)
            reopen_with(fixture, some_limit(&seed));
        assert_store(&committed, fixture->store);
        struct store_txn *txn = store_begin_write(fixture->store);
        for (uint64_t id = 0; id < rows; id++) {
            struct key key = key_of_id(id);
            store_delete(txn, &rows_table, key_bytes(&key));
        }
        assert_int_equal(store_commit(txn), FAULT_NONE);
        assert_store(&committed, fixture->store);
    }
}

/* Many entries. */

enum {
    ADDS = 100000,
    ADDED_KEYS = 60000,
    PUTS = 50000,
};

static int64_t large_sum(uint64_t number)
{
    return number < ADDS - ADDED_KEYS ? (int64_t)(2 * number + ADDED_KEYS + 2) : (int64_t)number + 1;
}

static void assert_large_batch(struct store_txn *txn, uint64_t step)
{
    for (uint64_t i = 0; i < ADDED_KEYS; i += step) {
        struct key key = scattered(i);
        struct bytes value;
        assert_int_equal(index_get_sum(txn, counter, key_bytes(&key)), large_sum(i));
        assert_int_equal(index_get_unique(txn, map, key_bytes(&key), &value), i < PUTS);
        assert_true(i >= PUTS || get_u64(value.data) == i);
    }
}

static void assert_large(struct store *store)
{
    struct store_txn *txn = store_begin_read(store);
    assert_large_batch(txn, 1);
    assert_scanned(txn, map, PUTS);
    assert_scanned(txn, counter, ADDED_KEYS);
    store_abort(txn);
}

static void write_large(struct store_txn *txn)
{
    for (uint64_t i = 0; i < ADDS; i++) {
        struct key key = scattered(i % ADDED_KEYS);
        index_add(txn, counter, key_bytes(&key), (int64_t)i + 1);
        if (i < PUTS)
            put_number(txn, map, i);
        if (i % 10000 == 0) // reading beside writing
            assert_int_equal(index_get_sum(txn, counter, key_bytes(&key)),
                             i < ADDED_KEYS ? (int64_t)i + 1 : large_sum(i - ADDED_KEYS));
    }
    assert_large_batch(txn, 97);
    assert_scanned(txn, map, PUTS);
    assert_scanned(txn, counter, ADDED_KEYS);
}

static void large_batch_is_taken(void **state)
{
    struct fixture *fixture = *state;
    reopen_with(fixture, 5000);
    struct store_txn *txn = store_begin_write(fixture->store);
    write_large(txn);
    store_abort(txn);
    txn = store_begin_read(fixture->store);
    assert_scanned(txn, map, 0);
    assert_scanned(txn, counter, 0);
    store_abort(txn);
    txn = store_begin_write(fixture->store);
    write_large(txn);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    assert_large(fixture->store);
    for (uint64_t i = 0; i < 50; i++) {
        txn = store_begin_write(fixture->store);
        put_number(txn, map, i); // as it is
        assert_int_equal(store_commit(txn), FAULT_NONE);
    }
    assert_large(fixture->store);
    fixture_reopen(fixture);
    assert_large(fixture->store);
}

static void as_many_wait_as_usual(void **state)
{
    struct fixture *fixture = *state;
    enum { PARTS = 36, PART = 30000 }; // a little more than make a run
    reopen_with(fixture, 0);
    for (uint64_t part = 0; part < PARTS; part++) {
        struct store_txn *txn = store_begin_write(fixture->store);
        for (uint64_t i = 0; i < PART; i++)
            put_number(txn, map, part * PART + i);
        assert_int_equal(store_commit(txn), FAULT_NONE);
        if (part % 18 != 17)
            continue;
        txn = store_begin_read(fixture->store);
        assert_scanned(txn, map, (part + 1) * PART);
        store_abort(txn);
    }
    assert_true(rows_in(fixture->store, map) > 0);
    fixture_reopen(fixture);
    struct store_txn *txn = store_begin_read(fixture->store);
    for (uint64_t i = 0; i < (uint64_t)PARTS * PART; i += 17) {
        struct key key = scattered(i);
        struct bytes value = {NULL, 0};
        assert_true(index_get_unique(txn, map, key_bytes(&key), &value));
        assert_int_equal(get_u64(value.data), i);
    }
    assert_scanned(txn, map, (uint64_t)PARTS * PART);
    store_abort(txn);
}

/** Small batches, so many that segments of every level are made bit by bit, under snapshots that were taken on the way. */
static void small_segments_become_large_ones(void **state)
{
    struct fixture *fixture = *state;
    enum { SMALL_BATCHES = 3000, HELD = 70, LOOK = 300 };
    uint64_t seed = seed_of(90), count = 0, held_count = 0;
    struct store_txn *held = NULL;
    reopen_with(fixture, 60000);
    for (int batch = 0; batch < SMALL_BATCHES; batch++) {
        struct store_txn *txn = store_begin_write(fixture->store);
        uint64_t size = 1 + random_below(&seed, 80);
        for (uint64_t i = 0; i < size; i++)
            put_number(txn, map, count + i);
        index_add(txn, counter, bytes_of_text("on"), 1);
        if (random_below(&seed, 50) == 0) {
            store_abort(txn);
            continue;
        }
        assert_int_equal(store_commit(txn), FAULT_NONE);
        count += size;
        if (batch % HELD == 0 && held) {
            assert_scanned(held, map, held_count);
            store_abort(held);
            held = NULL;
        }
        if (batch % LOOK == 0) {
            held = store_begin_read(fixture->store);
            held_count = count;
            assert_scanned(held, map, count);
        }
    }
    if (held)
        store_abort(held);
    fixture_reopen(fixture);
    held = store_begin_read(fixture->store);
    assert_scanned(held, map, count);
    store_abort(held);
}

/* A store made when the indexes were none of the deferred. */

static void fill_early(struct fixture *fixture, uint64_t count)
{
    static const struct index early_map = {{"late_map", 20}, INDEX_MAP, INDEX_DIRECT};
    static const struct index early_counter = {{"late_counter", 21}, INDEX_COUNTER, INDEX_DIRECT};
    static const struct index *const early[] = {&early_map, &early_counter};
    fixture->config.indexes = early;
    fixture->config.index_count = sizeof early / sizeof *early;
    fixture_open(fixture);
    struct store_txn *txn = store_begin_write(fixture->store);
    for (uint64_t i = 0; i < count; i++) {
        struct key key = scattered(i);
        put_number(txn, &early_map, i);
        index_add(txn, &early_counter, key_bytes(&key), 1);
    }
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_close(fixture);
}

static void index_that_becomes_deferred_keeps_what_it_has(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 300 };
    fill_early(fixture, COUNT);
    use_deferred(fixture);
    fixture_open(fixture);
    for (uint64_t i = 0; i < COUNT; i++) {
        struct key key = scattered(i);
        struct store_txn *txn = store_begin_write(fixture->store);
        assert_sum(txn, key_bytes(&key), 1);
        assert_scanned(txn, map, COUNT - (i + 2) / 3);
        if (i % 3 == 0)
            index_delete(txn, map, key_bytes(&key));
        index_add(txn, counter, key_bytes(&key), i % 3 == 0 ? -1 : 1);
        assert_sum(txn, key_bytes(&key), i % 3 == 0 ? 0 : 2);
        assert_int_equal(store_commit(txn), FAULT_NONE);
    }
    struct store_txn *txn = store_begin_read(fixture->store);
    assert_scanned(txn, map, COUNT / 3 * 2);
    assert_scanned(txn, counter, COUNT / 3 * 2);
    store_abort(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(history_with_one_waiting, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(history_with_some_waiting, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(history_with_more_waiting, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(history_with_all_waiting, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(waiting_entries_are_bounded, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(nothing_is_left_of_what_is_gone, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(file_does_not_grow_by_what_was_merged, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(too_large_is_refused, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(index_that_becomes_deferred_keeps_what_it_has, setup_deferred_closed,
                                        teardown_store),
        cmocka_unit_test_setup_teardown(sums_reach_their_ends, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(hot_key_is_added_to_again_and_again, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(sum_goes_to_nothing_and_back, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(kill_loses_and_repeats_nothing, setup_deferred_closed, teardown_store),
        cmocka_unit_test_setup_teardown(readers_beside_a_writer_that_merges_always, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(readers_beside_a_writer_that_merges_at_times, setup_deferred, teardown_store),
        cmocka_unit_test(stand_by_holds_the_same),
        cmocka_unit_test(log_of_a_stand_by_does_not_grow),
        cmocka_unit_test_setup_teardown(backup_holds_the_same, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(failed_commits_leave_nothing, setup_deferred_closed, teardown_store),
        cmocka_unit_test_setup_teardown(large_batch_is_taken, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(small_segments_become_large_ones, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(as_many_wait_as_usual, setup_deferred, teardown_store),
    };
#ifdef __SANITIZE_THREAD__
    cmocka_set_test_filter("readers_beside_*"); // what one thread does alone is tested with the other sanitizers
#endif
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
