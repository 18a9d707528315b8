// SPDX-License-Identifier: Apache-2.0
/**
 * Restoring: a service's program, called to put its stores back from a backup while the service is stopped, instead of
 * serving.
 */
#ifndef COMMON_SERVICE_RESTORING_H
#define COMMON_SERVICE_RESTORING_H

#include "common/service/definition.h"
#include "common/store/archive.h"

struct restoring {
    const char *backup;         // FOLDER/NAME/SERVICE (backups.h)
    const char *archive;        // FOLDER/archive/SERVICE; NULL: the backup as it is
    struct archive_limit limit; // how far the archive brings it
};

/**
 * Restores all stores of the service below `data_path`, or none. What was there is moved to a folder `replaced-TIME` beside
 * it, and stays. Prints what it did to stdout, what is wrong to stderr. Returns the exit status.
 */
int service_restore(const struct service_definition *definition, const char *data_path,
                    const struct restoring *restoring);

#endif
