// SPDX-License-Identifier: Apache-2.0
#include "common/client/live.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/wire/codec.h"
#include "common/wire/frame.h"
#include "common/wire/same.h"

enum {
    DEFAULT_REFRESH_MS = 10 * 1000,
    RETRY_MS = 1000,      // after no answer
    LEAST_PAUSE_MS = 100, // between two askings, however much is missed
    QUEUED_MESSAGES = 10000,
    ARENA_BYTES = 16 * 1024 * 1024,
    ANSWER_BYTES = 1024 * 1024, // of a question
    MOST_CELLS = 10000,
    PROBLEM_BYTES = sizeof((struct refusal *)0)->message,
    QUESTIONS = 32, // saved ones, as stats keeps at most
};

/** What is asked for, one thing after the other. */
enum stage {
    STAGE_NONE,
    STAGE_TYPES, // and the total
    STAGE_ASSIGNEES,
    STAGE_QUESTIONS,
    STAGE_ANSWERS,
};

static const char *const topics[] = {"figures.total", "figures.type/", "figures.assignee/", "figures.question/"};
static const size_t topic_count = sizeof topics / sizeof *topics;

/** What a figure has beside what is shown. */
struct kept {
    struct live_value figure;
    struct arena *arena; // of a question's answer and name
    bool seen;           // in the answers of this asking
};

struct live {
    struct live_config config;
    const struct clock *clock;
    struct bus_socket *subscriber;
    struct arena arena;
    struct kept *kept; // by kind and id
    size_t count;
    size_t capacity;
    struct live_value *shown;
    enum stage stage;
    size_t question_count; // of this asking
    size_t question_at;
    uint64_t questions[QUESTIONS];
    bool has_missed; // since this asking began
    bool is_current;
    char problem[PROBLEM_BYTES]; // of the last asking; empty: none
    bool is_asking;              // what is taken are answers
    int64_t ask_from_ms;         // when to ask for all again
    int64_t asked_ms;
    int64_t seq;
    uint64_t gaps;
};

static int64_t now_ms(const struct live *live)
{
    return clock_monotonic_ms(live->clock);
}

enum fault live_open(const struct live_config *config, struct live **out_live)
{
    const struct bus_address *stats = bus_map_find(config->map, TEXT("stats"));
    const struct bus_limits limits = {.frame_bytes = FRAME_CLIENT_BYTES, .messages = QUEUED_MESSAGES};
    struct live *live = stats ? calloc(1, sizeof *live) : NULL;
    if (!live)
        return stats ? FAULT_MEMORY : FAULT_CONFIG;
    live->config = *config;
    live->clock = clock_system();
    if (live->config.refresh_ms == 0)
        live->config.refresh_ms = DEFAULT_REFRESH_MS;
    live->asked_ms = now_ms(live) - LEAST_PAUSE_MS;
    live->ask_from_ms = now_ms(live);
    arena_init(&live->arena, ARENA_BYTES);
    enum fault fault =
        bus_connect_subscriber(config->bus, stats->events, limits, topics, topic_count, &live->subscriber);
    if (fault != FAULT_NONE) {
        live_close(live);
        return fault;
    }
    *out_live = live;
    return FAULT_NONE;
}

static void free_arena(struct arena *arena)
{
    if (arena)
        arena_fini(arena);
    free(arena);
}

void live_close(struct live *live)
{
    if (!live)
        return;
    if (live->subscriber)
        bus_socket_close(live->subscriber);
    for (size_t i = 0; i < live->count; i++)
        free_arena(live->kept[i].arena);
    free(live->kept);
    free(live->shown);
    arena_fini(&live->arena);
    free(live);
}

struct bus_socket *live_socket(struct live *live)
{
    return live->subscriber;
}

int live_due_ms(const struct live *live)
{
    int64_t left_ms = live->stage == STAGE_NONE ? live->ask_from_ms - now_ms(live) : 0;
    return left_ms < 0 ? 0 : (int)left_ms;
}

bool live_is_current(const struct live *live)
{
    return live->is_current;
}

const char *live_problem(const struct live *live)
{
    return live->problem[0] ? live->problem : NULL;
}

int64_t live_seq(const struct live *live)
{
    return live->seq;
}

uint64_t live_gaps(const struct live *live)
{
    return live->gaps;
}

const struct live_value *live_figures(const struct live *live, size_t *out_count)
{
    for (size_t i = 0; i < live->count; i++)
        live->shown[i] = live->kept[i].figure;
    *out_count = live->count;
    return live->shown;
}

/* Figures. */

static int order(const struct live_value *figure, enum live_kind kind, uint64_t id)
{
    if (figure->kind != kind)
        return figure->kind < kind ? -1 : 1;
    return (figure->id > id) - (figure->id < id);
}

static size_t place_of(const struct live *live, enum live_kind kind, uint64_t id)
{
    size_t low = 0, high = live->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(&live->kept[middle].figure, kind, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool reserve(struct live *live)
{
    if (live->count < live->capacity)
        return true;
    size_t capacity = live->capacity ? 2 * live->capacity : 64;
    struct kept *kept = realloc(live->kept, capacity * sizeof *kept);
    if (kept)
        live->kept = kept;
    struct live_value *shown = realloc(live->shown, capacity * sizeof *shown);
    if (shown)
        live->shown = shown;
    if (kept && shown)
        live->capacity = capacity;
    return kept && shown;
}

/** The figure, a new one of nothing when there was none; NULL: no memory, and so not all figures are known. */
static struct kept *find(struct live *live, enum live_kind kind, uint64_t id)
{
    size_t at = place_of(live, kind, id);
    if (at < live->count && order(&live->kept[at].figure, kind, id) == 0)
        return &live->kept[at];
    if (!reserve(live)) {
        live->is_current = false;
        live->has_missed = true;
        return NULL;
    }
    memmove(&live->kept[at + 1], &live->kept[at], (live->count - at) * sizeof *live->kept);
    live->kept[at] = (struct kept){.figure = {.kind = kind, .id = id, .seq = -1}};
    live->count++;
    return &live->kept[at];
}

static void tell(const struct live *live, const struct live_value *figure)
{
    if (live->config.changed)
        live->config.changed(live->config.user, figure);
}

/**
 * Whether something of this position is newer than what is known. What was asked for always is: it was answered after all that has come
 * was published; so a position may also go back, when the activity service was restored and is followed anew.
 */
static bool is_newer(const struct live *live, const struct kept *kept, int64_t seq)
{
    return live->is_asking || seq >= kept->figure.seq;
}

/** Takes what it is at a position. */
static void take(struct live *live, struct kept *kept, int64_t seq, const struct figure_cell *cell)
{
    struct live_value *figure = &kept->figure;
    if (!is_newer(live, kept, seq))
        return;
    live->seq = live->is_asking || seq > live->seq ? seq : live->seq;
    bool same = figure->seq >= 0 && figure->activities == cell->activities && figure->contacts == cell->contacts;
    figure->seq = seq;
    figure->activities = cell->activities;
    figure->contacts = cell->contacts;
    if (!same)
        tell(live, figure);
}

/** A copy of the answer, in memory of its own. False: no memory for it. */
static bool keep_answer(struct kept *kept, const struct question_answer *answer)
{
    struct arena *arena = malloc(sizeof *arena);
    if (!arena)
        return false;
    arena_init(arena, ANSWER_BYTES);
    struct question_answer *copy = arena_alloc(arena, sizeof *copy);
    struct figure_cell *cells = arena_alloc_array(arena, answer->cells.count + 1, sizeof *cells);
    char *name = arena_alloc(arena, answer->name.len + 1);
    if (!copy || !cells || !name) {
        free_arena(arena);
        return false;
    }
    if (answer->cells.count)
        memcpy(cells, answer->cells.items, answer->cells.count * sizeof *cells);
    if (answer->name.len)
        memcpy(name, answer->name.data, answer->name.len);
    *copy = *answer;
    copy->cells.items = cells;
    copy->name.data = name;
    kept->figure.answer = copy;
    kept->figure.name = name;
    free_arena(kept->arena);
    kept->arena = arena;
    return true;
}

/** Tells that a question has no figures, and forgets it. */
static void drop(struct live *live, struct kept *kept)
{
    kept->figure.is_gone = true;
    tell(live, &kept->figure);
    free_arena(kept->arena);
    size_t at = (size_t)(kept - live->kept);
    live->count--;
    memmove(kept, kept + 1, (live->count - at) * sizeof *kept);
}

static void take_answer(struct live *live, int64_t seq, const struct question_answer *answer)
{
    struct kept *kept = find(live, LIVE_QUESTION, answer->question);
    if (kept)
        kept->seen = true;
    if (!kept || !is_newer(live, kept, seq))
        return;
    live->seq = live->is_asking || seq > live->seq ? seq : live->seq;
    kept->figure.seq = seq;
    if (kept->figure.answer && same_struct(&question_answer_desc, kept->figure.answer, answer))
        return;
    if (!keep_answer(kept, answer)) {
        live->is_current = false;
        live->has_missed = true;
        return;
    }
    kept->figure.activities = answer->total.activities;
    kept->figure.contacts = answer->total.contacts;
    tell(live, &kept->figure);
}

/* Asking for all. */

/** False: it was not answered; `problem` says why. */
static bool call(struct live *live, const struct message_desc *message, const void *body,
                 struct client_answer *out_answer)
{
    arena_reset(&live->arena);
    client_forget(live->config.client);
    enum client_outcome outcome = client_call(live->config.client, NULL, message, body, NULL, &live->arena, out_answer);
    const struct refusal *refusal = &out_answer->refusal;
    if (outcome != CLIENT_DONE)
        snprintf(live->problem, sizeof live->problem, "%s",
                 outcome == CLIENT_UNREACHABLE && refusal->code == ERROR_NONE ? "stats does not answer"
                                                                              : refusal->message);
    return outcome == CLIENT_DONE;
}

static void take_cell(struct live *live, enum live_kind kind, uint64_t id, int64_t seq, const struct figure_cell *cell)
{
    struct kept *kept = find(live, kind, id);
    if (!kept)
        return;
    kept->seen = true;
    take(live, kept, seq, cell);
}

/** By one dimension; with the types comes the total. */
static bool ask_figures(struct live *live, enum live_kind kind, enum dimension dimension)
{
    const struct stats_figures query = {.group_by = {1, &dimension}, .has_limit = true, .limit = MOST_CELLS};
    struct client_answer answer;
    if (!call(live, &stats_figures_message, &query, &answer))
        return false;
    const struct stats_figures_reply *reply = answer.reply;
    if (kind == LIVE_TYPE)
        take_cell(live, LIVE_TOTAL, 0, reply->activity_seq, &reply->total);
    for (size_t i = 0; i < reply->cells.count; i++) {
        const struct figure_cell *cell = &reply->cells.items[i];
        if (kind == LIVE_TYPE || cell->has_assignee)
            take_cell(live, kind, kind == LIVE_TYPE ? cell->type : cell->assignee, reply->activity_seq, cell);
    }
    return true;
}

static bool ask_questions(struct live *live)
{
    static const struct question_list list;
    struct client_answer answer;
    if (!call(live, &question_list_message, &list, &answer))
        return false;
    const struct question_list_reply *reply = answer.reply;
    live->question_at = 0;
    live->question_count = reply->questions.count < QUESTIONS ? reply->questions.count : QUESTIONS;
    for (size_t i = 0; i < live->question_count; i++)
        live->questions[i] = reply->questions.items[i].question;
    return true;
}

/** One that is gone meanwhile, or whose answer is too large, has no figures. */
static bool ask_answer(struct live *live)
{
    const struct question_figures query = {.question = live->questions[live->question_at]};
    struct client_answer answer;
    if (call(live, &question_figures_message, &query, &answer)) {
        const struct question_figures_reply *reply = answer.reply;
        take_answer(live, reply->activity_seq, &reply->figures);
        return true;
    }
    bool has_none = answer.outcome == CLIENT_REFUSED &&
                    (answer.refusal.code == ERROR_NOT_FOUND || answer.refusal.code == ERROR_TOO_LARGE);
    if (has_none)
        live->problem[0] = '\0';
    return has_none;
}

/** What was not among the answers is nothing now; a question is gone. */
static void settle_unseen(struct live *live)
{
    static const struct figure_cell nothing;
    for (size_t i = live->count; i-- > 0;) {
        struct kept *kept = &live->kept[i];
        if (!kept->seen && kept->figure.kind == LIVE_QUESTION)
            drop(live, kept);
        else if (!kept->seen)
            take(live, kept, live->seq, &nothing);
    }
}

static void begin_asking(struct live *live)
{
    for (size_t i = 0; i < live->count; i++)
        live->kept[i].seen = false;
    live->asked_ms = now_ms(live);
    live->has_missed = false;
    live->stage = STAGE_TYPES;
}

/** Where something was missed while it was asked for, it may be among what was answered before: all is asked for again. */
static void end_asking(struct live *live, bool good)
{
    live->stage = STAGE_NONE;
    if (good) {
        settle_unseen(live);
        live->problem[0] = '\0';
    }
    live->is_current = good && !live->has_missed;
    live->ask_from_ms = now_ms(live) + (!good ? RETRY_MS : live->has_missed ? LEAST_PAUSE_MS : live->config.refresh_ms);
}

/** Asks one thing. */
static void ask(struct live *live)
{
    bool good = true;
    live->is_asking = true;
    switch (live->stage) {
    case STAGE_NONE:
        break;
    case STAGE_TYPES:
        good = ask_figures(live, LIVE_TYPE, DIMENSION_TYPE);
        live->stage = STAGE_ASSIGNEES;
        break;
    case STAGE_ASSIGNEES:
        good = ask_figures(live, LIVE_ASSIGNEE, DIMENSION_ASSIGNEE);
        live->stage = STAGE_QUESTIONS;
        break;
    case STAGE_QUESTIONS:
        good = ask_questions(live);
        live->stage = STAGE_ANSWERS;
        break;
    case STAGE_ANSWERS:
        good = ask_answer(live);
        live->question_at++;
        break;
    }
    bool is_over = live->stage == STAGE_ANSWERS && live->question_at >= live->question_count;
    if (!good || is_over)
        end_asking(live, good);
    live->is_asking = false;
}

/* What is published. */

/** Something was missed: all is asked for, soon. */
static void miss(struct live *live)
{
    int64_t soon = live->asked_ms + LEAST_PAUSE_MS;
    live->gaps++;
    live->is_current = false;
    live->has_missed = true;
    live->ask_from_ms = soon < live->ask_from_ms ? soon : live->ask_from_ms;
}

static void notice(struct live *live, struct kept *kept, int64_t number)
{
    if (kept->figure.number != 0 && number != kept->figure.number + 1)
        miss(live);
    kept->figure.number = number;
}

static void take_figure(struct live *live, struct bytes payload)
{
    struct refusal refusal = {.code = ERROR_NONE};
    struct figures_total message; // all but those of questions have these fields
    if (!codec_decode_frame(&figures_total_desc, payload, CODEC_SKIP_UNKNOWN, &live->arena, &message, &refusal)) {
        miss(live);
        return;
    }
    const struct figure_cell *cell = &message.cell;
    enum live_kind kind = cell->has_type ? LIVE_TYPE : cell->has_assignee ? LIVE_ASSIGNEE : LIVE_TOTAL;
    struct kept *kept = find(live, kind, cell->has_type ? cell->type : cell->has_assignee ? cell->assignee : 0);
    if (!kept)
        return;
    kept->seen = true; // whatever was answered before
    notice(live, kept, message.number);
    take(live, kept, message.seq, cell);
}

static void take_question(struct live *live, struct bytes payload)
{
    struct refusal refusal = {.code = ERROR_NONE};
    struct figures_question message;
    if (!codec_decode_frame(&figures_question_desc, payload, CODEC_SKIP_UNKNOWN, &live->arena, &message, &refusal)) {
        miss(live);
        return;
    }
    size_t at = place_of(live, LIVE_QUESTION, message.figures.question);
    bool is_known = at < live->count && order(&live->kept[at].figure, LIVE_QUESTION, message.figures.question) == 0;
    if (message.figures.has_problem) {
        if (is_known)
            drop(live, &live->kept[at]);
        return;
    }
    struct kept *kept = find(live, LIVE_QUESTION, message.figures.question);
    if (!kept)
        return;
    notice(live, kept, message.number);
    take_answer(live, message.seq, &message.figures);
}

void live_turn(struct live *live)
{
    struct bus_message message;
    enum bus_received received;
    while ((received = bus_receive(live->subscriber, &message)) != BUS_NOTHING) {
        if (received != BUS_MESSAGE)
            continue;
        arena_reset(&live->arena);
        if (text_starts_with(message.topic, text_of(topics[LIVE_QUESTION])))
            take_question(live, message.payload);
        else
            take_figure(live, message.payload);
        bus_message_close(&message);
    }
    if (live->stage == STAGE_NONE && now_ms(live) >= live->ask_from_ms)
        begin_asking(live);
    if (live->stage != STAGE_NONE)
        ask(live);
}
