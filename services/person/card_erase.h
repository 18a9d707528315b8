// SPDX-License-Identifier: Apache-2.0
/** Card erase: what goes of a person who is erased (common/service/erasing.h). Source: domain.md 6. */
#ifndef SERVICES_PERSON_CARD_ERASE_H
#define SERVICES_PERSON_CARD_ERASE_H

#include "common/service/definition.h"

extern const struct service_erasure card_erasure;

#endif
