// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of the judgement on a mail. Input: u8 how libcurl ended, then lines of a dialogue: what begins with `>` the client
 * said, `.` is the body's end, everything else the server said.
 *
 * However a server talks, the judgement has a code and a text without control characters; accepted is only what the server
 * took with a 2 after the body's end, and failed for good only what it refused with a 5.
 */
#include "services/notification/smtp_dialogue.h"

#include "common/base/must.h"

enum { ENDS = SMTP_END_BROKEN_OFF + 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_line(struct smtp_dialogue *dialogue, struct text line)
{
    if (line.data[0] == '>')
        smtp_dialogue_command(dialogue, (struct text){line.data + 1, line.len - 1});
    else if (line.data[0] == '.')
        smtp_dialogue_dot(dialogue);
    else
        smtp_dialogue_answer(dialogue, line);
    must(dialogue->phase <= SMTP_DOT && dialogue->answer_len <= SMTP_ANSWER_BYTES);
    must(dialogue->code >= 0 && dialogue->code <= 999);
}

static void check_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);
    must(len < size);
    for (size_t i = 0; i < len; i++)
        must(text[i] >= ' ' && text[i] < 0x7f);
}

static void check_outcome(const struct smtp_dialogue *dialogue, enum smtp_end end)
{
    struct outcome outcome = {.recipient = 17};
    smtp_dialogue_judge(dialogue, end, &outcome);
    check_text(outcome.code, sizeof outcome.code);
    check_text(outcome.text, sizeof outcome.text);
    must(outcome.recipient == 17 && outcome.code[0] != '\0');
    must((outcome.reason != NULL) == (outcome.kind == OUTCOME_MISCONFIGURED));
    if (outcome.kind == OUTCOME_ACCEPTED)
        must(dialogue->phase == SMTP_DOT && dialogue->code / 100 == 2);
    if (outcome.kind == OUTCOME_FAILED)
        must(dialogue->phase >= SMTP_MAIL && dialogue->code / 100 == 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct smtp_dialogue dialogue;
    smtp_dialogue_begin(&dialogue);
    struct text rest = {(const char *)data + 1, size - 1};
    while (rest.len > 0) {
        const char *feed = memchr(rest.data, '\n', rest.len);
        size_t len = feed ? (size_t)(feed - rest.data) + 1 : rest.len;
        take_line(&dialogue, (struct text){rest.data, len});
        rest = (struct text){rest.data + len, rest.len - len};
    }
    check_outcome(&dialogue, (enum smtp_end)(data[0] % ENDS));
    return 0;
}
