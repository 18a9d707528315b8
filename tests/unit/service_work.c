// SPDX-License-Identifier: Apache-2.0
/** A service's own work through the core: what it writes is committed, with events or without, or it is told that it was not. */
#include "tests/unit/core_fixture.h"

static const struct store_table rows = {"row", STORE_FIRST_SERVICE_SLOT};
static const struct store_table *const tables[] = {&rows};
static const struct dispatch no_messages = {.service = "worker"};

/** Writes one row each time, without an event, and counts what it is told. */
struct worker {
    uint64_t runs;
    uint64_t committed;
    uint64_t aborted;
    bool fails;
};

static struct worker worker;

static void run(void *self, struct ctx *ctx)
{
    struct worker *working = self;
    struct key key = key_of_id(++working->runs);
    store_put(ctx->txn, &rows, key_bytes(&key), bytes_of((const uint8_t *)"x", 1));
    if (working->fails)
        store_txn_fail(ctx->txn, FAULT_MEMORY);
}

static void committed(void *self)
{
    ((struct worker *)self)->committed++;
}

static void aborted(void *self)
{
    ((struct worker *)self)->aborted++;
}

static enum fault open_worker(const struct service_options *options, struct store *store, void **out_self)
{
    (void)options, (void)store;
    worker = (struct worker){.runs = 0};
    *out_self = &worker;
    return FAULT_NONE;
}

static void close_worker(void *self)
{
    (void)self;
}

static const struct service_definition definition = {
    .name = "worker",
    .dispatch = &no_messages,
    .tables = tables,
    .table_count = 1,
    .schema_version = 1,
    .open = open_worker,
    .close = close_worker,
    .work = {.run = run, .committed = committed, .aborted = aborted},
};

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &definition);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

static uint64_t count(struct fixture *fixture)
{
    struct store_txn *txn = store_begin_read(fixture->store);
    uint64_t found = store_count(txn, &rows);
    store_abort(txn);
    return found;
}

static enum fault work_once(struct fixture *fixture)
{
    fixture_begin(fixture);
    core_work(fixture->core);
    return core_end(fixture->core);
}

static void rows_without_an_event_are_committed(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(work_once(fixture), FAULT_NONE);
    assert_true(core_has_committed(fixture->core));
    assert_int_equal(count(fixture), 1);
    assert_int_equal(worker.committed, 1);
    assert_int_equal(store_seq(fixture->store), 0);
}

static void work_whose_batch_failed_is_told(void **state)
{
    struct fixture *fixture = *state;
    worker.fails = true;
    assert_int_equal(work_once(fixture), FAULT_MEMORY);
    assert_false(core_has_committed(fixture->core));
    assert_int_equal(count(fixture), 0);
    assert_int_equal(worker.committed, 0);
    assert_int_equal(worker.aborted, 1);
    worker.fails = false;
    assert_int_equal(work_once(fixture), FAULT_NONE);
    assert_int_equal(count(fixture), 1);
}

static void a_batch_that_failed_already_gives_no_work(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin(fixture);
    core_work(fixture->core);
    worker.fails = true;
    core_work(fixture->core);
    core_work(fixture->core);
    assert_int_equal(core_end(fixture->core), FAULT_MEMORY);
    assert_int_equal(worker.runs, 2);
    assert_int_equal(worker.aborted, 1);
}

static void a_full_store_gives_no_work(void **state)
{
    struct fixture *fixture = *state;
    fixture->store_config.quota_bytes = 1;
    fixture_restart(fixture);
    assert_false(core_may_work(fixture->core));
    assert_int_equal(work_once(fixture), FAULT_NONE);
    assert_int_equal(worker.runs, 0);
    fixture->store_config.quota_bytes = 0;
    fixture_restart(fixture);
    assert_true(core_may_work(fixture->core));
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_fixture(rows_without_an_event_are_committed),
        with_fixture(work_whose_batch_failed_is_told),
        with_fixture(a_batch_that_failed_already_gives_no_work),
        with_fixture(a_full_store_gives_no_work),
    };
    return cmocka_run_group_tests_name("service_work", tests, NULL, NULL);
}
