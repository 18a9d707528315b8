// SPDX-License-Identifier: Apache-2.0
/** A dossier as a document that people read: a heading for each part, names beside ids, texts whole. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/wire/codec.h"
#include "services/pk/cell.h"
#include "services/pk/dossier.h"
#include "services/pk/table.h"
#include "services/pk/time_text.h"

static void write_heading(FILE *out, const char *name, guint count)
{
    fprintf(out, "\n\n%s (%u)\n", name, count);
}

static void write_time(FILE *out, int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    time_format(ms, text);
    fputs(text, out);
}

/** Each line of a text, moved in; control characters are shown as the character for what cannot be. */
static void write_indented(FILE *out, struct text text)
{
    fputs("    ", out);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '\n' && i + 1 < text.len)
            fputs("\n    ", out);
        else if (c >= 0x20 && c != 0x7f)
            fputc(c, out);
        else if (c == '\t')
            fputc('\t', out);
        else if (c != '\n' && c != '\r')
            fputs("\xEF\xBF\xBD", out);
    }
    fputc('\n', out);
}

static void write_named(FILE *out, const char *what, struct text text)
{
    if (text.len)
        fprintf(out, "%s %.*s", what, (int)text.len, text.data);
}

static void write_changes(FILE *out, const struct dossier *dossier)
{
    write_heading(out, "CHANGES OF THE CARD", dossier->changes->len);
    for (guint i = 0; i < dossier->changes->len; i++) {
        const struct card_version *version = g_ptr_array_index(dossier->changes, i);
        fputc('\n', out);
        write_time(out, version->time_ms);
        fprintf(out, ": revision %" PRId64, version->revision);
        write_named(out, ", by", version->actor);
        write_named(out, ", through", version->sender);
        if (version->has_merged)
            fprintf(out, ", card %" PRIu64 " went into this one", version->merged);
        fputc('\n', out);
        for (size_t j = 0; j < version->changes.count; j++) {
            const struct field_change *change = &version->changes.items[j];
            char *from = cell_text(struct_field(&field_change_desc, TEXT("from")), change, "");
            char *to = cell_text(struct_field(&field_change_desc, TEXT("to")), change, "");
            fprintf(out, "    %.*s: ", (int)change->field.len, change->field.data);
            card_print_value(out, &dossier->tab, change->field, from);
            fputs(*from ? " became " : "", out);
            card_print_value(out, &dossier->tab, change->field, *to ? to : "nothing");
            fputc('\n', out);
            free(from);
            free(to);
        }
    }
}

static void write_activities(FILE *out, const struct dossier *dossier)
{
    write_heading(out, "ACTIVITIES", dossier->activities->len);
    for (guint i = 0; i < dossier->activities->len; i++) {
        const struct activity *activity = g_ptr_array_index(dossier->activities, i);
        struct text type = card_type_name(&dossier->tab, activity->type);
        fputc('\n', out);
        write_time(out, activity->start_ms);
        fprintf(out, ": %.*s, %s", (int)type.len, type.data,
                enum_name(&activity_status_enum, (int32_t)activity->status));
        if (activity->has_outcome)
            fprintf(out, ", %s", enum_name(&outcome_enum, (int32_t)activity->outcome));
        write_named(out, ", written down by", activity->created_by);
        fprintf(out, " (activity %" PRIu64 ")\n", activity->activity);
        write_indented(out, activity->subject);
        if (activity->has_body) {
            fputc('\n', out);
            write_indented(out, activity->body);
        }
    }
}

static void write_messages(FILE *out, const struct dossier *dossier)
{
    write_heading(out, "E-MAIL AND SMS", dossier->messages->len);
    for (guint i = 0; i < dossier->messages->len; i++) {
        const struct message_held *message = g_ptr_array_index(dossier->messages, i);
        const struct recipient *recipient = &message->recipient;
        const struct send *send = &message->send;
        fputc('\n', out);
        write_time(out, send->created_ms);
        fprintf(out, ": %s", enum_name(&send_channel_enum, (int32_t)send->channel));
        write_named(out, " to", recipient->address);
        fprintf(out, ", %s ", enum_name(&recipient_state_enum, (int32_t)recipient->state));
        write_time(out, recipient->changed_ms);
        write_named(out, ", planned by", send->created_by);
        fprintf(out, " (send %" PRIu64 ", recipient %" PRIu64 ")\n", send->send, recipient->recipient);
        write_indented(out, send->subject);
        if (recipient->has_outcome_text)
            write_indented(out, recipient->outcome_text);
        for (size_t j = 0; j < send->attachments.count; j++) {
            const struct attachment *attachment = &send->attachments.items[j];
            fprintf(out, "    with the file %.*s\n", (int)attachment->name.len, attachment->name.data);
        }
        if (send->has_text) {
            fputc('\n', out);
            write_indented(out, send->text);
        }
    }
}

static void set_number(struct table *table, size_t column, int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, number);
    table_set(table, column, text);
}

static void write_figures(FILE *out, const struct dossier *dossier)
{
    const struct stats_figures_reply *figures = dossier->tab.figures;
    struct table *table = table_new(true);
    table_add_column(table, "type", false);
    table_add_column(table, "activities", true);
    table_add_column(table, "contacts", true);
    for (size_t i = 0; i <= figures->cells.count; i++) {
        bool is_total = i == figures->cells.count;
        const struct figure_cell *cell = is_total ? &figures->total : &figures->cells.items[i];
        struct text type = is_total ? TEXT("total") : card_type_name(&dossier->tab, cell->type);
        char name[512];
        snprintf(name, sizeof name, "%.*s", (int)type.len, type.data);
        table_add_line(table);
        table_set(table, 0, name);
        set_number(table, 1, cell->activities);
        set_number(table, 2, cell->contacts);
    }
    write_heading(out, "FIGURES BY TYPE", (guint)figures->cells.count);
    fputc('\n', out);
    table_print_to(table, out);
}

static void write_accesses(FILE *out, const struct dossier *dossier)
{
    write_heading(out, "WHO SAW OR CHANGED WHAT", dossier->accesses->len);
    fputc('\n', out);
    for (guint i = 0; i < dossier->accesses->len; i++) {
        const struct dossier_access *line = &g_array_index(dossier->accesses, struct dossier_access, i);
        const struct access *access = line->access;
        write_time(out, access->time_ms);
        fprintf(out, ": %s", enum_name(&access_kind_enum, (int32_t)access->kind));
        write_named(out, " by", access->actor);
        write_named(out, " through", access->sender);
        fprintf(out, ", %.*s at %s", (int)access->type.len, access->type.data, line->service);
        if (access->count > 1)
            fprintf(out, ", %" PRId64 " times", access->count);
        fputc('\n', out);
    }
}

void dossier_write_text(FILE *out, const struct dossier *dossier)
{
    fputs("EVERYTHING HELD ON ", out);
    card_print_name(out, dossier->tab.card);
    fprintf(out, "\nPerson %" PRIu64 ", as it was ", dossier->person);
    write_time(out, dossier->taken_ms);
    fputs("\n\n\nTHE CARD\n\n", out);
    card_print_fields(out, &dossier->tab);
    write_changes(out, dossier);
    write_activities(out, dossier);
    write_messages(out, dossier);
    write_figures(out, dossier);
    write_accesses(out, dossier);
}
