// SPDX-License-Identifier: Apache-2.0
#include "services/notification/notification.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "proto/notification_dispatch.gen.h"
#include "services/notification/blobs.h"
#include "services/notification/compose.h"
#include "services/notification/file_transport.h"
#include "services/notification/recipient_erase.h"
#include "services/notification/recipients.h"
#include "services/notification/smtp_transport.h"
#include "services/notification/work.h"

enum {
    FILE_WORKERS = 4,
    FILE_SLOTS = 64,
    SLOTS_A_CONNECTION = 4, // enough that no connection waits for a commit
};

const struct store_table notification_sends = {"send", STORE_FIRST_SERVICE_SLOT + 0};
const struct store_table notification_bodies = {"body", STORE_FIRST_SERVICE_SLOT + 1};
const struct store_table notification_recipients = {"recipient", STORE_FIRST_SERVICE_SLOT + 2};
const struct store_table notification_persons = {"person", STORE_FIRST_SERVICE_SLOT + 3};
const struct store_table notification_blob_heads = {"blob", STORE_FIRST_SERVICE_SLOT + 4};
const struct store_table notification_seen_epoch = {"seen_epoch", STORE_FIRST_SERVICE_SLOT + 5};
const struct index notification_by_state = {{"by_state", STORE_FIRST_SERVICE_SLOT + 6}, INDEX_MAP, INDEX_DIRECT};
const struct index notification_by_send = {{"by_send", STORE_FIRST_SERVICE_SLOT + 7}, INDEX_MAP, INDEX_DIRECT};
const struct index notification_queue = {{"queue", STORE_FIRST_SERVICE_SLOT + 8}, INDEX_MAP, INDEX_DIRECT};
const struct index notification_due = {{"due", STORE_FIRST_SERVICE_SLOT + 9}, INDEX_MAP, INDEX_DIRECT};
const struct index notification_blob_age = {{"blob_age", STORE_FIRST_SERVICE_SLOT + 10}, INDEX_MAP, INDEX_DIRECT};
const struct store_table notification_merged = {"merged", STORE_FIRST_SERVICE_SLOT + 20};
const struct index notification_by_send_person = {
    {"by_send_person", STORE_FIRST_SERVICE_SLOT + 21}, INDEX_MAP, INDEX_DIRECT};
const struct index notification_by_person = {{"by_person", STORE_FIRST_SERVICE_SLOT + 22}, INDEX_MAP, INDEX_DEFERRED};
const struct store_table notification_erased_persons = {"erased", STORE_FIRST_SERVICE_SLOT + 11};
const struct index notification_blob_uses = {{"blob_use", STORE_FIRST_SERVICE_SLOT + 12}, INDEX_MAP, INDEX_DIRECT};

static const char blobs_folder[] = "blobs";

static bool make_path(char *path, const char *folder, const char *name)
{
    int len = snprintf(path, STATE_PATH_BYTES, "%s/%s", folder, name);
    return len > 0 && len < STATE_PATH_BYTES;
}

static enum fault open_outbox(struct notification_service *self, const char *data_path)
{
    bool named = *self->settings.outbox != '\0';
    bool fits = named ? snprintf(self->outbox_path, STATE_PATH_BYTES, "%s", self->settings.outbox) < STATE_PATH_BYTES
                      : make_path(self->outbox_path, data_path, "outbox");
    enum fault fault = fits ? file_transport_make_folders(self->outbox_path) : FAULT_CONFIG;
    if (fault != FAULT_NONE)
        LOG(LOG_LEVEL_ERROR, "the outbox cannot be made", log_name("path", self->outbox_path));
    return fault;
}

static enum fault open_blobs(struct notification_service *self, const struct service_options *options)
{
    char archive_path[STATE_PATH_BYTES];
    bool archived = options->archive_path != NULL;
    if (!make_path(self->blob_path, options->data_path, blobs_folder) ||
        (archived && !make_path(archive_path, options->archive_path, blobs_folder)))
        return FAULT_CONFIG;
    return blobs_open(self, archived ? archive_path : NULL);
}

static struct store *get_blobs(const void *state)
{
    return ((const struct notification_service *)state)->blobs;
}

static enum fault open_outlets(struct notification_service *self)
{
    const struct transport_config to_files = {&file_transport_kind, self->outbox_path, FILE_WORKERS, FILE_SLOTS,
                                              self->wake_fd};
    const struct transport_config to_server = {
        &smtp_transport_kind, &self->settings, (size_t)self->settings.smtp_connections,
        (size_t)self->settings.smtp_connections * SLOTS_A_CONNECTION, self->wake_fd};
    bool smtp = strcmp(self->settings.transport_email, "smtp") == 0;
    bool made = outlet_init(&self->outlets[0], SEND_CHANNEL_EMAIL, smtp ? &to_server : &to_files) &&
                outlet_init(&self->outlets[1], SEND_CHANNEL_SMS, &to_files);
    return made ? FAULT_NONE : FAULT_MEMORY;
}

static void close_service(void *state)
{
    struct notification_service *self = state;
    for (size_t i = 0; i < OUTLET_COUNT; i++)
        outlet_fini(&self->outlets[i]);
    blobs_close(self);
    if (self->wake_fd >= 0)
        close(self->wake_fd);
    explicit_bzero(&self->settings, sizeof self->settings);
    free(self);
    smtp_transport_fini();
}

static enum fault open_service(const struct service_options *options, struct store *store, void **out_self)
{
    struct notification_service *self = calloc(1, sizeof *self);
    if (!self)
        return FAULT_MEMORY;
    self->store = store;
    self->counters = options->counters;
    self->sweeping = true;
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    compose_init();
    smtp_transport_init();
    enum fault fault = self->wake_fd >= 0 ? FAULT_NONE : FAULT_IO;
    if (fault == FAULT_NONE)
        fault = notification_settings_load(options->config_path, &self->settings);
    if (fault == FAULT_NONE)
        fault = open_outbox(self, options->data_path);
    if (fault == FAULT_NONE)
        fault = open_blobs(self, options);
    if (fault == FAULT_NONE)
        fault = open_outlets(self);
    if (fault != FAULT_NONE) {
        close_service(self);
        return fault;
    }
    *out_self = self;
    return FAULT_NONE;
}

static size_t reasons(const void *state, struct text *out_reasons, size_t max)
{
    const struct notification_service *self = state;
    size_t count = 0;
    for (size_t i = 0; i < OUTLET_COUNT && count < max; i++) {
        const char *reason = atomic_load(&self->outlets[i].reason);
        if (reason)
            out_reasons[count++] = text_of(reason);
    }
    return count;
}

static const struct store_table *const tables[] = {
    &notification_sends,      &notification_bodies,     &notification_recipients, &notification_persons,
    &notification_blob_heads, &notification_seen_epoch, &notification_merged,     &notification_erased_persons,
};
static const struct index *const indexes[] = {
    &notification_by_state, &notification_by_send,   &notification_queue,          &notification_due,
    &notification_blob_age, &notification_blob_uses, &notification_by_send_person, &notification_by_person,
};

/** What earlier builds did not keep. */
static void index_store(struct store_txn *txn)
{
    recipients_index(txn);
    blobs_index_uses(txn);
}

static const struct store_migration migrations[] = {
    {1, index_store, "recipients are indexed by person, and sends by the blobs they use"}};

static const char *const follows[] = {"person"};
static const struct derived_rows derived[] = {{.source = "person", .table = &notification_persons},
                                              {.source = "person", .table = &notification_merged}};
static const struct further_store further[] = {{blobs_folder, blobs_config, get_blobs}};

const struct service_definition notification_definition = {
    .name = "notification",
    .dispatch = &notification_dispatch,
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .indexes = indexes,
    .index_count = sizeof indexes / sizeof *indexes,
    .schema_version = 2,
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof *migrations,
    .follows = follows,
    .follow_count = sizeof follows / sizeof *follows,
    .derived = derived,
    .derived_count = sizeof derived / sizeof *derived,
    .further = further,
    .further_count = sizeof further / sizeof *further,
    .erasure = &recipient_erasure,
    .open = open_service,
    .close = close_service,
    .work = {.wake_fd = work_wake_fd,
             .due_ms = work_due_ms,
             .clock_was_set = work_clock_was_set,
             .run = work_run,
             .committing = work_committing,
             .committed = work_committed,
             .aborted = work_aborted,
             .stopping = work_stopping},
    .reasons = reasons,
};
