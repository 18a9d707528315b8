// SPDX-License-Identifier: Apache-2.0
/** Lines for a reader who does not take them: nothing waits for him, and what was left out is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/web/lines.h"

enum { LONG = 1000 };

static void add(struct lines *lines, int number, size_t len)
{
    char *text = malloc(len + 1);
    json_t *line = json_object();
    memset(text, 'x', len);
    text[len] = '\0';
    json_object_set_new(line, "n", json_integer(number));
    json_object_set_new(line, "text", json_string(text));
    free(text);
    lines_add(lines, line);
}

enum { ROOM = 16 * 1024 * 1024 };

/** Who reads: what he has taken so far. */
struct reader {
    int fd;
    size_t len;
    char *room;
};

static void take(struct reader *reader)
{
    ssize_t got;
    while ((got = read(reader->fd, reader->room + reader->len, ROOM - 1 - reader->len)) > 0)
        reader->len += (size_t)got;
}

/** How many whole lines he has, and the number of the last one; he begins anew then. */
static size_t count_lines(struct reader *reader, int *out_last)
{
    size_t count = 0;
    reader->room[reader->len] = '\0';
    for (char *line = strtok(reader->room, "\n"); line; line = strtok(NULL, "\n"), count++)
        assert_int_equal(sscanf(line, "{\"n\":%d,", out_last), 1);
    reader->len = 0;
    return count;
}

static void nobody_waits_for_a_reader(void **state)
{
    (void)state;
    enum { MANY = 2 * LINES_MOST_BYTES / LONG };
    struct reader reader = {.room = malloc(ROOM)};
    int ends[2], last = -1;
    struct lines lines;
    assert_non_null(reader.room);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    reader.fd = ends[0];
    lines_init(&lines, ends[1]);
    for (int i = 0; i < 100; i++)
        add(&lines, i, LONG);
    lines_flush(&lines);
    assert_true(lines_wait(&lines) && !lines_begin_again(&lines));
    while (lines_wait(&lines)) {
        take(&reader);
        lines_flush(&lines);
    }
    take(&reader);
    assert_int_equal(count_lines(&reader, &last), 100);
    assert_int_equal(last, 99);
    for (int i = 0; i < MANY; i++) {
        add(&lines, i, LONG);
        lines_flush(&lines);
    }
    assert_true(lines_wait(&lines) && !lines_begin_again(&lines));
    while (!lines_begin_again(&lines)) {
        take(&reader);
        lines_flush(&lines);
    }
    take(&reader);
    assert_in_range(count_lines(&reader, &last), MANY / 4, MANY - 1);
    assert_false(lines_begin_again(&lines)); // it is told once
    add(&lines, 4711, LONG);
    lines_flush(&lines);
    take(&reader);
    assert_int_equal(count_lines(&reader, &last), 1);
    assert_int_equal(last, 4711);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    add(&lines, 1, LONG);
    lines_flush(&lines);
    assert_true(lines.is_broken && !lines_wait(&lines));
    lines_fini(&lines);
    close(ends[1]);
    free(reader.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_waits_for_a_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
