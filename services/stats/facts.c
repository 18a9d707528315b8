// SPDX-License-Identifier: Apache-2.0
#include "services/stats/facts.h"

#include "services/stats/zone.h"

const struct block_table stats_facts = {{"facts", STORE_FIRST_SERVICE_SLOT + 6}, FACT_COLUMNS};

/** FACT_STATE: two bits of status, one of contact, then the origin. */
enum {
    STATUS_MASK = 3,
    CONTACT_BIT = 4,
    ORIGIN_SHIFT = 3,
};

void fact_to_row(const struct fact *fact, int64_t out_row[FACT_COLUMNS])
{
    out_row[FACT_START] = fact->start_ms;
    out_row[FACT_PERSON] = (int64_t)fact->person;
    out_row[FACT_TYPE] = (int64_t)fact->type;
    out_row[FACT_STATE] =
        (fact->status & STATUS_MASK) | (fact->contact ? CONTACT_BIT : 0) | (int64_t)fact->origin << ORIGIN_SHIFT;
    out_row[FACT_ASSIGNEE] = (int64_t)fact->assignee;
    out_row[FACT_SEND] = (int64_t)fact->send;
}

static struct fact fact_of(int64_t start_ms, int64_t person, int64_t type, int64_t state, int64_t assignee,
                           int64_t send)
{
    return (struct fact){
        .person = (uint64_t)person,
        .type = (uint64_t)type,
        .start_ms = start_ms,
        .status = (int32_t)(state & STATUS_MASK),
        .origin = (int32_t)(state >> ORIGIN_SHIFT),
        .contact = (state & CONTACT_BIT) != 0,
        .assignee = (uint64_t)assignee,
        .send = (uint64_t)send,
    };
}

struct fact fact_of_row(const int64_t row[FACT_COLUMNS])
{
    return fact_of(row[FACT_START], row[FACT_PERSON], row[FACT_TYPE], row[FACT_STATE], row[FACT_ASSIGNEE],
                   row[FACT_SEND]);
}

struct fact fact_of_block(const struct block *block, size_t at)
{
    return fact_of(block->columns[FACT_START][at], block->columns[FACT_PERSON][at], block->columns[FACT_TYPE][at],
                   block->columns[FACT_STATE][at], block->columns[FACT_ASSIGNEE][at], block->columns[FACT_SEND][at]);
}

bool fact_same(const struct fact *a, const struct fact *b)
{
    int64_t left[FACT_COLUMNS], right[FACT_COLUMNS];
    fact_to_row(a, left);
    fact_to_row(b, right);
    return memcmp(left, right, sizeof left) == 0;
}

struct figures fact_figures(const struct fact *fact)
{
    return (struct figures){1, fact->contact};
}

struct point fact_point(const struct fact *fact, int32_t day, const struct attributes *attributes)
{
    struct point point;
    point.at[PART_TYPE] = (int64_t)fact->type;
    point.at[PART_PERSON] = (int64_t)fact->person;
    point.at[PART_QUARTER_HOUR] = quarter_of(fact->start_ms);
    point.at[PART_STATUS] = fact->status;
    point.at[PART_ASSIGNEE] = (int64_t)fact->assignee;
    point.at[PART_DAY] = day;
    point_set_attributes(&point, attributes);
    return point;
}
