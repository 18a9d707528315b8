// SPDX-License-Identifier: Apache-2.0
/** The table of moves against a list written down from design.md 6 a second time: every pair of states is looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/wire/codec.h"
#include "services/notification/states.h"

static const char *const allowed[] = {
    "queued claimed",   "queued suppressed", "queued cancelled",   "queued expired",   "queued held",
    "claimed accepted", "claimed deferred",  "claimed failed",     "claimed unknown",  "claimed held",
    "claimed queued",   "deferred queued",   "deferred cancelled", "deferred expired", "deferred held",
    "held queued",      "held cancelled",    "accepted delivered", "accepted bounced", "delivered bounced",
    "unknown accepted", "unknown delivered", "unknown bounced",    "unknown failed",   "unknown queued",
};

static bool is_listed(const char *from, const char *to)
{
    char move[64];
    snprintf(move, sizeof move, "%s %s", from, to);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strcmp(allowed[i], move) == 0)
            return true;
    return false;
}

static void every_pair_is_as_listed(void **state)
{
    (void)state;
    size_t moves = 0;
    const struct enum_desc *states = &recipient_state_enum;
    for (size_t i = 0; i < states->count; i++)
        for (size_t j = 0; j < states->count; j++) {
            bool may = state_may_move((enum recipient_state)states->values[i].number,
                                      (enum recipient_state)states->values[j].number);
            if (may != is_listed(states->values[i].name, states->values[j].name))
                fail_msg("%s to %s: %d", states->values[i].name, states->values[j].name, may);
            moves += may;
        }
    assert_int_equal(moves, sizeof allowed / sizeof *allowed);
    assert_int_equal(states->count, 12);
}

static void what_is_no_state_moves_nowhere(void **state)
{
    (void)state;
    for (int to = 0; to < 40; to++) {
        assert_false(state_may_move((enum recipient_state)0, (enum recipient_state)(to % 13)));
        assert_false(state_may_move((enum recipient_state)(13 + to), RECIPIENT_STATE_QUEUED));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_is_as_listed),
        cmocka_unit_test(what_is_no_state_moves_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
