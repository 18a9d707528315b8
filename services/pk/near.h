// SPDX-License-Identifier: Apache-2.0
/** Near names: "did you mean", for what an operator mistyped. Stateless. */
#ifndef SERVICES_PK_NEAR_H
#define SERVICES_PK_NEAR_H

#include "common/base/text.h"

/** The name nearest to a misspelt one, or NULL when none is near. Borrows from `names`. */
const char *near_name(const char *const *names, size_t count, struct text name);

/** Whether a word looks like a name of ours, so that it may be said again on stderr; anything else could be personal data. */
bool is_name_like(struct text word);

#endif
