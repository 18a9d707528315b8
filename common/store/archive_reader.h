// SPDX-License-Identifier: Apache-2.0
/** Archive reader: the sets of a chain in order, across its files. Internal to common/store; archive.h draws the files. */
#ifndef COMMON_STORE_ARCHIVE_READER_H
#define COMMON_STORE_ARCHIVE_READER_H

#include "common/store/internal.h"

enum {
    ARCHIVE_HEADER_BYTES = 56,
    ARCHIVE_FRAME_BYTES = 48,
    ARCHIVE_MAX_SET_BYTES = 512 * 1024 * 1024,
};

struct archive_header {
    uint8_t store[STORE_ID_BYTES];
    uint8_t chain[STORE_CHAIN_BYTES];
    uint32_t schema_version;
    uint64_t first;
};

struct archive_frame {
    uint64_t number;
    int64_t time_ms;
    uint64_t first_seq;
    uint64_t last_seq;
    uint32_t len;
    uint32_t set_checksum;
};

/** Each gives the record's own checksum, which the next one repeats. */
uint32_t archive_header_encode(const struct archive_header *header, uint8_t out[ARCHIVE_HEADER_BYTES]);
uint32_t archive_frame_encode(const struct archive_frame *frame, uint32_t before, uint8_t out[ARCHIVE_FRAME_BYTES]);

/** Folder of a chain, and the path of a file in it. */
enum fault archive_chain_path(struct store_path *out_path, const char *directory, const uint8_t *chain);
enum fault archive_file_path(struct store_path *out_path, const char *chain_path, uint64_t first);

/** The file that begins at or before `number`, as its first number; 0: none. */
uint64_t archive_find(const char *chain_path, uint64_t number);

struct archive_reader {
    struct store_path chain_path;
    uint8_t chain[STORE_CHAIN_BYTES];
    int fd; // -1: none is open
    uint64_t file_bytes;
    uint64_t at;       // in the file, behind what was read
    uint64_t number;   // of the last set read or passed over
    uint32_t checksum; // of what was read last
    struct archive_header header;
    struct archive_frame frame; // read last
    struct buffer set;
    bool is_cut;      // the file ends within the next set
    const char *what; // wrong with what comes next; NULL: nothing
};

/** Reads what follows `at` in its chain: archive_reader_close. */
enum fault archive_reader_open(struct archive_reader *reader, const char *directory, const struct replog_position *at);

/** False at the end of what is there, and when something is wrong, which `what` says; the fault is one of reading. */
bool archive_reader_next(struct archive_reader *reader, enum fault *out_fault);

void archive_reader_close(struct archive_reader *reader);

#endif
