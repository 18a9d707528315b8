// SPDX-License-Identifier: Apache-2.0
#include "proto/roles.gen.h"

const struct role_info role_infos[ROLE_COUNT] = {
    {
        .name = "reader",
        .acts_as = 0x1,
        .doc = "Reads.",
    },
    {
        .name = "keeper",
        .acts_as = 0x3,
        .doc = "Keeps books.",
    },
    {
        .name = "admin",
        .acts_as = 0x7,
        .doc = "Everything.",
    },
    {
        .name = "auditor",
        .acts_as = 0x9,
        .doc = "Reads, and little else.",
    },
};
