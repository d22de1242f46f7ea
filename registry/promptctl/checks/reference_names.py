"""The key says the kind, so the value is the bare name of a file in that folder.

Paths that lead elsewhere are no names.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC050", "a reference is a name", "write the name of a file, without folder and extension")
