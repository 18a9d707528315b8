// SPDX-License-Identifier: Apache-2.0
/**
 * Client: how programs talk to services over the bus, with nothing lost and nothing done twice.
 *
 * A command has an id, made here unless given. A client that hears nothing sends the same id again every `resend_ms`
 * until the command expires; `busy`, `not_yet`, `unavailable` and the other refusals marked retry are tried again by
 * themselves, with a growing pause, until then. So the outcome is one of: done, refused, or unknown (unreachable until
 * it expired; the service then never does it later than that). Queries go the same way until their time-out.
 *
 * The client remembers the journal positions it has seen in replies and sends them along (`seen`): it reads its own
 * writes, across services. A door is connected to when it is first needed, and may come up later than the client.
 *
 * One thread uses a client; several clients may share a bus. Bus, map, source, actor and clock must outlive the client.
 *
 * Not promised: the order in which answers come, and anything about what was under way when the client is closed.
 */
#ifndef COMMON_CLIENT_CLIENT_H
#define COMMON_CLIENT_CLIENT_H

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/bus_map.h"
#include "common/wire/desc.h"
#include "common/wire/refusal.h"

struct client;

struct client_config {
    struct bus *bus;           // borrowed
    const struct bus_map *map; // borrowed
    const char *source;        // name of this program, ≤ 64 bytes; NULL: not named; borrowed
    const char *actor;         // who acts, ≤ 64 bytes; NULL: nobody named; borrowed
    const struct clock *clock; // NULL: the system's
    int64_t timeout_ms;        // how long a command or query may take; 0: 30,000; at most 600,000
    int64_t resend_ms;         // silence after which the same is sent again; 0: 2,000
    size_t in_flight;          // most requests under way at once; 0: 1,024; at most 65,536
};

/** Gives a client: client_close. FAULT_CONFIG when a number is outside its range (logged), FAULT_MEMORY. Connects to
 * nothing. */
enum fault client_open(const struct client_config *config, struct client **out_client);

/** Takes the client; forgets what is under way. */
void client_close(struct client *client);

/** Forgets the positions that it has seen: what it asks next may be answered from before them, as after a restore it has to be. */
void client_forget(struct client *client);

enum client_outcome {
    CLIENT_DONE,        // ok: the reply is there
    CLIENT_REFUSED,     // the refusal says why; nothing was changed
    CLIENT_UNREACHABLE, // no final answer in time, or none to be read; a command may have been done, and the same id
                        // tells
};

/** What became of one request. Texts and lists of `reply` borrow from the arena given with the request's receipt. */
struct client_answer {
    enum client_outcome outcome;
    void *user;   // as given to client_send
    void *reply;  // CLIENT_DONE: the reply struct of the message, in the arena
    uint64_t seq; // CLIENT_DONE: journal position
    // CLIENT_REFUSED: why. CLIENT_UNREACHABLE: the last refusal that said to try again, ERROR_MALFORMED or
    // ERROR_TOO_LARGE when a command's answer came and could not be read, or ERROR_NONE when nothing was heard.
    struct refusal refusal;
};

/**
 * One call at a time: sends, waits, answers. `service` names the door for messages that every service has; NULL: the
 * message's own. `message` is a command or query, `body` a struct of message->body. `id` (1 to 64 bytes) NULL: a new
 * one. All are borrowed for the call. What is wrong by the schema, has no service in the map, or is larger than 256 KiB
 * is refused here, without asking. Must not be mixed with requests under way.
 */
enum client_outcome client_call(struct client *client, const char *service, const struct message_desc *message,
                                const void *body, const char *id, struct arena *arena,
                                struct client_answer *out_answer);

/** Many at once: hands a request over as client_call does, without waiting; its outcome comes from client_receive in
 * any case. False: `in_flight` are under way; receive first. `message` and `user` are borrowed until then, the rest for
 * the call. */
bool client_send(struct client *client, const char *service, const struct message_desc *message, const void *body,
                 const char *id, void *user);

/** Waits up to `timeout_ms` (0 or more) for the next answer, in the order they come. False: none came, or a signal did.
 * Resends happen in here, so call it while anything is under way. What was done but does not fit the arena is
 * ERROR_TOO_LARGE. */
bool client_receive(struct client *client, int timeout_ms, struct arena *arena, struct client_answer *out_answer);

/** Requests under way: sent, and not yet handed out by client_receive. */
size_t client_in_flight(const struct client *client);

/** Asks that later answers be not older than this position of a service's journal; its name has 1 to 32 bytes. */
void client_saw(struct client *client, const char *service, uint64_t seq);

/** Makes `out` a new command id: 32 hexadecimal digits, random, and a NUL. */
void client_new_id(char out[33]);

#endif
