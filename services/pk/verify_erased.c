// SPDX-License-Identifier: Apache-2.0
/**
 * Verify: that nothing is left of a person who was erased. Over the bus what the services answer and what their journals hold; in the
 * files of the data folder his bytes, by needles that were written before. Says which needle by its line, never what it is.
 */
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/wire/codec.h"
#include "proto/activity.gen.h"
#include "proto/notification.gen.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "proto/stats.gen.h"
#include "services/pk/journal_walk.h"
#include "services/pk/needles.h"
#include "services/pk/verify.h"

enum { PAGE_RECORDS = 2000, PAGE_ROWS = 1000, OPEN_FILES = 16 };

static const char default_data[] = "/var/lib/personkort";

static void differs(struct verification *verification, struct check *check, const char *what)
{
    char text[VERIFY_TEXT_BYTES];
    snprintf(text, sizeof text, "person %" PRIu64 " %s", verification->erased, what);
    verify_differs(verification, check, text);
}

static bool is_erased(const struct verification *verification, uint64_t person)
{
    for (guint i = 0; i < verification->erased_ids->len; i++)
        if (g_array_index(verification->erased_ids, uint64_t, i) == person)
            return true;
    return false;
}

/* The services' answers. */

static void verify_register(struct verification *verification, struct check *check, uint64_t person)
{
    const struct person_get query = {.has_person = true, .person = person};
    struct client_answer answer;
    if (!verify_needs(verification, check, "person", NULL))
        return;
    check->checked++;
    enum client_outcome outcome = client_call(verification->pk->session.client, NULL, &person_get_message, &query, NULL,
                                              &verification->pk->arena, &answer);
    if (outcome == CLIENT_DONE)
        differs(verification, check, "is in the register; nobody has erased him");
    else if (answer.refusal.code != ERROR_NOT_FOUND)
        verify_undone(check, "person does not answer");
}

static void verify_activities(struct verification *verification, struct check *check, uint64_t person)
{
    const struct activity_list query = {.has_person = true, .person = person, .limit = 1};
    struct client_answer answer;
    if (!verify_needs(verification, check, "activity", NULL) ||
        !verify_ask(verification, check, NULL, &activity_list_message, &query, &answer))
        return;
    check->checked++;
    if (((const struct activity_list_reply *)answer.reply)->activities.count > 0)
        differs(verification, check, "has activities on his card");
}

static void verify_recipients(struct verification *verification)
{
    struct check *check = verify_check(verification, "erased", "notification");
    struct recipient_list query = {.limit = PAGE_ROWS};
    bool more = verify_needs(verification, check, "notification", NULL);
    while (more) {
        struct arena_mark mark = arena_mark(&verification->pk->arena);
        struct client_answer answer;
        if (!verify_ask(verification, check, NULL, &recipient_list_message, &query, &answer))
            return;
        const struct recipient_list_reply *page = answer.reply;
        for (size_t i = 0; i < page->recipients.count; i++) {
            check->checked++;
            query.has_after = true;
            query.after = page->recipients.items[i].recipient;
            if (page->recipients.items[i].has_person && is_erased(verification, page->recipients.items[i].person))
                differs(verification, check, "is a recipient of sends");
        }
        more = page->more && page->recipients.count > 0;
        arena_rewind(&verification->pk->arena, mark);
    }
}

static void verify_cells(struct verification *verification, struct check *check, uint64_t person)
{
    const struct stats_figures query = {.has_person = true, .person = person};
    struct client_answer answer;
    if (!verify_needs(verification, check, "stats", NULL) ||
        !verify_ask(verification, check, NULL, &stats_figures_message, &query, &answer))
        return;
    check->checked++;
    if (((const struct stats_figures_reply *)answer.reply)->total.activities != 0)
        differs(verification, check, "has figures of his own");
}

/** Of him, and of each who was merged into him. */
static void verify_answers(struct verification *verification)
{
    struct check *of_register = verify_check(verification, "erased", "person");
    struct check *of_activities = verify_check(verification, "erased", "activity");
    struct check *of_figures = verify_check(verification, "erased", "stats");
    for (guint i = 0; i < verification->erased_ids->len; i++) {
        uint64_t person = g_array_index(verification->erased_ids, uint64_t, i);
        verify_register(verification, of_register, person);
        verify_activities(verification, of_activities, person);
        verify_cells(verification, of_figures, person);
    }
}

/** Whether a service is done with everybody, and its file holds no old pages. */
static void verify_done(struct verification *verification, const char *service)
{
    static const struct service_health query;
    struct check *check = verify_check(verification, "compacted", service);
    struct client_answer answer;
    if (!verify_needs(verification, check, service, NULL) ||
        !verify_ask(verification, check, service, &service_health_message, &query, &answer))
        return;
    const struct service_health_reply *health = answer.reply;
    char text[VERIFY_TEXT_BYTES];
    check->checked++;
    if (health->has_erasing)
        verify_undone(check, "persons are still being erased; ask again");
    else if (health->has_compact_since_ms) {
        snprintf(text, sizeof text, "%s: free pages may hold what was erased; pk service compact %s", service, service);
        verify_differs(verification, check, text);
    }
}

/* The journals. */

/** Events of ids alone, which keep their content. */
static const struct message_desc *const of_ids_alone[] = {&person_erased_message, &person_removed_message,
                                                          &person_merged_message, &activity_deleted_message};

/** Whose id leads to whose. */
struct lead {
    uint64_t person;
    uint64_t into;
};

struct reading {
    struct verification *verification;
    struct check *check;
    journal_taker taker;
    uint64_t until;
    GArray *leads; // struct lead
};

static bool may_have_content(const struct journal_record *record)
{
    for (size_t i = 0; i < sizeof of_ids_alone / sizeof *of_ids_alone; i++)
        if (text_equal(record->header.type, text_of(of_ids_alone[i]->type)))
            return true;
    return record->erased;
}

static bool take(void *self, const struct journal_record *record)
{
    struct reading *reading = self;
    char text[VERIFY_TEXT_BYTES];
    reading->check->checked++;
    if (is_erased(reading->verification, record->header.person) && !may_have_content(record)) {
        snprintf(text, sizeof text, "%s journal has content at position %" PRIu64, reading->check->of, record->seq);
        verify_differs(reading->verification, reading->check, text);
    }
    return record->seq < reading->until;
}

/** A merge names who went into whom, and stays. */
static bool take_merge(void *self, const struct journal_record *record)
{
    struct reading *reading = self;
    struct verification *verification = reading->verification;
    struct person_merged event;
    struct refusal refusal;
    reading->check->checked++;
    if (text_equal(record->header.type, text_of(person_merged_message.type)) &&
        codec_decode_frame(&person_merged_desc, record->body, CODEC_SKIP_UNKNOWN, &verification->pk->arena, &event,
                           &refusal)) {
        const struct lead lead = {event.person, event.into};
        g_array_append_val(reading->leads, lead);
    }
    return record->seq < reading->until;
}

static bool read_page(struct reading *reading, struct journal_walk *walk)
{
    struct journal_read query = journal_walk_query(walk, PAGE_RECORDS, 0);
    struct client_answer answer;
    if (!verify_ask(reading->verification, reading->check, reading->check->of, &journal_read_message, &query, &answer))
        return false;
    const struct journal_read_reply *page = answer.reply;
    if (!walk->store_known)
        reading->until = (uint64_t)page->last_seq;
    uint64_t before = walk->at.seq;
    const char *problem = journal_walk_take(walk, page, reading->taker, reading);
    if (problem)
        verify_differs(reading->verification, reading->check, problem);
    return !problem && walk->at.seq > before && walk->at.seq < reading->until;
}

static void read_journal(struct reading *reading)
{
    struct verification *verification = reading->verification;
    struct journal_walk walk;
    if (!verify_needs(verification, reading->check, reading->check->of, NULL))
        return;
    journal_walk_init(&walk, 0);
    for (bool goes_on = true; goes_on;) {
        struct arena_mark mark = arena_mark(&verification->pk->arena);
        goes_on = read_page(reading, &walk);
        arena_rewind(&verification->pk->arena, mark);
    }
}

static void verify_records(struct verification *verification, const char *service)
{
    struct reading reading = {
        .verification = verification,
        .check = verify_check(verification, "erased records", service),
        .taker = take,
    };
    read_journal(&reading);
}

/** Adds those who were merged into him, one after the other. */
static void find_merged(struct verification *verification)
{
    struct reading reading = {
        .verification = verification,
        .check = verify_check(verification, "merged cards", "person"),
        .taker = take_merge,
        .leads = g_array_new(FALSE, FALSE, sizeof(struct lead)),
    };
    read_journal(&reading);
    for (guint i = 0; i < verification->erased_ids->len; i++)
        for (guint k = 0; k < reading.leads->len; k++) {
            const struct lead *lead = &g_array_index(reading.leads, struct lead, k);
            if (lead->into == g_array_index(verification->erased_ids, uint64_t, i) &&
                !is_erased(verification, lead->person))
                g_array_append_val(verification->erased_ids, lead->person);
        }
    g_array_unref(reading.leads);
}

/* The files. nftw has no place for a user's pointer. */

static struct {
    struct verification *verification;
    struct check *check;
    const struct needles *needles;
    size_t prefix; // of paths, not shown
} files;

static void found(void *user, const char *path, size_t line, uint64_t offset)
{
    char text[VERIFY_TEXT_BYTES];
    (void)user;
    snprintf(text, sizeof text, "%.400s holds line %zu of the needles at byte %" PRIu64, path + files.prefix, line,
             offset);
    verify_differs(files.verification, files.check, text);
}

static int search_file(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    char text[VERIFY_TEXT_BYTES];
    (void)place;
    if (kind == FTW_D || kind == FTW_SL || (kind == FTW_F && !S_ISREG(status->st_mode)))
        return 0;
    files.check->checked++;
    if (kind == FTW_F && needles_search(files.needles, path, found, NULL))
        return 0;
    snprintf(text, sizeof text, "%.400s cannot be read", path + files.prefix);
    verify_undone(files.check, text);
    return 0;
}

static void verify_files(struct verification *verification)
{
    const char *data = arguments_own(&verification->pk->arguments, OWN_DATA);
    if (!data)
        data = default_data;
    files.verification = verification;
    files.check = verify_check(verification, "bytes", "files");
    files.needles = verification->needles;
    files.prefix = strlen(data) + 1;
    if (nftw(data, search_file, OPEN_FILES, FTW_PHYS) != 0)
        verify_undone(files.check, "the data folder cannot be read; --data names it");
}

bool verify_erased_begin(struct verification *verification)
{
    const struct arguments *arguments = &verification->pk->arguments;
    const char *path = arguments_own(arguments, OWN_NEEDLES);
    int64_t person = 0;
    if (arguments_number(arguments, OWN_ERASED, 1, INT64_MAX, 0, &person) != EXIT_DONE)
        return false;
    verification->erased = (uint64_t)person;
    if (!person && (path || arguments_has(arguments, OWN_DATA))) {
        fprintf(stderr, "pk: --needles and --data belong to --erased\n");
        return false;
    }
    verification->needles = path ? needles_read(path) : NULL;
    return !path || verification->needles;
}

void verify_erased(struct verification *verification)
{
    const struct bus_map *map = &verification->pk->session.map;
    verification->erased_ids = g_array_new(FALSE, FALSE, sizeof verification->erased);
    g_array_append_val(verification->erased_ids, verification->erased);
    find_merged(verification);
    verify_answers(verification);
    verify_recipients(verification);
    for (size_t i = 0; i < map->count; i++)
        verify_records(verification, map->services[i].service);
    for (size_t i = 0; i < map->count; i++)
        verify_done(verification, map->services[i].service);
    if (verification->needles)
        verify_files(verification);
    g_array_unref(verification->erased_ids);
}
