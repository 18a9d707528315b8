// SPDX-License-Identifier: Apache-2.0
#include "common/service/service.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/service/erasure_ledger.h"
#include "common/service/keeper.h"
#include "common/service/loops.h"
#include "common/service/restoring.h"
#include "common/service/version.h"
#include "common/wire/frame.h"

enum {
    QUEUED_MESSAGES = 4096, // per peer and direction
    DEFAULT_MEMORY_IDS = 8 * 1000 * 1000,
    BEAT_MAX_MS = 10 * 1000, // a loop whose last turn is older than this hangs: the watchdog is not fed
    WATCH_MS = 1000,
};

struct arguments {
    const char *bus_path;
    const char *data_path;
    const char *config_path;
    uint64_t map_bytes;
    uint64_t quota_bytes;
    size_t memory_ids;
    size_t index_entries;
    uint64_t snapshot_from;
    bool keep;
    bool verbose;
    struct restoring restoring; // instead of serving, when it names a backup
};

/** Keys of options without a letter. */
enum {
    OPTION_RESTORE = 0x100,
    OPTION_ARCHIVE,
    OPTION_UNTIL_MS,
    OPTION_UNTIL_SEQ,
};

static bool parse_number(const char *text, uint64_t *out_number)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno) // strtoull takes signs and spaces
        return false;
    *out_number = number;
    return true;
}

static error_t parse_restoring(int key, char *value, struct argp_state *state)
{
    struct restoring *restoring = &((struct arguments *)state->input)->restoring;
    uint64_t number = 0;
    bool is_number = key == OPTION_UNTIL_MS || key == OPTION_UNTIL_SEQ;
    if (is_number && (!parse_number(value, &number) || number == 0 || number > INT64_MAX))
        argp_error(state, "'%s' is not a whole number above 0", value);
    if (key == OPTION_RESTORE)
        restoring->backup = value;
    else if (key == OPTION_ARCHIVE)
        restoring->archive = value;
    else if (key == OPTION_UNTIL_MS)
        restoring->limit.until_ms = (int64_t)number;
    else if (key == OPTION_UNTIL_SEQ)
        restoring->limit.until_seq = number;
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    uint64_t number = 0;
    switch (key) {
    case 'b':
        arguments->bus_path = value;
        return 0;
    case 'd':
        arguments->data_path = value;
        return 0;
    case 'c':
        arguments->config_path = value;
        return 0;
    case 'k':
        arguments->keep = true;
        return 0;
    case 'v':
        arguments->verbose = true;
        return 0;
    case 'M':
    case 'q':
    case 'm':
    case 'i':
    case 's':
        if (!parse_number(value, &number))
            argp_error(state, "'%s' is not a whole number", value);
        if (key == 'M')
            arguments->map_bytes = number;
        else if (key == 'q')
            arguments->quota_bytes = number;
        else if (key == 'm')
            arguments->memory_ids = number;
        else if (key == 's')
            arguments->snapshot_from = number;
        else
            arguments->index_entries = number;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->data_path)
            argp_error(state, "--data DIR is needed: the folder that holds the services' stores");
        return 0;
    default:
        return parse_restoring(key, value, state);
    }
}

static void parse_arguments(int argc, char **argv, struct arguments *out_arguments)
{
    static const struct argp_option options[] = {
        {"bus", 'b', "FILE", 0, "Addresses of all services (default: $PERSONKORT_BUS, /etc/personkort/bus.zpl)", 0},
        {"data", 'd', "DIR", 0, "Folder of the stores; this service's is DIR/NAME", 0},
        {"config", 'c', "FILE", 0, "Settings of the services", 0},
        {"quota", 'q', "BYTES", 0, "Most bytes of the store in use; writes are refused beyond (default: no quota)", 0},
        {"map", 'M', "BYTES", 0, "Virtual memory for the store's map, more than it will ever hold (default: 1 TiB)", 0},
        {"memory-ids", 'm', "N", 0, "Most command ids remembered at once (default: 8000000)", 0},
        {"index-entries", 'i', "N", 0,
         "Index entries that wait in memory before they are merged into the store; at most twice as many do (default: "
         "300000 of person, 1000000 of others)",
         0},
        {"snapshot-from", 's', "RECORDS", 0,
         "Begin to follow a service whose journal is longer with a snapshot of it, where that can be (default: 100000 "
         "of stats)",
         0},
        {"keep", 'k', NULL, 0, "Start again when it dies: for machines without a supervisor", 0},
        {"verbose", 'v', NULL, 0, "Log more", 0},
        {NULL, 0, NULL, 0, "Instead of serving, while the service is stopped (deploy/restore does all of it):", 1},
        {"restore", OPTION_RESTORE, "DIR", 0, "Put the stores back from this backup of the service", 1},
        {"archive", OPTION_ARCHIVE, "DIR", 0, "and bring them forward by this archive of the service", 1},
        {"until-ms", OPTION_UNTIL_MS, "MS", 0, "up to this moment, UTC milliseconds since 1970", 1},
        {"until-seq", OPTION_UNTIL_SEQ, "SEQ", 0, "up to the last batch that does not pass this journal position", 1},
        {0},
    };
    static const struct argp argp = {options, parse_option, NULL, "One service of personkort.", NULL, NULL, NULL};
    argp_program_version = "personkort " PERSONKORT_VERSION;
    *out_arguments = (struct arguments){.bus_path = bus_map_default_path(), .memory_ids = DEFAULT_MEMORY_IDS};
    argp_parse(&argp, argc, argv, 0, NULL, out_arguments);
}

void loop_ring(int fd)
{
    static const uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written; // full means rung already
}

bool loop_was_rung(int fd)
{
    uint64_t rings;
    return read(fd, &rings, sizeof rings) == sizeof rings;
}

void running_fail(struct running *running)
{
    atomic_store(&running->failed, true);
    loop_ring(running->stop_fd);
}

void running_compact(struct running *running)
{
    atomic_store(&running->compacts, true);
    loop_ring(running->stop_fd);
}

static enum fault open_store(struct running *running, const struct arguments *arguments, const char *path)
{
    const struct service_definition *definition = running->definition;
    static struct store_config config;
    if (mkdir(arguments->data_path, 0700) != 0 && access(arguments->data_path, F_OK) != 0) {
        LOG(LOG_LEVEL_ERROR, "the data folder cannot be made", log_name("path", arguments->data_path));
        return FAULT_IO;
    }
    config = service_store_config(definition);
    config.path = path;
    config.map_bytes = arguments->map_bytes;
    config.quota_bytes = arguments->quota_bytes;
    if (arguments->index_entries)
        config.index_memory_entries = arguments->index_entries;
    config.writes_ahead = true;
    if (running->archive)
        config.replog = archive_replog(running->archive);
    return store_open(&config, &running->store);
}

/** Opens the archive of the main store, when the settings turn it on. */
static enum fault open_archive(struct running *running, const struct backup_settings *settings)
{
    char archives[BACKUP_PATH_BYTES], main_path[BACKUP_PATH_BYTES];
    if (!backup_settings_archive(settings))
        return FAULT_NONE;
    if (!backup_join(archives, settings->folder, "archive") ||
        !backup_join(running->archive_path, archives, running->definition->name) ||
        !backup_join(main_path, running->archive_path, backup_store_name(running->definition, 0)))
        return FAULT_TOO_LARGE;
    enum fault fault = backup_make_folders(archives);
    if (fault == FAULT_NONE)
        fault = backup_make_folders(running->archive_path);
    return fault == FAULT_NONE ? archive_open(main_path, &running->archive) : fault;
}

static enum fault open_backups(struct running *running, const struct backup_settings *settings)
{
    const struct backup_job_config config = {
        .definition = running->definition,
        .self = running->self,
        .store = running->store,
        .counters = running->counters,
        .settings = *settings,
    };
    return backup_job_new(&config, &running->backups);
}

/** A supervisor gives up a start of which it hears nothing for a while. */
static void opening_goes_on(void)
{
    sd_notify(0, "EXTEND_TIMEOUT_USEC=60000000");
}

static enum fault open_state(struct running *running, const struct arguments *arguments, const char *path,
                             const struct backup_settings *settings)
{
    const struct service_options options = {arguments->bus_path,
                                            path,
                                            arguments->config_path,
                                            running->counters,
                                            running->archive ? running->archive_path : NULL,
                                            opening_goes_on};
    enum fault fault = FAULT_NONE;
    if (running->definition->open)
        fault = running->definition->open(&options, running->store, &running->self);
    if (fault == FAULT_NONE)
        fault = open_backups(running, settings);
    if (fault != FAULT_NONE)
        return fault;
    const struct core_config config = {
        .definition = running->definition,
        .self = running->self,
        .store = running->store,
        .counters = running->counters,
        .map = running->map,
        .clock = running->clock,
        .memory_limit = arguments->memory_ids,
        .snapshot_from = arguments->snapshot_from,
        .backups = running->backups,
        .ledger = running->ledger,
    };
    fault = core_new(&config, &running->core);
    if (fault == FAULT_NONE)
        fault = core_erase_again(running->core, opening_goes_on);
    if (fault == FAULT_NONE && running->was_compacted)
        fault = core_compacted(running->core);
    return fault;
}

/** What tcp needs; a bus file that gives no keys has none of it, and the doors say so if they need it. */
static enum fault open_guard(struct running *running)
{
    const struct bus_curve *curve = &running->map->curve;
    if (!*curve->server_key && !*curve->allow)
        return FAULT_NONE;
    if (!*curve->server_key || !*curve->allow) {
        log_write(LOG_LEVEL_ERROR, "the section curve of the bus file needs both server_key and allow for services",
                  NULL, 0);
        return FAULT_CONFIG;
    }
    return bus_guard(running->bus, curve->server_key, curve->allow, running->counters);
}

static enum fault open_doors(struct running *running)
{
    static const char *topics[512];
    const struct bus_limits limits = {FRAME_CLIENT_BYTES, QUEUED_MESSAGES};
    const struct dispatch *dispatch = running->definition->dispatch;
    const struct bus_address *address = bus_map_find(running->map, text_of(running->definition->name));
    if (!address) {
        log_write(LOG_LEVEL_ERROR, "the bus file has no section for this service", NULL, 0);
        return FAULT_CONFIG;
    }
    must(dispatch->published_count < sizeof topics / sizeof *topics);
    for (size_t i = 0; i < dispatch->published_count; i++)
        topics[i] = dispatch->published[i]->type;
    enum fault fault = bus_open(&running->bus);
    if (fault == FAULT_NONE)
        fault = open_guard(running);
    if (fault == FAULT_NONE)
        fault = door_open_router(&running->commands, running->bus, address->command, address->command_tcp, limits);
    if (fault == FAULT_NONE)
        fault = door_open_router(&running->queries, running->bus, address->query, address->query_tcp, limits);
    if (fault == FAULT_NONE)
        fault = door_open_publisher(&running->events, running->bus, address->events, address->events_tcp, limits,
                                    topics, dispatch->published_count);
    return fault;
}

static enum fault open_all(struct running *running, const struct arguments *arguments)
{
    static struct bus_map map;
    static char path[4096];
    char problem[512];
    if (bus_map_load(arguments->bus_path, &map, problem, sizeof problem) != FAULT_NONE) {
        LOG(LOG_LEVEL_ERROR, "the bus file cannot be used", log_name("problem", problem));
        return FAULT_CONFIG;
    }
    running->map = &map;
    int len = snprintf(path, sizeof path, "%s/%s", arguments->data_path, running->definition->name);
    if (len < 0 || (size_t)len >= sizeof path)
        return FAULT_CONFIG;
    running->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    running->commit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    running->access_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (running->stop_fd < 0 || running->commit_fd < 0 || running->access_fd < 0)
        return FAULT_IO;
    struct backup_settings settings;
    enum fault fault = backup_settings_load(arguments->config_path, arguments->data_path, &settings);
    if (fault == FAULT_NONE)
        fault = open_archive(running, &settings);
    if (fault == FAULT_NONE)
        fault = open_store(running, arguments, path);
    if (fault == FAULT_NONE && running->definition->erasure)
        fault = erasure_ledger_open(path, &running->ledger);
    if (fault == FAULT_NONE)
        fault = open_state(running, arguments, path, &settings);
    return fault == FAULT_NONE ? open_doors(running) : fault;
}

static void close_all(struct running *running)
{
    door_close(&running->commands);
    door_close(&running->queries);
    door_close(&running->events);
    if (running->bus)
        bus_close(running->bus);
    backup_job_free(running->backups);
    core_free(running->core);
    if (running->definition->close && running->self)
        running->definition->close(running->self);
    if (running->store)
        store_close(running->store);
    archive_close(running->archive);
    erasure_ledger_close(running->ledger);
    close(running->stop_fd);
    close(running->commit_fd);
    close(running->access_fd);
}

static bool loops_turn(const struct running *running)
{
    int64_t now = clock_monotonic_ms(running->clock);
    return now - atomic_load(&running->command_beat_ms) < BEAT_MAX_MS &&
           now - atomic_load(&running->query_beat_ms) < BEAT_MAX_MS;
}

/** Feeds the watchdog until a signal comes or a loop fails. */
static void watch(struct running *running, int signal_fd)
{
    struct pollfd items[] = {{signal_fd, POLLIN, 0}, {running->stop_fd, POLLIN, 0}};
    sd_notify(0, "READY=1");
    while (poll(items, 2, WATCH_MS) <= 0) {
        if (compacting_is_due(&running->compacting, running->definition, running->store, clock_utc_ms(running->clock)))
            running_compact(running);
        if (loops_turn(running))
            sd_notify(0, "WATCHDOG=1");
        else
            log_write(LOG_LEVEL_WARNING, "a loop does not turn; the watchdog is not fed", NULL, 0);
    }
    if (!atomic_load(&running->compacts))
        sd_notify(0, "STOPPING=1");
    loop_ring(running->stop_fd);
}

/** Both loops have ended: what was shown last is still to be logged. */
static void log_last_accesses(struct running *running)
{
    if (atomic_load(&running->failed))
        return;
    core_access_finish(running->core);
    core_begin(running->core);
    core_end(running->core);
}

static bool run_loops(struct running *running, int signal_fd)
{
    pthread_t commands, queries;
    int64_t now = clock_monotonic_ms(running->clock);
    atomic_store(&running->command_beat_ms, now);
    atomic_store(&running->query_beat_ms, now);
    if (pthread_create(&commands, NULL, command_loop, running) != 0)
        return false;
    if (pthread_create(&queries, NULL, query_loop, running) != 0) {
        running_fail(running);
        pthread_join(commands, NULL);
        return false;
    }
    pthread_setname_np(commands, "commands"); // for top -H, perf and the benchmark
    pthread_setname_np(queries, "queries");
    LOG(LOG_LEVEL_INFO, "started", log_name("version", PERSONKORT_VERSION),
        log_int("seq", (int64_t)store_seq(running->store)), log_int("pid", getpid()));
    watch(running, signal_fd);
    pthread_join(commands, NULL);
    pthread_join(queries, NULL);
    log_last_accesses(running);
    return true;
}

/** How the service's life from opening to closing ended. */
enum life_end {
    LIFE_CLEAN,
    LIFE_FAULT,
    LIFE_COMPACTS, // and begins again after that
};

static enum life_end live(const struct service_definition *definition, const struct arguments *arguments,
                          const struct compacting *compacting, bool was_compacted, int signal_fd)
{
    static struct counters counters;
    struct running running = {
        .definition = definition,
        .counters = &counters,
        .clock = clock_system(),
        .stop_fd = -1,
        .commit_fd = -1,
        .access_fd = -1,
        .compacting = *compacting,
        .was_compacted = was_compacted,
    };
    enum fault fault = open_all(&running, arguments);
    bool ran = fault == FAULT_NONE && run_loops(&running, signal_fd);
    if (fault != FAULT_NONE)
        LOG(LOG_LEVEL_ERROR, "the service cannot start", log_name("fault", fault_name(fault)));
    bool clean = ran && !atomic_load(&running.failed);
    bool compacts = atomic_load(&running.compacts);
    close_all(&running);
    return !clean ? LIFE_FAULT : compacts ? LIFE_COMPACTS : LIFE_CLEAN;
}

/** Between two lives. */
static bool compact(const struct service_definition *definition, const struct arguments *arguments,
                    struct compacting *compacting)
{
    char path[BACKUP_PATH_BYTES];
    bool done = backup_join(path, arguments->data_path, definition->name) &&
                compacting_run(definition, path, arguments->map_bytes, opening_goes_on);
    compacting->failed_ms = done ? 0 : clock_utc_ms(clock_system());
    return done;
}

int service_main(const struct service_definition *definition, int argc, char **argv)
{
    struct arguments arguments;
    struct compacting compacting;
    bool was_compacted = false;
    enum life_end end;
    log_set_name(definition->name);
    parse_arguments(argc, argv, &arguments);
    if (arguments.verbose)
        log_set_level(LOG_LEVEL_DEBUG);
    if (arguments.restoring.backup)
        return service_restore(definition, arguments.data_path, &arguments.restoring);
    if (arguments.keep)
        keep_running();
    bus_block_signals();
    int signal_fd = bus_signal_fd();
    if (signal_fd < 0 || compacting_load(arguments.config_path, &compacting) != FAULT_NONE)
        return EXIT_FAILURE;
    while ((end = live(definition, &arguments, &compacting, was_compacted, signal_fd)) == LIFE_COMPACTS)
        was_compacted = compact(definition, &arguments, &compacting);
    LOG(LOG_LEVEL_INFO, end == LIFE_CLEAN ? "stopped" : "stopped after a fault", log_int("pid", getpid()));
    close(signal_fd);
    return end == LIFE_CLEAN ? EXIT_SUCCESS : EXIT_FAILURE;
}
