// SPDX-License-Identifier: Apache-2.0
/** `sms.send`: sends an SMS to one person. */
#include "proto/notification_dispatch.gen.h"
#include "services/notification/sends.h"
#include "services/notification/sms_text.h"

enum { SUBJECT_BYTES = 80 };

struct sms_send_plan {
    struct send_plan plan;
    size_t segments;
};

/** The beginning of a text as one line, which a subject is. */
static struct text subject_of(struct ctx *ctx, struct text text)
{
    size_t len = text.len < SUBJECT_BYTES ? text.len : SUBJECT_BYTES;
    while (len < text.len && len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len--; // not within a character
    char *line = ctx_alloc(ctx, len + 1);
    if (!line)
        return TEXT("");
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        line[i] = text.data[i];
        if (byte < ' ' || byte == 0x7f)
            line[i] = ' ';
    }
    return (struct text){line, len};
}

const struct sms_send_plan *sms_send_check(const struct notification_service *self, const struct sms_send *command,
                                           struct ctx *ctx)
{
    (void)self;
    enum sms_alphabet alphabet;
    struct sms_send_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->segments = sms_segments(command->text, &alphabet);
    if (plan->segments > SMS_MAX_SEGMENTS)
        return ctx_refuse(ctx, ERROR_INVALID_FIELD, "text",
                          alphabet == SMS_UCS2 ? "takes more than 10 segments, because it has characters beyond GSM-7; "
                                                 "shorten it, or write it without them"
                                               : "takes more than 10 segments; shorten it");
    plan->plan.send = (struct send){
        .channel = SEND_CHANNEL_SMS,
        .has_name = command->has_name,
        .name = command->name,
        .has_subject = true,
        .subject = subject_of(ctx, command->text),
        .keep = command->keep,
        .has_not_after_ms = command->has_not_after_ms,
        .not_after_ms = command->not_after_ms,
        .at_least_once = command->at_least_once,
        .test = command->test,
    };
    plan->plan.body = (struct send_body){.text = command->text};
    return send_plan_finish(ctx, command->person, &plan->plan) && !is_refused(&ctx->refusal) ? plan : NULL;
}

void sms_send_apply(struct notification_service *self, const struct sms_send_plan *plan, struct ctx *ctx,
                    struct sms_send_reply *out_reply)
{
    send_plan_apply(self, ctx, &plan->plan, &out_reply->send, &out_reply->recipient, &out_reply->state);
    out_reply->segments = (int64_t)plan->segments;
}
