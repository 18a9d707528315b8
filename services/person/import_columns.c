// SPDX-License-Identifier: Apache-2.0
#include "services/person/import_columns.h"

#include <stdio.h>

#include "common/base/date.h"
#include "common/base/fold.h"
#include "common/base/must.h"
#include "common/wire/value.h"

enum {
    NAME_BYTES = 100,
    GROUPS_MOST = 64,
    CHANNELS = 3,
};

/** What a card calls its fields in Swedish, folded, with _ for blanks and hyphens; besides, the paths themselves are names. */
static const struct {
    const char *name;
    const char *path;
} swedish[] = {
    {"kundnummer", "customer_number"},
    {"förnamn", "given_name"},
    {"efternamn", "family_name"},
    {"personnummer", "personal_number"},
    {"födelsedatum", "birth_date"},
    {"kön", "gender"},
    {"e_post", "email"},
    {"epost", "email"},
    {"e_postadress", "email"},
    {"mobil", "mobile"},
    {"mobiltelefon", "mobile"},
    {"mobilnummer", "mobile"},
    {"arbetstelefon", "work_phone"},
    {"hemtelefon", "home_phone"},
    {"c/o", "address.care_of"},
    {"adress", "address.street"},
    {"gatuadress", "address.street"},
    {"postnummer", "address.postal_code"},
    {"ort", "address.city"},
    {"postort", "address.city"},
    {"land", "address.country"},
    {"språk", "language"},
    {"avtalsvillkor", "terms_accepted_on"},
    {"avtalsvillkoren_för_registrering_har_accepterats", "terms_accepted_on"},
    {"avdelning", "department"},
    {"tjänstetitel", "job_title"},
    {"kategori", "category"},
    {"grupp", "groups"},
    {"grupper", "groups"},
    {"förmånsstatus", "benefit_status"},
    {"säljstatus", "sales_status"},
    {"kundansvarig", "account_manager"},
    {"anteckningar", "notes"},
    {"samtycke_brev", "consent.letter"},
    {"samtycke_e_post", "consent.email"},
    {"samtycke_sms", "consent.sms"},
};

/** What cells call the values of enums, beside their names in the schema. */
static const struct {
    const struct enum_desc *of;
    const char *word;
    int number;
} words[] = {
    {&gender_enum, "kvinna", GENDER_WOMAN},    {&gender_enum, "female", GENDER_WOMAN},
    {&gender_enum, "male", GENDER_MAN},        {&gender_enum, "annat", GENDER_OTHER},
    {&language_enum, "svenska", LANGUAGE_SV},  {&language_enum, "swedish", LANGUAGE_SV},
    {&language_enum, "engelska", LANGUAGE_EN}, {&language_enum, "english", LANGUAGE_EN},
};

/** Before the name of an own-defined field. */
static const struct text own_prefix = {"own.", 4};

/** A line that is being read. */
struct reading {
    struct ctx *ctx;
    struct import_names *names;
    struct person_create *command;
    struct consent_change *consents;
    struct own_change *own;
    uint64_t *groups;
};

/** How a cell becomes a value; `read` says what is wrong, or NULL. */
struct import_kind {
    const char *(*read)(struct reading *reading, const struct import_column *column, struct text cell);
    bool is_last; // it depends on what other cells of the line say
};

/** Sets the column's field of the command. */
static void set(const struct reading *reading, const struct import_column *column, const void *value)
{
    static const bool yes = true;
    char *at = (char *)reading->command;
    if (column->field != column->outer) {
        memcpy(at + column->outer->has_offset, &yes, sizeof yes);
        at += column->outer->offset;
    }
    memcpy(at + column->field->offset, value, value_size(column->field));
    if (column->field->has_offset != FIELD_NO_OFFSET)
        memcpy(at + column->field->has_offset, &yes, sizeof yes);
}

static const char *read_text(struct reading *reading, const struct import_column *column, struct text cell)
{
    set(reading, column, &cell);
    return NULL;
}

static const char *read_date(struct reading *reading, const struct import_column *column, struct text cell)
{
    char dashed[DATE_TEXT_LEN];
    int32_t days;
    if (cell.len == DATE_TEXT_LEN - 2) {
        memcpy(dashed, cell.data, 4);
        dashed[4] = dashed[7] = '-';
        memcpy(dashed + 5, cell.data + 4, 2);
        memcpy(dashed + 8, cell.data + 6, 2);
        cell = (struct text){dashed, sizeof dashed};
    }
    if (!date_parse(cell, &days))
        return "is not a day; write it as 2026-11-26 or 20261126, year first";
    set(reading, column, &days);
    return NULL;
}

/** The cell as people compare it; false: it is longer than any word. */
static bool fold(struct text cell, char out[NAME_BYTES], struct text *out_word)
{
    uint8_t folded[FOLD_BYTES];
    size_t len = 0;
    if (cell.len > NAME_BYTES || !fold_name(cell, folded, sizeof folded, &len) || len > NAME_BYTES)
        return false;
    if (len)
        memcpy(out, folded, len);
    *out_word = (struct text){out, len};
    return true;
}

static const char *read_word(struct reading *reading, const struct import_column *column, struct text cell)
{
    const struct enum_desc *of = column->field->enumeration;
    char folded[NAME_BYTES];
    struct text word = {folded, 0};
    int32_t number = fold(cell, folded, &word) ? enum_number(of, word) : 0;
    for (size_t i = 0; number == 0 && i < sizeof words / sizeof *words; i++)
        if (words[i].of == of && text_equal(word, text_of(words[i].word)))
            number = words[i].number;
    if (number == 0)
        return of == &gender_enum ? "is none of woman, man and other (kvinna, man, annat)" : "is neither sv nor en";
    set(reading, column, &number);
    return NULL;
}

static const char *read_entry(struct reading *reading, const struct import_column *column, struct text cell)
{
    uint64_t id = 0;
    const char *problem = import_names_entry(reading->ctx, reading->names, (enum pick_list)column->what, 0, cell, &id);
    if (!problem)
        set(reading, column, &id);
    return problem;
}

static const char *read_organisation(struct reading *reading, const struct import_column *column, struct text cell)
{
    uint64_t id = 0;
    const char *problem = import_names_organisation(reading->ctx, reading->names, cell, &id);
    if (!problem)
        set(reading, column, &id);
    return problem;
}

static const char *read_department(struct reading *reading, const struct import_column *column, struct text cell)
{
    const struct person_create *command = reading->command;
    uint64_t id = 0;
    if (!command->has_organisation)
        return "belongs to an organisation, and the line names none that there is";
    const char *problem =
        import_names_entry(reading->ctx, reading->names, PICK_LIST_DEPARTMENT, command->organisation, cell, &id);
    if (!problem)
        set(reading, column, &id);
    return problem;
}

static const char *read_account_manager(struct reading *reading, const struct import_column *column, struct text cell)
{
    uint64_t id = 0;
    const char *problem = import_names_employee(reading->ctx, reading->names, cell, &id);
    if (!problem)
        set(reading, column, &id);
    return problem;
}

static struct text trim(struct text text)
{
    while (text.len && strchr(" \t\r\n", text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len && strchr(" \t\r\n", text.data[text.len - 1]))
        text.len--;
    return text;
}

static const char *add_group(struct reading *reading, struct text name)
{
    struct person_create *command = reading->command;
    uint64_t id = 0;
    name = trim(name);
    if (name.len == 0)
        return NULL;
    const char *problem = import_names_entry(reading->ctx, reading->names, PICK_LIST_GROUP, 0, name, &id);
    if (problem)
        return problem;
    if (command->groups.count == GROUPS_MOST)
        return "names more than 64 groups";
    if (!reading->groups)
        reading->groups = ctx_alloc_array(reading->ctx, GROUPS_MOST, sizeof *reading->groups);
    if (!reading->groups)
        return NULL; // refused
    reading->groups[command->groups.count++] = id;
    command->groups.items = reading->groups;
    return NULL;
}

/** With | between; or with commas, unless the whole is one name, in which a comma may stand. */
static const char *read_groups(struct reading *reading, const struct import_column *column, struct text cell)
{
    char separator = memchr(cell.data, '|', cell.len) ? '|' : ',';
    uint64_t id;
    (void)column;
    if (separator == ',' && !import_names_entry(reading->ctx, reading->names, PICK_LIST_GROUP, 0, cell, &id))
        return add_group(reading, cell);
    for (;;) {
        const char *end = memchr(cell.data, separator, cell.len);
        size_t len = end ? (size_t)(end - cell.data) : cell.len;
        const char *problem = add_group(reading, (struct text){cell.data, len});
        if (problem || !end)
            return problem;
        cell = (struct text){end + 1, cell.len - len - 1};
    }
}

static const char *read_consent(struct reading *reading, const struct import_column *column, struct text cell)
{
    static const char *const granting[] = {"yes", "ja", "true", "1"}, *const withdrawing[] = {"no", "nej", "false",
                                                                                              "0"};
    struct person_create *command = reading->command;
    char folded[NAME_BYTES];
    struct text word = {folded, 0};
    bool is_yes = false, is_no = false;
    for (size_t i = 0; fold(cell, folded, &word) && i < sizeof granting / sizeof *granting; i++) {
        is_yes = is_yes || text_equal(word, text_of(granting[i]));
        is_no = is_no || text_equal(word, text_of(withdrawing[i]));
    }
    if (!is_yes && !is_no)
        return "is neither yes nor no (ja, nej)";
    if (!reading->consents)
        reading->consents = ctx_alloc_array(reading->ctx, CHANNELS, sizeof *reading->consents);
    if (!reading->consents)
        return NULL; // refused
    reading->consents[command->consents.count++] = (struct consent_change){
        .channel = (enum channel)column->what, .granted = is_yes, .has_source = true, .source = TEXT("import")};
    command->consents.items = reading->consents;
    return NULL;
}

/** The rules read the value: they know what the field is. */
static const char *read_own(struct reading *reading, const struct import_column *column, struct text cell)
{
    struct person_create *command = reading->command;
    if (!reading->own)
        reading->own = ctx_alloc_array(reading->ctx, IMPORT_COLUMNS_MOST, sizeof *reading->own);
    if (!reading->own)
        return NULL; // refused
    reading->own[command->own.count++] =
        (struct own_change){.name = text_of(column->path + own_prefix.len), .value = cell};
    command->own.items = reading->own;
    return NULL;
}

static const struct import_kind text_kind = {read_text, false};
static const struct import_kind date_kind = {read_date, false};
static const struct import_kind word_kind = {read_word, false};
static const struct import_kind entry_kind = {read_entry, false};
static const struct import_kind organisation_kind = {read_organisation, false};
static const struct import_kind department_kind = {read_department, true};
static const struct import_kind account_manager_kind = {read_account_manager, false};
static const struct import_kind groups_kind = {read_groups, false};
static const struct import_kind consent_kind = {read_consent, false};
static const struct import_kind own_kind = {read_own, false};

/* Finding columns. */

static const struct import_kind *kind_of_id(const char *name, int *out_list)
{
    if (strcmp(name, "organisation") == 0)
        return &organisation_kind;
    if (strcmp(name, "account_manager") == 0)
        return &account_manager_kind;
    *out_list = enum_number(&pick_list_enum, text_of(name));
    return *out_list == PICK_LIST_DEPARTMENT ? &department_kind : *out_list ? &entry_kind : NULL;
}

/** How cells of a field that is one value are read; NULL: they cannot be. */
static const struct import_kind *kind_of(const struct field_desc *field, int *out_what)
{
    if (field->flags & FIELD_LIST)
        return NULL;
    switch ((enum field_kind)field->kind) {
    case FIELD_TEXT:
    case FIELD_LINE:
        return &text_kind;
    case FIELD_DATE:
        return &date_kind;
    case FIELD_ENUM:
        return &word_kind;
    case FIELD_ID:
        return kind_of_id(field->name, out_what);
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_BIN:
    case FIELD_RAW:
    case FIELD_STRUCT:
        break;
    }
    return NULL;
}

static bool find_path(struct text path, struct import_column *out_column)
{
    const char *dot = memchr(path.data, '.', path.len);
    struct text head = {path.data, dot ? (size_t)(dot - path.data) : path.len};
    struct text rest = {dot ? dot + 1 : "", dot ? path.len - head.len - 1 : 0};
    bool is_consent = dot && text_equal(head, TEXT("consent"));
    const struct field_desc *outer = struct_field(&person_create_desc, is_consent ? TEXT("consents") : head);
    out_column->outer = out_column->field = outer;
    out_column->what = 0;
    out_column->kind = NULL;
    if (!outer)
        return false;
    if (is_consent) {
        out_column->what = enum_number(&channel_enum, rest);
        out_column->kind = out_column->what ? &consent_kind : NULL;
    } else if (text_starts_with(path, own_prefix) && rest.len > 0) {
        out_column->kind = &own_kind;
    } else if (text_equal(path, TEXT("groups"))) {
        out_column->kind = &groups_kind;
    } else if (dot && outer->kind == FIELD_STRUCT && !(outer->flags & FIELD_LIST)) {
        out_column->field = struct_field(outer->structure, rest);
        out_column->kind = out_column->field ? kind_of(out_column->field, &out_column->what) : NULL;
    } else if (!dot) {
        out_column->kind = kind_of(outer, &out_column->what);
    }
    snprintf(out_column->path, sizeof out_column->path, "%.*s", (int)path.len, path.data);
    return out_column->kind && path.len < sizeof out_column->path;
}

const char *import_column_find(struct text name, struct import_column *out_column)
{
    char folded[NAME_BYTES];
    struct text path = {folded, 0};
    bool good = fold(trim(name), folded, &path);
    for (size_t i = 0; i < path.len; i++)
        if (folded[i] == ' ' || folded[i] == '-')
            folded[i] = '_';
    for (size_t i = 0; good && i < sizeof swedish / sizeof *swedish; i++)
        if (text_equal(path, text_of(swedish[i].name)))
            path = text_of(swedish[i].path);
    return good && find_path(path, out_column)
               ? NULL
               : "is no field of a person; say which it is, or that it is to be ignored";
}

bool import_columns_find(struct ctx *ctx, const char *field, size_t count, const struct text *names,
                         struct import_columns *out_columns)
{
    must(count <= IMPORT_COLUMNS_MOST);
    out_columns->count = count;
    for (size_t i = 0; i < count; i++) {
        const char *problem = import_column_find(names[i], &out_columns->items[i]);
        for (size_t other = 0; !problem && other < i; other++)
            if (strcmp(out_columns->items[other].path, out_columns->items[i].path) == 0)
                problem = "stands for the same field as another column";
        if (problem) {
            char path[IMPORT_PATH_BYTES];
            snprintf(path, sizeof path, "%s[%zu]", field, i);
            ctx_refuse(ctx, ERROR_INVALID_FIELD, path, problem);
            return false;
        }
    }
    if (count == 0)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, field, "names no column; a person has a given_name at least");
    return count > 0;
}

void import_columns_read(struct ctx *ctx, const struct import_columns *columns, struct import_names *names,
                         const struct text *cells, struct person_create *out_command,
                         void (*wrong)(void *user, size_t column, const char *message), void *user)
{
    struct reading reading = {.ctx = ctx, .names = names, .command = out_command};
    *out_command = (struct person_create){.has_family_name = false};
    for (int last = 0; last <= 1; last++)
        for (size_t i = 0; i < columns->count; i++) {
            const struct import_column *column = &columns->items[i];
            struct text cell = trim(cells[i]);
            if (column->kind->is_last != last || cell.len == 0)
                continue;
            bool is_text = column->field->kind == FIELD_TEXT; // which may begin and end as it likes
            const char *problem = column->kind->read(&reading, column, is_text ? cells[i] : cell);
            if (problem)
                wrong(user, i, problem);
        }
}

/* Refusals of the checks, by the field's path. */

/** The part of a path before its first dot or bracket. */
static struct text head_of(struct text path)
{
    size_t len = 0;
    while (len < path.len && path.data[len] != '.' && path.data[len] != '[')
        len++;
    return (struct text){path.data, len};
}

/** Takes one own-defined field away; false: none of them is meant. */
static bool clear_own(struct person_create *command, struct text path)
{
    struct own_change *items = (struct own_change *)(uintptr_t)command->own.items;
    for (size_t i = 0; text_starts_with(path, own_prefix) && i < command->own.count; i++)
        if (text_equal(items[i].name, (struct text){path.data + own_prefix.len, path.len - own_prefix.len})) {
            items[i] = items[--command->own.count];
            return true;
        }
    return false;
}

bool import_field_clear(struct person_create *command, struct text path)
{
    if (clear_own(command, path))
        return true;
    const struct field_desc *outer = struct_field(&person_create_desc, head_of(path));
    if (!outer || value_presence(outer, command) != VALUE_PRESENT)
        return false;
    if (text_equal(head_of(path), TEXT("given_name"))) { // no card is without one
        bool was_set = !text_equal(command->given_name, TEXT("?"));
        command->given_name = TEXT("?");
        return was_set;
    }
    if (text_equal(head_of(path), TEXT("organisation"))) // its department would only be wrong for want of it
        command->has_department = false;
    if (outer->flags & FIELD_LIST)
        memset((char *)command + outer->offset, 0, sizeof(struct list));
    else
        memset((char *)command + outer->has_offset, 0, sizeof(bool));
    return true;
}

size_t import_columns_of_field(const struct import_columns *columns, struct text path)
{
    struct text head = head_of(path);
    for (size_t i = 0; i < columns->count; i++)
        if (text_equal(text_of(columns->items[i].path), path))
            return i;
    for (size_t i = 0; i < columns->count; i++)
        if (text_equal(text_of(columns->items[i].outer->name), head) &&
            columns->items[i].field == columns->items[i].outer)
            return i;
    return columns->count;
}
