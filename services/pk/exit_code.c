// SPDX-License-Identifier: Apache-2.0
#include "services/pk/exit_code.h"

const struct exit_info exit_infos[EXIT_INFO_COUNT] = {
    {EXIT_DONE, "Done."},
    {EXIT_FAILED,
     "Something failed, or a check found something wrong: verify and recount found a difference, status found "
     "a degraded service, a message that was waited for did not get through, a backup is not sound or events stay set "
     "aside."},
    {EXIT_USAGE, "The command line is wrong; nothing was sent."},
    {EXIT_NOT_FOUND, "What was named does not exist."},
    {EXIT_CONFLICT, "It conflicts with what is there: changed since, not unique, in use, in another state."},
    {EXIT_REFUSED, "A value was refused."},
    {EXIT_UNREACHABLE, "A service did not answer in time, or could not do it now."},
    {EXIT_NOT_ALLOWED, "The sender's role may not do this."},
    {EXIT_INTERRUPTED, "Interrupted from the keyboard."},
};
