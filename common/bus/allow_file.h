// SPDX-License-Identifier: Apache-2.0
/**
 * Allow file: reading the allow-list's file as a whole, and changing single lines of it, so that everything else in it stays.
 * Stateless; any thread.
 */
#ifndef COMMON_BUS_ALLOW_FILE_H
#define COMMON_BUS_ALLOW_FILE_H

#include <sys/stat.h>

#include "common/bus/allow_list.h"

/**
 * Reads the file. Gives its text (free) and a descriptor of it (close). FAULT_CONFIG: it cannot be read, is too large, or others
 * may write it; `out_problem` (size bytes) says so. `out_fd` is -1 when there is none to close.
 */
enum fault allow_file_read(const char *path, int *out_fd, char **out_text, size_t *out_len, struct stat *out_found,
                           char *out_problem, size_t size);

/** Reads the entries: allow_entries_free. Faults as allow_file_read; the file's name and line stand in the problem. */
enum fault allow_file_load(const char *path, struct allow_entries *out_entries, char *out_problem, size_t size);

/** A change of the file. */
struct allow_change {
    const char *name;                // of the line that is taken out or replaced; NULL: none is
    const struct allow_entry *entry; // what is put in its place, or at the end; NULL: nothing
};

/**
 * Changes the file at once and as a whole: readers see the old one or the new one. Its owner and mode stay; one that is missing is
 * made. Changes of several programs wait for each other. FAULT_CONFIG when the file is wrong as it is or would be: a name or key
 * that stands there already, a name that does not; FAULT_IO. `out_problem` (size bytes) says why.
 */
enum fault allow_file_change(const char *path, struct allow_change change, char *out_problem, size_t size);

#endif
