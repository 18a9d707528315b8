// SPDX-License-Identifier: Apache-2.0
#include "services/person/filter_words.h"

#include "services/person/name_key.h"

/** Whether the word is one of the key's, or that as it is typed without å, ä and ö. */
static bool has_word(struct text key, struct text wanted)
{
    char plain[NAME_KEY_BYTES];
    struct text word;
    while (name_key_word(&key, &word))
        if (text_equal(word, wanted) ||
            (name_key_plain(word, plain) && text_equal((struct text){plain, word.len}, wanted)))
            return true;
    return false;
}

/** Whether a word of the value is one of the name, as names are compared. */
static bool share_word(struct text value, struct text name)
{
    struct buffer keys[2];
    bool found = false;
    buffer_init(&keys[0], NAME_KEY_BYTES);
    buffer_init(&keys[1], NAME_KEY_BYTES);
    name_key_add(&keys[0], value);
    name_key_add(&keys[1], name);
    struct text rest = bytes_text(buffer_bytes(&keys[0])), word;
    while (!found && name_key_word(&rest, &word))
        found = has_word(bytes_text(buffer_bytes(&keys[1])), word);
    buffer_fini(&keys[0]);
    buffer_fini(&keys[1]);
    return found;
}

static void compare_names(struct filter_words *words, struct text value)
{
    if (!words->card)
        return;
    words->has_given_name = words->has_given_name || share_word(value, words->card->given_name);
    words->has_family_name = words->has_family_name || share_word(value, words->card->family_name);
}

void filter_words_note(struct filter *filter, struct text value)
{
    if (!filter->words)
        return;
    filter->words->are_asked = true;
    compare_names(filter->words, value);
}

void filter_words_note_person(struct filter *filter, uint64_t person)
{
    struct filter_words *words = filter->words;
    if (!words)
        return;
    words->are_asked = true;
    words->has_number = words->has_number || (words->card && words->card->person == person);
}

void filter_words_note_persons(struct filter *filter, const roaring_bitmap_t *persons)
{
    struct filter_words *words = filter->words;
    if (!words || !persons)
        return;
    words->are_asked = true;
    words->has_number =
        words->has_number || (words->card && roaring_bitmap_contains(persons, (uint32_t)words->card->person));
}

struct text filter_without_words(struct ctx *ctx, const struct roster *nobody, struct text where)
{
    struct ctx asking = *ctx; // what is wrong with the question is nobody's refusal now
    struct filter_check checked;
    struct filter_words words = {.card = NULL};
    if (where.len == 0)
        return where;
    if (!filter_check_words(&asking, nobody, where, &words, &checked) || words.are_asked)
        return TEXT("");
    return checked.selection_count > 0 ? checked.asked : where;
}

bool filter_words_tell(struct ctx *ctx, const struct roster *nobody, const struct selection *selection,
                       const struct person_card *card, bool *out_is_read)
{
    struct filter_check checked;
    struct filter_words words = {.card = card};
    struct ctx asking = *ctx;
    // Names in it may be others' by now; those in the form that is asked are ids.
    *out_is_read = filter_check_words(&asking, nobody, selection->where, &words, &checked);
    if (!*out_is_read) {
        asking = *ctx;
        *out_is_read = filter_check_words(&asking, nobody, selection->asked, &words, &checked);
    }
    compare_names(&words, selection->name);
    return words.has_number || (words.has_given_name && words.has_family_name);
}
