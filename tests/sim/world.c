// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/must.h"
#include "tests/sim/transport.h"

static const int64_t START_MS = 1795000000000;

enum {
    ARENA_BYTES = 64 * 1024 * 1024,
    BUFFER_BYTES = 8 * 1024 * 1024,
    HOUR_MS = 60 * 60 * 1000,
};

static struct world *current;

struct world *world_current(void)
{
    return current;
}

void trace(struct world *world, const char *format, ...)
{
    va_list arguments;
    if (!world->trace)
        return;
    int64_t ms = world->monotonic_ms;
    fprintf(world->trace, "%5llu %4lld.%03lld  ", (unsigned long long)world->step, (long long)(ms / 1000),
            (long long)(ms % 1000));
    va_start(arguments, format);
    // clang-tidy 14 takes the list for uninitialized when it reads several files in one run.
    vfprintf(world->trace, format, arguments); // NOLINT(clang-analyzer-valist.Uninitialized)
    va_end(arguments);
    fputc('\n', world->trace);
}

void fail(struct world *world, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!world->failed) {
        int len = snprintf(world->failure, sizeof world->failure, "step %llu: ", (unsigned long long)world->step);
        // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): as above
        vsnprintf(world->failure + len, sizeof world->failure - (size_t)len, format, arguments);
        trace(world, "FAILED %s", world->failure);
    }
    va_end(arguments);
    world->failed = true;
}

static int64_t utc_ms(void *self)
{
    return ((struct world *)self)->utc_ms;
}

static int64_t monotonic_ms(void *self)
{
    return ((struct world *)self)->monotonic_ms;
}

static void fill(void *self, void *out, size_t len)
{
    struct world *world = self;
    uint8_t *bytes = out;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)rng_next(&world->salts);
}

/** One world in five has all of it, the others about half. */
static void choose_habits(struct world *world)
{
    static const struct habits most = {.lost = 150,
                                       .repeated = 200,
                                       .batch_dies = 40,
                                       .disk_full = 60,
                                       .disk_fails = 20,
                                       .dies = 60,
                                       .stops = 60,
                                       .quota = 150,
                                       .jumps = 500,
                                       .broken = 100,
                                       .lazy = 600,
                                       .snapshots = 1000,
                                       .wiped = 100};
    const unsigned *from = (const unsigned *)&most;
    unsigned *to = (unsigned *)&world->habits;
    bool all = rng_chance(&world->rng, 200);
    for (size_t i = 0; i < sizeof most / sizeof *from; i++)
        to[i] = all || rng_chance(&world->rng, 500) ? (unsigned)rng_below(&world->rng, from[i] + 1) : 0;
}

void world_init(struct world *world, uint64_t seed, const char *root, FILE *trace_file)
{
    static const size_t sizes[] = {4, 16, 80, 300};
    memset(world, 0, sizeof *world);
    world->seed = seed;
    world->rng.state = seed;
    world->salts.state = ~seed;
    world->trace = trace_file;
    world->monotonic_ms = 5000;
    world->utc_ms = START_MS + world->monotonic_ms;
    world->clock = (struct clock){utc_ms, monotonic_ms, world};
    world->random = (struct random_source){fill, world};
    choose_habits(world);
    world->index_memory_entries = sizes[rng_below(&world->rng, sizeof sizes / sizeof *sizes)];
    snprintf(world->folder, sizeof world->folder, "%s/personkort-sim-%d-XXXXXX", root, (int)getpid());
    must(mkdtemp(world->folder));
    arena_init(&world->arena, ARENA_BYTES);
    buffer_init(&world->body, BUFFER_BYTES);
    buffer_init(&world->frame, BUFFER_BYTES);
    current = world;
    for (int i = 0; i < NODE_COUNT; i++)
        node_init(world, i);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void world_fini(struct world *world)
{
    for (int i = 0; i < NODE_COUNT; i++)
        if (world->nodes[i].up)
            node_die(world, &world->nodes[i], "with its world");
    net_fini(&world->net);
    clients_fini(&world->clients);
    arena_fini(&world->arena);
    buffer_fini(&world->body);
    buffer_fini(&world->frame);
    world_remove(world->folder);
    current = NULL;
}

void world_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void pass_time(struct world *world, int64_t ms)
{
    world->monotonic_ms += ms;
    world->utc_ms += ms;
}

static void jump(struct world *world)
{
    static const int64_t jumps[] = {-HOUR_MS, HOUR_MS, -24 * HOUR_MS, 24 * HOUR_MS, -5000, 70 * 1000};
    int64_t by_ms = jumps[rng_below(&world->rng, sizeof jumps / sizeof *jumps)];
    if (rng_chance(&world->rng, 500))
        by_ms = -world->offset_ms; // somebody sets it right
    if (by_ms < 0)
        clients_forget_past(world);
    world->offset_ms += by_ms;
    world->utc_ms += by_ms;
    trace(world, "the wall clock jumps by %lld ms", (long long)by_ms);
}

/** An event as a program of another version might have journalled it. */
static void journal_broken(struct world *world)
{
    static const uint8_t nothing = 0x80;
    struct node *node = &world->nodes[NODE_PERSON];
    char subject[32];
    if (!node->up)
        return;
    bool update = world->model.last_person > 0 && rng_chance(&world->rng, 700);
    uint64_t person = update ? 1 + rng_below(&world->rng, world->model.last_person) : 900 + world->step;
    int len = snprintf(subject, sizeof subject, "person/%llu", (unsigned long long)person);
    const struct journal_header header = {
        .time_ms = world->utc_ms,
        .person = person,
        .type = update ? TEXT("person.updated") : TEXT("person.created"),
        .subject = {subject, (size_t)len},
    };
    struct store_txn *txn = store_begin_write(node->store);
    uint64_t seq = journal_append(txn, &header, bytes_of(&nothing, 1));
    enum fault fault = store_commit(txn);
    trace(world, "person journals at %llu what nobody can apply, of %s: %s", (unsigned long long)seq, subject,
          fault_name(fault));
    model_audit(world, node);
}

/** Death, stop and start of a service. */
static void change_node(struct world *world)
{
    struct node *node = &world->nodes[rng_below(&world->rng, NODE_COUNT)];
    if (!node->up) {
        if (world->monotonic_ms >= node->down_until_ms)
            node_start(world, node);
        return;
    }
    if (rng_chance(&world->rng, world->habits.dies))
        node_die(world, node, "by itself");
    else if (rng_chance(&world->rng, world->habits.stops))
        node_stop(world, node);
}

static void turn_node(struct world *world)
{
    struct node *node = &world->nodes[rng_below(&world->rng, NODE_COUNT)];
    if (!node->up)
        return;
    if (!rng_chance(&world->rng, world->habits.lazy))
        node_ask(world, node);
    if (rng_chance(&world->rng, 600))
        node_command_turn(world, node);
    if (node->up && !rng_chance(&world->rng, world->habits.lazy))
        node_query_turn(world, node);
}

static void step(struct world *world)
{
    uint64_t choice = rng_below(&world->rng, 100);
    arena_reset(&world->arena);
    world->step++;
    pass_time(world, (int64_t)rng_below(&world->rng, 30));
    if (choice < 15)
        clients_issue(world);
    else if (choice < 60)
        turn_node(world);
    else if (choice < 72)
        clients_turn(world);
    else if (choice < 78)
        transport_turn(world);
    else if (choice < 83)
        clients_read(world);
    else if (choice < 91)
        change_node(world);
    else if (choice < 94)
        pass_time(world, (int64_t)rng_below(&world->rng, rng_chance(&world->rng, 100) ? 3 * 60 * 1000 : 3000));
    else if (choice < 96 && rng_chance(&world->rng, world->habits.jumps))
        jump(world);
    else if (choice < 98 && rng_chance(&world->rng, world->habits.broken))
        journal_broken(world);
    else if (rng_chance(&world->rng, world->habits.snapshots))
        snapshots_turn(world);
}

/** Whether something is still to happen by itself. */
static bool is_at_rest(struct world *world)
{
    if (clients_open(&world->clients) > 0 || transport_under_way() > 0 || transport_has_outcomes())
        return false;
    for (int i = 0; i < NODE_COUNT; i++) {
        struct node *node = &world->nodes[i];
        if (core_work_due_ms(node->core) != INT64_MAX)
            return false;
        for (size_t s = 0; s < node->source_count; s++)
            if (node_followed(node, s).seq != store_seq(world->nodes[node->sources[s].node].store))
                return false;
    }
    return true;
}

/** On to the moment when the next thing is due; a little, when something is under way. */
static void wait_calmly(struct world *world)
{
    int64_t next_ms = world->utc_ms + 400;
    int64_t due_ms = INT64_MAX;
    bool busy = clients_open(&world->clients) > 0 || transport_under_way() > 0;
    for (int i = 0; i < NODE_COUNT; i++) {
        if (core_work_due_ms(world->nodes[i].core) < due_ms)
            due_ms = core_work_due_ms(world->nodes[i].core);
    }
    if (!busy && due_ms != INT64_MAX && due_ms > next_ms)
        next_ms = due_ms;
    pass_time(world, next_ms - world->utc_ms);
}

static void settle(struct world *world)
{
    enum { MOST_ROUNDS = 3000 };
    world->calm = true;
    trace(world, "all becomes calm");
    for (int i = 0; i < NODE_COUNT; i++) {
        struct node *node = &world->nodes[i];
        snapshots_end(world, i);
        if (node->up && node->store_config.quota_bytes)
            node_stop(world, node);
        if (!node->up)
            node_start(world, node);
    }
    for (int round = 0; round < MOST_ROUNDS && !world->failed; round++) {
        arena_reset(&world->arena);
        world->step++;
        for (int i = 0; i < NODE_COUNT; i++) {
            node_query_turn(world, &world->nodes[i]);
            node_ask(world, &world->nodes[i]);
            node_command_turn(world, &world->nodes[i]);
        }
        for (int i = 0; i < CLIENT_COUNT; i++)
            clients_turn(world);
        while (transport_under_way() > 0)
            transport_turn(world);
        if (is_at_rest(world))
            return;
        wait_calmly(world);
    }
    fail(world, "the world does not come to rest");
}

bool world_run(struct world *world, uint64_t steps)
{
    trace(world, "seed %llu, %zu entries of indexes wait", (unsigned long long)world->seed,
          world->index_memory_entries);
    for (int i = 0; i < NODE_COUNT; i++)
        node_start(world, &world->nodes[i]);
    while (world->step < steps && !world->failed)
        step(world);
    if (!world->failed)
        settle(world);
    if (!world->failed)
        model_check_rest(world);
    if (!world->failed)
        trace(world, "all holds: %zu commands, %llu activities, %llu recipients", world->clients.count,
              (unsigned long long)world->model.last_activity, (unsigned long long)world->model.last_recipient);
    return !world->failed;
}
