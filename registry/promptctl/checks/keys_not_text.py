"""Keys like `1`, `true` or `null` become numbers and truth values in some readers and text in others.

Every key here is a name.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC025", "keys are text", "put the key in quotes")
