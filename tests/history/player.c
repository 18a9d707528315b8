// SPDX-License-Identifier: Apache-2.0
/**
 * The player: the stats service's real core, with two journals that it follows, driven line by line from standard input. It knows no history and no
 * figure; what is right, the Python beside it says. A line is words with spaces between, and LEN bytes after it:
 *
 *     new                                  everything from nothing
 *     append SOURCE TYPE PERSON SUBJECT LEN   an event of the activity or person service: msgpack
 *     page SOURCE LIMIT [again] [abort]    the service asks for a page of the journal, and gets up to LIMIT records: twice, or in a batch that fails at first
 *     hold SOURCE LIMIT, release           it asks and the answer is kept; it comes then
 *     work                                 a batch of the service's own work, if it has any
 *     restart
 *     command TYPE LEN, query TYPE LEN     a body; answered by four bytes of length, big-endian, and the reply's frame
 */
#include <inttypes.h>

#include "common/base/log.h"
#include "common/store/journal.h"
#include "common/wire/codec.h"
#include "proto/service.gen.h"
#include "services/stats/stats.h"
#include "tests/unit/core_fixture.h"

enum {
    SOURCES = 2, // in the order in which the service follows them
    LINE_BYTES = 512,
    BODY_MOST = 1024 * 1024,
    RECORDS_MOST = 1000,
    WORDS = 8,
    PAUSE_MS = 2000,
};

static const char *const source_names[SOURCES] = {"activity", "person"};

struct player {
    bool is_open;
    struct fixture fixture;
    char paths[SOURCES][128];
    struct store_config configs[SOURCES];
    struct store *sources[SOURCES];
    struct buffer held;
    int held_source; // -1: nothing is held
    uint64_t command;
    uint8_t body[BODY_MOST];
    size_t body_len;
};

static void must_be(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "player: %s\n", what);
    exit(2);
}

static void close_all(struct player *player)
{
    if (!player->is_open)
        return;
    for (size_t i = 0; i < SOURCES; i++)
        store_close(player->sources[i]);
    fixture_fini(&player->fixture);
    player->is_open = false;
}

static void open_all(struct player *player)
{
    close_all(player);
    fixture_init(&player->fixture, &stats_definition);
    for (size_t i = 0; i < SOURCES; i++) {
        snprintf(player->paths[i], sizeof player->paths[i], "%s/%s", player->fixture.folder, source_names[i]);
        player->configs[i] = (struct store_config){
            .name = source_names[i], .path = player->paths[i], .schema_version = 1, .map_bytes = (uint64_t)1 << 30};
        must_be(store_open(&player->configs[i], &player->sources[i]) == FAULT_NONE, "a source cannot be opened");
    }
    player->held_source = -1;
    player->is_open = true;
}

static int source_of(const char *word)
{
    for (int i = 0; i < SOURCES; i++)
        if (strcmp(source_names[i], word) == 0)
            return i;
    must_be(false, "no such source");
    return -1;
}

static void append(struct player *player, const char *const words[])
{
    const struct journal_header header = {
        .time_ms = player->fixture.utc_ms,
        .person = strtoull(words[3], NULL, 10),
        .type = text_of(words[2]),
        .subject = text_of(words[4]),
    };
    struct store_txn *txn = store_begin_write(player->sources[source_of(words[1])]);
    journal_append(txn, &header, bytes_of(player->body, player->body_len));
    must_be(store_commit(txn) == FAULT_NONE, "an event cannot be appended");
}

/* Pages. */

/** The answer to what the service asks now, in the fixture's frame. */
static struct bytes answer_of(struct player *player, int source, size_t limit)
{
    struct fixture *fixture = &player->fixture;
    const struct store_identity identity = store_identity(player->sources[source]);
    struct journal_page_record *items = arena_alloc_array(&fixture->arena, RECORDS_MOST, sizeof *items);
    struct refusal refusal = {.code = ERROR_NONE};
    struct query_envelope question;
    struct journal_read read;
    struct text id;
    struct bytes asked = arena_bytes(&fixture->arena, core_page_request(fixture->core, (size_t)source));
    must_be(envelope_read_query(asked, &fixture->arena, &question, &id, &refusal) &&
                codec_decode(&journal_read_desc, question.body, CODEC_SKIP_UNKNOWN, &fixture->arena, &read, &refusal),
            "what the service asks cannot be read");
    struct journal_cursor cursor;
    struct journal_record record;
    size_t count = 0;
    struct store_txn *txn = store_begin_read(player->sources[source]);
    journal_cursor_open(&cursor, txn, (uint64_t)read.after);
    while (count < limit && count < RECORDS_MOST && journal_cursor_next(&cursor, &record))
        items[count++] = (struct journal_page_record){(int64_t)record.seq, arena_bytes(&fixture->arena, record.raw)};
    journal_cursor_close(&cursor);
    const struct journal_read_reply page = {
        .store = bytes_of(identity.id, sizeof identity.id),
        .epoch = (int64_t)identity.epoch,
        .last_seq = (int64_t)store_txn_seq(txn),
        .records = {count, items},
    };
    store_abort(txn);
    buffer_reset(&fixture->body);
    codec_encode(&journal_read_reply_desc, &page, &fixture->body);
    buffer_reset(&fixture->frame);
    envelope_write_ok(&fixture->frame, id, buffer_bytes(&fixture->body), 1);
    return buffer_bytes(&fixture->frame);
}

static void deliver(struct player *player, int source, struct bytes frame, bool fails)
{
    struct fixture *fixture = &player->fixture;
    fixture->fence = fails;
    core_begin(fixture->core);
    core_page(fixture->core, (size_t)source, frame);
    must_be(core_end(fixture->core) == FAULT_NONE || fails, "a batch failed");
    fixture->fence = false;
}

static bool has_word(const char *const words[], const char *wanted)
{
    for (size_t i = 0; i < WORDS; i++)
        if (strcmp(words[i], wanted) == 0)
            return true;
    return false;
}

static void give_page(struct player *player, const char *const words[])
{
    int source = source_of(words[1]);
    size_t limit = strtoull(words[2], NULL, 10);
    arena_reset(&player->fixture.arena);
    if (has_word(words, "abort"))
        deliver(player, source, answer_of(player, source, limit), true);
    struct bytes frame = arena_bytes(&player->fixture.arena, answer_of(player, source, limit));
    deliver(player, source, frame, false);
    if (has_word(words, "again"))
        deliver(player, source, frame, false);
}

static void hold(struct player *player, const char *const words[])
{
    player->held_source = source_of(words[1]);
    arena_reset(&player->fixture.arena);
    struct bytes frame = answer_of(player, player->held_source, strtoull(words[2], NULL, 10));
    buffer_reset(&player->held);
    buffer_append(&player->held, frame.data, frame.len);
}

static void release(struct player *player)
{
    if (player->held_source >= 0)
        deliver(player, player->held_source, buffer_bytes(&player->held), false);
    player->held_source = -1;
}

/* Questions. */

static void print_frame(struct bytes frame)
{
    uint8_t head[4] = {(uint8_t)(frame.len >> 24), (uint8_t)(frame.len >> 16), (uint8_t)(frame.len >> 8),
                       (uint8_t)frame.len};
    fwrite(head, 1, sizeof head, stdout);
    fwrite(frame.data, 1, frame.len, stdout);
    fflush(stdout);
}

static void command(struct player *player, const char *type)
{
    struct fixture *fixture = &player->fixture;
    const struct core_sender sender = core_trusted_sender();
    char id[32];
    snprintf(id, sizeof id, "c-%" PRIu64, ++player->command);
    const struct command_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = text_of(id),
        .type = text_of(type),
        .expires_ms = fixture->utc_ms + 30000,
        .body = bytes_of(player->body, player->body_len),
    };
    buffer_reset(&fixture->frame);
    codec_encode(&command_envelope_desc, &envelope, &fixture->frame);
    core_begin(fixture->core);
    core_command(fixture->core, buffer_bytes(&fixture->frame), &sender);
    must_be(core_end(fixture->core) == FAULT_NONE, "a command's batch failed");
    print_frame(core_reply(fixture->core, 0));
}

static void query(struct player *player, const char *type)
{
    struct fixture *fixture = &player->fixture;
    const struct core_sender sender = {.role_mask = UINT32_MAX};
    const struct query_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = TEXT("q"),
        .type = text_of(type),
        .body = bytes_of(player->body, player->body_len),
    };
    struct bytes frame;
    int64_t wait_ms = 0;
    buffer_reset(&fixture->frame);
    codec_encode(&query_envelope_desc, &envelope, &fixture->frame);
    must_be(core_query(fixture->core, buffer_bytes(&fixture->frame), &sender, false, &frame, &wait_ms) == CORE_ANSWERED,
            "a query was not answered");
    print_frame(frame);
}

static void work(struct player *player)
{
    struct fixture *fixture = &player->fixture;
    fixture->utc_ms += PAUSE_MS; // after a batch that failed work waits
    fixture->monotonic_ms += PAUSE_MS;
    if (core_work_due_ms(fixture->core) > fixture->utc_ms)
        return;
    core_begin(fixture->core);
    core_work(fixture->core);
    must_be(core_end(fixture->core) == FAULT_NONE, "a batch of work failed");
}

static void play(struct player *player, const char *const words[])
{
    if (strcmp(words[0], "new") == 0) {
        open_all(player);
        return;
    }
    must_be(player->is_open, "begin with new");
    if (strcmp(words[0], "append") == 0)
        append(player, words);
    else if (strcmp(words[0], "page") == 0)
        give_page(player, words);
    else if (strcmp(words[0], "hold") == 0)
        hold(player, words);
    else if (strcmp(words[0], "release") == 0)
        release(player);
    else if (strcmp(words[0], "work") == 0)
        work(player);
    else if (strcmp(words[0], "restart") == 0)
        fixture_restart(&player->fixture);
    else if (strcmp(words[0], "command") == 0)
        command(player, words[1]);
    else if (strcmp(words[0], "query") == 0)
        query(player, words[1]);
    else
        must_be(false, "no such word");
}

/** A line's words, empty ones after the last, and the bytes that follow it. False: there is no other. */
static bool read_line(struct player *player, char line[LINE_BYTES], const char *words[WORDS])
{
    size_t count = 0;
    if (!fgets(line, LINE_BYTES, stdin))
        return false;
    for (char *word = strtok(line, " \n"); word && count < WORDS; word = strtok(NULL, " \n"))
        words[count++] = word;
    for (size_t i = count; i < WORDS; i++)
        words[i] = "";
    must_be(count > 0, "an empty line");
    bool has_body =
        strcmp(words[0], "append") == 0 || strcmp(words[0], "command") == 0 || strcmp(words[0], "query") == 0;
    player->body_len = has_body ? strtoull(words[count - 1], NULL, 10) : 0;
    must_be(player->body_len <= BODY_MOST && fread(player->body, 1, player->body_len, stdin) == player->body_len,
            "a body is too long or too short");
    return true;
}

int main(void)
{
    struct player *player = calloc(1, sizeof *player);
    char line[LINE_BYTES];
    const char *words[WORDS];
    must_be(player, "no memory");
    log_set_level(LOG_LEVEL_ERROR);
    buffer_init(&player->held, BODY_MOST);
    while (read_line(player, line, words))
        play(player, words);
    close_all(player);
    buffer_fini(&player->held);
    free(player);
    return 0;
}
