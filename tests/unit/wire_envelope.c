// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/wire_help.h"

#include "common/wire/envelope.h"

#define V(literal) BYTES_INIT(literal)

static const struct command_envelope sample_command = {
    .v = 1,
    .id = {"01HV6Z8B9M", 10},
    .type = {"person.create", 13},
    .expires_ms = 1760000000000,
    .body = {(const uint8_t *)"\x81\xa4name\xa1x", 8},
};

static void a_command_is_read(void **state)
{
    (void)state;
    struct wire wire;
    struct command_envelope read;
    struct text id;
    wire_open(&wire);
    const struct seen_position seen[] = {{.store = TEXT("person"), .seq = 9}};
    struct command_envelope command = sample_command;
    command.source = TEXT("shop");
    command.has_source = true;
    command.seen.count = 1;
    command.seen.items = seen;
    codec_encode(&command_envelope_desc, &command, &wire.buffer);
    assert_true(envelope_read_command(buffer_bytes(&wire.buffer), &wire.arena, &read, &id, &wire.refusal));
    assert_text_equal(id, "01HV6Z8B9M");
    assert_text_equal(read.type, "person.create");
    assert_int_equal(read.expires_ms, 1760000000000);
    assert_bytes_equal(read.body, sample_command.body);
    assert_text_equal(read.source, "shop");
    assert_false(read.has_actor);
    assert_int_equal(read.seen.items[0].seq, 9);
    wire_close(&wire);
}

static void a_query_is_read(void **state)
{
    (void)state;
    struct wire wire;
    struct query_envelope read;
    struct text id;
    wire_open(&wire);
    struct query_envelope query = {.v = 1, .id = TEXT("q"), .type = TEXT("service.info"), .body = BYTES("\x80")};
    codec_encode(&query_envelope_desc, &query, &wire.buffer);
    assert_true(envelope_read_query(buffer_bytes(&wire.buffer), &wire.arena, &read, &id, &wire.refusal));
    assert_text_equal(id, "q");
    assert_text_equal(read.type, "service.info");
    wire_close(&wire);
}

struct refused {
    struct bytes frame;
    const char *id;
    enum error_code code;
    const char *field;
};

static const struct refused refused[] = {
    {V(""), "", ERROR_MALFORMED, ""},
    {V("\x90"), "", ERROR_MALFORMED, ""},
    {V("\x81\xa2id\xa1k"), "k", ERROR_MISSING_FIELD, "v"},
    {V("\x82\xa1v\x02\xa2id\xa1k"), "k", ERROR_INVALID_FIELD, "v"},
    {V("\x82\xa3no1\x81\xa1x\x90\xa2id\xa1k"), "k", ERROR_UNKNOWN_FIELD, "no1"},
    {V("\x85\xa1v\x01\xa2id\xa1k\xa4type\xa1t\xaa"
       "expires_ms\x01\xa4"
       "body\xa1x"),
     "k", ERROR_INVALID_FIELD, "body"},
    {V("\x85\xa1v\x01\xa2id\xa1k\xa4type\xa1t\xaa"
       "expires_ms\x01\xa4"
       "body\xc0"),
     "k", ERROR_INVALID_FIELD, "body"},
    // What stands before the fault is read, and only that.
    {V("\x82\xa1v\x01\xa2id\xa1k\xc0"), "k", ERROR_MALFORMED, ""},
    {V("\x83\xa2id\xa1k\xa1v\x01\xa1x"), "k", ERROR_MALFORMED, ""},
    {V("\x83\xa1v\xc1\xa2id\xa1k\xa1x\x01"), "", ERROR_MALFORMED, ""},
    {V("\x83\x01\xc0\xa2id\xa1k\xa1x\x01"), "", ERROR_MALFORMED, ""},
    {V("\x81\xa2id\xa5k"), "", ERROR_MALFORMED, ""},
    // An id that could not stand in a reply is none.
    {V("\x81\xa2id\x07"), "", ERROR_INVALID_FIELD, "id"},
    {V("\x81\xa2id\xa0"), "", ERROR_INVALID_FIELD, "id"},
    {V("\x81\xa2id\xa3k\nk"), "", ERROR_INVALID_FIELD, "id"},
    {V("\x81\xa2id\xa1\xff"), "", ERROR_MALFORMED, ""},
    {V("\x81\xa2id\xd9\x41"
       "aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaa"),
     "", ERROR_INVALID_FIELD, "id"},
};

static void a_refusal_can_be_addressed_when_the_id_can_be_read(void **state)
{
    (void)state;
    struct wire wire;
    wire_open(&wire);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct command_envelope command;
        struct text id = TEXT("unset");
        wire_reset(&wire);
        assert_false(envelope_read_command(refused[i].frame, &wire.arena, &command, &id, &wire.refusal));
        assert_text_equal(id, refused[i].id);
        assert_string_equal(wire.refusal.field, refused[i].field);
        assert_int_equal(wire.refusal.code, refused[i].code);
    }
    wire_close(&wire);
}

static void a_query_is_refused_as_a_command_is(void **state)
{
    (void)state;
    struct wire wire;
    struct query_envelope query = {.v = 4711};
    struct text id;
    wire_open(&wire);
    struct bytes frame = BYTES("\x82\xa2id\xa1k\xaa"
                               "expires_ms\x01");
    assert_false(envelope_read_query(frame, &wire.arena, &query, &id, &wire.refusal));
    assert_text_equal(id, "k");
    assert_refusal(&wire.refusal, ERROR_UNKNOWN_FIELD, "expires_ms", "unknown field");
    assert_int_equal(query.v, 4711); // untouched
    wire_close(&wire);
}

static void ok_is_written_as_the_codec_would(void **state)
{
    (void)state;
    struct wire wire;
    struct buffer buffer;
    wire_open(&wire);
    buffer_init(&buffer, 1024);
    const uint64_t seqs[] = {0, 127, 128, 65536, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(seqs); i++) {
        struct reply_envelope reply = {.v = ENVELOPE_VERSION,
                                       .id = TEXT("01HV6Z8B9M"),
                                       .status = REPLY_STATUS_OK,
                                       .body = BYTES("\x81\xa2id\x05"),
                                       .has_body = true,
                                       .seq = (int64_t)seqs[i],
                                       .has_seq = true};
        wire_reset(&wire);
        buffer_reset(&buffer);
        codec_encode(&reply_envelope_desc, &reply, &wire.buffer);
        envelope_write_ok(&buffer, reply.id, reply.body, seqs[i]);
        assert_bytes_equal(buffer_bytes(&buffer), buffer_bytes(&wire.buffer));
    }
    buffer_fini(&buffer);
    wire_close(&wire);
}

static void a_refusal_comes_through_with_code_and_field(void **state)
{
    (void)state;
    struct wire wire;
    struct reply_envelope reply;
    struct refusal refusal = {.code = ERROR_NONE};
    wire_open(&wire);
    refusal_set(&refusal, ERROR_BUSY, "consents[2].channel", "try again");
    envelope_write_refusal(&wire.buffer, TEXT("k"), &refusal);
    assert_true(envelope_read_reply(buffer_bytes(&wire.buffer), &wire.arena, &reply, &wire.refusal));
    assert_text_equal(reply.id, "k");
    assert_int_equal(reply.status, REPLY_STATUS_ERROR);
    assert_false(reply.has_body || reply.has_seq);
    assert_text_equal(reply.error.code, "busy");
    assert_text_equal(reply.error.field, "consents[2].channel");
    assert_text_equal(reply.error.message, "try again");
    assert_true(reply.error.retry);
    wire_close(&wire);
}

static void every_error_has_a_reply_that_keeps_the_schema(void **state)
{
    (void)state;
    struct wire wire;
    wire_open(&wire);
    for (size_t i = 0; i < ERROR_INFO_COUNT; i++) {
        struct refusal refusal = {.code = ERROR_NONE};
        refusal_set(&refusal, error_infos[i].code, NULL, "no");
        struct reply_envelope reply = envelope_refusal(TEXT(""), &refusal);
        assert_true(codec_valid(&reply_envelope_desc, &reply, &wire.refusal));
        assert_text_equal(reply.error.code, error_infos[i].name);
        assert_int_equal(reply.error.retry, error_infos[i].retry);
        assert_false(reply.error.has_field);
    }
    wire_close(&wire);
}

static void a_reply_of_a_newer_service_is_read(void **state)
{
    (void)state;
    struct wire wire;
    struct reply_envelope reply;
    wire_open(&wire);
    struct bytes frame = BYTES("\x85\xa1v\x01\xa2id\xa1k\xa6later\x31\x91\x01\xa6status\xa2ok\xa4"
                               "body\x80");
    assert_true(envelope_read_reply(frame, &wire.arena, &reply, &wire.refusal));
    assert_int_equal(reply.status, REPLY_STATUS_OK);
    assert_bytes_equal(reply.body, BYTES("\x80"));
    struct bytes wrong = BYTES("\x84\xa1v\x01\xa2id\xa1k\xa6status\xa2ok\xa4"
                               "body\x90");
    assert_false(envelope_read_reply(wrong, &wire.arena, &reply, &wire.refusal));
    assert_refusal(&wire.refusal, ERROR_INVALID_FIELD, "body", "must be a map");
    wire_close(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_read),
        cmocka_unit_test(a_query_is_read),
        cmocka_unit_test(a_refusal_can_be_addressed_when_the_id_can_be_read),
        cmocka_unit_test(a_query_is_refused_as_a_command_is),
        cmocka_unit_test(ok_is_written_as_the_codec_would),
        cmocka_unit_test(a_refusal_comes_through_with_code_and_field),
        cmocka_unit_test(every_error_has_a_reply_that_keeps_the_schema),
        cmocka_unit_test(a_reply_of_a_newer_service_is_read),
    };
    return cmocka_run_group_tests_name("wire: envelope", tests, NULL, NULL);
}
