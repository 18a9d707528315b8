// SPDX-License-Identifier: Apache-2.0
/**
 * Session: pk on the bus. Opens what a command needs to call services, and says on stderr what went wrong and what to do.
 *
 * An interrupt from the keyboard ends the program at once with EXIT_INTERRUPTED; what is told then names the id of a command that
 * was under way, for it may have been done.
 */
#ifndef SERVICES_PK_SESSION_H
#define SERVICES_PK_SESSION_H

#include "common/bus/bus.h"
#include "common/bus/bus_map.h"
#include "common/client/client.h"

struct pk;

enum { SESSION_ID_BYTES = 65 };

struct session {
    struct bus *bus;
    struct bus_map map;
    struct client *client;
    int64_t timeout_ms; // of a call
    bool has_key;       // to come in with over tcp
};

/** Opens pk->session: session_close. `timeout_ms` is what --timeout means when it is not given. An exit code; EXIT_DONE opens. */
int session_open(struct pk *pk, int64_t timeout_ms);

/** Fine when it was not opened. */
void session_close(struct session *session);

/**
 * Calls a service. `service` and `id` as client_call has them. The reply borrows the arena. Returns an exit code; anything but
 * EXIT_DONE has been said on stderr.
 *
 * What an earlier pk made is found by the next, from whichever service: a `not_found` is asked again, under a new id, once the
 * service has followed what was there when it answered. With --id the service is asked to have followed that far beforehand.
 */
int session_call(struct pk *pk, const char *service, const struct message_desc *message, const void *body,
                 const char *id, struct arena *arena, struct client_answer *out_answer);

/** Says what became of a call that was not done, and returns its exit code. `id`: of a command; NULL: of a query. */
int session_say(const struct pk *pk, const char *service, const struct client_answer *answer, const char *id);

/** Whether the bus file has the service; otherwise says so, with those it has. */
bool session_has(const struct pk *pk, const char *service);

struct session_services {
    size_t count;
    const char *names[BUS_MAP_SERVICES];
};

/** Those of --service, or all. EXIT_USAGE, said, when one is in no bus file. Borrows: the session, the arguments. */
int session_choose(const struct pk *pk, struct session_services *out_services);

/** As session_open, for a command: gives the id of this run's, --id or a new one. EXIT_USAGE, said, when it is too long. */
int session_open_command(struct pk *pk, int64_t timeout_ms, char out_id[SESSION_ID_BYTES]);

#endif
