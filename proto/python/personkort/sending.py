# SPDX-License-Identifier: Apache-2.0
"""What commands, queries and batches share of being sent: to whom, and how long to wait between tries."""

from __future__ import annotations

from personkort.messages import SERVICES

RESEND_S = 2.0  # silence after which the same is sent again
FIRST_PAUSE_S = 0.05  # after a refusal that may pass; doubled each time
LONGEST_PAUSE_S = 1.0


def service_of(type, service=None):
    """Who answers a message; what every service answers needs `service`."""
    if type not in SERVICES and service is None:
        raise LookupError(f"no message is called {type}")
    service = service or SERVICES[type]
    if service is None:
        raise TypeError(f"every service answers {type}; say which one is meant")
    return service
