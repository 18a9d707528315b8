// SPDX-License-Identifier: Apache-2.0
#include "common/service/memory.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "common/wire/envelope.h"

enum {
    GENERATION_MS = 60 * 1000,
    GENERATIONS = 24, // ids expire at most 10 minutes ahead; the rest is room for clocks that jump
    PARTS = 256,      // of a generation: one grows at a time, so that no command waits for millions to be laid out anew
    FIRST_CAPACITY = 8,
};

_Static_assert(crypto_shorthash_KEYBYTES == 16, "the fingerprint's key");

/** Eight bytes, for there are millions: what two ids have in common by chance, the journal's records tell apart. */
struct slot {
    uint32_t tag; // of the fingerprint; 0: free
    uint32_t seq; // its lower half
};

/** Those of one highest byte of the tag, at the place its lower bytes tell or as soon after it as is free, whoever is nearer to his own giving way: so
 * none is far from it however full the part is, and who looks for one that is not there soon knows (Robin Hood hashing). */
struct part {
    struct slot *slots;
    uint32_t capacity;
    uint32_t count;
};

struct generation {
    int64_t minute; // of expiry, UTC
    int64_t keep_until_monotonic_ms;
    size_t count;
    struct part parts[PARTS];
};

struct remembered_refusal {
    uint8_t digest[JOURNAL_COMMAND_DIGEST_BYTES];
    struct refusal refusal;
};

struct memory {
    pthread_mutex_t lock;
    uint8_t secret[16];
    size_t limit;
    size_t count;
    uint64_t newest_seq; // remembered ever; all others are less than 2^32 below it
    struct generation generations[GENERATIONS];
    uint64_t refusal_fingerprints[MEMORY_REFUSALS]; // of those below, close together: mostly it is none of them
    struct remembered_refusal *refusals;            // by fingerprint; a newer one takes the place
};

struct memory *memory_new(size_t limit, const uint8_t secret[16])
{
    struct memory *memory = calloc(1, sizeof *memory);
    if (!memory)
        return NULL;
    memory->refusals = calloc(MEMORY_REFUSALS, sizeof *memory->refusals);
    if (!memory->refusals || pthread_mutex_init(&memory->lock, NULL) != 0) {
        free(memory->refusals);
        free(memory);
        return NULL;
    }
    memcpy(memory->secret, secret, sizeof memory->secret);
    memory->limit = limit;
    return memory;
}

static void free_parts(struct generation *generation)
{
    for (size_t i = 0; i < PARTS; i++)
        free(generation->parts[i].slots);
}

void memory_free(struct memory *memory)
{
    if (!memory)
        return;
    for (size_t i = 0; i < GENERATIONS; i++)
        free_parts(&memory->generations[i]);
    pthread_mutex_destroy(&memory->lock);
    free(memory->refusals);
    free(memory);
}

/** The NUL between the two keeps ("ab", "c") apart from ("a", "bc"); neither contains one. */
static uint64_t fingerprint_of(const struct memory *memory, struct text sender, struct text id)
{
    uint8_t joined[64 + 1 + 64];
    uint8_t hash[crypto_shorthash_BYTES];
    must(sender.len <= 64 && id.len <= 64);
    if (sender.len)
        memcpy(joined, sender.data, sender.len);
    joined[sender.len] = 0;
    if (id.len)
        memcpy(joined + sender.len + 1, id.data, id.len);
    crypto_shorthash(hash, joined, sender.len + 1 + id.len, memory->secret);
    uint64_t fingerprint;
    memcpy(&fingerprint, hash, sizeof fingerprint);
    return fingerprint;
}

static uint32_t tag_of(uint64_t fingerprint)
{
    uint32_t tag = (uint32_t)fingerprint;
    return tag ? tag : 1;
}

static uint64_t seq_of(const struct memory *memory, const struct slot *slot)
{
    return memory->newest_seq - ((uint32_t)memory->newest_seq - slot->seq);
}

static struct part *part_of(struct generation *generation, uint32_t tag)
{
    return &generation->parts[tag >> 24];
}

/** Where a tag's slot is, unless others are in its way: then after it. */
static uint32_t home_of(const struct part *part, uint32_t tag)
{
    return (uint32_t)(((uint64_t)(tag & 0xffffff) * part->capacity) >> 24);
}

static uint32_t after(const struct part *part, uint32_t at)
{
    return at + 1 == part->capacity ? 0 : at + 1;
}

/** How far behind its place the slot at `at` stands. */
static uint32_t way_of(const struct part *part, uint32_t at)
{
    uint32_t home = home_of(part, part->slots[at].tag);
    return at >= home ? at - home : at + part->capacity - home;
}

static void place(struct part *part, struct slot slot)
{
    uint32_t at = home_of(part, slot.tag);
    for (uint32_t way = 0; part->slots[at].tag; way++, at = after(part, at)) {
        uint32_t others = way_of(part, at);
        if (others >= way)
            continue;
        struct slot other = part->slots[at];
        part->slots[at] = slot;
        slot = other;
        way = others;
    }
    part->slots[at] = slot;
    part->count++;
}

/** Lays the part out anew with `capacity` slots, without entries above `last_seq`. */
static bool lay_out(const struct memory *memory, struct part *part, uint32_t capacity, uint64_t last_seq)
{
    struct part fresh = {calloc(capacity, sizeof *fresh.slots), capacity, 0};
    if (!fresh.slots)
        return false;
    for (uint32_t i = 0; i < part->capacity; i++) {
        const struct slot *slot = &part->slots[i];
        if (slot->tag && seq_of(memory, slot) <= last_seq)
            place(&fresh, *slot);
    }
    free(part->slots);
    *part = fresh;
    return true;
}

/** The minute's own; else a free one; else, after a clock has jumped often, the nearest: what shares one lives as the longest. */
static struct generation *generation_of(struct memory *memory, int64_t minute)
{
    struct generation *free_one = NULL, *nearest = NULL;
    for (size_t i = 0; i < GENERATIONS; i++) {
        struct generation *generation = &memory->generations[i];
        if (!generation->count) {
            free_one = generation;
            continue;
        }
        if (generation->minute == minute)
            return generation;
        if (!nearest || llabs(generation->minute - minute) < llabs(nearest->minute - minute))
            nearest = generation;
    }
    if (free_one) {
        free_one->minute = minute;
        free_one->keep_until_monotonic_ms = INT64_MIN;
        return free_one;
    }
    if (nearest->minute < minute)
        nearest->minute = minute;
    return nearest;
}

/** Keeps the load at nine tenths or less, and mostly above seven. */
static bool make_room(const struct memory *memory, struct part *part)
{
    if (((uint64_t)part->count + 1) * 10 <= (uint64_t)part->capacity * 9)
        return true;
    uint32_t capacity = part->capacity ? part->capacity + part->capacity / 4 : FIRST_CAPACITY;
    return lay_out(memory, part, capacity, UINT64_MAX);
}

uint32_t memory_tag(const struct memory *memory, struct text sender, struct text id)
{
    return tag_of(fingerprint_of(memory, sender, id));
}

bool memory_add(struct memory *memory, struct text sender, struct text id, uint64_t seq, int64_t expires_ms,
                int64_t now_ms, int64_t monotonic_ms)
{
    return memory_add_tag(memory, memory_tag(memory, sender, id), seq, expires_ms, now_ms, monotonic_ms);
}

bool memory_add_tag(struct memory *memory, uint32_t tag, uint64_t seq, int64_t expires_ms, int64_t now_ms,
                    int64_t monotonic_ms)
{
    bool added = false;
    pthread_mutex_lock(&memory->lock);
    struct generation *generation =
        memory->count < memory->limit ? generation_of(memory, expires_ms / GENERATION_MS) : NULL;
    struct part *part = generation ? part_of(generation, tag) : NULL;
    if (part && make_room(memory, part)) {
        int64_t lives_ms = expires_ms > now_ms ? expires_ms - now_ms : 0;
        int64_t keep_until = monotonic_ms + lives_ms + COMMAND_MEMORY_GRACE_MS;
        if (keep_until > generation->keep_until_monotonic_ms)
            generation->keep_until_monotonic_ms = keep_until;
        place(part, (struct slot){tag, (uint32_t)seq});
        generation->count++;
        if (seq > memory->newest_seq)
            memory->newest_seq = seq;
        memory->count++;
        added = true;
    }
    pthread_mutex_unlock(&memory->lock);
    return added;
}

bool memory_has_room(struct memory *memory)
{
    pthread_mutex_lock(&memory->lock);
    bool room = memory->count < memory->limit;
    pthread_mutex_unlock(&memory->lock);
    return room;
}

static void find_in(const struct memory *memory, const struct part *part, uint32_t tag, struct memory_matches *matches)
{
    if (!part->count)
        return;
    uint32_t way = 0;
    for (uint32_t at = home_of(part, tag); part->slots[at].tag && way_of(part, at) >= way;
         at = after(part, at), way++) {
        const struct slot *slot = &part->slots[at];
        if (slot->tag == tag && matches->count < sizeof matches->seqs / sizeof *matches->seqs)
            matches->seqs[matches->count++] = seq_of(memory, slot);
    }
}

void memory_find(struct memory *memory, struct text sender, struct text id, struct memory_matches *out_matches)
{
    uint32_t tag = memory_tag(memory, sender, id);
    out_matches->count = 0;
    pthread_mutex_lock(&memory->lock);
    // Each is a place of its own in millions: memory brings them side by side, not one after the other.
    for (size_t i = 0; i < GENERATIONS; i++) {
        const struct part *part = part_of(&memory->generations[i], tag);
        if (part->count)
            __builtin_prefetch(&part->slots[home_of(part, tag)]);
    }
    for (size_t i = 0; i < GENERATIONS; i++) {
        if (memory->generations[i].count)
            find_in(memory, part_of(&memory->generations[i], tag), tag, out_matches);
    }
    pthread_mutex_unlock(&memory->lock);
}

void memory_add_refusal(struct memory *memory, struct text sender, struct text id,
                        const uint8_t digest[JOURNAL_COMMAND_DIGEST_BYTES], const struct refusal *refusal)
{
    uint64_t fingerprint = fingerprint_of(memory, sender, id);
    struct remembered_refusal *entry = &memory->refusals[fingerprint % MEMORY_REFUSALS];
    memory->refusal_fingerprints[fingerprint % MEMORY_REFUSALS] = fingerprint;
    entry->refusal = *refusal;
    memcpy(entry->digest, digest, sizeof entry->digest);
}

void memory_forget_refusal(struct memory *memory, struct text sender, struct text id)
{
    uint64_t fingerprint = fingerprint_of(memory, sender, id);
    uint64_t *kept = &memory->refusal_fingerprints[fingerprint % MEMORY_REFUSALS];
    if (*kept == fingerprint)
        *kept = 0;
}

bool memory_find_refusal(struct memory *memory, struct text sender, struct text id, struct refusal *out_refusal,
                         uint8_t out_digest[JOURNAL_COMMAND_DIGEST_BYTES])
{
    uint64_t fingerprint = fingerprint_of(memory, sender, id);
    const struct remembered_refusal *entry = &memory->refusals[fingerprint % MEMORY_REFUSALS];
    if (memory->refusal_fingerprints[fingerprint % MEMORY_REFUSALS] != fingerprint)
        return false;
    *out_refusal = entry->refusal;
    memcpy(out_digest, entry->digest, sizeof entry->digest);
    return true;
}

/** Gives an emptied generation's slots back. */
static void drop(struct memory *memory, struct generation *generation)
{
    memory->count -= generation->count;
    free_parts(generation);
    *generation = (struct generation){.minute = 0};
}

void memory_forget_above(struct memory *memory, uint64_t seq)
{
    pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < GENERATIONS; i++) {
        struct generation *generation = &memory->generations[i];
        if (!generation->count)
            continue;
        size_t before = generation->count;
        generation->count = 0;
        for (size_t j = 0; j < PARTS; j++) {
            struct part *part = &generation->parts[j];
            // Without memory the stale entries stay: whoever finds one compares it with the journal, and it will not match.
            if (part->count)
                lay_out(memory, part, part->capacity, seq);
            generation->count += part->count;
        }
        memory->count -= before - generation->count;
        if (!generation->count)
            drop(memory, generation);
    }
    pthread_mutex_unlock(&memory->lock);
}

void memory_sweep(struct memory *memory, int64_t now_ms, int64_t monotonic_ms)
{
    pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < GENERATIONS; i++) {
        struct generation *generation = &memory->generations[i];
        int64_t last_expiry_ms = (generation->minute + 1) * GENERATION_MS;
        if (generation->count && now_ms > last_expiry_ms + COMMAND_MEMORY_GRACE_MS &&
            monotonic_ms > generation->keep_until_monotonic_ms)
            drop(memory, generation);
    }
    pthread_mutex_unlock(&memory->lock);
}

size_t memory_count(struct memory *memory)
{
    pthread_mutex_lock(&memory->lock);
    size_t count = memory->count;
    pthread_mutex_unlock(&memory->lock);
    return count;
}
