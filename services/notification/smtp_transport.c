// SPDX-License-Identifier: Apache-2.0
#include "services/notification/smtp_transport.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "services/notification/compose.h"
#include "services/notification/settings.h"
#include "services/notification/smtp_dialogue.h"

enum { ENVELOPE_BYTES = 320, CODE_CLOSING = 421 };

struct smtp_worker {
    const struct notification_settings *settings;
    CURL *curl;
    struct buffer mail;
    size_t handed; // bytes of the mail that libcurl has taken
    struct smtp_dialogue dialogue;
    const _Atomic int *pace;
};

void smtp_transport_init(void)
{
    must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

void smtp_transport_fini(void)
{
    curl_global_cleanup();
}

static size_t give_mail(char *out, size_t size, size_t count, void *user)
{
    struct smtp_worker *worker = user;
    size_t left = worker->mail.len - worker->handed;
    size_t len = left < size * count ? left : size * count;
    if (len > 0)
        memcpy(out, worker->mail.data + worker->handed, len);
    else
        smtp_dialogue_dot(&worker->dialogue); // libcurl asks for more once all before is written to the socket
    worker->handed += len;
    return len;
}

// NOLINTBEGIN(readability-non-const-parameter): the types are libcurl's
/** Everything that is said passes here; it holds the password, and is kept nowhere. */
static int listen_in(CURL *curl, curl_infotype type, char *data, size_t len, void *user)
{
    struct smtp_worker *worker = user;
    (void)curl;
    if (type == CURLINFO_HEADER_OUT)
        smtp_dialogue_command(&worker->dialogue, (struct text){data, len});
    else if (type == CURLINFO_HEADER_IN)
        smtp_dialogue_answer(&worker->dialogue, (struct text){data, len});
    return 0;
}

/** Called about once a second whatever happens; other than 0 breaks off. */
static int keep_pace(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct smtp_worker *worker = user;
    (void)a, (void)b, (void)c, (void)d;
    int pace = atomic_load(worker->pace);
    return pace == PACE_END || (pace == PACE_GIVE_BACK && worker->dialogue.phase != SMTP_DOT);
}

static size_t ignore(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}
// NOLINTEND(readability-non-const-parameter)

/** What holds for every mail. */
static bool set_up(struct smtp_worker *worker)
{
    const struct notification_settings *settings = worker->settings;
    CURL *curl = worker->curl;
    char url[2 * SETTING_TEXT_BYTES];
    long tls = strcmp(settings->smtp_tls, "none") == 0 ? CURLUSESSL_NONE : CURLUSESSL_ALL;
    snprintf(url, sizeof url, "%s/%s", settings->smtp_url, settings->mail_domain); // the path is what EHLO says
    bool good = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK;
    if (*settings->smtp_ca_file)
        good = good && curl_easy_setopt(curl, CURLOPT_CAINFO, settings->smtp_ca_file) == CURLE_OK;
    if (*settings->smtp_user)
        good = good && curl_easy_setopt(curl, CURLOPT_USERNAME, settings->smtp_user) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_PASSWORD, settings->smtp_password) == CURLE_OK;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); // whatever the environment says
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USE_SSL, tls);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->smtp_connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)settings->smtp_answer_timeout_s);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)settings->smtp_answer_timeout_s);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)settings->smtp_total_timeout_s * 1000);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_mail);
    curl_easy_setopt(curl, CURLOPT_READDATA, worker);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L); // for listen_in
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, listen_in);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, worker);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L); // for keep_pace
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, keep_pace);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, worker);
    return good;
}

static void worker_close(void *self)
{
    static const _Atomic int end = PACE_STEADY;
    struct smtp_worker *worker = self;
    worker->pace = &end; // for what libcurl still says as it leaves
    if (worker->curl)
        curl_easy_cleanup(worker->curl);
    buffer_fini(&worker->mail);
    free(worker);
}

static void *worker_open(const void *options)
{
    struct smtp_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->settings = options;
    worker->curl = curl_easy_init();
    buffer_init(&worker->mail, COMPOSE_MAX_BYTES);
    if (worker->curl && set_up(worker))
        return worker;
    worker_close(worker);
    return NULL;
}

static enum smtp_end end_of(CURLcode result)
{
    static const struct {
        CURLcode result;
        enum smtp_end end;
    } ends[] = {
        {CURLE_OK, SMTP_END_DONE},
        {CURLE_OPERATION_TIMEDOUT, SMTP_END_TIMEOUT},
        {CURLE_SEND_ERROR, SMTP_END_SEND_FAILED},
        {CURLE_USE_SSL_FAILED, SMTP_END_NO_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, SMTP_END_CERTIFICATE},
        {CURLE_SSL_CACERT_BADFILE, SMTP_END_CERTIFICATE},
        {CURLE_SSL_CERTPROBLEM, SMTP_END_CERTIFICATE},
        {CURLE_SSL_ISSUER_ERROR, SMTP_END_CERTIFICATE},
        {CURLE_LOGIN_DENIED, SMTP_END_LOGIN},
        {CURLE_ABORTED_BY_CALLBACK, SMTP_END_BROKEN_OFF},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i].result == result)
            return ends[i].end;
    return SMTP_END_LOST;
}

/** One dialogue. */
static CURLcode perform(struct smtp_worker *worker, bool fresh)
{
    worker->handed = 0;
    smtp_dialogue_begin(&worker->dialogue);
    curl_easy_setopt(worker->curl, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
    return curl_easy_perform(worker->curl);
}

/** Whether a connection that was kept open had ended by itself: then nobody has seen the mail, and a new one will do. */
static bool was_stale(const struct smtp_worker *worker, CURLcode result)
{
    long connections = 1;
    const struct smtp_dialogue *dialogue = &worker->dialogue;
    curl_easy_getinfo(worker->curl, CURLINFO_NUM_CONNECTS, &connections);
    return result != CURLE_OK && connections == 0 && dialogue->phase <= SMTP_MAIL &&
           (dialogue->code == 0 || dialogue->code == CODE_CLOSING);
}

static void hand_over(void *self, const struct message *message, const _Atomic int *pace, struct outcome *out_outcome)
{
    struct smtp_worker *worker = self;
    char from[ENVELOPE_BYTES + SETTING_TEXT_BYTES], to[ENVELOPE_BYTES];
    struct curl_slist recipients = {to, NULL};
    worker->pace = pace;
    buffer_reset(&worker->mail);
    compose_email(message, &worker->mail);
    snprintf(from, sizeof from, "<%s>", message->from_address.data);
    snprintf(to, sizeof to, "<%s>", message->to_address.data);
    curl_easy_setopt(worker->curl, CURLOPT_MAIL_RCPT, &recipients);
    if (worker->mail.failed || curl_easy_setopt(worker->curl, CURLOPT_MAIL_FROM, from) != CURLE_OK) {
        out_outcome->kind = OUTCOME_DEFERRED;
        snprintf(out_outcome->code, sizeof out_outcome->code, "memory");
        snprintf(out_outcome->text, sizeof out_outcome->text, "There was no memory for the mail.");
    } else {
        CURLcode result = perform(worker, false);
        if (was_stale(worker, result))
            result = perform(worker, true);
        smtp_dialogue_judge(&worker->dialogue, end_of(result), out_outcome);
    }
    curl_easy_setopt(worker->curl, CURLOPT_MAIL_RCPT, NULL);
}

const struct transport_kind smtp_transport_kind = {
    .worker_open = worker_open,
    .worker_close = worker_close,
    .hand_over = hand_over,
};
