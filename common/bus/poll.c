// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "common/base/must.h"
#include "common/bus/socket.h"

int bus_poll(struct bus_poll_item *items, size_t count, int timeout_ms)
{
    zmq_pollitem_t polled[BUS_POLL_ITEMS];
    must(count <= BUS_POLL_ITEMS);
    for (size_t i = 0; i < count; i++) {
        polled[i] = (zmq_pollitem_t){
            .socket = items[i].socket ? items[i].socket->zmq : NULL, .fd = items[i].fd, .events = ZMQ_POLLIN};
        items[i].readable = false;
    }
    int ready = zmq_poll(polled, (int)count, timeout_ms);
    if (ready < 0) {
        must(errno == EINTR);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        items[i].readable = polled[i].revents != 0;
    return ready;
}
