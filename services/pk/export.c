// SPDX-License-Identifier: Apache-2.0
/** `pk person export`: everybody, or whom a question is true of, as CSV that `pk person import` takes again, or as vCards. */
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/date.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "common/wire/value.h"
#include "services/pk/cell.h"
#include "services/pk/csv.h"
#include "services/pk/progress.h"
#include "services/pk/runs.h"
#include "services/pk/vcard.h"

enum { DEFAULT_TIMEOUT_MS = 60 * 1000, PAGE = 500, COLUMNS_MOST = 128, PATH_BYTES = 4096 };

/** A column: a field of the card, or of a struct in it, or the consent to one channel. */
struct column {
    char path[64];
    const struct field_desc *outer;
    const struct field_desc *field;
    enum channel channel; // 0: it is no consent
    bool is_own;          // an own-defined field, whose name is the path's rest
};

struct exporting {
    struct pk *pk;
    FILE *out;
    bool is_vcard;
    char delimiter;
    struct card_names *names;
    size_t column_count;
    struct column columns[COLUMNS_MOST];
    struct progress progress;
    int64_t written;
    GString *cell;
};

/* Columns. */

static bool find_column(struct text path, struct column *out_column)
{
    const char *dot = memchr(path.data, '.', path.len);
    struct text head = {path.data, dot ? (size_t)(dot - path.data) : path.len};
    struct text rest = {dot ? dot + 1 : "", dot ? path.len - head.len - 1 : 0};
    *out_column = (struct column){.outer = struct_field(&person_card_desc, head)};
    if (path.len >= sizeof out_column->path)
        return false;
    memcpy(out_column->path, path.data, path.len);
    if (text_equal(head, TEXT("consent"))) {
        out_column->channel = (enum channel)enum_number(&channel_enum, rest);
        return out_column->channel != 0;
    }
    if (!out_column->outer)
        return false;
    out_column->is_own = dot && text_equal(head, TEXT("own"));
    if (out_column->is_own)
        return rest.len > 0;
    bool is_struct = out_column->outer->kind == FIELD_STRUCT;
    out_column->field = is_struct && dot ? struct_field(out_column->outer->structure, rest) : out_column->outer;
    bool is_list = out_column->outer->flags & FIELD_LIST;
    return out_column->field && is_struct == (dot != NULL) && (!is_list || text_equal(head, TEXT("groups")));
}

static void add_column(struct exporting *it, const char *head, const char *rest)
{
    char path[64];
    struct column column;
    snprintf(path, sizeof path, "%s%s%s", head, *rest ? "." : "", rest);
    if (it->column_count < COLUMNS_MOST && find_column(text_of(path), &column))
        it->columns[it->column_count++] = column;
}

/** All that a person can be made with. */
static void choose_all(struct exporting *it)
{
    for (size_t i = 0; i < person_create_desc.count; i++) {
        const struct field_desc *field = &person_create_desc.fields[i];
        if (strcmp(field->name, "consents") == 0)
            for (int32_t channel = 1; *enum_name(&channel_enum, channel); channel++)
                add_column(it, "consent", enum_name(&channel_enum, channel));
        else if (field->kind == FIELD_STRUCT && !(field->flags & FIELD_LIST))
            for (size_t j = 0; j < field->structure->count; j++)
                add_column(it, field->name, field->structure->fields[j].name);
        else
            add_column(it, field->name, "");
    }
}

/** And all own-defined fields there are. */
static int choose_own(struct exporting *it)
{
    static const struct field_list query;
    struct client_answer answer;
    if (arguments_has(&it->pk->arguments, OWN_FIELDS))
        return EXIT_DONE;
    int code = session_call(it->pk, NULL, &field_list_message, &query, NULL, &it->pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    const struct field_list_reply *reply = answer.reply;
    for (size_t i = 0; i < reply->fields.count; i++) {
        char name[64];
        struct text text = reply->fields.items[i].name;
        snprintf(name, sizeof name, "%.*s", (int)text.len, text.data);
        add_column(it, "own", name);
    }
    return EXIT_DONE;
}

static int choose_columns(struct exporting *it)
{
    const char *given = arguments_own(&it->pk->arguments, OWN_FIELDS);
    if (!given) {
        choose_all(it);
        return EXIT_DONE;
    }
    for (const char *at = given;; at++) {
        struct text path = {at, strcspn(at, ",")};
        if (it->column_count == COLUMNS_MOST || !find_column(path, &it->columns[it->column_count++])) {
            fputs("pk: --fields has a name that is no field of a card; there are", stderr);
            it->column_count = 0;
            choose_all(it);
            for (size_t i = 0; i < it->column_count; i++)
                fprintf(stderr, "%s %s", i ? "," : "", it->columns[i].path);
            fputs(", and person, revision, import, created_ms, changed_ms, employment.employee_number\n", stderr);
            return EXIT_USAGE;
        }
        at += path.len;
        if (!*at)
            return EXIT_DONE;
    }
}

/* Cells. */

static void put_consent(struct exporting *it, const struct person_card *card, enum channel channel)
{
    for (size_t i = 0; i < card->consents.count; i++)
        if (card->consents.items[i].channel == channel)
            g_string_append(it->cell, card->consents.items[i].granted ? "yes" : "no");
}

/** A choice by its id, which it keeps when it is renamed. */
static void put_own(struct exporting *it, const struct person_card *card, const char *name)
{
    for (size_t i = 0; i < card->own.count; i++) {
        const struct own_value *value = &card->own.items[i];
        char date[DATE_TEXT_LEN];
        if (!text_equal(value->name, text_of(name)))
            continue;
        if (value->has_text)
            g_string_append_len(it->cell, value->text.data, (gssize)value->text.len);
        if (value->has_number)
            g_string_append_len(it->cell, value->number.data, (gssize)value->number.len);
        if (value->has_date) {
            date_format(value->date, date);
            g_string_append_len(it->cell, date, sizeof date);
        }
        if (value->has_yes_no)
            g_string_append(it->cell, value->yes_no ? "yes" : "no");
        if (value->has_choice)
            g_string_append_printf(it->cell, "#%llu", (unsigned long long)value->choice);
    }
}

static void put_groups(struct exporting *it, const struct person_card *card)
{
    for (size_t i = 0; i < card->groups.count; i++) {
        const char *name = card_names_entry(it->names, card->groups.items[i]);
        if (i)
            g_string_append_c(it->cell, '|');
        g_string_append(it->cell, name);
    }
}

static const char *name_of(struct exporting *it, const struct field_desc *field, uint64_t id)
{
    if (strcmp(field->name, "organisation") == 0)
        return card_names_organisation(it->names, id);
    if (strcmp(field->name, "account_manager") == 0)
        return card_names_employee(it->names, id);
    return enum_number(&pick_list_enum, text_of(field->name)) ? card_names_entry(it->names, id) : NULL;
}

static void put_value(struct exporting *it, const struct column *column, const struct person_card *card)
{
    const void *holder = card;
    const struct field_desc *field = column->field;
    if (field != column->outer) {
        if (value_presence(column->outer, card) != VALUE_PRESENT)
            return;
        holder = value_member(card, column->outer->offset);
    }
    if (value_presence(field, holder) != VALUE_PRESENT)
        return;
    const void *value = value_member(holder, field->offset);
    const char *name = field->kind == FIELD_ID ? name_of(it, field, (uint64_t)value_int64(value)) : NULL;
    if (name) {
        g_string_append(it->cell, name);
    } else if (field->kind == FIELD_LINE || field->kind == FIELD_TEXT) {
        struct text text = value_text(value);
        g_string_append_len(it->cell, text.data, (gssize)text.len);
    } else {
        char *text = cell_text(field, holder, "; ");
        g_string_append(it->cell, text);
        free(text);
    }
}

static void write_cell(struct exporting *it, size_t index, struct text cell)
{
    if (csv_needs_guard(cell)) {
        g_string_insert_c(it->cell, 0, '\'');
        cell = (struct text){it->cell->str, it->cell->len};
    }
    csv_write_cell(it->out, it->delimiter, index == 0, cell);
}

static void write_line(struct exporting *it, const struct person_card *card)
{
    for (size_t i = 0; i < it->column_count; i++) {
        const struct column *column = &it->columns[i];
        g_string_truncate(it->cell, 0);
        if (column->channel)
            put_consent(it, card, column->channel);
        else if (column->is_own)
            put_own(it, card, column->path + strlen("own."));
        else if (column->outer->flags & FIELD_LIST)
            put_groups(it, card);
        else
            put_value(it, column, card);
        write_cell(it, i, (struct text){it->cell->str, it->cell->len});
    }
    fputs("\r\n", it->out);
}

/* Pages. */

static void write_header(struct exporting *it)
{
    if (it->is_vcard)
        return;
    if (arguments_has(&it->pk->arguments, OWN_BOM))
        fputs("\xef\xbb\xbf", it->out);
    for (size_t i = 0; i < it->column_count; i++)
        csv_write_cell(it->out, it->delimiter, i == 0, text_of(it->columns[i].path));
    fputs("\r\n", it->out);
}

static int write_cards(struct exporting *it, const struct person_card *cards, size_t count)
{
    for (size_t i = 0; i < count && card_names_code(it->names) == EXIT_DONE; i++) {
        if (it->is_vcard)
            vcard_write(it->out, &cards[i], it->names);
        else
            write_line(it, &cards[i]);
    }
    it->written += (int64_t)count;
    if (ferror(it->out)) {
        perror("pk: the export cannot be written");
        return EXIT_FAILED;
    }
    return card_names_code(it->names);
}

/** Everybody, or whom a question is true of, by id. */
static int export_pages(struct exporting *it, const char *where)
{
    struct arena_mark mark = arena_mark(&it->pk->arena);
    char place[1024];
    struct person_export query = {.has_where = where != NULL, .where = text_of(where ? where : ""), .limit = PAGE};
    for (bool more = true; more;) {
        struct client_answer answer;
        arena_rewind(&it->pk->arena, mark);
        int code = session_call(it->pk, NULL, &person_export_message, &query, NULL, &it->pk->arena, &answer);
        if (code != EXIT_DONE)
            return code;
        const struct person_export_reply *reply = answer.reply;
        code = write_cards(it, reply->cards.items, reply->cards.count);
        if (code != EXIT_DONE)
            return code;
        more = reply->has_next && reply->next.len < sizeof place;
        if (more)
            memcpy(place, reply->next.data, reply->next.len);
        query.has_after = more;
        query.after = (struct text){place, reply->next.len};
        progress_show(&it->progress, it->written, reply->total > 0 ? (double)it->written / (double)reply->total : -1);
    }
    return EXIT_DONE;
}

static int export(struct exporting *it)
{
    const char *where = arguments_own(&it->pk->arguments, OWN_WHERE);
    int code = choose_own(it);
    if (code == EXIT_DONE)
        code = card_names_new(it->pk, &it->names);
    if (code != EXIT_DONE)
        return code;
    write_header(it);
    progress_begin(&it->progress, "exporting", "persons", 0, 0);
    code = export_pages(it, where && *where ? where : NULL);
    progress_end(&it->progress);
    card_names_free(it->names);
    return code;
}

/** To a file, which is there whole or not at all. */
static int export_to_file(struct exporting *it, const char *path)
{
    char part[PATH_BYTES];
    snprintf(part, sizeof part, "%s.part", path);
    it->out = fopen(part, "we");
    if (!it->out) {
        fprintf(stderr, "pk: --out: the file cannot be written: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    int code = export(it);
    bool is_written = !ferror(it->out);
    is_written = fclose(it->out) == 0 && is_written;
    if (code == EXIT_DONE && (!is_written || rename(part, path) != 0)) {
        fprintf(stderr, "pk: --out: the file cannot be written: %s\n", strerror(errno));
        code = EXIT_FAILED;
    }
    if (code != EXIT_DONE)
        unlink(part);
    else
        fprintf(stderr, "pk: %lld persons\n", (long long)it->written);
    return code;
}

static int read_format(struct exporting *it)
{
    const char *format = arguments_own(&it->pk->arguments, OWN_FORMAT);
    it->is_vcard = format && strcmp(format, "vcard") == 0;
    if (!format || it->is_vcard || strcmp(format, "csv") == 0)
        return EXIT_DONE;
    fputs("pk: --format is csv or vcard\n", stderr);
    return EXIT_USAGE;
}

int run_export(struct pk *pk)
{
    struct exporting it = {.pk = pk, .out = stdout, .cell = g_string_new(NULL)};
    const char *path = arguments_own(&pk->arguments, OWN_OUT);
    int code = read_format(&it);
    if (code == EXIT_DONE)
        code =
            csv_delimiter_of(arguments_own(&pk->arguments, OWN_DELIMITER), ',', &it.delimiter) ? EXIT_DONE : EXIT_USAGE;
    if (code == EXIT_DONE)
        code = choose_columns(&it);
    if (code == EXIT_DONE)
        code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = path && strcmp(path, "-") != 0 ? export_to_file(&it, path) : export(&it);
    g_string_free(it.cell, TRUE);
    return code;
}
