// SPDX-License-Identifier: Apache-2.0
/**
 * File transport: each message becomes a file in the outbox, <folder>/email/<recipient>.eml or <folder>/sms/<recipient>.txt, whole
 * or not at all: written beside, synced, renamed. For machines without a mail server, and for other programs that send what they
 * find there. Needs nothing else. A message handed over twice is one file.
 */
#ifndef SERVICES_NOTIFICATION_FILE_TRANSPORT_H
#define SERVICES_NOTIFICATION_FILE_TRANSPORT_H

#include "services/notification/transport.h"

/** Its options are the path of the outbox, a string. */
extern const struct transport_kind file_transport_kind;

/** Makes the outbox and its folders, mode 0700, unless they are there. FAULT_IO, FAULT_TOO_LARGE (the path). */
enum fault file_transport_make_folders(const char *outbox);

/** Removes the file of a recipient; whether there was one. It stays removed once file_transport_sync has returned. */
bool file_transport_remove(const char *outbox, enum send_channel channel, uint64_t recipient);

/** FAULT_IO, FAULT_TOO_LARGE (the path). */
enum fault file_transport_sync(const char *outbox);

#endif
