// SPDX-License-Identifier: Apache-2.0
/** The notification service as the shell and the simulation see it. */
#ifndef SERVICES_NOTIFICATION_NOTIFICATION_H
#define SERVICES_NOTIFICATION_NOTIFICATION_H

#include "common/service/definition.h"

extern const struct service_definition notification_definition;

#endif
