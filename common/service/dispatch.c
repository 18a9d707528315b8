// SPDX-License-Identifier: Apache-2.0
/** Looking up a message's row by its type: binary searches over the generated tables. */
#include "common/service/internal.h"

/** Index of the row whose key, given by `order`, matches; `count` when there is none. */
static size_t search(size_t count, int (*order)(const void *key, const void *rows, size_t index), const void *key,
                     const void *rows)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int found = order(key, rows, middle);
        if (found == 0)
            return middle;
        if (found < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return count;
}

static int order_command(const void *key, const void *rows, size_t index)
{
    const struct command_row *row = (const struct command_row *)rows + index;
    return text_compare(*(const struct text *)key, text_of(row->message->type));
}

static int order_query(const void *key, const void *rows, size_t index)
{
    const struct query_row *row = (const struct query_row *)rows + index;
    return text_compare(*(const struct text *)key, text_of(row->message->type));
}

struct event_key {
    const char *source;
    struct text type;
};

static int order_event(const void *key, const void *rows, size_t index)
{
    const struct event_key *wanted = key;
    const struct event_row *row = (const struct event_row *)rows + index;
    int by_source = strcmp(wanted->source, row->source);
    return by_source ? by_source : text_compare(wanted->type, text_of(row->message->type));
}

const struct command_row *dispatch_command(const struct dispatch *dispatch, struct text type)
{
    size_t at = search(dispatch->command_count, order_command, &type, dispatch->commands);
    return at < dispatch->command_count ? &dispatch->commands[at] : NULL;
}

const struct query_row *dispatch_query(const struct dispatch *dispatch, struct text type)
{
    size_t at = search(dispatch->query_count, order_query, &type, dispatch->queries);
    return at < dispatch->query_count ? &dispatch->queries[at] : NULL;
}

const struct event_row *dispatch_event(const struct dispatch *dispatch, const char *source, struct text type)
{
    struct event_key key = {source, type};
    size_t at = search(dispatch->event_count, order_event, &key, dispatch->events);
    return at < dispatch->event_count ? &dispatch->events[at] : NULL;
}
