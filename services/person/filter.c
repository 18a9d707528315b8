// SPDX-License-Identifier: Apache-2.0
/** The text's grammar; what its terms are true of stands in filter_terms.c. */
#include "services/person/filter.h"

#include "services/person/filter_terms.h"

enum { DEPTH_MOST = 32 };

static void skip_blanks(struct filter *filter)
{
    while (filter->rest.len > 0 && strchr(" \t\r\n", filter->rest.data[0])) {
        filter->rest.data++;
        filter->rest.len--;
    }
}

static void skip(struct filter *filter, size_t len)
{
    filter->rest = (struct text){filter->rest.data + len, filter->rest.len - len};
}

static bool is_next(const struct filter *filter, char c)
{
    return filter->rest.len > 0 && filter->rest.data[0] == c;
}

/** How long the word is that comes next: up to a blank or parenthesis. */
static size_t word_len(const struct filter *filter)
{
    size_t len = 0;
    while (len < filter->rest.len && !strchr(" \t\r\n()", filter->rest.data[len]))
        len++;
    return len;
}

/** Takes the word if it comes next and is one of its own, in capitals or not. */
static bool take_word(struct filter *filter, const char *word)
{
    size_t len = strlen(word);
    if (word_len(filter) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((filter->rest.data[i] | 0x20) != word[i])
            return false;
    skip(filter, len);
    return true;
}

/** Takes a value: up to a blank, comma or parenthesis, or what stands in quotes. False: the quotes do not end. */
static bool take_value(struct filter *filter, struct text *out_value)
{
    size_t len = 0;
    bool is_quoted = is_next(filter, '"');
    if (is_quoted)
        skip(filter, 1);
    while (len < filter->rest.len && !strchr(is_quoted ? "\"" : " \t\r\n(),", filter->rest.data[len]))
        len++;
    *out_value = (struct text){filter->rest.data, len};
    if (is_quoted && len == filter->rest.len)
        return false;
    skip(filter, len + is_quoted);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/** How long what may be a field's name is: letters and _, and after the point of an own field's also digits. */
static size_t field_len(const struct filter *filter)
{
    bool is_own = text_starts_with(filter->rest, filter_own_prefix);
    size_t len = is_own ? filter_own_prefix.len : 0;
    while (len < filter->rest.len && ((filter->rest.data[len] >= 'a' && filter->rest.data[len] <= 'z') ||
                                      filter->rest.data[len] == '_' || (is_own && is_digit(filter->rest.data[len]))))
        len++;
    return len;
}

/** A field's name with its colon; false: the term has none, and is one value. */
static bool take_field(struct filter *filter, struct text *out_field)
{
    size_t len = field_len(filter);
    if (len == 0 || len == filter->rest.len || filter->rest.data[len] != ':')
        return false;
    *out_field = (struct text){filter->rest.data, len};
    skip(filter, len + 1);
    return true;
}

/** A word that is a number goes on over blanks as long as digits follow: people write 070-123 45 67, and no two numbers are true of one person. */
static void take_digits(struct filter *filter, struct text *value)
{
    for (size_t i = 0; i < value->len; i++)
        if (!is_digit(value->data[i]) && !strchr("+-/.", value->data[i]))
            return;
    for (;;) {
        const struct text before = filter->rest;
        skip_blanks(filter);
        size_t len = 0;
        while (len < filter->rest.len &&
               (is_digit(filter->rest.data[len]) || (len > 0 && filter->rest.data[len] == '-')))
            len++;
        if (len == 0 || len != word_len(filter)) {
            filter->rest = before;
            return;
        }
        skip(filter, len);
        value->len = (size_t)(filter->rest.data - value->data);
    }
}

static struct filter_set read_term(struct filter *filter)
{
    struct text field = TEXT(""), value;
    const struct filter_field *known = NULL;
    struct filter_set all = {NULL, false};
    if (take_field(filter, &field) && !(known = filter_field_find(filter, field)))
        return filter_refuse(filter, "asks for a field that there is not; pk help person search lists those there are");
    do {
        bool is_quoted = is_next(filter, '"');
        if (!take_value(filter, &value))
            return filter_refuse(filter, "has a quotation mark that is not closed; add one after the value");
        if (value.len == 0)
            return filter_refuse(filter, "has a field without a value; write it right behind the colon");
        if (!known && !is_quoted)
            take_digits(filter, &value);
        struct filter_set one = known ? known->find(filter, known, value) : filter_find_word(filter, value);
        all = all.persons ? filter_either(filter, all, one) : one;
        if (!one.persons)
            return one;
    } while (known && is_next(filter, ',') && (skip(filter, 1), true));
    return all;
}

static struct filter_set read_any(struct filter *filter);

static struct filter_set read_parentheses(struct filter *filter)
{
    skip(filter, 1);
    if (++filter->depth > DEPTH_MOST)
        return filter_refuse(filter, "has parentheses more than 32 deep; write it more simply");
    struct filter_set set = read_any(filter);
    filter->depth--;
    if (set.persons && !is_next(filter, ')'))
        return filter_refuse(filter, "has a parenthesis that is not closed; add ) where it ends");
    skip(filter, set.persons ? 1 : 0);
    return set;
}

static struct filter_set read_one(struct filter *filter)
{
    bool is_turned = false;
    skip_blanks(filter);
    while (is_next(filter, '-') || take_word(filter, "not")) {
        if (is_next(filter, '-'))
            skip(filter, 1);
        is_turned = !is_turned;
        skip_blanks(filter);
    }
    if (filter->rest.len == 0 || is_next(filter, ')'))
        return filter_refuse(filter, "ends where something has to follow, or has empty parentheses");
    struct filter_set set = is_next(filter, '(') ? read_parentheses(filter) : read_term(filter);
    set.is_turned = set.is_turned != is_turned;
    return set;
}

/** Whether another term stands beside the last one. `or` is left where it is. */
static bool has_more(struct filter *filter)
{
    skip_blanks(filter);
    const struct text before = filter->rest;
    if (filter->rest.len == 0 || is_next(filter, ')'))
        return false;
    bool is_or = take_word(filter, "or");
    filter->rest = before;
    if (!is_or)
        take_word(filter, "and");
    return !is_or;
}

static struct filter_set read_all(struct filter *filter)
{
    struct filter_set set = read_one(filter);
    while (set.persons && has_more(filter))
        set = filter_both(filter, set, read_one(filter));
    return set;
}

static struct filter_set read_any(struct filter *filter)
{
    struct filter_set set = read_all(filter);
    while (set.persons && take_word(filter, "or"))
        set = filter_either(filter, set, read_all(filter));
    return set;
}

const roaring_bitmap_t *filter_run(struct filter *filter, struct ctx *ctx, const struct roster *roster,
                                   struct text where)
{
    *filter = (struct filter){.ctx = ctx, .roster = roster, .rest = where};
    skip_blanks(filter);
    if (filter->rest.len == 0)
        return roster_everybody(roster);
    struct filter_set set = read_any(filter);
    if (set.persons && filter->rest.len > 0)
        set = filter_refuse(filter, "has a closing parenthesis that nothing opened; take it away");
    const struct filter_set everybody = {roster_everybody(roster), false};
    return set.is_turned ? filter_both(filter, everybody, set).persons : set.persons;
}
