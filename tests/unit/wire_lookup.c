// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/wire_help.h"

#include "common/wire/lookup.h"
#include "proto/sample.gen.h"
#include "proto/service.gen.h"

static void a_field_is_found_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_all_desc.count; i++) {
        const struct field_desc *field = &sample_all_desc.fields[i];
        assert_ptr_equal(struct_field(&sample_all_desc, text_of(field->name)), field);
    }
    assert_null(struct_field(&sample_all_desc, TEXT("")));
    assert_null(struct_field(&sample_all_desc, TEXT("fla")));
    assert_null(struct_field(&sample_all_desc, TEXT("flagg")));
    assert_null(struct_field(&sample_all_desc, TEXT("conmacts")));
    assert_null(struct_field(&service_ping_desc, TEXT("flag"))); // has no fields at all
}

static void a_field_is_found_by_its_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_row_desc.count; i++) {
        const struct field_desc *field = &sample_row_desc.fields[i];
        assert_ptr_equal(struct_field_numbered(&sample_row_desc, field->number), field);
    }
    assert_null(struct_field_numbered(&sample_row_desc, 9));
    assert_null(struct_field_numbered(&sample_row_desc, UINT64_C(1) << 32 | 1));
    assert_null(struct_field_numbered(&sample_all_desc, 0)); // its fields have no numbers
}

static void names_and_numbers_of_an_enum_go_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_colour_enum.count; i++) {
        const struct enum_value *value = &sample_colour_enum.values[i];
        assert_string_equal(enum_name(&sample_colour_enum, value->number), value->name);
        assert_int_equal(enum_number(&sample_colour_enum, text_of(value->name)), value->number);
    }
    const int32_t unknown[] = {INT32_MIN, -1, 0, 3, 6, 8, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        assert_string_equal(enum_name(&sample_colour_enum, unknown[i]), "");
    assert_int_equal(enum_number(&sample_colour_enum, TEXT("")), 0);
    assert_int_equal(enum_number(&sample_colour_enum, TEXT("re")), 0);
    assert_int_equal(enum_number(&sample_colour_enum, TEXT("redd")), 0);
}

static void assert_near(const char *name, const char *expected)
{
    const struct field_desc *near = lookup_near(&sample_all_desc, text_of(name));
    assert_string_equal(near ? near->name : "none", expected);
}

static void a_slip_is_near_and_another_word_is_not(void **state)
{
    (void)state;
    assert_near("flg", "flag");
    assert_near("colur", "colour");
    assert_near("contcats", "contacts");
    assert_near("anycount", "any_count");
    assert_near("title2", "title");
    assert_near("xyzzy", "none");
    assert_near("dy", "day");
    assert_near("d", "none"); // a single letter is near to nothing
    assert_near("", "none");
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_near(longest, "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_found_by_its_name),
        cmocka_unit_test(a_field_is_found_by_its_number),
        cmocka_unit_test(names_and_numbers_of_an_enum_go_both_ways),
        cmocka_unit_test(a_slip_is_near_and_another_word_is_not),
    };
    return cmocka_run_group_tests_name("wire: look-up", tests, NULL, NULL);
}
