// SPDX-License-Identifier: Apache-2.0
/** Verify: every access log's chain from its beginning, and that the rows are there which somebody kept the digests of. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/store/store.h"
#include "proto/service.gen.h"
#include "services/pk/verify.h"

enum { PAGE_ROWS = 200 };

/** The end of a log as it was when somebody kept it. */
struct head {
    int64_t row; // 0: none was kept
    uint8_t store[STORE_ID_BYTES];
    uint8_t digest[STORE_DIGEST_BYTES];
};

static bool read_digits(const json_t *json, uint8_t *out, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const char *text = json_string_value(json);
    if (!text || strlen(text) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        const char *high = strchr(digits, text[2 * i]), *low = strchr(digits, text[2 * i + 1]);
        if (!high || !low)
            return false;
        out[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return true;
}

static bool read_head(const json_t *json, struct head *out_head)
{
    out_head->row = json_integer_value(json_object_get(json, "row"));
    return json_is_string(json_object_get(json, "service")) && json_is_integer(json_object_get(json, "row")) &&
           out_head->row >= 0 && read_digits(json_object_get(json, "store"), out_head->store, STORE_ID_BYTES) &&
           read_digits(json_object_get(json, "digest"), out_head->digest, STORE_DIGEST_BYTES);
}

int verify_take_heads(struct verification *verification)
{
    const char *path = arguments_own(&verification->pk->arguments, OWN_HEAD);
    json_error_t error;
    struct head head;
    if (!path)
        return EXIT_DONE;
    json_t *json = json_load_file(path, 0, &error);
    if (!json && json_error_code(&error) == json_error_cannot_open_file) {
        fprintf(stderr, "pk: --head: %s cannot be read\n", path);
        return EXIT_USAGE;
    }
    verification->heads = json_incref(json_object_get(json, "heads"));
    json_decref(json);
    bool is_sound = json_is_array(verification->heads);
    for (size_t i = 0; is_sound && i < json_array_size(verification->heads); i++)
        is_sound = read_head(json_array_get(verification->heads, i), &head);
    if (!is_sound)
        fprintf(stderr, "pk: --head: %s is not what pk access head --json prints\n", path);
    return is_sound ? EXIT_DONE : EXIT_USAGE;
}

static struct head kept_head(const struct verification *verification, const char *service)
{
    struct head head = {.row = 0};
    for (size_t i = 0; i < json_array_size(verification->heads); i++) {
        const json_t *json = json_array_get(verification->heads, i);
        if (strcmp(json_string_value(json_object_get(json, "service")), service) == 0)
            read_head(json, &head);
    }
    return head;
}

static void differs_after(struct verification *verification, struct check *check, int64_t row, const char *what)
{
    char text[VERIFY_TEXT_BYTES];
    snprintf(text, sizeof text, "%s access log after row %" PRId64 ": %s", check->of, row, what);
    verify_differs(verification, check, text);
}

/** Checks all rows; stops where the kept one has to be, to compare it. */
static void verify_log(struct verification *verification, struct check *check, const struct head *kept)
{
    struct access_verify query = {.limit = PAGE_ROWS};
    uint8_t digest[STORE_DIGEST_BYTES];
    for (bool more = true; more;) {
        struct arena_mark mark = arena_mark(&verification->pk->arena);
        struct client_answer answer;
        int64_t left = kept->row - query.after;
        query.limit = left > 0 && left < PAGE_ROWS ? left : PAGE_ROWS;
        if (!verify_ask(verification, check, check->of, &access_verify_message, &query, &answer))
            return;
        const struct access_verify_reply *reply = answer.reply;
        check->checked += (uint64_t)(reply->row - query.after);
        query.after = reply->row;
        query.has_digest = reply->row > 0;
        memcpy(digest, reply->digest.data, sizeof digest);
        query.digest = bytes_of(digest, sizeof digest);
        more = reply->more;
        if (reply->has_problem) {
            char what[256];
            snprintf(what, sizeof what, "%.*s", (int)reply->problem.len, reply->problem.data);
            differs_after(verification, check, reply->row, what);
        }
        arena_rewind(&verification->pk->arena, mark);
        if (kept->row > 0 && query.after == kept->row && memcmp(digest, kept->digest, sizeof digest) != 0) {
            differs_after(verification, check, kept->row - 1, "not the row that was kept: it was written anew");
            return;
        }
    }
    if (query.after < kept->row)
        differs_after(verification, check, query.after, "rows are missing that were there when the head was kept");
}

static void verify_store(struct verification *verification, struct check *check, const struct head *kept)
{
    static const struct access_head query;
    struct client_answer answer;
    if (!verify_ask(verification, check, check->of, &access_head_message, &query, &answer))
        return;
    const struct access_head_reply *head = answer.reply;
    if (!bytes_equal(head->store, bytes_of(kept->store, sizeof kept->store)))
        differs_after(verification, check, 0, "another store than the one whose head was kept");
}

void verify_access(struct verification *verification)
{
    for (size_t i = 0; i < verification->services.count; i++) {
        struct check *check = verify_check(verification, "access log", verification->services.names[i]);
        struct head kept = kept_head(verification, check->of);
        if (!verify_needs(verification, check, check->of, NULL))
            continue;
        if (kept.row > 0)
            verify_store(verification, check, &kept);
        verify_log(verification, check, &kept);
    }
}
