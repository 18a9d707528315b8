// SPDX-License-Identifier: Apache-2.0
/**
 * Keeper: a parent process that starts the service again when it dies, for machines without a supervisor of their own (`--keep`;
 * systemd makes it needless). It is the same program, does nothing but wait, and ends when the service ends well.
 */
#ifndef COMMON_SERVICE_KEEPER_H
#define COMMON_SERVICE_KEEPER_H

/**
 * Forks, before anything else was opened: returns in the child, which is the service. The parent never returns: it passes
 * SIGTERM and SIGINT on, starts a new child a second after one that died of a signal or a fault, and exits with the status of one
 * that ended with 0 or refused its arguments. A child ends when its keeper dies.
 */
void keep_running(void);

#endif
