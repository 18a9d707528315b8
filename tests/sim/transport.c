// SPDX-License-Identifier: Apache-2.0
#include "services/notification/transport.h"
#include "tests/sim/transport.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "services/notification/recipients.h"
#include "tests/sim/world.h"

enum { TRANSPORTS = 2, MOST_SLOTS = 256 };

struct transport {
    struct transport_config config;
    bool used;
    bool ended;
    struct message *under_way[MOST_SLOTS];
    size_t under_way_count;
    struct outcome outcomes[MOST_SLOTS]; // not collected
    size_t outcome_count;
};

static struct transport transports[TRANSPORTS];

enum fault transport_open(const struct transport_config *config, struct transport **out_transport)
{
    must(config->slots <= MOST_SLOTS);
    for (size_t i = 0; i < TRANSPORTS; i++) {
        struct transport *transport = &transports[i];
        if (transport->used)
            continue;
        transport->config = *config;
        transport->used = true;
        transport->ended = false;
        transport->under_way_count = 0;
        transport->outcome_count = 0;
        *out_transport = transport;
        return FAULT_NONE;
    }
    must(false); // more transports than there are channels
    return FAULT_MEMORY;
}

size_t transport_free_slots(struct transport *transport)
{
    if (transport->ended)
        return 0;
    return transport->config.slots - transport->under_way_count - transport->outcome_count;
}

/** Whether the committed row says that it was claimed. */
static bool is_claimed(const struct world *world, uint64_t recipient)
{
    struct arena arena;
    struct kept_recipient row;
    arena_init(&arena, 1024 * 1024);
    struct ctx ctx = {.txn = store_begin_read(world->nodes[NODE_NOTIFICATION].store), .arena = &arena};
    bool claimed = recipient_get(&ctx, recipient, &row) && row.recipient.state == RECIPIENT_STATE_CLAIMED;
    store_abort(ctx.txn);
    arena_fini(&arena);
    return claimed;
}

void transport_hand_over(struct transport *transport, struct message *message)
{
    struct world *world = world_current();
    must(!transport->ended && transport_free_slots(transport) > 0);
    transport->under_way[transport->under_way_count++] = message;
    model_handed_over(world, message->recipient, is_claimed(world, message->recipient));
}

size_t transport_collect(struct transport *transport, struct outcome *out_outcomes, size_t max)
{
    size_t count = transport->outcome_count < max ? transport->outcome_count : max;
    memcpy(out_outcomes, transport->outcomes, count * sizeof *out_outcomes);
    transport->outcome_count -= count;
    memmove(transport->outcomes, transport->outcomes + count, transport->outcome_count * sizeof *out_outcomes);
    return count;
}

/** What each outcome is in the world outside, and how often it comes, in hundredths. */
static const struct {
    enum outcome_kind kind;
    enum truth truth;
    unsigned percent;
    const char *code;
    const char *reason;
} fates[] = {
    {OUTCOME_ACCEPTED, TRUTH_ACCEPTED, 60, "250", NULL},
    {OUTCOME_DEFERRED, TRUTH_DEFERRED, 12, "451", NULL},
    {OUTCOME_FAILED, TRUTH_FAILED, 10, "550", NULL},
    {OUTCOME_UNKNOWN, TRUTH_UNKNOWN, 10, "timeout", NULL},
    {OUTCOME_GIVEN_BACK, TRUTH_GIVEN_BACK, 5, "", NULL},
    {OUTCOME_MISCONFIGURED, TRUTH_MISCONFIGURED, 3, "535", "The simulated server takes nobody's mail."},
};

static void settle(struct world *world, struct transport *transport, size_t place, size_t fate)
{
    struct message *message = transport->under_way[place];
    struct outcome *outcome = &transport->outcomes[transport->outcome_count++];
    *outcome =
        (struct outcome){.recipient = message->recipient, .kind = fates[fate].kind, .reason = fates[fate].reason};
    snprintf(outcome->code, sizeof outcome->code, "%s", fates[fate].code);
    trace(world, "a transport settles recipient %llu: %s", (unsigned long long)message->recipient,
          fates[fate].code[0] ? fates[fate].code : "given back");
    model_outcome(world, message->recipient, fates[fate].truth);
    message_free(message);
    transport->under_way_count--;
    memmove(&transport->under_way[place], &transport->under_way[place + 1],
            (transport->under_way_count - place) * sizeof transport->under_way[0]);
}

static size_t choose_fate(struct world *world)
{
    if (world->calm)
        return 0;
    unsigned left = (unsigned)rng_below(&world->rng, 100);
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
        if (left < fates[i].percent)
            return i;
        left -= fates[i].percent;
    }
    return 0;
}

/** Those that were not begun are given back; those under way get an answer in time, or none. */
void transport_stop(struct transport *transport, int grace_ms)
{
    (void)grace_ms;
    static const size_t endings[] = {4, 4, 0, 3}; // in fates
    struct world *world = world_current();
    transport->ended = true;
    while (transport->under_way_count > 0)
        settle(world, transport, 0, endings[rng_below(&world->rng, 4)]);
}

/** Without a stop before it the service has died: what became of the rest nobody knows. */
void transport_close(struct transport *transport)
{
    if (!transport)
        return;
    for (size_t i = 0; i < transport->under_way_count; i++) {
        model_outcome(world_current(), transport->under_way[i]->recipient, TRUTH_LOST);
        message_free(transport->under_way[i]);
    }
    transport->under_way_count = 0;
    transport->outcome_count = 0;
    transport->used = false;
}

bool transport_has_outcomes(void)
{
    return transports[0].outcome_count + transports[1].outcome_count > 0;
}

size_t transport_under_way(void)
{
    return transports[0].under_way_count + transports[1].under_way_count;
}

void transport_turn(struct world *world)
{
    size_t first = rng_below(&world->rng, TRANSPORTS);
    for (size_t i = 0; i < TRANSPORTS; i++) {
        struct transport *transport = &transports[(first + i) % TRANSPORTS];
        if (!transport->used || transport->under_way_count == 0)
            continue;
        settle(world, transport, rng_below(&world->rng, transport->under_way_count), choose_fate(world));
        return;
    }
}
