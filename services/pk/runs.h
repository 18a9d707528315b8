// SPDX-License-Identifier: Apache-2.0
/** The commands that are more than one message and its reply; commands.c names them. Each returns an exit code. */
#ifndef SERVICES_PK_RUNS_H
#define SERVICES_PK_RUNS_H

#include "proto/errors.gen.h"

struct pk;

int run_card(struct pk *pk);
int run_dossier(struct pk *pk);
int run_employee_end(struct pk *pk);
int run_export(struct pk *pk);
int run_import(struct pk *pk);
int run_import_take_back(struct pk *pk);
int run_merge(struct pk *pk);
int run_duplicates(struct pk *pk);
int run_person_needles(struct pk *pk);
int run_send(struct pk *pk);
int run_bulk_start(struct pk *pk);
int run_bulk_watch(struct pk *pk);
int run_figures(struct pk *pk);
int run_status(struct pk *pk);
int run_ping(struct pk *pk);
int run_watch_events(struct pk *pk);
int run_watch_figures(struct pk *pk);
int run_watch_stats(struct pk *pk);
int run_question_figures(struct pk *pk);
int run_verify(struct pk *pk);
int run_access_list(struct pk *pk);
int run_access_head(struct pk *pk);
int run_access_verify(struct pk *pk);
int run_key_generate(struct pk *pk);
int run_key_show(struct pk *pk);
int run_key_add(struct pk *pk);
int run_key_list(struct pk *pk);
int run_key_role(struct pk *pk);
int run_key_rename(struct pk *pk);
int run_key_revoke(struct pk *pk);
int run_backup_make(struct pk *pk);
int run_backup_verify(struct pk *pk);
int run_backup_list(struct pk *pk);
int run_follow_replay(struct pk *pk);
int run_follow_reset(struct pk *pk);
int run_help(struct pk *pk);
int run_completion(struct pk *pk);
int run_man(struct pk *pk);

/** What is told of a refusal beyond its sentence. */
void refused_person_update(struct pk *pk, enum error_code why);

int verdict_recount(const struct pk *pk, const void *reply);
int verdict_health(const struct pk *pk, const void *reply);

#endif
