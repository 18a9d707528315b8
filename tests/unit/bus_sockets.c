// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/bus_fixture.h"

struct fixture {
    char directory[FIXTURE_PATH_BYTES];
    char address[FIXTURE_ADDRESS_BYTES];
    struct bus *bus;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    run_directory_make(fixture.directory);
    address_make(fixture.address, fixture.directory, "door");
    fixture.bus = NULL;
    *state = &fixture;
    return bus_open(&fixture.bus) == FAULT_NONE ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->bus)
        bus_close(fixture->bus);
    run_directory_remove(fixture->directory);
    return 0;
}

static struct bus_socket *bind_router(struct fixture *fixture)
{
    struct bus_socket *router = NULL;
    assert_int_equal(bus_bind_router(fixture->bus, fixture->address, small_limits, &router), FAULT_NONE);
    return router;
}

static struct bus_socket *connect_dealer(struct fixture *fixture)
{
    struct bus_socket *dealer = NULL;
    assert_int_equal(bus_connect_dealer(fixture->bus, fixture->address, small_limits, &dealer), FAULT_NONE);
    return dealer;
}

static struct bytes payload_of(const char *text)
{
    return text_bytes(text_of(text));
}

static void assert_payload(const struct bus_message *message, const char *expected)
{
    assert_int_equal(message->payload.len, strlen(expected));
    assert_memory_equal(message->payload.data, expected, strlen(expected));
}

static void a_request_comes_back_answered(void **state)
{
    struct bus_message message;
    struct bus_socket *router = bind_router(*state);
    struct bus_socket *dealer = connect_dealer(*state);
    assert_int_equal(bus_receive(router, &message), BUS_NOTHING);
    assert_true(bus_send(dealer, payload_of("ask")));
    assert_int_equal(receive_within(router, 10000, &message), BUS_MESSAGE);
    assert_payload(&message, "ask");
    assert_int_equal(message.topic.len, 0);
    assert_true(bus_reply(router, &message.peer, payload_of("answer")));
    bus_message_close(&message);
    assert_int_equal(receive_within(dealer, 10000, &message), BUS_MESSAGE);
    assert_payload(&message, "answer");
    bus_message_close(&message);
    bus_socket_close(dealer);
    bus_socket_close(router);
}

static void a_long_payload_is_whole(void **state)
{
    static uint8_t sent[4096];
    struct bus_message message;
    struct bus_socket *router = bind_router(*state);
    struct bus_socket *dealer = connect_dealer(*state);
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7);
    assert_true(bus_send(dealer, bytes_of(sent, sizeof sent)));
    assert_int_equal(receive_within(router, 10000, &message), BUS_MESSAGE);
    assert_true(bytes_equal(message.payload, bytes_of(sent, sizeof sent)));
    bus_message_close(&message);
    bus_socket_close(dealer);
    bus_socket_close(router);
}

static void a_dealer_may_come_before_its_router(void **state)
{
    struct bus_message message;
    struct bus_socket *dealer = connect_dealer(*state);
    assert_true(bus_send(dealer, payload_of("early")));
    struct bus_socket *router = bind_router(*state);
    assert_int_equal(receive_within(router, 10000, &message), BUS_MESSAGE);
    assert_payload(&message, "early");
    bus_message_close(&message);
    bus_socket_close(dealer);
    bus_socket_close(router);
}

static void a_full_dealer_says_so(void **state)
{
    struct bus_socket *dealer = connect_dealer(*state);
    int sent = 0;
    while (sent < 1000 && bus_send(dealer, payload_of("nobody is there")))
        sent++;
    assert_int_equal(sent, small_limits.messages);
    bus_socket_close(dealer);
}

static void a_reply_to_nobody_is_not_delivered(void **state)
{
    struct bus_message message;
    struct bus_peer stranger = {.routing_id = "\0abcd", .len = 5};
    struct bus_socket *router = bind_router(*state);
    assert_false(bus_reply(router, &stranger, payload_of("x")));

    struct bus_socket *dealer = connect_dealer(*state);
    assert_true(bus_send(dealer, payload_of("ask")));
    assert_int_equal(receive_within(router, 10000, &message), BUS_MESSAGE);
    struct bus_peer gone = message.peer;
    bus_message_close(&message);
    bus_socket_close(dealer);
    bool delivered = true;
    for (int i = 0; i < 200 && delivered; i++) { // it takes libzmq a moment to see that the peer has left
        delivered = bus_reply(router, &gone, payload_of("answer"));
        pause_ms(10);
    }
    assert_false(delivered);

    dealer = connect_dealer(*state); // the router is as good as before
    assert_true(bus_send(dealer, payload_of("ask again")));
    assert_int_equal(receive_within(router, 10000, &message), BUS_MESSAGE);
    assert_true(bus_reply(router, &message.peer, payload_of("answer")));
    bus_message_close(&message);
    assert_int_equal(receive_within(dealer, 10000, &message), BUS_MESSAGE);
    bus_message_close(&message);
    bus_socket_close(dealer);
    bus_socket_close(router);
}

static void one_address_has_one_server(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *second = NULL;
    struct bus_socket *first = bind_router(fixture);
    assert_int_equal(bus_bind_router(fixture->bus, fixture->address, small_limits, &second), FAULT_IN_USE);
    assert_null(second);
    bus_socket_close(first);
    second = bind_router(fixture);
    bus_socket_close(second);
}

/** Binds in a process of its own, tells so through the pipe, and sleeps until it is killed. */
static pid_t start_holder(const char *address)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t holder = fork();
    assert_true(holder >= 0);
    if (holder == 0) {
        struct bus *bus = NULL;
        struct bus_socket *router = NULL;
        if (bus_open(&bus) != FAULT_NONE || bus_bind_router(bus, address, small_limits, &router) != FAULT_NONE)
            _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return holder;
}

static void a_killed_server_leaves_its_address(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *router = NULL;
    struct bus_message message;
    bus_close(fixture->bus); // never fork with a bus open
    fixture->bus = NULL;
    pid_t holder = start_holder(fixture->address);
    assert_int_equal(bus_open(&fixture->bus), FAULT_NONE);
    assert_int_equal(bus_bind_router(fixture->bus, fixture->address, small_limits, &router), FAULT_IN_USE);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);

    struct bus_socket *dealer = connect_dealer(fixture);
    router = bind_router(fixture);
    assert_true(bus_send(dealer, payload_of("ask")));
    assert_int_equal(receive_within(router, 10000, &message), BUS_MESSAGE);
    bus_message_close(&message);
    bus_socket_close(dealer);
    bus_socket_close(router);
}

static void closing_leaves_the_successor_its_socket(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 20; i++) {
        struct bus_socket *first = bind_router(fixture);
        bus_socket_close(first);
        struct bus_socket *second = bind_router(fixture);
        pause_ms(5); // libzmq closes the first one meanwhile
        assert_int_equal(access(fixture->address + strlen("ipc://"), F_OK), 0);
        bus_socket_close(second);
    }
}

static void a_directory_for_others_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *socket = NULL;
    static const mode_t modes[] = {0701, 0710, 0740, 0755, 0777};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(fixture->directory, modes[i]), 0);
        assert_int_equal(bus_bind_router(fixture->bus, fixture->address, small_limits, &socket), FAULT_CONFIG);
        assert_int_equal(bus_connect_dealer(fixture->bus, fixture->address, small_limits, &socket), FAULT_CONFIG);
    }
    assert_null(socket);
    assert_int_equal(chmod(fixture->directory, 0700), 0);
}

static void a_directory_of_another_user_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *socket = NULL;
    if (geteuid() != 0) {
        print_message("skipped: giving a directory away needs root\n");
        skip();
    }
    assert_int_equal(chown(fixture->directory, 65534, 65534), 0);
    assert_int_equal(bus_bind_router(fixture->bus, fixture->address, small_limits, &socket), FAULT_CONFIG);
    assert_int_equal(bus_connect_dealer(fixture->bus, fixture->address, small_limits, &socket), FAULT_NONE);
    bus_socket_close(socket);
    assert_int_equal(seteuid(65533), 0);
    enum fault bound = bus_bind_router(fixture->bus, fixture->address, small_limits, &socket);
    enum fault connected = bus_connect_dealer(fixture->bus, fixture->address, small_limits, &socket);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(bound, FAULT_CONFIG);
    assert_int_equal(connected, FAULT_CONFIG);
}

static void a_missing_directory_is_made_by_who_binds(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *router = NULL;
    struct bus_socket *dealer = NULL;
    struct stat made;
    assert_int_equal(rmdir(fixture->directory), 0);
    assert_int_equal(bus_connect_dealer(fixture->bus, fixture->address, small_limits, &dealer), FAULT_UNREACHABLE);
    assert_int_equal(access(fixture->directory, F_OK), -1);
    router = bind_router(fixture);
    assert_int_equal(stat(fixture->directory, &made), 0);
    assert_int_equal(made.st_mode & 07777, 0700);
    bus_socket_close(router);
}

static void what_is_in_the_way_stays(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *router = NULL;
    const char *path = fixture->address + strlen("ipc://");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(bus_bind_router(fixture->bus, fixture->address, small_limits, &router), FAULT_CONFIG);
    assert_int_equal(access(path, F_OK), 0);
}

static void other_addresses_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *socket = NULL;
    static const char *const refused[] = {
        "tcp://127.0.0.1:7001",
        "tcp://*:7001",
        "tcp://127.0.0.1",
        "ipc://@personkort",
        "ipc://*",
        "ipc://relative/path",
        "ipc:///tmp/a b",
        "inproc://x",
        "ipc:///tmp/directory/",
        "ipc:///top",
        "/tmp/person.command",
        "",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(bus_bind_router(fixture->bus, refused[i], small_limits, &socket), FAULT_CONFIG);
        assert_int_equal(bus_connect_dealer(fixture->bus, refused[i], small_limits, &socket), FAULT_CONFIG);
    }
    char far[200];
    memset(far, 'x', sizeof far);
    memcpy(far, "ipc:///tmp/", strlen("ipc:///tmp/"));
    far[sizeof far - 1] = '\0';
    assert_int_equal(bus_bind_router(fixture->bus, far, small_limits, &socket), FAULT_CONFIG);
    assert_null(socket);
}

static const char *const published[] = {"person.", "health"};

static struct bus_socket *subscribe(struct fixture *fixture, const char *topic)
{
    struct bus_socket *subscriber = NULL;
    assert_int_equal(bus_connect_subscriber(fixture->bus, fixture->address, small_limits, &topic, 1, &subscriber),
                     FAULT_NONE);
    return subscriber;
}

/** Lets the publisher see what was asked for. */
static void serve_a_while(struct bus_socket *publisher)
{
    for (int i = 0; i < 20; i++) {
        bus_publisher_serve(publisher);
        pause_ms(10);
    }
}

static void subscribers_get_what_they_asked_for_of_what_is_published(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *publisher = NULL;
    struct bus_message message;
    assert_int_equal(bus_bind_publisher(fixture->bus, fixture->address, small_limits, published, 2, &publisher),
                     FAULT_NONE);
    assert_false(bus_publisher_has_subscribers(publisher));
    struct bus_socket *beginning = subscribe(fixture, "per");
    struct bus_socket *longer = subscribe(fixture, "person.created");
    struct bus_socket *other = subscribe(fixture, "secret");
    serve_a_while(publisher); // subscribing takes a moment
    assert_true(bus_publisher_has_subscribers(publisher));
    bus_publish(publisher, TEXT("secret"), payload_of("0")); // not on the list
    bus_publish(publisher, TEXT("perso"), payload_of("0"));
    bus_publish(publisher, TEXT("person.erased"), payload_of("1"));
    bus_publish(publisher, TEXT("person.created"), payload_of("2"));
    bus_publish(publisher, TEXT("health"), payload_of("3"));
    assert_int_equal(receive_within(beginning, 10000, &message), BUS_MESSAGE);
    assert_true(text_equal(message.topic, TEXT("person.erased")));
    assert_payload(&message, "1");
    bus_message_close(&message);
    assert_int_equal(receive_within(longer, 10000, &message), BUS_MESSAGE);
    assert_true(text_equal(message.topic, TEXT("person.created")));
    bus_message_close(&message);
    assert_int_equal(receive_within(longer, 50, &message), BUS_NOTHING);
    assert_int_equal(receive_within(other, 50, &message), BUS_NOTHING);
    bus_socket_close(beginning);
    bus_socket_close(longer);
    bus_socket_close(other);
    bus_socket_close(publisher);
}

static void a_publisher_knows_what_nobody_wants(void **state)
{
    struct fixture *fixture = *state;
    struct bus_socket *publisher = NULL;
    enum { MANY = 30 };
    struct bus_socket *many[MANY];
    char topic[48];
    assert_int_equal(bus_bind_publisher(fixture->bus, fixture->address, small_limits, published, 2, &publisher),
                     FAULT_NONE);
    assert_false(bus_publisher_wants(publisher, TEXT("person.created")));
    struct bus_socket *one = subscribe(fixture, "person.c"), *same = subscribe(fixture, "person.created");
    serve_a_while(publisher);
    assert_true(bus_publisher_wants(publisher, TEXT("person.created")));
    assert_true(bus_publisher_wants(publisher, TEXT("person.c")));
    assert_false(bus_publisher_wants(publisher, TEXT("person.")));
    assert_false(bus_publisher_wants(publisher, TEXT("health")));
    for (int i = 0; i < MANY; i++) { // more than are told apart: then all may be wanted
        snprintf(topic, sizeof topic, "%02d of what is a long topic", i);
        many[i] = subscribe(fixture, topic);
    }
    serve_a_while(publisher);
    assert_true(bus_publisher_wants(publisher, TEXT("health")));
    for (int i = 0; i < MANY; i++)
        bus_socket_close(many[i]);
    bus_socket_close(one);
    bus_socket_close(same);
    bus_socket_close(publisher);
}

static void a_signal_is_read_from_its_descriptor(void **state)
{
    (void)state;
    sigset_t before;
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
    bus_block_signals();
    int fd = bus_signal_fd();
    assert_true(fd >= 0);
    struct bus_poll_item items[] = {{.fd = -1}, {.fd = fd}};
    assert_int_equal(bus_poll(items, 2, 0), 0);
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(bus_poll(items, 2, 2000), 1);
    assert_false(items[0].readable);
    assert_true(items[1].readable);
    char info[128];
    assert_int_equal(read(fd, info, sizeof info), 128);
    close(fd);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_comes_back_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_payload_is_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dealer_may_come_before_its_router, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_dealer_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reply_to_nobody_is_not_delivered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_address_has_one_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_server_leaves_its_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_leaves_the_successor_its_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_for_others_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_of_another_user_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_directory_is_made_by_who_binds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_in_the_way_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_addresses_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(subscribers_get_what_they_asked_for_of_what_is_published, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_publisher_knows_what_nobody_wants, set_up, tear_down),
        cmocka_unit_test(a_signal_is_read_from_its_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
