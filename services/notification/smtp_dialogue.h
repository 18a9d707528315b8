// SPDX-License-Identifier: Apache-2.0
/**
 * SMTP dialogue: follows what client and server say to each other, and judges in the end what became of the mail.
 *
 * libcurl's result codes and its last response code do not tell it (components.md 1.3): a response code may be the answer to an
 * earlier command. So every command and every answer is fed in here as it passes, and the judgement is made of three things: how
 * far it came, what the server answered to that, and how libcurl ended. Pure; no I/O, one thread at a time.
 */
#ifndef SERVICES_NOTIFICATION_SMTP_DIALOGUE_H
#define SERVICES_NOTIFICATION_SMTP_DIALOGUE_H

#include "services/notification/transport.h"

/** How far it came, in order. */
enum smtp_phase {
    SMTP_CONNECT, // until the server's greeting
    SMTP_HELLO,   // EHLO, HELO
    SMTP_TLS,     // STARTTLS
    SMTP_AUTH,
    SMTP_MAIL,
    SMTP_RCPT,
    SMTP_DATA, // the command, and the body that follows it
    SMTP_DOT,  // the whole body was handed over
};

enum { SMTP_ANSWER_BYTES = 512 };

struct smtp_dialogue {
    enum smtp_phase phase;
    bool leaving; // QUIT was said: what follows is no answer to the mail
    int code;     // of the whole answer in this phase; 0: none yet
    char answer[SMTP_ANSWER_BYTES];
    size_t answer_len;
};

/** How libcurl ended, as far as the judgement needs it. */
enum smtp_end {
    SMTP_END_DONE,        // it says that all went well
    SMTP_END_LOST,        // the connection broke, or never came to be
    SMTP_END_SEND_FAILED, // the last thing it wanted to say did not leave
    SMTP_END_TIMEOUT,
    SMTP_END_NO_TLS,      // the server does not offer STARTTLS
    SMTP_END_CERTIFICATE, // it is not who it should be, or our file of authorities is no good
    SMTP_END_LOGIN,       // user name or password refused
    SMTP_END_BROKEN_OFF,  // by ourselves, because the service stops
};

void smtp_dialogue_begin(struct smtp_dialogue *dialogue);

/** What the client said: one command line, ended or not. */
void smtp_dialogue_command(struct smtp_dialogue *dialogue, struct text command);

/** What the server said: one line, ended or not. */
void smtp_dialogue_answer(struct smtp_dialogue *dialogue, struct text line);

/** The whole body was handed over; the final dot follows at once. */
void smtp_dialogue_dot(struct smtp_dialogue *dialogue);

/** Judges. Sets all of `out_outcome` but its recipient. */
void smtp_dialogue_judge(const struct smtp_dialogue *dialogue, enum smtp_end end, struct outcome *out_outcome);

#endif
