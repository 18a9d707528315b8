// SPDX-License-Identifier: Apache-2.0
#include "services/pk/needles.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
    LINE_BYTES = 4096,
    CHUNK_BYTES = 4 * 1024 * 1024,
    BASE64_FROM = 9,    // shorter ones stand everywhere
    SHORTEST_HALF = 20, // or the domain of an address is one
};

/** One way in which a needle may be written. */
struct form {
    size_t line;
    bool exact; // base64, where capitals count
    GString *bytes;
};

struct needles {
    size_t count;
    size_t last_line;
    size_t longest;
    GPtrArray *forms; // struct form
};

static void form_free(void *user)
{
    struct form *form = user;
    g_string_free(form->bytes, TRUE);
    g_free(form);
}

static void lower(char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = g_ascii_tolower(bytes[i]);
}

/** Takes the bytes. */
static void add_form(struct needles *needles, size_t line, bool exact, GString *bytes)
{
    struct form *form = g_new0(struct form, 1);
    *form = (struct form){line, exact, bytes};
    if (!exact)
        lower(bytes->str, bytes->len);
    if (bytes->len > needles->longest)
        needles->longest = bytes->len;
    g_ptr_array_add(needles->forms, form);
}

/** Bytes above ASCII as =C3=85; `blank` is how a blank is written. */
static GString *quoted(const char *text, char blank)
{
    GString *out = g_string_new(NULL);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at >= 0x7f || *at == '=')
            g_string_append_printf(out, "=%02X", *at);
        else
            g_string_append_c(out, *at == ' ' ? blank : (char)*at);
    return out;
}

/** The text as it stands within a longer one in base64, for each place of its beginning; without what depends on its neighbours. */
static void add_base64(struct needles *needles, size_t line, const char *text)
{
    size_t len = strlen(text);
    for (size_t before = 0; before < 3 && len >= BASE64_FROM; before++) {
        guchar *padded = g_malloc0(before + len);
        memcpy(padded + before, text, len);
        gchar *encoded = g_base64_encode(padded, before + len);
        size_t from = before == 0 ? 0 : before + 1, to = (before + len) / 3 * 4;
        add_form(needles, line, true, g_string_new_len(encoded + from, (gssize)(to - from)));
        g_free(encoded);
        g_free(padded);
    }
}

/** As mails write it. */
static void add_encoded(struct needles *needles, size_t line, const char *text)
{
    add_form(needles, line, false, quoted(text, ' '));
    add_form(needles, line, false, quoted(text, '_'));
    add_base64(needles, line, text);
}

/** Of a long one its halves, too, encoded: mails break lines, and one of the halves is whole. */
static void add(struct needles *needles, size_t line, const char *text)
{
    size_t half = strlen(text) / 2;
    add_form(needles, line, false, g_string_new(text));
    add_encoded(needles, line, text);
    if (half >= SHORTEST_HALF) {
        gchar *first = g_strndup(text, half);
        add_encoded(needles, line, first);
        add_encoded(needles, line, text + half);
        g_free(first);
    }
    needles->count++;
    needles->last_line = line;
}

struct needles *needles_read(const char *path)
{
    char line[LINE_BYTES];
    FILE *file = fopen(path, "re");
    if (!file) {
        fprintf(stderr, "pk: --needles: the file %s cannot be read\n", path);
        return NULL;
    }
    struct needles *needles = g_new0(struct needles, 1);
    needles->forms = g_ptr_array_new_with_free_func(form_free);
    for (size_t number = 1; fgets(line, sizeof line, file); number++) {
        g_strchomp(line);
        if (*line && *line != '#')
            add(needles, number, line);
    }
    fclose(file);
    if (needles->count > 0)
        return needles;
    fprintf(stderr, "pk: --needles: the file %s has none; pk person needles writes them, before the person is erased\n",
            path);
    needles_free(needles);
    return NULL;
}

void needles_free(struct needles *needles)
{
    if (!needles)
        return;
    g_ptr_array_unref(needles->forms);
    g_free(needles);
}

size_t needles_count(const struct needles *needles)
{
    return needles->count;
}

/** A piece of a file, as it is and in small letters. */
struct piece {
    char *bytes;
    char *small;
    size_t len;
    uint64_t offset; // in the file
};

static void search_piece(const struct needles *needles, const struct piece *piece, bool *told, const char *path,
                         void (*found)(void *user, const char *path, size_t line, uint64_t offset), void *user)
{
    for (size_t i = 0; i < needles->forms->len; i++) {
        const struct form *form = g_ptr_array_index(needles->forms, i);
        const char *bytes = form->exact ? piece->bytes : piece->small;
        const char *at = told[form->line] ? NULL : memmem(bytes, piece->len, form->bytes->str, form->bytes->len);
        if (!at)
            continue;
        told[form->line] = true;
        found(user, path, form->line, piece->offset + (uint64_t)(at - bytes));
    }
}

bool needles_search(const struct needles *needles, const char *path,
                    void (*found)(void *user, const char *path, size_t line, uint64_t offset), void *user)
{
    size_t kept = 0; // of the piece before, so that nothing is missed between two
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    size_t room = CHUNK_BYTES + needles->longest;
    struct piece piece = {g_malloc(room), g_malloc(room), 0, 0};
    bool *told = g_new0(bool, needles->last_line + 1);
    ssize_t got;
    while ((got = read(fd, piece.bytes + kept, CHUNK_BYTES)) > 0) {
        piece.len = kept + (size_t)got;
        memcpy(piece.small, piece.bytes, piece.len);
        lower(piece.small, piece.len);
        search_piece(needles, &piece, told, path, found, user);
        kept = piece.len < needles->longest ? piece.len : needles->longest;
        memmove(piece.bytes, piece.bytes + piece.len - kept, kept);
        piece.offset += piece.len - kept;
    }
    g_free(told);
    g_free(piece.bytes);
    g_free(piece.small);
    close(fd);
    return got == 0;
}
