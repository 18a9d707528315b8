// SPDX-License-Identifier: Apache-2.0
/**
 * Http: one document at /metrics, served by libmicrohttpd on a thread of its own. What was set last is what is served, whole; so nobody who reads
 * it waits for the bus, and a reader that is slow keeps nobody else waiting.
 */
#ifndef SERVICES_WEB_HTTP_H
#define SERVICES_WEB_HTTP_H

#include "common/base/fault.h"
#include "common/base/text.h"

struct http;

/** Listens at an address as 127.0.0.1:9464 or [::1]:9464. Gives: http_close. FAULT_CONFIG, logged: no such address, or it is taken. */
enum fault http_open(const char *address, struct http **out_http);
void http_close(struct http *http);

/** Where it listens: the port, which the system chose if 0 was asked for. */
unsigned http_port(const struct http *http);

/** What is served from now on; copied. Without memory the one before stays. */
void http_set(struct http *http, struct bytes document);

#endif
