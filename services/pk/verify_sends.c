// SPDX-License-Identifier: Apache-2.0
/** Verify: recipients that were handed over against activities of sends, one to one, with the same outcome. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "common/wire/codec.h"
#include "proto/notification.gen.h"
#include "proto/person.gen.h"
#include "services/pk/facts.h"
#include "services/pk/verify.h"

enum {
    PAGE_ROWS = 1000,
    LOOKS = 10, // at a recipient that moves
    LOOK_MS = 50,
    MOST_LOOKED_AT = 1000, // more than these that differ are no accident of reading
};

/** What is known of a recipient. */
struct row {
    uint64_t recipient;
    uint64_t send;
    uint64_t person;
    enum send_channel channel;
    enum recipient_state state;
    int64_t changed_ms;
};

/** The two sides of the comparison. */
struct comparison {
    struct verification *verification;
    struct check *check;
    GHashTable *rows;     // recipient → row
    GHashTable *activity; // recipient → its fact
    GHashTable *kept;     // person → who was kept, himself if he was not merged; of those who were asked for
    size_t looked_at;
};

/** What an activity says of a recipient in this state; 0: it has none, unless it was unknown before and is sent again. */
static enum outcome outcome_of(enum recipient_state state)
{
    switch (state) {
    case RECIPIENT_STATE_ACCEPTED:
        return OUTCOME_ACCEPTED;
    case RECIPIENT_STATE_DELIVERED:
        return OUTCOME_DELIVERED;
    case RECIPIENT_STATE_FAILED:
        return OUTCOME_FAILED;
    case RECIPIENT_STATE_BOUNCED:
        return OUTCOME_BOUNCED;
    case RECIPIENT_STATE_UNKNOWN:
        return OUTCOME_UNKNOWN;
    case RECIPIENT_STATE_QUEUED:
    case RECIPIENT_STATE_CLAIMED:
    case RECIPIENT_STATE_DEFERRED:
    case RECIPIENT_STATE_SUPPRESSED:
    case RECIPIENT_STATE_CANCELLED:
    case RECIPIENT_STATE_EXPIRED:
    case RECIPIENT_STATE_HELD:
        break;
    }
    return 0;
}

static struct row row_of(const struct recipient *recipient)
{
    return (struct row){
        .recipient = recipient->recipient,
        .send = recipient->send,
        .person = recipient->person,
        .channel = recipient->channel,
        .state = recipient->state,
        .changed_ms = recipient->changed_ms,
    };
}

static enum origin origin_of(enum send_channel channel)
{
    return channel == SEND_CHANNEL_EMAIL ? ORIGIN_EMAIL : ORIGIN_SMS;
}

/** Asks who was kept of a person, who may have been merged. */
static uint64_t ask_kept(struct comparison *comparison, uint64_t person)
{
    struct pk *pk = comparison->verification->pk;
    const struct person_get query = {.has_person = true, .person = person};
    struct arena_mark mark = arena_mark(&pk->arena);
    struct client_answer answer;
    enum client_outcome outcome =
        client_call(pk->session.client, NULL, &person_get_message, &query, NULL, &pk->arena, &answer);
    uint64_t kept = outcome == CLIENT_DONE ? ((const struct person_get_reply *)answer.reply)->card.person : person;
    if (outcome == CLIENT_UNREACHABLE)
        verify_undone(comparison->check, "person does not answer");
    arena_rewind(&pk->arena, mark);
    g_hash_table_replace(comparison->kept, g_memdup2(&person, sizeof person), g_memdup2(&kept, sizeof kept));
    return kept;
}

static uint64_t kept_of(struct comparison *comparison, uint64_t person)
{
    const uint64_t *kept = g_hash_table_lookup(comparison->kept, &person);
    return kept ? *kept : ask_kept(comparison, person);
}

/** A merged person's activities are the kept one's; his recipients stay his until they move. */
static bool is_same_person(struct comparison *comparison, uint64_t left, uint64_t right)
{
    return left == right || kept_of(comparison, left) == kept_of(comparison, right);
}

/** What is wrong between a recipient and its activity, or NULL. */
static const char *mismatch(struct comparison *comparison, const struct row *row, const struct fact *fact)
{
    enum outcome outcome = outcome_of(row->state);
    if (fact->send != row->send)
        return "the activity names another send";
    if (fact->person != 0 &&
        !is_same_person(comparison, fact->person, row->person)) // who is erased goes from the two apart
        return "the activity is on another person's card";
    if (fact->origin != origin_of(row->channel))
        return "the activity has another origin";
    if (fact->outcome != (outcome ? outcome : OUTCOME_UNKNOWN))
        return "the activity has another outcome";
    return NULL;
}

static void differs(struct comparison *comparison, uint64_t recipient, const char *what)
{
    char text[VERIFY_TEXT_BYTES];
    snprintf(text, sizeof text, "recipient %" PRIu64 ": %s", recipient, what);
    verify_differs(comparison->verification, comparison->check, text);
}

/** The recipient as it is now, and whether its send is a test. False: it is not there, or the service does not answer. */
static bool look(struct comparison *comparison, uint64_t send, uint64_t recipient, struct row *out_row, bool *out_test)
{
    struct send_get query = {
        .send = send, .has_after = recipient > 1, .after = recipient - 1, .has_limit = true, .limit = 1};
    struct client_answer answer;
    enum client_outcome outcome = client_call(comparison->verification->pk->session.client, NULL, &send_get_message,
                                              &query, NULL, &comparison->verification->pk->arena, &answer);
    if (outcome == CLIENT_UNREACHABLE)
        verify_undone(comparison->check, "notification does not answer");
    if (outcome != CLIENT_DONE)
        return false;
    const struct send_get_reply *reply = answer.reply;
    if (reply->recipients.count == 0 || reply->recipients.items[0].recipient != recipient)
        return false;
    *out_row = row_of(&reply->recipients.items[0]);
    *out_test = reply->send.test;
    return true;
}

/** The activity as it is now. False: deleted meanwhile. */
static bool look_at_activity(struct comparison *comparison, uint64_t activity, struct fact *out_fact)
{
    struct activity_get query = {.activity = activity};
    struct client_answer answer;
    enum client_outcome outcome = client_call(comparison->verification->pk->session.client, NULL, &activity_get_message,
                                              &query, NULL, &comparison->verification->pk->arena, &answer);
    if (outcome == CLIENT_UNREACHABLE)
        verify_undone(comparison->check, "activity does not answer");
    if (outcome != CLIENT_DONE)
        return false;
    const struct activity *now = &((const struct activity_get_reply *)answer.reply)->activity;
    out_fact->outcome = now->has_outcome ? now->outcome : 0;
    out_fact->person = now->person;
    return true;
}

/**
 * Looks again at a pair that differs: at the recipient, then the activity, which may not be older (the client asks for that), then
 * the recipient. When that did not move in between, what differs then differs.
 */
static const char *look_again(struct comparison *comparison, const struct fact *fact)
{
    struct row before = {0}, after = {0};
    struct fact now = *fact;
    bool is_test = false;
    for (int i = 0; i < LOOKS; i++) {
        if (!look(comparison, fact->send, fact->recipient, &before, &is_test))
            return "there is no such recipient of the send that its activity names";
        if (!look_at_activity(comparison, fact->activity, &now))
            return NULL;
        if (!look(comparison, fact->send, fact->recipient, &after, &is_test))
            return NULL;
        g_hash_table_remove_all(comparison->kept); // somebody may have been merged since
        if (before.state == after.state && before.changed_ms == after.changed_ms)
            return mismatch(comparison, &after, &now);
        poll(NULL, 0, LOOK_MS);
    }
    return NULL; // it never stood still
}

static void compare_again(struct comparison *comparison, const struct fact *fact, const char *problem)
{
    struct arena_mark mark = arena_mark(&comparison->verification->pk->arena);
    if (fact->send && fact->recipient && comparison->looked_at++ < MOST_LOOKED_AT)
        problem = look_again(comparison, fact);
    if (problem && !comparison->check->undone[0])
        differs(comparison, fact->recipient, problem);
    arena_rewind(&comparison->verification->pk->arena, mark);
}

/** An activity that came from a send. */
static void compare_fact(struct comparison *comparison, const struct fact *fact)
{
    char text[VERIFY_TEXT_BYTES];
    const struct row *row = g_hash_table_lookup(comparison->rows, &fact->recipient);
    comparison->check->checked++;
    if (!fact->send || !fact->recipient) {
        snprintf(text, sizeof text, "activity %" PRIu64 ": it came from a send and does not name it", fact->activity);
        verify_differs(comparison->verification, comparison->check, text);
        return;
    }
    if (g_hash_table_contains(comparison->activity, &fact->recipient))
        differs(comparison, fact->recipient, "it has more than one activity");
    g_hash_table_replace(comparison->activity, g_memdup2(&fact->recipient, sizeof fact->recipient), (void *)fact);
    if (g_hash_table_contains(comparison->verification->test_sends, &fact->send))
        differs(comparison, fact->recipient, "its send is a test, and yet it has an activity");
    const char *problem = row ? mismatch(comparison, row, fact) : "its activity names a recipient that is not there";
    if (problem)
        compare_again(comparison, fact, problem);
}

/**
 * A recipient without an activity. Its row was read first, and the facts are not older than that (the client asks for it): when it
 * was handed over, the activity has been there.
 */
static void compare_row(struct comparison *comparison, const struct row *row)
{
    const struct facts *facts = comparison->verification->facts;
    struct row now;
    bool is_test = false;
    comparison->check->checked++;
    if (!outcome_of(row->state) || g_hash_table_contains(comparison->activity, &row->recipient) ||
        g_hash_table_contains(facts->deleted_recipients, &row->recipient) ||
        g_hash_table_contains(comparison->verification->test_sends, &row->send))
        return;
    struct arena_mark mark = arena_mark(&comparison->verification->pk->arena);
    bool is_there = look(comparison, row->send, row->recipient, &now, &is_test);
    arena_rewind(&comparison->verification->pk->arena, mark);
    if (!comparison->check->undone[0] && (!is_there || !is_test))
        differs(comparison, row->recipient, "it was handed over and has no activity");
}

static bool read_rows(struct comparison *comparison)
{
    struct recipient_list query = {.limit = PAGE_ROWS};
    for (bool more = true; more;) {
        struct arena_mark mark = arena_mark(&comparison->verification->pk->arena);
        struct client_answer answer;
        if (!verify_ask(comparison->verification, comparison->check, NULL, &recipient_list_message, &query, &answer))
            return false;
        const struct recipient_list_reply *page = answer.reply;
        for (size_t i = 0; i < page->recipients.count; i++) {
            struct row row = row_of(&page->recipients.items[i]);
            struct row *kept = g_memdup2(&row, sizeof row);
            g_hash_table_replace(comparison->rows, &kept->recipient, kept);
            query.after = kept->recipient;
            query.has_after = true;
        }
        more = page->more && page->recipients.count > 0;
        arena_rewind(&comparison->verification->pk->arena, mark);
    }
    return true;
}

static void compare(struct comparison *comparison)
{
    GHashTableIter iter;
    void *key = NULL, *value = NULL;
    g_hash_table_iter_init(&iter, comparison->verification->facts->by_activity);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (((const struct fact *)value)->origin != ORIGIN_MANUAL)
            compare_fact(comparison, value);
    g_hash_table_iter_init(&iter, comparison->rows);
    while (g_hash_table_iter_next(&iter, &key, &value))
        compare_row(comparison, value);
}

void verify_sends(struct verification *verification)
{
    struct comparison comparison = {
        .verification = verification,
        .check = verify_check(verification, "recipients and activities", "notification"),
    };
    comparison.rows = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    comparison.activity = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    comparison.kept = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    if (verify_needs(verification, comparison.check, "notification", "activity") && read_rows(&comparison) &&
        verify_facts(verification, comparison.check))
        compare(&comparison);
    g_hash_table_destroy(comparison.kept);
    g_hash_table_destroy(comparison.activity);
    g_hash_table_destroy(comparison.rows);
}
