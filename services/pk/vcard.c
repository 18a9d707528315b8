// SPDX-License-Identifier: Apache-2.0
#include "services/pk/vcard.h"

#include <glib.h>
#include <inttypes.h>
#include <time.h>

#include "common/base/date.h"
#include "common/client/need.h"

enum { LINE_OCTETS = 75 };

/** Appends text, escaped. */
static void add(GString *line, struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\r')
            continue;
        if (c == '\n')
            g_string_append(line, "\\n");
        else {
            if (c == '\\' || c == ',' || c == ';')
                g_string_append_c(line, '\\');
            g_string_append_c(line, c);
        }
    }
}

/** Writes the line, folded, and empties it. */
static void end_line(FILE *out, GString *line)
{
    size_t at = 0, room = LINE_OCTETS;
    while (line->len - at > room) {
        size_t len = room;
        while (len > 1 && ((unsigned char)line->str[at + len] & 0xc0) == 0x80) // not within a character
            len--;
        fwrite(line->str + at, 1, len, out);
        fputs("\r\n ", out);
        at += len;
        room = LINE_OCTETS - 1; // after the blank
    }
    fwrite(line->str + at, 1, line->len - at, out);
    fputs("\r\n", out);
    g_string_truncate(line, 0);
}

static void property(FILE *out, GString *line, const char *name, bool has, struct text value)
{
    if (!has || value.len == 0)
        return;
    g_string_append(line, name);
    add(line, value);
    end_line(out, line);
}

static void write_names(FILE *out, GString *line, const struct person_card *card)
{
    g_string_append(line, "FN:");
    add(line, card->given_name);
    if (card->has_family_name && card->family_name.len > 0) {
        g_string_append_c(line, ' ');
        add(line, card->family_name);
    }
    end_line(out, line);
    g_string_append(line, "N:");
    if (card->has_family_name)
        add(line, card->family_name);
    g_string_append_c(line, ';');
    add(line, card->given_name);
    g_string_append(line, ";;;");
    end_line(out, line);
}

/** Box, extended (c/o), street, town, county, code, country. */
static void write_address(FILE *out, GString *line, const struct postal_address *address)
{
    const struct text parts[] = {
        TEXT(""), address->care_of, address->street, address->city, TEXT(""), address->postal_code, address->country,
    };
    g_string_append(line, "ADR:");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (i)
            g_string_append_c(line, ';');
        add(line, parts[i]);
    }
    end_line(out, line);
}

static void write_organisation(FILE *out, GString *line, const struct person_card *card, struct card_names *names)
{
    g_string_append(line, "ORG:");
    add(line, text_of(card_names_organisation(names, card->organisation)));
    if (card->has_department) {
        g_string_append_c(line, ';');
        add(line, text_of(card_names_entry(names, card->department)));
    }
    end_line(out, line);
}

static void write_groups(FILE *out, GString *line, const struct person_card *card, struct card_names *names)
{
    for (size_t i = 0; i < card->groups.count; i++) {
        g_string_append(line, i ? "," : "CATEGORIES:");
        add(line, text_of(card_names_entry(names, card->groups.items[i])));
    }
    if (card->groups.count > 0)
        end_line(out, line);
}

static void write_dates(FILE *out, GString *line, const struct person_card *card)
{
    if (card->has_birth_date) {
        char date[DATE_TEXT_LEN];
        date_format(card->birth_date, date);
        g_string_append_printf(line, "BDAY:%.4s%.2s%.2s", date, date + 5, date + 8);
        end_line(out, line);
    }
    time_t changed = (time_t)(card->changed_ms / 1000);
    struct tm utc;
    char revised[32];
    gmtime_r(&changed, &utc);
    strftime(revised, sizeof revised, "REV:%Y%m%dT%H%M%SZ", &utc);
    g_string_append(line, revised);
    end_line(out, line);
}

void vcard_write(FILE *out, const struct person_card *card, struct card_names *names)
{
    static const char *const sexes[] = {
        [GENDER_WOMAN] = "GENDER:F", [GENDER_MAN] = "GENDER:M", [GENDER_OTHER] = "GENDER:O"};
    GString *line = g_string_new(NULL);
    fputs("BEGIN:VCARD\r\nVERSION:4.0\r\n", out);
    fprintf(out, "UID;VALUE=text:personkort-person-%" PRIu64 "\r\n", card->person);
    write_names(out, line, card);
    property(out, line, "TEL;VALUE=uri;TYPE=\"cell,voice,text\":tel:", card->has_mobile, card->mobile);
    property(out, line, "TEL;VALUE=uri;TYPE=\"work,voice\":tel:", card->has_work_phone, card->work_phone);
    property(out, line, "TEL;VALUE=uri;TYPE=\"home,voice\":tel:", card->has_home_phone, card->home_phone);
    property(out, line, "EMAIL:", card->has_email, card->email);
    if (card->has_address)
        write_address(out, line, &card->address);
    if (card->has_gender)
        fprintf(out, "%s\r\n", sexes[card->gender]);
    if (card->has_organisation)
        write_organisation(out, line, card, names);
    if (card->has_job_title)
        property(out, line, "TITLE:", true, text_of(card_names_entry(names, card->job_title)));
    if (card->has_language)
        property(out, line, "LANG:", true, text_of(card->language == LANGUAGE_EN ? "en" : "sv"));
    write_groups(out, line, card, names);
    property(out, line, "NOTE:", card->has_notes, card->notes);
    write_dates(out, line, card);
    fputs("END:VCARD\r\n", out);
    g_string_free(line, TRUE);
}
