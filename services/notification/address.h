// SPDX-License-Identifier: Apache-2.0
/**
 * Addresses that may be handed to a transport. The person service keeps the rule for people; this one keeps what could change the
 * meaning of an SMTP command or a header away from it, wherever the address came from. Stateless; any thread.
 */
#ifndef SERVICES_NOTIFICATION_ADDRESS_H
#define SERVICES_NOTIFICATION_ADDRESS_H

#include "common/base/text.h"

/** One @, a local part of at most 64 bytes and a domain; no space, control character, quote, bracket or separator. */
bool address_is_email(struct text address);

/** Labels of letters, digits and hyphens with a dot between them; beyond ASCII whatever UTF-8 holds. */
bool address_is_domain(struct text domain);

/** E.164: + and 7 to 15 digits. */
bool address_is_number(struct text number);

#endif
