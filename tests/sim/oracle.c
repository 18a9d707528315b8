// SPDX-License-Identifier: Apache-2.0
/** What clients are answered, checked at the moment it is answered, and what they read. */
#include "common/base/must.h"
#include "common/wire/envelope.h"
#include "proto/activity.gen.h"
#include "proto/person.gen.h"
#include "proto/stats.gen.h"
#include "tests/sim/world.h"

void clients_trace(struct world *world, const struct packet *packets, size_t count)
{
    if (!world->trace)
        return;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < packets[i].command_count; j++)
            trace(world, "  n%zu %s%s", packets[i].commands[j],
                  world->clients.commands[packets[i].commands[j]].message->type,
                  packets[i].impostor ? ", not the one it says" : "");
}

uint64_t model_digest(struct bytes bytes)
{
    uint64_t digest = UINT64_C(14695981039346656037); // FNV-1a
    for (size_t i = 0; i < bytes.len; i++)
        digest = (digest ^ bytes.data[i]) * UINT64_C(1099511628211);
    return digest;
}

static void check_done(struct world *world, struct sim_command *command, size_t number,
                       const struct reply_envelope *reply, enum fault fault)
{
    command->answered_in_batch = true;
    if (fault != FAULT_NONE)
        fail(world, "n%zu is answered ok by a batch that failed", number);
    else if (command->seq == 0)
        fail(world, "n%zu is answered ok and is not in the journal", number);
    else if ((uint64_t)reply->seq != command->seq)
        fail(world, "n%zu is answered with position %lld and stands at %llu", number, (long long)reply->seq,
             (unsigned long long)command->seq);
    else if (model_digest(reply->body) != command->digest)
        fail(world, "n%zu is answered otherwise than before", number);
}

/** Answers that no client of this world can deserve. */
static bool is_absurd(struct text code)
{
    static const char *const absurd[] = {"malformed",     "unknown_type", "unknown_field",
                                         "missing_field", "not_allowed",  "corrupt"};
    for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++)
        if (text_equal(code, text_of(absurd[i])))
            return true;
    return false;
}

static void check_refused(struct world *world, const struct sim_command *command, size_t number,
                          const struct reply_error *error)
{
    const char *code = error->code.data;
    int len = (int)error->code.len;
    bool expired = text_equal(error->code, TEXT("expired"));
    bool by_marker = text_equal(error->field, TEXT("actor")) && command->message == &person_complete_erasure_message;
    if (is_absurd(error->code) && !by_marker)
        fail(world, "n%zu is refused as %.*s", number, len, code);
    else if (expired && command->expires_ms >= world->utc_ms)
        fail(world, "n%zu is refused as expired before its time", number);
    else if (expired && command->seq && command->expires_ms + COMMAND_MEMORY_GRACE_MS >= world->utc_ms)
        fail(world, "n%zu was done and is refused as expired: its id was forgotten early", number);
    else if (!expired && !error->retry && command->seq)
        fail(world, "n%zu is refused as %.*s and stands in the journal", number, len, code);
    else if (text_equal(error->code, TEXT("not_found")) && text_equal(error->field, TEXT("person")) &&
             command->sees_person && model_person_left(world, command->person) != 0)
        fail(world, "n%zu is refused for a person that it asked to be seen", number);
}

static void check_reply(struct world *world, size_t number, const struct reply_envelope *reply, bool impostor,
                        enum fault fault)
{
    struct sim_command *command = &world->clients.commands[number];
    if (reply->status == REPLY_STATUS_OK)
        trace(world, "  n%zu: ok at %lld", number, (long long)reply->seq);
    else
        trace(world, "  n%zu: %.*s %.*s", number, (int)reply->error.code.len, reply->error.code.data,
              (int)reply->error.field.len, reply->error.field.data);
    if (impostor) {
        if (reply->status == REPLY_STATUS_OK)
            fail(world, "another command under the id n%zu is answered ok", number);
        return;
    }
    if (reply->status == REPLY_STATUS_OK)
        check_done(world, command, number, reply, fault);
    else
        check_refused(world, command, number, &reply->error);
}

/** The replies of one message. */
static void check_message(struct world *world, const struct packet *packet, struct bytes frame, enum fault fault)
{
    struct refusal refusal = {.code = ERROR_NONE};
    struct reply_envelope reply;
    struct batch_reply batch;
    if (!envelope_read_reply(bytes_of(frame.data, frame.len), &world->arena, &reply, &refusal)) {
        fail(world, "a reply cannot be read");
        return;
    }
    if (!text_starts_with(reply.id, TEXT("batch"))) {
        check_reply(world, packet->commands[0], &reply, packet->impostor, fault);
        return;
    }
    if (reply.status != REPLY_STATUS_OK)
        return;
    if (!codec_decode(&batch_reply_desc, reply.body, CODEC_SKIP_UNKNOWN, &world->arena, &batch, &refusal) ||
        batch.replies.count != packet->command_count) {
        fail(world, "the reply of a batch does not answer its commands");
        return;
    }
    for (size_t i = 0; i < batch.replies.count; i++)
        check_reply(world, packet->commands[i], &batch.replies.items[i], false, fault);
}

void clients_begin_batch(struct world *world)
{
    for (size_t i = 0; i < world->clients.count; i++) {
        world->clients.commands[i].new_in_batch = false;
        world->clients.commands[i].answered_in_batch = false;
    }
}

void clients_check_replies(struct world *world, struct node *node, const struct packet *packets, size_t count,
                           enum fault fault)
{
    must(core_reply_count(node->core) == count);
    for (size_t i = 0; i < count; i++)
        check_message(world, &packets[i], core_reply(node->core, i), fault);
    for (size_t i = 0; i < world->clients.count; i++) {
        const struct sim_command *command = &world->clients.commands[i];
        if (command->new_in_batch && !command->answered_in_batch)
            fail(world, "n%zu took effect and was not answered ok", i);
    }
}

/** Asks with what the clients have seen of one service; false: there is nothing to look at. */
static bool read_seen(struct world *world, int from, int node, const struct message_desc *message, const void *body,
                      struct reply_envelope *out_reply)
{
    const struct seen_position seen = {.store = text_of(world->nodes[from].definition->name),
                                       .seq = (int64_t)world->clients.seen[from]};
    if (!world->nodes[node].up || seen.seq == 0)
        return false;
    *out_reply = node_query(world, &world->nodes[node], message, body, &seen, 1);
    if (out_reply->status == REPLY_STATUS_OK || !text_equal(out_reply->error.code, TEXT("not_yet")))
        return true;
    if (from == node)
        fail(world, "%s has not seen its own position %lld, which it answered", world->nodes[node].definition->name,
             (long long)seen.seq);
    return false;
}

static void read_person(struct world *world)
{
    const struct clients *clients = &world->clients;
    struct reply_envelope reply;
    if (clients->person_count == 0)
        return;
    const struct person_get query = {.has_person = true,
                                     .person = clients->persons[rng_below(&world->rng, clients->person_count)]};
    if (read_seen(world, NODE_PERSON, NODE_PERSON, &person_get_message, &query, &reply) &&
        reply.status != REPLY_STATUS_OK && model_person_left(world, query.person) != 0)
        fail(world, "person %llu was made and is not there", (unsigned long long)query.person);
}

static void read_activity(struct world *world)
{
    const struct clients *clients = &world->clients;
    struct reply_envelope reply;
    if (clients->activity_count == 0)
        return;
    const struct activity_get query = {.activity =
                                           clients->activities[rng_below(&world->rng, clients->activity_count)]};
    if (read_seen(world, NODE_ACTIVITY, NODE_ACTIVITY, &activity_get_message, &query, &reply) &&
        reply.status != REPLY_STATUS_OK && !world->model.activities[query.activity].deleted)
        fail(world, "activity %llu was made and is not there", (unsigned long long)query.activity);
}

/** The total is that of the position it says it is of, whichever that is. */
static void read_figures(struct world *world)
{
    static const enum dimension dimensions[] = {DIMENSION_TYPE, DIMENSION_PERSON, DIMENSION_DAY};
    struct stats_figures query = {.has_limit = true, .limit = 1000};
    struct stats_figures_reply figures;
    struct refusal refusal = {.code = ERROR_NONE};
    struct reply_envelope reply;
    query.group_by.count = 1;
    query.group_by.items = &dimensions[rng_below(&world->rng, 3)];
    if (!read_seen(world, NODE_ACTIVITY, NODE_STATS, &stats_figures_message, &query, &reply))
        return;
    if (text_equal(reply.error.code, TEXT("busy")))
        return; // it is on its way from a beginning: a part is no figure
    if (reply.status != REPLY_STATUS_OK ||
        !codec_decode(&stats_figures_reply_desc, reply.body, CODEC_SKIP_UNKNOWN, &world->arena, &figures, &refusal)) {
        fail(world, "figures are refused: %.*s", (int)reply.error.code.len, reply.error.code.data);
        return;
    }
    int64_t sum = 0;
    for (size_t i = 0; i < figures.cells.count; i++)
        sum += figures.cells.items[i].activities;
    int64_t expected = world->model.total_at[figures.activity_seq];
    if ((uint64_t)figures.activity_seq < world->clients.seen[NODE_ACTIVITY])
        fail(world, "figures of position %lld are older than what was seen", (long long)figures.activity_seq);
    else if (figures.total.activities != expected || sum != expected)
        fail(world, "figures at %lld: total %lld, sum of cells %lld, there are %lld", (long long)figures.activity_seq,
             (long long)figures.total.activities, (long long)sum, (long long)expected);
}

/** Last activities are of a position that is not older than what was seen. */
static void read_last_activities(struct world *world)
{
    const struct person_last_activities query = {.limit = 5000};
    struct person_last_activities_reply page;
    struct refusal refusal = {.code = ERROR_NONE};
    struct reply_envelope reply;
    if (!read_seen(world, NODE_ACTIVITY, NODE_PERSON, &person_last_activities_message, &query, &reply))
        return;
    if (reply.status != REPLY_STATUS_OK || !codec_decode(&person_last_activities_reply_desc, reply.body,
                                                         CODEC_SKIP_UNKNOWN, &world->arena, &page, &refusal))
        fail(world, "last activities are refused: %.*s", (int)reply.error.code.len, reply.error.code.data);
    else if ((uint64_t)page.activity_seq < world->clients.seen[NODE_ACTIVITY])
        fail(world, "last activities of position %lld are older than what was seen", (long long)page.activity_seq);
}

void clients_read(struct world *world)
{
    switch (rng_below(&world->rng, 5)) {
    case 0:
        read_person(world);
        break;
    case 1:
        read_activity(world);
        break;
    case 2:
        read_last_activities(world);
        break;
    default:
        read_figures(world);
        break;
    }
}
