// SPDX-License-Identifier: Apache-2.0
/** How stats begins with a snapshot of a source: what it asks next, after answers of every kind and after a death. */
#include "tests/unit/core_fixture.h"

#include "common/store/following.h"
#include "proto/activity.gen.h"
#include "proto/service.gen.h"
#include "proto/stats.gen.h"
#include "services/stats/stats.h"

enum {
    ACTIVITY = 0, // place among the sources
    LONG = 200 * 1000,
    FIRST_SEQ = LONG,
    LAST_SEQ = LONG + 500,
};

static const uint8_t store_id[STORE_ID_BYTES] = {7}, digest[STORE_DIGEST_BYTES] = {9};

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &stats_definition);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

/** What is asked, and by which id. */
static struct query_envelope asked(struct fixture *fixture, struct text *out_id)
{
    struct query_envelope question;
    struct refusal refusal = {.code = ERROR_NONE};
    struct bytes frame = arena_bytes(&fixture->arena, core_page_request(fixture->core, ACTIVITY));
    assert_true(envelope_read_query(frame, &fixture->arena, &question, out_id, &refusal));
    return question;
}

static struct snapshot_read asked_for_snapshot(struct fixture *fixture, struct text *out_id)
{
    struct query_envelope question = asked(fixture, out_id);
    struct refusal refusal = {.code = ERROR_NONE};
    struct snapshot_read read;
    assert_true(text_equal(question.type, text_of(snapshot_read_message.type)));
    assert_true(
        codec_decode(&snapshot_read_desc, question.body, CODEC_REFUSE_UNKNOWN, &fixture->arena, &read, &refusal));
    return read;
}

static struct journal_read asked_for_journal(struct fixture *fixture, struct text *out_id)
{
    struct query_envelope question = asked(fixture, out_id);
    struct refusal refusal = {.code = ERROR_NONE};
    struct journal_read read;
    assert_true(text_equal(question.type, text_of(journal_read_message.type)));
    assert_true(
        codec_decode(&journal_read_desc, question.body, CODEC_REFUSE_UNKNOWN, &fixture->arena, &read, &refusal));
    return read;
}

static enum core_page_use give(struct fixture *fixture, struct text id, const struct struct_desc *desc,
                               const void *body)
{
    buffer_reset(&fixture->body);
    codec_encode(desc, body, &fixture->body);
    buffer_reset(&fixture->frame);
    envelope_write_ok(&fixture->frame, id, buffer_bytes(&fixture->body), 1);
    core_begin(fixture->core);
    enum core_page_use use = core_page(fixture->core, ACTIVITY, buffer_bytes(&fixture->frame));
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    return use;
}

static enum core_page_use give_journal(struct fixture *fixture, struct text id, int64_t epoch, int64_t last_seq)
{
    const struct journal_read_reply page = {
        .store = bytes_of(store_id, sizeof store_id), .epoch = epoch, .last_seq = last_seq};
    return give(fixture, id, &journal_read_reply_desc, &page);
}

/** A page of activities, the last one when `next` is empty. */
static enum core_page_use give_rows(struct fixture *fixture, struct text id, int64_t seq, struct bytes body,
                                    const char *next)
{
    const struct snapshot_row row = {
        .type = text_of(activity_created_message.type), .subject = TEXT("activity/1"), .body = body};
    const struct snapshot_read_reply page = {
        .store = bytes_of(store_id, sizeof store_id),
        .epoch = 1,
        .seq = seq,
        .has_digest = true,
        .digest = bytes_of(digest, sizeof digest),
        .rows = {1, &row},
        .has_next = *next != '\0',
        .next = text_bytes(text_of(next)),
    };
    return give(fixture, id, &snapshot_read_reply_desc, &page);
}

static void refuse(struct fixture *fixture, struct text id, enum error_code code)
{
    struct refusal refusal = {.code = ERROR_NONE};
    refusal_set(&refusal, code, NULL, "No.");
    buffer_reset(&fixture->frame);
    envelope_write_refusal(&fixture->frame, id, &refusal);
    core_begin(fixture->core);
    core_page(fixture->core, ACTIVITY, buffer_bytes(&fixture->frame));
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
}

static struct bytes activity_body(struct fixture *fixture, uint64_t id)
{
    const struct activity_created event = {.activity = {.activity = id,
                                                        .revision = 1,
                                                        .has_person = true,
                                                        .person = 17,
                                                        .type = 1,
                                                        .subject = TEXT("s"),
                                                        .status = ACTIVITY_STATUS_IN_PROGRESS,
                                                        .start_ms = 1700000000000,
                                                        .origin = ORIGIN_MANUAL,
                                                        .created_ms = 1}};
    struct buffer buffer;
    buffer_init(&buffer, 65536);
    codec_encode(&activity_created_desc, &event, &buffer);
    struct bytes body = arena_bytes(&fixture->arena, buffer_bytes(&buffer));
    buffer_fini(&buffer);
    return body;
}

/** A long journal: the snapshot is asked for. */
static struct snapshot_read begin_snapshot(struct fixture *fixture, struct text *out_id)
{
    asked_for_journal(fixture, out_id);
    assert_int_equal(give_journal(fixture, *out_id, 1, LONG), CORE_PAGE_TAKEN);
    return asked_for_snapshot(fixture, out_id);
}

static bool has_figures(struct fixture *fixture)
{
    static const struct stats_state query;
    struct stats_state_reply reply;
    struct reply_envelope envelope = fixture_query(fixture, &stats_state_message, &query);
    fixture_reply_body(fixture, &stats_state_message, &envelope, &reply);
    return reply.figures;
}

static void goes_on_after_a_death(void **state)
{
    struct fixture *fixture = *state;
    struct text id;
    assert_false(begin_snapshot(fixture, &id).has_after);
    fixture_restart(fixture);
    assert_false(asked_for_snapshot(fixture, &id).has_after);
    assert_int_equal(give_rows(fixture, id, FIRST_SEQ, activity_body(fixture, 1), "one"), CORE_PAGE_TAKEN);
    fixture_restart(fixture);
    struct snapshot_read next = asked_for_snapshot(fixture, &id);
    assert_true(next.has_after && bytes_equal(next.after, text_bytes(TEXT("one"))));
    assert_int_equal(give_rows(fixture, id, LAST_SEQ, activity_body(fixture, 2), ""), CORE_PAGE_TAKEN);
    struct journal_read read = asked_for_journal(fixture, &id);
    assert_int_equal(read.after, FIRST_SEQ); // what has happened since comes again
    assert_true(bytes_equal(read.after_digest, bytes_of(digest, sizeof digest)));
    assert_false(has_figures(fixture)); // not before it has
}

static void a_source_restored_behind_its_snapshot_diverged(void **state)
{
    struct fixture *fixture = *state;
    struct text id;
    begin_snapshot(fixture, &id);
    give_rows(fixture, id, FIRST_SEQ, activity_body(fixture, 1), "one");
    asked_for_snapshot(fixture, &id);
    give_rows(fixture, id, LAST_SEQ, activity_body(fixture, 2), "");
    fixture_restart(fixture);
    asked_for_journal(fixture, &id);
    assert_int_equal(give_journal(fixture, id, 2, FIRST_SEQ + 100),
                     CORE_PAGE_USELESS); // rows may be of 200,101 to 200,500, which are no more
    assert_false(core_may_follow(fixture->core, ACTIVITY));
}

static void another_store_is_not_taken_for_the_rest(void **state)
{
    struct fixture *fixture = *state;
    struct text id;
    begin_snapshot(fixture, &id);
    give_rows(fixture, id, FIRST_SEQ, activity_body(fixture, 1), "one");
    asked_for_snapshot(fixture, &id);
    assert_int_equal(give_rows(fixture, id, FIRST_SEQ - 1, activity_body(fixture, 2), ""), CORE_PAGE_USELESS);
    assert_false(core_may_follow(fixture->core, ACTIVITY));
}

/** Of no use: the journal is read from its first record, and nothing is asked twice. */
static void falls_back_to_the_journal(void **state)
{
    struct fixture *fixture = *state;
    struct text id;
    static const enum error_code codes[] = {ERROR_WRONG_STATE, ERROR_UNKNOWN_TYPE, ERROR_INVALID_FIELD};
    for (size_t i = 0; i < 4; i++) {
        begin_snapshot(fixture, &id);
        if (i < 3)
            refuse(fixture, id, codes[i]);
        else
            give_rows(fixture, id, FIRST_SEQ, bytes_of("\x81\xa1x\x01", 4), "one"); // no activity
        struct journal_read read = asked_for_journal(fixture, &id);
        assert_true(read.after == 0 && !read.has_store);
        assert_int_equal(give_journal(fixture, id, 1, LONG), CORE_PAGE_TAKEN);
        asked_for_journal(fixture, &id);
        struct store_txn *txn = store_begin_read(fixture->store);
        assert_int_equal(set_aside_count(txn, "activity"), 0);
        store_abort(txn);
        tear_down(state);
        set_up(state);
        fixture = *state;
    }
    begin_snapshot(fixture, &id);
    refuse(fixture, id, ERROR_BUSY);
    asked_for_snapshot(fixture, &id); // that passes
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_on_after_a_death, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_source_restored_behind_its_snapshot_diverged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_store_is_not_taken_for_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(falls_back_to_the_journal, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
