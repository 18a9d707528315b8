// SPDX-License-Identifier: Apache-2.0
#include "common/bus/address.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"

static const struct text ipc_start = {"ipc://", 6};
static const struct text tcp_start = {"tcp://", 6};

static bool is_printable(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return true;
}

static bool is_port(const char *digits)
{
    char *end = NULL;
    if (*digits < '1' || *digits > '9' || strlen(digits) > 5)
        return false;
    long port = strtol(digits, &end, 10);
    return *end == '\0' && port <= 65535;
}

/** A name, an IPv4 address, * or, in brackets, an IPv6 address. libzmq gives other characters a meaning of their own. */
static bool is_host(const char *host, size_t len)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char numbers[] = "0123456789abcdefABCDEF:.";
    if (len == 1 && *host == '*')
        return true;
    if (len > 2 && len <= ADDRESS_HOST_BYTES && host[0] == '[' && host[len - 1] == ']')
        return strspn(host + 1, numbers) == len - 2;
    return len > 0 && len <= ADDRESS_HOST_BYTES && strspn(host, name) >= len;
}

const char *address_problem(const char *address)
{
    struct text text = text_of(address);
    if (!is_printable(text))
        return "an address has no spaces, control characters or letters beyond ASCII";
    if (text_starts_with(text, ipc_start)) {
        const char *path = address + ipc_start.len;
        if (path[0] != '/' || path[text.len - ipc_start.len - 1] == '/')
            return "write ipc with the whole path of a socket, as ipc:///run/personkort/person.command";
        if (strlen(path) > ADDRESS_PATH_BYTES)
            return "the path of an ipc socket is at most 107 bytes; choose a shorter directory";
        return NULL;
    }
    if (text_starts_with(text, tcp_start)) {
        const char *colon = strrchr(address + tcp_start.len, ':');
        const char *host = address + tcp_start.len;
        if (!colon || colon < host || !is_host(host, (size_t)(colon - host)) || !is_port(colon + 1))
            return "write tcp with host and port, as tcp://192.0.2.7:7001";
        return NULL;
    }
    return "an address begins with ipc:// or tcp://";
}

const char *address_path(const char *address)
{
    return text_starts_with(text_of(address), ipc_start) ? address + ipc_start.len : NULL;
}

void address_split_tcp(const char *address, struct address_tcp *out_tcp)
{
    const char *host = address + tcp_start.len;
    const char *colon = strrchr(host, ':');
    bool is_ipv6 = host[0] == '[';
    size_t brackets = is_ipv6 ? 1 : 0;
    *out_tcp = (struct address_tcp){.is_ipv6 = is_ipv6, .is_any = host[0] == '*'};
    memcpy(out_tcp->host, host + brackets, (size_t)(colon - host) - 2 * brackets);
    memcpy(out_tcp->port, colon + 1, strlen(colon + 1));
}

void address_log(const char *address, const char *problem, int error)
{
    LOG(LOG_LEVEL_ERROR, "bus address cannot be used", log_name("address", address), log_name("problem", problem),
        log_name("error", error ? strerrordesc_np(error) : "none"));
}

enum fault address_check_directory(const char *address, enum address_use use)
{
    char directory[ADDRESS_PATH_BYTES + 1];
    const char *path = address_path(address);
    size_t len = (size_t)(strrchr(path, '/') - path);
    memcpy(directory, path, len);
    directory[len] = '\0';
    if (len == 0) {
        address_log(address, "a socket needs a directory of its own", 0);
        return FAULT_CONFIG;
    }
    if (use == ADDRESS_BIND && mkdir(directory, S_IRWXU) != 0 && errno != EEXIST) {
        address_log(address, "the directory cannot be made", errno);
        return FAULT_CONFIG;
    }
    struct stat found;
    if (stat(directory, &found) != 0) {
        int error = errno;
        if (use == ADDRESS_BIND || error != ENOENT) {
            address_log(address, "the directory cannot be reached", error);
            return FAULT_CONFIG;
        }
        // No error of this program: the service is not started yet. Who connects tries again, and says so if it was in vain.
        LOG(LOG_LEVEL_WARNING, "the directory of a bus address is not there yet", log_name("address", address));
        return FAULT_UNREACHABLE;
    }
    const char *problem = NULL;
    if (!S_ISDIR(found.st_mode))
        problem = "there is a file where the directory should be";
    else if (found.st_uid != geteuid() && !(use == ADDRESS_CONNECT && geteuid() == 0))
        problem = "the directory belongs to another user";
    else if (found.st_mode & (S_IRWXG | S_IRWXO))
        problem = "others than its owner may enter the directory; set its mode to 0700";
    if (!problem)
        return FAULT_NONE;
    address_log(address, problem, 0);
    return FAULT_CONFIG;
}
