// SPDX-License-Identifier: Apache-2.0
#include "services/person/filter_terms.h"

#include "common/base/date.h"
#include "common/base/fold.h"
#include "common/store/alias.h"
#include "services/person/choices.h"
#include "services/person/contacts.h"
#include "services/person/filter_words.h"
#include "services/person/name_key.h"
#include "services/person/organisations.h"
#include "services/person/phone.h"
#include "services/person/roster_own.h"
#include "services/person/selections.h"

enum {
    LEAST_PHONE_DIGITS = 6, // of a word without a field that may be a phone number
    MERGED_MOST = 32,       // entries that are followed from one that was merged
};

/** Those who have the tag; NULL: nobody. */
static struct filter_set of_tag(struct filter *filter, const struct roster_tag *tag)
{
    if (tag && tag->holds == TAG_MANY)
        return filter_of(filter, tag->persons.many, false);
    roaring_bitmap_t *persons = filter_make(filter);
    if (persons && tag && tag->holds == TAG_ONE)
        roaring_bitmap_add(persons, tag->persons.one);
    return filter_of(filter, persons, false);
}

/** Those who have any of many tags. */
struct any_of {
    roaring_bitmap_t *many; // not to be read before any_of_end
    roaring_bitmap_t *ones;
};

static bool any_of_begin(struct filter *filter, struct any_of *out_any)
{
    out_any->many = filter_make(filter);
    out_any->ones = out_any->many ? filter_make(filter) : NULL;
    return out_any->ones != NULL;
}

static void any_of_add(struct any_of *any, const struct roster_tag *tag)
{
    if (tag && tag->holds == TAG_MANY)
        roaring_bitmap_lazy_or_inplace(any->many, tag->persons.many, true);
    else if (tag && tag->holds == TAG_ONE)
        roaring_bitmap_add(any->ones, tag->persons.one);
}

static struct filter_set any_of_end(struct filter *filter, struct any_of *any)
{
    roaring_bitmap_repair_after_lazy(any->many);
    roaring_bitmap_or_inplace(any->many, any->ones);
    return filter_of(filter, any->many, false);
}

/* Names. */

/** Those of whose names one begins with the word. */
static struct filter_set find_prefix(struct filter *filter, struct text word)
{
    const struct roster_tags *tags = roster_all_tags(filter->roster);
    struct any_of any;
    size_t first, count = roster_tags_prefix(tags, word, &first);
    if (count == 1)
        return of_tag(filter, &tags->items[tags->words[first]]);
    if (!any_of_begin(filter, &any))
        return filter_of(filter, NULL, false);
    for (size_t i = 0; i < count; i++)
        any_of_add(&any, &tags->items[tags->words[first + i]]);
    return any_of_end(filter, &any);
}

struct filter_set filter_of_words(struct filter *filter, uint64_t own_field, struct text value)
{
    char tag[ROSTER_OWN_WORD_TAG_BYTES];
    struct buffer key;
    filter_words_note(filter, value);
    buffer_init(&key, NAME_KEY_BYTES);
    name_key_add(&key, value);
    struct text rest = bytes_text(buffer_bytes(&key)), word;
    struct filter_set all = {NULL, false};
    bool has_word = false;
    while ((!has_word || all.node) && name_key_word(&rest, &word)) {
        struct filter_set one = find_prefix(filter, own_field ? roster_own_word(own_field, word, tag) : word);
        all = has_word ? filter_both(filter, all, one) : one;
        has_word = true;
    }
    buffer_fini(&key);
    return has_word ? all : filter_refuse(filter, "has a word without a letter; write how it begins");
}

static struct filter_set find_name(struct filter *filter, const struct filter_field *field, struct text value)
{
    (void)field;
    return filter_of_words(filter, 0, value);
}

/* Numbers and addresses. */

static struct filter_set only(struct filter *filter, uint64_t person)
{
    roaring_bitmap_t *persons = filter_make(filter);
    if (persons && person < UINT32_MAX && roaring_bitmap_contains(roster_everybody(filter->roster), (uint32_t)person))
        roaring_bitmap_add(persons, (uint32_t)person);
    return filter_of(filter, persons, false);
}

static struct filter_set find_in_index(struct filter *filter, const struct index *index, struct text value)
{
    struct bytes id;
    bool found = index_get_unique(filter->ctx->txn, index, text_bytes(value), &id);
    uint64_t person = found ? alias_end(filter->ctx->txn, &person_merged, get_u64(id.data)) : 0;
    filter_words_note_person(filter, person);
    return only(filter, person);
}

static struct filter_set find_number(struct filter *filter, const struct filter_field *field, struct text value)
{
    (void)field;
    return find_in_index(filter, &person_numbers, value);
}

static struct filter_set find_person(struct filter *filter, const struct filter_field *field, struct text value)
{
    (void)field;
    uint64_t person;
    return id_read(value, &person) ? only(filter, alias_end(filter->ctx->txn, &person_merged, person))
                                   : filter_refuse(filter, "asks for an id that is none; write id:#17");
}

static struct filter_set find_phone(struct filter *filter, const struct filter_field *field, struct text value)
{
    (void)field;
    char number[PHONE_BYTES];
    size_t len = phone_read(value, number);
    if (len == 0)
        return filter_refuse(
            filter, "asks for a phone number that is none; write it as 070-1234567, in quotes if it has blanks");
    roaring_bitmap_t *persons = filter_make(filter);
    if (persons)
        contacts_add_phone(filter->ctx->txn, (struct text){number, len}, persons);
    filter_words_note_persons(filter, persons);
    return filter_of(filter, persons, false);
}

static struct filter_set find_email(struct filter *filter, const struct filter_field *field, struct text value)
{
    (void)field;
    roaring_bitmap_t *persons = filter_make(filter);
    if (persons)
        contacts_add_email(filter->ctx->txn, value, persons);
    filter_words_note_persons(filter, persons);
    return filter_of(filter, persons, false);
}

/** Whether the word may be a phone number: digits enough, and nothing that phones have not. */
static bool may_be_phone(struct text value)
{
    size_t digits = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] >= '0' && value.data[i] <= '9')
            digits++;
        else if (!strchr("+-/. ()", value.data[i]))
            return false;
    }
    return digits >= LEAST_PHONE_DIGITS;
}

struct filter_set filter_find_word(struct filter *filter, struct text value)
{
    char number[PHONE_BYTES];
    struct filter_set set = find_number(filter, NULL, value);
    if (memchr(value.data, '@', value.len))
        return filter_either(filter, set, find_email(filter, NULL, value));
    if (may_be_phone(value) && phone_read(value, number) > 0)
        return filter_either(filter, set, find_phone(filter, NULL, value));
    return filter_either(filter, set, find_name(filter, NULL, value));
}

/* What cards choose. */

struct filter_set filter_of_id(struct filter *filter, enum facet facet, uint64_t id)
{
    return of_tag(filter, roster_tags_of_id(roster_all_tags(filter->roster), facet, id));
}

/** Those who have no value of the field at all. */
bool filter_is_none(struct text value)
{
    return text_equal(value, TEXT("none"));
}

static struct filter_set without(struct filter *filter, const struct filter_field *field)
{
    return filter_of(filter, roster_flagged(filter->roster, (enum roster_flag)field->flag), true);
}

static const struct named_entries *names_of(struct filter *filter)
{
    const struct named_entries *kept = roster_named_entries(filter->roster);
    if (kept)
        return kept;
    return named_entries_read(&filter->names, filter->ctx) ? &filter->names : NULL;
}

/** Adds those who have the entry, or one that stands for it since they were merged: cards change from the one to the other in slices. */
static void add_entry(struct filter *filter, struct any_of *any, uint64_t entry, uint64_t merged_into)
{
    const struct roster_tags *tags = roster_all_tags(filter->roster);
    any_of_add(any, roster_tags_of_id(tags, FACET_ENTRY, entry));
    for (size_t i = 0; i < MERGED_MOST && merged_into; i++) {
        struct pick_list_entry next;
        any_of_add(any, roster_tags_of_id(tags, FACET_ENTRY, merged_into));
        bool is_read = row_get(filter->ctx, &person_entries, &pick_list_entry_row_desc, merged_into, &next);
        merged_into = is_read && next.has_merged_into ? next.merged_into : 0;
    }
}

static struct filter_set of_entry(struct filter *filter, const struct pick_list_entry *entry)
{
    struct any_of any;
    if (!any_of_begin(filter, &any))
        return filter_of(filter, NULL, false);
    add_entry(filter, &any, entry->entry, entry->has_merged_into ? entry->merged_into : 0);
    return any_of_end(filter, &any);
}

/** Entries of the list by their name in either language; a department's may be several organisations'. */
static struct filter_set find_entries_named(struct filter *filter, enum pick_list list, struct text value)
{
    uint8_t folded[FOLD_BYTES];
    size_t len, first;
    const struct named_entries *names = names_of(filter);
    if (!names)
        return filter_of(filter, NULL, false);
    if (!fold_name(value, folded, sizeof folded, &len))
        return filter_refuse(filter, "has a name that cannot be compared; write it otherwise");
    size_t count = named_entries_find(names, list, (struct text){(const char *)folded, len}, &first);
    if (count == 0)
        return filter_refuse(filter, "names an entry that its pick-list has not; entry.list shows those it has");
    for (size_t i = 0; i < count; i++)
        filter_name_id(filter, names->items[first + i].entry);
    if (count == 1 && !names->items[first].merged_into)
        return filter_of_id(filter, FACET_ENTRY, names->items[first].entry);
    struct any_of any;
    if (!any_of_begin(filter, &any))
        return filter_of(filter, NULL, false);
    for (size_t i = 0; i < count; i++)
        add_entry(filter, &any, names->items[first + i].entry, names->items[first + i].merged_into);
    return any_of_end(filter, &any);
}

/** By id it is exactly this entry, in a selection what it stands for now. */
static struct filter_set find_entry(struct filter *filter, const struct filter_field *field, struct text value)
{
    uint64_t id;
    if (filter_is_none(value))
        return without(filter, field);
    if (!id_read(value, &id))
        return find_entries_named(filter, (enum pick_list)field->what, value);
    struct pick_list_entry entry;
    if (!row_get(filter->ctx, &person_entries, &pick_list_entry_row_desc, id, &entry) ||
        entry.list != (enum pick_list)field->what)
        return filter_refuse(
            filter, "asks for an entry that its pick-list has not, or no longer; entry.list shows those it has");
    return filter->level > 0 ? of_entry(filter, &entry) : filter_of_id(filter, FACET_ENTRY, id);
}

/** By id, or by how the name begins. */
static struct filter_set find_organisation(struct filter *filter, const struct filter_field *field, struct text value)
{
    uint64_t id;
    if (filter_is_none(value))
        return without(filter, field);
    if (id_read(value, &id))
        return filter_of_id(filter, FACET_ORGANISATION, id);
    struct key prefix = organisation_name_key(filter->ctx, "where", value);
    struct any_of any;
    struct index_scan scan;
    if (!any_of_begin(filter, &any) || is_refused(&filter->ctx->refusal))
        return filter_of(filter, NULL, false);
    index_scan_open(&scan, filter->ctx->txn, &person_organisation_names, key_bytes(&prefix), bytes_of("", 0), false);
    while (index_scan_next(&scan))
        any_of_add(&any,
                   roster_tags_of_id(roster_all_tags(filter->roster), FACET_ORGANISATION, get_u64(scan.value.data)));
    index_scan_close(&scan);
    return any_of_end(filter, &any);
}

/** By employee number, or by id. */
static struct filter_set find_account_manager(struct filter *filter, const struct filter_field *field,
                                              struct text value)
{
    uint64_t id;
    struct bytes found;
    if (filter_is_none(value))
        return without(filter, field);
    if (id_read(value, &id))
        return filter_of_id(filter, FACET_ACCOUNT_MANAGER, alias_end(filter->ctx->txn, &person_merged, id));
    if (!index_get_unique(filter->ctx->txn, &person_employee_numbers, text_bytes(value), &found))
        return filter_refuse(filter,
                             "asks for an account manager whose employee number nobody has; employee.list shows them");
    filter_words_note_person(filter, get_u64(found.data));
    filter_name_id(filter, get_u64(found.data));
    return filter_of_id(filter, FACET_ACCOUNT_MANAGER, get_u64(found.data));
}

static struct filter_set find_import(struct filter *filter, const struct filter_field *field, struct text value)
{
    (void)field;
    uint64_t id;
    return id_read(value, &id) ? filter_of_id(filter, FACET_IMPORT, id)
                               : filter_refuse(filter, "asks for an import that is none; write import:#3");
}

/* What is known with a bit. */

struct flag_name {
    const char *name;
    enum roster_flag flag;
};

static struct filter_set find_flag(struct filter *filter, const struct flag_name *names, size_t count,
                                   struct text value, const char *problem)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(value, text_of(names[i].name)))
            return filter_of(filter, roster_flagged(filter->roster, names[i].flag), false);
    return filter_refuse(filter, problem);
}

#define FIND_FLAG(filter, names, value, problem)                                                                       \
    find_flag(filter, names, sizeof(names) / sizeof *(names), value, problem)

static struct filter_set find_has(struct filter *filter, const struct filter_field *field, struct text value)
{
    if (text_starts_with(value, filter_own_prefix))
        return filter_own_has(filter,
                              (struct text){value.data + filter_own_prefix.len, value.len - filter_own_prefix.len});
    static const struct flag_name names[] = {
        {"email", FLAG_EMAIL},
        {"mobile", FLAG_MOBILE},
        {"phone", FLAG_PHONE},
        {"address", FLAG_ADDRESS},
        {"personal_number", FLAG_PERSONAL_NUMBER},
        {"birth_date", FLAG_BIRTH_DATE},
        {"notes", FLAG_NOTES},
        {"terms", FLAG_TERMS},
        {"organisation", FLAG_ORGANISATION},
        {"department", FLAG_DEPARTMENT},
        {"job_title", FLAG_JOB_TITLE},
        {"category", FLAG_CATEGORY},
        {"region", FLAG_REGION},
        {"benefit_status", FLAG_BENEFIT_STATUS},
        {"sales_status", FLAG_SALES_STATUS},
        {"account_manager", FLAG_ACCOUNT_MANAGER},
        {"group", FLAG_GROUP},
        {"activity", FLAG_ACTIVITY},
    };
    (void)field;
    return FIND_FLAG(
        filter, names, value,
        "asks whether somebody has what is no field; there are email, mobile, phone, address, personal_number, "
        "birth_date, notes, terms, organisation, department, activity and the pick-lists");
}

static struct filter_set find_gender(struct filter *filter, const struct filter_field *field, struct text value)
{
    static const struct flag_name names[] = {{"woman", FLAG_WOMAN}, {"man", FLAG_MAN}, {"other", FLAG_OTHER_GENDER}};
    (void)field;
    return FIND_FLAG(filter, names, value, "asks for a gender that there is not; there are woman, man and other");
}

static struct filter_set find_language(struct filter *filter, const struct filter_field *field, struct text value)
{
    static const struct flag_name names[] = {{"sv", FLAG_SV}, {"en", FLAG_EN}};
    (void)field;
    return FIND_FLAG(filter, names, value, "asks for a language that there is not; there are sv and en");
}

static struct filter_set find_consent(struct filter *filter, const struct filter_field *field, struct text value)
{
    static const struct flag_name names[] = {
        {"letter", FLAG_GRANTED_LETTER}, {"email", FLAG_GRANTED_EMAIL}, {"sms", FLAG_GRANTED_SMS}};
    (void)field;
    return FIND_FLAG(filter, names, value,
                     "asks for consent to a channel that there is not; there are letter, email and sms");
}

static struct filter_set find_withdrawn(struct filter *filter, const struct filter_field *field, struct text value)
{
    static const struct flag_name names[] = {
        {"letter", FLAG_WITHDRAWN_LETTER}, {"email", FLAG_WITHDRAWN_EMAIL}, {"sms", FLAG_WITHDRAWN_SMS}};
    (void)field;
    return FIND_FLAG(filter, names, value,
                     "asks for consent to a channel that there is not; there are letter, email and sms");
}

static struct filter_set find_yes_no(struct filter *filter, const struct filter_field *field, struct text value)
{
    bool is_yes = text_equal(value, TEXT("yes"));
    if (!is_yes && !text_equal(value, TEXT("no")))
        return filter_refuse(filter, field->what == FLAG_EMPLOYEE
                                         ? "asks whether somebody is an employee; write yes or no"
                                         : "asks whether somebody is marked to be erased; write yes or no");
    return filter_of(filter, roster_flagged(filter->roster, (enum roster_flag)field->what), !is_yes);
}

/* Dates. */

/** The days that YYYY, YYYY-MM or YYYY-MM-DD is about. */
static bool read_days(struct text text, int32_t *out_first, int32_t *out_last)
{
    char first[DATE_TEXT_LEN] = "0000-01-01";
    if ((text.len != 4 && text.len != 7 && text.len != DATE_TEXT_LEN))
        return false;
    memcpy(first, text.data, text.len);
    if (!date_parse((struct text){first, sizeof first}, out_first))
        return false;
    *out_last = *out_first;
    if (text.len == DATE_TEXT_LEN)
        return true;
    int year = (first[0] - '0') * 1000 + (first[1] - '0') * 100 + (first[2] - '0') * 10 + (first[3] - '0');
    int month = text.len == 4 ? 12 : (first[5] - '0') * 10 + (first[6] - '0');
    *out_last = date_from_civil(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - 1;
    return true;
}

void filter_split(struct text value, struct text *out_from, struct text *out_to)
{
    const char *dots = memmem(value.data, value.len, "..", 2);
    size_t len = dots ? (size_t)(dots - value.data) : value.len;
    *out_from = (struct text){value.data, len};
    *out_to = dots ? (struct text){dots + 2, value.len - len - 2} : *out_from;
}

bool filter_read_days(struct filter *filter, struct text value, int32_t *out_from, int32_t *out_to)
{
    struct text from, to;
    int32_t ignored;
    filter_split(value, &from, &to);
    *out_from = INT32_MIN + 1;
    *out_to = INT32_MAX;
    bool good = (from.len > 0 || to.len > 0) && (from.len == 0 || read_days(from, out_from, &ignored)) &&
                (to.len == 0 || read_days(to, &ignored, out_to));
    if (!good)
        filter_refuse(
            filter,
            "has a time that is none; write 1980, 1980-05, 1980-05-17, or a span as 1980..1989 or 2026-01-01..");
    return good;
}

static struct filter_set find_dated(struct filter *filter, const struct filter_field *field, struct text value)
{
    int32_t from, to;
    if (filter_is_none(value) && field->flag >= 0)
        return without(filter, field);
    if (!filter_read_days(filter, value, &from, &to))
        return filter_of(filter, NULL, false);
    return filter_of_days(filter, roster_dated(filter->roster, (enum roster_date)field->what), from, to);
}

/* Saved selections. */

static struct filter_set find_selection(struct filter *filter, const struct filter_field *field, struct text value)
{
    (void)field;
    uint64_t id;
    struct selection selection;
    bool is_id = id_read(value, &id);
    struct key name = is_id ? key_of_id(0) : selection_name_key(filter->ctx, "where", value);
    if (is_refused(&filter->ctx->refusal))
        return filter_of(filter, NULL, false);
    if (is_id ? !selection_get(filter->ctx, id, &selection) : !selection_find(filter->ctx, &name, &selection))
        return filter_refuse(filter, "asks for a selection that there is not; selection.list shows those there are");
    struct filter_set set = filter_selection(filter, &selection);
    if (!is_id)
        filter_name_id(filter, selection.selection);
    if (filter->level == 0) {
        filter->has_sort = selection.has_sort;
        filter->sort = selection.sort;
    }
    return set;
}

/* The fields, as person.search documents them. */
static const struct filter_field fields[] = {
    [SEARCH_FIELD_NAME] = {find_name, 0, -1},
    [SEARCH_FIELD_ID] = {find_person, 0, -1},
    [SEARCH_FIELD_NUMBER] = {find_number, 0, -1},
    [SEARCH_FIELD_PHONE] = {find_phone, 0, -1},
    [SEARCH_FIELD_EMAIL] = {find_email, 0, -1},
    [SEARCH_FIELD_ORGANISATION] = {find_organisation, 0, FLAG_ORGANISATION},
    [SEARCH_FIELD_DEPARTMENT] = {find_entry, PICK_LIST_DEPARTMENT, FLAG_DEPARTMENT},
    [SEARCH_FIELD_JOB_TITLE] = {find_entry, PICK_LIST_JOB_TITLE, FLAG_JOB_TITLE},
    [SEARCH_FIELD_CATEGORY] = {find_entry, PICK_LIST_CATEGORY, FLAG_CATEGORY},
    [SEARCH_FIELD_REGION] = {find_entry, PICK_LIST_REGION, FLAG_REGION},
    [SEARCH_FIELD_GROUP] = {find_entry, PICK_LIST_GROUP, FLAG_GROUP},
    [SEARCH_FIELD_BENEFIT_STATUS] = {find_entry, PICK_LIST_BENEFIT_STATUS, FLAG_BENEFIT_STATUS},
    [SEARCH_FIELD_SALES_STATUS] = {find_entry, PICK_LIST_SALES_STATUS, FLAG_SALES_STATUS},
    [SEARCH_FIELD_ACCOUNT_MANAGER] = {find_account_manager, 0, FLAG_ACCOUNT_MANAGER},
    [SEARCH_FIELD_IMPORT] = {find_import, 0, -1},
    [SEARCH_FIELD_GENDER] = {find_gender, 0, -1},
    [SEARCH_FIELD_LANGUAGE] = {find_language, 0, -1},
    [SEARCH_FIELD_CONSENT] = {find_consent, 0, -1},
    [SEARCH_FIELD_WITHDRAWN] = {find_withdrawn, 0, -1},
    [SEARCH_FIELD_HAS] = {find_has, 0, -1},
    [SEARCH_FIELD_EMPLOYEE] = {find_yes_no, FLAG_EMPLOYEE, -1},
    [SEARCH_FIELD_MARKED] = {find_yes_no, FLAG_MARKED, -1},
    [SEARCH_FIELD_BORN] = {find_dated, DATE_BIRTH, FLAG_BIRTH_DATE},
    [SEARCH_FIELD_TERMS] = {find_dated, DATE_TERMS, FLAG_TERMS},
    [SEARCH_FIELD_CREATED] = {find_dated, DATE_CREATED, -1},
    [SEARCH_FIELD_CHANGED] = {find_dated, DATE_CHANGED, -1},
    [SEARCH_FIELD_SELECTION] = {find_selection, 0, -1},
    [SEARCH_FIELD_ACTIVITY] = {find_dated, DATE_ACTIVITY, FLAG_ACTIVITY},
};

const struct filter_field *filter_field_find(struct filter *filter, struct text name)
{
    if (text_starts_with(name, filter_own_prefix))
        return filter_own_find(filter,
                               (struct text){name.data + filter_own_prefix.len, name.len - filter_own_prefix.len});
    int32_t number = enum_number(&search_field_enum, name);
    bool has_row = number > 0 && (size_t)number < sizeof fields / sizeof *fields && fields[number].find;
    return has_row ? &fields[number] : NULL;
}
