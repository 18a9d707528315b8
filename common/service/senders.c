// SPDX-License-Identifier: Apache-2.0
/** Who may send what: refused, counted and logged. */
#include "common/service/internal.h"

#include "common/base/log.h"

bool core_knows_sender(struct core *core, struct lane *lane, const struct core_sender *sender, struct refusal *refusal)
{
    int64_t left_out = 0;
    if (sender->role_mask != 0)
        return true;
    counter_add(core->config.counters, COUNTER_SENDERS_REFUSED, 1);
    if (rate_allows(&lane->refusals, clock_monotonic_ms(core->config.clock), &left_out))
        LOG(LOG_LEVEL_WARNING, "a message was refused: its key is not on the list of allowed keys any more",
            log_int("left_out", left_out));
    refusal_set(refusal, ERROR_NOT_ALLOWED, NULL,
                "The key is not on the list of allowed keys any more; an admin can add it again.");
    return false;
}

void core_refuse_role(struct core *core, struct lane *lane, const struct core_sender *sender, const char *type,
                      struct refusal *refusal)
{
    int64_t left_out = 0;
    counter_add(core->config.counters, COUNTER_SENDERS_REFUSED, 1);
    if (rate_allows(&lane->refusals, clock_monotonic_ms(core->config.clock), &left_out))
        LOG(LOG_LEVEL_WARNING, "a message was refused: the role of its key may not send it",
            log_text("key", sender->key_name), log_name("type", type), log_int("left_out", left_out));
    refusal_set(refusal, ERROR_NOT_ALLOWED, "type",
                "The key's role may not send this; an admin can give it a role that may.");
}
