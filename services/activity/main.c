// SPDX-License-Identifier: Apache-2.0
/** personkort-activity: the contact history. */
#include "common/service/service.h"
#include "services/activity/activity.h"

int main(int argc, char **argv)
{
    return service_main(&activity_definition, argc, argv);
}
