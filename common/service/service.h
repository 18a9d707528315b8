// SPDX-License-Identifier: Apache-2.0
/**
 * Service: the program around a definition — arguments, sockets, two loops, signals, watchdog. A service's main is one call.
 */
#ifndef COMMON_SERVICE_SERVICE_H
#define COMMON_SERVICE_SERVICE_H

#include "common/service/definition.h"

/**
 * Runs the service until SIGTERM or SIGINT, answering what it has taken in before it ends. Arguments: --bus FILE --data DIR
 * [--config FILE] [--quota BYTES] [--map BYTES] [--memory-ids N] [--index-entries N] [--snapshot-from RECORDS] [--keep] [--verbose]. Returns the exit
 * status: 0 after a signal, 1 after a fault (a supervisor starts it again), 64 for wrong arguments.
 */
int service_main(const struct service_definition *definition, int argc, char **argv);

#endif
