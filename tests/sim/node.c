// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/node.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "common/store/following.h"
#include "services/activity/activity.h"
#include "services/notification/notification.h"
#include "services/person/person.h"
#include "services/stats/stats.h"
#include "tests/sim/faults.h"
#include "tests/sim/world.h"

enum {
    MEMORY_IDS = 100 * 1000,
    MOST_DOWN_MS = 8000,
    COMMITS_OF_A_START = 6, // about as many as a start has at most
    SNAPSHOT_FROM = 10,     // records: most worlds have more
};

static const struct service_definition *const definitions[NODE_COUNT] = {
    [NODE_PERSON] = &person_definition,
    [NODE_ACTIVITY] = &activity_definition,
    [NODE_NOTIFICATION] = &notification_definition,
    [NODE_STATS] = &stats_definition,
};

static int number_of(const char *service)
{
    for (int i = 0; i < NODE_COUNT; i++)
        if (strcmp(definitions[i]->name, service) == 0)
            return i;
    must(false); // a followed service that is not simulated
    return 0;
}

void node_init(struct world *world, int number)
{
    struct node *node = &world->nodes[number];
    const struct service_definition *definition = definitions[number];
    *node = (struct node){.number = number, .definition = definition, .source_count = definition->follow_count};
    must(definition->follow_count <= NODE_SOURCES);
    snprintf(node->path, sizeof node->path, "%s/%s", world->folder, definition->name);
    for (size_t i = 0; i < definition->follow_count; i++)
        node->sources[i].node = number_of(definition->follows[i]);
    node->store_config = service_store_config(definition);
    node->store_config.path = node->path;
    node->store_config.map_bytes = (uint64_t)1 << 30;
    node->store_config.min_free_bytes = 1;
    node->store_config.index_memory_entries = world->index_memory_entries;
    node->store_config.clock = &world->clock;
    node->store_config.random = &world->random;
}

/** Frees what a start made, as far as it came. */
static void drop(struct node *node)
{
    core_free(node->core);
    if (node->self && node->definition->close)
        node->definition->close(node->self);
    if (node->store)
        store_close(node->store);
    node->core = NULL;
    node->self = NULL;
    node->store = NULL;
    node->up = false;
    for (size_t i = 0; i < node->source_count; i++)
        node->sources[i].asked = false;
    for (size_t i = 0; i < NODE_PARKED; i++) {
        free(node->parked[i].data);
        node->parked[i].data = NULL;
    }
}

static enum fault open_all(struct world *world, struct node *node)
{
    const struct service_options options = {.data_path = node->path, .counters = &node->counters};
    enum fault fault = store_open(&node->store_config, &node->store);
    if (fault == FAULT_NONE && node->definition->open)
        fault = node->definition->open(&options, node->store, &node->self);
    const struct core_config config = {
        .definition = node->definition,
        .self = node->self,
        .store = node->store,
        .counters = &node->counters,
        .map = &node->map,
        .clock = &world->clock,
        .memory_limit = MEMORY_IDS,
        .snapshot_from = node->snapshot_from,
    };
    return fault == FAULT_NONE ? core_new(&config, &node->core) : fault;
}

/** Stats has nothing of its own here: whatever it lost it has to come to again, with every record or with a snapshot. */
static void wipe(struct world *world, struct node *node)
{
    trace(world, "%s has lost its store", node->definition->name);
    world_remove(node->path);
    node->audited = (struct journal_position){.seq = 0};
    node->logged = (struct access_position){.row = 0};
    for (size_t i = 0; i < node->source_count; i++)
        node->sources[i].followed = 0;
    node->snapshot_from = rng_chance(&world->rng, 500) ? SNAPSHOT_FROM : 0;
}

bool node_start(struct world *world, struct node *node)
{
    must(!node->up);
    if (node->number == NODE_STATS && !world->calm && rng_chance(&world->rng, world->habits.wiped))
        wipe(world, node);
    bool dies = !world->calm && rng_chance(&world->rng, world->habits.batch_dies);
    bool full = !world->calm && rng_chance(&world->rng, world->habits.quota);
    node->store_config.quota_bytes = full ? 1 : 0;
    if (dies)
        faults_plan(rng_chance(&world->rng, 500) ? COMMIT_LOST : COMMIT_UNHEARD,
                    (unsigned)rng_below(&world->rng, COMMITS_OF_A_START));
    enum fault fault = open_all(world, node);
    bool died = faults_end();
    node->incarnation++;
    if (died || fault != FAULT_NONE) {
        if (!died)
            fail(world, "%s does not start: %s", node->definition->name, fault_name(fault));
        trace(world, "%s starts and dies", node->definition->name);
        drop(node);
        node->down_until_ms = world->monotonic_ms;
        return false;
    }
    node->up = true;
    trace(world, "%s starts at %llu%s", node->definition->name, (unsigned long long)store_seq(node->store),
          full ? ", with its quota passed" : "");
    model_check_kept(world, node);
    model_audit(world, node);
    return true;
}

void node_die(struct world *world, struct node *node, const char *how)
{
    trace(world, "%s dies %s", node->definition->name, how);
    snapshots_end(world, node->number);
    drop(node);
    net_node_died(world, node->number);
    node->down_until_ms = world->monotonic_ms + (int64_t)rng_below(&world->rng, MOST_DOWN_MS);
}

void node_send_page(struct world *world, const struct node *node, const struct packet *ask, struct bytes frame)
{
    struct packet page = *ask;
    page.kind = PACKET_PAGE;
    page.to = ask->from;
    page.from = node->number;
    net_send(world, &page, frame);
}

/** Tells those whose long polls wait to ask again. */
static void end_long_polls(struct world *world, struct node *node)
{
    for (size_t i = 0; i < NODE_PARKED; i++) {
        struct parked *parked = &node->parked[i];
        if (!parked->data)
            continue;
        node_send_page(world, node, &parked->ask, core_query_stopping(node->core, bytes_of(parked->data, parked->len)));
        free(parked->data);
        parked->data = NULL;
    }
}

void node_stop(struct world *world, struct node *node)
{
    const struct service_work *work = &node->definition->work;
    trace(world, "%s stops", node->definition->name);
    snapshots_end(world, node->number);
    if (work->stopping) {
        work->stopping(node->self);
        core_begin(node->core);
        core_work(node->core);
        if (!world->calm && rng_chance(&world->rng, world->habits.batch_dies))
            faults_plan(rng_chance(&world->rng, 500) ? COMMIT_LOST : COMMIT_UNHEARD, 0);
        enum fault fault = core_end(node->core);
        faults_end();
        trace(world, "  its last batch: %s", fault_name(fault));
    }
    end_long_polls(world, node);
    drop(node);
    node->down_until_ms = world->monotonic_ms + (int64_t)rng_below(&world->rng, MOST_DOWN_MS);
}

struct reply_envelope node_query(struct world *world, struct node *node, const struct message_desc *message,
                                 const void *body, const struct seen_position *seen, size_t seen_count)
{
    const struct core_sender sender = core_trusted_sender();
    struct refusal refusal = {.code = ERROR_NONE};
    struct reply_envelope reply = {.status = REPLY_STATUS_ERROR};
    struct bytes frame;
    int64_t wait_ms = 0;
    buffer_reset(&world->body);
    codec_encode(message->body, body, &world->body);
    const struct query_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = TEXT("q"),
        .type = text_of(message->type),
        .body = buffer_bytes(&world->body),
        .has_source = true,
        .source = TEXT("observer"),
        .seen = {seen_count, seen},
    };
    buffer_reset(&world->frame);
    codec_encode(&query_envelope_desc, &envelope, &world->frame);
    must(core_query(node->core, buffer_bytes(&world->frame), &sender, false, &frame, &wait_ms) == CORE_ANSWERED);
    frame = arena_bytes(&world->arena, frame);
    if (!envelope_read_reply(frame, &world->arena, &reply, &refusal))
        fail(world, "%s answers %s with what is no reply", node->definition->name, message->type);
    return reply;
}

bool node_answer(struct world *world, struct node *node, const struct message_desc *message, const void *body,
                 void *out_reply)
{
    struct refusal refusal = {.code = ERROR_NONE};
    struct reply_envelope reply = node_query(world, node, message, body, NULL, 0);
    if (reply.status == REPLY_STATUS_OK &&
        codec_decode(message->reply, reply.body, CODEC_SKIP_UNKNOWN, &world->arena, out_reply, &refusal))
        return true;
    fail(world, "%s refuses %s: %.*s", node->definition->name, message->type, (int)reply.error.code.len,
         reply.error.code.data ? reply.error.code.data : "");
    return false;
}

struct journal_position node_followed(struct node *node, size_t source)
{
    struct follow_position position = {.epoch = 0};
    struct store_txn *txn = store_begin_read(node->store);
    bool known = follow_position_get(txn, node->definition->follows[source], &position);
    store_abort(txn);
    return known ? position.at : (struct journal_position){.seq = 0};
}
