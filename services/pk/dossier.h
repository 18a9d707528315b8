// SPDX-License-Identifier: Apache-2.0
/** Dossier: everything that is held on one person, collected from all services. */
#ifndef SERVICES_PK_DOSSIER_H
#define SERVICES_PK_DOSSIER_H

#include <glib.h>

#include "proto/notification.gen.h"
#include "proto/service.gen.h"
#include "services/pk/card.h"
#include "services/pk/pk.h"

/** An access with the service whose log tells it. */
struct dossier_access {
    const char *service;
    const struct access *access;
};

/** All of it borrows the run's arena. */
struct dossier {
    uint64_t person;
    GArray *ids; // uint64_t: his, and those of cards that were merged into his
    int64_t taken_ms;
    struct tab tab;        // without activities
    GPtrArray *changes;    // struct card_version, newest first
    GPtrArray *activities; // struct activity, newest start first
    GPtrArray *messages;   // struct message_held, oldest first
    const struct stats_figures_reply *by_day;
    GArray *accesses; // struct dossier_access, newest first
};

/** Writes it as one document with headings. */
void dossier_write_text(FILE *out, const struct dossier *dossier);

#endif
