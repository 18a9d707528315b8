// SPDX-License-Identifier: Apache-2.0
/** Interrupt: what control-C does to pk. For the main thread, after the bus was opened with signals blocked. */
#ifndef SERVICES_PK_INTERRUPT_H
#define SERVICES_PK_INTERRUPT_H

/** From now on an interrupt ends the program with EXIT_INTERRUPTED; a termination, or a reader that went away, as is usual. */
void interrupt_ends_program(void);

/** Names the command that is under way, for the last words; NULL: none is. The id is copied, at most 64 bytes. */
void interrupt_tells_id(const char *id);

/** Sets the last words themselves, at most 200 bytes; NULL: none. */
void interrupt_tells(const char *words);

#endif
