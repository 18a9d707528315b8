# SPDX-License-Identifier: Apache-2.0
"""What scenario tests share: real services in a folder of their own, and sources that only look like services.

    with System("person", "activity") as system:
        client = system.client()
        system.kill("activity")
        system.start("activity")

Programs are found in $PERSONKORT_BIN_DIR. With PERSONKORT_KEEP=1 the folder stays, and its path is printed.
"""

from harness.fake import FakeService, Journal
from harness.system import System, is_alive, wait_until

__all__ = ["FakeService", "Journal", "System", "is_alive", "wait_until"]
