// SPDX-License-Identifier: Apache-2.0
/**
 * Descriptors: what the generator says of every struct, enum and message of proto/, as constant tables.
 *
 * The codec (codec.h) reads and writes any struct by its table; nothing else in the system knows how a
 * message is laid out. Descriptors are static and constant: they live as long as the program, belong to
 * nobody, and may be read from any thread. They are written by proto/generate, never by hand.
 */
#ifndef COMMON_WIRE_DESC_H
#define COMMON_WIRE_DESC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The C type that holds a field's value stands beside each kind. */
enum field_kind {
    FIELD_BOOL,   // bool
    FIELD_INT,    // int64_t, min ≤ value ≤ max
    FIELD_ID,     // uint64_t, 1 ≤ value ≤ 2^63−1; assigned by a store
    FIELD_TIME,   // int64_t, UTC milliseconds since 1970
    FIELD_DATE,   // int32_t, days since 1970-01-01; on the wire "YYYY-MM-DD"
    FIELD_TEXT,   // struct text, UTF-8 without NUL, min ≤ bytes ≤ max; line breaks allowed
    FIELD_LINE,   // struct text, as FIELD_TEXT but without any character below U+0020 or U+007F
    FIELD_BIN,    // struct bytes, min ≤ bytes ≤ max
    FIELD_ENUM,   // the enum's C type; on the wire its name
    FIELD_STRUCT, // the struct itself, embedded
    FIELD_RAW,    // struct bytes: one whole msgpack value, checked but not decoded
};

enum field_flag {
    FIELD_REQUIRED = 1 << 0,  // absent is refused; has no `has_…` member
    FIELD_PERSONAL = 1 << 1,  // personal data: the logger prints its length only
    FIELD_LIST = 1 << 2,      // struct list of the kind; absent is an empty list; has no `has_…` member
    FIELD_CLEARABLE = 1 << 3, // nil is accepted and sets `clear_…`
    FIELD_SENSITIVE = 1 << 4, // left out of answers to those whom `seen_by` does not name (personal number, bodies)
};

/** Offset of a member that a field does not have. */
#define FIELD_NO_OFFSET UINT16_MAX

struct enum_value {
    const char *name;
    uint8_t name_len;
    int32_t number; // ≥ 1; 0 is "absent" in every enum
    const char *doc;
};

struct enum_desc {
    const char *name;
    const struct enum_value *values;
    size_t count;
    const char *doc;
};

struct struct_desc;

struct field_desc {
    const char *name;
    uint8_t name_len;
    uint8_t kind;                        // enum field_kind
    uint8_t flags;                       // enum field_flag
    uint16_t number;                     // key in stored rows, 1–255; 0 in messages, whose keys are names
    uint16_t offset;                     // of the value in the C struct
    uint16_t has_offset;                 // of `bool has_NAME`, or FIELD_NO_OFFSET
    uint16_t clear_offset;               // of `bool clear_NAME`, or FIELD_NO_OFFSET
    uint32_t max_items;                  // of a list
    int64_t min;                         // int: least value; text, line, bin: least bytes
    int64_t max;                         // int: greatest value; text, line, bin: most bytes
    const struct struct_desc *structure; // FIELD_STRUCT
    const struct enum_desc *enumeration; // FIELD_ENUM
    uint16_t since;                      // protocol version that brought the field
    uint32_t seen_by; // FIELD_SENSITIVE: bits of the roles that it is shown to; who acts as one sees it
    const char *doc;
};

/** How a list stands in a C struct: `struct { size_t count; const T *items; } name`. */
struct list {
    size_t count;
    const void *items;
};

struct struct_desc {
    const char *name; // of the message or struct, as in proto/
    size_t size;      // sizeof its C struct
    const struct field_desc *fields;
    size_t count;      // ≤ 64
    uint64_t required; // bit i: fields[i] is required
    bool numbered;     // a stored row: keys are numbers
    const char *doc;
};

enum message_kind {
    MESSAGE_COMMAND, // changes state; journalled; answered with `reply`
    MESSAGE_QUERY,   // reads; answered with `reply`
    MESSAGE_EVENT,   // what happened; a journal record's body
    MESSAGE_FIGURE,  // a current figure on a publisher; conflated
};

/** What the access record of a query or command says that its sender did. */
enum message_audit {
    MESSAGE_UNRECORDED,
    MESSAGE_SAW,
    MESSAGE_CHANGED,
    MESSAGE_EXPORTED,
    MESSAGE_ERASED,
};

struct message_desc {
    const char *type;    // "person.create"
    const char *service; // who answers it or publishes it; "service" means each of them
    enum message_kind kind;
    const struct struct_desc *body;
    const struct struct_desc *reply; // NULL for events and figures
    uint32_t roles;                  // bit of each enum role that may send it; 0 for events and figures
    enum message_audit audited;
    uint16_t since;
    const char *doc;
};

#endif
