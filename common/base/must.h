// SPDX-License-Identifier: Apache-2.0
/**
 * `must`: for what can only be a defect of this program. Always compiled in; prints what and where, then aborts.
 *
 * Never for input, memory or disk: those are refusals (common/wire/refusal.h) or faults (fault.h). Aborting is safe because
 * the store is: what was acknowledged is on disk, what was not is wholly absent.
 */
#ifndef COMMON_BASE_MUST_H
#define COMMON_BASE_MUST_H

#define must(condition) ((condition) ? (void)0 : must_fail(#condition, __FILE__, __LINE__, __func__))

/** Prints the broken condition to stderr and aborts. */
_Noreturn void must_fail(const char *condition, const char *file, int line, const char *function);

#endif
