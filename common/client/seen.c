// SPDX-License-Identifier: Apache-2.0
#include "common/client/seen.h"

#include "common/base/must.h"

static struct text name_of(const struct seen_service *service)
{
    return (struct text){service->name, service->name_len};
}

void seen_raise(struct seen *seen, struct text service, uint64_t seq)
{
    must(service.len > 0 && service.len <= SEEN_NAME_BYTES && seq <= INT64_MAX);
    struct seen_service raised = {.name_len = service.len, .seq = (int64_t)seq};
    memcpy(raised.name, service.data, service.len);
    size_t at = 0;
    while (at < seen->count && !text_equal(name_of(&seen->services[at]), service))
        at++;
    if (at < seen->count && seen->services[at].seq >= raised.seq)
        return;
    if (at == seen->count && seen->count < SEEN_SERVICES)
        seen->count++;
    else if (at == seen->count)
        at--;
    memmove(&seen->services[1], &seen->services[0], at * sizeof seen->services[0]);
    seen->services[0] = raised;
}

size_t seen_list(const struct seen *seen, struct seen_position out_positions[SEEN_SERVICES])
{
    for (size_t i = 0; i < seen->count; i++)
        out_positions[i] = (struct seen_position){.store = name_of(&seen->services[i]), .seq = seen->services[i].seq};
    return seen->count;
}
