// SPDX-License-Identifier: Apache-2.0
/**
 * The command loop: takes everything that is waiting, runs it in one transaction, commits once, sends all replies. The only
 * writer. Pages of followed journals and the service's own work enter here too, in the same batch, and are never refused as busy.
 */
#include "common/service/loops.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/wire/frame.h"

enum {
    FOLLOWED_MAX = 8,
    FIRST_WAY_ITEM = 3, // poll items: stop, work, access log, the ways to the command door, then the sources
    SILENCE_MS = 6000,  // a source that says nothing for so long does not answer
    RETRY_MS = 500,     // after an answer that was of no use
    PACE_MS = 6,        // between pages of a source that this service keeps up with, for each costs a sync of the disk
    BURST_MS = 24,      // pages of so long may come at once before that counts
    BUSY_RECORDS = 4,   // a page of so many is from a source under load, if only one client's; the next one waits
    BUSY_PACE_MS = 40,  // far longer, for it shares the disk
    STOP_MS = 2000,     // after a signal: what still comes then is for the next start, by its sender's repeat
    READER_CHECK_MS = 10 * 1000,
    GIVE_BACK_MS = 60 * 1000,
};

/** The conversation with one followed service. */
struct conversation {
    struct bus_socket *dealer;
    int64_t asked_ms;       // monotonic; when the page under way was asked for
    int64_t ask_from_ms;    // not before
    int64_t paced_until_ms; // every page adds its pace to it
    bool asked;
    struct bus_message page; // taken in, to be applied in this batch
    bool has_page;
};

struct loop {
    struct running *running;
    struct bus_message messages[CORE_BATCH_COMMANDS];
    struct bus_sender senders[CORE_BATCH_COMMANDS]; // of the batch's messages; the core borrows their names
    size_t message_count;
    size_t message_bytes;
    size_t frames_taken; // of the batch: its messages, and what was dropped
    struct conversation sources[FOLLOWED_MAX];
    size_t source_count;
    int64_t stop_by_ms; // monotonic; 0: no signal has come
    int64_t housekept_ms;
    int64_t readers_checked_ms;
    int64_t gave_back_ms;
    bool has_run; // a batch, since it gave memory back
};

static int64_t now_ms(const struct loop *loop)
{
    return clock_monotonic_ms(loop->running->clock);
}

static bool connect_source(struct loop *loop, size_t index)
{
    const struct running *running = loop->running;
    const struct bus_limits limits = {FRAME_SERVICE_BYTES + 4096, 4};
    const struct bus_address *address = bus_map_find(running->map, text_of(running->definition->follows[index]));
    if (!address) {
        LOG(LOG_LEVEL_ERROR, "the bus file lacks a service that this one follows",
            log_name("source", running->definition->follows[index]));
        return false;
    }
    return bus_connect_dealer(running->bus, address->query, limits, &loop->sources[index].dealer) == FAULT_NONE;
}

/** Takes in what waits at the command door, as far as the batch has room. */
static void gather_commands(struct loop *loop)
{
    // What is dropped counts too, or whoever sends nothing else keeps the loop here.
    for (; loop->frames_taken < CORE_BATCH_COMMANDS && loop->message_bytes < CORE_BATCH_BYTES; loop->frames_taken++) {
        struct bus_message *message = &loop->messages[loop->message_count];
        enum bus_received received = door_receive(&loop->running->commands, message);
        if (received == BUS_NOTHING)
            return;
        if (received == BUS_DROPPED) {
            counter_add(loop->running->counters, COUNTER_FRAMES_DROPPED, 1);
            continue;
        }
        loop->message_bytes += message->payload.len;
        loop->message_count++;
    }
}

static bool gather_pages(struct loop *loop)
{
    bool any = false;
    for (size_t i = 0; i < loop->source_count; i++) {
        struct conversation *source = &loop->sources[i];
        if (source->has_page || bus_receive(source->dealer, &source->page) != BUS_MESSAGE)
            continue;
        source->has_page = true;
        any = true;
    }
    return any;
}

static void ask(struct loop *loop, size_t index)
{
    struct conversation *source = &loop->sources[index];
    if (!core_may_follow(loop->running->core, index))
        return;
    int64_t now = now_ms(loop);
    if (source->asked || now < source->ask_from_ms)
        return;
    source->asked = bus_send(source->dealer, core_page_request(loop->running->core, index));
    source->asked_ms = now;
    source->ask_from_ms = now + (source->asked ? 0 : RETRY_MS);
}

/** Once what came was taken: a commit may have taken longer than an answer may. */
static void judge_silence(struct loop *loop)
{
    for (size_t i = 0; i < loop->source_count; i++) {
        struct conversation *source = &loop->sources[i];
        if (!source->asked || source->has_page || now_ms(loop) - source->asked_ms < SILENCE_MS)
            continue;
        core_source_answers(loop->running->core, i, false);
        source->asked = false; // the answer may still come, and is told apart by its id
    }
}

static void ask_all(struct loop *loop)
{
    for (size_t i = 0; i < loop->source_count; i++)
        ask(loop, i);
}

/** What was asked for goes on from a place that was not reached: the core passes its answer over. What failed may fail again, so not at once. */
static void forget_questions(struct loop *loop)
{
    for (size_t i = 0; i < loop->source_count; i++) {
        loop->sources[i].asked = false;
        loop->sources[i].ask_from_ms = now_ms(loop) + RETRY_MS;
    }
}

/** When to ask for the next page. */
static int64_t ask_from(struct loop *loop, size_t index, enum core_page_use use)
{
    struct conversation *source = &loop->sources[index];
    int64_t now = now_ms(loop);
    if (use != CORE_PAGE_TAKEN)
        return now + RETRY_MS;
    if (core_is_behind(loop->running->core, index))
        return now;
    int64_t pace_ms = core_page_records(loop->running->core, index) < BUSY_RECORDS ? PACE_MS : BUSY_PACE_MS;
    int64_t own_pace_ms = loop->running->definition->follow_pace_ms;
    pace_ms = own_pace_ms > pace_ms ? own_pace_ms : pace_ms;
    source->paced_until_ms = pace_ms + (source->paced_until_ms > now ? source->paced_until_ms : now);
    return source->paced_until_ms - BURST_MS;
}

static void apply_pages(struct loop *loop)
{
    for (size_t i = 0; i < loop->source_count; i++) {
        struct conversation *source = &loop->sources[i];
        if (!source->has_page)
            continue;
        enum core_page_use use = core_page(loop->running->core, i, source->page.payload);
        if (use == CORE_PAGE_STALE)
            continue;
        core_source_answers(loop->running->core, i, use != CORE_PAGE_USELESS);
        source->asked = false;
        source->ask_from_ms = ask_from(loop, i, use);
    }
}

static void finish_batch(struct loop *loop)
{
    const struct running *running = loop->running;
    must(core_reply_count(running->core) == loop->message_count);
    for (size_t i = 0; i < loop->message_count; i++) {
        if (!bus_reply(loop->messages[i].socket, &loop->messages[i].peer, core_reply(running->core, i)))
            counter_add(running->counters, COUNTER_REPLIES_UNDELIVERED, 1);
        bus_message_close(&loop->messages[i]);
    }
    loop->message_count = 0;
    loop->message_bytes = 0;
    for (size_t i = 0; i < loop->source_count; i++) {
        if (loop->sources[i].has_page)
            bus_message_close(&loop->sources[i].page);
        loop->sources[i].has_page = false;
    }
}

static bool work_is_due(const struct loop *loop)
{
    return core_work_due_ms(loop->running->core) <= clock_utc_ms(loop->running->clock);
}

static void run_commands(struct loop *loop, size_t first)
{
    for (size_t i = first; i < loop->message_count; i++) {
        loop->senders[i] = bus_sender_of(&loop->messages[i]);
        struct core_sender sender = door_core_sender(&loop->senders[i]);
        core_command(loop->running->core, loop->messages[i].payload, &sender);
    }
}

static void run_batch(struct loop *loop)
{
    struct running *running = loop->running;
    loop->has_run = true;
    core_begin(running->core);
    apply_pages(loop);
    core_work(running->core);
    // What came while these ran is waiting, too: it shares their commit, where it would wait for the end of it.
    for (size_t done = 0; done < loop->message_count; gather_commands(loop)) {
        run_commands(loop, done);
        done = loop->message_count;
    }
    if (loop->message_count > 0 && work_is_due(loop))
        core_work(running->core); // what the commands asked for need not wait for a commit of its own
    ask_all(loop);                // the source reads the next page while the disk syncs this one
    enum fault fault = core_end(running->core);
    if (fault != FAULT_NONE)
        forget_questions(loop);
    finish_batch(loop);
    if (core_has_committed(running->core) || fault != FAULT_NONE)
        loop_ring(running->commit_fd);
    if (core_wants_compaction(running->core) && !atomic_load(&running->compacts))
        running_compact(running);
    if (fault == FAULT_IO || fault == FAULT_CORRUPT || fault == FAULT_FENCED) {
        LOG(LOG_LEVEL_ERROR, "the service stops; its supervisor starts it anew", log_name("fault", fault_name(fault)));
        running_fail(running);
    }
}

/**
 * Gives the system what a burst left free within the heap, which glibc keeps otherwise: 20 MiB of 203 after an import of a million persons. Takes some
 * milliseconds, in a turn that had nothing else to do.
 */
static void give_memory_back(struct loop *loop, int64_t now)
{
    if (!loop->has_run || now - loop->gave_back_ms < GIVE_BACK_MS)
        return;
    malloc_trim(0);
    loop->gave_back_ms = now;
    loop->has_run = false;
}

static void housekeep(struct loop *loop)
{
    int64_t now = now_ms(loop);
    if (now - loop->housekept_ms >= LOOP_TURN_MS) {
        core_housekeep(loop->running->core);
        loop->housekept_ms = now;
    }
    if (now - loop->readers_checked_ms >= READER_CHECK_MS) {
        int cleaned = store_clean_readers(loop->running->store);
        if (cleaned > 0)
            LOG(LOG_LEVEL_WARNING, "freed the slots of readers that died", log_int("readers", cleaned));
        loop->readers_checked_ms = now;
    }
}

/** How long the loop may sleep. */
static int sleep_ms(const struct loop *loop, bool may_work)
{
    int64_t sleep = LOOP_TURN_MS;
    if (may_work) {
        int64_t due = core_work_due_ms(loop->running->core);
        int64_t now = clock_utc_ms(loop->running->clock);
        if (due < now + sleep)
            sleep = due > now ? due - now : 0;
    }
    int64_t monotonic = now_ms(loop);
    int64_t access_due = core_access_due_ms(loop->running->core);
    if (access_due < monotonic + sleep)
        sleep = access_due > monotonic ? access_due - monotonic : 0;
    for (size_t i = 0; i < loop->source_count; i++) {
        const struct conversation *source = &loop->sources[i];
        if (!source->asked && core_may_follow(loop->running->core, i) && source->ask_from_ms - monotonic < sleep)
            sleep = source->ask_from_ms > monotonic ? source->ask_from_ms - monotonic : 0;
    }
    return (int)sleep;
}

/** One turn; false when the service is to stop and nothing waits any more, or does not cease to. */
static bool turn(struct loop *loop)
{
    struct running *running = loop->running;
    const struct service_work *work = &running->definition->work;
    bool may_work = core_may_work(running->core);
    struct bus_poll_item items[FIRST_WAY_ITEM + DOOR_WAYS + FOLLOWED_MAX] = {
        {.fd = running->stop_fd},
        {.fd = may_work && work->wake_fd ? work->wake_fd(running->self) : -1},
        {.fd = running->access_fd},
    };
    size_t count = FIRST_WAY_ITEM + door_poll_items(&running->commands, &items[FIRST_WAY_ITEM]);
    ask_all(loop);
    for (size_t i = 0; i < loop->source_count; i++)
        items[count++].socket = loop->sources[i].dealer;
    bus_poll(items, count, sleep_ms(loop, may_work));
    atomic_store(&running->command_beat_ms, now_ms(loop));
    bool stopping = items[0].readable;
    if (stopping && loop->stop_by_ms == 0)
        loop->stop_by_ms = now_ms(loop) + STOP_MS;
    door_keep_room(&running->commands);
    loop->frames_taken = 0;
    gather_commands(loop);
    bool pages = gather_pages(loop);
    judge_silence(loop);
    bool work_waits = may_work && (items[1].readable || work_is_due(loop));
    bool commands = loop->message_count > 0;
    if (items[2].readable)
        loop_was_rung(running->access_fd); // that it woke the loop was all it was for
    if (commands || pages || work_waits || core_access_due_ms(running->core) <= now_ms(loop))
        run_batch(loop);
    else
        give_memory_back(loop, now_ms(loop));
    housekeep(loop);
    return !atomic_load(&running->failed) && (!stopping || (commands && now_ms(loop) < loop->stop_by_ms));
}

/** The last batch of a clean stop. */
static void stop_work(struct loop *loop)
{
    struct running *running = loop->running;
    const struct service_work *work = &running->definition->work;
    if (!work->stopping || atomic_load(&running->failed))
        return;
    work->stopping(running->self);
    run_batch(loop);
}

void *command_loop(void *argument)
{
    struct running *running = argument;
    struct loop *loop = calloc(1, sizeof *loop);
    must(running->definition->follow_count <= FOLLOWED_MAX);
    if (!loop) {
        running_fail(running);
        return NULL;
    }
    loop->running = running;
    for (size_t i = 0; i < running->definition->follow_count; i++, loop->source_count++)
        if (!connect_source(loop, i)) {
            running_fail(running);
            break;
        }
    while (turn(loop)) {
    }
    stop_work(loop);
    for (size_t i = 0; i < loop->source_count; i++)
        bus_socket_close(loop->sources[i].dealer);
    free(loop);
    return NULL;
}
