// SPDX-License-Identifier: Apache-2.0
#include "common/service/backup_job.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/service/backup_task.h"

struct backup_job {
    struct backup_job_config config;
    bool is_wanted; // by the batch; the command loop's thread
    enum backup_task wanted_task;
    char wanted_name[BACKUP_NAME_BYTES];
    bool has_thread; // one that ran, or runs
    pthread_t thread;
    _Atomic uint64_t bytes; // of the task
    _Atomic bool cancel;
    pthread_mutex_t mutex;
    struct backup_job_status status;
};

enum fault backup_job_new(const struct backup_job_config *config, struct backup_job **out_job)
{
    struct backup_job *job = calloc(1, sizeof *job);
    if (!job)
        return FAULT_MEMORY;
    job->config = *config;
    job->status.state = BACKUP_STATE_IDLE;
    pthread_mutex_init(&job->mutex, NULL);
    *out_job = job;
    return FAULT_NONE;
}

static void join(struct backup_job *job)
{
    if (job->has_thread)
        pthread_join(job->thread, NULL);
    job->has_thread = false;
}

void backup_job_free(struct backup_job *job)
{
    if (!job)
        return;
    atomic_store(&job->cancel, true);
    join(job);
    pthread_mutex_destroy(&job->mutex);
    free(job);
}

struct backup_job_status backup_job_status(struct backup_job *job)
{
    pthread_mutex_lock(&job->mutex);
    struct backup_job_status status = job->status;
    pthread_mutex_unlock(&job->mutex);
    status.bytes = atomic_load(&job->bytes);
    return status;
}

const struct backup_settings *backup_job_settings(const struct backup_job *job)
{
    return &job->config.settings;
}

bool backup_job_is_free(struct backup_job *job)
{
    return !job->is_wanted && backup_job_status(job).state != BACKUP_STATE_RUNNING;
}

void backup_job_want(struct backup_job *job, enum backup_task task, struct text name)
{
    job->is_wanted = true;
    job->wanted_task = task;
    snprintf(job->wanted_name, sizeof job->wanted_name, "%.*s", (int)name.len, name.data);
}

void backup_job_aborted(struct backup_job *job)
{
    job->is_wanted = false;
}

static void finish(struct backup_job *job, const struct backup_task_result *result)
{
    struct counters *counters = job->config.counters;
    pthread_mutex_lock(&job->mutex);
    struct backup_job_status *status = &job->status;
    status->state = result->fault ? BACKUP_STATE_FAILED : BACKUP_STATE_DONE;
    status->finished_ms = clock_utc_ms(clock_system());
    status->seq = result->seq;
    status->archive_sets = result->archive_sets;
    status->archive_until_ms = result->archive_until_ms;
    snprintf(status->problem, sizeof status->problem, "%s", result->problem);
    struct backup_job_status told = *status;
    pthread_mutex_unlock(&job->mutex);
    counter_add(counters, result->fault ? COUNTER_BACKUPS_FAILED : COUNTER_BACKUPS_DONE, 1);
    counter_add(counters, COUNTER_BACKUP_BYTES, (int64_t)atomic_load(&job->bytes));
    LOG(result->fault ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, result->fault ? "a backup failed" : "a backup is done",
        log_name("name", told.name), log_name("task", enum_name(&backup_task_enum, (int32_t)told.task)),
        log_name("problem", told.problem), log_int("seq", (int64_t)told.seq),
        log_int("bytes", (int64_t)atomic_load(&job->bytes)), log_int("ms", told.finished_ms - told.started_ms));
}

static void *work(void *argument)
{
    struct backup_job *job = argument;
    struct backup_job_status status = backup_job_status(job);
    struct backup_task_result result = {.fault = FAULT_NONE};
    const struct store_pace pace = {
        .bytes_per_second = (uint64_t)job->config.settings.rate_mib_s << 20,
        .progress = &job->bytes,
        .cancel = &job->cancel,
    };
    if (status.task == BACKUP_TASK_MAKE)
        backup_task_make(&job->config, status.name, &pace, &result);
    else
        backup_task_verify(&job->config, status.name, &pace, &result);
    finish(job, &result);
    return NULL;
}

void backup_job_committed(struct backup_job *job)
{
    if (!job->is_wanted)
        return;
    job->is_wanted = false;
    join(job); // the one before has ended
    pthread_mutex_lock(&job->mutex);
    job->status = (struct backup_job_status){
        .state = BACKUP_STATE_RUNNING,
        .task = job->wanted_task,
        .started_ms = clock_utc_ms(clock_system()),
    };
    memcpy(job->status.name, job->wanted_name, sizeof job->status.name);
    pthread_mutex_unlock(&job->mutex);
    atomic_store(&job->bytes, 0);
    job->has_thread = pthread_create(&job->thread, NULL, work, job) == 0;
    if (!job->has_thread) {
        struct backup_task_result result = {.fault = FAULT_MEMORY, .problem = "there is no memory for its thread"};
        finish(job, &result);
    }
}
