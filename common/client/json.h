// SPDX-License-Identifier: Apache-2.0
/**
 * JSON: any struct of proto/ by its descriptor, and any msgpack value, as Jansson has it.
 *
 * All fields that are there, named as in the schema; an empty list is []. Ids and times are integers, days "YYYY-MM-DD", enums
 * their names, bytes hexadecimal digits.
 */
#ifndef COMMON_CLIENT_JSON_H
#define COMMON_CLIENT_JSON_H

#include <jansson.h>

#include "common/base/text.h"
#include "common/wire/desc.h"

/** Gives an object: json_decref. */
json_t *json_of_struct(const struct struct_desc *desc, const void *value);

/** Gives the value of a frame: json_decref. Null for what is not one well-formed msgpack value. */
json_t *json_of_msgpack(struct bytes frame);

/** Gives a string: json_decref. */
json_t *json_of_text(struct text text);

/** Adds a member; takes `value`. */
void json_put(json_t *object, const char *name, json_t *value);

/** Adds an element; takes `value`. */
void json_add(json_t *array, json_t *value);

/** Prints a document, indented, with a line break behind it. Takes `json`. */
void json_print(json_t *json);

/** Prints it as one line and hands it on at once, for streams. Takes `json`. */
void json_print_line(json_t *json);

#endif
