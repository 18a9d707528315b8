// SPDX-License-Identifier: Apache-2.0
/** What a follower that begins is told (common/service/snapshot.h). */
#ifndef SERVICES_ACTIVITY_ACTIVITY_SNAPSHOT_H
#define SERVICES_ACTIVITY_ACTIVITY_SNAPSHOT_H

#include "common/service/snapshot.h"

enum { ACTIVITY_SNAPSHOT_PARTS = 2 };

extern const struct snapshot_part activity_snapshot[ACTIVITY_SNAPSHOT_PARTS];

#endif
