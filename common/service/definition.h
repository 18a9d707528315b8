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

/** What a service is started with. */
struct service_options {
    const char *bus_path;    // bus.zpl
    const char *data_path;   // the service's own folder
    const char *config_path; // settings of the service, or NULL
    struct counters *counters;
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
    /** The batch is about to be committed: make durable what it relies on outside the store. A fault gives the batch up. */
    enum fault (*committing)(void *self);
    /** The batch is durable: now, and not before, hand over what it claimed. */
    void (*committed)(void *self);
    /** The batch is gone: forget what `run` and the handlers remembered of it. */
    void (*aborted)(void *self);
    /** A clean stop, all commands being answered: fetch back what can be. `run` is called once more after it, in a last batch. */
    void (*stopping)(void *self);
};

struct service_definition {
    const char *name;
    const struct dispatch *dispatch;
    const struct store_table *const *tables;
    size_t table_count;
    const struct index *const *indexes;
    size_t index_count;
    uint32_t schema_version;
    const struct store_migration *migrations;
    size_t migration_count;
    const char *const *follows; // services whose journals it follows
    size_t follow_count;

    /** Makes the service's state; gives it to the shell. NULL: the state is nothing. Faults stop the start. */
    enum fault (*open)(const struct service_options *options, struct store *store, void **out_self);
    void (*close)(void *self);

    struct service_work work;

    /**
     * Why the service is degraded beyond what the shell sees: at most `max` sentences, without personal data; returns how many.
     * They borrow for the life of the program. On the query loop's thread, while the command loop runs. NULL: nothing is.
     */
    size_t (*reasons)(const void *self, struct text *out_reasons, size_t max);

    /**
     * Publishes figures that have changed, on the query loop's thread after commits; returns the milliseconds after which it
     * wants to be called though nothing was committed, -1: not. NULL: the service publishes none.
     */
    int (*publish)(void *self, struct ctx *ctx, struct figure_sink *sink);
};

/** Where figures go. `topic` is a figure's type, with `/` and what it is about when there are several. */
struct figure_sink {
    void (*put)(struct figure_sink *sink, struct text topic, struct bytes payload);
    void *self;
};

#endif
