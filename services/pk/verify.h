// SPDX-License-Identifier: Apache-2.0
/**
 * Verify: what must always hold (design.md, 10: 3, 4 and 9; domain.md, 6), checked over the bus by reading only, while others write.
 *
 * Nothing stands still, so nothing is compared that was not read at the same journal position: figures are compared with facts
 * that were advanced to the position the figures tell, last activities likewise; recipients that seem to differ are read again until they stand still
 * around the look at their activity. A service that is down leaves its checks undone; that is told, never passed over.
 *
 * With --erased it checks instead that nothing is left of one person (design.md, 10: 6).
 */
#ifndef SERVICES_PK_VERIFY_H
#define SERVICES_PK_VERIFY_H

#include <glib.h>
#include <jansson.h>

#include "services/pk/pk.h"

enum { VERIFY_TEXT_BYTES = 640 };

/** One line of the report. */
struct check {
    const char *name;
    const char *of; // service
    uint64_t checked;
    uint64_t differences;
    char undone[VERIFY_TEXT_BYTES]; // why it could not be finished; "": it was
};

struct facts;
struct needles;

struct verification {
    struct pk *pk;
    struct session_services services; // that are looked at
    GPtrArray *checks;                // struct check
    GPtrArray *differences;           // texts, the first of each check
    bool is_up[BUS_MAP_SERVICES];     // by the bus file
    struct facts *facts;              // the activities; NULL unless the activity service is up
    GHashTable *test_sends;           // ids of sends that are tests, as the journal tells
    json_t *heads;                    // of access logs, that were kept; NULL: none
    uint64_t erased;                  // the person of --erased; 0: none
    GArray *erased_ids;      // uint64_t: his, and those of cards that were merged into his; while that is verified
    struct needles *needles; // of --needles; NULL: none. Owns
};

/** Adds a check to the report. Borrows until the run ends. */
struct check *verify_check(struct verification *verification, const char *name, const char *of);

/** Notes a difference: what is where, and what it should be. Only ids and counts: it is printed. */
void verify_differs(struct verification *verification, struct check *check, const char *text);

/** Marks a check as one that could not be finished. The first reason stands. */
void verify_undone(struct check *check, const char *reason);

/** Whether these services can be asked; otherwise the check is undone. `second` may be NULL. */
bool verify_needs(const struct verification *verification, struct check *check, const char *first, const char *second);

/** Asks; otherwise the check is undone, with the reason. The reply lives in the run's arena. */
bool verify_ask(const struct verification *verification, struct check *check, const char *service,
                const struct message_desc *message, const void *body, struct client_answer *out_answer);

/** Reads all activities, once; facts_* then stand at a position of the activity journal. False: the check is undone. */
bool verify_facts(struct verification *verification, struct check *check);

/** Moves the facts on to a later position. False: the check is undone. */
bool verify_advance(struct verification *verification, struct check *check, uint64_t seq);

/** Reads the heads of access logs that --head names, if it does. EXIT_USAGE after saying what is wrong with the file. */
int verify_take_heads(struct verification *verification);

/** The parts, in their order. */
void verify_journals(struct verification *verification);
void verify_access(struct verification *verification);
void verify_followers(struct verification *verification);
void verify_sends(struct verification *verification);
void verify_figures(struct verification *verification);
void verify_last_activities(struct verification *verification);

/** Reads the options of --erased; false after saying what is wrong with them. */
bool verify_erased_begin(struct verification *verification);

/** Instead of the parts: that nothing is left of the person. Files are searched when there are needles. */
void verify_erased(struct verification *verification);

#endif
