// SPDX-License-Identifier: Apache-2.0
/** Same: two structs are the same if and only if their encodings are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/wire/codec.h"
#include "common/wire/same.h"
#include "proto/person.gen.h"

static const uint64_t groups[] = {1, 2, 3};
static const struct consent granted = {.channel = CHANNEL_EMAIL, .granted = true, .changed_ms = 5};
static const struct consent withdrawn = {.channel = CHANNEL_EMAIL, .granted = false, .changed_ms = 5};

static bool same_encodings(const struct person_card *left, const struct person_card *right)
{
    struct buffer a, b;
    buffer_init(&a, 4096);
    buffer_init(&b, 4096);
    codec_encode(&person_card_row_desc, left, &a);
    codec_encode(&person_card_row_desc, right, &b);
    bool same = bytes_equal(buffer_bytes(&a), buffer_bytes(&b));
    buffer_fini(&a);
    buffer_fini(&b);
    return same;
}

/** The base and what differs from it in one field, of each kind. */
static size_t cards(struct person_card *out)
{
    const struct person_card base = {
        .person = 1,
        .revision = 1,
        .customer_number = TEXT("1000"),
        .given_name = TEXT("Åsa"),
        .has_email = true,
        .email = TEXT("a@b.se"),
        .has_birth_date = true,
        .birth_date = 4000,
        .has_gender = true,
        .gender = GENDER_MAN,
        .groups = {2, groups},
        .consents = {1, &granted},
        .has_address = true,
        .address = {.has_city = true, .city = TEXT("Umeå")},
    };
    size_t count = 0;
    for (; count < 14; count++)
        out[count] = base;
    out[1].revision = 2;
    out[2].given_name = TEXT("Asa");
    out[3].email = TEXT("a@b.no");
    out[4].has_email = false;
    out[5].birth_date = 4001;
    out[6].gender = GENDER_OTHER;
    out[7].groups.count = 3;
    out[8].groups.items = groups + 1;
    out[9].consents.items = &withdrawn;
    out[10].address.city = TEXT("Luleå");
    out[11].address.has_city = false;
    out[12].has_address = false;
    out[13].has_notes = true;
    out[13].notes = TEXT("");
    return count;
}

static void it_is_the_same_as_comparing_encodings(void **state)
{
    (void)state;
    struct person_card all[14];
    size_t count = cards(all);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            bool same = same_struct(&person_card_desc, &all[i], &all[j]);
            assert_int_equal(same, same_encodings(&all[i], &all[j]));
            assert_int_equal(same, i == j);
        }
}

static void what_an_absent_value_is_does_not_count(void **state)
{
    (void)state;
    struct person_card all[14];
    cards(all);
    struct person_card other = all[4]; // without e-mail
    other.email = TEXT("left over");
    assert_true(same_struct(&person_card_desc, &all[4], &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_same_as_comparing_encodings),
        cmocka_unit_test(what_an_absent_value_is_does_not_count),
    };
    return cmocka_run_group_tests_name("wire_same", tests, NULL, NULL);
}
