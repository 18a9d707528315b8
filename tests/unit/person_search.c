// SPDX-License-Identifier: Apache-2.0
/**
 * Search: whom a filter is true of, in which order, page by page, against a plain walk over the cards that shares no code with it; while the
 * register changes, and read anew. PERSON_SEARCH_SEED in the environment repeats a run.
 */
#include "tests/unit/core_fixture.h"

#include <time.h>

#include "common/base/date.h"
#include "proto/person.gen.h"
#include "services/person/person.h"
#include "services/person/roster.h"
#include "services/person/state.h"

enum {
    PERSONS = 300,
    QUESTIONS = 400,
    REGIONS = 4,
    GROUPS = 3,
};

struct search {
    struct fixture fixture;
    unsigned calls;
    uint64_t random;
};

static int set_up(void **state)
{
    struct search *it = calloc(1, sizeof *it);
    const char *seed = getenv("PERSON_SEARCH_SEED");
    fixture_init(&it->fixture, &person_definition);
    it->random = seed ? strtoull(seed, NULL, 10) : (uint64_t)getpid() * 7919 + (uint64_t)time(NULL);
    printf("PERSON_SEARCH_SEED=%llu\n", (unsigned long long)it->random);
    *state = it;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(&((struct search *)*state)->fixture);
    free(*state);
    return 0;
}

/** SplitMix64. */
static uint64_t draw(struct search *it, uint64_t below)
{
    uint64_t z = it->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

static struct reply_envelope call(struct search *it, const struct message_desc *message, const void *body)
{
    char id[16];
    snprintf(id, sizeof id, "s%u", it->calls++);
    return fixture_call(&it->fixture, message, body, id);
}

static void make_entries(struct search *it)
{
    static const char *const names[] = {"Norr", "Söder", "Öst", "Väst", "Vegan", "Regular", "Ny medlem"};
    for (size_t i = 0; i < REGIONS + GROUPS; i++) {
        const struct entry_create command = {
            .list = i < REGIONS ? PICK_LIST_REGION : PICK_LIST_GROUP,
            .names = {.sv = text_of(names[i]), .has_en = i == 0, .en = TEXT("North")},
        };
        assert_done(call(it, &entry_create_message, &command));
    }
}

static const char *const given_names[] = {"Åsa", "Bo", "Zoë", "Anna-Karin", "ERIK", "Örjan", "Lars"};
static const char *const family_names[] = {"Larson", "Larsson", "Öberg", "Oberg", "von Essen", "Ek", "Ängmo", "Ågren"};

#define PICK(it, array) array[draw(it, sizeof(array) / sizeof *(array))]

/** A new person, or a change of one: nearly everything is there now and then. */
static void change_register(struct search *it, uint64_t persons)
{
    bool is_new = persons < 10 || draw(it, 3) > 0;
    uint64_t groups[GROUPS];
    size_t group_count = 0;
    char email[40], number[16];
    snprintf(email, sizeof email, "%c%llu@example.test", (char)('a' + draw(it, 4)), (unsigned long long)draw(it, 50));
    snprintf(number, sizeof number, "070-1740%03llu", (unsigned long long)draw(it, 200));
    for (uint64_t i = 0; i < GROUPS; i++)
        if (draw(it, 3) == 0)
            groups[group_count++] = REGIONS + 1 + i;
    const struct consent_change consent = {.channel = CHANNEL_EMAIL, .granted = draw(it, 2) == 0};
    if (is_new) {
        const struct person_create command = {
            .given_name = text_of(PICK(it, given_names)),
            .has_family_name = draw(it, 8) > 0,
            .family_name = text_of(PICK(it, family_names)),
            .has_email = draw(it, 2) == 0,
            .email = text_of(email),
            .has_mobile = draw(it, 2) == 0,
            .mobile = text_of(number),
            .has_region = draw(it, 4) > 0,
            .region = 1 + draw(it, REGIONS),
            .groups = {group_count, groups},
            .has_birth_date = draw(it, 2) == 0,
            .birth_date = date_from_civil(1970 + (int)draw(it, 30), 1 + (int)draw(it, 12), 1 + (int)draw(it, 28)),
            .consents = {draw(it, 2), &consent},
        };
        assert_done(call(it, &person_create_message, &command));
        return;
    }
    const struct person_update command = {
        .person = 1 + draw(it, persons),
        .has_given_name = draw(it, 3) == 0,
        .given_name = text_of(PICK(it, given_names)),
        .has_family_name = draw(it, 3) == 0,
        .family_name = text_of(PICK(it, family_names)),
        .clear_email = draw(it, 5) == 0,
        .has_mobile = draw(it, 4) == 0,
        .mobile = text_of(number),
        .clear_region = draw(it, 5) == 0,
        .groups_remove = {draw(it, 2), (const uint64_t[]){REGIONS + 1}},
        .groups_add = {draw(it, 2), (const uint64_t[]){REGIONS + 2}},
        .clear_birth_date = draw(it, 6) == 0,
    };
    assert_done(call(it, &person_update_message, &command));
}

/* The model: cards, and filters as trees. */

static size_t all_cards(struct search *it, struct person_card *out_cards, size_t max)
{
    size_t count = 0;
    bool more = true;
    while (more) {
        const struct person_list query = {
            .limit = 500, .has_after = count > 0, .after = count ? out_cards[count - 1].person : 0};
        struct person_list_reply body;
        struct reply_envelope reply = fixture_query(&it->fixture, &person_list_message, &query);
        fixture_reply_body(&it->fixture, &person_list_message, &reply, &body);
        assert_true(count + body.cards.count <= max);
        memcpy(out_cards + count, body.cards.items, body.cards.count * sizeof *out_cards);
        count += body.cards.count;
        more = body.more;
    }
    return count;
}

static bool is_text(bool has, struct text text, const char *expected)
{
    return has && text_equal(text, text_of(expected));
}

static bool has_group(const struct person_card *card, uint64_t group)
{
    for (size_t i = 0; i < card->groups.count; i++)
        if (card->groups.items[i] == group)
            return true;
    return false;
}

/** A term by its number: as it is asked, and whether it is true of a card, worked out by hand for these names. */
static bool is_true(unsigned term, const struct person_card *card)
{
    bool lar = is_text(card->has_family_name, card->family_name, "Larson"),
         larsson = is_text(card->has_family_name, card->family_name, "Larsson"),
         lars = is_text(true, card->given_name, "Lars");
    bool oeberg = is_text(card->has_family_name, card->family_name, "Öberg"),
         oberg = is_text(card->has_family_name, card->family_name, "Oberg");
    switch (term) {
    case 0:
        return lar;
    case 1:
        return lar || larsson || lars;
    case 2:
        return oeberg;
    case 3:
        return oeberg || oberg;
    case 4:
        return is_text(true, card->given_name, "Åsa");
    case 5:
        return is_text(true, card->given_name, "Anna-Karin");
    case 6:
        return is_text(card->has_family_name, card->family_name, "von Essen");
    case 7:
        return card->has_region && (card->region == 1 || card->region == 2);
    case 8:
        return card->has_region && card->region == 3;
    case 9:
        return !card->has_region;
    case 10:
        return has_group(card, REGIONS + 1);
    case 11:
        return has_group(card, REGIONS + 3);
    case 12:
        return card->has_email;
    case 13:
        return card->has_email && card->email.data[0] == 'a';
    case 14:
        return is_text(card->has_mobile, card->mobile, "+461740007") ||
               is_text(card->has_mobile, card->mobile, "+46701740007");
    case 15:
        return card->has_birth_date && card->birth_date >= date_from_civil(1980, 1, 1) &&
               card->birth_date < date_from_civil(1990, 1, 1);
    case 16:
        return card->has_birth_date && card->birth_date < date_from_civil(1975, 6, 1);
    case 17:
        return card->consents.count > 0 && card->consents.items[0].granted;
    case 18:
        return is_text(true, card->given_name, "Zoë");
    case 19:
        return card->person == 17;
    case 20:
        return is_text(true, card->customer_number, "1003");
    case 21:
        return true;
    default:
        return false;
    }
}

static const char *const asked[] = {
    "name:larson",
    "LARS",
    "name:öberg",
    "oberg",
    "asa",
    "\"karin anna\"",
    "essen",
    "region:norr,söder",
    "region:\"Öst\"",
    "region:none",
    "group:VEGAN",
    "group:\"ny medlem\"",
    "has:email",
    "email:A",
    "\"070-17 40 007\"",
    "born:1980..1989",
    "born:..1975-05",
    "consent:email",
    "zoe",
    "id:#17",
    "number:1003",
    "created:2026",
};

enum { TERMS = sizeof asked / sizeof *asked };

/** A filter as a tree in an array: a term, or two others joined; each may be turned round. */
struct node {
    enum { TERM, BOTH, EITHER } kind;
    bool is_turned;
    unsigned term;
    int left, right;
};

static int make_tree(struct search *it, struct node *nodes, int *count, unsigned depth)
{
    int at = (*count)++;
    struct node node = {.kind = depth == 0 || draw(it, 3) == 0 ? TERM
                                : draw(it, 2)                  ? BOTH
                                                               : EITHER,
                        .is_turned = draw(it, 4) == 0,
                        .term = (unsigned)draw(it, TERMS)};
    if (node.kind != TERM) {
        node.left = make_tree(it, nodes, count, depth - 1);
        node.right = make_tree(it, nodes, count, depth - 1);
    }
    nodes[at] = node;
    return at;
}

static bool tree_is_true(const struct node *nodes, int at, const struct person_card *card)
{
    const struct node *node = &nodes[at];
    bool is = node->kind == TERM   ? is_true(node->term, card)
              : node->kind == BOTH ? tree_is_true(nodes, node->left, card) && tree_is_true(nodes, node->right, card)
                                   : tree_is_true(nodes, node->left, card) || tree_is_true(nodes, node->right, card);
    return is != node->is_turned;
}

static void write_tree(const struct node *nodes, int at, FILE *out)
{
    const struct node *node = &nodes[at];
    if (node->is_turned)
        fputs(node->term % 2 ? "-" : "not ", out);
    if (node->kind == TERM) {
        fputs(asked[node->term], out);
        return;
    }
    fputc('(', out);
    write_tree(nodes, node->left, out);
    fputs(node->kind == EITHER ? " or " : node->term % 2 ? " and " : " ", out);
    write_tree(nodes, node->right, out);
    fputc(')', out);
}

/** Order of names in a Swedish register, for the names used here. */
static int rank(struct text name)
{
    static const char *const order[] = {"",      "Anna-Karin", "Bo",  "Ek",    "ERIK", "Lars",  "Larson", "Larsson",
                                        "Oberg", "von Essen",  "Zoë", "Ågren", "Åsa",  "Ängmo", "Öberg",  "Örjan"};
    for (int i = 0; i < (int)(sizeof order / sizeof *order); i++)
        if (text_equal(name, text_of(order[i])))
            return i;
    fail_msg("a name without a rank");
    return -1;
}

static int compare_cards(const void *a, const void *b)
{
    const struct person_card *left = a, *right = b;
    int by_family = rank(left->has_family_name ? left->family_name : TEXT("")) -
                    rank(right->has_family_name ? right->family_name : TEXT(""));
    int by_given = rank(left->given_name) - rank(right->given_name);
    int by_person = (left->person > right->person) - (left->person < right->person);
    return by_family ? by_family : by_given ? by_given : by_person;
}

static struct person_search_reply search(struct search *it, const struct person_search *query)
{
    struct person_search_reply body;
    struct reply_envelope reply = fixture_query(&it->fixture, &person_search_message, query);
    if (reply.status != REPLY_STATUS_OK)
        fail_msg("'%.*s' %.*s", (int)query->where.len, query->where.data, (int)reply.error.message.len,
                 reply.error.message.data);
    fixture_reply_body(&it->fixture, &person_search_message, &reply, &body);
    return body;
}

/** Asks one question in pages and compares them with the model's list, which is in the order asked for. */
static void ask(struct search *it, const char *where, enum person_sort sort, const struct person_card *expected,
                size_t count)
{
    struct person_search query = {
        .has_where = true,
        .where = text_of(where),
        .has_sort = true,
        .sort = sort,
        .limit = (int64_t)(1 + draw(it, 60)),
        .has_count = true,
        .count = draw(it, 2) == 0,
    };
    size_t seen = 0;
    for (;;) {
        struct person_search_reply page = search(it, &query);
        assert_int_equal(page.has_total, query.count);
        if (query.count && (size_t)page.total != count)
            fail_msg("'%s' is true of %lld, not of %zu", where, (long long)page.total, count);
        for (size_t i = 0; i < page.cards.count; i++, seen++)
            if (seen >= count || page.cards.items[i].person != expected[seen].person)
                fail_msg("'%s' in order %d: person %llu at %zu", where, (int)sort,
                         (unsigned long long)page.cards.items[i].person, seen);
        if (!page.has_next)
            break;
        query.has_after = true;
        query.after = page.next;
    }
    assert_int_equal(seen, count);
}

static void ask_random_questions(struct search *it, size_t questions)
{
    static struct person_card cards[PERSONS + 64], found[PERSONS + 64];
    size_t count = all_cards(it, cards, PERSONS + 64);
    for (size_t i = 0; i < questions; i++) {
        struct node nodes[64];
        int node_count = 0;
        char *where = NULL;
        size_t where_len = 0, found_count = 0;
        int root = make_tree(it, nodes, &node_count, 3);
        FILE *out = open_memstream(&where, &where_len);
        write_tree(nodes, root, out);
        fclose(out);
        enum person_sort sort = (enum person_sort)(PERSON_SORT_NAME + (int)draw(it, 3));
        for (size_t j = 0; j < count; j++) {
            size_t at = sort == PERSON_SORT_NEWEST ? count - 1 - j : j;
            if (tree_is_true(nodes, root, &cards[at]))
                found[found_count++] = cards[at];
        }
        if (sort == PERSON_SORT_NAME)
            qsort(found, found_count, sizeof *found, compare_cards);
        ask(it, where, sort, found, found_count);
        free(where);
        arena_reset(&it->fixture.arena);
        if (i % 50 == 0)
            count = all_cards(it, cards, PERSONS + 64); // its texts lay in the arena
        else
            all_cards(it, cards, PERSONS + 64);
    }
}

/** So many changes of names that the order is merged, more than once. */
static void rename_many(struct search *it)
{
    enum { BATCHES = 50, RENAMED = 60 };
    for (size_t i = 0; i < BATCHES; i++) {
        fixture_begin(&it->fixture);
        for (size_t j = 0; j < RENAMED; j++) {
            char id[16];
            const struct person_update command = {
                .person = 1 + draw(it, PERSONS / 3),
                .has_family_name = true,
                .family_name = text_of(PICK(it, family_names)),
            };
            snprintf(id, sizeof id, "s%u", it->calls++);
            fixture_add(&it->fixture, &person_update_message, &command, id);
        }
        assert_int_equal(core_end(it->fixture.core), FAULT_NONE);
        if (i % 10 == 0)
            ask_random_questions(it, 3);
    }
}

static void it_finds_what_a_plain_count_finds(void **state)
{
    struct search *it = *state;
    make_entries(it);
    for (uint64_t i = 0; i < PERSONS; i++) {
        change_register(it, i / 2);
        if (i == PERSONS / 3)
            ask_random_questions(it, 20); // from here on it follows
        if (i > PERSONS / 3 && i % 20 == 0)
            ask_random_questions(it, 5);
        if (i == PERSONS / 2)
            fixture_restart(&it->fixture); // reads all anew
    }
    ask_random_questions(it, QUESTIONS);
    rename_many(it);
    ask_random_questions(it, QUESTIONS / 8);
}

/** A list that is being read stays what it was for those who do not move, whoever else comes and goes. */
static void pages_are_stable_while_others_write(void **state)
{
    struct search *it = *state;
    for (size_t i = 0; i < 60; i++) {
        const struct person_create command = {
            .given_name = TEXT("Bo"), .has_family_name = true, .family_name = i % 2 ? TEXT("Ek") : TEXT("Larsson")};
        assert_done(call(it, &person_create_message, &command));
    }
    struct person_search query = {.limit = 7};
    bool seen[200] = {false};
    size_t count = 0;
    for (;;) {
        struct person_search_reply page = search(it, &query);
        for (size_t i = 0; i < page.cards.count; i++) {
            assert_false(seen[page.cards.items[i].person]);
            seen[page.cards.items[i].person] = true;
            count += page.cards.items[i].person <= 60;
        }
        if (!page.has_next)
            break;
        query.has_after = true;
        query.after = page.next;
        const struct person_create command = {
            .given_name = TEXT("Ny"), .has_family_name = true, .family_name = TEXT("Ek")};
        assert_done(call(it, &person_create_message, &command));
    }
    assert_int_equal(count, 60);
}

/** Reads a roster of its own in slices, while persons are renamed before and behind what it has read. */
static void it_is_read_in_slices_while_others_write(void **state)
{
    enum { BOS = 40, SLICE = 7 };
    struct search *it = *state;
    for (size_t i = 0; i < BOS; i++) {
        const struct person_create command = {.given_name = TEXT("Bo")};
        assert_done(call(it, &person_create_message, &command));
    }
    struct roster *roster = roster_new();
    bool is_there = false;
    size_t slices = 0;
    for (; !is_there; slices++) {
        struct ctx ctx;
        core_query_ctx_begin(it->fixture.core, &ctx);
        is_there = roster_catch_up(roster, &ctx, SLICE);
        assert_false(is_refused(&ctx.refusal));
        core_query_ctx_end(&ctx);
        if (is_there)
            break;
        const struct person_update before = {.person = 1 + slices, .has_given_name = true, .given_name = TEXT("Ek")};
        const struct person_update behind = {.person = BOS - slices, .has_given_name = true, .given_name = TEXT("Ek")};
        assert_done(call(it, &person_update_message, &before));
        assert_done(call(it, &person_update_message, &behind));
    }
    assert_true(slices >= BOS / SLICE);
    size_t first, count = roster_tags_prefix(roster_all_tags(roster), TEXT("ek"), &first);
    assert_int_equal(count, 1);
    const struct roster_tag *ek = &roster_all_tags(roster)->items[roster_all_tags(roster)->words[first]];
    assert_int_equal(roaring_bitmap_get_cardinality(ek->persons.many), 2 * slices);
    for (size_t i = 0; i < slices; i++)
        assert_true(roaring_bitmap_contains(ek->persons.many, (uint32_t)(1 + i)) &&
                    roaring_bitmap_contains(ek->persons.many, (uint32_t)(BOS - i)));
    roster_free(roster);
}

/** Nobody is left out silently: every search is refused until the store is mended. */
static void a_card_that_makes_no_sense_is_told_each_time(void **state)
{
    struct search *it = *state;
    for (size_t i = 0; i < 3; i++) {
        const struct person_create command = {.given_name = TEXT("Bo")};
        assert_done(call(it, &person_create_message, &command));
    }
    static const uint8_t nonsense[] = {0xc1};
    struct store_txn *txn = store_begin_write(it->fixture.store);
    struct key key = key_of_id(2);
    store_put(txn, &person_cards, key_bytes(&key), bytes_of(nonsense, sizeof nonsense));
    assert_int_equal(store_commit(txn), FAULT_NONE);
    const struct person_search query = {.limit = 5};
    for (size_t i = 0; i < 3; i++) {
        struct reply_envelope reply = fixture_query(&it->fixture, &person_search_message, &query);
        assert_refused(&reply, "corrupt", "");
    }
}

struct wrong {
    const char *where;
    const char *part;
};

static void what_makes_no_sense_is_told(void **state)
{
    struct search *it = *state;
    make_entries(it);
    static const struct wrong wrong[] = {
        {"colour:red", "a field that there is not"},
        {"name:", "without a value"},
        {"name:larson,", "without a value"},
        {"name:\"larson", "not closed"},
        {"(larson", "not closed"},
        {"larson)", "nothing opened"},
        {"()", "empty parentheses"},
        {"larson or", "something has to follow"},
        {"-", "something has to follow"},
        {"not", "something has to follow"},
        {"name:---", "without a letter"},
        {"region:väster", "its pick-list has not"},
        {"id:17", "id that is none"},
        {"phone:nej", "phone number that is none"},
        {"gender:x", "woman, man and other"},
        {"has:hair", "no field"},
        {"employee:maybe", "yes or no"},
        {"born:1980-13", "time that is none"},
        {"born:..", "time that is none"},
        {"account_manager:A1", "employee number nobody has"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct person_search query = {.has_where = true, .where = text_of(wrong[i].where), .limit = 1};
        struct reply_envelope reply = fixture_query(&it->fixture, &person_search_message, &query);
        assert_refused(&reply, "invalid_field", "where");
        if (!memmem(reply.error.message.data, reply.error.message.len, wrong[i].part, strlen(wrong[i].part)))
            fail_msg("%s: %.*s", wrong[i].where, (int)reply.error.message.len, reply.error.message.data);
    }
    char deep[200] = "";
    memset(deep, '(', 100);
    const struct person_search query = {.has_where = true, .where = text_of(deep), .limit = 1};
    struct reply_envelope reply = fixture_query(&it->fixture, &person_search_message, &query);
    assert_refused(&reply, "invalid_field", "where");
    static const char *const places[] = {"0102", "01020304050", "0102030x", "zz"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct person_search after = {.has_after = true, .after = text_of(places[i]), .limit = 1};
        reply = fixture_query(&it->fixture, &person_search_message, &after);
        assert_refused(&reply, "invalid_field", "after");
    }
}

/** What the schema says that can be asked for can be: its list and the filter's are one. */
static void every_field_of_the_schema_can_be_asked_for(void **state)
{
    struct search *it = *state;
    for (size_t i = 0; i < search_field_enum.count; i++) {
        char where[80];
        snprintf(where, sizeof where, "%s:", search_field_enum.values[i].name);
        const struct person_search query = {.has_where = true, .where = text_of(where), .limit = 1};
        struct reply_envelope reply = fixture_query(&it->fixture, &person_search_message, &query);
        if (!memmem(reply.error.message.data, reply.error.message.len, "without a value", 15))
            fail_msg("%s %.*s", where, (int)reply.error.message.len, reply.error.message.data);
    }
}

/** More terms than are left to be put together later. */
static void many_terms_say_what_one_says(void **state)
{
    enum { TIMES = 300, TERM_BYTES = 13 };
    struct search *it = *state;
    static const char *const terms[] = {" lars", " -lars", " or lars", " or -lars", " -born:1980.."};
    make_entries(it);
    for (uint64_t i = 0; i < PERSONS; i++)
        change_register(it, i / 2);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        char where[TIMES * TERM_BYTES + 1] = "";
        const char *one = strncmp(terms[i], " or", 3) == 0 ? terms[i] + 3 : terms[i];
        struct person_search query = {.has_where = true, .where = text_of(one), .limit = PERSONS};
        struct person_search_reply expected = search(it, &query);
        size_t len = (size_t)snprintf(where, sizeof where, "%s", one);
        while (len + TERM_BYTES < sizeof where)
            len += (size_t)snprintf(where + len, sizeof where - len, "%s", terms[i]);
        query.where = text_of(where);
        struct person_search_reply found = search(it, &query);
        assert_int_equal(found.cards.count, expected.cards.count);
        for (size_t j = 0; j < found.cards.count; j++)
            assert_int_equal(found.cards.items[j].person, expected.cards.items[j].person);
        query.has_count = query.count = true;
        assert_int_equal(search(it, &query).total, expected.cards.count);
    }
}

static void an_empty_register_has_nobody(void **state)
{
    struct search *it = *state;
    struct person_search query = {.limit = 5, .has_count = true, .count = true};
    struct person_search_reply page = search(it, &query);
    assert_int_equal(page.total, 0);
    assert_int_equal(page.cards.count, 0);
    query.has_where = true;
    query.where = TEXT("-larson");
    assert_int_equal(search(it, &query).total, 0);
    query.has_sort = true;
    query.sort = PERSON_SORT_NEWEST;
    assert_int_equal(search(it, &query).cards.count, 0);
}

int main(void)
{
#define with_register(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_register(it_finds_what_a_plain_count_finds),
        with_register(pages_are_stable_while_others_write),
        with_register(it_is_read_in_slices_while_others_write),
        with_register(a_card_that_makes_no_sense_is_told_each_time),
        with_register(what_makes_no_sense_is_told),
        with_register(every_field_of_the_schema_can_be_asked_for),
        with_register(many_terms_say_what_one_says),
        with_register(an_empty_register_has_nobody),
    };
    return cmocka_run_group_tests_name("person_search", tests, NULL, NULL);
}
