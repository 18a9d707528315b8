// SPDX-License-Identifier: Apache-2.0
/**
 * SMTP transport: hands e-mail to the mail server of the settings, with libcurl. Each worker keeps one connection open and uses it
 * for mail after mail.
 *
 * A worker is a thread with an easy handle, not a handle of one curl multi, in which one slow server would hold all connections up:
 * adr/0001.
 */
#ifndef SERVICES_NOTIFICATION_SMTP_TRANSPORT_H
#define SERVICES_NOTIFICATION_SMTP_TRANSPORT_H

#include "services/notification/transport.h"

/** Its options are struct notification_settings. */
extern const struct transport_kind smtp_transport_kind;

/** As often one as the other, while no other thread runs. */
void smtp_transport_init(void);
void smtp_transport_fini(void);

#endif
