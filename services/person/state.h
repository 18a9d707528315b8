// SPDX-License-Identifier: Apache-2.0
/**
 * State of the person service: its tables and indexes. One card is one row, read where it lies; what search needs of everybody at once is kept in
 * memory by the query side (roster.h).
 *
 *     card              id → person_card               entry         id → pick_list_entry
 *     number            customer number → id           entry_name    list, organisation of a department, Swedish name folded → id
 *     personal_number   twelve digits → id             organisation         id → organisation
 *     employee_number   employee number → id           organisation_name    name folded → id
 *     used              kind, id → cards that name it  organisation_number  number → id
 *     contact           phone or e-mail, person → nothing
 *     history           person, ~journal position of a change of the card → nothing
 *     bulk, bulk_set, bulk_refused    bulk.h draws them
 *     own_field         id → own_field                 own_field_name       name → id
 *     last_activity     person → when his last activity began (last_activity.h)
 *     planned_activity  start, person, activity → nothing
 *     selection         id → selection
 *     selection_name    folded name → id
 *     activity_news     number → the changes of last activities of a batch, or of a part of it; the newest ones
 *     import            import, 0 → person_import; import, line → import_problem: why the line was left out
 *     import_person     import, person → nothing
 *     erased            who was erased, and how far that is (common/service/erasing.h)
 *
 *     merged            person whose card was merged → the person who was kept (common/store/alias.h), and the customer number it had
 *
 * Invariants: every card's customer, personal and employee number is in its index, once, and beside them only customer numbers of merged cards;
 * groups of a card are ascending, none twice; a card's consents have one element a channel, in the order of the channels; its own-defined values
 * one a field, ascending, of fields that there are; a department is one of the card's organisation; `used` is what a count over the cards gives.
 */
#ifndef SERVICES_PERSON_STATE_H
#define SERVICES_PERSON_STATE_H

#include "common/service/ctx.h"
#include "common/wire/taking.h"
#include "proto/person.gen.h"

struct activity_news;
struct bulk_box;
struct bulk_work;
struct last_starts;
struct roster;

/** Customers of merged employees, who are moved to the kept ones a slice at a time: where that is (customers.h). The command loop's. */
struct customer_moves {
    int64_t due_ms;
    int64_t ran_ms;       // last
    uint64_t looked_upto; // merged persons who were looked at
    uint64_t erased_upto; // erased ones whose customers were moved: none is looked at twice, whatever is counted of him
    uint64_t person;      // whose customers are being moved; 0: nobody's
    uint64_t card_upto;   // cards that were looked at
};

struct person_service {
    struct store *store;
    struct roster *roster;           // the query side's
    uint64_t kept_seq;               // of the journal, when the roster was last looked after; the query side's
    int64_t planned_due_ms;          // when the next planned activity begins; the command loop's
    struct activity_news *news;      // of the batch; the command loop's
    struct last_starts *last_starts; // the command loop's
    struct taking create_fields;     // of person.create
    struct taking update_fields;     // of person.update
    struct taking bulk_fields;       // of what a bulk change sets
    struct roster *nobody;           // an empty one, to read questions with; the command side's
    struct bulk_box *bulk_box;       // from the query side to the command side
    struct bulk_work *bulk_work;     // the command side's
    int64_t removal_due_ms;          // when there may be an import to take back; the command side's
    struct customer_moves customers;
};

extern const struct store_table person_cards;
extern const struct store_table person_entries;
extern const struct store_table person_organisations;
extern const struct store_table person_bulks;
extern const struct store_table person_bulk_sets;
extern const struct store_table person_bulk_refused;
extern const struct store_table person_own_fields;
extern const struct store_table person_merged;
extern const struct store_table person_erased_persons;
extern const struct index person_numbers;
extern const struct index person_personal_numbers;
extern const struct index person_employee_numbers;
extern const struct index person_entry_names;
extern const struct index person_organisation_names;
extern const struct index person_organisation_numbers;
extern const struct index person_own_field_names;
extern const struct index person_used;
extern const struct index person_changes;
extern const struct index person_contacts;
extern const struct index person_last_activities;
extern const struct index person_planned_activities;
extern const struct store_table person_activity_news;
extern const struct store_table person_selections;
extern const struct index person_selection_names;
extern const struct store_table person_imports;
extern const struct index person_import_persons;

#endif
