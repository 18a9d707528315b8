// SPDX-License-Identifier: Apache-2.0
#include "services/pk/import_pages.h"

#include <stdlib.h>

#include "common/client/need.h"

enum {
    UNDER_WAY = 8,           // pages
    PAGE_BYTES = 160 * 1024, // of cells: a frame has 256 KiB
    LINE_BYTES = 64 * 1024,  // of cells of one line: no card is so large
    CELL_BYTES = 16 * 1024,  // as the schema has it
    CELL_EXTRA = 3,          // for its length
    LINE_EXTRA = 40,         // for what stands around its cells
    PAGE_ARENA_BYTES = 16 * 1024 * 1024,
    ANSWERS_BYTES = 64 * 1024 * 1024,
    WAIT_MS = 1000,
};

/** The walk over a file. */
struct walk {
    struct pk *pk;
    const struct import_source *source;
    const struct import_asking *asking;
    struct csv_reader *reader;
    struct csv_record record; // read, and not in a page yet
    bool has_record;
    int64_t last_line;
    struct import_page *pages; // UNDER_WAY of them, in a ring
    size_t first;
    size_t count;
    struct arena answers;   // mostly of the page that is looked at; of more when they come in another order
    size_t answers_waiting; // answers in it that were not looked at yet
};

struct csv_reader *import_open_reader(const struct import_source *source)
{
    struct csv_record header;
    import_file_rewind(source->file);
    const struct csv_source bytes = import_file_source(source->file);
    struct csv_reader *reader = need(csv_reader_new(&bytes));
    csv_set_delimiter(reader, source->delimiter);
    csv_read(reader, &header);
    return reader;
}

/** Why a line is none; NULL: it is one. `out_bytes` are those of the cells that are sent. */
static const char *problem_of(const struct walk *walk, const struct csv_record *record, size_t *out_bytes)
{
    const struct import_header *header = walk->source->header;
    *out_bytes = 0;
    if (record->problem)
        return record->problem;
    if (record->count != header->count)
        return record->count < header->count ? "has fewer cells than the header has columns"
                                             : "has more cells than the header has columns";
    for (size_t i = 0; i < header->sent_count; i++) {
        size_t len = record->cells[header->cells[i]].len;
        *out_bytes += len + CELL_EXTRA;
        if (len > CELL_BYTES)
            return "has a cell of more than 16,384 bytes, which no field takes";
    }
    return *out_bytes > LINE_BYTES ? "is longer than any person's card" : NULL;
}

/** Reads a record ahead; false: there is none. */
static bool look_ahead(struct walk *walk)
{
    if (!walk->has_record)
        walk->has_record = csv_read(walk->reader, &walk->record);
    return walk->has_record;
}

/** Takes records into a page, as many as it holds. */
static void fill(struct walk *walk, struct import_page *page)
{
    const struct import_header *header = walk->source->header;
    size_t page_bytes = 0;
    arena_reset(&page->cells);
    page->after = walk->last_line;
    page->count = 0;
    page->is_answered = false;
    while (page->count < IMPORT_LINES_MOST && look_ahead(walk)) {
        size_t bytes = 0;
        const char *problem = problem_of(walk, &walk->record, &bytes);
        if (page->count > 0 && page_bytes + bytes + LINE_EXTRA > PAGE_BYTES)
            break;
        page_bytes += bytes + LINE_EXTRA + (problem ? strlen(problem) : 0);
        struct import_line *line = &page->lines[page->count++];
        *line = (struct import_line){
            .line = walk->record.line, .has_problem = problem != NULL, .problem = text_of(problem)};
        if (!problem) {
            struct text *cells = need(arena_alloc_array(&page->cells, header->sent_count, sizeof *cells));
            for (size_t i = 0; i < header->sent_count; i++) {
                cells[i] = arena_text(&page->cells, csv_unguard(walk->record.cells[header->cells[i]]));
                need((void *)(uintptr_t)cells[i].data);
            }
            line->cells.count = header->sent_count;
            line->cells.items = cells;
        }
        walk->last_line = walk->record.line;
        walk->has_record = false;
    }
    page->part = import_file_part(walk->source->file);
}

/** Sends pages until enough are under way, or the file is at its end. */
static void send_pages(struct walk *walk)
{
    while (walk->count < UNDER_WAY && look_ahead(walk)) {
        struct import_page *page = &walk->pages[(walk->first + walk->count) % UNDER_WAY];
        fill(walk, page);
        const void *body = walk->asking->body(walk->asking->user, page);
        client_send(walk->pk->session.client, NULL, walk->asking->message, body, NULL, page);
        walk->count++;
    }
}

/** Waits for the answer of the first page under way. */
static int receive_first(struct walk *walk)
{
    struct import_page *page = &walk->pages[walk->first];
    while (!page->is_answered) {
        struct client_answer answer;
        if (walk->answers_waiting == 0)
            arena_reset(&walk->answers);
        if (!client_receive(walk->pk->session.client, WAIT_MS, &walk->answers, &answer))
            continue;
        struct import_page *answered = answer.user;
        answered->answer = answer;
        answered->is_answered = true;
        walk->answers_waiting++;
    }
    walk->answers_waiting--;
    walk->first = (walk->first + 1) % UNDER_WAY;
    walk->count--;
    if (page->answer.outcome == CLIENT_DONE)
        return walk->asking->answered(walk->asking->user, page, page->answer.reply);
    return walk->asking->failed(walk->asking->user, page, &page->answer);
}

static int walk_file(struct walk *walk, int64_t after, struct progress *progress)
{
    int code = EXIT_DONE;
    int64_t lines = 0;
    while (look_ahead(walk) && walk->record.line <= after) // what was taken in before
        walk->has_record = false;
    walk->last_line = after;
    for (send_pages(walk); walk->count > 0 && code == EXIT_DONE; send_pages(walk)) {
        const struct import_page *page = &walk->pages[walk->first];
        lines += (int64_t)page->count;
        code = receive_first(walk);
        progress_show(progress, lines, page->part);
    }
    if (code == EXIT_DONE && csv_failed(walk->reader)) {
        fprintf(stderr, "pk: %s cannot be read any more\n", walk->source->file->name);
        code = EXIT_FAILED;
    }
    return code;
}

int import_pages_ask(struct pk *pk, const struct import_source *source, int64_t after,
                     const struct import_asking *asking, struct progress *progress)
{
    struct walk walk = {
        .pk = pk,
        .source = source,
        .asking = asking,
        .reader = import_open_reader(source),
        .pages = need(calloc(UNDER_WAY, sizeof *walk.pages)),
    };
    for (size_t i = 0; i < UNDER_WAY; i++)
        arena_init(&walk.pages[i].cells, PAGE_ARENA_BYTES);
    arena_init(&walk.answers, ANSWERS_BYTES);
    int code = walk_file(&walk, after, progress);
    for (size_t i = 0; i < UNDER_WAY; i++)
        arena_fini(&walk.pages[i].cells);
    arena_fini(&walk.answers);
    free(walk.pages);
    csv_reader_free(walk.reader);
    return code;
}
