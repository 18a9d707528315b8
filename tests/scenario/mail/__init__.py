# SPDX-License-Identifier: Apache-2.0
"""What the tests of e-mail and SMS share: settings, certificates, and mail servers that are good, or bad on demand."""

from mail.faulty import CUT, DRIP, HANG, FaultyServer
from mail.good import GoodServer, make_certificate
from mail.states import WAITING, outcome, recipient, states, wait_reason, write_settings

__all__ = [
    "CUT",
    "DRIP",
    "HANG",
    "WAITING",
    "FaultyServer",
    "GoodServer",
    "make_certificate",
    "outcome",
    "recipient",
    "states",
    "wait_reason",
    "write_settings",
]
