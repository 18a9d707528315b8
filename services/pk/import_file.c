// SPDX-License-Identifier: Apache-2.0
#include "services/pk/import_file.h"

#include <errno.h>
#include <glib.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/must.h"
#include "services/pk/exit_code.h"

enum { SCAN_BYTES = 256 * 1024, CHARACTER_BYTES = 4 };

/** What is found when the file is looked through. */
struct scan {
    int64_t line;           // of the first byte of the chunk
    int64_t nul_line;       // the first of each, 0: none
    int64_t utf8_line;      // that is no UTF-8
    int64_t undefined_line; // with a byte that Windows-1252 has not
    bool is_utf16;
    size_t mark_bytes;
    char kept[CHARACTER_BYTES]; // the beginning of a character, whose rest is in the next chunk
    size_t kept_len;
};

static int64_t count_lines(const char *data, size_t len)
{
    int64_t count = 0;
    for (const char *at = data; (at = memchr(at, '\n', len - (size_t)(at - data))); at++)
        count++;
    return count;
}

/** Looks at the first bytes of all. */
static void scan_mark(struct scan *scan, const char *data, size_t len)
{
    if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
        scan->mark_bytes = 3;
    scan->is_utf16 = len >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0);
}

/** `data` begins with what was kept. */
static void scan_utf8(struct scan *scan, const char *data, size_t len, bool is_last)
{
    const char *end = data;
    scan->kept_len = 0;
    if (scan->utf8_line || g_utf8_validate_len(data, len, &end))
        return;
    size_t left = len - (size_t)(end - data);
    if (!is_last && left < CHARACTER_BYTES) {
        memcpy(scan->kept, end, left);
        scan->kept_len = left;
    } else {
        scan->utf8_line = scan->line + count_lines(data, (size_t)(end - data));
    }
}

static void scan_undefined(struct scan *scan, const char *data, size_t len)
{
    static const char undefined[] = "\x81\x8d\x8f\x90\x9d";
    for (const char *byte = undefined; *byte && !scan->undefined_line; byte++) {
        const char *at = memchr(data, *byte, len);
        if (at)
            scan->undefined_line = scan->line + count_lines(data, (size_t)(at - data));
    }
}

static bool scan_all(struct import_file *file, struct scan *out_scan)
{
    static char chunk[CHARACTER_BYTES + SCAN_BYTES];
    crypto_generichash_state state;
    *out_scan = (struct scan){.line = 1};
    must(crypto_generichash_init(&state, NULL, 0, IMPORT_DIGEST_BYTES) == 0);
    file->size = 0;
    for (bool is_last = false; !is_last;) {
        size_t kept = out_scan->kept_len;
        memcpy(chunk, out_scan->kept, kept);
        char *fresh = chunk + kept;
        size_t len = fread(fresh, 1, SCAN_BYTES, file->file);
        is_last = len < SCAN_BYTES;
        if (file->size == 0)
            scan_mark(out_scan, fresh, len);
        crypto_generichash_update(&state, (const uint8_t *)fresh, len);
        file->size += (int64_t)len;
        const char *nul = out_scan->nul_line ? NULL : memchr(fresh, '\0', len);
        if (nul)
            out_scan->nul_line = out_scan->line + count_lines(fresh, (size_t)(nul - fresh));
        scan_utf8(out_scan, chunk, kept + len, is_last);
        scan_undefined(out_scan, fresh, len);
        out_scan->line += count_lines(fresh, len);
    }
    crypto_generichash_final(&state, file->digest, sizeof file->digest);
    return !ferror(file->file);
}

static int say(const char *name, int64_t line, const char *problem)
{
    fprintf(stderr, "pk: %s", name);
    if (line)
        fprintf(stderr, ", line %lld", (long long)line);
    fprintf(stderr, ": %s\n", problem);
    return EXIT_FAILED;
}

/** What the file is written in, or why it cannot be read. */
static int judge(struct import_file *file, const struct scan *scan, enum encoding encoding)
{
    if (file->size == 0)
        return say(file->name, 0, "is empty");
    if (scan->is_utf16)
        return say(file->name, 1, "is written in UTF-16; save it as CSV in UTF-8");
    if (scan->nul_line)
        return say(file->name, scan->nul_line, "holds a NUL byte: this is no text file; save it as CSV in UTF-8");
    if (encoding == ENCODING_UTF_8 && scan->utf8_line)
        return say(file->name, scan->utf8_line, "is not UTF-8; try --encoding windows-1252");
    bool is_utf8 = encoding == ENCODING_UTF_8 || (encoding == ENCODING_GUESSED && !scan->utf8_line);
    if (!is_utf8 && scan->undefined_line)
        return say(file->name, encoding == ENCODING_GUESSED ? scan->utf8_line : scan->undefined_line,
                   "is neither UTF-8 nor Windows-1252; save the file as CSV in UTF-8");
    file->encoding = is_utf8 ? ENCODING_UTF_8 : ENCODING_WINDOWS_1252;
    file->mark_bytes = is_utf8 ? scan->mark_bytes : 0;
    return EXIT_DONE;
}

/** A copy of standard input, which can be read but once. */
static FILE *spool(void)
{
    FILE *copy = tmpfile();
    char chunk[IMPORT_HELD_BYTES];
    size_t len = 0;
    bool good = copy != NULL;
    while (good && (len = fread(chunk, 1, sizeof chunk, stdin)) > 0)
        good = fwrite(chunk, 1, len, copy) == len;
    good = good && !ferror(stdin) && fseeko(copy, 0, SEEK_SET) == 0;
    if (copy && !good) {
        fclose(copy);
        copy = NULL;
    }
    return copy;
}

int import_file_open(struct import_file *file, const char *path, enum encoding encoding)
{
    bool is_input = strcmp(path, "-") == 0;
    const char *slash = strrchr(path, '/');
    struct stat status;
    struct scan scan;
    *file = (struct import_file){.name = is_input ? "standard input" : slash ? slash + 1 : path};
    file->file = is_input ? spool() : fopen(path, "re");
    if (!file->file)
        return say(file->name, 0, strerror(errno));
    if (fstat(fileno(file->file), &status) == 0 && !S_ISREG(status.st_mode))
        return say(file->name, 0, "is no file that can be read twice; give it as standard input, with -");
    if (!scan_all(file, &scan))
        return say(file->name, 0, strerror(errno));
    int code = judge(file, &scan, encoding);
    if (code == EXIT_DONE && file->encoding == ENCODING_WINDOWS_1252) {
        iconv_t converter = iconv_open("UTF-8", "WINDOWS-1252");
        if (converter == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr): that is how iconv_open tells
            return say(file->name, 0, "cannot be converted: this machine's C library has no Windows-1252");
        file->converter = converter;
    }
    import_file_rewind(file);
    return code;
}

void import_file_close(struct import_file *file)
{
    if (file->file)
        fclose(file->file);
    if (file->converter)
        iconv_close(file->converter);
}

void import_file_rewind(struct import_file *file)
{
    fseeko(file->file, (off_t)file->mark_bytes, SEEK_SET);
    file->held_len = 0;
}

/** From Windows-1252: what does not fit yet is held. */
static ssize_t convert(struct import_file *file, char *out, size_t size)
{
    file->held_len += fread(file->held + file->held_len, 1, sizeof file->held - file->held_len, file->file);
    char *in = file->held, *at = out;
    size_t in_left = file->held_len, out_left = size;
    if (iconv(file->converter, &in, &in_left, &at, &out_left) == (size_t)-1 && errno != E2BIG)
        return -1;
    memmove(file->held, in, in_left);
    file->held_len = in_left;
    return ferror(file->file) ? -1 : (ssize_t)(size - out_left);
}

static ssize_t read_text(void *self, char *out, size_t size)
{
    struct import_file *file = self;
    if (file->encoding == ENCODING_WINDOWS_1252)
        return convert(file, out, size);
    size_t len = fread(out, 1, size, file->file);
    return ferror(file->file) ? -1 : (ssize_t)len;
}

struct csv_source import_file_source(struct import_file *file)
{
    return (struct csv_source){.read = read_text, .self = file};
}

double import_file_part(const struct import_file *file)
{
    off_t at = ftello(file->file);
    return file->size > 0 && at > 0 ? (double)at / (double)file->size : 0;
}

const char *encoding_name(enum encoding encoding)
{
    return encoding == ENCODING_WINDOWS_1252 ? "Windows-1252" : "UTF-8";
}
