// SPDX-License-Identifier: Apache-2.0
#include "services/pk/csv.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 64 * 1024 };

enum state {
    CELL_BEGIN, // nothing of the cell was read
    PLAIN,      // in a cell without quotes
    QUOTED,     // within quotes
    QUOTE,      // behind a quote within quotes: the end of the cell, or the first of two
    SKIPPING,   // to the end of a line, of a record that is refused
};

struct csv_reader {
    struct csv_source source;
    char delimiter;
    bool is_over;
    bool failed;
    int64_t line; // of the next byte
    size_t begin; // of what is left of the chunk
    size_t end;
    char chunk[CHUNK_BYTES];
    // The record that is being read:
    size_t len;        // of `bytes`
    size_t cell_begin; // of the last cell, in `bytes`
    size_t count;
    const char *problem;
    struct text cells[CSV_CELLS_MOST];
    char bytes[CSV_RECORD_BYTES];
};

struct csv_reader *csv_reader_new(const struct csv_source *source)
{
    struct csv_reader *reader = malloc(sizeof *reader);
    if (!reader)
        return NULL;
    reader->source = *source;
    reader->delimiter = ',';
    reader->is_over = reader->failed = false;
    reader->line = 1;
    reader->begin = reader->end = 0;
    return reader;
}

void csv_reader_free(struct csv_reader *reader)
{
    free(reader);
}

bool csv_failed(const struct csv_reader *reader)
{
    return reader->failed;
}

void csv_set_delimiter(struct csv_reader *reader, char delimiter)
{
    reader->delimiter = delimiter;
}

/** False: there is nothing more. */
static bool fill(struct csv_reader *reader)
{
    if (reader->begin < reader->end)
        return true;
    if (reader->is_over)
        return false;
    ssize_t got = reader->source.read(reader->source.self, reader->chunk, sizeof reader->chunk);
    reader->begin = 0;
    reader->end = got > 0 ? (size_t)got : 0;
    reader->failed = got < 0;
    reader->is_over = got <= 0;
    return got > 0;
}

char csv_guess_delimiter(struct csv_reader *reader)
{
    static const char candidates[] = ",;\t";
    size_t counts[sizeof candidates - 1] = {0}, best = 0;
    bool is_quoted = false;
    if (!fill(reader))
        return candidates[0];
    for (size_t i = reader->begin; i < reader->end && (is_quoted || reader->chunk[i] != '\n'); i++) {
        is_quoted ^= reader->chunk[i] == '"';
        for (size_t j = 0; !is_quoted && j < sizeof counts / sizeof *counts; j++)
            counts[j] += reader->chunk[i] == candidates[j];
    }
    for (size_t j = 1; j < sizeof counts / sizeof *counts; j++)
        best = counts[j] > counts[best] ? j : best;
    return candidates[best];
}

static void refuse(struct csv_reader *reader, const char *problem)
{
    if (!reader->problem)
        reader->problem = problem;
}

static void put(struct csv_reader *reader, const char *data, size_t len)
{
    if (reader->problem)
        return;
    if (len > sizeof reader->bytes - reader->len) {
        refuse(reader, "is longer than 1 MiB; perhaps a quotation mark is not closed");
        return;
    }
    memcpy(reader->bytes + reader->len, data, len);
    reader->len += len;
}

static void end_cell(struct csv_reader *reader)
{
    if (reader->problem)
        return;
    if (reader->count == CSV_CELLS_MOST) {
        refuse(reader, "has more than 512 cells");
        return;
    }
    reader->cells[reader->count++] =
        (struct text){reader->bytes + reader->cell_begin, reader->len - reader->cell_begin};
    reader->cell_begin = reader->len;
}

/** How many bytes from here on are of a cell and nothing else. */
static size_t run_of(const struct csv_reader *reader, enum state state)
{
    const char *at = reader->chunk + reader->begin, *end = reader->chunk + reader->end;
    if (state == QUOTED) {
        while (at < end && *at != '"' && *at != '\n')
            at++;
    } else {
        while (at < end && *at != reader->delimiter && *at != '\n' && *at != '\r')
            at++;
    }
    return (size_t)(at - reader->chunk) - reader->begin;
}

/** A carriage return before a line break is part of that; any other is a character like others. */
static bool is_line_break(struct csv_reader *reader, char c)
{
    if (c == '\n')
        return true;
    return c == '\r' && (!fill(reader) || reader->chunk[reader->begin] == '\n');
}

/** Takes one byte that may mean something; returns the state after it. `out_is_end`: the record is over. */
static enum state take(struct csv_reader *reader, enum state state, bool *out_is_end)
{
    char c = reader->chunk[reader->begin++];
    if (state == QUOTED) {
        reader->line += c == '\n';
        if (c == '"')
            return QUOTE;
        put(reader, &c, 1);
        return QUOTED;
    }
    if (state == QUOTE && c == '"') {
        put(reader, &c, 1);
        return QUOTED;
    }
    if (state == CELL_BEGIN && c == '"')
        return QUOTED;
    if (c == reader->delimiter && state != SKIPPING) {
        end_cell(reader);
        return CELL_BEGIN;
    }
    if (is_line_break(reader, c)) {
        *out_is_end = true;
        if (c == '\r' && fill(reader))
            reader->begin++;
        reader->line++;
        return state;
    }
    if (state == QUOTE) {
        refuse(reader,
               "has something behind a closing quotation mark; a quotation mark within quotes is written twice");
        return SKIPPING;
    }
    put(reader, &c, 1);
    return state == SKIPPING ? SKIPPING : PLAIN;
}

/** Reads on to the end of the record; false: there was nothing at all. */
static bool read_record(struct csv_reader *reader)
{
    enum state state = CELL_BEGIN;
    bool is_end = false, has_any = false;
    reader->len = reader->cell_begin = reader->count = 0;
    reader->problem = NULL;
    while (!is_end && fill(reader)) {
        size_t run = state == PLAIN || state == QUOTED ? run_of(reader, state) : 0;
        has_any = true;
        put(reader, reader->chunk + reader->begin, run);
        reader->begin += run;
        if (run == 0)
            state = take(reader, state, &is_end);
    }
    if (reader->failed || !has_any)
        return false;
    if (state == QUOTED)
        refuse(reader, "opens a quotation mark that is never closed");
    end_cell(reader);
    return true;
}

bool csv_read(struct csv_reader *reader, struct csv_record *out_record)
{
    for (;;) {
        int64_t line = reader->line;
        if (!read_record(reader))
            return false;
        bool is_blank = !reader->problem && reader->count == 1 && reader->cells[0].len == 0;
        if (is_blank)
            continue;
        *out_record = (struct csv_record){
            .line = line,
            .count = reader->problem ? 0 : reader->count,
            .cells = reader->cells,
            .problem = reader->problem,
        };
        return true;
    }
}

static const struct {
    const char *name;
    char delimiter;
} delimiters[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {",", ','}, {";", ';'}, {"\t", '\t'}};

bool csv_delimiter_of(const char *name, char otherwise, char *out_delimiter)
{
    *out_delimiter = otherwise;
    for (size_t i = 0; name && i < sizeof delimiters / sizeof *delimiters; i++)
        if (strcmp(name, delimiters[i].name) == 0) {
            *out_delimiter = delimiters[i].delimiter;
            return true;
        }
    if (name)
        fputs("pk: --delimiter is comma, semicolon or tab\n", stderr);
    return !name;
}

const char *csv_delimiter_name(char delimiter)
{
    size_t at = 0;
    while (delimiters[at].delimiter != delimiter)
        at++;
    return delimiters[at].name;
}

void csv_write_cell(FILE *out, char delimiter, bool is_first, struct text cell)
{
    bool is_quoted = cell.len > 0 && (cell.data[0] == ' ' || cell.data[cell.len - 1] == ' ');
    for (size_t i = 0; i < cell.len && !is_quoted; i++)
        is_quoted = cell.data[i] == delimiter || strchr("\"\r\n", cell.data[i]);
    if (!is_first)
        putc(delimiter, out);
    if (!is_quoted) {
        fwrite(cell.data, 1, cell.len, out);
        return;
    }
    putc('"', out);
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.data[i] == '"')
            putc('"', out);
        putc(cell.data[i], out);
    }
    putc('"', out);
}

/** Whether it is a formula, or would be without the apostrophes before it. */
static bool is_formula(struct text cell)
{
    while (cell.len > 0 && cell.data[0] == '\'') {
        cell.data++;
        cell.len--;
    }
    return cell.len > 0 && strchr("=+-@\t\r", cell.data[0]);
}

static bool is_phone(struct text cell)
{
    bool is_phone = cell.len > 1 && cell.data[0] == '+';
    for (size_t i = 1; i < cell.len && is_phone; i++)
        is_phone = cell.data[i] >= '0' && cell.data[i] <= '9';
    return is_phone;
}

bool csv_needs_guard(struct text cell)
{
    return is_formula(cell) && !is_phone(cell);
}

struct text csv_unguard(struct text cell)
{
    bool is_guarded = cell.len > 1 && cell.data[0] == '\'' && is_formula(cell);
    return is_guarded ? (struct text){cell.data + 1, cell.len - 1} : cell;
}
