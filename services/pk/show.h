// SPDX-License-Identifier: Apache-2.0
/** Show: a reply on stdout, as JSON for programs or as tables for people, laid out by the command's blocks. */
#ifndef SERVICES_PK_SHOW_H
#define SERVICES_PK_SHOW_H

#include "services/pk/pk.h"

/** Before anything is sent: whether --columns names fields of what will be shown. EXIT_USAGE after saying what it may name. */
int show_check(const struct pk *pk);

/** Prints the reply of the command's message. Says on stderr when a page is not the last one. */
void show_reply(const struct pk *pk, const void *reply);

/** Prints structs as the lines of a table, with these columns unless options say otherwise. */
void show_list(const struct pk *pk, const struct struct_desc *desc, const char *columns, const void *items,
               size_t count);

/** Prints one struct, a line a field, with these fields unless options say otherwise; absent ones only when chosen. */
void show_card(const struct pk *pk, const struct struct_desc *desc, const char *columns, const void *value);

/** The struct whose fields --columns chooses; NULL when the command shows none by fields. */
const struct struct_desc *show_struct(const struct arguments *arguments);

#endif
