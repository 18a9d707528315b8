// SPDX-License-Identifier: Apache-2.0
/** The table of moves. Source: design.md 6. */
#include "services/notification/states.h"

#define TO(state) (1u << RECIPIENT_STATE_##state)

/** For each state, those it may become. */
static const unsigned moves[] = {
    [RECIPIENT_STATE_QUEUED] = TO(CLAIMED) | TO(SUPPRESSED) | TO(CANCELLED) | TO(EXPIRED) | TO(HELD),
    [RECIPIENT_STATE_CLAIMED] = TO(ACCEPTED) | TO(DEFERRED) | TO(FAILED) | TO(UNKNOWN) | TO(HELD) | TO(QUEUED),
    [RECIPIENT_STATE_DEFERRED] = TO(QUEUED) | TO(CANCELLED) | TO(EXPIRED) | TO(HELD),
    [RECIPIENT_STATE_HELD] = TO(QUEUED) | TO(CANCELLED),
    [RECIPIENT_STATE_ACCEPTED] = TO(DELIVERED) | TO(BOUNCED),
    [RECIPIENT_STATE_DELIVERED] = TO(BOUNCED),
    [RECIPIENT_STATE_UNKNOWN] = TO(ACCEPTED) | TO(DELIVERED) | TO(BOUNCED) | TO(FAILED) | TO(QUEUED),
    [RECIPIENT_STATE_FAILED] = 0,
    [RECIPIENT_STATE_BOUNCED] = 0,
    [RECIPIENT_STATE_SUPPRESSED] = 0,
    [RECIPIENT_STATE_CANCELLED] = 0,
    [RECIPIENT_STATE_EXPIRED] = 0,
};

bool state_may_move(enum recipient_state from, enum recipient_state to)
{
    return (size_t)from < sizeof moves / sizeof *moves && (moves[from] >> to & 1u) != 0;
}
