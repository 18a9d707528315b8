// SPDX-License-Identifier: Apache-2.0
#include "services/web/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/** How each kind of figure is called, and its label; in the order of enum live_kind. */
static const struct {
    const char *prefix;
    const char *label; // NULL: none
    const char *what;
} kinds[] = {
    [LIVE_TOTAL] = {"personkort", NULL, "of everything"},
    [LIVE_TYPE] = {"personkort_type", "type", "of an activity type"},
    [LIVE_ASSIGNEE] = {"personkort_assignee", "assignee", "of an employee who is to do them, or did"},
    [LIVE_QUESTION] = {"personkort_question", "question", "that a saved question asks for"},
};
enum { KINDS = 4 };

enum { LINE_BYTES = 1024 };

static void append_line(struct buffer *out, const char *line, int len)
{
    buffer_append(out, line, len < LINE_BYTES ? (size_t)len : LINE_BYTES - 1);
}

/** As printf, at most LINE_BYTES. */
#define append(out, ...)                                                                                               \
    do {                                                                                                               \
        char line_[LINE_BYTES];                                                                                        \
        append_line(out, line_, snprintf(line_, sizeof line_, __VA_ARGS__));                                           \
    } while (0)

/** A label's value: backslash, quotation mark and line feed are escaped. */
static void append_value(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            buffer_append(out, "\\n", 2);
            continue;
        }
        if (*text == '\\' || *text == '"')
            buffer_byte(out, '\\');
        buffer_byte(out, (uint8_t)*text);
    }
}

static void append_sample(struct buffer *out, const struct live_value *value, bool of_contacts)
{
    append(out, "%s_%s", kinds[value->kind].prefix, of_contacts ? "contacts" : "activities");
    if (kinds[value->kind].label)
        append(out, "{%s=\"%" PRIu64 "\"", kinds[value->kind].label, value->id);
    if (value->name) {
        append(out, ",name=\"");
        append_value(out, value->name);
        append(out, "\"");
    }
    append(out, "%s %" PRId64 "\n", kinds[value->kind].label ? "}" : "",
           of_contacts ? value->contacts : value->activities);
}

/** All samples of a metric stand together, under what it is. */
static void append_metric(struct buffer *out, enum live_kind kind, bool of_contacts, const struct live_value *values,
                          size_t count)
{
    const char *measure = of_contacts ? "contacts" : "activities";
    bool has_head = false;
    for (size_t i = 0; i < count; i++) {
        if (values[i].kind != kind)
            continue;
        if (!has_head)
            append(out, "# HELP %s_%s %s %s.\n# TYPE %s_%s gauge\n", kinds[kind].prefix, measure,
                   of_contacts ? "Contacts" : "Activities", kinds[kind].what, kinds[kind].prefix, measure);
        has_head = true;
        append_sample(out, &values[i], of_contacts);
    }
}

void metrics_write(const struct live *live, struct buffer *out)
{
    size_t count;
    const struct live_value *values = live_figures(live, &count);
    for (int kind = 0; kind < KINDS; kind++) {
        append_metric(out, (enum live_kind)kind, false, values, count);
        append_metric(out, (enum live_kind)kind, true, values, count);
    }
    append(out,
           "# HELP personkort_figures_current Whether the figures are current, as far as is known: 1, else 0.\n"
           "# TYPE personkort_figures_current gauge\npersonkort_figures_current %d\n"
           "# HELP personkort_figures_seq Position of the activity journal that the newest of them reflects.\n"
           "# TYPE personkort_figures_seq gauge\npersonkort_figures_seq %" PRId64 "\n"
           "# HELP personkort_figures_gaps_total How often figures were missed, and asked for again.\n"
           "# TYPE personkort_figures_gaps_total counter\npersonkort_figures_gaps_total %" PRIu64 "\n",
           live_is_current(live), live_seq(live), live_gaps(live));
}
