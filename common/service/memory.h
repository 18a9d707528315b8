// SPDX-License-Identifier: Apache-2.0
/**
 * Memory: which command ids were seen, so that the same command from the same sender has one effect (design.md, 2).
 *
 * It holds fingerprints and journal positions only: what a command was, and what it was answered, stand in the journal record
 * that remembers it, and whoever finds an entry here reads that record and compares. Refusals are remembered here alone, about
 * MEMORY_REFUSALS of the newest, so that a repeat of a refused command does not take effect later behind its sender's back; a
 * restart forgets those.
 *
 * An entry lives until the wall clock is past its expiry plus a minute *and* so much time has passed on the monotonic clock too,
 * so that a clock that jumps either way forgets nothing early. Entries lie in generations by the minute of their expiry, and a
 * generation is dropped whole. One thread writes; memory_find, memory_has_room and memory_count may come from any thread.
 */
#ifndef COMMON_SERVICE_MEMORY_H
#define COMMON_SERVICE_MEMORY_H

#include "common/store/journal.h"
#include "common/wire/refusal.h"

struct memory;

enum { MEMORY_REFUSALS = 4096 };

/** `limit` is the most ids remembered at once; 10 to 16 bytes each. `secret` (16 bytes, copied) keys the fingerprints. NULL: no memory. */
struct memory *memory_new(size_t limit, const uint8_t secret[16]);
void memory_free(struct memory *memory);

/** Positions that may be the one remembering (sender, id): the caller reads each journal record and compares. */
struct memory_matches {
    uint64_t seqs[8];
    size_t count;
};
void memory_find(struct memory *memory, struct text sender, struct text id, struct memory_matches *out_matches);

/** Remembers a done command. False: the memory is full; nothing was remembered. */
bool memory_add(struct memory *memory, struct text sender, struct text id, uint64_t seq, int64_t expires_ms,
                int64_t now_ms, int64_t monotonic_ms);

/** What stands for (sender, id) here; keyed, and no more to be guessed from outside than the secret. */
uint32_t memory_tag(const struct memory *memory, struct text sender, struct text id);

/** As memory_add. */
bool memory_add_tag(struct memory *memory, uint32_t tag, uint64_t seq, int64_t expires_ms, int64_t now_ms,
                    int64_t monotonic_ms);

/** Whether memory_add would find room. */
bool memory_has_room(struct memory *memory);

/** Remembers a refusal, of a command with this digest. */
void memory_add_refusal(struct memory *memory, struct text sender, struct text id,
                        const uint8_t digest[JOURNAL_COMMAND_DIGEST_BYTES], const struct refusal *refusal);

/** Forgets it again: the batch it was made in was aborted. */
void memory_forget_refusal(struct memory *memory, struct text sender, struct text id);

/** The refusal this (sender, id) was answered with; `out_digest` of the command then. */
bool memory_find_refusal(struct memory *memory, struct text sender, struct text id, struct refusal *out_refusal,
                         uint8_t out_digest[JOURNAL_COMMAND_DIGEST_BYTES]);

/** Forgets every entry whose position is above `seq`: the batch that made them was aborted. */
void memory_forget_above(struct memory *memory, uint64_t seq);

/** Drops what is past its time. Call it now and then. */
void memory_sweep(struct memory *memory, int64_t now_ms, int64_t monotonic_ms);

size_t memory_count(struct memory *memory);

#endif
