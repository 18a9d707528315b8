// SPDX-License-Identifier: Apache-2.0
/** The text's grammar; what its terms are true of stands in filter_terms.c. */
#include "services/person/filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/grow.h"
#include "services/person/filter_terms.h"

enum {
    DEPTH_MOST = 32,
    LEVELS_MOST = 8,
    ASKED_BYTES = 16000, // as proto/person.toml has it
};

/** The question as it is written anew, with ids in place of names. */
struct filter_naming {
    struct buffer text;
    const char *copied; // what stands before is in it
    const char *value;  // where the value begins that is being read
    bool is_named;      // ids stand in its place
    struct filter_check *check;
};

/** A selection and whom it finds. */
struct filter_found {
    uint64_t selection;
    struct filter_set set;
};

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

static void copy_until(struct filter_naming *naming, const char *end)
{
    buffer_append(&naming->text, naming->copied, (size_t)(end - naming->copied));
    naming->copied = end;
}

void filter_name_id(struct filter *filter, uint64_t id)
{
    struct filter_naming *naming = filter->naming;
    char text[24];
    if (!naming)
        return;
    copy_until(naming, naming->is_named ? naming->copied : naming->value);
    int len = snprintf(text, sizeof text, "%s#%" PRIu64, naming->is_named ? "," : "", id);
    buffer_append(&naming->text, text, (size_t)len);
    naming->is_named = true;
}

/** Whom the next value of a field is true of, or the next word. */
static struct filter_set read_value(struct filter *filter, const struct filter_field *known)
{
    struct text value;
    bool is_quoted = is_next(filter, '"');
    filter->at = filter->rest.data;
    filter->terms += filter->level == 0;
    if (filter->naming)
        filter->naming->value = filter->at;
    if (!take_value(filter, &value))
        return filter_refuse(filter, "has a quotation mark that is not closed; add one after the value");
    if (value.len == 0)
        return filter_refuse(filter, "has a field without a value; write it right behind the colon");
    if (!known && !is_quoted)
        take_digits(filter, &value);
    struct filter_set set = known ? known->find(filter, known, value) : filter_find_word(filter, value);
    if (filter->naming && filter->naming->is_named) {
        filter->naming->copied = filter->rest.data;
        filter->naming->is_named = false;
    }
    return set;
}

static struct filter_set read_term(struct filter *filter)
{
    struct text field = TEXT("");
    const struct filter_field *known = NULL;
    struct filter_set all = {NULL, false};
    filter->at = filter->rest.data;
    if (take_field(filter, &field) && !(known = filter_field_find(filter, field)))
        return filter_refuse(filter, "asks for a field that there is not; pk help person search lists those there are");
    do {
        struct filter_set one = read_value(filter, known);
        all = all.node ? filter_either(filter, all, one) : one;
        if (!one.node)
            return one;
    } while (known && is_next(filter, ',') && (skip(filter, 1), true));
    return all;
}

static struct filter_set read_any(struct filter *filter);

static struct filter_set read_parentheses(struct filter *filter)
{
    const char *opened = filter->at = filter->rest.data;
    skip(filter, 1);
    if (++filter->depth > DEPTH_MOST)
        return filter_refuse(filter, "has parentheses more than 32 deep; write it more simply");
    struct filter_set set = read_any(filter);
    filter->depth--;
    filter->at = opened;
    if (set.node && !is_next(filter, ')'))
        return filter_refuse(filter, "has a parenthesis that is not closed; add ) where it ends");
    skip(filter, set.node ? 1 : 0);
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
    filter->at = filter->rest.data;
    if (filter->rest.len == 0 || is_next(filter, ')'))
        return filter_refuse(filter, "ends where something has to follow, or has empty parentheses");
    struct filter_set set = is_next(filter, '(') ? read_parentheses(filter) : read_term(filter);
    set.is_turned = set.is_turned != is_turned;
    filter->has_sort = filter->has_sort && !is_turned;
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
    while (set.node && has_more(filter))
        set = filter_both(filter, set, read_one(filter));
    return set;
}

static struct filter_set read_any(struct filter *filter)
{
    struct filter_set set = read_all(filter);
    while (set.node && take_word(filter, "or"))
        set = filter_either(filter, set, read_all(filter));
    return set;
}

/** The whole of what is being read; it is not empty. */
static struct filter_set read_whole(struct filter *filter)
{
    struct filter_set set = read_any(filter);
    filter->at = filter->rest.data;
    if (set.node && filter->rest.len > 0)
        return filter_refuse(filter, "has a closing parenthesis that nothing opened; take it away");
    return set;
}

/** Reads the selection's question where it is named, and goes on behind that. */
static struct filter_set read_selection(struct filter *filter, const struct selection *selection)
{
    const struct filter outer = *filter;
    filter->whole = filter->rest = selection->asked;
    filter->selection = selection->name;
    filter->depth = 0;
    filter->level++;
    filter->naming = NULL;
    filter->words = NULL;
    struct filter_set set = read_whole(filter);
    filter->whole = outer.whole;
    filter->rest = outer.rest;
    filter->at = outer.at;
    filter->selection = outer.selection;
    filter->depth = outer.depth;
    filter->level--;
    filter->naming = outer.naming;
    filter->words = outer.words;
    return set;
}

/** Notes that the question itself names it. */
static void note_selection(struct filter_check *check, uint64_t selection)
{
    for (size_t i = 0; i < check->selection_count; i++)
        if (check->selections[i] == selection)
            return;
    check->selections[check->selection_count++] = selection;
}

/** Evaluates it and keeps whom it finds. */
static struct filter_set find_anew(struct filter *filter, const struct selection *selection)
{
    if (selection->selection == filter->saved)
        return filter_refuse(filter, "asks for the selection that it is to be; take that away");
    if (filter->level == LEVELS_MOST)
        return filter_refuse(filter, "asks for selections that name others more than 8 deep; write it more simply");
    if (filter->found_count == FILTER_SELECTIONS)
        return filter_refuse(filter,
                             "asks for more than 64 selections, with those that they name; write it more simply");
    struct filter_set set = read_selection(filter, selection);
    if (!set.node)
        return set;
    struct filter_found *found = grow(filter->found, &filter->found_capacity, filter->found_count + 1, sizeof *found);
    if (!found)
        return (struct filter_set){ctx_alloc(filter->ctx, SIZE_MAX), false}; // refuses for want of memory
    filter->found = found;
    filter->found[filter->found_count++] = (struct filter_found){selection->selection, set};
    return set;
}

struct filter_set filter_selection(struct filter *filter, const struct selection *selection)
{
    size_t i = 0;
    while (i < filter->found_count && filter->found[i].selection != selection->selection)
        i++;
    struct filter_set set = i < filter->found_count ? filter->found[i].set : find_anew(filter, selection);
    if (set.node && filter->naming)
        note_selection(filter->naming->check, selection->selection);
    return set;
}

static void begin(struct filter *filter, struct ctx *ctx, const struct roster *roster, struct text where)
{
    *filter = (struct filter){.ctx = ctx, .roster = roster, .whole = where, .rest = where, .at = where.data};
    skip_blanks(filter);
}

bool filter_read(struct filter *filter, struct ctx *ctx, const struct roster *roster, struct text where)
{
    begin(filter, ctx, roster, where);
    const struct filter_set everybody = filter_of(filter, roster_everybody(roster), false);
    filter->asked = filter->rest.len > 0 ? read_whole(filter) : everybody;
    filter->has_sort = filter->has_sort && filter->terms == 1;
    if (filter->asked.is_turned)
        filter->asked = filter_both(filter, everybody, filter->asked);
    return filter->asked.node && !is_refused(&ctx->refusal);
}

static bool check(struct ctx *ctx, const struct roster *nobody, struct text where, uint64_t saved,
                  struct filter_words *words, struct filter_check *out_check)
{
    struct filter filter;
    struct filter_naming naming = {.copied = where.data, .check = out_check};
    out_check->selection_count = 0;
    buffer_init(&naming.text, ASKED_BYTES);
    begin(&filter, ctx, nobody, where);
    filter.naming = &naming;
    filter.words = words;
    filter.saved = saved;
    filter.at = filter.rest.data;
    if (filter.rest.len == 0)
        filter_refuse(&filter, "asks for nothing; has:email finds who has an e-mail address, for example");
    else if (read_whole(&filter).node)
        copy_until(&naming, where.data + where.len);
    if (naming.text.failed)
        filter_refuse(&filter, "is too long with its names as ids; write it more simply");
    out_check->asked = ctx_text(ctx, bytes_text(buffer_bytes(&naming.text)));
    buffer_fini(&naming.text);
    filter_fini(&filter);
    return !is_refused(&ctx->refusal);
}

bool filter_check(struct ctx *ctx, const struct roster *nobody, struct text where, uint64_t saved,
                  struct filter_check *out_check)
{
    return check(ctx, nobody, where, saved, NULL, out_check);
}

bool filter_check_words(struct ctx *ctx, const struct roster *nobody, struct text where, struct filter_words *words,
                        struct filter_check *out_check)
{
    return check(ctx, nobody, where, 0, words, out_check);
}
