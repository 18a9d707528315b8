// SPDX-License-Identifier: Apache-2.0
#include "services/notification/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "services/notification/address.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_S = 24 * 60 * 60 };

static const char *const transports[] = {"file", "smtp", NULL};
static const char *const tls_kinds[] = {"starttls", "tls", "none", NULL};

static const struct setting table[] = {
    {"transport_email", SETTING_TEXT, offsetof(struct notification_settings, transport_email), 0, 0, transports,
     "What e-mail goes by: file, or smtp."},
    {"outbox", SETTING_TEXT, offsetof(struct notification_settings, outbox), 0, 0, NULL,
     "Folder of the transport file; empty: outbox in the service's own folder."},
    {"mail.from", SETTING_TEXT, offsetof(struct notification_settings, mail_from), 0, 0, NULL,
     "Address that mail comes from, and that undeliverable mail goes back to."},
    {"mail.from_name", SETTING_TEXT, offsetof(struct notification_settings, mail_from_name), 0, 0, NULL,
     "Name beside that address."},
    {"mail.domain", SETTING_TEXT, offsetof(struct notification_settings, mail_domain), 0, 0, NULL,
     "Domain in Message-ID and EHLO; empty: that of mail.from."},
    {"smtp.url", SETTING_TEXT, offsetof(struct notification_settings, smtp_url), 0, 0, NULL,
     "The mail server, as smtp://mail.example.se:587, or smtps:// with smtp.tls = tls."},
    {"smtp.tls", SETTING_TEXT, offsetof(struct notification_settings, smtp_tls), 0, 0, tls_kinds,
     "starttls: required before anything is sent; tls: from the first byte; none."},
    {"smtp.ca_file", SETTING_TEXT, offsetof(struct notification_settings, smtp_ca_file), 0, 0, NULL,
     "Certificates of the authorities that are trusted; empty: the system's."},
    {"smtp.user", SETTING_TEXT, offsetof(struct notification_settings, smtp_user), 0, 0, NULL,
     "User name at the mail server; empty: none is given."},
    {"smtp.password_file", SETTING_TEXT, offsetof(struct notification_settings, smtp_password_file), 0, 0, NULL,
     "File whose first line is the password; only its owner may have access."},
    {"smtp.connections", SETTING_NUMBER, offsetof(struct notification_settings, smtp_connections), 1, 64, NULL,
     "Connections to the mail server at once."},
    {"smtp.connect_timeout_ms", SETTING_NUMBER, offsetof(struct notification_settings, smtp_connect_timeout_ms), 100,
     10 * MINUTE_MS, NULL, "From the name's look-up to the end of STARTTLS and AUTH."},
    {"smtp.answer_timeout_s", SETTING_NUMBER, offsetof(struct notification_settings, smtp_answer_timeout_s), 1, DAY_S,
     NULL, "For one answer of the server, and for a text that does not get on."},
    {"smtp.total_timeout_s", SETTING_NUMBER, offsetof(struct notification_settings, smtp_total_timeout_s), 1, DAY_S,
     NULL, "For one mail as a whole."},
    {"retry_first_ms", SETTING_NUMBER, offsetof(struct notification_settings, retry_first_ms), 10, HOUR_MS, NULL,
     "A deferred recipient is tried again after this time, then after twice as long each time."},
    {"retry_most_ms", SETTING_NUMBER, offsetof(struct notification_settings, retry_most_ms), 10, 24 * HOUR_MS, NULL,
     "The longest such time."},
    {"retry_stopped_ms", SETTING_NUMBER, offsetof(struct notification_settings, retry_stopped_ms), 10, HOUR_MS, NULL,
     "A channel that stands because of its settings is tried again after this time."},
};

static enum fault refuse(const char *problem)
{
    LOG(LOG_LEVEL_ERROR, "the settings cannot be used", log_name("problem", problem));
    return FAULT_CONFIG;
}

static enum fault check_mail(struct notification_settings *settings)
{
    if (!address_is_email(text_of(settings->mail_from)))
        return refuse("mail.from is not an e-mail address; write it as name@domain.se");
    for (const char *c = settings->mail_from_name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return refuse("mail.from_name has control characters");
    if (!*settings->mail_domain)
        snprintf(settings->mail_domain, sizeof settings->mail_domain, "%s", strchr(settings->mail_from, '@') + 1);
    if (!address_is_domain(text_of(settings->mail_domain)))
        return refuse("mail.domain is not the name of a domain; write it as mail.example.se");
    return FAULT_NONE;
}

static enum fault check_smtp(const struct notification_settings *settings)
{
    bool from_first_byte = strcmp(settings->smtp_tls, "tls") == 0;
    struct text url = text_of(settings->smtp_url);
    struct text scheme = from_first_byte ? TEXT("smtps://") : TEXT("smtp://");
    if (!text_starts_with(url, scheme) || url.len == scheme.len)
        return refuse(from_first_byte ? "smtp.url must begin with smtps:// when smtp.tls is tls"
                                      : "smtp.url must begin with smtp:// unless smtp.tls is tls");
    if (strpbrk(settings->smtp_url + scheme.len, "/@ "))
        return refuse("smtp.url is a host and a port, nothing else; the user stands in smtp.user");
    if (!*settings->smtp_user != !*settings->smtp_password_file)
        return refuse("smtp.user and smtp.password_file go together; give both or none");
    if (*settings->smtp_user && strcmp(settings->smtp_tls, "none") == 0)
        return refuse("a password is not sent without TLS; set smtp.tls to starttls or tls");
    return FAULT_NONE;
}

/** Reads the first line of a file that nobody but its owner may touch. */
static enum fault read_password(struct notification_settings *settings)
{
    struct stat about;
    if (!*settings->smtp_password_file)
        return FAULT_NONE;
    int fd = open(settings->smtp_password_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return refuse("the file that smtp.password_file names cannot be read");
    bool is_safe = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & 077) == 0 &&
                   (about.st_uid == geteuid() || about.st_uid == 0);
    ssize_t len = is_safe ? read(fd, settings->smtp_password, sizeof settings->smtp_password - 1) : 0;
    close(fd);
    if (!is_safe)
        return refuse("the file that smtp.password_file names is open to others than its owner; chmod 600 it");
    settings->smtp_password[len > 0 ? len : 0] = '\0';
    settings->smtp_password[strcspn(settings->smtp_password, "\r\n")] = '\0';
    return *settings->smtp_password ? FAULT_NONE : refuse("the file that smtp.password_file names is empty");
}

enum fault notification_settings_load(const char *path, struct notification_settings *out_settings)
{
    char problem[512];
    *out_settings = (struct notification_settings){
        .transport_email = "file",
        .mail_from = "personkort@localhost.localdomain",
        .smtp_tls = "starttls",
        .smtp_connections = 4,
        .smtp_connect_timeout_ms = 30 * 1000,
        .smtp_answer_timeout_s = 300,
        .smtp_total_timeout_s = 900,
        .retry_first_ms = MINUTE_MS,
        .retry_most_ms = HOUR_MS,
        .retry_stopped_ms = MINUTE_MS,
    };
    if (path && settings_load(path, "notification", table, sizeof table / sizeof *table, out_settings, problem,
                              sizeof problem) != FAULT_NONE)
        return refuse(problem);
    enum fault fault = check_mail(out_settings);
    if (fault == FAULT_NONE && strcmp(out_settings->transport_email, "smtp") == 0)
        fault = check_smtp(out_settings);
    return fault == FAULT_NONE ? read_password(out_settings) : fault;
}
