// SPDX-License-Identifier: Apache-2.0
#include "services/pk/own_options.h"

#include <stddef.h>

const struct own_option own_options[OWN_COUNT_OF] = {
    [OWN_BUS] = {"bus", "FILE",
                 "File with the addresses of all services. Default: $PERSONKORT_BUS, else /etc/personkort/bus.zpl.",
                 COMPLETES_FILE, false},
    [OWN_KEY] =
        {"key", "FILE",
         "Key pair to come in with over tcp, from another machine or this one. Default: $PERSONKORT_KEY, else what "
         "the bus file says; without a key ipc is used.",
         COMPLETES_FILE, false},
    [OWN_JSON] = {"json", NULL,
                  "Print the answer as JSON: all its fields, named as in the schema; times in milliseconds since 1970.",
                  COMPLETES_NOTHING, false},
    [OWN_COLUMNS] = {"columns", "A,B,…", "Show these fields, in this order; names.sv is the field sv within names.",
                     COMPLETES_COLUMN, false},
    [OWN_WIDE] = {"wide", NULL, "Show all fields of a list, not only the usual ones.", COMPLETES_NOTHING, false},
    [OWN_NO_HEADERS] = {"no-headers", NULL, "Show values only.", COMPLETES_NOTHING, false},
    [OWN_TIMEOUT] = {"timeout", "SECONDS",
                     "How long a command or query may take; it is sent again and again until then. Default: 10, or "
                     "what suits the command; at most 600.",
                     COMPLETES_NOTHING, false},
    [OWN_ID] =
        {"id", "COMMAND_ID",
         "Id of the command, at most 64 bytes. The same command with the same id is done once, however often it is "
         "sent: give it again after a time-out. Remembered until a minute after --timeout. Default: a new one.",
         COMPLETES_NOTHING, false},
    [OWN_ACTOR] = {"actor", "NAME", "Who acts, as the history will tell. Default: $USER.", COMPLETES_NOTHING, false},
    [OWN_HELP] = {"help", NULL, "Tell how the command is used.", COMPLETES_NOTHING, false},
    [OWN_VERSION] = {"version", NULL, "Tell the version.", COMPLETES_NOTHING, false},

    [OWN_SERVICE] = {NULL, "SERVICE", "Which service, as it is called in the bus file.", COMPLETES_SERVICE, false},
    [OWN_SHELL] = {NULL, "SHELL", "bash or zsh.", COMPLETES_SHELL, false},
    [OWN_TOPIC] = {NULL, "COMMAND", "The command to tell about, as person create.", COMPLETES_TOPIC, true},
    [OWN_ATTACH] = {"attach", "FILE",
                    "A file that goes with the e-mail; can be given several times, together at most 10 MiB.",
                    COMPLETES_FILE, true},
    [OWN_WAIT_FINAL] =
        {"wait", NULL,
         "Wait until what it began has come to its end (a message: was accepted, or not), at most --timeout, and "
         "show that.",
         COMPLETES_NOTHING, false},
    [OWN_WAIT_UP] = {"wait", "SECONDS", "Wait until all services are up, at most this long.", COMPLETES_NOTHING, false},
    [OWN_COUNT] = {"count", "N", "End after this many.", COMPLETES_NOTHING, false},
    [OWN_COUNT_PINGS] = {"count", "N", "How often to ask, one after the other. Default: 1, at most 100000.",
                         COMPLETES_NOTHING, false},
    [OWN_ONLY_SERVICE] = {"service", "SERVICE", "Only this service's; can be given several times.", COMPLETES_SERVICE,
                          true},
    [OWN_TYPE] = {"type", "PATTERN",
                  "Only events of this type; * stands for anything, as 'person.*'. Can be given several times.",
                  COMPLETES_NOTHING, true},
    [OWN_AFTER] = {"after", "SEQ",
                   "Begin after this position of the journal, 0 for all there are. Default: what happens from now on.",
                   COMPLETES_NOTHING, false},
    [OWN_ALLOW] = {"allow", "FILE",
                   "The list of keys that may come in. Default: what the bus file says, allow in its section curve.",
                   COMPLETES_FILE, false},
    [OWN_KEY_FILE] = {NULL, "FILE", "The file of a key pair, which only its owner may read.", COMPLETES_FILE, false},
    [OWN_KEY_NAME] = {NULL, "NAME",
                      "What the key is called: the name of a person or a system, as the history will tell who acted.",
                      COMPLETES_NOTHING, false},
    [OWN_NEW_NAME] = {NULL, "NEW_NAME", "What it is to be called.", COMPLETES_NOTHING, false},
    [OWN_ROLE] =
        {NULL, "ROLE",
         "What the key may do: reader (sees, but no message bodies), writer (keeps cards and activities), sender "
         "(also sends), operator (also runs the system), privacy (answers for personal data), admin (everything), "
         "service (another service: follows journals).",
         COMPLETES_ROLE, false},
    [OWN_PUBLIC_KEY] = {NULL, "PUBLIC_KEY", "The public key, as pk key generate prints it; in single quotes.",
                        COMPLETES_NOTHING, false},
    [OWN_NEW_BACKUP] =
        {NULL, "NAME",
         "Name of the backup: letters, digits, - and _, at most 32. Default: the time, as 20261123-201500.",
         COMPLETES_NOTHING, false},
    [OWN_BACKUP] = {NULL, "NAME", "Name of the backup, as pk backup list tells.", COMPLETES_NOTHING, false},
};
