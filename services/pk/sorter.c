// SPDX-License-Identifier: Apache-2.0
#include "services/pk/sorter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/client/need.h"

enum {
    WAYS = 64, // runs that are merged at once, each with its part of the memory
};

/** Sorted records, one after the other in a file. */
struct run {
    uint64_t at; // record in the file
    uint64_t left;
    uint32_t begin; // of what of it is in memory
    uint32_t end;
};

struct sorter {
    uint8_t (*records)[SORTER_RECORD_BYTES];
    size_t capacity; // of them in memory
    size_t count;
    FILE *file; // NULL: everything fits into memory
    uint64_t file_records;
    struct run *runs;
    size_t run_count;
    bool is_taken; // from now on records are taken
    bool failed;
    size_t next;       // when all is in memory
    size_t ways[WAYS]; // a heap of runs, the one with the least record first
    size_t way_count;
};

struct sorter *sorter_new(size_t records)
{
    struct sorter *sorter = need(calloc(1, sizeof *sorter));
    sorter->capacity = records;
    sorter->records = need(reallocarray(NULL, records, sizeof *sorter->records));
    return sorter;
}

void sorter_free(struct sorter *sorter)
{
    if (sorter->file)
        fclose(sorter->file);
    free(sorter->records);
    free(sorter->runs);
    free(sorter);
}

bool sorter_failed(const struct sorter *sorter)
{
    return sorter->failed;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, SORTER_RECORD_BYTES);
}

static FILE *temporary(struct sorter *sorter)
{
    FILE *file = tmpfile();
    sorter->failed = sorter->failed || !file;
    return file;
}

static void write_records(struct sorter *sorter, FILE *file, const void *records, size_t count)
{
    if (!sorter->failed && fwrite(records, SORTER_RECORD_BYTES, count, file) != count)
        sorter->failed = true;
}

static void add_run(struct sorter *sorter, uint64_t at, uint64_t count)
{
    sorter->runs = need(reallocarray(sorter->runs, sorter->run_count + 1, sizeof *sorter->runs));
    sorter->runs[sorter->run_count++] = (struct run){.at = at, .left = count};
}

/** Moves what is in memory to a file, as one run. */
static void spill(struct sorter *sorter)
{
    qsort(sorter->records, sorter->count, sizeof *sorter->records, compare);
    if (!sorter->file)
        sorter->file = temporary(sorter);
    write_records(sorter, sorter->file, sorter->records, sorter->count);
    add_run(sorter, sorter->file_records, sorter->count);
    sorter->file_records += sorter->count;
    sorter->count = 0;
}

void sorter_add(struct sorter *sorter, const uint8_t record[SORTER_RECORD_BYTES])
{
    if (sorter->failed)
        return;
    memcpy(sorter->records[sorter->count++], record, SORTER_RECORD_BYTES);
    if (sorter->count == sorter->capacity)
        spill(sorter);
}

/* Merging. Way i has its part of the memory, and is of run `first` + i. */

static size_t way_records(const struct sorter *sorter)
{
    return sorter->capacity / WAYS;
}

static uint8_t *head(const struct sorter *sorter, size_t first, size_t way)
{
    return sorter->records[way * way_records(sorter) + sorter->runs[first + way].begin];
}

/** Makes sure that a record of the way is in memory; false: none is left. */
static bool load(struct sorter *sorter, size_t first, size_t way)
{
    struct run *run = &sorter->runs[first + way];
    if (run->begin < run->end)
        return true;
    size_t count = run->left < way_records(sorter) ? (size_t)run->left : way_records(sorter);
    run->begin = 0;
    run->end = (uint32_t)count;
    if (count == 0)
        return false;
    if (fseeko(sorter->file, (off_t)(run->at * SORTER_RECORD_BYTES), SEEK_SET) != 0 ||
        fread(sorter->records[way * way_records(sorter)], SORTER_RECORD_BYTES, count, sorter->file) != count) {
        sorter->failed = true;
        return false;
    }
    run->at += count;
    run->left -= count;
    return true;
}

static void sink(struct sorter *sorter, size_t first, size_t at)
{
    size_t *heap = sorter->ways, moved = heap[at];
    for (size_t child = 2 * at + 1; child < sorter->way_count; child = 2 * at + 1) {
        if (child + 1 < sorter->way_count &&
            compare(head(sorter, first, heap[child + 1]), head(sorter, first, heap[child])) < 0)
            child++;
        if (compare(head(sorter, first, moved), head(sorter, first, heap[child])) <= 0)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void begin_merge(struct sorter *sorter, size_t first, size_t count)
{
    sorter->way_count = 0;
    for (size_t i = 0; i < count; i++)
        if (load(sorter, first, i))
            sorter->ways[sorter->way_count++] = i;
    for (size_t i = sorter->way_count / 2; i-- > 0;)
        sink(sorter, first, i);
}

static bool next_merged(struct sorter *sorter, size_t first, uint8_t out[SORTER_RECORD_BYTES])
{
    if (sorter->way_count == 0 || sorter->failed)
        return false;
    size_t way = sorter->ways[0];
    memcpy(out, head(sorter, first, way), SORTER_RECORD_BYTES);
    sorter->runs[first + way].begin++;
    if (!load(sorter, first, way))
        sorter->ways[0] = sorter->ways[--sorter->way_count];
    if (sorter->way_count > 0)
        sink(sorter, first, 0);
    return true;
}

/** Merges the runs, so many at once, until that many are left. */
static void reduce(struct sorter *sorter)
{
    while (sorter->run_count > WAYS && !sorter->failed) {
        FILE *out = temporary(sorter);
        struct run *merged = need(calloc(sorter->run_count / WAYS + 1, sizeof *merged));
        size_t merged_count = 0;
        uint64_t written = 0;
        for (size_t first = 0; first < sorter->run_count; first += WAYS) {
            size_t left = sorter->run_count - first;
            uint8_t record[SORTER_RECORD_BYTES];
            uint64_t begin = written;
            begin_merge(sorter, first, left < WAYS ? left : WAYS);
            for (; next_merged(sorter, first, record); written++)
                write_records(sorter, out, record, 1);
            merged[merged_count++] = (struct run){.at = begin, .left = written - begin};
        }
        fclose(sorter->file);
        free(sorter->runs);
        sorter->file = out;
        sorter->runs = merged;
        sorter->run_count = merged_count;
    }
}

static void begin_taking(struct sorter *sorter)
{
    sorter->is_taken = true;
    if (!sorter->file) {
        qsort(sorter->records, sorter->count, sizeof *sorter->records, compare);
        return;
    }
    spill(sorter);
    if (!sorter->failed && fflush(sorter->file) != 0)
        sorter->failed = true;
    reduce(sorter);
    if (!sorter->failed)
        begin_merge(sorter, 0, sorter->run_count);
}

bool sorter_next(struct sorter *sorter, uint8_t out_record[SORTER_RECORD_BYTES])
{
    if (!sorter->is_taken)
        begin_taking(sorter);
    if (sorter->failed)
        return false;
    if (sorter->file)
        return next_merged(sorter, 0, out_record);
    if (sorter->next == sorter->count)
        return false;
    memcpy(out_record, sorter->records[sorter->next++], SORTER_RECORD_BYTES);
    return true;
}
