// SPDX-License-Identifier: Apache-2.0
#include "proto/shell.gen.h"

static const struct field_desc command_result_fields[] = {
    {
        .name = "command_id",
        .name_len = 10,
        .kind = FIELD_LINE,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct command_result, command_id),
        .has_offset = FIELD_NO_OFFSET,
        .clear_offset = FIELD_NO_OFFSET,
        .min = 1,
        .max = 64,
        .since = 1,
        .doc = "Its id.",
    },
};

const struct struct_desc command_result_desc = {
    .name = "command.result",
    .size = sizeof(struct command_result),
    .fields = command_result_fields,
    .count = 1,
    .required = UINT64_C(0x1),
    .doc = "What became of a command.",
};

const struct struct_desc command_result_reply_desc = {
    .name = "command.result.reply",
    .size = sizeof(struct command_result_reply),
    .count = 0,
    .required = UINT64_C(0x0),
    .doc = "The reply to command.result.",
};

const struct message_desc command_result_message = {
    .type = "command.result",
    .service = "shell",
    .kind = MESSAGE_QUERY,
    .body = &command_result_desc,
    .reply = &command_result_reply_desc,
    .roles = 0xf, // reader, keeper, admin, auditor
    .since = 1,
    .doc = "What became of a command.",
};

// clang-format off
const struct struct_desc *const shell_structs[2] = {
    &command_result_desc,
    &command_result_reply_desc,
};
// clang-format on
