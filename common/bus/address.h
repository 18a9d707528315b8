// SPDX-License-Identifier: Apache-2.0
/** Address: the forms of address that the bus takes, and the rule for directories of ipc sockets. Internal to
 * common/bus. */
#ifndef COMMON_BUS_ADDRESS_H
#define COMMON_BUS_ADDRESS_H

#include "common/base/fault.h"
#include "common/base/text.h"

enum {
    ADDRESS_PATH_BYTES = 107, // longest path of an ipc socket: sockaddr_un has 108 bytes
    ADDRESS_HOST_BYTES = 253, // longest name that DNS has
};

/** NULL when the form is right; otherwise what is wrong and what to do. Looks at nothing but the text. Borrows:
 * constant. */
const char *address_problem(const char *address);

/** Path of an ipc address whose form is right, NULL for other transports. Borrows: address. */
const char *address_path(const char *address);

/** A tcp address in its parts. */
struct address_tcp {
    char host[ADDRESS_HOST_BYTES + 1]; // without the brackets of IPv6
    char port[6];
    bool is_any;  // every address of the machine: *
    bool is_ipv6; // it stood in brackets
};

/** Splits a tcp address whose form is right. */
void address_split_tcp(const char *address, struct address_tcp *out_tcp);

/** What a program wants in a directory of sockets. */
enum address_use {
    ADDRESS_BIND,    // the directory is its own; made (mode 0700) when it is missing
    ADDRESS_CONNECT, // the directory is its own, or the program is root, who may enter any
};

/**
 * Checks that nobody but its owner may enter the directory of an ipc address: whoever can is trusted (design.md, 8).
 * FAULT_CONFIG when others may, FAULT_UNREACHABLE when ADDRESS_CONNECT finds none; both are logged.
 */
enum fault address_check_directory(const char *address, enum address_use use);

/** Logs why an address cannot be used; `error` is an errno or 0. */
void address_log(const char *address, const char *problem, int error);

#endif
