// SPDX-License-Identifier: Apache-2.0
/** Metrics: the figures as Prometheus reads them, text format 0.0.4. */
#ifndef SERVICES_WEB_METRICS_H
#define SERVICES_WEB_METRICS_H

#include "common/base/buffer.h"
#include "common/client/live.h"

enum { METRICS_MOST_BYTES = 16 * 1024 * 1024 };

/** Appends all of them. */
void metrics_write(const struct live *live, struct buffer *out);

#endif
