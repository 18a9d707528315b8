// SPDX-License-Identifier: Apache-2.0
/** The activity service as the shell and the simulation see it. */
#ifndef SERVICES_ACTIVITY_ACTIVITY_H
#define SERVICES_ACTIVITY_ACTIVITY_H

#include "common/service/definition.h"

extern const struct service_definition activity_definition;

#endif
