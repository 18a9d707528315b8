# SPDX-License-Identifier: Apache-2.0
"""Client of the personkort services: commands that take effect once, queries that see what one wrote, live figures.

    from personkort import Client

    with Client(source="webshop", actor="anna") as client:
        created = client.person.create(given_name="Åsa", email="asa@example.test")
        card = client.person.get(person=created["person"])["card"]

Needs pyzmq and msgpack. The addresses stand in a bus file: the argument, else $PERSONKORT_BUS, else
/etc/personkort/bus.zpl. From another machine, over tcp, a key is needed: `Client(key="FILE", …)`, else $PERSONKORT_KEY, else
what the bus file says. A client belongs to one thread.
"""

from personkort.batch import Batch
from personkort.client import Client
from personkort.journal import Diverged, Record
from personkort.reply import ABSENT, Refused, Reply, Unreachable

__all__ = ["ABSENT", "Batch", "Client", "Diverged", "Record", "Refused", "Reply", "Unreachable"]
