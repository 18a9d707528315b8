// SPDX-License-Identifier: Apache-2.0
/**
 * Import pages: the lines of a file on their way to the person service, some hundred a message, several messages under way at once. Memory is that of these pages,
 * whatever the file's size.
 */
#ifndef SERVICES_PK_IMPORT_PAGES_H
#define SERVICES_PK_IMPORT_PAGES_H

#include "proto/person.gen.h"
#include "services/pk/import_file.h"
#include "services/pk/import_header.h"
#include "services/pk/progress.h"

enum { IMPORT_LINES_MOST = 500 };

struct import_page {
    int64_t after; // the last line of the page before; 0: this is the first
    size_t count;
    struct import_line lines[IMPORT_LINES_MOST];
    double part; // of the file that is read with it
    struct arena cells;
    bool is_answered;
    struct client_answer answer;
};

/** What is asked with each page. */
struct import_asking {
    const struct message_desc *message;
    /** The body; borrows until it is called again. */
    const void *(*body)(void *user, const struct import_page *page);
    /** What the answer, which was no refusal, means; anything but EXIT_DONE ends the walk. In the order of the file. */
    int (*answered)(void *user, const struct import_page *page, const void *reply);
    /** It was refused, or not answered. Returns an exit code. */
    int (*failed)(void *user, const struct import_page *page, const struct client_answer *answer);
    void *user;
};

struct import_source {
    struct import_file *file;
    char delimiter;
    const struct import_header *header;
};

/**
 * Asks with every page of lines behind the line `after`. An exit code. When it is not EXIT_DONE requests may still be under way: the session is to be opened
 * anew before another call.
 */
int import_pages_ask(struct pk *pk, const struct import_source *source, int64_t after,
                     const struct import_asking *asking, struct progress *progress);

/** Opens a reader at the file's first record behind the header. Ends the program for want of memory. Gives: csv_reader_free. */
struct csv_reader *import_open_reader(const struct import_source *source);

#endif
