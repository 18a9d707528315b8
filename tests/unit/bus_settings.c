// SPDX-License-Identifier: Apache-2.0
/** Files of settings: what is read, and that every mistake is refused with its line and what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/bus/settings.h"

struct values {
    char host[SETTING_TEXT_BYTES];
    char mode[SETTING_TEXT_BYTES];
    int64_t size;
};

static const char *const modes[] = {"slow", "fast", NULL};

static const struct setting table[] = {
    {"mail.host", SETTING_TEXT, offsetof(struct values, host), 0, 0, NULL, "A host."},
    {"mode", SETTING_TEXT, offsetof(struct values, mode), 0, 0, modes, "A mode."},
    {"size", SETTING_NUMBER, offsetof(struct values, size), -5, 1000, NULL, "A size."},
};

static enum fault load(const char *content, struct values *values, char problem[512])
{
    char path[] = "/tmp/personkort-settings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    close(fd);
    enum fault fault = settings_load(path, "demo", table, 3, values, problem, 512);
    unlink(path);
    return fault;
}

static void values_are_read_and_others_kept(void **state)
{
    (void)state;
    static const char *const files[] = {
        "demo\n    mail.host = \"a.se:25\"\n    size = 7\n",
        "# first\nother\n    anything = 1\n\ndemo # ours\n    size = 7   # seven\n    mail.host = a.se:25\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct values values = {.mode = "slow", .size = 1};
        char problem[512] = "";
        assert_int_equal(load(files[i], &values, problem), FAULT_NONE);
        assert_string_equal(values.host, "a.se:25");
        assert_string_equal(values.mode, "slow");
        assert_int_equal(values.size, 7);
    }
}

static void a_file_without_the_section_is_fine(void **state)
{
    (void)state;
    static const char *const files[] = {"", "# nothing\n", "    # nothing\n\n", "other\n    size = x\n", "demo\n"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct values values = {.size = 3};
        char problem[512] = "";
        if (load(files[i], &values, problem) != FAULT_NONE)
            fail_msg("%s: %s", files[i], problem);
        assert_int_equal(values.size, 3);
    }
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *says;
    } mistakes[] = {
        {"demo\n    sise = 1\n", ":2: sise is no setting of this section; the nearest is size"},
        {"other\n    x = 1\ndemo\n\n    mail.hots = 1\n", ":5: mail.hots is no setting"},
        {"demmo\n    size = 1\n", ":1: demmo is no section; it should probably be demo"},
        {"demo\n    size = 1001\n", ":2: size is a whole number from -5 to 1000"},
        {"demo\n    size = -6\n", "whole number"},
        {"demo\n    size = 7x\n", "whole number"},
        {"demo\n    size = \"\"\n", "whole number"},
        {"demo\n    size = 99999999999999999999\n", "whole number"},
        {"demo\n    mode = quick\n", ":2: mode is one of: slow, fast"},
        {"demo\n    size = 1\n    size = 2\n", ":3: size stands here a second time"},
        {"demo\n\tsize = 1\n", ":2: indent with spaces"},
        {"demo\n    size 1\n", ":2: "},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct values values = {.size = 3};
        char problem[512] = "";
        assert_int_equal(load(mistakes[i].file, &values, problem), FAULT_CONFIG);
        if (!strstr(problem, mistakes[i].says))
            fail_msg("%s: %s", mistakes[i].file, problem);
    }
}

static void a_text_too_long_is_refused(void **state)
{
    (void)state;
    char file[700], problem[512] = "";
    struct values values = {.size = 3};
    snprintf(file, sizeof file, "demo\n    mail.host = %0512d\n", 0);
    assert_int_equal(load(file, &values, problem), FAULT_CONFIG);
    assert_non_null(strstr(problem, "too long"));
    snprintf(file, sizeof file, "demo\n    mail.host = %0511d\n", 0);
    assert_int_equal(load(file, &values, problem), FAULT_NONE);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct values values = {.size = 3};
    char problem[512] = "";
    assert_int_equal(settings_load("/nowhere/x.zpl", "demo", table, 3, &values, problem, sizeof problem), FAULT_CONFIG);
    assert_string_equal(problem,
                        "/nowhere/x.zpl: No such file or directory; --config names the file with the settings");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_and_others_kept),
        cmocka_unit_test(a_file_without_the_section_is_fine),
        cmocka_unit_test(mistakes_are_refused),
        cmocka_unit_test(a_text_too_long_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
