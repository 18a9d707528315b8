// SPDX-License-Identifier: Apache-2.0
#include "common/base/fault.h"

const char *fault_name(enum fault fault)
{
    switch (fault) {
    case FAULT_NONE:
        return "none";
    case FAULT_MEMORY:
        return "memory";
    case FAULT_STORAGE_FULL:
        return "storage_full";
    case FAULT_IO:
        return "io";
    case FAULT_CORRUPT:
        return "corrupt";
    case FAULT_VERSION:
        return "version";
    case FAULT_IN_USE:
        return "in_use";
    case FAULT_FENCED:
        return "fenced";
    case FAULT_CONFIG:
        return "config";
    case FAULT_UNREACHABLE:
        return "unreachable";
    case FAULT_TOO_LARGE:
        return "too_large";
    }
    return "unknown";
}
