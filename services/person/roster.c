// SPDX-License-Identifier: Apache-2.0
#include "services/person/roster.h"

#include <stdlib.h>

#include "common/base/grow.h"
#include "common/base/log.h"
#include "common/base/must.h"
#include "services/person/choices.h"
#include "services/person/last_activity.h"
#include "services/person/name_key.h"
#include "services/person/roster_order.h"
#include "services/person/roster_own.h"

enum {
    TAGS_MOST = UINT16_MAX, // of a person: more than 64 texts of 500 bytes have words
    ARENA_BYTES = 8 * 1024 * 1024,
    FIRST_MEMBERS = 1024,
    DAY_MS = 24 * 3600 * 1000,
};

/** A person. Key and tags stand in the roster's pools. */
struct member {
    uint32_t flags;
    uint32_t key_at;
    uint32_t tags_at;
    uint16_t tag_count;
    uint8_t key_len;
    bool is_there;
};

/** Bytes or numbers that are only ever added; what is not used any more is counted, and cleared out when it is half of all. */
struct pool {
    void *data;
    size_t count;
    size_t capacity;
    size_t unused;
};

struct roster {
    uint64_t seq;               // of the journal: what was taken in
    uint64_t activity_news;     // number of the change of a last activity that was taken in last
    bool is_wanted;             // somebody has searched
    bool is_whole;              // every card was read
    struct store_txn *snapshot; // from which they are read; NULL: not begun, or done
    uint64_t next_card;
    struct arena arena;           // of one card
    struct buffer key;            // of one name
    struct roster_tag_list found; // tags of one card
    struct member *members;       // by number
    struct roster_dates dates[ROSTER_DATES];
    bool lacks_memory; // what was followed last of activities is not all in it
    size_t member_capacity;
    struct pool keys;
    struct pool numbers; // of tags
    struct roster_tags tags;
    roaring_bitmap_t *everybody;
    roaring_bitmap_t *flagged[ROSTER_FLAGS];
    struct roster_order order;
    struct roster_own own;
    struct named_entries named_entries;
};

static void clear(struct roster *roster)
{
    if (roster->snapshot)
        store_abort(roster->snapshot);
    free(roster->members);
    for (size_t i = 0; i < ROSTER_DATES; i++)
        roster_dates_fini(&roster->dates[i]);
    free(roster->keys.data);
    free(roster->numbers.data);
    roster_tags_fini(&roster->tags);
    roster_set_free(roster->everybody);
    for (size_t i = 0; i < ROSTER_FLAGS; i++)
        roster_set_free(roster->flagged[i]);
    roster_order_fini(&roster->order);
    roster_own_fini(&roster->own);
    roster_tag_list_fini(&roster->found);
    named_entries_fini(&roster->named_entries);
    arena_fini(&roster->arena);
    buffer_fini(&roster->key);
}

static bool set_up(struct roster *roster)
{
    *roster = (struct roster){.everybody = roaring_bitmap_create()};
    bool has_sets = roster->everybody != NULL;
    for (size_t i = 0; i < ROSTER_FLAGS; i++) {
        roster->flagged[i] = roaring_bitmap_create();
        has_sets = has_sets && roster->flagged[i];
    }
    arena_init(&roster->arena, ARENA_BYTES);
    buffer_init(&roster->key, NAME_KEY_BYTES);
    roster_own_init(&roster->own);
    return has_sets;
}

struct roster *roster_new(void)
{
    struct roster *roster = malloc(sizeof *roster);
    if (roster && !set_up(roster)) {
        roster_free(roster);
        return NULL;
    }
    return roster;
}

struct roster *roster_of_nobody(void)
{
    struct roster *roster = roster_new();
    if (roster)
        roster_tags_sort(&roster->tags);
    return roster;
}

void roster_free(struct roster *roster)
{
    if (!roster)
        return;
    clear(roster);
    free(roster);
}

/* Pools. */

static bool pool_has_room(struct pool *pool, size_t wanted, size_t size)
{
    size_t count = pool->count + wanted;
    void *data = count <= UINT32_MAX ? grow(pool->data, &pool->capacity, count, size) : NULL;
    if (data)
        pool->data = data;
    return data != NULL;
}

/** Copies what members use into a new pool. */
static bool tidy_keys(struct roster *roster)
{
    struct pool fresh = {.count = 0};
    if (roster->keys.unused * 2 < roster->keys.count || roster->keys.count < FIRST_MEMBERS)
        return true;
    if (!pool_has_room(&fresh, roster->keys.count - roster->keys.unused, 1))
        return false;
    for (size_t i = 0; i < roster->member_capacity; i++) {
        struct member *member = &roster->members[i];
        if (member->key_len)
            memcpy((char *)fresh.data + fresh.count, (const char *)roster->keys.data + member->key_at, member->key_len);
        member->key_at = (uint32_t)fresh.count;
        fresh.count += member->key_len;
    }
    free(roster->keys.data);
    roster->keys = fresh;
    return true;
}

static bool tidy_numbers(struct roster *roster)
{
    struct pool fresh = {.count = 0};
    if (roster->numbers.unused * 2 < roster->numbers.count || roster->numbers.count < FIRST_MEMBERS)
        return true;
    if (!pool_has_room(&fresh, roster->numbers.count - roster->numbers.unused, sizeof(uint32_t)))
        return false;
    for (size_t i = 0; i < roster->member_capacity; i++) {
        struct member *member = &roster->members[i];
        if (member->tag_count)
            memcpy((uint32_t *)fresh.data + fresh.count, (const uint32_t *)roster->numbers.data + member->tags_at,
                   member->tag_count * sizeof(uint32_t));
        member->tags_at = (uint32_t)fresh.count;
        fresh.count += member->tag_count;
    }
    free(roster->numbers.data);
    roster->numbers = fresh;
    return true;
}

/* What a card is to the roster. */

static void add_words(struct roster *roster, struct roster_tag_list *list)
{
    struct text rest = bytes_text(buffer_bytes(&roster->key)), word;
    char plain[ROSTER_KEY_BYTES];
    while (name_key_word(&rest, &word)) {
        roster_tag_list_add(list, roster_tags_take_word(&roster->tags, word));
        if (name_key_plain(word, plain))
            roster_tag_list_add(list, roster_tags_take_word(&roster->tags, (struct text){plain, word.len}));
    }
}

/** Ascending. */
static void gather_tags(struct roster *roster, const struct person_card *card, struct roster_tag_list *out_list)
{
    struct roster_tags *tags = &roster->tags;
    roster_tag_list_reset(out_list);
    for (size_t i = 0; i < choice_count; i++)
        if (choice_of(&choices[i], card))
            roster_tag_list_add(out_list, roster_tags_take_id(tags, FACET_ENTRY, choice_of(&choices[i], card)));
    for (size_t i = 0; i < card->groups.count; i++)
        roster_tag_list_add(out_list, roster_tags_take_id(tags, FACET_ENTRY, card->groups.items[i]));
    if (card->has_department)
        roster_tag_list_add(out_list, roster_tags_take_id(tags, FACET_ENTRY, card->department));
    if (card->has_organisation)
        roster_tag_list_add(out_list, roster_tags_take_id(tags, FACET_ORGANISATION, card->organisation));
    if (card->has_account_manager)
        roster_tag_list_add(out_list, roster_tags_take_id(tags, FACET_ACCOUNT_MANAGER, card->account_manager));
    if (card->has_import)
        roster_tag_list_add(out_list, roster_tags_take_id(tags, FACET_IMPORT, card->import));
    add_words(roster, out_list);
    roster_own_gather(&roster->own, tags, card, out_list);
    roster_tag_list_sort(out_list);
    if (out_list->count > TAGS_MOST)
        out_list->count = TAGS_MOST;
}

static uint32_t flag(bool is_set, unsigned number)
{
    return is_set ? UINT32_C(1) << number : 0;
}

_Static_assert(ROSTER_FLAGS <= 32, "the flags of a person are one word");

static uint32_t flags_of(const struct person_card *card)
{
    uint32_t flags = flag(card->has_email, FLAG_EMAIL) | flag(card->has_mobile, FLAG_MOBILE) |
                     flag(card->has_mobile || card->has_work_phone || card->has_home_phone, FLAG_PHONE) |
                     flag(card->has_address, FLAG_ADDRESS) | flag(card->has_personal_number, FLAG_PERSONAL_NUMBER) |
                     flag(card->has_birth_date, FLAG_BIRTH_DATE) | flag(card->has_notes, FLAG_NOTES) |
                     flag(card->has_terms_accepted_on, FLAG_TERMS) | flag(card->has_organisation, FLAG_ORGANISATION) |
                     flag(card->has_department, FLAG_DEPARTMENT) | flag(card->has_job_title, FLAG_JOB_TITLE) |
                     flag(card->has_category, FLAG_CATEGORY) | flag(card->has_region, FLAG_REGION) |
                     flag(card->has_benefit_status, FLAG_BENEFIT_STATUS) |
                     flag(card->has_sales_status, FLAG_SALES_STATUS) |
                     flag(card->has_account_manager, FLAG_ACCOUNT_MANAGER) | flag(card->groups.count > 0, FLAG_GROUP) |
                     flag(card->has_employment, FLAG_EMPLOYEE) | flag(card->has_erasure_marked_ms, FLAG_MARKED);
    if (card->has_gender)
        flags |= flag(true, FLAG_WOMAN + (unsigned)card->gender - GENDER_WOMAN);
    if (card->has_language)
        flags |= flag(true, FLAG_SV + (unsigned)card->language - LANGUAGE_SV);
    for (size_t i = 0; i < card->consents.count; i++) {
        const struct consent *consent = &card->consents.items[i];
        unsigned first = consent->granted ? FLAG_GRANTED_LETTER : FLAG_WITHDRAWN_LETTER;
        flags |= flag(true, first + (unsigned)consent->channel - CHANNEL_LETTER);
    }
    return flags;
}

static void make_key(struct roster *roster, const struct person_card *card)
{
    buffer_reset(&roster->key);
    if (card->has_family_name)
        name_key_add(&roster->key, card->family_name);
    buffer_byte(&roster->key, NAME_KEY_BREAK);
    name_key_add(&roster->key, card->given_name);
    if (roster->key.len > ROSTER_KEY_BYTES)
        roster->key.len = ROSTER_KEY_BYTES;
}

/** UTC's; times before 1970 too. */
static int32_t day_of(int64_t time_ms)
{
    return (int32_t)(time_ms / DAY_MS - (time_ms % DAY_MS < 0));
}

/* Taking a card in. */

static bool grow_dates(struct roster *roster, size_t capacity)
{
    for (size_t i = 0; i < ROSTER_DATES; i++)
        if (!roster_dates_grow(&roster->dates[i], capacity))
            return false;
    return true;
}

/** NULL: no memory. */
static struct member *member_of(struct roster *roster, uint64_t person)
{
    if (person >= roster->member_capacity) {
        size_t capacity = roster->member_capacity ? roster->member_capacity : FIRST_MEMBERS;
        while (capacity <= person)
            capacity += capacity / 2;
        if (person >= UINT32_MAX || !grow_dates(roster, capacity))
            return NULL;
        struct member *members = realloc(roster->members, capacity * sizeof *members);
        if (!members)
            return NULL;
        memset(members + roster->member_capacity, 0, (capacity - roster->member_capacity) * sizeof *members);
        roster->members = members;
        roster->member_capacity = capacity;
    }
    return &roster->members[person];
}

static void set_flags(struct roster *roster, uint32_t person, struct member *member, uint32_t flags)
{
    uint32_t changed = member->flags ^ flags;
    for (unsigned i = 0; i < ROSTER_FLAGS; i++)
        if (changed & flag(true, i)) {
            if (flags & flag(true, i))
                roaring_bitmap_add(roster->flagged[i], person);
            else
                roaring_bitmap_remove(roster->flagged[i], person);
        }
    member->flags = flags;
}

static bool set_tags(struct roster *roster, uint32_t person, struct member *member, const struct roster_tag_list *list)
{
    struct roster_tag *tags = roster->tags.items;
    const uint32_t *old = (const uint32_t *)roster->numbers.data + member->tags_at;
    size_t i = 0, j = 0;
    while (i < member->tag_count || j < list->count) { // both are ascending
        bool is_old = j == list->count || (i < member->tag_count && old[i] <= list->items[j]);
        bool is_new = i == member->tag_count || (j < list->count && list->items[j] <= old[i]);
        if (!is_new)
            roster_tag_remove(&tags[old[i]], person);
        if (!is_old && !roster_tag_add(&tags[list->items[j]], person))
            return false;
        i += is_old;
        j += is_new;
    }
    if (list->count > member->tag_count) {
        if (!pool_has_room(&roster->numbers, list->count, sizeof(uint32_t)))
            return false;
        roster->numbers.unused += member->tag_count;
        member->tags_at = (uint32_t)roster->numbers.count;
        roster->numbers.count += list->count;
    } else {
        roster->numbers.unused += member->tag_count - list->count;
    }
    if (list->count)
        memcpy((uint32_t *)roster->numbers.data + member->tags_at, list->items, list->count * sizeof(uint32_t));
    member->tag_count = (uint16_t)list->count;
    return tidy_numbers(roster);
}

static bool set_key(struct roster *roster, uint32_t person, struct member *member)
{
    struct text key = bytes_text(buffer_bytes(&roster->key));
    if (member->is_there && text_equal(roster_key(roster, person), key))
        return true;
    if (!pool_has_room(&roster->keys, key.len, 1))
        return false;
    if (roster->is_whole && member->is_there)
        roster_order_take_out(&roster->order, roster, person);
    roster->keys.unused += member->key_len;
    member->key_at = (uint32_t)roster->keys.count;
    member->key_len = (uint8_t)key.len;
    memcpy((char *)roster->keys.data + member->key_at, key.data, key.len);
    roster->keys.count += key.len;
    return tidy_keys(roster) && (!roster->is_whole || roster_order_put_in(&roster->order, roster, person));
}

static bool set_dates(struct roster *roster, uint32_t person, const struct person_card *card)
{
    struct roster_dates *dates = roster->dates;
    return roster_dates_set(&dates[DATE_BIRTH], person, card->has_birth_date ? card->birth_date : ROSTER_NO_DATE) &&
           roster_dates_set(&dates[DATE_TERMS], person,
                            card->has_terms_accepted_on ? card->terms_accepted_on : ROSTER_NO_DATE) &&
           roster_dates_set(&dates[DATE_CREATED], person, day_of(card->created_ms)) &&
           roster_dates_set(&dates[DATE_CHANGED], person, day_of(card->changed_ms));
}

/** False: no memory; then the roster is not to be used any more. */
static bool take_in(struct roster *roster, const struct person_card *card)
{
    struct roster_tag_list *list = &roster->found;
    uint32_t person = (uint32_t)card->person;
    struct member *member = member_of(roster, card->person);
    make_key(roster, card);
    gather_tags(roster, card, list);
    if (!member || list->failed || roster->key.failed || !set_tags(roster, person, member, list) ||
        !set_key(roster, person, member) || !roster_own_put(&roster->own, card) || !set_dates(roster, person, card))
        return false;
    set_flags(roster, person, member, flags_of(card) | (member->flags & flag(true, FLAG_ACTIVITY)));
    member->is_there = true;
    roaring_bitmap_add(roster->everybody, person);
    return true;
}

/** Takes out somebody who was removed, merged or erased. False: no memory; then the roster is not to be used any more. */
static bool take_out(struct roster *roster, uint64_t id)
{
    static const struct roster_tag_list nothing;
    const struct person_card nobody = {.person = id};
    uint32_t person = (uint32_t)id;
    if (id >= roster->member_capacity || !roster->members[person].is_there)
        return true;
    struct member *member = &roster->members[person];
    roster_order_take_out(&roster->order, roster, person); // only what is whole is followed
    if (!set_tags(roster, person, member, &nothing) || !roster_own_put(&roster->own, &nobody))
        return false;
    set_flags(roster, person, member, 0);
    for (size_t i = 0; i < ROSTER_DATES; i++)
        (void)roster_dates_set(&roster->dates[i], person, ROSTER_NO_DATE); // which needs no memory
    roster->keys.unused += member->key_len;
    member->key_len = 0;
    member->is_there = false;
    roaring_bitmap_remove(roster->everybody, person);
    return tidy_keys(roster);
}

/* Reading the cards, and following. */

static void begin_anew(struct roster *roster)
{
    bool is_wanted = roster->is_wanted;
    clear(roster);
    must(set_up(roster)); // a few hundred bytes
    roster->is_wanted = is_wanted;
}

static bool give_up(struct roster *roster, struct ctx *ctx)
{
    LOG(LOG_LEVEL_WARNING, "there is no memory for the roster of persons; it is read anew when it is next wanted",
        log_int("persons", (int64_t)roaring_bitmap_get_cardinality(roster->everybody)));
    begin_anew(roster);
    ctx_refuse(ctx, ERROR_BUSY, NULL,
               "The service has no memory left to search in; send the same again a little later.");
    return false;
}

static bool refuse_corrupt(struct ctx *ctx)
{
    ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A card cannot be read; an operator has to restore the store.");
    return false;
}

/** Reads up to `most` cards; true when none is left. */
static bool read_cards(struct roster *roster, struct ctx *ctx, size_t most)
{
    struct key from = key_of_id(roster->next_card);
    struct store_cursor cursor;
    bool has_memory = true, is_read = true;
    if (!roster->snapshot)
        roster->snapshot = store_begin_read(store_txn_store(ctx->txn));
    struct ctx reading = {.txn = roster->snapshot, .arena = &roster->arena};
    store_cursor_open(&cursor, roster->snapshot, &person_cards);
    bool there = store_cursor_seek(&cursor, key_bytes(&from));
    for (size_t i = 0; there && i < most; i++) {
        struct person_card card;
        arena_reset(&roster->arena);
        roster->next_card = get_u64(cursor.key.data) + 1;
        is_read = row_decode(&reading, &person_card_row_desc, cursor.value, &card);
        has_memory = !is_read || take_in(roster, &card);
        if (!is_read || !has_memory)
            break;
        there = store_cursor_next(&cursor);
    }
    store_cursor_close(&cursor);
    if (!has_memory)
        return give_up(roster, ctx);
    if (!is_read || store_txn_fault(roster->snapshot) != FAULT_NONE) {
        begin_anew(roster); // or what comes after would be searched without the card
        return refuse_corrupt(ctx);
    }
    return !there;
}

/** All cards were read: puts what came in into order. */
static bool complete(struct roster *roster, struct ctx *ctx)
{
    roster->seq = store_txn_seq(roster->snapshot);
    store_abort(roster->snapshot);
    roster->snapshot = NULL;
    roster_tags_sort(&roster->tags);
    for (size_t i = 0; i < ROSTER_DATES; i++)
        roster_dates_pack(&roster->dates[i]);
    for (size_t i = 0; i < ROSTER_FLAGS; i++)
        roaring_bitmap_run_optimize(roster->flagged[i]);
    roaring_bitmap_run_optimize(roster->everybody);
    if (!roster_order_build(&roster->order, roster))
        return give_up(roster, ctx);
    roster->is_whole = true;
    return true;
}

/** The person whose card went into another's with a record of the journal; 0: nobody's did. */
static uint64_t merged_by(struct ctx *ctx, const struct journal_record *record)
{
    struct person_merged merged;
    bool is_merge = !record->erased && text_equal(record->header.type, text_of(person_merged_message.type));
    return is_merge && row_decode(ctx, &person_merged_desc, record->body, &merged) ? merged.person : 0;
}

/** The card that a record of the journal carries; false: it carries none. */
static bool card_of(struct ctx *ctx, const struct journal_record *record, struct person_card *out_card)
{
    bool is_made = text_equal(record->header.type, text_of(person_created_message.type));
    struct person_created created;
    struct person_updated updated;
    if (record->erased || (!is_made && !text_equal(record->header.type, text_of(person_updated_message.type))))
        return false;
    bool read = is_made ? row_decode(ctx, &person_created_desc, record->body, &created)
                        : row_decode(ctx, &person_updated_desc, record->body, &updated);
    if (read)
        *out_card = is_made ? created.card : updated.card;
    return read;
}

static bool follow(struct roster *roster, struct ctx *ctx)
{
    struct journal_cursor cursor;
    struct journal_record record;
    bool good = true;
    if (roster->seq == store_txn_seq(ctx->txn))
        return true;
    journal_cursor_open(&cursor, ctx->txn, roster->seq);
    while (good && journal_cursor_next(&cursor, &record)) {
        struct ctx reading = {.txn = ctx->txn, .arena = &roster->arena};
        struct person_card card;
        arena_reset(&roster->arena);
        uint64_t merged = merged_by(&reading, &record);
        if (text_starts_with(record.header.type, TEXT("entry.")))
            roster->named_entries.is_read = false;
        if (text_equal(record.header.type, text_of(person_removed_message.type)) ||
            text_equal(record.header.type, text_of(person_erased_message.type)))
            merged = record.header.person;
        if ((merged && !take_out(roster, merged)) || (card_of(&reading, &record, &card) && !take_in(roster, &card)))
            good = give_up(roster, ctx);
        else if (is_refused(&reading.refusal))
            good = refuse_corrupt(ctx);
        if (good)
            roster->seq = record.seq;
    }
    journal_cursor_close(&cursor);
    return good;
}

/** The cards were followed before: somebody who is not there has no card. */
static void take_activity(void *user, uint64_t person, bool has_last, int64_t last_ms)
{
    struct roster *roster = user;
    struct member *member = person < roster->member_capacity ? &roster->members[person] : NULL;
    if (!member || !member->is_there)
        return;
    uint32_t others = member->flags & ~flag(true, FLAG_ACTIVITY);
    set_flags(roster, (uint32_t)person, member, others | flag(has_last, FLAG_ACTIVITY));
    if (!roster_dates_set(&roster->dates[DATE_ACTIVITY], (uint32_t)person, has_last ? day_of(last_ms) : ROSTER_NO_DATE))
        roster->lacks_memory = true;
}

static void forget_activities(struct roster *roster)
{
    for (size_t i = 0; i < roster->member_capacity; i++)
        take_activity(roster, i, false, 0);
}

static void follow_activities(struct roster *roster, struct ctx *ctx)
{
    uint64_t newest = last_activity_news(ctx->txn);
    if (newest == roster->activity_news)
        return;
    if (newest < roster->activity_news ||
        !last_activity_since(ctx->txn, roster->activity_news, take_activity, roster)) {
        forget_activities(roster);
        last_activity_all(ctx->txn, take_activity, roster);
    }
    if (store_txn_fault(ctx->txn) == FAULT_NONE)
        roster->activity_news = newest;
}

bool roster_catch_up(struct roster *roster, struct ctx *ctx, size_t most_cards)
{
    if (!roster->is_whole && (!read_cards(roster, ctx, most_cards) || !complete(roster, ctx)))
        return false;
    if (!follow(roster, ctx))
        return false;
    follow_activities(roster, ctx);
    return roster->lacks_memory ? give_up(roster, ctx) : named_entries_read(&roster->named_entries, ctx);
}

/* Asking it. */

const roaring_bitmap_t *roster_everybody(const struct roster *roster)
{
    return roster->everybody;
}

const roaring_bitmap_t *roster_flagged(const struct roster *roster, enum roster_flag number)
{
    return roster->flagged[number];
}

const struct named_entries *roster_named_entries(const struct roster *roster)
{
    return roster->named_entries.is_read ? &roster->named_entries : NULL;
}

const struct roster_tags *roster_all_tags(const struct roster *roster)
{
    return &roster->tags;
}

const struct roster_dates *roster_dated(const struct roster *roster, enum roster_date date)
{
    return &roster->dates[date];
}

const struct roster_own *roster_all_own(const struct roster *roster)
{
    return &roster->own;
}

uint64_t roster_beginning(struct text key)
{
    uint8_t bytes[sizeof(uint64_t)] = {0};
    if (key.len)
        memcpy(bytes, key.data, key.len < sizeof bytes ? key.len : sizeof bytes);
    return get_u64(bytes);
}

struct text roster_key(const struct roster *roster, uint32_t person)
{
    const struct member *member = &roster->members[person];
    return (struct text){(const char *)roster->keys.data + member->key_at, member->key_len};
}

bool roster_has(const struct roster *roster, uint64_t person)
{
    return person < roster->member_capacity && roster->members[person].is_there;
}

bool roster_same_name(const struct roster *roster, uint32_t left, uint32_t right)
{
    return text_equal(roster_key(roster, left), roster_key(roster, right));
}

int32_t roster_birth_date(const struct roster *roster, uint32_t person)
{
    return roster->dates[DATE_BIRTH].days[person];
}

int roster_compare(const struct roster *roster, uint32_t left, uint32_t right)
{
    const struct roster_place place = {roster_key(roster, right), right};
    return roster_compare_place(roster, left, &place);
}

int roster_compare_place(const struct roster *roster, uint32_t person, const struct roster_place *place)
{
    int by_key = text_compare(roster_key(roster, person), place->key);
    if (by_key)
        return by_key;
    return (person > place->person) - (person < place->person);
}

struct text roster_make_key(struct roster *roster, const struct person_card *card)
{
    make_key(roster, card);
    return bytes_text(buffer_bytes(&roster->key));
}

static bool is_born(const struct roster *roster, uint32_t person, struct text key, int32_t birth_date)
{
    return text_equal(roster_key(roster, person), key) && roster->dates[DATE_BIRTH].days[person] == birth_date;
}

uint64_t roster_find_born(const struct roster *roster, struct text key, int32_t birth_date)
{
    const struct roster_order *order = &roster->order;
    const struct roster_place place = {key, 0};
    for (size_t i = roster_order_recent_after(order, roster, &place);
         i < order->recent_count && text_equal(roster_key(roster, order->recent[i]), key); i++)
        if (is_born(roster, order->recent[i], key, birth_date))
            return order->recent[i];
    for (size_t i = roster_order_base_after(order, roster, &place); i < order->base_count; i++) {
        uint32_t person = order->base[i];
        if (roster_order_place(order, person) != i)
            continue;
        if (!text_equal(roster_key(roster, person), key))
            break;
        if (is_born(roster, person, key, birth_date))
            return person;
    }
    return 0;
}

const struct roster_order *roster_names(const struct roster *roster)
{
    return &roster->order;
}

void roster_want(struct roster *roster)
{
    roster->is_wanted = true;
}

bool roster_is_wanted(const struct roster *roster)
{
    return roster->is_wanted;
}

void roster_rest(struct roster *roster)
{
    if (roster->is_whole)
        roster_order_merge(&roster->order, roster); // without memory it stays as it is
}

bool roster_can_rest(const struct roster *roster)
{
    return roster->is_whole && roster_order_can_merge(&roster->order);
}
