// SPDX-License-Identifier: Apache-2.0
/**
 * Load: keeps N requests in flight at one door and measures. It is lean, so that the service is what is measured: it packs a
 * frame once and writes only what differs into each copy.
 *
 *     bench_load ADDRESS KIND IN_FLIGHT COUNT PERSONS TYPE
 *
 * KIND is `activity.create` or `person.get`; persons are drawn at random from 1…PERSONS with a fixed seed. Prints one line of
 * JSON: requests a second, and the 50th and 99th percentile in microseconds. A refusal ends it with status 1.
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

enum { ID_BYTES = 24 };

struct load {
    struct bus_socket *dealer;
    uint8_t frame[1024];
    size_t frame_len;
    size_t id_at;     // where the id's digits stand in the frame
    size_t person_at; // where the person's 8 bytes stand
    uint64_t persons;
    uint64_t sent;
    uint64_t received;
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

/** xorshift64: cheap, and the same persons in every run. */
static uint64_t next_random(struct load *load)
{
    load->random ^= load->random << 13;
    load->random ^= load->random >> 7;
    load->random ^= load->random << 17;
    return load->random;
}

static size_t find(const struct load *load, const void *what, size_t len)
{
    for (size_t at = 0; at + len <= load->frame_len; at++)
        if (memcmp(load->frame + at, what, len) == 0)
            return at;
    fail("the frame lacks what is to be changed in it");
}

/** A number that msgpack writes with nine bytes stands where the person goes. */
static const uint64_t PERSON_MARK = 0x7a7a7a7a7a7a7a7a;

static void encode_body(const char *kind, uint64_t type, struct buffer *body)
{
    if (strcmp(kind, "activity.create") == 0) {
        struct activity_create create = {
            .person = PERSON_MARK,
            .type = type,
            .subject = TEXT("Ringde om medlemskapet"),
            .has_body = true,
            .body = TEXT("Vill komma igång igen efter sommaren; återkommer på torsdag."),
        };
        codec_encode(&activity_create_desc, &create, body);
    } else {
        struct person_get get = {.has_person = true, .person = PERSON_MARK};
        codec_encode(&person_get_desc, &get, body);
    }
}

static void make_frame(struct load *load, const char *kind, uint64_t type)
{
    static const char id[ID_BYTES + 1] = "000000000000000000000000";
    struct buffer body, frame;
    uint8_t mark[8];
    buffer_init(&body, sizeof load->frame);
    buffer_init(&frame, sizeof load->frame);
    encode_body(kind, type, &body);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct command_envelope command = {
        .v = 1,
        .id = TEXT(id),
        .type = text_of(kind),
        .expires_ms = (int64_t)now.tv_sec * 1000 + 5 * 60 * 1000,
        .body = buffer_bytes(&body),
        .has_source = true,
        .source = TEXT("load"),
    };
    struct query_envelope query = {.v = 1, .id = command.id, .type = command.type, .body = command.body};
    if (strcmp(kind, "person.get") == 0)
        codec_encode(&query_envelope_desc, &query, &frame);
    else
        codec_encode(&command_envelope_desc, &command, &frame);
    load->frame_len = frame.len;
    memcpy(load->frame, frame.data, frame.len);
    put_u64(mark, PERSON_MARK);
    load->id_at = find(load, id, ID_BYTES);
    load->person_at = find(load, mark, sizeof mark);
    buffer_fini(&body);
    buffer_fini(&frame);
}

static void send_one(struct load *load)
{
    char id[ID_BYTES + 1];
    static int64_t run;
    if (!run)
        run = now_ns();
    snprintf(id, sizeof id, "%012" PRIx64 "%012" PRIx64, (uint64_t)run & 0xffffffffffff, load->sent);
    memcpy(load->frame + load->id_at, id, ID_BYTES);
    put_u64(load->frame + load->person_at, 1 + next_random(load) % load->persons);
    load->sent_ns[load->sent] = now_ns();
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
        char digits[13] = {0};
        memcpy(digits, reply.data + at + sizeof before + 12, 12);
        return strtoull(digits, NULL, 16);
    }
    fail("a reply has no id");
}

static void take_one(struct load *load, struct bytes reply)
{
    static const uint8_t ok[] = {0xa2, 'o', 'k'};
    bool good = false;
    for (size_t at = 0; at + sizeof ok <= reply.len && !good; at++)
        good = memcmp(reply.data + at, ok, sizeof ok) == 0;
    if (!good) {
        fwrite(reply.data, 1, reply.len, stderr);
        fail("a request was refused");
    }
    uint64_t number = number_of(reply);
    if (number >= load->sent)
        fail("a reply answers nothing that was asked");
    load->took_ns[number] = now_ns() - load->sent_ns[number];
    load->received++;
}

static void run(struct load *load)
{
    struct bus_poll_item item = {.socket = load->dealer};
    struct bus_message message;
    while (load->received < load->count) {
        while (load->sent < load->count && load->sent - load->received < load->in_flight)
            send_one(load);
        if (bus_poll(&item, 1, 10000) == 0)
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

int main(int argc, char **argv)
{
    static struct load load = {.random = 88172645463325252};
    struct bus *bus;
    const struct bus_limits limits = {FRAME_SERVICE_BYTES, 100000};
    if (argc != 7)
        fail("ADDRESS KIND IN_FLIGHT COUNT PERSONS TYPE are needed");
    load.in_flight = strtoull(argv[3], NULL, 10);
    load.count = strtoull(argv[4], NULL, 10);
    load.persons = strtoull(argv[5], NULL, 10);
    load.sent_ns = calloc(load.count, sizeof *load.sent_ns);
    load.took_ns = calloc(load.count, sizeof *load.took_ns);
    if (!load.in_flight || !load.count || !load.persons || !load.sent_ns || !load.took_ns)
        fail("numbers above 0 are needed");
    make_frame(&load, argv[2], strtoull(argv[6], NULL, 10));
    bus_block_signals();
    if (bus_open(&bus) != FAULT_NONE || bus_connect_dealer(bus, argv[1], limits, &load.dealer) != FAULT_NONE)
        fail("cannot connect");
    int64_t began_ns = now_ns();
    run(&load);
    double seconds = (double)(now_ns() - began_ns) / 1e9;
    qsort(load.took_ns, load.count, sizeof *load.took_ns, order);
    const int64_t p50_ns = load.took_ns[load.count / 2], p99_ns = load.took_ns[load.count - load.count / 100 - 1];
    printf("{\"rate\": %.0f, \"p50_us\": %.0f, \"p99_us\": %.0f}\n", (double)load.count / seconds, (double)p50_ns / 1e3,
           (double)p99_ns / 1e3);
    bus_socket_close(load.dealer);
    bus_close(bus);
    free(load.sent_ns);
    free(load.took_ns);
    return EXIT_SUCCESS;
}
