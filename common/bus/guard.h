// SPDX-License-Identifier: Apache-2.0
/**
 * Guard: who may come in over tcp. Internal to common/bus.
 *
 * libzmq asks a ZAP handler (rfc.zeromq.org/spec/27) about each connection that has shaken hands with CURVE: this is one, on a thread
 * of its own. It lets in the keys of the allow-list, and marks what they send with their public key. A connection that is open
 * cannot be cut by libzmq, so every message's key is looked up again, as the list stands then. Sockets demand a handler
 * (ZMQ_ZAP_ENFORCE_DOMAIN): without one nobody gets in.
 */
#ifndef COMMON_BUS_GUARD_H
#define COMMON_BUS_GUARD_H

#include <zmq.h>

#include "common/base/counters.h"
#include "common/bus/allow_list.h"

struct guard;

/** Starts the handler. Gives: guard_close. Faults are those of the allow-list; FAULT_MEMORY. `counters` are borrowed, NULL: none. */
enum fault guard_open(void *zmq_context, const char *allow_path, struct counters *counters, struct guard **out_guard);

/** Ends the handler, and no connection is let in any more; keys are still looked up. May be called once. */
void guard_stop(struct guard *guard);

/** Takes the guard, stopped or not; NULL is fine. */
void guard_close(struct guard *guard);

/** Makes a socket that is to be bound demand the handler. */
void guard_set_options(void *zmq);

/** Who sent the message that this payload frame belongs to. False: nobody who may. Any thread. */
bool guard_find_sender(struct guard *guard, zmq_msg_t *payload, struct allow_entry *out_entry);

/** As allow_list_revocations. */
uint64_t guard_revocations(struct guard *guard);

#endif
