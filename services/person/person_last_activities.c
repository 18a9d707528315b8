// SPDX-License-Identifier: Apache-2.0
/** `person.last_activities`: everybody's last activity, for recounting and verifying. */
#include "common/store/following.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/last_activity.h"

bool person_last_activities_answer(const struct person_service *self, const struct person_last_activities *query,
                                   struct ctx *ctx, struct person_last_activities_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit, count = 0;
    struct last_activity *rows = ctx_alloc_array(ctx, limit, sizeof *rows);
    struct follow_position position;
    if (!rows)
        return false;
    struct key from = key_of_id(query->has_after ? query->after + 1 : 0);
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &person_last_activities, bytes_of("", 0), key_bytes(&from), false);
    bool there = index_scan_next(&scan);
    for (; there && count < limit; there = index_scan_next(&scan))
        rows[count++] = (struct last_activity){last_activity_person(scan.key), last_activity_time(scan.value)};
    index_scan_close(&scan);
    *out_reply = (struct person_last_activities_reply){
        .last_activities = {count, rows},
        .more = there,
        .activity_seq = follow_position_get(ctx->txn, "activity", &position) ? (int64_t)position.at.seq : 0,
    };
    out_reply->has_planned_from_ms = last_activity_first_planned(ctx->txn, &out_reply->planned_from_ms);
    return true;
}
