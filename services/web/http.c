// SPDX-License-Identifier: Apache-2.0
#include "services/web/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/must.h"

enum {
    MOST_CONNECTIONS = 64,
    MOST_OF_ONE = 16, // of one address
    IDLE_S = 30,
    CONNECTION_BYTES = 16 * 1024,
    HOST_BYTES = 256,
};

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct http {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    struct MHD_Response *document; // under the lock; those being sent keep theirs
};

static struct MHD_Response *make(struct bytes text, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(text.len, (void *)(uintptr_t)text.data, mode); // it is copied, or constant
    if (response)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, CONTENT_TYPE);
    return response;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct MHD_Response *response = make(bytes_of(text, strlen(text)), MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result serve(struct http *http, struct MHD_Connection *connection)
{
    pthread_mutex_lock(&http->lock);
    enum MHD_Result result = http->document ? MHD_queue_response(connection, MHD_HTTP_OK, http->document) : MHD_NO;
    bool has_document = http->document != NULL;
    pthread_mutex_unlock(&http->lock);
    return has_document ? result : refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "No figures are known yet.\n");
}

/** The library calls it first with the request's head, then when its body has come: that is answered, if it may be asked at all. */
static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *body, size_t *body_len, void **request)
{
    static char seen;
    (void)version;
    (void)body;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD are answered.\n"); // without its body
    if (!*request) {
        *request = &seen;
        return MHD_YES;
    }
    if (*body_len > 0) {
        *body_len = 0; // not wanted, and passed over
        return MHD_YES;
    }
    if (strcmp(url, "/metrics") != 0)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "There is nothing here; the figures are at /metrics.\n");
    return serve(user, connection);
}

/** The address as a socket has it; NULL: it is none. */
static struct addrinfo *resolve(const char *address)
{
    const struct addrinfo wanted = {
        .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char host[HOST_BYTES];
    const char *colon = strrchr(address, ':');
    struct addrinfo *found = NULL;
    if (!colon || colon == address || (size_t)(colon - address) >= sizeof host)
        return NULL;
    char *end = NULL;
    unsigned long port = strtoul(colon + 1, &end, 10); // which getaddrinfo does not bound
    if (end == colon + 1 || *end || port > UINT16_MAX)
        return NULL;
    size_t len = (size_t)(colon - address);
    bool in_brackets = address[0] == '[' && colon[-1] == ']';
    memcpy(host, address + in_brackets, len - 2 * in_brackets);
    host[len - 2 * in_brackets] = '\0';
    return getaddrinfo(host, colon + 1, &wanted, &found) == 0 ? found : NULL;
}

enum fault http_open(const char *address, struct http **out_http)
{
    struct addrinfo *where = resolve(address);
    struct http *http = calloc(1, sizeof *http);
    if (!where || !http) {
        LOG(LOG_LEVEL_ERROR, "no address to listen at; give one as 127.0.0.1:9464", log_name("address", address));
        if (where)
            freeaddrinfo(where);
        free(http);
        return where ? FAULT_MEMORY : FAULT_CONFIG;
    }
    must(pthread_mutex_init(&http->lock, NULL) == 0);
    unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | (where->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    http->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, handle, http, MHD_OPTION_SOCK_ADDR, where->ai_addr,
                         MHD_OPTION_CONNECTION_LIMIT, (unsigned)MOST_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                         (unsigned)MOST_OF_ONE, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_END);
    freeaddrinfo(where);
    if (!http->daemon) {
        LOG(LOG_LEVEL_ERROR, "cannot listen there; is it taken?", log_name("address", address));
        http_close(http);
        return FAULT_CONFIG;
    }
    *out_http = http;
    return FAULT_NONE;
}

void http_close(struct http *http)
{
    if (!http)
        return;
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    if (http->document)
        MHD_destroy_response(http->document);
    pthread_mutex_destroy(&http->lock);
    free(http);
}

unsigned http_port(const struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void http_set(struct http *http, struct bytes document)
{
    struct MHD_Response *fresh = make(document, MHD_RESPMEM_MUST_COPY);
    if (!fresh)
        return;
    pthread_mutex_lock(&http->lock);
    struct MHD_Response *before = http->document;
    http->document = fresh;
    pthread_mutex_unlock(&http->lock);
    if (before)
        MHD_destroy_response(before);
}
