// SPDX-License-Identifier: Apache-2.0
/** What a follower that begins is told: the types, and the activities as they are, without their bodies. */
#include "services/activity/activity_snapshot.h"

#include "services/activity/history.h"

/** One that was merged says into which. */
static void tell_type(struct snapshot *snapshot, struct bytes key, struct bytes value)
{
    struct type_updated event;
    (void)key;
    if (!row_decode(snapshot->ctx, &activity_type_row_desc, value, &event.type))
        return;
    const struct message_desc *message = event.type.has_merged_into ? &type_updated_message : &type_created_message;
    snapshot_tell(snapshot, message, &event, 0, "type", event.type.type);
}

static void tell_activity(struct snapshot *snapshot, struct bytes key, struct bytes value)
{
    struct activity_created event;
    (void)key;
    if (history_decode(snapshot->ctx, value, &event.activity))
        snapshot_tell(snapshot, &activity_created_message, &event, event.activity.person, "activity",
                      event.activity.activity);
}

const struct snapshot_part activity_snapshot[ACTIVITY_SNAPSHOT_PARTS] = {
    {&activity_types, tell_type},
    {&activity_rows, tell_activity},
};
