// SPDX-License-Identifier: Apache-2.0
#include "services/web/lines.h"

#include "common/client/json.h"

void lines_print(const struct live_value *value)
{
    static const char *const names[] = {
        [LIVE_TOTAL] = "total", [LIVE_TYPE] = "type", [LIVE_ASSIGNEE] = "assignee", [LIVE_QUESTION] = "question"};
    json_t *line = json_object();
    json_put(line, "figure", json_string(names[value->kind]));
    if (value->kind != LIVE_TOTAL)
        json_put(line, "id", json_integer((json_int_t)value->id));
    if (value->name)
        json_put(line, "name", json_string(value->name));
    json_put(line, "seq", json_integer(value->seq));
    json_put(line, "activities", json_integer(value->activities));
    json_put(line, "contacts", json_integer(value->contacts));
    if (value->answer)
        json_put(line, "answer", json_of_struct(&question_answer_desc, value->answer));
    json_print_line(line);
}
