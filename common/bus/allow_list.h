// SPDX-License-Identifier: Apache-2.0
/**
 * Allow-list: the file of public keys that may come in over tcp, each with the name and the role it stands for. A line a key:
 *
 *     # name   role     public key
 *     webshop  writer   Zq]1…
 *
 * Names and keys stand there once. The file belongs to root or to the services' user, and nobody else may write it.
 *
 * A running service looks at the file for every message: what was changed counts from the next one, without a restart. A file that
 * is missing or wrong lets nobody in, and the log says where it is wrong. Changes should replace the file as a whole, as
 * allow_file_change does. Any thread may ask a list.
 */
#ifndef COMMON_BUS_ALLOW_LIST_H
#define COMMON_BUS_ALLOW_LIST_H

#include "common/bus/key_pair.h"
#include "proto/roles.gen.h"

enum {
    ALLOW_NAME_BYTES = 32,
    ALLOW_ENTRIES = 4096, // most keys
    ALLOW_FILE_BYTES = 1024 * 1024,
};

struct allow_entry {
    char name[ALLOW_NAME_BYTES + 1];
    char public_key[KEY_TEXT_BYTES];
    enum role role;
};

struct allow_entries {
    size_t count;
    struct allow_entry *items; // heap
};

/** 1 to 32 of a-z, A-Z, 0-9, '.', '_' and '-', of which the first is a letter or digit. */
bool allow_name_is_valid(struct text name);

/** The role of that name; false when there is none. */
bool allow_role_find(struct text name, enum role *out_role);

/** Reads a file's text. FAULT_CONFIG: `out_problem` (size bytes) says the line and what to do. FAULT_MEMORY. */
enum fault allow_entries_parse(struct text file, struct allow_entries *out_entries, char *out_problem, size_t size);
void allow_entries_free(struct allow_entries *entries);

struct allow_list;

/** Gives a list: allow_list_close. FAULT_CONFIG, logged, when the file cannot be used now; FAULT_MEMORY. */
enum fault allow_list_open(const char *path, struct allow_list **out_list);
void allow_list_close(struct allow_list *list);

/** The entry of a key, as the file has it now. False: it has none. */
bool allow_list_find(struct allow_list *list, struct text public_key, struct allow_entry *out_entry);

/** How often a key was taken away, as the file has it now: when the number has changed, somebody who is connected may have to go. */
uint64_t allow_list_revocations(struct allow_list *list);

#endif
