// SPDX-License-Identifier: Apache-2.0
/** ZMTP 3.0 by hand (rfc.zeromq.org/spec/23), for peers that do what libzmq would never do. All calls block. */
#ifndef TESTS_UNIT_BUS_ZMTP_H
#define TESTS_UNIT_BUS_ZMTP_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ZMTP_LAST = 0, ZMTP_MORE = 1, ZMTP_LONG = 2, ZMTP_COMMAND = 4, ZMTP_GREETING_BYTES = 64 };

static const uint8_t zmtp_greeting[ZMTP_GREETING_BYTES] = {0xff, 0,    0, 0, 0,   0,   0,   0,
                                                           0,    0x7f, 3, 0, 'N', 'U', 'L', 'L'};

/** All of it, or false when the peer has closed. */
static inline bool zmtp_write(int fd, const void *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t written = send(fd, (const char *)data + done, len - done, MSG_NOSIGNAL);
        if (written <= 0)
            return false;
        done += (size_t)written;
    }
    return true;
}

/** A connection without a word said; -1 when there is none to be had. */
static inline int zmtp_connect(const char *address)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", address + strlen("ipc://"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&name, sizeof name) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static inline bool zmtp_send(int fd, int flags, const void *data, size_t len)
{
    uint8_t head[9] = {(uint8_t)(flags | (len > 255 ? ZMTP_LONG : 0)), (uint8_t)len};
    for (int i = 0; len > 255 && i < 8; i++)
        head[1 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
    return zmtp_write(fd, head, len > 255 ? 9 : 2) && zmtp_write(fd, data, len);
}

static inline bool zmtp_read(int fd, void *out, size_t len)
{
    return recv(fd, out, len, MSG_WAITALL) == (ssize_t)len;
}

/** The peer's half of the handshake. Until it has been read, whatever is sent counts as a breach of it. */
static inline bool zmtp_await_ready(int fd)
{
    uint8_t greeting[ZMTP_GREETING_BYTES];
    uint8_t head[2];
    uint8_t ready[255];
    return zmtp_read(fd, greeting, sizeof greeting) && zmtp_read(fd, head, sizeof head) && head[0] == ZMTP_COMMAND &&
           zmtp_read(fd, ready, head[1]);
}

/** Connects and shakes hands as a socket of `type` ("DEALER", "SUB"); -1 when the peer will not have it. */
static inline int zmtp_open(const char *address, const char *type)
{
    char ready[64];
    int fd = zmtp_connect(address);
    int len = snprintf(ready, sizeof ready, "\5READY\x0bSocket-Type%c%c%c%c%s", 0, 0, 0, (char)strlen(type), type);
    if (fd < 0 || (zmtp_write(fd, zmtp_greeting, sizeof zmtp_greeting) &&
                   zmtp_send(fd, ZMTP_COMMAND, ready, (size_t)len) && zmtp_await_ready(fd)))
        return fd;
    close(fd);
    return -1;
}

#endif
