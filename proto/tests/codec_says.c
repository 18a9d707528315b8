// SPDX-License-Identifier: Apache-2.0
/**
 * What the codec says of frames, for tests in other languages. Standard input is a row of cases: a line `SIZE MODE NAME` and
 * behind it the frame, SIZE bytes. MODE is `closed` or `open`, for unknown keys; NAME that of a struct, message body or reply.
 * Each case is answered with a line: `ok HEX`, the frame as the codec encodes it anew, or the refusal's code and field.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/wire/codec.h"
#include "proto/activity.gen.h"
#include "proto/envelope.gen.h"
#include "proto/notification.gen.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "proto/stats.gen.h"

enum { VALUE_BYTES = 4096, ARENA_BYTES = 16 * 1024 * 1024, FRAME_BYTES = 8 * 1024 * 1024 };

#define ALL_OF(structs) (structs), sizeof(structs) / sizeof *(structs)

static const struct {
    const struct struct_desc *const *structs;
    size_t count;
} lists[] = {
    {ALL_OF(envelope_structs)}, {ALL_OF(service_structs)},      {ALL_OF(person_structs)},
    {ALL_OF(activity_structs)}, {ALL_OF(notification_structs)}, {ALL_OF(stats_structs)},
};

static const struct struct_desc *find(const char *name)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t k = 0; k < lists[i].count; k++)
            if (strcmp(lists[i].structs[k]->name, name) == 0 && !lists[i].structs[k]->numbered)
                return lists[i].structs[k];
    return NULL;
}

static void print_encoded(const struct struct_desc *desc, const void *value)
{
    struct buffer buffer;
    buffer_init(&buffer, FRAME_BYTES);
    codec_encode(desc, value, &buffer);
    must(!buffer.failed);
    struct bytes bytes = buffer_bytes(&buffer);
    fputs("ok ", stdout);
    for (size_t i = 0; i < bytes.len; i++)
        printf("%02x", bytes.data[i]);
    putchar('\n');
    buffer_fini(&buffer);
}

static void judge(const struct struct_desc *desc, enum codec_unknown unknown, struct bytes frame)
{
    static _Alignas(max_align_t) char value[VALUE_BYTES];
    struct arena arena;
    struct refusal refusal = {.code = ERROR_NONE};
    must(desc->size <= sizeof value);
    arena_init(&arena, ARENA_BYTES);
    if (codec_decode_frame(desc, frame, unknown, &arena, value, &refusal))
        print_encoded(desc, value);
    else
        printf("%s %s\n", error_info(refusal.code)->name, refusal.field);
    arena_fini(&arena);
}

/** Reads the frame behind a case's first line, `SIZE MODE NAME`, and answers. False: that is no case. */
static bool answer(char *line)
{
    static unsigned char frame[FRAME_BYTES];
    char *mode;
    size_t size = strtoul(line, &mode, 10);
    char *name = *mode == ' ' ? strchr(mode + 1, ' ') : NULL;
    if (!name || size > sizeof frame || fread(frame, 1, size, stdin) != size)
        return false;
    name++;
    name[strcspn(name, "\n")] = '\0';
    const struct struct_desc *desc = find(name);
    if (desc)
        judge(desc, mode[1] == 'o' ? CODEC_SKIP_UNKNOWN : CODEC_REFUSE_UNKNOWN, bytes_of(frame, size));
    else
        printf("unknown_struct %s\n", name);
    return true;
}

int main(void)
{
    char line[256];
    while (fgets(line, sizeof line, stdin))
        if (!answer(line))
            return 1;
    return 0;
}
