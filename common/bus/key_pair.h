// SPDX-License-Identifier: Apache-2.0
/**
 * Key pair: a CURVE key as ZeroMQ writes it (Z85, 40 characters), and the file that holds a pair:
 *
 *     curve
 *         public-key = "…"
 *         secret-key = "…"
 *
 * That is the layout of CZMQ's certificates, so that pyzmq's zmq.auth.load_certificate and zcert read it too. Only its owner may
 * have access to the file. Stateless; any thread.
 */
#ifndef COMMON_BUS_KEY_PAIR_H
#define COMMON_BUS_KEY_PAIR_H

#include "common/base/fault.h"
#include "common/base/text.h"

enum { KEY_TEXT_BYTES = 41 }; // 40 characters and a NUL

struct key_pair {
    char public_key[KEY_TEXT_BYTES];
    char secret_key[KEY_TEXT_BYTES]; // never logged, never printed
};

/** Whether the text is a key: 40 characters that stand for 32 bytes. */
bool key_is_valid(struct text text);

/** Makes a new pair. Its public key does not begin with a dash, so that it can be typed behind a command. */
void key_pair_make(struct key_pair *out_pair);

/**
 * Reads a pair. FAULT_CONFIG: `out_problem` (size bytes) says what is wrong and what to do: the file is missing, is not the
 * program's user's, lets others in, or holds no pair.
 */
enum fault key_pair_load(const char *path, struct key_pair *out_pair, char *out_problem, size_t size);

/** Writes a pair to a new file that only its owner may read. FAULT_IN_USE when there is such a file; FAULT_IO. `out_problem` as
 * above. */
enum fault key_pair_save(const char *path, const struct key_pair *pair, char *out_problem, size_t size);

/** Overwrites it. */
void key_pair_wipe(struct key_pair *pair);

#endif
