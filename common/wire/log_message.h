// SPDX-License-Identifier: Apache-2.0
/**
 * Logging a message: the only way what came in a message reaches the log. Fields that the schema flags as personal or
 * sensitive are shown by their length alone; text within a struct flagged so, as well.
 */
#ifndef COMMON_WIRE_LOG_MESSAGE_H
#define COMMON_WIRE_LOG_MESSAGE_H

#include "common/base/log.h"
#include "common/wire/desc.h"

/** One line: `message`, then each present field of `value` (a struct of `desc`) by its path, at most 32 of them. */
void log_message(enum log_level level, const char *message, const struct struct_desc *desc, const void *value);

#endif
