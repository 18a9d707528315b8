// SPDX-License-Identifier: Apache-2.0
/** What a follower that begins is told (common/service/snapshot.h). */
#ifndef SERVICES_PERSON_PERSON_SNAPSHOT_H
#define SERVICES_PERSON_PERSON_SNAPSHOT_H

#include "common/service/snapshot.h"

enum { PERSON_SNAPSHOT_PARTS = 3 };

extern const struct snapshot_part person_snapshot[PERSON_SNAPSHOT_PARTS];

#endif
