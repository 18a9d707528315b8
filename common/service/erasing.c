// SPDX-License-Identifier: Apache-2.0
#include "common/service/erasing.h"

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/service/erasure_ledger.h"
#include "common/service/internal.h"
#include "common/store/alias.h"

enum {
    KIND_ERASED = 1, // in keys
    KIND_UNDER_WAY = 2,
    KIND_SINCE = 3,
    PERSONS = 64, // who go on together
    SLICE_RECORDS = 4000,
    SLICE_BYTES = 4 * 1024 * 1024,
    SLICE_ERASED = 200,
};

static struct key kind_key(uint8_t kind)
{
    struct key key = {.len = 0};
    key_u8(&key, kind);
    return key;
}

static struct key person_key(uint8_t kind, uint64_t person)
{
    struct key key = kind_key(kind);
    key_u64(&key, person);
    return key;
}

static void put(struct store_txn *txn, const struct store_table *table, struct key key, uint64_t number)
{
    struct key value = key_of_id(number);
    store_put(txn, table, key_bytes(&key), key_bytes(&value));
}

static bool get(struct store_txn *txn, const struct store_table *table, struct key key, uint64_t *out_number)
{
    struct bytes value;
    if (!store_get(txn, table, key_bytes(&key), &value))
        return false;
    if (value.len == sizeof *out_number) {
        *out_number = get_u64(value.data);
        return true;
    }
    store_txn_fail(txn, FAULT_CORRUPT);
    return false;
}

/** The first row of the kind at or after the person; false: there is none. */
static bool seek(struct store_cursor *cursor, uint8_t kind, uint64_t from, uint64_t *out_person, uint64_t *out_number)
{
    struct key key = person_key(kind, from);
    if (!store_cursor_seek(cursor, key_bytes(&key)) || cursor->key.len != key.len || cursor->key.data[0] != kind)
        return false;
    must(cursor->value.len == sizeof *out_number);
    *out_person = get_u64(cursor->key.data + 1);
    *out_number = get_u64(cursor->value.data);
    return true;
}

bool erasing_has(struct store_txn *txn, const struct store_table *table, uint64_t person)
{
    uint64_t when;
    return get(txn, table, person_key(KIND_ERASED, person), &when);
}

bool erasing_has_any(struct store_txn *txn, const struct store_table *table)
{
    struct store_cursor cursor;
    uint64_t person, when;
    store_cursor_open(&cursor, txn, table);
    bool has_any = seek(&cursor, KIND_ERASED, 0, &person, &when);
    store_cursor_close(&cursor);
    return has_any;
}

bool erasing_read(struct bytes key, uint64_t *out_person)
{
    if (key.len != 1 + sizeof *out_person || key.data[0] != KIND_ERASED)
        return false;
    *out_person = get_u64(key.data + 1);
    return true;
}

uint64_t erasing_count(struct store_txn *txn, const struct store_table *table)
{
    struct store_cursor cursor;
    uint64_t count = 0, person = 0, next;
    store_cursor_open(&cursor, txn, table);
    while (seek(&cursor, KIND_UNDER_WAY, person, &person, &next)) {
        count++;
        person++;
    }
    store_cursor_close(&cursor);
    return count;
}

int64_t erasing_since_ms(struct store_txn *txn, const struct store_table *table)
{
    uint64_t since;
    return get(txn, table, kind_key(KIND_SINCE), &since) ? (int64_t)since : 0;
}

void erasing_freed(struct store_txn *txn, const struct store_table *table, int64_t now_ms)
{
    if (erasing_since_ms(txn, table) == 0)
        put(txn, table, kind_key(KIND_SINCE), (uint64_t)now_ms);
}

void erasing_compacted(struct store_txn *txn, const struct store_table *table)
{
    struct key key = kind_key(KIND_SINCE);
    store_delete(txn, table, key_bytes(&key));
}

void erasing_each(struct store_txn *txn, const struct store_table *table, bool (*use)(void *user, uint64_t person),
                  void *user)
{
    struct store_cursor cursor;
    uint64_t person = 0, when;
    store_cursor_open(&cursor, txn, table);
    while (seek(&cursor, KIND_ERASED, person, &person, &when) && use(user, person))
        person++;
    store_cursor_close(&cursor);
}

/* Beginning. */

/** What was set aside of him holds what he was, and must not be applied later. */
static void forget_set_aside(struct core *core, uint64_t person)
{
    for (size_t i = 0; i < core->source_count; i++) {
        struct source *source = &core->sources[i];
        struct journal_record record;
        struct text reason;
        uint64_t from = 0;
        while (source->set_aside > 0 && set_aside_next(core->txn, source->name, from, &record, &reason)) {
            from = record.seq + 1;
            if (record.header.person != person)
                continue;
            set_aside_remove(core->txn, source->name, record.seq);
            source->set_aside--;
        }
    }
}

static void begin(struct core *core, struct ctx *ctx, uint64_t person)
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    if (erasing_has(core->txn, erasure->table, person))
        return;
    put(core->txn, erasure->table, person_key(KIND_ERASED, person), (uint64_t)ctx->now_ms);
    put(core->txn, erasure->table, person_key(KIND_UNDER_WAY, person), 0);
    erasing_freed(core->txn, erasure->table, ctx->now_ms);
    struct batch_erasure *noted = arena_alloc(ctx->arena, sizeof *noted);
    if (!noted) {
        store_txn_fail(core->txn, FAULT_MEMORY);
        return;
    }
    *noted = (struct batch_erasure){core->first_erasure, person};
    core->first_erasure = noted;
    forget_set_aside(core, person);
    if (erasure->begin)
        erasure->begin(core->config.self, ctx, person);
    core->is_erasing = true;
    core->wrote = true;
}

/** Those merged into him go first, so that what still goes over from them to him has stopped when he goes. */
void core_erase_person(struct core *core, struct ctx *ctx, uint64_t person)
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    uint64_t alias = 0;
    must(erasure);
    while (erasure->merged && alias_list(core->txn, erasure->merged, person, alias, &alias, 1) > 0)
        begin(core, ctx, alias);
    begin(core, ctx, person);
}

bool core_is_erasing_event(const struct core *core, const struct message_desc *event)
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    return erasure && erasure->event == event;
}

bool core_has_erased(struct core *core, uint64_t person)
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    return person != 0 && erasure && erasing_has(core->txn, erasure->table, person);
}

void core_before_erasing_event(struct core *core, uint64_t person)
{
    forget_set_aside(core, person);
}

/* A slice of what is under way. */

/** Persons at one journal position, the lowest. */
struct party {
    uint64_t next;
    size_t count;
    uint64_t persons[PERSONS]; // ascending
};

static void gather(struct store_txn *txn, const struct store_table *table, struct party *party)
{
    struct store_cursor cursor;
    uint64_t person = 0, next;
    *party = (struct party){.next = UINT64_MAX};
    store_cursor_open(&cursor, txn, table);
    for (; seek(&cursor, KIND_UNDER_WAY, person, &person, &next); person++) {
        if (next < party->next) {
            party->next = next;
            party->count = 0;
        }
        if (next == party->next && party->count < PERSONS)
            party->persons[party->count++] = person;
    }
    store_cursor_close(&cursor);
}

static bool has(const struct party *party, uint64_t person)
{
    for (size_t i = 0; i < party->count; i++)
        if (party->persons[i] == person)
            return true;
    return false;
}

static bool is_personal(const struct struct_desc *desc)
{
    for (size_t i = 0; i < desc->count; i++) {
        const struct field_desc *field = &desc->fields[i];
        if (field->flags & FIELD_PERSONAL || (field->structure && is_personal(field->structure)))
            return true;
    }
    return false;
}

/** Whether the record's content may be personal. An event of ids alone says what happened to followers that are behind, and stays. */
static bool may_be_personal(const struct core *core, struct text type)
{
    const struct dispatch *dispatch = core->config.definition->dispatch;
    for (size_t i = 0; i < dispatch->published_count; i++)
        if (text_equal(text_of(dispatch->published[i]->type), type))
            return is_personal(dispatch->published[i]->body);
    return true; // an event that this program does not know any more
}

/** How far a slice came. */
struct slice {
    size_t records;
    size_t bytes;
    size_t erased;
};

static bool is_full(const struct slice *slice)
{
    return slice->records >= SLICE_RECORDS || slice->bytes >= SLICE_BYTES || slice->erased >= SLICE_ERASED;
}

/** False after a fault of the transaction. */
static bool take_record(struct core *core, struct ctx *ctx, const struct party *party, uint64_t seq,
                        struct slice *slice)
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    struct journal_record record;
    bool found = false;
    enum fault fault = journal_get(core->txn, seq, &record, &found);
    slice->records++;
    if (store_txn_fault(core->txn) != FAULT_NONE)
        return false;
    if (fault != FAULT_NONE || !found)
        return true; // damaged: the journal's check tells of it, and a restore mends it
    slice->bytes += record.raw.len;
    if (!has(party, record.header.person) || record.erased)
        return true;
    bool erases = may_be_personal(core, record.header.type);
    if (erasure->record)
        erasure->record(core->config.self, ctx, &record);
    if (erases) {
        journal_erase(core->txn, seq);
        slice->erased++;
    }
    return true;
}

static void set_next(struct core *core, const struct party *party, uint64_t next)
{
    const struct store_table *table = core->config.definition->erasure->table;
    for (size_t i = 0; i < party->count; i++)
        put(core->txn, table, person_key(KIND_UNDER_WAY, party->persons[i]), next);
}

static void finish(struct core *core, const struct party *party)
{
    const struct store_table *table = core->config.definition->erasure->table;
    for (size_t i = 0; i < party->count; i++) {
        struct key key = person_key(KIND_UNDER_WAY, party->persons[i]);
        store_delete(core->txn, table, key_bytes(&key));
        LOG(LOG_LEVEL_INFO, "nothing of an erased person is left in the journal",
            log_int("person", (int64_t)party->persons[i]));
    }
}

static void scan(struct core *core, struct ctx *ctx, const struct party *party)
{
    struct slice slice = {.records = 0};
    uint64_t last = store_txn_seq(core->txn), seq = party->next;
    for (; seq <= last && !is_full(&slice) && core_has_memory(core); seq++)
        if (!take_record(core, ctx, party, seq, &slice))
            return;
    const struct service_erasure *erasure = core->config.definition->erasure;
    if (seq > last && (!erasure->is_done || erasure->is_done(core->config.self, ctx)))
        finish(core, party);
    else
        set_next(core, party, seq);
}

/** The service's own rows of each. */
static void step_rows(struct core *core, struct ctx *ctx, struct party *party)
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    for (size_t i = 0; i < party->count; i++) {
        if (erasure->step && erasure->step(core->config.self, ctx, party->persons[i]))
            return; // the others have their turn when this one is done
        put(core->txn, erasure->table, person_key(KIND_UNDER_WAY, party->persons[i]), 1);
    }
}

void core_erase_some(struct core *core)
{
    struct party party;
    struct ctx ctx = core_command_ctx(core);
    ctx.actor = text_of(core->config.definition->name);
    gather(core->txn, core->config.definition->erasure->table, &party);
    core->is_erasing = party.count > 0;
    if (party.count == 0)
        return;
    if (party.next == 0)
        step_rows(core, &ctx, &party);
    else
        scan(core, &ctx, &party);
    if (is_refused(&ctx.refusal))
        store_txn_fail(core->txn, ctx.refusal.code == ERROR_BUSY ? FAULT_MEMORY : FAULT_CORRUPT);
    core_append_events(&ctx, NULL, NULL);
    core->wrote = true;
}

/* The ledger. */

void core_erased(struct core *core)
{
    struct store_identity identity = store_identity(core->config.store);
    if (!core->config.ledger || !core->first_erasure)
        return;
    for (const struct batch_erasure *erased = core->first_erasure; erased; erased = erased->next)
        if (!erasure_ledger_has(core->config.ledger, &identity, erased->person))
            erasure_ledger_add(core->config.ledger, &identity, erased->person);
    erasure_ledger_sync(core->config.ledger);
}

/** Persons whom ledger or store lacks. */
struct missing {
    struct core *core;
    struct store_identity identity;
    struct store_txn *txn;
    size_t count;
    uint64_t persons[PERSONS];
};

static bool tell_ledger(void *user, uint64_t person)
{
    const struct missing *missing = user;
    struct erasure_ledger *ledger = missing->core->config.ledger;
    if (!erasure_ledger_has(ledger, &missing->identity, person))
        erasure_ledger_add(ledger, &missing->identity, person);
    return true;
}

static bool tell_store(void *user, uint64_t person)
{
    struct missing *missing = user;
    if (!erasing_has(missing->txn, missing->core->config.definition->erasure->table, person))
        missing->persons[missing->count++] = person;
    return missing->count < PERSONS;
}

/** Erases some of those whom the store lacks; how many, in `out_count`. */
static enum fault erase_missing(struct missing *missing, size_t *out_count)
{
    struct core *core = missing->core;
    missing->count = 0;
    missing->txn = store_begin_read(core->config.store);
    erasure_ledger_each(core->config.ledger, &missing->identity, tell_store, missing);
    store_abort(missing->txn);
    *out_count = missing->count;
    if (missing->count == 0)
        return FAULT_NONE;
    core_begin(core);
    struct ctx ctx = core_command_ctx(core);
    ctx.actor = text_of(core->config.definition->name);
    for (size_t i = 0; i < missing->count; i++)
        core_erase_person(core, &ctx, missing->persons[i]);
    core_access_worked(core, &ctx);
    core_append_events(&ctx, NULL, NULL);
    return core_end(core);
}

enum fault core_erase_again(struct core *core, void (*goes_on)(void))
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    struct missing missing = {.core = core, .identity = store_identity(core->config.store)};
    if (!erasure || !core->config.ledger)
        return FAULT_NONE;
    missing.txn = store_begin_read(core->config.store);
    erasing_each(missing.txn, erasure->table, tell_ledger, &missing);
    enum fault fault = store_txn_fault(missing.txn);
    store_abort(missing.txn);
    if (fault == FAULT_NONE)
        fault = erasure_ledger_sync(core->config.ledger);
    size_t count = 1, all = 0;
    for (; fault == FAULT_NONE && count > 0; all += count)
        fault = erase_missing(&missing, &count);
    if (all > 0)
        LOG(LOG_LEVEL_WARNING, "the store is older than the erasure of persons whom it had again; they are erased anew",
            log_int("persons", (int64_t)all));
    while (all > 0 && fault == FAULT_NONE && core->is_erasing) {
        core_begin(core);
        core_erase_some(core);
        fault = core_end(core);
        if (goes_on)
            goes_on();
    }
    return fault;
}

enum fault core_compacted(struct core *core)
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    if (!erasure)
        return FAULT_NONE;
    core_begin(core);
    erasing_compacted(core->txn, erasure->table);
    core->wrote = true;
    return core_end(core);
}
