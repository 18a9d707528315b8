// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/bus/bus_map.h"

static char path[] = "/tmp/personkort-map-XXXXXX";
static struct bus_map map;
static char problem[512];

static enum fault load_bytes(const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    problem[0] = '\0';
    return bus_map_load(path, &map, problem, sizeof problem);
}

/** The file is refused, and the problem names the line (0: the file as a whole) and says what is expected. */
static void assert_refused(const char *text, int line, const char *expected)
{
    struct bus_map before;
    char start[64];
    memset(&map, 0x5a, sizeof map);
    before = map;
    assert_int_equal(load_bytes(text, strlen(text)), FAULT_CONFIG);
    assert_memory_equal(&map, &before, sizeof map);
    if (line > 0)
        snprintf(start, sizeof start, "%s:%d: ", path, line);
    else
        snprintf(start, sizeof start, "%s: ", path);
    if (strncmp(problem, start, strlen(start)) != 0 || !strstr(problem, expected))
        fail_msg("\"%s\" does not begin with \"%s\" or lacks \"%s\"", problem, start, expected);
}

static const char good[] = "# where the services are\n"
                           "person\n"
                           "    command = \"ipc:///run/personkort/person.command\"\n"
                           "    query = ipc:///run/personkort/person.query   # no quotation marks\n"
                           "\n"
                           "    events = 'ipc:///run/personkort/person.events'\r\n"
                           "    # a comment\n"
                           "stats\n"
                           "    events = \"tcp://[::1]:7003\"\n"
                           "    command = \"tcp://stats.example:7001\"\n"
                           "    query = \"tcp://192.0.2.7:7002\"";

static void a_good_file_is_read(void **state)
{
    (void)state;
    struct sigaction before, after;
    assert_int_equal(sigaction(SIGTERM, NULL, &before), 0);
    assert_int_equal(load_bytes(good, strlen(good)), FAULT_NONE);
    assert_int_equal(map.count, 2);
    const struct bus_address *person = bus_map_find(&map, TEXT("person"));
    assert_non_null(person);
    assert_string_equal(person->service, "person");
    assert_string_equal(person->command, "ipc:///run/personkort/person.command");
    assert_string_equal(person->query, "ipc:///run/personkort/person.query");
    assert_string_equal(person->events, "ipc:///run/personkort/person.events");
    assert_string_equal(bus_map_find(&map, TEXT("stats"))->query, "tcp://192.0.2.7:7002");
    assert_null(bus_map_find(&map, TEXT("perso")));
    assert_null(bus_map_find(&map, TEXT("")));
    assert_int_equal(sigaction(SIGTERM, NULL, &after), 0);
    assert_true(before.sa_handler == after.sa_handler); // CZMQ likes to install its own
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    assert_int_equal(bus_map_load("/nonexistent/bus.zpl", &map, problem, sizeof problem), FAULT_CONFIG);
    assert_non_null(strstr(problem, "/nonexistent/bus.zpl: No such file or directory; PERSONKORT_BUS"));
    assert_int_equal(bus_map_load("/tmp", &map, problem, sizeof problem), FAULT_CONFIG);
    assert_non_null(strstr(problem, "/tmp: Is a directory"));
}

#define KEYS                                                                                                           \
    "    command = ipc:///r/c\n"                                                                                       \
    "    query = ipc:///r/q\n"                                                                                         \
    "    events = ipc:///r/e\n"

static void unknown_keys_get_a_hint(void **state)
{
    (void)state;
    assert_refused("person\n    comand = ipc:///r/c\n", 2, "no key comand; did you mean command?");
    assert_refused("person\n    event = ipc:///r/e\n", 2, "no key event; did you mean events?");
    assert_refused("person\n" KEYS "    port = 7\n", 5, "no key port; a service has command, query and events");
}

static void keys_and_second_doors_are_read(void **state)
{
    (void)state;
    static const char text[] = "curve\n"
                               "    server_public = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n"
                               "    allow = /etc/personkort/allow\n"
                               "person\n" KEYS "    query.tcp = tcp://*:7102\n";
    assert_int_equal(load_bytes(text, strlen(text)), FAULT_NONE);
    assert_int_equal(map.count, 1);
    assert_string_equal(map.curve.server_public, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
    assert_string_equal(map.curve.allow, "/etc/personkort/allow");
    assert_string_equal(map.curve.key, "");
    assert_string_equal(map.services[0].query_tcp, "tcp://*:7102");
    bus_map_prefer_tcp(&map);
    assert_string_equal(map.services[0].query, "tcp://*:7102");
    assert_string_equal(map.services[0].command, "ipc:///r/c");
}

static void wrong_keys_and_second_doors_are_refused(void **state)
{
    (void)state;
    assert_refused("curve\n    alow = /x\n", 2, "no key alow; did you mean allow?");
    assert_refused("curve\n    command = ipc:///r/c\n", 2, "curve has server_public, server_key, allow and key");
    assert_refused("curve\n    server_public = short\n", 2, "40 characters");
    assert_refused("curve\n    key = relative\n", 2, "whole path");
    assert_refused("curve\n    key =\n", 2, "its value is missing");
    assert_refused("curve\n    key = /x\n    key = /x\n", 3, "a second time");
    assert_refused("curve\n    key = /x\n", 0, "no service stands there");
    assert_refused("person\n" KEYS "    query.tcp = ipc:///r/q2\n", 5, "this door is on tcp");
    assert_refused("person\n" KEYS "    query.tcp = tcp://h:1\n    events.tcp = tcp://h:1\n", 0, "stands there twice");
}

static void a_missing_key_is_named_with_its_service(void **state)
{
    (void)state;
    assert_refused("a\n" KEYS "person\n    command = ipc:///r/c2\n    query = ipc:///r/q2\n", 5, "lacks its events");
    assert_refused("person\nstats\n", 1, "lacks its command");
    assert_refused("", 0, "no service");
    assert_refused("# nothing\n", 0, "no service");
}

static void form_is_checked_line_by_line(void **state)
{
    (void)state;
    assert_refused("person\n\tcommand = ipc:///r/c\n", 2, "not with a tab");
    assert_refused("person\n  command = ipc:///r/c\n", 2, "4 spaces at once");
    assert_refused("    command = ipc:///r/c\n", 1, "below the name of a service");
    assert_refused("person\n" KEYS "        deeper = 1\n", 5, "nothing stands below a key");
    assert_refused("person\n    command ipc:///r/c\n", 2, "must be an =");
    assert_refused("person\n    command = \"ipc:///r/c\n", 2, "quotation mark at the end");
    assert_refused("person\n    command = \"ipc:///r/c\" x\n", 2, "follows the value");
    assert_refused("person\n    = ipc:///r/c\n", 2, "begins with the name");
    assert_refused("person = x\n" KEYS, 1, "stand below it");
    assert_refused("Person\n" KEYS, 1, "name of a service");
    assert_int_equal(load_bytes("person\n    query\0 = x\n", 22), FAULT_CONFIG);
    assert_non_null(strstr(problem, ":2: there is a control character"));
}

static void addresses_are_checked(void **state)
{
    (void)state;
    assert_refused("person\n    command = udp://x:1\n", 2, "command: an address begins with ipc:// or tcp://");
    assert_refused("person\n    command = ipc://run/x\n", 2, "whole path");
    assert_refused("person\n    command = tcp://host\n", 2, "host and port");
    assert_refused("person\n    command = tcp://host:70000\n", 2, "host and port");
    assert_refused("person\n    command = \"ipc:///r/a b\"\n", 2, "no spaces");
    assert_refused("person\n    command =\n", 2, "missing");
    assert_refused("person\n    command\n", 2, "missing");
    assert_refused("person\n    command = ipc:///r/x\n    query = ipc:///r/x\n    events = ipc:///r/e\n", 0, "twice");
    char text[400];
    snprintf(text, sizeof text, "person\n    command = ipc:///%0120d\n", 0);
    assert_refused(text, 2, "107 bytes");
    snprintf(text, sizeof text, "person\n    command = tcp://%0300d:1\n", 0);
    assert_refused(text, 2, "255 bytes");
}

static void nothing_stands_twice(void **state)
{
    (void)state;
    assert_refused("person\n" KEYS "person\n" KEYS, 5, "service person stands here a second time");
    assert_refused("person\n    query = ipc:///r/q\n    query = ipc:///r/p\n", 3, "query stands here a second time");
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    char *text = calloc(1, 200000);
    size_t len = 0;
    assert_non_null(text);
    for (int i = 0; i < 17; i++)
        len += (size_t)sprintf(text + len,
                               "s%d\n    command = ipc:///r/c%d\n    query = ipc:///r/q%d\n    events = ipc:///r/e%d\n",
                               i, i, i, i);
    assert_refused(text, 65, "at most 16 services");
    len = 0;
    for (int i = 0; i < 300; i++)
        len += (size_t)sprintf(text + len, "s\n");
    assert_refused(text, 257, "too many lines");
    memset(text, '#', 100000);
    text[100000] = '\0';
    assert_refused(text, 0, "64 KiB");
    free(text);
    char line[1100];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\0';
    snprintf(line, sizeof "person\n    query = ", "person\n    query = ");
    line[strlen(line)] = '"';
    assert_refused(line, 2, "more than 1000 bytes");
}

static void the_path_comes_from_the_environment(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("PERSONKORT_BUS"), 0);
    assert_string_equal(bus_map_default_path(), "/etc/personkort/bus.zpl");
    assert_int_equal(setenv("PERSONKORT_BUS", "", 1), 0);
    assert_string_equal(bus_map_default_path(), "/etc/personkort/bus.zpl");
    assert_int_equal(setenv("PERSONKORT_BUS", "/x/bus.zpl", 1), 0);
    assert_string_equal(bus_map_default_path(), "/x/bus.zpl");
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_is_read),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(unknown_keys_get_a_hint),
        cmocka_unit_test(keys_and_second_doors_are_read),
        cmocka_unit_test(wrong_keys_and_second_doors_are_refused),
        cmocka_unit_test(a_missing_key_is_named_with_its_service),
        cmocka_unit_test(form_is_checked_line_by_line),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(nothing_stands_twice),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(the_path_comes_from_the_environment),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
