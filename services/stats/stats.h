// SPDX-License-Identifier: Apache-2.0
/** The stats service as the shell and the simulation see it. */
#ifndef SERVICES_STATS_STATS_H
#define SERVICES_STATS_STATS_H

#include "common/service/definition.h"

extern const struct service_definition stats_definition;

#endif
