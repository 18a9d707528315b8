// SPDX-License-Identifier: Apache-2.0
/** `email.send`: sends an e-mail to one person. */
#include "proto/notification_dispatch.gen.h"
#include "services/notification/blobs.h"
#include "services/notification/sends.h"

struct email_send_plan {
    struct send_plan plan;
};

static bool is_token(struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alphanumeric && !memchr("!#$&-^_.+", c, 9))
            return false;
    }
    return text.len > 0;
}

/** type/subtype (RFC 6838, 4.2) that a part without structure of its own can have. */
static bool is_content_type(struct text type)
{
    const char *slash = memchr(type.data, '/', type.len);
    if (!slash || text_starts_with(type, TEXT("multipart/")) || text_starts_with(type, TEXT("message/")))
        return false;
    size_t first = (size_t)(slash - type.data);
    return is_token((struct text){type.data, first}) && is_token((struct text){slash + 1, type.len - first - 1});
}

static bool is_file_name(struct text name)
{
    return !memchr(name.data, '/', name.len) && !memchr(name.data, '\\', name.len) && !text_equal(name, TEXT(".")) &&
           !text_equal(name, TEXT(".."));
}

static bool check_attachment(struct ctx *ctx, const struct attachment *attachment, int64_t *total)
{
    struct blob_head head;
    if (!is_file_name(attachment->name))
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "attachments.name", "is a path; give the name of the file alone");
    else if (!is_content_type(attachment->content_type))
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "attachments.content_type",
                   "is not the type of a file; write it as application/pdf, without parameters");
    else if (!row_get(ctx, &notification_blob_heads, &blob_head_desc, attachment->blob, &head))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "attachments.blob",
                   "there is no blob with this id; put it with blob.put first");
    else if (!head.complete)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "attachments.blob", "is not complete; put its last piece first");
    else if ((*total += head.size) > BLOB_MAX_BYTES)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "attachments",
                   "are more than 10 MiB together; send fewer or smaller files");
    return !is_refused(&ctx->refusal);
}

const struct email_send_plan *email_send_check(const struct notification_service *self,
                                               const struct email_send *command, struct ctx *ctx)
{
    (void)self;
    struct email_send_plan *plan = ctx_alloc(ctx, sizeof *plan);
    int64_t total = 0;
    if (!plan)
        return NULL;
    for (size_t i = 0; i < command->attachments.count; i++)
        if (!check_attachment(ctx, &command->attachments.items[i], &total))
            return NULL;
    plan->plan.send = (struct send){
        .channel = SEND_CHANNEL_EMAIL,
        .has_name = command->has_name,
        .name = command->name,
        .has_subject = true,
        .subject = command->subject,
        .attachments = {command->attachments.count, command->attachments.items},
        .keep = command->keep,
        .has_not_after_ms = command->has_not_after_ms,
        .not_after_ms = command->not_after_ms,
        .at_least_once = command->at_least_once,
        .test = command->test,
    };
    plan->plan.body = (struct send_body){.text = command->text, .has_html = command->has_html, .html = command->html};
    return send_plan_finish(ctx, command->person, &plan->plan) ? plan : NULL;
}

void email_send_apply(struct notification_service *self, const struct email_send_plan *plan, struct ctx *ctx,
                      struct email_send_reply *out_reply)
{
    send_plan_apply(self, ctx, &plan->plan, &out_reply->send, &out_reply->recipient, &out_reply->state);
}
