// SPDX-License-Identifier: Apache-2.0
#include "services/person/import_names.h"

#include "common/base/fold.h"
#include "services/person/choices.h"
#include "services/person/entries.h"
#include "services/person/organisations.h"

enum {
    NAMES_MOST = 2048, // remembered; further ones are looked up each time
    SLOTS = 4096,      // a power of two
    KIND_ORGANISATION = 100,
    KIND_EMPLOYEE = 101, // beside the pick-lists
};

/** A name that was looked up. */
struct found {
    int kind;
    uint64_t organisation;
    struct text name;
    uint64_t id;
    const char *problem; // NULL: there is one
};

/** An entry by its English name, as people compare it. */
struct english {
    enum pick_list list;
    uint64_t organisation;
    struct text name;
    uint64_t entry;
    bool is_active;
};

struct import_names {
    bool has_english; // they were read: once for all lines, for there may be thousands
    size_t english_count;
    struct english *english;
    size_t count;
    struct found items[NAMES_MOST];
    uint16_t slots[SLOTS]; // number in `items` + 1; 0: free
};

struct import_names *import_names_new(struct ctx *ctx)
{
    return ctx_alloc(ctx, sizeof(struct import_names));
}

/** FNV-1a. */
static uint32_t hash(int kind, uint64_t organisation, struct text name)
{
    uint32_t hash = 2166136261U ^ (uint32_t)kind ^ (uint32_t)organisation;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (uint8_t)name.data[i]) * 16777619U;
    return hash;
}

/** The name's place: what was found, or room for it; NULL: there is none. */
static struct found *place_of(struct import_names *names, int kind, uint64_t organisation, struct text name,
                              bool *out_is_known)
{
    uint32_t at = hash(kind, organisation, name) % SLOTS;
    for (; names->slots[at]; at = (at + 1) % SLOTS) {
        struct found *found = &names->items[names->slots[at] - 1];
        *out_is_known = found->kind == kind && found->organisation == organisation && text_equal(found->name, name);
        if (*out_is_known)
            return found;
    }
    *out_is_known = false;
    if (names->count == NAMES_MOST)
        return NULL;
    struct found *found = &names->items[names->count++];
    names->slots[at] = (uint16_t)names->count;
    *found = (struct found){.kind = kind, .organisation = organisation, .name = name};
    return found;
}

/** What may be refused on the way is no refusal of the page: it is told of the line. */
static const char *forgive(struct ctx *ctx)
{
    if (ctx->refusal.code != ERROR_INVALID_FIELD)
        return NULL;
    ctx->refusal = (struct refusal){.code = ERROR_NONE};
    return "has characters that no name has; write it as entry.list or organisation.list has it";
}

/** Reads the English names of all entries; false: refused. */
static bool read_english(struct ctx *ctx, struct import_names *names)
{
    uint8_t folded[FOLD_BYTES];
    size_t len = 0;
    struct store_cursor cursor;
    names->english = ctx_alloc_array(ctx, (size_t)store_count(ctx->txn, &person_entries), sizeof *names->english);
    names->has_english = names->english != NULL;
    if (!names->has_english)
        return false;
    store_cursor_open(&cursor, ctx->txn, &person_entries);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor)) {
        struct pick_list_entry entry;
        struct arena_mark mark = arena_mark(ctx->arena);
        if (!row_decode(ctx, &pick_list_entry_row_desc, cursor.value, &entry))
            break;
        bool has_name = entry.names.has_en && fold_name(entry.names.en, folded, sizeof folded, &len);
        const struct english english = {
            .list = entry.list, .organisation = entry.organisation, .entry = entry.entry, .is_active = entry.active};
        arena_rewind(ctx->arena, mark);
        if (!has_name)
            continue;
        names->english[names->english_count] = english;
        names->english[names->english_count++].name = ctx_text(ctx, (struct text){(const char *)folded, len});
    }
    store_cursor_close(&cursor);
    return !is_refused(&ctx->refusal);
}

/** By the English name, which nothing keeps from being two entries'. An active one is meant rather than one that cannot be chosen. */
static const char *find_english(struct ctx *ctx, struct import_names *names, enum pick_list list, uint64_t organisation,
                                struct text name, uint64_t *out_id)
{
    uint8_t wanted[FOLD_BYTES];
    size_t wanted_len = 0, active = 0, inactive = 0;
    if (!fold_name(name, wanted, sizeof wanted, &wanted_len))
        return "is no name that an entry could have";
    if (!names->has_english && !read_english(ctx, names))
        return NULL; // refused
    for (size_t i = 0; i < names->english_count; i++) {
        const struct english *english = &names->english[i];
        if (english->list != list || (organisation && english->organisation != organisation) ||
            !text_equal(english->name, (struct text){(const char *)wanted, wanted_len}))
            continue;
        if (english->is_active || active == 0)
            *out_id = english->entry;
        active += english->is_active;
        inactive += !english->is_active;
    }
    if (active > 1)
        return "is the English name of several entries; write the Swedish one, or #id";
    return active || inactive ? NULL
           : organisation     ? "is no department of the organisation; entry.list shows those it has"
                              : "is no entry of the pick-list; entry.list shows those it has";
}

static const char *find_entry(struct ctx *ctx, struct import_names *names, enum pick_list list, uint64_t organisation,
                              struct text name, uint64_t *out_id)
{
    const struct pick_list_entry wanted = {.list = list, .organisation = organisation, .names = {.sv = name}};
    struct key key = entry_name_key(ctx, &wanted);
    struct bytes value;
    const char *problem = forgive(ctx);
    if (problem)
        return problem;
    if (!index_get_unique(ctx->txn, &person_entry_names, key_bytes(&key), &value))
        return find_english(ctx, names, list, organisation, name, out_id);
    *out_id = get_u64(value.data);
    return NULL;
}

static const char *find_organisation(struct ctx *ctx, struct text name, uint64_t *out_id)
{
    struct key key = organisation_name_key(ctx, "organisation", name);
    struct bytes value;
    const char *problem = forgive(ctx);
    if (problem)
        return problem;
    if (!index_get_unique(ctx->txn, &person_organisation_names, key_bytes(&key), &value))
        return "is the name of no organisation; organisation.list shows those there are";
    *out_id = get_u64(value.data);
    return NULL;
}

static const char *find_employee(struct ctx *ctx, struct text number, uint64_t *out_id)
{
    struct bytes value;
    if (!index_get_unique(ctx->txn, &person_employee_numbers, text_bytes(number), &value))
        return "is no employee number that somebody has; employee.list shows them";
    *out_id = get_u64(value.data);
    return NULL;
}

static const char *look_up(struct ctx *ctx, struct import_names *names, int kind, uint64_t organisation,
                           struct text name, uint64_t *out_id)
{
    if (kind == KIND_ORGANISATION)
        return find_organisation(ctx, name, out_id);
    if (kind == KIND_EMPLOYEE)
        return find_employee(ctx, name, out_id);
    return find_entry(ctx, names, (enum pick_list)kind, organisation, name, out_id);
}

static const char *find(struct ctx *ctx, struct import_names *names, int kind, uint64_t organisation, struct text name,
                        uint64_t *out_id)
{
    bool is_known = false;
    struct found here = {.id = 0};
    if (id_read(name, out_id))
        return NULL;
    struct found *found = place_of(names, kind, organisation, name, &is_known);
    if (!found)
        found = &here;
    if (!is_known)
        found->problem = look_up(ctx, names, kind, organisation, name, &found->id);
    *out_id = found->id;
    return found->problem;
}

const char *import_names_entry(struct ctx *ctx, struct import_names *names, enum pick_list list, uint64_t organisation,
                               struct text name, uint64_t *out_id)
{
    return find(ctx, names, (int)list, organisation, name, out_id);
}

const char *import_names_organisation(struct ctx *ctx, struct import_names *names, struct text name, uint64_t *out_id)
{
    return find(ctx, names, KIND_ORGANISATION, 0, name, out_id);
}

const char *import_names_employee(struct ctx *ctx, struct import_names *names, struct text number, uint64_t *out_id)
{
    return find(ctx, names, KIND_EMPLOYEE, 0, number, out_id);
}
