// SPDX-License-Identifier: Apache-2.0
/**
 * Roster: every person in memory, as search needs him. It follows the service's own journal, and the changes of last activities: before a
 * question is answered it is brought to the very state of the question's snapshot, so that it never says anything else than the cards. Belongs to
 * the query side's thread.
 *
 * About 120 bytes a person: a word of flags, dates, a key of the name, the numbers of his tags (roster_tags.h), and his place in their sets; and
 * some twenty for each value of an own-defined field (roster_own.h), more for texts of which there are no two. So it is
 * read when somebody first searches after a start, in slices between other questions: a million cards take some seconds.
 *
 * Without memory it is given up whole, and read anew when it is next wanted.
 */
#ifndef SERVICES_PERSON_ROSTER_H
#define SERVICES_PERSON_ROSTER_H

#include "common/service/ctx.h"
#include "proto/person.gen.h"
#include "services/person/named_entries.h"
#include "services/person/roster_dates.h"
#include "services/person/roster_tags.h"

/** What is known of each person with a bit. */
enum roster_flag {
    FLAG_EMAIL,
    FLAG_MOBILE,
    FLAG_PHONE, // any of the three
    FLAG_ADDRESS,
    FLAG_PERSONAL_NUMBER,
    FLAG_BIRTH_DATE,
    FLAG_NOTES,
    FLAG_TERMS,
    FLAG_ORGANISATION,
    FLAG_DEPARTMENT,
    FLAG_JOB_TITLE,
    FLAG_CATEGORY,
    FLAG_REGION,
    FLAG_BENEFIT_STATUS,
    FLAG_SALES_STATUS,
    FLAG_ACCOUNT_MANAGER,
    FLAG_GROUP,
    FLAG_EMPLOYEE,
    FLAG_WOMAN, // as enum gender, from here
    FLAG_MAN,
    FLAG_OTHER_GENDER,
    FLAG_SV, // as enum language, from here
    FLAG_EN,
    FLAG_GRANTED_LETTER, // as enum channel, from here
    FLAG_GRANTED_EMAIL,
    FLAG_GRANTED_SMS,
    FLAG_WITHDRAWN_LETTER, // as enum channel, from here
    FLAG_WITHDRAWN_EMAIL,
    FLAG_WITHDRAWN_SMS,
    FLAG_ACTIVITY, // one that has begun; not of the card
    FLAG_MARKED,   // to be erased
    ROSTER_FLAGS,
};

/** Dates that ranges are asked of. */
enum roster_date {
    DATE_BIRTH,
    DATE_TERMS,
    DATE_CREATED,
    DATE_CHANGED,
    DATE_ACTIVITY, // the last one; not of the card
    ROSTER_DATES,
};

enum {
    ROSTER_KEY_BYTES = 255, // longest key of a name; the rest of a longer one does not sort
};

struct roster;
struct roster_own;

/** NULL: no memory. Gives: roster_free. */
struct roster *roster_new(void);
void roster_free(struct roster *roster);

/** One that has nobody and follows nothing: what is asked of it is checked and finds nobody. NULL: no memory. Gives: roster_free. */
struct roster *roster_of_nobody(void);

/**
 * Reads at most so many of the cards that are still to be read, and when none is left follows the journal up to the snapshot of `ctx`. True: it
 * is there. False: cards are left to be read, or refused (busy: no memory; corrupt).
 */
bool roster_catch_up(struct roster *roster, struct ctx *ctx, size_t most_cards);

/** Somebody searches: from now on it is kept. */
void roster_want(struct roster *roster);
bool roster_is_wanted(const struct roster *roster);

/** Whether there is something to be tidied when nothing else is to do; and does that, in some milliseconds. */
bool roster_can_rest(const struct roster *roster);
void roster_rest(struct roster *roster);

/* Once it is there. Sets borrow until the next roster_catch_up. */

const roaring_bitmap_t *roster_everybody(const struct roster *roster);
const roaring_bitmap_t *roster_flagged(const struct roster *roster, enum roster_flag number);
const struct roster_tags *roster_all_tags(const struct roster *roster);
const struct roster_own *roster_all_own(const struct roster *roster);

/** What entries of pick-lists are called; NULL: the roster follows nothing yet. */
const struct named_entries *roster_named_entries(const struct roster *roster);

/** One date of everybody. */
const struct roster_dates *roster_dated(const struct roster *roster, enum roster_date date);

/** Key of the person's name, by which lists are sorted: family name, given name. Borrows. */
struct text roster_key(const struct roster *roster, uint32_t person);

/** The key that the card's name has, or would have. Borrows until the next call, and until the roster takes a card in. */
struct text roster_make_key(struct roster *roster, const struct person_card *card);

/** Somebody whose name has the key, and who was born that day; 0: nobody. */
uint64_t roster_find_born(const struct roster *roster, struct text key, int32_t birth_date);

/** The key's first eight bytes as a number that sorts as they do. */
uint64_t roster_beginning(struct text key);

/** A place in the list by name: before all that sort after (key, person). */
struct roster_place {
    struct text key;
    uint32_t person;
};

/** Whether somebody is there. */
bool roster_has(const struct roster *roster, uint64_t person);

/** Whether two have the same name, as it is sorted. */
bool roster_same_name(const struct roster *roster, uint32_t left, uint32_t right);

/**
 * Others of the same name who were born on the same day, up to `max`; none when no day is known. Adds to `steps` how many namesakes were looked at, of
 * whom there are at most 4,096.
 */
size_t roster_twins(const struct roster *roster, uint32_t person, size_t max, uint32_t *out_persons, size_t *steps);

/** Order of two persons in lists by name: by their keys, then by their numbers. */
int roster_compare(const struct roster *roster, uint32_t left, uint32_t right);

/** Order of a person and a place. */
int roster_compare_place(const struct roster *roster, uint32_t person, const struct roster_place *place);

/**
 * Up to `max` (at least 1) of `persons` by name, those after `after` (NULL: from the beginning); returns how many. A set of few is looked through; one
 * of many is looked for in everybody's order. Refused as busy: no memory.
 */
size_t roster_page_by_name(const struct roster *roster, struct ctx *ctx, const roaring_bitmap_t *persons,
                           const struct roster_place *after, size_t max, uint32_t *out_persons);

/** Persons of whom something is true that is asked of each. */
struct roster_asked {
    bool (*holds)(const void *user, uint32_t person);
    const void *user;
};

/** The same of those, by so many steps in everybody's order; false: they did not do, or refused as busy. */
bool roster_page_by_steps(const struct roster *roster, struct ctx *ctx, const struct roster_asked *asked, size_t steps,
                          const struct roster_place *after, size_t max, uint32_t *out_persons, size_t *out_count);

#endif
