// SPDX-License-Identifier: Apache-2.0
/** Need: memory without which pk cannot go on. It ends then, with EXIT_FAILED: nothing depends on a command line living on. */
#ifndef SERVICES_PK_NEED_H
#define SERVICES_PK_NEED_H

/** `memory` itself, which is not NULL. */
void *need(void *memory);

/** For what tells success by a flag. */
void need_success(int is_success);

#endif
