// SPDX-License-Identifier: Apache-2.0
/** What became of a mail, judged from scripts of dialogues: the table of components.md 1.3, and more of its kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/notification/smtp_dialogue.h"

/** Lines that begin with > are the client's, "." is the end of the body, others the server's. */
struct example {
    const char *script;
    enum smtp_end end;
    enum outcome_kind kind;
    const char *code;
};

#define HELLO "220 hi|>EHLO x|250-x|250 8BITMIME|"
#define TO_RCPT HELLO ">MAIL FROM:<a@b.se>|250 ok|>RCPT TO:<c@d.se>|"
#define TO_DOT TO_RCPT "250 ok|>DATA|354 go|.|"

static const struct example examples[] = {
    {TO_DOT "250 2.0.0 Ok: queued as 17", SMTP_END_DONE, OUTCOME_ACCEPTED, "250"},
    {"", SMTP_END_LOST, OUTCOME_DEFERRED, "lost"},
    {"", SMTP_END_TIMEOUT, OUTCOME_DEFERRED, "timeout"},
    {"554 5.3.2 no service|>QUIT", SMTP_END_LOST, OUTCOME_DEFERRED, "554"}, // nobody judged the mail
    {"421 busy", SMTP_END_LOST, OUTCOME_DEFERRED, "421"},
    {HELLO, SMTP_END_NO_TLS, OUTCOME_MISCONFIGURED, "starttls"},
    {HELLO ">STARTTLS|454 4.7.0 not now", SMTP_END_NO_TLS, OUTCOME_DEFERRED, "454"},
    {HELLO ">STARTTLS|220 go", SMTP_END_CERTIFICATE, OUTCOME_MISCONFIGURED, "certificate"},
    {HELLO ">AUTH PLAIN|334 |>AGEAYg==|535 5.7.8 bad", SMTP_END_LOGIN, OUTCOME_MISCONFIGURED, "535"},
    {HELLO ">AUTH PLAIN|454 4.7.0 later", SMTP_END_LOGIN, OUTCOME_DEFERRED, "454"},
    {HELLO ">MAIL FROM:<a@b.se>|530 5.7.0 log in first", SMTP_END_LOST, OUTCOME_MISCONFIGURED, "530"},
    {HELLO ">MAIL FROM:<a@b.se>|550 5.7.1 no", SMTP_END_LOST, OUTCOME_FAILED, "550"},
    {TO_RCPT "550 5.1.1 unknown|>QUIT|221 bye", SMTP_END_SEND_FAILED, OUTCOME_FAILED, "550"},
    {TO_RCPT "452 4.2.2 full|>QUIT|221 bye", SMTP_END_SEND_FAILED, OUTCOME_DEFERRED, "452"},
    {TO_RCPT, SMTP_END_LOST, OUTCOME_DEFERRED, "lost"}, // the 250 to MAIL is stale
    {TO_RCPT "250 ok|>DATA|354 go", SMTP_END_LOST, OUTCOME_DEFERRED, "lost"},
    {TO_RCPT "250 ok|>DATA|354 go", SMTP_END_TIMEOUT, OUTCOME_DEFERRED, "timeout"},
    {TO_RCPT "250 ok|>DATA|354 go|452 4.3.1 full", SMTP_END_LOST, OUTCOME_DEFERRED, "452"},
    {TO_DOT, SMTP_END_TIMEOUT, OUTCOME_UNKNOWN, "timeout"}, // the server may have stored it
    {TO_DOT, SMTP_END_LOST, OUTCOME_UNKNOWN, "lost"},
    {TO_DOT "250-2.0.0 Ok", SMTP_END_LOST, OUTCOME_UNKNOWN, "lost"}, // half an answer is none
    {TO_DOT, SMTP_END_DONE, OUTCOME_UNKNOWN, "lost"},
    {TO_DOT, SMTP_END_SEND_FAILED, OUTCOME_DEFERRED, "lost"}, // the dot did not leave
    {TO_DOT, SMTP_END_BROKEN_OFF, OUTCOME_UNKNOWN, "stopped"},
    {TO_RCPT, SMTP_END_BROKEN_OFF, OUTCOME_GIVEN_BACK, "stopped"},
    {TO_DOT "554 5.7.1 refused", SMTP_END_LOST, OUTCOME_FAILED, "554"},
    {TO_DOT "552-too|552 large", SMTP_END_LOST, OUTCOME_FAILED, "552"},
    {TO_DOT "451 later", SMTP_END_LOST, OUTCOME_DEFERRED, "451"},
    {TO_DOT "421 closing", SMTP_END_LOST, OUTCOME_DEFERRED, "421"},
    // An old connection is closed first, then a new one is used.
    {">QUIT|221 bye|220 hi|>EHLO x|250 x|>MAIL FROM:<a@b.se>|550 no", SMTP_END_LOST, OUTCOME_FAILED, "550"},
    {">MAIL FROM:<a@b.se>|", SMTP_END_LOST, OUTCOME_DEFERRED, "lost"},
};

static struct outcome play(const char *script, enum smtp_end end)
{
    struct smtp_dialogue dialogue;
    struct outcome outcome = {.recipient = 7};
    smtp_dialogue_begin(&dialogue);
    while (*script) {
        size_t len = strcspn(script, "|");
        struct text line = {script, len};
        if (len == 1 && *script == '.')
            smtp_dialogue_dot(&dialogue);
        else if (*script == '>')
            smtp_dialogue_command(&dialogue, (struct text){script + 1, len - 1});
        else
            smtp_dialogue_answer(&dialogue, line);
        script += len + (script[len] == '|');
    }
    smtp_dialogue_judge(&dialogue, end, &outcome);
    return outcome;
}

static void every_dialogue_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct outcome outcome = play(examples[i].script, examples[i].end);
        if (outcome.kind != examples[i].kind || strcmp(outcome.code, examples[i].code) != 0)
            fail_msg("%s, end %d: kind %d, code %s", examples[i].script, (int)examples[i].end, (int)outcome.kind,
                     outcome.code);
        assert_int_equal(outcome.reason != NULL, outcome.kind == OUTCOME_MISCONFIGURED);
        assert_int_equal(outcome.recipient, 7);
    }
}

static void the_text_is_clean(void **state)
{
    (void)state;
    struct outcome outcome = play(TO_RCPT "550-no\x1b[31m\xff|550 user\r\n", SMTP_END_LOST);
    assert_string_equal(outcome.text, "no?[31m? user");
}

static void a_long_answer_is_cut(void **state)
{
    (void)state;
    static char script[4096] = TO_RCPT;
    size_t len = strlen(script);
    for (int i = 0; i < 20; i++)
        len += (size_t)snprintf(script + len, sizeof script - len, "550-%0100d|", i);
    snprintf(script + len, sizeof script - len, "550 end");
    struct outcome outcome = play(script, SMTP_END_LOST);
    assert_int_equal(outcome.kind, OUTCOME_FAILED);
    assert_int_equal(strlen(outcome.text), SMTP_ANSWER_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialogue_is_judged),
        cmocka_unit_test(the_text_is_clean),
        cmocka_unit_test(a_long_answer_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
