// SPDX-License-Identifier: Apache-2.0
#include "services/notification/smtp_dialogue.h"

#include <stdio.h>
#include <strings.h>

enum { CODE_AUTH_REQUIRED = 530 };

/** Commands that begin a phase; others (the lines of an AUTH, QUIT) do not. */
static const struct {
    const char *verb;
    enum smtp_phase phase;
} verbs[] = {
    {"EHLO", SMTP_HELLO}, {"HELO", SMTP_HELLO}, {"STARTTLS", SMTP_TLS}, {"AUTH", SMTP_AUTH},
    {"MAIL", SMTP_MAIL},  {"RCPT", SMTP_RCPT},  {"DATA", SMTP_DATA},
};

static const char *const phase_names[] = {
    [SMTP_CONNECT] = "a greeting", [SMTP_HELLO] = "EHLO", [SMTP_TLS] = "STARTTLS", [SMTP_AUTH] = "AUTH",
    [SMTP_MAIL] = "MAIL",          [SMTP_RCPT] = "RCPT",  [SMTP_DATA] = "DATA",    [SMTP_DOT] = "the text",
};

void smtp_dialogue_begin(struct smtp_dialogue *dialogue)
{
    *dialogue = (struct smtp_dialogue){.phase = SMTP_CONNECT};
}

static void enter(struct smtp_dialogue *dialogue, enum smtp_phase phase)
{
    dialogue->phase = phase;
    dialogue->leaving = false;
    dialogue->code = 0;
    dialogue->answer_len = 0;
}

void smtp_dialogue_command(struct smtp_dialogue *dialogue, struct text command)
{
    if (command.len >= 4 && strncasecmp(command.data, "QUIT", 4) == 0) {
        dialogue->leaving = true; // of this mail's connection, or of an old one that is closed before it
        return;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t len = strlen(verbs[i].verb);
        if (command.len >= len && strncasecmp(command.data, verbs[i].verb, len) == 0)
            enter(dialogue, verbs[i].phase);
    }
}

void smtp_dialogue_dot(struct smtp_dialogue *dialogue)
{
    enter(dialogue, SMTP_DOT);
}

static void keep_text(struct smtp_dialogue *dialogue, struct text text)
{
    if (dialogue->answer_len > 0 && dialogue->answer_len < sizeof dialogue->answer)
        dialogue->answer[dialogue->answer_len++] = ' ';
    size_t room = sizeof dialogue->answer - dialogue->answer_len;
    size_t len = text.len < room ? text.len : room;
    if (len > 0)
        memcpy(dialogue->answer + dialogue->answer_len, text.data, len);
    dialogue->answer_len += len;
}

void smtp_dialogue_answer(struct smtp_dialogue *dialogue, struct text line)
{
    while (line.len > 0 && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
        line.len--;
    if (dialogue->leaving || line.len < 3)
        return;
    int code = 0;
    for (size_t i = 0; i < 3; i++) {
        if (line.data[i] < '0' || line.data[i] > '9')
            return;
        code = code * 10 + (line.data[i] - '0');
    }
    if (dialogue->code != 0)
        dialogue->answer_len = 0; // a second answer replaces the first: 354, then what came instead of the body's
    keep_text(dialogue, (struct text){line.data + (line.len > 4 ? 4 : line.len), line.len > 4 ? line.len - 4 : 0});
    dialogue->code = line.len > 3 && line.data[3] == '-' ? 0 : code;
}

/** The server's text without control characters, and without bytes that are no UTF-8 of ours to vouch for. */
static void clean(const struct smtp_dialogue *dialogue, char *out, size_t size)
{
    size_t len = dialogue->answer_len < size - 1 ? dialogue->answer_len : size - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)dialogue->answer[i];
        out[i] = dialogue->answer[i];
        if (byte < ' ' || byte >= 0x7f)
            out[i] = '?';
    }
    out[len] = '\0';
}

static void judge_answer(const struct smtp_dialogue *dialogue, struct outcome *outcome)
{
    bool about_mail = dialogue->phase >= SMTP_MAIL;
    bool wants_login = dialogue->code == CODE_AUTH_REQUIRED || (dialogue->phase == SMTP_AUTH && dialogue->code >= 500);
    snprintf(outcome->code, sizeof outcome->code, "%03d", dialogue->code);
    clean(dialogue, outcome->text, sizeof outcome->text);
    outcome->kind = wants_login                           ? OUTCOME_MISCONFIGURED
                    : dialogue->code >= 500 && about_mail ? OUTCOME_FAILED
                                                          : OUTCOME_DEFERRED;
    if (wants_login)
        outcome->reason = "The mail server refused the user name or password, or wants them; mend smtp.user and "
                          "smtp.password_file. E-mail waits and is tried again every minute.";
}

static void judge_end(const struct smtp_dialogue *dialogue, enum smtp_end end, struct outcome *outcome)
{
    bool timeout = end == SMTP_END_TIMEOUT;
    bool whole = dialogue->phase == SMTP_DOT && end != SMTP_END_SEND_FAILED;
    bool broken_off = end == SMTP_END_BROKEN_OFF;
    bool never_there = dialogue->phase == SMTP_CONNECT && !timeout && !broken_off;
    outcome->kind = whole ? OUTCOME_UNKNOWN : broken_off ? OUTCOME_GIVEN_BACK : OUTCOME_DEFERRED;
    snprintf(outcome->code, sizeof outcome->code, "%s", timeout ? "timeout" : broken_off ? "stopped" : "lost");
    snprintf(outcome->text, sizeof outcome->text,
             never_there  ? "There was no connection to the mail server, or it ended without %s."
             : timeout    ? "The mail server did not answer %s in time."
             : broken_off ? "The service stopped before the mail server answered %s."
                          : "The connection to the mail server was lost before it answered %s.",
             phase_names[dialogue->phase]);
}

static void judge_configuration(const char *code, const char *reason, struct outcome *outcome)
{
    outcome->kind = OUTCOME_MISCONFIGURED;
    outcome->reason = reason;
    snprintf(outcome->code, sizeof outcome->code, "%s", code);
    snprintf(outcome->text, sizeof outcome->text, "%s", reason);
}

void smtp_dialogue_judge(const struct smtp_dialogue *dialogue, enum smtp_end end, struct outcome *out_outcome)
{
    int class = dialogue->code / 100;
    out_outcome->reason = NULL;
    if (end == SMTP_END_CERTIFICATE)
        judge_configuration("certificate",
                            "The mail server's certificate cannot be trusted; mend it, smtp.url or smtp.ca_file. "
                            "E-mail waits and is tried again every minute.",
                            out_outcome);
    else if (class == 4 || class == 5)
        judge_answer(dialogue, out_outcome);
    else if (end == SMTP_END_NO_TLS)
        judge_configuration("starttls",
                            "The mail server does not offer STARTTLS; mend it, or set smtp.tls. E-mail waits and is "
                            "tried again every minute.",
                            out_outcome);
    else if (end == SMTP_END_LOGIN)
        judge_configuration("login",
                            "There is no way to log in that both sides know; mend smtp.user. E-mail waits and is tried "
                            "again every minute.",
                            out_outcome);
    else if (dialogue->phase == SMTP_DOT && class == 2) {
        out_outcome->kind = OUTCOME_ACCEPTED;
        snprintf(out_outcome->code, sizeof out_outcome->code, "%03d", dialogue->code);
        clean(dialogue, out_outcome->text, sizeof out_outcome->text);
    } else
        judge_end(dialogue, end, out_outcome);
}
