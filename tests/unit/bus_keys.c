// SPDX-License-Identifier: Apache-2.0
/** Files of keys: pairs that only their owner may read, and the allow-list with what is wrong in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>

#include "common/bus/allow_file.h"
#include "tests/unit/bus_fixture.h"

enum { PATH_BYTES = FIXTURE_PATH_BYTES + 16 };

struct fixture {
    char directory[FIXTURE_PATH_BYTES];
    char path[PATH_BYTES];
    char problem[512];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    run_directory_make(fixture.directory);
    snprintf(fixture.path, sizeof fixture.path, "%s/file", fixture.directory);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    run_directory_remove(fixture->directory);
    return 0;
}

static void write_file(const struct fixture *fixture, const char *text)
{
    int fd = open(fixture->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void assert_problem(const struct fixture *fixture, const char *part)
{
    if (!strstr(fixture->problem, part))
        fail_msg("\"%s\" lacks \"%s\"", fixture->problem, part);
}

static void a_pair_is_read_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    struct key_pair made, read;
    struct stat found;
    key_pair_make(&made);
    assert_int_equal(key_pair_save(fixture->path, &made, fixture->problem, sizeof fixture->problem), FAULT_NONE);
    assert_int_equal(stat(fixture->path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_int_equal(key_pair_load(fixture->path, &read, fixture->problem, sizeof fixture->problem), FAULT_NONE);
    assert_memory_equal(&read, &made, sizeof made);
    assert_int_equal(key_pair_save(fixture->path, &made, fixture->problem, sizeof fixture->problem), FAULT_IN_USE);
    assert_problem(fixture, "never written over");
}

static void pairs_can_be_typed(void **state)
{
    (void)state;
    struct key_pair pair;
    for (int i = 0; i < 500; i++) {
        key_pair_make(&pair);
        assert_true(pair.public_key[0] != '-' && key_is_valid(text_of(pair.public_key)));
    }
}

static void refuse_pair(struct fixture *fixture, const char *part)
{
    struct key_pair read;
    assert_int_equal(key_pair_load(fixture->path, &read, fixture->problem, sizeof fixture->problem), FAULT_CONFIG);
    assert_problem(fixture, part);
}

static void a_pair_that_is_none_or_that_others_may_read_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct key_pair one, other;
    char text[300];
    key_pair_make(&one);
    key_pair_make(&other);
    refuse_pair(fixture, "no such file");
    write_file(fixture, "curve\n    public-key = \"x\"\n");
    refuse_pair(fixture, "40 characters");
    snprintf(text, sizeof text, "curve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n", one.public_key,
             other.secret_key);
    write_file(fixture, text);
    refuse_pair(fixture, "not that of its secret-key");
    assert_null(strstr(fixture->problem, other.secret_key));
    snprintf(text, sizeof text, "curve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n", one.public_key,
             one.secret_key);
    write_file(fixture, text);
    assert_int_equal(chmod(fixture->path, 0640), 0);
    refuse_pair(fixture, "0600");
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    refuse_pair(fixture, "is not a file");
    rmdir(fixture->path);
}

static void keys_are_told_from_other_texts(void **state)
{
    (void)state;
    struct key_pair pair;
    char text[KEY_TEXT_BYTES];
    key_pair_make(&pair);
    memcpy(text, pair.public_key, sizeof text);
    assert_false(key_is_valid((struct text){text, 39}));
    text[7] = '~'; // which Z85 does not have
    assert_false(key_is_valid(text_of(text)));
    text[7] = '\0';
    assert_false(key_is_valid((struct text){text, 40}));
    memset(text, '#', 40); // five of it are more than 2^32
    assert_false(key_is_valid(text_of(text)));
}

static struct allow_entry entry_of(const char *name, enum role role)
{
    struct allow_entry entry = {.role = role};
    struct key_pair pair;
    key_pair_make(&pair);
    snprintf(entry.name, sizeof entry.name, "%s", name);
    memcpy(entry.public_key, pair.public_key, sizeof entry.public_key);
    return entry;
}

static enum fault change(struct fixture *fixture, const char *name, const struct allow_entry *entry)
{
    return allow_file_change(fixture->path, (struct allow_change){name, entry}, fixture->problem,
                             sizeof fixture->problem);
}

static void changes_touch_single_lines(void **state)
{
    struct fixture *fixture = *state;
    struct allow_entries entries;
    struct allow_entry one = entry_of("one", ROLE_READER), two = entry_of("two", ROLE_ADMIN);
    char text[300];
    snprintf(text, sizeof text, "# by hand\n\n one\treader  %s\r\n# end", one.public_key);
    write_file(fixture, text);
    assert_int_equal(chmod(fixture->path, 0640), 0);
    assert_int_equal(change(fixture, NULL, &two), FAULT_NONE);
    assert_int_equal(change(fixture, "one", NULL), FAULT_NONE);
    struct allow_entry renamed = two;
    snprintf(renamed.name, sizeof renamed.name, "zwei");
    assert_int_equal(change(fixture, "two", &renamed), FAULT_NONE);
    FILE *file = fopen(fixture->path, "r");
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    char expected[300];
    snprintf(expected, sizeof expected, "# by hand\n\n# end\n%-24s %-8s %s\n", "zwei", "admin", two.public_key);
    assert_string_equal(text, expected);
    struct stat found;
    assert_int_equal(stat(fixture->path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0640);
    assert_int_equal(allow_file_load(fixture->path, &entries, fixture->problem, sizeof fixture->problem), FAULT_NONE);
    assert_int_equal(entries.count, 1);
    assert_memory_equal(&entries.items[0], &renamed, sizeof renamed);
    allow_entries_free(&entries);
}

static void changes_that_make_no_sense_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct allow_entry one = entry_of("one", ROLE_READER), same_name = entry_of("one", ROLE_READER), same_key = one;
    assert_int_equal(change(fixture, NULL, &one), FAULT_NONE);
    assert_int_equal(change(fixture, NULL, &same_name), FAULT_CONFIG);
    assert_problem(fixture, "another key has that name");
    snprintf(same_key.name, sizeof same_key.name, "two");
    assert_int_equal(change(fixture, NULL, &same_key), FAULT_CONFIG);
    assert_problem(fixture, "stands there already");
    assert_int_equal(change(fixture, "nobody", NULL), FAULT_CONFIG);
    assert_problem(fixture, "no key has that name");
    assert_int_equal(chmod(fixture->path, 0666), 0);
    assert_int_equal(change(fixture, "one", NULL), FAULT_CONFIG);
    assert_problem(fixture, "0644");
}

static void refuse_lines(const char *text, const char *part)
{
    struct allow_entries entries;
    struct fixture fixture = {.path = ""};
    assert_int_equal(allow_entries_parse(text_of(text), &entries, fixture.problem, sizeof fixture.problem),
                     FAULT_CONFIG);
    assert_problem(&fixture, part);
}

static void wrong_lines_are_told_by_number(void **state)
{
    (void)state;
    char text[300];
    struct allow_entry one = entry_of("one", ROLE_READER);
    refuse_lines("\n# comment\none reader\n", "line 3: a line has a name, a role and a public key");
    refuse_lines("one reader key more", "line 1: a line has");
    snprintf(text, sizeof text, "one emperor %s", one.public_key);
    refuse_lines(text, "no such role");
    snprintf(text, sizeof text, "-one reader %s", one.public_key);
    refuse_lines(text, "a name has");
    snprintf(text, sizeof text, "%033d reader %s", 0, one.public_key);
    refuse_lines(text, "a name has");
    snprintf(text, sizeof text, "one reader %.39s", one.public_key);
    refuse_lines(text, "40 characters");
}

static void very_many_lines_are_refused_and_most_are_read(void **state)
{
    (void)state;
    size_t len = 0;
    char *text = NULL;
    struct allow_entries entries;
    struct fixture fixture = {.path = ""};
    FILE *out = open_memstream(&text, &len);
    for (int i = 0; i < ALLOW_ENTRIES; i++)
        fprintf(out, "key%d reader 00000000000000000000000000000000000%05d\n", i, i);
    fclose(out);
    assert_int_equal(allow_entries_parse((struct text){text, len}, &entries, fixture.problem, sizeof fixture.problem),
                     FAULT_NONE);
    assert_int_equal(entries.count, ALLOW_ENTRIES);
    allow_entries_free(&entries);
    char *more = NULL;
    assert_true(asprintf(&more, "%sone-more reader 1111111111111111111111111111111111111111\n", text) > 0);
    refuse_lines(more, "at most 4096");
    free(more);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pair_is_read_as_it_was_written, set_up, tear_down),
        cmocka_unit_test(pairs_can_be_typed),
        cmocka_unit_test_setup_teardown(a_pair_that_is_none_or_that_others_may_read_is_refused, set_up, tear_down),
        cmocka_unit_test(keys_are_told_from_other_texts),
        cmocka_unit_test_setup_teardown(changes_touch_single_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_that_make_no_sense_are_refused, set_up, tear_down),
        cmocka_unit_test(wrong_lines_are_told_by_number),
        cmocka_unit_test(very_many_lines_are_refused_and_most_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
