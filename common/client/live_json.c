// SPDX-License-Identifier: Apache-2.0
#include "common/client/live_json.h"

#include "common/client/json.h"

json_t *live_json(const struct live_value *value)
{
    static const char *const names[] = {
        [LIVE_TOTAL] = "total", [LIVE_TYPE] = "type", [LIVE_ASSIGNEE] = "assignee", [LIVE_QUESTION] = "question"};
    json_t *json = json_object();
    json_put(json, "figure", json_string(names[value->kind]));
    if (value->kind != LIVE_TOTAL)
        json_put(json, "id", json_integer((json_int_t)value->id));
    if (value->name)
        json_put(json, "name", json_string(value->name));
    json_put(json, "seq", json_integer(value->seq));
    if (value->is_gone) {
        json_put(json, "gone", json_true());
        return json;
    }
    json_put(json, "activities", json_integer(value->activities));
    json_put(json, "contacts", json_integer(value->contacts));
    if (value->answer)
        json_put(json, "answer", json_of_struct(&question_answer_desc, value->answer));
    return json;
}
