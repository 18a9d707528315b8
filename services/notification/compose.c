// SPDX-License-Identifier: Apache-2.0
#include "services/notification/compose.h"

#include <gmime/gmime.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "services/notification/sms_text.h"

void compose_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, g_mime_init); // GMime cannot be shut down and begin again
}

/** The text with every line ended by one LF, whatever ended it before; free it. GMime makes them CRLF when it writes. */
static char *normal_lines(struct text text)
{
    char *lines = g_malloc(text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\r' && i + 1 < text.len && text.data[i + 1] == '\n')
            continue;
        if (c == '\r')
            c = '\n';
        lines[len++] = c;
    }
    lines[len] = '\0';
    return lines;
}

/** Gives content to a part; the bytes are copied. */
static void set_content(GMimePart *part, struct bytes bytes)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes.data, bytes.len);
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_BINARY);
    g_mime_part_set_content(part, content);
    g_object_unref(content);
    g_object_unref(stream);
}

static GMimeObject *text_part(const char *subtype, struct text text)
{
    GMimePart *part = GMIME_PART(g_mime_text_part_new_with_subtype(subtype));
    char *lines = normal_lines(text);
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    set_content(part, text_bytes(text_of(lines)));
    g_free(lines);
    bool binary =
        g_mime_part_get_best_content_encoding(part, GMIME_ENCODING_CONSTRAINT_7BIT) == GMIME_CONTENT_ENCODING_BASE64;
    // Always encoded, plain ASCII too: no server on the way has long lines, dots or bare line ends to stumble over.
    g_mime_part_set_content_encoding(part,
                                     binary ? GMIME_CONTENT_ENCODING_BASE64 : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    return GMIME_OBJECT(part);
}

/** A parameter of a header as RFC 2231 writes it, in UTF-8: left alone, GMime takes ISO-8859-1 where that fits. */
static void set_name(GMimeParamList *parameters, const char *parameter, struct text name)
{
    g_mime_param_list_set_parameter(parameters, parameter, name.data);
    GMimeParam *param = g_mime_param_list_get_parameter(parameters, parameter);
    g_mime_param_set_charset(param, "utf-8");
    g_mime_param_set_encoding_method(param, GMIME_PARAM_ENCODING_METHOD_RFC2231);
}

static GMimeObject *attachment_part(const struct message_attachment *attachment)
{
    const char *slash = strchr(attachment->content_type.data, '/');
    char *type = g_strndup(attachment->content_type.data, (gsize)(slash - attachment->content_type.data));
    GMimePart *part = g_mime_part_new_with_type(type, slash + 1);
    set_content(part, attachment->content);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
    g_mime_object_set_disposition(GMIME_OBJECT(part), GMIME_DISPOSITION_ATTACHMENT);
    GMimeContentDisposition *disposition = g_mime_object_get_content_disposition(GMIME_OBJECT(part));
    set_name(g_mime_content_disposition_get_parameters(disposition), "filename", attachment->name);
    set_name(g_mime_content_type_get_parameters(g_mime_object_get_content_type(GMIME_OBJECT(part))), "name",
             attachment->name);
    g_free(type);
    return GMIME_OBJECT(part);
}

/** Takes both parts; gives one that holds both. */
static GMimeObject *alternatives(GMimeObject *plain, GMimeObject *html)
{
    GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");
    g_mime_multipart_add(both, plain);
    g_mime_multipart_add(both, html);
    g_object_unref(plain);
    g_object_unref(html);
    return GMIME_OBJECT(both);
}

static GMimeObject *body_of(const struct message *message)
{
    GMimeObject *body = text_part("plain", message->text);
    if (message->html.len > 0)
        body = alternatives(body, text_part("html", message->html));
    if (message->attachment_count == 0)
        return body;
    GMimeMultipart *mixed = g_mime_multipart_new_with_subtype("mixed");
    g_mime_multipart_add(mixed, body);
    g_object_unref(body);
    for (size_t i = 0; i < message->attachment_count; i++) {
        GMimeObject *part = attachment_part(&message->attachments[i]);
        g_mime_multipart_add(mixed, part);
        g_object_unref(part);
    }
    return GMIME_OBJECT(mixed);
}

static void add_address(GMimeMessage *mail, GMimeAddressType type, struct text name, struct text address)
{
    InternetAddress *mailbox = internet_address_mailbox_new(name.len > 0 ? name.data : NULL, address.data);
    internet_address_set_charset(mailbox, "utf-8");
    internet_address_list_add(g_mime_message_get_addresses(mail, type), mailbox);
    g_object_unref(mailbox);
}

static void set_headers(GMimeMessage *mail, const struct message *message)
{
    char repeats[24];
    add_address(mail, GMIME_ADDRESS_TYPE_FROM, message->from_name, message->from_address);
    add_address(mail, GMIME_ADDRESS_TYPE_TO, message->to_name, message->to_address);
    g_mime_message_set_subject(mail, message->subject.data, "utf-8");
    g_mime_message_set_message_id(mail, message->message_id.data);
    GDateTime *date = g_date_time_new_from_unix_utc(message->date_ms / 1000);
    g_mime_message_set_date(mail, date);
    g_date_time_unref(date);
    if (message->repeats > 0) {
        snprintf(repeats, sizeof repeats, "%" PRId64, message->repeats);
        g_mime_object_set_header(GMIME_OBJECT(mail), "X-Personkort-Repeat", repeats, NULL);
    }
}

void compose_email(const struct message *message, struct buffer *out)
{
    GMimeFormatOptions *format = g_mime_format_options_new();
    g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
    GMimeMessage *mail = g_mime_message_new(TRUE);
    GMimeObject *body = body_of(message);
    set_headers(mail, message);
    g_mime_message_set_mime_part(mail, body);
    g_object_unref(body);
    GByteArray *bytes = g_byte_array_new();
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes); // takes the bytes
    g_mime_object_write_to_stream(GMIME_OBJECT(mail), format, stream);
    buffer_append(out, bytes->data, bytes->len);
    g_object_unref(stream);
    g_object_unref(mail);
    g_mime_format_options_free(format);
}

void compose_sms(const struct message *message, struct buffer *out)
{
    char head[256];
    enum sms_alphabet alphabet;
    size_t segments = sms_segments(message->text, &alphabet);
    int len =
        snprintf(head, sizeof head, "To: %s\nId: %" PRIu64 "\nAlphabet: %s\nSegments: %zu\nRepeat: %" PRId64 "\n\n",
                 message->to_address.data, message->recipient, alphabet == SMS_GSM7 ? "GSM-7" : "UCS-2", segments,
                 message->repeats);
    buffer_append(out, head, (size_t)len);
    buffer_append(out, message->text.data, message->text.len);
}
