// SPDX-License-Identifier: Apache-2.0
#include "services/pk/need.h"

#include <stdio.h>
#include <stdlib.h>

#include "services/pk/exit_code.h"

void need_success(int is_success)
{
    if (is_success)
        return;
    fputs("pk: there is no memory left; ask for less at once\n", stderr);
    exit(EXIT_FAILED);
}

void *need(void *memory)
{
    need_success(memory != NULL);
    return memory;
}
