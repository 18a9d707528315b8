// SPDX-License-Identifier: Apache-2.0
/**
 * Load: keeps N requests in flight at one door and measures. It is lean, so that the service is what is measured: it packs a
 * frame once and writes only what differs into each copy.
 *
 *     bench_load ADDRESS KIND IN_FLIGHT COUNT PERSONS TYPE [A_MESSAGE]
 *
 * KIND is one of the table `kinds`; persons are drawn at random from 1…PERSONS, differently in every run, and names and addresses
 * are random where they are written. TYPE is that of activities. With A_MESSAGE so many commands go in each message, and IN_FLIGHT
 * and COUNT are messages. Commands expire after 30 seconds, as the clients' do.
 *
 * Prints one line of JSON: requests done a second, how many were done and how many were answered `busy` (these are not sent again;
 * after one nothing is sent for 5 ms), and the 50th and 99th percentile of a message in microseconds. Any other refusal ends it with
 * status 1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/endian.h"
#include "common/bus/bus.h"
#include "common/wire/envelope.h"
#include "common/wire/frame.h"
#include "proto/activity.gen.h"
#include "proto/person.gen.h"

enum {
    ID_BYTES = 24,
    NAME_BYTES = 8,
    MOST_A_MESSAGE = 64,
    EXPIRES_MS = 30 * 1000,
    BUSY_PAUSE_MS = 5,
    SILENCE_MS = 10 * 1000,
    PAGE_ROWS = 50,
};

/** Numbers that msgpack writes with nine bytes stand where the person and the expiry go, and texts where ids and names do. */
static const uint64_t PERSON_MARK = 0x7a7a7a7a7a7a7a7a, EXPIRES_MARK = 0x7b7b7b7b7b7b7b7b;
static const char ID_MARK[ID_BYTES + 1] = "000000000000000000000000";
static const char NAME_MARK[] = "xxxxxxxx";

struct kind {
    const char *name;
    bool is_query;
    bool has_person; // the body names one
    void (*encode)(uint64_t type, struct buffer *body);
};

struct load {
    struct bus_socket *dealer;
    uint8_t frame[64 * 1024];
    size_t frame_len;
    size_t a_message;
    size_t id_at[MOST_A_MESSAGE + 1];      // where the ids' digits stand in the frame; of a batch its own is the last
    size_t person_at[MOST_A_MESSAGE];      // where the persons' 8 bytes stand
    size_t name_at[2 * MOST_A_MESSAGE];    // where the random part of a name or an address stands
    size_t expires_at[MOST_A_MESSAGE + 1]; // and those of the expiry
    size_t id_count;
    size_t person_count;
    size_t name_count;
    size_t expires_count;
    uint64_t persons;
    uint64_t sent;
    uint64_t received;
    uint64_t done; // commands or queries answered ok
    uint64_t busy;
    int64_t resume_ns; // after a `busy`
    uint64_t count;
    uint64_t in_flight;
    int64_t *sent_ns; // by number of the request
    int64_t *took_ns;
    uint64_t random;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(EXIT_FAILURE);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/** xorshift64: cheap. */
static uint64_t next_random(struct load *load)
{
    load->random ^= load->random << 13;
    load->random ^= load->random >> 7;
    load->random ^= load->random << 17;
    return load->random;
}

/** Where `what` stands in the frame, each time. */
static size_t find_all(const struct load *load, const void *what, size_t len, size_t *places, size_t most)
{
    size_t found = 0;
    for (size_t at = 0; at + len <= load->frame_len && found < most; at++)
        if (memcmp(load->frame + at, what, len) == 0)
            places[found++] = at;
    return found;
}

static void encode_activity_create(uint64_t type, struct buffer *body)
{
    struct activity_create create = {
        .person = PERSON_MARK,
        .type = type,
        .subject = TEXT("Ringde om medlemskapet"),
        .has_body = true,
        .body = TEXT("Vill komma igång igen efter sommaren; återkommer på torsdag."),
    };
    codec_encode(&activity_create_desc, &create, body);
}

static void encode_activity_list(uint64_t type, struct buffer *body)
{
    (void)type;
    struct activity_list list = {.has_person = true, .person = PERSON_MARK, .limit = PAGE_ROWS};
    codec_encode(&activity_list_desc, &list, body);
}

static void encode_person_create(uint64_t type, struct buffer *body)
{
    (void)type;
    struct person_create create = {
        .given_name = TEXT("Åsa"),
        .has_family_name = true,
        .family_name = TEXT("Öberg xxxxxxxx"),
        .has_email = true,
        .email = TEXT("asa.xxxxxxxx@example.test"),
        .has_mobile = true,
        .mobile = TEXT("070-123 45 67"),
    };
    codec_encode(&person_create_desc, &create, body);
}

/** Another name each time, for an update to what is there already writes nothing. */
static void encode_person_update(uint64_t type, struct buffer *body)
{
    (void)type;
    struct person_update update = {
        .person = PERSON_MARK, .has_family_name = true, .family_name = TEXT("Öberg xxxxxxxx")};
    codec_encode(&person_update_desc, &update, body);
}

static void encode_person_get(uint64_t type, struct buffer *body)
{
    (void)type;
    struct person_get get = {.has_person = true, .person = PERSON_MARK};
    codec_encode(&person_get_desc, &get, body);
}

static const struct kind kinds[] = {
    {"activity.create", false, true, encode_activity_create},
    {"activity.list", true, true, encode_activity_list},
    {"person.create", false, false, encode_person_create},
    {"person.update", false, true, encode_person_update},
    {"person.get", true, true, encode_person_get},
};

static const struct kind *kind_named(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    fail("KIND is none of those in the table of load.c");
}

static void encode_commands(struct load *load, const char *kind, struct bytes body, struct buffer *frame)
{
    struct command_envelope commands[MOST_A_MESSAGE], command = {
                                                          .v = 1,
                                                          .id = TEXT(ID_MARK),
                                                          .type = text_of(kind),
                                                          .expires_ms = (int64_t)EXPIRES_MARK,
                                                          .body = body,
                                                          .has_source = true,
                                                          .source = TEXT("load"),
                                                      };
    if (load->a_message == 1) {
        codec_encode(&command_envelope_desc, &command, frame);
        return;
    }
    for (size_t i = 0; i < load->a_message; i++)
        commands[i] = command;
    struct batch batch = {.commands = {.items = commands, .count = load->a_message}};
    struct buffer encoded;
    buffer_init(&encoded, sizeof load->frame);
    codec_encode(&batch_desc, &batch, &encoded);
    command.type = TEXT("batch");
    command.body = buffer_bytes(&encoded);
    codec_encode(&command_envelope_desc, &command, frame);
    buffer_fini(&encoded);
}

static void find_places(struct load *load, const struct kind *kind)
{
    uint8_t mark[8];
    load->id_count = find_all(load, ID_MARK, ID_BYTES, load->id_at, MOST_A_MESSAGE + 1);
    put_u64(mark, PERSON_MARK);
    load->person_count = find_all(load, mark, sizeof mark, load->person_at, MOST_A_MESSAGE);
    put_u64(mark, EXPIRES_MARK);
    load->expires_count = find_all(load, mark, sizeof mark, load->expires_at, MOST_A_MESSAGE + 1);
    load->name_count = find_all(load, NAME_MARK, NAME_BYTES, load->name_at, 2 * MOST_A_MESSAGE);
    const size_t messages = load->a_message == 1 ? 1 : load->a_message + 1;
    if (load->id_count != messages || load->expires_count != (kind->is_query ? 0 : messages) ||
        load->person_count != (kind->has_person ? load->a_message : 0))
        fail("the frame lacks what is to be changed in it");
}

static void make_frame(struct load *load, const struct kind *kind, uint64_t type)
{
    struct buffer body, frame;
    buffer_init(&body, sizeof load->frame);
    buffer_init(&frame, sizeof load->frame);
    kind->encode(type, &body);
    struct query_envelope query = {
        .v = 1, .id = TEXT(ID_MARK), .type = text_of(kind->name), .body = buffer_bytes(&body)};
    if (kind->is_query)
        codec_encode(&query_envelope_desc, &query, &frame);
    else
        encode_commands(load, kind->name, buffer_bytes(&body), &frame);
    if (frame.failed || frame.len > sizeof load->frame)
        fail("so many commands do not fit in a message");
    load->frame_len = frame.len;
    memcpy(load->frame, frame.data, frame.len);
    find_places(load, kind);
    buffer_fini(&body);
    buffer_fini(&frame);
}

/** Ids are the run's time, the message's number, and the command's within it. */
static void fill_frame(struct load *load, int64_t sent_ns)
{
    static int64_t run;
    struct timespec now;
    if (!run)
        run = sent_ns;
    for (size_t i = 0; i < load->id_count; i++) {
        char id[ID_BYTES + 1];
        uint64_t number = load->sent << 8 | (load->id_count > 1 ? i : 0);
        snprintf(id, sizeof id, "%010" PRIx64 "%014" PRIx64, (uint64_t)run & 0xffffffffff, number);
        memcpy(load->frame + load->id_at[i], id, ID_BYTES);
    }
    for (size_t i = 0; i < load->person_count; i++)
        put_u64(load->frame + load->person_at[i], 1 + next_random(load) % load->persons);
    for (size_t i = 0; i < load->name_count; i++) {
        char name[NAME_BYTES + 1];
        snprintf(name, sizeof name, "%08" PRIx32, (uint32_t)next_random(load));
        memcpy(load->frame + load->name_at[i], name, NAME_BYTES);
    }
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    for (size_t i = 0; i < load->expires_count; i++)
        put_u64(load->frame + load->expires_at[i], (uint64_t)now.tv_sec * 1000 + EXPIRES_MS);
}

static void send_one(struct load *load)
{
    load->sent_ns[load->sent] = now_ns();
    fill_frame(load, load->sent_ns[load->sent]);
    if (!bus_send(load->dealer, bytes_of(load->frame, load->frame_len)))
        fail("the queue to the service is full");
    load->sent++;
}

/** The number of the request that a reply answers, read from its id without decoding the whole. */
static uint64_t number_of(struct bytes reply)
{
    static const uint8_t before[] = {0xa2, 'i', 'd', 0xa0 | ID_BYTES};
    for (size_t at = 0; at + sizeof before + ID_BYTES <= reply.len; at++) {
        if (memcmp(reply.data + at, before, sizeof before) != 0)
            continue;
        char digits[15] = {0};
        memcpy(digits, reply.data + at + sizeof before + 10, 14);
        return strtoull(digits, NULL, 16) >> 8;
    }
    fail("a reply has no id");
}

static size_t count_all(struct bytes reply, const void *what, size_t len)
{
    size_t found = 0;
    for (size_t at = 0; at + len <= reply.len; at++)
        found += memcmp(reply.data + at, what, len) == 0;
    return found;
}

/** Counts what was done. A batch's own reply is ok whatever became of its commands, unless all of it was refused. */
static void count_outcomes(struct load *load, struct bytes reply)
{
    static const uint8_t ok[] = {0xa6, 's', 't', 'a', 't', 'u', 's', 0xa2, 'o', 'k'};
    static const uint8_t busy[] = {0xa4, 'c', 'o', 'd', 'e', 0xa4, 'b', 'u', 's', 'y'};
    const size_t good = count_all(reply, ok, sizeof ok), full = count_all(reply, busy, sizeof busy);
    if (good + full != load->id_count && !(good == 0 && full == 1)) {
        fwrite(reply.data, 1, reply.len, stderr);
        fail("a request was refused");
    }
    load->done += load->a_message > 1 && good > 0 ? good - 1 : good;
    load->busy += good > 0 ? full : load->a_message;
    if (full > 0)
        load->resume_ns = now_ns() + BUSY_PAUSE_MS * INT64_C(1000000);
}

static void take_one(struct load *load, struct bytes reply)
{
    const int64_t came_ns = now_ns(); // before the reply is searched
    const uint64_t number = number_of(reply);
    if (number >= load->sent)
        fail("a reply answers nothing that was asked");
    load->took_ns[number] = came_ns - load->sent_ns[number];
    count_outcomes(load, reply);
    load->received++;
}

static void run(struct load *load)
{
    struct bus_poll_item item = {.socket = load->dealer};
    struct bus_message message;
    while (load->received < load->count) {
        const bool pauses = load->resume_ns > 0 && now_ns() < load->resume_ns;
        while (!pauses && load->sent < load->count && load->sent - load->received < load->in_flight)
            send_one(load);
        if (bus_poll(&item, 1, pauses ? BUSY_PAUSE_MS : SILENCE_MS) == 0 && !pauses)
            fail("the service is silent");
        while (bus_receive(load->dealer, &message) == BUS_MESSAGE) {
            take_one(load, message.payload);
            bus_message_close(&message);
        }
    }
}

static int order(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void show(struct load *load, double seconds)
{
    qsort(load->took_ns, load->count, sizeof *load->took_ns, order);
    const int64_t p50_ns = load->took_ns[load->count / 2], p99_ns = load->took_ns[load->count - load->count / 100 - 1];
    printf("{\"rate\": %.0f, \"done\": %" PRIu64 ", \"busy\": %" PRIu64 ", \"p50_us\": %.0f, \"p99_us\": %.0f}\n",
           (double)load->done / seconds, load->done, load->busy, (double)p50_ns / 1e3, (double)p99_ns / 1e3);
}

int main(int argc, char **argv)
{
    static struct load load = {.random = 88172645463325252};
    struct bus *bus;
    const struct bus_limits limits = {FRAME_SERVICE_BYTES, 100000};
    if (argc != 7 && argc != 8)
        fail("ADDRESS KIND IN_FLIGHT COUNT PERSONS TYPE [A_MESSAGE] are needed");
    load.in_flight = strtoull(argv[3], NULL, 10);
    load.count = strtoull(argv[4], NULL, 10);
    load.persons = strtoull(argv[5], NULL, 10);
    load.sent_ns = calloc(load.count, sizeof *load.sent_ns);
    load.took_ns = calloc(load.count, sizeof *load.took_ns);
    load.a_message = argc == 8 ? strtoull(argv[7], NULL, 10) : 1;
    load.random ^= (uint64_t)now_ns(); // another run draws others
    if (load.a_message == 0 || load.a_message > MOST_A_MESSAGE)
        fail("1 to 64 commands go in a message");
    if (!load.in_flight || !load.count || !load.persons || !load.sent_ns || !load.took_ns)
        fail("numbers above 0 are needed");
    make_frame(&load, kind_named(argv[2]), strtoull(argv[6], NULL, 10));
    bus_block_signals();
    if (bus_open(&bus) != FAULT_NONE || bus_connect_dealer(bus, argv[1], limits, &load.dealer) != FAULT_NONE)
        fail("cannot connect");
    int64_t began_ns = now_ns();
    run(&load);
    show(&load, (double)(now_ns() - began_ns) / 1e9);
    bus_socket_close(load.dealer);
    bus_close(bus);
    free(load.sent_ns);
    free(load.took_ns);
    return EXIT_SUCCESS;
}
