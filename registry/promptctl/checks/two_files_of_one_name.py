"""Two files whose names differ in the extension only would be one artifact.

Which of them is released must not depend on the order of a listing.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC009", "one name has one file", "keep one of the two")
