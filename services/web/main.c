// SPDX-License-Identifier: Apache-2.0
/** personkort-web: a stats subscriber; keeps figures current, serves them to Prometheus, and prints them as JSON lines. */
#include "services/web/web.h"

int main(int argc, char **argv)
{
    return web_main(argc, argv);
}
