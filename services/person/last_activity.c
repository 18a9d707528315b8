// SPDX-License-Identifier: Apache-2.0
#include "services/person/last_activity.h"

#include <stdlib.h>

#include "common/service/erasing.h"
#include "services/person/last_starts.h"

enum {
    NEWS_KEPT =
        4000, // rows: far more than are written between two looks of the query side, which comes after each commit
    NEWS_REMOVED = 2, // old rows with each new one: earlier builds kept more
    BEGUN_AT_ONCE = 1000,
    TIME_BYTES = 8,
    NEWS_BYTES = 16,
    ROW_NEWS = 120, // of two rows and their keys a page of the store is full
};

/* Keys and values: `last_activity` has person → time, `planned_activity` time, person, activity → nothing, `activity_news` number → person and
 * time of each change, NO_TIME when he has no last activity any more. */

#define NO_TIME INT64_MIN // no activity's: theirs are of the years 1800 to 9999

struct activity_news {
    size_t count;
    uint8_t row[ROW_NEWS * NEWS_BYTES];
};

struct activity_news *last_activity_news_new(void)
{
    return calloc(1, sizeof(struct activity_news));
}

void last_activity_news_free(struct activity_news *news)
{
    free(news);
}

static struct key planned_key(int64_t start_ms, uint64_t person, uint64_t activity)
{
    struct key key = {.len = 0};
    key_i64(&key, start_ms);
    key_u64(&key, person);
    key_u64(&key, activity);
    return key;
}

static int64_t planned_start(struct bytes key)
{
    return (int64_t)(get_u64(key.data) ^ (uint64_t)1 << 63);
}

uint64_t last_activity_person(struct bytes key)
{
    return get_u64(key.data);
}

int64_t last_activity_time(struct bytes value)
{
    return (int64_t)get_u64(value.data);
}

static bool get(struct store_txn *txn, uint64_t person, int64_t *out_last_ms)
{
    struct key key = key_of_id(person);
    struct bytes value;
    bool found = index_get_unique(txn, &person_last_activities, key_bytes(&key), &value);
    if (found)
        *out_last_ms = last_activity_time(value);
    return found;
}

/** Whether activities are kept of this person: not of nobody, nor of one who was erased. */
static bool counts(struct ctx *ctx, uint64_t person)
{
    return person != 0 && !erasing_has(ctx->txn, &person_erased_persons, person);
}

/* What events do. */

/** Whether an activity that begins then is the person's last one. What was looked up is known from then on. */
static bool is_last(const struct person_service *self, struct store_txn *txn, uint64_t person, int64_t start_ms)
{
    enum last_starts_order order = last_starts_compare(self->last_starts, person, start_ms);
    int64_t last_ms;
    if (order != LAST_STARTS_UNKNOWN)
        return order == LAST_STARTS_LATER;
    bool found = get(txn, person, &last_ms);
    if (found)
        last_starts_set(self->last_starts, person, true, last_ms);
    return !found || start_ms > last_ms;
}

struct last_activity_change last_activity_add(const struct person_service *self, struct ctx *ctx, uint64_t person,
                                              uint64_t activity, int64_t start_ms)
{
    bool is_planned = start_ms > ctx->now_ms;
    if (!counts(ctx, person))
        return (struct last_activity_change){.plan = PLAN_STAYS};
    return (struct last_activity_change){
        .person = person,
        .is_another = !is_planned && is_last(self, ctx->txn, person, start_ms),
        .has_last = true,
        .last_ms = start_ms,
        .plan = is_planned ? PLAN_COMES : PLAN_STAYS,
        .activity = activity,
        .start_ms = start_ms,
    };
}

struct last_activity_change last_activity_remove(struct ctx *ctx, uint64_t person, uint64_t activity, int64_t start_ms,
                                                 bool has_before, int64_t before_ms)
{
    struct key planned = planned_key(start_ms, person, activity);
    struct bytes nothing;
    int64_t last_ms;
    // One that is planned may be the last as well: another of the same start began, or was deleted while this one was about to.
    return (struct last_activity_change){
        .person = person,
        .is_another = get(ctx->txn, person, &last_ms) && start_ms == last_ms && !(has_before && before_ms == last_ms),
        .has_last = has_before,
        .last_ms = before_ms,
        .plan = index_get_unique(ctx->txn, &person_planned_activities, key_bytes(&planned), &nothing) ? PLAN_GOES
                                                                                                      : PLAN_STAYS,
        .activity = activity,
        .start_ms = start_ms,
    };
}

/** Number of the oldest row; 0: there is none. */
static uint64_t oldest_news(struct store_txn *txn)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, &person_activity_news);
    uint64_t oldest = store_cursor_first(&cursor) ? get_u64(cursor.key.data) : 0;
    store_cursor_close(&cursor);
    return oldest;
}

static void write_news(struct activity_news *news, struct ctx *ctx)
{
    uint64_t number = store_next_id(ctx->txn, "activity_news"), oldest = oldest_news(ctx->txn);
    struct key key = key_of_id(number);
    store_append(ctx->txn, &person_activity_news, key_bytes(&key), bytes_of(news->row, news->count * NEWS_BYTES));
    news->count = 0;
    for (size_t i = 0; i < NEWS_REMOVED && oldest > 0 && oldest + NEWS_KEPT <= number; i++, oldest++) {
        struct key old = key_of_id(oldest);
        store_delete(ctx->txn, &person_activity_news, key_bytes(&old));
    }
}

static void write_last(struct person_service *self, struct ctx *ctx, uint64_t person, bool has_last, int64_t last_ms)
{
    struct activity_news *news = self->news;
    uint8_t *value = news->row + news->count++ * NEWS_BYTES;
    struct key key = key_of_id(person);
    last_starts_set(self->last_starts, person, has_last, last_ms);
    put_u64(value, person);
    put_u64(value + TIME_BYTES, (uint64_t)(has_last ? last_ms : NO_TIME));
    if (has_last)
        index_put(ctx->txn, &person_last_activities, key_bytes(&key), bytes_of(value + TIME_BYTES, TIME_BYTES));
    else
        index_delete(ctx->txn, &person_last_activities, key_bytes(&key));
    if (news->count == ROW_NEWS)
        write_news(news, ctx);
}

void last_activity_forget(struct person_service *self, struct ctx *ctx, uint64_t person)
{
    int64_t last_ms;
    if (get(ctx->txn, person, &last_ms))
        write_last(self, ctx, person, false, 0);
}

enum fault last_activity_committing(void *state, struct ctx *ctx)
{
    struct activity_news *news = ((struct person_service *)state)->news;
    if (news->count > 0)
        write_news(news, ctx);
    return FAULT_NONE;
}

void last_activity_write(struct person_service *self, struct ctx *ctx, const struct last_activity_change *change)
{
    struct key planned = planned_key(change->start_ms, change->person, change->activity);
    if (change->plan == PLAN_COMES)
        index_put(ctx->txn, &person_planned_activities, key_bytes(&planned), bytes_of("", 0));
    else if (change->plan == PLAN_GOES)
        index_delete(ctx->txn, &person_planned_activities, key_bytes(&planned));
    if (change->plan == PLAN_COMES && change->start_ms < self->planned_due_ms)
        self->planned_due_ms = change->start_ms;
    if (change->is_another)
        write_last(self, ctx, change->person, change->has_last, change->last_ms);
}

/* Planned activities begin. */

int64_t last_activity_due_ms(void *state)
{
    return ((const struct person_service *)state)->planned_due_ms;
}

void last_activity_aborted(void *state)
{
    struct person_service *self = state;
    self->planned_due_ms = 0;
    self->news->count = 0;
    last_starts_forget(self->last_starts);
}

void last_activity_resetting(void *state, struct ctx *ctx, const char *source)
{
    (void)ctx;
    (void)source; // there is one
    last_starts_forget(((struct person_service *)state)->last_starts);
}

/** Up to `most` of those that have begun, in the order in which they did; returns how many. `out_next_ms`: when the one after them begins. */
static size_t find_begun(struct ctx *ctx, size_t most, struct key *out_keys, int64_t *out_next_ms)
{
    struct index_scan scan;
    size_t count = 0;
    *out_next_ms = INT64_MAX;
    index_scan_open(&scan, ctx->txn, &person_planned_activities, bytes_of("", 0), bytes_of("", 0), false);
    while (index_scan_next(&scan)) {
        *out_next_ms = planned_start(scan.key);
        if (*out_next_ms > ctx->now_ms || count == most)
            break;
        out_keys[count] = (struct key){.len = 0};
        key_bytes_add(&out_keys[count++], scan.key);
        *out_next_ms = INT64_MAX;
    }
    index_scan_close(&scan);
    return count;
}

void last_activity_begin_planned(void *state, struct ctx *ctx)
{
    struct person_service *self = state;
    if (self->planned_due_ms > ctx->now_ms)
        return;
    struct key *keys = ctx_alloc_array(ctx, BEGUN_AT_ONCE, sizeof *keys);
    size_t count = keys ? find_begun(ctx, BEGUN_AT_ONCE, keys, &self->planned_due_ms) : 0;
    for (size_t i = 0; i < count; i++) {
        int64_t start_ms = planned_start(key_bytes(&keys[i]));
        uint64_t person = get_u64(keys[i].data + TIME_BYTES);
        index_delete(ctx->txn, &person_planned_activities, key_bytes(&keys[i]));
        if (counts(ctx, person) && is_last(self, ctx->txn, person, start_ms))
            write_last(self, ctx, person, true, start_ms);
    }
}

/* Reading. */

bool last_activity_first_planned(struct store_txn *txn, int64_t *out_start_ms)
{
    struct index_scan scan;
    index_scan_open(&scan, txn, &person_planned_activities, bytes_of("", 0), bytes_of("", 0), false);
    bool found = index_scan_next(&scan);
    if (found)
        *out_start_ms = planned_start(scan.key);
    index_scan_close(&scan);
    return found;
}

bool last_activity_has(struct store_txn *txn, uint64_t person)
{
    int64_t last_ms;
    return get(txn, person, &last_ms);
}

uint64_t last_activity_news(struct store_txn *txn)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, &person_activity_news);
    uint64_t newest = store_cursor_last(&cursor) ? get_u64(cursor.key.data) : 0;
    store_cursor_close(&cursor);
    return newest;
}

bool last_activity_since(struct store_txn *txn, uint64_t after, last_activity_use *use, void *user)
{
    struct key from = key_of_id(after + 1);
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, &person_activity_news);
    bool there = store_cursor_seek(&cursor, key_bytes(&from)), is_kept = there && get_u64(cursor.key.data) == after + 1;
    for (; is_kept && there; there = store_cursor_next(&cursor))
        for (size_t at = 0; at + NEWS_BYTES <= cursor.value.len; at += NEWS_BYTES) {
            int64_t last_ms = (int64_t)get_u64(cursor.value.data + at + TIME_BYTES);
            use(user, get_u64(cursor.value.data + at), last_ms != NO_TIME, last_ms != NO_TIME ? last_ms : 0);
        }
    store_cursor_close(&cursor);
    return is_kept;
}

void last_activity_all(struct store_txn *txn, last_activity_use *use, void *user)
{
    struct index_scan scan;
    index_scan_open(&scan, txn, &person_last_activities, bytes_of("", 0), bytes_of("", 0), false);
    while (index_scan_next(&scan))
        use(user, last_activity_person(scan.key), true, last_activity_time(scan.value));
    index_scan_close(&scan);
}
