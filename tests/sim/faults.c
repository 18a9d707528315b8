// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults.h"

#include <errno.h>

#include "common/base/log.h"
#include "tests/sim/world.h"

struct mdb_txn; // LMDB's transaction; only its address passes through here

static struct {
    enum commit_fate fate;
    unsigned pass;
    bool came_true;
} plan;

void faults_plan(enum commit_fate fate, unsigned pass)
{
    plan.fate = fate;
    plan.pass = pass;
    plan.came_true = false;
}

static void (*watcher)(struct world *world);

void faults_watch(void (*during_commit)(struct world *world))
{
    watcher = during_commit;
}

bool faults_end(void)
{
    watcher = NULL;
    bool came_true = plan.came_true;
    plan.fate = COMMIT_WELL;
    plan.came_true = false;
    return came_true;
}

// The linker's names for what stands before a function and for the function itself.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
int __wrap_mdb_txn_commit(struct mdb_txn *txn);
int __real_mdb_txn_commit(struct mdb_txn *txn);
void mdb_txn_abort(struct mdb_txn *txn);
void __wrap_log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count);

int __wrap_mdb_txn_commit(struct mdb_txn *txn)
{
    enum commit_fate fate = plan.fate;
    void (*during_commit)(struct world * world) = watcher;
    watcher = NULL;
    if (during_commit)
        during_commit(world_current());
    if (fate == COMMIT_WELL || plan.pass-- > 0)
        return __real_mdb_txn_commit(txn);
    plan.fate = COMMIT_WELL;
    plan.came_true = true;
    if (fate == COMMIT_UNHEARD) {
        int rc = __real_mdb_txn_commit(txn);
        return rc ? rc : EIO;
    }
    mdb_txn_abort(txn);
    return fate == COMMIT_FULL ? ENOSPC : EIO;
}

/** Paths hold this process's number, which a replay has not. */
void __wrap_log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    struct world *world = world_current();
    char line[400] = "";
    int len = 0;
    if (!world || !world->trace || level > LOG_LEVEL_WARNING)
        return;
    for (size_t i = 0; i < count && len >= 0 && (size_t)len < sizeof line; i++) {
        const struct log_field *field = &fields[i];
        size_t room = sizeof line - (size_t)len;
        if (strcmp(field->name, "path") == 0)
            continue;
        if (field->text.data)
            len += snprintf(line + len, room, " %s=%.*s", field->name, (int)field->text.len, field->text.data);
        else
            len += snprintf(line + len, room, " %s=%lld", field->name, (long long)field->number);
    }
    trace(world, "  log: %s%s", message, line);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
