// SPDX-License-Identifier: Apache-2.0
/**
 * What every service answers.
 *
 * Written by proto/generate from sample/shell.toml, never by hand.
 */
#ifndef PROTO_SHELL_GEN_H
#define PROTO_SHELL_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/wire/desc.h"

/** What became of a command. */
struct command_result {
    // Its id.
    struct text command_id;
};

/** The reply to command.result. */
struct command_result_reply {
    // C has no struct without members.
    char unused;
};

extern const struct struct_desc command_result_desc;
extern const struct struct_desc command_result_reply_desc;
extern const struct message_desc command_result_message;
/** All struct tables above; for tests that try each. */
extern const struct struct_desc *const shell_structs[2];

#endif
