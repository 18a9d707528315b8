// SPDX-License-Identifier: Apache-2.0
/**
 * Needles: texts of one person by which his bytes are looked for in files, one a line. They are written before he is erased (`pk person
 * needles`) and read afterwards (`pk verify --erased`).
 *
 * A needle is found in any capitals of ASCII, as it is in UTF-8, and as mails write it: quoted-printable, as a word of a header, and in base64.
 */
#ifndef SERVICES_PK_NEEDLES_H
#define SERVICES_PK_NEEDLES_H

#include <glib.h>

#include "common/base/text.h"

struct needles;

/** Reads a file of them; NULL after saying why not. Gives: needles_free. */
struct needles *needles_read(const char *path);
void needles_free(struct needles *needles);

size_t needles_count(const struct needles *needles);

/** Calls `found` with the line of each needle that the file holds and where it stands first. False: it cannot be read. */
bool needles_search(const struct needles *needles, const char *path,
                    void (*found)(void *user, const char *path, size_t line, uint64_t offset), void *user);

#endif
