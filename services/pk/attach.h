// SPDX-License-Identifier: Apache-2.0
/** Attach: files become blobs of the notification service, piece by piece, before the e-mail that names them is sent. */
#ifndef SERVICES_PK_ATTACH_H
#define SERVICES_PK_ATTACH_H

#include "proto/notification.gen.h"
#include "services/pk/pk.h"

/**
 * Puts the files of --attach and names them in the command's body. The pieces' ids derive from the command's `id`, so that the
 * same command with the same --id puts nothing twice and stays the same command. An exit code, said unless EXIT_DONE.
 */
int attach_files(struct pk *pk, const char *id, struct email_send *body);

#endif
