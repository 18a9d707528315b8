// SPDX-License-Identifier: Apache-2.0
/**
 * Message: all that a transport needs to hand one recipient's mail or SMS over, as a copy of its own: made on the command loop's
 * thread, used on a transport's, borrowing nothing of the store.
 */
#ifndef SERVICES_NOTIFICATION_MESSAGE_H
#define SERVICES_NOTIFICATION_MESSAGE_H

#include "common/base/arena.h"
#include "proto/notification.gen.h"

enum { MESSAGE_MAX_BYTES = 16 * 1024 * 1024 };

struct message_attachment {
    struct text name;
    struct text content_type;
    struct bytes content;
};

/** Texts are NUL-terminated beyond their length, for libraries that want that; none holds a NUL. */
struct message {
    struct message *next; // of whoever holds it
    struct arena arena;   // holds everything below
    uint64_t recipient;
    enum send_channel channel;
    int64_t repeats; // how often it may have been sent before
    int64_t date_ms;
    struct text to_name;
    struct text to_address;
    struct text from_name;
    struct text from_address;
    struct text message_id; // without its angle brackets
    struct text subject;
    struct text text;
    struct text html; // empty: none
    size_t attachment_count;
    struct message_attachment *attachments;
};

/** Gives an empty message: message_free. NULL: no memory. */
struct message *message_new(void);
void message_free(struct message *message);

/** A copy with a NUL after it, that lives as long as the message; false: no memory. */
bool message_text(struct message *message, struct text text, struct text *out_copy);

#endif
