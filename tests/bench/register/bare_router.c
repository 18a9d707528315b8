// SPDX-License-Identifier: Apache-2.0
/**
 * The way there and back, and nothing else: a ROUTER that answers each request, a number in decimal, with so many bytes.
 *
 *     bench_bare_router ENDPOINT
 *
 * What a service takes beyond it is its own; below it nobody can answer through ZeroMQ.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { REQUEST_BYTES = 16, MOST_BYTES = 16 * 1024 * 1024 };

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bare_router: %s failed\n", what);
    exit(EXIT_FAILURE);
}

/** Takes one request and answers it. */
static void answer(void *router, const char *bytes)
{
    char request[REQUEST_BYTES + 1] = "";
    zmq_msg_t identity;
    zmq_msg_init(&identity);
    check(zmq_msg_recv(&identity, router, 0) >= 0, "reading who asks");
    check(zmq_recv(router, NULL, 0, 0) == 0, "reading the delimiter");
    int len = zmq_recv(router, request, REQUEST_BYTES, 0);
    check(len > 0 && len <= REQUEST_BYTES, "reading a request");
    size_t wanted = (size_t)strtoul(request, NULL, 10);
    check(wanted <= MOST_BYTES, "taking so large a request");
    zmq_msg_send(&identity, router, ZMQ_SNDMORE);
    zmq_send(router, "", 0, ZMQ_SNDMORE);
    zmq_send(router, bytes, wanted, 0);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_bare_router ENDPOINT\n");
        return EXIT_FAILURE;
    }
    char *bytes = calloc(1, MOST_BYTES);
    void *router = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER);
    check(bytes && router && zmq_bind(router, argv[1]) == 0, "binding");
    for (;;)
        answer(router, bytes);
}
