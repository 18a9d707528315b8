// SPDX-License-Identifier: Apache-2.0
/** Compacting: when a service's stores are compacted (common/store/compact.h), and doing it while they are closed. */
#ifndef COMMON_SERVICE_COMPACTING_H
#define COMMON_SERVICE_COMPACTING_H

#include "common/service/definition.h"

/** Section `erasure` of the settings, the same for all services. */
struct compacting {
    int minute;        // of the day, local time; COMPACTING_NEVER, COMPACTING_AT_ONCE
    int64_t failed_ms; // UTC, when it was last tried in vain; 0: never
};

enum {
    COMPACTING_NEVER = -1,
    COMPACTING_AT_ONCE = -2,
};

/** Reads when it is done by itself; `path` NULL: at half past three at night. FAULT_CONFIG, logged. */
enum fault compacting_load(const char *path, struct compacting *out_compacting);

/** Whether it is to be done now: something was erased, nobody is being erased, and the time has come. Any thread. */
bool compacting_is_due(const struct compacting *compacting, const struct service_definition *definition,
                       struct store *store, int64_t now_ms);

/** Compacts all stores of the service, whose folder is `path`; they must be closed. False: not all; what failed stays as it was. */
bool compacting_run(const struct service_definition *definition, const char *path, uint64_t map_bytes,
                    void (*goes_on)(void));

#endif
