// SPDX-License-Identifier: Apache-2.0
/** Cards that may be one person's: what makes two likely, families that are not, and the whole register page by page. Source: domain.md 6. */
#include "tests/unit/core_fixture.h"

#include "common/base/date.h"
#include "proto/person.gen.h"
#include "services/person/person.h"

enum { MANY = 600 };

struct duplicate_register {
    struct fixture fixture;
    unsigned calls;
};

static struct reply_envelope call(struct duplicate_register *it, const struct message_desc *message, const void *body)
{
    char id[16];
    snprintf(id, sizeof id, "c%u", it->calls++);
    return fixture_call(&it->fixture, message, body, id);
}

static int set_up(void **state)
{
    struct duplicate_register *it = calloc(1, sizeof *it);
    fixture_init(&it->fixture, &person_definition);
    *state = it;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(&((struct duplicate_register *)*state)->fixture);
    free(*state);
    return 0;
}

/** A card; what is empty or 0 it has not. */
struct wanted {
    const char *given, *family, *email, *mobile, *home_phone;
    int32_t born; // year
};

static uint64_t create(struct duplicate_register *it, struct wanted wanted)
{
    const struct person_create command = {
        .given_name = text_of(wanted.given),
        .has_family_name = wanted.family != NULL,
        .family_name = text_of(wanted.family),
        .has_email = wanted.email != NULL,
        .email = text_of(wanted.email),
        .has_mobile = wanted.mobile != NULL,
        .mobile = text_of(wanted.mobile),
        .has_home_phone = wanted.home_phone != NULL,
        .home_phone = text_of(wanted.home_phone),
        .has_birth_date = wanted.born != 0,
        .birth_date = wanted.born ? date_from_civil(wanted.born, 5, 17) : 0,
    };
    struct person_create_reply body;
    struct reply_envelope reply = call(it, &person_create_message, &command);
    fixture_reply_body(&it->fixture, &person_create_message, &reply, &body);
    return body.person;
}

static struct person_duplicates_reply ask(struct duplicate_register *it, const struct person_duplicates *query)
{
    struct person_duplicates_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_duplicates_message, query);
    fixture_reply_body(&it->fixture, &person_duplicates_message, &reply, &body);
    return body;
}

static struct person_duplicates_reply of_one(struct duplicate_register *it, uint64_t person)
{
    const struct person_duplicates query = {.has_person = true, .person = person, .limit = 500};
    return ask(it, &query);
}

static struct person_duplicates_reply of_all(struct duplicate_register *it, bool weak)
{
    const struct person_duplicates query = {.has_weak = true, .weak = weak, .limit = 500};
    return ask(it, &query);
}

/** The one pair of a register of two. */
static void assert_pair(struct duplicate_register *it, struct wanted left, struct wanted right, const char *shared,
                        bool is_likely)
{
    uint64_t one = create(it, left), other = create(it, right);
    struct person_duplicates_reply found = of_one(it, one), back = of_one(it, other);
    char said[64] = "";
    assert_int_equal(found.duplicates.count, *shared != '\0');
    assert_int_equal(back.duplicates.count, found.duplicates.count);
    for (size_t i = 0; i < found.duplicates.count; i++) {
        const struct duplicate *pair = &found.duplicates.items[i];
        assert_true(pair->person == one && pair->other == other && back.duplicates.items[i].other == one);
        assert_int_equal(pair->likely, is_likely);
        for (size_t j = 0; j < pair->shared.count; j++)
            snprintf(said + strlen(said), sizeof said - strlen(said), "%s%s", j ? " " : "",
                     enum_name(&likeness_enum, (int32_t)pair->shared.items[j]));
    }
    assert_string_equal(said, shared);
    const struct person_merge merge = {.keep = one, .drop = other};
    assert_done(call(it, &person_merge_message, &merge)); // so that the next pair is alone again
    const struct person_update leave = {
        .person = one, .clear_email = true, .clear_mobile = true, .clear_home_phone = true, .clear_birth_date = true};
    assert_done(call(it, &person_update_message, &leave));
    assert_int_equal(of_one(it, one).duplicates.count, 0);
    assert_int_equal(of_one(it, other).duplicates.count, 0); // led to the kept one
}

static void what_makes_two_likely(void **state)
{
    struct duplicate_register *it = *state;
    struct wanted anna = {.given = "Anna", .family = "Lind"};
    struct wanted one = anna, two = anna;
    assert_pair(it, one, two, "", false); // a name alone is none
    one.born = two.born = 1980;
    assert_pair(it, one, two, "name birth_date", true);
    two.given = "ANNA", two.family = "lind";
    assert_pair(it, one, two, "name birth_date", true);
    two = one;
    two.born = 1950;
    assert_pair(it, one, two, "", false);
    one.mobile = "070-174 06 05", two.home_phone = "+46701740605";
    assert_pair(it, one, two, "name phone", false); // mother and daughter
    two.born = 0;
    assert_pair(it, one, two, "name phone", true);
    one.email = "Anna@example.test", two.email = "anna@example.test", two.mobile = "070-174 06 06",
    two.home_phone = NULL;
    assert_pair(it, one, two, "name email", true);
    two.given = "Bo";
    assert_pair(it, one, two, "email", false); // a family
    two.email = "anna@example.test.se";
    assert_pair(it, one, two, "", false); // another address that begins so
}

static void likely_ones_come_first(void **state)
{
    struct duplicate_register *it = *state;
    const struct wanted eva = {.given = "Eva", .family = "Ek", .mobile = "070-174 06 05"};
    struct wanted husband = eva, again = eva;
    husband.given = "Bo";
    uint64_t one = create(it, eva), bo = create(it, husband), other = create(it, again);
    struct person_duplicates_reply found = of_one(it, one);
    assert_int_equal(found.duplicates.count, 2);
    assert_true(found.duplicates.items[0].other == other && found.duplicates.items[0].likely);
    assert_true(found.duplicates.items[1].other == bo && !found.duplicates.items[1].likely);
    assert_true(text_equal(found.duplicates.items[1].name, TEXT("Eva Ek")));
    assert_true(text_equal(found.duplicates.items[1].other_name, TEXT("Bo Ek")));
    const struct person_duplicates first = {.has_person = true, .person = one, .limit = 1};
    found = ask(it, &first);
    assert_true(found.duplicates.count == 1 && found.duplicates.items[0].other == other);
    // Over the register each pair is there once, and those that are not likely only when they are asked for.
    found = of_all(it, false);
    assert_true(found.duplicates.count == 1 && found.duplicates.items[0].person == one &&
                found.duplicates.items[0].other == other && !found.has_next);
    assert_int_equal(of_all(it, true).duplicates.count, 3);
}

/** MANY cards, of which every tenth is there a second time; the ids of these, ascending. */
static void create_many(struct duplicate_register *it)
{
    struct fixture *fixture = &it->fixture;
    for (size_t i = 0; i < MANY;) {
        fixture_begin(fixture);
        for (size_t end = i + 50; i < end; i++) {
            char given[16], id[16];
            snprintf(given, sizeof given, "P%zu", i % 10 == 9 ? i - 9 : i);
            const struct person_create command = {.given_name = text_of(given),
                                                  .has_birth_date = true,
                                                  .birth_date = date_from_civil(1980, 1, 1),
                                                  .has_work_phone = true,
                                                  .work_phone = TEXT("090-785 60 00")}; // all have the switchboard's
            snprintf(id, sizeof id, "c%u", it->calls++);
            fixture_add(fixture, &person_create_message, &command, id);
        }
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
    }
}

static void the_register_page_by_page(void **state)
{
    struct duplicate_register *it = *state;
    struct person_duplicates query = {.limit = 7};
    size_t pairs = 0, pages = 0;
    uint64_t last = 0;
    create_many(it);
    for (bool more = true; more; pages++) {
        struct person_duplicates_reply page = ask(it, &query);
        assert_true(page.duplicates.count <= 7);
        for (size_t i = 0; i < page.duplicates.count; i++) {
            const struct duplicate *pair = &page.duplicates.items[i];
            assert_true(pair->person > last && pair->other == pair->person + 9 && pair->likely);
            last = pair->person;
            pairs++;
        }
        assert_true(!page.has_next || !query.has_after || page.next > query.after);
        query.has_after = page.has_next;
        query.after = page.next;
        more = page.has_next;
    }
    assert_int_equal(pairs, MANY / 10);
    assert_true(pages > MANY / 10 / 7);
    // One with more pairs than a page: what does not fit is left out, and the next page goes on behind him.
    const struct person_duplicates weak = {.has_weak = true, .weak = true, .limit = 5};
    struct person_duplicates_reply page = ask(it, &weak);
    assert_true(page.duplicates.count == 5 && page.has_next && page.next == page.duplicates.items[4].person);
}

static void changes_are_seen_at_once(void **state)
{
    struct duplicate_register *it = *state;
    uint64_t one = create(it, (struct wanted){.given = "Eva", .born = 1980});
    assert_int_equal(of_one(it, one).duplicates.count, 0);
    uint64_t other = create(it, (struct wanted){.given = "Ewa", .born = 1980});
    assert_int_equal(of_one(it, one).duplicates.count, 0);
    const struct person_update rename = {.person = other, .has_given_name = true, .given_name = TEXT("Eva")};
    assert_done(call(it, &person_update_message, &rename));
    assert_int_equal(of_one(it, one).duplicates.items[0].other, other);
    const struct person_duplicates unknown = {.has_person = true, .person = 999, .limit = 5};
    struct reply_envelope reply = fixture_query(&it->fixture, &person_duplicates_message, &unknown);
    assert_refused(&reply, "not_found", "person");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_makes_two_likely),
        TEST(likely_ones_come_first),
        TEST(the_register_page_by_page),
        TEST(changes_are_seen_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
