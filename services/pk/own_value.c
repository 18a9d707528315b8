// SPDX-License-Identifier: Apache-2.0
#include "services/pk/own_value.h"

#include <string.h>

#include "common/client/need.h"
#include "common/wire/value.h"
#include "services/pk/cell.h"

char *own_value_text(const struct own_value *value)
{
    for (size_t i = 0; i < own_value_desc.count; i++) {
        const struct field_desc *member = &own_value_desc.fields[i];
        if (!(member->flags & FIELD_REQUIRED) && value_presence(member, value) == VALUE_PRESENT)
            return cell_text(member, value, ""); // the required ones say which field it is of
    }
    return need(strdup(""));
}
