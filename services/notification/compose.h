// SPDX-License-Identifier: Apache-2.0
/**
 * Compose: a message as the text that is handed over — an e-mail of RFC 5322 with MIME, or an SMS as a file. GMime writes all
 * headers, so that nothing in a name or subject can become a header of its own. Any thread, after compose_init.
 */
#ifndef SERVICES_NOTIFICATION_COMPOSE_H
#define SERVICES_NOTIFICATION_COMPOSE_H

#include "common/base/buffer.h"
#include "services/notification/message.h"

enum { COMPOSE_MAX_BYTES = 32 * 1024 * 1024 };

/** Before anything is composed; again does no harm. What it makes lives as long as the program. */
void compose_init(void);

/** Appends the e-mail, lines ended by CRLF. The buffer's failure is the only one. */
void compose_email(const struct message *message, struct buffer *out);

/** Appends the SMS: a few lines about it, an empty one, the text. */
void compose_sms(const struct message *message, struct buffer *out);

#endif
