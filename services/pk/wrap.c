// SPDX-License-Identifier: Apache-2.0
#include "services/pk/wrap.h"

#include <string.h>

enum { COLUMNS = 100 };

static size_t width_of(const char *text, size_t len)
{
    size_t width = 0;
    for (size_t i = 0; i < len; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80; // not a byte within a letter
    return width;
}

size_t wrap_width(const char *text)
{
    return width_of(text, strlen(text));
}

void wrap_text(FILE *out, const char *text, size_t indent, size_t column)
{
    static const char spaces[] = " \n";
    if (column < indent) {
        fprintf(out, "%*s", (int)(indent - column), "");
        column = indent;
    }
    for (text += strspn(text, spaces); *text; text += strspn(text, spaces)) {
        size_t len = strcspn(text, spaces), width = width_of(text, len);
        if (column > indent && column + 1 + width > COLUMNS) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, len, out);
        column += width;
        text += len;
    }
    fputc('\n', out);
}
