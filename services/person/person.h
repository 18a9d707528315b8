// SPDX-License-Identifier: Apache-2.0
/** The person service as the shell and the simulation see it. */
#ifndef SERVICES_PERSON_PERSON_H
#define SERVICES_PERSON_PERSON_H

#include "common/service/definition.h"

extern const struct service_definition person_definition;

#endif
