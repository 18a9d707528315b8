// SPDX-License-Identifier: Apache-2.0
/** The access log: what is shown and changed is in it, chained, found by person; what it has no room for is not shown. */
#include "tests/unit/core_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "common/service/access_log.h"
#include "common/service/access_queue.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"

enum {
    WAIT_MS = 250,
    PAGE = 500, // persons that a search shows here
};

/* A service that shows whoever is asked for, and of which one can be changed. */

static bool show_one(const void *self, const void *query, struct ctx *ctx, void *out_reply)
{
    (void)self;
    const struct person_get *get = query;
    struct person_get_reply *reply = out_reply;
    if (!get->has_person) {
        ctx_refuse(ctx, ERROR_NOT_FOUND, "person", "there is no such person");
        return false;
    }
    reply->card = (struct person_card){
        .person = get->person, .revision = 1, .customer_number = TEXT("1"), .given_name = TEXT("Åsa")};
    return true;
}

/** Shows the persons after the place that `limit` says, in pages. */
static bool show_page(const void *self, const void *query, struct ctx *ctx, void *out_reply)
{
    (void)self;
    const struct person_list *list = query;
    struct person_list_reply *reply = out_reply;
    struct person_card *cards = ctx_alloc_array(ctx, (size_t)list->limit, sizeof *cards);
    for (size_t i = 0; cards && i < (size_t)list->limit; i++)
        cards[i] = (struct person_card){
            .person = list->after + 1 + i, .revision = 1, .customer_number = TEXT("1"), .given_name = TEXT("Åsa")};
    reply->cards.items = cards;
    reply->cards.count = cards ? (size_t)list->limit : 0;
    return cards != NULL;
}

static const void *check_update(const void *self, const void *command, struct ctx *ctx)
{
    (void)self;
    const struct person_update *update = command;
    if (update->person > 1000)
        return ctx_refuse(ctx, ERROR_NOT_FOUND, "person", "there is no such person");
    return update;
}

static void update(void *self, const void *plan, struct ctx *ctx, void *out_reply)
{
    (void)self;
    const struct person_update *update = plan;
    struct person_updated event = {
        .card = {.person = update->person, .revision = 2, .customer_number = TEXT("1"), .given_name = TEXT("Bo")}};
    ctx_emit(ctx, &person_updated_message, &event, update->person, "person", update->person);
    *(struct person_update_reply *)out_reply = (struct person_update_reply){update->person, 2};
}

static const struct command_row command_rows[] = {{&person_update_message, check_update, update}};
static const struct query_row query_rows[] = {{&person_get_message, show_one}, {&person_list_message, show_page}};
static const struct dispatch dispatch = {
    .service = "shower", .commands = command_rows, .command_count = 1, .queries = query_rows, .query_count = 2};
static const struct service_definition definition = {.name = "shower", .dispatch = &dispatch, .schema_version = 1};

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &definition);
    fixture->keeps_accesses = true;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

static struct reply_envelope get(struct fixture *fixture, uint64_t person)
{
    struct person_get query = {.has_person = person > 0, .person = person};
    return fixture_query(fixture, &person_get_message, &query);
}

static struct reply_envelope page(struct fixture *fixture, uint64_t after, int64_t limit)
{
    struct person_list query = {.has_after = after > 0, .after = after, .limit = limit};
    return fixture_query(fixture, &person_list_message, &query);
}

/** The batch that comes when what was shown has waited for long enough. */
static enum fault log_shown(struct fixture *fixture)
{
    fixture->monotonic_ms += WAIT_MS;
    fixture->utc_ms += WAIT_MS;
    fixture_begin(fixture);
    return core_end(fixture->core);
}

static struct access_list_reply list(struct fixture *fixture, struct access_list query)
{
    struct access_list_reply reply;
    query.limit = query.limit ? query.limit : 500;
    struct reply_envelope answer = fixture_query(fixture, &access_list_message, &query);
    fixture_reply_body(fixture, &access_list_message, &answer, &reply);
    return reply;
}

static size_t count_of(struct fixture *fixture, uint64_t person)
{
    return list(fixture, (struct access_list){.has_person = true, .person = person}).accesses.count;
}

static struct access_head_reply head(struct fixture *fixture)
{
    static const struct access_head query;
    struct access_head_reply reply;
    struct reply_envelope answer = fixture_query(fixture, &access_head_message, &query);
    fixture_reply_body(fixture, &access_head_message, &answer, &reply);
    return reply;
}

/** What is wrong with the chain; empty: nothing. `out_last`: the last row that is right. */
static struct text verify(struct fixture *fixture, int64_t *out_last)
{
    struct access_verify query = {.limit = 1};
    struct access_verify_reply reply = {.more = true};
    for (; reply.more; query.after = reply.row, query.has_digest = true, query.digest = reply.digest) {
        struct reply_envelope answer = fixture_query(fixture, &access_verify_message, &query);
        fixture_reply_body(fixture, &access_verify_message, &answer, &reply);
    }
    *out_last = reply.row;
    return reply.has_problem ? reply.problem : TEXT("");
}

static void assert_text(struct text text, const char *wanted)
{
    assert_int_equal(text.len, strlen(wanted));
    assert_memory_equal(text.data, wanted, text.len);
}

static void assert_sound(struct fixture *fixture, int64_t rows)
{
    int64_t last = 0;
    assert_text(verify(fixture, &last), "");
    assert_int_equal(last, rows);
}

static void what_was_shown_is_logged(void **state)
{
    struct fixture *fixture = *state;
    assert_done(get(fixture, 17));
    assert_true(core_access_wakes(fixture->core));
    assert_false(core_access_wakes(fixture->core));
    assert_int_equal(core_access_due_ms(fixture->core), fixture->monotonic_ms + WAIT_MS);
    fixture_begin(fixture); // a batch before its time does not log it
    core_end(fixture->core);
    assert_int_equal(head(fixture).row, 0);
    assert_int_equal(log_shown(fixture), FAULT_NONE);
    assert_true(core_has_committed(fixture->core));
    assert_int_equal(core_access_due_ms(fixture->core), INT64_MAX);
    struct access_list_reply reply = list(fixture, (struct access_list){.has_person = true, .person = 17});
    assert_int_equal(reply.accesses.count, 1);
    const struct access *access = &reply.accesses.items[0];
    assert_int_equal(access->person, 17);
    assert_int_equal(access->time_ms, FIXTURE_START_MS);
    assert_int_equal(access->kind, ACCESS_KIND_SAW);
    assert_int_equal(access->count, 1);
    assert_text(access->type, "person.get");
    assert_text(access->sender, "test");
    assert_false(access->has_actor);
    assert_false(reply.has_next);
    assert_int_equal(head(fixture).row, 1);
    assert_int_equal(store_seq(fixture->store), 0); // the journal, which is followed, has nothing of it
    assert_sound(fixture, 1);
}

static void a_page_shows_everybody_on_it(void **state)
{
    struct fixture *fixture = *state;
    assert_done(page(fixture, 100, 50));
    assert_int_equal(log_shown(fixture), FAULT_NONE);
    assert_int_equal(list(fixture, (struct access_list){.limit = 500}).accesses.count, 50);
    assert_int_equal(count_of(fixture, 101), 1);
    assert_int_equal(count_of(fixture, 150), 1);
    assert_int_equal(count_of(fixture, 151), 0);
}

static void who_was_refused_saw_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct reply_envelope reply = get(fixture, 0);
    assert_refused(&reply, "not_found", "person");
    assert_false(core_access_wakes(fixture->core));
    assert_int_equal(core_access_due_ms(fixture->core), INT64_MAX);
}

static void the_same_at_once_is_one_entry(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 5; i++)
        assert_done(get(fixture, 17));
    assert_done(get(fixture, 18));
    assert_int_equal(log_shown(fixture), FAULT_NONE);
    struct access_list_reply reply = list(fixture, (struct access_list){.has_person = true, .person = 17});
    assert_int_equal(reply.accesses.count, 1);
    assert_int_equal(reply.accesses.items[0].count, 5);
    assert_int_equal(count_of(fixture, 18), 1);
}

static void a_command_is_logged_in_its_own_batch(void **state)
{
    struct fixture *fixture = *state;
    struct person_update command = {.person = 17, .has_given_name = true, .given_name = TEXT("Bo")};
    assert_done(fixture_call(fixture, &person_update_message, &command, "a"));
    assert_done(fixture_call(fixture, &person_update_message, &command, "a")); // a repeat does nothing anew
    command.person = 2000;
    struct reply_envelope refused = fixture_call(fixture, &person_update_message, &command, "b");
    assert_refused(&refused, "not_found", "person");
    struct access_list_reply reply = list(fixture, (struct access_list){.limit = 500});
    assert_int_equal(reply.accesses.count, 1);
    assert_int_equal(reply.accesses.items[0].kind, ACCESS_KIND_CHANGED);
    assert_int_equal(reply.accesses.items[0].person, 17);
    assert_text(reply.accesses.items[0].type, "person.update");
    assert_text(reply.accesses.items[0].actor, "tester");
    assert_done(get(fixture, 17));
    assert_int_equal(log_shown(fixture), FAULT_NONE);
    const struct access_list changes = {.has_kind = true, .kind = ACCESS_KIND_CHANGED};
    const struct access_list of_tester = {.has_actor = true, .actor = TEXT("tester")};
    assert_int_equal(list(fixture, changes).accesses.count, 1);
    assert_int_equal(list(fixture, of_tester).accesses.count, 1);
    assert_int_equal(count_of(fixture, 17), 2);
}

static void what_has_no_room_is_not_shown(void **state)
{
    struct fixture *fixture = *state;
    uint64_t shown = 0;
    for (; shown + PAGE <= ACCESS_QUEUE_ENTRIES; shown += PAGE)
        assert_done(page(fixture, shown, PAGE));
    assert_int_equal(core_access_due_ms(fixture->core), 0); // long since
    struct reply_envelope reply = page(fixture, shown, PAGE);
    assert_refused(&reply, "busy", "");
    assert_true(reply.error.retry);
    assert_false(reply.has_body);
    assert_int_equal(counter_get(&fixture->counters, COUNTER_ACCESSES_REFUSED), 1);
    assert_done(page(fixture, shown, 10)); // fewer have room
    fixture_begin(fixture);                // at once: it is urgent
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    assert_int_equal(counter_get(&fixture->counters, COUNTER_ACCESSES_LOGGED), shown + 10);
    assert_done(page(fixture, shown, PAGE));
    assert_int_equal(count_of(fixture, 1), 1);
    assert_int_equal(count_of(fixture, shown + 10), 1);
    assert_int_equal(count_of(fixture, shown + 11), 0); // not logged yet, not shown before
    assert_int_equal(log_shown(fixture), FAULT_NONE);
    assert_int_equal(count_of(fixture, shown + 11), 1);
    assert_sound(fixture, head(fixture).row);
}

static void more_names_than_fit_wait(void **state)
{
    struct fixture *fixture = *state;
    char actor[32];
    struct access_queue queue;
    bool wakes;
    const uint64_t person = 17;
    assert_true(access_queue_init(&queue));
    for (size_t i = 0; i < ACCESS_QUEUE_ACTS; i++) {
        snprintf(actor, sizeof actor, "actor %zu", i);
        const struct access_act act = {ACCESS_KIND_SAW, TEXT("person.get"), text_of(actor), TEXT("pk")};
        assert_true(access_queue_add(&queue, &act, &person, 1, 1000, 1000, &wakes));
        assert_int_equal(wakes, i == 0 || i == ACCESS_QUEUE_ACTS / 2 - 1);
        assert_true(access_queue_add(&queue, &act, &person, 1, 1000, 1000, &wakes)); // it is there already
    }
    const struct access_act one_more = {ACCESS_KIND_SAW, TEXT("person.get"), TEXT("one more"), TEXT("pk")};
    assert_false(access_queue_add(&queue, &one_more, &person, 1, 1000, 1000, &wakes));
    struct access_batch *taken = access_queue_take(&queue);
    assert_int_equal(taken->count, 2 * ACCESS_QUEUE_ACTS);
    struct store_txn *txn = store_begin_write(fixture->store);
    access_log_append(txn, taken->acts, taken->entries, taken->count);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    assert_true(access_queue_add(&queue, &one_more, &person, 1, 1000, 1000, &wakes));
    assert_ptr_equal(access_queue_take(&queue), taken); // until it is known to be durable
    access_queue_logged(&queue);
    assert_int_equal(access_queue_take(&queue)->count, 1);
    access_queue_fini(&queue);
    struct access_list query = {.has_person = true, .person = 17, .limit = 500};
    struct access_list_reply reply = list(fixture, query);
    assert_int_equal(reply.accesses.count, 500);
    assert_int_equal(reply.accesses.items[0].count, 2);
    query.has_after = reply.has_next;
    query.after = reply.next;
    assert_int_equal(list(fixture, query).accesses.count, ACCESS_QUEUE_ACTS - 500);
    assert_sound(fixture, head(fixture).row);
}

static void a_batch_that_fails_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_done(get(fixture, 17));
    fixture->fence = true;
    assert_int_equal(log_shown(fixture), FAULT_STORAGE_FULL);
    assert_done(get(fixture, 18));
    fixture->fence = false;
    assert_true(core_access_due_ms(fixture->core) > fixture->monotonic_ms); // not at once again
    fixture->monotonic_ms += 1000;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(log_shown(fixture), FAULT_NONE);
    assert_int_equal(count_of(fixture, 17), 1);
    assert_int_equal(count_of(fixture, 18), 1);
    assert_int_equal(head(fixture).row, 2);
    assert_sound(fixture, 2);
}

static void a_full_store_shows_until_the_queue_is_full(void **state)
{
    struct fixture *fixture = *state;
    fixture->store_config.quota_bytes = 1;
    fixture_restart(fixture);
    assert_done(get(fixture, 17));
    assert_int_equal(core_access_due_ms(fixture->core), INT64_MAX); // nothing that could be done
    assert_int_equal(log_shown(fixture), FAULT_NONE);
    assert_int_equal(head(fixture).row, 0);
    for (uint64_t shown = 0; shown + PAGE < ACCESS_QUEUE_ENTRIES; shown += PAGE)
        assert_done(page(fixture, shown, PAGE));
    struct reply_envelope reply = page(fixture, 0, PAGE);
    assert_refused(&reply, "busy", "");
    fixture->store_config.quota_bytes = 0;
    fixture_restart(fixture);
}

static void a_clean_stop_logs_all(void **state)
{
    struct fixture *fixture = *state;
    assert_done(get(fixture, 17));
    core_access_finish(fixture->core);
    fixture_begin(fixture);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    fixture_restart(fixture);
    assert_int_equal(count_of(fixture, 17), 1);
    assert_done(get(fixture, 17)); // and the chain goes on
    assert_int_equal(log_shown(fixture), FAULT_NONE);
    assert_int_equal(count_of(fixture, 17), 2);
    assert_sound(fixture, 2);
}

/* What somebody does to the store behind the service's back. */

static void make_rows(struct fixture *fixture, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        assert_done(get(fixture, 17 + i));
        assert_int_equal(log_shown(fixture), FAULT_NONE);
    }
    assert_sound(fixture, (int64_t)rows);
}

static void put_row(struct fixture *fixture, uint64_t number, struct bytes row)
{
    struct store_txn *txn = store_begin_write(fixture->store);
    struct key key = key_of_id(number);
    if (row.len)
        store_put(txn, store_access_table(), key_bytes(&key), row);
    else
        store_delete(txn, store_access_table(), key_bytes(&key));
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static size_t read_row(struct fixture *fixture, uint64_t number, uint8_t out_row[ACCESS_ROW_BYTES])
{
    struct store_txn *txn = store_begin_read(fixture->store);
    struct key key = key_of_id(number);
    struct bytes row;
    assert_true(store_get(txn, store_access_table(), key_bytes(&key), &row));
    memcpy(out_row, row.data, row.len);
    store_abort(txn);
    return row.len;
}

static void every_altered_byte_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    uint8_t row[ACCESS_ROW_BYTES];
    int64_t last = 0;
    make_rows(fixture, 3);
    size_t len = read_row(fixture, 2, row);
    for (size_t i = 0; i < len; i++) {
        row[i] ^= 1;
        put_row(fixture, 2, bytes_of(row, len));
        assert_text(verify(fixture, &last), "row does not follow the one before it: it was altered, or that one was");
        assert_int_equal(last, 1);
        row[i] ^= 1;
    }
    put_row(fixture, 2, bytes_of(row, len));
    assert_sound(fixture, 3);
}

static void a_removed_row_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    uint8_t row[ACCESS_ROW_BYTES];
    int64_t last = 0;
    make_rows(fixture, 3);
    for (uint64_t number = 1; number <= 2; number++) {
        size_t len = read_row(fixture, number, row);
        put_row(fixture, number, bytes_of(NULL, 0));
        assert_text(verify(fixture, &last), "row is missing");
        assert_int_equal(last, number - 1);
        put_row(fixture, number, bytes_of(row, len));
    }
    // One put in the place of another, all others following from it as they did.
    size_t len = read_row(fixture, 1, row);
    put_row(fixture, 2, bytes_of(row, len));
    assert_text(verify(fixture, &last), "row does not follow the one before it: it was altered, or that one was");
}

/** The chain alone cannot tell; whoever kept the head can. */
static void rows_cut_off_are_noticed_by_who_kept_the_head(void **state)
{
    struct fixture *fixture = *state;
    make_rows(fixture, 3);
    struct access_head_reply kept = head(fixture);
    put_row(fixture, 3, bytes_of(NULL, 0));
    assert_sound(fixture, 2);
    assert_int_equal(head(fixture).row, kept.row - 1);
    assert_done(get(fixture, 5)); // another row takes the place
    assert_int_equal(log_shown(fixture), FAULT_NONE);
    assert_sound(fixture, 3);
    assert_int_equal(head(fixture).row, kept.row);
    assert_false(bytes_equal(head(fixture).digest, kept.digest));
}

static void a_row_hidden_from_a_person_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    int64_t last = 0;
    make_rows(fixture, 3);
    struct store_txn *txn = store_begin_write(fixture->store);
    struct key key = key_of_id(18);
    key_u64(&key, ~(uint64_t)2);
    index_delete(txn, store_access_by_person(), key_bytes(&key));
    assert_int_equal(store_commit(txn), FAULT_NONE);
    assert_int_equal(count_of(fixture, 18), 0);
    assert_text(verify(fixture, &last), "row is not found by a person in it");
    assert_int_equal(last, 1);
}

static void a_row_that_is_none_is_refused(void **state)
{
    struct fixture *fixture = *state;
    uint8_t row[ACCESS_ROW_BYTES];
    make_rows(fixture, 1);
    size_t len = read_row(fixture, 1, row);
    struct access_list query = {.limit = 10};
    for (size_t cut = 0; cut < len; cut++) {
        struct access_reader reader;
        struct access_entry entry;
        if (access_reader_open(&reader, bytes_of(row, cut)))
            while (access_reader_next(&reader, &entry)) {
            }
        // Without its entries it is one that tells nothing; where the first of them ends, it is whole.
        assert_true(reader.malformed || cut == len - 4);
    }
    put_row(fixture, 1, bytes_of(row, len - 1));
    struct reply_envelope reply = fixture_query(fixture, &access_list_message, &query);
    assert_refused(&reply, "corrupt", "");
}

/* Against a plain list. */

enum { MODEL_PERSONS = 40, MODEL_ACTORS = 4, MODEL_MOST = 4000 };

struct known {
    uint64_t person;
    int64_t time_ms;
    unsigned actor;
    size_t count;
};

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/** Each of a flush's accesses of the same person by the same actor is one entry. */
static size_t append_some(struct fixture *fixture, struct known *known, size_t count, uint32_t *seed)
{
    static const char *const actors[MODEL_ACTORS] = {"anna", "bo", "cecilia", ""};
    struct access_act acts[MODEL_ACTORS];
    struct access_entry entries[300];
    size_t some = 1 + next_random(seed) % 300, before = count;
    for (unsigned i = 0; i < MODEL_ACTORS; i++)
        acts[i] = (struct access_act){ACCESS_KIND_SAW, TEXT("person.get"), text_of(actors[i]), TEXT("pk")};
    fixture->utc_ms += 1000;
    for (size_t i = 0; i < some; i++) {
        entries[i] =
            (struct access_entry){1 + next_random(seed) % MODEL_PERSONS, fixture->utc_ms + next_random(seed) % 250,
                                  next_random(seed) % MODEL_ACTORS, 1};
        size_t at = before;
        while (at < count && (known[at].person != entries[i].person || known[at].actor != entries[i].act))
            at++;
        if (at == count)
            known[count++] = (struct known){entries[i].person, entries[i].time_ms, entries[i].act, 0};
        known[at].count++;
        if (entries[i].time_ms < known[at].time_ms)
            known[at].time_ms = entries[i].time_ms;
    }
    struct store_txn *txn = store_begin_write(fixture->store);
    access_log_append(txn, acts, entries, some);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    return count;
}

static bool is_known(const struct known *known, size_t count, const struct access *access)
{
    static const char *const actors[MODEL_ACTORS] = {"anna", "bo", "cecilia", ""};
    for (size_t i = 0; i < count; i++)
        if (known[i].person == access->person && known[i].time_ms == access->time_ms &&
            text_equal(text_of(actors[known[i].actor]), access->actor) && known[i].count == (size_t)access->count)
            return true;
    return false;
}

/** Reads all pages of a question, and says how many accesses these have. */
static size_t read_pages(struct fixture *fixture, struct access_list query, const struct known *known, size_t count)
{
    size_t found = 0;
    int64_t before_ms = INT64_MAX - 250;
    struct access_list_reply reply = {.has_next = true};
    for (; reply.has_next; query.has_after = true, query.after = reply.next) {
        reply = list(fixture, query);
        assert_true(!reply.has_next || (int64_t)reply.accesses.count == query.limit);
        for (size_t i = 0; i < reply.accesses.count; i++, found++) {
            const struct access *access = &reply.accesses.items[i];
            assert_true(access->time_ms < before_ms + 250); // newest first, to a quarter of a second
            before_ms = access->time_ms;
            assert_true(is_known(known, count, access));
        }
    }
    return found;
}

static size_t count_known(const struct known *known, size_t count, uint64_t person, int actor, int64_t since_ms,
                          int64_t until_ms)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += (!person || known[i].person == person) && (actor < 0 || known[i].actor == (unsigned)actor) &&
                 known[i].time_ms >= since_ms && known[i].time_ms <= until_ms;
    return found;
}

static void pages_hold_what_a_plain_list_holds(void **state)
{
    struct fixture *fixture = *state;
    static struct known known[MODEL_MOST];
    size_t count = 0;
    uint32_t seed = 4711;
    int64_t began_ms = fixture->utc_ms;
    while (count + 300 <= MODEL_MOST)
        count = append_some(fixture, known, count, &seed);
    assert_sound(fixture, head(fixture).row);
    assert_true(head(fixture).row > 20); // some flushes are several rows
    fixture_restart(fixture);            // the index's entries are read back
    assert_int_equal(read_pages(fixture, (struct access_list){.limit = 97}, known, count), count);
    for (uint64_t person = 1; person <= MODEL_PERSONS + 1; person++) {
        struct access_list query = {.has_person = true, .person = person, .limit = 1 + (int64_t)person};
        assert_int_equal(read_pages(fixture, query, known, count), count_known(known, count, person, -1, 0, INT64_MAX));
        query.has_actor = true;
        query.actor = TEXT("bo");
        assert_int_equal(read_pages(fixture, query, known, count), count_known(known, count, person, 1, 0, INT64_MAX));
    }
    const struct access_list span = {.has_since_ms = true,
                                     .since_ms = began_ms + 3100,
                                     .has_until_ms = true,
                                     .until_ms = began_ms + 9050,
                                     .limit = 13};
    assert_int_equal(read_pages(fixture, span, known, count),
                     count_known(known, count, 0, -1, span.since_ms, span.until_ms));
}

static void a_place_that_is_none_is_refused(void **state)
{
    static const char *const places[] = {"x", "1", "1.", ".1", "1.x", "1.1 ", "-1.0", "99999999999999999999.0"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct access_list query = {.has_after = true, .after = text_of(places[i]), .limit = 1};
        struct reply_envelope reply = fixture_query(*state, &access_list_message, &query);
        assert_refused(&reply, "invalid_field", "after");
    }
    const struct access_verify neither = {.after = 1, .limit = 1};
    struct reply_envelope reply = fixture_query(*state, &access_verify_message, &neither);
    assert_refused(&reply, "invalid_field", "digest");
}

static void a_reader_may_not_look(void **state)
{
    const struct access_list query = {.limit = 1};
    struct reply_envelope reply = fixture_query_as(*state, &access_list_message, &query, 1U << ROLE_OPERATOR, NULL);
    assert_refused(&reply, "not_allowed", "type");
    assert_done(fixture_query_as(*state, &access_list_message, &query, 1U << ROLE_PRIVACY, NULL));
}

/* Both threads. */

struct showing {
    struct fixture *fixture;
    _Atomic uint64_t shown;
    _Atomic bool ended;
};

enum { SHOWN = 20000 };

static void *show_many(void *argument)
{
    struct showing *showing = argument;
    for (uint64_t i = 0; i < SHOWN;)
        if (get(showing->fixture, 1 + i % 1000).status == REPLY_STATUS_OK) // else busy
            atomic_store(&showing->shown, ++i);
    atomic_store(&showing->ended, true);
    return NULL;
}

static void nothing_is_lost_between_the_threads(void **state)
{
    struct fixture *fixture = *state;
    struct showing showing = {.fixture = fixture};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, show_many, &showing), 0);
    core_access_finish(fixture->core); // every batch takes what there is
    while (!atomic_load(&showing.ended)) {
        core_begin(fixture->core);
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
    }
    pthread_join(thread, NULL);
    core_begin(fixture->core);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    uint64_t counted = 0;
    struct access_list query = {.limit = 500};
    struct access_list_reply reply = {.has_next = true};
    for (; reply.has_next; query.has_after = true, query.after = reply.next) {
        reply = list(fixture, query);
        for (size_t i = 0; i < reply.accesses.count; i++)
            counted += (uint64_t)reply.accesses.items[i].count;
    }
    assert_int_equal(counted, SHOWN);
    assert_sound(fixture, head(fixture).row);
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_fixture(what_was_shown_is_logged),
        with_fixture(a_page_shows_everybody_on_it),
        with_fixture(who_was_refused_saw_nothing),
        with_fixture(the_same_at_once_is_one_entry),
        with_fixture(a_command_is_logged_in_its_own_batch),
        with_fixture(what_has_no_room_is_not_shown),
        with_fixture(more_names_than_fit_wait),
        with_fixture(a_batch_that_fails_loses_nothing),
        with_fixture(a_full_store_shows_until_the_queue_is_full),
        with_fixture(a_clean_stop_logs_all),
        with_fixture(every_altered_byte_is_noticed),
        with_fixture(a_removed_row_is_noticed),
        with_fixture(rows_cut_off_are_noticed_by_who_kept_the_head),
        with_fixture(a_row_hidden_from_a_person_is_noticed),
        with_fixture(a_row_that_is_none_is_refused),
        with_fixture(pages_hold_what_a_plain_list_holds),
        with_fixture(a_place_that_is_none_is_refused),
        with_fixture(a_reader_may_not_look),
        with_fixture(nothing_is_lost_between_the_threads),
    };
    return cmocka_run_group_tests_name("service_access", tests, NULL, NULL);
}
