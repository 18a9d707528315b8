# SPDX-License-Identifier: Apache-2.0
"""A model of the figures that shares no code with the service: every activity gone through for each question, times by Python's zoneinfo."""

import collections
import datetime
import functools
import itertools
import zoneinfo

DEFAULT_ZONE = "Europe/Stockholm"
ZONES = ("Europe/Stockholm", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe")
OF_PERSON = ("account_manager", "region", "category", "group", "sales_status", "organisation")
OF_FACT = ("status", "origin", "assignee", "send")
OF_TYPE = ("type", "channel", "direction")
OF_TIME = ("quarter_hour", "hour", "day", "week", "month", "quarter", "year")
DIMENSIONS = (*OF_TYPE, "person", *OF_FACT, *OF_PERSON, *OF_TIME)
FILTERS = {"type": "types", "channel": "channels", "direction": "directions", "status": "statuses", "origin": "origins", "person": "persons",
           "assignee": "assignees", "send": "sends", "account_manager": "account_managers", "region": "regions", "category": "categories",
           "group": "groups", "sales_status": "sales_statuses", "organisation": "organisations"}
# Midnights and hours, as UTC, of days that are odd somewhere.
ODD = ("2026-03-29T01:00", "2026-10-25T00:00", "2026-10-25T01:00", "2026-10-24T22:00", "2010-11-07T02:30", "2010-11-07T03:30",
       "2011-12-30T10:00", "2026-04-04T15:00", "2026-04-04T14:45", "2024-02-29T12:00", "2024-12-30T00:00", "2021-01-03T23:00",
       "1985-12-31T18:15", "1985-12-31T18:30", "2011-11-06T02:31")  # fmt: skip


def millis(text):
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


def local(start_ms, zone):
    return datetime.datetime.fromtimestamp(start_ms // 1000, datetime.timezone.utc).astimezone(zoneinfo.ZoneInfo(zone))


def begin_of(moment, minutes):
    """When the unit of the clock began, going back minute by minute for as long as the clock says so."""
    def unit(m):
        return (m.date(), m.utcoffset(), (m.hour * 60 + m.minute) // minutes)

    at = moment.astimezone(datetime.timezone.utc).replace(second=0, microsecond=0)
    while True:
        before = at - datetime.timedelta(minutes=1)
        if unit(before.astimezone(moment.tzinfo)) != unit(moment):
            return int(at.timestamp() * 1000)
        at = before


@functools.lru_cache(maxsize=65536)
def times_of(start_ms, zone):
    moment = local(start_ms, zone)
    day = moment.date()
    return {
        "quarter_hour": begin_of(moment, 15),
        "hour": begin_of(moment, 60),
        "day": day.isoformat(),
        "week": (day - datetime.timedelta(days=day.weekday())).isoformat(),
        "month": day.replace(day=1).isoformat(),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1).isoformat(),
        "year": day.replace(month=1, day=1).isoformat(),
    }


def is_contact(activity):
    return activity["status"] != "not_started" and activity.get("outcome") not in ("failed", "bounced")


class Model:
    def __init__(self, types):
        self.types = types  # id → {"channel", "direction"}, those that were not merged
        self.leads = {}  # merged type → the one that stands for it
        self.activities = {}  # id → {"person", "type", "start_ms", "status"}, and whatever else there is: "assignee", "outcome", "origin", "send"
        self.persons = {}  # id → what OF_PERSON names; "group" is a set

    def values(self, activity, zone):
        """Of each dimension the values of an activity: one, or several groups; None: none."""
        card = self.persons.get(activity["person"], {})
        values = {name: [card.get(name)] for name in OF_PERSON if name != "group"}
        values["group"] = sorted(card.get("group", ())) or [None]
        values |= {name: [activity.get(name)] for name in ("person", "type", "status", "assignee", "send")}
        values["origin"] = [activity.get("origin", "manual")]
        values |= {name: [self.types[activity["type"]][name]] for name in ("channel", "direction")}
        return values | {name: [value] for name, value in times_of(activity["start_ms"], zone).items()}

    def figures(self, group_by, filters, zone, first=None, last=None):
        cells, total, behind = collections.defaultdict(lambda: [0, 0]), [0, 0], []
        for id, activity in sorted(self.activities.items()):
            values = self.values(activity, zone)
            day = values["day"][0]
            if not (first or day) <= day <= (last or day) or any(not set(values[name]) & set(wanted) for name, wanted in filters.items()):
                continue
            behind.append(id)
            groups = list(itertools.product(*(values[name] for name in group_by)))
            for cell in (total, *(cells[group] for group in groups)):
                cell[0] += 1
                cell[1] += is_contact(activity)
        return (dict(cells) if group_by else {}), total, behind


    def merge_types(self, drop, keep):
        self.leads = {type: keep if into == drop else into for type, into in self.leads.items()} | {drop: keep}
        del self.types[drop]
        for activity in self.activities.values():
            activity["type"] = self.leads.get(activity["type"], activity["type"])


def filter_of(filters):
    wanted = {FILTERS[name]: [value for value in values if value is not None] for name, values in filters.items()}
    none = [name for name, values in filters.items() if None in values]
    return {name: values for name, values in wanted.items() if values} | ({"none": none} if none else {})


def measures(cell):
    return [cell["activities"], cell["contacts"]]
