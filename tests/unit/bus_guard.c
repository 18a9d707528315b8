// SPDX-License-Identifier: Apache-2.0
/*
 * The guarded door: tcp lets in the keys of the allow-list and nobody else, also when the handler that lets them in is gone, and a
 * key that is taken off the list counts no more from the next message on (faults.md F23).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/bus/allow_file.h"
#include "common/bus/socket.h"
#include "tests/unit/bus_fixture.h"

enum { PATIENCE_MS = 20000, SILENCE_MS = 1500, PORTS = 2 };

/** A program that connects: a bus of its own, as a process of its own has. */
struct visitor {
    struct key_pair key;
    char key_path[FIXTURE_PATH_BYTES + 16];
    struct bus *bus;
    struct bus_socket *socket;
};

struct fixture {
    char directory[FIXTURE_PATH_BYTES];
    char allow_path[FIXTURE_PATH_BYTES + 16];
    char address[FIXTURE_ADDRESS_BYTES];
    char events_address[FIXTURE_ADDRESS_BYTES];
    struct key_pair server;
    struct counters counters;
    struct bus *bus;
    struct bus_socket *router;
    struct bus_socket *publisher;
    struct visitor known;
    struct visitor stranger;
};

/** Ports that are free now. */
static void find_ports(int out_ports[PORTS])
{
    int fds[PORTS];
    for (int i = 0; i < PORTS; i++) {
        struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof name;
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fds[i], (struct sockaddr *)&name, sizeof name), 0);
        assert_int_equal(getsockname(fds[i], (struct sockaddr *)&name, &len), 0);
        out_ports[i] = ntohs(name.sin_port);
    }
    for (int i = 0; i < PORTS; i++)
        close(fds[i]);
}

static void save_key(const char *path, struct key_pair *out_pair)
{
    char problem[300];
    key_pair_make(out_pair);
    assert_int_equal(key_pair_save(path, out_pair, problem, sizeof problem), FAULT_NONE);
}

static void visitor_open(struct fixture *fixture, struct visitor *visitor, const char *name)
{
    snprintf(visitor->key_path, sizeof visitor->key_path, "%s/%s", fixture->directory, name);
    save_key(visitor->key_path, &visitor->key);
    assert_int_equal(bus_open(&visitor->bus), FAULT_NONE);
    assert_int_equal(bus_take_key(visitor->bus, visitor->key_path, fixture->server.public_key), FAULT_NONE);
    assert_int_equal(bus_connect_dealer(visitor->bus, fixture->address, small_limits, &visitor->socket), FAULT_NONE);
}

static void visitor_close(struct visitor *visitor)
{
    bus_socket_close(visitor->socket);
    bus_close(visitor->bus);
}

static enum fault change_name(struct fixture *fixture, const char *out, const char *in, enum role role,
                              const struct key_pair *key)
{
    struct allow_entry entry = {.role = role};
    char problem[400] = "";
    if (in) {
        snprintf(entry.name, sizeof entry.name, "%s", in);
        memcpy(entry.public_key, key->public_key, sizeof entry.public_key);
    }
    struct allow_change change = {out, in ? &entry : NULL};
    return allow_file_change(fixture->allow_path, change, problem, sizeof problem);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    static const char *const topics[] = {"person."};
    char path[FIXTURE_PATH_BYTES + 16];
    int ports[PORTS];
    memset(&fixture, 0, sizeof fixture);
    *state = &fixture;
    run_directory_make(fixture.directory);
    snprintf(fixture.allow_path, sizeof fixture.allow_path, "%s/allow", fixture.directory);
    find_ports(ports);
    snprintf(fixture.address, sizeof fixture.address, "tcp://127.0.0.1:%d", ports[0]);
    snprintf(fixture.events_address, sizeof fixture.events_address, "tcp://127.0.0.1:%d", ports[1]);
    snprintf(path, sizeof path, "%s/server", fixture.directory);
    save_key(path, &fixture.server);
    visitor_open(&fixture, &fixture.known, "known");
    visitor_open(&fixture, &fixture.stranger, "stranger");
    assert_int_equal(change_name(&fixture, NULL, "known", ROLE_WRITER, &fixture.known.key), FAULT_NONE);
    assert_int_equal(bus_open(&fixture.bus), FAULT_NONE);
    assert_int_equal(bus_guard(fixture.bus, path, fixture.allow_path, &fixture.counters), FAULT_NONE);
    assert_int_equal(bus_bind_router(fixture.bus, fixture.address, small_limits, &fixture.router), FAULT_NONE);
    assert_int_equal(
        bus_bind_publisher(fixture.bus, fixture.events_address, small_limits, topics, 1, &fixture.publisher),
        FAULT_NONE);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    visitor_close(&fixture->known);
    visitor_close(&fixture->stranger);
    bus_socket_close(fixture->router);
    bus_socket_close(fixture->publisher);
    bus_close(fixture->bus);
    run_directory_remove(fixture->directory);
    return 0;
}

/** Whom the router takes the visitor's next message for; false when none comes in time. */
static bool ask(struct fixture *fixture, struct visitor *visitor, int wait_ms, struct bus_sender *out_sender)
{
    struct bus_message message;
    assert_true(bus_send(visitor->socket, bytes_of("ask", 3)));
    if (receive_within(fixture->router, wait_ms, &message) != BUS_MESSAGE)
        return false;
    *out_sender = bus_sender_of(&message);
    assert_true(bus_reply(fixture->router, &message.peer, bytes_of("answer", 6)));
    bus_message_close(&message);
    assert_int_equal(receive_within(visitor->socket, PATIENCE_MS, &message), BUS_MESSAGE);
    assert_int_equal(message.payload.len, 6);
    bus_message_close(&message);
    return true;
}

static void a_known_key_comes_in_under_its_name(void **state)
{
    struct fixture *fixture = *state;
    struct bus_sender sender = {.is_local = true};
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_false(sender.is_local);
    assert_string_equal(sender.key_name, "known");
    assert_int_equal(sender.role_mask, role_infos[ROLE_WRITER].acts_as);
}

static void an_unknown_key_stays_out(void **state)
{
    struct fixture *fixture = *state;
    struct bus_sender sender = {.is_local = true};
    assert_false(ask(fixture, &fixture->stranger, SILENCE_MS, &sender));
    assert_true(counter_get(&fixture->counters, COUNTER_CONNECTIONS_REFUSED) > 0);
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    // Once it is on the list it comes in by itself, with what it had to say.
    assert_int_equal(change_name(fixture, NULL, "stranger", ROLE_READER, &fixture->stranger.key), FAULT_NONE);
    struct bus_message message;
    assert_int_equal(receive_within(fixture->router, PATIENCE_MS, &message), BUS_MESSAGE);
    assert_string_equal(bus_sender_of(&message).key_name, "stranger");
    bus_message_close(&message);
}

static void who_takes_another_for_the_service_says_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct visitor misled = {0};
    struct bus_message message;
    visitor_open(fixture, &misled, "misled");
    assert_int_equal(change_name(fixture, NULL, "misled", ROLE_ADMIN, &misled.key), FAULT_NONE);
    bus_socket_close(misled.socket);
    assert_int_equal(bus_take_key(misled.bus, misled.key_path, fixture->stranger.key.public_key), FAULT_NONE);
    assert_int_equal(bus_connect_dealer(misled.bus, fixture->address, small_limits, &misled.socket), FAULT_NONE);
    assert_true(bus_send(misled.socket, bytes_of("secret", 6)));
    assert_int_equal(receive_within(fixture->router, SILENCE_MS, &message), BUS_NOTHING);
    visitor_close(&misled);
}

static void with_the_handler_dead_nobody_comes_in(void **state)
{
    struct fixture *fixture = *state;
    struct bus_sender sender = {.is_local = true};
    struct visitor *visitors[] = {&fixture->known, &fixture->stranger};
    guard_stop(fixture->bus->guard);
    for (size_t i = 0; i < 2; i++) { // the connections there are may have been let in before
        bus_socket_close(visitors[i]->socket);
        assert_int_equal(bus_connect_dealer(visitors[i]->bus, fixture->address, small_limits, &visitors[i]->socket),
                         FAULT_NONE);
    }
    assert_false(ask(fixture, &fixture->known, SILENCE_MS, &sender));
    assert_false(ask(fixture, &fixture->stranger, SILENCE_MS, &sender));
}

/** An open connection stays; what it sends is nobody's any more. */
static void a_revoked_key_counts_no_more_from_the_next_message_on(void **state)
{
    struct fixture *fixture = *state;
    struct bus_sender sender = {.is_local = true};
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_int_equal(change_name(fixture, "known", NULL, ROLE_READER, NULL), FAULT_NONE);
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_false(sender.is_local);
    assert_int_equal(sender.role_mask, 0);
    assert_string_equal(sender.key_name, "");
    // The same name for another key is not this one.
    assert_int_equal(change_name(fixture, NULL, "known", ROLE_ADMIN, &fixture->stranger.key), FAULT_NONE);
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_int_equal(sender.role_mask, 0);
}

static void another_name_or_role_counts_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct bus_sender sender = {.is_local = true};
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_int_equal(change_name(fixture, "known", "renamed", ROLE_READER, &fixture->known.key), FAULT_NONE);
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_string_equal(sender.key_name, "renamed");
    assert_int_equal(sender.role_mask, role_infos[ROLE_READER].acts_as);
}

static void write_allow(struct fixture *fixture, const char *text)
{
    int fd = open(fixture->allow_path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void a_list_that_cannot_be_read_lets_nobody_in(void **state)
{
    struct fixture *fixture = *state;
    struct bus_sender sender = {.is_local = true};
    char line[200];
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    write_allow(fixture, "known writer nonsense\n");
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_int_equal(sender.role_mask, 0);
    snprintf(line, sizeof line, "known sender %s\n", fixture->known.key.public_key);
    write_allow(fixture, line);
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_int_equal(sender.role_mask, role_infos[ROLE_SENDER].acts_as);
    assert_int_equal(chmod(fixture->allow_path, 0666), 0); // anybody could add himself
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_int_equal(sender.role_mask, 0);
    unlink(fixture->allow_path);
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_int_equal(sender.role_mask, 0);
    assert_int_equal(change_name(fixture, NULL, "known", ROLE_WRITER, &fixture->known.key), FAULT_NONE);
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_int_equal(sender.role_mask, role_infos[ROLE_WRITER].acts_as);
}

static struct bus_socket *subscribe(struct fixture *fixture, const struct visitor *visitor)
{
    static const char *const topics[] = {"person."};
    struct bus_socket *subscriber = NULL;
    assert_int_equal(
        bus_connect_subscriber(visitor->bus, fixture->events_address, small_limits, topics, 1, &subscriber),
        FAULT_NONE);
    return subscriber;
}

/** Publishes for a while; whether the subscriber heard of it. */
static bool hears(struct fixture *fixture, struct bus_socket *subscriber, int wait_ms)
{
    struct bus_message message;
    for (int waited = 0; waited < wait_ms; waited += 20) {
        bus_publisher_serve(fixture->publisher);
        bus_publish(fixture->publisher, TEXT("person.created"), bytes_of("1", 1));
        if (receive_within(subscriber, 20, &message) == BUS_MESSAGE) {
            bus_message_close(&message);
            return true;
        }
    }
    return false;
}

static void empty(struct bus_socket *subscriber)
{
    struct bus_message message;
    while (receive_within(subscriber, 300, &message) == BUS_MESSAGE)
        bus_message_close(&message);
}

static void events_are_for_known_keys_as_long_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(change_name(fixture, NULL, "stranger", ROLE_READER, &fixture->stranger.key), FAULT_NONE);
    struct bus_socket *known = subscribe(fixture, &fixture->known), *stranger = subscribe(fixture, &fixture->stranger);
    assert_true(hears(fixture, known, PATIENCE_MS));
    assert_true(hears(fixture, stranger, PATIENCE_MS));
    empty(known);
    empty(stranger);
    assert_int_equal(change_name(fixture, "stranger", NULL, ROLE_READER, NULL), FAULT_NONE);
    assert_false(hears(fixture, stranger, SILENCE_MS));
    assert_true(hears(fixture, known, PATIENCE_MS)); // it was cut off too, and has come back
    bus_socket_close(known);
    bus_socket_close(stranger);
}

/** One byte more than the limit is too much, though there is room for it beside what CURVE adds. */
static void a_frame_above_the_limit_is_no_message(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t frame[8192];
    struct bus_message message;
    struct bus_sender sender = {.is_local = true};
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    assert_true(bus_send(fixture->known.socket, bytes_of(frame, small_limits.frame_bytes)));
    assert_int_equal(receive_within(fixture->router, PATIENCE_MS, &message), BUS_MESSAGE);
    bus_message_close(&message);
    assert_true(bus_send(fixture->known.socket, bytes_of(frame, small_limits.frame_bytes + 1)));
    assert_int_equal(receive_within(fixture->router, PATIENCE_MS, &message), BUS_DROPPED);
    assert_true(bus_send(fixture->known.socket, bytes_of(frame, sizeof frame)));
    assert_int_equal(receive_within(fixture->router, SILENCE_MS, &message), BUS_NOTHING); // cut off
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
}

static void without_keys_tcp_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char *const topics[] = {"person."};
    struct bus *bus = NULL;
    struct bus_socket *socket = NULL;
    assert_int_equal(bus_open(&bus), FAULT_NONE);
    assert_int_equal(bus_connect_dealer(bus, fixture->address, small_limits, &socket), FAULT_CONFIG);
    assert_int_equal(bus_take_key(bus, fixture->known.key_path, "short"), FAULT_CONFIG);
    assert_int_equal(bus_take_key(bus, "/nonexistent", fixture->server.public_key), FAULT_CONFIG);
    assert_int_equal(bus_take_key(bus, fixture->known.key_path, fixture->server.public_key), FAULT_NONE);
    assert_int_equal(bus_bind_router(bus, "tcp://127.0.0.1:1", small_limits, &socket), FAULT_CONFIG);
    assert_int_equal(bus_bind_publisher(bus, "tcp://127.0.0.1:1", small_limits, topics, 1, &socket), FAULT_CONFIG);
    bus_close(bus);
}

static void an_address_has_one_server(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *second = NULL;
    struct bus_sender sender = {.is_local = true};
    assert_int_equal(bus_bind_router(fixture->bus, fixture->address, small_limits, &second), FAULT_IN_USE);
    assert_int_equal(bus_bind_router(fixture->bus, "tcp://192.0.2.1:7001", small_limits, &second), FAULT_CONFIG);
    assert_true(ask(fixture, &fixture->known, PATIENCE_MS, &sender));
    bus_socket_close(fixture->router); // and a successor, as soon as libzmq has let go
    fixture->router = NULL;
    for (int i = 0; i < PATIENCE_MS / 10 && !fixture->router; i++) {
        pause_ms(10);
        bus_bind_router(fixture->bus, fixture->address, small_limits, &fixture->router);
    }
    assert_non_null(fixture->router);
    bool is_answered = false; // what was on its way to the old one is lost
    for (int i = 0; i < PATIENCE_MS / SILENCE_MS && !is_answered; i++)
        is_answered = ask(fixture, &fixture->known, SILENCE_MS, &sender);
    assert_true(is_answered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_known_key_comes_in_under_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_key_stays_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_takes_another_for_the_service_says_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_the_handler_dead_nobody_comes_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_revoked_key_counts_no_more_from_the_next_message_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_name_or_role_counts_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_that_cannot_be_read_lets_nobody_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(events_are_for_known_keys_as_long_as_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_frame_above_the_limit_is_no_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_keys_tcp_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_address_has_one_server, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
