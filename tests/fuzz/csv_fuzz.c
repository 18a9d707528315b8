// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of the CSV reader. Input: u8 whose lowest bits choose the delimiter, the rest how many bytes come at once; then the file.
 *
 * Whatever comes: lines grow and lie within the file, cells stay within the bounds, and how the bytes come in pieces makes no difference. What
 * was read well and is written again is read as the same.
 */
#include <stdlib.h>

#include "common/base/must.h"
#include "services/pk/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct piecewise {
    const uint8_t *data;
    size_t left;
    size_t piece;
};

static ssize_t read_piece(void *self, char *out, size_t size)
{
    struct piecewise *file = self;
    size_t len = file->left < file->piece ? file->left : file->piece;
    len = len < size ? len : size;
    if (len)
        memcpy(out, file->data, len);
    file->data += len;
    file->left -= len;
    return (ssize_t)len;
}

/** Checks the records against the bounds, and sums them up; what is good of them is written to `out` (may be NULL). */
static uint64_t read_all(const uint8_t *data, size_t size, char delimiter, size_t piece, FILE *out)
{
    struct piecewise file = {data, size, piece};
    const struct csv_source source = {read_piece, &file};
    struct csv_reader *reader = csv_reader_new(&source);
    struct csv_record record;
    uint64_t sum = 0;
    int64_t last = 0;
    must(reader);
    csv_set_delimiter(reader, delimiter);
    while (csv_read(reader, &record)) {
        must(record.line > last && record.line <= (int64_t)size + 1);
        must(record.problem ? record.count == 0 : record.count > 0 && record.count <= CSV_CELLS_MOST);
        last = record.line;
        size_t bytes = 0;
        sum = sum * 31 + (uint64_t)record.line + (record.problem != NULL);
        for (size_t i = 0; i < record.count; i++) {
            bytes += record.cells[i].len;
            for (size_t j = 0; j < record.cells[i].len; j++)
                sum = sum * 31 + (uint8_t)record.cells[i].data[j];
            sum = sum * 31 + 7;
            if (out)
                csv_write_cell(out, delimiter, i == 0, record.cells[i]);
        }
        must(bytes <= CSV_RECORD_BYTES);
        if (out && !record.problem)
            putc('\n', out);
    }
    must(!csv_failed(reader));
    csv_reader_free(reader);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = {',', ';', '\t', ','};
    if (size < 1)
        return 0;
    char delimiter = delimiters[data[0] & 3];
    size_t piece = 1 + (size_t)(data[0] >> 2);
    uint64_t whole = read_all(data + 1, size - 1, delimiter, SIZE_MAX, NULL);
    must(read_all(data + 1, size - 1, delimiter, piece, NULL) == whole);
    char *written = NULL, *again = NULL;
    size_t written_len = 0, again_len = 0;
    FILE *out = open_memstream(&written, &written_len);
    must(out);
    read_all(data + 1, size - 1, delimiter, SIZE_MAX, out);
    fclose(out);
    out = open_memstream(&again, &again_len);
    must(out);
    read_all((const uint8_t *)written, written_len, delimiter, SIZE_MAX, out);
    fclose(out);
    must(again_len == written_len && memcmp(again, written, again_len) == 0);
    free(written);
    free(again);
    return 0;
}
