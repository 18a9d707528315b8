// SPDX-License-Identifier: Apache-2.0
/** Card erase: what goes of a person who is erased (common/service/erasing.h). Source: domain.md 6. */
#ifndef SERVICES_PERSON_CARD_ERASE_H
#define SERVICES_PERSON_CARD_ERASE_H

#include "common/service/definition.h"

extern const struct service_erasure card_erasure;

/** Refuses as not_found a person who has no card: he was erased, or there was none ever. Returns NULL. */
void *card_erase_refuse(struct ctx *ctx, const char *field, uint64_t person);

/** What may be of anybody was overwritten, as a question that names somebody: if he was erased since, free pages hold it still. */
void card_erase_freed(struct ctx *ctx);

#endif
