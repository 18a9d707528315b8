# SPDX-License-Identifier: Apache-2.0
"""What fault tests share: system calls that fail or kill, disks that are small or lose power, connections that are cut.

The services are those of the scenario tests' harness, which $PYTHONPATH has to hold too. A test's option --long is taken from
its arguments here: LONG.
"""

import os
import sys

LONG = "--long" in sys.argv
if LONG:
    sys.argv.remove("--long")

# A process that is traced cannot look for its leaks; other tests do.
os.environ["ASAN_OPTIONS"] = f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"

RECOVERY_S = 10  # after a fault, without a hand laid on it
