// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/descriptors.h"

#include "proto/activity.gen.h"
#include "proto/envelope.gen.h"
#include "proto/notification.gen.h"
#include "proto/notification_rows.gen.h"
#include "proto/person.gen.h"
#include "proto/sample.gen.h"
#include "proto/service.gen.h"
#include "proto/stats.gen.h"

// The corpus names these by number: append, never reorder. sample.toml has every kind and flag.
static const struct struct_desc *const first[] = {
    &sample_all_desc,           &sample_change_desc,    &sample_contact_desc,
    &sample_point_desc,         &sample_secret_desc,    &sample_row_desc,
    &sample_part_desc,          &command_envelope_desc, &query_envelope_desc,
    &reply_envelope_desc,       &doorbell_desc,         &batch_desc,
    &batch_reply_desc,          &service_ping_desc,     &service_health_reply_desc,
    &service_info_reply_desc,   &journal_read_desc,     &journal_read_reply_desc,
    &service_schema_reply_desc, &command_result_desc,
};

#define ALL_OF(structs) (structs), sizeof(structs) / sizeof *(structs)

// And behind them every struct of every message; their numbers move as messages come.
static const struct {
    const struct struct_desc *const *structs;
    size_t count;
} lists[] = {
    {ALL_OF(first)},          {ALL_OF(envelope_structs)},          {ALL_OF(service_structs)},
    {ALL_OF(person_structs)}, {ALL_OF(activity_structs)},          {ALL_OF(notification_structs)},
    {ALL_OF(stats_structs)},  {ALL_OF(notification_rows_structs)},
};

const struct struct_desc *fuzz_descriptor(size_t number)
{
    size_t total = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        total += lists[i].count;
    number %= total;
    size_t list = 0;
    for (; number >= lists[list].count; list++)
        number -= lists[list].count;
    return lists[list].structs[number];
}
