// SPDX-License-Identifier: Apache-2.0
/** A node's turns: what the command loop and the query loop do in one, without sockets and threads. */
#include <stdlib.h>

#include "common/base/must.h"
#include "tests/sim/faults.h"
#include "tests/sim/transport.h"
#include "tests/sim/world.h"

enum {
    TURN_COMMANDS = 8,
    TURN_ASKS = 4,
    SILENCE_MS = 6000, // as the command loop has them
    RETRY_MS = 500,
    HOUSEKEEP_MS = 1000,
};

/** How a batch ends, beside what the disk does. */
enum ending {
    ENDS_WELL,
    ENDS_DEAD,         // the service dies in the commit, whatever became of that
    ENDS_DEAD_UNHEARD, // the commit stands, claims are handed over, and it dies before it replies
};

struct turn {
    struct packet commands[TURN_COMMANDS];
    size_t command_count;
    struct packet pages[NODE_SOURCES];
    bool has_page[NODE_SOURCES];
    enum ending ending;
};

bool node_has_work(struct world *world, struct node *node)
{
    if (!core_may_work(node->core))
        return false;
    bool due = core_work_due_ms(node->core) <= world->utc_ms;
    return due || (node->number == NODE_NOTIFICATION && transport_has_outcomes());
}

static void gather(struct world *world, struct node *node, struct turn *turn)
{
    size_t most = 1 + rng_below(&world->rng, TURN_COMMANDS);
    while (turn->command_count < most &&
           net_take(world, PACKET_COMMAND, node->number, &turn->commands[turn->command_count]))
        turn->command_count++;
    struct packet page;
    while (net_take(world, PACKET_PAGE, node->number, &page)) {
        if (page.incarnation != node->incarnation) {
            packet_fini(&page);
            continue;
        }
        if (turn->has_page[page.source]) {
            net_send(world, &page, bytes_of(page.data, page.len)); // one page a source and batch; this one later
            packet_fini(&page);
            break;
        }
        turn->pages[page.source] = page;
        turn->has_page[page.source] = true;
    }
}

static void apply_pages(struct world *world, struct node *node, const struct turn *turn)
{
    static const char *const uses[] = {"taken", "useless", "not now", "stale"};
    for (size_t i = 0; i < node->source_count; i++) {
        if (!turn->has_page[i])
            continue;
        enum core_page_use use = core_page(node->core, i, bytes_of(turn->pages[i].data, turn->pages[i].len));
        trace(world, "  a page of %s: %s", node->definition->follows[i], uses[use]);
        if (use == CORE_PAGE_STALE)
            continue;
        core_source_answers(node->core, i, use != CORE_PAGE_USELESS);
        node->sources[i].asked = false;
        node->sources[i].ask_from_ms = use == CORE_PAGE_TAKEN ? 0 : world->monotonic_ms + RETRY_MS;
        if (!core_may_follow(node->core, i))
            fail(world, "%s says that %s diverged", node->definition->name, node->definition->follows[i]);
    }
}

static void perform(struct world *world, struct node *node, const struct turn *turn)
{
    struct core_sender sender = core_trusted_sender();
    clients_begin_batch(world);
    core_begin(node->core);
    apply_pages(world, node, turn);
    core_work(node->core);
    for (size_t i = 0; i < turn->command_count; i++)
        core_command(node->core, bytes_of(turn->commands[i].data, turn->commands[i].len), &sender);
    if (turn->command_count > 0 && core_work_due_ms(node->core) <= world->utc_ms)
        core_work(node->core);
    node_ask(world, node); // before the commit
}

/** What becomes of the commit, and of the service in it. */
static void plan(struct world *world, struct turn *turn)
{
    const struct habits *habits = &world->habits;
    unsigned pass = rng_chance(&world->rng, 100); // the store of blobs commits first
    if (world->calm)
        return;
    if (rng_chance(&world->rng, habits->batch_dies)) {
        static const enum commit_fate fates[] = {COMMIT_LOST, COMMIT_UNHEARD, COMMIT_WELL};
        uint64_t choice = rng_below(&world->rng, 3);
        turn->ending = choice == 2 ? ENDS_DEAD_UNHEARD : ENDS_DEAD;
        faults_plan(fates[choice], 0);
    } else if (rng_chance(&world->rng, habits->disk_fails)) {
        faults_plan(rng_chance(&world->rng, 500) ? COMMIT_LOST : COMMIT_UNHEARD, pass);
    } else if (rng_chance(&world->rng, habits->disk_full)) {
        faults_plan(COMMIT_FULL, pass);
    }
}

static void reply(struct world *world, struct node *node, const struct turn *turn)
{
    must(core_reply_count(node->core) == turn->command_count);
    for (size_t i = 0; i < turn->command_count; i++) {
        struct packet packet = turn->commands[i];
        packet.kind = PACKET_REPLY;
        packet.to = turn->commands[i].from;
        packet.from = node->number;
        net_send(world, &packet, core_reply(node->core, i));
    }
}

/** What followers took stands where their sources have it. */
static void check_followed(struct world *world, struct node *node)
{
    for (size_t i = 0; i < node->source_count; i++) {
        struct node *source = &world->nodes[node->sources[i].node];
        struct journal_position at = node_followed(node, i);
        struct journal_record record;
        bool found = false;
        if (at.seq < node->sources[i].followed)
            fail(world, "%s followed %s to %llu, then to %llu", node->definition->name, source->definition->name,
                 (unsigned long long)node->sources[i].followed, (unsigned long long)at.seq);
        node->sources[i].followed = at.seq;
        if (!source->up || at.seq == 0)
            continue;
        struct store_txn *txn = store_begin_read(source->store);
        if (journal_get(txn, at.seq, &record, &found) != FAULT_NONE || !found ||
            memcmp(record.digest.data, at.digest, STORE_DIGEST_BYTES) != 0)
            fail(world, "%s followed %s to %llu, which is not in its journal so", node->definition->name,
                 source->definition->name, (unsigned long long)at.seq);
        store_abort(txn);
    }
}

static void revisit(struct world *world, struct node *node, bool committed);

/** Ends the batch; then either all of it is heard of or nothing. */
static void finish(struct world *world, struct node *node, struct turn *turn)
{
    plan(world, turn);
    if (rng_chance(&world->rng, world->habits.snapshots / 4))
        snapshots_watch_commit(world, node->number);
    enum fault fault = core_end(node->core);
    bool happened = faults_end();
    trace(world, "  ends: %s", fault_name(fault));
    if (turn->ending == ENDS_DEAD_UNHEARD || (turn->ending == ENDS_DEAD && happened)) {
        node_die(world, node, "in a batch");
        return;
    }
    for (size_t i = 0; fault != FAULT_NONE && i < node->source_count; i++)
        node->sources[i].asked = false; // it was asked from a place that was not reached
    if (fault == FAULT_NONE || fault == FAULT_STORAGE_FULL)
        model_audit(world, node);
    clients_check_replies(world, node, turn->commands, turn->command_count, fault);
    reply(world, node, turn);
    if (fault == FAULT_IO || fault == FAULT_CORRUPT || fault == FAULT_FENCED) {
        if (!happened)
            fail(world, "%s meets a fault that nothing caused: %s", node->definition->name, fault_name(fault));
        node_die(world, node, "because of its disk");
        return;
    }
    check_followed(world, node);
    revisit(world, node, core_has_committed(node->core));
}

void node_command_turn(struct world *world, struct node *node)
{
    struct turn turn = {.ending = ENDS_WELL};
    gather(world, node, &turn);
    bool pages = false;
    for (size_t i = 0; i < NODE_SOURCES; i++)
        pages = pages || turn.has_page[i];
    if (turn.command_count > 0 || pages || node_has_work(world, node)) {
        trace(world, "%s takes %zu commands%s", node->definition->name, turn.command_count, pages ? " and pages" : "");
        clients_trace(world, turn.commands, turn.command_count);
        perform(world, node, &turn);
        finish(world, node, &turn);
    }
    for (size_t i = 0; i < turn.command_count; i++)
        packet_fini(&turn.commands[i]);
    for (size_t i = 0; i < NODE_SOURCES; i++)
        if (turn.has_page[i])
            packet_fini(&turn.pages[i]);
    if (node->up && world->monotonic_ms - node->housekept_ms >= HOUSEKEEP_MS) {
        core_housekeep(node->core);
        store_clean_readers(node->store);
        node->housekept_ms = world->monotonic_ms;
    }
}

void node_ask(struct world *world, struct node *node)
{
    for (size_t i = 0; i < node->source_count; i++) {
        struct conversation *source = &node->sources[i];
        if (source->asked && world->monotonic_ms - source->asked_ms >= SILENCE_MS) {
            core_source_answers(node->core, i, false);
            source->asked = false;
        }
        if (source->asked || world->monotonic_ms < source->ask_from_ms || !core_may_follow(node->core, i))
            continue;
        const struct packet ask = {.kind = PACKET_ASK,
                                   .to = source->node,
                                   .from = node->number,
                                   .source = i,
                                   .incarnation = node->incarnation};
        net_send(world, &ask, core_page_request(node->core, i));
        source->asked = true;
        source->asked_ms = world->monotonic_ms;
    }
}

static struct parked *free_place(struct node *node)
{
    for (size_t i = 0; i < NODE_PARKED; i++)
        if (!node->parked[i].data)
            return &node->parked[i];
    return NULL;
}

/** Answers one question, or parks it; true: it keeps the packet's bytes. */
static bool answer(struct world *world, struct node *node, const struct packet *ask)
{
    struct core_sender sender = core_trusted_sender();
    struct parked *place = free_place(node);
    struct bytes frame;
    int64_t wait_ms = 0;
    bool parked =
        core_query(node->core, bytes_of(ask->data, ask->len), &sender, place, &frame, &wait_ms) == CORE_PARKED;
    if (parked) {
        *place = (struct parked){ask->data, ask->len, *ask, world->monotonic_ms + wait_ms};
        return true;
    }
    node_send_page(world, node, ask, frame);
    return false;
}

/** Asks the long polls again: all after a commit, otherwise those whose time is over. */
static void revisit(struct world *world, struct node *node, bool committed)
{
    struct core_sender sender = core_trusted_sender();
    for (size_t i = 0; i < NODE_PARKED; i++) {
        struct parked *parked = &node->parked[i];
        bool over = parked->until_ms <= world->monotonic_ms;
        struct bytes frame;
        int64_t wait_ms = 0;
        if (!parked->data || (!committed && !over) ||
            core_query(node->core, bytes_of(parked->data, parked->len), &sender, !over, &frame, &wait_ms) ==
                CORE_PARKED)
            continue;
        node_send_page(world, node, &parked->ask, frame);
        free(parked->data);
        parked->data = NULL;
    }
}

void node_query_turn(struct world *world, struct node *node)
{
    struct packet ask;
    for (size_t i = 0; i < TURN_ASKS && net_take(world, PACKET_ASK, node->number, &ask); i++)
        if (!answer(world, node, &ask))
            packet_fini(&ask);
    revisit(world, node, false);
}
