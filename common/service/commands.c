// SPDX-License-Identifier: Apache-2.0
/** A command's way from frame to reply: envelope, repeat, time, room, check, apply, journal, memory. */
#include "common/service/internal.h"

#include "common/base/log.h"
#include "common/base/must.h"

/** A command on its way: what is asked, by whom. */
struct request {
    const struct command_envelope *envelope;
    const struct command_row *row;
    void *self; // of the row's handlers: the service's, or the shell's
    struct text sender;
    struct text actor;
    uint32_t role_mask;
    uint8_t digest[JOURNAL_COMMAND_DIGEST_BYTES];
};

enum fault core_find_command(struct core *core, struct store_txn *txn, struct text sender, struct text id,
                             struct journal_record *out_record, bool *out_found)
{
    struct memory_matches matches;
    enum fault fault = FAULT_NONE;
    memory_find(core->memory, sender, id, &matches);
    for (size_t i = 0; i < matches.count; i++) {
        struct journal_record record;
        bool found = false;
        enum fault read = journal_get(txn, matches.seqs[i], &record, &found);
        if (read != FAULT_NONE)
            fault = read; // another match may still be the one
        else if (found && text_equal(record.header.sender, sender) && text_equal(record.header.id, id)) {
            *out_record = record;
            *out_found = true;
            return FAULT_NONE;
        }
    }
    *out_found = false;
    return fault;
}

static void refuse_memory(struct refusal *refusal)
{
    refusal_set(refusal, ERROR_BUSY, NULL,
                "The service has no memory left for this batch; send the same again a little later.");
}

static void refuse_other_content(const struct request *request, struct refusal *refusal)
{
    LOG(LOG_LEVEL_WARNING, "a command id was used for another command", log_text("sender", request->sender),
        log_text("type", request->envelope->type));
    refusal_set(refusal, ERROR_CONFLICT, "id",
                "This id was used for another command; give every command an id of its own, and repeat one unchanged.");
}

/** Answers a command that was seen before. False: it was not. */
static bool answer_repeat(struct core *core, const struct request *request, struct command_outcome *outcome)
{
    struct text id = request->envelope->id;
    struct journal_record record;
    bool found = false;
    if (core_find_command(core, core->txn, request->sender, id, &record, &found) == FAULT_CORRUPT) {
        refusal_set(&outcome->refusal, ERROR_CORRUPT, NULL,
                    "What became of this command cannot be read any more; an operator has to restore the store.");
        return true;
    }
    if (found && !bytes_equal(record.header.command_digest, bytes_of(request->digest, sizeof request->digest))) {
        refuse_other_content(request, &outcome->refusal);
        return true;
    }
    if (found) {
        outcome->body = arena_bytes(&core->commands.arena, record.header.reply);
        outcome->seq = record.seq;
        if (!outcome->body.data)
            refuse_memory(&outcome->refusal);
        return true;
    }
    uint8_t digest[JOURNAL_COMMAND_DIGEST_BYTES];
    if (!memory_find_refusal(core->memory, request->sender, id, &outcome->refusal, digest))
        return false;
    if (memcmp(digest, request->digest, sizeof digest) != 0) {
        outcome->refusal = (struct refusal){.code = ERROR_NONE};
        refuse_other_content(request, &outcome->refusal);
    }
    return true;
}

/** What must hold before a command is looked at more closely. */
static bool may_run(struct core *core, const struct request *request, struct refusal *refusal)
{
    int64_t expires_ms = request->envelope->expires_ms;
    if (expires_ms < core->now_ms)
        refusal_set(
            refusal, ERROR_EXPIRED, "expires_ms",
            "The command came after its time and was not executed; send it anew under a new id if it is still wanted.");
    else if (expires_ms > core->now_ms + COMMAND_MAX_AHEAD_MS)
        refusal_set(refusal, ERROR_INVALID_FIELD, "expires_ms",
                    "A command may expire at most 10 minutes from now; give an earlier moment, or set the clock.");
    else if (!core->has_room)
        refusal_set(
            refusal, ERROR_STORAGE_FULL, NULL,
            "The disk or the store's quota is full and nothing was done; free space, then send the same again.");
    else if (store_txn_fault(core->txn) != FAULT_NONE)
        refusal_set(refusal, ERROR_UNAVAILABLE, NULL,
                    "The service cannot save anything in this batch; send the same again.");
    else if (!memory_has_room(core->memory) || expires_ms <= core->unknown_until_ms)
        refusal_set(refusal, ERROR_BUSY, NULL,
                    "The service remembers as many command ids as it can; send the same again a little later.");
    return !is_refused(refusal);
}

/** Journals what the handler did, remembers the command, and sets the outcome. */
static void record_done(struct core *core, struct ctx *ctx, const struct request *request,
                        const struct message_desc *message, const void *reply, struct command_outcome *outcome)
{
    buffer_reset(ctx->scratch);
    codec_encode(message->reply, reply, ctx->scratch);
    must(ctx->scratch->failed || ctx->scratch->len <= JOURNAL_MAX_REPLY_BYTES);
    if (!ctx->scratch->failed)
        outcome->body = arena_bytes(ctx->arena, buffer_bytes(ctx->scratch));
    if (!outcome->body.data) {
        store_txn_fail(core->txn, FAULT_MEMORY);
        refuse_memory(&outcome->refusal);
        return;
    }
    struct journal_header memory = {
        .id = request->envelope->id,
        .expires_ms = request->envelope->expires_ms,
        .command_digest = bytes_of(request->digest, sizeof request->digest),
        .reply = outcome->body,
    };
    outcome->seq = core_append_events(ctx, &memory, &command_done_message);
    if (message->audited)
        core_access_done(core, ctx, message);
    core->wrote = true;
    core_remember(core, request->sender, request->envelope->id, outcome->seq, request->envelope->expires_ms);
}

/** Decodes, checks and applies. */
static void run(struct core *core, const struct request *request, struct command_outcome *outcome)
{
    const struct command_row *row = request->row;
    struct ctx ctx = core_command_ctx(core);
    ctx.actor = request->actor;
    ctx.sender = request->sender;
    ctx.trace = request->envelope->trace;
    ctx.role_mask = request->role_mask;
    void *body = arena_alloc(ctx.arena, row->message->body->size);
    void *reply = arena_alloc(ctx.arena, row->message->reply->size);
    const void *plan = NULL;
    if (!body || !reply)
        ctx_alloc(&ctx, SIZE_MAX); // refuses for want of memory
    else if (core_has_seen(&ctx, request->envelope->seen.count, request->envelope->seen.items) &&
             codec_decode(row->message->body, request->envelope->body, CODEC_REFUSE_UNKNOWN, ctx.arena, body,
                          &ctx.refusal))
        plan = row->check(request->self, body, &ctx);
    if (!is_refused(&ctx.refusal) && !core_has_memory(core))
        refuse_memory(&ctx.refusal);
    if (is_refused(&ctx.refusal)) {
        outcome->refusal = ctx.refusal;
        return;
    }
    must(plan);
    row->apply(request->self, plan, &ctx, reply);
    if (ctx.erases)
        core_erase_person(core, &ctx, ctx.erases);
    if (is_refused(&ctx.refusal))
        store_txn_fail(core->txn, ctx.refusal.code == ERROR_BUSY ? FAULT_MEMORY : FAULT_CORRUPT);
    record_done(core, &ctx, request, row->message, reply, outcome);
}

/** Remembers a refusal that would be the same another time, unless the batch fails: then nothing of it is true. */
static void remember_refusal(struct core *core, const struct request *request, const struct refusal *refusal)
{
    if (error_info(refusal->code)->retry || refusal->code == ERROR_EXPIRED)
        return;
    struct batch_refusal *remembered = arena_alloc(&core->commands.arena, sizeof *remembered);
    if (!remembered)
        return;
    *remembered = (struct batch_refusal){core->first_refusal, request->sender, request->envelope->id};
    core->first_refusal = remembered;
    memory_add_refusal(core->memory, request->sender, request->envelope->id, request->digest, refusal);
}

static void count(struct core *core, const struct command_outcome *outcome, bool repeated)
{
    struct counters *counters = core->config.counters;
    counter_add(counters, COUNTER_COMMANDS_RECEIVED, 1);
    if (is_refused(&outcome->refusal))
        counter_add(counters, COUNTER_COMMANDS_REFUSED, 1);
    else
        counter_add(counters, repeated ? COUNTER_COMMANDS_REPEATED : COUNTER_COMMANDS_DONE, 1);
}

/** Finds the handlers: the service's own, or those that every service has. False: there are none. */
static bool find_row(struct core *core, struct request *request)
{
    request->self = core->config.self;
    request->row = dispatch_command(core->config.definition->dispatch, request->envelope->type);
    if (request->row)
        return true;
    request->self = &core->shell;
    request->row = dispatch_command(&shell_dispatch, request->envelope->type);
    return request->row != NULL;
}

/** One command, alone or from a batch. */
static void perform(struct core *core, const struct command_envelope *envelope, const struct core_sender *sender,
                    struct command_outcome *outcome)
{
    bool named = sender->key_name.len > 0;
    struct request request = {
        .envelope = envelope,
        .sender = named ? sender->key_name : envelope->source,
        .actor = named ? sender->key_name : envelope->actor,
        .role_mask = sender->role_mask,
    };
    *outcome = (struct command_outcome){.refusal = {.code = ERROR_NONE}};
    if (!find_row(core, &request)) {
        refusal_set(&outcome->refusal, ERROR_UNKNOWN_TYPE, "type",
                    "This door answers no command of that type; service.schema lists those it does.");
        count(core, outcome, false);
        return;
    }
    if (!(request.row->message->roles & sender->role_mask)) {
        core_refuse_role(core, &core->commands, sender, request.row->message->type, &outcome->refusal);
        count(core, outcome, false);
        return;
    }
    journal_command_digest(core->config.store, envelope->type, envelope->body, request.digest);
    bool repeated = answer_repeat(core, &request, outcome);
    if (!repeated && may_run(core, &request, &outcome->refusal))
        run(core, &request, outcome);
    if (!repeated && is_refused(&outcome->refusal))
        remember_refusal(core, &request, &outcome->refusal);
    count(core, outcome, repeated);
}

static struct reply_envelope reply_of(struct text id, const struct command_outcome *outcome)
{
    if (is_refused(&outcome->refusal))
        return envelope_refusal(id, &outcome->refusal);
    return (struct reply_envelope){
        .v = ENVELOPE_VERSION,
        .id = id,
        .status = REPLY_STATUS_OK,
        .has_body = true,
        .body = outcome->body,
        .has_seq = true,
        .seq = (int64_t)outcome->seq,
    };
}

/** Performs a batch's commands one by one; its own outcome holds their replies. */
static void perform_batch(struct core *core, const struct command_envelope *envelope, const struct core_sender *sender,
                          struct command_outcome *outcome)
{
    struct arena *arena = &core->commands.arena;
    struct batch batch;
    *outcome = (struct command_outcome){.refusal = {.code = ERROR_NONE}};
    if (!codec_decode(&batch_desc, envelope->body, CODEC_REFUSE_UNKNOWN, arena, &batch, &outcome->refusal))
        return;
    struct reply_envelope *replies = arena_alloc_array(arena, batch.commands.count, sizeof *replies);
    struct command_outcome *outcomes = arena_alloc_array(arena, batch.commands.count, sizeof *outcomes);
    if (!replies || !outcomes) {
        refuse_memory(&outcome->refusal);
        return;
    }
    for (size_t i = 0; i < batch.commands.count; i++) {
        const struct command_envelope *command = &batch.commands.items[i];
        perform(core, command, sender, &outcomes[i]);
        replies[i] = reply_of(command->id, &outcomes[i]);
    }
    struct batch_reply reply = {.replies = {batch.commands.count, replies}};
    struct buffer encoded;
    buffer_init(&encoded, FRAME_SERVICE_BYTES);
    codec_encode(&batch_reply_desc, &reply, &encoded);
    outcome->body = arena_bytes(arena, buffer_bytes(&encoded));
    outcome->seq = store_txn_seq(core->txn);
    if (encoded.failed || !outcome->body.data)
        refuse_memory(&outcome->refusal); // its commands are done or not; their own ids tell
    buffer_fini(&encoded);
}

void core_command(struct core *core, struct bytes frame, const struct core_sender *sender)
{
    struct command_envelope envelope;
    struct command_outcome outcome = {.refusal = {.code = ERROR_NONE}};
    struct text id = TEXT("");
    must(core->reply_count < CORE_BATCH_COMMANDS);
    core->now_ms = clock_utc_ms(core->config.clock); // it may have been made since the batch began
    if (!envelope_read_command(frame, &core->commands.arena, &envelope, &id, &outcome.refusal) ||
        !core_knows_sender(core, &core->commands, sender, &outcome.refusal))
        count(core, &outcome, false);
    else if (text_equal(envelope.type, TEXT("batch")))
        perform_batch(core, &envelope, sender, &outcome);
    else
        perform(core, &envelope, sender, &outcome);
    struct buffer *replies = &core->commands.replies;
    struct core_reply_slot *slot = &core->replies[core->reply_count++];
    *slot = (struct core_reply_slot){id, replies->len, 0};
    if (is_refused(&outcome.refusal))
        envelope_write_refusal(replies, id, &outcome.refusal);
    else
        envelope_write_ok(replies, id, outcome.body, outcome.seq);
    slot->len = replies->len - slot->offset;
}
