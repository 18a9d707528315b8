// SPDX-License-Identifier: Apache-2.0
#include "services/pk/import_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/base/endian.h"
#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "services/pk/sorter.h"

/* Marks as they are sorted: digest, kind, line; those of one value stand together, the first line first. */
enum { MARK_KIND = 16, MARK_LINE = 24 };

/* What is found then, by line: line, kind, the earlier line. */
enum { PAIR_LINE = 0, PAIR_KIND = 8, PAIR_EARLIER = 16 };

void import_report_begin(struct import_report *report, bool is_json, const struct import_header *header,
                         struct progress *progress)
{
    *report = (struct import_report){
        .is_json = is_json, .header = header, .progress = progress, .marks = sorter_new(SORTER_RECORDS)};
}

static void print_json(struct import_report *report, json_t *json)
{
    char *text = need(json_dumps(json, JSON_COMPACT));
    printf("%s\n  %s", report->has_told ? "," : "{\"problems\": [", text);
    free(text);
    json_decref(json);
}

/** The column as the file calls it; empty: the problem has none. */
static struct text column_name(const struct import_report *report, const struct import_problem *problem)
{
    const struct import_header *header = report->header;
    if (problem->has_column && (size_t)problem->column <= header->sent_count)
        return header->names[header->cells[problem->column - 1]];
    return problem->has_field ? problem->field : TEXT("");
}

/** `earlier`: the line that has it, too; 0: none. */
static void tell(struct import_report *report, const struct import_problem *problem, int64_t earlier)
{
    struct text column = column_name(report, problem);
    report->errors += !problem->is_warning;
    report->warnings += problem->is_warning;
    if (report->is_json) {
        json_t *json = json_of_struct(&import_problem_desc, problem);
        if (column.len)
            json_put(json, "column", json_of_text(column));
        if (earlier)
            json_put(json, "earlier_line", need(json_integer(earlier)));
        print_json(report, json);
    } else {
        if (report->progress->is_shown)
            fputs("\r\033[K", stderr);
        printf("line %" PRId64 "%s%.*s: %s%.*s", problem->line, column.len ? ", " : "", (int)column.len, column.data,
               problem->is_warning ? "warning: " : "", (int)problem->message.len, problem->message.data);
        if (problem->has_person)
            printf(" (person %" PRIu64 ")", problem->person);
        putchar('\n');
    }
    report->has_told = true;
}

void import_report_take(struct import_report *report, const struct import_check_reply *reply)
{
    for (size_t i = 0; i < reply->problems.count; i++)
        tell(report, &reply->problems.items[i], 0);
    for (size_t i = 0; i < reply->marks.count; i++) {
        const struct import_mark *mark = &reply->marks.items[i];
        uint8_t record[SORTER_RECORD_BYTES];
        memcpy(record, mark->digest.data, mark->digest.len);
        put_u64(record + MARK_KIND, (uint64_t)mark->kind);
        put_u64(record + MARK_LINE, (uint64_t)mark->line);
        sorter_add(report->marks, record);
    }
}

static int say_failed(void)
{
    fprintf(stderr, "pk: lines cannot be compared with each other, for want of a temporary file: %s\n",
            strerror(errno));
    return EXIT_FAILED;
}

/** Finds the lines whose value an earlier line has. */
static void pair_marks(struct import_report *report, struct sorter *pairs)
{
    uint8_t first[SORTER_RECORD_BYTES] = {0}, last[SORTER_RECORD_BYTES] = {0}, record[SORTER_RECORD_BYTES];
    while (sorter_next(report->marks, record)) {
        bool is_other = memcmp(record, first, MARK_LINE) != 0;
        if (is_other)
            memcpy(first, record, sizeof first);
        else if (memcmp(record + MARK_LINE, last + MARK_LINE, 8) != 0) { // a line may have a number twice
            uint8_t pair[SORTER_RECORD_BYTES] = {0};
            memcpy(pair + PAIR_LINE, record + MARK_LINE, 8);
            memcpy(pair + PAIR_KIND, record + MARK_KIND, 8);
            memcpy(pair + PAIR_EARLIER, first + MARK_LINE, 8);
            sorter_add(pairs, pair);
        }
        memcpy(last, record, sizeof last);
    }
}

static void tell_pair(struct import_report *report, int64_t line, enum import_mark_kind kind, int64_t earlier)
{
    static const struct {
        const char *field;
        const char *what;
        const char *remedy;
    } kinds[] = {
        [IMPORT_MARK_KIND_CUSTOMER_NUMBER] = {"customer_number", "has this customer number, too", "give another one"},
        [IMPORT_MARK_KIND_PERSONAL_NUMBER] = {"personal_number", "has this personal number, too",
                                              "it may be the same person"},
        [IMPORT_MARK_KIND_EMAIL] = {"email", "has this e-mail address, too", "it may be the same person"},
        [IMPORT_MARK_KIND_PHONE] = {"phone", "has this phone number, too", "it may be the same person"},
        [IMPORT_MARK_KIND_NAME_AND_BIRTH] = {"birth_date", "has this name and birth date, too",
                                             "it may be the same person"},
    };
    char message[128];
    snprintf(message, sizeof message, "line %" PRId64 " %s; %s", earlier, kinds[kind].what, kinds[kind].remedy);
    struct import_problem problem = {
        .line = line,
        .has_field = true,
        .field = text_of(kinds[kind].field),
        .message = text_of(message),
        .is_warning = kind != IMPORT_MARK_KIND_CUSTOMER_NUMBER && kind != IMPORT_MARK_KIND_PERSONAL_NUMBER,
    };
    for (size_t i = 0; i < report->column_count; i++)
        if (text_equal(report->columns[i], problem.field)) {
            problem.has_column = true;
            problem.column = (int64_t)i + 1;
        }
    tell(report, &problem, earlier);
}

int import_report_compare(struct import_report *report)
{
    struct sorter *pairs = sorter_new(SORTER_RECORDS);
    uint8_t pair[SORTER_RECORD_BYTES];
    pair_marks(report, pairs);
    while (sorter_next(pairs, pair))
        tell_pair(report, (int64_t)get_u64(pair + PAIR_LINE), (enum import_mark_kind)get_u64(pair + PAIR_KIND),
                  (int64_t)get_u64(pair + PAIR_EARLIER));
    bool failed = sorter_failed(report->marks) || sorter_failed(pairs);
    sorter_free(pairs);
    return failed ? say_failed() : EXIT_DONE;
}

void import_report_end(struct import_report *report, json_t *members)
{
    sorter_free(report->marks);
    report->marks = NULL;
    if (!report->is_json) {
        json_decref(members);
        return;
    }
    const char *name;
    json_t *value;
    printf("%s]", report->has_told ? "\n" : "{\"problems\": [");
    json_object_foreach(members, name, value)
    {
        char *text = need(json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY));
        printf(",\n\"%s\": %s", name, text);
        free(text);
    }
    puts("}");
    json_decref(members);
}
