// SPDX-License-Identifier: Apache-2.0
#include "services/person/contacts.h"

enum {
    KIND_PHONE = 1, // kept in keys
    KIND_EMAIL = 2,
    PERSON_BYTES = sizeof(uint64_t),
};

/** Capitals of ASCII alone: what else an address may hold is the mail server's to tell apart. */
static void add_lower(struct key *key, struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        key_u8(key, (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
}

static struct key contact_key(uint8_t kind, struct text contact, uint64_t person)
{
    struct key key = {.len = 0};
    key_u8(&key, kind);
    add_lower(&key, contact);
    key_u8(&key, 0);
    key_u64(&key, person);
    return key;
}

struct contact_keys {
    size_t count;
    struct key items[CONTACTS_MOST];
};

static void add(struct contact_keys *keys, bool has, uint8_t kind, struct text contact, uint64_t person)
{
    if (has && contact.len > 0)
        keys->items[keys->count++] = contact_key(kind, contact, person);
}

static void keys_of(const struct person_card *card, struct contact_keys *out_keys)
{
    out_keys->count = 0;
    if (!card)
        return;
    add(out_keys, card->has_mobile, KIND_PHONE, card->mobile, card->person);
    add(out_keys, card->has_work_phone, KIND_PHONE, card->work_phone, card->person);
    add(out_keys, card->has_home_phone, KIND_PHONE, card->home_phone, card->person);
    add(out_keys, card->has_email, KIND_EMAIL, card->email, card->person);
}

static bool has(const struct contact_keys *keys, const struct key *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (bytes_equal(key_bytes(&keys->items[i]), key_bytes(key)))
            return true;
    return false;
}

void contacts_put(struct store_txn *txn, const struct person_card *before, const struct person_card *card)
{
    struct contact_keys old, new;
    keys_of(before, &old);
    keys_of(card, &new);
    for (size_t i = 0; i < old.count; i++)
        if (!has(&new, &old.items[i]))
            index_delete(txn, &person_contacts, key_bytes(&old.items[i]));
    for (size_t i = 0; i < new.count; i++)
        if (!has(&old, &new.items[i]))
            index_put(txn, &person_contacts, key_bytes(&new.items[i]), bytes_of("", 0));
}

size_t contacts_sharing(struct store_txn *txn, const struct person_card *card, uint64_t *out_persons, size_t max_each)
{
    struct contact_keys keys;
    size_t count = 0;
    keys_of(card, &keys);
    for (size_t i = 0; i < keys.count; i++) {
        struct key prefix = keys.items[i];
        struct index_scan scan;
        prefix.len -= PERSON_BYTES;
        index_scan_open(&scan, txn, &person_contacts, key_bytes(&prefix), bytes_of("", 0), false);
        for (size_t j = 0; j < max_each && index_scan_next(&scan); j++)
            out_persons[count++] = get_u64(scan.key.data + scan.key.len - PERSON_BYTES);
        index_scan_close(&scan);
    }
    return count;
}

/** Whether both have a contact of the kind, whoever's it is. */
static bool share(const struct person_card *left, const struct person_card *right, uint8_t kind)
{
    struct contact_keys own, others;
    keys_of(left, &own);
    keys_of(right, &others);
    for (size_t i = 0; i < own.count; i++)
        for (size_t j = 0; j < others.count; j++) {
            struct bytes a = key_bytes(&own.items[i]), b = key_bytes(&others.items[j]);
            if (a.data[0] == kind && a.len == b.len && memcmp(a.data, b.data, a.len - PERSON_BYTES) == 0)
                return true;
        }
    return false;
}

bool contacts_same_email(const struct person_card *left, const struct person_card *right)
{
    return share(left, right, KIND_EMAIL);
}

bool contacts_same_phone(const struct person_card *left, const struct person_card *right)
{
    return share(left, right, KIND_PHONE);
}

static void add_all(struct store_txn *txn, const struct key *prefix, roaring_bitmap_t *persons)
{
    struct index_scan scan;
    index_scan_open(&scan, txn, &person_contacts, key_bytes(prefix), bytes_of("", 0), false);
    while (index_scan_next(&scan))
        roaring_bitmap_add(persons, (uint32_t)get_u64(scan.key.data + scan.key.len - PERSON_BYTES));
    index_scan_close(&scan);
}

void contacts_add_phone(struct store_txn *txn, struct text number, roaring_bitmap_t *persons)
{
    struct key prefix = {.len = 0};
    key_u8(&prefix, KIND_PHONE);
    key_text(&prefix, number);
    add_all(txn, &prefix, persons);
}

void contacts_add_email(struct store_txn *txn, struct text prefix_text, roaring_bitmap_t *persons)
{
    struct key prefix = {.len = 0};
    key_u8(&prefix, KIND_EMAIL);
    add_lower(&prefix, prefix_text);
    add_all(txn, &prefix, persons);
}

static uint64_t first_of(struct store_txn *txn, uint8_t kind, struct text contact)
{
    struct key prefix = {.len = 0};
    struct index_scan scan;
    uint64_t person = 0;
    key_u8(&prefix, kind);
    add_lower(&prefix, contact);
    key_u8(&prefix, 0);
    index_scan_open(&scan, txn, &person_contacts, key_bytes(&prefix), bytes_of("", 0), false);
    if (index_scan_next(&scan))
        person = get_u64(scan.key.data + scan.key.len - PERSON_BYTES);
    index_scan_close(&scan);
    return person;
}

uint64_t contacts_first_email(struct store_txn *txn, struct text email)
{
    return first_of(txn, KIND_EMAIL, email);
}

uint64_t contacts_first_phone(struct store_txn *txn, struct text number)
{
    return first_of(txn, KIND_PHONE, number);
}
