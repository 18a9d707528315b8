// SPDX-License-Identifier: Apache-2.0
#include "services/notification/message.h"

#include <stdlib.h>

struct message *message_new(void)
{
    struct message *message = calloc(1, sizeof *message);
    if (message)
        arena_init(&message->arena, MESSAGE_MAX_BYTES);
    return message;
}

void message_free(struct message *message)
{
    if (!message)
        return;
    arena_fini(&message->arena);
    free(message);
}

bool message_text(struct message *message, struct text text, struct text *out_copy)
{
    char *copy = arena_alloc(&message->arena, text.len + 1);
    if (!copy)
        return false;
    if (text.len)
        memcpy(copy, text.data, text.len);
    *out_copy = (struct text){copy, text.len};
    return true;
}
