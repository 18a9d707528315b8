// SPDX-License-Identifier: Apache-2.0
/** `pk person import` and `pk import undo`: a file becomes persons, and they go again. */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "services/pk/import_pages.h"
#include "services/pk/import_report.h"
#include "services/pk/interrupt.h"
#include "services/pk/runs.h"
#include "services/pk/show.h"

enum { DEFAULT_TIMEOUT_MS = 60 * 1000, LOOK_MS = 100, PATH_BYTES = 4096 };

#define IMPORT_COLUMNS "import,name,state,line,persons,refused"
#define TAKEN_BACK_COLUMNS "import,name,state,persons,removed,kept"

/** One run. */
struct importing {
    struct pk *pk;
    const char *path;
    struct import_file file;
    struct import_header header;
    struct import_source source;
    struct import_report report;
    struct progress progress;
    struct text columns[IMPORT_COLUMNS_MOST]; // as the service takes them
    size_t column_count;
    bool is_dry;
    bool skips_errors;
    uint64_t import;
    union {
        struct import_check check;
        struct import_rows rows;
    } body;
};

static int call(struct pk *pk, const struct message_desc *message, const void *body, struct client_answer *out_answer)
{
    char id[33];
    client_new_id(id);
    return session_call(pk, NULL, message, body, message->kind == MESSAGE_COMMAND ? id : NULL, &pk->arena, out_answer);
}

/* Options. */

static int read_encoding(const struct pk *pk, enum encoding *out_encoding)
{
    static const struct {
        const char *name;
        enum encoding encoding;
    } names[] = {{"utf-8", ENCODING_UTF_8},
                 {"utf8", ENCODING_UTF_8},
                 {"windows-1252", ENCODING_WINDOWS_1252},
                 {"cp1252", ENCODING_WINDOWS_1252}};
    const char *given = arguments_own(&pk->arguments, OWN_ENCODING);
    *out_encoding = ENCODING_GUESSED;
    if (!given)
        return EXIT_DONE;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(given, names[i].name) == 0) {
            *out_encoding = names[i].encoding;
            return EXIT_DONE;
        }
    fputs("pk: --encoding is utf-8 or windows-1252\n", stderr);
    return EXIT_USAGE;
}

/* The file. */

/** Opens the file and reads its header; says what it was taken for. */
static int open_file(struct importing *it)
{
    enum encoding encoding;
    struct csv_record record;
    int code = read_encoding(it->pk, &encoding);
    if (code == EXIT_DONE)
        code = csv_delimiter_of(arguments_own(&it->pk->arguments, OWN_DELIMITER), '\0', &it->source.delimiter)
                   ? EXIT_DONE
                   : EXIT_USAGE;
    if (code == EXIT_DONE)
        code = import_file_open(&it->file, it->path, encoding);
    if (code != EXIT_DONE)
        return code;
    const struct csv_source bytes = import_file_source(&it->file);
    struct csv_reader *reader = need(csv_reader_new(&bytes));
    if (!it->source.delimiter)
        it->source.delimiter = csv_guess_delimiter(reader);
    csv_set_delimiter(reader, it->source.delimiter);
    if (!csv_read(reader, &record)) {
        fprintf(stderr, "pk: %s: has no line that says something\n", it->file.name);
        code = EXIT_FAILED;
    } else
        code = import_header_read(it->pk, it->file.name, &record, &it->header);
    if (code == EXIT_DONE && !csv_read(reader, &record)) {
        fprintf(stderr, "pk: %s: has a header, and no line after it\n", it->file.name);
        code = EXIT_FAILED;
    }
    csv_reader_free(reader);
    if (code != EXIT_DONE)
        return code;
    fprintf(stderr, "pk: %s is read as %s with %ss\n", it->file.name, encoding_name(it->file.encoding),
            csv_delimiter_name(it->source.delimiter));
    it->source.file = &it->file;
    it->source.header = &it->header;
    return EXIT_DONE;
}

/** Asks what the columns are; tells which are no fields. */
static int find_columns(struct importing *it)
{
    const struct import_check query = {.columns = {it->header.sent_count, it->header.columns}};
    struct client_answer answer;
    int code = call(it->pk, &import_check_message, &query, &answer);
    if (code != EXIT_DONE)
        return code;
    const struct import_check_reply *reply = answer.reply;
    for (size_t i = 0; i < reply->problems.count; i++) {
        const struct import_problem *problem = &reply->problems.items[i];
        struct text name = it->header.names[it->header.cells[problem->column - 1]];
        fprintf(stderr, "pk: %s, line 1: column %.*s %.*s\n", it->file.name, (int)name.len, name.data,
                (int)problem->message.len, problem->message.data);
    }
    if (reply->columns.count == 0) {
        fputs("pk: --map 'COLUMN=FIELD' says which field a column is, --ignore COLUMN leaves it out; pk person import "
              "--help lists the fields\n",
              stderr);
        return EXIT_FAILED;
    }
    it->column_count = reply->columns.count;
    for (size_t i = 0; i < it->column_count; i++)
        it->columns[i] = reply->columns.items[i];
    it->report.column_count = it->column_count;
    it->report.columns = it->columns;
    return EXIT_DONE;
}

/* Checking. */

static const void *check_body(void *user, const struct import_page *page)
{
    struct importing *it = user;
    it->body.check = (struct import_check){
        .columns = {it->column_count, it->columns},
        .lines = {page->count, page->lines},
        .has_find_duplicates = true,
        .find_duplicates = it->is_dry,
    };
    return &it->body.check;
}

static int check_answered(void *user, const struct import_page *page, const void *reply)
{
    struct importing *it = user;
    it->report.lines += (int64_t)page->count;
    import_report_take(&it->report, reply);
    return EXIT_DONE;
}

static int say_failed(void *user, const struct import_page *page, const struct client_answer *answer)
{
    struct importing *it = user;
    (void)page;
    progress_end(&it->progress);
    return session_say(it->pk, "person", answer, NULL);
}

/** Looks at every line; EXIT_REFUSED when one has an error. */
static int check_lines(struct importing *it)
{
    const struct import_asking asking = {
        .message = &import_check_message,
        .body = check_body,
        .answered = check_answered,
        .failed = say_failed,
        .user = it,
    };
    progress_begin(&it->progress, "checking", "lines", 0, 0);
    int code = import_pages_ask(it->pk, &it->source, 0, &asking, &it->progress);
    if (code == EXIT_DONE)
        code = import_report_compare(&it->report);
    progress_end(&it->progress);
    if (code != EXIT_DONE)
        return code;
    if (it->report.errors || it->report.warnings || it->is_dry)
        fprintf(stderr, "pk: %" PRId64 " lines, %" PRId64 " errors, %" PRId64 " warnings; nothing was changed\n",
                it->report.lines, it->report.errors, it->report.warnings);
    return it->report.errors ? EXIT_REFUSED : EXIT_DONE;
}

/* Taking in. */

static const void *rows_body(void *user, const struct import_page *page)
{
    struct importing *it = user;
    it->body.rows =
        (struct import_rows){.import = it->import, .after = page->after, .lines = {page->count, page->lines}};
    return &it->body.rows;
}

static int rows_answered(void *user, const struct import_page *page, const void *reply)
{
    (void)user;
    (void)page;
    (void)reply;
    return EXIT_DONE;
}

static void print_import(const struct importing *it, const struct person_import *import)
{
    if (!it->report.is_json)
        show_list(it->pk, &person_import_desc, IMPORT_COLUMNS, import, 1);
}

/** A session without requests under way. */
static int reopen(struct pk *pk)
{
    session_close(&pk->session);
    return session_open(pk, DEFAULT_TIMEOUT_MS);
}

/** All or nothing: what is in goes again. */
static void take_back(struct importing *it)
{
    const struct import_take_back command = {.import = it->import};
    struct client_answer answer;
    if (reopen(it->pk) == EXIT_DONE && call(it->pk, &import_take_back_message, &command, &answer) == EXIT_DONE)
        fprintf(stderr, "pk: the register was changed by others meanwhile; what was taken in is taken back, and "
                        "nothing stays of it\n");
    else
        fprintf(stderr, "pk: import %" PRIu64 " is half in; pk import undo %" PRIu64 " removes it again\n", it->import,
                it->import);
}

static int rows_failed(void *user, const struct import_page *page, const struct client_answer *answer)
{
    struct importing *it = user;
    int code = say_failed(it, page, answer);
    const struct error_info *error = error_info(answer->refusal.code);
    bool passes_by_itself = error && error->retry; // a full disk, say
    if (answer->outcome == CLIENT_REFUSED && !it->skips_errors && !passes_by_itself &&
        answer->refusal.code != ERROR_WRONG_STATE && answer->refusal.code != ERROR_NOT_FOUND)
        take_back(it);
    else
        fprintf(stderr,
                "pk: import %" PRIu64 " was broken off; the same command goes on with it, pk import undo %" PRIu64
                " removes what is in\n",
                it->import, it->import);
    return code;
}

static int take_in(struct importing *it, const struct person_import *import)
{
    const struct import_asking asking = {
        .message = &import_rows_message,
        .body = rows_body,
        .answered = rows_answered,
        .failed = rows_failed,
        .user = it,
    };
    char words[200];
    snprintf(words, sizeof words,
             "\npk: interrupted; the same command goes on, pk import undo %" PRIu64 " removes what is in\n",
             it->import);
    progress_begin(&it->progress, "importing", "persons", 0, 0);
    interrupt_tells(words);
    int code = import_pages_ask(it->pk, &it->source, import->line, &asking, &it->progress);
    interrupt_tells(NULL);
    progress_end(&it->progress);
    return code;
}

/* The lines that were left out, as a file that can be mended and imported. */

/** The next line that was left out; `page` is what is known of them. NULL: there is none. */
static const struct import_problem *next_refused(struct importing *it, const struct import_refused_reply **page,
                                                 size_t *at, struct arena_mark mark, int *code)
{
    while (!*page || (*at == (*page)->problems.count && (*page)->more)) {
        int64_t after = *page ? (*page)->problems.items[*at - 1].line : 0;
        const struct import_refused query = {
            .import = it->import, .has_after = after > 0, .after = after, .limit = IMPORT_LINES_MOST};
        struct client_answer answer;
        arena_rewind(&it->pk->arena, mark);
        *code = call(it->pk, &import_refused_message, &query, &answer);
        if (*code != EXIT_DONE)
            return NULL;
        *page = answer.reply;
        *at = 0;
    }
    return *at < (*page)->problems.count ? &(*page)->problems.items[(*at)++] : NULL;
}

static void write_refused_line(const struct importing *it, FILE *out, const struct csv_record *record,
                               const struct import_problem *problem)
{
    char line[24], reason[700];
    char delimiter = it->source.delimiter;
    snprintf(line, sizeof line, "%" PRId64, problem->line);
    snprintf(reason, sizeof reason, "%.*s%s%.*s", (int)problem->field.len,
             problem->has_field ? problem->field.data : "", problem->has_field ? ": " : "", (int)problem->message.len,
             problem->message.data);
    csv_write_cell(out, delimiter, true, text_of(line));
    csv_write_cell(out, delimiter, false, text_of(reason));
    for (size_t i = 0; i < record->count; i++)
        csv_write_cell(out, delimiter, false, record->cells[i]);
    putc('\n', out);
}

static int write_refused_lines(struct importing *it, FILE *out)
{
    struct csv_reader *reader = import_open_reader(&it->source);
    const struct import_refused_reply *page = NULL;
    struct arena_mark mark = arena_mark(&it->pk->arena);
    struct csv_record record;
    size_t at = 0;
    int code = EXIT_DONE;
    csv_write_cell(out, it->source.delimiter, true, TEXT("line"));
    csv_write_cell(out, it->source.delimiter, false, TEXT("reason"));
    for (size_t i = 0; i < it->header.count; i++)
        csv_write_cell(out, it->source.delimiter, false, it->header.names[i]);
    putc('\n', out);
    const struct import_problem *problem = next_refused(it, &page, &at, mark, &code);
    while (problem && csv_read(reader, &record))
        if (record.line == problem->line) {
            write_refused_line(it, out, &record, problem);
            problem = next_refused(it, &page, &at, mark, &code);
        }
    csv_reader_free(reader);
    return code;
}

/** Where they go: --refused, or beside the file. */
static const char *refused_path(const struct importing *it, char out[PATH_BYTES])
{
    const char *given = arguments_own(&it->pk->arguments, OWN_REFUSED);
    snprintf(out, PATH_BYTES, "%s%s", given ? given : it->path, given ? "" : ".refused.csv");
    return out;
}

static int write_refused(struct importing *it, const struct person_import *import)
{
    char path[PATH_BYTES];
    if (import->refused == 0)
        return EXIT_DONE;
    FILE *out = fopen(refused_path(it, path), "we");
    int code = out ? write_refused_lines(it, out) : EXIT_FAILED;
    bool is_written = out && !ferror(out);
    if (out && fclose(out) != 0)
        is_written = false;
    if (!is_written) {
        perror("pk: the file of refused lines cannot be written");
        return EXIT_FAILED;
    }
    if (code == EXIT_DONE)
        fprintf(stderr, "pk: %" PRId64 " lines were left out; they are in %s, each with the reason\n", import->refused,
                path);
    return code;
}

/* The whole. */

/** The import of this file that is under way or finished. False: there is none. */
static int find_known(struct importing *it, bool *out_is_known, struct person_import *out_import)
{
    const struct import_get query = {.has_digest = true, .digest = bytes_of(it->file.digest, IMPORT_DIGEST_BYTES)};
    struct client_answer answer;
    enum client_outcome outcome =
        client_call(it->pk->session.client, NULL, &import_get_message, &query, NULL, &it->pk->arena, &answer);
    *out_is_known = outcome == CLIENT_DONE;
    if (*out_is_known)
        *out_import = ((const struct import_get_reply *)answer.reply)->import;
    if (*out_is_known || (outcome == CLIENT_REFUSED && answer.refusal.code == ERROR_NOT_FOUND))
        return EXIT_DONE;
    return session_say(it->pk, "person", &answer, NULL);
}

/** --resume names the import of this very file. */
static int check_resumed(const struct importing *it, bool is_known, const struct person_import *import)
{
    int64_t asked = 0;
    if (!arguments_has(&it->pk->arguments, OWN_RESUME))
        return EXIT_DONE;
    int code = arguments_number(&it->pk->arguments, OWN_RESUME, 1, INT64_MAX, 0, &asked);
    if (code != EXIT_DONE)
        return code;
    if (is_known && import->import == (uint64_t)asked)
        return EXIT_DONE;
    fputs("pk: --resume: that import is of another file, or was taken back; pk import list shows those there are\n",
          stderr);
    return EXIT_NOT_FOUND;
}

static int begin(struct importing *it, struct person_import *out_import)
{
    size_t len = strlen(it->file.name);
    const struct import_begin command = {
        .name = {it->file.name, len < 255 ? len : 255},
        .digest = bytes_of(it->file.digest, IMPORT_DIGEST_BYTES),
        .columns = {it->column_count, it->columns},
        .has_skip_errors = it->skips_errors,
        .skip_errors = it->skips_errors,
    };
    struct client_answer answer;
    int code = call(it->pk, &import_begin_message, &command, &answer);
    if (code == EXIT_DONE)
        *out_import = ((const struct import_begin_reply *)answer.reply)->import;
    return code;
}

static int finish(struct importing *it, struct person_import *out_import)
{
    const struct import_finish command = {.import = it->import};
    struct client_answer answer;
    int code = call(it->pk, &import_finish_message, &command, &answer);
    if (code == EXIT_DONE)
        *out_import = ((const struct import_finish_reply *)answer.reply)->import;
    return code;
}

/** Checks, begins or goes on, and finishes. `out_import` has the id 0 when nothing was begun. */
static int import_file(struct importing *it, struct person_import *out_import)
{
    bool is_known = false;
    int code = find_known(it, &is_known, out_import);
    if (code == EXIT_DONE)
        code = check_resumed(it, is_known, out_import);
    if (code == EXIT_DONE && !is_known && !it->skips_errors)
        code = check_lines(it);
    bool is_finished = is_known && out_import->state == IMPORT_STATE_FINISHED;
    if (code == EXIT_DONE && !is_finished)
        code = begin(it, out_import);
    if (code != EXIT_DONE)
        return code;
    it->import = out_import->import;
    if (is_finished)
        fprintf(stderr, "pk: this file is in already, as import %" PRIu64 "; nothing was changed\n", it->import);
    else if (out_import->line > 0)
        fprintf(stderr, "pk: going on with import %" PRIu64 " behind line %" PRId64 "\n", it->import, out_import->line);
    if (!is_finished) {
        code = take_in(it, out_import);
        if (code == EXIT_DONE)
            code = finish(it, out_import);
    }
    if (code == EXIT_DONE && it->skips_errors)
        code = write_refused(it, out_import);
    if (code == EXIT_DONE)
        print_import(it, out_import);
    return code;
}

static json_t *members_of(const struct importing *it, const struct person_import *import)
{
    json_t *members = need(json_object());
    json_put(members, "encoding", json_of_text(text_of(encoding_name(it->file.encoding))));
    json_put(members, "delimiter", json_of_text(text_of(csv_delimiter_name(it->source.delimiter))));
    json_put(members, "lines", need(json_integer(it->report.lines)));
    json_put(members, "errors", need(json_integer(it->report.errors)));
    json_put(members, "warnings", need(json_integer(it->report.warnings)));
    if (import->import)
        json_put(members, "import", json_of_struct(&person_import_desc, import));
    return members;
}

static int run(struct importing *it)
{
    struct person_import import = {.import = 0};
    int code = open_file(it);
    if (code == EXIT_DONE)
        code = session_open(it->pk, DEFAULT_TIMEOUT_MS);
    if (code != EXIT_DONE)
        return code;
    import_report_begin(&it->report, arguments_has(&it->pk->arguments, OWN_JSON), &it->header, &it->progress);
    code = find_columns(it);
    if (code == EXIT_DONE)
        code = it->is_dry ? check_lines(it) : import_file(it, &import);
    import_report_end(&it->report, members_of(it, &import));
    return code;
}

int run_import(struct pk *pk)
{
    static struct importing it; // large, and one a process
    it.pk = pk;
    it.path = arguments_own(&pk->arguments, OWN_IMPORT_FILE);
    it.is_dry = arguments_has(&pk->arguments, OWN_DRY_RUN);
    it.skips_errors = arguments_has(&pk->arguments, OWN_SKIP_ERRORS);
    if (it.skips_errors && !it.is_dry && strcmp(it.path, "-") == 0 && !arguments_has(&pk->arguments, OWN_REFUSED)) {
        fputs("pk: --skip-errors with standard input needs --refused FILE, for the lines that are left out\n", stderr);
        return EXIT_USAGE;
    }
    int code = run(&it);
    import_file_close(&it.file);
    return code;
}

/* Taking back. */

/** Waits until the service has removed what it can. */
static int wait_taken_back(struct pk *pk, struct person_import *import)
{
    const struct import_get query = {.has_import = true, .import = import->import};
    struct arena_mark mark = arena_mark(&pk->arena);
    struct progress progress;
    int64_t all = import->persons > 0 ? import->persons : 1;
    int code = EXIT_DONE;
    progress_begin(&progress, "removing", "persons", import->removed,
                   (double)(import->removed + import->kept) / (double)all);
    while (code == EXIT_DONE && import->state == IMPORT_STATE_TAKING_BACK) {
        struct client_answer answer;
        poll(NULL, 0, LOOK_MS);
        arena_rewind(&pk->arena, mark);
        code = call(pk, &import_get_message, &query, &answer);
        if (code == EXIT_DONE)
            *import = ((const struct import_get_reply *)answer.reply)->import;
        progress_show(&progress, import->removed, (double)(import->removed + import->kept) / (double)all);
    }
    progress_end(&progress);
    return code;
}

int run_import_take_back(struct pk *pk)
{
    char id[SESSION_ID_BYTES];
    struct client_answer answer;
    int code = session_open_command(pk, DEFAULT_TIMEOUT_MS, id);
    if (code == EXIT_DONE)
        code = session_call(pk, NULL, &import_take_back_message, pk->body, id, &pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    struct person_import import = ((const struct import_take_back_reply *)answer.reply)->import;
    code = wait_taken_back(pk, &import);
    if (code != EXIT_DONE)
        return code;
    if (arguments_has(&pk->arguments, OWN_JSON))
        json_print(json_of_struct(&person_import_desc, &import));
    else
        show_list(pk, &person_import_desc, TAKEN_BACK_COLUMNS, &import, 1);
    if (import.kept > 0)
        fprintf(
            stderr,
            "pk: %" PRId64
            " persons were changed after the import, or have activities, and stay; pk person search 'import:#%" PRIu64
            "' lists them\n",
            import.kept, import.import);
    return EXIT_DONE;
}
