// SPDX-License-Identifier: Apache-2.0
/** Backup task: what the job's thread does. */
#ifndef COMMON_SERVICE_BACKUP_TASK_H
#define COMMON_SERVICE_BACKUP_TASK_H

#include "common/service/backup_job.h"

struct backup_task_result {
    enum fault fault;
    char problem[301]; // a sentence, without personal data; empty when there is no fault
    uint64_t seq;
    uint64_t archive_sets;
    int64_t archive_until_ms;
};

/** Makes a backup. What is not whole is removed, but for the folder. */
void backup_task_make(const struct backup_job_config *config, const char *name, const struct store_pace *pace,
                      struct backup_task_result *result);

/** Reads a backup and its archive to the end. */
void backup_task_verify(const struct backup_job_config *config, const char *name, const struct store_pace *pace,
                        struct backup_task_result *result);

/** Whether the files of a backup are those that its manifest tells of; else the result says which is not. */
bool backup_files_agree(const struct service_definition *definition, const char *directory,
                        const struct backup_manifest *manifest, const struct store_pace *pace,
                        struct backup_task_result *result);

/** Makes the result a failure. `what` and `of` are constants, `of` may be NULL. */
void backup_task_fail(struct backup_task_result *result, enum fault fault, const char *what, const char *of);

#endif
