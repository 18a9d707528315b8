// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/log.h"

enum { CAPTURE_BYTES = 4 * 1024 * 1024, THREADS = 4, LINES_PER_THREAD = 500 };

/** What is written to stderr between capture_begin and capture_end. */
struct capture {
    int file;
    int stderr_before;
    char *text;
};

static struct capture capture_begin(void)
{
    struct capture capture = {memfd_create("log", 0), dup(STDERR_FILENO), NULL};
    assert_true(capture.file >= 0 && capture.stderr_before >= 0);
    assert_int_equal(fcntl(capture.file, F_SETFL, O_APPEND), 0); // as a log file has it: writers do not share an offset
    assert_int_not_equal(dup2(capture.file, STDERR_FILENO), -1);
    return capture;
}

/** Borrows until capture_free. */
static const char *capture_end(struct capture *capture)
{
    assert_int_not_equal(dup2(capture->stderr_before, STDERR_FILENO), -1);
    close(capture->stderr_before);
    capture->text = calloc(1, CAPTURE_BYTES);
    assert_non_null(capture->text);
    assert_true(pread(capture->file, capture->text, CAPTURE_BYTES - 1, 0) >= 0);
    close(capture->file);
    return capture->text;
}

static void capture_free(struct capture *capture)
{
    free(capture->text);
}

static int set_up(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    log_set_name("person");
    log_set_level(LOG_LEVEL_INFO);
    return 0;
}

/** True when `line` begins with the pattern, in which 0 stands for any digit. */
static bool looks_like(const char *line, const char *pattern)
{
    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == '0' ? line[i] < '0' || line[i] > '9' : line[i] != pattern[i])
            return false;
    return true;
}

static void a_line_is_logfmt(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    LOG(LOG_LEVEL_INFO, "started", log_int("pid", 42), log_name("door", "command"), log_int("least", INT64_MIN));
    const char *line = capture_end(&capture);
    assert_true(looks_like(line, "time=0000-00-00T00:00:00.000Z"));
    assert_string_equal(line + strlen("time=0000-00-00T00:00:00.000Z"),
                        " level=info service=person message=started pid=42 door=command least=-9223372036854775808\n");
    capture_free(&capture);
}

static void a_value_cannot_leave_its_field_or_its_line(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    LOG(LOG_LEVEL_WARNING, "a message with spaces", log_name("quote", "a\"b"), log_name("backslash", "a\\b"),
        log_name("equals", "a=b"), log_name("empty", ""), log_name("newline", "a\nlevel=error"),
        log_text("nul", (struct text){"a\0b", 3}), log_name("delete", "\x7f"), log_name("letters", "Åsa"),
        log_name("nothing", NULL));
    const char *line = capture_end(&capture);
    assert_non_null(strstr(line,
                           " message=\"a message with spaces\" quote=\"a\\\"b\" backslash=\"a\\\\b\" equals=\"a=b\""
                           " empty=\"\" newline=\"a\\x0alevel=error\" nul=\"a\\x00b\" delete=\"\\x7f\""
                           " letters=Åsa nothing=\"\"\n"));
    assert_ptr_equal(strchr(line, '\n') + 1, line + strlen(line));
    capture_free(&capture);
}

static void nothing_beyond_a_text_is_written(void **state)
{
    (void)state;
    static const char canary[] = "person.create anna.larsson@example.test";
    struct capture capture = capture_begin();
    LOG(LOG_LEVEL_INFO, "received", log_text("type", (struct text){canary, 13}),
        log_text("none", (struct text){canary, 0}));
    const char *line = capture_end(&capture);
    assert_non_null(strstr(line, " message=received type=person.create none=\"\"\n"));
    assert_null(strstr(line, "anna"));
    capture_free(&capture);
}

static void a_long_line_is_cut_and_still_a_line(void **state)
{
    (void)state;
    char large[5000];
    memset(large, 'x', sizeof large);
    struct capture capture = capture_begin();
    LOG(LOG_LEVEL_ERROR, "too long", log_text("text", (struct text){large, sizeof large}), log_int("after", 1));
    LOG(LOG_LEVEL_ERROR, "the next one", log_int("number", 7));
    const char *lines = capture_end(&capture);
    const char *end = strchr(lines, '\n');
    assert_non_null(end);
    assert_int_equal(end - lines, 1999);
    assert_null(strstr(lines, "after"));
    assert_non_null(strstr(end, " message=\"the next one\" number=7\n"));
    capture_free(&capture);
}

static void less_urgent_than_the_level_is_left_out(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    LOG(LOG_LEVEL_DEBUG, "hidden", log_int("n", 1));
    log_set_level(LOG_LEVEL_DEBUG);
    LOG(LOG_LEVEL_DEBUG, "shown", log_int("n", 2));
    log_set_level(LOG_LEVEL_ERROR);
    LOG(LOG_LEVEL_WARNING, "hidden", log_int("n", 3));
    LOG(LOG_LEVEL_ERROR, "urgent", log_int("n", 4));
    const char *lines = capture_end(&capture);
    assert_null(strstr(lines, "hidden"));
    assert_non_null(strstr(lines, "level=debug service=person message=shown n=2\n"));
    assert_non_null(strstr(lines, "level=error service=person message=urgent n=4\n"));
    capture_free(&capture);
}

static void under_systemd_a_line_begins_with_its_priority(void **state)
{
    (void)state;
    setenv("JOURNAL_STREAM", "8:12345", 1);
    log_set_level(LOG_LEVEL_DEBUG);
    struct capture capture = capture_begin();
    LOG(LOG_LEVEL_ERROR, "a", log_int("n", 1));
    LOG(LOG_LEVEL_WARNING, "b", log_int("n", 1));
    LOG(LOG_LEVEL_INFO, "c", log_int("n", 1));
    LOG(LOG_LEVEL_DEBUG, "d", log_int("n", 1));
    const char *lines = capture_end(&capture);
    assert_memory_equal(lines, "<3>time=", 8);
    assert_non_null(strstr(lines, "\n<4>time="));
    assert_non_null(strstr(lines, "\n<6>time="));
    assert_non_null(strstr(lines, "\n<7>time="));
    capture_free(&capture);
}

static void without_a_name_the_field_is_absent(void **state)
{
    (void)state;
    log_set_name(NULL);
    struct capture capture = capture_begin();
    log_write(LOG_LEVEL_INFO, "plain", NULL, 0);
    const char *line = capture_end(&capture);
    assert_non_null(strstr(line, "Z level=info message=plain\n"));
    capture_free(&capture);
}

static void *write_lines(void *argument)
{
    (void)argument;
    char padding[200];
    memset(padding, 'p', sizeof padding);
    for (int i = 0; i < LINES_PER_THREAD; i++)
        LOG(LOG_LEVEL_INFO, "of many", log_text("padding", (struct text){padding, sizeof padding}), log_int("end", 1));
    return NULL;
}

static void lines_of_several_threads_stay_whole(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    struct capture capture = capture_begin();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    const char *line = capture_end(&capture);
    int count = 0;
    for (const char *end = strchr(line, '\n'); end; line = end + 1, end = strchr(line, '\n'), count++) {
        assert_memory_equal(line, "time=", 5);
        assert_memory_equal(end - 7, "p end=1", 7);
    }
    assert_int_equal(count, THREADS * LINES_PER_THREAD);
    capture_free(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_is_logfmt, set_up),
        cmocka_unit_test_setup(a_value_cannot_leave_its_field_or_its_line, set_up),
        cmocka_unit_test_setup(nothing_beyond_a_text_is_written, set_up),
        cmocka_unit_test_setup(a_long_line_is_cut_and_still_a_line, set_up),
        cmocka_unit_test_setup(less_urgent_than_the_level_is_left_out, set_up),
        cmocka_unit_test_setup(under_systemd_a_line_begins_with_its_priority, set_up),
        cmocka_unit_test_setup(without_a_name_the_field_is_absent, set_up),
        cmocka_unit_test_setup(lines_of_several_threads_stay_whole, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
