// SPDX-License-Identifier: Apache-2.0
/** Publishing live figures: `figures.total`, `figures.type/ID`, `figures.person/ID`. */
#ifndef SERVICES_STATS_PUBLISH_H
#define SERVICES_STATS_PUBLISH_H

#include "common/service/definition.h"

/** The definition's publish hook. */
int stats_publish(void *state, struct ctx *ctx, struct figure_sink *sink);

#endif
