// SPDX-License-Identifier: Apache-2.0
/**
 * Named entries: what each entry of a pick-list is called in either language, folded, in memory and sorted, so that a question that names one does not
 * read all there are. Read from the entries when they are next wanted after one has changed. Belongs to a roster.
 */
#ifndef SERVICES_PERSON_NAMED_ENTRIES_H
#define SERVICES_PERSON_NAMED_ENTRIES_H

#include "common/service/ctx.h"
#include "proto/person.gen.h"

struct named_entry {
    uint64_t entry;
    uint64_t merged_into; // 0: it was not merged
    size_t text_at;
    uint16_t len;
    uint8_t list;
};

struct named_entries {
    struct named_entry *items; // by list, name and entry
    size_t count;
    size_t capacity;
    char *text;
    size_t text_len;
    size_t text_capacity;
    bool is_read;
};

/** Zeroed is empty and not read. */
void named_entries_fini(struct named_entries *names);

/** Reads them when they are not; false: refused (busy: no memory; corrupt). */
bool named_entries_read(struct named_entries *names, struct ctx *ctx);

/** The entries of a list with a folded name: `out_first` within `items`; returns how many. A department's name may be several organisations'. */
size_t named_entries_find(const struct named_entries *names, enum pick_list list, struct text folded,
                          size_t *out_first);

#endif
