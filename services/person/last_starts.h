// SPDX-License-Identifier: Apache-2.0
/**
 * In which second each person's last activity began, as far as the command loop has met it: most events are judged by that, without looking for the
 * person among a million in the index, which was a third of what an event costs (adr/0003).
 *
 * It is memory of what the index has in the transaction under way: whoever writes there says so here, and whoever undoes it forgets everything.
 */
#ifndef SERVICES_PERSON_LAST_STARTS_H
#define SERVICES_PERSON_LAST_STARTS_H

#include <stdbool.h>
#include <stdint.h>

struct last_starts;

/** Gives; NULL: no memory. Takes four bytes a person, and memory only for those it has met. */
struct last_starts *last_starts_new(void);
void last_starts_free(struct last_starts *starts);

enum last_starts_order {
    LAST_STARTS_UNKNOWN, // the index tells: the person was not met, or the two are of the same second
    LAST_STARTS_EARLIER,
    LAST_STARTS_LATER,
};

/** How a start compares with that of the person's last activity. */
enum last_starts_order last_starts_compare(const struct last_starts *starts, uint64_t person, int64_t start_ms);

/** The index has this of the person; `has_last` false: nothing. */
void last_starts_set(struct last_starts *starts, uint64_t person, bool has_last, int64_t last_ms);

void last_starts_forget(struct last_starts *starts);

#endif
