// SPDX-License-Identifier: Apache-2.0
/** A live figure as JSON, for streams: {"figure":"type","id":3,"seq":4711,"activities":12,"contacts":9}. */
#ifndef COMMON_CLIENT_LIVE_JSON_H
#define COMMON_CLIENT_LIVE_JSON_H

#include <jansson.h>

#include "common/client/live.h"

/** Gives an object: json_decref. Of a question with its name and its whole answer, or with "gone": true. */
json_t *live_json(const struct live_value *value);

#endif
