// SPDX-License-Identifier: Apache-2.0
#include "common/service/old_readers.h"

bool old_readers_look(struct old_readers *old, const struct store_readers *readers, int64_t now_ms)
{
    if (!old->has_reader || !readers->has_others || readers->others_oldest_txn != old->txn)
        *old = (struct old_readers){readers->has_others, readers->others_oldest_txn, now_ms};
    return old->has_reader && readers->lag > 0 && now_ms - old->since_ms >= OLD_READER_MS;
}
