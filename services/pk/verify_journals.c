// SPDX-License-Identifier: Apache-2.0
/** Verify: every journal's chain from its beginning, and that followers stand on the chains of their sources. */
#include <inttypes.h>
#include <stdio.h>

#include "common/wire/codec.h"
#include "proto/notification.gen.h"
#include "services/pk/facts.h"
#include "services/pk/journal_walk.h"
#include "services/pk/verify.h"

enum { PAGE_RECORDS = 2000 };

/** A journal that is being read to the position it ended at when that began. */
struct reading {
    struct verification *verification;
    const char *service;
    uint64_t until;
    bool is_unreadable; // a record's body was no event
};

/** Sends that are tests make no activity. */
static bool note_send(struct verification *verification, const struct journal_record *record)
{
    struct send_created event;
    struct refusal refusal = {.code = ERROR_NONE};
    if (!text_equal(record->header.type, text_of(send_created_message.type)) || record->erased)
        return true;
    if (!codec_decode_frame(&send_created_desc, record->body, CODEC_SKIP_UNKNOWN, &verification->pk->arena, &event,
                            &refusal))
        return false;
    if (event.send.test)
        g_hash_table_add(verification->test_sends, g_memdup2(&event.send.send, sizeof event.send.send));
    return true;
}

/** What later checks want to know of records that pass by. */
static bool note(const struct reading *reading, const struct journal_record *record)
{
    struct verification *verification = reading->verification;
    if (strcmp(reading->service, activity_created_message.service) == 0 && verification->facts)
        return facts_take_record(verification->facts, record, false, &verification->pk->arena);
    if (strcmp(reading->service, send_created_message.service) == 0)
        return note_send(verification, record);
    return true;
}

static bool take(void *self, const struct journal_record *record)
{
    struct reading *reading = self;
    reading->is_unreadable |= !note(reading, record);
    return record->seq < reading->until;
}

static void differs_at(struct verification *verification, struct check *check, uint64_t seq, const char *what)
{
    char text[VERIFY_TEXT_BYTES];
    snprintf(text, sizeof text, "%s journal after position %" PRIu64 ": %s", check->of, seq, what);
    verify_differs(verification, check, text);
}

/** Reads the next page; false when there is no more to read, or something is wrong. */
static bool read_page(struct verification *verification, struct check *check, struct reading *reading,
                      struct journal_walk *walk)
{
    struct journal_read query = journal_walk_query(walk, PAGE_RECORDS, 0);
    struct client_answer answer;
    if (!verify_ask(verification, check, reading->service, &journal_read_message, &query, &answer))
        return false;
    const struct journal_read_reply *page = answer.reply;
    bool is_first = !walk->store_known;
    if (is_first)
        reading->until = (uint64_t)page->last_seq;
    uint64_t before = walk->at.seq;
    const char *problem = journal_walk_take(walk, page, take, reading);
    check->checked += walk->at.seq - before;
    if (!problem && reading->is_unreadable)
        problem = "a record's content cannot be read";
    if (!problem && walk->at.seq == before && walk->at.seq < reading->until)
        problem = "records are missing at the end";
    if (problem)
        differs_at(verification, check, walk->at.seq, problem);
    return !problem && walk->at.seq < reading->until;
}

static void verify_journal(struct verification *verification, const char *service)
{
    struct check *check = verify_check(verification, "journal chain", service);
    struct reading reading = {.verification = verification, .service = service};
    struct journal_walk walk;
    if (!verify_needs(verification, check, service, NULL))
        return;
    journal_walk_init(&walk, 0);
    for (bool goes_on = true; goes_on;) {
        struct arena_mark mark = arena_mark(&verification->pk->arena);
        goes_on = read_page(verification, check, &reading, &walk);
        arena_rewind(&verification->pk->arena, mark);
    }
    if (verification->facts && strcmp(service, activity_created_message.service) == 0)
        verification->facts->walk = walk;
}

void verify_journals(struct verification *verification)
{
    const struct bus_map *map = &verification->pk->session.map;
    for (size_t i = 0; i < map->count; i++)
        verify_journal(verification, map->services[i].service);
}

/** What is wrong with where a follower stands, or NULL. Asks the source whether that is a part of its history. */
static const char *follower_problem(struct verification *verification, struct check *check, const char *source,
                                    const struct followed_store *followed)
{
    struct journal_read query = {
        .has_store = followed->has_store,
        .store = followed->store,
        .has_epoch = followed->has_epoch,
        .epoch = followed->epoch,
        .after = followed->seq,
        .limit = 1,
    };
    struct client_answer answer;
    if (followed->set_aside > 0)
        return "events were set aside because they could not be applied";
    if (followed->state == FOLLOW_STATE_DIVERGED)
        return "the follower has stopped: the source's history is not the one it followed";
    if (!verify_needs(verification, check, source, NULL) ||
        !verify_ask(verification, check, source, &journal_read_message, &query, &answer))
        return NULL;
    const struct journal_read_reply *page = answer.reply;
    return page->diverged ? "the follower's position is not in the source's journal" : NULL;
}

static void verify_follower(struct verification *verification, struct check *check,
                            const struct followed_store *followed)
{
    char source[64], text[VERIFY_TEXT_BYTES];
    snprintf(source, sizeof source, "%.*s", (int)followed->source.len, followed->source.data);
    const char *problem = follower_problem(verification, check, source, followed);
    check->checked++;
    if (!problem)
        return;
    snprintf(text, sizeof text, "%s follows %s to position %" PRId64 ": %s", check->of, source, followed->seq, problem);
    verify_differs(verification, check, text);
}

void verify_followers(struct verification *verification)
{
    static const struct service_health query;
    const struct bus_map *map = &verification->pk->session.map;
    for (size_t i = 0; i < map->count; i++) {
        struct check *check = verify_check(verification, "followed sources", map->services[i].service);
        struct client_answer answer;
        if (!verify_needs(verification, check, check->of, NULL) ||
            !verify_ask(verification, check, check->of, &service_health_message, &query, &answer))
            continue;
        const struct service_health_reply *health = answer.reply;
        for (size_t at = 0; at < health->followed.count; at++)
            verify_follower(verification, check, &health->followed.items[at]);
    }
}
