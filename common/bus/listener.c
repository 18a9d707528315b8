// SPDX-License-Identifier: Apache-2.0
#include "common/bus/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static enum fault lock_path(const char *address, const char *path, int *out_fd)
{
    char lock[ADDRESS_PATH_BYTES + sizeof ".lock"];
    snprintf(lock, sizeof lock, "%s.lock", path);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        address_log(address, "the lock file beside the socket cannot be opened", errno);
        return FAULT_CONFIG;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        close(fd);
        address_log(address, "another process serves this address", error);
        return error == EWOULDBLOCK ? FAULT_IN_USE : FAULT_CONFIG;
    }
    *out_fd = fd;
    return FAULT_NONE;
}

/** Removes what a killed process left. Anything but a socket was put there by mistake and stays. */
static enum fault remove_stale(const char *address, const char *path)
{
    struct stat found;
    if (lstat(path, &found) == 0 && !S_ISSOCK(found.st_mode)) {
        address_log(address, "something that is not a socket is in the way; remove it", 0);
        return FAULT_CONFIG;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        address_log(address, "the old socket cannot be removed", errno);
        return FAULT_CONFIG;
    }
    return FAULT_NONE;
}

static enum fault listen_at(const char *address, const char *path, int *out_fd)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, path, strlen(path) + 1);
    // Not blocking: while a publisher is renewed, two of libzmq's listeners wait on it, and the one that comes late
    // must not hang.
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&name, sizeof name) == 0 && chmod(path, S_IRUSR | S_IWUSR) == 0 &&
        listen(fd, BACKLOG) == 0) {
        *out_fd = fd;
        return FAULT_NONE;
    }
    address_log(address, "the socket cannot be bound", errno);
    if (fd >= 0)
        close(fd);
    return FAULT_CONFIG;
}

static int bind_tcp(const struct addrinfo *to)
{
    static const int on = 1;
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // Connections of the predecessor that are not forgotten yet are no reason not to start.
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, to->ai_addr, to->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

static enum fault open_tcp(const char *address, struct listener *out_listener)
{
    struct address_tcp tcp;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    address_split_tcp(address, &tcp);
    hints.ai_family = tcp.is_ipv6 ? AF_INET6 : AF_INET;
    int code = getaddrinfo(tcp.is_any ? NULL : tcp.host, tcp.port, &hints, &found);
    if (code != 0) {
        address_log(address, gai_strerror(code), 0);
        return FAULT_CONFIG;
    }
    int fd = bind_tcp(found);
    int error = errno;
    freeaddrinfo(found);
    if (fd < 0) {
        address_log(address, "the address cannot be bound", error);
        return error == EADDRINUSE ? FAULT_IN_USE : FAULT_CONFIG;
    }
    *out_listener = (struct listener){.fd = fd, .lock_fd = -1};
    return FAULT_NONE;
}

enum fault listener_open(const char *address, struct listener *out_listener)
{
    struct listener listener = {.fd = -1, .lock_fd = -1};
    const char *path = address_path(address);
    if (!path)
        return open_tcp(address, out_listener);
    memcpy(listener.path, path, strlen(path) + 1);
    enum fault fault = address_check_directory(address, ADDRESS_BIND);
    if (fault == FAULT_NONE)
        fault = lock_path(address, path, &listener.lock_fd);
    if (fault != FAULT_NONE)
        return fault;
    fault = remove_stale(address, path);
    if (fault == FAULT_NONE)
        fault = listen_at(address, path, &listener.fd);
    if (fault != FAULT_NONE) {
        close(listener.lock_fd);
        return fault;
    }
    *out_listener = listener;
    return FAULT_NONE;
}

void listener_close(struct listener *listener)
{
    if (listener->path[0])
        unlink(listener->path); // still under the lock: it cannot be a successor's
    close(listener->fd);
    if (listener->lock_fd >= 0)
        close(listener->lock_fd);
}
