// SPDX-License-Identifier: Apache-2.0
/** Version of the protocol the programs speak. Their own version, PERSONKORT_VERSION, comes from CMakeLists.txt. */
#ifndef COMMON_SERVICE_VERSION_H
#define COMMON_SERVICE_VERSION_H

enum { PERSONKORT_PROTOCOL = 1 };

#endif
