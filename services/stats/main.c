// SPDX-License-Identifier: Apache-2.0
/** personkort-stats: statistics of activities, kept as events arrive. */
#include "common/service/service.h"
#include "services/stats/stats.h"

int main(int argc, char **argv)
{
    return service_main(&stats_definition, argc, argv);
}
