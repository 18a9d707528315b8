// SPDX-License-Identifier: Apache-2.0
/** Card: a person's card as people read it, with the names of what it chose. */
#ifndef SERVICES_PK_CARD_H
#define SERVICES_PK_CARD_H

#include <jansson.h>
#include <stdio.h>

#include "proto/activity.gen.h"
#include "proto/person.gen.h"
#include "proto/stats.gen.h"

struct pk;

/** What was heard; a part that is NULL is not there, and why has been said. */
struct tab {
    const struct person_card *card;
    const struct entry_list_reply *entries;
    const struct field_list_reply *fields;
    const struct organisation *organisation;
    const struct person_card *account_manager;
    const struct activity_list_reply *activities;
    const struct type_list_reply *types;
    const struct stats_figures_reply *figures;
};

/** Asks what the tab's card has chosen: entries, organisation, account manager. An exit code. */
int card_ask_names(struct pk *pk, struct tab *tab);

void card_print_name(FILE *out, const struct person_card *card);

/** Every field that has a value, a line each. */
void card_print_fields(FILE *out, const struct tab *tab);

/** The value of a field as text, its line breaks moved in; where it names entries of pick-lists, with their names. */
void card_print_value(FILE *out, const struct tab *tab, struct text field, const char *value);

/** Name of an activity type; empty when it is not known. */
struct text card_type_name(const struct tab *tab, uint64_t type);

/** Gives the pick-list entries, the own-defined fields that the card has: json_decref. */
json_t *card_entries_json(const struct tab *tab);
json_t *card_own_fields_json(const struct tab *tab);

#endif
