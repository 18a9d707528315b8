// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/wire_help.h"

#include <unistd.h>

#include "common/wire/log_message.h"
#include "proto/sample.gen.h"

/** What log_message writes of a message, from " message=" on. */
static void logged(const struct struct_desc *desc, const void *value, char *out, size_t size)
{
    int ends[2];
    char line[4096] = "";
    assert_int_equal(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    log_message(LOG_LEVEL_WARNING, "received", desc, value);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    close(ends[1]);
    ssize_t len = read(ends[0], line, sizeof line - 1); // one line, one write
    close(ends[0]);
    assert_true(len > 0);
    const char *start = strstr(line, " message=");
    assert_non_null(start);
    snprintf(out, size, "%.*s", (int)strcspn(start, "\n"), start);
}

static const struct sample_point points[] = {{.x = 1, .y = 2, .label = {"corner", 6}, .has_label = true}};

static void what_may_be_shown_is_shown_by_its_path(void **state)
{
    (void)state;
    char line[4096];
    const struct text tags[] = {TEXT("a"), TEXT("b c")};
    struct sample_all all = {.has_flag = true,
                             .flag = true,
                             .has_count = true,
                             .count = -5,
                             .has_key = true,
                             .key = 17,
                             .has_at_ms = true,
                             .at_ms = 1760000000000,
                             .has_day = true,
                             .day = 1,
                             .has_title = true,
                             .title = TEXT("two words"),
                             .has_colour = true,
                             .colour = SAMPLE_COLOUR_DEEP_BLUE,
                             .has_digest = true,
                             .digest = BYTES("\x01\x02"),
                             .has_extra = true,
                             .extra = BYTES("\xa4"
                                            "Anna"),
                             .has_point = true,
                             .point = points[0],
                             .tags = {2, tags},
                             .points = {1, points}};
    logged(&sample_all_desc, &all, line, sizeof line);
    assert_string_equal(line, " message=received flag=true count=-5 key=17 at_ms=1760000000000 day=1970-01-02 "
                              "title=\"two words\" digest=\"(2 bytes)\" colour=deep_blue point.x=1 point.y=2 "
                              "point.label=corner extra=\"(5 bytes)\" tags[0]=a tags[1]=\"b c\" points[0].x=1 "
                              "points[0].y=2 points[0].label=corner");
}

static void personal_and_sensitive_fields_are_shown_by_their_length(void **state)
{
    (void)state;
    char line[4096];
    const struct text phones[] = {TEXT("+46701234567"), TEXT("+46707654321")};
    const struct sample_contact contacts[] = {
        {.name = TEXT("Anna"), .has_channel = true, .channel = SAMPLE_COLOUR_RED, .points = {1, points}}};
    struct sample_secret secret = {.id = 5,
                                   .first_name = TEXT("Anna"),
                                   .has_born = true,
                                   .born = 4000,
                                   .has_number = true,
                                   .number = 198001011234,
                                   .has_body = true,
                                   .body = TEXT("Dear Anna"),
                                   .has_whole = true,
                                   .whole = points[0],
                                   .phones = {2, phones},
                                   .has_day = true,
                                   .day = 0,
                                   .contacts = {1, contacts}};
    logged(&sample_secret_desc, &secret, line, sizeof line);
    assert_string_equal(line, " message=received id=5 first_name=\"(4 bytes)\" born=(hidden) number=(hidden) "
                              "body=\"(9 bytes)\" whole.x=(hidden) whole.y=(hidden) whole.label=\"(6 bytes)\" "
                              "phones=\"(2 elements)\" day=1970-01-01 contacts[0].name=\"(4 bytes)\" "
                              "contacts[0].channel=red contacts[0].points[0].x=1 contacts[0].points[0].y=2 "
                              "contacts[0].points[0].label=corner");
}

static void a_cleared_field_says_so(void **state)
{
    (void)state;
    char line[4096];
    struct sample_change change = {.id = 1, .revision = 2, .clear_email = true, .has_born = true, .born = 3};
    logged(&sample_change_desc, &change, line, sizeof line);
    assert_string_equal(line, " message=received id=1 revision=2 email=(cleared) born=(hidden)");
}

static void no_more_than_thirty_two_fields_are_logged(void **state)
{
    (void)state;
    char line[4096];
    struct sample_contact contacts[40];
    for (size_t i = 0; i < COUNT_OF(contacts); i++)
        contacts[i] = (struct sample_contact){.name = TEXT("Anna")};
    struct sample_secret secret = {.id = 1, .first_name = TEXT("Bo"), .contacts = {COUNT_OF(contacts), contacts}};
    logged(&sample_secret_desc, &secret, line, sizeof line);
    assert_non_null(strstr(line, " contacts[29].name=\"(4 bytes)\"")); // after id and first_name
    assert_null(strstr(line, "contacts[30]"));
    assert_null(strstr(line, "Anna"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_shown_is_shown_by_its_path),
        cmocka_unit_test(personal_and_sensitive_fields_are_shown_by_their_length),
        cmocka_unit_test(a_cleared_field_says_so),
        cmocka_unit_test(no_more_than_thirty_two_fields_are_logged),
    };
    return cmocka_run_group_tests_name("wire: log_message", tests, NULL, NULL);
}
