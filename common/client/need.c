// SPDX-License-Identifier: Apache-2.0
#include "common/client/need.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void need_success(int is_success)
{
    if (is_success)
        return;
    fprintf(stderr, "%s: there is no memory left; ask for less at once\n", program_invocation_short_name);
    exit(EXIT_FAILURE);
}

void *need(void *memory)
{
    need_success(memory != NULL);
    return memory;
}
