// SPDX-License-Identifier: Apache-2.0
/**
 * Definition: what a service is to the shell — its name, its tables, its dispatch and a few hooks. Data plus handlers; sockets,
 * threads, clocks and transactions are the shell's (service.h), and the same definition runs under a virtual clock in tests.
 */
#ifndef COMMON_SERVICE_DEFINITION_H
#define COMMON_SERVICE_DEFINITION_H

#include "common/bus/bus_map.h"
#include "common/service/ctx.h"
#include "common/service/dispatch.h"
#include "common/store/store.h"

struct counters;
struct figure_sink;

enum { SERVICE_FURTHER_STORES = 3 };

/** What a service is started with. */
struct service_options {
    const char *bus_path;    // bus.zpl
    const char *data_path;   // the service's own folder
    const char *config_path; // settings of the service, or NULL
    struct counters *counters;
    const char *archive_path; // folder of the archives of the service's stores, one each by its folder; NULL: none
    void (*goes_on)(void);    // to be called every few seconds while opening takes long; NULL: nobody waits
};

/**
 * Work a service does by itself, beside answering: time-outs, hand-overs, outcomes that come from other threads. All hooks run
 * on the command loop's thread; any may be NULL.
 */
struct service_work {
    /** A descriptor that is readable when another thread has something for `run`; -1: none. */
    int (*wake_fd)(void *self);
    /** When `run` wants to be called at the latest, UTC milliseconds; INT64_MAX: never. */
    int64_t (*due_ms)(void *self);
    /** Does what is due, inside the batch; reads and writes through `ctx` as handlers do. */
    void (*run)(void *self, struct ctx *ctx);
    /**
     * The batch is about to be committed: write what was gathered in it, and make durable what it relies on outside the store. A fault
     * gives the batch up.
     */
    enum fault (*committing)(void *self, struct ctx *ctx);
    /** The batch is durable: now, and not before, hand over what it claimed. */
    void (*committed)(void *self);
    /** The batch is gone: forget what `run` and the handlers remembered of it. */
    void (*aborted)(void *self);
    /** A clean stop, all commands being answered: fetch back what can be. `run` is called once more after it, in a last batch. */
    void (*stopping)(void *self);
    /** The machine's clock was set by so much, back when negative: what waits for a time may have to be looked at again. */
    void (*clock_was_set)(void *self, int64_t by_ms);
};

/** What it means to a service that a person is erased; erasing.h says what the shell does of it. Any hook may be NULL. */
struct service_erasure {
    const struct store_table *table; // one of the definition's, of the shell's own use
    const struct store_table *
        merged; // who was merged into whom (common/store/alias.h): they are erased with whom they lead to. NULL: nobody is
    const struct message_desc *event; // of a followed service, that says so; NULL: it comes from nobody else
    /** In the batch that erases: takes away at once what must not be seen or used any more; a bounded number of rows. */
    void (*begin)(void *self, struct ctx *ctx, uint64_t person);
    /** In batches after it: makes a bounded number of rows anonymous. False when none is left. */
    bool (*step)(void *self, struct ctx *ctx, uint64_t person);
    /** A record about the person is next to lose its content: the rows that it names. `record` borrows until the first write. */
    void (*record)(void *self, struct ctx *ctx, const struct journal_record *record);
    /** At the journal's end: whether nothing of anybody who was erased is left beside it; asked again in each batch until it is so. */
    bool (*is_done)(void *self, struct ctx *ctx);
};

struct snapshot_part;

/** Rows, or entries of an index, that a service has from one source and nothing else: they come again when it is followed anew. */
struct derived_rows {
    const char *source;
    const struct store_table *table; // NULL: an index
    const struct index *index;
    /**
     * The source follows this service as well. Stores are copied at different moments: whichever of the two a backup has first, one has come
     * further with the other than that reaches. So what is derived is made anew after a restore, and says nothing of the order of a backup.
     */
    bool is_circular;
};

/** A store that a service has beside its main one; it is backed up, archived and restored with it. */
struct further_store {
    const char *folder; // of it, in the service's own; also its name in a backup
    /** All of its config but path and replog. */
    struct store_config (*config)(void);
    /** The open one. Borrows: the service. */
    struct store *(*get)(const void *self);
};

struct service_definition {
    const char *name;
    const struct dispatch *dispatch;
    const struct store_table *const *tables;
    size_t table_count;
    const struct index *const *indexes;
    size_t index_count;
    size_t
        index_entries; // deferred ones that wait in memory before they are merged, unless --index-entries says; 0: the store's
    uint32_t schema_version;
    const struct store_migration *migrations;
    size_t migration_count;
    const char *const *follows; // services whose journals it follows
    size_t follow_count;
    // Milliseconds between pages of those at least, as long as it keeps up: each costs a sync, which others wait for. 0: some.
    int64_t follow_pace_ms;
    // Most records that it asks for at once, up to 10,000: many cost less each, and keep its commands waiting for longer. 0: 3,000.
    int64_t follow_records;
    const struct snapshot_part *snapshot; // what it tells followers that begin (snapshot.h)
    size_t snapshot_count;
    // A source whose journal is longer when it is first followed is begun with a snapshot, if it tells one; 0: never. All events of its sources
    // must be such as snapshot.h says, and `beginning` must keep what is half there from being seen.
    uint64_t snapshot_from;
    const struct derived_rows *derived; // what a source that is followed anew brings again
    size_t derived_count;
    const struct further_store *further;   // content of theirs is committed before the row that names it, removed after
    size_t further_count;                  // at most SERVICE_FURTHER_STORES
    const struct service_erasure *erasure; // NULL: it keeps nothing of persons

    /** Makes the service's state; gives it to the shell. NULL: the state is nothing. Faults stop the start. */
    enum fault (*open)(const struct service_options *options, struct store *store, void **out_self);
    void (*close)(void *self);

    /**
     * What is derived of a source is about to be removed, a slice of it in this batch, since it is to be followed anew: the service's own memory of those
     * rows, and what it adds up from them. NULL: there is nothing of the kind.
     */
    void (*resetting)(void *self, struct ctx *ctx, const char *source);

    /**
     * A source is followed from the beginning, or from a snapshot, and had come to `last_seq` by then: before the first of its events, again when a
     * snapshot is over, and when it was restored to a place from which it can be followed on. NULL: nothing is to be done.
     */
    void (*beginning)(void *self, struct ctx *ctx, const char *source, uint64_t last_seq);

    struct service_work work;

    /**
     * Why the service is degraded beyond what the shell sees: at most `max` sentences, without personal data; returns how many.
     * They borrow for the life of the program. On the query loop's thread, while the command loop runs. NULL: nothing is.
     */
    size_t (*reasons)(const void *self, struct text *out_reasons, size_t max);

    /**
     * Publishes figures that have changed, on the query loop's thread after commits; returns the milliseconds after which it
     * wants to be called though nothing was committed, -1: not. What the query side keeps in memory may be brought forward here, too.
     * NULL: the service publishes and keeps nothing.
     */
    int (*publish)(void *self, struct ctx *ctx, struct figure_sink *sink);
};

/** All that the definition says of the main store; path, sizes and replog are the caller's. */
struct store_config service_store_config(const struct service_definition *definition);

/** Where figures go. `topic` is a figure's type, with `/` and what it is about when there are several. */
struct figure_sink {
    void (*put)(struct figure_sink *sink, struct text topic, struct bytes payload);
    /** False: nobody has asked for the topic, and its message need not be made. */
    bool (*wants)(struct figure_sink *sink, struct text topic);
    void *self;
};

#endif
