// SPDX-License-Identifier: Apache-2.0
#include "common/base/must.h"

#include <stdio.h>
#include <stdlib.h>

void must_fail(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "level=bug message=\"must hold\" condition=\"%s\" at=%s:%d function=%s\n", condition, file, line,
            function);
    abort();
}
