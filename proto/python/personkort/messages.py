# SPDX-License-Identifier: Apache-2.0
"""Every command and query as a method: `client.person.create(given_name="…")` sends `person.create`.

Written by proto/generate from proto/*.toml, never by hand. A keyword that a message does not have is a TypeError. Days
are "YYYY-MM-DD"; times are UTC milliseconds since 1970. An argument left out is not sent; None for a clearable field
takes the value away.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, Sequence, TypedDict

from personkort.reply import ABSENT, Absent, Reply, body_of


ActivityStatus = Literal["not_started", "in_progress", "done"]
Direction = Literal["out", "in", "none"]
ActivityChannel = Literal["call", "visit", "letter", "email", "sms", "other"]
Origin = Literal["manual", "email", "sms"]
Priority = Literal["low", "normal", "high"]
Outcome = Literal["accepted", "delivered", "failed", "bounced", "unknown"]
ReplyStatus = Literal["ok", "error"]
SendChannel = Literal["email", "sms"]
RecipientState = Literal[
    "queued",
    "claimed",
    "accepted",
    "deferred",
    "failed",
    "unknown",
    "delivered",
    "bounced",
    "suppressed",
    "cancelled",
    "expired",
    "held",
]
Keep = Literal["whole", "subject"]
Channel = Literal["letter", "email", "sms"]
Language = Literal["sv", "en"]
PersonSort = Literal["name", "oldest", "newest"]
SearchField = Literal[
    "name",
    "id",
    "number",
    "phone",
    "email",
    "organisation",
    "department",
    "job_title",
    "category",
    "region",
    "group",
    "benefit_status",
    "sales_status",
    "account_manager",
    "gender",
    "language",
    "consent",
    "withdrawn",
    "has",
    "employee",
    "selection",
    "born",
    "terms",
    "created",
    "changed",
    "activity",
    "import",
    "marked",
]
Gender = Literal["woman", "man", "other"]
PickList = Literal["category", "region", "group", "job_title", "benefit_status", "sales_status", "department"]
BulkState = Literal["choosing", "running", "done", "stopped", "failed"]
OwnFieldKind = Literal["text", "number", "date", "yes_no", "choice"]
ImportState = Literal["open", "finished", "taking_back", "taken_back"]
ImportMarkKind = Literal["customer_number", "personal_number", "email", "phone", "name_and_birth"]
Likeness = Literal["name", "birth_date", "email", "phone"]
FollowState = Literal["following", "unreachable", "diverged"]
Health = Literal["ok", "degraded"]
BackupState = Literal["idle", "running", "done", "failed"]
BackupTask = Literal["make", "verify"]
AccessKind = Literal["saw", "changed", "exported", "erased"]
Dimension = Literal[
    "type",
    "person",
    "day",
    "channel",
    "direction",
    "status",
    "origin",
    "assignee",
    "account_manager",
    "region",
    "category",
    "group",
    "sales_status",
    "organisation",
    "send",
    "quarter_hour",
    "hour",
    "week",
    "month",
    "quarter",
    "year",
]
Measure = Literal["activities", "contacts"]
FigureSource = Literal["kept", "scan"]
FigurePeriod = Literal["day", "week", "month", "quarter", "year"]
QuestionProblem = Literal["deleted", "too_large"]


class ActivityType(TypedDict, total=False):
    """
    A type of activity; it has a direction and a channel. Source: domain.md 3.

    type (required): The type's id, for ever.
    code: Fixed name of a type that was there from the start, as email_out. (≤ 32 bytes)
    names (required): Its name in each language.
    direction (required): Who turned to whom.
    channel (required): What by.
    active (required): Can be newly chosen.
    revision (required): Raised by one with each change.
    order: Place in the list, lowest first; 0 when absent.
    colour: As #rrggbb. (≤ 7 bytes)
    merged_into: The type that stands for it since the two were merged; it is inactive, and stays so.
    """

    type: int
    code: str
    names: EntryNames
    direction: Direction
    channel: ActivityChannel
    active: bool
    revision: int
    order: int
    colour: str
    merged_into: int


class Activity(TypedDict, total=False):
    """
    One contact between a customer and staff, made or planned. Source: domain.md 3.

    activity (required): The activity's id, for ever.
    revision (required): Raised by one with each change.
    person: On whose card it stands; absent: the person was erased.
    type (required): Its type.
    subject (required): What it was about, in short; `erased` once the person is. (1…200 bytes, personal)
    body: What it was about, in full: what was written, or the text of what was sent. (≤ 200000 bytes, personal, shown
        to writer, privacy, service and above)
    status (required): How far it has come.
    start_ms (required): When it began or is to begin.
    end_ms: When it ended; there if and only if it is done.
    origin (required): What made it.
    send: The send it came from.
    recipient: The recipient of that send.
    outcome: What became of the send.
    outcome_text: What the server said. (≤ 1000 bytes, personal)
    created_ms (required): When it was written down.
    created_by: Who wrote it down. (≤ 64 bytes)
    due_ms: By when it is to be done.
    priority: How much it matters; absent: normal.
    assignee: The employee who is to do it, or did, by person id.
    result: What came of it. (≤ 1000 bytes, personal)
    organisation: The organisation that it is shown at, too.
    previous: The activity that was finished when this one was planned.
    """

    activity: int
    revision: int
    person: int
    type: int
    subject: str
    body: str
    status: ActivityStatus
    start_ms: int
    end_ms: int
    origin: Origin
    send: int
    recipient: int
    outcome: Outcome
    outcome_text: str
    created_ms: int
    created_by: str
    due_ms: int
    priority: Priority
    assignee: int
    result: str
    organisation: int
    previous: int


class PlannedActivity(TypedDict, total=False):
    """
    What is planned when an activity is finished: on the same card, at the same organisation.

    type: An active activity type; that of the finished one when absent.
    subject (required): What it is about, in short. (1…200 bytes, personal)
    body: What it is about, in full. (≤ 100000 bytes, personal)
    start_ms: When it is to begin; when absent it is due_ms, and without that now.
    due_ms: By when it is to be done.
    priority: How much it matters; that of the finished one when absent.
    assignee: An employee who has not ended; that of the finished one when absent, if he still works here.
    """

    type: int
    subject: str
    body: str
    start_ms: int
    due_ms: int
    priority: Priority
    assignee: int


class ActivityFilter(TypedDict, total=False):
    """
    Which activities are wanted: those of which all is true that is given. Of a list any is enough.

    types: Of these types. (≤ 64 elements)
    channels: Of types of these channels. (≤ 6 elements)
    directions: Of types of these directions. (≤ 3 elements)
    statuses: Of these statuses; open ones are not_started and in_progress. (≤ 3 elements)
    origins: Of these origins. (≤ 3 elements)
    outcomes: With these outcomes of their sends. (≤ 5 elements)
    priorities: Of these priorities; what has none is normal. (≤ 3 elements)
    of_person: On this person's card.
    at_organisation: Shown at this organisation.
    assigned_to: Assigned to this employee, by person id.
    unassigned: Assigned to nobody; false: to somebody.
    created_by: Written down by him, exactly. (1…64 bytes)
    send: Made of this send.
    from_ms: Begun, or to begin, then or later.
    to_ms: Begun, or to begin, before then.
    due_from_ms: Due then or later.
    due_to_ms: Due before then.
    overdue: Open, and due before now; false: not so.
    text: With these letters somewhere in subject or result, capital or small. (1…100 bytes, personal)
    """

    types: Sequence[int]
    channels: Sequence[ActivityChannel]
    directions: Sequence[Direction]
    statuses: Sequence[ActivityStatus]
    origins: Sequence[Origin]
    outcomes: Sequence[Outcome]
    priorities: Sequence[Priority]
    of_person: int
    at_organisation: int
    assigned_to: int
    unassigned: bool
    created_by: str
    send: int
    from_ms: int
    to_ms: int
    due_from_ms: int
    due_to_ms: int
    overdue: bool
    text: str


class SeenPosition(TypedDict, total=False):
    """
    Ask for an answer that is not older than this position of a store's journal: read your writes, across services.

    store (required): Name of the service whose journal is meant. (1…32 bytes)
    seq (required): Position, as a reply's `seq` gave it.
    """

    store: str
    seq: int


class CommandEnvelope(TypedDict, total=False):
    """
    A command, as a client sends it. The same (sender, id) again gets the same reply, not a second effect.

    v (required): Version of the envelope.
    id (required): The caller's own unique id of this command. (1…64 bytes)
    type (required): The command's type. (1…64 bytes)
    expires_ms (required): Refused after this moment; at most 10 minutes ahead.
    body (required): The command's own fields, a map. (≤ 4194304 bytes)
    source: On ipc: name of the sending system; on tcp the key's name counts. (≤ 64 bytes)
    actor: On ipc: who acts; on tcp the key's name counts. (≤ 64 bytes)
    seen: Not older than these positions. (≤ 8 elements)
    trace: W3C traceparent, passed on. (≤ 55 bytes)
    """

    v: int
    id: str
    type: str
    expires_ms: int
    body: Any
    source: str
    actor: str
    seen: Sequence[SeenPosition]
    trace: str


class QueryEnvelope(TypedDict, total=False):
    """
    A query, as a client sends it.

    v (required): Version of the envelope.
    id (required): Given back in the reply. (1…64 bytes)
    type (required): The query's type. (1…64 bytes)
    body (required): The query's own fields, a map. (≤ 4194304 bytes)
    source: On ipc: name of the sending system. (≤ 64 bytes)
    actor: On ipc: who asks. (≤ 64 bytes)
    seen: Not older than these positions. (≤ 8 elements)
    trace: W3C traceparent, passed on. (≤ 55 bytes)
    """

    v: int
    id: str
    type: str
    body: Any
    source: str
    actor: str
    seen: Sequence[SeenPosition]
    trace: str


class ReplyError(TypedDict, total=False):
    """
    Why a command or query was not carried out.

    code (required): From proto/errors.toml; programs decide by it. (≤ 32 bytes)
    message (required): What was wrong and what to do, for people; never personal data. (≤ 512 bytes)
    field: The field that was wrong, with its path. (≤ 128 bytes)
    retry (required): The same message, sent again, may succeed.
    """

    code: str
    message: str
    field: str
    retry: bool


class ReplyEnvelope(TypedDict, total=False):
    """
    The answer to a command or query.

    v (required): Version of the envelope.
    id (required): The id of what is answered; empty when it could not be read. (≤ 64 bytes)
    status (required): ok or error.
    body: With ok: the reply's own fields. (≤ 4194304 bytes)
    seq: With ok: the journal position that holds the effect, or that the answer reflects.
    error: With error: why.
    """

    v: int
    id: str
    status: ReplyStatus
    body: Any
    seq: int
    error: ReplyError


class Doorbell(TypedDict, total=False):
    """
    What rings when a journal grew. It has no content: content is read from the journal, by those who may.

    v (required): Version of the envelope.
    source (required): The service. (≤ 32 bytes)
    store (required): Identity of its store. (16 bytes)
    seq (required): Position of the event.
    subject (required): What the event is about, as person/17. (≤ 64 bytes)
    """

    v: int
    source: str
    store: bytes
    seq: int
    subject: str


class Batch(TypedDict, total=False):
    """
    Body of a command of type `batch`: many commands in one message, each with its own id, check and reply; not atomic.
    The batch's own id only names the reply. A batch holds no batch.

    commands: The commands, done in this order. (≤ 1024 elements)
    """

    commands: Sequence[CommandEnvelope]


class BatchReply(TypedDict, total=False):
    """
    Body of the reply to a batch: one reply a command, in the same order.

    replies: What each command would have been answered alone. (≤ 1024 elements)
    """

    replies: Sequence[ReplyEnvelope]


class Recipient(TypedDict, total=False):
    """
    One recipient of one send: a row of its own, whose state is durable. Source: design.md 6.

    recipient (required): The recipient's id, for ever.
    send (required): The send.
    person: Who; when he was merged into another before its state changed last, that one; absent: the person was erased.
    channel (required): What by.
    address: E-mail address or number, as it was when the send was planned, or when the person was found to be merged.
        (≤ 254 bytes, personal)
    state (required): Where it stands.
    attempts (required): How often it was claimed for a hand-over.
    retry_ms: When it is tried again: deferred ones, and unknown ones of at-least-once sends.
    outcome_code: The server's code, as 550, or what happened instead of one, as timeout or lost; the reason of a
        suppression, as no_address, or duplicate: the same person gets it as another recipient of the send, or erased:
        it was not handed over because the person was erased. (≤ 32 bytes)
    outcome_text: What the server said. (≤ 1000 bytes, personal)
    changed_ms (required): When the state changed last.
    handed_over_ms: When it was first handed to the transport.
    """

    recipient: int
    send: int
    person: int
    channel: SendChannel
    address: str
    state: RecipientState
    attempts: int
    retry_ms: int
    outcome_code: str
    outcome_text: str
    changed_ms: int
    handed_over_ms: int


class Attachment(TypedDict, total=False):
    """
    A file that goes with an e-mail.

    name (required): File name: no path, no control characters. (1…200 bytes, personal)
    content_type (required): As application/pdf. (3…100 bytes)
    blob (required): Its content, put with blob.put.
    """

    name: str
    content_type: str
    blob: int


class Send(TypedDict, total=False):
    """
    One send: a message to one or more persons. Its state is derived from its recipients.

    send (required): The send's id, for ever.
    channel (required): What by.
    name: Name of the campaign. (≤ 100 bytes)
    subject: Subject of an e-mail; of an SMS the beginning of its text. (≤ 200 bytes, personal)
    text: The text. (≤ 200000 bytes, personal, shown to writer, privacy, service and above)
    html: The e-mail as HTML, beside the text. (≤ 200000 bytes, personal, shown to writer, privacy, service and above)
    attachments: Files that go with it. (≤ 16 elements)
    keep (required): What the activity keeps.
    not_after_ms: Not handed over after this moment.
    at_least_once (required): An unknown outcome may be sent again.
    test (required): A test send: makes no activity.
    created_ms (required): When it was planned.
    created_by: Who planned it. (≤ 64 bytes)
    """

    send: int
    channel: SendChannel
    name: str
    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment]
    keep: Keep
    not_after_ms: int
    at_least_once: bool
    test: bool
    created_ms: int
    created_by: str


class MessageHeld(TypedDict, total=False):
    """
    A message to one person: what became of it, and what it said.

    recipient (required): The recipient: address, state, outcome.
    send (required): The send, with its text.
    """

    recipient: Recipient
    send: Send


class PostalAddress(TypedDict, total=False):
    """
    Where post reaches a person. Source: domain.md 1.

    care_of: At whose place (c/o). (≤ 100 bytes, personal)
    street: Street and number, or box. (≤ 200 bytes, personal)
    postal_code: Postal code; a Swedish one has five digits and is kept as 123 45. (≤ 16 bytes, personal)
    city: Postal town (postort). (≤ 100 bytes, personal)
    country: Country, two letters of ISO 3166-1 as NO; Sweden when absent. (≤ 2 bytes, personal)
    """

    care_of: str
    street: str
    postal_code: str
    city: str
    country: str


class Employment(TypedDict, total=False):
    """
    That a person works here. Source: domain.md 1.

    employee_number (required): Employee number (anställningsnummer); unique. (1…32 bytes, personal)
    started_on (required): First day of work.
    ended_on: Last day of work; absent: it has no end yet.
    """

    employee_number: str
    started_on: str
    ended_on: str


class Consent(TypedDict, total=False):
    """
    Whether a person has agreed to mass mailings in a channel. Source: domain.md 5.

    channel (required): Which channel.
    granted (required): Granted, or withdrawn.
    changed_ms (required): When it was given or withdrawn.
    changed_by: Who wrote it down. (≤ 64 bytes)
    source: Where it came from: a form, a phone call, an unsubscribe link. (≤ 100 bytes)
    legal_basis: Legal basis (GDPR, article 6). (≤ 100 bytes)
    """

    channel: Channel
    granted: bool
    changed_ms: int
    changed_by: str
    source: str
    legal_basis: str


class ConsentChange(TypedDict, total=False):
    """
    A consent given or withdrawn, as part of a command.

    channel (required): Which channel.
    granted (required): Granted, or withdrawn.
    source: Where it came from: a form, a phone call, an unsubscribe link. (≤ 100 bytes)
    legal_basis: Legal basis (GDPR, article 6). (≤ 100 bytes)
    """

    channel: Channel
    granted: bool
    source: str
    legal_basis: str


class OwnChoice(TypedDict, total=False):
    """
    One of the values that an own-defined field of kind choice can have. Renaming keeps its id.

    choice (required): The choice's id within the field, for ever.
    names (required): Its name in each language; no two choices of a field have one name.
    active (required): Can be newly chosen.
    """

    choice: int
    names: EntryNames
    active: bool


class OwnField(TypedDict, total=False):
    """
    A field of the person card that the business has defined for itself. Source: domain.md 1.

    field (required): The field's id, for ever.
    name (required): What commands, searches and columns call it: a-z, 0-9 and _; unique, and never another. (1…32
        bytes)
    kind (required): What its values are; never another.
    names (required): What people call it in each language.
    order (required): Place on the card, lowest first.
    choices: Of kind choice: what can be chosen, by id. (≤ 100 elements)
    active (required): Can be newly set; cards that have it keep it.
    revision (required): Raised by one with each change.
    """

    field: int
    name: str
    kind: OwnFieldKind
    names: EntryNames
    order: int
    choices: Sequence[OwnChoice]
    active: bool
    revision: int


class OwnValue(TypedDict, total=False):
    """
    The value that a card has of an own-defined field: one of the members after the name, by the field's kind.

    field (required): The field's id.
    name (required): The field's name. (1…32 bytes)
    text: Of kind text. (≤ 500 bytes, personal)
    number: Of kind number: exact, as -3.25, without zeros that say nothing. (≤ 24 bytes, personal)
    date: Of kind date. (personal)
    yes_no: Of kind yes_no. (personal)
    choice: Of kind choice: the choice's id within the field. (personal)
    """

    field: int
    name: str
    text: str
    number: str
    date: str
    yes_no: bool
    choice: int


class OwnChange(TypedDict, total=False):
    """
    A value of an own-defined field given or taken away, as part of a command. Values are texts, as people write them
    and as files have them.

    name (required): The field's name. (1…32 bytes)
    value (required): A text of at most 500 bytes; a number as 42 or -3.25; a date as 2027-01-31; yes or no; a choice's
        name in either language, or its id as #2. Empty: the value is taken away. (≤ 1000 bytes, personal)
    """

    name: str
    value: str


PersonCard = TypedDict(
    "PersonCard",
    {
        "person": "int",
        "revision": "int",
        "customer_number": "str",
        "given_name": "str",
        "family_name": "str",
        "email": "str",
        "mobile": "str",
        "language": "Language",
        "terms_accepted_on": "str",
        "category": "int",
        "region": "int",
        "groups": "Sequence[int]",
        "consents": "Sequence[Consent]",
        "created_ms": "int",
        "changed_ms": "int",
        "personal_number": "str",
        "birth_date": "str",
        "gender": "Gender",
        "work_phone": "str",
        "home_phone": "str",
        "address": "PostalAddress",
        "organisation": "int",
        "department": "int",
        "job_title": "int",
        "benefit_status": "int",
        "sales_status": "int",
        "account_manager": "int",
        "notes": "str",
        "employment": "Employment",
        "own": "Sequence[OwnValue]",
        "import": "int",
        "erasure_marked_ms": "int",
        "erasure_marked_by": "str",
    },
    total=False,
)


class EntryNames(TypedDict, total=False):
    """
    The name of a pick-list entry in each language.

    sv (required): In Swedish. (1…100 bytes)
    en: In English; the Swedish name when absent. (≤ 100 bytes)
    """

    sv: str
    en: str


class PickListEntry(TypedDict, total=False):
    """
    One entry of a pick-list. Renaming keeps the id; figures follow the id. Source: domain.md 2.

    entry (required): The entry's id, for ever; unique over all pick-lists.
    list (required): The pick-list it belongs to.
    names (required): Its name in each language.
    order (required): Place in the list, lowest first.
    colour: As #rrggbb. (≤ 7 bytes)
    active (required): Can be newly chosen.
    revision (required): Raised by one with each change.
    organisation: Whose department it is; absent in every other pick-list.
    merged_into: The entry that stands for it since the two were merged; it is inactive, and stays so.
    """

    entry: int
    list: PickList
    names: EntryNames
    order: int
    colour: str
    active: bool
    revision: int
    organisation: int
    merged_into: int


class Organisation(TypedDict, total=False):
    """
    A company or association that persons belong to. Source: domain.md 1 and 2.

    organisation (required): The organisation's id, for ever.
    name (required): Its name; unique. (1…200 bytes)
    organisation_number: Swedish organisation number, as 556036-0793; unique. Its check digit holds. (≤ 11 bytes)
    active (required): Can be newly chosen.
    revision (required): Raised by one with each change.
    """

    organisation: int
    name: str
    organisation_number: str
    active: bool
    revision: int


FieldChange = TypedDict(
    "FieldChange",
    {
        "field": "str",
        "from": "Any",
        "to": "Any",
    },
    total=False,
)


class CardVersion(TypedDict, total=False):
    """
    One change of a card: who, when, what. The making of the card is its first.

    seq (required): Journal position of the change; pages are told apart by it.
    revision (required): Revision of the card from then on.
    time_ms (required): When.
    actor: Who; absent when the command named nobody. (≤ 255 bytes)
    sender: The system the command came from. (≤ 255 bytes)
    reason: Why, when that was said. (≤ 500 bytes, personal)
    changes: The fields that changed, in the card's order. (≤ 128 elements)
    merged: The person whose card was merged into this one by the change.
    """

    seq: int
    revision: int
    time_ms: int
    actor: str
    sender: str
    reason: str
    changes: Sequence[FieldChange]
    merged: int


class Employee(TypedDict, total=False):
    """
    An employee, as lists show him.

    person (required): The person.
    given_name (required): First name. (≤ 100 bytes, personal)
    family_name: Last name. (≤ 100 bytes, personal)
    employment (required): Number, first and last day.
    customers (required): Customers whose account manager he is.
    """

    person: int
    given_name: str
    family_name: str
    employment: Employment
    customers: int


class EntryUsage(TypedDict, total=False):
    """
    How many cards have a pick-list entry.

    entry (required): The entry.
    name (required): Its Swedish name. (1…100 bytes)
    persons (required): Cards that have it.
    """

    entry: int
    name: str
    persons: int


class LastActivity(TypedDict, total=False):
    """
    When a person's last activity began.

    person (required): Who.
    start_ms (required): Start of the latest activity that has begun.
    """

    person: int
    start_ms: int


class Selection(TypedDict, total=False):
    """
    A question for persons that was saved by name: evaluated when it is asked, so always current.

    selection (required): The selection's id, for ever.
    revision (required): Raised by one with each change.
    name (required): Its name; unique, in capitals or not. (1…100 bytes)
    where (required): The question, as it was written. (1…4000 bytes, personal)
    asked (required): The question with pick-list entries, account managers and other selections by their ids, as they
        were when it was saved: this is what is asked. (1…16000 bytes, personal)
    sort: The order of a search that asks for this selection and nothing else, and names none.
    uses: The selections it names. (≤ 64 elements)
    saved_ms (required): When it was last saved.
    saved_by: Who saved it; absent when the command named nobody. (≤ 64 bytes)
    """

    selection: int
    revision: int
    name: str
    where: str
    asked: str
    sort: PersonSort
    uses: Sequence[int]
    saved_ms: int
    saved_by: str


class PersonChanges(TypedDict, total=False):
    """
    What a bulk change does to each card: the fields of person.update that make sense for many. nil takes a value away.

    language: Language in which the person is written to.
    terms_accepted_on: The day the person approved the registration; not in the future.
    organisation: An active organisation; with another, or none, the department goes too.
    department: An active department; cards of another organisation are refused it.
    job_title: An active entry of the pick-list job_title.
    category: An active entry of the pick-list category.
    region: An active entry of the pick-list region.
    benefit_status: An active entry of the pick-list benefit_status.
    sales_status: An active entry of the pick-list sales_status.
    account_manager: An employee who has not ended, by person id.
    groups_add: Groups that they join. (≤ 64 elements)
    groups_remove: Groups that they leave. (≤ 64 elements)
    consents: Consents given or withdrawn, at most one a channel. (≤ 16 elements)
    own: Values of own-defined fields given or taken away, at most one a field. (≤ 64 elements)
    """

    language: Language
    terms_accepted_on: str
    organisation: int
    department: int
    job_title: int
    category: int
    region: int
    benefit_status: int
    sales_status: int
    account_manager: int
    groups_add: Sequence[int]
    groups_remove: Sequence[int]
    consents: Sequence[ConsentChange]
    own: Sequence[OwnChange]


class Bulk(TypedDict, total=False):
    """
    A bulk change: one change of all cards of a selection. It goes on by itself, through restarts too, until all were
    looked at.

    bulk (required): Its id, for ever.
    state (required): How far it has come.
    where: The selection, as person.search has it. Once it has ended not one that asks for names, numbers or addresses:
        they may be of somebody who is erased; and saved selections by their ids. (≤ 4000 bytes, personal)
    set (required): What it does to each card.
    expect: How many persons it had to find; another number fails it.
    total: How many it found; absent until they are.
    looked_at (required): How many of them were looked at.
    changed (required): How many cards are another now.
    refused (required): How many cards a rule kept as they were; bulk.refused says which and why.
    reached: The last person looked at.
    merges: The pick-list entry that it takes from the cards, for entry.merge.
    started_ms (required): When it was asked for.
    ended_ms: When it came to its end.
    actor: Who asked for it; every change of a card is his. (≤ 255 bytes)
    sender: The system the command came from. (≤ 255 bytes)
    reason: Why it failed. (≤ 500 bytes)
    """

    bulk: int
    state: BulkState
    where: str
    set: PersonChanges
    expect: int
    total: int
    looked_at: int
    changed: int
    refused: int
    reached: int
    merges: int
    started_ms: int
    ended_ms: int
    actor: str
    sender: str
    reason: str


class BulkRefusal(TypedDict, total=False):
    """
    A card that a bulk change could not change.

    person (required): Whose card.
    field: The field that a rule refused. (≤ 100 bytes)
    message (required): Why. (≤ 500 bytes)
    """

    person: int
    field: str
    message: str


class OwnChoiceChange(TypedDict, total=False):
    """
    A change of one choice of an own-defined field; what is absent stays.

    choice (required): The choice's id within the field.
    sv: New name in Swedish. (1…100 bytes)
    en: New name in English; empty: the Swedish one counts. (≤ 100 bytes)
    active: Whether it can be newly chosen.
    """

    choice: int
    sv: str
    en: str
    active: bool


class OwnFieldUsage(TypedDict, total=False):
    """
    How many cards have a value of an own-defined field.

    field (required): The field's id.
    name (required): Its name. (1…32 bytes)
    persons (required): Cards that have it.
    """

    field: int
    name: str
    persons: int


PersonImport = TypedDict(
    "PersonImport",
    {
        "import": "int",
        "name": "str",
        "digest": "bytes",
        "columns": "Sequence[str]",
        "skip_errors": "bool",
        "state": "ImportState",
        "line": "int",
        "persons": "int",
        "refused": "int",
        "removed": "int",
        "kept": "int",
        "begun_ms": "int",
        "begun_by": "str",
        "changed_ms": "int",
        "taken_back_by": "str",
        "taken_back_from": "str",
        "position": "int",
    },
    total=False,
)


class ImportLine(TypedDict, total=False):
    """
    A line of a file: a record, which may reach over several lines of text.

    line (required): The line of the file on which it begins, the first being 1.
    cells: Its cells, as many as there are columns; an empty one says nothing. (≤ 16384 bytes, ≤ 64 elements, personal)
    problem: Why the client could not read it, with skip_errors; then it has no cells. (≤ 200 bytes)
    """

    line: int
    cells: Sequence[str]
    problem: str


class ImportProblem(TypedDict, total=False):
    """
    What is wrong with a line, or doubtful.

    line (required): The line of the file on which the record begins; 1 also for what is wrong with the columns.
    column: The cell that is to blame, the first being 1; absent: the line as a whole, or something that it has no cell
        for.
    field: The field by its path. (≤ 128 bytes)
    message (required): What is wrong and what to do, for people; never a value. (1…512 bytes)
    is_warning (required): It may be a duplicate: the line is taken in all the same.
    person: Who has it already.
    """

    line: int
    column: int
    field: str
    message: str
    is_warning: bool
    person: int


class ImportMark(TypedDict, total=False):
    """
    What a line may share with another one of the file: equal marks of two lines mean the same value.

    line (required): The line.
    kind (required): Of what.
    digest (required): Digest of the value as the register keeps it. (16 bytes)
    """

    line: int
    kind: ImportMarkKind
    digest: bytes


class Duplicate(TypedDict, total=False):
    """
    Two cards that may be one person's. Source: domain.md 6.

    person (required): One of them.
    name (required): His name. (≤ 201 bytes, personal)
    other (required): The other.
    other_name (required): The other's name. (≤ 201 bytes, personal)
    shared: What they have in common. (≤ 4 elements)
    likely (required): The name, and beside it the birth date, an e-mail address or a phone number, and no other birth
        date. What is not likely may be a family with one phone.
    """

    person: int
    name: str
    other: int
    other_name: str
    shared: Sequence[Likeness]
    likely: bool


class Endpoint(TypedDict, total=False):
    """
    The three doors of one service.

    service (required): The service. (≤ 32 bytes)
    command (required): Address for commands (ROUTER). (≤ 256 bytes)
    query (required): Address for queries (ROUTER). (≤ 256 bytes)
    events (required): Address of doorbells and figures (XPUB). (≤ 256 bytes)
    command_tcp: Address for commands on tcp, beside the other, as the service binds it: a * stands for any address of
        its machine. (≤ 256 bytes)
    query_tcp: Address for queries on tcp, beside the other. (≤ 256 bytes)
    events_tcp: Address of doorbells and figures on tcp, beside the other. (≤ 256 bytes)
    """

    service: str
    command: str
    query: str
    events: str
    command_tcp: str
    query_tcp: str
    events_tcp: str


class FollowedStore(TypedDict, total=False):
    """
    How far this service has followed another one.

    source (required): The service that is followed. (≤ 32 bytes)
    store: Identity of its store; absent before the first page. (16 bytes)
    epoch: Epoch of its store.
    seq (required): Last position applied or set aside.
    source_seq: Last position the source has told of.
    state (required): Whether it goes on.
    set_aside (required): Events set aside because they could not be applied.
    circular: The source follows this service as well: what is derived of it is made anew after a restore.
    """

    source: str
    store: bytes
    epoch: int
    seq: int
    source_seq: int
    state: FollowState
    set_aside: int
    circular: bool


class CounterValue(TypedDict, total=False):
    """
    One counter as it stands now.

    name (required): As in proto/counters.toml. (≤ 64 bytes)
    value (required): Its value since the program started.
    """

    name: str
    value: int


class SchemaField(TypedDict, total=False):
    """
    One field of a message, as the service knows it.

    name (required): Its key. (≤ 64 bytes)
    type (required): Its type, as proto/README.md writes it. (≤ 80 bytes)
    required (required): Whether absent is refused.
    min: Least value or bytes.
    max: Greatest value or bytes.
    items: Most elements, of a list.
    doc (required): What it means. (≤ 2000 bytes)
    """

    name: str
    type: str
    required: bool
    min: int
    max: int
    items: int
    doc: str


class SchemaStruct(TypedDict, total=False):
    """
    One struct, message body or reply.

    name (required): Its name. (≤ 80 bytes)
    doc (required): What it is. (≤ 2000 bytes)
    fields: Its fields. (≤ 64 elements)
    """

    name: str
    doc: str
    fields: Sequence[SchemaField]


class SchemaMessage(TypedDict, total=False):
    """
    One message that this service answers or publishes.

    type (required): Its type. (≤ 64 bytes)
    kind (required): command, query, event or figure. (≤ 16 bytes)
    body (required): Name of the struct of its body. (≤ 80 bytes)
    reply: Name of the struct of its reply. (≤ 80 bytes)
    doc (required): What it does. (≤ 2000 bytes)
    """

    type: str
    kind: str
    body: str
    reply: str
    doc: str


class SnapshotRow(TypedDict, total=False):
    """
    An event that would make what there is.

    type (required): Its type. (1…64 bytes)
    subject (required): What it is about. (1…64 bytes)
    person: The person it is about.
    body (required): Its body, as in the journal. (≤ 1048576 bytes)
    """

    type: str
    subject: str
    person: int
    body: bytes


class JournalPageRecord(TypedDict, total=False):
    """
    One journal record, as stored (common/store/journal.h draws it).

    seq (required): Its position.
    record (required): Its bytes; the digest in it covers them. (≤ 1048576 bytes)
    """

    seq: int
    record: bytes


class SetAsideEvent(TypedDict, total=False):
    """
    An event that this service set aside because it could not be applied, or because an earlier one of its subject
    waits.

    seq (required): Its position in the source's journal.
    time_ms (required): When it happened.
    type (required): Its type. (≤ 255 bytes)
    subject (required): What it is about. (≤ 255 bytes)
    reason (required): Why: a code of proto/errors.toml, or that an earlier one waits. (≤ 255 bytes)
    """

    seq: int
    time_ms: int
    type: str
    subject: str
    reason: str


class Backup(TypedDict, total=False):
    """
    One backup of a service, as its manifest tells.

    name (required): Its name. (≤ 32 bytes)
    made_ms (required): When it was begun: it holds what was committed before.
    epoch (required): Epoch of the store.
    seq (required): Last journal position in it.
    bytes (required): Size of its files.
    archived (required): An archive can bring it forward to a later moment.
    """

    name: str
    made_ms: int
    epoch: int
    seq: int
    bytes: int
    archived: bool


class Access(TypedDict, total=False):
    """
    Who did what with what is held on a person: ids and names of staff, nothing of the person.

    time_ms (required): When; of several at once the first.
    kind (required): What.
    type (required): The message by which. (1…64 bytes)
    person (required): Of whom.
    actor: Who; absent when the message named nobody. (≤ 255 bytes)
    sender: The system the message came from. (≤ 255 bytes)
    count (required): How often, within a quarter of a second.
    row (required): Row of the log that tells it.
    """

    time_ms: int
    kind: AccessKind
    type: str
    person: int
    actor: str
    sender: str
    count: int
    row: int


class FigureCell(TypedDict, total=False):
    """
    The two measures for one group. Only the dimensions grouped by are there, and of these not what the group has none
    of: a region, a send; a person, of all who were erased.

    type: The activity type.
    person: The person.
    day: The day.
    channel: The channel.
    direction: The direction.
    status: The status.
    origin: The origin.
    assignee: The assignee, by person id.
    account_manager: The account manager, by person id.
    region: The region.
    category: The category.
    group: The group.
    sales_status: The sales status.
    organisation: The organisation.
    send: The send.
    quarter_hour: When the quarter of an hour begins.
    hour: When the hour begins.
    week: The first day of the week, a Monday.
    month: The first day of the month.
    quarter: The first day of the quarter.
    year: The first day of the year.
    activities (required): All activities.
    contacts (required): Those that were contacts.
    previous_activities: All activities of the period before, when that was asked for.
    previous_contacts: Contacts of the period before.
    """

    type: int
    person: int
    day: str
    channel: ActivityChannel
    direction: Direction
    status: ActivityStatus
    origin: Origin
    assignee: int
    account_manager: int
    region: int
    category: int
    group: int
    sales_status: int
    organisation: int
    send: int
    quarter_hour: int
    hour: int
    week: str
    month: str
    quarter: str
    year: str
    activities: int
    contacts: int
    previous_activities: int
    previous_contacts: int


class FigureFilter(TypedDict, total=False):
    """
    Which activities are counted: those of which all is true that is given. Of a list any is enough.

    types: Of these types. (≤ 64 elements)
    channels: Of types of these channels. (≤ 6 elements)
    directions: Of types of these directions. (≤ 3 elements)
    statuses: Of these statuses. (≤ 3 elements)
    origins: Of these origins. (≤ 3 elements)
    persons: Of these persons. (≤ 64 elements)
    assignees: Of these assignees. (≤ 64 elements)
    account_managers: Of persons of these account managers. (≤ 64 elements)
    regions: Of persons of these regions. (≤ 64 elements)
    categories: Of persons of these categories. (≤ 64 elements)
    groups: Of persons in one of these groups. (≤ 64 elements)
    sales_statuses: Of persons of these sales statuses. (≤ 64 elements)
    organisations: Of persons of these organisations. (≤ 64 elements)
    sends: Of these sends. (≤ 64 elements)
    none: Also what has none of these: with `region`, and no regions, all that is of persons without one. Of person,
        assignee, send, and what persons have. (≤ 9 elements)
    """

    types: Sequence[int]
    channels: Sequence[ActivityChannel]
    directions: Sequence[Direction]
    statuses: Sequence[ActivityStatus]
    origins: Sequence[Origin]
    persons: Sequence[int]
    assignees: Sequence[int]
    account_managers: Sequence[int]
    regions: Sequence[int]
    categories: Sequence[int]
    groups: Sequence[int]
    sales_statuses: Sequence[int]
    organisations: Sequence[int]
    sends: Sequence[int]
    none: Sequence[Dimension]


SavedQuestion = TypedDict(
    "SavedQuestion",
    {
        "question": "int",
        "name": "str",
        "group_by": "Sequence[Dimension]",
        "filter": "FigureFilter",
        "period": "FigurePeriod",
        "last_days": "int",
        "from": "str",
        "to": "str",
        "top": "int",
        "top_by": "Measure",
    },
    total=False,
)


QuestionAnswer = TypedDict(
    "QuestionAnswer",
    {
        "question": "int",
        "name": "str",
        "problem": "QuestionProblem",
        "from": "str",
        "to": "str",
        "cells": "Sequence[FigureCell]",
        "rest": "FigureCell",
        "total": "FigureCell",
    },
    total=False,
)


class FigureDifference(TypedDict, total=False):
    """
    A kept cell that differs from the recount.

    cell (required): Which one and which measure, as total/contacts, type/3/activities,
        person/17/day/2026-11-23/activities. (≤ 200 bytes)
    kept (required): What is kept.
    counted (required): What was counted.
    """

    cell: str
    kept: int
    counted: int


class FigureComparison(TypedDict, total=False):
    """
    How the kept cells and those that were counted anew compared, every one of them. A difference is a defect.

    ended_ms (required): When all had been compared.
    activity_seq (required): Position of the activity journal that the figures reflected then.
    cells (required): Cells compared.
    differing (required): Of them those that differed; they were put right.
    differences: The first that differed, a measure each. (≤ 100 elements)
    """

    ended_ms: int
    activity_seq: int
    cells: int
    differing: int
    differences: Sequence[FigureDifference]


class LiveFigure(TypedDict, total=False):
    """
    What every message of live figures holds: the first change leaves at once, then at most one message a topic every
    100 ms.

    v (required): Version.
    number (required): Number of this message within its topic since the service started. Any but the last one plus one
        means that figures were missed, or that the service began anew; stats.figures heals it.
    seq (required): Position of the activity journal it reflects.
    cell (required): The measures.
    """

    v: int
    number: int
    seq: int
    cell: FigureCell


class ActivityCalls:
    """Messages that begin with `activity.`."""

    def __init__(self, client):
        self._client = client

    def create(
        self,
        *,
        person: int,
        type: int,
        subject: str,
        body: str | None = None,
        status: ActivityStatus | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        due_ms: int | None = None,
        priority: Priority | None = None,
        assignee: int | None = None,
        result: str | None = None,
        organisation: int | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Writes an activity on a person's card: one that was made, or a planned one.

        person: On whose card; the person must exist. Of a merged person it is written on the card that was kept.
        type: An active activity type.
        subject: What it is about, in short. (1…200 bytes, personal)
        body: What it is about, in full. (≤ 100000 bytes, personal)
        status: Absent: done when an end is given, else not_started. done needs an end, and an end needs done.
        start_ms: When it began or is to begin, in the years 1800 to 9999; now when absent.
        end_ms: When it ended; not before its start, nor after the year 9999.
        due_ms: By when it is to be done.
        priority: How much it matters.
        assignee: The employee who is to do it, or did, by person id; one who has not ended.
        result: What came of it. (≤ 1000 bytes, personal)
        organisation: The organisation that it is to be shown at, too.

        Reply:
        - activity: The new activity's id.
        - revision: Its revision: 1.

        Refused also with not_found, unknown_entry, inactive_entry.
        """
        body = body_of(
            required={
                "person": person,
                "type": type,
                "subject": subject,
            },
            optional={
                "body": body,
                "status": status,
                "start_ms": start_ms,
                "end_ms": end_ms,
                "due_ms": due_ms,
                "priority": priority,
                "assignee": assignee,
                "result": result,
                "organisation": organisation,
            },
        )
        return self._client.command("activity.create", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def update(
        self,
        *,
        activity: int,
        revision: int | None = None,
        type: int | None = None,
        subject: str | None = None,
        body: str | None | Absent = ABSENT,
        status: ActivityStatus | None = None,
        start_ms: int | None = None,
        end_ms: int | None | Absent = ABSENT,
        due_ms: int | None | Absent = ABSENT,
        priority: Priority | None | Absent = ABSENT,
        assignee: int | None | Absent = ABSENT,
        result: str | None | Absent = ABSENT,
        organisation: int | None | Absent = ABSENT,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Changes what is given and keeps the rest; nil takes a value away. Refused as a whole when any field is wrong. Of
        an activity that came from a send, what was sent and when stays: only due_ms, priority, assignee, result and
        organisation can be changed.

        activity: Which one.
        revision: Refused as changed_since when it has another revision; absent: changes whatever is there.
        type: An active activity type, or the one it has.
        subject: What it is about, in short. (1…200 bytes, personal)
        body: What it is about, in full; replaces the one there is. (≤ 100000 bytes, personal)
        status: done needs an end, and an end needs done; activity.finish and activity.reopen set both.
        start_ms: When it began or is to begin, in the years 1800 to 9999.
        end_ms: When it ended; makes it done. Taken away, it is in progress unless `status` says not_started.
        due_ms: By when it is to be done.
        priority: How much it matters.
        assignee: An employee who has not ended, or the one it has.
        result: What came of it. (≤ 1000 bytes, personal)
        organisation: The organisation that it is to be shown at, too, or the one it has.

        Reply:
        - activity: The activity.
        - revision: Its revision now.

        Refused also with not_found, changed_since, unknown_entry, inactive_entry, wrong_state.
        """
        body = body_of(
            required={
                "activity": activity,
            },
            optional={
                "revision": revision,
                "type": type,
                "subject": subject,
                "status": status,
                "start_ms": start_ms,
            },
            clearable={
                "body": body,
                "end_ms": end_ms,
                "due_ms": due_ms,
                "priority": priority,
                "assignee": assignee,
                "result": result,
                "organisation": organisation,
            },
        )
        return self._client.command("activity.update", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def reopen(
        self,
        *,
        activity: int,
        revision: int | None = None,
        status: ActivityStatus | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Opens an activity that is done again: takes its end away. One that came from a send stays done.

        activity: Which one.
        revision: Refused as changed_since when it has another revision.
        status: not_started or in_progress; in_progress when absent.

        Reply:
        - activity: The activity.
        - revision: Its revision now.

        Refused also with not_found, wrong_state, changed_since.
        """
        body = body_of(
            required={
                "activity": activity,
            },
            optional={
                "revision": revision,
                "status": status,
            },
        )
        return self._client.command("activity.reopen", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def reassign(
        self,
        *,
        activity: int | None = None,
        revision: int | None = None,
        from_: int | None = None,
        to: int | None = None,
        limit: int | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Gives an activity, or what an employee still has to do, to another employee. Of many, those that are due first
        go first, `limit` at a time; the same again while the reply says `more`.

        activity: Which one; exactly one of this and `from` is given.
        revision: Of the one activity; refused as changed_since when it has another.
        from_: The employee, ended or not, whose open activities are to go over.
        to: An employee who has not ended, by person id; absent: nobody.
        limit: Most activities of `from` that go over at once; 500 when absent.

        Reply:
        - reassigned: How many went over.
        - more: There are more of them.

        Refused also with not_found, wrong_state, changed_since, unknown_entry, inactive_entry.
        """
        body = body_of(
            optional={
                "activity": activity,
                "revision": revision,
                "from": from_,
                "to": to,
                "limit": limit,
            },
        )
        return self._client.command("activity.reassign", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def finish(
        self,
        *,
        activity: int,
        revision: int | None = None,
        end_ms: int | None = None,
        result: str | None = None,
        next: PlannedActivity | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Finishes an activity: sets its end, and done with it; and plans the next one in the same step, if that is given.

        activity: Which one.
        revision: Refused as changed_since when it has another revision.
        end_ms: When it ended; now when absent (or its start, when that is later); not before its start.
        result: What came of it; replaces what is there. (≤ 1000 bytes, personal)
        next: What is to be done next. (personal)

        Reply:
        - activity: The activity.
        - revision: Its revision now.
        - planned: The activity that was planned.

        Refused also with not_found, wrong_state, changed_since, unknown_entry, inactive_entry.
        """
        body = body_of(
            required={
                "activity": activity,
            },
            optional={
                "revision": revision,
                "end_ms": end_ms,
                "result": result,
                "next": next,
            },
        )
        return self._client.command("activity.finish", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def delete(
        self,
        *,
        activity: int,
        revision: int | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Takes an activity off the card; it leaves the statistics. The journal keeps that it was there and who deleted
        it.

        activity: Which one.
        revision: Refused as changed_since when it has another revision.

        Reply:
        - activity: The activity that was.

        Refused also with not_found, changed_since.
        """
        body = body_of(
            required={
                "activity": activity,
            },
            optional={
                "revision": revision,
            },
        )
        return self._client.command("activity.delete", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def get(self, *, activity: int) -> Reply:
        """
        One activity, whole.

        activity: Which one.

        Reply:
        - activity: The activity.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "activity": activity,
            },
        )
        return self._client.query("activity.get", body, service="activity")

    def list(
        self,
        *,
        limit: int,
        person: int | None = None,
        organisation: int | None = None,
        filter: ActivityFilter | None = None,
        before_start_ms: int | None = None,
        before_activity: int | None = None,
    ) -> Reply:
        """
        Activities page by page, stable while others write: a person's or an organisation's, newest start first and as
        fast where there are 100,000 as where there are ten; or all there are, the one written down last first. A page
        looks at no more than 5,000, so that with a filter it may hold few, or none, though there is `more`. The next
        page is asked for with the reply's next_start_ms and next_activity. Of a merged person they are those of the one
        who was kept, to whom they go over a few hundred at a time.

        person: Whose.
        organisation: Or at which organisation; neither: all.
        filter: Which of them. (personal)
        before_start_ms: next_start_ms of the page before. Not of the list of all.
        before_activity: Its next_activity; of a person or an organisation given if and only if before_start_ms is.
        limit: Most rows wanted.

        Reply:
        - activities: The page; without bodies, which activity.get has. (≤ 500 elements)
        - more: There may be older ones.
        - next_start_ms: Of the last one looked at: where the next page begins, when there is `more`.
        - next_activity: Its id.
        - merged_from: The person that was asked for, when these are those of the one who was kept.

        Refused also with unknown_entry.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "person": person,
                "organisation": organisation,
                "filter": filter,
                "before_start_ms": before_start_ms,
                "before_activity": before_activity,
            },
        )
        return self._client.query("activity.list", body, service="activity")

    def tasks(
        self,
        *,
        assignee: int,
        limit: int,
        filter: ActivityFilter | None = None,
        after_due_ms: int | None = None,
        after_activity: int | None = None,
    ) -> Reply:
        """
        What an employee still has to do: his open activities, page by page, those due first before others and those
        that are not due at any time last; so what is overdue comes first. A page looks at no more than 5,000, as
        activity.list.

        assignee: Whose, by person id; also of one who has ended.
        filter: Which of them. (personal)
        after_due_ms: next_due_ms of the page before; absent with after_activity: the page was among those that are not
            due at any time.
        after_activity: Its next_activity.
        limit: Most rows wanted.

        Reply:
        - activities: The page; without bodies. (≤ 500 elements)
        - more: There may be further ones.
        - next_due_ms: When the last one looked at is due: where the next page begins, when there is `more`.
        - next_activity: Its id.
        - now_ms: The moment of the answer: what is due before it is overdue.

        Refused also with unknown_entry.
        """
        body = body_of(
            required={
                "assignee": assignee,
                "limit": limit,
            },
            optional={
                "filter": filter,
                "after_due_ms": after_due_ms,
                "after_activity": after_activity,
            },
        )
        return self._client.query("activity.tasks", body, service="activity")

    def scan(self, *, limit: int, after: int | None = None) -> Reply:
        """
        All activities in the order of their ids, page by page: for recounting, verifying and exporting. A page of long
        texts is cut before `limit`; only `more` says whether there is another.

        after: Activities after this id.
        limit: Most rows wanted.

        Reply:
        - activities: The page; without bodies. (≤ 5000 elements)
        - more: There are more.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("activity.scan", body, service="activity")

    def dossier(
        self,
        *,
        person: int,
        limit: int,
        before_start_ms: int | None = None,
        before_activity: int | None = None,
    ) -> Reply:
        """
        What this service holds on one person, page by page, for him or for an authority to be given: his activities
        with their whole texts, newest start first. A page of long texts is cut before `limit`; only `more` says whether
        there is another. `busy` for some seconds after a merge, until all are on one card. The part of `pk person
        dossier` that is this service's.

        person: Whose.
        before_start_ms: start_ms of the last row of the page before.
        before_activity: Its id; given if and only if before_start_ms is.
        limit: Most activities wanted.

        Reply:
        - activities: The page, with bodies. (≤ 500 elements)
        - more: There are older ones.
        """
        body = body_of(
            required={
                "person": person,
                "limit": limit,
            },
            optional={
                "before_start_ms": before_start_ms,
                "before_activity": before_activity,
            },
        )
        return self._client.query("activity.dossier", body, service="activity")


class TypeCalls:
    """Messages that begin with `type.`."""

    def __init__(self, client):
        self._client = client

    def create(
        self,
        *,
        names: EntryNames,
        direction: Direction,
        channel: ActivityChannel,
        order: int | None = None,
        colour: str | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Adds an activity type; there can be 1,024. The usual ones are there from the start.

        names: Its name in each language; the Swedish one unique.
        direction: Who turns to whom.
        channel: What by.
        order: Place in the list, lowest first; 0 when absent, as of the usual ones.
        colour: As #rrggbb. (≤ 7 bytes)

        Reply:
        - type: The new type's id.

        Refused also with not_unique, wrong_state.
        """
        body = body_of(
            required={
                "names": names,
                "direction": direction,
                "channel": channel,
            },
            optional={
                "order": order,
                "colour": colour,
            },
        )
        return self._client.command("type.create", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def update(
        self,
        *,
        type: int,
        names: EntryNames | None = None,
        order: int | None = None,
        colour: str | None | Absent = ABSENT,
        active: bool | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Renames, reorders, recolours, activates or deactivates a type; activities that have it keep it.

        type: Which one.
        names: New names.
        order: New place.
        colour: New colour. (≤ 7 bytes)
        active: Whether it can be newly chosen. email_out and sms_out stay active: sends need them.

        Reply:
        - type: The type.
        - revision: Its revision now.

        Refused also with not_found, not_unique, wrong_state.
        """
        body = body_of(
            required={
                "type": type,
            },
            optional={
                "names": names,
                "order": order,
                "active": active,
            },
            clearable={
                "colour": colour,
            },
        )
        return self._client.command("type.update", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def reorder(
        self,
        *,
        types: Sequence[int] | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Gives activity types their order: the first gets 1, the next 2; those not named keep theirs.

        types: Types in the order wanted, each once. (≤ 1024 elements)

        Reply:
        - changed: Types whose order is another now.

        Refused also with not_found.
        """
        body = body_of(
            optional={
                "types": types,
            },
        )
        return self._client.command("type.reorder", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def merge(self, *, type: int, into: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Merges a type into another one, for good. It can no longer be chosen from then on, and wherever activities and
        figures are read, the other one stands in its place, also for activities there are; their revisions stay.
        Renaming the other one is type.update's.

        type: The type that goes. Not email_out nor sms_out: sends need them.
        into: The active type that stands for it from now on.

        Reply:
        - type: The type that went.
        - revision: Its revision now.

        Refused also with not_found, inactive_entry, wrong_state.
        """
        body = body_of(
            required={
                "type": type,
                "into": into,
            },
        )
        return self._client.command("type.merge", body, service="activity", id=_id, expires_in_s=_expires_in_s)

    def list(self) -> Reply:
        """
        The activity types, by order and id.

        Reply:
        - types: The types. (≤ 1024 elements)
        """
        body = {}
        return self._client.query("type.list", body, service="activity")


class EmailCalls:
    """Messages that begin with `email.`."""

    def __init__(self, client):
        self._client = client

    def send(
        self,
        *,
        person: int,
        subject: str,
        text: str,
        html: str | None = None,
        attachments: Sequence[Attachment] | None = None,
        name: str | None = None,
        keep: Keep | None = None,
        not_after_ms: int | None = None,
        at_least_once: bool | None = None,
        test: bool | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Sends an e-mail to one person. `ok` means that the send is durable and will be handed over, or suppressed with a
        reason; what became of it is told by send.get, by recipient.changed events, and by the activity on the person's
        card.

        person: To whom; the person must exist. One who was merged gets it as the one who was kept.
        subject: The subject. (1…200 bytes, personal)
        text: The text. (1…200000 bytes, personal)
        html: The same as HTML. (≤ 200000 bytes, personal)
        attachments: Files that go with it; together at most 10 MiB. (≤ 16 elements)
        name: Name of the campaign. (≤ 100 bytes)
        keep: What the activity keeps; whole when absent.
        not_after_ms: Not handed over after this moment; two days from now when absent.
        at_least_once: An unknown outcome may be sent again, marked as a repeat; false when absent.
        test: A test send; false when absent.

        Reply:
        - send: The send.
        - recipient: Its recipient.
        - state: queued, or suppressed.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "person": person,
                "subject": subject,
                "text": text,
            },
            optional={
                "html": html,
                "attachments": attachments,
                "name": name,
                "keep": keep,
                "not_after_ms": not_after_ms,
                "at_least_once": at_least_once,
                "test": test,
            },
        )
        return self._client.command("email.send", body, service="notification", id=_id, expires_in_s=_expires_in_s)


class SmsCalls:
    """Messages that begin with `sms.`."""

    def __init__(self, client):
        self._client = client

    def send(
        self,
        *,
        person: int,
        text: str,
        name: str | None = None,
        keep: Keep | None = None,
        not_after_ms: int | None = None,
        at_least_once: bool | None = None,
        test: bool | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Sends an SMS to one person, as email.send does an e-mail.

        person: To whom; the person must exist. One who was merged gets it as the one who was kept.
        text: The text; at most 10 segments. (1…1530 bytes, personal)
        name: Name of the campaign. (≤ 100 bytes)
        keep: What the activity keeps; whole when absent.
        not_after_ms: Not handed over after this moment; two days from now when absent.
        at_least_once: An unknown outcome may be sent again; false when absent.
        test: A test send; false when absent.

        Reply:
        - send: The send.
        - recipient: Its recipient.
        - state: queued, or suppressed.
        - segments: Segments the text takes (GSM-7 or UCS-2, by content).

        Refused also with not_found.
        """
        body = body_of(
            required={
                "person": person,
                "text": text,
            },
            optional={
                "name": name,
                "keep": keep,
                "not_after_ms": not_after_ms,
                "at_least_once": at_least_once,
                "test": test,
            },
        )
        return self._client.command("sms.send", body, service="notification", id=_id, expires_in_s=_expires_in_s)


class BlobCalls:
    """Messages that begin with `blob.`."""

    def __init__(self, client):
        self._client = client

    def put(
        self,
        *,
        offset: int,
        data: bytes,
        last: bool,
        blob: int | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Puts a piece of a large content, as of an attachment. Pieces come in order; the piece at offset 0 makes the blob
        and names it in the reply. A blob that no send uses within a day is removed.

        blob: The blob; absent with the first piece.
        offset: Where the piece begins, in bytes: the size so far.
        data: The piece. (1…196608 bytes)
        last: No more pieces follow.

        Reply:
        - blob: The blob.
        - size: Its size so far, bytes.

        Refused also with not_found, wrong_state.
        """
        body = body_of(
            required={
                "offset": offset,
                "data": data,
                "last": last,
            },
            optional={
                "blob": blob,
            },
        )
        return self._client.command("blob.put", body, service="notification", id=_id, expires_in_s=_expires_in_s)


class RecipientCalls:
    """Messages that begin with `recipient.`."""

    def __init__(self, client):
        self._client = client

    def cancel(self, *, recipient: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Cancels a recipient that was not handed over yet.

        recipient: Which one.

        Reply:
        - recipient: The recipient.
        - state: Its state now.

        Refused also with not_found, wrong_state.
        """
        body = body_of(
            required={
                "recipient": recipient,
            },
        )
        return self._client.command(
            "recipient.cancel", body, service="notification", id=_id, expires_in_s=_expires_in_s
        )

    def release(self, *, recipient: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Lets a held recipient go: it is queued again.

        recipient: Which one.

        Reply:
        - recipient: The recipient.
        - state: Its state now.

        Refused also with not_found, wrong_state.
        """
        body = body_of(
            required={
                "recipient": recipient,
            },
        )
        return self._client.command(
            "recipient.release", body, service="notification", id=_id, expires_in_s=_expires_in_s
        )

    def resolve(
        self,
        *,
        recipient: int,
        state: RecipientState,
        outcome_code: str | None = None,
        outcome_text: str | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Settles what became of an unknown recipient, or tells that an accepted one was delivered or bounced: an operator
        who looked, or a report that came in.

        recipient: Which one.
        state: accepted, delivered, bounced or failed.
        outcome_code: The code of the report. (≤ 32 bytes)
        outcome_text: What was found out. (≤ 1000 bytes, personal)

        Reply:
        - recipient: The recipient.
        - state: Its state now.

        Refused also with not_found, wrong_state.
        """
        body = body_of(
            required={
                "recipient": recipient,
                "state": state,
            },
            optional={
                "outcome_code": outcome_code,
                "outcome_text": outcome_text,
            },
        )
        return self._client.command(
            "recipient.resolve", body, service="notification", id=_id, expires_in_s=_expires_in_s
        )

    def list(self, *, limit: int, state: RecipientState | None = None, after: int | None = None) -> Reply:
        """
        Recipients in one state, oldest first: what waits, what is unknown.

        state: The state; absent: any.
        after: Recipients after this id.
        limit: Most recipients wanted.

        Reply:
        - recipients: The page. (≤ 1000 elements)
        - more: There are more.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "state": state,
                "after": after,
            },
        )
        return self._client.query("recipient.list", body, service="notification")

    def dossier(self, *, person: int, limit: int, after: int | None = None) -> Reply:
        """
        What this service holds on one person, page by page, for him or for an authority to be given: every message that
        was planned for him, or for one who was merged into him, oldest first, with its text and what became of it. A
        page of long texts is cut before `limit`; only `more` says whether there is another. The part of `pk person
        dossier` that is this service's.

        person: Whose.
        after: Messages after this recipient: the last one of the page before.
        limit: Most messages wanted.

        Reply:
        - messages: The page. (≤ 500 elements)
        - more: There are later ones.
        """
        body = body_of(
            required={
                "person": person,
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("recipient.dossier", body, service="notification")


class SendCalls:
    """Messages that begin with `send.`."""

    def __init__(self, client):
        self._client = client

    def get(self, *, send: int, after: int | None = None, limit: int | None = None) -> Reply:
        """
        One send with its recipients.

        send: Which one.
        after: Recipients after this id.
        limit: Most recipients wanted; 100 when absent.

        Reply:
        - send: The send.
        - recipients: Its recipients. (≤ 1000 elements)
        - more: There are more.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "send": send,
            },
            optional={
                "after": after,
                "limit": limit,
            },
        )
        return self._client.query("send.get", body, service="notification")


class PersonCalls:
    """Messages that begin with `person.`."""

    def __init__(self, client):
        self._client = client

    def create(
        self,
        *,
        given_name: str,
        family_name: str | None = None,
        customer_number: str | None = None,
        email: str | None = None,
        mobile: str | None = None,
        work_phone: str | None = None,
        home_phone: str | None = None,
        address: PostalAddress | None = None,
        personal_number: str | None = None,
        birth_date: str | None = None,
        gender: Gender | None = None,
        notes: str | None = None,
        language: Language | None = None,
        terms_accepted_on: str | None = None,
        organisation: int | None = None,
        department: int | None = None,
        job_title: int | None = None,
        category: int | None = None,
        region: int | None = None,
        benefit_status: int | None = None,
        sales_status: int | None = None,
        account_manager: int | None = None,
        groups: Sequence[int] | None = None,
        consents: Sequence[ConsentChange] | None = None,
        own: Sequence[OwnChange] | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Makes a person card. Refused as a whole when any field is wrong.

        given_name: First name. (1…100 bytes, personal)
        family_name: Last name. (≤ 100 bytes, personal)
        customer_number: Unique; assigned when absent. (1…32 bytes, personal)
        email: E-mail address. (≤ 254 bytes, personal)
        mobile: In any notation; kept in E.164, Swedish when no country is given. (≤ 32 bytes, personal)
        work_phone: As mobile. (≤ 32 bytes, personal)
        home_phone: As mobile. (≤ 32 bytes, personal)
        address: Postal address. (personal)
        personal_number: Swedish personal number or coordination number, as 811218-9876 or 19811218-9876; unique. (≤ 13
            bytes, personal)
        birth_date: Birth date; taken from the personal number where there is one. (personal)
        gender: Gender. (personal)
        notes: Notes. (≤ 4000 bytes, personal)
        language: Language in which the person is written to.
        terms_accepted_on: The day the person approved the registration; not in the future.
        organisation: An active organisation.
        department: An active department of that organisation.
        job_title: An active entry of the pick-list job_title.
        category: An active entry of the pick-list category.
        region: An active entry of the pick-list region.
        benefit_status: An active entry of the pick-list benefit_status.
        sales_status: An active entry of the pick-list sales_status.
        account_manager: An employee who has not ended, by person id.
        groups: Active entries of the pick-list group. (≤ 64 elements)
        consents: Consents given or withdrawn, at most one a channel. (≤ 16 elements)
        own: Values of own-defined fields given or taken away, at most one a field. (≤ 64 elements)

        Reply:
        - person: The new person's id.
        - revision: Revision of the card: 1.

        Refused also with not_unique, unknown_entry, inactive_entry.
        """
        body = body_of(
            required={
                "given_name": given_name,
            },
            optional={
                "family_name": family_name,
                "customer_number": customer_number,
                "email": email,
                "mobile": mobile,
                "work_phone": work_phone,
                "home_phone": home_phone,
                "address": address,
                "personal_number": personal_number,
                "birth_date": birth_date,
                "gender": gender,
                "notes": notes,
                "language": language,
                "terms_accepted_on": terms_accepted_on,
                "organisation": organisation,
                "department": department,
                "job_title": job_title,
                "category": category,
                "region": region,
                "benefit_status": benefit_status,
                "sales_status": sales_status,
                "account_manager": account_manager,
                "groups": groups,
                "consents": consents,
                "own": own,
            },
        )
        return self._client.command("person.create", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def update(
        self,
        *,
        person: int,
        revision: int | None = None,
        given_name: str | None = None,
        family_name: str | None | Absent = ABSENT,
        customer_number: str | None = None,
        email: str | None | Absent = ABSENT,
        mobile: str | None | Absent = ABSENT,
        work_phone: str | None | Absent = ABSENT,
        home_phone: str | None | Absent = ABSENT,
        address: PostalAddress | None | Absent = ABSENT,
        personal_number: str | None | Absent = ABSENT,
        birth_date: str | None | Absent = ABSENT,
        gender: Gender | None | Absent = ABSENT,
        notes: str | None | Absent = ABSENT,
        language: Language | None | Absent = ABSENT,
        terms_accepted_on: str | None | Absent = ABSENT,
        organisation: int | None | Absent = ABSENT,
        department: int | None | Absent = ABSENT,
        job_title: int | None | Absent = ABSENT,
        category: int | None | Absent = ABSENT,
        region: int | None | Absent = ABSENT,
        benefit_status: int | None | Absent = ABSENT,
        sales_status: int | None | Absent = ABSENT,
        account_manager: int | None | Absent = ABSENT,
        groups_add: Sequence[int] | None = None,
        groups_remove: Sequence[int] | None = None,
        consents: Sequence[ConsentChange] | None = None,
        own: Sequence[OwnChange] | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Changes what is given and keeps the rest; nil takes a value away. Refused as a whole when any field is wrong.

        person: Whose card.
        revision: Refused as changed_since when the card has another revision; absent: changes whatever is there.
        given_name: First name. (1…100 bytes, personal)
        family_name: Last name. (≤ 100 bytes, personal)
        customer_number: Unique. (1…32 bytes, personal)
        email: E-mail address. (≤ 254 bytes, personal)
        mobile: In any notation; kept in E.164. (≤ 32 bytes, personal)
        work_phone: As mobile. (≤ 32 bytes, personal)
        home_phone: As mobile. (≤ 32 bytes, personal)
        address: Postal address; replaces the one there is as a whole. (personal)
        personal_number: Swedish personal number or coordination number, as 811218-9876 or 19811218-9876; unique. (≤ 13
            bytes, personal)
        birth_date: Birth date; it cannot differ from the personal number's. (personal)
        gender: Gender. (personal)
        notes: Notes; they replace those there are. (≤ 4000 bytes, personal)
        language: Language in which the person is written to.
        terms_accepted_on: The day the person approved the registration; not in the future.
        organisation: An active organisation, or the one the card has; with another, or none, the department goes too.
        department: An active department of the person's organisation, or the one the card has.
        job_title: An active entry of the pick-list job_title, or the one the card has.
        category: An active entry of the pick-list category, or the one the card has.
        region: An active entry of the pick-list region, or the one the card has.
        benefit_status: An active entry of the pick-list benefit_status, or the one the card has.
        sales_status: An active entry of the pick-list sales_status, or the one the card has.
        account_manager: An employee who has not ended, by person id, or the one the card has.
        groups_add: Groups the person joins. (≤ 64 elements)
        groups_remove: Groups the person leaves. (≤ 64 elements)
        consents: Consents given or withdrawn, at most one a channel. (≤ 16 elements)
        own: Values of own-defined fields given or taken away, at most one a field. (≤ 64 elements)

        Reply:
        - person: The person.
        - revision: Revision of the card now.

        Refused also with not_found, changed_since, not_unique, unknown_entry, inactive_entry, wrong_state.
        """
        body = body_of(
            required={
                "person": person,
            },
            optional={
                "revision": revision,
                "given_name": given_name,
                "customer_number": customer_number,
                "groups_add": groups_add,
                "groups_remove": groups_remove,
                "consents": consents,
                "own": own,
            },
            clearable={
                "family_name": family_name,
                "email": email,
                "mobile": mobile,
                "work_phone": work_phone,
                "home_phone": home_phone,
                "address": address,
                "personal_number": personal_number,
                "birth_date": birth_date,
                "gender": gender,
                "notes": notes,
                "language": language,
                "terms_accepted_on": terms_accepted_on,
                "organisation": organisation,
                "department": department,
                "job_title": job_title,
                "category": category,
                "region": region,
                "benefit_status": benefit_status,
                "sales_status": sales_status,
                "account_manager": account_manager,
            },
        )
        return self._client.command("person.update", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def merge(
        self,
        *,
        keep: int,
        drop: int,
        keep_revision: int | None = None,
        drop_revision: int | None = None,
        take: Sequence[str] | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Makes one card of two that are the same person's. The kept card gets what it lacked and the other has, all
        groups of both, both notes, and of each consent the stricter: withdrawn before granted. Activities, customers of
        an account manager and messages that wait go over to the kept person by themselves, soon after. The other card
        is gone for good: its id leads to the kept one, whoever asks with it or writes an activity on it; its customer
        number finds the kept one until another card gets it.

        keep: The person who is kept.
        drop: The person whose card goes into that one.
        keep_revision: Refused as changed_since when the kept card has another revision.
        drop_revision: Refused as changed_since when the other card has another revision.
        take: Fields whose value is taken from the other card though the kept one has its own. (≤ 64 bytes, ≤ 32
            elements)

        Reply:
        - person: The person who was kept.
        - revision: Revision of the card now.
        - customers: Customers whose account manager was the other one: they get the kept one, soon after.

        Refused also with not_found, changed_since, wrong_state.
        """
        body = body_of(
            required={
                "keep": keep,
                "drop": drop,
            },
            optional={
                "keep_revision": keep_revision,
                "drop_revision": drop_revision,
                "take": take,
            },
        )
        return self._client.command("person.merge", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def mark_erasure(
        self,
        *,
        person: int,
        revision: int | None = None,
        reason: str | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Marks a person to be erased, the first of two steps. The card says so and everything goes on as before;
        person.unmark_erasure takes it back. Who marks has to be named, since somebody else completes. Journalled as
        person.updated.

        person: Whom.
        revision: Refused as changed_since when the card has another revision.
        reason: Why; the card's history keeps it until he is erased. (≤ 500 bytes, personal)

        Reply:
        - person: The person.
        - revision: Revision of the card now.

        Refused also with not_found, changed_since, wrong_state, missing_field.
        """
        body = body_of(
            required={
                "person": person,
            },
            optional={
                "revision": revision,
                "reason": reason,
            },
        )
        return self._client.command("person.mark_erasure", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def unmark_erasure(
        self,
        *,
        person: int,
        revision: int | None = None,
        reason: str | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Takes the mark away: the person stays. Journalled as person.updated.

        person: Whom.
        revision: Refused as changed_since when the card has another revision.
        reason: Why. (≤ 500 bytes, personal)

        Reply:
        - person: The person.
        - revision: Revision of the card now.

        Refused also with not_found, changed_since, wrong_state.
        """
        body = body_of(
            required={
                "person": person,
            },
            optional={
                "revision": revision,
                "reason": reason,
            },
        )
        return self._client.command("person.unmark_erasure", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def complete_erasure(
        self,
        *,
        person: int,
        revision: int | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Erases a person who is marked, the second of two steps; nothing brings him back. The card and all that names him
        goes at once, his numbers are free again; then, in each service, what he has of activities becomes anonymous,
        what waits to be sent is suppressed or cancelled, messages and addresses go, and the journal's records of him
        lose their content. `erasing` in service.health tells how many persons a service still works at. Not by the one
        who marked him, in capitals or not; not while customers have him as account manager, nor while a saved selection
        tells of him by his whole name, a number or an address.

        person: Whom.
        revision: Refused as changed_since when the card has another revision.

        Reply:
        - person: The person who was.

        Refused also with not_found, changed_since, wrong_state, in_use, missing_field.
        """
        body = body_of(
            required={
                "person": person,
            },
            optional={
                "revision": revision,
            },
        )
        return self._client.command(
            "person.complete_erasure", body, service="person", id=_id, expires_in_s=_expires_in_s
        )

    def get(self, *, person: int | None = None, customer_number: str | None = None) -> Reply:
        """
        One person card, whole; of a merged one the card that was kept.

        person: By id.
        customer_number: Or by customer number, also one of a merged card; exactly one of the two. (1…32 bytes,
            personal)

        Reply:
        - card: The card.
        - merged_from: The person that was asked for, when that card was merged into this one.

        Refused also with not_found.
        """
        body = body_of(
            optional={
                "person": person,
                "customer_number": customer_number,
            },
        )
        return self._client.query("person.get", body, service="person")

    def list(self, *, limit: int, after: int | None = None) -> Reply:
        """
        Person cards in the order of their ids, page by page; stable while others write.

        after: Cards after this id: the last one of the page before.
        limit: Most cards wanted.

        Reply:
        - cards: The page. (≤ 500 elements)
        - more: There are cards after it.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("person.list", body, service="person")

    def merged_cards(self, *, person: int, limit: int, after: int | None = None) -> Reply:
        """
        The ids of all cards that were merged into a person's, by whatever others, ascending, page by page; also of one
        who was erased.

        person: Who was kept.
        after: Ids after this one: the last one of the page before.
        limit: Most ids wanted.

        Reply:
        - merged: The page. (≤ 500 elements)
        - more: There may be ids after it.
        """
        body = body_of(
            required={
                "person": person,
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("person.merged_cards", body, service="person")

    def search(
        self,
        *,
        limit: int,
        where: str | None = None,
        sort: PersonSort | None = None,
        after: str | None = None,
        count: bool | None = None,
    ) -> Reply:
        """
        Persons of whom a line of text is true, page by page: each page as fast as the first, and stable while others
        write. Words stand side by side and all have to hold: `larson group:vegan -group:regular region:norr,söder`.
        `or` makes one of two enough, `-` or `not` turns round, parentheses group. A word without a field is how a name
        begins, a customer number, a phone number in any notation, or how an e-mail address begins. Fields: name, id
        (id:#17), number, phone, email, organisation (how its name begins, or #3), department, job_title, category,
        region, group, benefit_status, sales_status (an entry's name in either language, or its #id, or none),
        account_manager (employee number, #id, none), import (#id), gender, language, consent (letter, email, sms:
        granted), withdrawn, has (email, mobile, phone, address, personal_number, birth_date, notes, terms, or one of
        the fields before, or activity), employee (yes, no), marked (to be erased: yes, no), and the times born, terms,
        created, changed and activity (when the last one began; those still to begin do not count, so
        -activity:2026-06-01.. finds who has had none since): 1980, 1980-05, 1980-05-17, a span as 1980..1989 or
        2026-01-01.., none. Days are UTC's. Own-defined fields are asked for by their names as own.shoe_size: a text by
        how its words begin, a number as 42, 38.5..42 or 40.., a date as the times before, yes or no, a choice by its
        name in either language or its #id, and none; has:own.shoe_size is who has any. selection:"Norr utan kontakt" is
        whom a saved selection finds. Several values with commas between: one of them. What has blanks, commas or
        parentheses stands in quotes. Capitals and accents do not matter, and å, ä and ö may be typed as a and o. The
        first search after a start is `busy` until the register is read into memory, some seconds for a million cards.

        where: The question; absent: everybody. (≤ 4000 bytes, personal)
        sort: The order. Absent: that of the saved selection, when the question is one alone; else by name.
        after: Persons after this place: `next` of the page before, asked with the same question and order. (≤ 520
            bytes, personal)
        limit: Most cards wanted; with 0 only the count is.
        count: Whether `total` is wanted.

        Reply:
        - cards: The page. (≤ 500 elements)
        - next: Where the next page begins, to be handed back as it is; absent: there is none. (≤ 520 bytes, personal)
        - total: How many persons it is true of, when that was asked for.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "where": where,
                "sort": sort,
                "after": after,
                "count": count,
            },
        )
        return self._client.query("person.search", body, service="person")

    def export(self, *, limit: int, where: str | None = None, after: str | None = None) -> Reply:
        """
        Whom a line of text is true of, as person.search has it, by id, page by page, to be taken out of the register:
        the access log tells that they were exported. As with person.search the first question after a start is `busy`
        for some seconds.

        where: The question, as of person.search; absent: everybody. (≤ 4000 bytes, personal)
        after: Persons after this place: `next` of the page before, asked with the same question. (≤ 520 bytes,
            personal)
        limit: Most cards wanted.

        Reply:
        - cards: The page. (≤ 500 elements)
        - next: Where the next page begins, to be handed back as it is; absent: there is none. (≤ 520 bytes, personal)
        - total: How many persons it is true of, all pages together.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "where": where,
                "after": after,
            },
        )
        return self._client.query("person.export", body, service="person")

    def last_activities(self, *, limit: int, after: int | None = None) -> Reply:
        """
        When the last activity of each person began who has any, by person id, page by page: for recounting and
        verifying. It is the latest that has begun; one that is to begin counts from the moment it does.

        after: Persons after this id.
        limit: Most rows wanted.

        Reply:
        - last_activities: The page. (≤ 5000 elements)
        - more: There are more.
        - activity_seq: Position of the activity journal that the answer reflects.
        - planned_from_ms: Start of the first activity that has not begun; absent: all have.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("person.last_activities", body, service="person")

    def history(self, *, person: int, limit: int, before: int | None = None, before_merge: bool | None = None) -> Reply:
        """
        Every change of one card, newest first, page by page: who, when, from what to what; of a merged one those of the
        card that was kept.

        person: Whose card.
        before: Changes before this journal position: `seq` of the last one of the page before.
        limit: Most changes wanted.
        before_merge: Of a merged card its own changes, up to the merge.

        Reply:
        - versions: The page. (≤ 100 elements)
        - merged_from: The person that was asked for, when these are the changes of the card that was kept.
        - more: There are earlier changes.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "person": person,
                "limit": limit,
            },
            optional={
                "before": before,
                "before_merge": before_merge,
            },
        )
        return self._client.query("person.history", body, service="person")

    def duplicates(
        self,
        *,
        limit: int,
        person: int | None = None,
        weak: bool | None = None,
        after: int | None = None,
    ) -> Reply:
        """
        Cards that may be one person's: of one person, the likely ones first; or over the whole register, page by page
        in the order of the cards, each pair once, with the earlier card first. A page looks at a few hundred cards and
        may have no pair at all though there are more pages. Of those who share one phone or address the first 64 are
        compared. As with person.search the first question after a start is `busy` for some seconds.

        person: Whose other cards; absent: the whole register.
        weak: Whether those count that are not likely; absent: of one person yes, over the register no.
        after: Over the register: after this card, `next` of the page before.
        limit: Most pairs wanted.

        Reply:
        - duplicates: The page. (≤ 500 elements)
        - next: Where the next page begins; absent: there is none.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "person": person,
                "weak": weak,
                "after": after,
            },
        )
        return self._client.query("person.duplicates", body, service="person")

    def merge_preview(self, *, keep: int, drop: int, take: Sequence[str] | None = None) -> Reply:
        """
        What person.merge would make of two cards, or why it would be refused; nothing is changed.

        keep: The person who would be kept.
        drop: The person whose card would go into that one.
        take: As of person.merge. (≤ 64 bytes, ≤ 32 elements)

        Reply:
        - card: The kept card as it would be.
        - changed: Names of its fields that would change. (≤ 64 bytes, ≤ 64 elements)
        - keep_revision: Revision of the kept card, for person.merge.
        - drop_revision: Revision of the other card, for person.merge.
        - customers: Customers who would get another account manager.

        Refused also with not_found, wrong_state.
        """
        body = body_of(
            required={
                "keep": keep,
                "drop": drop,
            },
            optional={
                "take": take,
            },
        )
        return self._client.query("person.merge_preview", body, service="person")

    def dossier(self, *, person: int, limit: int, before: int | None = None) -> Reply:
        """
        What this service holds on one person, page by page, for him or for an authority to be given: the card, and
        every change of it, newest first; of a merged one the card that was kept, and the changes of the merged one. The
        part of `pk person dossier` that is this service's.

        person: Whose.
        before: Changes before this journal position: `seq` of the last one of the page before.
        limit: Most changes wanted.

        Reply:
        - card: The card.
        - versions: The page of changes. (≤ 100 elements)
        - more: There are earlier changes.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "person": person,
                "limit": limit,
            },
            optional={
                "before": before,
            },
        )
        return self._client.query("person.dossier", body, service="person")


class EntryCalls:
    """Messages that begin with `entry.`."""

    def __init__(self, client):
        self._client = client

    def create(
        self,
        *,
        list: PickList,
        names: EntryNames,
        organisation: int | None = None,
        order: int | None = None,
        colour: str | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Adds an entry to a pick-list.

        list: The pick-list.
        organisation: Whose department it is, an active organisation; with the pick-list department, and no other.
        names: Its name in each language; the Swedish one unique within the list, of departments within the
            organisation.
        order: Place in the list, lowest first; 0 when absent.
        colour: As #rrggbb. (≤ 7 bytes)

        Reply:
        - entry: The new entry's id.

        Refused also with not_unique, not_found, inactive_entry.
        """
        body = body_of(
            required={
                "list": list,
                "names": names,
            },
            optional={
                "organisation": organisation,
                "order": order,
                "colour": colour,
            },
        )
        return self._client.command("entry.create", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def update(
        self,
        *,
        entry: int,
        names: EntryNames | None = None,
        order: int | None = None,
        colour: str | None | Absent = ABSENT,
        active: bool | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Renames, reorders, recolours, activates or deactivates an entry; it keeps its id, and cards that have it keep
        it.

        entry: Which entry.
        names: New names.
        order: New place.
        colour: New colour. (≤ 7 bytes)
        active: Whether it can be newly chosen.

        Reply:
        - entry: The entry.
        - revision: Its revision now.

        Refused also with not_found, not_unique.
        """
        body = body_of(
            required={
                "entry": entry,
            },
            optional={
                "names": names,
                "order": order,
                "active": active,
            },
            clearable={
                "colour": colour,
            },
        )
        return self._client.command("entry.update", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def reorder(
        self,
        *,
        list: PickList,
        entries: Sequence[int] | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Gives entries of one pick-list their order: the first gets 1, the next 2; those not named keep theirs.

        list: The pick-list.
        entries: Entries of the pick-list in the order wanted, each once. (≤ 1000 elements)

        Reply:
        - changed: Entries whose order is another now.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "list": list,
            },
            optional={
                "entries": entries,
            },
        )
        return self._client.command("entry.reorder", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def merge(self, *, entry: int, into: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Merges an entry into another one of the same pick-list, of departments the same organisation. It can no longer
        be chosen from then on; the cards that have it get the other one by a bulk change, which the reply names and
        bulk.get shows. Renaming the other one is entry.update's.

        entry: The entry that goes.
        into: The active entry that stands for it from now on.

        Reply:
        - entry: The entry that went.
        - revision: Its revision now.
        - bulk: The bulk change that moves the cards.

        Refused also with not_found, inactive_entry, in_use, wrong_state.
        """
        body = body_of(
            required={
                "entry": entry,
                "into": into,
            },
        )
        return self._client.command("entry.merge", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def delete(self, *, entry: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Deletes an entry that no card has; one that is in use is deactivated instead.

        entry: Which entry.

        Reply:
        - entry: The entry that was.

        Refused also with not_found, in_use.
        """
        body = body_of(
            required={
                "entry": entry,
            },
        )
        return self._client.command("entry.delete", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def list(self, *, list: PickList | None = None, organisation: int | None = None) -> Reply:
        """
        The entries of one pick-list or of all, by list, organisation, order and id.

        list: The pick-list; absent: all.
        organisation: Only departments of this organisation.

        Reply:
        - entries: The entries. (≤ 4096 elements)
        - usage: How many cards have each of them, in the same order. (≤ 4096 elements)
        """
        body = body_of(
            optional={
                "list": list,
                "organisation": organisation,
            },
        )
        return self._client.query("entry.list", body, service="person")


class OrganisationCalls:
    """Messages that begin with `organisation.`."""

    def __init__(self, client):
        self._client = client

    def create(
        self,
        *,
        name: str,
        organisation_number: str | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Adds an organisation that persons can belong to.

        name: Its name; unique, in capitals or not. (1…200 bytes)
        organisation_number: Swedish organisation number, as 556036-0793; unique. (≤ 13 bytes)

        Reply:
        - organisation: The new organisation's id.

        Refused also with not_unique.
        """
        body = body_of(
            required={
                "name": name,
            },
            optional={
                "organisation_number": organisation_number,
            },
        )
        return self._client.command("organisation.create", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def update(
        self,
        *,
        organisation: int,
        revision: int | None = None,
        name: str | None = None,
        organisation_number: str | None | Absent = ABSENT,
        active: bool | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Renames, activates or deactivates an organisation; persons who have it keep it.

        organisation: Which organisation.
        revision: Refused as changed_since when it has another revision.
        name: New name. (1…200 bytes)
        organisation_number: New organisation number. (≤ 13 bytes)
        active: Whether it can be newly chosen.

        Reply:
        - organisation: The organisation.
        - revision: Its revision now.

        Refused also with not_found, changed_since, not_unique.
        """
        body = body_of(
            required={
                "organisation": organisation,
            },
            optional={
                "revision": revision,
                "name": name,
                "active": active,
            },
            clearable={
                "organisation_number": organisation_number,
            },
        )
        return self._client.command("organisation.update", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def delete(self, *, organisation: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Deletes an organisation that no person belongs to and that has no departments; another is deactivated instead.

        organisation: Which organisation.

        Reply:
        - organisation: The organisation that was.

        Refused also with not_found, in_use.
        """
        body = body_of(
            required={
                "organisation": organisation,
            },
        )
        return self._client.command("organisation.delete", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def get(self, *, organisation: int) -> Reply:
        """
        One organisation.

        organisation: Which organisation.

        Reply:
        - organisation: The organisation.
        - persons: How many persons belong to it.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "organisation": organisation,
            },
        )
        return self._client.query("organisation.get", body, service="person")

    def list(self, *, limit: int, prefix: str | None = None, after: str | None = None) -> Reply:
        """
        Organisations in the order of their names, page by page; stable while others write.

        prefix: Only those whose name begins so, in capitals or not. (≤ 200 bytes)
        after: Those after this name: the last one of the page before. (≤ 200 bytes)
        limit: Most organisations wanted.

        Reply:
        - organisations: The page. (≤ 500 elements)
        - persons: How many persons belong to each of them, in the same order. (≤ 500 elements)
        - more: There are organisations after it.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "prefix": prefix,
                "after": after,
            },
        )
        return self._client.query("organisation.list", body, service="person")


class EmployeeCalls:
    """Messages that begin with `employee.`."""

    def __init__(self, client):
        self._client = client

    def register(
        self,
        *,
        person: int,
        employee_number: str,
        started_on: str,
        revision: int | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Says that a person works here, or corrects what was said; from then on he can be chosen as account manager.
        Journalled as person.updated.

        person: Who.
        revision: Refused as changed_since when the card has another revision.
        employee_number: Employee number; unique. (1…32 bytes, personal)
        started_on: First day of work.

        Reply:
        - person: The person.
        - revision: Revision of the card now.

        Refused also with not_found, changed_since, not_unique, wrong_state.
        """
        body = body_of(
            required={
                "person": person,
                "employee_number": employee_number,
                "started_on": started_on,
            },
            optional={
                "revision": revision,
            },
        )
        return self._client.command("employee.register", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def end(
        self,
        *,
        person: int,
        ended_on: str,
        revision: int | None = None,
        successor: int | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Says when an employee's work ends. He can be newly chosen as account manager up to that day; customers who have
        him keep him until they get another. Journalled as person.updated.

        person: Who.
        revision: Refused as changed_since when the card has another revision.
        ended_on: Last day of work.
        successor: The employee who gets his customers, by a bulk change that begins at once; absent: they keep him, and
            `account_manager:#17` finds them.

        Reply:
        - person: The person.
        - revision: Revision of the card now.
        - customers: Customers whose account manager he is: they need another.
        - bulk: The bulk change that gives them to the successor.

        Refused also with not_found, changed_since, wrong_state, unknown_entry, inactive_entry.
        """
        body = body_of(
            required={
                "person": person,
                "ended_on": ended_on,
            },
            optional={
                "revision": revision,
                "successor": successor,
            },
        )
        return self._client.command("employee.end", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def list(self, *, limit: int, after: str | None = None) -> Reply:
        """
        Employees in the order of their employee numbers, page by page; stable while others write.

        after: Those after this employee number: the last one of the page before. (≤ 32 bytes)
        limit: Most employees wanted.

        Reply:
        - employees: The page. (≤ 500 elements)
        - more: There are employees after it.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("employee.list", body, service="person")


class BulkCalls:
    """Messages that begin with `bulk.`."""

    def __init__(self, client):
        self._client = client

    def start(
        self,
        *,
        where: str,
        set: PersonChanges,
        expect: int | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Changes all cards of a selection: those of whom `where` is true once, when it begins. It goes on in the service,
        beside everything else and through restarts; bulk.get shows how far it has come. Each card passes the rules of
        person.update and gets a version of its own in its history; a card that a rule refuses stays as it is and is
        counted. Bulk changes run one after the other.

        where: The selection, as person.search has it; empty: everybody. (≤ 4000 bytes, personal)
        set: What is done to each card; at least one field.
        expect: How many persons you were shown; when it finds another number it fails before anything is changed.

        Reply:
        - bulk: The bulk change.

        Refused also with unknown_entry, inactive_entry.
        """
        body = body_of(
            required={
                "where": where,
                "set": set,
            },
            optional={
                "expect": expect,
            },
        )
        return self._client.command("bulk.start", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def stop(self, *, bulk: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Stops a bulk change that has not ended; what it changed until then stays. Not one that merges an entry.

        bulk: Which one.

        Reply:
        - bulk: As it is now.

        Refused also with not_found, wrong_state.
        """
        body = body_of(
            required={
                "bulk": bulk,
            },
        )
        return self._client.command("bulk.stop", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def get(self, *, bulk: int) -> Reply:
        """
        One bulk change: what it does, and how far it has come.

        bulk: Which one.

        Reply:
        - bulk: The bulk change.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "bulk": bulk,
            },
        )
        return self._client.query("bulk.get", body, service="person")

    def list(self, *, limit: int, before: int | None = None) -> Reply:
        """
        Bulk changes, newest first, page by page.

        before: Those before this one: the last one of the page before.
        limit: Most of them wanted.

        Reply:
        - bulks: The page. (≤ 500 elements)
        - more: There are earlier ones.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "before": before,
            },
        )
        return self._client.query("bulk.list", body, service="person")

    def refused(self, *, bulk: int, limit: int, after: int | None = None) -> Reply:
        """
        The cards that a bulk change could not change, in the order of their ids, page by page. Kept for good.

        bulk: Which one.
        after: Persons after this one: the last one of the page before.
        limit: Most of them wanted.

        Reply:
        - refused: The page. (≤ 500 elements)
        - more: There are more after it.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "bulk": bulk,
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("bulk.refused", body, service="person")


class FieldCalls:
    """Messages that begin with `field.`."""

    def __init__(self, client):
        self._client = client

    def create(
        self,
        *,
        name: str,
        kind: OwnFieldKind,
        names: EntryNames,
        order: int | None = None,
        choices: Sequence[EntryNames] | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Declares an own-defined field of the person card. There are at most 64.

        name: What commands, searches and columns call it: a-z, 0-9 and _; unique. (1…32 bytes)
        kind: What its values are.
        names: What people call it in each language.
        order: Place on the card, lowest first; 0 when absent.
        choices: Of kind choice, and no other: what can be chosen; their ids are 1, 2, 3 in this order. (≤ 100 elements)

        Reply:
        - field: The new field's id.

        Refused also with not_unique, wrong_state.
        """
        body = body_of(
            required={
                "name": name,
                "kind": kind,
                "names": names,
            },
            optional={
                "order": order,
                "choices": choices,
            },
        )
        return self._client.command("field.create", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def update(
        self,
        *,
        name: str,
        names: EntryNames | None = None,
        order: int | None = None,
        active: bool | None = None,
        choices: Sequence[OwnChoiceChange] | None = None,
        choices_add: Sequence[EntryNames] | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Renames, reorders, activates or deactivates an own-defined field or its choices, and adds choices; ids, name and
        kind stay, and cards keep what they have.

        name: Which field, by its name. (1…32 bytes)
        names: What people call it from now on.
        order: New place.
        active: Whether it can be newly set.
        choices: Changes of choices it has, at most one each. (≤ 100 elements)
        choices_add: Further choices; a field has at most 100. (≤ 100 elements)

        Reply:
        - field: The field's id.
        - revision: Its revision now.

        Refused also with not_found, not_unique.
        """
        body = body_of(
            required={
                "name": name,
            },
            optional={
                "names": names,
                "order": order,
                "active": active,
                "choices": choices,
                "choices_add": choices_add,
            },
        )
        return self._client.command("field.update", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def delete(self, *, name: str, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Deletes an own-defined field that no card has; one that is in use is deactivated instead.

        name: Which field, by its name. (1…32 bytes)

        Reply:
        - field: The field that was.

        Refused also with not_found, in_use.
        """
        body = body_of(
            required={
                "name": name,
            },
        )
        return self._client.command("field.delete", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def list(self) -> Reply:
        """
        The own-defined fields of the person card, by order and id.

        Reply:
        - fields: The fields. (≤ 64 elements)
        - usage: How many cards have each of them, in the same order. (≤ 64 elements)
        """
        body = {}
        return self._client.query("field.list", body, service="person")


class SelectionCalls:
    """Messages that begin with `selection.`."""

    def __init__(self, client):
        self._client = client

    def save(
        self,
        *,
        name: str,
        where: str,
        sort: PersonSort | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Saves a question for persons under a name, in place of the one saved under it before. It is refused as
        person.search refuses it, with the place; and when it would ask for itself, or for selections more than 8 deep.
        Entries of pick-lists, account managers and selections it names are kept by their ids: they may be renamed. An
        entry that was deleted since makes a search refuse the selection, until it is saved anew. There can be 1,000.

        name: Its name; unique, in capitals or not, without quotation marks, and not beginning with #. (1…100 bytes)
        where: The question, as person.search takes it. (1…4000 bytes, personal)
        sort: The order of a search that asks for this selection and nothing else.

        Reply:
        - selection: The selection's id.
        - revision: Its revision now.

        Refused also with wrong_state.
        """
        body = body_of(
            required={
                "name": name,
                "where": where,
            },
            optional={
                "sort": sort,
            },
        )
        return self._client.command("selection.save", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def delete(self, *, name: str, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Deletes a saved selection that no other one names.

        name: Which one. (1…100 bytes)

        Reply:
        - selection: The selection that was.

        Refused also with not_found, in_use.
        """
        body = body_of(
            required={
                "name": name,
            },
        )
        return self._client.command("selection.delete", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def list(self, *, limit: int, after: str | None = None) -> Reply:
        """
        The saved selections in the order of their names, page by page; stable while others write.

        after: Those after this name: the last one of the page before. (≤ 100 bytes)
        limit: Most selections wanted.

        Reply:
        - selections: The page. (≤ 100 elements)
        - more: There are selections after it.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("selection.list", body, service="person")


class ImportCalls:
    """Messages that begin with `import.`."""

    def __init__(self, client):
        self._client = client

    def begin(
        self,
        *,
        name: str,
        digest: bytes,
        columns: Sequence[str] | None = None,
        skip_errors: bool | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Begins an import. Where the same file, by its digest, is under way or in already, nothing is begun and the reply
        says how far that is: so a client that was broken off sends the same again and goes on.

        name: Name of the file, for people. (1…255 bytes)
        digest: A digest of the file's content. (32 bytes)
        columns: What each cell of a line is for, as import.check has it. (≤ 100 bytes, ≤ 64 elements)
        skip_errors: Whether lines with errors are left out and written down. Otherwise one of them refuses its whole
            page, and import.check should have been asked beforehand.

        Reply:
        - import: The import.

        Refused also with wrong_state.
        """
        body = body_of(
            required={
                "name": name,
                "digest": digest,
            },
            optional={
                "columns": columns,
                "skip_errors": skip_errors,
            },
        )
        return self._client.command("import.begin", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def rows(
        self,
        *,
        import_: int,
        after: int,
        lines: Sequence[ImportLine] | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Takes in a page of lines: all of it or nothing, together with how far the import has come. A page that was taken
        in already has no second effect, whatever its id; one whose turn it is not is `not_yet`, so that several may be
        under way at once. Journalled as person.created, one a line, and import.updated.

        import_: Which import.
        after: `line` of the last record of the page before; 0: this is the first.
        lines: The lines, in the order of the file; at least one. (≤ 500 elements)

        Reply:
        - line: How far the import has come: the line on which its last record begins.
        - persons: Persons made by this page; 0 when it was taken in before.
        - refused: Lines of this page that were left out.

        Refused also with not_found, wrong_state, not_yet, not_unique, unknown_entry, inactive_entry.
        """
        body = body_of(
            required={
                "import": import_,
                "after": after,
            },
            optional={
                "lines": lines,
            },
        )
        return self._client.command("import.rows", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def finish(self, *, import_: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Says that all lines are in. One that is finished already stays so.

        import_: Which import.

        Reply:
        - import: The import.

        Refused also with not_found, wrong_state.
        """
        body = body_of(
            required={
                "import": import_,
            },
        )
        return self._client.command("import.finish", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def take_back(self, *, import_: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Removes the persons that an import made, finished or not. They go some hundred at a time while the service
        answers others; import.get tells how far that is, and a restart goes on with it. A person whose card was changed
        after the import, or who has an activity that has begun, is kept, and counted in `kept`. What else is held on
        those who go, as planned activities and test messages, becomes anonymous. Journalled as person.removed, one a
        person, and import.updated.

        import_: Which import.

        Reply:
        - import: The import.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "import": import_,
            },
        )
        return self._client.command("import.take_back", body, service="person", id=_id, expires_in_s=_expires_in_s)

    def check(
        self,
        *,
        columns: Sequence[str] | None = None,
        lines: Sequence[ImportLine] | None = None,
        find_duplicates: bool | None = None,
    ) -> Reply:
        """
        What would be wrong with lines of a file: every error of every line, found by the checks of person.create;
        nothing is changed. Columns are named by the paths of person.create's fields, as address.city, or by their
        Swedish names, as Postort; own-defined fields as own.shoe_size; consent.email, consent.sms and consent.letter
        are yes or no. Entries of pick-lists, organisations and departments are given by name, in either language, or as
        #id; groups with | or , between; the account manager by employee number or #id; days as YYYY-MM-DD or YYYYMMDD.
        At most 16 problems a line are told.

        columns: What each cell of a line is for. (≤ 100 bytes, ≤ 64 elements)
        lines: The lines; none: only the columns are looked at. (≤ 500 elements)
        find_duplicates: Whether to tell, as warnings, who has the same e-mail address, phone number, or name and birth
            date already; and to give the marks of these. As person.search, it is busy until the register is read into
            memory.

        Reply:
        - columns: The columns as import.begin takes them; when one is wrong, none. (≤ 100 bytes, ≤ 64 elements)
        - problems: What is wrong, in the order of the lines. (≤ 8192 elements)
        - marks: What the lines may share with others of the file: their customer and personal numbers, and the rest
            when asked for. (≤ 4096 elements)
        """
        body = body_of(
            optional={
                "columns": columns,
                "lines": lines,
                "find_duplicates": find_duplicates,
            },
        )
        return self._client.query("import.check", body, service="person")

    def get(self, *, import_: int | None = None, digest: bytes | None = None) -> Reply:
        """
        One import: by id, or the one under way or finished of a file.

        import_: By id.
        digest: Or by the digest of its file, unless it was taken back; exactly one of the two. (32 bytes)

        Reply:
        - import: The import.

        Refused also with not_found.
        """
        body = body_of(
            optional={
                "import": import_,
                "digest": digest,
            },
        )
        return self._client.query("import.get", body, service="person")

    def list(self, *, limit: int, after: int | None = None) -> Reply:
        """
        Imports in the order of their ids, page by page.

        after: Imports after this id: the last one of the page before.
        limit: Most imports wanted.

        Reply:
        - imports: The page. (≤ 500 elements)
        - more: There are imports after it.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("import.list", body, service="person")

    def refused(self, *, import_: int, limit: int, after: int | None = None) -> Reply:
        """
        The lines that an import left out, in the order of the file, page by page, each with the first thing that was
        wrong with it.

        import_: Which import.
        after: Lines after this one: the last one of the page before.
        limit: Most lines wanted.

        Reply:
        - problems: The page. (≤ 500 elements)
        - more: There are lines after it.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "import": import_,
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("import.refused", body, service="person")


class FollowCalls:
    """Messages that begin with `follow.`."""

    def __init__(self, client):
        self._client = client

    def replay(
        self,
        at_service: str,
        /,
        *,
        source: str,
        after: int | None = None,
        limit: int | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Applies events that were set aside, oldest first, after what kept them from being applied was mended. One that
        still cannot be applied stays set aside, and with it the later ones of its subject: nothing is applied out of
        order.

        at_service: The service that is asked.
        source: The followed service. (1…32 bytes)
        after: Events after this position; from the first when absent.
        limit: Most events looked at; 1000 when absent.

        Reply:
        - applied: Events applied, and taken off the list.
        - left: Events of the source still set aside.
        - last: Position of the last event looked at; absent when there was none.
        - more: There are events after `last`: go on with it as `after`.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "source": source,
            },
            optional={
                "after": after,
                "limit": limit,
            },
        )
        return self._client.command("follow.replay", body, service=at_service, id=_id, expires_in_s=_expires_in_s)

    def reset(self, at_service: str, /, *, source: str, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Begins to follow a source anew, from the beginning of its journal, after its history diverged from the one that
        was followed: it was restored from a backup that is older. What this service keeps of the source and of nothing
        else is removed first, a bounded number of rows a command: send it again while `more` is true. What it made of
        the source's events stays, and follows the source again. Until the source's journal is read again this service
        knows less than before.

        at_service: The service that is asked.
        source: The followed service. (1…32 bytes)

        Reply:
        - removed: Rows removed.
        - more: There are more rows to remove; nothing is followed before they are gone.

        Refused also with not_found, wrong_state.
        """
        body = body_of(
            required={
                "source": source,
            },
        )
        return self._client.command("follow.reset", body, service=at_service, id=_id, expires_in_s=_expires_in_s)

    def list(self, at_service: str, /, *, source: str, limit: int, after: int | None = None) -> Reply:
        """
        The events of a source that were set aside, oldest first.

        at_service: The service that is asked.
        source: The followed service. (1…32 bytes)
        after: Events after this position; from the first when absent.
        limit: Most events wanted.

        Reply:
        - events: The page. (≤ 1000 elements)
        - more: There are more.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "source": source,
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("follow.list", body, service=at_service)


class BackupCalls:
    """Messages that begin with `backup.`."""

    def __init__(self, client):
        self._client = client

    def make(self, at_service: str, /, *, name: str, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Begins a backup of this service's store, beside everything else it does. The reply says that it was begun;
        `backup.status` how far it is. It is written below the folder of backups in the service's settings, in a folder
        of the name.

        at_service: The service that is asked.
        name: Name of the backup: letters, digits, - and _. (1…32 bytes)

        Reply:
        - name: The name. (≤ 32 bytes)

        Refused also with wrong_state, not_unique.
        """
        body = body_of(
            required={
                "name": name,
            },
        )
        return self._client.command("backup.make", body, service=at_service, id=_id, expires_in_s=_expires_in_s)

    def verify(self, at_service: str, /, *, name: str, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Begins to verify a backup of this service: its files against their checksums; then, in a copy, every journal
        record, every row, and all of it against the manifest; then the archive that goes on from it. `backup.status`
        tells how it went.

        at_service: The service that is asked.
        name: Name of the backup. (1…32 bytes)

        Reply:
        - name: The name. (≤ 32 bytes)

        Refused also with wrong_state, not_found.
        """
        body = body_of(
            required={
                "name": name,
            },
        )
        return self._client.command("backup.verify", body, service=at_service, id=_id, expires_in_s=_expires_in_s)

    def status(self, at_service: str, /) -> Reply:
        """
        The task of this service's backups that is under way, or that was the last one.

        at_service: The service that is asked.

        Reply:
        - state: How far it is.
        - task: What is done; absent when nothing was asked for.
        - name: Name of the backup. (≤ 32 bytes)
        - bytes: Bytes done so far.
        - seq: Of a backup that is done: its last journal position.
        - started_ms: When it began.
        - finished_ms: When it ended.
        - problem: Of one that failed: what was wrong. (≤ 300 bytes)
        - archive_sets: Of one that was verified: batches that the archive has after it.
        - archive_until_ms: Of one that was verified: the latest moment to which the archive brings it.
        """
        body = {}
        return self._client.query("backup.status", body, service=at_service)

    def list(self, at_service: str, /) -> Reply:
        """
        The finished backups of this service, newest first, at most 100.

        at_service: The service that is asked.

        Reply:
        - backups: The backups. (≤ 100 elements)
        """
        body = {}
        return self._client.query("backup.list", body, service=at_service)


class ServiceCalls:
    """Messages that begin with `service.`."""

    def __init__(self, client):
        self._client = client

    def compact(self, at_service: str, /, *, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Writes the store's file anew from its rows, so that no page holds what was erased and the file is as small as
        its rows. The reply says that it was begun: the service then shuts its doors, about a second for each 100 MB,
        and opens them again; clients repeat what they sent meanwhile by themselves. `compact_since_ms` in
        service.health is gone when it has succeeded. Busy as long as the service still works at erasing persons. It is
        also done by itself, at the time of day that the settings tell.

        at_service: The service that is asked.

        Reply:
        - store_bytes: Bytes of the file in use, before.
        """
        body = {}
        return self._client.command("service.compact", body, service=at_service, id=_id, expires_in_s=_expires_in_s)

    def ping(self, at_service: str, /) -> Reply:
        """
        Answers at once; shows that the query loop is alive. Silence means that the service is down or its queue is
        full.

        at_service: The service that is asked.
        """
        body = {}
        return self._client.query("service.ping", body, service=at_service)

    def info(self, at_service: str, /) -> Reply:
        """
        Who answers, and the addresses of all services, so that one address finds the rest.

        at_service: The service that is asked.

        Reply:
        - service: The service that answers. (≤ 32 bytes)
        - version: Version of the program. (≤ 32 bytes)
        - protocol: Version of the protocol: the highest `since` it knows.
        - store: Identity of its store. (16 bytes)
        - epoch: Epoch of its store; a restore lifts it.
        - seq: Last journal position.
        - started_ms: When the program started.
        - now_ms: The service's clock.
        - endpoints: The doors of all services in the bus file. (≤ 16 elements)
        """
        body = {}
        return self._client.query("service.info", body, service=at_service)

    def health(self, at_service: str, /) -> Reply:
        """
        How the service is: what `pk status` shows.

        at_service: The service that is asked.

        Reply:
        - health: ok or degraded.
        - reasons: What is wrong, one line each. (≤ 200 bytes, ≤ 16 elements)
        - seq: Last journal position.
        - followed: How far each followed service. (≤ 8 elements)
        - store_bytes: Bytes of the store's file in use.
        - quota_bytes: Bytes the store may use.
        - erasing: Persons who were erased and of whom the service still has something to rewrite; absent: none.
        - compact_since_ms: Since when the store's file may hold, in pages that are free, what was erased: until it is
            compacted. Absent: it holds nothing of that.
        """
        body = {}
        return self._client.query("service.health", body, service=at_service)

    def counters(self, at_service: str, /) -> Reply:
        """
        All counters of the service.

        at_service: The service that is asked.

        Reply:
        - counters: In the order of proto/counters.toml. (≤ 256 elements)
        """
        body = {}
        return self._client.query("service.counters", body, service=at_service)

    def schema(self, at_service: str, /) -> Reply:
        """
        The messages this service knows, and every struct and enum they use: a client needs no file beside the bus.

        at_service: The service that is asked.

        Reply:
        - messages: All messages of this service. (≤ 512 elements)
        - structs: All structs they use. (≤ 1024 elements)
        """
        body = {}
        return self._client.query("service.schema", body, service=at_service)


class CommandCalls:
    """Messages that begin with `command.`."""

    def __init__(self, client):
        self._client = client

    def result(self, at_service: str, /, *, command_id: str) -> Reply:
        """
        What became of a command that this sender sent, as long as it is remembered (until it expires plus a minute):
        for a client that lost the reply. not_found means that it took no effect as far as the service knows.

        at_service: The service that is asked.
        command_id: The command's id. (1…64 bytes)

        Reply:
        - body: The body of the reply it was answered with. (≤ 65536 bytes)
        - seq: The journal position that holds its effect.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "command_id": command_id,
            },
        )
        return self._client.query("command.result", body, service=at_service)


class JournalCalls:
    """Messages that begin with `journal.`."""

    def __init__(self, client):
        self._client = client

    def read(
        self,
        at_service: str,
        /,
        *,
        after: int,
        limit: int,
        wait_ms: int,
        store: bytes | None = None,
        epoch: int | None = None,
        after_digest: bytes | None = None,
    ) -> Reply:
        """
        A page of the journal after a position: how services follow each other. Waits up to `wait_ms` for something to
        come. The follower says what it has: the answer is `diverged` when that is not this store's history.

        at_service: The service that is asked.
        store: The identity the follower knows; absent before its first page. (16 bytes)
        epoch: The epoch the follower knows.
        after: Records after this position.
        after_digest: Digest of the record at `after`, when the follower has one. (32 bytes)
        limit: Most records wanted.
        wait_ms: How long to wait when there is nothing yet, milliseconds.

        Reply:
        - store: Identity of this store. (16 bytes)
        - epoch: Epoch of this store.
        - diverged: What the follower has is not this store's history; no records are given.
        - last_seq: Last position of the journal.
        - records: The records, in order, without a gap. (≤ 10000 elements)
        """
        body = body_of(
            required={
                "after": after,
                "limit": limit,
                "wait_ms": wait_ms,
            },
            optional={
                "store": store,
                "epoch": epoch,
                "after_digest": after_digest,
            },
        )
        return self._client.query("journal.read", body, service=at_service)


class SnapshotCalls:
    """Messages that begin with `snapshot.`."""

    def __init__(self, client):
        self._client = client

    def read(self, at_service: str, /, *, limit: int, after: bytes | None = None) -> Reply:
        """
        A page of what the service has now, as events that would make it: how a follower begins where the journal is
        long. It applies these, then follows the journal from the position of the first page. Each page is of its own
        moment. `wrong_state` from a service that tells none.

        at_service: The service that is asked.
        after: `next` of the page before; absent: the first page. (1…512 bytes)
        limit: Most events wanted, about.

        Reply:
        - store: Identity of this store. (16 bytes)
        - epoch: Epoch of this store.
        - seq: Position of the journal that the page reflects.
        - digest: Digest of the record there; absent at 0. (32 bytes)
        - rows: The events. (≤ 10002 elements)
        - next: Where the next page begins; absent: this is the last one. (1…512 bytes)

        Refused also with wrong_state.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "after": after,
            },
        )
        return self._client.query("snapshot.read", body, service=at_service)


class AccessCalls:
    """Messages that begin with `access.`."""

    def __init__(self, client):
        self._client = client

    def list(
        self,
        at_service: str,
        /,
        *,
        limit: int,
        person: int | None = None,
        actor: str | None = None,
        kind: AccessKind | None = None,
        since_ms: int | None = None,
        until_ms: int | None = None,
        after: str | None = None,
    ) -> Reply:
        """
        Who saw, changed, exported or erased what this service holds on persons, newest first to a quarter of a second,
        page by page. A page may be short, or empty, before the last: only `next` tells whether there are more. Who made
        a card tells person.history, and an activity or a send tells it itself.

        at_service: The service that is asked.
        person: Of this person; of one that was erased, too.
        actor: By this one. (1…255 bytes)
        kind: Of this kind.
        since_ms: Not before this moment.
        until_ms: Not after this moment.
        after: Those after this place: `next` of the page before, asked with the same question. (≤ 40 bytes)
        limit: Most accesses wanted.

        Reply:
        - accesses: The page. (≤ 500 elements)
        - next: Where the next page begins, to be handed back as it is; absent: there is none. (≤ 40 bytes)
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "person": person,
                "actor": actor,
                "kind": kind,
                "since_ms": since_ms,
                "until_ms": until_ms,
                "after": after,
            },
        )
        return self._client.query("access.list", body, service=at_service)

    def head(self, at_service: str, /) -> Reply:
        """
        The last row of the access log with its digest, which says what all rows before it are. Whoever keeps it
        somewhere else can tell later, with access.verify, whether the log was altered since or cut short.

        at_service: The service that is asked.

        Reply:
        - store: Identity of the store. (16 bytes)
        - row: The row's number; 0: nothing was logged yet.
        - digest: Its digest; zeros when there is none. (32 bytes)
        - time_ms: When what it tells began; absent when there is none.
        """
        body = {}
        return self._client.query("access.head", body, service=at_service)

    def verify(self, at_service: str, /, *, after: int, limit: int, digest: bytes | None = None) -> Reply:
        """
        Checks rows of the access log, page by page: each whole, none missing, each with the digest that follows from
        the one before it, each to be found by the persons in it. Ends at the first that is wrong, and where many
        persons were looked up; only `more` says whether there are others.

        at_service: The service that is asked.
        after: Rows after this one.
        digest: Digest of that row, as the page before told; not with 0. (32 bytes)
        limit: Most rows wanted.

        Reply:
        - row: The last row that was right.
        - digest: Its digest. (32 bytes)
        - problem: What is wrong with the next row; absent when nothing is. (≤ 200 bytes)
        - more: There are rows after it.
        """
        body = body_of(
            required={
                "after": after,
                "limit": limit,
            },
            optional={
                "digest": digest,
            },
        )
        return self._client.query("access.verify", body, service=at_service)


class StatsCalls:
    """Messages that begin with `stats.`."""

    def __init__(self, client):
        self._client = client

    def rebuild(self, *, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Has all figures counted anew from the facts, in slices beside everything else. Meanwhile questions are answered
        from the figures there were, and what happens counts in both; when all is counted every cell is compared, and
        then the new ones take their place. A million activities take a few seconds. After a stop or a crash it goes on
        where it was. stats.state tells how far it is, and afterwards which cells differed.

        Reply:
        - activity_seq: Position of the activity journal when it began.

        Refused also with wrong_state.
        """
        body = {}
        return self._client.command("stats.rebuild", body, service="stats", id=_id, expires_in_s=_expires_in_s)

    def figures(
        self,
        *,
        group_by: Sequence[Dimension] | None = None,
        person: int | None = None,
        type: int | None = None,
        from_: str | None = None,
        to: str | None = None,
        zone: str | None = None,
        filter: FigureFilter | None = None,
        limit: int | None = None,
        top: int | None = None,
        top_by: Measure | None = None,
        previous: bool | None = None,
    ) -> Reply:
        """
        Figures for a period, grouped by none, one or two dimensions. What is not kept is counted over at most 5,000,000
        activities, or 2,000,000 cells, and beyond that too_large. Activities outside the years 1900 to 2199 count at
        their first or last days.

        group_by: The dimensions, none twice; absent: the total alone. (≤ 2 elements)
        person: Only this person's; of a merged one those of the person who was kept, to whom they go over with the
            activities.
        type: Only this type's.
        from_: First day, from 1900-01-01; absent: from the beginning.
        to: Last day, included, up to 2199-12-31; absent: to the end.
        zone: IANA time zone the days are of; Europe/Stockholm when absent. (1…64 bytes)
        filter: Only what it says.
        limit: Most cells wanted; 1,000 when absent. More cells than that is too_large.
        top: Only the cells with the most, so many, the greatest first; what is in no cell then is in `rest`.
        top_by: The most of what, with `top`; activities when absent.
        previous: With the figures of the period before beside them; needs `from` and `to`, and no grouping by time.
            Before whole months, quarters or years are as many of these, else as many days.

        Reply:
        - cells: The groups that are not empty, ascending by the dimensions as group_by lists them; with `top` by the
            measure. (≤ 10000 elements)
        - rest: With `top`: what is in none of the cells.
        - previous_from: First day of the period before.
        - previous_to: Its last day.
        - total: The total of the question.
        - source: Whether they were read or counted.
        - read: What it cost: kept cells or facts looked at.
        - activity_seq: Position of the activity journal the figures reflect.
        - merged_from: The person that was asked for, when these are the figures of the one who was kept.

        Refused also with too_large.
        """
        body = body_of(
            optional={
                "group_by": group_by,
                "person": person,
                "type": type,
                "from": from_,
                "to": to,
                "zone": zone,
                "filter": filter,
                "limit": limit,
                "top": top,
                "top_by": top_by,
                "previous": previous,
            },
        )
        return self._client.query("stats.figures", body, service="stats")

    def activities(
        self,
        *,
        limit: int,
        person: int | None = None,
        type: int | None = None,
        from_: str | None = None,
        to: str | None = None,
        zone: str | None = None,
        filter: FigureFilter | None = None,
        contacts: bool | None = None,
        after: int | None = None,
    ) -> Reply:
        """
        The activities behind a figure: the ids of those that stats.figures counts for the same question, by id, page by
        page. A page looks at no more than 500,000 activities, so that it may hold few, or none, though there is `more`.

        person: As in stats.figures.
        type: As in stats.figures.
        from_: As in stats.figures.
        to: As in stats.figures.
        zone: As in stats.figures. (1…64 bytes)
        filter: As in stats.figures.
        contacts: Only those that are contacts.
        after: `next` of the page before.
        limit: Most ids wanted.

        Reply:
        - activities: The page; activity.get has each. (≤ 5000 elements)
        - more: There may be others.
        - next: The last one looked at: where the next page begins, when there is `more`.
        - read: What it cost: activities looked at.
        - activity_seq: Position of the activity journal it reflects.
        """
        body = body_of(
            required={
                "limit": limit,
            },
            optional={
                "person": person,
                "type": type,
                "from": from_,
                "to": to,
                "zone": zone,
                "filter": filter,
                "contacts": contacts,
                "after": after,
            },
        )
        return self._client.query("stats.activities", body, service="stats")

    def recount(self) -> Reply:
        """
        Counts every kept cell again from the facts, in one snapshot, and says which differ. A difference is a defect.
        Other queries wait meanwhile, about a second for a million activities; for more than that it is too_large, and
        stats.rebuild does the same beside everything else.

        Reply:
        - facts: Activities counted.
        - cells: Cells compared.
        - differences: The first that differ. (≤ 100 elements)
        - activity_seq: Position of the activity journal it reflects.

        Refused also with too_large.
        """
        body = {}
        return self._client.query("stats.recount", body, service="stats")

    def state(self) -> Reply:
        """
        Whether there are figures, and whether they are being counted anew.

        Reply:
        - figures: Questions are answered. Not so after some upgrades, until all is counted anew, nor while a source is
            followed from its beginning.
        - rebuilding: They are being counted anew.
        - counted_percent: How much of that is done; 0 as long as what an earlier one left is being removed, 100 while
            cells are compared.
        - activity_seq: Position of the activity journal the figures reflect.
        - compared: What came out the last time that they were; absent: they never were.
        """
        body = {}
        return self._client.query("stats.state", body, service="stats")


class QuestionCalls:
    """Messages that begin with `question.`."""

    def __init__(self, client):
        self._client = client

    def save(
        self,
        *,
        name: str,
        question: int | None = None,
        group_by: Sequence[Dimension] | None = None,
        filter: FigureFilter | None = None,
        period: FigurePeriod | None = None,
        last_days: int | None = None,
        from_: str | None = None,
        to: str | None = None,
        top: int | None = None,
        top_by: Measure | None = None,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Saves a question, or changes one, so that its figures are published: topic figures.question/ID, after each
        change that may concern it and when its period becomes another. At most 32 are kept. Refused when no figures are
        kept of what it asks, and when its answer would be too large to be published after every change: more than 1,000
        cells, or more than 10,000 to be looked at.

        question: The one to change; all of it is as said then. Absent: a new one.
        name: Name, unique. (1…100 bytes)
        group_by: The dimensions, as in stats.figures. (≤ 2 elements)
        filter: Only what it says.
        period: Only of the current one; not with other periods.
        last_days: Only of so many days, today the last one; not with other periods.
        from_: First day.
        to: Last day, included.
        top: Only the cells with the most.
        top_by: The most of what; activities when absent.

        Reply:
        - question: Its id.

        Refused also with not_found, not_unique, too_large.
        """
        body = body_of(
            required={
                "name": name,
            },
            optional={
                "question": question,
                "group_by": group_by,
                "filter": filter,
                "period": period,
                "last_days": last_days,
                "from": from_,
                "to": to,
                "top": top,
                "top_by": top_by,
            },
        )
        return self._client.command("question.save", body, service="stats", id=_id, expires_in_s=_expires_in_s)

    def delete(self, *, question: int, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """
        Deletes a saved question: its figures are published no more.

        question: Which one.

        Reply:
        - question: Which one it was.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "question": question,
            },
        )
        return self._client.command("question.delete", body, service="stats", id=_id, expires_in_s=_expires_in_s)

    def list(self) -> Reply:
        """
        The saved questions, by id.

        Reply:
        - questions: All of them. (≤ 32 elements)
        """
        body = {}
        return self._client.query("question.list", body, service="stats")

    def figures(self, *, question: int) -> Reply:
        """
        The figures of a saved question, as they are published: what a subscriber asks who came late, or missed some.

        question: Which one.

        Reply:
        - figures: They.
        - activity_seq: Position of the activity journal they reflect.

        Refused also with not_found, too_large.
        """
        body = body_of(
            required={
                "question": question,
            },
        )
        return self._client.query("question.figures", body, service="stats")


class Messages:
    """The groups of messages, as attributes of the client."""

    @cached_property
    def activity(self) -> ActivityCalls:
        return ActivityCalls(self)

    @cached_property
    def type(self) -> TypeCalls:
        return TypeCalls(self)

    @cached_property
    def email(self) -> EmailCalls:
        return EmailCalls(self)

    @cached_property
    def sms(self) -> SmsCalls:
        return SmsCalls(self)

    @cached_property
    def blob(self) -> BlobCalls:
        return BlobCalls(self)

    @cached_property
    def recipient(self) -> RecipientCalls:
        return RecipientCalls(self)

    @cached_property
    def send(self) -> SendCalls:
        return SendCalls(self)

    @cached_property
    def person(self) -> PersonCalls:
        return PersonCalls(self)

    @cached_property
    def entry(self) -> EntryCalls:
        return EntryCalls(self)

    @cached_property
    def organisation(self) -> OrganisationCalls:
        return OrganisationCalls(self)

    @cached_property
    def employee(self) -> EmployeeCalls:
        return EmployeeCalls(self)

    @cached_property
    def bulk(self) -> BulkCalls:
        return BulkCalls(self)

    @cached_property
    def field(self) -> FieldCalls:
        return FieldCalls(self)

    @cached_property
    def selection(self) -> SelectionCalls:
        return SelectionCalls(self)

    @cached_property
    def import_(self) -> ImportCalls:
        return ImportCalls(self)

    @cached_property
    def follow_(self) -> FollowCalls:
        return FollowCalls(self)

    @cached_property
    def backup(self) -> BackupCalls:
        return BackupCalls(self)

    @cached_property
    def service(self) -> ServiceCalls:
        return ServiceCalls(self)

    @cached_property
    def command_(self) -> CommandCalls:
        return CommandCalls(self)

    @cached_property
    def journal(self) -> JournalCalls:
        return JournalCalls(self)

    @cached_property
    def snapshot(self) -> SnapshotCalls:
        return SnapshotCalls(self)

    @cached_property
    def access(self) -> AccessCalls:
        return AccessCalls(self)

    @cached_property
    def stats(self) -> StatsCalls:
        return StatsCalls(self)

    @cached_property
    def question(self) -> QuestionCalls:
        return QuestionCalls(self)


# Who answers each command and query; None: every service does.
SERVICES = {
    "activity.create": "activity",
    "activity.update": "activity",
    "activity.reopen": "activity",
    "activity.reassign": "activity",
    "activity.finish": "activity",
    "activity.delete": "activity",
    "type.create": "activity",
    "type.update": "activity",
    "type.reorder": "activity",
    "type.merge": "activity",
    "activity.get": "activity",
    "activity.list": "activity",
    "activity.tasks": "activity",
    "activity.scan": "activity",
    "type.list": "activity",
    "activity.dossier": "activity",
    "email.send": "notification",
    "sms.send": "notification",
    "blob.put": "notification",
    "recipient.cancel": "notification",
    "recipient.release": "notification",
    "recipient.resolve": "notification",
    "send.get": "notification",
    "recipient.list": "notification",
    "recipient.dossier": "notification",
    "person.create": "person",
    "person.update": "person",
    "entry.create": "person",
    "entry.update": "person",
    "entry.reorder": "person",
    "entry.merge": "person",
    "entry.delete": "person",
    "organisation.create": "person",
    "organisation.update": "person",
    "organisation.delete": "person",
    "employee.register": "person",
    "employee.end": "person",
    "bulk.start": "person",
    "bulk.stop": "person",
    "field.create": "person",
    "field.update": "person",
    "field.delete": "person",
    "selection.save": "person",
    "selection.delete": "person",
    "import.begin": "person",
    "import.rows": "person",
    "import.finish": "person",
    "import.take_back": "person",
    "person.merge": "person",
    "person.mark_erasure": "person",
    "person.unmark_erasure": "person",
    "person.complete_erasure": "person",
    "person.get": "person",
    "person.list": "person",
    "person.merged_cards": "person",
    "person.search": "person",
    "person.export": "person",
    "person.last_activities": "person",
    "person.history": "person",
    "entry.list": "person",
    "organisation.get": "person",
    "organisation.list": "person",
    "employee.list": "person",
    "bulk.get": "person",
    "bulk.list": "person",
    "bulk.refused": "person",
    "field.list": "person",
    "selection.list": "person",
    "import.check": "person",
    "import.get": "person",
    "import.list": "person",
    "import.refused": "person",
    "person.duplicates": "person",
    "person.merge_preview": "person",
    "person.dossier": "person",
    "follow.replay": None,
    "follow.reset": None,
    "backup.make": None,
    "backup.verify": None,
    "service.compact": None,
    "service.ping": None,
    "service.info": None,
    "service.health": None,
    "service.counters": None,
    "service.schema": None,
    "command.result": None,
    "journal.read": None,
    "snapshot.read": None,
    "follow.list": None,
    "backup.status": None,
    "backup.list": None,
    "access.list": None,
    "access.head": None,
    "access.verify": None,
    "stats.rebuild": "stats",
    "question.save": "stats",
    "question.delete": "stats",
    "stats.figures": "stats",
    "stats.activities": "stats",
    "stats.recount": "stats",
    "stats.state": "stats",
    "question.list": "stats",
    "question.figures": "stats",
}

# Who publishes each event and figure; None: every service does.
PUBLISHERS = {
    "activity.created": "activity",
    "activity.updated": "activity",
    "activity.due": "activity",
    "activity.deleted": "activity",
    "activity.moved": "activity",
    "type.created": "activity",
    "type.updated": "activity",
    "send.created": "notification",
    "send.erased": "notification",
    "recipient.changed": "notification",
    "blob.added": "notification",
    "blob.removed": "notification",
    "person.created": "person",
    "person.updated": "person",
    "entry.created": "person",
    "entry.updated": "person",
    "entry.deleted": "person",
    "organisation.created": "person",
    "organisation.updated": "person",
    "organisation.deleted": "person",
    "employee.changed": "person",
    "bulk.started": "person",
    "bulk.ended": "person",
    "field.created": "person",
    "field.updated": "person",
    "field.deleted": "person",
    "selection.saved": "person",
    "selection.deleted": "person",
    "person.removed": "person",
    "import.created": "person",
    "import.updated": "person",
    "person.merged": "person",
    "person.erased": "person",
    "command.done": None,
    "figures.total": "stats",
    "figures.type": "stats",
    "figures.person": "stats",
    "figures.assignee": "stats",
    "figures.question": "stats",
}

# A valid body of each message that has one in its schema.
EXAMPLES = {
    "activity.create": {
        "person": 17,
        "type": 1,
        "subject": "Ringde om medlemskapet",
        "status": "in_progress",
    },
    "activity.update": {
        "activity": 4711,
        "revision": 1,
        "subject": "Ringde om årskortet",
        "due_ms": 1764547200000,
    },
    "activity.reopen": {"activity": 4711},
    "activity.reassign": {"from": 23, "to": 17},
    "activity.finish": {
        "activity": 4711,
        "result": "Förlänger ett år.",
        "next": {"subject": "Ring om gästkort", "due_ms": 1764547200000},
    },
    "activity.delete": {"activity": 4711},
    "type.create": {"names": {"sv": "Mässa", "en": "Fair"}, "direction": "out", "channel": "visit"},
    "type.update": {"type": 12, "names": {"sv": "Provträning", "en": "Trial session"}},
    "type.reorder": {"types": [12, 1, 2]},
    "type.merge": {"type": 12, "into": 3},
    "activity.get": {"activity": 4711},
    "activity.list": {"person": 17, "filter": {"statuses": ["done"]}, "limit": 50},
    "activity.tasks": {"assignee": 17, "limit": 50},
    "activity.scan": {"after": 4711, "limit": 1000},
    "activity.dossier": {"person": 17, "limit": 100},
    "email.send": {"person": 17, "subject": "Välkommen, Åsa!", "text": "Hej Åsa,\n\nvälkommen till oss.\n"},
    "sms.send": {"person": 17, "text": "Hej Åsa! Passet börjar kl 18."},
    "blob.put": {"offset": 0, "data": b'%PDF-1.7', "last": False},
    "recipient.cancel": {"recipient": 3},
    "recipient.release": {"recipient": 3},
    "recipient.resolve": {"recipient": 3, "state": "delivered"},
    "send.get": {"send": 5},
    "recipient.list": {"state": "unknown", "limit": 100},
    "recipient.dossier": {"person": 17, "limit": 100},
    "person.create": {
        "given_name": "Åsa",
        "family_name": "Öberg",
        "email": "asa.oberg@example.test",
        "mobile": "070-123 45 67",
        "language": "sv",
        "consents": [{"channel": "email", "granted": True, "source": "form"}],
    },
    "person.update": {
        "person": 17,
        "revision": 3,
        "region": 4,
        "groups_add": [9],
        "own": [{"name": "shoe_size", "value": "42.5"}],
    },
    "entry.create": {"list": "region", "names": {"sv": "Norr", "en": "North"}, "order": 1},
    "entry.update": {"entry": 4, "active": False},
    "entry.reorder": {"list": "region", "entries": [4, 3]},
    "entry.merge": {"entry": 4, "into": 3},
    "entry.delete": {"entry": 4},
    "organisation.create": {"name": "Norrlands Kraft AB", "organisation_number": "556036-0793"},
    "organisation.update": {"organisation": 3, "active": False},
    "organisation.delete": {"organisation": 3},
    "employee.register": {"person": 17, "employee_number": "A17", "started_on": "2024-08-01"},
    "employee.end": {"person": 17, "ended_on": "2026-12-31"},
    "bulk.start": {
        "where": "region:norr -group:vegan",
        "set": {"region": 4, "groups_add": [9]},
        "expect": 1200,
    },
    "bulk.stop": {"bulk": 8},
    "field.create": {
        "name": "shoe_size",
        "kind": "number",
        "names": {"sv": "Skostorlek", "en": "Shoe size"},
        "order": 1,
    },
    "field.update": {
        "name": "membership",
        "choices": [{"choice": 2, "active": False}],
        "choices_add": [{"sv": "Guld", "en": "Gold"}],
    },
    "field.delete": {"name": "shoe_size"},
    "selection.save": {"name": "Norr utan kontakt", "where": "region:norr -activity:2026-06-01.."},
    "selection.delete": {"name": "Norr utan kontakt"},
    "import.begin": {
        "name": "kunder.csv",
        "digest": b'\x00\x11"3DUfw\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00\x11"3DUfw\x88\x99\xaa\xbb\xcc\xdd\xee\xff',
        "columns": ["given_name", "address.city", "consent.email"],
    },
    "import.rows": {"import": 3, "after": 0, "lines": [{"line": 2, "cells": ["Åsa", "Umeå", "yes"]}]},
    "import.finish": {"import": 3},
    "import.take_back": {"import": 3},
    "person.merge": {"keep": 17, "drop": 23, "keep_revision": 3, "drop_revision": 1, "take": ["email"]},
    "person.mark_erasure": {"person": 17, "reason": "asked for it by phone"},
    "person.unmark_erasure": {"person": 17},
    "person.complete_erasure": {"person": 17},
    "person.get": {"person": 17},
    "person.list": {"limit": 50},
    "person.merged_cards": {"person": 17, "limit": 50},
    "person.search": {
        "where": "larson group:vegan -group:regular region:norr,söder",
        "limit": 50,
        "count": True,
    },
    "person.export": {"where": "region:norr", "limit": 500},
    "person.last_activities": {"after": 17, "limit": 1000},
    "person.history": {"person": 17, "limit": 20},
    "entry.list": {"list": "region"},
    "organisation.get": {"organisation": 3},
    "organisation.list": {"limit": 50},
    "employee.list": {"limit": 50},
    "bulk.get": {"bulk": 8},
    "bulk.list": {"limit": 50},
    "bulk.refused": {"bulk": 8, "limit": 50},
    "selection.list": {"limit": 50},
    "import.check": {
        "columns": ["given_name", "address.city", "consent.email"],
        "lines": [{"line": 2, "cells": ["Åsa", "Umeå", "yes"]}],
    },
    "import.get": {"import": 3},
    "import.list": {"limit": 50},
    "import.refused": {"import": 3, "limit": 50},
    "person.duplicates": {"limit": 50},
    "person.merge_preview": {"keep": 17, "drop": 23, "take": ["email"]},
    "person.dossier": {"person": 17, "limit": 100},
    "follow.replay": {"source": "person"},
    "follow.reset": {"source": "person"},
    "command.result": {"command_id": "6f1c2a9e4b7d4c0f8a3e5d7b9c1f2e04"},
    "journal.read": {"after": 0, "limit": 1000, "wait_ms": 10000},
    "snapshot.read": {"limit": 1000},
    "follow.list": {"source": "person", "limit": 100},
    "access.list": {"person": 17, "limit": 50},
    "access.verify": {"after": 0, "limit": 500},
    "question.save": {"name": "Kontakter i år", "group_by": ["assignee", "month"], "period": "year"},
    "stats.figures": {"group_by": ["type"], "from": "2026-01-01", "to": "2026-12-31"},
    "stats.activities": {"from": "2026-11-01", "to": "2026-11-30", "filter": {"regions": [4]}, "limit": 500},
}
