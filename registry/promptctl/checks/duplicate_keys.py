"""Most readers keep the last of two equal keys, some the first.

The one that a reviewer reads may be the one that does not count.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC024", "a key is given once", "remove one")
