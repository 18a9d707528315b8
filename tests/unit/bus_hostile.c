// SPDX-License-Identifier: Apache-2.0
/*
 * Peers that mean harm, or behave as if: whatever they do, others are served and memory stays bounded (faults.md F18,
 * F21, F22, F24).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "tests/unit/bus_fixture.h"
#include "tests/unit/bus_zmtp.h"

#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED
#endif
#ifdef SANITIZED
size_t __sanitizer_get_current_allocated_bytes(void); // gcc has it without its header
#endif

enum { PATIENCE_MS = 20000 }; // with a loaded machine

struct fixture {
    char directory[FIXTURE_PATH_BYTES];
    char address[FIXTURE_ADDRESS_BYTES];
    struct bus *bus;
    struct bus_socket *router;
    struct bus_socket *dealer; // the honest one
    struct bus_socket *publisher;
    struct bus_socket *subscriber; // the honest one, of the publisher
};

static int set_up(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    run_directory_make(fixture.directory);
    address_make(fixture.address, fixture.directory, "door");
    *state = &fixture;
    return bus_open(&fixture.bus) == FAULT_NONE &&
                   bus_bind_router(fixture.bus, fixture.address, small_limits, &fixture.router) == FAULT_NONE &&
                   bus_connect_dealer(fixture.bus, fixture.address, small_limits, &fixture.dealer) == FAULT_NONE
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    bus_socket_close(fixture->dealer);
    bus_socket_close(fixture->router);
    bus_socket_close(fixture->subscriber);
    bus_socket_close(fixture->publisher);
    bus_close(fixture->bus);
    run_directory_remove(fixture->directory);
    return 0;
}

static bool is_honest(const struct bus_message *message)
{
    return message->payload.len == 6 && memcmp(message->payload.data, "honest", 6) == 0;
}

/** The honest dealer asks; what others have sent in between is counted as it comes by. Fails unless it is answered in
 * time. */
static int serve_honest(struct fixture *fixture)
{
    int dropped = 0;
    bool is_asked = false;
    struct bus_message message;
    assert_true(bus_send(fixture->dealer, bytes_of("honest", 6)));
    while (!is_asked) {
        enum bus_received received = receive_within(fixture->router, PATIENCE_MS, &message);
        assert_int_not_equal(received, BUS_NOTHING);
        if (received == BUS_DROPPED) {
            dropped++;
            continue;
        }
        is_asked = is_honest(&message);
        if (is_asked)
            assert_true(bus_reply(fixture->router, &message.peer, bytes_of("answer", 6)));
        bus_message_close(&message);
    }
    assert_int_equal(receive_within(fixture->dealer, PATIENCE_MS, &message), BUS_MESSAGE);
    bus_message_close(&message);
    return dropped;
}

static int open_raw(struct fixture *fixture)
{
    int fd = zmtp_open(fixture->address, "DEALER");
    assert_true(fd >= 0);
    return fd;
}

/** The peer's end is closed within a second or two; what it sends until then is thrown away. */
static void assert_cut_off(int fd)
{
    char rest[512];
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    ssize_t len;
    while ((len = recv(fd, rest, sizeof rest, 0)) > 0)
        continue;
    assert_true(len == 0 || errno == ECONNRESET);
}

static void wrong_frames_are_dropped_and_good_ones_pass(void **state)
{
    struct fixture *fixture = *state;
    struct bus_message message;
    int fd = open_raw(fixture);
    assert_true(zmtp_send(fd, ZMTP_LAST, "alone", 5));
    assert_true(zmtp_send(fd, ZMTP_LAST, "", 0));
    assert_true(zmtp_send(fd, ZMTP_MORE, "delimiter", 9) && zmtp_send(fd, ZMTP_LAST, "payload", 7));
    assert_true(zmtp_send(fd, ZMTP_MORE, "", 0) && zmtp_send(fd, ZMTP_MORE, "payload", 7) &&
                zmtp_send(fd, ZMTP_LAST, "more", 4));
    assert_true(zmtp_send(fd, ZMTP_MORE, "", 0) && zmtp_send(fd, ZMTP_LAST, "good", 4));
    for (int i = 0; i < 4; i++)
        assert_int_equal(receive_within(fixture->router, PATIENCE_MS, &message), BUS_DROPPED);
    assert_int_equal(receive_within(fixture->router, PATIENCE_MS, &message), BUS_MESSAGE);
    assert_int_equal(message.payload.len, 4);
    assert_memory_equal(message.payload.data, "good", 4);
    bus_message_close(&message);
    assert_int_equal(serve_honest(fixture), 0);
    close(fd);
}

static void a_message_of_very_many_frames_is_one_drop(void **state)
{
    struct fixture *fixture = *state;
    int fd = open_raw(fixture);
    static char frames[200000 * 3];
    for (size_t i = 0; i < sizeof frames; i += 3)
        memcpy(frames + i, "\1\1x", 3); // more follows, one byte, that byte
    assert_true(zmtp_send(fd, ZMTP_MORE, "", 0));
    assert_true(zmtp_write(fd, frames, sizeof frames));
    assert_true(zmtp_send(fd, ZMTP_LAST, "end", 3));
    assert_true(zmtp_send(fd, ZMTP_LAST, "alone", 5));
    int dropped = 0;
    for (int i = 0; i < 100 && dropped < 2; i++)
        dropped += serve_honest(fixture);
    assert_int_equal(dropped, 2);
    close(fd);
}

static void an_oversize_frame_cuts_its_sender_off(void **state)
{
    struct fixture *fixture = *state;
    static char large[5000];
    int fd = open_raw(fixture);
    zmtp_send(fd, ZMTP_MORE, "", 0);
    zmtp_send(fd, ZMTP_LAST, large, sizeof large);
    assert_cut_off(fd);
    close(fd);
    fd = open_raw(fixture);
    zmtp_send(fd, ZMTP_MORE, "", 0);
    zmtp_write(fd, "\2\x7f\xff\xff\xff\xff\xff\xff\xff", 9); // nine exabytes, it says
    assert_cut_off(fd);
    close(fd);
    assert_int_equal(serve_honest(fixture), 0);
}

static void who_does_not_read_costs_only_himself(void **state)
{
    struct fixture *fixture = *state;
    struct bus_message message;
    static uint8_t reply[4000];
    int fd = open_raw(fixture);
    assert_true(zmtp_send(fd, ZMTP_MORE, "", 0) && zmtp_send(fd, ZMTP_LAST, "ask", 3));
    assert_int_equal(receive_within(fixture->router, PATIENCE_MS, &message), BUS_MESSAGE);
    struct bus_peer deaf = message.peer;
    bus_message_close(&message);
    int64_t start_ms = clock_monotonic_ms(clock_system());
    int delivered = 0;
    for (int i = 0; i < 20000; i++)
        delivered += bus_reply(fixture->router, &deaf, bytes_of(reply, sizeof reply));
    assert_true(delivered >= 1 && delivered < 2000);
    assert_true(clock_monotonic_ms(clock_system()) - start_ms < PATIENCE_MS);
    assert_false(bus_reply(fixture->router, &deaf, bytes_of(reply, sizeof reply)));
    assert_int_equal(serve_honest(fixture), 0);
    close(fd);
}

static void who_sends_much_and_vanishes_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    int sent = 0;
    int fd = open_raw(fixture);
    fcntl(fd, F_SETFL, O_NONBLOCK); // it would wait when its share of the queue is full
    while (sent < 10000 && zmtp_write(fd, "\1\0\0\1x", 5))
        sent++;
    close(fd);
    assert_true(sent > small_limits.messages);
    for (int i = 0; i < 10; i++)
        assert_int_equal(serve_honest(fixture), 0);
}

/** The same with a service that reads nothing for a while: libzmq 4.3.4 aborts here when its heartbeats are on. */
static void a_full_queue_outlives_its_sender(void **state)
{
    struct fixture *fixture = *state;
    int sent = 0;
    int fd = open_raw(fixture);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (sent < 100000 && zmtp_write(fd, "\1\0\0\1x", 5))
        sent++;
    pause_ms(200); // libzmq fills the queue and stops reading
    close(fd);
    pause_ms(2500);
    assert_true(sent > small_limits.messages);
    assert_int_equal(serve_honest(fixture), 0);
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

enum { KINDS = 6 };

/** One connection of each kind, in turn. */
static int connect_rudely(struct fixture *fixture, int kind)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    static const char zmtp_1[] = "\1\0\6\0hello";
    char noise[300];
    int fd = zmtp_connect(fixture->address);
    assert_true(fd >= 0);
    switch (kind % KINDS) {
    case 0:
        zmtp_write(fd, http, sizeof http - 1);
        break;
    case 1:
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (char)(i * 131 + (size_t)kind * 17);
        zmtp_write(fd, noise, sizeof noise);
        break;
    case 2:
        zmtp_write(fd, zmtp_greeting, 11); // half a greeting
        break;
    case 3:
        zmtp_write(fd, zmtp_greeting, sizeof zmtp_greeting); // and never READY
        break;
    case 4:
        zmtp_write(fd, zmtp_1, sizeof zmtp_1 - 1);
        break;
    default:
        break; // not a word
    }
    return fd;
}

/** Waits until no more than `most` are open, reading what comes meanwhile. */
static void await_descriptors(struct fixture *fixture, int most)
{
    struct bus_message message;
    int64_t end_ms = clock_monotonic_ms(clock_system()) + PATIENCE_MS;
    while (open_descriptors() > most && clock_monotonic_ms(clock_system()) < end_ms)
        if (receive_within(fixture->router, 50, &message) == BUS_MESSAGE)
            bus_message_close(&message);
    assert_in_range(open_descriptors(), 0, most);
}

static void rude_connections_hurt_nobody_and_end(void **state)
{
    enum { RUDE = 200, WITHOUT_HANDSHAKE = RUDE / KINDS + 1 };
    struct fixture *fixture = *state;
    int fds[RUDE];
    serve_honest(fixture);
    int before = open_descriptors();
    for (int i = 0; i < RUDE; i++) {
        fds[i] = connect_rudely(fixture, i);
        if (i % 20 == 0)
            serve_honest(fixture);
    }
    // Who has not shaken hands after 5 seconds is cut off; ZMTP 1.0 has no handshake to fail in. The ends here are
    // still open.
    await_descriptors(fixture, before + RUDE + WITHOUT_HANDSHAKE);
    for (int i = 0; i < RUDE; i++)
        close(fds[i]);
    await_descriptors(fixture, before);
    serve_honest(fixture);
}

/** libzmq aborts when it finds no free descriptor for a connection; opening the bus has to make room. */
static void descriptors_are_as_many_as_allowed(void **state)
{
    enum { FEW = 128, MANY = 400 };
    struct fixture *fixture = *state;
    int fds[MANY];
    struct rlimit limit, before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(before.rlim_max > 2 * MANY + 100);
    tear_down(state);
    limit = before;
    limit.rlim_cur = FEW;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(set_up(state), 0);
    for (int i = 0; i < MANY; i++)
        fds[i] = connect_rudely(fixture, 3);
    serve_honest(fixture);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

struct flood {
    const char *address;
    _Atomic bool is_over;
};

// Without a bound the flood takes more than 300 MiB, and with sanitizers, which are slow, more than 120.
#ifdef SANITIZED
enum { FLOOD_SUBSCRIPTIONS = 20000, FLOOD_BOUND_BYTES = 100 * 1024 * 1024 };
#else
enum { FLOOD_SUBSCRIPTIONS = 50000, FLOOD_BOUND_BYTES = 20 * 1024 * 1024 };
#endif
enum { FLOOD_TOPIC_BYTES = 200 };

static void *flood_run(void *argument)
{
    struct flood *flood = argument;
    uint64_t random = 88172645463325252;
    uint8_t topic[1 + FLOOD_TOPIC_BYTES] = {1};
    int fd = -1;
    for (int sent = 0; sent < FLOOD_SUBSCRIPTIONS;) {
        for (size_t i = 1; i < sizeof topic; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            topic[i] = (uint8_t)random;
        }
        if (fd < 0)
            fd = zmtp_open(flood->address, "SUB");
        if (fd >= 0 && zmtp_send(fd, ZMTP_LAST, topic, sizeof topic)) {
            sent++;
            continue;
        }
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    pause_ms(200);
    close(fd);
    flood->is_over = true;
    return NULL;
}

/** Memory in use: the process's, or the live part of the heap where a sanitizer keeps what is freed for a while. */
static size_t memory_bytes(void)
{
#ifdef SANITIZED
    return __sanitizer_get_current_allocated_bytes();
#else
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*u %lu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
#endif
}

static const char *const topics[] = {"figure"};

/** A publisher, and a subscriber that hears it. */
static void start_publisher(struct fixture *fixture, const char *address)
{
    assert_int_equal(bus_bind_publisher(fixture->bus, address, small_limits, topics, 1, &fixture->publisher),
                     FAULT_NONE);
    assert_int_equal(bus_connect_subscriber(fixture->bus, address, small_limits, topics, 1, &fixture->subscriber),
                     FAULT_NONE);
}

static bool receive_is_message(struct bus_socket *socket)
{
    struct bus_message message;
    if (receive_within(socket, 50, &message) != BUS_MESSAGE)
        return false;
    bus_message_close(&message);
    return true;
}

/** Publishes until the subscriber hears of it. */
static bool is_heard(struct fixture *fixture)
{
    for (int i = 0; i < 400; i++) {
        bus_publisher_serve(fixture->publisher);
        bus_publish(fixture->publisher, TEXT("figure"), bytes_of("1", 1));
        if (receive_is_message(fixture->subscriber))
            return true;
    }
    return false;
}

/** Serves the publisher until the flood is over; returns the most memory it took. */
static size_t ride_out(struct fixture *fixture, struct flood *flood)
{
    pthread_t thread;
    size_t before = memory_bytes(), most = before;
    struct bus_poll_item item = {.socket = fixture->publisher};
    assert_int_equal(pthread_create(&thread, NULL, flood_run, flood), 0);
    while (!flood->is_over) {
        if (bus_poll(&item, 1, 10) > 0)
            bus_publisher_serve(fixture->publisher);
        bus_publish(fixture->publisher, TEXT("figure"), bytes_of("1", 1));
        size_t now = memory_bytes();
        most = now > most ? now : most;
    }
    pthread_join(thread, NULL);
    print_message("flood: %zu KiB more\n", (most - before) / 1024);
    return most - before;
}

static void a_flood_of_subscriptions_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    char address[FIXTURE_ADDRESS_BYTES];
    struct flood flood = {.address = address};
    address_make(address, fixture->directory, "events");
    start_publisher(fixture, address);
    assert_true(is_heard(fixture));
    assert_in_range(ride_out(fixture, &flood), 0, FLOOD_BOUND_BYTES);
    while (receive_is_message(fixture->subscriber)) // published during the flood
        continue;
    assert_true(is_heard(fixture));
}

static void a_long_subscription_cuts_its_sender_off(void **state)
{
    struct fixture *fixture = *state;
    static char large[5000] = {1};
    char address[FIXTURE_ADDRESS_BYTES];
    address_make(address, fixture->directory, "events");
    start_publisher(fixture, address);
    int fd = zmtp_open(address, "SUB");
    zmtp_send(fd, ZMTP_LAST, large, sizeof large);
    assert_cut_off(fd);
    close(fd);
    assert_true(is_heard(fixture));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_frames_are_dropped_and_good_ones_pass, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_message_of_very_many_frames_is_one_drop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_oversize_frame_cuts_its_sender_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_does_not_read_costs_only_himself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_sends_much_and_vanishes_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_queue_outlives_its_sender, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rude_connections_hurt_nobody_and_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(descriptors_are_as_many_as_allowed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_of_subscriptions_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_subscription_cuts_its_sender_off, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
