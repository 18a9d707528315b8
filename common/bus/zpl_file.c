// SPDX-License-Identifier: Apache-2.0
#include "common/bus/zpl_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/must.h"

enum { FILE_BYTES = 64 * 1024 };

char *zpl_read_file(const char *path, size_t *out_len, const char **out_problem)
{
    FILE *stream = fopen(path, "re");
    char *text = stream ? malloc(FILE_BYTES + 1) : NULL;
    size_t len = text ? fread(text, 1, FILE_BYTES + 1, stream) : 0;
    bool is_read = text && !ferror(stream);
    int error = errno;
    if (stream)
        fclose(stream);
    if (is_read && len <= FILE_BYTES) {
        text[len] = '\0';
        *out_len = len;
        return text;
    }
    free(text);
    *out_problem = is_read ? "larger than 64 KiB" : strerrordesc_np(error);
    return NULL;
}

size_t zpl_distance(const char *a, const char *b)
{
    size_t row[ZPL_NAME_BYTES + 1];
    size_t len = strlen(b);
    must(len <= ZPL_NAME_BYTES);
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (; *a; a++) {
        size_t diagonal = row[0]++;
        for (size_t j = 1; j <= len; j++) {
            size_t replaced = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            size_t moved = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = replaced < moved ? replaced : moved;
        }
    }
    return row[len];
}
