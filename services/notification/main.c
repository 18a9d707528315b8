// SPDX-License-Identifier: Apache-2.0
/** personkort-notification: e-mail and SMS. */
#include "common/service/service.h"
#include "services/notification/notification.h"

int main(int argc, char **argv)
{
    return service_main(&notification_definition, argc, argv);
}
