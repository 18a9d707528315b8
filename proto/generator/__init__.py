# SPDX-License-Identifier: Apache-2.0
"""The schema generator: reads proto/*.toml, checks every rule of proto/README.md, writes C, Python and MESSAGES.md."""
