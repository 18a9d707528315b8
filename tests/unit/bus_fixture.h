// SPDX-License-Identifier: Apache-2.0
/** Fixture of the tests of bus and client: a run directory of their own, addresses in it, and waiting with an end. */
#ifndef TESTS_UNIT_BUS_FIXTURE_H
#define TESTS_UNIT_BUS_FIXTURE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"

enum { FIXTURE_PATH_BYTES = 64, FIXTURE_ADDRESS_BYTES = 100 };

static const struct bus_limits small_limits = {.frame_bytes = 4096, .messages = 100};

/** A new directory with mode 0700, gone after run_directory_remove. */
static inline void run_directory_make(char out_path[FIXTURE_PATH_BYTES])
{
    snprintf(out_path, FIXTURE_PATH_BYTES, "/tmp/personkort-bus-XXXXXX");
    if (!mkdtemp(out_path))
        abort();
}

static inline void run_directory_remove(const char *path)
{
    char file[FIXTURE_PATH_BYTES + 300];
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        unlink(file);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

static inline void address_make(char out_address[FIXTURE_ADDRESS_BYTES], const char *directory, const char *name)
{
    snprintf(out_address, FIXTURE_ADDRESS_BYTES, "ipc://%s/%s", directory, name);
}

/** Waits for what bus_receive finds next, at most `wait_ms`. */
static inline enum bus_received receive_within(struct bus_socket *socket, int wait_ms, struct bus_message *out_message)
{
    int64_t end_ms = clock_monotonic_ms(clock_system()) + wait_ms;
    for (;;) {
        enum bus_received received = bus_receive(socket, out_message);
        int64_t left_ms = end_ms - clock_monotonic_ms(clock_system());
        if (received != BUS_NOTHING || left_ms <= 0)
            return received;
        struct bus_poll_item item = {.socket = socket};
        bus_poll(&item, 1, (int)left_ms);
    }
}

static inline void pause_ms(int ms)
{
    usleep((useconds_t)ms * 1000);
}

#endif
