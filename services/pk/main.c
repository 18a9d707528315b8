// SPDX-License-Identifier: Apache-2.0
/** pk: the operator's command line. */
#include "services/pk/pk.h"

int main(int argc, char **argv)
{
    return pk_main(argc, argv);
}
