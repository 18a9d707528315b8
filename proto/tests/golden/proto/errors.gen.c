// SPDX-License-Identifier: Apache-2.0
#include "proto/errors.gen.h"

#include <string.h>

const struct error_info error_infos[ERROR_INFO_COUNT] = {
    {
        .code = ERROR_NOT_FOUND,
        .name = "not_found",
        .retry = false,
        .exit = 3,
        .doc = "There is none of that name.",
    },
    {
        .code = ERROR_BUSY,
        .name = "busy",
        .retry = true,
        .exit = 6,
        .doc = "Full; send the same again.",
    },
};

const struct error_info *error_info(enum error_code code)
{
    for (size_t i = 0; i < ERROR_INFO_COUNT; i++) {
        if (error_infos[i].code == code) {
            return &error_infos[i];
        }
    }
    return NULL;
}

enum error_code error_code_of(const char *name, size_t len)
{
    for (size_t i = 0; i < ERROR_INFO_COUNT; i++) {
        if (strlen(error_infos[i].name) == len && memcmp(error_infos[i].name, name, len) == 0) {
            return error_infos[i].code;
        }
    }
    return ERROR_NONE;
}
