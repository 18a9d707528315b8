// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/descriptors.h"

#include "proto/envelope.gen.h"
#include "proto/sample.gen.h"
#include "proto/service.gen.h"

// The corpus names them by index: append, never reorder. The structs of sample.toml have every kind and flag; of the others a
// few stand for all, since the codec knows nothing but kinds and flags.
const struct struct_desc *const fuzz_descriptors[] = {
    &sample_all_desc,           &sample_change_desc,    &sample_contact_desc,
    &sample_point_desc,         &sample_secret_desc,    &sample_row_desc,
    &sample_part_desc,          &command_envelope_desc, &query_envelope_desc,
    &reply_envelope_desc,       &doorbell_desc,         &batch_desc,
    &batch_reply_desc,          &service_ping_desc,     &service_health_reply_desc,
    &service_info_reply_desc,   &journal_read_desc,     &journal_read_reply_desc,
    &service_schema_reply_desc, &command_result_desc,
};

const size_t fuzz_descriptor_count = sizeof fuzz_descriptors / sizeof fuzz_descriptors[0];
