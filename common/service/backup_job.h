// SPDX-License-Identifier: Apache-2.0
/**
 * Backup job: makes and verifies backups of a running service, one task at a time, on a thread of its own, so that neither
 * loop waits for it.
 *
 * A task is asked for within a batch (backup_job_want) and begins once the batch is durable. What it reads is bounded by the
 * settings' rate and counted.
 */
#ifndef COMMON_SERVICE_BACKUP_JOB_H
#define COMMON_SERVICE_BACKUP_JOB_H

#include "common/base/counters.h"
#include "common/service/backups.h"
#include "proto/service.gen.h"

struct backup_job;

struct backup_job_config {
    const struct service_definition *definition;
    void *self; // of the definition; its further stores are asked of it
    struct store *store;
    struct counters *counters;
    struct backup_settings settings;
};

/** How the task is that was asked for last. */
struct backup_job_status {
    enum backup_state state;
    enum backup_task task;
    char name[BACKUP_NAME_BYTES];
    uint64_t bytes; // done so far
    uint64_t seq;   // of a backup that is done
    int64_t started_ms;
    int64_t finished_ms; // 0: it has not
    char problem[301];
    uint64_t archive_sets; // of one that was verified
    int64_t archive_until_ms;
};

/** Gives: backup_job_free. The config's pointers must outlive it. */
enum fault backup_job_new(const struct backup_job_config *config, struct backup_job **out_job);

/** Ends what is under way; a backup that is not whole is removed. NULL is fine. */
void backup_job_free(struct backup_job *job);

/* The command loop's thread. */

/** Whether a task can be asked for; false: one is under way. */
bool backup_job_is_free(struct backup_job *job);

/** Asks for a task, in a batch. */
void backup_job_want(struct backup_job *job, enum backup_task task, struct text name);

/** The batch is durable, or gone. */
void backup_job_committed(struct backup_job *job);
void backup_job_aborted(struct backup_job *job);

/* Any thread. */

struct backup_job_status backup_job_status(struct backup_job *job);
const struct backup_settings *backup_job_settings(const struct backup_job *job);

#endif
