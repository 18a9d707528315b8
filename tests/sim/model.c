// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/model.h"

#include "common/base/must.h"
#include "proto/activity.gen.h"
#include "proto/person.gen.h"
#include "tests/sim/world.h"

static struct model_recipient *recipient_of(struct world *world, uint64_t recipient)
{
    must(recipient > 0 && recipient < MODEL_RECIPIENTS);
    return &world->model.recipients[recipient];
}

static struct model_activity *activity_of(struct world *world, uint64_t activity)
{
    must(activity > 0 && activity < MODEL_ACTIVITIES);
    return &world->model.activities[activity];
}

uint64_t model_kept(const struct world *world, uint64_t person)
{
    while (person < MODEL_PERSONS && world->model.persons[person].merged_into)
        person = world->model.persons[person].merged_into;
    return person;
}

bool model_leads(const struct world *world, uint64_t person, uint64_t to)
{
    while (person != to && person < MODEL_PERSONS && world->model.persons[person].merged_into)
        person = world->model.persons[person].merged_into;
    return person == to;
}

static void apply_person(struct world *world, const struct sim_command *command, uint64_t person, int64_t revision,
                         uint64_t seq)
{
    must(person > 0 && person < MODEL_PERSONS);
    struct model_person *known = &world->model.persons[person];
    bool creates = command->message == &person_create_message;
    if (creates == (known->created_seq != 0) || known->erased)
        fail(world, "person %llu is %s", (unsigned long long)person, creates ? "made twice" : "changed and not there");
    if (creates)
        known->created_seq = seq;
    if (!creates && revision != known->revision && revision != known->revision + 1)
        fail(world, "person %llu goes from revision %lld to %lld", (unsigned long long)person,
             (long long)known->revision, (long long)revision);
    known->revision = revision;
    if (command->sets_email || creates)
        memcpy(known->email, command->email, sizeof known->email);
    if (person > world->model.last_person)
        world->model.last_person = person;
}

static void apply_merge(struct world *world, const struct sim_command *command, uint64_t person, int64_t revision)
{
    must(person > 0 && person < MODEL_PERSONS && command->subject > 0 && command->subject < MODEL_PERSONS);
    struct model_person *keep = &world->model.persons[person], *drop = &world->model.persons[command->subject];
    if (person != command->person || !keep->created_seq || !drop->created_seq || keep->merged_into || drop->merged_into)
        fail(world, "person %llu is merged into %llu, and one of them is none or was merged",
             (unsigned long long)command->subject, (unsigned long long)person);
    if (revision != keep->revision + 1)
        fail(world, "person %llu goes from revision %lld to %lld in a merge", (unsigned long long)person,
             (long long)keep->revision, (long long)revision);
    drop->merged_into = person;
    keep->revision = revision;
    if (keep->email[0] == '\0')
        memcpy(keep->email, drop->email, sizeof keep->email);
}

static void apply_erasure(struct world *world, uint64_t person)
{
    must(person > 0 && person < MODEL_PERSONS);
    struct model_person *known = &world->model.persons[person];
    if (known->created_seq == 0 || known->erased)
        fail(world, "person %llu is erased and is not there", (unsigned long long)person);
    known->erased = true;
}

uint64_t model_person_left(const struct world *world, uint64_t person)
{
    uint64_t kept = model_kept(world, person);
    return kept < MODEL_PERSONS && world->model.persons[kept].erased ? 0 : kept;
}

static void apply_create(struct world *world, const struct sim_command *command, uint64_t activity)
{
    struct model_activity *known = activity_of(world, activity);
    if (!known->made) // its event was read before, if it is the first of its batch's
        fail(world, "activity %llu is created without an event", (unsigned long long)activity);
    if (known->recipient || !model_leads(world, command->person, known->person) || known->type != command->type)
        fail(world, "activity %llu is not what n%zu asked for", (unsigned long long)activity,
             (size_t)(command - world->clients.commands));
    known->contact = command->contact;
}

static void apply_send(struct world *world, const struct sim_command *command, uint64_t send, uint64_t recipient)
{
    struct model_recipient *known = recipient_of(world, recipient);
    if (known->made)
        fail(world, "recipient %llu is made twice", (unsigned long long)recipient);
    known->made = true;
    known->send = send;
    known->person = command->person;
    known->channel = command->message == &email_send_message ? SEND_CHANNEL_EMAIL : SEND_CHANNEL_SMS;
    known->test = command->test;
    known->at_least_once = command->at_least_once;
    if (recipient > world->model.last_recipient)
        world->model.last_recipient = recipient;
}

void model_apply(struct world *world, const struct sim_command *command, struct bytes reply, uint64_t seq)
{
    struct refusal refusal = {.code = ERROR_NONE};
    union {
        struct person_create_reply person_create;
        struct person_update_reply person_update;
        struct person_merge_reply person_merge;
        struct person_mark_erasure_reply mark;
        struct person_complete_erasure_reply complete;
        struct activity_create_reply create;
        struct email_send_reply email;
        struct sms_send_reply sms;
        uint8_t room[256];
    } body;
    const struct struct_desc *desc = command->message->reply;
    must(desc->size <= sizeof body);
    if (!codec_decode(desc, reply, CODEC_SKIP_UNKNOWN, &world->arena, &body, &refusal))
        fail(world, "the reply of %s in the journal cannot be read", command->message->type);
    else if (command->message == &person_create_message)
        apply_person(world, command, body.person_create.person, body.person_create.revision, seq);
    else if (command->message == &person_update_message)
        apply_person(world, command, body.person_update.person, body.person_update.revision, seq);
    else if (command->message == &person_merge_message)
        apply_merge(world, command, body.person_merge.person, body.person_merge.revision);
    else if (command->message == &person_mark_erasure_message)
        apply_person(world, command, body.mark.person, body.mark.revision, seq);
    else if (command->message == &person_complete_erasure_message)
        apply_erasure(world, body.complete.person);
    else if (command->message == &activity_create_message)
        apply_create(world, command, body.create.activity);
    else if (command->message == &activity_finish_message)
        activity_of(world, command->subject)->contact = true;
    else if (command->message == &activity_delete_message)
        activity_of(world, command->subject)->deleted = true;
    else if (command->message == &email_send_message)
        apply_send(world, command, body.email.send, body.email.recipient);
    else if (command->message == &sms_send_message)
        apply_send(world, command, body.sms.send, body.sms.recipient);
    else if (command->message == &recipient_resolve_message)
        recipient_of(world, command->subject)->resolved = true;
}

/** Whether the transport's last word lets the message be handed over again. */
static bool may_again(const struct model_recipient *recipient)
{
    switch (recipient->truth) {
    case TRUTH_NONE:
    case TRUTH_DEFERRED:
    case TRUTH_GIVEN_BACK:
    case TRUTH_MISCONFIGURED:
        return true;
    case TRUTH_UNDER_WAY:
        return false;
    case TRUTH_FAILED: // these two with an outcome that was lost when the service died
    case TRUTH_ACCEPTED:
    case TRUTH_UNKNOWN:
    case TRUTH_LOST:
        break;
    }
    return recipient->at_least_once;
}

void model_handed_over(struct world *world, uint64_t recipient, bool is_claimed)
{
    struct model_recipient *known = recipient_of(world, recipient);
    trace(world, "  recipient %llu is handed over", (unsigned long long)recipient);
    if (!is_claimed)
        fail(world, "recipient %llu is handed over and its claim is not committed", (unsigned long long)recipient);
    if (!may_again(known))
        fail(world, "recipient %llu is handed over again", (unsigned long long)recipient);
    known->truth = TRUTH_UNDER_WAY;
    known->handed_over++;
    known->incarnation = world->nodes[NODE_NOTIFICATION].incarnation;
}

void model_outcome(struct world *world, uint64_t recipient, enum truth truth)
{
    if (world)
        recipient_of(world, recipient)->truth = truth;
}

/** An activity goes over to the person whom the one it stood with was merged into, once. */
static void audit_move(struct world *world, const struct journal_record *record)
{
    struct refusal refusal = {.code = ERROR_NONE};
    struct activity_moved event;
    if (!codec_decode_frame(&activity_moved_desc, record->body, CODEC_SKIP_UNKNOWN, &world->arena, &event, &refusal)) {
        fail(world, "activity.moved at %llu cannot be read", (unsigned long long)record->seq);
        return;
    }
    struct model_activity *known = activity_of(world, event.activity.activity);
    uint64_t to = event.activity.person;
    if (!known->made || known->deleted || known->person != event.from || to == event.from ||
        !model_leads(world, event.from, to) || record->header.person != to)
        fail(world, "activity %llu moves from %llu to %llu", (unsigned long long)event.activity.activity,
             (unsigned long long)event.from, (unsigned long long)to);
    known->person = to;
}

/** The journal of activities, as far as it can be followed by looking at what kind of event each is. */
static void audit_activity(struct world *world, const struct journal_record *record)
{
    struct refusal refusal = {.code = ERROR_NONE};
    int64_t *total = &world->model.total_at[record->seq];
    must(record->seq < MODEL_JOURNAL);
    *total = total[-1];
    if (text_equal(record->header.type, text_of(activity_deleted_message.type)))
        --*total;
    if (text_equal(record->header.type, text_of(activity_moved_message.type)))
        audit_move(world, record);
    if (!text_equal(record->header.type, text_of(activity_created_message.type)))
        return;
    ++*total;
    struct activity_created event;
    if (!codec_decode_frame(&activity_created_desc, record->body, CODEC_SKIP_UNKNOWN, &world->arena, &event,
                            &refusal)) {
        fail(world, "activity.created at %llu cannot be read", (unsigned long long)record->seq);
        return;
    }
    const struct activity *activity = &event.activity;
    struct model_activity *known = activity_of(world, activity->activity);
    if (known->made)
        fail(world, "activity %llu is made twice", (unsigned long long)activity->activity);
    *known = (struct model_activity){.made = true,
                                     .person = activity->person,
                                     .type = activity->type,
                                     .recipient = activity->has_recipient ? activity->recipient : 0};
    if (activity->activity > world->model.last_activity)
        world->model.last_activity = activity->activity;
    if (known->recipient == 0)
        return;
    struct model_recipient *recipient = recipient_of(world, known->recipient);
    if (recipient->activity)
        fail(world, "recipient %llu has activities %llu and %llu", (unsigned long long)known->recipient,
             (unsigned long long)recipient->activity, (unsigned long long)activity->activity);
    recipient->activity = activity->activity;
}

/** A record that remembers a command. */
static void audit_command(struct world *world, const struct journal_record *record)
{
    size_t number = clients_find(&world->clients, record->header.sender, record->header.id);
    if (number == SIZE_MAX) {
        fail(world, "the journal remembers a command that nobody sent");
        return;
    }
    struct sim_command *command = &world->clients.commands[number];
    if (command->seq)
        fail(world, "n%zu took effect twice, at %llu and %llu", number, (unsigned long long)command->seq,
             (unsigned long long)record->seq);
    if (record->header.time_ms > command->expires_ms)
        fail(world, "n%zu took effect after its time", number);
    command->seq = record->seq;
    command->digest = model_digest(record->header.reply);
    command->new_in_batch = true;
    model_apply(world, command, record->header.reply, record->seq);
}

size_t model_audit(struct world *world, struct node *node)
{
    struct store_txn *txn = store_begin_read(node->store);
    uint64_t last = store_txn_seq(txn);
    size_t commands = 0;
    for (uint64_t seq = node->audited.seq + 1; seq <= last && !world->failed; seq++) {
        struct journal_record record;
        bool found = false;
        if (journal_get(txn, seq, &record, &found) != FAULT_NONE || !found ||
            !journal_follows(&node->audited, &record)) {
            fail(world, "the journal of %s breaks at %llu", node->definition->name, (unsigned long long)seq);
            break;
        }
        if (node->number == NODE_ACTIVITY)
            audit_activity(world, &record);
        if (record.header.id.len > 0) {
            audit_command(world, &record);
            commands++;
        }
        node->audited = journal_position_of(&record);
    }
    const char *problem = access_log_verify(txn, &node->logged, SIZE_MAX, SIZE_MAX);
    if (problem)
        fail(world, "the access log of %s after row %llu: %s", node->definition->name,
             (unsigned long long)node->logged.row, problem);
    store_abort(txn);
    return commands;
}

void model_check_kept(struct world *world, struct node *node)
{
    struct store_txn *txn = store_begin_read(node->store);
    struct journal_position from = {.seq = 0};
    struct journal_record record;
    bool found = node->audited.seq == 0;
    if (!found && (journal_get(txn, node->audited.seq, &record, &found) != FAULT_NONE || !found ||
                   memcmp(record.digest.data, node->audited.digest, STORE_DIGEST_BYTES) != 0))
        fail(world, "%s lost what it had committed: position %llu is gone or another", node->definition->name,
             (unsigned long long)node->audited.seq);
    struct access_position accesses = {.row = 0};
    if (access_log_verify(txn, &accesses, node->logged.row, SIZE_MAX) || accesses.row != node->logged.row ||
        memcmp(accesses.digest, node->logged.digest, STORE_DIGEST_BYTES) != 0)
        fail(world, "%s lost rows of the access log before %llu, or they are others", node->definition->name,
             (unsigned long long)node->logged.row);
    struct journal_problem problem = journal_verify(txn, from, 0);
    if (problem.what)
        fail(world, "the journal of %s is damaged at %llu: %s", node->definition->name, (unsigned long long)problem.seq,
             problem.what);
    store_abort(txn);
}
