// SPDX-License-Identifier: Apache-2.0
/** Need: memory without which a program that only asks cannot go on. It ends then, with status 1: nothing depends on its living on. */
#ifndef COMMON_CLIENT_NEED_H
#define COMMON_CLIENT_NEED_H

/** `memory` itself, which is not NULL. */
void *need(void *memory);

/** For what tells success by a flag. */
void need_success(int is_success);

#endif
