// SPDX-License-Identifier: Apache-2.0
/**
 * A running service in this process: its loops under the load of clients in threads of their own, ended by SIGTERM. For
 * ThreadSanitizer above all: what the loops share is seen by nobody else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/client/client.h"
#include "common/service/service.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/person/person.h"

enum { CLIENTS = 3, COMMANDS = 300, WINDOW = 32 };

struct running_service {
    char folder[64];
    char bus_path[128];
    char data_path[128];
    pthread_t thread;
    int status;
    struct bus *bus;
    struct bus_map map;
};

static void *run_service(void *argument)
{
    struct running_service *service = argument;
    char *arguments[] = {"person",           "--bus", service->bus_path, "--data",
                         service->data_path, "--map", "1073741824",      NULL};
    service->status = service_main(&person_definition, 7, arguments);
    return NULL;
}

static int start(void **state)
{
    struct running_service *service = calloc(1, sizeof *service);
    char problem[256];
    strcpy(service->folder, "/tmp/personkort-test-XXXXXX");
    assert_non_null(mkdtemp(service->folder));
    snprintf(service->bus_path, sizeof service->bus_path, "%s/bus.zpl", service->folder);
    snprintf(service->data_path, sizeof service->data_path, "%s/data", service->folder);
    FILE *file = fopen(service->bus_path, "w");
    assert_non_null(file);
    static const char *const services[] = {"person", "activity"}; // which is followed, and is not there
    static const char *const doors[] = {"command", "query", "events"};
    for (size_t i = 0; i < 2; i++) {
        fprintf(file, "%s\n", services[i]);
        for (size_t j = 0; j < 3; j++)
            fprintf(file, "    %s = \"ipc://%s/run/%s%zu\"\n", doors[j], service->folder, doors[j], i);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(bus_map_load(service->bus_path, &service->map, problem, sizeof problem), FAULT_NONE);
    bus_block_signals();
    assert_int_equal(bus_open(&service->bus), FAULT_NONE);
    assert_int_equal(pthread_create(&service->thread, NULL, run_service, service), 0);
    *state = service;
    return 0;
}

static int finish(void **state)
{
    struct running_service *service = *state;
    char command[128];
    bus_close(service->bus);
    snprintf(command, sizeof command, "rm -rf '%s'", service->folder);
    assert_int_equal(system(command), 0);
    free(service);
    return 0;
}

static struct client *connect_client(const struct running_service *service)
{
    struct client *client;
    const struct client_config config = {
        .bus = service->bus, .map = &service->map, .source = "test", .in_flight = WINDOW, .resend_ms = 200};
    assert_int_equal(client_open(&config, &client), FAULT_NONE);
    return client;
}

/** Writes persons and reads each back by the same client. Returns how many were done. */
static void *write_and_read(void *argument)
{
    struct client *client = connect_client(argument);
    struct arena arena;
    struct client_answer answer;
    const struct person_create create = {.given_name = TEXT("Åsa")};
    uintptr_t sent = 0, done = 0, read = 0;
    arena_init(&arena, 1024 * 1024);
    while (done < COMMANDS) {
        while (sent < COMMANDS && client_send(client, NULL, &person_create_message, &create, NULL, NULL))
            sent++;
        if (!client_receive(client, 20000, &arena, &answer) || answer.outcome != CLIENT_DONE)
            break;
        done++;
        arena_reset(&arena);
    }
    for (uint64_t person = 1; person <= 50 && client_in_flight(client) == 0; person++) {
        const struct person_get get = {.has_person = true, .person = person};
        read += client_call(client, NULL, &person_get_message, &get, NULL, &arena, &answer) == CLIENT_DONE;
        arena_reset(&arena);
    }
    arena_fini(&arena);
    client_close(client);
    return (void *)(done + read); // a count, not an address
}

/** Follows the journal by long polls until it has seen `COMMANDS` of each client. */
static void *follow(void *argument)
{
    struct client *client = connect_client(argument);
    struct arena arena;
    struct client_answer answer;
    uintptr_t seen = 0;
    arena_init(&arena, 16 * 1024 * 1024);
    while (seen < CLIENTS * COMMANDS) {
        const struct journal_read read = {.after = (int64_t)seen, .limit = 100, .wait_ms = 1000};
        if (client_call(client, "person", &journal_read_message, &read, NULL, &arena, &answer) != CLIENT_DONE)
            break;
        seen += ((struct journal_read_reply *)answer.reply)->records.count;
        arena_reset(&arena);
    }
    arena_fini(&arena);
    client_close(client);
    return (void *)seen; // a count, not an address
}

static void serves_many_at_once_and_ends_well(void **state)
{
    struct running_service *service = *state;
    pthread_t clients[CLIENTS], follower;
    void *result;
    assert_int_equal(pthread_create(&follower, NULL, follow, service), 0);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&clients[i], NULL, write_and_read, service), 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i], &result);
        assert_int_equal((uintptr_t)result, COMMANDS + 50);
    }
    pthread_join(follower, &result);
    assert_int_equal((uintptr_t)result, CLIENTS * COMMANDS);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    pthread_join(service->thread, NULL);
    assert_int_equal(service->status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(serves_many_at_once_and_ends_well, start, finish),
    };
    return cmocka_run_group_tests_name("person_running", tests, NULL, NULL);
}
