// SPDX-License-Identifier: Apache-2.0
#include "services/pk/attach.h"

#include <stdio.h>

#include "common/client/need.h"
#include "services/pk/fill.h"

enum {
    MOST_FILES = 16,
    PIECE_BYTES = 196608,          // blob.put takes no more
    MOST_BYTES = 10 * 1024 * 1024, // of all files of an e-mail
    LONGEST_ID = 48,               // leaves room for what makes a piece's id of it
};

/** Content types by the end of a file's name; what is not here is a stream of bytes. */
static const struct content_type {
    const char *ending;
    const char *type;
} content_types[] = {
    {".pdf", "application/pdf"},
    {".txt", "text/plain"},
    {".csv", "text/csv"},
    {".html", "text/html"},
    {".ics", "text/calendar"},
    {".vcf", "text/vcard"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".svg", "image/svg+xml"},
    {".zip", "application/zip"},
    {".json", "application/json"},
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {".odt", "application/vnd.oasis.opendocument.text"},
    {".ods", "application/vnd.oasis.opendocument.spreadsheet"},
};

static struct text content_type_of(const char *name)
{
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending && i < sizeof content_types / sizeof *content_types; i++)
        if (strcasecmp(ending, content_types[i].ending) == 0)
            return text_of(content_types[i].type);
    return TEXT("application/octet-stream");
}

static struct text name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return text_of(slash ? slash + 1 : path);
}

/** Puts one file's content as a blob. */
static int put(struct pk *pk, const char *id, size_t file, struct bytes content, uint64_t *out_blob)
{
    struct client_answer answer;
    uint64_t blob = 0;
    int code = EXIT_DONE;
    for (size_t offset = 0; offset < content.len && code == EXIT_DONE; offset += PIECE_BYTES) {
        char piece_id[SESSION_ID_BYTES];
        size_t left = content.len - offset;
        struct blob_put piece = {
            .has_blob = blob > 0,
            .blob = blob,
            .offset = (int64_t)offset,
            .data = bytes_of(content.data + offset, left < PIECE_BYTES ? left : PIECE_BYTES),
            .last = left <= PIECE_BYTES,
        };
        snprintf(piece_id, sizeof piece_id, "%s.%zu.%zu", id, file, offset / PIECE_BYTES);
        code = session_call(pk, NULL, &blob_put_message, &piece, piece_id, &pk->arena, &answer);
        if (code == EXIT_DONE)
            blob = ((const struct blob_put_reply *)answer.reply)->blob;
    }
    *out_blob = blob;
    return code;
}

static int attach(struct pk *pk, const char *id, size_t file, const char *path, size_t *room,
                  struct attachment *out_attachment)
{
    struct bytes content = {NULL, 0};
    int code = fill_read_file(path, *room, &pk->arena, &content);
    if (code != EXIT_DONE)
        return code;
    if (content.len == 0) {
        fprintf(stderr, "pk: %s: is empty and cannot be attached\n", path);
        return EXIT_FAILED;
    }
    *room -= content.len;
    out_attachment->name = name_of(path);
    out_attachment->content_type = content_type_of(path);
    return put(pk, id, file, content, &out_attachment->blob);
}

int attach_files(struct pk *pk, const char *id, struct email_send *body)
{
    struct attachment *attachments = need(arena_alloc_array(&pk->arena, MOST_FILES, sizeof *attachments));
    size_t count = 0, room = MOST_BYTES;
    int code = EXIT_DONE;
    for (size_t i = 0; i < pk->arguments.count && code == EXIT_DONE; i++) {
        const struct given *given = &pk->arguments.given[i];
        if (given->option || given->own != OWN_ATTACH)
            continue;
        if (count == MOST_FILES || strlen(id) > LONGEST_ID) {
            fprintf(stderr, "pk: at most %d files can go with an e-mail, and --id must then be at most %d bytes\n",
                    (int)MOST_FILES, (int)LONGEST_ID);
            return EXIT_USAGE;
        }
        code = attach(pk, id, count, given->value, &room, &attachments[count]);
        count++;
    }
    body->attachments.count = count;
    body->attachments.items = attachments;
    return code;
}
