// SPDX-License-Identifier: Apache-2.0
/** What a follower that begins is told: the cards, where ids of merged ones lead, and who was erased. */
#include "services/person/person_snapshot.h"

#include "common/service/erasing.h"
#include "common/store/alias.h"
#include "services/person/state.h"

static void tell_card(struct snapshot *snapshot, struct bytes key, struct bytes value)
{
    struct person_created event;
    (void)key;
    if (row_decode(snapshot->ctx, &person_card_row_desc, value, &event.card))
        snapshot_tell(snapshot, &person_created_message, &event, event.card.person, "person", event.card.person);
}

static void tell_merged(struct snapshot *snapshot, struct bytes key, struct bytes value)
{
    struct person_merged event;
    if (alias_read(key, value, &event.person, &event.into))
        snapshot_tell(snapshot, &person_merged_message, &event, event.person, "person", event.person);
}

static void tell_erased(struct snapshot *snapshot, struct bytes key, struct bytes value)
{
    struct person_erased event;
    (void)value;
    if (erasing_read(key, &event.person))
        snapshot_tell(snapshot, &person_erased_message, &event, event.person, "person", event.person);
}

const struct snapshot_part person_snapshot[PERSON_SNAPSHOT_PARTS] = {
    {&person_cards, tell_card},
    {&person_merged, tell_merged},
    {&person_erased_persons, tell_erased},
};
