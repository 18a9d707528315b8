// SPDX-License-Identifier: Apache-2.0
/**
 * Oracle of the frame check: the same question answered by other means, for its fuzz target and its unit test.
 *
 * Every frame is read again by a plain recursive reader, which must come to the same verdict at the same byte. What passed has to
 * be parsed whole by msgpack-c, to the same values as our tokens; of what was refused, everything before the fault has to be
 * the beginning of a value to it. msgpack-c sees no byte that the check has not passed, so that its allocations stay bounded.
 * Aborts when they disagree. A header, so that one source file is a whole test.
 */
#ifndef TESTS_FUZZ_FRAME_ORACLE_H
#define TESTS_FUZZ_FRAME_ORACLE_H

#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "common/wire/frame.h"
#include "common/wire/token.h"

struct oracle {
    struct bytes frame;
    size_t at;
    bool numbered;
    enum frame_verdict verdict;
    size_t fault;      // where, unless the verdict is FRAME_OK
    struct bytes text; // the last text that was read
    uint64_t number;   // the last argument of a head, or the number in the head itself
};

/** Bytes of the character at `at` by the table of RFC 3629, or 0 when it is none or NUL. */
static inline size_t oracle_character(const uint8_t *at, size_t left)
{
    static const struct {
        uint8_t first, last; // of the leading byte
        uint8_t low, high;   // of the byte after it
        uint8_t len;         // all others are 0x80–0xbf
    } rows[] = {{0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (at[0] < rows[i].first || at[0] > rows[i].last)
            continue;
        if (rows[i].len > left || (rows[i].len > 1 && (at[1] < rows[i].low || at[1] > rows[i].high)))
            return 0;
        for (size_t j = 2; j < rows[i].len; j++)
            if (at[j] < 0x80 || at[j] > 0xbf)
                return 0;
        return rows[i].len;
    }
    return 0;
}

static inline bool oracle_is_text(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t taken = oracle_character(data + i, len - i);
        if (taken == 0)
            return false;
        i += taken;
    }
    return true;
}

static inline bool oracle_fail(struct oracle *oracle, enum frame_verdict verdict, size_t fault)
{
    oracle->verdict = verdict;
    oracle->fault = fault;
    return false;
}

/** Passes a head at `start` and its argument of `width` big-endian bytes; without one, `number` is what the head says. */
static inline bool oracle_head(struct oracle *oracle, size_t start, size_t width, uint64_t number)
{
    if (oracle->frame.len - start - 1 < width)
        return oracle_fail(oracle, FRAME_TRUNCATED, start);
    for (size_t i = 0; i < width; i++)
        number = number << 8 | oracle->frame.data[start + 1 + i];
    oracle->at = start + 1 + width;
    oracle->number = number;
    return true;
}

static inline bool oracle_text(struct oracle *oracle, size_t start, size_t width, uint64_t len)
{
    if (!oracle_head(oracle, start, width, len))
        return false;
    if (oracle->number > oracle->frame.len - oracle->at)
        return oracle_fail(oracle, FRAME_TRUNCATED, start);
    oracle->text = bytes_of(oracle->frame.data + oracle->at, (size_t)oracle->number);
    oracle->at += oracle->text.len;
    return oracle_is_text(oracle->text.data, oracle->text.len) || oracle_fail(oracle, FRAME_BAD_TEXT, start);
}

static inline bool oracle_bin(struct oracle *oracle, size_t start, size_t width)
{
    if (!oracle_head(oracle, start, width, 0))
        return false;
    if (oracle->number > oracle->frame.len - oracle->at)
        return oracle_fail(oracle, FRAME_TRUNCATED, start);
    oracle->at += (size_t)oracle->number;
    return true;
}

/** An exponent of ones is NaN or infinity. */
static inline bool oracle_real(struct oracle *oracle, size_t start, size_t width)
{
    if (!oracle_head(oracle, start, width, 0))
        return false;
    uint64_t exponent = width == 4 ? UINT64_C(0x7f800000) : UINT64_C(0x7ff0000000000000);
    return (oracle->number & exponent) != exponent || oracle_fail(oracle, FRAME_FORBIDDEN, start);
}

static inline bool oracle_is_container(uint8_t head)
{
    return (head >= 0x80 && head <= 0x9f) || (head >= 0xdc && head <= 0xdf);
}

static inline bool oracle_is_map(uint8_t head)
{
    return (head >= 0x80 && head <= 0x8f) || head == 0xde || head == 0xdf;
}

/** The head of a list or map, whose count is given back in `number`. */
static inline bool oracle_open(struct oracle *oracle, size_t start, uint8_t head)
{
    size_t width = head < 0xdc ? 0 : head == 0xdc || head == 0xde ? 2 : 4;
    if (!oracle_head(oracle, start, width, width ? 0 : head & 15u))
        return false;
    uint64_t least = oracle_is_map(head) ? 2 * oracle->number : oracle->number;
    return least <= oracle->frame.len - oracle->at || oracle_fail(oracle, FRAME_TRUNCATED, start);
}

static inline bool oracle_is_text_head(uint8_t head)
{
    return (head >= 0xa0 && head <= 0xbf) || (head >= 0xd9 && head <= 0xdb);
}

/** Anything but a container. */
static inline bool oracle_scalar(struct oracle *oracle, size_t start, uint8_t head)
{
    if (head >= 0xa0 && head <= 0xbf)
        return oracle_text(oracle, start, 0, head & 31u);
    if (head >= 0xd9 && head <= 0xdb)
        return oracle_text(oracle, start, (size_t)1 << (head - 0xd9), 0);
    if (head >= 0xc4 && head <= 0xc6)
        return oracle_bin(oracle, start, (size_t)1 << (head - 0xc4));
    if (head == 0xca || head == 0xcb)
        return oracle_real(oracle, start, head == 0xca ? 4 : 8);
    if (head >= 0xcc && head <= 0xcf)
        return oracle_head(oracle, start, (size_t)1 << (head - 0xcc), 0);
    if (head >= 0xd0 && head <= 0xd3)
        return oracle_head(oracle, start, (size_t)1 << (head - 0xd0), 0);
    if (head <= 0x7f || head >= 0xe0 || head == 0xc0 || head == 0xc2 || head == 0xc3)
        return oracle_head(oracle, start, 0, head);
    return oracle_fail(oracle, FRAME_FORBIDDEN, start);
}

/** A number by its value, a text by its bytes: how either was written does not matter. */
struct oracle_key {
    bool is_text;
    uint64_t number;
    struct bytes text;
};

static inline bool oracle_is_whole(uint8_t head, uint64_t number)
{
    if (head <= 0x7f || (head >= 0xcc && head <= 0xcf))
        return true;
    return head >= 0xd0 && head <= 0xd3 && number >> ((8u << (head - 0xd0)) - 1) == 0;
}

static inline bool oracle_read_key(struct oracle *oracle, struct oracle_key *out_key)
{
    size_t start = oracle->at;
    if (start == oracle->frame.len)
        return oracle_fail(oracle, FRAME_TRUNCATED, start);
    uint8_t head = oracle->frame.data[start];
    if (oracle_is_container(head))
        return oracle_open(oracle, start, head) && oracle_fail(oracle, FRAME_BAD_KEY, start);
    bool is_read = oracle_scalar(oracle, start, head);
    if (!is_read && (oracle->verdict == FRAME_TRUNCATED || (head != 0xca && head != 0xcb)))
        return false;
    bool is_text = oracle_is_text_head(head);
    bool is_number = oracle->numbered && oracle_is_whole(head, oracle->number) && oracle->number - 1 < 255;
    if (!is_text && !is_number)
        return oracle_fail(oracle, FRAME_BAD_KEY, start);
    *out_key =
        is_text ? (struct oracle_key){true, 0, oracle->text} : (struct oracle_key){false, oracle->number, {NULL, 0}};
    return true;
}

static inline bool oracle_add_key(struct oracle *oracle, struct oracle_key *keys, size_t count)
{
    size_t start = oracle->at;
    if (!oracle_read_key(oracle, &keys[count]))
        return false;
    for (size_t i = 0; i < count; i++)
        if (keys[i].is_text == keys[count].is_text && keys[i].number == keys[count].number &&
            bytes_equal(keys[i].text, keys[count].text))
            return oracle_fail(oracle, FRAME_DUPLICATE_KEY, start);
    return true;
}

static inline bool oracle_value(struct oracle *oracle, size_t depth)
{
    size_t start = oracle->at;
    if (start == oracle->frame.len)
        return oracle_fail(oracle, FRAME_TRUNCATED, start);
    uint8_t head = oracle->frame.data[start];
    if (!oracle_is_container(head))
        return oracle_scalar(oracle, start, head);
    if (!oracle_open(oracle, start, head))
        return false;
    size_t count = (size_t)oracle->number;
    struct oracle_key keys[FRAME_MAX_KEYS];
    if (depth == FRAME_MAX_DEPTH)
        return oracle_fail(oracle, FRAME_TOO_DEEP, start);
    if (oracle_is_map(head) && count > FRAME_MAX_KEYS)
        return oracle_fail(oracle, FRAME_TOO_MANY_KEYS, start);
    for (size_t i = 0; i < count; i++)
        if ((oracle_is_map(head) && !oracle_add_key(oracle, keys, i)) || !oracle_value(oracle, depth + 1))
            return false;
    return true;
}

static inline void oracle_same_value(struct token_reader *reader, const msgpack_object *object);

static inline void oracle_same_children(struct token_reader *reader, const struct token *token,
                                        const msgpack_object *object)
{
    bool is_map = token->type == TOKEN_MAP;
    must(token->count == (is_map ? object->via.map.size : object->via.array.size));
    for (size_t i = 0; i < token->count; i++) {
        if (is_map)
            oracle_same_value(reader, &object->via.map.ptr[i].key);
        oracle_same_value(reader, is_map ? &object->via.map.ptr[i].val : &object->via.array.ptr[i]);
    }
}

static inline bool oracle_same_real(double a, double b)
{
    return !(a < b) && !(a > b);
}

/** Reads one value with our tokens: it has to be what msgpack-c made of it. */
static inline void oracle_same_value(struct token_reader *reader, const msgpack_object *object)
{
    struct token token = token_read(reader);
    switch (object->type) {
    case MSGPACK_OBJECT_NIL:
        must(token.type == TOKEN_NIL);
        return;
    case MSGPACK_OBJECT_BOOLEAN:
        must(token.type == TOKEN_BOOL && token.truth == object->via.boolean);
        return;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        must(token.type == TOKEN_WHOLE && token.whole == object->via.u64);
        return;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        must(token.type == TOKEN_NEGATIVE && token.negative == object->via.i64);
        return;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        must(token.type == TOKEN_REAL && oracle_same_real(token.real, object->via.f64));
        return;
    case MSGPACK_OBJECT_STR:
        must(token.type == TOKEN_TEXT && bytes_equal(token.body, bytes_of(object->via.str.ptr, object->via.str.size)));
        return;
    case MSGPACK_OBJECT_BIN:
        must(token.type == TOKEN_BIN && bytes_equal(token.body, bytes_of(object->via.bin.ptr, object->via.bin.size)));
        return;
    case MSGPACK_OBJECT_ARRAY:
    case MSGPACK_OBJECT_MAP:
        must(token.type == (object->type == MSGPACK_OBJECT_MAP ? TOKEN_MAP : TOKEN_LIST));
        oracle_same_children(reader, &token, object);
        return;
    case MSGPACK_OBJECT_EXT:
        break;
    }
    must(false); // an ext type has passed
}

/** msgpack-c reads what lies before `fault`: one whole value when `is_whole`, otherwise the beginning of one. */
static inline void oracle_msgpack(struct bytes frame, size_t fault, bool is_whole)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    size_t taken = 0;
    msgpack_unpack_return result = msgpack_unpack_next(&unpacked, (const char *)frame.data, fault, &taken);
    must(result == (is_whole ? MSGPACK_UNPACK_SUCCESS : MSGPACK_UNPACK_CONTINUE));
    if (is_whole) {
        must(taken == fault);
        struct token_reader reader = token_reader_of(bytes_of(frame.data, fault));
        oracle_same_value(&reader, &unpacked.data);
        must(token_bytes_left(&reader) == 0);
    }
    msgpack_unpacked_destroy(&unpacked);
}

/** Checks the frame both ways; gives what frame_check says. */
static inline enum frame_verdict oracle_check(struct bytes frame, bool numbered)
{
    size_t offset = frame.len;
    enum frame_verdict verdict = frame_check(frame, numbered, &offset);
    struct oracle oracle = {.frame = frame, .numbered = numbered, .verdict = FRAME_OK, .fault = frame.len};
    if (frame.len == 0)
        oracle_fail(&oracle, FRAME_EMPTY, 0);
    else if (oracle_value(&oracle, 0) && oracle.at != frame.len)
        oracle_fail(&oracle, FRAME_TRAILING, oracle.at);
    if (verdict != oracle.verdict || offset != oracle.fault) {
        fprintf(stderr, "frame_check: %s, at %zu; oracle: %s, at %zu\n", frame_verdict_text(verdict), offset,
                frame_verdict_text(oracle.verdict), oracle.fault);
        abort();
    }
    if (frame.len > 0)
        oracle_msgpack(frame, offset, verdict == FRAME_OK || verdict == FRAME_TRAILING);
    return verdict;
}

#endif
