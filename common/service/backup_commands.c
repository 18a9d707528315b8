// SPDX-License-Identifier: Apache-2.0
/** `backup.make`, `backup.verify`, `backup.status` and `backup.list`. */
#include <sys/stat.h>

#include "common/service/backup_job.h"
#include "common/service/internal.h"

enum { LIST_MOST = 100 };

struct backup_make_plan {
    struct text name;
};

struct backup_verify_plan {
    struct text name;
};

/** Whether a task of that name can be asked for; else refuses. */
static bool may_ask(const struct shell_service *self, struct text name, struct ctx *ctx)
{
    struct backup_job *job = self->core->config.backups;
    if (!job)
        ctx_refuse(ctx, ERROR_WRONG_STATE, NULL, "This service makes no backups as it is started.");
    else if (!backup_name_is_valid(name))
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "name",
                   "The name of a backup is 1 to 32 letters, digits, - and _, and not archive.");
    else if (!backup_job_is_free(job))
        ctx_refuse(ctx, ERROR_WRONG_STATE, NULL,
                   "Another backup is being made or verified; backup.status tells how far it is.");
    return !is_refused(&ctx->refusal);
}

/** Whether the folder of that backup of this service is there, finished or not. */
static bool is_there(const struct shell_service *self, struct text name)
{
    const struct core *core = self->core;
    char text[BACKUP_NAME_BYTES], named[BACKUP_PATH_BYTES], directory[BACKUP_PATH_BYTES];
    struct stat status;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    return backup_join(named, backup_job_settings(core->config.backups)->folder, text) &&
           backup_join(directory, named, core->config.definition->name) && lstat(directory, &status) == 0;
}

const struct backup_make_plan *backup_make_check(const struct shell_service *self, const struct backup_make *command,
                                                 struct ctx *ctx)
{
    struct backup_make_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !may_ask(self, command->name, ctx))
        return NULL;
    if (is_there(self, command->name))
        return ctx_refuse(ctx, ERROR_NOT_UNIQUE, "name", "There is a backup of this name already; give another.");
    plan->name = command->name;
    return plan;
}

void backup_make_apply(struct shell_service *self, const struct backup_make_plan *plan, struct ctx *ctx,
                       struct backup_make_reply *out_reply)
{
    (void)ctx;
    backup_job_want(self->core->config.backups, BACKUP_TASK_MAKE, plan->name);
    *out_reply = (struct backup_make_reply){plan->name};
}

const struct backup_verify_plan *backup_verify_check(const struct shell_service *self,
                                                     const struct backup_verify *command, struct ctx *ctx)
{
    struct backup_verify_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !may_ask(self, command->name, ctx))
        return NULL;
    if (!is_there(self, command->name))
        return ctx_refuse(ctx, ERROR_NOT_FOUND, "name", "There is no backup of this name; backup.list tells those.");
    plan->name = command->name;
    return plan;
}

void backup_verify_apply(struct shell_service *self, const struct backup_verify_plan *plan, struct ctx *ctx,
                         struct backup_verify_reply *out_reply)
{
    (void)ctx;
    backup_job_want(self->core->config.backups, BACKUP_TASK_VERIFY, plan->name);
    *out_reply = (struct backup_verify_reply){plan->name};
}

bool backup_status_answer(const struct shell_service *self, const struct backup_status *query, struct ctx *ctx,
                          struct backup_status_reply *out_reply)
{
    (void)query;
    struct backup_job *job = self->core->config.backups;
    *out_reply = (struct backup_status_reply){.state = BACKUP_STATE_IDLE};
    struct backup_job_status status = {.state = BACKUP_STATE_IDLE};
    if (job)
        status = backup_job_status(job);
    if (status.state == BACKUP_STATE_IDLE)
        return true;
    bool is_verified = status.state == BACKUP_STATE_DONE && status.task == BACKUP_TASK_VERIFY;
    *out_reply = (struct backup_status_reply){
        .state = status.state,
        .has_task = true,
        .task = status.task,
        .has_name = true,
        .name = ctx_text(ctx, text_of(status.name)),
        .has_bytes = true,
        .bytes = (int64_t)status.bytes,
        .has_seq = status.state == BACKUP_STATE_DONE,
        .seq = (int64_t)status.seq,
        .has_started_ms = true,
        .started_ms = status.started_ms,
        .has_finished_ms = status.finished_ms != 0,
        .finished_ms = status.finished_ms,
        .has_problem = status.state == BACKUP_STATE_FAILED,
        .problem = ctx_text(ctx, text_of(status.problem)),
        .has_archive_sets = is_verified,
        .archive_sets = (int64_t)status.archive_sets,
        .has_archive_until_ms = is_verified && status.archive_until_ms != 0,
        .archive_until_ms = status.archive_until_ms,
    };
    return !is_refused(&ctx->refusal);
}

static struct backup backup_of(struct text name, const struct backup_manifest *manifest)
{
    const struct store_facts *main = &manifest->stores[0].facts;
    struct backup backup = {
        .name = name,
        .made_ms = manifest->made_ms,
        .epoch = (int64_t)main->identity.epoch,
        .seq = (int64_t)main->last.seq,
        .archived = main->has_sets,
    };
    for (size_t i = 0; i < manifest->store_count; i++)
        backup.bytes += (int64_t)manifest->stores[i].facts.bytes;
    return backup;
}

bool backup_list_answer(const struct shell_service *self, const struct backup_list *query, struct ctx *ctx,
                        struct backup_list_reply *out_reply)
{
    (void)query;
    const struct core *core = self->core;
    struct text *names = ctx_alloc_array(ctx, LIST_MOST, sizeof *names);
    struct backup_manifest *manifests = ctx_alloc_array(ctx, LIST_MOST, sizeof *manifests);
    struct backup *backups = ctx_alloc_array(ctx, LIST_MOST, sizeof *backups);
    if (!names || !manifests || !backups)
        return false;
    size_t count = 0;
    if (core->config.backups)
        count = backups_find(backup_job_settings(core->config.backups)->folder, core->config.definition, names,
                             manifests, LIST_MOST, ctx->arena);
    for (size_t i = 0; i < count; i++)
        backups[i] = backup_of(names[i], &manifests[i]);
    *out_reply = (struct backup_list_reply){.backups = {count, backups}};
    return true;
}
