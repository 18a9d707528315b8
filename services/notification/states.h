// SPDX-License-Identifier: Apache-2.0
/** The states of a recipient and the moves between them, as one table. Constant; any thread. Source: design.md 6. */
#ifndef SERVICES_NOTIFICATION_STATES_H
#define SERVICES_NOTIFICATION_STATES_H

#include "proto/notification.gen.h"

/** Whether a recipient may go from one state to the other. That unknown may be queued only at least once is the caller's to see. */
bool state_may_move(enum recipient_state from, enum recipient_state to);

#endif
