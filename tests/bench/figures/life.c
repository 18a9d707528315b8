// SPDX-License-Identifier: Apache-2.0
/**
 * Life: persons and three years of their activities, drawn from a seed, skewed as in life; row after row the same in every run.
 *
 *     bench_life send ADDRESS persons|activities FIRST COUNT PERSONS ACTIVITIES EMPLOYEES ENTRIES...
 *     bench_life rows persons|activities FIRST COUNT PERSONS ACTIVITIES EMPLOYEES ENTRIES...
 *
 * `send` writes them through a service's command door, 16 commands a message, 16 messages in flight, each again until it is done; `rows`
 * prints them for COPY of PostgreSQL. PERSONS and ACTIVITIES are how many there are in all. Persons 1 to EMPLOYEES are
 * employees. ENTRIES are the first ids of the pick-lists region (10 entries), category (6), sales_status (5) and group (12).
 *
 * Of activities person 1 has one in a hundred, half of the persons an eighth of all; there are more each year, on workdays, in the middle of the
 * day; a tenth was written down later; one in ten is still to come or under way. Types 1 to 10.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/bus/bus.h"
#include "common/wire/envelope.h"
#include "common/wire/frame.h"
#include "proto/activity.gen.h"
#include "proto/person.gen.h"

enum {
    A_MESSAGE = 16,
    IN_FLIGHT = 16,
    FRAME_BYTES = 64 * 1024,
    SILENCE_MS = 20 * 1000,
    BUSY_PAUSE_MS = 5,
    EXPIRES_MS = 60 * 1000,
    ID_BYTES = 24,
    REGIONS = 10,
    CATEGORIES = 6,
    SALES_STATUSES = 5,
    GROUPS = 12,
    TYPES = 10,
    MOST_GROUPS = 3,
    QUARTER_MS = 15 * 60 * 1000,
};

static const int64_t FIRST_MS = 1700956800000, // 2023-11-26
    DAY = 86400000, DAYS = 3 * 365 + 1;

struct life {
    uint64_t persons;
    uint64_t activities;
    uint64_t employees;
    uint64_t first_region;
    uint64_t first_category;
    uint64_t first_sales_status;
    uint64_t first_group;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "life: %s\n", what);
    exit(EXIT_FAILURE);
}

/* The rows. */

/** The row's own random numbers: splitmix64. */
struct draw {
    uint64_t state;
};

static struct draw draw_of(uint64_t kind, uint64_t row)
{
    return (struct draw){kind * UINT64_C(0xd1342543de82ef95) + row * UINT64_C(0x2545f4914f6cdd1d)};
}

static double draw(struct draw *draw)
{
    uint64_t number = draw->state += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((number ^ (number >> 31)) >> 11) / 9007199254740992.0;
}

/** 0 to n - 1, the first ones far more often the greater `power` is. */
static uint64_t skewed(struct draw *draws, uint64_t n, double power)
{
    return (uint64_t)(pow(draw(draws), power) * (double)n);
}

struct person_row {
    uint64_t region;
    uint64_t category; // 0: none, as below
    uint64_t sales_status;
    uint64_t account_manager;
    size_t group_count;
    uint64_t groups[MOST_GROUPS];
};

static struct person_row person_row(const struct life *life, uint64_t person)
{
    struct draw draws = draw_of(1, person);
    struct person_row row = {.region = life->first_region + skewed(&draws, REGIONS, 1.5)};
    bool is_employee = person <= life->employees;
    double some = draw(&draws);
    row.category = some < 0.1 ? 0 : life->first_category + skewed(&draws, CATEGORIES, 1.5);
    row.sales_status = some > 0.95 ? 0 : life->first_sales_status + skewed(&draws, SALES_STATUSES, 1.2);
    row.account_manager = is_employee || some > 0.9 ? 0 : 1 + skewed(&draws, life->employees, 1.3);
    row.group_count = (size_t)skewed(&draws, MOST_GROUPS + 1, 2);
    for (size_t i = 0; i < row.group_count; i++)
        row.groups[i] = life->first_group + (skewed(&draws, GROUPS / MOST_GROUPS, 1) + i * (GROUPS / MOST_GROUPS));
    return row;
}

struct activity_row {
    uint64_t person;
    uint64_t type;
    uint64_t assignee; // 0: none
    int64_t start_ms;
    enum activity_status status;
};

static int64_t start_of(struct draw *draws, double part)
{
    int64_t day = (int64_t)(pow(part, 0.7) * (double)DAYS);
    if (draw(draws) < 0.1) // written down later
        day -= (int64_t)(draw(draws) * 300);
    day = day < 0 ? 0 : day;
    if (day % 7 < 2 &&
        draw(draws) < 0.7) // days 0 and 1 are Sunday and Monday: most of a weekend comes on the next workday
        day += 2 - day % 7;
    double hour = 7 + 6 * (draw(draws) + draw(draws)); // UTC
    return FIRST_MS + day * DAY + (int64_t)(hour * 3600000);
}

static struct activity_row activity_row(const struct life *life, uint64_t activity)
{
    static const double share[TYPES] = {0.30, 0.48, 0.60, 0.70, 0.78, 0.85, 0.91, 0.95, 0.98, 1};
    struct draw draws = draw_of(2, activity);
    struct activity_row row = {.person = 1 + skewed(&draws, life->persons, 3), .type = 1};
    double kind = draw(&draws), state = draw(&draws);
    while (kind > share[row.type - 1])
        row.type++;
    row.assignee = draw(&draws) < 0.7 ? 1 + skewed(&draws, life->employees, 1.3) : 0;
    row.start_ms = start_of(&draws, (double)activity / (double)life->activities);
    row.status = state < 0.05   ? ACTIVITY_STATUS_NOT_STARTED
                 : state < 0.10 ? ACTIVITY_STATUS_IN_PROGRESS
                                : ACTIVITY_STATUS_DONE;
    return row;
}

/* As commands. */

static void encode_person(const struct life *life, uint64_t person, struct buffer *body)
{
    const struct person_row row = person_row(life, person);
    char name[32];
    snprintf(name, sizeof name, "Öberg %" PRIu64, person);
    struct person_create create = {
        .given_name = TEXT("Åsa"),
        .has_family_name = true,
        .family_name = text_of(name),
        .has_region = true,
        .region = row.region,
        .has_category = row.category != 0,
        .category = row.category,
        .has_sales_status = row.sales_status != 0,
        .sales_status = row.sales_status,
        .has_account_manager = row.account_manager != 0,
        .account_manager = row.account_manager,
        .groups = {row.group_count, row.groups},
    };
    codec_encode(&person_create_desc, &create, body);
}

static void encode_activity(const struct life *life, uint64_t activity, struct buffer *body)
{
    const struct activity_row row = activity_row(life, activity);
    bool is_done = row.status == ACTIVITY_STATUS_DONE;
    struct activity_create create = {
        .person = row.person,
        .type = row.type,
        .subject = TEXT("Ringde om medlemskapet"),
        .has_status = true,
        .status = row.status,
        .has_start_ms = true,
        .start_ms = row.start_ms,
        .has_end_ms = is_done,
        .end_ms = row.start_ms + QUARTER_MS,
        .has_assignee = row.assignee != 0,
        .assignee = row.assignee,
    };
    codec_encode(&activity_create_desc, &create, body);
}

struct kind {
    const char *name;
    const char *command;
    void (*encode)(const struct life *life, uint64_t row, struct buffer *body);
    void (*print)(const struct life *life, uint64_t row);
};

static void print_optional(uint64_t id)
{
    if (id)
        printf("\t%" PRIu64, id);
    else
        fputs("\t\\N", stdout);
}

static void print_person(const struct life *life, uint64_t person)
{
    const struct person_row row = person_row(life, person);
    printf("%" PRIu64, person);
    print_optional(row.region);
    print_optional(row.category);
    print_optional(row.sales_status);
    print_optional(row.account_manager);
    putchar('\n');
}

static void print_activity(const struct life *life, uint64_t activity)
{
    const struct activity_row row = activity_row(life, activity);
    time_t second = (time_t)(row.start_ms / 1000);
    struct tm utc;
    char text[32];
    gmtime_r(&second, &utc);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
    printf("%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%d\t%s.%03d+00", activity, row.person, row.type, (int)row.status,
           text, (int)(row.start_ms % 1000));
    print_optional(row.assignee);
    putchar('\n');
}

static const struct kind kinds[] = {
    {"persons", "person.create", encode_person, print_person},
    {"activities", "activity.create", encode_activity, print_activity},
};

/* Sending. */

/** A message under way: so many rows from `first` on, those not yet done in `left`. */
struct message {
    uint64_t first;
    size_t count;
    uint32_t left; // bits
    bool waits;    // it was busy, and is to be sent again
};

struct sender {
    const struct life *life;
    const struct kind *kind;
    struct bus_socket *dealer;
    struct message messages[IN_FLIGHT];
    size_t under_way;
    uint64_t next;
    uint64_t end;
    uint64_t run;
    struct arena arena;
};

static struct text id_of(const struct sender *sender, uint64_t number, char out[ID_BYTES + 1])
{
    snprintf(out, ID_BYTES + 1, "%010" PRIx64 "%014" PRIx64, sender->run & 0xffffffffff, number & 0xffffffffffffff);
    return (struct text){out, ID_BYTES};
}

static int64_t utc_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** Rows have ids of their own, so that a row sent again is done once; the message's id tells its place. */
static void send_message(struct sender *sender, size_t place)
{
    struct message *message = &sender->messages[place];
    struct command_envelope commands[A_MESSAGE];
    char ids[A_MESSAGE][ID_BYTES + 1], own_id[ID_BYTES + 1];
    struct buffer bodies[A_MESSAGE], encoded, frame;
    size_t count = 0;
    int64_t expires_ms = utc_ms() + EXPIRES_MS;
    for (size_t i = 0; i < message->count; i++) {
        if (!(message->left >> i & 1))
            continue;
        uint64_t row = message->first + i;
        buffer_init(&bodies[count], FRAME_BYTES);
        sender->kind->encode(sender->life, row, &bodies[count]);
        commands[count] = (struct command_envelope){
            .v = 1,
            .id = id_of(sender, row, ids[count]),
            .type = text_of(sender->kind->command),
            .expires_ms = expires_ms,
            .body = buffer_bytes(&bodies[count]),
            .has_source = true,
            .source = TEXT("life"),
        };
        count++;
    }
    static uint64_t sent;
    struct batch batch = {.commands = {count, commands}};
    struct command_envelope command = {
        .v = 1,
        .id = id_of(sender, UINT64_C(1) << 48 | ++sent << 8 | place, own_id),
        .type = TEXT("batch"),
        .expires_ms = expires_ms,
        .has_source = true,
        .source = TEXT("life"),
    };
    buffer_init(&encoded, FRAME_BYTES);
    buffer_init(&frame, FRAME_BYTES);
    codec_encode(&batch_desc, &batch, &encoded);
    command.body = buffer_bytes(&encoded);
    codec_encode(&command_envelope_desc, &command, &frame);
    if (frame.failed || !bus_send(sender->dealer, buffer_bytes(&frame)))
        fail("a message cannot be sent");
    for (size_t i = 0; i < count; i++)
        buffer_fini(&bodies[i]);
    buffer_fini(&encoded);
    buffer_fini(&frame);
    message->waits = false;
}

static void begin_message(struct sender *sender, size_t place)
{
    uint64_t left = sender->end - sender->next;
    struct message *message = &sender->messages[place];
    message->first = sender->next;
    message->count = left < A_MESSAGE ? (size_t)left : A_MESSAGE;
    message->left = (UINT32_C(1) << message->count) - 1;
    sender->next += message->count;
    sender->under_way++;
    send_message(sender, place);
}

/** True: it was done, or is to be sent again. */
static bool is_good(const struct reply_envelope *reply, bool *out_busy)
{
    *out_busy = reply->status == REPLY_STATUS_ERROR && reply->error.retry;
    return reply->status == REPLY_STATUS_OK || *out_busy;
}

static void take_reply(struct sender *sender, struct bytes payload)
{
    struct reply_envelope reply;
    struct batch_reply replies;
    struct refusal refusal = {0};
    bool busy = false;
    arena_reset(&sender->arena);
    if (!codec_decode(&reply_envelope_desc, payload, CODEC_SKIP_UNKNOWN, &sender->arena, &reply, &refusal) ||
        !is_good(&reply, &busy))
        fail("a message was refused");
    char number[15] = {0};
    memcpy(number, reply.id.data + 10, 14);
    size_t place = strtoull(number, NULL, 16) & 0xff;
    struct message *message = &sender->messages[place];
    if (busy) {
        message->waits = true;
        return;
    }
    if (!codec_decode(&batch_reply_desc, reply.body, CODEC_SKIP_UNKNOWN, &sender->arena, &replies, &refusal))
        fail("a batch's reply cannot be read");
    size_t at = 0;
    uint32_t left = 0;
    for (size_t i = 0; i < message->count; i++) {
        if (!(message->left >> i & 1))
            continue;
        const struct reply_envelope *one = &replies.replies.items[at++];
        if (!is_good(one, &busy)) {
            fprintf(stderr, "row %" PRIu64 ": %.*s\n", message->first + i, (int)one->error.message.len,
                    one->error.message.data);
            fail("a row was refused");
        }
        left |= busy ? UINT32_C(1) << i : 0;
    }
    message->left = left;
    message->waits = left != 0;
    if (left == 0) {
        message->count = 0;
        sender->under_way--;
    }
}

static void fill(struct sender *sender)
{
    for (size_t i = 0; i < IN_FLIGHT; i++)
        if (sender->messages[i].waits)
            send_message(sender, i);
        else if (sender->messages[i].count == 0 && sender->next < sender->end)
            begin_message(sender, i);
}

static bool has_waiting(const struct sender *sender)
{
    for (size_t i = 0; i < IN_FLIGHT; i++)
        if (sender->messages[i].waits)
            return true;
    return false;
}

static void send_rows(struct sender *sender)
{
    struct bus_poll_item item = {.socket = sender->dealer};
    struct bus_message message;
    fill(sender);
    while (sender->under_way > 0) {
        if (has_waiting(sender))
            nanosleep(&(struct timespec){0, BUSY_PAUSE_MS * 1000000L}, NULL);
        else if (bus_poll(&item, 1, SILENCE_MS) == 0)
            fail("the service is silent");
        while (bus_receive(sender->dealer, &message) == BUS_MESSAGE) {
            take_reply(sender, message.payload);
            bus_message_close(&message);
        }
        fill(sender);
    }
}

static const struct kind *kind_named(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    fail("persons or activities?");
}

static void send_all(const char *address, const struct life *life, const struct kind *kind, uint64_t first,
                     uint64_t count)
{
    struct sender sender = {.life = life, .kind = kind, .next = first, .end = first + count, .run = (uint64_t)utc_ms()};
    struct bus *bus;
    const struct bus_limits limits = {FRAME_SERVICE_BYTES, 100000};
    arena_init(&sender.arena, 4 << 20);
    bus_block_signals();
    if (bus_open(&bus) != FAULT_NONE || bus_connect_dealer(bus, address, limits, &sender.dealer) != FAULT_NONE)
        fail("cannot connect");
    send_rows(&sender);
    bus_socket_close(sender.dealer);
    bus_close(bus);
    arena_fini(&sender.arena);
}

int main(int argc, char **argv)
{
    const bool sends = argc > 1 && strcmp(argv[1], "send") == 0;
    char **arguments = argv + (sends ? 3 : 2);
    if (argc != (sends ? 13 : 12))
        fail("arguments are missing; life.c says which");
    uint64_t numbers[9];
    for (size_t i = 0; i < 9; i++)
        numbers[i] = strtoull(arguments[1 + i], NULL, 10);
    const struct life life = {numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7], numbers[8]};
    const struct kind *kind = kind_named(arguments[0]);
    if (sends)
        send_all(argv[2], &life, kind, numbers[0], numbers[1]);
    for (uint64_t i = 0; !sends && i < numbers[1]; i++)
        kind->print(&life, numbers[0] + i);
    return EXIT_SUCCESS;
}
