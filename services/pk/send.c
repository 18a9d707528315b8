// SPDX-License-Identifier: Apache-2.0
/** `pk email send` and `pk sms send`: files first, then the command, then, if asked, what becomes of it. */
#include <poll.h>
#include <stdio.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "common/wire/value.h"
#include "services/pk/attach.h"
#include "services/pk/runs.h"
#include "services/pk/show.h"

enum { DEFAULT_TIMEOUT_MS = 10 * 1000, LOOK_MS = 100 };

/** What a state means to who waits: -1 when it is not the end. */
static int state_code(enum recipient_state state)
{
    switch (state) {
    case RECIPIENT_STATE_ACCEPTED:
    case RECIPIENT_STATE_DELIVERED:
        return EXIT_DONE;
    case RECIPIENT_STATE_FAILED:
    case RECIPIENT_STATE_UNKNOWN:
    case RECIPIENT_STATE_BOUNCED:
    case RECIPIENT_STATE_SUPPRESSED:
    case RECIPIENT_STATE_CANCELLED:
    case RECIPIENT_STATE_EXPIRED:
        return EXIT_FAILED;
    case RECIPIENT_STATE_QUEUED:
    case RECIPIENT_STATE_CLAIMED:
    case RECIPIENT_STATE_DEFERRED:
    case RECIPIENT_STATE_HELD:
        break;
    }
    return -1;
}

/** An id in the reply of the command, whichever of the two it is. */
static uint64_t reply_id(const struct pk *pk, const void *reply, const char *name)
{
    const struct field_desc *field = struct_field(pk->arguments.command->message->reply, text_of(name));
    return (uint64_t)value_int64(value_member(reply, field->offset));
}

/** The recipient as it is now. */
static int look(struct pk *pk, uint64_t send, uint64_t recipient, const struct recipient **out_recipient)
{
    struct send_get query = {
        .send = send, .has_after = recipient > 1, .after = recipient - 1, .has_limit = true, .limit = 1};
    struct client_answer answer;
    int code = session_call(pk, NULL, &send_get_message, &query, NULL, &pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    const struct send_get_reply *reply = answer.reply;
    if (reply->recipients.count == 0 || reply->recipients.items[0].recipient != recipient) {
        fputs("pk: the send is there, its recipient is not; pk verify tells more\n", stderr);
        return EXIT_FAILED;
    }
    *out_recipient = &reply->recipients.items[0];
    return EXIT_DONE;
}

static void show(const struct pk *pk, const struct recipient *recipient)
{
    if (arguments_has(&pk->arguments, OWN_JSON))
        json_print(json_of_struct(&recipient_desc, recipient));
    else
        show_list(pk, &recipient_desc, "recipient,send,person,channel,state,attempts,outcome_code,outcome_text",
                  recipient, 1);
}

static int wait_until_final(struct pk *pk, uint64_t send, uint64_t recipient)
{
    int64_t end_ms = clock_monotonic_ms(clock_system()) + pk->session.timeout_ms;
    const struct recipient *now = NULL;
    for (;;) {
        // What was read before it is of no use any more.
        struct arena_mark mark = arena_mark(&pk->arena);
        int code = look(pk, send, recipient, &now);
        if (code != EXIT_DONE)
            return code;
        bool is_over = clock_monotonic_ms(clock_system()) >= end_ms;
        int final = state_code(now->state);
        if (final >= 0 || is_over) {
            show(pk, now);
            if (final < 0)
                fprintf(stderr, "pk: it is %s still; pk send get %llu tells what became of it\n",
                        enum_name(&recipient_state_enum, (int32_t)now->state), (unsigned long long)send);
            return final >= 0 ? final : EXIT_UNREACHABLE;
        }
        arena_rewind(&pk->arena, mark);
        poll(NULL, 0, LOOK_MS);
    }
}

int run_send(struct pk *pk)
{
    char id[SESSION_ID_BYTES];
    struct client_answer answer;
    int code = session_open_command(pk, DEFAULT_TIMEOUT_MS, id);
    if (code == EXIT_DONE && arguments_has(&pk->arguments, OWN_ATTACH))
        code = attach_files(pk, id, pk->body);
    if (code == EXIT_DONE)
        code = session_call(pk, NULL, pk->arguments.command->message, pk->body, id, &pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    if (arguments_has(&pk->arguments, OWN_WAIT_FINAL))
        return wait_until_final(pk, reply_id(pk, answer.reply, "send"), reply_id(pk, answer.reply, "recipient"));
    show_reply(pk, answer.reply);
    return EXIT_DONE;
}
