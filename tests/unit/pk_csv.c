// SPDX-License-Identifier: Apache-2.0
/** CSV as files have it, right and wrong: records, their lines, what is refused and where reading goes on; and formulas in spreadsheets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/pk/csv.h"
#include "services/pk/sorter.h"

/** A file in memory, given out in pieces of `piece` bytes. */
struct memory_file {
    struct text text;
    size_t at;
    size_t piece;
    size_t fails_at; // 0: never
};

static ssize_t read_memory(void *self, char *out, size_t size)
{
    struct memory_file *file = self;
    if (file->fails_at && file->at >= file->fails_at)
        return -1;
    size_t left = file->text.len - file->at, len = left < file->piece ? left : file->piece;
    len = len < size ? len : size;
    memcpy(out, file->text.data + file->at, len);
    file->at += len;
    return (ssize_t)len;
}

/** All records as "line:cell|cell", or "line!" and the beginning of the problem, with blanks between. */
static char *read_all(struct text text, char delimiter, size_t piece)
{
    struct memory_file file = {.text = text, .piece = piece};
    const struct csv_source source = {read_memory, &file};
    struct csv_reader *reader = csv_reader_new(&source);
    struct csv_record record;
    char *all = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&all, &size);
    csv_set_delimiter(reader, delimiter);
    while (csv_read(reader, &record)) {
        fprintf(out, "%s%lld%s", ftell(out) ? " " : "", (long long)record.line, record.problem ? "!" : ":");
        if (record.problem)
            fprintf(out, "%.12s", record.problem);
        for (size_t i = 0; i < record.count; i++)
            fprintf(out, "%s%.*s", i ? "|" : "", (int)record.cells[i].len, record.cells[i].data);
    }
    fclose(out);
    csv_reader_free(reader);
    return all;
}

static void test_records_and_lines(void **state)
{
    static const struct {
        const char *file;
        const char *expected;
    } cases[] = {
        {"a,b\n1,2\n", "1:a|b 2:1|2"},
        {"a,b\r\n1,2", "1:a|b 2:1|2"},
        {"a,\n,\n", "1:a| 2:|"},
        {"\"a\"\"b\",\"c,d\"\n", "1:a\"b|c,d"},
        {"a\n\"x\ny\r\nz\"\nb\n", "1:a 2:x\ny\r\nz 5:b"},
        {"\n\na\n\r\n\nb", "3:a 6:b"},
        {"\"\"\n\"\",\n", "2:|"},
        {"a \"b\" c,d\n", "1:a \"b\" c|d"},
        {"a\rb,c\n", "1:a\rb|c"},
        {"\"a\"x,b\nc\n", "1!has somethin 2:c"},
        {"a\n\"b,c\nd\ne", "1:a 2!opens a quot"},
        {"", ""},
        {"a", "1:a"},
        {"\"a\"", "1:a"},
        {"a\r", "1:a"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t piece = 1; piece < 8; piece += 3) {
            char *all = read_all(text_of(cases[i].file), ',', piece);
            assert_string_equal(all ? all : "", cases[i].expected);
            free(all);
        }
    char *all = read_all(TEXT("a;b,c;\"d;e\"\n"), ';', 100);
    assert_string_equal(all, "1:a|b,c|d;e");
    free(all);
}

static void test_bounds(void **state)
{
    enum { BYTES = 10 * 1024 * 1024 };
    char *file = malloc(BYTES);
    (void)state;
    memset(file, 'x', BYTES);
    memcpy(file, "a\n", 2);
    memcpy(file + BYTES - 3, "\nb\n", 3);
    char *all = read_all((struct text){file, BYTES}, ',', 65536);
    assert_string_equal(all, "1:a 2!is longer th 3:b");
    free(all);
    // The same within quotes that are not closed: the rest of the file is the cell's.
    file[2] = '"';
    all = read_all((struct text){file, BYTES}, ',', 65536);
    assert_string_equal(all, "1:a 2!is longer th");
    free(all);
    memset(file, ',', 600);
    file[600] = '\n';
    all = read_all((struct text){file, 603}, ',', 65536);
    assert_string_equal(all, "1!has more tha 2:xx");
    free(all);
    free(file);
}

static void test_a_source_that_fails(void **state)
{
    struct memory_file file = {.text = TEXT("a\nb\nc\n"), .piece = 2, .fails_at = 2};
    const struct csv_source source = {read_memory, &file};
    struct csv_reader *reader = csv_reader_new(&source);
    struct csv_record record;
    (void)state;
    assert_true(csv_read(reader, &record));
    assert_false(csv_read(reader, &record));
    assert_true(csv_failed(reader));
    csv_reader_free(reader);
}

static void test_the_delimiter_is_guessed(void **state)
{
    static const struct {
        const char *file;
        char delimiter;
    } cases[] = {{"a,b,c\n1;2;3;4;5\n", ','}, {"a;b,c;d\n", ';'},     {"a\tb\n", '\t'}, {"a\n", ','}, {"", ','},
                 {"\"a,b,c\";d\n", ';'},      {"\"a\n,,,\";b\n", ';'}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct memory_file file = {.text = text_of(cases[i].file), .piece = 1000};
        const struct csv_source source = {read_memory, &file};
        struct csv_reader *reader = csv_reader_new(&source);
        assert_int_equal(csv_guess_delimiter(reader), cases[i].delimiter);
        csv_reader_free(reader);
    }
}

static void test_what_is_written_is_read(void **state)
{
    static const char *const cells[] = {"a",       "",    "a,b", "say \"no\"", "two\nlines",
                                        " blank ", "åäö", "a;b", "\r\n",       "'"};
    enum { CELLS = sizeof cells / sizeof *cells };
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    (void)state;
    for (size_t i = 0; i < CELLS; i++)
        csv_write_cell(out, ';', i == 0, text_of(cells[i]));
    putc('\n', out);
    fclose(out);
    struct memory_file file = {.text = {written, size}, .piece = 5};
    const struct csv_source source = {read_memory, &file};
    struct csv_reader *reader = csv_reader_new(&source);
    struct csv_record record;
    csv_set_delimiter(reader, ';');
    assert_true(csv_read(reader, &record));
    assert_int_equal(record.count, CELLS);
    for (size_t i = 0; i < CELLS; i++)
        assert_true(text_equal(record.cells[i], text_of(cells[i])));
    csv_reader_free(reader);
    free(written);
}

static void test_formulas_are_guarded(void **state)
{
    static const char *const dangerous[] = {"=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "'=1", "''+x", "+46 70", "+"};
    static const char *const harmless[] = {"", "a", "'", "'a", "1-2", "+46701740605", "a=b"};
    (void)state;
    for (size_t i = 0; i < sizeof dangerous / sizeof *dangerous; i++) {
        char guarded[32] = "'";
        struct text text = text_of(dangerous[i]);
        assert_true(csv_needs_guard(text));
        memcpy(guarded + 1, text.data, text.len);
        assert_true(text_equal(csv_unguard((struct text){guarded, text.len + 1}), text));
    }
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        assert_false(csv_needs_guard(text_of(harmless[i])));
        assert_true(text_equal(csv_unguard(text_of(harmless[i])), text_of(harmless[i])));
    }
}

enum { SORTED_AT_ONCE = 128 };

/** Numbers in an order that is none, and each of them twice. */
static void sort_numbers(uint64_t count)
{
    struct sorter *sorter = sorter_new(SORTED_AT_ONCE);
    uint8_t record[SORTER_RECORD_BYTES] = {0};
    for (uint64_t i = 0; i < 2 * count; i++) {
        uint64_t number = i * 7919 % count;
        for (size_t byte = 0; byte < 8; byte++)
            record[byte] = (uint8_t)(number >> (56 - 8 * byte));
        sorter_add(sorter, record);
    }
    for (uint64_t i = 0; i < 2 * count; i++) {
        uint64_t number = 0;
        assert_true(sorter_next(sorter, record));
        for (size_t byte = 0; byte < 8; byte++)
            number = number << 8 | record[byte];
        assert_int_equal(number, i / 2);
    }
    assert_false(sorter_next(sorter, record));
    assert_false(sorter_failed(sorter));
    sorter_free(sorter);
}

static void test_sorting(void **state)
{
    (void)state;
    sort_numbers(0);
    sort_numbers(1);
    sort_numbers(SORTED_AT_ONCE / 2); // exactly what fits into memory
    sort_numbers(3000);
    sort_numbers(100000); // more runs than are merged at once, twice
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_and_lines),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_a_source_that_fails),
        cmocka_unit_test(test_the_delimiter_is_guessed),
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_formulas_are_guarded),
        cmocka_unit_test(test_sorting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
