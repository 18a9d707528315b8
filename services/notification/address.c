// SPDX-License-Identifier: Apache-2.0
#include "services/notification/address.h"

enum { MAX_LOCAL_BYTES = 64, MAX_ADDRESS_BYTES = 254, MAX_LABEL_BYTES = 63, MIN_DIGITS = 7, MAX_DIGITS = 15 };

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || ((unsigned char)c & 0x80);
}

bool address_is_domain(struct text domain)
{
    size_t label = 0; // bytes of the current one
    for (size_t i = 0; i < domain.len; i++) {
        char c = domain.data[i];
        bool is_dot = c == '.';
        if (!is_dot && !is_letter_or_digit(c) && c != '-')
            return false;
        if (is_dot ? label == 0 : ++label > MAX_LABEL_BYTES)
            return false;
        label = is_dot ? 0 : label;
    }
    return label > 0 && memchr(domain.data, '.', domain.len) != NULL;
}

bool address_is_email(struct text address)
{
    const char *at = address.len ? memchr(address.data, '@', address.len) : NULL;
    size_t local = at ? (size_t)(at - address.data) : 0;
    if (local == 0 || local > MAX_LOCAL_BYTES || address.len > MAX_ADDRESS_BYTES)
        return false;
    for (size_t i = 0; i < local; i++)
        if (!is_letter_or_digit(address.data[i]) && !memchr(".!#$%&'*+/=?^_`{|}~-", address.data[i], 20))
            return false;
    return address_is_domain((struct text){at + 1, address.len - local - 1});
}

bool address_is_number(struct text number)
{
    if (number.len < MIN_DIGITS + 1 || number.len > MAX_DIGITS + 1 || number.data[0] != '+')
        return false;
    for (size_t i = 1; i < number.len; i++)
        if (number.data[i] < '0' || number.data[i] > '9')
            return false;
    return true;
}
