// SPDX-License-Identifier: Apache-2.0
/** personkort-person: the contact register. */
#include "common/service/service.h"
#include "services/person/person.h"

int main(int argc, char **argv)
{
    return service_main(&person_definition, argc, argv);
}
