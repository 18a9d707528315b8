// SPDX-License-Identifier: Apache-2.0
#include "services/person/roster_own.h"

#include <stdlib.h>

#include "common/base/endian.h"
#include "common/base/grow.h"
#include "services/person/name_key.h"
#include "services/person/own_fields.h"
#include "services/person/own_numbers.h"

enum {
    WORD_MARK = 2, // no name's word begins with it
    YES = 1,
    NO = 2,
};

_Static_assert(ROSTER_OWN_WORD_TAG_BYTES <= UINT8_MAX, "a tag's word has so many bytes at most");

void roster_own_init(struct roster_own *own)
{
    *own = (struct roster_own){.count = 0};
    buffer_init(&own->words, NAME_KEY_BYTES);
}

void roster_own_fini(struct roster_own *own)
{
    for (size_t i = 0; i < own->count; i++)
        roster_column_fini(&own->columns[i].column);
    free(own->columns);
    buffer_fini(&own->words);
}

uint64_t roster_own_choice(uint64_t field, uint64_t choice)
{
    return field * (OWN_CHOICES_MOST + 1) + choice;
}

uint64_t roster_own_yes_no(uint64_t field, bool yes_no)
{
    return roster_own_choice(field, yes_no ? YES : NO);
}

struct text roster_own_word(uint64_t field, struct text word, char out[ROSTER_OWN_WORD_TAG_BYTES])
{
    uint8_t id[sizeof field];
    size_t len = word.len < ROSTER_OWN_WORD_BYTES ? word.len : ROSTER_OWN_WORD_BYTES;
    put_u64(id, field);
    out[0] = WORD_MARK;
    memcpy(out + 1, id, sizeof id);
    if (len)
        memcpy(out + 1 + sizeof id, word.data, len);
    return (struct text){out, 1 + sizeof id + len};
}

/** As typed, and as somebody types it who has no å, ä and ö. */
static void gather_words(struct roster_own *own, struct roster_tags *tags, const struct own_value *value,
                         struct roster_tag_list *list)
{
    buffer_reset(&own->words);
    name_key_add(&own->words, value->text);
    struct text rest = bytes_text(buffer_bytes(&own->words)), word;
    list->failed = list->failed || own->words.failed;
    while (!list->failed && name_key_word(&rest, &word)) {
        char plain[ROSTER_OWN_WORD_BYTES], tag[ROSTER_OWN_WORD_TAG_BYTES];
        if (word.len > sizeof plain)
            word.len = sizeof plain;
        roster_tag_list_add(list, roster_tags_take_word(tags, roster_own_word(value->field, word, tag)));
        if (name_key_plain(word, plain)) {
            struct text typed = roster_own_word(value->field, (struct text){plain, word.len}, tag);
            roster_tag_list_add(list, roster_tags_take_word(tags, typed));
        }
    }
}

void roster_own_gather(struct roster_own *own, struct roster_tags *tags, const struct person_card *card,
                       struct roster_tag_list *list)
{
    for (size_t i = 0; i < card->own.count; i++) {
        const struct own_value *value = &card->own.items[i];
        roster_tag_list_add(list, roster_tags_take_id(tags, FACET_OWN, value->field));
        if (value->has_choice || value->has_yes_no) {
            uint64_t id = value->has_choice ? roster_own_choice(value->field, value->choice)
                                            : roster_own_yes_no(value->field, value->yes_no);
            roster_tag_list_add(list, roster_tags_take_id(tags, FACET_OWN_CHOICE, id));
        }
        if (value->has_text)
            gather_words(own, tags, value, list);
    }
}

static struct roster_own_column *column_of(const struct roster_own *own, uint64_t field)
{
    for (size_t i = 0; i < own->count; i++)
        if (own->columns[i].field == field)
            return &own->columns[i];
    return NULL;
}

/** NULL: no memory. */
static struct roster_own_column *take_column(struct roster_own *own, uint64_t field)
{
    struct roster_own_column *column = column_of(own, field);
    if (column)
        return column;
    struct roster_own_column *columns = grow(own->columns, &own->capacity, own->count + 1, sizeof *columns);
    if (!columns)
        return NULL;
    own->columns = columns;
    columns[own->count] = (struct roster_own_column){.field = field};
    return &columns[own->count++];
}

/** What columns have; false: the value is none such. */
static bool number_of(const struct own_value *value, int64_t *out_number)
{
    if (value->has_date)
        *out_number = value->date;
    return value->has_date || (value->has_number && own_number_read(value->number, out_number));
}

static bool has_number(const struct person_card *card, uint64_t field)
{
    int64_t number;
    for (size_t i = 0; i < card->own.count; i++)
        if (card->own.items[i].field == field)
            return number_of(&card->own.items[i], &number);
    return false;
}

bool roster_own_put(struct roster_own *own, const struct person_card *card)
{
    uint32_t person = (uint32_t)card->person;
    int64_t number;
    for (size_t i = 0; i < own->count; i++)
        if (!has_number(card, own->columns[i].field))
            roster_column_take(&own->columns[i].column, person);
    for (size_t i = 0; i < card->own.count; i++) {
        if (!number_of(&card->own.items[i], &number))
            continue;
        struct roster_own_column *column = take_column(own, card->own.items[i].field);
        if (!column || !roster_column_put(&column->column, person, number))
            return false;
    }
    return true;
}

void roster_own_add_within(const struct roster_own *own, uint64_t field, int64_t from, int64_t to,
                           roaring_bitmap_t *persons)
{
    const struct roster_own_column *column = column_of(own, field);
    if (column)
        roster_column_add_within(&column->column, from, to, persons);
}
