// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of the archive reader. Input: u8 options | u8 set after which is read | u8 set that the second file begins with, 0
 * and 1: there is none | u16 length of the first file, which the second follows | u8 place and u8 change for a damage | the files.
 *
 * Reading ends, and each set that is given is the next one, whole, and lies in one of the files. The options mend what no fuzzer
 * gets past: beginnings, checksums and their chain; then numbers and lengths. With both the sets are known: all that are whole
 * are given, what is cut off at the end, wherever, is no damage, and what is missing before it, or changed, is.
 */
#include "common/store/archive_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/crc32c.h"
#include "common/base/endian.h"
#include "common/base/must.h"
#include "common/store/archive.h"
#include "tests/fuzz/scratch.h"

// The layout is drawn in archive.h.
enum {
    OPTION_MENDED = 1,
    OPTION_NUMBERED = 2,
    OPTION_CHECKED = 4, // the public check is asked too
    OPTION_APART = 8,   // a numbered second file begins one set late
    OPTION_DAMAGED = 16,
    OPTION_UNCHAINED = 32, // sets are mended but for repeating the checksum before
    OPTIONS_BYTES = 7,
    AT_CHAIN = 28,
    AT_FIRST = 48,
    AT_BEFORE = 4,
    AT_NUMBER = 8,
    AT_LEN = 40,
    AT_SET_CHECKSUM = 44,
    MOST_BYTES = 16 * 1024,
};

static const uint8_t begin[12] = {0, 0, 0, 0, 'p', 'k', 's', 'e', 't', 's', 0, 1};
static const uint8_t chain[STORE_CHAIN_BYTES] = "a chain of sets";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct file {
    uint64_t first;
    uint8_t *data;
    size_t len;
};

/** The mending of files: what the next record repeats, and what there is. */
struct mending {
    bool numbers;   // numbers and lengths too
    bool unchained; // what is repeated is wrong
    uint64_t number;
    uint32_t before;
    bool is_cut; // within the last record
};

static uint32_t seal(uint8_t *record, size_t len)
{
    uint32_t checksum = crc32c(record + 4, len - 4);
    put_u32(record, checksum);
    return checksum;
}

static void mend_header(uint8_t *header, uint64_t first, struct mending *mending)
{
    memcpy(header, begin, sizeof begin);
    memcpy(header + AT_CHAIN, chain, sizeof chain);
    put_u64(header + AT_FIRST, first);
    mending->before = seal(header, ARCHIVE_HEADER_BYTES);
}

/** Mends a set at `at` of the file. Returns behind it, the file's end when that is before. */
static size_t mend_set(const struct file *file, size_t at, struct mending *mending)
{
    uint8_t *frame = file->data + at;
    size_t left = file->len - at - ARCHIVE_FRAME_BYTES;
    if (mending->numbers) {
        put_u64(frame + AT_NUMBER, mending->number + 1);
        put_u32(frame + AT_LEN, get_u32(frame + AT_LEN) % 64);
    }
    size_t len = get_u32(frame + AT_LEN);
    put_u32(frame + AT_BEFORE, mending->unchained ? ~mending->before : mending->before);
    mending->is_cut = len > left;
    if (!mending->is_cut) {
        put_u32(frame + AT_SET_CHECKSUM, crc32c(frame + ARCHIVE_FRAME_BYTES, len));
        mending->number++;
    }
    mending->before = seal(frame, ARCHIVE_FRAME_BYTES);
    return file->len - (mending->is_cut ? 0 : left - len);
}

static void mend(const struct file *file, struct mending *mending)
{
    size_t at = ARCHIVE_HEADER_BYTES;
    mending->is_cut = file->len < ARCHIVE_HEADER_BYTES;
    if (mending->is_cut)
        return;
    mend_header(file->data, file->first, mending);
    while (file->len - at >= ARCHIVE_FRAME_BYTES)
        at = mend_set(file, at, mending);
    mending->is_cut = mending->is_cut || at < file->len;
}

static void put_file(const char *folder, const struct file *file)
{
    struct store_path path;
    must(archive_file_path(&path, folder, file->first) == FAULT_NONE);
    scratch_write(path.text, bytes_of(file->data, file->len));
}

static void remove_file(const char *folder, const struct file *file)
{
    struct store_path path;
    must(archive_file_path(&path, folder, file->first) == FAULT_NONE);
    unlink(path.text);
}

/** Whether the set stands in the file where the reader says that it was. */
static bool is_in(const struct archive_reader *reader, const struct file *file)
{
    size_t len = reader->set.len;
    return reader->at <= file->len && reader->at >= ARCHIVE_HEADER_BYTES + ARCHIVE_FRAME_BYTES + len &&
           (len == 0 || memcmp(file->data + reader->at - len, reader->set.data, len) == 0);
}

/** What was read. */
struct found {
    uint64_t sets;
    bool is_right; // up to the end
    bool is_cut;   // the last file ends within a record
};

static struct found read_sets(const struct replog_position *after, const struct file files[2])
{
    struct found found = {.sets = 0};
    struct archive_reader reader;
    enum fault fault = archive_reader_open(&reader, scratch_folder(), after);
    while (!fault && archive_reader_next(&reader, &fault)) {
        found.sets++;
        must(reader.frame.number == after->number + found.sets && reader.number == reader.frame.number);
        must(reader.set.len == reader.frame.len && !reader.what);
        must(crc32c(reader.set.data, reader.set.len) == reader.frame.set_checksum);
        must(is_in(&reader, &files[0]) || is_in(&reader, &files[1]));
        must(memcmp(reader.header.chain, chain, sizeof chain) == 0 && reader.header.first <= reader.frame.number);
    }
    must(fault == FAULT_NONE); // nothing of what is wrong here is the disk's fault
    found.is_right = reader.what == NULL;
    archive_reader_close(&reader);
    return found;
}

static void check_again(const struct replog_position *after, const struct found *found)
{
    struct archive_progress progress;
    enum fault fault = archive_check(scratch_folder(), after, &progress);
    must(progress.sets == found->sets && fault == (found->is_right ? FAULT_NONE : FAULT_CORRUPT));
    must((progress.what == NULL) == found->is_right);
}

static const char *folder_of_chain(void)
{
    static struct store_path folder;
    if (!folder.text[0]) {
        must(archive_chain_path(&folder, scratch_folder(), chain) == FAULT_NONE);
        must(mkdir(folder.text, S_IRWXU) == 0);
    }
    return folder.text;
}

/** Mends both and says what of them has to be found, if they have numbers. */
static struct found mend_both(uint8_t options, struct file files[2])
{
    struct mending mending = {.numbers = options & OPTION_NUMBERED, .unchained = options & OPTION_UNCHAINED};
    mend(&files[0], &mending);
    struct found wanted = {.sets = mending.number, .is_right = true, .is_cut = mending.is_cut};
    if (!files[1].first)
        return wanted;
    wanted.is_right = !mending.is_cut && !(options & OPTION_APART);
    if (mending.numbers)
        files[1].first = mending.number + (options & OPTION_APART ? 2 : 1);
    mend(&files[1], &mending);
    if (wanted.is_right)
        wanted.sets = mending.number;
    wanted.is_cut = mending.is_cut;
    return wanted;
}

/** Changes a byte of what is whole. False: there is none, or it stays as it was. */
static bool damage(const uint8_t *options, const struct file *file, bool is_whole)
{
    if (!(options[0] & OPTION_DAMAGED) || !is_whole || file->len == 0)
        return false;
    file->data[options[5] * file->len / 256] ^= options[6];
    return options[6] != 0;
}

static void check_found(const uint8_t *options, bool is_damaged, const struct found *found, const struct found *wanted)
{
    uint64_t after = options[1];
    if (is_damaged)
        must(found->sets <= wanted->sets && (after > 0 || !found->is_right));
    else if (options[0] & OPTION_UNCHAINED)
        must(found->sets == 0 && (after > 0 || wanted->sets == 0 || !found->is_right));
    else if (after < wanted->sets || (after == wanted->sets && wanted->is_right))
        must(found->is_right == wanted->is_right && found->sets == wanted->sets - after);
}

static void try_files(const uint8_t *options, struct file files[2])
{
    const char *folder = folder_of_chain();
    bool is_known = (options[0] & OPTION_MENDED) && (options[0] & OPTION_NUMBERED);
    struct replog_position after = {.number = options[1]};
    struct found wanted = {.is_cut = true};
    memcpy(after.chain, chain, sizeof chain);
    if (options[0] & OPTION_MENDED)
        wanted = mend_both(options[0], files);
    bool are_two = files[1].first > files[0].first;
    bool is_damaged = damage(options, &files[are_two ? options[6] & 1 : 0], !wanted.is_cut);
    put_file(folder, &files[0]);
    if (are_two)
        put_file(folder, &files[1]);
    struct found found = read_sets(&after, files);
    if (is_known && (are_two || !files[1].first))
        check_found(options, is_damaged, &found, &wanted);
    if (options[0] & OPTION_CHECKED)
        check_again(&after, &found);
    remove_file(folder, &files[0]);
    if (are_two)
        remove_file(folder, &files[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < OPTIONS_BYTES || size > MOST_BYTES)
        return 0;
    size_t len = size - OPTIONS_BYTES, first_len = get_u16(data + 3);
    uint8_t *copy = malloc(len + 1);
    must(copy);
    memcpy(copy, data + OPTIONS_BYTES, len);
    first_len = data[2] > 1 && first_len < len ? first_len : len;
    struct file files[2] = {{1, copy, first_len}, {data[2] > 1 ? data[2] : 0, copy + first_len, len - first_len}};
    try_files(data, files);
    free(copy);
    return 0;
}
