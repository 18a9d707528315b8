// SPDX-License-Identifier: Apache-2.0
/**
 * Settings of the notification service: the section `notification` of the file of settings. settings.c has the table, each with
 * its meaning. A value without pointers.
 */
#ifndef SERVICES_NOTIFICATION_SETTINGS_H
#define SERVICES_NOTIFICATION_SETTINGS_H

#include "common/base/fault.h"
#include "common/bus/settings.h"

struct notification_settings {
    char transport_email[SETTING_TEXT_BYTES];
    char outbox[SETTING_TEXT_BYTES];
    char mail_from[SETTING_TEXT_BYTES];
    char mail_from_name[SETTING_TEXT_BYTES];
    char mail_domain[SETTING_TEXT_BYTES];
    char smtp_url[SETTING_TEXT_BYTES];
    char smtp_tls[SETTING_TEXT_BYTES];
    char smtp_ca_file[SETTING_TEXT_BYTES];
    char smtp_user[SETTING_TEXT_BYTES];
    char smtp_password_file[SETTING_TEXT_BYTES];
    char smtp_password[SETTING_TEXT_BYTES]; // what the file holds
    int64_t smtp_connections;
    int64_t smtp_connect_timeout_ms;
    int64_t smtp_answer_timeout_s;
    int64_t smtp_total_timeout_s;
    int64_t retry_first_ms;
    int64_t retry_most_ms;
    int64_t retry_stopped_ms;
};

/** Reads the file (NULL: the defaults) and what it names. FAULT_CONFIG, logged with what to do. */
enum fault notification_settings_load(const char *path, struct notification_settings *out_settings);

#endif
