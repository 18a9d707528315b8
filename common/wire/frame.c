// SPDX-License-Identifier: Apache-2.0
#include "common/wire/frame.h"

#include <math.h>

#include "common/wire/token.h"
#include "common/wire/utf8.h"
#include "common/wire/words.h"

/** A key that was seen in a map. Of a number, `data` is NULL and `len` the number. */
struct key {
    const uint8_t *data;
    size_t len;
    uint64_t signature;
};

struct key_set {
    uint64_t seen; // a bit for each signature's top six bits: most keys are new, and this says so at once
    size_t count;
    struct key keys[FRAME_MAX_KEYS];
};

/** One container that is not finished. */
struct level {
    size_t left; // elements, or pairs
    bool is_map;
    struct key_set keys;
};

struct check {
    struct token_reader reader;
    bool numbered;
    size_t depth;
    struct level levels[FRAME_MAX_DEPTH]; // only the first `depth` are set
};

/** Length, first and last bytes: tells keys of people's programs apart, and is no more than a first look. */
static uint64_t text_signature(struct text text)
{
    if (text.len < 8)
        return word_load_few(text.data, text.len) + text.len;
    return word_load(text.data) + (word_load(text.data + text.len - 8) << 1) + text.len;
}

static struct key key_of(const struct token *token)
{
    struct key key = {NULL, 0, 0};
    if (token->type == TOKEN_TEXT) {
        key.data = token->body.data;
        key.len = token->body.len;
        key.signature = text_signature(bytes_text(token->body));
    } else {
        key.len = (size_t)token->whole;
        key.signature = key.len;
    }
    key.signature *= UINT64_C(0x9e3779b97f4a7c15); // spreads every bit to the top ones
    return key;
}

static bool key_equal(const struct key *a, const struct key *b)
{
    if (a->signature != b->signature || a->len != b->len || !a->data != !b->data)
        return false;
    return !a->data || memcmp(a->data, b->data, a->len) == 0;
}

/** False when the key is there already. Never called for more than FRAME_MAX_KEYS. */
static bool key_add(struct key_set *set, const struct key *key)
{
    uint64_t bit = UINT64_C(1) << (key->signature >> 58);
    if (set->seen & bit)
        for (size_t i = 0; i < set->count; i++)
            if (key_equal(&set->keys[i], key))
                return false;
    set->seen |= bit;
    set->keys[set->count++] = *key;
    return true;
}

static enum frame_verdict check_key(struct check *check, struct level *level)
{
    const uint8_t *start = check->reader.at;
    struct token token = token_read(&check->reader);
    if (token.type == TOKEN_TRUNCATED)
        return FRAME_TRUNCATED;
    if (token.type == TOKEN_FORBIDDEN)
        return FRAME_FORBIDDEN;
    enum frame_verdict verdict = FRAME_OK;
    bool is_number = check->numbered && token.type == TOKEN_WHOLE && token.whole >= 1 && token.whole <= UINT8_MAX;
    if (token.type != TOKEN_TEXT && !is_number)
        verdict = FRAME_BAD_KEY;
    else if (token.type == TOKEN_TEXT && !utf8_is_text(bytes_text(token.body)))
        verdict = FRAME_BAD_TEXT;
    if (verdict == FRAME_OK) {
        struct key key = key_of(&token);
        if (!key_add(&level->keys, &key))
            verdict = FRAME_DUPLICATE_KEY;
    }
    if (verdict != FRAME_OK)
        check->reader.at = start;
    return verdict;
}

static enum frame_verdict open_level(struct check *check, const struct token *token)
{
    if (check->depth == FRAME_MAX_DEPTH)
        return FRAME_TOO_DEEP;
    if (token->type == TOKEN_MAP && token->count > FRAME_MAX_KEYS)
        return FRAME_TOO_MANY_KEYS;
    struct level *level = &check->levels[check->depth++];
    level->left = token->count;
    level->is_map = token->type == TOKEN_MAP;
    level->keys.seen = 0;
    level->keys.count = 0;
    return FRAME_OK;
}

static enum frame_verdict check_token(struct check *check, const struct token *token)
{
    switch (token->type) {
    case TOKEN_TRUNCATED:
        return FRAME_TRUNCATED;
    case TOKEN_FORBIDDEN:
        return FRAME_FORBIDDEN;
    case TOKEN_REAL:
        return isfinite(token->real) ? FRAME_OK : FRAME_FORBIDDEN;
    case TOKEN_TEXT:
        return utf8_is_text(bytes_text(token->body)) ? FRAME_OK : FRAME_BAD_TEXT;
    case TOKEN_LIST:
    case TOKEN_MAP:
        return open_level(check, token);
    case TOKEN_NIL:
    case TOKEN_BOOL:
    case TOKEN_WHOLE:
    case TOKEN_NEGATIVE:
    case TOKEN_BIN:
        break;
    }
    return FRAME_OK;
}

static enum frame_verdict check_value(struct check *check)
{
    const uint8_t *start = check->reader.at;
    struct token token = token_read(&check->reader);
    enum frame_verdict verdict = check_token(check, &token);
    if (verdict != FRAME_OK)
        check->reader.at = start;
    return verdict;
}

/** Leaves the levels that are finished. False when the outermost is. */
static bool has_more(struct check *check)
{
    while (check->depth > 0 && check->levels[check->depth - 1].left == 0)
        check->depth--;
    return check->depth > 0;
}

static enum frame_verdict check_whole(struct check *check)
{
    for (;;) {
        enum frame_verdict verdict = check_value(check);
        if (verdict != FRAME_OK)
            return verdict;
        if (!has_more(check))
            return check->reader.at == check->reader.end ? FRAME_OK : FRAME_TRAILING;
        struct level *level = &check->levels[check->depth - 1];
        level->left--;
        verdict = level->is_map ? check_key(check, level) : FRAME_OK;
        if (verdict != FRAME_OK)
            return verdict;
    }
}

enum frame_verdict frame_check(struct bytes frame, bool numbered, size_t *out_offset)
{
    struct check check;
    check.reader = token_reader_of(frame);
    check.numbered = numbered;
    check.depth = 0;
    enum frame_verdict verdict = frame.len == 0 ? FRAME_EMPTY : check_whole(&check);
    if (out_offset && verdict != FRAME_OK)
        *out_offset = frame.len - token_bytes_left(&check.reader);
    return verdict;
}

const char *frame_verdict_text(enum frame_verdict verdict)
{
    switch (verdict) {
    case FRAME_OK:
        return "is well formed";
    case FRAME_EMPTY:
        return "is empty";
    case FRAME_TRUNCATED:
        return "ends in the middle of a value";
    case FRAME_TRAILING:
        return "has bytes after its value";
    case FRAME_TOO_DEEP:
        return "is nested deeper than 16";
    case FRAME_FORBIDDEN:
        return "holds an ext type, the byte 0xc1, NaN or infinity";
    case FRAME_BAD_TEXT:
        return "holds text that is not UTF-8, or has a NUL";
    case FRAME_BAD_KEY:
        return "has a map key of a type that is not allowed";
    case FRAME_TOO_MANY_KEYS:
        return "has a map of more than 64 keys";
    case FRAME_DUPLICATE_KEY:
        return "has a map with the same key twice";
    }
    return "is not understood";
}
